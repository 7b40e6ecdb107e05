using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using NetTopologySuite.Geometries;

namespace Stoa.Host.SampleCity.Plan;

/// <summary>Writes geometry as GeoJSON (RFC 7946): longitude first, exterior rings counter-clockwise.</summary>
internal static class GeoJsonText
{
    /// <summary>Letters stay letters, so that names are readable in the file.</summary>
    public static readonly JavaScriptEncoder Plain =
        JavaScriptEncoder.Create(UnicodeRanges.BasicLatin, UnicodeRanges.Latin1Supplement);

    /// <summary>The geometry object as text.</summary>
    public static string Of(Geometry geometry)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) Write(json, geometry);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    public static void Write(Utf8JsonWriter json, Geometry geometry)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, geometry.GeometryType);
        json.WritePropertyName("coordinates"u8);
        switch (geometry)
        {
            case Point point:
                Write(json, point.Coordinate);
                break;
            case LineString line:
                Write(json, line.Coordinates, backwards: false);
                break;
            case Polygon polygon:
                Write(json, polygon);
                break;
            case MultiPolygon many:
                json.WriteStartArray();
                foreach (var part in many.Geometries) Write(json, (Polygon)part);
                json.WriteEndArray();
                break;
            default:
                throw new ArgumentException($"A {geometry.GeometryType} is not drawn on this map.", nameof(geometry));
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Polygon polygon)
    {
        json.WriteStartArray();
        Write(json, polygon.ExteriorRing.Coordinates, backwards: !((LinearRing)polygon.ExteriorRing).IsCCW);
        foreach (var hole in polygon.InteriorRings)
            Write(json, hole.Coordinates, backwards: ((LinearRing)hole).IsCCW);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Coordinate[] coordinates, bool backwards)
    {
        json.WriteStartArray();
        for (var i = 0; i < coordinates.Length; i++)
            Write(json, coordinates[backwards ? coordinates.Length - 1 - i : i]);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Coordinate coordinate)
    {
        json.WriteStartArray();
        json.WriteNumberValue(coordinate.X);
        json.WriteNumberValue(coordinate.Y);
        json.WriteEndArray();
    }
}
