namespace Stoa.Sensing.Import.Time;

/// <summary>A date and time as a table states it: what a clock on the wall showed, with or without the offset from
/// UTC.</summary>
/// <param name="Microseconds">What the clock showed, counted from 1970-01-01 00:00:00 on the same clock.</param>
/// <param name="OffsetMinutes">The offset from UTC when the table states it, else null.</param>
internal readonly record struct WallClock(long Microseconds, short? OffsetMinutes)
{
    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>From date and time of day; false when there is no such date. 24:00:00 is midnight at the end of the
    /// day.</summary>
    public static bool TryCreate(in DateParts parts, out WallClock clock)
    {
        clock = default;
        if (parts.Year is < 1 or > 9999 || parts.Month is < 1 or > 12) return false;
        if (parts.Day < 1 || parts.Day > DateTime.DaysInMonth(parts.Year, parts.Month)) return false;
        if (parts.Hour > 24 || parts.Minute > 59 || parts.Second > 60) return false;
        if (parts.Hour == 24 && (parts.Minute | parts.Second | parts.Microsecond) != 0) return false;
        var days = DayNumber(parts.Year, parts.Month, parts.Day);
        var seconds = days * 86_400 + parts.Hour * 3600 + parts.Minute * 60 + parts.Second;
        clock = new(seconds * MicrosecondsPerSecond + parts.Microsecond, parts.OffsetMinutes);
        return true;
    }

    // Days since 1970-01-01 in the Gregorian calendar; a table of month lengths is slower than this.
    private static long DayNumber(int year, int month, int day)
    {
        if (month <= 2) year--;
        var era = year / 400;
        var yearOfEra = year - era * 400;
        var dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
        return era * 146_097L + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
    }
}

/// <summary>The parts of a date and time while it is read.</summary>
internal struct DateParts()
{
    public int Year = 1970;
    public int Month = 1;
    public int Day = 1;
    public int Hour;
    public int Minute;
    public int Second;
    public int Microsecond;
    public short? OffsetMinutes;
}
