using System.Text.Json;

namespace Stoa.Vocabulary;

/// <summary>A refusal that a caller can act on: the content of an RFC 9457 problem document.</summary>
/// <param name="Status">HTTP status code, 400 to 599.</param>
/// <param name="Type">Stable name, for example <c>unknown-datastream</c>; the wire shows <c>/problems/{type}</c>, and
/// docs/problems has a page of that name.</param>
/// <param name="Title">What went wrong, the same words for every occurrence.</param>
/// <param name="Detail">What went wrong here and what to do next. Never SQL, a stack trace, or a value the caller may not see.</param>
/// <remarks>RFC 9457. Where a standard fixes another error form, the same problem is written in that form.</remarks>
public sealed record Problem(int Status, string Type, string Title, string Detail)
{
    /// <summary>Facts for programs, written as members of the problem document: position, limit, property …</summary>
    public IReadOnlyList<KeyValuePair<string, object>> Members { get; init; } = [];

    /// <summary>Seconds after which the same call may succeed; sent as the Retry-After header.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>The same problem with one more member; <paramref name="value"/> is a string, a number, a boolean or JSON.</summary>
    public Problem With(string name, object value) =>
        this with { Members = [.. Members, new KeyValuePair<string, object>(name, value)] };

    /// <summary>Writes the problem document, instance left out.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "/problems/" + Type);
        json.WriteString("title"u8, Title);
        json.WriteNumber("status"u8, Status);
        json.WriteString("detail"u8, Detail);
        foreach (var (name, value) in Members)
        {
            json.WritePropertyName(name);
            switch (value)
            {
                case string text: json.WriteStringValue(text); break;
                case int number: json.WriteNumberValue(number); break;
                case long number: json.WriteNumberValue(number); break;
                case double number: json.WriteNumberValue(number); break;
                case bool truth: json.WriteBooleanValue(truth); break;
                case JsonElement element: element.WriteTo(json); break;
                default: throw new InvalidOperationException($"Problem member {name} has an unsupported type.");
            }
        }

        json.WriteEndObject();
    }

    /// <summary>The general 400: the request cannot be understood as it stands.</summary>
    public static Problem BadRequest(string type, string title, string detail) => new(400, type, title, detail);

    /// <summary>The one answer for what does not exist and for what the caller may not see.</summary>
    public static Problem NotFound() => new(
        404, "not-found", "Nothing to be found here",
        "There is no such resource, or it is not visible with these credentials. Check the address, or ask for access.");
}
