using System.Buffers;
using System.Globalization;
using System.Text.Json;
using NetTopologySuite.Geometries;
using NetTopologySuite.Geometries.Prepared;
using NetTopologySuite.Geometries.Utilities;
using NetTopologySuite.Precision;

namespace Stoa.Host.SampleCity.Plan;

/// <summary>One thing on the map, in WGS84 (longitude, latitude).</summary>
/// <param name="Layer">boundary, district, water, river, green, road, rail or building.</param>
/// <param name="Kind">What it is within its layer, for example <c>primary</c> of a road.</param>
/// <param name="Name">Its name, where it has one.</param>
/// <param name="Shape">Longitude and latitude, 5 decimals (6 for buildings).</param>
internal sealed record MapFeature(string Layer, string Kind, string? Name, Geometry Shape);

/// <summary>The map of the sample city: drawn and grown once from a seed, the same for everyone.</summary>
internal sealed class CityMap
{
    /// <summary>
    /// The market square. Open forest in reality: nothing there can be mistaken for the fictional city.
    /// </summary>
    public const double OriginLongitude = 8.35;

    /// <inheritdoc cref="OriginLongitude"/>
    public const double OriginLatitude = 51.03;

    private const double MetresPerDegreeLatitude = 111_260;
    private const double MetresPerDegreeLongitude = 70_120;

    private CityMap(
        CityPlan plan, IReadOnlyList<Road> roads, IReadOnlyList<Area> districts, IReadOnlyList<Building> buildings)
    {
        Plan = plan;
        Roads = roads;
        Districts = districts;
        _districts = [.. districts.Select(district =>
            (district.Name, PreparedGeometryFactory.Prepare(district.Shape)))];
        Buildings = buildings;
        BuildingsByDistrict = buildings.ToLookup(building => DistrictAt(building.Place));
        Features = [.. Draw()];
    }

    private readonly (string Name, IPreparedGeometry Shape)[] _districts;

    public CityPlan Plan { get; }

    /// <summary>Main roads, then streets, then paths; all have names.</summary>
    public IReadOnlyList<Road> Roads { get; }

    public IReadOnlyList<Area> Districts { get; }

    public IReadOnlyList<Building> Buildings { get; }

    /// <summary>Buildings by the name of their district; null outside the city.</summary>
    public ILookup<string?, Building> BuildingsByDistrict { get; }

    /// <summary>What the map shows, in drawing order.</summary>
    public IReadOnlyList<MapFeature> Features { get; }

    public static CityMap Draw(ulong seed)
    {
        var plan = new CityPlan(seed);
        var names = new StreetNames(Hash.Seed(seed, "street names"), plan.Roads.Select(road => road.Name));
        var grown = new StreetGrowth(plan).Grow()
            .Select(road => (road, Quarter: plan.QuarterAt(road.Line[road.Line.Length / 2])))
            .Select(pair => pair.road with { Name = names.Next(pair.Quarter, pair.road.Kind) });
        Road[] streets = [.. plan.Roads, .. grown];
        return new(plan, [.. streets, .. Paths(plan)], Blocks.Districts(plan), Blocks.Buildings(plan, streets));
    }

    /// <summary>
    /// From metres on the plan to longitude and latitude; an even projection is exact enough for 12 km.
    /// </summary>
    public static Coordinate ToWgs84(PlanPoint place) => new(
        Math.Round(OriginLongitude + place.X / MetresPerDegreeLongitude, 6),
        Math.Round(OriginLatitude + place.Y / MetresPerDegreeLatitude, 6));

    /// <summary>The same shape in longitude and latitude, valid after rounding.</summary>
    public static Geometry ToWgs84(Geometry shape, int decimals)
    {
        var editor = new GeometryEditor(Curves.Factory);
        var moved = editor.Edit(shape, new Move(decimals));
        return moved is Polygon or MultiPolygon && !moved.IsValid
            ? GeometryPrecisionReducer.Reduce(moved, new PrecisionModel(Math.Pow(10, decimals)))
            : moved;
    }

    /// <summary>The name of the district a place lies in; null outside the city.</summary>
    public string? DistrictAt(PlanPoint place)
    {
        var point = place.ToPoint();
        return _districts.FirstOrDefault(district => district.Shape.Intersects(point)).Name;
    }

