using System.Globalization;
using System.Text.Json;

namespace Stoa.Sensing.Connectors.Paths;

/// <summary>Where in a payload a value stands: <c>$.uplink_message.decoded_payload.temperature</c>, <c>@.value</c>.</summary>
/// <remarks>
/// The part of RFC 9535 that selects by place: names, indexes, wildcards, slices and descendants; filters are not taken.
/// Compiled once; a selection looks at no more than <see cref="VisitsMax"/> nodes.
/// </remarks>
internal sealed class JsonPath
{
    /// <summary>Characters of a path.</summary>
    internal const int CharactersMax = 500;

    /// <summary>Segments of a path; payloads are nested less deep than twice that.</summary>
    internal const int SegmentsMax = 32;

    /// <summary>Nodes looked at in one selection: several descendant segments would otherwise multiply.</summary>
    internal const int VisitsMax = 100_000;

    private readonly JsonPathSegment[] _segments;

    internal JsonPath(string text, bool isRelative, JsonPathSegment[] segments)
    {
        Text = text;
        IsRelative = isRelative;
        _segments = segments;
        IsSingular = Array.TrueForAll(segments, segment => !segment.Descends &&
            segment.Selectors is [{ Kind: JsonPathSelectorKind.Name or JsonPathSelectorKind.Index }]);
        Captures = segments.Count(segment => !IsOneName(segment));
    }

    /// <summary>As written.</summary>
    internal string Text { get; }

    /// <summary>Begins with <c>@</c>: at the record at hand, not at the root of the payload.</summary>
    internal bool IsRelative { get; }

    /// <summary>Selects at most one node (RFC 9535, 2.3.5.1).</summary>
    internal bool IsSingular { get; }

    /// <summary>How many names each match captures: one for each segment that may match several members.</summary>
    internal int Captures { get; }

    /// <summary>Reads a path; <paramref name="problem"/> says what is not understood and where.</summary>
    internal static bool TryParse(string text, out JsonPath path, out string problem)
    {
        var parser = new JsonPathParser(text);
        path = new(text, false, []);
        if (!parser.TryParse(out var isRelative, out var segments, out problem)) return false;
        path = new(text, isRelative, segments);
        return true;
    }

    /// <summary>The node of a singular path, or the first one of another; false when there is none.</summary>
    internal bool TryFirst(JsonElement start, out JsonElement found)
    {
        found = start;
        if (!IsSingular)
        {
            var matches = new List<JsonMatch>();
            if (!TrySelect(start, matches, int.MaxValue) || matches.Count == 0) return false;
            found = matches[0].Value;
            return true;
        }

        foreach (var segment in _segments)
            if (!TryChild(found, segment.Selectors[0], out found))
                return false;
        return true;
    }

    /// <summary>All nodes in the order of RFC 9535; false when there are more than wanted or too many to look at.</summary>
    internal bool TrySelect(JsonElement start, List<JsonMatch> matches, int matchesMax)
    {
        var selection = new Selection(_segments, matches, matchesMax);
        return selection.TryWalk(start, 0, []);
    }

    private static bool IsOneName(JsonPathSegment segment) => !segment.Descends &&
        segment.Selectors is [{ Kind: JsonPathSelectorKind.Name or JsonPathSelectorKind.Index }];

