using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stoa.Sensing.Import.Mapping;
using Stoa.Sensing.Import.Table;

namespace Stoa.Sensing.Import;

/// <summary>Small JSON values as text.</summary>
internal static class ImportJson
{
    // What is stored goes out as application/json, never into a page unescaped: letters stay letters.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What <paramref name="write"/> writes.</summary>
    public static string Of(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Options);
        write(json);
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes a text as a value of some kind, read by the rules of a table; false when it is not
    /// one.</summary>
    public static bool TryWrite(Utf8JsonWriter json, string text, ResultKind kind, ValueFormat? format)
    {
        var number = format?.Number ?? NumberFormat.Plain;
        var bytes = Encoding.UTF8.GetBytes(text);
        switch (kind)
        {
            case ResultKind.Text:
                json.WriteStringValue(text);
                return true;
            case ResultKind.Integer:
                if (!number.TryReadInteger(bytes, out var integer)) return false;
                json.WriteNumberValue(integer);
                return true;
            case ResultKind.Number:
                if (!number.TryReadNumber(bytes, out var real)) return false;
                json.WriteNumberValue(real);
                return true;
            case ResultKind.Boolean:
                if (!TryReadBoolean(text, format, out var truth)) return false;
                json.WriteBooleanValue(truth);
                return true;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of value.");
        }
    }

    private static bool TryReadBoolean(string text, ValueFormat? format, out bool truth)
    {
        if (format is null) return bool.TryParse(text, out truth);
        var lower = Encoding.UTF8.GetBytes(text.ToLowerInvariant());
        truth = FieldText.IsOneOf(lower, format.True);
        return truth || FieldText.IsOneOf(lower, format.False);
    }
}