    /// <summary>
    /// The map as one FeatureCollection (RFC 7946); each feature has the properties layer, kind and name.
    /// </summary>
    public byte[] ToGeoJson()
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 20);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = GeoJsonText.Plain }))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "FeatureCollection"u8);
            json.WriteString("name"u8, CityPlan.CityName);
            json.WriteStartArray("features"u8);
            foreach (var feature in Features) Write(json, feature);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, MapFeature feature)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "Feature"u8);
        json.WriteStartObject("properties"u8);
        json.WriteString("layer"u8, feature.Layer);
        json.WriteString("kind"u8, feature.Kind);
        if (feature.Layer == "road") json.WriteString("class"u8, feature.Kind);
        if (feature.Name is not null) json.WriteString("name"u8, feature.Name);
        json.WriteEndObject();
        json.WritePropertyName("geometry"u8);
        GeoJsonText.Write(json, feature.Shape);
        json.WriteEndObject();
    }

    private IEnumerable<MapFeature> Draw()
    {
        yield return new("boundary", "city", CityPlan.CityName, ToWgs84(Plan.Boundary, 5));
        foreach (var district in Districts)
            yield return new("district", district.Kind, district.Name, ToWgs84(district.Shape, 5));
        foreach (var green in Plan.Greens)
            yield return new("green", green.Kind, green.Name, ToWgs84(Curves.Simplified(green.Shape, 2), 5));
        yield return new("water", "lake", "Marensee", ToWgs84(Curves.Simplified(Plan.Lake, 2), 5));
        yield return new("water", "harbour", "Binnenhafen", ToWgs84(Plan.Harbour.Difference(Plan.River), 5));
        yield return new("river", "river", "Maren", ToWgs84(Curves.Simplified(Plan.River, 1.5), 5));
        yield return new("river", "river", "Maren", ToWgs84(Curves.Simplified(Plan.Outflow, 1.5), 5));
        yield return new("river", "course", "Maren", ToWgs84(Curves.Simplified(Curves.Line(Plan.RiverLine), 4), 5));
        yield return new("river", "stream", "Lindbach", ToWgs84(Curves.Simplified(Curves.Line(Plan.Brook), 1.5), 5));
        foreach (var building in Buildings.Where(building => building.Name is not null))
            yield return new("building", building.Kind, building.Name, ToWgs84(building.Shape, 6));
        foreach (var district in BuildingsByDistrict)
        {
            foreach (var group in district.Where(building => building.Name is null).GroupBy(building => building.Kind))
            {
                var houses = Curves.Factory.CreateMultiPolygon([.. group.Select(building => building.Shape)]);
                yield return new("building", group.Key, null, ToWgs84(houses, 6));
            }
        }

        foreach (var road in Roads.OrderByDescending(road => road.Kind))
        {
            var line = Curves.Simplified(Curves.Line(road.Line), road.Kind == RoadKind.Street ? 1.5 : 1);
            yield return new("road", KindOf(road.Kind), road.Name, ToWgs84(line, 5));
        }

        foreach (var railway in Plan.Railways)
            yield return new("rail", railway.Kind, railway.Name,
                ToWgs84(Curves.Simplified(Curves.Line(railway.Line), 1), 5));
        foreach (var station in Plan.Stations)
            yield return new("rail", "station", station.Name, ToWgs84(station.Place.ToPoint(), 5));
    }

    /// <summary>The word of the map for a kind of road.</summary>
    public static string KindOf(RoadKind kind) => kind.ToString().ToLower(CultureInfo.InvariantCulture);

    /// <summary>Ways through the parks and along the river.</summary>
    private static IEnumerable<Road> Paths(CityPlan plan)
    {
        foreach (var green in plan.Greens.Where(green => green.Kind is "park" or "forest" or "cemetery"))
        {
            for (var i = 0; i < green.Shape.NumGeometries; i++)
            {
                var part = green.Shape.GetGeometryN(i);
                if (part.Area < 25_000) continue;
                foreach (var line in Walks(plan.Seed + (ulong)i, part, green.Kind == "forest" ? 60 : 28))
                    yield return new($"{green.Name}: walk", RoadKind.Path, line);
            }
        }

        yield return new("Marenufer promenade", RoadKind.Path,
            [.. Offset(plan.RiverLine, 62).Where(place => place.Y is > -1700 and < 1250)]);
    }

    private static IEnumerable<PlanPoint[]> Walks(ulong seed, Geometry park, double marginMetres)
    {
        if (Curves.Simplified(park.Buffer(-marginMetres), 12) is Polygon { IsEmpty: false } inner
            && inner.NumPoints > 6)
        {
            var corners = inner.ExteriorRing.Coordinates.Skip(1).Select(corner => corner.ToPlan()).ToArray();
            var loop = Curves.Through(corners, closed: true, stepMetres: 20);
            yield return [.. loop, loop[0]];
            var middle = inner.Centroid.Coordinate.ToPlan();
            for (var i = 0; i < 3; i++)
            {
                var start = loop[(int)(loop.Length * (i / 3.0 + 0.2 * Hash.Unit(seed, i)))];
                var side = (middle - start).Left * Hash.Between(seed + 1, i, -0.25, 0.25);
                yield return Curves.Through([start, (start + middle) * 0.5 + side, middle], stepMetres: 20);
            }
        }
    }

    private static PlanPoint[] Offset(PlanPoint[] line, double metres) =>
    [
        .. line.Select((place, i) =>
            place + (line[Math.Min(i + 1, line.Length - 1)] - line[Math.Max(i - 1, 0)]).Unit.Left * -metres),
    ];

    private sealed class Move(int decimals) : GeometryEditor.CoordinateOperation
    {
        public override Coordinate[] Edit(Coordinate[] coordinates, Geometry geometry)
        {
            var moved = new List<Coordinate>(coordinates.Length);
            foreach (var coordinate in coordinates)
            {
                var place = new Coordinate(
                    Math.Round(OriginLongitude + coordinate.X / MetresPerDegreeLongitude, decimals),
                    Math.Round(OriginLatitude + coordinate.Y / MetresPerDegreeLatitude, decimals));
                if (moved.Count == 0 || !moved[^1].Equals2D(place)) moved.Add(place);
            }

            return [.. moved];
        }
    }
}
