using System.Text;
using Stoa.Storage;

namespace Stoa.Catalogue.Search;

/// <summary>What a person typed into the search box, made into full-text queries that cannot be anything else.</summary>
/// <remarks>
/// Every word is searched as the word or its beginning. What a query is made of are letters and digits alone, so that
/// nothing a person types is read as query syntax: operators, column names, parentheses and quotes are words or nothing.
/// </remarks>
/// <param name="Words">At least one: letters and digits alone.</param>
public sealed record SearchWords(IReadOnlyList<string> Words)
{
    /// <summary>Longest text, in characters.</summary>
    public const int TextLengthMax = 200;

    /// <summary>Most words that count; those after are left out, since more words would not find less noise.</summary>
    internal const int WordsMax = 16;

    /// <summary>The words of a text; null when there is none.</summary>
    public static SearchWords? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] words = [.. Split(text).Take(WordsMax)];
        return words.Length > 0 ? new(words) : null;
    }

    /// <summary>Finds what holds every word somewhere; a parameter for <see cref="WordIndex.Holding"/>.</summary>
    public string All(StorageEngine engine) => engine switch
    {
        StorageEngine.Sqlite => string.Join(" AND ", Words.Select(Phrase)),
        StorageEngine.Postgres => string.Join(' ', Words),
        _ => throw new ArgumentOutOfRangeException(nameof(engine), engine, "Unknown engine."),
    };

    /// <summary>Finds what holds one of the words; a parameter for <see cref="WordIndex.Rank"/>.</summary>
    public string Any(StorageEngine engine) => engine switch
    {
        StorageEngine.Sqlite => string.Join(" OR ", Words.Select(Phrase)),
        StorageEngine.Postgres => string.Join(' ', Words),
        _ => throw new ArgumentOutOfRangeException(nameof(engine), engine, "Unknown engine."),
    };

    // The syntax of SQLite's FTS5; on PostgreSQL a function makes the query of the words.
    private static string Phrase(string word) => $"\"{word}\"*";

    // Splits where the index does: at everything that is neither letter nor digit. So no word holds a quote.
    private static IEnumerable<string> Split(string text)
    {
        var word = new StringBuilder();
        foreach (var rune in text.Normalize(NormalizationForm.FormC).EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
            {
                word.Append(rune.ToString());
                continue;
            }

            if (word.Length == 0) continue;
            yield return word.ToString();
            word.Clear();
        }

        if (word.Length > 0) yield return word.ToString();
    }
}
