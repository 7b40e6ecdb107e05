using NetTopologySuite.Geometries;
using NetTopologySuite.Geometries.Prepared;

namespace Stoa.Host.SampleCity.Plan;

/// <summary>
/// Grows streets between the main roads the way they grew in life: along the roads and the river where those are near,
/// around the market in the old town, in grids in the planned quarters, evenly spaced and meeting at junctions.
/// </summary>
/// <remarks>Evenly spaced lines along a direction field, as used for drawing flows (Jobard and Lefer, 1997).</remarks>
internal sealed class StreetGrowth
{
    private const double StepMetres = 12;

    // Cosine of 20 degrees in one step: where the field turns faster, the street ends instead of wriggling.
    private const double SharpestTurn = 0.94;

    // Straight on first, then turning off to either side (radians): how a street looks for another to end in.
    private static readonly double[] JoinTurns = [0, 0.5, -0.5, 1.0, -1.0, 1.45, -1.45];

    private const double FieldTrackSpacing = 400;

    private readonly CityPlan _plan;
    private readonly ulong _seed;
    private readonly StreetIndex _streets = new();
    private readonly StreetIndex _guides = new();
    private readonly IPreparedGeometry _closed;
    private readonly IPreparedGeometry _rails;
    private readonly IPreparedGeometry _land;
    private readonly List<Road> _grown = [];

    private readonly (PlanPoint Centre, double Reach, double Angle)[] _grids =
    [
        (new(250, 1650), 800, 0.12), (new(-1500, 750), 750, -0.28), (new(1750, -350), 750, 0.42),
        (new(300, -1700), 750, -0.1),
        (new(-2000, -1700), 700, 0.93), (new(4100, 800), 1000, 0.35), (new(-2300, 2500), 800, 0.5),
        (new(1800, 2600), 800, 0.75), (new(2200, -2200), 800, -0.75), (new(-3400, -900), 900, 0.35),
        (new(-1400, -600), 600, -0.5), (new(40, 30), 420, 0.3), (new(1300, 1300), 500, 0.85),
        (new(-3500, 1500), 500, 0.4),
    ];

    public StreetGrowth(CityPlan plan)
    {
        _plan = plan;
        _seed = Hash.Seed(plan.Seed, "streets");
        var closed = plan.Water.Buffer(14);
        foreach (var green in plan.Greens.Where(green => green.Kind is not "meadow"))
            closed = closed.Union(green.Shape.Buffer(6));
        closed = closed.Union(Curves.Line(plan.Roads[0].Line).Buffer(90));
        _closed = PreparedGeometryFactory.Prepare(closed);
        _land = PreparedGeometryFactory.Prepare(plan.Boundary.Buffer(-60));
        _rails = PreparedGeometryFactory.Prepare(Curves.Factory.BuildGeometry(
            plan.Railways.Select(railway => Curves.Line(railway.Line).Buffer(20)).ToArray<Geometry>()).Union());
        foreach (var road in plan.Roads)
        {
            _streets.Add(road.Line);
            if (road.Kind != RoadKind.Motorway) _guides.Add(road.Line);
        }

        _guides.Add(plan.RiverLine);
        foreach (var railway in plan.Railways) _guides.Add(railway.Line);
    }

    /// <summary>The streets, larger ones first. Each end lies on another street, or is a real dead end.</summary>
    public IReadOnlyList<Road> Grow()
    {
        GrowClass(RoadKind.Secondary, seedMetres: 240, SecondarySpacing, lengthMin: 320, lengthMax: 2600);
        GrowClass(RoadKind.Street, seedMetres: 46, StreetSpacing, lengthMin: 60, lengthMax: 1300);
        GrowClass(RoadKind.Path, seedMetres: 300, _ => FieldTrackSpacing, lengthMin: 350, lengthMax: 2400);
        return _grown;
    }

    private static double SecondarySpacing(Quarter quarter) => quarter switch
    {
        Quarter.OldTown => 230,
        Quarter.Perimeter => 360,
        Quarter.Industrial => 420,
        Quarter.Detached => 460,
        Quarter.Village => 400,
        _ => throw new ArgumentOutOfRangeException(nameof(quarter), quarter, "Unknown quarter."),
    };

    private static double StreetSpacing(Quarter quarter) => quarter switch
    {
        Quarter.OldTown => 74,
        Quarter.Perimeter => 108,
        Quarter.Industrial => 205,
        Quarter.Detached => 112,
        Quarter.Village => 104,
        _ => throw new ArgumentOutOfRangeException(nameof(quarter), quarter, "Unknown quarter."),
    };

    private void GrowClass(
        RoadKind kind, double seedMetres, Func<Quarter, double> spacing, double lengthMin, double lengthMax)
    {
        foreach (var start in Seeds(seedMetres, kind == RoadKind.Path))
        {
            if (!MayBuild(start, kind)) continue;
            var apart = spacing(_plan.QuarterAt(start))
                * Hash.Between(_seed + 1, (long)(start.X * 7 + start.Y), 0.85, 1.2);
            for (var family = 0; family < 2; family++)
            {
                // Long blocks: the cross streets stand further apart than the streets they join.
                var distance = apart * (family == 0 ? 1 : 1.45);
                var along = DirectionAt(start, family);
                if (_streets.HasParallel(start, along, distance)) continue;
                var line = Trace(start, family, kind, distance, lengthMax);
                if (Length(line) < lengthMin) continue;
                _streets.Add(line);
                if (kind == RoadKind.Secondary) _guides.Add(line);
                _grown.Add(new Road("", kind, line));
            }
        }
    }

