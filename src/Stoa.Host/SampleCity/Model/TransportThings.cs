using Stoa.Host.SampleCity.Plan;
using Stoa.Host.SampleCity.Signals;

namespace Stoa.Host.SampleCity.Model;

/// <summary>Roads, bicycles, car parks and buses.</summary>
internal static class TransportThings
{
    private static readonly Device RoadCounter = new("road-counter", "Road counter",
        "Video detector that counts and times vehicles on the device.", "text/plain",
            "TLS 2012; no picture is stored or sent.");

    private static readonly Device BicycleLoop = new("bicycle-loop", "Bicycle loop",
        "Induction loop in the cycle track.", "text/plain", "Counts aluminium and steel frames; about 5 % are missed.");

    private static readonly Device ParkingSystem = new("parking-system", "Car park system",
        "Barriers count cars in and out.", "text/plain", "DATEX II, level C.");

    private static readonly Device DoorSensor = new("door-sensor", "Door sensors and on-board computer",
        "Counts riders at the doors and compares departures with the timetable.", "text/plain", "VDV 457, VDV 454.");

    public static IEnumerable<CityThing> All(CityModel city, Places places) =>
        [.. Roads(city, places), .. Bicycles(city, places), .. Parking(city, places), .. Buses(city, places)];

    private static IEnumerable<CityThing> Roads(CityModel city, Places places)
    {
        var rings = places.OnRoads("traffic rings", 8, 900, (road, _) => road.Name is "Stadtring" or "Wallring");
        var radials = places.OnRoads("traffic radials", 14, 1100, (road, place) =>
            road.Kind == RoadKind.Primary && road.Name is not "Stadtring" and not "Wallring"
                && place.Length is > 900 and < 4600);
        var others = places.OnRoads("traffic others", 8, 1300, (road, place) => road.Kind == RoadKind.Secondary
            && place.Length < 4200);
        var number = 0;
        foreach (var (place, _, road) in rings.Concat(radials).Concat(others))
        {
            var isRing = number < rings.Count;
            number++;
            var thing = new ThingDrawing(city, CityDatasets.Traffic, $"section-{number:00}",
                $"{road.Name}, section {number:00}",
                "Counted road section; the place is its line.", CityMap.ToWgs84(Section(road, place), 5));
            var (seed, limit) = (thing.Seed, road.Kind == RoadKind.Primary ? 50.0 : 30.0);
            var capacity = Math.Round(
                road.Kind == RoadKind.Primary ? thing.Trait(1, 1_500, 2_600) : thing.Trait(1, 480, 950));
            thing.With("roadClass", CityMap.KindOf(road.Kind)).With("speedLimit", limit)
                .With("capacityPerHour", capacity);
            if (city.Map.DistrictAt(place) is { } district) thing.With("district", district);
            var minutes = isRing ? 1 : 5;
            thing.Stream(RoadCounter, Quantities.TrafficFlow, minutes, (in Moment now) =>
                    Flow(now) * (1 + Hash.Normal(seed, now.UnixSeconds) * (isRing ? 0.09 : 0.05)))
                .Stream(RoadCounter, Quantities.MeanSpeed, 5, Speed)
                .Stream(RoadCounter, Quantities.TrafficState, 15, (in Moment now) => (Flow(now) / capacity) switch
                {
                    > 0.92 => 3,
                    > 0.8 => 2,
                    > 0.58 => 1,
                    _ => 0,
                });
            yield return thing.Done();

            double Flow(in Moment now) =>
                capacity * 0.9 * WeekProfile.Traffic.At(now) * (1 + Math.Min(now.Rain, 3) * 0.03)
                * EnvironmentThings.Slow(seed, now, 3_400, 0.1) * EnvironmentThings.Slow(seed + 1, now, 200_000, 0.06);

            double Speed(in Moment now)
            {
                // The fuller the road, the slower; near its capacity it breaks down. Rain costs some more.
                var load = Flow(now) / capacity;
                var free = limit * 1.02 - 9 * load - Math.Min(now.Rain, 4) * 1.2;
                var jam = load > 0.85 ? (load - 0.85) * 130 : 0;
                return Math.Max(6, free - jam + Hash.Normal(seed + 2, now.UnixSeconds) * 1.6);
            }
        }
    }

