namespace Stoa.Query;

/// <summary>The query options of one entity level, bound to the schema. Immutable.</summary>
public sealed record BoundQuery
{
    /// <summary>What is read.</summary>
    public required EntityType Entity { get; init; }

    /// <summary>The row that <see cref="Filter"/> and <see cref="OrderBy"/> speak about.</summary>
    public required QueryRow Row { get; init; }

    /// <summary>The condition; null: all rows.</summary>
    public BoundExpression? Filter { get; init; }

    /// <summary>The order, total: it ends with the id.</summary>
    public required IReadOnlyList<BoundOrder> OrderBy { get; init; }

    /// <summary>True when no order was asked for.</summary>
    public bool IsDefaultOrder { get; init; }

    /// <summary>True when the next page can begin after the keys of the last row; else use $skip.</summary>
    public bool IsKeyset { get; init; }

    /// <summary>Properties to show, by <see cref="EntityProperty.Ordinal"/>; null: all.</summary>
    public IReadOnlyList<bool>? SelectedProperties { get; init; }

    /// <summary>Relations whose links are shown, by <see cref="Navigation.Ordinal"/>; null: all.</summary>
    public IReadOnlyList<bool>? SelectedNavigations { get; init; }

    /// <summary>Expanded relations, each once.</summary>
    public IReadOnlyList<BoundExpand> Expand { get; init; } = [];

    /// <summary>Rows of one page, at most <see cref="QueryLimits.TopMax"/>; the default when $top was absent.</summary>
    public required int Top { get; init; }

    /// <summary>Whether $top was given: a page that is full because of it still has a nextLink (OGC 18-088, 9.3.3.7).</summary>
    public bool HasTop { get; init; }

    /// <summary>Rows to pass over.</summary>
    public long Skip { get; init; }

    /// <summary>Whether the count of all rows is asked for.</summary>
    public bool Count { get; init; }

    /// <summary>$resultFormat as written; null when absent.</summary>
    public string? ResultFormat { get; init; }

    /// <summary>$resultMetadata as written: full, minimal, none or off; null when absent.</summary>
    public string? ResultMetadata { get; init; }

    /// <summary>The place after which the page begins; null: at the start. It fits <see cref="OrderBy"/>.</summary>
    public PageCursor? Cursor { get; init; }

    /// <summary>Whether the property is shown.</summary>
    public bool Shows(EntityProperty property) => SelectedProperties is not { } shown || shown[property.Ordinal];

    /// <summary>Whether the link of the relation is shown.</summary>
    public bool Shows(Navigation navigation) => SelectedNavigations is not { } shown || shown[navigation.Ordinal];

    /// <summary>The expansion of this relation; null when it is not expanded.</summary>
    public BoundExpand? FindExpand(Navigation navigation)
    {
        foreach (var expand in Expand)
            if (ReferenceEquals(expand.Navigation, navigation)) return expand;
        return null;
    }
}

/// <summary>One expanded relation and how it is read.</summary>
/// <param name="Navigation">The relation.</param>
/// <param name="Query">Its options.</param>
/// <param name="OptionsText">The options as the query part of an address, percent-encoded, for the nextLink of the set; may be empty.</param>
public sealed record BoundExpand(Navigation Navigation, BoundQuery Query, string OptionsText);
