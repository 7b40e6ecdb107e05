using Stoa.Host.SampleCity.Plan;
using Stoa.Host.SampleCity.Signals;

namespace Stoa.Host.SampleCity.Model;

/// <summary>The free city network.</summary>
internal static class IctThings
{
    private static readonly Device AccessPoint = new("access-point", "Outdoor access point",
        "Wi-Fi 6 access point; the controller counts devices every ten minutes.", "text/plain", "IEEE 802.11ax.");

    public static IEnumerable<CityThing> All(CityModel city, Places places)
    {
        var old = places.OnRoads("wifi old town", 11, 150, (road, place) => road.Kind != RoadKind.Path
            && place.Length < 640)
            .Select(found => (found.Road.Name, found.Place, Use: WeekProfile.Centre));
        var outer = places.OnRoads("wifi outer", 8, 700, (road, place) =>
            road.Kind is RoadKind.Secondary or RoadKind.Primary && place.Length is > 800 and < 3000)
            .Select(found => (found.Road.Name, found.Place, Use: WeekProfile.Riders));
        (string Name, PlanPoint Place, WeekProfile Use)[] fixedPlaces =
        [
            ("Marktplatz", new(20, -32), WeekProfile.Centre), ("Hauptbahnhof", new(-190, 1100), WeekProfile.Riders),
            ("Universität", new(-840, 1760), WeekProfile.Offices), ("Stadtpark", new(1400, -400), WeekProfile.Bicycles),
            ("Seepark", new(-2600, -2600), WeekProfile.Bicycles),
        ];
        var number = 0;
        foreach (var (name, place, use) in fixedPlaces.Concat(old).Concat(outer))
        {
            number++;
            var thing = new ThingDrawing(city, CityDatasets.Wifi, $"ap-{number:00}", $"Wi-Fi {name}",
                "Access point of the free city network.", place).With("network", "Marenbrück frei");
            var (seed, many) = (thing.Seed, thing.Trait(1, 24, 70) * (number <= 3 ? 2.6 : 1));
            var isPark = use == WeekProfile.Bicycles;
            thing.Stream(AccessPoint, Quantities.Clients, 10, (in Moment now) => Clients(now))
                .Stream(AccessPoint, Quantities.Throughput, 10, (in Moment now) =>
                    Math.Max(0, Clients(now) * 0.34 * EnvironmentThings.Slow(seed + 1, now, 1_500, 0.4)
                        + Hash.Normal(seed + 1, now.UnixSeconds) * 0.4));
            yield return thing.Done();

            double Clients(in Moment now)
            {
                var weather = isPark ? Math.Clamp(now.Celsius / 14, 0.15, 1.3) / (1 + 3 * now.Rain) : 1;
                return Math.Max(0, Math.Round(many * use.At(now) * weather
                    * EnvironmentThings.Slow(seed, now, 3_000, 0.2)
                    + Hash.Normal(seed, now.UnixSeconds) * 1.2));
            }
        }
    }
}
