using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Stoa.Sharing.Recording;

/// <summary>One text for one value: what is hashed, signed and compared.</summary>
/// <remarks>
/// RFC 8785 for what is written here: members in the order of their UTF-16 names, no blanks, no needless escapes, whole
/// numbers up to 2^53. Other numbers do not occur: the types hold none, and what holds one is refused.
/// </remarks>
internal static class CanonicalJson
{
    private const long NumberMax = 1L << 53;

    public static byte[] Bytes<T>(T value, JsonTypeInfo<T> type)
    {
        using var document = JsonSerializer.SerializeToDocument(value, type);
        return Bytes(document.RootElement);
    }

    public static byte[] Bytes(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Write(buffer, element);
        return buffer.WrittenSpan.ToArray();
    }

    public static bool AreEqual<T>(T one, T other, JsonTypeInfo<T> type) =>
        ReferenceEquals(one, other) || Bytes(one, type).AsSpan().SequenceEqual(Bytes(other, type));

    private static void Write(ArrayBufferWriter<byte> buffer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(buffer, element);
                break;
            case JsonValueKind.Array:
                WriteArray(buffer, element);
                break;
            case JsonValueKind.String:
                WriteText(buffer, element.GetString() ?? "");
                break;
            case JsonValueKind.Number when element.TryGetInt64(out var number) && number is <= NumberMax and >= -NumberMax:
                Put(buffer, number.ToString(CultureInfo.InvariantCulture));
                break;
            case JsonValueKind.True:
                buffer.Write("true"u8);
                break;
            case JsonValueKind.False:
                buffer.Write("false"u8);
                break;
            case JsonValueKind.Null:
                buffer.Write("null"u8);
                break;
            default:
                throw new InvalidOperationException($"{element.ValueKind} has no canonical text here.");
        }
    }

    private static void WriteObject(ArrayBufferWriter<byte> buffer, JsonElement element)
    {
        buffer.Write("{"u8);
        var isFirst = true;
        foreach (var member in element.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            if (!isFirst) buffer.Write(","u8);
            isFirst = false;
            WriteText(buffer, member.Name);
            buffer.Write(":"u8);
            Write(buffer, member.Value);
        }

        buffer.Write("}"u8);
    }

    private static void WriteArray(ArrayBufferWriter<byte> buffer, JsonElement element)
    {
        buffer.Write("["u8);
        var isFirst = true;
        foreach (var item in element.EnumerateArray())
        {
            if (!isFirst) buffer.Write(","u8);
            isFirst = false;
            Write(buffer, item);
        }

        buffer.Write("]"u8);
    }

    private static void WriteText(ArrayBufferWriter<byte> buffer, string text)
    {
        buffer.Write("\""u8);
        var plain = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var escaped = text[i] switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\b' => @"\b",
                '\t' => @"\t",
                '\n' => @"\n",
                '\f' => @"\f",
                '\r' => @"\r",
                < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}"),
                _ => null,
            };
            if (escaped is null) continue;
            Put(buffer, text.AsSpan(plain, i - plain));
            Put(buffer, escaped);
            plain = i + 1;
        }

        Put(buffer, text.AsSpan(plain));
        buffer.Write("\""u8);
    }

    private static void Put(ArrayBufferWriter<byte> buffer, ReadOnlySpan<char> text)
    {
        var span = buffer.GetSpan(System.Text.Encoding.UTF8.GetMaxByteCount(text.Length));
        buffer.Advance(System.Text.Encoding.UTF8.GetBytes(text, span));
    }
}
