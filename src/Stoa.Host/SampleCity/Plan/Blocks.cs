using NetTopologySuite.Algorithm;
using NetTopologySuite.Geometries;
using NetTopologySuite.Geometries.Prepared;
using NetTopologySuite.Index.Strtree;
using NetTopologySuite.Operation.Overlay;
using NetTopologySuite.Operation.OverlayNG;
using NetTopologySuite.Operation.Polygonize;
using NetTopologySuite.Operation.Union;
using NetTopologySuite.Simplify;

namespace Stoa.Host.SampleCity.Plan;

/// <summary>A house, hall or public building.</summary>
internal sealed record Building(string? Name, string Kind, Polygon Shape)
{
    /// <summary>Where it stands: the middle of its box.</summary>
    public PlanPoint Place { get; } = Shape.EnvelopeInternal.Centre.ToPlan();
}

/// <summary>What lies between the lines: districts between the main ones, houses between all streets.</summary>
internal static class Blocks
{
    /// <summary>
    /// The districts: faces of river, ring and radial roads, each joined to the named place it lies nearest to.
    /// </summary>
    /// <remarks>
    /// They share their borders vertex by vertex, because they are unions of faces of one noded line work.
    /// </remarks>
    public static IReadOnlyList<Area> Districts(CityPlan plan)
    {
        var lines = new List<Geometry> { plan.Boundary.ExteriorRing };
        lines.AddRange(plan.Roads.Where(road => road.Kind == RoadKind.Primary).Select(road => Border(road.Line)));
        lines.Add(Border([.. plan.RiverLine, new(-3500, -3450), new(-4300, -3900), new(-4950, -4120),
            new(-6400, -5000)]));
        var inside = PreparedGeometryFactory.Prepare(plan.Boundary);
        var faces = Faces(lines).Where(face => inside.Contains(face.InteriorPoint)).ToArray();
        return
        [
            .. faces.GroupBy(face => Nearest(plan, face.InteriorPoint.Coordinate.ToPlan()))
                .OrderBy(group => group.Key)
                .Select(group => new Area(plan.Districts[group.Key].Name, "district",
                    UnaryUnionOp.Union(group.ToArray()))),
        ];

        static Geometry Border(PlanPoint[] line) => Curves.Simplified(Curves.Line(line), 3);
    }

    private static int Nearest(CityPlan plan, PlanPoint place) =>
        Enumerable.Range(0, plan.Districts.Count).MinBy(i => plan.Districts[i].Place.DistanceTo(place));

    /// <summary>
    /// Houses along the streets, in the manner of their quarter; none overlaps another, a street or water.
    /// </summary>
    public static List<Building> Buildings(CityPlan plan, IReadOnlyList<Road> streets)
    {
        var seed = Hash.Seed(plan.Seed, "buildings");
        var landmarks = Landmarks();
        var landmarkArea = PreparedGeometryFactory.Prepare(UnaryUnionOp.Union(
            landmarks.Select(building => (Geometry)building.Shape.Buffer(9)).ToArray()));
        var lines = streets.Where(road => road.Kind != RoadKind.Path)
            .Select(road => (Geometry)Curves.Line(road.Line)).ToList();
        var buildings = new List<Building>(landmarks);
        var (faces, deadEnds) = Polygonized(lines);
        var taken = Taken(plan, deadEnds);
        taken.Build();
        // Blocks know nothing of each other, so they are built on all cores; the order stays.
        buildings.AddRange(faces.AsParallel().AsOrdered().SelectMany(face =>
            Face(plan, seed, face, taken, landmarkArea)));
        return buildings;
    }

    private static List<Building> Face(
        CityPlan plan, ulong seed, Polygon face, STRtree<Geometry> taken, IPreparedGeometry landmarks)
    {
        var buildings = new List<Building>();
        if (face.Area is < 350 or > 900_000) return buildings;
        var quarter = plan.QuarterAt(face.Centroid.Coordinate.ToPlan());
        var land = Free(face, taken).Buffer(quarter == Quarter.OldTown ? -4.5 : -8, 2);
        for (var i = 0; i < land.NumGeometries; i++)
        {
            if (land.GetGeometryN(i) is Polygon { IsEmpty: false } block && block.Area > 180)
                Build(plan, seed, block, quarter, landmarks, buildings);
        }

        return buildings;
    }

