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
    /// <summary>Observations of one series that are looked at for its newest ones, at least, where an area leaves some out: each is asked
    /// for its place, and of the others there may be millions.</summary>
    internal const int LookedAtMax = 500;

    /// <summary>Observations of one series that are looked at for a chart, at most, where an area leaves some out: the newest of the span that
    /// is asked for, a month of values a minute apart.</summary>
    internal const int ChartedMax = 50_000;

    /// <summary>What is shown as all of a series where an area leaves some out, back from the newest: the oldest is not looked for.</summary>
    internal static readonly TimeSpan SpanInArea = TimeSpan.FromDays(30);

    private readonly Session _read;
    private readonly AccessScope _scope;
    private readonly AccessScope? _anywhere;
    private readonly long _step;
    private readonly Dictionary<(ShownText Text, bool IsAnywhere), NarrowedText> _texts = [];
    private readonly long _series;

    private NarrowedSeries(Session read, AccessScope scope, DatasetId dataset, ScopeNarrowing narrowing, long series)
    {
        (_read, _scope, _series) = (read, scope, series);
        // For nothing but the number of rows that are looked at. It stays a narrowed one, of which times may be stored otherwise.
        if (narrowing.Area is not null)
            _anywhere = AccessScope.Of([], [([dataset], narrowing with { Area = null, From = narrowing.From ?? new(long.MinValue) })]);
        _step = Math.Max(0, narrowing.TimeSeconds) * 1_000_000L;
        var fields = NarrowedFields.Of(SensorThingsMapping.Mapping, scope)!; // It has one narrowed dataset.
        HasTimes = fields.Refuse(SensorThingsSchema.Observation, PhenomenonTime, null) is null;
        HasWholeResults = HasTimes && fields.Refuse(SensorThingsSchema.Observation, Result, null) is null;
        HasResults = HasTimes && (fields.HiddenEverywhere(SensorThingsSchema.Observation) >> Result.Ordinal & 1) == 0;
    }

    private NarrowedSeries(NarrowedSeries other, long series)
    {
        (_read, _scope, _anywhere, _step, _texts, _series) = (other._read, other._scope, other._anywhere, other._step, other._texts, series);
        (HasTimes, HasWholeResults, HasResults) = (other.HasTimes, other.HasWholeResults, other.HasResults);
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
        scope.NarrowingOf(new(dataset)) is { } narrowing ? new(read, scope.Within(new(dataset)), new(dataset), narrowing, series) : null;

    /// <summary>Another series of the same dataset; what was made of the scope is kept.</summary>
    internal NarrowedSeries Beside(long series) => series == _series ? this : new(this, series);

    /// <summary>Whether the values of a narrowed dataset may be sent as they come: whole times and whole results, wherever they were observed.</summary>
    internal static bool IsFollowed(AccessScope scope, long dataset)
    {
        if (scope.NarrowingOf(new(dataset)) is not { TimeSeconds: <= 0, Area: null }) return false;
        var fields = NarrowedFields.Of(SensorThingsMapping.Mapping, scope.Within(new(dataset)))!; // It has one narrowed dataset.
        return fields.Refuse(SensorThingsSchema.Observation, PhenomenonTime, null) is null &&
            fields.Refuse(SensorThingsSchema.Observation, Result, null) is null;
    }

    /// <summary>How many observations of a narrowed dataset are seen; counting ends at a limit. Null where an area leaves some out: then each
    /// row would be asked for its place, however few are seen.</summary>
    internal static long? Count(Session read, AccessScope scope, long dataset, long limit)
    {
        if (scope.NarrowingOf(new(dataset)) is { Area: not null }) return null;
        using var count = read.Prepare(CountRows, scope.Within(new(dataset))).Bind("@limit", limit);
        return count.Step() ? count.Int64(0) : 0;
    }

    /// <summary>The newest observations: start, id, and the four columns of the result.</summary>
    internal Statement? Newest(int limit, long from = long.MinValue, long to = long.MaxValue)
    {
        if (!HasTimes) return null;
        var (since, until) = Bounds(from, to);
        since = LookedAtSince(Math.Max(limit, LookedAtMax), since, until);
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

    /// <summary>Start of the oldest observation that is seen; where an area leaves some out, <see cref="SpanInArea"/> before the newest.</summary>
    internal Instant? Oldest(Instant? newest)
    {
        if (!HasTimes) return null;
        if (_anywhere is not null) return newest is { } end ? new(end.UnixMicroseconds - (long)SpanInArea.TotalMicroseconds) : null;
        using var first = Prepare(First, long.MinValue, long.MaxValue);
        return first.Step() ? new(first.Int64(0)) : null;
    }

    /// <summary>Times and numbers of a span, ascending, both ends included; null when nothing may be drawn. Where an area leaves some out,
    /// of the newest <see cref="ChartedMax"/> alone.</summary>
    internal Statement? Span(long from, long to)
    {
        if (!HasResults) return null;
        var (since, until) = Bounds(from, to);
        return Prepare(Numbers, LookedAtSince(ChartedMax, since, until), until, isStream: true);
    }

    // Where so many observations before the end begin, wherever they were observed: of those in an area each is asked for its place.
    private long LookedAtSince(int count, long since, long until)
    {
        if (_anywhere is null) return since;
        using var looked = Prepare(Back, since, until, isAnywhere: true).Bind("@skip", count - 1L);
        return !looked.Step() ? since : _step > 0 ? Floor(looked.Int64(0)) : looked.Int64(0);
    }

    private Statement Prepare(ShownText text, long since, long until, bool isStream = false, bool isAnywhere = false)
    {
        if (!_texts.TryGetValue((text, isAnywhere), out var made))
            _texts[(text, isAnywhere)] = made = text.Of(_read.Dialect, isAnywhere ? _anywhere! : _scope); // Asked for where it is not null.
        return made.Prepare(_read, isStream).Bind("@series", _series).Bind("@since", since).Bind("@until", until);
    }

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
