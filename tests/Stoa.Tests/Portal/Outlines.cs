using System.Globalization;
using System.Text;

namespace Stoa.Tests.Portal;

/// <summary>The small town on paper: a boundary, two districts, a river, a park, some streets.</summary>
internal static class Outlines
{
    private const double West = 8.35;
    private const double South = 51.03;

    internal static readonly string[] Streets =
    [
        "Mill Lane", "Station Road", "Market Square", "Harbour Street", "Oak Avenue", "School Hill", "Bridge Street",
        "Abbey Road", "Garden Row", "North Gate", "Linden Walk", "Quarry Road", "Castle Steps", "River Bank", "Tower Street",
    ];

    /// <summary>Where a place stands: spread evenly by a low-discrepancy sequence, no two at one spot.</summary>
    internal static (double X, double Y) Spot(long dataset, int number)
    {
        var n = dataset * 13 + number;
        return (West + (0.1 + 0.8 * (n * 0.7548776662 % 1)) * 0.06, South + (0.1 + 0.8 * (n * 0.5698402909 % 1)) * 0.04);
    }

    internal static string Draw()
    {
        var features = new List<string>
        {
            Feature("boundary", null, null, "Polygon", "[" + Line((0, 0.2), (0.1, 0.02), (0.5, 0), (0.92, 0.05), (1, 0.5), (0.9, 0.95), (0.4, 1), (0.05, 0.85), (0, 0.2)) + "]"),
            Feature("district", null, "Old Town", "Polygon", "[" + Line((0.3, 0.3), (0.65, 0.3), (0.65, 0.7), (0.3, 0.7), (0.3, 0.3)) + "]"),
            Feature("district", null, "Harbour", "Polygon", "[" + Line((0.65, 0.3), (0.93, 0.2), (0.95, 0.7), (0.65, 0.7), (0.65, 0.3)) + "]"),
            Feature("green", null, "Town Park", "Polygon", "[" + Line((0.1, 0.55), (0.26, 0.5), (0.28, 0.75), (0.12, 0.8), (0.1, 0.55)) + "]"),
            Feature("river", null, "Aue", "LineString", Line((-0.1, 0.4), (0.2, 0.42), (0.45, 0.22), (0.7, 0.25), (1.1, 0.12))),
        };
        for (var i = 1; i < 10; i++)
        {
            var at = i / 10.0;
            features.Add(Feature("road", i % 4 == 1 ? "primary" : "residential", Streets[i], "LineString", Line((0.06, at), (0.5, at + 0.02), (0.94, at))));
            features.Add(Feature("road", i % 5 == 2 ? "secondary" : "residential", Streets[^i], "LineString", Line((at, 0.06), (at + 0.02, 0.5), (at, 0.94))));
        }

        return """{"type":"FeatureCollection","name":"Town","features":[""" + string.Join(',', features) + "]}";
    }

    private static string Feature(string layer, string? kind, string? name, string type, string coordinates)
    {
        var more = (kind is null ? "" : $",\"class\":\"{kind}\"") + (name is null ? "" : $",\"name\":\"{name}\"");
        return $"{{\"type\":\"Feature\",\"properties\":{{\"layer\":\"{layer}\"{more}}},\"geometry\":{{\"type\":\"{type}\",\"coordinates\":{coordinates}}}}}";
    }

    private static string Line(params (double X, double Y)[] points)
    {
        var text = new StringBuilder("[");
        foreach (var (x, y) in points)
            text.Append(text.Length > 1 ? "," : "").Append(CultureInfo.InvariantCulture, $"[{West + x * 0.06:0.00000},{South + y * 0.04:0.00000}]");
        return text.Append(']').ToString();
    }
}
