using Stoa.Query;
using Stoa.Vocabulary;

namespace Stoa.Storage.Translation;

/// <summary>One segment of a resource path (OGC 18-088, 9.2): a set, an entity of it by key, or a relation of the segment before.</summary>
/// <param name="Entity">What the segment leads to.</param>
/// <param name="Via">The relation from the segment before; null for the first.</param>
/// <param name="Key">The id in parentheses; null when there is none.</param>
public readonly record struct PathStep(EntityType Entity, Navigation? Via = null, long? Key = null);

/// <summary>What one statement reads: the entities at the end of a path, as far as the scope lets them be seen.</summary>
public sealed record ReadRequest
{
    /// <summary>From the root to what is read. Every key must belong to the segment before it.</summary>
    public required IReadOnlyList<PathStep> Path { get; init; }

    /// <summary>What the caller may see; part of the SQL at every entity that the statement touches.</summary>
    public required AccessScope Scope { get; init; }

    /// <summary>Columns to fetch, in this order.</summary>
    public IReadOnlyList<Column> Columns { get; init; } = [];

    /// <summary>Condition, order and cursor; null: all rows in the default order.</summary>
    public BoundQuery? Query { get; init; }

    /// <summary>Most rows to read; null: no limit. Ask for one more than the page to learn whether there is a next page.</summary>
    public long? Limit { get; init; }

    /// <summary>
    /// True when the cursor leaves few rows, the newest by id: the index of ids chooses them, and the path only tests them.
    /// </summary>
    public bool IsByIds { get; init; }

    /// <summary>
    /// True when the first step's key is given for each execution as the parameter at <see cref="SqlText.ParentParameter"/>, and its
    /// entity was read under the same scope in the same snapshot, so that it needs no check: the statement of an expanded relation.
    /// </summary>
    public bool IsChild { get; init; }

    /// <summary>
    /// True when the children of many parents are read one parent after the other: <see cref="SqlText.ParentParameter"/> takes
    /// <see cref="Dialects.SqlDialect.ManyIds"/>, and behind the columns stands the parent's place among them, from 1. Only where
    /// <see cref="Dialects.SqlDialect.ReadsManyParents"/>.
    /// </summary>
    public bool AreParentsMany { get; init; }

    /// <summary>The many groups of a large table that the scope lets be seen, where they are known; see <see cref="KnownGroups"/>.</summary>
    public VisibleGroups? Groups { get; init; }

    /// <summary>What is read.</summary>
    public EntityType Entity => Path[^1].Entity;

    /// <summary>Whether a relation is read that is a list.</summary>
    internal bool IsList(StorageMapping mapping) =>
        Path[^1] is { Key: null, Via: { } via } && mapping[via] is LinkTable { OrderColumn: not null };

    /// <summary>A whole set.</summary>
    public static ReadRequest OfSet(EntityType entity, AccessScope scope) => new() { Path = [new(entity)], Scope = scope };

    /// <summary>One entity.</summary>
    public static ReadRequest OfEntity(EntityType entity, long id, AccessScope scope) =>
        new() { Path = [new(entity, null, id)], Scope = scope };

    /// <summary>The related entities of a parent that is named at each execution.</summary>
    public static ReadRequest OfChildren(Navigation navigation, AccessScope scope) => new()
    {
        Path = [new(navigation.Source), new(navigation.Target, navigation)],
        Scope = scope,
        IsChild = true,
    };
}
