using System.Buffers.Text;
using System.Text;

namespace Stoa.Sensing.Import.Time;

/// <summary>One way of writing a time: <c>iso</c>, <c>unix</c>, <c>unixMilliseconds</c>, or a pattern such as
/// <c>dd.MM.yyyy HH:mm</c>.</summary>
/// <remarks>
/// A pattern is cut into steps once and then read against the bytes of a field. Letters: yyyy yy MMMM MMM MM M dd d HH
/// H hh h
/// mm m ss s f…fffffff tt zzz Z; T and every other sign stand for themselves, other text goes in apostrophes.
/// </remarks>
internal sealed class TimeFormat
{
    private const long MicrosecondsPerSecond = 1_000_000;

    private static readonly byte[][] MonthNames =
    [
        "january"u8.ToArray(), "february"u8.ToArray(), "march"u8.ToArray(), "april"u8.ToArray(), "may"u8.ToArray(),
        "june"u8.ToArray(), "july"u8.ToArray(), "august"u8.ToArray(), "september"u8.ToArray(), "october"u8.ToArray(),
        "november"u8.ToArray(), "december"u8.ToArray(),
    ];

    private enum Kind { Iso, Unix, UnixMilliseconds, Pattern }

    private enum Part { Literal, Year4, Year2, MonthName, MonthAbbreviation, Month, Day, Hour, HourOfHalf, Minute,
        Second, Fraction, Half, Offset, Utc }

    // Width: digits exactly, or 0 for one or two digits.
    private readonly record struct Step(Part Part, int Width, byte Literal);

    private readonly Kind _kind;
    private readonly Step[] _steps;

    private TimeFormat(string text, Kind kind, Step[] steps)
    {
        Text = text;
        _kind = kind;
        _steps = steps;
    }

    /// <summary>As written in the mapping.</summary>
    public string Text { get; }

    /// <summary>Whether every time read with this format is absolute, so that no zone is needed.</summary>
    public bool IsAbsolute => _kind is Kind.Unix or Kind.UnixMilliseconds ||
        Array.Exists(_steps, step => step.Part is Part.Offset or Part.Utc);

    /// <summary>ISO 8601: 2026-01-31, then T or a space, 12:30[:15[.123456]], then Z, an offset or nothing.</summary>
    public static TimeFormat Iso { get; } = new("iso", Kind.Iso, []);

    /// <summary>Characters of a format; the longest that is known has 40.</summary>
    public const int CharsMax = 200;

    /// <summary>Reads a format of the mapping; <paramref name="problem"/> says what is not understood.</summary>
    public static bool TryCreate(string text, out TimeFormat format, out string problem)
    {
        problem = "";
        format = text switch
        {
            "iso" => Iso,
            "unix" => new(text, Kind.Unix, []),
            "unixMilliseconds" => new(text, Kind.UnixMilliseconds, []),
            _ => Iso,
        };
        if (text is "iso" or "unix" or "unixMilliseconds") return true;
        if (text.Length > CharsMax)
        {
            problem = $"a time format has {text.Length} characters, the limit is {CharsMax}";
            return false;
        }

        if (!TryCut(text, out var steps, out problem)) return false;
        if (!steps.Exists(step => step.Part is Part.Year4 or Part.Year2))
        {
            problem = $"the time format '{text}' has no year; write yyyy, or one of iso, unix, unixMilliseconds";
            return false;
        }

        format = new(text, Kind.Pattern, [.. steps]);
        return true;
    }

    /// <summary>Reads a whole field.</summary>
    public bool TryRead(ReadOnlySpan<byte> text, out WallClock clock) => _kind switch
    {
        Kind.Iso => TryReadIso(text, out clock),
        Kind.Unix => TryReadUnix(text, MicrosecondsPerSecond, out clock),
        Kind.UnixMilliseconds => TryReadUnix(text, 1000, out clock),
        Kind.Pattern => TryReadPattern(text, out clock),
        _ => throw new InvalidOperationException("Unknown kind of time format."),
    };

    private static bool TryCut(string text, out List<Step> steps, out string problem)
    {
        steps = [];
        problem = "";
        for (var at = 0; at < text.Length;)
        {
            var letter = text[at];
            var run = 1;
            while (at + run < text.Length && text[at + run] == letter) run++;
            if (letter == '\'')
            {
                var close = text.IndexOf('\'', at + 1);
                if (close < 0)
                {
                    problem = $"the time format '{text}' has an apostrophe without its partner";
                    return false;
                }

                AddLiteral(steps, text[(at + 1)..close]);
                at = close + 1;
                continue;
            }

            if (StepOf(letter, run) is { } step)
            {
                steps.Add(step);
            }
            else if (char.IsAsciiLetter(letter) && letter != 'T')
            {
                problem = $"the time format '{text}' has '{new string(letter, run)}', which means nothing; " +
                    "the letters are yyyy MM dd HH mm ss fff tt zzz, other text goes in apostrophes";
                return false;
            }
            else
            {
                AddLiteral(steps, new string(letter, run));
            }

            at += run;
        }

        return true;
    }

