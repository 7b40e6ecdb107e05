namespace Stoa.Sensing.Import.Mapping;

/// <summary>Finds the word that somebody probably meant.</summary>
internal static class Suggestion
{
    private const int LengthMax = 80;

    /// <summary>The candidate that differs least, or null when none is near.</summary>
    public static string? For(string word, IEnumerable<string> candidates)
    {
        if (word.Length > LengthMax) return null;
        string? best = null;
        var bestDistance = Math.Max(1, (word.Length + 1) / 3) + 1;
        foreach (var candidate in candidates)
        {
            if (candidate.Length > LengthMax) continue;
            var distance = Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance >= bestDistance) continue;
            best = candidate;
            bestDistance = distance;
        }

        return best;
    }

    // Levenshtein: insertions, deletions and replacements.
    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
