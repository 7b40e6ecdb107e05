using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using NetTopologySuite.IO;
using NetTopologySuite.Utilities;
using Stoa.Sensing.Import.Crs;
using Nts = NetTopologySuite.Geometries;

namespace Stoa.Sensing.Import.GeoJson;

/// <summary>Geometries on their way in: checked, converted to WGS 84 and written as GeoJSON (RFC 7946, 3.1).</summary>
internal static class Geometry
{
    /// <summary>Positions of one geometry: the outline of a country has fewer.</summary>
    public const int PositionsMax = 1_000_000;

    /// <summary>Geometry collections inside geometry collections; RFC 7946, 3.1.8, advises against any.</summary>
    public const int NestingMax = 4;

    // A multipolygon in collections as deep as is taken; the reader is recursive and would run out of stack.
    private const int WellKnownTextDepthMax = NestingMax + 4;

    // Digits after the point of a converted degree: 0.1 mm on the ground.
    private const int ConvertedDecimals = 9;

    /// <summary>Reads a GeoJSON geometry in some system and writes it in WGS 84.</summary>
    public static bool TryNormalize(
        JsonElement geometry, CoordinateReferenceSystem crs, [NotNullWhen(true)] out string? geoJson,
        [NotNullWhen(false)] out string? reason)
    {
        geoJson = null;
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        var writing = new Writing(json, crs);
        reason = writing.Write(geometry, 0);
        if (reason is not null) return false;
        json.Flush();
        geoJson = Encoding.UTF8.GetString(buffer.WrittenSpan);
        return true;
    }

