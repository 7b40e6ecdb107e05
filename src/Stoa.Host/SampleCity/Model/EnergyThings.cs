using Stoa.Host.SampleCity.Plan;
using Stoa.Host.SampleCity.Signals;

namespace Stoa.Host.SampleCity.Model;

/// <summary>Heat, sun, light and charging.</summary>
internal static class EnergyThings
{
    private static readonly Device HeatMeter = new("heat-meter", "Heat meter HM-3",
        "Ultrasonic flow meter with a pair of thermometers.", "text/plain", "EN 1434 class 2; M-Bus.");

    private static readonly Device Inverter = new("inverter", "Solar inverter",
        "String inverter with its own feed-in meter.", "text/plain", "SunSpec Modbus, model 103.");

    private static readonly Device LightController = new("light-controller", "Light controller LC-2",
        "Switches and meters the lamps of a cabinet; follows a twilight switch.", "text/plain",
            "DALI over power line.");

    private static readonly Device ChargePoint = new("charge-point", "Charging station backend",
        "Counts running sessions and adds the meters of the points.", "text/plain", "OCPP 2.0.1.");

    public static IEnumerable<CityThing> All(CityModel city, Places places) =>
        [.. Heating(city, places), .. Solar(city, places), .. Lighting(city, places), .. Charging(city, places)];

    private static IEnumerable<CityThing> Heating(CityModel city, Places places)
    {
        var buildings = places.AtBuildings("heating", 16, 520, (building, place) =>
            building.Name is null && place.Length is > 250 and < 2300
                && city.Map.Plan.QuarterAt(place) != Quarter.Industrial);
        var number = 0;
        foreach (var place in buildings)
        {
            number++;
            var thing = new ThingDrawing(city, CityDatasets.Heating, $"substation-{number:00}",
                $"Substation {number:00} {city.Map.DistrictAt(place)}",
                "Hands heat from the main network to a quarter.", place);
            var (seed, size) = (thing.Seed, Math.Round(thing.Trait(1, 350, 1_900) / 50) * 50);
            var isOffice = thing.Trait(2, 0, 1) < 0.3;
            thing.With("kilowattsInstalled", size).With("use", isOffice ? "offices and schools" : "housing");
            thing.Stream(HeatMeter, Quantities.HeatPower, 10, Power)
                .Stream(HeatMeter, Quantities.SupplyTemperature, 10, Supply)
                .Stream(HeatMeter, Quantities.ReturnTemperature, 10, (in Moment now) =>
                    44 + 9 * (1 - Math.Min(1, Power(now) / (size * 0.7))) + 0.08 * (Supply(now) - 80)
                    + Hash.Normal(seed + 2, now.UnixSeconds) * 0.5);
            yield return thing.Done();

            double Power(in Moment now)
            {
                // Houses answer to the slow temperature more than to the hour: walls hold heat.
                var cold = Math.Max(0, 17.5 - (0.65 * now.CelsiusSlow + 0.35 * now.Celsius)) / 30;
                var rhythm = isOffice
                    ? 0.45 + 0.75 * WeekProfile.Offices.At(now)
                    : 0.62 + 0.5 * WeekProfile.Homes.At(now);
                var wind = 1 + Math.Max(0, now.Wind - 4) * 0.03;
                return size * (0.05 * (0.3 + WeekProfile.Homes.At(now)) + cold * rhythm * wind)
                    * EnvironmentThings.Slow(seed, now, 8_000, 0.05)
                    + Hash.Normal(seed, now.UnixSeconds) * size * 0.008;
            }

            double Supply(in Moment now) =>
                Math.Clamp(104 - 1.35 * now.CelsiusSlow, 76, 122)
                + 1.2 * Hash.Noise(seed + 1, now.UnixSeconds / 6_000.0)
                + Hash.Normal(seed + 1, now.UnixSeconds) * 0.25;
        }
    }

