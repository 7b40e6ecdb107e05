namespace Stoa.Query;

/// <summary>The query options of one request or of one expanded relation, parsed and not yet bound to a schema.</summary>
/// <remarks>OGC 18-088, 9.3. Immutable.</remarks>
public sealed record QueryOptions
{
    /// <summary>No options at all.</summary>
    public static readonly QueryOptions None = new();

    /// <summary>$filter; null when absent.</summary>
    public Expression? Filter { get; init; }

    /// <summary>$orderby; empty when absent.</summary>
    public IReadOnlyList<OrderByItem> OrderBy { get; init; } = [];

    /// <summary>$select; null when absent.</summary>
    public IReadOnlyList<PathExpression>? Select { get; init; }

    /// <summary>$expand; empty when absent.</summary>
    public IReadOnlyList<ExpandItem> Expand { get; init; } = [];

    /// <summary>$top, not yet lowered to the cap; null when absent.</summary>
    public long? Top { get; init; }

    /// <summary>$skip; null when absent.</summary>
    public long? Skip { get; init; }

    /// <summary>$count; null when absent.</summary>
    public bool? Count { get; init; }

    /// <summary>$resultFormat as written; null when absent.</summary>
    public string? ResultFormat { get; init; }

    /// <summary>$resultMetadata: full, minimal, none or off; null when absent.</summary>
    public string? ResultMetadata { get; init; }

    /// <summary>$skiptoken: the place after which a page begins; null when absent.</summary>
    public PageCursor? Cursor { get; init; }

    /// <summary>Nested options other than $expand as written, decoded; empty for the options of the request itself.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Texts { get; init; } = [];

    /// <summary>The nested options as the query part of an address: percent-encoded, joined by <c>&amp;</c>.</summary>
    internal string ToQueryText()
    {
        var parts = Texts.Select(text => $"{text.Key}={Uri.EscapeDataString(text.Value)}");
        return string.Join('&', Expand.Count == 0 ? parts : parts.Append("$expand=" + Uri.EscapeDataString(ExpandText())));
    }

    private string ExpandText() => string.Join(',', Expand.Select(item =>
    {
        var path = string.Join('/', item.Path.Segments.Select(segment => segment.Name));
        var parts = item.Options.Texts.Select(text => $"{text.Key}={text.Value}");
        if (item.Options.Expand.Count > 0) parts = parts.Append("$expand=" + item.Options.ExpandText());
        var options = string.Join(';', parts);
        return options.Length == 0 ? path : $"{path}({options})";
    }));
}

/// <summary>One item of $orderby.</summary>
public sealed record OrderByItem(Expression Expression, bool IsDescending);

/// <summary>One item of $expand: a path of relations, and options for the last of them.</summary>
public sealed record ExpandItem(PathExpression Path, QueryOptions Options);
