using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Stoa.Vocabulary;

namespace Stoa.Identity.Http;

/// <summary>Reads the bodies of Stoa's own API: one JSON object, every member known, none twice, all of it bounded.</summary>
/// <remarks>
/// Members that nobody knows are refused by name, so that a misspelt property cannot be lost in silence. Types read here
/// are flat records with a source-generated <see cref="JsonTypeInfo"/>.
/// </remarks>
public static class StrictJson
{
    /// <summary>Largest body in bytes: a description of the greatest length with room to spare.</summary>
    public const int BodyBytesMax = 128 * 1024;

    /// <summary>Deepest nesting of a body.</summary>
    public const int DepthMax = 8;

    /// <summary>Media types taken for a body.</summary>
    public static readonly IReadOnlyList<string> MediaTypes = ["application/json", "application/merge-patch+json"];

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = DepthMax, AllowDuplicateProperties = false };

    /// <summary>The body as a value of a known type.</summary>
    public static async ValueTask<Result<T>> ReadAsync<T>(
        HttpContext context, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        var outcome = await ReadObjectAsync(context, cancellation);
        if (!outcome.TryGet(out var document, out var problem)) return problem;
        using (document) return Convert(document.RootElement, type);
    }

    /// <summary>The body as a JSON object; the caller disposes it.</summary>
    public static async ValueTask<Result<JsonDocument>> ReadObjectAsync(
        HttpContext context, CancellationToken cancellation)
    {
        if (!IsJson(context.Request.ContentType)) return UnsupportedMediaType;
        var body = await ReadBytesAsync(context, cancellation);
        if (!body.TryGet(out var bytes, out var problem)) return problem;
        try
        {
            if (HalfLetterAt(bytes) is { } at) return MalformedJson(InvalidText.Detail).With("position", at);
            var document = JsonDocument.Parse(bytes, Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            return MalformedJson("The body must be one JSON object.");
        }
        catch (JsonException error)
        {
            return MalformedJson(
                $"The body is not JSON as RFC 8259 has it, names a member twice, or is nested deeper than {DepthMax} levels.")
                .With("line", (error.LineNumber ?? 0) + 1)
                .With("position", (error.BytePositionInLine ?? 0) + 1);
        }
        catch (InvalidOperationException)
        {
            // A member's name cannot be read as text, so it cannot be compared with the others.
            return InvalidText;
        }
    }

    // System.Text.Json reads a surrogate that stands alone and fails where its text is asked for: found here, once for all. Only an escape
    // can hold one, since bytes that are no UTF-8 are refused by themselves.
    private static long? HalfLetterAt(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOf("\\u"u8) < 0) return null;
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = DepthMax });
        while (reader.Read())
        {
            if (!reader.ValueIsEscaped || reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName)) continue;
            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException)
            {
                return reader.TokenStartIndex;
            }
        }

        return null;
    }

    /// <summary>The current value with a JSON merge patch applied (RFC 7396): null takes a member away.</summary>
    public static Result<T> Merge<T>(T current, JsonElement patch, JsonTypeInfo<T> type)
    {
        using var old = JsonSerializer.SerializeToDocument(current, type);
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                foreach (var member in old.RootElement.EnumerateObject())
                    if (!patch.TryGetProperty(member.Name, out _)) member.WriteTo(json);
                // Members are flat or arrays, which a merge patch replaces as a whole.
                foreach (var member in patch.EnumerateObject()) member.WriteTo(json);
                json.WriteEndObject();
            }
        }
        catch (InvalidOperationException)
        {
            return InvalidText;
        }

        using var merged = JsonDocument.Parse(buffer.WrittenMemory, Options);
        return Convert(merged.RootElement, type);
    }

    /// <summary>The refusal of one property, naming it.</summary>
    public static Problem InvalidProperty(string property, string detail) =>
        Problem.BadRequest("invalid-property", "A property is not acceptable", detail).With("property", property);

    private static Result<T> Convert<T>(JsonElement element, JsonTypeInfo<T> type)
    {
        try
        {
            foreach (var member in element.EnumerateObject())
                if (!type.Properties.Any(property => property.Name == member.Name))
                    return UnknownMember(member.Name, type);

            return element.Deserialize(type) is { } value ? value : MalformedJson("The body must be one JSON object.");
        }
        catch (JsonException error)
        {
            var property = (error.Path ?? "$").TrimStart('$').TrimStart('.');
            return InvalidProperty(property, $"The property '{property}' does not have the JSON type that is expected there.");
        }
        catch (InvalidOperationException)
        {
            return InvalidText;
        }
    }

    private static Problem UnknownMember(string name, JsonTypeInfo type)
    {
        var shown = name.Length <= 64 ? name : name[..64];
        var known = string.Join(", ", type.Properties.Select(property => property.Name));
        return Problem.BadRequest(
            "unknown-property", "A property is not known", $"There is no property '{shown}' here. Known are: {known}.")
            .With("property", shown);
    }

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type) && MediaTypes.Any(known => type.MediaType.Equals(
            known, StringComparison.OrdinalIgnoreCase));

    private static async ValueTask<Result<byte[]>> ReadBytesAsync(HttpContext context, CancellationToken cancellation)
    {
        if (context.Request.ContentLength > BodyBytesMax) return BodyTooLarge;
        var rented = ArrayPool<byte>.Shared.Rent(BodyBytesMax + 1);
        try
        {
            var length = await context.Request.Body.ReadAtLeastAsync(
                rented.AsMemory(0, BodyBytesMax + 1), BodyBytesMax + 1, throwOnEndOfStream: false, cancellation);
            return length > BodyBytesMax ? BodyTooLarge : rented.AsSpan(0, length).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }
    }

    private static Problem MalformedJson(string detail) =>
        Problem.BadRequest("malformed-json", "The body cannot be read", detail);

    private static Problem InvalidText { get; } = MalformedJson("A text in the body holds half of a surrogate pair.");

    private static Problem UnsupportedMediaType { get; } = new(
        415, "unsupported-media-type", "The body has another media type than is taken here",
        "Send JSON and say so: 'Content-Type: application/json'.");

    private static Problem BodyTooLarge { get; } = new Problem(
        413, "body-too-large", "The body is too large", $"At most {BodyBytesMax} bytes are taken here.")
        .With("limit", BodyBytesMax);
}
