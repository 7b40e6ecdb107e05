using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Stoa.Ledger.Canonical;

/// <summary>One text for one value: what is hashed, signed and compared.</summary>
/// <remarks>
/// RFC 8785: members in the order of their UTF-16 names, no blanks, no needless escapes, numbers as ECMAScript writes them. A name that stands twice, a
/// surrogate alone, and a number that is none are refused, because readers do not agree on them. What is signed and what enters the ledger
/// holds whole numbers up to 2^53 alone, which every reader writes alike; measured values may have fractions.
/// </remarks>
public static class CanonicalJson
{
    // Below it every whole number is a double of its own.
    private const long WholeMax = 1L << 53;

    /// <summary>The text of a value without fractions, UTF-8.</summary>
    /// <exception cref="InvalidOperationException">It has no canonical text.</exception>
    public static byte[] Bytes<T>(T value, JsonTypeInfo<T> type)
    {
        using var document = JsonSerializer.SerializeToDocument(value, type);
        return Bytes(document.RootElement);
    }

    /// <summary>The text of a value, UTF-8.</summary>
    /// <param name="element">The value.</param>
    /// <param name="takesFractions">Whether numbers may be other than whole and up to 2^53.</param>
    /// <exception cref="InvalidOperationException">It has no canonical text.</exception>
    public static byte[] Bytes(JsonElement element, bool takesFractions = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Write(buffer, element, takesFractions);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Whether two values have one text.</summary>
    public static bool AreEqual<T>(T one, T other, JsonTypeInfo<T> type) =>
        ReferenceEquals(one, other) || Bytes(one, type).AsSpan().SequenceEqual(Bytes(other, type));

    /// <summary>Writes a measured value as ECMAScript does.</summary>
    /// <exception cref="InvalidOperationException">It is not finite.</exception>
    public static void Write(ArrayBufferWriter<byte> buffer, double number)
    {
        if (!double.IsFinite(number)) throw new InvalidOperationException("A number is too large.");
        if (number == 0) Put(buffer, "0");
        else if (Math.Abs(number) is >= 1e-4 and < 1e15)
        {
            // Here .NET writes no exponent, and the same digits.
            number.TryFormat(buffer.GetSpan(32), out var written, default, CultureInfo.InvariantCulture);
            buffer.Advance(written);
        }
        else Put(buffer, TextOf(number));
    }

    /// <summary>Writes a text with its quotes.</summary>
    /// <exception cref="InvalidOperationException">Half a letter stands in it.</exception>
    public static void Write(ArrayBufferWriter<byte> buffer, string text) => WriteText(buffer, text);

    private static void Write(ArrayBufferWriter<byte> buffer, JsonElement element, bool takesFractions)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(buffer, element, takesFractions);
                break;
            case JsonValueKind.Array:
                WriteArray(buffer, element, takesFractions);
                break;
            case JsonValueKind.String:
                WriteText(buffer, element.GetString() ?? "");
                break;
            case JsonValueKind.Number:
                WriteNumber(buffer, element, takesFractions);
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
                throw new InvalidOperationException($"{element.ValueKind} has no canonical text.");
        }
    }

    private static void WriteObject(ArrayBufferWriter<byte> buffer, JsonElement element, bool takesFractions)
    {
        var members = element.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal).ToList();
        buffer.Write("{"u8);
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
            {
                if (members[i].Name == members[i - 1].Name) throw new InvalidOperationException($"The name {members[i].Name} stands twice.");
                buffer.Write(","u8);
            }

            WriteText(buffer, members[i].Name);
            buffer.Write(":"u8);
            Write(buffer, members[i].Value, takesFractions);
        }

        buffer.Write("}"u8);
    }

    private static void WriteArray(ArrayBufferWriter<byte> buffer, JsonElement element, bool takesFractions)
    {
        buffer.Write("["u8);
        var isFirst = true;
        foreach (var entry in element.EnumerateArray())
        {
            if (!isFirst) buffer.Write(","u8);
            isFirst = false;
            Write(buffer, entry, takesFractions);
        }

        buffer.Write("]"u8);
    }

    // RFC 8785, 3.2.2.2: seven escapes with a letter, other control characters as \u00xx, nothing else.
    private static void WriteText(ArrayBufferWriter<byte> buffer, string text)
    {
        buffer.Write("\""u8);
        var target = buffer.GetSpan(6 * text.Length);
        var length = 0;
        foreach (var rune in Runes(text))
        {
            var escape = rune.Value switch
            {
                '"' => '"',
                '\\' => '\\',
                '\b' => 'b',
                '\t' => 't',
                '\n' => 'n',
                '\f' => 'f',
                '\r' => 'r',
                _ => '\0',
            };
            if (escape != '\0')
            {
                target[length++] = (byte)'\\';
                target[length++] = (byte)escape;
            }
            else if (rune.Value < ' ')
            {
                "\\u00"u8.CopyTo(target[length..]);
                length += 4;
                Utf8Formatter.TryFormat(rune.Value, target[length..], out _, new StandardFormat('x', 2));
                length += 2;
            }
            else
            {
                length += rune.EncodeToUtf8(target[length..]);
            }
        }

        buffer.Advance(length);
        buffer.Write("\""u8);
    }

    private static IEnumerable<System.Text.Rune> Runes(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            if (!System.Text.Rune.TryGetRuneAt(text, i, out var rune)) throw new InvalidOperationException("A surrogate stands alone.");
            yield return rune;
            i += rune.Utf16SequenceLength;
        }
    }

    private static void WriteNumber(ArrayBufferWriter<byte> buffer, JsonElement element, bool takesFractions)
    {
        if (element.TryGetInt64(out var whole) && whole is <= WholeMax and >= -WholeMax)
        {
            Put(buffer, whole.ToString(CultureInfo.InvariantCulture));
            return;
        }

        if (!takesFractions) throw new InvalidOperationException($"{element.GetRawText()} is not a whole number up to 2^53.");
        Write(buffer, element.GetDouble());
    }

    // ECMAScript, Number::toString: as few digits as tell the number from its neighbours. .NET finds the same digits in another notation.
    private static string TextOf(double number)
    {
        var parts = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var dot = parts[0].IndexOf('.', StringComparison.Ordinal);
        var all = parts[0].Replace(".", "", StringComparison.Ordinal);
        var digits = all.TrimStart('0');
        // The number is 0.digits times ten to the power of point.
        var point = (dot < 0 ? all.Length : dot) - (all.Length - digits.Length) +
            (parts.Length == 2 ? int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0);
        digits = digits.TrimEnd('0');
        var sign = number < 0 ? "-" : "";
        if (digits.Length <= point && point <= 21) return sign + digits.PadRight(point, '0');
        if (point is > 0 and <= 21) return $"{sign}{digits[..point]}.{digits[point..]}";
        if (point is > -6 and <= 0) return $"{sign}0.{new string('0', -point)}{digits}";
        var power = string.Create(CultureInfo.InvariantCulture, $"{(point < 1 ? '-' : '+')}{Math.Abs(point - 1)}");
        return digits.Length == 1 ? $"{sign}{digits}e{power}" : $"{sign}{digits[0]}.{digits[1..]}e{power}";
    }

    private static void Put(ArrayBufferWriter<byte> buffer, string text)
    {
        var target = buffer.GetSpan(text.Length);
        for (var i = 0; i < text.Length; i++) target[i] = (byte)text[i];
        buffer.Advance(text.Length);
    }
}
