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
    /// <summary>The clock was not put forward: the offset from before the gap holds (02:30 is what 03:30 is called).</summary>
    Shift,

    /// <summary>The row is rejected.</summary>
    Reject,
}

/// <summary>Turns what a clock on the wall showed into an instant.</summary>
/// <remarks>
/// The offset of a day on which no clock was changed is asked for once; only days with a change go through the rules for
/// each time. Not for use by several threads at once.
/// </remarks>
internal sealed class ZoneRules
{
    private const long MicrosecondsPerMinute = 60_000_000;
    private const long MicrosecondsPerDay = 1440 * MicrosecondsPerMinute;
    private const int StepMinutes = 30;

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
    /// <param name="previous">The instant of the row before, for <see cref="AmbiguousTime.Sequence"/>; null for the first.</param>
    /// <param name="instant">The answer.</param>
    /// <param name="reason">When there is none: why, in words for the reject file.</param>
    public bool TryResolve(WallClock clock, Instant? previous, out Instant instant, [NotNullWhen(false)] out string? reason)
    {
        reason = null;
        short offset;
        if (clock.OffsetMinutes is { } stated) offset = stated;
        else if (_zone is null) return Fail("the time has no offset and the mapping names no zone (time.zone)", out instant, out reason);
        else if (!TryOffset(clock.Microseconds, previous, out offset, out reason)) return Fail(reason, out instant, out reason);
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

    private short OffsetOfDay(long day)
    {
        short? common = null;
        // From the step before the day to the step behind it: a change at midnight makes times on both sides special.
        for (var minute = -StepMinutes; minute <= 1440 + StepMinutes; minute += StepMinutes)
        {
            if (!TryLocal(day * MicrosecondsPerDay + minute * MicrosecondsPerMinute, out var local)) return Changing;
            if (_zone!.IsInvalidTime(local) || _zone.IsAmbiguousTime(local)) return Changing;
            var offset = Minutes(_zone.GetUtcOffset(local));
            if (common is not null && common != offset) return Changing;
            common = offset;
        }

        return common ?? Changing;
    }

    private bool TryChangingOffset(long microseconds, Instant? previous, out short offset, [NotNullWhen(false)] out string? reason)
    {
        offset = 0;
        reason = null;
        if (!TryLocal(microseconds, out var local))
        {
            reason = "the time lies outside the years 1 to 9999";
            return false;
        }

        if (_zone!.IsInvalidTime(local))
        {
            if (_missing == MissingTime.Reject)
            {
                reason = $"the clocks of {_zone.Id} never showed this time (time.missing: reject)";
                return false;
            }

            offset = OffsetBeforeGap(local);
            return true;
        }

        if (!_zone.IsAmbiguousTime(local))
        {
            offset = Minutes(_zone.GetUtcOffset(local));
            return true;
        }

        var offsets = _zone.GetAmbiguousTimeOffsets(local);
        var earlier = Minutes(offsets.Max());
        var later = Minutes(offsets.Min());
        if (_ambiguous == AmbiguousTime.Reject)
        {
            reason = $"the clocks of {_zone.Id} showed this time twice (time.ambiguous: reject)";
            return false;
        }

        var passed = previous is { } last && last.UnixMicroseconds >= microseconds - earlier * MicrosecondsPerMinute;
        offset = _ambiguous == AmbiguousTime.Later || (_ambiguous == AmbiguousTime.Sequence && passed) ? later : earlier;
        return true;
    }

    // No gap of any zone in use is longer than a day (Samoa skipped one in 2011).
    private short OffsetBeforeGap(DateTime local)
    {
        var before = local;
        for (var step = 0; step < 49 && _zone!.IsInvalidTime(before); step++) before = before.AddMinutes(-StepMinutes);
        return Minutes(_zone!.GetUtcOffset(before));
    }

    private static short Minutes(TimeSpan offset) => (short)offset.TotalMinutes;

    private static bool TryLocal(long microseconds, out DateTime local)
    {
        local = default;
        var ticks = microseconds * TimeSpan.TicksPerMicrosecond + DateTime.UnixEpoch.Ticks;
        if (ticks < DateTime.MinValue.Ticks + TimeSpan.TicksPerDay || ticks > DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay)
            return false;
        local = new(ticks, DateTimeKind.Unspecified);
        return true;
    }
}
