using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Stoa.Storage.Moving;

/// <summary>A number in a column that takes whole numbers of 64 bits on SQLite and doubles on PostgreSQL.</summary>
/// <remarks>
/// Where a double cannot hold a whole number, PostgreSQL has its digits in the JSON column beside it and the nearest double here.
/// </remarks>
internal static class LongNumber
{
    /// <summary>Up to this, either way, a double holds every whole number.</summary>
    internal const long ExactMax = 1L << 53;

    /// <summary>Where the column with numbers and the one with their digits stand; -1 in a table without such numbers.</summary>
    internal static (int Number, int Digits) ColumnsIn(MovedTable table) =>
        table.Name == MovedTable.Observation ? (table.IndexOf("result_number"), table.IndexOf("result_json")) : (-1, -1);

    /// <summary>Whether a double holds exactly this whole number, and no double nearby stands for it too.</summary>
    internal static bool IsExact(long value) => value is >= -ExactMax and <= ExactMax;

    /// <summary>The double as a whole number; false when it has a fraction, is the negative zero, or stands for others too.</summary>
    internal static bool TryWhole(double value, out long whole)
    {
        whole = 0;
        if (!(Math.Abs(value) <= ExactMax) || Math.Floor(value) != value || (value == 0 && double.IsNegative(value))) return false;
        whole = (long)value;
        return true;
    }

    /// <summary>As it stands in the JSON column.</summary>
    internal static byte[] Digits(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>The whole number that these digits were kept for; false for everything else that stands in that column.</summary>
    internal static bool TryDigits(ReadOnlySpan<byte> json, out long value) =>
        Utf8Parser.TryParse(json, out value, out var read) && read == json.Length && !IsExact(value) && Digits(value).AsSpan().SequenceEqual(json);
}
