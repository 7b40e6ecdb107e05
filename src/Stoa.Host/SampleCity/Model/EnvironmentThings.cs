using Stoa.Host.SampleCity.Plan;
using Stoa.Host.SampleCity.Signals;

namespace Stoa.Host.SampleCity.Model;

/// <summary>Air, weather, soil and noise.</summary>
internal static class EnvironmentThings
{
    private static readonly Device AirMonitor = new("air-monitor", "Air monitor AM-4",
        "Automatic measuring container with gas analysers and an optical particle counter.", "text/plain",
        "EN 14211, EN 14625; calibrated every three months.");

    private static readonly Device WeatherStation = new("weather-station", "Compact weather station WS-700",
        "Temperature, humidity, pressure, wind by ultrasound, rain by radar, pyranometer.", "text/plain",
        "Installed as WMO-No. 8 advises for urban sites (chapter III.9).");

    private static readonly Device SoilProbe = new("soil-probe", "Soil probe SP-30",
        "Capacitive moisture probe with thermometer, battery, LoRaWAN.", "text/plain", "Accuracy 2 % of volume.");

    private static readonly Device SoundMeter = new("sound-meter", "Sound level meter class 1",
        "Outdoor microphone with level meter; audio stays inside.", "text/plain", "IEC 61672-1 class 1.");

    public static IEnumerable<CityThing> All(CityModel city, Places places) =>
        [.. Air(city), .. Weather(city), .. Parks(city, places), .. Noise(city, places)];

    private static IEnumerable<CityThing> Air(CityModel city)
    {
        (string Name, PlanPoint Place, double Traffic, string Site)[] stations =
        [
            ("Marktplatz", new(-38, 30), 0.35, "urban background"), ("Wallring Nord", new(25, 672), 1.0, "traffic"),
            ("Stadtring Ost", new(2470, 300), 0.9, "traffic"), ("Hauptbahnhof", new(-60, 1085), 0.75, "traffic"),
            ("Südallee", new(95, -1430), 0.8, "traffic"), ("Hafen", new(-2010, -1520), 0.6, "industry"),
            ("Klinikum", new(905, 2615), 0.3, "urban background"), ("Seeufer", new(-4250, -2080), 0.14, "suburban"),
            ("Stadtwald", new(-4560, 1100), 0.03, "rural background"),
        ];
        foreach (var (name, place, traffic, site) in stations)
        {
            var thing = new ThingDrawing(city, CityDatasets.Air, Slug.Of(name), $"Air station {name}",
                $"Air quality station, {site} site.", place).With("site", site);
            var seed = thing.Seed;
            thing.Stream(AirMonitor, Quantities.NitrogenDioxide, 10, NitrogenDioxide)
                .Stream(AirMonitor, Quantities.Ozone, 10, Ozone)
                .Stream(AirMonitor, Quantities.Pm10, 10, Particles)
                .Stream(AirMonitor, Quantities.Pm25, 10, (in Moment now) =>
                    Particles(now) * (0.55 + 0.1 * Hash.Noise(seed + 4, now.UnixSeconds / 40_000.0)))
                .Stream(AirMonitor, Quantities.AirQualityIndex, 60, (in Moment now) =>
                    Index(NitrogenDioxide(now), Ozone(now), Particles(now)));
            yield return thing.Done();

            double NitrogenDioxide(in Moment now)
            {
                // Wind carries off what the street gives; cold clear nights keep it near the ground.
                var thinning = 2.6 / (1.1 + now.Wind) * (now.SunDegrees < 0 && now.Cloud < 0.4 ? 1.25 : 1);
                var emitted = traffic * 46 * WeekProfile.Traffic.At(now) + (1 - traffic) * 4.5;
                return Math.Max(1, 3.5 + emitted * thinning * Slow(seed, now, 7_000, 0.16)
                    + Hash.Normal(seed, now.UnixSeconds) * 1.3);
            }

            double Ozone(in Moment now) =>
                Math.Max(2, 26 + now.Radiation * 0.062 + Math.Max(0, now.Celsius - 12) * 2.3 + now.Wind * 2.4
                    - 0.55 * NitrogenDioxide(now) + 6 * Hash.Noise(seed + 2, now.UnixSeconds / 9_000.0)
                    + Hash.Normal(seed + 2, now.UnixSeconds) * 1.1);

            double Particles(in Moment now)
            {
                var heating = Math.Max(0, 14 - now.Celsius) * 0.55 * (1 - 0.5 * traffic);
                var washed = 1 / (1 + now.Rain * 0.7);
                var given = 7 + traffic * 14 * WeekProfile.Traffic.At(now) + heating;
                return Math.Max(1.5, given * 2.9 / (1.3 + now.Wind) * washed
                    * Slow(seed + 3, now, 14_000, 0.25) + Hash.Normal(seed + 3, now.UnixSeconds) * 0.9);
            }
        }
    }