    /// <summary>
    /// Where no house may stand, in small pieces found by place: a block meets only the few around it.
    /// </summary>
    private static STRtree<Geometry> Taken(CityPlan plan, IEnumerable<Geometry> deadEnds)
    {
        var tree = new STRtree<Geometry>();
        foreach (var green in plan.Greens.Where(green => green.Kind != "meadow")) Add(green.Shape.Buffer(3, 2));
        Add(plan.Lake.Buffer(16, 2));
        Add(plan.Harbour.Buffer(16, 2));
        Add(new PlanPoint(0, 0).ToPoint().Buffer(46));
        Add(new PlanPoint(-150, 1110).ToPoint().Buffer(42));
        AddAlong(plan.Brook, 12);
        AddAlong(plan.RiverLine, 62);
        foreach (var railway in plan.Railways) AddAlong(railway.Line, 24);
        foreach (var road in plan.Roads) AddAlong(road.Line, road.Kind == RoadKind.Motorway ? 70 : 12);
        foreach (var deadEnd in deadEnds) Add(deadEnd.Buffer(7, 2));
        return tree;

        void Add(Geometry shape) => tree.Insert(shape.EnvelopeInternal, shape);

        void AddAlong(PlanPoint[] line, double metres)
        {
            const int Piece = 8;
            for (var from = 0; from < line.Length - 1; from += Piece)
                Add(Curves.Line(line[from..Math.Min(from + Piece + 1, line.Length)]).Buffer(metres, 2));
        }
    }

    private static Geometry Free(Polygon face, STRtree<Geometry> taken)
    {
        var prepared = PreparedGeometryFactory.Prepare(face);
        Geometry free = face;
        foreach (var piece in taken.Query(face.EnvelopeInternal).Where(prepared.Intersects))
            free = OverlayNGRobust.Overlay(free, piece, SpatialFunction.Difference);
        return free;
    }

    private static IEnumerable<Polygon> Faces(IEnumerable<Geometry> lines) => Polygonized(lines).Faces;

    private static (IEnumerable<Polygon> Faces, IEnumerable<Geometry> DeadEnds) Polygonized(IEnumerable<Geometry> lines)
    {
        // A tenth of a metre: junctions computed in floating point must still close the faces around them.
        var noded = UnaryUnionNG.Union(lines.ToArray(), Curves.Factory, new PrecisionModel(10));
        var polygonizer = new Polygonizer();
        polygonizer.Add(noded);
        return (polygonizer.GetPolygons().Cast<Polygon>(), polygonizer.GetDangles());
    }

    private static void Build(
        CityPlan plan, ulong seed, Polygon block, Quarter quarter, IPreparedGeometry landmarks,
        List<Building> buildings)
    {
        var lot = Lot.For(quarter);
        if (quarter is Quarter.OldTown or Quarter.Perimeter && !landmarks.Intersects(block)
            && Hash.Unit(seed + 4, (long)block.Centroid.X, (long)block.Centroid.Y) < lot.ClosedShare)
        {
            BuildClosed(plan, block, lot, buildings);
            return;
        }

        var inside = PreparedGeometryFactory.Prepare(block);
        var placed = new List<Outline>();
        var ring = DouglasPeuckerSimplifier.Simplify(block.ExteriorRing, 2).Coordinates;
        if (ring.Length < 4) return;
        var inward = Orientation.IsCCW(ring); // then the block lies to the left of each edge
        var serial = (long)(block.Centroid.X * 13) ^ (long)(block.Centroid.Y * 7919);
        for (var i = 1; i < ring.Length; i++)
        {
            var (from, to) = inward
                ? (ring[i - 1].ToPlan(), ring[i].ToPlan())
                : (ring[i].ToPlan(), ring[i - 1].ToPlan());
            var (along, length) = ((to - from).Unit, from.DistanceTo(to));
            for (var at = lot.CornerMetres; at < length - lot.WidthMin / 2;)
            {
                serial++;
                var left = length - at - lot.CornerMetres;
                var width = Math.Min(Hash.Between(seed, serial, lot.WidthMin, lot.WidthMax), left);
                var depth = Hash.Between(seed + 1, serial, lot.DepthMin, lot.DepthMax);
                var gap = Hash.Between(seed + 2, serial, lot.GapMin, lot.GapMax);
                var centre = from + along * (at + width / 2) + along.Left * (lot.SetBackMetres + depth / 2);
                at += Math.Max(width, 4) + gap;
                if (width < lot.WidthMin * 0.5 || Hash.Unit(seed + 3, serial) < lot.EmptyShare) continue;
                var shape = Curves.Rectangle(centre, along, width, depth);
                if (!inside.Covers(shape) || landmarks.Intersects(shape) || !plan.IsBuiltUp(centre)) continue;
                // Walls never touch: houses of a district form one MultiPolygon, which allows no shared edge.
                var outline = new Outline(centre, along, width / 2 + 0.3, depth / 2 + 0.3);
                if (placed.Any(outline.Overlaps)) continue;
                placed.Add(outline);
                buildings.Add(new(null, lot.Kind, shape));
            }
        }
    }

