using System.Collections.Immutable;
using Stoa.Query;
using Stoa.Vocabulary;

namespace Stoa.Storage.Translation;

/// <summary>How much of a field of a dataset may be read.</summary>
public enum FieldReach
{
    /// <summary>All of it; times and places as fine as the narrowing leaves them.</summary>
    Whole,

    /// <summary>Some members of the JSON object that it holds.</summary>
    Members,

    /// <summary>Nothing.</summary>
    Hidden,
}

/// <summary>Which fields a scope shows in each of its narrowed datasets.</summary>
/// <remarks>
/// A field is named as in an answer, <c>Observations/result</c>: the set, a slash and the property; or, in what holds a JSON object, a
/// member of it: <c>Things/properties/owner</c>, where the member's name is all that follows. Ids and links are no fields: they may be
/// read always. One instance serves one request; not for use by several threads.
/// </remarks>
public sealed class NarrowedFields
{
    /// <summary>Different narrowings in one statement: each is a branch of what stands for a column. Datasets beyond are left out, and
    /// can be read at their own addresses.</summary>
    public const int NarrowingsMax = 100;

    private readonly StorageMapping _mapping;
    private readonly Dictionary<EntityType, ulong[]> _hidden = [];

    private NarrowedFields(StorageMapping mapping, AccessScope scope)
    {
        _mapping = mapping;
        Scope = scope;
        HasWindows = Groups.Any(group => HidesRows(group.Narrowing));
        IsWithoutWhole = scope.Datasets.Length == 0;
    }

    /// <summary>The scope as statements take it: with at most <see cref="NarrowingsMax"/> narrowings.</summary>
    public AccessScope Scope { get; }

    /// <summary>Whether rows are left out by time or place, in one of the datasets.</summary>
    public bool HasWindows { get; }

    /// <summary>Whether all datasets of the scope are narrowed.</summary>
    internal bool IsWithoutWhole { get; }

    internal ImmutableArray<(ScopeNarrowing Narrowing, ImmutableArray<long> Datasets)> Groups => Scope.NarrowedGroups;

    /// <summary>Of a scope; null when nothing in it is narrowed.</summary>
    public static NarrowedFields? Of(StorageMapping mapping, AccessScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.IsNarrowed ? new(mapping, scope.WithNarrowings(NarrowingsMax)) : null;
    }

    /// <summary>The hidden properties of an entity in a row, by <see cref="EntityProperty.Ordinal"/>.</summary>
    /// <param name="entity">Its type.</param>
    /// <param name="number">What the row holds in <see cref="EntityMapping.NarrowingColumn"/>.</param>
    public ulong HiddenIn(EntityType entity, long number) => number <= 0 ? 0 : HiddenOf(entity)[number - 1];

    /// <summary>The properties that are hidden in every row.</summary>
    public ulong HiddenEverywhere(EntityType entity) =>
        IsWithoutWhole ? HiddenOf(entity).Aggregate(ulong.MaxValue, (all, hidden) => all & hidden) : 0;

    private ulong[] HiddenOf(EntityType entity)
    {
        if (_hidden.TryGetValue(entity, out var known)) return known;
        var hidden = new ulong[Groups.Length];
        for (var i = 0; i < hidden.Length; i++)
            foreach (var property in entity.Properties)
                if (Reach(Groups[i].Narrowing, entity, property, out _) == FieldReach.Hidden) hidden[i] |= 1UL << property.Ordinal;
        return _hidden[entity] = hidden;
    }

    /// <summary>The refusal of a query that filters or orders by a field that is hidden in a dataset which it reaches; null: it may run.</summary>
    public Problem? Refuse(BoundQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var problem = Refuse(query.Filter);
        if (!query.IsDefaultOrder)
            foreach (var order in query.OrderBy) problem ??= Refuse(order.Expression);
        foreach (var expand in query.Expand) problem ??= Refuse(expand.Query);
        return problem;
    }

    /// <summary>The refusal of an expression that speaks of a hidden field; null: it may be used.</summary>
    public Problem? Refuse(BoundExpression? expression)
    {
        if (expression is null) return null;
        Problem? problem = null;
        SqlComposer.Visit(expression, node =>
        {
            if (node is BoundProperty property) problem ??= Refuse(property.Row.Entity, property.Property, property.Inside);
        });
        return problem;
    }