    private static double Index(double nitrogenDioxide, double ozone, double particles)
    {
        var worst = Math.Max(Grade(nitrogenDioxide, 20, 40, 100, 200), Grade(ozone, 60, 120, 180, 240));
        return Math.Max(worst, Grade(particles, 20, 35, 50, 100));

        static int Grade(double value, double good, double moderate, double poor, double veryPoor) =>
            value <= good ? 0 : value <= moderate ? 1 : value <= poor ? 2 : value <= veryPoor ? 3 : 4;
    }

    private static IEnumerable<CityThing> Weather(CityModel city)
    {
        (string Name, PlanPoint Place, double Warmer, double Windier, double Metres)[] stations =
        [
            ("Altstadt, Rathausdach", new(-78, -30), 1.5, 0.75, 118), ("Universität", new(-900, 1850), 0.6, 0.9, 131),
            ("Seepark", new(-2720, -2560), 0.2, 1.2, 104), ("Lindenfeld", new(-3300, 3050), -0.5, 1.1, 172),
            ("Auwiesen", new(2600, 2700), -0.3, 1.05, 112), ("Kirchfeld", new(2700, -3250), -0.1, 1.0, 139),
        ];
        foreach (var (name, place, warmer, windier, metres) in stations)
        {
            var thing = new ThingDrawing(city, CityDatasets.Climate, Slug.Of(name), $"Weather station {name}",
                "Weather station of the university's city climate network.", place).With("elevationMetres", metres);
            var seed = thing.Seed;
            thing.Stream(WeatherStation, Quantities.AirTemperature, 10, (in Moment now) =>
                    // The city gives off at night what it took in by day.
                    now.Celsius + warmer * (now.SunDegrees < 0 ? 1.25 - 0.7 * now.Cloud : 0.45)
                    - (metres - 115) * 0.0065
                    + 0.25 * Hash.Noise(seed, now.UnixSeconds / 4_000.0) + Hash.Normal(seed, now.UnixSeconds) * 0.06)
                .Stream(WeatherStation, Quantities.Humidity, 10, (in Moment now) =>
                    Math.Clamp(now.Humidity - warmer * 2.5 + Hash.Normal(seed + 1, now.UnixSeconds) * 0.7, 15, 100))
                .Stream(WeatherStation, Quantities.AirPressure, 10, (in Moment now) =>
                    now.Pressure + 13.8 - (metres - 115) * 0.118 + Hash.Normal(seed + 2, now.UnixSeconds) * 0.05)
                .Stream(WeatherStation, Quantities.WindSpeed, 10, (in Moment now) =>
                    Math.Max(0, now.Wind * windier * Slow(seed + 3, now, 2_400, 0.2)
                        + Hash.Normal(seed + 3, now.UnixSeconds) * 0.25))
                .Stream(WeatherStation, Quantities.WindDirection, 10, (in Moment now) =>
                    (now.WindFrom + 360 + Hash.Normal(seed + 4, now.UnixSeconds) * 9) % 360)
                .Stream(WeatherStation, Quantities.Precipitation, 10, (in Moment now) =>
                    now.Rain / 6 * Slow(seed + 5, now, 2_500, 0.35), coversInterval: true)
                .Stream(WeatherStation, Quantities.Radiation, 10, (in Moment now) =>
                    Math.Max(0, now.Radiation * Slow(seed + 6, now, 900, 0.12 * now.Cloud)));
            yield return thing.Done();
        }
    }

