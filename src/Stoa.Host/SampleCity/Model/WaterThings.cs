using Stoa.Host.SampleCity.Plan;
using Stoa.Host.SampleCity.Signals;

namespace Stoa.Host.SampleCity.Model;

/// <summary>The river and what comes out of the tap.</summary>
internal static class WaterThings
{
    private static readonly Device RadarGauge = new("radar-gauge", "Radar gauge RG-20",
        "Radar level meter under a bridge, with thermometer; discharge by rating curve.", "text/plain",
        "ISO 4373 class 1; rating curve of 2024.");

    private static readonly Device ZoneMeter = new("zone-meter", "Zone meter",
        "Magnetic flow meter and pressure transmitter in a shaft.", "text/plain", "ISO 4064 class 1.");

    private static readonly Device LeakCheck = new("leak-check", "Night flow check",
        "Compares the inflow between 02:00 and 04:00 with the zone's need.", "text/markdown",
        "Minimum night flow method, **threshold 1.35**.");

    public static IEnumerable<CityThing> All(CityModel city, Places places) =>
        [.. Gauges(city, places), .. Zones(city)];

    private static IEnumerable<CityThing> Gauges(CityModel city, Places places)
    {
        (string Name, PlanPoint Place, double LagHours, double MeanLevel, double Share)[] gauges =
        [
            ("Obermühle", places.OnRiver(0.24), 0, 118, 0.82), ("Auwiesen", places.OnRiver(0.34), 1.5, 131, 0.9),
            ("Ostbrücke", places.OnRiver(0.60), 3, 142, 0.97), ("Alte Brücke", places.OnRiver(0.72), 3.6, 156, 1),
            ("Hafenmund", places.OnRiver(0.93), 5.5, 171, 1.04),
            ("Marensee, Bootshaus", places.OnShore(new(-1700, -3150)), 9, 204, 0.3),
        ];
        foreach (var (name, place, lagHours, level, share) in gauges)
        {
            var isLake = name.StartsWith("Marensee", StringComparison.Ordinal);
            var thing = new ThingDrawing(city, CityDatasets.River, Slug.Of(name), $"Gauge {name}",
                isLake ? "Level of the lake." : "River gauge of the Maren.", place)
                .With("gaugeZeroMetres", 97.2 - level / 100).With("watchCentimetres", 320);
            var (seed, lag, weather) = (thing.Seed, (long)(lagHours * 3600), city.Weather);
            thing.Stream(RadarGauge, Quantities.WaterLevel, 15, Level);
            if (!isLake)
                thing.Stream(RadarGauge, Quantities.Discharge, 15, (in Moment now) =>
                    Math.Max(1.5, 0.0052 * Math.Pow(Math.Max(Level(now) - level + 88, 1), 1.72)));
            thing.Stream(RadarGauge, Quantities.WaterTemperature, 15, (in Moment now) =>
                Math.Max(0.4, now.CelsiusSlow * 0.72 + 3.1 + 0.5 * Math.Cos((now.Hour - 17.5) * Math.PI / 12)
                    + 0.3 * Hash.Noise(seed + 1, now.UnixSeconds / 50_000.0)
                    + Hash.Normal(seed + 1, now.UnixSeconds) * 0.04));
            yield return thing.Done();

            // The wave of a rain passes one gauge after the other.
            double Level(in Moment now) =>
                level + 92 * share * weather.Wetness(now.UnixSeconds - lag)
                + 7 * Hash.Noise(seed, now.UnixSeconds / 500_000.0)
                + Hash.Normal(seed, now.UnixSeconds) * 0.7;
        }
    }

    private static IEnumerable<CityThing> Zones(CityModel city)
    {
        foreach (var district in city.Map.Districts)
        {
            var thing = new ThingDrawing(city, CityDatasets.DrinkingWater, Slug.Of(district.Name),
                $"Supply zone {district.Name}",
                "Supply zone of the drinking water network; the place is its area.",
                CityMap.ToWgs84(district.Shape, 5));
            var homes = city.Map.BuildingsByDistrict[district.Name].Where(building => building.Kind == "residential");
            var people = 100 * Math.Round(Math.Clamp(homes.Sum(building => building.Shape.Area) / 45, 600, 40_000) / 100);
            thing.With("inhabitants", people).With("pressureZone", people > 12_000 ? "low" : "high");
            var (seed, mean) = (thing.Seed, people * 0.0052);
            thing.Stream(ZoneMeter, Quantities.ZoneInflow, 10, Inflow)
                .Stream(ZoneMeter, Quantities.NetPressure, 10, (in Moment now) =>
                    5.3 - 0.75 * Inflow(now) / (mean * 1.7) + 0.04 * Hash.Normal(seed + 1, now.UnixSeconds))
                .Stream(LeakCheck, Quantities.LeakSuspected, 60, (in Moment now) => Leak(now) > 0.1 ? 1 : 0);
            yield return thing.Done();

            double Inflow(in Moment now)
            {
                var hot = 1 + Math.Max(0, now.CelsiusSlow - 18) * 0.03;
                return mean * (0.25 + 1.15 * WeekProfile.Homes.At(now)) * hot
                    * EnvironmentThings.Slow(seed, now, 5_000, 0.06)
                    + mean * Leak(now) + Hash.Normal(seed, now.UnixSeconds) * mean * 0.025;
            }

            // About once in three months a pipe breaks; it loses more each day until it is found within two to five days.
            double Leak(in Moment now)
            {
                var span = LocalTime.FloorDivide(now.UnixSeconds, 9 * 86_400);
                if (Hash.Unit(seed + 2, span) > 0.1) return 0;
                var days = (now.UnixSeconds - span * 9 * 86_400) / 86_400.0 - 1;
                return days > 0 && days < Hash.Between(seed + 3, span, 2, 5) ? 0.16 + 0.07 * days : 0;
            }
        }
    }
}