    /// <summary>A block built up all around, with courtyards inside.</summary>
    private static void BuildClosed(CityPlan plan, Polygon block, Lot lot, List<Building> buildings)
    {
        var courtyards = block.Buffer(-lot.DepthMax, 1);
        var shape = courtyards.Area < 120 ? block : block.Difference(courtyards);
        for (var i = 0; i < shape.NumGeometries; i++)
        {
            if (DouglasPeuckerSimplifier.Simplify(shape.GetGeometryN(i), 0.8) is Polygon { IsEmpty: false } part
                && part.Area > 60
                && plan.IsBuiltUp(part.InteriorPoint.Coordinate.ToPlan())) buildings.Add(new(null, lot.Kind, part));
        }
    }

    private static Building[] Landmarks() =>
    [
        new("Mariendom", "church", Cross(new(70, 42), 0.35, 74, 22)),
        new("Rathaus", "public", Curves.Rectangle(new(-72, -18), new(0.2, 1), 58, 24)),
        new("Hauptbahnhof", "station", Curves.Rectangle(new(-150, 1132), new(1, 0.02), 150, 26)),
        new("Johanneskirche", "church", Cross(new(1370, 250), -0.4, 46, 15)),
        new("Lutherkirche", "church", Cross(new(-1350, 880), 0.9, 44, 15)),
        new("Christuskirche", "church", Cross(new(310, -1500), 1.2, 44, 15)),
        new("Klinikum Marenbrück", "public", Cross(new(960, 2700), 0.75, 210, 34)),
        new("Universität Marenbrück", "public", Cross(new(-880, 1790), 0.2, 150, 30)),
        new("Heizkraftwerk Hafen", "industrial", Curves.Rectangle(new(-1780, -1430), new(-0.8, 0.6), 130, 62)),
        new("Kläranlage", "industrial", Curves.Rectangle(new(-3350, -1780), new(0.9, 0.35), 120, 70)),
        new("Müllheizkraftwerk", "industrial", Curves.Rectangle(new(4450, 760), new(0.9, 0.4), 170, 78)),
    ];

    private static Polygon Cross(PlanPoint centre, double turn, double length, double width)
    {
        PlanPoint along = new(Math.Cos(turn), Math.Sin(turn));
        var nave = Curves.Rectangle(centre, along, length, width);
        var transept = Curves.Rectangle(centre + along * (length * 0.14), along.Left, length * 0.6, width);
        return (Polygon)nave.Union(transept);
    }

    /// <summary>A rectangle for quick tests: two are apart when an axis of either separates them.</summary>
    private readonly record struct Outline(PlanPoint Centre, PlanPoint Along, double HalfLength, double HalfWidth)
    {
        public bool Overlaps(Outline other) =>
            !IsSeparated(Along, other) && !IsSeparated(Along.Left, other)
            && !IsSeparated(other.Along, other) && !IsSeparated(other.Along.Left, other);

        private bool IsSeparated(PlanPoint axis, Outline other) =>
            Math.Abs((other.Centre - Centre).Dot(axis)) > ReachAlong(axis) + other.ReachAlong(axis);

        private double ReachAlong(PlanPoint axis) =>
            HalfLength * Math.Abs(Along.Dot(axis)) + HalfWidth * Math.Abs(Along.Left.Dot(axis));
    }

    private sealed record Lot(
        string Kind, double WidthMin, double WidthMax, double DepthMin, double DepthMax, double GapMin, double GapMax,
        double SetBackMetres, double CornerMetres, double EmptyShare, double ClosedShare)
    {
        public static Lot For(Quarter quarter) => quarter switch
        {
            Quarter.OldTown => new("residential", 15, 40, 9, 14, 0.6, 2, 0.8, 0, 0.02, 0.9),
            Quarter.Perimeter => new("residential", 26, 62, 11, 14, 0.6, 7, 1, 0, 0.05, 0.45),
            Quarter.Detached => new("residential", 17, 30, 9.5, 12, 14, 30, 5, 5, 0.1, 0),
            Quarter.Industrial => new("industrial", 45, 100, 28, 60, 14, 34, 8, 8, 0.12, 0),
            Quarter.Village => new("residential", 12, 22, 9, 12, 12, 30, 4, 4, 0.15, 0),
            _ => throw new ArgumentOutOfRangeException(nameof(quarter), quarter, "Unknown quarter."),
        };
    }
}
