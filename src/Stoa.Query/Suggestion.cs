using Stoa.Vocabulary;

namespace Stoa.Query;

/// <summary>What to say about a name that does not exist.</summary>
internal static class Suggestion
{
    /// <summary>A sentence without its full stop: the nearest name if one is near, and the list of all.</summary>
    internal static string For(string wrong, IEnumerable<string> names)
    {
        var all = names.ToList();
        var list = $"There are {string.Join(", ", all)}";
        return Spelling.Nearest(wrong, all) is { } nearest ? $"Did you mean {nearest}? {list}" : list;
    }
}
