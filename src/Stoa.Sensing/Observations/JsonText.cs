using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Stoa.Sensing.Observations;

/// <summary>JSON values as compact text: what is stored and sent again as it is.</summary>
internal static class JsonText
{
    internal static readonly JsonWriterOptions Plain = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>How bodies are read: which of two members of one name counts is nothing to guess about.</summary>
    internal static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Takes the whole value at which the reader stands, without needless space, and moves to its end.</summary>
    /// <param name="reader">Stands at the beginning of the value.</param>
    /// <param name="utf8">The whole text that the reader reads.</param>
    internal static string Take(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return Of(JsonElement.Parse(utf8[start..(int)reader.BytesConsumed], Strict));
    }

    /// <summary>The value without needless space.</summary>
    internal static string Of(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Plain)) element.WriteTo(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
