namespace Stoa.Host.SampleCity.Signals;

/// <summary>
/// When devices are silent: now and then for minutes to hours, and single readings that never arrive.
/// </summary>
internal static class Outages
{
    private const double OutagesPerDay = 0.022;
    private const double LostReadings = 0.0015;

    /// <summary>Whether the device is down; the same for all its streams.</summary>
    public static bool IsDown(ulong deviceSeed, long unixSeconds)
    {
        var day = LocalTime.FloorDivide(unixSeconds, 86_400);
        return IsWithin(deviceSeed, day, unixSeconds) || IsWithin(deviceSeed, day - 1, unixSeconds);
    }

    /// <summary>Whether this one reading was lost on its way.</summary>
    public static bool IsLost(ulong streamSeed, long unixSeconds) =>
        Hash.Unit(streamSeed ^ 0x105, unixSeconds) < LostReadings;

    private static bool IsWithin(ulong deviceSeed, long day, long unixSeconds)
    {
        if (Hash.Unit(deviceSeed ^ 0x0D0, day) >= OutagesPerDay) return false;
        var start = day * 86_400 + (long)(Hash.Unit(deviceSeed ^ 0x0D1, day) * 86_400);
        var length = 1200 + (long)(Math.Pow(Hash.Unit(deviceSeed ^ 0x0D2, day), 3) * 36_000);
        return unixSeconds >= start && unixSeconds < start + length;
    }
}
