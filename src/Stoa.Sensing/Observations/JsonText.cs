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

    /// <summary>Takes the whole value at which the reader stands, without needless space, and moves to its end.</summary>
    internal static string Take(ref Utf8JsonReader reader)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return Of(document.RootElement);
    }

    /// <summary>The value without needless space.</summary>
    internal static string Of(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Plain)) element.WriteTo(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
