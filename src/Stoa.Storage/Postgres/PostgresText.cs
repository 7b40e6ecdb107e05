using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Stoa.Storage.Postgres;

/// <summary>The program's SQL as PostgreSQL takes it: parameters by number.</summary>
/// <param name="Sql">With <c>$1</c> for the first name, and so on.</param>
/// <param name="Names">Name of parameter i + 1 at index i; empty when the text numbers them itself.</param>
/// <param name="Parameters">How many there are.</param>
internal sealed record PostgresText(string Sql, IReadOnlyList<string> Names, int Parameters)
{
    // Texts are written by the program and the translator, whose shapes are many but not endless.
    private const int RememberedMax = 4096;
    private static long _numbers;

    private static readonly ConcurrentDictionary<string, PostgresText> Remembered = new(StringComparer.Ordinal);

    /// <summary>Its own in this program.</summary>
    internal long Number { get; } = Interlocked.Increment(ref _numbers);

    internal static PostgresText Of(string sql)
    {
        if (Remembered.TryGetValue(sql, out var known)) return known;
        if (Remembered.Count >= RememberedMax) Remembered.Clear();
        return Remembered[sql] = Read(sql);
    }

    private static PostgresText Read(string sql)
    {
        var text = new StringBuilder(sql.Length + 16);
        var names = new List<string>();
        var numbered = 0;
        for (var i = 0; i < sql.Length;)
        {
            var end = EndOfQuoted(sql, i);
            if (end > i)
            {
                text.Append(sql, i, end - i);
                i = end;
                continue;
            }

            var letter = sql[i];
            if (letter is '@' && i + 1 < sql.Length && IsNameStart(sql[i + 1]) && (i == 0 || sql[i - 1] != '@'))
            {
                end = i + 1;
                while (end < sql.Length && IsNamePart(sql[end])) end++;
                var name = sql[i..end];
                var at = names.IndexOf(name);
                if (at < 0)
                {
                    at = names.Count;
                    names.Add(name);
                }

                text.Append(CultureInfo.InvariantCulture, $"${at + 1}");
                i = end;
            }
            else if (letter is '?' or '$' && i + 1 < sql.Length && char.IsAsciiDigit(sql[i + 1]))
            {
                end = i + 1;
                while (end < sql.Length && char.IsAsciiDigit(sql[end])) end++;
                numbered = Math.Max(numbered, int.Parse(sql.AsSpan(i + 1, end - i - 1), CultureInfo.InvariantCulture));
                text.Append('$').Append(sql, i + 1, end - i - 1);
                i = end;
            }
            else
            {
                text.Append(letter);
                i++;
            }
        }

        return new(text.ToString(), names, Math.Max(names.Count, numbered));
    }

    /// <summary>Where the literal, quoted name or comment that begins here ends; the same place when none begins.</summary>
    private static int EndOfQuoted(string sql, int start)
    {
        var letter = sql[start];
        var next = start + 1 < sql.Length ? sql[start + 1] : '\0';
        if (letter is '\'' or '"')
        {
            var end = sql.IndexOf(letter, start + 1);
            return end < 0 ? sql.Length : end + 1;
        }

        if (letter is '-' && next is '-')
        {
            var end = sql.IndexOf('\n', start);
            return end < 0 ? sql.Length : end + 1;
        }

        if (letter is '/' && next is '*')
        {
            var end = sql.IndexOf("*/", start + 2, StringComparison.Ordinal);
            return end < 0 ? sql.Length : end + 2;
        }

        return start;
    }

    private static bool IsNameStart(char letter) => char.IsAsciiLetter(letter) || letter == '_';

    private static bool IsNamePart(char letter) => char.IsAsciiLetterOrDigit(letter) || letter == '_';

    /// <summary>Whether the statement names this table: the word alone, not as a part of a longer name.</summary>
    internal bool Mentions(string table)
    {
        for (var at = Sql.IndexOf(table, StringComparison.Ordinal); at >= 0; at = Sql.IndexOf(table, at + 1, StringComparison.Ordinal))
        {
            var end = at + table.Length;
            if ((at == 0 || !IsNamePart(Sql[at - 1])) && (end == Sql.Length || !IsNamePart(Sql[end]))) return true;
        }

        return false;
    }
}
