using NetTopologySuite.Geometries;
using NetTopologySuite.Geometries.Prepared;
using NetTopologySuite.Operation.Overlay;
using NetTopologySuite.Operation.OverlayNG;

namespace Stoa.Host.SampleCity.Plan;

/// <summary>How a road is drawn and what may drive on it; the words of the map's property <c>kind</c>.</summary>
internal enum RoadKind
{
    Motorway,
    Primary,
    Secondary,
    Street,
    Path,
}

/// <summary>A named road along a line.</summary>
internal sealed record Road(string Name, RoadKind Kind, PlanPoint[] Line);

/// <summary>A named area of one kind, such as a park.</summary>
internal sealed record Area(string Name, string Kind, Geometry Shape);

/// <summary>A railway line.</summary>
internal sealed record Railway(string Name, string Kind, PlanPoint[] Line);

/// <summary>A railway station or stop.</summary>
internal sealed record Station(string Name, PlanPoint Place);

/// <summary>What stands on a piece of the city; decides how streets and buildings are laid out.</summary>
internal enum Quarter
{
    OldTown,
    Perimeter,
    Detached,
    Industrial,
    Village,
}

/// <summary>
/// The hand-drawn part of Marenbrück: what a river, eight centuries and a railway left behind. Streets, blocks and
/// houses grow on it (<see cref="StreetGrowth"/>). Metres around the market square; no real place is copied.
/// </summary>
internal sealed class CityPlan
{
    /// <summary>Name of the fictional city.</summary>
    public const string CityName = "Marenbrück";

    public CityPlan(ulong seed)
    {
        Seed = Hash.Seed(seed, "plan");
        Boundary = DrawBoundary();
        RiverLine = Curves.Through(
        [
            new(7600, 4300), new(6300, 3500), new(5150, 3560), new(4100, 2760), new(3300, 2250), new(2820, 1450),
            new(2050, 1120), new(1330, 760), new(860, 80), new(700, -520), new(120, -900), new(-640, -1020),
            new(-1260, -1500), new(-1700, -2150), new(-2150, -2620), new(-2700, -3050),
        ]);
        River = Curves.Band(RiverLine, along => 52 + 38 * along + 6 * Math.Sin(along * 40));
        Lake = Curves.Blob(Seed + 7, new(-3450, -3420), 1560, 900, 0.42, 0.24)
            .Difference(Curves.Blob(Seed + 8, new(-3700, -3500), 150, 95, 0.6));
        Outflow = Curves.Band(
            Curves.Through([new(-4300, -3900), new(-4950, -4120), new(-5500, -4750), new(-6400, -5000),
                new(-7300, -5600)]),
            _ => 78);
        Harbour = Curves.Rectangle(new(-1990, -1960), new(-0.8, 0.6), 620, 96)
            .Union(Curves.Rectangle(new(-2200, -2285), new(-0.8, 0.6), 640, 88));
        Water = Lake.Union(Outflow).Union(River).Union(Harbour);
        Brook = Curves.Through(
        [
            new(-4700, 3300), new(-3950, 2850), new(-3300, 2050), new(-3080, 1150), new(-3250, 350), new(-2980, -420),
            new(-3050, -1200), new(-2900, -1950), new(-3120, -2750),
        ]);
        Roads = DrawRoads();
        Railways = DrawRailways();
        Greens = DrawGreens();
        _industry =
        [
            new PreparedPolygon(Curves.Blob(Seed + 20, new(-2150, -1650), 720, 620, -0.6, 0.12)),
            new PreparedPolygon(Curves.Blob(Seed + 21, new(4150, 850), 1000, 620, 0.5, 0.12)),
            new PreparedPolygon(Curves.Blob(Seed + 22, new(-3500, 1500), 480, 330, 0.3, 0.12)),
        ];
    }

    private readonly PreparedPolygon[] _industry;

    public ulong Seed { get; }

    public Polygon Boundary { get; }

    public PlanPoint[] RiverLine { get; }

    public Geometry River { get; }

    public Geometry Lake { get; }

    public Geometry Outflow { get; }

    public Geometry Harbour { get; }

    /// <summary>River, lake and harbour in one.</summary>
    public Geometry Water { get; }

    public PlanPoint[] Brook { get; }

    public IReadOnlyList<Road> Roads { get; }

    public IReadOnlyList<Railway> Railways { get; }

    public IReadOnlyList<Area> Greens { get; }

    /// <summary>Stations along the railways; the first is the main station.</summary>
    public IReadOnlyList<Station> Stations { get; } =
    [
        new("Marenbrück Hauptbahnhof", new(-150, 1165)),
        new("Marenbrück West", new(-2650, 1560)),
        new("Auwiesen", new(2350, 1735)),
        new("Gewerbepark Ost", new(4280, 1180)),
        new("Hafen Güterbahnhof", new(-2320, -1330)),
    ];