    private static void AddLiteral(List<Step> steps, string text)
    {
        foreach (var value in Encoding.UTF8.GetBytes(text)) steps.Add(new(Part.Literal, 0, value));
    }

    private static Step? StepOf(char letter, int run) => (letter, run) switch
    {
        ('y', 4) => new(Part.Year4, 4, 0),
        ('y', 2) => new(Part.Year2, 2, 0),
        ('M', 4) => new(Part.MonthName, 0, 0),
        ('M', 3) => new(Part.MonthAbbreviation, 0, 0),
        ('M', 2) => new(Part.Month, 2, 0),
        ('M', 1) => new(Part.Month, 0, 0),
        ('d', 2) => new(Part.Day, 2, 0),
        ('d', 1) => new(Part.Day, 0, 0),
        ('H', 2) => new(Part.Hour, 2, 0),
        ('H', 1) => new(Part.Hour, 0, 0),
        ('h', 2) => new(Part.HourOfHalf, 2, 0),
        ('h', 1) => new(Part.HourOfHalf, 0, 0),
        ('m', 2) => new(Part.Minute, 2, 0),
        ('m', 1) => new(Part.Minute, 0, 0),
        ('s', 2) => new(Part.Second, 2, 0),
        ('s', 1) => new(Part.Second, 0, 0),
        ('f', <= 7) => new(Part.Fraction, run, 0),
        ('t', 2) => new(Part.Half, 0, 0),
        ('z', 3) => new(Part.Offset, 0, 0),
        ('Z', 1) => new(Part.Utc, 0, 0),
        _ => null,
    };

    private bool TryReadPattern(ReadOnlySpan<byte> text, out WallClock clock)
    {
        clock = default;
        var parts = new DateParts();
        var afternoon = -1;
        foreach (var step in _steps)
            if (!TryReadStep(step, ref text, ref parts, ref afternoon)) return false;
        if (!text.IsEmpty) return false;
        if (afternoon >= 0)
        {
            if (parts.Hour is < 1 or > 12) return false;
            parts.Hour = parts.Hour % 12 + afternoon * 12;
        }

        return WallClock.TryCreate(parts, out clock);
    }

    private static bool TryReadStep(Step step, ref ReadOnlySpan<byte> text, ref DateParts parts, ref int afternoon)
    {
        switch (step.Part)
        {
            case Part.Literal:
                if (text.IsEmpty || text[0] != step.Literal) return false;
                text = text[1..];
                return true;
            case Part.Year4: return TryDigits(ref text, 4, out parts.Year);
            case Part.Year2:
                if (!TryDigits(ref text, 2, out parts.Year)) return false;
                parts.Year += parts.Year < 69 ? 2000 : 1900; // POSIX strptime, %y
                return true;
            case Part.MonthName: return TryMonth(ref text, whole: true, out parts.Month);
            case Part.MonthAbbreviation: return TryMonth(ref text, whole: false, out parts.Month);
            case Part.Month: return TryDigits(ref text, step.Width, out parts.Month);
            case Part.Day: return TryDigits(ref text, step.Width, out parts.Day);
            case Part.Hour:
            case Part.HourOfHalf: return TryDigits(ref text, step.Width, out parts.Hour);
            case Part.Minute: return TryDigits(ref text, step.Width, out parts.Minute);
            case Part.Second: return TryDigits(ref text, step.Width, out parts.Second);
            case Part.Fraction: return TryFraction(ref text, step.Width, out parts.Microsecond);
            case Part.Half: return TryHalf(ref text, out afternoon);
            case Part.Utc:
                if (text.IsEmpty || text[0] != 'Z') return false;
                text = text[1..];
                parts.OffsetMinutes = 0;
                return true;
            case Part.Offset:
                var found = TryOffset(ref text, out var offset);
                parts.OffsetMinutes = offset;
                return found;
            default: throw new InvalidOperationException("Unknown part of a time format.");
        }
    }