    private static NetTopologySuite.Geometries.LineString Section(Road road, PlanPoint middle)
    {
        var at = Array.IndexOf(road.Line, middle);
        return Curves.Line(road.Line[Math.Max(0, at - 6)..Math.Min(road.Line.Length, at + 7)]);
    }

    private static IEnumerable<CityThing> Bicycles(CityModel city, Places places)
    {
        (string Name, PlanPoint Place)[] bridges =
        [
            ("Ostbrücke", new(880, 190)), ("Alte Brücke", new(130, -915)), ("Kirchfelder Brücke", new(640, -640)),
            ("Ringbrücke Süd", new(-1590, -1870)),
        ];
        var streets = places.OnRoads("bicycles", 10, 900, (road, place) =>
            road.Kind is RoadKind.Secondary or RoadKind.Primary && place.Length < 3000)
            .Select(found => (found.Road.Name, Place: found.Place + found.Along.Left * 7));
        var number = 0;
        foreach (var (name, place) in bridges.Concat(streets))
        {
            var isBridge = number < bridges.Length;
            number++;
            var thing = new ThingDrawing(city, CityDatasets.Bicycles, $"counter-{number:00}", $"Bicycle counter {name}",
                isBridge ? "Counts both directions on a bridge." : "Counts bicycles on a main cycle route.", place);
            var (seed, busy) = (thing.Seed, isBridge ? thing.Trait(1, 150, 240) : thing.Trait(1, 45, 130));
            var leisure = thing.Trait(2, 0.7, 1.3);
            thing.With("track", isBridge ? "both directions" : "one direction");
            thing.Stream(BicycleLoop, Quantities.Bicycles, 15, (in Moment now) => Riders(now, 0), coversInterval: true);
            if (isBridge)
            {
                thing.Stream(BicycleLoop, Quantities.Bicycles, 15, (in Moment now) => Riders(now, 1), true,
                    "into the city")
                    .Stream(BicycleLoop, Quantities.Bicycles, 15, (in Moment now) => Riders(now, 0) - Riders(now, 1),
                        true, "out of the city");
            }

            yield return thing.Done();

            double Riders(in Moment now, int direction)
            {
                // Few ride in rain or frost; a mild dry day doubles a cold one.
                var warm = Math.Clamp(0.42 + now.Celsius * 0.035, 0.22, 1.15);
                var dry = 1 / (1 + 1.6 * now.Rain + 0.25 * Math.Min(now.Wetness, 1.5));
                var mean = busy * WeekProfile.Bicycles.At(now) * warm * dry * (now.IsWeekend ? leisure : 1)
                    * EnvironmentThings.Slow(seed, now, 4_000, 0.12);
                var all = Math.Max(0, Math.Round(mean + Hash.Normal(seed, now.UnixSeconds) * Math.Sqrt(mean + 0.2)));
                if (direction == 0) return all;
                var isTide = !now.IsWeekend && now.Hour is > 3 and < 23;
                var inward = isTide ? 0.5 + 0.2 * Math.Sin((now.Hour - 13) * -Math.PI / 10) : 0.5;
                return Math.Round(all * Math.Clamp(inward, 0.2, 0.8));
            }
        }
    }