    /// <summary>One place inside each district; a face of the main lines belongs to the nearest.</summary>
    public IReadOnlyList<(string Name, PlanPoint Place)> Districts { get; } =
    [
        ("Altstadt", new(0, 0)), ("Neustadt", new(250, 1600)), ("Ostend", new(1900, -250)),
        ("Südstadt", new(350, -1750)),
        ("Hafenviertel", new(-1500, -1150)), ("Westend", new(-1500, 700)), ("Lindenfeld", new(-2400, 3200)),
        ("Auwiesen", new(2000, 3100)), ("Gewerbepark Ost", new(4100, 600)), ("Kirchfeld", new(2300, -3000)),
        ("Seeufer", new(-3900, -1300)),
    ];

    /// <summary>Centres of the old villages that the city swallowed, with their radius in metres.</summary>
    public IReadOnlyList<(PlanPoint Place, double Radius)> Villages { get; } =
    [
        (new(-3700, 2750), 560), (new(3150, 3650), 520), (new(2900, -3050), 640), (new(-4350, -1950), 520),
        (new(500, 4050), 480), (new(-500, -3800), 520), (new(4700, -1200), 430),
    ];

    /// <summary>The place's quarter.</summary>
    public Quarter QuarterAt(PlanPoint place)
    {
        if (_industry.Any(area => area.Contains(place.ToPoint()))) return Quarter.Industrial;
        var fromMarket = place.Length * (1 + 0.12 * Hash.Noise(Seed + 30, place.X / 900, place.Y / 900));
        if (fromMarket < 690) return Quarter.OldTown;
        if (fromMarket < 1750) return Quarter.Perimeter;
        return CityEdge(place) < 1 ? Quarter.Detached : Quarter.Village;
    }

    /// <summary>Whether houses stand here: the grown city, its villages and its works.</summary>
    public bool IsBuiltUp(PlanPoint place) =>
        CityEdge(place) < 1
        || Villages.Any(village => village.Place.DistanceTo(place)
            < village.Radius * (1 + 0.5 * Hash.Noise(Seed + 31, place.X / 330, place.Y / 330)))
        || _industry.Any(area => area.Contains(place.ToPoint()));

    /// <summary>Below 1 inside the connected city; the edge is ragged and reaches out along the radial roads.</summary>
    private double CityEdge(PlanPoint place)
    {
        var angle = Math.Atan2(place.Y, place.X);
        var reach = 2820 + 420 * Math.Cos(4 * angle + 0.6)
            + 480 * Hash.Noise(Seed + 32, 4 + 1.7 * Math.Cos(angle), 4 + 1.7 * Math.Sin(angle))
            + 170 * Hash.Noise(Seed + 33, place.X / 420, place.Y / 420);
        return place.Length / reach;
    }

    private Polygon DrawBoundary()
    {
        var smooth = Curves.Through(
        [
            new(-5750, 1100), new(-5350, 2700), new(-4300, 3650), new(-2900, 4500), new(-1000, 4750), new(500, 5200),
            new(2300, 4800), new(3900, 4900), new(5300, 4150), new(5950, 2500), new(5600, 800), new(5950, -900),
            new(5150, -2300), new(4050, -3150), new(3100, -4250), new(1500, -4600), new(-300, -4750), new(-1700, -4450),
            new(-3300, -4700), new(-4800, -3850), new(-5300, -2300), new(-6050, -700),
        ], closed: true, stepMetres: 95);
        // Parish boundaries follow old fields: short straight pieces with small corners, not a smooth curve.
        return Curves.Area([.. smooth.Select((point, i) => point * 0.95 + new PlanPoint(
            75 * (Hash.Unit(Seed + 40, i / 2) - 0.5) * 2, 75 * (Hash.Unit(Seed + 41, i / 2) - 0.5) * 2))]);
    }

