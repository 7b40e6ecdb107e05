using System.Text.Json;
using Stoa.Portal.Layout;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

/// <summary>Results and units as people read them, and as the browser modules get them.</summary>
internal static class ResultText
{
    // Longer texts are cut in tables and on the map; the API has them whole.
    private const int TextLengthMax = 80;

    /// <summary>Reads the four result columns from <paramref name="first"/>: number, text, boolean, JSON.</summary>
    internal static string Of(Statement row, int first)
    {
        if (!row.IsNull(first)) return Wording.Number(row.Double(first));
        if (!row.IsNull(first + 1)) return Cut(row.Text(first + 1));
        if (!row.IsNull(first + 2)) return row.Boolean(first + 2) ? "yes" : "no";
        return row.IsNull(first + 3) ? "–" : Cut(row.Text(first + 3));
    }

    /// <summary>An element of a MultiDatastream's result.</summary>
    internal static string Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => "–",
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.Number when double.IsFinite(element.GetDouble()) => Wording.Number(element.GetDouble()),
        JsonValueKind.String => Cut(element.GetString()!),
        _ => Cut(element.GetRawText()),
    };

    /// <summary>Writes the same columns as a JSON value; long texts are cut.</summary>
    internal static void Write(Utf8JsonWriter json, Statement row, int first)
    {
        if (!row.IsNull(first) && double.IsFinite(row.Double(first))) json.WriteNumberValue(row.Double(first));
        else if (!row.IsNull(first + 1)) json.WriteStringValue(Cut(row.Text(first + 1)));
        else if (!row.IsNull(first + 2)) json.WriteBooleanValue(row.Boolean(first + 2));
        else if (!row.IsNull(first + 3)) json.WriteStringValue(Cut(row.Text(first + 3)));
        else json.WriteNullValue();
    }

    internal static string Cut(string text) => text.Length <= TextLengthMax ? text : text[..(TextLengthMax - 1)] + "…";

    /// <summary>Symbol and name of a unit of measurement (OGC 18-088, 8.2.4); empty where null or hidden.</summary>
    internal static (string Symbol, string Name) Unit(string json)
    {
        if (json.Length == 0) return ("", "");
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? (Printed(Member(document.RootElement, "symbol")), Member(document.RootElement, "name"))
            : ("", "");
    }

    // Many sources write the UCUM code where the standard asks for the symbol; people read the printed one.
    private static string Printed(string symbol) => symbol switch
    {
        "1" or "{count}" => "",
        "Cel" or "degC" => "°C",
        "ug/m3" => "µg/m³",
        "mg/m3" => "mg/m³",
        "m3/s" => "m³/s",
        "m3/h" => "m³/h",
        "m3" => "m³",
        "m2" => "m²",
        "W/m2" => "W/m²",
        "deg" => "°",
        "[ppm]" => "ppm",
        "[ppb]" => "ppb",
        "[pH]" => "",
        "dB[SPL]" or "dB(A)" => "dB",
        _ => symbol,
    };

    private static string Member(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary>Reads id, property, unit, time and result, in that order from <paramref name="first"/>.</summary>
    internal static LatestValue Latest(Statement row, int first)
    {
        var hasValue = !row.IsNull(first + 3);
        return new(row.Int64(first), row.Text(first + 1), Unit(row.Text(first + 2)).Symbol,
            hasValue ? Of(row, first + 4) : null, hasValue ? new Instant(row.Int64(first + 3)) : null);
    }
}
