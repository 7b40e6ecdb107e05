using System.Diagnostics.CodeAnalysis;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Import.Time;

/// <summary>What to take when a clock shows the same time twice, as in the hour in which summer time ends.</summary>
internal enum AmbiguousTime
{
    /// <summary>The first of the two: still summer time.</summary>
    Earlier,

    /// <summary>The second of the two: already standard time.</summary>
    Later,

    /// <summary>The first, unless the Thing's row before already lies there or behind it: then the second.</summary>
    Sequence,

    /// <summary>Neither: the row is rejected.</summary>
    Reject,
}

/// <summary>What to do with a time that no clock ever showed, as in the hour in which summer time begins.</summary>
internal enum MissingTime
{
    /// <summary>The clock was not put forward: the offset from before the gap holds (02:30 is what 03:30 is
    /// called).</summary>
    Shift,

    /// <summary>The row is rejected.</summary>
    Reject,
}

/// <summary>Turns what a clock on the wall showed into an instant.</summary>
/// <remarks>
/// The offset of a day on which no clock was changed is asked for once; only days with a change go through the rules
/// for
/// each time. Not for use by several threads at once.
/// </remarks>
internal sealed class ZoneRules
{
    private const long MicrosecondsPerMinute = 60_000_000;
    private const long MicrosecondsPerDay = 1440 * MicrosecondsPerMinute;
    private const int StepMinutes = 30;
    private const int FarthestEastMinutes = 15 * 60;
    private const int FarthestWestMinutes = 13 * 60;

    // A change of clocks lies inside this day: look at every single time.
    private const short Changing = short.MinValue;

    private readonly TimeZoneInfo? _zone;
    private readonly AmbiguousTime _ambiguous;
    private readonly MissingTime _missing;
    private readonly Dictionary<long, short> _offsets = [];
    private long _day = long.MinValue;
    private short _dayOffset;

    /// <summary>The rules of a zone.</summary>
    /// <param name="zone">Null: every time states its offset itself; one that does not is rejected.</param>
    /// <param name="ambiguous">For the hour that comes twice.</param>
    /// <param name="missing">For the hour that does not come.</param>
    public ZoneRules(TimeZoneInfo? zone, AmbiguousTime ambiguous, MissingTime missing)
    {
        _zone = zone;
        _ambiguous = ambiguous;
        _missing = missing;
    }

    /// <summary>Finds a zone by its IANA name, for example Europe/Berlin.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        // Names that are paths would be opened as files.
        if (name.Contains("..", StringComparison.Ordinal) || name.StartsWith('/'))
        {
            zone = null;
            return false;
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone);
    }

    /// <summary>The instant at which the clock showed this.</summary>
    /// <param name="clock">What the table states.</param>
    /// <param name="previous">The instant of the row before, for <see cref="AmbiguousTime.Sequence"/>; null for the
    /// first.</param>
    /// <param name="instant">The answer.</param>
    /// <param name="reason">When there is none: why, in words for the reject file.</param>
    public bool TryResolve(WallClock clock, Instant? previous, out Instant instant,
        [NotNullWhen(false)] out string? reason)
    {
        reason = null;
        short offset;
        if (clock.OffsetMinutes is { } stated) offset = stated;
        else if (_zone is null) return Fail("the time has no offset and the mapping names no zone (time.zone)",
            out instant, out reason);
        else if (!TryOffset(clock.Microseconds, previous, out offset, out reason)) return Fail(reason, out instant,
            out reason);
        var utc = clock.Microseconds - offset * MicrosecondsPerMinute;
        if (utc < Instant.Min.UnixMicroseconds || utc > Instant.Max.UnixMicroseconds)
            return Fail("the time lies outside the years 1 to 9999", out instant, out reason);
        instant = new(utc);
        return true;
    }

    private static bool Fail(string why, out Instant instant, out string reason)
    {
        instant = default;
        reason = why;
        return false;
    }

    private bool TryOffset(long local, Instant? previous, out short offset, [NotNullWhen(false)] out string? reason)
    {
        reason = null;
        var day = Math.DivRem(local, MicrosecondsPerDay, out var rest);
        if (rest < 0) day--;
        if (day != _day)
        {
            _day = day;
            if (!_offsets.TryGetValue(day, out _dayOffset)) _offsets[day] = _dayOffset = OffsetOfDay(day);
        }

        offset = _dayOffset;
        return offset != Changing || TryChangingOffset(local, previous, out offset, out reason);
    }

    // Asked by UTC alone: what the framework says about a local time is not to be relied on where summer time is the
    // standard and winter the exception, as in Morocco.
    private short OffsetOfDay(long day)
    {
        short? common = null;
        // The instants that any zone (UTC-12 to UTC+14) can call by this day.
        for (var minute = -FarthestEastMinutes; minute <= 1440 + FarthestWestMinutes; minute += StepMinutes)
        {
            if (!TryOffsetAt(day * MicrosecondsPerDay + minute * MicrosecondsPerMinute,
                out var offset)) return Changing;
            if (common is not null && common != offset) return Changing;
            common = offset;
        }

        return common ?? Changing;
    }

    private bool TryChangingOffset(long local, Instant? previous, out short offset,
        [NotNullWhen(false)] out string? reason)
    {
        offset = 0;
        reason = null;
        // Each offset in force around this time for which the clock showed it; the greater offset comes first in time.
        short? earlier = null, later = null, before = null;
        for (var minute = -FarthestEastMinutes; minute <= FarthestWestMinutes; minute += StepMinutes)
        {
            if (!TryOffsetAt(local + minute * MicrosecondsPerMinute, out var candidate))
            {
                reason = "the time lies outside the years 1 to 9999";
                return false;
            }

            before ??= candidate;
            var isShown = TryOffsetAt(local - candidate * MicrosecondsPerMinute, out var inForce) &&
                inForce == candidate;
            if (!isShown) continue;
            if (earlier is null || candidate > earlier) earlier = candidate;
            if (later is null || candidate < later) later = candidate;
        }

        if (earlier is null || later is null)
        {
            offset = before ?? 0;
            if (_missing == MissingTime.Shift) return true;
            reason = $"the clocks of {_zone!.Id} never showed this time (time.missing: reject)";
            return false;
        }

        if (earlier != later && _ambiguous == AmbiguousTime.Reject)
        {
            reason = $"the clocks of {_zone!.Id} showed this time twice (time.ambiguous: reject)";
            return false;
        }

        var passed = previous is { } last && last.UnixMicroseconds >= local - earlier.Value * MicrosecondsPerMinute;
        offset = _ambiguous == AmbiguousTime.Later || (_ambiguous == AmbiguousTime.Sequence && passed) ? later.Value
            : earlier.Value;
        return true;
    }

    private bool TryOffsetAt(long utc, out short offset)
    {
        offset = 0;
        var ticks = utc * TimeSpan.TicksPerMicrosecond + DateTime.UnixEpoch.Ticks;
        if (ticks < DateTime.MinValue.Ticks + TimeSpan.TicksPerDay ||
            ticks > DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay)
            return false;
        offset = (short)_zone!.GetUtcOffset(new DateTime(ticks, DateTimeKind.Utc)).TotalMinutes;
        return true;
    }
}
