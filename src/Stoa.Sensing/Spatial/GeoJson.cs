using System.Text.Json;
using NetTopologySuite.Geometries;
using NetTopologySuite.IO;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Spatial;

/// <summary>Geometries out of GeoJSON, as the store keeps them: WKB and a box. Longitude and latitude, WGS 84.</summary>
/// <remarks>RFC 7946. A third coordinate is kept in the JSON and left out of the WKB: filters work in the plane.</remarks>
internal static class GeoJson
{
    /// <summary>Positions in one geometry; the outline of a country has fewer.</summary>
    internal const int PositionsMax = 100_000;

    // Collections inside collections; RFC 7946, 3.1.8, advises against any.
    private const int DepthMax = 8;

    private static readonly GeometryFactory Factory = new(new PrecisionModel(), 4326);

    internal static bool IsGeoJson(string encodingType) =>
        encodingType is "application/geo+json" or "application/vnd.geo+json" or "application/vnd.geo+json;version=1.0";

    /// <summary>Reads a geometry, a Feature or a FeatureCollection.</summary>
    internal static Result<(byte[] Wkb, Box Box)> Parse(string json, string property)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var positions = 0;
            var geometry = Read(document.RootElement, ref positions, 0);
            if (geometry.IsEmpty) return Problems.Property(property, "a geometry with coordinates");
            var envelope = geometry.EnvelopeInternal;
            return ((byte[], Box))(new WKBWriter().Write(geometry),
                new Box(envelope.MinX, envelope.MaxX, envelope.MinY, envelope.MaxY));
        }
        catch (GeoJsonException error)
        {
            return Problems.Property(property, error.Message);
        }
        catch (InvalidOperationException)
        {
            return Problems.NoUnicode();
        }
        catch (ArgumentException)
        {
            // The library refuses rings that are not closed or too short.
            return Problems.Property(property, "valid GeoJSON: a ring has at least four positions and ends where it begins");
        }
    }

    /// <summary>The box around a geometry in WKB.</summary>
    internal static Box BoxOf(ReadOnlySpan<byte> wkb)
    {
        var envelope = new WKBReader().Read(wkb.ToArray()).EnvelopeInternal;
        return new Box(envelope.MinX, envelope.MaxX, envelope.MinY, envelope.MaxY);
    }

    private static Geometry Read(JsonElement json, ref int positions, int depth)
    {
        if (depth > DepthMax) throw new GeoJsonException("GeoJSON that is not nested so deeply");
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("type", out var type) ||
            type.ValueKind != JsonValueKind.String)
            throw new GeoJsonException("GeoJSON: an object with a type");
        switch (type.GetString())
        {
            case "Feature": return Read(Member(json, "geometry"), ref positions, depth + 1);
            case "FeatureCollection":
            {
                var parts = new List<Geometry>();
                foreach (var feature in Items(Member(json, "features"))) parts.Add(Read(feature, ref positions, depth + 1));
                return Factory.CreateGeometryCollection([.. parts]);
            }

            case "GeometryCollection":
            {
                var parts = new List<Geometry>();
                foreach (var part in Items(Member(json, "geometries"))) parts.Add(Read(part, ref positions, depth + 1));
                return Factory.CreateGeometryCollection([.. parts]);
            }

            case "Point": return Factory.CreatePoint(Position(Member(json, "coordinates"), ref positions));
            case "MultiPoint":
                return Factory.CreateMultiPointFromCoords(Line(Member(json, "coordinates"), ref positions, 0));
            case "LineString": return Factory.CreateLineString(Line(Member(json, "coordinates"), ref positions, 2));
            case "MultiLineString":
            {
                var lines = new List<LineString>();
                foreach (var line in Items(Member(json, "coordinates")))
                    lines.Add(Factory.CreateLineString(Line(line, ref positions, 2)));
                return Factory.CreateMultiLineString([.. lines]);
            }

            case "Polygon": return Polygon(Member(json, "coordinates"), ref positions);
            case "MultiPolygon":
            {
                var polygons = new List<Polygon>();
                foreach (var polygon in Items(Member(json, "coordinates"))) polygons.Add(Polygon(polygon, ref positions));
                return Factory.CreateMultiPolygon([.. polygons]);
            }

            default:
                throw new GeoJsonException(
                    "GeoJSON of type Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon, " +
                    "GeometryCollection or Feature");
        }
    }

    private static Polygon Polygon(JsonElement json, ref int positions)
    {
        var rings = new List<LinearRing>();
        foreach (var ring in Items(json)) rings.Add(Factory.CreateLinearRing(Line(ring, ref positions, 4)));
        if (rings.Count == 0) throw new GeoJsonException("a polygon with at least one ring");
        return Factory.CreatePolygon(rings[0], [.. rings.Skip(1)]);
    }

    private static Coordinate[] Line(JsonElement json, ref int positions, int least)
    {
        var line = new List<Coordinate>();
        foreach (var position in Items(json)) line.Add(Position(position, ref positions));
        if (line.Count < least) throw new GeoJsonException($"GeoJSON with at least {least} positions there");
        return [.. line];
    }

    private static Coordinate Position(JsonElement json, ref int positions)
    {
        if (++positions > PositionsMax) throw new GeoJsonException($"a geometry of at most {PositionsMax} positions");
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() < 2 ||
            json[0].ValueKind != JsonValueKind.Number || json[1].ValueKind != JsonValueKind.Number ||
            !json[0].TryGetDouble(out var x) || !json[1].TryGetDouble(out var y))
            throw new GeoJsonException("GeoJSON whose positions are [longitude, latitude]");
        if (!(Math.Abs(x) <= 180 && Math.Abs(y) <= 90))
            throw new GeoJsonException(
                "in longitude and latitude (WGS 84): a position lies outside ±180, ±90. Convert projected coordinates first");
        return new Coordinate(x, y);
    }

    private static JsonElement Member(JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) ? member : throw new GeoJsonException($"GeoJSON with {name}");

    private static JsonElement.ArrayEnumerator Items(JsonElement json) =>
        json.ValueKind == JsonValueKind.Array ? json.EnumerateArray() : throw new GeoJsonException("GeoJSON with an array there");

    private sealed class GeoJsonException(string message) : Exception(message);
}
