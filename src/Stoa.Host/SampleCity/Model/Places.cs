using NetTopologySuite.Geometries;
using Stoa.Host.SampleCity.Plan;

namespace Stoa.Host.SampleCity.Model;

/// <summary>A place on a street.</summary>
internal readonly record struct StreetPlace(PlanPoint Place, PlanPoint Along, Road Road);

/// <summary>Finds where things stand: on streets, at buildings, in parks, well apart and inside the city.</summary>
internal sealed class Places(CityMap map)
{
    private readonly NetTopologySuite.Geometries.Prepared.IPreparedGeometry _inside =
        NetTopologySuite.Geometries.Prepared.PreparedGeometryFactory.Prepare(map.Plan.Boundary.Buffer(-30));

    public CityMap Map => map;

    /// <summary>
    /// So many places on roads that pass <paramref name="suits"/>, at least <paramref name="apartMetres"/> apart.
    /// </summary>
    public IReadOnlyList<StreetPlace> OnRoads(
        string use, int count, double apartMetres, Func<Road, PlanPoint, bool> suits)
    {
        var seed = Hash.Seed(map.Plan.Seed, use);
        var candidates = new List<StreetPlace>();
        foreach (var road in map.Roads)
        {
            for (var i = 1; i < road.Line.Length - 1; i++)
            {
                if (suits(road, road.Line[i]) && _inside.Contains(road.Line[i].ToPoint()))
                    candidates.Add(new(road.Line[i], (road.Line[i + 1] - road.Line[i - 1]).Unit, road));
            }
        }

        return Spread(seed, count, apartMetres, candidates, candidate => candidate.Place);
    }

    /// <summary>So many buildings that pass <paramref name="suits"/>.</summary>
    public IReadOnlyList<PlanPoint> AtBuildings(
        string use, int count, double apartMetres, Func<Building, PlanPoint, bool> suits)
    {
        var candidates = map.Buildings
            .Where(building => suits(building, building.Place) && _inside.Contains(building.Place.ToPoint())).ToList();
        return
        [
            .. Spread(Hash.Seed(map.Plan.Seed, use), count, apartMetres, candidates, building => building.Place)
                .Select(building => Inside(building.Shape)),
        ];
    }

    /// <summary>The area of a green by its name.</summary>
    public Area Green(string name) => map.Plan.Greens.First(green => green.Name == name);

    /// <summary>A named building's place.</summary>
    public PlanPoint Landmark(string name) =>
        map.Buildings.First(building => building.Name == name).Place;

    /// <summary>A part of the river's course: 0 where it enters the map, 1 at its mouth.</summary>
    public PlanPoint OnRiver(double part) => map.Plan.RiverLine[(int)(part * (map.Plan.RiverLine.Length - 1))];

    /// <summary>The place on the lake's shore nearest to another.</summary>
    public PlanPoint OnShore(PlanPoint from) =>
        map.Plan.Lake.Coordinates.Select(corner => corner.ToPlan()).MinBy(corner => corner.DistanceTo(from));

    /// <summary>A place well inside an area.</summary>
    public static PlanPoint Inside(Geometry area) => area.InteriorPoint.Coordinate.ToPlan();

    private static List<T> Spread<T>(
        ulong seed, int count, double apartMetres, List<T> candidates, Func<T, PlanPoint> placeOf)
    {
        var chosen = new List<T>(count);
        var shuffled = candidates.Select((candidate, i) => (candidate, Order: Hash.Unit(seed, i)))
            .OrderBy(pair => pair.Order).Select(pair => pair.candidate).ToArray();
        // When the city is too small for the distance wished, the distance gives way, not the number.
        for (var apart = apartMetres; chosen.Count < count && apart > 15; apart *= 0.7)
        {
            foreach (var candidate in shuffled)
            {
                if (chosen.Count == count) break;
                if (chosen.All(other => placeOf(other).DistanceTo(placeOf(candidate)) >= apart)) chosen.Add(candidate);
            }
        }

        return chosen;
    }
}