    private static bool TryChild(JsonElement node, in JsonPathSelector selector, out JsonElement child)
    {
        child = default;
        if (selector.Kind == JsonPathSelectorKind.Name)
            return node.ValueKind == JsonValueKind.Object && node.TryGetProperty(selector.Name!, out child);
        if (node.ValueKind != JsonValueKind.Array) return false;
        var length = node.GetArrayLength();
        var index = selector.Index < 0 ? length + selector.Index : selector.Index;
        if (index < 0 || index >= length) return false;
        child = node[(int)index];
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private sealed class Selection(JsonPathSegment[] segments, List<JsonMatch> matches, int matchesMax)
    {
        private int _visits;

        internal bool TryWalk(JsonElement node, int at, string[] captures)
        {
            if (++_visits > VisitsMax) return false;
            if (at == segments.Length)
            {
                if (matches.Count >= matchesMax) return false;
                matches.Add(new(node, captures));
                return true;
            }

            var segment = segments[at];
            return segment.Descends ? TryDescend(node, at, captures, "") : TrySelectors(node, at, captures, null);
        }

        // RFC 9535, 2.5.2: the node itself, then what lies below it, each parent before its children.
        private bool TryDescend(JsonElement node, int at, string[] captures, string walked)
        {
            if (++_visits > VisitsMax || !TrySelectors(node, at, captures, walked)) return false;
            if (node.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in node.EnumerateObject())
                    if (!TryDescend(member.Value, at, captures, Join(walked, member.Name)))
                        return false;
            }
            else if (node.ValueKind == JsonValueKind.Array)
            {
                var index = 0;
                foreach (var item in node.EnumerateArray())
                    if (!TryDescend(item, at, captures, Join(walked, Show(index++))))
                        return false;
            }

            return true;
        }

        private bool TrySelectors(JsonElement node, int at, string[] captures, string? walked)
        {
            var selectors = segments[at].Selectors;
            var captures1 = walked is not null || !IsOneName(segments[at]);
            foreach (var selector in selectors)
            {
                var isTaken = selector.Kind switch
                {
                    JsonPathSelectorKind.Wildcard => TryEvery(node, at, captures, walked),
                    JsonPathSelectorKind.Slice => TrySlice(node, selector, at, captures, walked),
                    _ => !TryChild(node, selector, out var child) ||
                        TryWalk(child, at + 1, captures1 ? Add(captures, walked, NameOf(selector)) : captures),
                };
                if (!isTaken) return false;
            }

            return true;
        }

        private bool TryEvery(JsonElement node, int at, string[] captures, string? walked)
        {
            if (node.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in node.EnumerateObject())
                    if (!TryWalk(member.Value, at + 1, Add(captures, walked, member.Name)))
                        return false;
            }
            else if (node.ValueKind == JsonValueKind.Array)
            {
                var index = 0;
                foreach (var item in node.EnumerateArray())
                    if (!TryWalk(item, at + 1, Add(captures, walked, Show(index++))))
                        return false;
            }

            return true;
        }

        // RFC 9535, 2.3.4.2.2.
        private bool TrySlice(JsonElement node, in JsonPathSelector slice, int at, string[] captures, string? walked)
        {
            if (node.ValueKind != JsonValueKind.Array || slice.Step == 0) return true;
            // Once: reaching an element of a long array by its index may walk over those before.
            var items = node.EnumerateArray().ToArray();
            var length = items.Length;
            var isUp = slice.Step > 0;
            var start = Normalized(slice.Start ?? (isUp ? 0 : length - 1), length);
            var end = slice.End is { } stated ? Normalized(stated, length) : isUp ? length : -1;
            var (low, high) = isUp
                ? (Math.Clamp(start, 0, length), Math.Clamp(end, 0, length))
                : (Math.Clamp(end, -1, length - 1), Math.Clamp(start, -1, length - 1));
            for (var i = isUp ? low : high; isUp ? i < high : i > low; i += slice.Step)
                if (!TryWalk(items[i], at + 1, Add(captures, walked, Show(i))))
                    return false;
            return true;
        }

        private static long Normalized(long index, long length) => index >= 0 ? index : length + index;

        private static string NameOf(in JsonPathSelector selector) => selector.Name ?? Show(selector.Index);

        private static string[] Add(string[] captures, string? walked, string name) =>
            [.. captures, walked is null ? name : Join(walked, name)];

        private static string Join(string walked, string name) => walked.Length == 0 ? name : $"{walked}.{name}";

        private static string Show(long index) => index.ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>A node that a path selected.</summary>
/// <param name="Value">The node.</param>
/// <param name="Captures">The names or indexes at the segments that could have matched others, outermost first.</param>
internal readonly record struct JsonMatch(JsonElement Value, string[] Captures);

/// <summary>One step of a path.</summary>
/// <param name="Descends">Looks at every depth below as well (<c>..</c>).</param>
/// <param name="Selectors">What it selects, in order.</param>
internal sealed record JsonPathSegment(bool Descends, JsonPathSelector[] Selectors);

/// <summary>What one selector looks for.</summary>
internal readonly record struct JsonPathSelector(
    JsonPathSelectorKind Kind, string? Name = null, long Index = 0, long? Start = null, long? End = null, long Step = 1);

/// <summary>Kinds of selector (RFC 9535, 2.3).</summary>
internal enum JsonPathSelectorKind
{
    /// <summary>A member by its name.</summary>
    Name,

    /// <summary>An element by its index; negative ones count from the end.</summary>
    Index,

    /// <summary>All members or elements.</summary>
    Wildcard,

    /// <summary>Elements from a start to before an end.</summary>
    Slice,
}
