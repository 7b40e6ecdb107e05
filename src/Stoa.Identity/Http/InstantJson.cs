using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Vocabulary;

namespace Stoa.Identity.Http;

/// <summary>An <see cref="Instant"/> on the wire of Stoa's own API: RFC 3339 in UTC.</summary>
public sealed class InstantJson : JsonConverter<Instant>
{
    /// <inheritdoc/>
    public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Instant.TryParse(reader.GetString(), out var instant)
            ? instant
            : throw new JsonException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[Instant.TextBytesMax];
        value.TryFormat(text, out var written);
        writer.WriteStringValue(text[..written]);
    }
}
