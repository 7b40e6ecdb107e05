using Stoa.Vocabulary;

namespace Stoa.Sensing.Aggregation;

/// <summary>Divides time into buckets by the clocks and calendar of a zone.</summary>
/// <remarks>
/// Lengths of time: a bucket begins whenever the clock shows a multiple of the length, counted from midnight where it divides the day,
/// else from 1970-01-01 on that clock; a multiple that the clock jumps over begins where it jumps. An hour that comes twice is two
/// buckets. Calendar: from the first moment of a date to that of another; days have 23 or 25 hours where clocks change. Weeks begin on
/// Monday; several days count from 1970-01-01, several months from January 1970. Not for several threads at once.
/// </remarks>
internal sealed class Buckets(BucketLength length, TimeZoneInfo zone)
{
    private const long Hour = 3_600_000_000;
    private const long Day = 24 * Hour;

    // 1970-01-01 was a Thursday.
    private const int FirstMonday = -3;

    // A clock may run this far ahead of UTC, and a little more.
    private const long FarthestAhead = 15 * Hour;

    /// <summary>After the last moment that can be written.</summary>
    internal static readonly long EndOfTime = Instant.Max.UnixMicroseconds + 1;

    private readonly ZoneOffsets _offsets = new(zone);

    /// <summary>Distance of the clock from UTC in microseconds.</summary>
    internal long OffsetAt(long moment) => _offsets.At(moment).Offset;

    /// <summary>Where the bucket of a moment begins.</summary>
    internal long Start(long moment) => Math.Max(
        Instant.Min.UnixMicroseconds, length.Microseconds > 0 ? StartByClock(moment) : StartByCalendar(moment));

    /// <summary>Where the bucket ends that begins at <paramref name="start"/>: the start of the next.</summary>
    internal long Next(long start) => Math.Min(EndOfTime, length.Microseconds > 0 ? NextByClock(start) : NextByCalendar(start));

    private long StartByClock(long moment)
    {
        while (true)
        {
            var span = _offsets.At(moment);
            var start = Floor(moment + span.Offset, length.Microseconds) - span.Offset;
            if (start >= span.From || BeginsWith(span)) return Math.Max(start, span.From);
            moment = span.From - 1;
        }
    }

    private long NextByClock(long start)
    {
        var span = _offsets.At(start);
        while (true)
        {
            var next = Floor(start + span.Offset, length.Microseconds) + length.Microseconds - span.Offset;
            if (next < span.To) return next;
            if (span.To >= EndOfTime) return EndOfTime;
            var after = _offsets.At(span.To);
            if (BeginsWith(after)) return after.From;
            (start, span) = (after.From, after);
        }
    }

    /// <summary>Whether a bucket begins where the span does: the clock shows a multiple there, or has jumped over one.</summary>
    private bool BeginsWith(in ZoneOffsets.Span span)
    {
        if (span.From == long.MinValue) return false;
        var shown = Floor(span.From + span.Offset, length.Microseconds);
        return shown == span.From + span.Offset ||
            shown > Floor(span.From - 1 + _offsets.At(span.From - 1).Offset, length.Microseconds);
    }

    private long StartByCalendar(long moment)
    {
        var unit = UnitOf(moment);
        var start = StartOf(unit);
        // Clocks that are put back across midnight show the day before once more.
        if (start > moment) return StartOf(unit - 1);
        var next = StartOf(unit + 1);
        return next <= moment ? next : start;
    }

    private long NextByCalendar(long start)
    {
        for (var unit = UnitOf(start) + 1; ; unit++)
        {
            // A date that a zone left out has no moment of its own.
            var next = StartOf(unit);
            if (next > start) return next;
        }
    }

    /// <summary>Which day, week or month the clock shows, as a number that grows with it.</summary>
    private long UnitOf(long moment)
    {
        var local = Math.Clamp(moment + OffsetAt(moment), Instant.Min.UnixMicroseconds, Instant.Max.UnixMicroseconds);
        if (length.Months == 0) return Floored(Floored(local, Day) - Anchor, length.Days);
        var date = new Instant(local).ToDateTimeOffset();
        return Floored(((date.Year - 1970) * 12) + date.Month - 1, length.Months);
    }

    private int Anchor => length.IsWeeks ? FirstMonday : 0;

    /// <summary>The first moment at which the clock shows the unit or what comes after it.</summary>
    private long StartOf(long unit)
    {
        long day;
        if (length.Months == 0) day = (unit * length.Days) + Anchor;
        else
        {
            var month = unit * length.Months;
            var year = 1970 + Floored(month, 12);
            if (year < 1) return Instant.Min.UnixMicroseconds;
            if (year > 9999) return EndOfTime;
            var first = new DateTime((int)year, (int)(month - (Floored(month, 12) * 12)) + 1, 1, 0, 0, 0, DateTimeKind.Utc);
            day = (first - DateTime.UnixEpoch).Days;
        }

        if (day * Day >= EndOfTime) return EndOfTime;
        return day * Day < Instant.Min.UnixMicroseconds ? Instant.Min.UnixMicroseconds : FirstMomentOf(day * Day);
    }

    private long FirstMomentOf(long local)
    {
        var from = local - FarthestAhead;
        while (true)
        {
            var span = _offsets.At(from);
            var moment = Math.Max(from, local - span.Offset);
            if (moment < span.To) return moment;
            from = span.To;
        }
    }

    private static long Floored(long number, long divisor)
    {
        var quotient = Math.DivRem(number, divisor, out var rest);
        return rest < 0 ? quotient - 1 : quotient;
    }

    private static long Floor(long number, long size) => Floored(number, size) * size;
}