    /// <summary>Reads well-known text (OGC 06-103r4, 7) in some system and writes GeoJSON in WGS 84.</summary>
    public static bool TryFromWellKnownText(
        string text, CoordinateReferenceSystem crs, [NotNullWhen(true)] out string? geoJson,
        [NotNullWhen(false)] out string? reason)
    {
        geoJson = null;
        // EWKT names its system in front.
        if (text.StartsWith("SRID=", StringComparison.OrdinalIgnoreCase))
        {
            var semicolon = text.IndexOf(';', StringComparison.Ordinal);
            if (semicolon < 0 || !CoordinateReferenceSystem.TryParse("EPSG:" + text[5..semicolon], out var stated))
            {
                reason = "the well-known text names a coordinate reference system that is not one of " +
                    CoordinateReferenceSystem.Supported;
                return false;
            }

            crs = stated;
            text = text[(semicolon + 1)..];
        }

        if (Depth(text) > WellKnownTextDepthMax)
        {
            reason = "the well-known text is nested too deep";
            return false;
        }

        Nts.Geometry geometry;
        try
        {
            geometry = new WKTReader().Read(text);
        }
        catch (Exception exception) when (exception is ParseException or ArgumentException or InvalidOperationException
            or FormatException or OverflowException or InvalidCastException or NullReferenceException
            or IndexOutOfRangeException or AssertionFailedException)
        {
            reason = "the well-known text cannot be read";
            return false;
        }

        if (geometry is null || geometry.IsEmpty)
        {
            reason = "the well-known text has no coordinates";
            return false;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        reason = new Writing(json, crs).Write(geometry, 0);
        if (reason is not null) return false;
        json.Flush();
        geoJson = Encoding.UTF8.GetString(buffer.WrittenSpan);
        return true;
    }

    private static int Depth(string text)
    {
        var depth = 0;
        var deepest = 0;
        foreach (var sign in text)
        {
            if (sign == '(') deepest = Math.Max(deepest, ++depth);
            else if (sign == ')') depth--;
        }

        return deepest;
    }

    /// <summary>A point from two numbers in some system.</summary>
    public static bool TryPoint(
        double x, double y, CoordinateReferenceSystem crs, [NotNullWhen(true)] out string? geoJson,
        [NotNullWhen(false)] out string? reason)
    {
        geoJson = null;
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("type"u8, "Point"u8);
        json.WritePropertyName("coordinates"u8);
        reason = new Writing(json, crs).WritePosition(x, y, null);
        if (reason is not null) return false;
        json.WriteEndObject();
        json.Flush();
        geoJson = Encoding.UTF8.GetString(buffer.WrittenSpan);
        return true;
    }

    // Null: written; else the reason why not.
    private sealed class Writing(Utf8JsonWriter json, CoordinateReferenceSystem crs)
    {
        private int _positions;

        public string? Write(JsonElement geometry, int nesting)
        {
            if (geometry.ValueKind != JsonValueKind.Object) return "the geometry is not an object";
            if (!geometry.TryGetProperty("type"u8, out var typeMember) || typeMember.ValueKind != JsonValueKind.String)
                return "the geometry has no type";
            var type = typeMember.GetString()!;
            if (type == "GeometryCollection") return WriteCollection(geometry, nesting);
            var depth = type switch
            {
                "Point" => 0,
                "MultiPoint" or "LineString" => 1,
                "MultiLineString" or "Polygon" => 2,
                "MultiPolygon" => 3,
                _ => -1,
            };
            if (depth < 0) return $"'{Shorten(type)}' is not a type of geometry (RFC 7946, 1.4)";
            if (!geometry.TryGetProperty("coordinates"u8,
                out var coordinates)) return "the geometry has no coordinates";
            json.WriteStartObject();
            json.WriteString("type"u8, type);
            json.WritePropertyName("coordinates"u8);
            var reason = WriteCoordinates(coordinates, depth, type);
            if (reason is null) json.WriteEndObject();
            return reason;
        }

        private string? WriteCollection(JsonElement geometry, int nesting)
        {
            if (nesting == NestingMax) return $"geometry collections are nested more than {NestingMax} deep";
            if (!geometry.TryGetProperty("geometries"u8, out var parts) || parts.ValueKind != JsonValueKind.Array)
                return "the geometry collection has no geometries";
            json.WriteStartObject();
            json.WriteString("type"u8, "GeometryCollection"u8);
            json.WriteStartArray("geometries"u8);
            foreach (var part in parts.EnumerateArray())
                if (Write(part, nesting + 1) is { } reason) return reason;
            json.WriteEndArray();
            json.WriteEndObject();
            return null;
        }

        private string? WriteCoordinates(JsonElement coordinates, int depth, string type)
        {
            if (coordinates.ValueKind != JsonValueKind.Array) return $"the coordinates of the {type} are not an array";
            if (depth == 0) return WritePosition(coordinates);
            var length = coordinates.GetArrayLength();
            if (depth == 1 && type == "LineString" && length < 2) return "a line has fewer than two positions";
            if (depth == 1 && type is "Polygon" or "MultiPolygon" &&
                RingFault(coordinates, length) is { } fault) return fault;
            if (depth == 2 && type == "MultiLineString" &&
                Shortest(coordinates) < 2) return "a line has fewer than two positions";
            if (length == 0) return $"the {type} has no coordinates";
            json.WriteStartArray();
            foreach (var part in coordinates.EnumerateArray())
                if (WriteCoordinates(part, depth - 1, type) is { } reason) return reason;
            json.WriteEndArray();
            return null;
        }

        private static int Shortest(JsonElement lines)
        {
            var shortest = int.MaxValue;
            foreach (var line in lines.EnumerateArray())
                if (line.ValueKind == JsonValueKind.Array) shortest = Math.Min(shortest, line.GetArrayLength());
            return shortest;
        }

        private static string? RingFault(JsonElement ring, int length)
        {
            if (length < 4) return "a ring has fewer than four positions";
            var first = ring[0];
            var last = ring[length - 1];
            if (first.ValueKind != JsonValueKind.Array || last.ValueKind != JsonValueKind.Array ||
                // said better at the position itself
                first.GetArrayLength() < 2 || last.GetArrayLength() < 2) return null;
            return TryNumber(first[0], out var x) && TryNumber(last[0], out var lastX) && x == lastX &&
                TryNumber(first[1], out var y) && TryNumber(last[1], out var lastY) && y == lastY
                ? null
                : "a ring is not closed: its first and last position differ";
        }

        private string? WritePosition(JsonElement position)
        {
            var length = position.GetArrayLength();
            if (length is < 2 or > 4) return "a position has fewer than two or more than four numbers";
            if (!TryNumber(position[0], out var x) ||
                !TryNumber(position[1], out var y)) return "a coordinate is not a number";
            double? height = length >= 3 && TryNumber(position[2], out var z) ? z : null;
            return WritePosition(x, y, height);
        }

        public string? WritePosition(double x, double y, double? height)
        {
            if (++_positions > PositionsMax) return $"the geometry has more than {PositionsMax} positions";
            if (!crs.TryToWgs84(x, y, out var longitude, out var latitude))
                return crs.IsWgs84
                    ? FormattableString.Invariant(
                        $"the coordinates {x}, {y} are not degrees; {CoordinateReferenceSystem.Guess(x, y)}")
                    : FormattableString.Invariant($"the coordinates {x}, {y} lie outside {crs.Name}");
            json.WriteStartArray();
            json.WriteNumberValue(crs.IsWgs84 ? longitude : Math.Round(longitude, ConvertedDecimals));
            json.WriteNumberValue(crs.IsWgs84 ? latitude : Math.Round(latitude, ConvertedDecimals));
            if (height is { } metres) json.WriteNumberValue(metres);
            json.WriteEndArray();
            return null;
        }

        private static bool TryNumber(JsonElement element, out double value)
        {
            value = 0;
            return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out value) &&
                double.IsFinite(value);
        }

        private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";

        public string? Write(Nts.Geometry geometry, int nesting)
        {
            if (nesting > NestingMax) return $"geometry collections are nested more than {NestingMax} deep";
            json.WriteStartObject();
            json.WriteString("type"u8, geometry.GeometryType);
            string? reason;
            if (geometry is Nts.GeometryCollection collection and not (
                Nts.MultiPoint or Nts.MultiLineString or Nts.MultiPolygon))
            {
                json.WriteStartArray("geometries"u8);
                foreach (var part in collection.Geometries)
                    if (Write(part, nesting + 1) is { } partReason) return partReason;
                json.WriteEndArray();
                reason = null;
            }
            else
            {
                json.WritePropertyName("coordinates"u8);
                reason = WriteCoordinates(geometry);
            }

            if (reason is null) json.WriteEndObject();
            return reason;
        }

        private string? WriteCoordinates(Nts.Geometry geometry)
        {
            switch (geometry)
            {
                case Nts.Point point:
                    return point.IsEmpty ? "a point has no coordinates" : WritePosition(point.Coordinate);
                case Nts.LineString line:
                    return WritePositions(line.Coordinates);
                case Nts.Polygon polygon:
                    json.WriteStartArray();
                    if (WritePositions(polygon.ExteriorRing.Coordinates) is { } reason) return reason;
                    foreach (var hole in polygon.InteriorRings)
                        if (WritePositions(hole.Coordinates) is { } holeReason) return holeReason;
                    json.WriteEndArray();
                    return null;
                case Nts.GeometryCollection parts:
                    json.WriteStartArray();
                    foreach (var part in parts.Geometries)
                        if (WriteCoordinates(part) is { } partReason) return partReason;
                    json.WriteEndArray();
                    return null;
                default:
                    return $"a {geometry.GeometryType} has no form in GeoJSON";
            }
        }

        private string? WritePositions(Nts.Coordinate[] positions)
        {
            if (positions.Length == 0) return "a part of the geometry has no coordinates";
            json.WriteStartArray();
            foreach (var position in positions)
                if (WritePosition(position) is { } reason) return reason;
            json.WriteEndArray();
            return null;
        }

        private string? WritePosition(Nts.Coordinate position) =>
            WritePosition(position.X, position.Y, double.IsFinite(position.Z) ? position.Z : null);
    }
}
