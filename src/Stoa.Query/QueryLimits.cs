namespace Stoa.Query;

/// <summary>Bounds of what one query may ask. Every one has a test at its value and at one more.</summary>
public sealed record QueryLimits
{
    /// <summary>The limits used where nothing else is configured.</summary>
    public static readonly QueryLimits Default = new();

    /// <summary>Characters of one query option after decoding. Room for a geometry of <see cref="WktPointsMax"/> points.</summary>
    public int TextCharsMax { get; init; } = 256 * 1024;

    /// <summary>Levels of parentheses, function calls, negations and expand options in each other; protects the stack.</summary>
    public int NestingLevelsMax { get; init; } = 64;

    /// <summary>Nodes of all expressions of a request together; protects the planner of the database.</summary>
    public int ExpressionNodesMax { get; init; } = 500;

    /// <summary>Weight of the deepest nesting of one expression once it is bound: about 3 for an operator in parentheses, 5 to 20 for
    /// a function, 9 for a to-many and 18 for to-one relations, 6 to 18 for a property. Protects the parser of the database.</summary>
    public int NestingWeightMax { get; init; } = 76;

    /// <summary>Levels of $expand.</summary>
    public int ExpandLevelsMax { get; init; } = 5;

    /// <summary>Relations named in all $expand options of a request together: each costs a statement per row above it.</summary>
    public int ExpandItemsMax { get; init; } = 50;

    /// <summary>Items of one $orderby.</summary>
    public int OrderByItemsMax { get; init; } = 10;

    /// <summary>Items of one $select.</summary>
    public int SelectItemsMax { get; init; } = 100;

    /// <summary>Segments of one property path.</summary>
    public int PathSegmentsMax { get; init; } = 16;

    /// <summary>Different to-many paths in conditions joined by <c>and</c>: each is a subquery in the one before.</summary>
    public int ToManyPathsMax { get; init; } = 16;

    /// <summary>Points of all geometries in one option.</summary>
    public int WktPointsMax { get; init; } = 10_000;

    /// <summary>Largest page. A larger $top is lowered to it (OGC 18-088, 9.3.3.3).</summary>
    public int TopMax { get; init; } = 1_000;

    /// <summary>Page size when $top is absent.</summary>
    public int TopDefault { get; init; } = 100;
}
