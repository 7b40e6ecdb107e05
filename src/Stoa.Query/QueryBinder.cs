using Stoa.Vocabulary;

namespace Stoa.Query;

/// <summary>Resolves the names of a query against a schema and settles the kinds of its values.</summary>
/// <remarks>Pure: equal arguments give equal answers. No input makes it throw.</remarks>
public static class QueryBinder
{
    /// <summary>Binds the options of one request.</summary>
    /// <param name="options">As parsed.</param>
    /// <param name="entity">What is read.</param>
    /// <param name="limits">Caps of pages.</param>
    /// <param name="now">The value of the function now(): one moment for the whole request.</param>
    /// <returns>The bound query, or a 400 that names the option, the place, and what exists instead.</returns>
    public static Result<BoundQuery> Bind(QueryOptions options, EntityType entity, QueryLimits limits, Instant now) =>
        BindLevel(options, entity, limits, now, outerOption: null);

    /// <summary>Binds one condition alone, for callers that have no other option.</summary>
    public static Result<(QueryRow Row, BoundExpression Filter)> BindFilter(
        Expression filter, EntityType entity, QueryLimits limits, Instant now)
    {
        var binder = new ExpressionBinder("$filter", entity, limits, now);
        return binder.Filter(filter) is { } bound ? (binder.Root, bound) : binder.Problem!; // Null comes with a problem.
    }

    private static Result<BoundQuery> BindLevel(
        QueryOptions options, EntityType entity, QueryLimits limits, Instant now, string? outerOption)
    {
        var binder = new ExpressionBinder(outerOption ?? "$filter", entity, limits, now);
        BoundExpression? filter = null;
        if (options.Filter is not null && (filter = binder.Filter(options.Filter)) is null) return binder.Problem!;
        binder.Option = outerOption ?? "$orderby";
        if (binder.OrderBy(options.OrderBy) is not { } order) return binder.Problem!;
        var isKeyset = IsKeyset(order, binder.Root);
        if (options.Cursor is { } cursor && !(isKeyset && Fits(cursor, order)))
            return QueryProblems.Option(
                "$skiptoken", "The $skiptoken does not belong to this $orderby. Follow nextLink as it is.");

        var query = new BoundQuery
        {
            Entity = entity,
            Row = binder.Root,
            Filter = filter,
            OrderBy = order,
            IsDefaultOrder = options.OrderBy.Count == 0,
            IsKeyset = isKeyset,
            Top = (int)Math.Min(options.Top ?? limits.TopDefault, limits.TopMax),
            HasTop = options.Top is not null,
            Skip = options.Skip ?? 0,
            Count = options.Count ?? false,
            ResultFormat = options.ResultFormat,
            ResultMetadata = options.ResultMetadata,
            Cursor = options.Cursor,
        };
        if (!BindExpand(query, options.Expand, limits, now).TryGet(out query, out var problem)) return problem;
        return options.Select is { } select ? BindSelect(query, select, outerOption ?? "$select") : query;
    }

    private static bool IsKeyset(List<BoundOrder> order, QueryRow root) =>
        order.Count <= 2 && order.TrueForAll(item => item.IsDescending == order[0].IsDescending) &&
        order.TrueForAll(item => item.Expression is BoundProperty { Inside: null, Property.IsKeyset: true } property &&
            ReferenceEquals(property.Row, root));

    private static bool Fits(PageCursor cursor, List<BoundOrder> order) =>
        cursor.Keys.Count == order.Count && cursor.IsDescending == order[0].IsDescending;

    private static Result<BoundQuery> BindExpand(
        BoundQuery query, IReadOnlyList<ExpandItem> items, QueryLimits limits, Instant now)
    {
        if (items.Count == 0) return query;
        var merged = new List<(Navigation Navigation, QueryOptions Options)>();
        foreach (var (path, options) in items)
        {
            var first = path.Segments[0];
            if (query.Entity.FindNavigation(first.Name) is not { } navigation)
                return QueryProblems.UnknownName("$expand", first.Position, UnknownRelation(query.Entity, first.Name));
            var own = path.Segments.Count == 1
                ? options
                : QueryOptions.None with { Expand = [new(Rest(path), options)] };
            var at = merged.FindIndex(item => ReferenceEquals(item.Navigation, navigation));
            if (at < 0) merged.Add((navigation, own));
            else if (Merge(merged[at].Options, own) is { } both) merged[at] = (navigation, both);
            else
                return QueryProblems.NotPossible("$expand", first.Position,
                    $"{first.Name} is expanded twice with options. Put all options into one pair of parentheses");
        }

        var expands = new List<BoundExpand>(merged.Count);
        foreach (var (navigation, options) in merged)
        {
            if (!BindLevel(options, navigation.Target, limits, now, "$expand").TryGet(out var inner, out var problem))
                return problem;
            expands.Add(new(navigation, inner, options.ToQueryText()));
        }

        return query with { Expand = expands };
    }

    private static PathExpression Rest(PathExpression path) => new([.. path.Segments.Skip(1)], path.Segments[1].Position);

    /// <summary>Both together, when at most one of them says more than what to expand further; else null.</summary>
    private static QueryOptions? Merge(QueryOptions left, QueryOptions right)
    {
        IReadOnlyList<ExpandItem> expand = [.. left.Expand, .. right.Expand];
        if (SaysExpandOnly(left)) return right with { Expand = expand };
        return SaysExpandOnly(right) ? left with { Expand = expand } : null;
    }

    private static bool SaysExpandOnly(QueryOptions options) =>
        options is { Filter: null, OrderBy.Count: 0, Select: null, Top: null, Skip: null, Count: null };

    private static Result<BoundQuery> BindSelect(BoundQuery query, IReadOnlyList<PathExpression> select, string option)
    {
        var properties = new bool[query.Entity.Properties.Count];
        var navigations = new bool[query.Entity.Navigations.Count];
        foreach (var expand in query.Expand) navigations[expand.Navigation.Ordinal] = true;
        foreach (var path in select)
        {
            var name = path.Segments[0].Name;
            if (query.Entity.FindProperty(name) is { } property && (path.Segments.Count == 1 || property.HasInside))
                properties[property.Ordinal] = true;
            else if (query.Entity.FindNavigation(name) is { } navigation && path.Segments.Count == 1)
                navigations[navigation.Ordinal] = true;
            else
                return QueryProblems.UnknownName(option, path.Position, UnknownName(query.Entity, name));
        }

        return query with { SelectedProperties = properties, SelectedNavigations = navigations };
    }

    internal static string UnknownName(EntityType entity, string name) =>
        $"{entity.Name} has no {QueryProblems.Show(name)}. " + Suggestion.For(
            name, entity.Properties.Select(property => property.Name).Concat(entity.Navigations.Select(navigation => navigation.Name)));

    private static string UnknownRelation(EntityType entity, string name) =>
        $"{entity.Name} has no relation {QueryProblems.Show(name)}. " +
        Suggestion.For(name, entity.Navigations.Select(navigation => navigation.Name));
}
