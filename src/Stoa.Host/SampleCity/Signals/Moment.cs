namespace Stoa.Host.SampleCity.Signals;

/// <summary>A point in time with all that the sensors of a city feel of it: hour, day, light and weather.</summary>
internal readonly record struct Moment
{
    /// <summary>Seconds since 1970-01-01T00:00:00Z.</summary>
    public required long UnixSeconds { get; init; }

    /// <summary>Local time of day, 0 to 24.</summary>
    public required double Hour { get; init; }

    /// <summary>Hours since Monday 00:00 local time, 0 to 168.</summary>
    public required double WeekHour { get; init; }

    /// <summary>Local days since 1970-01-01.</summary>
    public required long Day { get; init; }

    /// <summary>Height of the sun over the horizon in degrees.</summary>
    public required double SunDegrees { get; init; }

    /// <summary>Air temperature outside the built-up city, °C.</summary>
    public required double Celsius { get; init; }

    /// <summary>Air temperature without its daily swing, °C; what walls, soil and rivers follow.</summary>
    public required double CelsiusSlow { get; init; }

    /// <summary>Clouds, 0 to 1.</summary>
    public required double Cloud { get; init; }

    /// <summary>Rain now, mm per hour.</summary>
    public required double Rain { get; init; }

    /// <summary>
    /// How wet the ground is: rain of the last days, faded; 0 after drought, around 1 after steady rain.
    /// </summary>
    public required double Wetness { get; init; }

    /// <summary>Wind, m/s.</summary>
    public required double Wind { get; init; }

    /// <summary>Where the wind comes from, degrees.</summary>
    public required double WindFrom { get; init; }

    /// <summary>Pressure at station height, hPa.</summary>
    public required double Pressure { get; init; }

    /// <summary>Relative humidity, %.</summary>
    public required double Humidity { get; init; }

    /// <summary>Global radiation on level ground, W/m².</summary>
    public required double Radiation { get; init; }

    /// <summary>Saturday or Sunday.</summary>
    public bool IsWeekend => WeekHour >= 120;
}