    private static IEnumerable<CityThing> Parks(CityModel city, Places places)
    {
        string[] parks =
        [
            "Stadtpark", "Schlossgarten", "Volkspark Süd", "Seepark", "Bürgerpark Nord", "Botanischer Garten",
            "Nordfriedhof", "Ostfriedhof", "Kleingärten Sonnenhang", "Kleingärten Lerchenau",
        ];
        foreach (var name in parks)
        {
            var park = places.Green(name);
            var thing = new ThingDrawing(city, CityDatasets.Climate, "soil-" + Slug.Of(name), $"{name}: soil",
                "Soil probes of a park; the place is the area that they stand for.",
                CityMap.ToWgs84(Curves.Simplified(park.Shape, 4), 5))
                .With("kind", park.Kind).With("hectares", Math.Round(park.Shape.Area / 10_000, 1));
            var (seed, dry) = (thing.Seed, thing.Trait(1, 14, 20));
            thing.Stream(SoilProbe, Quantities.SoilMoisture, 60, (in Moment now) =>
                    Math.Clamp(dry + 13 * (1 - Math.Exp(-1.3 * now.Wetness))
                        + 2 * Hash.Noise(seed, now.UnixSeconds / 400_000.0)
                        + Hash.Normal(seed, now.UnixSeconds) * 0.15, 6, 44))
                .Stream(SoilProbe, Quantities.SoilTemperature, 60, (in Moment now) =>
                    now.CelsiusSlow * 0.8 + 2.1 + 1.1 * Math.Cos((now.Hour - 18) * Math.PI / 12)
                    + Hash.Normal(seed + 1, now.UnixSeconds) * 0.08);
            yield return thing.Done();
        }
    }

    private static IEnumerable<CityThing> Noise(CityModel city, Places places)
    {
        var main = places.OnRoads("noise main", 6, 900, (road, place) => road.Kind == RoadKind.Primary
            && place.Length < 2600);
        var old = places.OnRoads("noise old town", 4, 170, (road, place) => road.Kind == RoadKind.Street
            && place.Length < 420);
        var rail = city.Map.Plan.Railways[0].Line.Where(place => place.Length < 2300).ToArray();
        StreetPlace[] all =
        [
            .. main, .. old,
            new(rail[rail.Length / 4] + new PlanPoint(0, -35), default, new("railway, west", RoadKind.Path, [])),
            new(rail[rail.Length * 3 / 4] + new PlanPoint(0, -35), default, new("railway, east", RoadKind.Path, [])),
        ];
        for (var i = 0; i < all.Length; i++)
        {
            var (place, _, road) = all[i];
            var isNightlife = i is >= 6 and < 10;
            var isRail = i >= 10;
            var thing = new ThingDrawing(city, CityDatasets.Noise, $"noise-{i + 1:00}", $"Noise meter {road.Name}",
                isNightlife ? "In the nightlife quarter." : isRail ? "Beside the railway." : "On a main road.", place)
                .With("quietHours", "22:00-06:00");
            var (seed, floor) = (thing.Seed, thing.Trait(1, 40, 44));
            thing.Stream(SoundMeter, Quantities.SoundLevel, 5, (in Moment now) =>
            {
                var traffic = (isNightlife ? 0.12 : isRail ? 0.3 : 1.0) * WeekProfile.Traffic.At(now);
                var guests = isNightlife ? 1.7 * WeekProfile.Centre.At(now) * (now.Hour is > 19 or < 2 ? 1.6 : 0.7) : 0;
                var trains = 0.28 * (now.Hour is > 5 and < 23.5 ? 1 : 0.35);
                var train = isRail && Hash.Unit(seed + 1, now.UnixSeconds / 300) < trains ? 30 : 0;
                // Levels add as energies, not as decibels.
                return floor + 10 * Math.Log10(1 + 90 * traffic + 45 * guests + 14 * train + now.Rain * 3)
                    + Hash.Normal(seed, now.UnixSeconds) * 1.1;
            });
            yield return thing.Done();
        }
    }

    /// <summary>A factor that wanders slowly around 1.</summary>
    internal static double Slow(ulong seed, in Moment now, double seconds, double share) =>
        1 + share * Hash.Noise(seed ^ 0x510, now.UnixSeconds / seconds);
}
