namespace Stoa.Host.SampleCity.Signals;

/// <summary>
/// Central European Time by its rule: summer time from the last Sunday of March to that of October, 01:00 UTC.
/// </summary>
/// <remarks>
/// Not taken from the system: the sample city must be the same on machines without a time zone database.
/// </remarks>
internal static class LocalTime
{
    /// <summary>Seconds to add to UTC: 3600 in winter, 7200 in summer.</summary>
    public static long OffsetSeconds(long unixSeconds)
    {
        var year = DateTime.UnixEpoch.AddSeconds(unixSeconds).Year;
        return unixSeconds >= LastSunday(year, 3) && unixSeconds < LastSunday(year, 10) ? 7200 : 3600;
    }

    /// <summary>Division that rounds down for negative numbers, too.</summary>
    public static long FloorDivide(long value, long divisor) =>
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor);

    private static long LastSunday(int year, int month)
    {
        var last = new DateTime(year, month, 31, 1, 0, 0, DateTimeKind.Utc);
        return (last.AddDays(-(int)last.DayOfWeek).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
    }
}
