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

    /// <summary>$skiptoken: the place after which a page begins; null when absent.</summary>
    public PageCursor? Cursor { get; init; }
}

/// <summary>One item of $orderby.</summary>
public sealed record OrderByItem(Expression Expression, bool IsDescending);

/// <summary>One item of $expand: a path of relations, and options for the last of them.</summary>
public sealed record ExpandItem(PathExpression Path, QueryOptions Options);
