namespace Stoa.Query;

/// <summary>"Did you mean": finds the nearest of the names that exist.</summary>
internal static class Suggestion
{
    /// <summary>A sentence without its full stop: the nearest name if one is near, and the list of all.</summary>
    internal static string For(string wrong, IEnumerable<string> names)
    {
        var all = names.ToList();
        var nearest = all.MinBy(name => Distance(wrong, name));
        var list = $"There are {string.Join(", ", all)}";
        return nearest is not null && Distance(wrong, nearest) <= 1 + nearest.Length / 4 ? $"Did you mean {nearest}? {list}" : list;
    }

    /// <summary>Edits that turn one into the other, letter case aside; a large number for long names.</summary>
    private static int Distance(string left, string right)
    {
        const int Longest = 64;
        if (left.Length > Longest || right.Length > Longest) return int.MaxValue;
        Span<int> row = stackalloc int[Longest + 1];
        for (var j = 0; j <= right.Length; j++) row[j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]);
                var change = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[right.Length];
    }
}
