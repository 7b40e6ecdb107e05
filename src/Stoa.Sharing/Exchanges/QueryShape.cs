using System.Collections.Concurrent;
using System.Text;

namespace Stoa.Sharing.Exchanges;

/// <summary>What was asked without the values: how a record tells queries apart and holds no personal data.</summary>
internal static class QueryShape
{
    /// <summary>Longest text kept.</summary>
    public const int LengthMax = 400;

    // What is asked again and again: a few thousand texts of some hundred bytes. Longer ones are not remembered.
    private const int RememberedMax = 4_096;
    private const int RememberedLengthMax = 300;

    private static readonly ConcurrentDictionary<string, string> Paths = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, string> Queries = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, string> Shapes = new(StringComparer.Ordinal);

    /// <summary>A path with 0 for every number and ? for every quoted text.</summary>
    public static string OfPath(string path) => Remembered(Paths, path, static text => Write(text, '0'));

    /// <summary>A query as it was sent, decoded, with ? for every number and every quoted text.</summary>
    public static string OfQuery(string? query)
    {
        return string.IsNullOrEmpty(query) ? "" : Remembered(Queries, query, Decode);
    }

    private static string Decode(string query)
    {
        var text = query.TrimStart('?').Replace('+', ' ');
        // What cannot be decoded is kept as it came: it was refused.
        return Write(text.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(text) : text, '?');
    }

    // All are forgotten when there are too many: cheaper than to keep the order of their use.
    private static string Remembered(ConcurrentDictionary<string, string> known, string text, Func<string, string> write)
    {
        if (known.TryGetValue(text, out var shape)) return shape;
        shape = write(text);
        if (text.Length > RememberedLengthMax) return shape;
        if (known.Count >= RememberedMax) known.Clear();
        // Many texts have one shape: one object, so that alike is seen at a glance.
        if (Shapes.Count >= RememberedMax) Shapes.Clear();
        shape = Shapes.GetOrAdd(shape, shape);
        known.TryAdd(text, shape);
        return shape;
    }

    private static string Write(string text, char number)
    {
        var shape = new StringBuilder(Math.Min(text.Length, LengthMax));
        for (var i = 0; i < text.Length && shape.Length < LengthMax; i++)
        {
            var letter = text[i];
            if (letter == '\'')
            {
                shape.Append('?');
                for (i++; i < text.Length; i++)
                    if (text[i] == '\'' && (i + 1 == text.Length || text[i + 1] != '\'')) break;
                    else if (text[i] == '\'') i++;
            }
            else if (char.IsAsciiDigit(letter) && (i == 0 || !IsOfName(text[i - 1])))
            {
                shape.Append(number);
                // A number, a time or an interval.
                while (i + 1 < text.Length && (char.IsAsciiLetterOrDigit(text[i + 1]) || text[i + 1] is '.' or ':' or '-')) i++;
            }
            else
            {
                // No line ends or other controls in what people read.
                shape.Append(char.IsControl(letter) ? ' ' : letter);
            }
        }

        return shape.ToString();
    }

    private static bool IsOfName(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.';
}
