using System.Text;

namespace Stoa.Sensing.Mqtt;

/// <summary>Form of topic names and filters (MQTT 5, 4.7).</summary>
internal static class Topics
{
    /// <summary>Bytes of a topic name or filter. Filters of SensorThings topics carry queries, so it is
    /// generous.</summary>
    internal const int BytesMax = 4096;

    /// <summary>Levels of a topic name or filter: what one match may have to walk.</summary>
    internal const int LevelsMax = 32;

    /// <summary>Begins a shared subscription: <c>$share/{group}/{filter}</c> (4.8.2).</summary>
    internal const string SharePrefix = "$share/";

    private const string Wildcards = "+#";

    /// <summary>Whether a publication may go to it: not empty, no wildcard, not too long or deep.</summary>
    internal static bool IsName(ReadOnlySpan<char> topic) => IsBounded(topic) && topic.IndexOfAny(Wildcards) < 0;

    /// <summary>Whether it is a well-formed filter, without <c>$share</c>: wildcards fill whole levels, and # is
    /// last.</summary>
    internal static bool IsFilter(ReadOnlySpan<char> filter)
    {
        if (!IsBounded(filter)) return false;
        for (var i = 0; i < filter.Length; i++)
        {
            if (filter[i] is not ('+' or '#')) continue;
            if (i > 0 && filter[i - 1] != '/') return false;
            if (i + 1 < filter.Length && (filter[i] == '#' || filter[i + 1] != '/')) return false;
        }

        return true;
    }

    internal static bool HasWildcards(ReadOnlySpan<char> filter) => filter.IndexOfAny(Wildcards) >= 0;

    /// <summary>Splits <c>$share/{group}/{filter}</c>; false when it begins so and is not of that form.</summary>
    internal static bool TrySplitShared(string text, out string? group, out string filter)
    {
        group = null;
        filter = text;
        if (!text.StartsWith(SharePrefix, StringComparison.Ordinal)) return true;
        var slash = text.IndexOf('/', SharePrefix.Length);
        if (slash <= SharePrefix.Length || slash == text.Length - 1) return false;
        group = text[SharePrefix.Length..slash];
        filter = text[(slash + 1)..];
        return !HasWildcards(group);
    }

    /// <summary>Whether a filter takes a name (4.7.1); a wildcard in front does not take names that begin with
    /// $.</summary>
    internal static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> name)
    {
        if (name.StartsWith("$") && filter.StartsWith(['+']) | filter.StartsWith(['#'])) return false;
        while (true)
        {
            if (filter is "#") return true;
            var level = Next(ref filter, out var filterEnds);
            var part = Next(ref name, out var nameEnds);
            if (level is not "+" && !level.SequenceEqual(part)) return false;
            if (nameEnds) return filterEnds || filter is "#";
            if (filterEnds) return false;
        }
    }

    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> text, out bool isLast)
    {
        var slash = text.IndexOf('/');
        isLast = slash < 0;
        var level = isLast ? text : text[..slash];
        text = isLast ? default : text[(slash + 1)..];
        return level;
    }

    private static bool IsBounded(ReadOnlySpan<char> topic) =>
        topic.Length > 0 && (topic.Length * 3 <= BytesMax || Encoding.UTF8.GetByteCount(topic) <= BytesMax) &&
        topic.Count('/') < LevelsMax;
}