    /// <summary>A jittered grid, nearest to the market first: the city grew outwards.</summary>
    private IEnumerable<PlanPoint> Seeds(double metres, bool outside)
    {
        var seeds = new List<PlanPoint>();
        var count = (int)(11_000 / metres);
        for (var row = 0; row < count; row++)
        {
            for (var column = 0; column < count; column++)
            {
                var jitter = new PlanPoint(Hash.Unit(_seed + 2, row, column), Hash.Unit(_seed + 3, row, column));
                var place = new PlanPoint((column + jitter.X) * metres - 5500, (row + jitter.Y) * metres - 5500);
                if (_plan.IsBuiltUp(place) != outside) seeds.Add(place);
            }
        }

        return seeds.OrderBy(place => place.Length);
    }

    private PlanPoint[] Trace(PlanPoint start, int family, RoadKind kind, double apart, double lengthMax)
    {
        var direction = DirectionAt(start, family);
        var forth = TraceOneWay(start, direction, family, kind, apart, lengthMax / 2);
        var back = TraceOneWay(start, direction * -1, family, kind, apart, lengthMax / 2);
        back.Reverse();
        return [.. back, start, .. forth];
    }

    private List<PlanPoint> TraceOneWay(
        PlanPoint start, PlanPoint direction, int family, RoadKind kind, double apart, double lengthMax)
    {
        var line = new List<PlanPoint>();
        var (place, along) = (start, direction);
        for (var length = 0.0; length < lengthMax; length += StepMetres)
        {
            var middle = Aligned(DirectionAt(place + along * (StepMetres / 2), family), along);
            var next = place + middle * StepMetres;
            if (!MayBuild(next, kind) || middle.Dot(along) < SharpestTurn) break;
            // A street that bends back onto its own beginning is finished.
            if (line.Count > 12 && next.DistanceTo(start) < apart * 0.8) break;
            if (_streets.HasParallel(next, middle, apart * 0.55)) break;
            (place, along) = (next, middle);
            line.Add(next);
        }

        return Join(line, place, along, kind, apart);
    }

    /// <summary>
    /// Ends at the street ahead; failing that, at the last one crossed, unless a dead end is long enough.
    /// </summary>
    private List<PlanPoint> Join(List<PlanPoint> line, PlanPoint end, PlanPoint along, RoadKind kind, double apart)
    {
        foreach (var turn in JoinTurns)
        {
            var (cosine, sine) = (Math.Cos(turn), Math.Sin(turn));
            PlanPoint ahead = new(along.X * cosine - along.Y * sine, along.X * sine + along.Y * cosine);
            if (_streets.FirstCrossing(end, ahead, apart * 0.95) is not { } junction
                || !MayPass(end, junction, kind)) continue;
            line.Add(junction);
            return line;
        }

        for (var i = line.Count - 1; i > 0; i--)
        {
            var back = line[i - 1] - line[i];
            if (_streets.FirstCrossing(line[i], back, back.Length) is not { } crossing) continue;
            if ((line.Count - i) * StepMetres > 70) return line;
            line.RemoveRange(i, line.Count - i);
            line.Add(crossing);
            return line;
        }

        return line;
    }

    private bool MayPass(PlanPoint from, PlanPoint to, RoadKind kind) =>
        Enumerable.Range(1, 5).All(i => MayBuild(from + (to - from) * (i / 6.0), kind));

    private bool MayBuild(PlanPoint place, RoadKind kind)
    {
        var point = place.ToPoint();
        if (_plan.IsBuiltUp(place) == (kind == RoadKind.Path)) return false;
        if (kind == RoadKind.Path && !_land.Contains(point)) return false;
        return !_closed.Intersects(point) && (kind == RoadKind.Secondary || !_rails.Intersects(point));
    }

    private static PlanPoint Aligned(PlanPoint direction, PlanPoint previous) =>
        direction.Dot(previous) < 0 ? direction * -1 : direction;

    /// <summary>The street direction here; family 1 is the cross direction.</summary>
    /// <remarks>Directions are averaged by their doubled angle, so that a line and its reverse are the same.</remarks>
    private PlanPoint DirectionAt(PlanPoint place, int family)
    {
        var (cosine, sine) = (0.0, 0.0);
        foreach (var (centre, reach, angle) in _grids)
        {
            var distance = place.DistanceTo(centre) / reach;
            var weight = Math.Exp(-distance * distance);
            cosine += weight * Math.Cos(2 * angle);
            sine += weight * Math.Sin(2 * angle);
        }

        AddAround(new(30, -20), 640, 1.9);
        foreach (var (village, radius) in _plan.Villages) AddAround(village, radius * 0.6, 0.8);
        if (_guides.Nearest(place, 190) is { } guide)
        {
            var weight = 2.2 * Math.Exp(-guide.Metres / 75);
            cosine += weight * (guide.Direction.X * guide.Direction.X - guide.Direction.Y * guide.Direction.Y);
            sine += weight * 2 * guide.Direction.X * guide.Direction.Y;
        }

        var wander = 0.34 * Hash.Noise(_seed + 4, place.X / 420, place.Y / 420) + (place.Length < 700 ? 0.5 : 0)
            * Hash.Noise(_seed + 5, place.X / 190, place.Y / 190);
        var turn = Math.Atan2(sine, cosine) / 2 + wander + family * Math.PI / 2;
        return new(Math.Cos(turn), Math.Sin(turn));

        void AddAround(PlanPoint centre, double reach, double strength)
        {
            var away = place - centre;
            var weight = strength * Math.Exp(-away.Dot(away) / (reach * reach)) / Math.Max(away.Dot(away), 1);
            cosine += weight * (away.X * away.X - away.Y * away.Y);
            sine += weight * 2 * away.X * away.Y;
        }
    }

    private static double Length(PlanPoint[] line)
    {
        var length = 0.0;
        for (var i = 1; i < line.Length; i++) length += line[i - 1].DistanceTo(line[i]);
        return length;
    }
}
