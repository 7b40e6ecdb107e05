using System.Collections.Concurrent;

namespace Stoa.Sharing.Exchanges;

/// <summary>What was asked without the values: how a record tells queries apart and holds no personal data.</summary>
internal static class QueryShape
{
    /// <summary>Longest text kept.</summary>
    public const int LengthMax = 400;

    // What is asked again and again: a few thousand texts of some hundred bytes. Longer ones are not remembered.
    private const int RememberedMax = 4_096;
    private const int RememberedLengthMax = 300;

    private static readonly ConcurrentDictionary<string, string> Queries = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, string> Shapes = new(StringComparer.Ordinal);

    private static readonly ConcurrentDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> ShapesByText =
        Shapes.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>A path with 0 for every number and ? for every quoted text.</summary>
    /// <remarks>Made anew each time: shapes are few and near, paths are many, and finding one among them takes longer.</remarks>
    public static string OfPath(string path)
    {
        Span<char> shape = stackalloc char[LengthMax];
        return OneOf(shape[..Write(path, '0', shape)]);
    }

    /// <summary>A query as it was sent, decoded, with ? for every number and every quoted text.</summary>
    public static string OfQuery(string? query)
    {
        if (string.IsNullOrEmpty(query)) return "";
        if (Queries.TryGetValue(query, out var known)) return known;
        var text = query.TrimStart('?').Replace('+', ' ');
        Span<char> written = stackalloc char[LengthMax];
        // What cannot be decoded is kept as it came: it was refused.
        var shape = OneOf(written[..Write(text.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(text) : text, '?', written)]);
        // All are forgotten when there are too many: cheaper than to keep the order of their use.
        if (query.Length > RememberedLengthMax) return shape;
        if (Queries.Count >= RememberedMax) Queries.Clear();
        Queries.TryAdd(query, shape);
        return shape;
    }

    // Many texts have one shape: one object, so that alike is seen at a glance.
    private static string OneOf(ReadOnlySpan<char> shape)
    {
        if (ShapesByText.TryGetValue(shape, out var known)) return known;
        if (Shapes.Count >= RememberedMax) Shapes.Clear();
        var made = shape.ToString();
        return shape.Length > RememberedLengthMax ? made : Shapes.GetOrAdd(made, made);
    }

    /// <returns>How many letters were written: as many as there is room for.</returns>
    private static int Write(ReadOnlySpan<char> text, char number, Span<char> shape)
    {
        var length = 0;
        for (var i = 0; i < text.Length && length < shape.Length; i++)
        {
            var letter = text[i];
            if (letter == '\'')
            {
                shape[length++] = '?';
                for (i++; i < text.Length; i++)
                    if (text[i] == '\'' && (i + 1 == text.Length || text[i + 1] != '\'')) break;
                    else if (text[i] == '\'') i++;
            }
            else if (char.IsAsciiDigit(letter) && (i == 0 || !IsOfName(text[i - 1])))
            {
                shape[length++] = number;
                // A number, a time or an interval.
                while (i + 1 < text.Length && (char.IsAsciiLetterOrDigit(text[i + 1]) || text[i + 1] is '.' or ':' or '-')) i++;
            }
            else
            {
                // No line ends or other controls in what people read.
                shape[length++] = char.IsControl(letter) ? ' ' : letter;
            }
        }

        return length;
    }

    private static bool IsOfName(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.';
}
