using Stoa.Vocabulary;

namespace Stoa.Sensing.Aggregation;

/// <summary>Gathers the observations of one group into its first buckets.</summary>
/// <remarks>
/// Rows come in the order of the table, datastream after datastream and in time; a row costs one comparison until its bucket ends.
/// Memory is bounded by the number of buckets asked for, and by <see cref="ValuesMax"/> where percentiles need every value.
/// </remarks>
internal sealed class GroupAggregation(Buckets buckets, int bucketsMax, bool keepsValues)
{
    /// <summary>Most values kept for percentiles at once.</summary>
    internal const int ValuesMax = 4_000_000;

    private readonly SortedList<long, Accumulator> _byStart = [];
    private long _values;

    /// <summary>The buckets that have observations, by their start; complete up to <see cref="Bound"/>.</summary>
    internal SortedList<long, Accumulator> ByStart => _byStart;

    /// <summary>From here on there may be more buckets than were asked for.</summary>
    internal long Bound { get; private set; } = long.MaxValue;

    /// <summary>Adds the rows of one datastream; a problem when too many values would have to be kept.</summary>
    /// <param name="series">Stands before the first row: start of phenomenonTime, number or null.</param>
    internal Problem? Add(SeriesRows series)
    {
        Accumulator? bucket = null;
        var end = long.MinValue;
        while (series.Step())
        {
            var rows = series.Row;
            var time = rows.Int64(0);
            if (time >= Bound) return null;
            if (time >= end)
            {
                var start = buckets.Start(time);
                bucket = Bucket(start);
                if (bucket is null) return null;
                end = buckets.Next(start);
            }

            if (rows.IsNull(1) || rows.Double(1) is var value && !double.IsFinite(value))
            {
                bucket!.AddOther();
                continue;
            }

            bucket!.Add(time, value); // The first row opened a bucket.
            if (keepsValues && ++_values > ValuesMax) return TooManyValues();
        }

        return null;
    }

    /// <summary>The bucket that begins here; null when it lies beyond those asked for.</summary>
    private Accumulator? Bucket(long start)
    {
        if (_byStart.TryGetValue(start, out var known)) return known;
        var made = new Accumulator(keepsValues);
        _byStart.Add(start, made);
        if (_byStart.Count <= bucketsMax) return made;
        var last = _byStart.Keys[^1];
        _values -= keepsValues ? _byStart[last].Count : 0;
        _byStart.Remove(last);
        Bound = last;
        return last == start ? null : made;
    }

    private static Problem TooManyValues() =>
        Problem.BadRequest("query-limit", "The query is larger than allowed",
                "Percentiles need every value of a group at once. Choose a shorter span of time, fewer Datastreams, or a smaller $top.")
            .With("limitName", "values kept for percentiles").With("limit", ValuesMax);
}
