using System.Text;

namespace Stoa.Catalogue.Search;

/// <summary>What a person typed into the search box, made into full-text queries that cannot be anything else.</summary>
/// <remarks>
/// Every word becomes a quoted phrase with a trailing star (the word or its beginning), so that nothing a person types
/// is read as query syntax: operators, column names, parentheses and quotes are words or nothing.
/// </remarks>
/// <param name="All">Finds what holds every word somewhere.</param>
/// <param name="Any">Finds what holds one of the words; put after a column's name to rank.</param>
internal sealed record SearchWords(string All, string Any)
{
    /// <summary>Longest text, in characters.</summary>
    internal const int TextLengthMax = 200;

    /// <summary>Most words that count; those after are left out, since more words would not find less noise.</summary>
    internal const int WordsMax = 16;

    /// <summary>The words of a text; false when there is none.</summary>
    internal static bool TryParse(string text, out SearchWords words)
    {
        var phrases = Split(text).Take(WordsMax).Select(word => $"\"{word}\"*").ToArray();
        words = new(string.Join(" AND ", phrases), string.Join(" OR ", phrases));
        return phrases.Length > 0;
    }

    /// <summary>Where the best hits are: a query over one column.</summary>
    internal string In(string column) => $"{{{column}}} : ({Any})";

    // Splits where the index's tokenizer does: at everything that is neither letter nor digit. So no word holds a quote.
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