    private static IEnumerable<CityThing> Solar(CityModel city, Places places)
    {
        string[] uses = ["School", "Depot", "Sports hall", "Library", "Workshop", "Fire station", "Swimming pool",
            "Warehouse"];
        var roofs = places.AtBuildings("solar", 24, 430, (building, _) => building.Name is null
            && building.Shape.Area > 250);
        var number = 0;
        foreach (var place in roofs)
        {
            number++;
            var use = uses[number % uses.Length];
            var thing = new ThingDrawing(city, CityDatasets.Solar, $"solar-{number:00}",
                $"{use} {city.Map.DistrictAt(place)}: solar plant {number:00}", "Solar plant on a public roof.", place);
            var (seed, peak, east) = (thing.Seed, Math.Round(thing.Trait(1, 18, 160)), thing.Trait(2, -1.4, 1.4));
            thing.With("kilowattsPeak", peak).With("facing", east > 0.6 ? "east" : east < -0.6 ? "west" : "south");
            thing.Stream(Inverter, Quantities.SolarPower, 10, Power)
                .Stream(Inverter, Quantities.InverterState, 15, (in Moment now) =>
                    now.SunDegrees < -1 ? 0 : Power(now) < peak * 0.01 ? 1 : Power(now) > peak * 0.72 ? 3 : 2);
            yield return thing.Done();

            double Power(in Moment now)
            {
                if (now.Radiation <= 0) return 0;
                // A roof to the east has its noon earlier; broken clouds make the power jump.
                var facing = 1 + 0.22 * east * Math.Sin((12.9 - now.Hour) * Math.PI / 12);
                var broken = now.Cloud is > 0.25 and < 0.85 ? 0.3 * Hash.Noise(seed, now.UnixSeconds / 700.0) : 0;
                var cell = 1 - 0.004 * (now.Celsius + now.Radiation * 0.028 - 25);
                return Math.Clamp(peak * now.Radiation / 1000 * facing * (1 + broken) * cell, 0, peak * 0.92);
            }
        }
    }

    private static IEnumerable<CityThing> Lighting(CityModel city, Places places)
    {
        var number = 0;
        foreach (var (place, _, road) in places.OnRoads("lighting", 24, 640, (road, place) =>
            road.Kind is RoadKind.Street or RoadKind.Secondary && place.Length < 3200))
        {
            number++;
            var thing = new ThingDrawing(city, CityDatasets.Lighting, $"cabinet-{number:00}",
                $"Lighting cabinet {road.Name}",
                "Feeds and switches the street lamps around it.", place);
            var (seed, lamps) = (thing.Seed, Math.Round(thing.Trait(1, 24, 96)));
            thing.With("lamps", lamps).With("lampType", "LED 38 W");
            var switching = thing.Trait(2, -4.6, -2.4);
            thing.Stream(LightController, Quantities.LampsOn, 15, IsOn)
                .Stream(LightController, Quantities.LightingPower, 15, (in Moment now) =>
                    IsOn(now) * lamps * 0.038 * (now.Hour is >= 23 or < 5 ? 0.52 : 1)
                        * (1 + Hash.Normal(seed, now.UnixSeconds) * 0.006)
                    + 0.02);
            yield return thing.Done();

            // Dark clouds switch the lamps on a little earlier.
            double IsOn(in Moment now) => now.SunDegrees < switching + 1.6 * (now.Cloud - 0.5) ? 1 : 0;
        }
    }

    private static IEnumerable<CityThing> Charging(CityModel city, Places places)
    {
        var number = 0;
        foreach (var (place, along, road) in places.OnRoads("charging", 22, 560, (road, place) =>
            road.Kind is RoadKind.Street or RoadKind.Secondary or RoadKind.Primary && place.Length is > 120 and < 3500))
        {
            number++;
            var thing = new ThingDrawing(city, CityDatasets.Charging, $"station-{number:00}",
                $"Charging station {road.Name}",
                "Public charging station for electric cars.", place + along.Left * 9);
            var isFast = thing.Trait(1, 0, 1) < 0.25;
            var (seed, plugs, kilowatts) =
                (thing.Seed, isFast ? 4.0 : 2 * Math.Round(thing.Trait(2, 1, 4)), isFast ? 150 : 22);
            thing.With("plugs", plugs).With("kilowattMax", kilowatts).With("operator", "Stadtwerke Marenbrück");
            thing.Stream(ChargePoint, Quantities.PointsInUse, 10, InUse)
                .Stream(ChargePoint, Quantities.ChargingPower, 10, (in Moment now) =>
                    Math.Round(InUse(now)) * kilowatts * (isFast ? 0.52 : 0.46)
                        * EnvironmentThings.Slow(seed + 1, now, 2_600, 0.3));
            yield return thing.Done();

            // Sessions last: the number of cars follows the profile in steps, not from reading to reading.
            double InUse(in Moment now) => Math.Clamp(
                plugs * (WeekProfile.Charging.At(now) * 0.85 - 0.05
                    + 0.5 * Hash.Noise(seed, now.UnixSeconds / (isFast ? 2_400.0 : 6_500.0))),
                0, plugs);
        }
    }
}
