using System.Globalization;
using System.Text.Json;

namespace Stoa.Conformance;

/// <summary>Members of JSON answers; what is missing or of another kind is a failure of the check.</summary>
internal static class Members
{
    public static JsonElement Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member)
            ? member
            : throw new CheckFailure($"The member '{name}' is missing.");

    public static bool Has(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out _);

    /// <summary>The member, or null where it is null or absent: OGC 18-088 treats both alike.</summary>
    public static JsonElement? Known(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) &&
        member.ValueKind != JsonValueKind.Null ? member : null;

    public static string Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } member
            ? member.GetString()!
            : throw new CheckFailure($"The member '{name}' must be text.");

    public static IReadOnlyList<JsonElement> Items(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Array } member
            ? [.. member.EnumerateArray()]
            : throw new CheckFailure($"The member '{name}' must be an array.");

    public static double Number(this JsonElement element, string name)
    {
        var member = element.Member(name);
        if (member.ValueKind == JsonValueKind.Number) return member.GetDouble();
        // A server may keep results as text; then a number must still read as one.
        return member.ValueKind == JsonValueKind.String &&
            double.TryParse(member.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new CheckFailure($"The member '{name}' must be a number.");
    }

    /// <summary>A count: a number, or as text as OData 4.0 writes 64-bit numbers for some clients.</summary>
    public static long Count(this JsonElement element) => (long)element.Number("@iot.count");

    /// <summary>Start and end of an instant or interval; both are the same for an instant.</summary>
    public static (DateTimeOffset Start, DateTimeOffset End) Time(this JsonElement element, string name) =>
        Times.Parse(element.Text(name), name);

    /// <summary>Whether both say the same, whatever the order of members and the way numbers are written.</summary>
    public static bool Same(JsonElement left, JsonElement right)
    {
        if (left.ValueKind != right.ValueKind) return false;
        return left.ValueKind switch
        {
            JsonValueKind.Number => left.GetDouble().Equals(right.GetDouble()),
            JsonValueKind.String => left.GetString() == right.GetString(),
            JsonValueKind.Array => left.GetArrayLength() == right.GetArrayLength() &&
                left.EnumerateArray().Zip(right.EnumerateArray()).All(pair => Same(pair.First, pair.Second)),
            JsonValueKind.Object => left.EnumerateObject().Count() == right.EnumerateObject().Count() &&
                left.EnumerateObject().All(member => right.TryGetProperty(member.Name, out var other) &&
                    Same(member.Value, other)),
            _ => true,
        };
    }

    /// <summary>The JSON that a text says.</summary>
    public static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;
}

/// <summary>Times as OGC 18-088 writes them: ISO 8601 instants and intervals.</summary>
internal static class Times
{
    public static (DateTimeOffset Start, DateTimeOffset End) Parse(string text, string name)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? (Instant(text, name), Instant(text, name))
            : (Instant(text[..slash], name), Instant(text[(slash + 1)..], name));
    }

    public static DateTimeOffset Instant(string text, string name = "time") =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : throw new CheckFailure($"The {name} '{text}' is no ISO 8601 time.");
}
