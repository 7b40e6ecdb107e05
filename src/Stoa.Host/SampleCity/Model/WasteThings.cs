using Stoa.Host.SampleCity.Plan;
using Stoa.Host.SampleCity.Signals;

namespace Stoa.Host.SampleCity.Model;

/// <summary>Containers that fill and are emptied, and the yards.</summary>
internal static class WasteThings
{
    private static readonly Device FillSensor = new("fill-sensor", "Fill level sensor FS-1",
        "Ultrasonic distance meter in the lid, LoRaWAN, battery for seven years.", "text/plain", "Accuracy 3 %.");

    private static readonly Device GateCounter = new("gate-counter", "Gate counter",
        "Counts cars at the gate and estimates the wait.", "text/plain", "Estimate from the last twenty cars.");

    private static readonly (string Kind, double HoursToFill)[] Fractions =
        [("glass", 190), ("paper", 84), ("litter", 40)];

    public static IEnumerable<CityThing> All(CityModel city, Places places) =>
        [.. Containers(city, places), .. Yards(city)];

    private static IEnumerable<CityThing> Containers(CityModel city, Places places)
    {
        var number = 0;
        foreach (var (place, along, road) in places.OnRoads("waste", 44, 480, (road, place) =>
            road.Kind == RoadKind.Street && place.Length < 3600))
        {
            var (kind, hours) = Fractions[number % Fractions.Length];
            number++;
            var thing = new ThingDrawing(city, CityDatasets.Waste, $"container-{number:00}",
                $"{Capital(kind)} container {road.Name}",
                kind == "litter" ? "Public litter bin." : $"Public container for {kind}.", place + along.Left * 6);
            var (seed, full) = (thing.Seed, hours * thing.Trait(1, 0.75, 1.5));
            var (round, hourOfRound) = (Math.Max(1, Math.Round(full / 24 * 0.86)), thing.Trait(2, 6, 11));
            thing.With("fraction", kind).With("litres", kind == "litter" ? 120 : 3_200).With("emptiedEveryDays", round);
            thing.Stream(FillSensor, Quantities.FillLevel, 60, (in Moment now) =>
            {
                // Since the last round the level only grows, faster on busy and dry days.
                var days = now.Day + now.Hour / 24 - hourOfRound / 24 + Hash.Between(seed, 0, 0, round);
                var since = days - Math.Floor(days / round) * round;
                var serial = (long)Math.Floor(days / round);
                var speed = Hash.Between(seed + 1, serial, 0.75, 1.2);
                var noise = Hash.Normal(seed + 2, now.UnixSeconds) * 0.6;
                return Math.Clamp(100 * since * 24 / full * speed + 2 + noise, 0, 100);
            });
            yield return thing.Done();
        }
    }

    private static IEnumerable<CityThing> Yards(CityModel city)
    {
        (string Name, PlanPoint Place)[] yards =
        [
            ("Hafen", new(-2480, -1480)), ("Gewerbepark Ost", new(4300, 640)), ("Lindenfeld", new(-3300, 1640)),
            ("Kirchfeld", new(2550, -2450)),
        ];
        foreach (var (name, place) in yards)
        {
            var thing = new ThingDrawing(city, CityDatasets.Waste, "yard-" + Slug.Of(name), $"Recycling yard {name}",
                "Takes what is too large or too precious for the bin.", place)
                .With("open", "Mo-Fr 09:00-18:00, Sa 08:00-16:00");
            var seed = thing.Seed;
            thing.Stream(GateCounter, Quantities.IsOpen, 15, IsOpen)
                .Stream(GateCounter, Quantities.WaitingTime, 15, (in Moment now) => IsOpen(now) < 0.5 ? 0 :
                    Math.Max(0, (now.WeekHour > 120 ? 17 : 6) * Math.Sin((now.Hour - 7) / 11 * Math.PI) / (1 + now.Rain)
                        * EnvironmentThings.Slow(seed, now, 2_500, 0.5)));
            yield return thing.Done();
        }

        static double IsOpen(in Moment now) =>
            now.WeekHour switch
            {
                < 120 => now.Hour is >= 9 and < 18 ? 1 : 0,
                < 144 => now.Hour is >= 8 and < 16 ? 1 : 0,
                _ => 0,
            };
    }

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
