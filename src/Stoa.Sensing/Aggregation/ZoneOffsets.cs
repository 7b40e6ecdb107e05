using Stoa.Vocabulary;

namespace Stoa.Sensing.Aggregation;

/// <summary>The spans of time over which the clocks of a zone keep their distance from UTC.</summary>
/// <remarks>Found by asking the zone and kept; inside a span everything is arithmetic. Not for several threads at once.</remarks>
internal sealed class ZoneOffsets(TimeZoneInfo zone)
{
    /// <summary>A span from <paramref name="From"/> to before <paramref name="To"/>, in microseconds, and its offset. Neighbours may
    /// have the same offset.</summary>
    internal readonly record struct Span(long From, long To, long Offset);

    private const long Hour = 3_600_000_000;

    // No zone changes its clocks twice within this time.
    private const long Step = 12 * Hour;
    private const long Reach = 200 * 24 * Hour;

    // The framework's times end with the years 1 and 9999, whatever the offset.
    private static readonly long Least = Instant.Min.UnixMicroseconds + (48 * Hour), Most = Instant.Max.UnixMicroseconds - (48 * Hour);

    private readonly List<Span> _spans = [];
    private Span _last;

    /// <summary>The span in which a moment lies.</summary>
    internal Span At(long moment)
    {
        if (moment >= _last.From && moment < _last.To) return _last;
        var (least, most) = (long.MinValue, long.MaxValue);
        foreach (var span in _spans)
        {
            if (moment >= span.From && moment < span.To) return _last = span;
            if (span.To <= moment) least = Math.Max(least, span.To);
            else most = Math.Min(most, span.From);
        }

        // Spans never overlap: whoever goes from one to the next always gets ahead.
        var found = new Span(Math.Max(least, Edge(moment, -Step)), Math.Min(most, Edge(moment, Step)), OffsetAt(moment));
        _spans.Add(found);
        return _last = found;
    }

    /// <summary>Where the offset of a moment ends in one direction, or where looking ends.</summary>
    private long Edge(long moment, long step)
    {
        var offset = OffsetAt(moment);
        var same = moment;
        for (var reached = 0L; reached < Reach; reached += Step)
        {
            var next = same + step;
            if (step < 0 && next <= Least) return long.MinValue;
            if (step > 0 && next >= Most) return long.MaxValue;
            if (OffsetAt(next) != offset) return Change(same, next, offset);
            same = next;
        }

        return step < 0 ? same : same + 1;
    }

    /// <summary>The first moment after the earlier of the two on which the other offset holds.</summary>
    private long Change(long same, long other, long offset)
    {
        while (Math.Abs(other - same) > 1)
        {
            var middle = same + ((other - same) / 2);
            if (OffsetAt(middle) == offset) same = middle;
            else other = middle;
        }

        return Math.Max(same, other);
    }

    private long OffsetAt(long moment)
    {
        var clamped = Math.Clamp(moment, Least, Most);
        var time = new DateTime(DateTime.UnixEpoch.Ticks + (clamped * TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);
        return zone.GetUtcOffset(time).Ticks / TimeSpan.TicksPerMicrosecond;
    }
}
