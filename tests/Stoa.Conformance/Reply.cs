using System.Net.Http.Headers;
using System.Text.Json;

namespace Stoa.Conformance;

/// <summary>One request and what came back.</summary>
/// <param name="Method">Method, or the MQTT packet.</param>
/// <param name="Address">Where it went.</param>
/// <param name="Sent">The body, or null.</param>
/// <param name="Status">The status code.</param>
/// <param name="Text">The body of the answer.</param>
/// <param name="Headers">Its headers; names in any case.</param>
internal sealed record Reply(
    string Method, string Address, string? Sent, int Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    private const int ShownMax = 700;
    private JsonElement? _json;

    /// <summary>The body as JSON.</summary>
    /// <exception cref="CheckFailure">It is none.</exception>
    public JsonElement Json
    {
        get
        {
            try
            {
                return _json ??= JsonDocument.Parse(Text).RootElement;
            }
            catch (JsonException error)
            {
                throw new CheckFailure($"The answer is no JSON: {error.Message}", this);
            }
        }
    }

    /// <summary>The request in short, without credentials.</summary>
    public string Request => Shorten(Sent is null ? $"{Method} {Address}" : $"{Method} {Address}\n{Sent}");

    /// <summary>The answer in short.</summary>
    public string Answer => Status == 0 ? Shorten(Text) : Shorten(Text.Length == 0 ? $"{Status}" : $"{Status} {Text}");

    /// <summary>The media type without parameters, or "".</summary>
    public string MediaType =>
        MediaTypeHeaderValue.TryParse(Header("Content-Type"), out var type) ? type.MediaType ?? "" : "";

    /// <summary>A header, or "".</summary>
    public string Header(string name) => Headers.GetValueOrDefault(name, "");

    /// <summary>This reply, if it has one of the status codes.</summary>
    /// <exception cref="CheckFailure">It has another one.</exception>
    public Reply Must(params int[] statuses) => statuses.Contains(Status)
        ? this
        : throw new CheckFailure($"The answer must be {string.Join(" or ", statuses)}, it was {Status}.", this);

    /// <summary>This reply, if it is a refusal: 4xx, or 501.</summary>
    /// <exception cref="CheckFailure">It is something else.</exception>
    public Reply MustRefuse(string why) => Status is (>= 400 and < 500) or 501
        ? this
        : throw new CheckFailure($"The request must be refused with 4xx or 501, the answer was {Status}: {why}", this);

    private static string Shorten(string text) => text.Length <= ShownMax ? text : text[..ShownMax] + " …";
}
