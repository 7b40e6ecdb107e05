using System.Buffers.Text;
using System.Globalization;

namespace Stoa.Vocabulary;

/// <summary>A point in time with microsecond resolution, kept as UTC with the offset in which it was written.</summary>
/// <param name="UnixMicroseconds">Microseconds since 1970-01-01T00:00:00Z, negative before.</param>
/// <param name="OffsetMinutes">Offset from UTC as written, in minutes; 0 for Z. It does not take part in comparisons.</param>
/// <remarks>ISO 8601 as used by OGC SensorThings 1.1, 8.2 and RFC 3339. Microseconds are what both database engines keep.</remarks>
public readonly record struct Instant(long UnixMicroseconds, short OffsetMinutes = 0) : IComparable<Instant>
{
    /// <summary>Earliest time taken from outside: 0001-01-01T00:00:00Z.</summary>
    public static readonly Instant Min = new(-62_135_596_800_000_000L);

    /// <summary>Latest time taken from outside: 9999-12-31T23:59:59.999999Z.</summary>
    public static readonly Instant Max = new(253_402_300_799_999_999L);

    private const long MicrosecondsPerSecond = 1_000_000L;

    /// <summary>Longest text written by <see cref="TryFormat"/>, in bytes.</summary>
    public const int TextBytesMax = 27;

    /// <summary>From the framework's type; what is finer than a microsecond is cut off.</summary>
    public static Instant From(DateTimeOffset time) =>
        new((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond, (short)time.Offset.TotalMinutes);

    /// <summary>As the framework's type, in UTC.</summary>
    public DateTimeOffset ToDateTimeOffset() =>
        new(DateTimeOffset.UnixEpoch.Ticks + UnixMicroseconds * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);

    /// <inheritdoc/>
    public int CompareTo(Instant other) => UnixMicroseconds.CompareTo(other.UnixMicroseconds);

    /// <summary>Reads an ISO 8601 date and time: 2026-01-31T12:30[:15[.123456]] with Z, +01, +0100, +01:00 or no zone (UTC).</summary>
    /// <remarks>
    /// A date alone is midnight UTC. A space is taken in place of T, and a comma in place of the decimal point. Fractions
    /// finer than a microsecond are cut off. A leap second (…:60) is the next second. 24:00 is not taken.
    /// </remarks>
    public static bool TryParse(ReadOnlySpan<char> text, out Instant instant)
    {
        Span<byte> utf8 = stackalloc byte[40];
        instant = default;
        if (text.Length > utf8.Length) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] > 127) return false;
            utf8[i] = (byte)text[i];
        }

        return TryParse(utf8[..text.Length], out instant);
    }

    /// <summary>Reads an ISO 8601 date and time from ASCII bytes; see the other overload for the forms taken.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Instant instant)
    {
        instant = default;
        if (text.Length < 10 || text.Length > 40) return false;
        if (!Digits(text, 0, 4, out var year) || text[4] != '-' || !Digits(text, 5, 2, out var month) ||
            text[7] != '-' || !Digits(text, 8, 2, out var day)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        var seconds = (new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks)
            / TimeSpan.TicksPerSecond;
        if (text.Length == 10)
        {
            instant = new(seconds * MicrosecondsPerSecond);
            return true;
        }

        return TryParseTime(text[10..], seconds, out instant);
    }

    private static bool TryParseTime(ReadOnlySpan<byte> text, long seconds, out Instant instant)
    {
        instant = default;
        if (text.Length < 6 || (text[0] != 'T' && text[0] != 't' && text[0] != ' ')) return false;
        if (!Digits(text, 1, 2, out var hour) || hour > 23 || text[3] != ':' ||
            !Digits(text, 4, 2, out var minute) || minute > 59) return false;
        seconds += hour * 3600L + minute * 60L;
        var at = 6;
        long micros = 0;
        if (at < text.Length && text[at] == ':')
        {
            if (text.Length < 9 || !Digits(text, 7, 2, out var second) || second > 60) return false;
            seconds += second;
            at = 9;
            if (at < text.Length && (text[at] == '.' || text[at] == ','))
            {
                var digits = 0;
                for (at++; at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9'; at++, digits++)
                    if (digits < 6) micros = micros * 10 + (text[at] - '0');
                if (digits == 0) return false;
                for (; digits < 6; digits++) micros *= 10;
            }
        }

        if (!TryParseOffset(text[at..], out var offset)) return false;
        var value = (seconds - offset * 60L) * MicrosecondsPerSecond + micros;
        if (value < Min.UnixMicroseconds || value > Max.UnixMicroseconds) return false;
        instant = new(value, offset);
        return true;
    }

    private static bool TryParseOffset(ReadOnlySpan<byte> text, out short offset)
    {
        offset = 0;
        if (text.IsEmpty || (text.Length == 1 && (text[0] == 'Z' || text[0] == 'z'))) return true;
        if (text[0] != '+' && text[0] != '-') return false;
        int minutes = 0;
        if (!Digits(text, 1, 2, out var hours)) return false;
        if (text.Length == 5 && !Digits(text, 3, 2, out minutes)) return false;
        if (text.Length == 6 && (text[3] != ':' || !Digits(text, 4, 2, out minutes))) return false;
        if (text.Length is not (3 or 5 or 6) || hours > 18 || minutes > 59) return false;
        offset = (short)((text[0] == '-' ? -1 : 1) * (hours * 60 + minutes));
        return true;
    }

    private static bool Digits(ReadOnlySpan<byte> text, int start, int count, out int value)
    {
        value = 0;
        if (start + count > text.Length) return false;
        for (var i = start; i < start + count; i++)
        {
            var digit = text[i] - '0';
            if ((uint)digit > 9) return false;
            value = value * 10 + digit;
        }

        return true;
    }

    /// <summary>Writes the instant in UTC as 2026-01-31T12:30:15[.123456]Z, without needless zeros; at most
    /// <see cref="TextBytesMax"/> bytes.</summary>
    /// <remarks>Written by hand: this runs once or twice for every observation that leaves.</remarks>
    public bool TryFormat(Span<byte> destination, out int written)
    {
        written = 0;
        if (destination.Length < TextBytesMax) return false;
        var seconds = Math.DivRem(UnixMicroseconds, MicrosecondsPerSecond, out var micros);
        if (micros < 0)
        {
            micros += MicrosecondsPerSecond;
            seconds--;
        }

        var date = new DateTime(DateTime.UnixEpoch.Ticks + seconds * TimeSpan.TicksPerSecond, DateTimeKind.Utc);
        date.Deconstruct(out DateOnly day, out TimeOnly time);
        Put(destination, 0, day.Year, 4);
        destination[4] = (byte)'-';
        Put(destination, 5, day.Month, 2);
        destination[7] = (byte)'-';
        Put(destination, 8, day.Day, 2);
        destination[10] = (byte)'T';
        Put(destination, 11, time.Hour, 2);
        destination[13] = (byte)':';
        Put(destination, 14, time.Minute, 2);
        destination[16] = (byte)':';
        Put(destination, 17, time.Second, 2);
        written = 19;
        if (micros != 0)
        {
            destination[19] = (byte)'.';
            Put(destination, 20, (int)micros, 6);
            written = 26;
            while (destination[written - 1] == '0') written--;
        }

        destination[written++] = (byte)'Z';
        return true;
    }

    private static void Put(Span<byte> destination, int at, int value, int digits)
    {
        for (var i = at + digits - 1; i >= at; i--)
        {
            destination[i] = (byte)('0' + value % 10);
            value /= 10;
        }
    }

    /// <summary>The text of <see cref="TryFormat"/>.</summary>
    public override string ToString()
    {
        Span<byte> text = stackalloc byte[TextBytesMax];
        TryFormat(text, out var written);
        return System.Text.Encoding.ASCII.GetString(text[..written]);
    }
}
