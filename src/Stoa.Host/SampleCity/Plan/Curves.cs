using NetTopologySuite.Geometries;
using NetTopologySuite.Simplify;

namespace Stoa.Host.SampleCity.Plan;

/// <summary>Lines and areas as a draughtsman makes them: smooth through a few given points.</summary>
internal static class Curves
{
    public static readonly GeometryFactory Factory = new(new PrecisionModel(), 4326);

    /// <summary>
    /// A curve through all points (centripetal enough at even spacing: Catmull-Rom), a vertex each step.
    /// </summary>
    public static PlanPoint[] Through(IReadOnlyList<PlanPoint> points, bool closed = false, double stepMetres = 25)
    {
        var curve = new List<PlanPoint>();
        var spans = closed ? points.Count : points.Count - 1;
        for (var i = 0; i < spans; i++)
        {
            var (before, from, to, after) = (At(i - 1), At(i), At(i + 1), At(i + 2));
            var steps = Math.Max(2, (int)(from.DistanceTo(to) / stepMetres));
            for (var step = 0; step < steps; step++) curve.Add(Blend(before, from, to, after, step / (double)steps));
        }

        if (!closed) curve.Add(points[^1]);
        return [.. curve];

        PlanPoint At(int index) => closed
            ? points[(index + points.Count) % points.Count]
            : points[Math.Clamp(index, 0, points.Count - 1)];
    }

    private static PlanPoint Blend(PlanPoint a, PlanPoint b, PlanPoint c, PlanPoint d, double t)
    {
        var (square, cube) = (t * t, t * t * t);
        return (b * 2 + (c - a) * t + (a * 2 - b * 5 + c * 4 - d) * square + (b * 3 - a - c * 3 + d) * cube) * 0.5;
    }

    /// <summary>
    /// An irregular round area: an ellipse whose radius varies smoothly by <paramref name="roughness"/>.
    /// </summary>
    public static Polygon Blob(
        ulong seed, PlanPoint centre, double radiusX, double radiusY, double turn = 0, double roughness = 0.18)
    {
        const int Vertices = 160;
        var ring = new PlanPoint[Vertices];
        for (var i = 0; i < Vertices; i++)
        {
            var angle = i * 2 * Math.PI / Vertices;
            var wobble = Hash.Noise(seed, 3 + 2 * Math.Cos(angle), 3 + 2 * Math.Sin(angle)) * roughness
                + Hash.Noise(seed + 1, 9 + 5 * Math.Cos(angle), 9 + 5 * Math.Sin(angle)) * roughness * 0.35;
            var (x, y) = (radiusX * (1 + wobble) * Math.Cos(angle), radiusY * (1 + wobble) * Math.Sin(angle));
            var (cosine, sine) = (Math.Cos(turn), Math.Sin(turn));
            ring[i] = centre + new PlanPoint(x * cosine - y * sine, x * sine + y * cosine);
        }

        return Area(ring);
    }

    /// <summary>A rectangle around <paramref name="centre"/>, its length along <paramref name="along"/>.</summary>
    public static Polygon Rectangle(PlanPoint centre, PlanPoint along, double length, double width)
    {
        var (half, side) = (along.Unit * (length / 2), along.Unit.Left * (width / 2));
        return Area([centre - half - side, centre + half - side, centre + half + side, centre - half + side]);
    }

    /// <summary>A band around a line whose width changes along it.</summary>
    public static Geometry Band(IReadOnlyList<PlanPoint> line, Func<double, double> widthAt)
    {
        var (left, right) = (new List<PlanPoint>(), new List<PlanPoint>());
        for (var i = 0; i < line.Count; i++)
        {
            var along = (line[Math.Min(i + 1, line.Count - 1)] - line[Math.Max(i - 1, 0)]).Unit;
            var half = widthAt(i / (double)(line.Count - 1)) / 2;
            left.Add(line[i] + along.Left * half);
            right.Add(line[i] - along.Left * half);
        }

        right.Reverse();
        return Area([.. left, .. right]).Buffer(0);
    }

    public static Polygon Area(IReadOnlyList<PlanPoint> ring) =>
        Factory.CreatePolygon([.. ring.Append(ring[0]).Select(ToCoordinate)]);

    public static LineString Line(IEnumerable<PlanPoint> points) =>
        Factory.CreateLineString([.. points.Select(ToCoordinate)]);

    public static Geometry Simplified(Geometry geometry, double toleranceMetres) =>
        geometry is Polygon or MultiPolygon
            ? TopologyPreservingSimplifier.Simplify(geometry, toleranceMetres)
            : DouglasPeuckerSimplifier.Simplify(geometry, toleranceMetres);

    public static Coordinate ToCoordinate(this PlanPoint point) => new(point.X, point.Y);

    public static Point ToPoint(this PlanPoint point) => Factory.CreatePoint(point.ToCoordinate());

    public static PlanPoint ToPlan(this Coordinate coordinate) => new(coordinate.X, coordinate.Y);
}
