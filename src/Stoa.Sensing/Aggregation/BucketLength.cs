using System.Globalization;

namespace Stoa.Sensing.Aggregation;

/// <summary>How long a bucket is: a length of time, or days or months of the calendar. Exactly one of the three is above zero.</summary>
/// <param name="Microseconds">Hours, minutes and seconds.</param>
/// <param name="Days">Calendar days.</param>
/// <param name="Months">Calendar months.</param>
/// <param name="IsWeeks">Whether the days are weeks, which begin on Monday (ISO 8601).</param>
internal readonly record struct BucketLength(long Microseconds, int Days, int Months, bool IsWeeks)
{
    /// <summary>Most days, months or hours of one bucket: about a century.</summary>
    internal const int DaysMax = 36_525, MonthsMax = 1_200, HoursMax = 8_784;

    /// <summary>Most characters of the text.</summary>
    internal const int CharsMax = 20;

    private const long Second = 1_000_000;

    /// <summary>Reads an ISO 8601 duration of whole numbers: PT15M, PT1H30M, P1D, P1W, P3M, P1Y.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">What it says.</param>
    /// <param name="position">Where it cannot be read, in characters from 0.</param>
    internal static bool TryParse(string text, out BucketLength length, out int position)
    {
        length = default;
        position = 0;
        if (text.Length > CharsMax || text.Length < 3 || text[0] != 'P') return false;
        return text[1] == 'T' ? TryParseTime(text, out length, out position) : TryParseDate(text, out length, out position);
    }

    private static bool TryParseDate(string text, out BucketLength length, out int position)
    {
        length = default;
        position = 1;
        if (!TryNumber(text, ref position, out var number) || position != text.Length - 1) return false;
        length = text[position] switch
        {
            'D' when number <= DaysMax => new(0, number, 0, false),
            'W' when number <= DaysMax / 7 => new(0, number * 7, 0, true),
            'M' when number <= MonthsMax => new(0, 0, number, false),
            'Y' when number <= MonthsMax / 12 => new(0, 0, number * 12, false),
            _ => default,
        };
        return length != default;
    }

    private static bool TryParseTime(string text, out BucketLength length, out int position)
    {
        length = default;
        position = 2;
        long seconds = 0;
        var units = "HMS";
        while (position < text.Length)
        {
            if (!TryNumber(text, ref position, out var number) || position == text.Length) return false;
            var unit = units.IndexOf(text[position], StringComparison.Ordinal);
            if (unit < 0) return false;
            seconds += number * (units[unit] switch { 'H' => 3600L, 'M' => 60L, _ => 1L });
            units = units[(unit + 1)..];
            position++;
        }

        length = new(seconds * Second, 0, 0, false);
        return seconds is > 0 and <= HoursMax * 3600L;
    }

    private static bool TryNumber(string text, ref int position, out int number)
    {
        var start = position;
        while (position < text.Length && char.IsAsciiDigit(text[position])) position++;
        return int.TryParse(text.AsSpan(start, position - start), NumberStyles.None, CultureInfo.InvariantCulture, out number) &&
            number is > 0 and < 1_000_000_000;
    }
}