    private static bool TryReadIso(ReadOnlySpan<byte> text, out WallClock clock)
    {
        clock = default;
        var parts = new DateParts();
        if (!TryDigits(ref text, 4, out parts.Year) || !TrySign(ref text, (byte)'-') ||
            !TryDigits(ref text, 2, out parts.Month) || !TrySign(ref text, (byte)'-') ||
            !TryDigits(ref text, 2, out parts.Day)) return false;
        if (text.IsEmpty) return WallClock.TryCreate(parts, out clock);
        if (text[0] is not ((byte)'T' or (byte)'t' or (byte)' ')) return false;
        text = text[1..];
        if (!TryDigits(ref text, 2, out parts.Hour) || !TrySign(ref text, (byte)':') ||
            !TryDigits(ref text, 2, out parts.Minute)) return false;
        if (TrySign(ref text, (byte)':'))
        {
            if (!TryDigits(ref text, 2, out parts.Second)) return false;
            if (TrySign(ref text, (byte)'.') || TrySign(ref text, (byte)','))
            {
                var digits = 0;
                while (digits < text.Length && text[digits] is >= (byte)'0' and <= (byte)'9') digits++;
                if (digits is 0 or > 9 || !TryFraction(ref text, digits, out parts.Microsecond)) return false;
            }
        }

        if (!text.IsEmpty)
        {
            if (!TryOffset(ref text, out var offset) || !text.IsEmpty) return false;
            parts.OffsetMinutes = offset;
        }

        return WallClock.TryCreate(parts, out clock);
    }

    private static bool TryReadUnix(ReadOnlySpan<byte> text, long microsecondsPerUnit, out WallClock clock)
    {
        clock = default;
        if (text.Length > 24) return false;
        // The largest times taken lie in the year 9999; beyond that the multiplication could overflow.
        const long SecondsMax = 253_402_300_799;
        if (Utf8Parser.TryParse(text, out long whole, out var read) && read == text.Length)
        {
            if (Math.Abs((decimal)whole) * microsecondsPerUnit > (
                decimal)SecondsMax * MicrosecondsPerSecond) return false;
            clock = new(whole * microsecondsPerUnit, 0);
            return true;
        }

        if (!Utf8Parser.TryParse(text, out decimal units, out read) || read != text.Length) return false;
        if (Math.Abs(units) > (decimal)SecondsMax * MicrosecondsPerSecond / microsecondsPerUnit) return false;
        clock = new((long)decimal.Floor(units * microsecondsPerUnit), 0);
        return true;
    }

    private static bool TrySign(ref ReadOnlySpan<byte> text, byte sign)
    {
        if (text.IsEmpty || text[0] != sign) return false;
        text = text[1..];
        return true;
    }

    // Width 0: one or two digits.
    private static bool TryDigits(ref ReadOnlySpan<byte> text, int width, out int value)
    {
        value = 0;
        var digits = width == 0 ? (text.Length > 1 && text[1] is >= (byte)'0' and <= (byte)'9' ? 2 : 1) : width;
        if (text.Length < digits) return false;
        for (var i = 0; i < digits; i++)
        {
            var digit = text[i] - '0';
            if ((uint)digit > 9) return false;
            value = value * 10 + digit;
        }

        text = text[digits..];
        return true;
    }

    private static bool TryFraction(ref ReadOnlySpan<byte> text, int width, out int microseconds)
    {
        microseconds = 0;
        if (text.Length < width) return false;
        for (var i = 0; i < Math.Max(width, 6); i++)
        {
            var digit = i < width ? text[i] - '0' : 0;
            if ((uint)digit > 9) return false;
            if (i < 6) microseconds = microseconds * 10 + digit;
        }

        text = text[width..];
        return true;
    }

    private static bool TryMonth(ref ReadOnlySpan<byte> text, bool whole, out int month)
    {
        for (month = 1; month <= 12; month++)
        {
            var name = MonthNames[month - 1].AsSpan();
            if (!whole) name = name[..3];
            if (text.Length < name.Length || !Ascii.EqualsIgnoreCase(text[..name.Length], name)) continue;
            text = text[name.Length..];
            return true;
        }

        return false;
    }

    private static bool TryHalf(ref ReadOnlySpan<byte> text, out int afternoon)
    {
        afternoon = 0;
        if (text.Length < 2 || (text[1] | 0x20) != 'm') return false;
        var half = text[0] | 0x20;
        if (half != 'a' && half != 'p') return false;
        afternoon = half == 'p' ? 1 : 0;
        text = text[2..];
        return true;
    }

    private static bool TryOffset(ref ReadOnlySpan<byte> text, out short minutes)
    {
        minutes = 0;
        if (TrySign(ref text, (byte)'Z') || TrySign(ref text, (byte)'z')) return true;
        if (text.IsEmpty || text[0] is not ((byte)'+' or (byte)'-')) return false;
        var sign = text[0] == '-' ? -1 : 1;
        text = text[1..];
        if (!TryDigits(ref text, 2, out var hours)) return false;
        var parts = 0;
        var colon = TrySign(ref text, (byte)':');
        if ((colon || (!text.IsEmpty && text[0] is >= (byte)'0' and <= (byte)'9')) &&
            !TryDigits(ref text, 2, out parts))
            return false;
        if (hours > 18 || parts > 59) return false;
        minutes = (short)(sign * (hours * 60 + parts));
        return true;
    }
}
