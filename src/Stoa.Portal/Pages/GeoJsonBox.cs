using System.Text.Json;

namespace Stoa.Portal.Pages;

/// <summary>The box of a geometry, a Feature or a FeatureCollection (RFC 7946).</summary>
internal static class GeoJsonBox
{
    /// <summary>The middle of the box; null where there are no coordinates.</summary>
    internal static (double X, double Y)? MiddleOf(string json)
    {
        if (json.Length == 0) return null;
        using var document = JsonDocument.Parse(json);
        var box = new Box();
        box.Add(document.RootElement);
        return box.MinX <= box.MaxX ? ((box.MinX + box.MaxX) / 2, (box.MinY + box.MaxY) / 2) : null;
    }

    private sealed class Box
    {
        internal double MinX { get; private set; } = double.PositiveInfinity;

        internal double MaxX { get; private set; } = double.NegativeInfinity;

        internal double MinY { get; private set; } = double.PositiveInfinity;

        internal double MaxY { get; private set; } = double.NegativeInfinity;

        // The parser ends at 64 levels.
        internal void Add(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                if (element.GetArrayLength() >= 2 && element[0].ValueKind == JsonValueKind.Number && element[1].ValueKind == JsonValueKind.Number)
                {
                    var (x, y) = (element[0].GetDouble(), element[1].GetDouble());
                    (MinX, MaxX) = (Math.Min(MinX, x), Math.Max(MaxX, x));
                    (MinY, MaxY) = (Math.Min(MinY, y), Math.Max(MaxY, y));
                    return;
                }

                foreach (var item in element.EnumerateArray()) Add(item);
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                foreach (var name in (string[])["geometry", "features", "geometries", "coordinates"])
                    if (element.TryGetProperty(name, out var member)) Add(member);
            }
        }
    }
}