    /// <summary>The refusal of a field; null: it may be used.</summary>
    /// <param name="entity">Whose.</param>
    /// <param name="property">Which.</param>
    /// <param name="inside">The way into its JSON value; null for all of it.</param>
    public Problem? Refuse(EntityType entity, EntityProperty property, IReadOnlyList<string>? inside)
    {
        foreach (var (narrowing, _) in Groups)
        {
            var reach = Reach(narrowing, entity, property, out var members);
            if (reach == FieldReach.Whole) continue;
            if (reach == FieldReach.Members && inside is [var member, ..] && members.Contains(member, StringComparer.Ordinal)) continue;
            var name = NameOf(entity, property) + (inside is [var first, ..] ? "/" + first : "");
            return new Problem(403, "field-not-readable", "A field may not be read",
                $"What is asked for rests on {name}, which may not be read in at least one of the datasets that the request reaches. " +
                "Leave it out of $filter, $orderby and $expand, or ask at /datasets/{slug}/sensorthings/v1.1 of a dataset in which it may " +
                "be read.").With("field", name);
        }

        return null;
    }

    /// <summary>The name of a field.</summary>
    public static string NameOf(EntityType entity, EntityProperty property)
    {
        ArgumentNullException.ThrowIfNull(entity);
        ArgumentNullException.ThrowIfNull(property);
        return $"{entity.SetName}/{property.Name}";
    }

    /// <summary>How much of a field is left, and which members of it when these are some.</summary>
    internal FieldReach Reach(ScopeNarrowing narrowing, EntityType entity, EntityProperty property, out ImmutableArray<string> members)
    {
        members = [];
        if (ReferenceEquals(property, entity.Id)) return FieldReach.Whole;
        if (IsDerived(_mapping[entity].Properties[property.Ordinal], out var isPlace) &&
            (HidesRows(narrowing) || (isPlace && narrowing.SpaceMetres > 0))) return FieldReach.Hidden;
        if (narrowing.Fields is not { } fields) return FieldReach.Whole;
        var name = NameOf(entity, property);
        if (fields.Contains(name, StringComparer.Ordinal)) return FieldReach.Whole;
        if (!property.HasInside) return FieldReach.Hidden;
        var below = name + "/";
        members = [.. fields.Where(field => field.Length > below.Length && field.StartsWith(below, StringComparison.Ordinal))
            .Select(field => field[below.Length..])];
        return members.IsEmpty ? FieldReach.Hidden : FieldReach.Members;
    }

    /// <summary>Whether it may be read in every dataset of the scope.</summary>
    internal bool IsReadable(EntityType entity, EntityProperty property) =>
        Groups.All(group => Reach(group.Narrowing, entity, property, out _) == FieldReach.Whole);

    /// <summary>Whether all may be read as it is stored, in every dataset of the scope.</summary>
    internal bool IsAsStored(EntityType entity, EntityProperty property)
    {
        var columns = _mapping[entity].Properties[property.Ordinal];
        return Groups.All(group => Reach(group.Narrowing, entity, property, out _) == FieldReach.Whole && columns switch
        {
            GeometryColumns => group.Narrowing.SpaceMetres <= 0,
            IntervalColumns => group.Narrowing.TimeSeconds <= 0,
            ScalarColumn => property.Kind != ValueKind.Instant || group.Narrowing.TimeSeconds <= 0,
            _ => true,
        });
    }

    /// <summary>Whether rows are left out by time or place.</summary>
    public static bool HidesRows(ScopeNarrowing narrowing)
    {
        ArgumentNullException.ThrowIfNull(narrowing);
        return narrowing.From is not null || narrowing.Until is not null || narrowing.Area is not null;
    }

    // What the side table holds is made of all observations, also of those that a window leaves out.
    private static bool IsDerived(PropertyColumns columns, out bool isPlace)
    {
        isPlace = columns is BoxColumns;
        return columns is BoxColumns { MinX.IsSide: true } or IntervalColumns { Start.IsSide: true } or ScalarColumn { Column.IsSide: true };
    }
}
