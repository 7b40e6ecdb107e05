using System.Globalization;
using System.Runtime.CompilerServices;

namespace Stoa.Sensing.Import;

/// <summary>How a table writes numbers.</summary>
/// <param name="Decimal">The decimal sign: a point or a comma.</param>
/// <param name="Thousands">The sign between groups of three digits, or null when there is none.</param>
internal readonly record struct NumberFormat(byte Decimal, byte? Thousands)
{
    // Longest text of a number: a double needs 24; longer ones are not measurements.
    private const int TextBytesMax = 64;

    private static readonly double[] PowersOfTen =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
            1e20, 1e21, 1e22,
    ];

    /// <summary>A point and no groups.</summary>
    public static NumberFormat Plain { get; } = new((byte)'.', null);

    /// <summary>Reads a whole field as a finite number, correctly rounded.</summary>
    public bool TryReadNumber(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (text.Length is 0 or > TextBytesMax) return false;
        var at = text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        ulong mantissa = 0;
        var digits = 0;
        var decimals = 0;
        for (; at < text.Length; at++)
        {
            var digit = (uint)(text[at] - '0');
            if (digit <= 9)
            {
                mantissa = mantissa * 10 + digit;
                digits++;
            }
            else if (text[at] == Decimal && decimals == 0) decimals = digits + 1;
            else return TryReadSlowly(text, out value);
        }

        if (digits == 0) return false;
        // A mantissa below 2^53 divided by an exact power of ten is rounded once, hence correctly.
        if (digits > 15) return TryReadSlowly(text, out value);
        value = decimals == 0 ? mantissa : mantissa / PowersOfTen[digits - decimals + 1];
        if (text[0] == '-') value = -value;
        return true;
    }

    /// <summary>Reads a whole field as an integer; decimals are taken when they are all zero.</summary>
    public bool TryReadInteger(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.IsEmpty) return false;
        if (text.Length <= 18)
        {
            var at = text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
            var digits = at;
            for (; digits < text.Length; digits++)
            {
                var digit = (uint)(text[digits] - '0');
                if (digit > 9) break;
                value = value * 10 + digit;
            }

            if (digits == text.Length && digits > at)
            {
                if (text[0] == '-') value = -value;
                return true;
            }
        }

        return TryReadIntegerSlowly(text, out value);
    }

    // Apart from the fast way, which would have to clear the room on the stack each time.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryReadIntegerSlowly(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        Span<byte> plain = stackalloc byte[TextBytesMax];
        if (!TryMakePlain(text, plain, out var written)) return false;
        return decimal.TryParse(plain[..written], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture, out var exact) &&
            decimal.Truncate(exact) == exact && exact is >= long.MinValue and <= long.MaxValue &&
                (value = (long)exact) == exact;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryReadSlowly(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        Span<byte> plain = stackalloc byte[TextBytesMax];
        return TryMakePlain(text, plain, out var written) &&
            double.TryParse(plain[..written],
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out value) &&
            double.IsFinite(value);
    }

    // Point as decimal sign and no groups. Groups must be of three digits: "1,5" under comma groups is no 15.
    private bool TryMakePlain(ReadOnlySpan<byte> text, Span<byte> plain, out int written)
    {
        written = 0;
        if (text.Length is 0 || text.Length > plain.Length) return false;
        var sinceGroup = -1;
        var digits = 0;
        var decimals = false;
        foreach (var value in text)
        {
            if (value is >= (byte)'0' and <= (byte)'9')
            {
                digits++;
                if (sinceGroup >= 0 && !decimals) sinceGroup++;
                plain[written++] = value;
            }
            else if (value == Thousands && !decimals)
            {
                if (sinceGroup is >= 0 and not 3 || digits == 0 || (sinceGroup < 0 && digits > 3)) return false;
                sinceGroup = 0;
            }
            else if (value == Decimal && !decimals)
            {
                decimals = true;
                if (sinceGroup is >= 0 and not 3) return false;
                plain[written++] = (byte)'.';
            }
            else if (value is (byte)'e' or (byte)'E' or (byte)'+' or (byte)'-')
            {
                if (value is (byte)'e' or (byte)'E') decimals = true;
                plain[written++] = value;
            }
            else
            {
                return false;
            }
        }

        return digits > 0 && sinceGroup is < 0 or 3;
    }
}