    private static IEnumerable<CityThing> Parking(CityModel city, Places places)
    {
        string[] names =
        [
            "Tiefgarage Markt", "Parkhaus Dom", "Parkhaus Wallring", "Parkhaus Hauptbahnhof", "Tiefgarage Rathaus",
            "Parkhaus Ostbrücke", "Parkhaus Gerberviertel", "Parkhaus Klinikum", "Parkhaus Universität", "P+R Stadion",
            "P+R Westallee", "P+R Südallee",
        ];
        var centre = places.AtBuildings("parking", 7, 230, (building, place) => building.Name is null
            && place.Length is > 130 and < 800);
        PlanPoint[] others = [new(930, 2640), new(-820, 1720), new(2320, 1270), new(-2620, 215), new(290, -2500)];
        PlanPoint[] spots = [.. centre.Take(3), new(-20, 1090), .. centre.Skip(3).Take(3), .. others];
        for (var i = 0; i < names.Length; i++)
        {
            var thing = new ThingDrawing(city, CityDatasets.Parking, Slug.Of(names[i]), names[i],
                i < 7 ? "Car park in the centre." : i < 9 ? "Car park for visitors and staff." : "Park and ride.",
                spots[i]);
            var (seed, spaces, use) = (thing.Seed, Math.Round(thing.Trait(1, 160, 720) / 10) * 10, i);
            thing.With("spaces", spaces).With("operator", "ParkWerk GmbH")
                .With("open", i < 7 ? "06:00-24:00" : "always");
            thing.Stream(ParkingSystem, Quantities.FreeSpaces, 5, (in Moment now) => spaces - Taken(now))
                .Stream(ParkingSystem, Quantities.Occupancy, 10, (in Moment now) => 100 * Taken(now) / spaces);
            yield return thing.Done();

            double Taken(in Moment now)
            {
                var busy = use < 7 ? WeekProfile.Centre.At(now) * 0.98
                    : use < 9 ? 0.1 + 0.84 * WeekProfile.Offices.At(now)
                    : 0.06 + 0.72 * WeekProfile.Offices.At(now) + 0.1 * WeekProfile.Centre.At(now);
                var rain = use < 7 ? 1 + Math.Min(now.Rain, 2) * 0.06 : 1;
                return Math.Clamp(Math.Round(spaces * busy * rain * EnvironmentThings.Slow(seed, now, 6_000, 0.08)
                    + Hash.Normal(seed, now.UnixSeconds / 120) * 2), 0, spaces);
            }
        }
    }

    private static IEnumerable<CityThing> Buses(CityModel city, Places places)
    {
        var stops = places.OnRoads("buses", 44, 560, (road, place) =>
            road.Kind is RoadKind.Primary or RoadKind.Secondary && place.Length < 4800
                && city.Map.Plan.IsBuiltUp(place));
        var used = new HashSet<string>();
        var number = 0;
        foreach (var (place, along, road) in stops)
        {
            number++;
            var crossing = Crossing(city, place, road, used);
            var thing = new ThingDrawing(city, CityDatasets.Buses, $"stop-{number:00}", $"Bus stop {crossing}",
                $"Bus stop on {road.Name}.", place + along.Left * 8);
            var (seed, slack) = (thing.Seed, thing.Trait(1, 0.6, 1.5));
            var lines = (int)thing.Trait(2, 1, 5);
            var numbers = Enumerable.Range(0, lines).Select(line => 1 + (int)(Hash.Unit(seed, line) * 18));
            thing.With("lines", numbers.Distinct().Order().ToArray())
                .With("hasShelter", thing.Trait(3, 0, 1) < 0.7);
            thing.Stream(DoorSensor, Quantities.Delay, 10, Late)
                .Stream(DoorSensor, Quantities.Crowding, 15, (in Moment now) =>
                    3.6 * WeekProfile.Riders.At(now) * EnvironmentThings.Slow(seed + 1, now, 2_000, 0.3)
                        * (1 + Math.Min(now.Rain, 2) * 0.1) - 0.2);
            yield return thing.Done();

            double Late(in Moment now) =>
                slack * (0.4 + 3.6 * Math.Pow(WeekProfile.Traffic.At(now), 2) + Math.Min(now.Rain, 4) * 0.4)
                * EnvironmentThings.Slow(seed, now, 2_700, 0.5) + Hash.Normal(seed, now.UnixSeconds) * 0.35 - 0.2;
        }
    }

    /// <summary>Stops are called after the nearest other street, once each.</summary>
    private static string Crossing(CityModel city, PlanPoint place, Road road, HashSet<string> used)
    {
        foreach (var other in city.Map.Roads
            .Where(other => other.Kind is RoadKind.Street or RoadKind.Secondary && other != road)
            .Select(other => (other.Name, Distance: other.Line.Min(point => point.DistanceTo(place))))
            .OrderBy(pair => pair.Distance))
        {
            if (used.Add(other.Name)) return other.Name;
        }

        return road.Name;
    }
}