    private static Road[] DrawRoads()
    {
        return
        [
            Draw("Motorway 12", RoadKind.Motorway, (-3400, 6700), (-1500, 5750), (700, 4760), (2600, 4330),
                (4250, 3700),
                (5060, 2550), (5240, 1250), (5120, -150), (5350, -1700), (5050, -3300), (5500, -5200), (6600, -6900)),
            Loop("Wallring", RoadKind.Primary, (0, 660), (330, 620), (560, 400), (655, 90), (560, -330), (330, -600),
                (0, -700), (-330, -690), (-590, -480), (-700, -80), (-620, 320), (-330, 590)),
            Loop("Stadtring", RoadKind.Primary, (150, 2380), (1150, 2270), (1950, 1750), (2420, 900), (2480, -150),
                (2250, -1150), (1550, -2050), (450, -2420), (-600, -2330), (-1420, -1980), (-2020, -1350),
                (-2480, -480),
                (-2520, 500), (-2080, 1480), (-1080, 2130)),
            Draw("Nordstraße", RoadKind.Primary, (60, 655), (150, 1140), (100, 1700), (180, 2380), (420, 3100),
                (480, 4000), (250, 4950), (420, 6900)),
            Draw("Auenstraße", RoadKind.Primary, (430, 540), (780, 1080), (1280, 1640), (1640, 2030), (2250, 2900),
                (2900, 3550), (3350, 4130), (4100, 5100), (5100, 6600)),
            Draw("Ostbrücke", RoadKind.Primary, (645, 140), (880, 175), (1400, 90), (2000, 210), (2490, 60),
                (3300, 420),
                (4100, 480), (5190, 640), (6200, 350), (7600, 600)),
            Draw("Kirchfelder Straße", RoadKind.Primary, (470, -470), (720, -760), (1150, -1100), (1720, -1900),
                (2350, -2500), (2900, -3050), (3350, -3900), (3500, -4900), (4300, -6700)),
            Draw("Südallee", RoadKind.Primary, (40, -700), (130, -930), (70, -1500), (230, -2420), (80, -3100),
                (-380, -3780), (-450, -4700), (-900, -6700)),
            Draw("Seestraße", RoadKind.Primary, (-620, -430), (-1050, -720), (-1650, -900), (-2240, -960),
                (-3050, -1450),
                (-4250, -1900), (-5200, -2050), (-7200, -1800)),
            Draw("Westallee", RoadKind.Primary, (-690, 60), (-1350, 60), (-1900, 180), (-2540, 150), (-3500, 420),
                (-4600, 300), (-5700, 750), (-7300, 600)),
            Draw("Lindenstraße", RoadKind.Primary, (-470, 500), (-800, 950), (-1250, 1400), (-1700, 1800),
                (-2500, 2150),
                (-3450, 2700), (-4100, 3200), (-5300, 4500), (-6300, 5700)),
            Draw("Hafenstraße", RoadKind.Secondary, (-470, -600), (-900, -960), (-1230, -1220), (-1580, -1560),
                (-1900, -1640), (-2200, -1640), (-2620, -1850), (-3000, -2250), (-3500, -2180), (-4250, -1960)),
            Draw("Uferstraße", RoadKind.Secondary, (2490, 60), (2700, 820), (3050, 1380), (3700, 1900), (4400, 2300),
                (5060, 2480)),
            Draw("Weinbergweg", RoadKind.Secondary, (-2500, 620), (-3350, 1150), (-3650, 1900), (-3620, 2650)),
            Draw("Kreuzweg", RoadKind.Secondary, (2260, -1130), (3200, -1250), (4100, -1000), (4750, -1230),
                (5300, -1350)),
            Draw("Alte Heerstraße", RoadKind.Secondary, (-1080, 2130), (-900, 2900), (-250, 3600), (480, 4000),
                (1600, 3900), (2900, 3620)),
            Draw("Seeblick", RoadKind.Secondary, (-600, -2330), (-950, -3000), (-1500, -3600), (-1900, -4300),
                (-1800, -5200)),
            Draw("Kirchsteig", RoadKind.Secondary, (450, -2420), (1200, -2900), (2000, -3100), (2900, -3050),
                (3750, -2650), (4500, -1900), (4750, -1230)),
        ];

        static Road Draw(string name, RoadKind kind, params (double X, double Y)[] points) =>
            new(name, kind, Curves.Through([.. points.Select(p => new PlanPoint(p.X, p.Y))]));

        static Road Loop(string name, RoadKind kind, params (double X, double Y)[] points)
        {
            var line = Curves.Through([.. points.Select(p => new PlanPoint(p.X, p.Y))], closed: true);
            return new(name, kind, [.. line, line[0]]);
        }
    }

    private static Railway[] DrawRailways() =>
    [
        new("Marental Railway", "main", Curves.Through(
        [
            new(-7600, 2500), new(-5600, 2150), new(-4000, 1900), new(-2650, 1560), new(-1400, 1210), new(-150, 1165),
            new(1000, 1400), new(2350, 1735), new(3300, 1560), new(4280, 1180), new(5600, 1000), new(7600, 1500),
        ])),
        new("Harbour Railway", "branch", Curves.Through(
        [
            new(-3300, 1730), new(-2860, 1400), new(-2760, 700), new(-2720, -100), new(-2640, -780), new(-2320, -1330),
            new(-2400, -1560), new(-2420, -1800), new(-2240, -2020), new(-1960, -2230),
        ])),
    ];

