using System.Collections.Concurrent;

namespace Stoa.Host.SampleCity.Signals;

/// <summary>The weather over the sample city: a function of seed and time, for any time, past or to come.</summary>
internal sealed class Weather(ulong seed)
{
    private const double Hours = 3600.0;
    private const double Days = 86_400.0;
    private const int WetnessHours = 120;

    // A cache of a pure function, not state: what is asked again is not computed again.
    private readonly ConcurrentDictionary<long, double> _hourlyRain = new();
    private readonly ConcurrentDictionary<long, double> _hourlyWetness = new();

    /// <summary>All that is felt at a moment.</summary>
    public Moment At(long unixSeconds)
    {
        var local = unixSeconds + LocalTime.OffsetSeconds(unixSeconds);
        var day = LocalTime.FloorDivide(local, 86_400);
        var hour = (local - day * 86_400) / Hours;
        var weekday = (int)(((day + 3) % 7 + 7) % 7); // 1970-01-01 was a Thursday
        var cloud = Cloud(unixSeconds);
        var sun = SunDegrees(unixSeconds);
        var slow = CelsiusSlow(unixSeconds);
        var swing = (2.2 + 3.4 * (1 - cloud)) * Season(unixSeconds, low: 0.55, high: 1.35);
        var rain = Rain(unixSeconds, cloud);
        var celsius = slow + swing * Math.Cos((hour - 15.2) * Math.PI / 12) - Math.Min(rain, 4) * 0.5;
        var wind = Math.Max(0.3, 3.1 + 2.3 * Hash.Noise(seed + 5, unixSeconds / (11 * Hours))
            + 1.1 * Hash.Noise(seed + 6, unixSeconds / (1.7 * Hours)) + 0.8 * Math.Sin((hour - 8.5) * Math.PI / 12));
        return new()
        {
            UnixSeconds = unixSeconds,
            Hour = hour,
            Day = day,
            WeekHour = weekday * 24 + hour,
            SunDegrees = sun,
            Celsius = celsius,
            CelsiusSlow = slow,
            Cloud = cloud,
            Rain = rain,
            Wetness = Wetness(unixSeconds),
            Wind = wind,
            WindFrom = (595 + 85 * Hash.Noise(seed + 7, unixSeconds / (21 * Hours))
                + 22 * Hash.Noise(seed + 8, unixSeconds / (2.4 * Hours))) % 360,
            Pressure = 992 + 12 * Hash.Noise(seed + 9, unixSeconds / (64 * Hours))
                + 3 * Hash.Noise(seed + 10, unixSeconds / (17 * Hours)) - 3 * cloud,
            Humidity = Math.Clamp(79 - 2.6 * (celsius - slow) + 12 * (cloud - 0.5) + Math.Min(rain, 2) * 7
                + 6 * Hash.Noise(seed + 11, unixSeconds / (9 * Hours)), 24, 100),
            Radiation = sun <= 0 ? 0 : 1_020 * Math.Pow(Math.Sin(sun * Math.PI / 180), 1.15)
                * (1 - 0.76 * cloud * cloud * cloud),
        };
    }

    /// <summary>How wet the ground is; hours are joined by straight lines, so that any second has a value.</summary>
    public double Wetness(long unixSeconds)
    {
        var position = unixSeconds / Hours;
        var hour = (long)Math.Floor(position);
        var (from, to) = (WetnessOfHour(hour), WetnessOfHour(hour + 1));
        return from + (to - from) * (position - hour);
    }

    private double WetnessOfHour(long hour) => _hourlyWetness.GetOrAdd(hour, last =>
    {
        var wetness = 0.0;
        for (var ago = 0; ago < WetnessHours; ago++)
        {
            // Rises within hours, falls over days: what a small catchment does with rain.
            var response = (1 - Math.Exp(-ago / 5.0)) * Math.Exp(-ago / 26.0);
            wetness += response * RainOfHour(last - ago);
        }

        return wetness / 9;
    });

    private double RainOfHour(long hour) => _hourlyRain.GetOrAdd(hour, key =>
    {
        var sum = 0.0;
        for (var part = 0; part < 6; part++)
        {
            var time = key * 3600 + part * 600;
            sum += Rain(time, Cloud(time));
        }

        return sum / 6;
    });

    private double Cloud(long unixSeconds) => Math.Clamp(
        0.56 + 0.62 * Hash.Noise(seed + 1, unixSeconds / (16 * Hours)) + 0.3
            * Hash.Noise(seed + 2, unixSeconds / (3.5 * Hours)),
        0, 1);

    private double Rain(long unixSeconds, double cloud)
    {
        var shower = 1.5 * (cloud - 0.72) + 0.75 * Hash.Noise(seed + 3, unixSeconds / (4.2 * Hours))
            + 0.4 * Hash.Noise(seed + 4, unixSeconds / (0.7 * Hours)) - 0.5;
        return shower <= 0 ? 0 : shower * shower * 6.5 + shower * 1.1;
    }

    private double CelsiusSlow(long unixSeconds) =>
        9.6 + Season(unixSeconds, low: -8.6, high: 8.6)
        + 4.6 * Hash.Noise(seed + 12, unixSeconds / (3.4 * Days)) + 2.4
            * Hash.Noise(seed + 13, unixSeconds / (9.5 * Days));

    /// <summary>From low in mid-January to high in mid-July.</summary>
    private static double Season(long unixSeconds, double low, double high)
    {
        var year = unixSeconds / (365.2425 * Days);
        return low + (high - low) * (0.5 - 0.5 * Math.Cos((year - 0.045) * 2 * Math.PI));
    }

    private static double SunDegrees(long unixSeconds)
    {
        var yearAngle = (unixSeconds / (365.2425 * Days) - 0.2178) * 2 * Math.PI; // from the March equinox
        var declination = 0.4091 * Math.Sin(yearAngle);
        var hourAngle = ((unixSeconds % 86_400 / Hours) + Plan.CityMap.OriginLongitude / 15 - 12) * Math.PI / 12;
        const double Latitude = Plan.CityMap.OriginLatitude * Math.PI / 180;
        var sine = Math.Sin(Latitude) * Math.Sin(declination) + Math.Cos(Latitude) * Math.Cos(declination)
            * Math.Cos(hourAngle);
        return Math.Asin(Math.Clamp(sine, -1, 1)) * 180 / Math.PI;
    }
}
