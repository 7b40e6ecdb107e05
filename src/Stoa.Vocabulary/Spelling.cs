namespace Stoa.Vocabulary;

/// <summary>Guesses what a person meant to write: "did you mean".</summary>
public static class Spelling
{
    // Longer names are not mistyped but different; it also bounds the work that a caller can cause.
    private const int LengthMax = 80;

    /// <summary>The known name nearest to the one written, letter case aside; null when none is near enough to be worth a guess.</summary>
    /// <remarks>Cost: length times length for each name. Of equally near ones the first.</remarks>
    public static string? Nearest(string written, IEnumerable<string> known)
    {
        if (written.Length > LengthMax) return null;
        string? nearest = null;
        var distanceMax = 1 + written.Length / 4;
        foreach (var name in known)
        {
            if (name.Length > LengthMax || Distance(written, name) is var distance && distance > distanceMax) continue;
            nearest = name;
            distanceMax = distance - 1;
        }

        return nearest;
    }

    /// <summary>Insertions, deletions and replacements that turn one into the other (Levenshtein).</summary>
    private static int Distance(string left, string right)
    {
        Span<int> row = stackalloc int[LengthMax + 1];
        for (var j = 0; j <= right.Length; j++) row[j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]);
                var change = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[right.Length];
    }
}
