using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

/// <summary>The observations of one series of a dataset of which not everything may be seen, as far as it may.</summary>
/// <remarks>What is kept of a series beside its observations (span, newest, number) is made of all of them, so it is not looked at. Where
/// times are hidden there is no newest value, and nothing to draw: then nothing is read.</remarks>
internal sealed partial class NarrowedSeries
{
    private readonly Session _read;
    private readonly AccessScope _scope;
    private readonly long _series;
    private readonly long _step;

    private NarrowedSeries(Session read, AccessScope scope, ScopeNarrowing narrowing, long series)
    {
        (_read, _scope, _series) = (read, scope, series);
        _step = Math.Max(0, narrowing.TimeSeconds) * 1_000_000L;
        var fields = NarrowedFields.Of(SensorThingsMapping.Mapping, scope)!; // It has one narrowed dataset.
        HasTimes = fields.Refuse(SensorThingsSchema.Observation, PhenomenonTime, null) is null;
        HasWholeResults = HasTimes && fields.Refuse(SensorThingsSchema.Observation, Result, null) is null;
        HasResults = HasTimes && (fields.HiddenEverywhere(SensorThingsSchema.Observation) >> Result.Ordinal & 1) == 0;
    }

    private static EntityProperty PhenomenonTime => SensorThingsSchema.Observation.FindProperty("phenomenonTime")!; // In the schema.

    private static EntityProperty Result => SensorThingsSchema.Observation.FindProperty("result")!; // In the schema.

    /// <summary>Whether times may be read.</summary>
    internal bool HasTimes { get; }

    /// <summary>Whether times and something of the results may be read.</summary>
    internal bool HasResults { get; }

    /// <summary>Whether times and results may be read.</summary>
    internal bool HasWholeResults { get; }

    /// <summary>A series of a narrowed dataset; null when the dataset is seen whole, or not at all.</summary>
    internal static NarrowedSeries? Of(Session read, AccessScope scope, long dataset, long series) =>
        scope.NarrowingOf(new(dataset)) is { } narrowing ? new(read, scope.Within(new(dataset)), narrowing, series) : null;

    /// <summary>Whether the values of a narrowed dataset may be sent as they come: whole times and whole results, wherever they were observed.</summary>
    internal static bool IsFollowed(AccessScope scope, long dataset)
    {
        if (scope.NarrowingOf(new(dataset)) is not { TimeSeconds: <= 0, Area: null }) return false;
        var fields = NarrowedFields.Of(SensorThingsMapping.Mapping, scope.Within(new(dataset)))!; // It has one narrowed dataset.
        return fields.Refuse(SensorThingsSchema.Observation, PhenomenonTime, null) is null &&
            fields.Refuse(SensorThingsSchema.Observation, Result, null) is null;
    }

    /// <summary>How many observations of a narrowed dataset are seen; counting ends at a limit.</summary>
    internal static long Count(Session read, AccessScope scope, long dataset, long limit)
    {
        using var count = read.Prepare(CountRows, scope.Within(new(dataset))).Bind("@limit", limit);
        return count.Step() ? count.Int64(0) : 0;
    }

    /// <summary>The newest observations: start, id, and the four columns of the result.</summary>
    internal Statement? Newest(int limit, long from = long.MinValue, long to = long.MaxValue)
    {
        if (!HasTimes) return null;
        var (since, until) = Bounds(from, to);
        if (_step > 0)
        {
            // All rows from here on are at least so many, and the newest as they are shown are among them.
            using var back = Prepare(Back, since, until).Bind("@skip", limit - 1L);
            if (back.Step()) since = Floor(back.Int64(0));
        }

        return Prepare(NewestRows, since, until).Bind("@limit", limit);
    }

    /// <summary>The newest value: start, id, and the four columns of the result are at the statement; null when there is none.</summary>
    internal LatestValue Latest(LatestValue known)
    {
        using var newest = Newest(1);
        return newest is not null && newest.Step()
            ? known with { Text = HasResults ? ResultText.Of(newest, 2) : null, Time = new(newest.Int64(0)) }
            : known;
    }

    /// <summary>Start of the oldest observation that is seen.</summary>
    internal Instant? Oldest()
    {
        if (!HasTimes) return null;
        using var first = Prepare(First, long.MinValue, long.MaxValue);
        return first.Step() ? new(first.Int64(0)) : null;
    }

    /// <summary>Times and numbers of a span, ascending, both ends included; null when nothing may be drawn.</summary>
    internal Statement? Span(long from, long to)
    {
        if (!HasResults) return null;
        var (since, until) = Bounds(from, to);
        return Prepare(Numbers, since, until, isStream: true);
    }

    private Statement Prepare(ShownText text, long since, long until, bool isStream = false) =>
        (isStream ? _read.PrepareStream(text, _scope) : _read.Prepare(text, _scope))
            .Bind("@series", _series).Bind("@since", since).Bind("@until", until);

    // A shown time lies in the span exactly when the stored one lies between these.
    private (long Since, long Until) Bounds(long from, long to)
    {
        if (_step == 0) return (from, to == long.MaxValue ? to : to + 1);
        var since = from <= long.MinValue + _step ? long.MinValue : Floor(from - 1) + _step;
        var until = to >= long.MaxValue - _step ? long.MaxValue : Floor(to) + _step;
        return (since, until);
    }

    private long Floor(long micros) => micros - (((micros % _step) + _step) % _step);
}