    private Area[] DrawGreens()
    {
        var banks = Water.Buffer(8);
        var traffic = OverlayNGRobust.Union([
            .. Roads.Select(road => Curves.Line(road.Line).Buffer(road.Kind == RoadKind.Motorway ? 26 : 14)),
            .. Railways.Select(railway => Curves.Line(railway.Line).Buffer(16)),
        ]);
        var meadow = Curves.Line(RiverLine[..(RiverLine.Length * 5 / 16)]).Buffer(230);
        return
        [
            Green("Wallanlagen", "park", WallPark()),
            Green("Stadtpark", "park", Curves.Blob(Seed + 50, new(1420, -430), 400, 300, 0.9)),
            Green("Schlossgarten", "park", Curves.Blob(Seed + 51, new(-1230, 420), 270, 170, 0.2, 0.12)),
            Green("Volkspark Süd", "park", Curves.Blob(Seed + 52, new(-700, -1650), 330, 260, 0.4)),
            Green("Seepark", "park", Curves.Blob(Seed + 53, new(-2650, -2620), 560, 330, 0.55)),
            Green("Bürgerpark Nord", "park", Curves.Blob(Seed + 54, new(780, 1900), 250, 170, 0.7)),
            Green("Botanischer Garten", "park", Curves.Blob(Seed + 55, new(-620, 1620), 190, 140, 0.3, 0.12)),
            Green("Nordfriedhof", "cemetery", Curves.Blob(Seed + 56, new(-420, 2620), 300, 210, 0.2, 0.1)),
            Green("Ostfriedhof", "cemetery", Curves.Blob(Seed + 57, new(2900, -650), 240, 190, 0.5, 0.1)),
            Green("Sportpark Westend", "sports", Curves.Rectangle(new(-2010, 850), new(1, -0.12), 420, 260)),
            Green("Stadion an der Aue", "sports", Curves.Rectangle(new(2230, 1330), new(0.75, 0.66), 300, 210)),
            Green("Sportplatz Kirchfeld", "sports", Curves.Rectangle(new(2220, -2830), new(0.7, -0.7), 240, 160)),
            Green("Kleingärten Sonnenhang", "allotments",
                Curves.Blob(Seed + 58, new(-1720, 2480), 330, 190, 0.5, 0.12)),
            Green("Kleingärten Lerchenau", "allotments",
                Curves.Blob(Seed + 59, new(1150, -2650), 320, 180, -0.3, 0.12)),
            Green("Kleingärten am Bahndamm", "allotments", Curves.Blob(Seed + 60, new(1560, 1390), 250, 90, 0.25, 0.1)),
            Green("Stadtwald", "forest", Curves.Blob(Seed + 61, new(-4700, 1050), 900, 760, 0.3, 0.3)),
            Green("Lindenfelder Forst", "forest", Curves.Blob(Seed + 62, new(-2050, 3950), 1150, 560, 0.35, 0.3)),
            Green("Kirchfelder Holz", "forest", Curves.Blob(Seed + 63, new(1450, -3900), 780, 480, 0.2, 0.3)),
            Green("Ostwald", "forest", Curves.Blob(Seed + 64, new(4000, -2150), 760, 420, -0.6, 0.3)),
            Green("Hochholz", "forest", Curves.Blob(Seed + 65, new(1650, 4500), 700, 300, -0.25, 0.3)),
            Green("Seewald", "forest", Curves.Blob(Seed + 66, new(-4900, -3050), 520, 700, 0.3, 0.3)),
            Green("Auwiesen", "meadow", meadow),
            Green("Mareninsel", "park", Curves.Blob(Seed + 8, new(-3700, -3500), 150, 95, 0.6)),
        ];

        Area Green(string name, string kind, Geometry shape)
        {
            var free = OverlayNGRobust.Overlay(shape, traffic, SpatialFunction.Difference);
            if (name != "Mareninsel") free = OverlayNGRobust.Overlay(free, banks, SpatialFunction.Difference);
            return new(name, kind, Largest(OverlayNGRobust.Overlay(free, Boundary, SpatialFunction.Intersection),
                4000));
        }
    }

    /// <summary>The filled-in moat: a green belt outside the ring road on the side away from the river.</summary>
    private static Geometry WallPark() =>
        Curves.Line(Curves.Through(
        [
            new(560, 500), new(350, 725), new(0, 765), new(-390, 690), new(-720, 390), new(-810, -80), new(-690, -545),
        ])).Buffer(62);

    private static Geometry Largest(Geometry shape, double squareMetresMin)
    {
        var parts = Enumerable.Range(0, shape.NumGeometries).Select(shape.GetGeometryN).OfType<Polygon>()
            .Where(part => part.Area >= squareMetresMin).ToArray();
        return parts.Length == 1 ? parts[0] : Curves.Factory.CreateMultiPolygon(parts);
    }
}
