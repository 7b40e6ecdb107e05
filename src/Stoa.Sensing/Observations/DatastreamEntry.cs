using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>What the writer remembers of a Datastream or MultiDatastream between observations, and the sums of the current
/// group.</summary>
/// <remarks>Used on the writer's thread only.</remarks>
internal sealed class DatastreamEntry(SeriesKey key, DatasetId dataset, ThingId thing, ComponentTypes? components)
{
    internal SeriesKey Key { get; } = key;

    /// <summary>What results must be; null for a Datastream, whose results may be anything.</summary>
    internal ComponentTypes? Components { get; } = components;

    /// <summary>What becomes of an observation whose phenomenonTime is there already.</summary>
    internal DuplicatePolicy Duplicates { get; init; }

    /// <summary>No observation begins later than this: what is later need not be looked for.</summary>
    internal long LastStart { get; set; } = long.MaxValue;

    internal DatasetId Dataset { get; } = dataset;

    internal ThingId Thing { get; } = thing;

    /// <summary>The feature that observations without one get; null until it was looked up, or after the Thing moved.</summary>
    internal FeatureEntry? GeneratedFeature { get; set; }

    /// <summary>Features known to be registered in datastream_feature_of_interest; few, so a list.</summary>
    internal List<long> Features { get; } = [];

    // Sums of the group that is not committed yet.
    internal bool IsDirty { get; set; }

    internal long Count { get; set; }

    internal long Start { get; set; }

    internal long End { get; set; }

    internal long? ResultStart { get; set; }

    internal long? ResultEnd { get; set; }

    internal long LatestStart { get; set; }

    internal long LatestId { get; set; }

    internal Box? Area { get; set; }

    internal double? ResultMin { get; set; }

    internal double? ResultMax { get; set; }

    internal void Add(in ObservationRow row, long id, FeatureEntry feature)
    {
        var start = row.PhenomenonTime.Start.UnixMicroseconds;
        var end = row.PhenomenonTime.End.UnixMicroseconds;
        LastStart = Math.Max(LastStart, start);
        // The place of another dataset's feature must not show through the Datastream.
        var place = feature.Dataset == Dataset ? feature.Area : null;
        if (!IsDirty)
        {
            IsDirty = true;
            (Count, Start, End, LatestStart, LatestId) = (1, start, end, start, id);
            ResultStart = ResultEnd = row.ResultTime?.UnixMicroseconds;
            Area = place;
            var numbers = row.Result.Range();
            (ResultMin, ResultMax) = (numbers?.Least, numbers?.Most);
            return;
        }

        Count++;
        Start = Math.Min(Start, start);
        End = Math.Max(End, end);
        if (start >= LatestStart) (LatestStart, LatestId) = (start, id);
        if (row.ResultTime?.UnixMicroseconds is { } time)
        {
            ResultStart = Math.Min(ResultStart ?? time, time);
            ResultEnd = Math.Max(ResultEnd ?? time, time);
        }

        if (row.Result.Range() is { } range)
        {
            ResultMin = Math.Min(ResultMin ?? range.Least, range.Least);
            ResultMax = Math.Max(ResultMax ?? range.Most, range.Most);
        }

        if (place is { } area) Area = Area is { } known ? known.Union(area) : area;
    }
}

/// <summary>A feature of interest as the writer needs it.</summary>
internal sealed record FeatureEntry(long Id, DatasetId Dataset, Box? Area);

/// <summary>A box in longitude and latitude.</summary>
internal readonly record struct Box(double MinX, double MaxX, double MinY, double MaxY)
{
    internal Box Union(Box other) => new(
        Math.Min(MinX, other.MinX), Math.Max(MaxX, other.MaxX), Math.Min(MinY, other.MinY), Math.Max(MaxY, other.MaxY));
}
