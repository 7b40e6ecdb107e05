using Stoa.Query;

namespace Stoa.Storage.Translation;

/// <summary>Reading a large table in the order of time without an index on time.</summary>
/// <remarks>
/// The table is clustered by group and time. An index on time over all groups would cost a page written for every row of an array or
/// an import (decision 0002). Instead the statement goes through windows of time, nearest first, each four times as far-reaching as
/// the one before, and in each seeks in every visible group that reaches into it. The number of the window is the first sort key and
/// the order in which the windows are read, so the engine sorts one window at a time and stops in the one that fills the page.
/// </remarks>
internal sealed partial class SqlComposer
{
    /// <summary>The pieces of such a statement.</summary>
    /// <param name="With">What stands before SELECT.</param>
    /// <param name="From">What stands before the table in FROM.</param>
    /// <param name="FirstKey">What is sorted by before all else.</param>
    internal sealed record Timeline(string With, string From, string? FirstKey);

    /// <summary>
    /// Path, filter and scope of what is read, and the windows if they are the way to read it: the whole set, in the order of time,
    /// and no key in the filter that finds the rows sooner.
    /// </summary>
    internal Timeline? RootTermsInOrder(SqlTerms terms, ReadRequest request, string alias, BoundQuery query)
    {
        var own = mapping[request.Entity];
        if (dialect.ReadsByGroups && TimeGroupsOf(own) is { } groups && IsWholeSet(request, query))
        {
            if (IsTime(query.OrderBy[0].Expression, query.Row, groups))
            {
                var timeline = ReadByWindows(terms, request, groups, query, alias);
                if (query.Filter is not null) FilterTerms(terms, query.Filter);
                return timeline;
            }

            // The order of ids has an index, which fills a page sooner than a sort of all that matches.
            if (query.Filter is not null && !IsOwnId(query.OrderBy[0].Expression, query.Row))
                return TermsByGroups(terms, request, alias, query);
        }

        RootTerms(terms, request, alias, query);
        return null;
    }

    /// <summary>
    /// Path, filter and scope of what is counted or sorted whole. Of a large set only the groups are read that can have a row which
    /// meets the filter, and of each only the span of time that the filter leaves.
    /// </summary>
    internal Timeline? TermsByGroups(SqlTerms terms, ReadRequest request, string alias, BoundQuery query)
    {
        if (!dialect.ReadsByGroups || TimeGroupsOf(mapping[request.Entity]) is not { } groups || query.Filter is null ||
            !IsWholeSet(request, query))
        {
            RootTerms(terms, request, alias, query);
            return null;
        }

        var (lower, upper) = SpanOf(query, groups);
        var group = NextAlias();
        terms.Add($"{alias}.{groups.GroupColumn} = {group}.{groups.KeyColumn}");
        if (lower is not null) terms.Add($"{alias}.{groups.TimeColumn} >= {lower}");
        if (upper is not null) terms.Add($"{alias}.{groups.TimeColumn} <= {upper}");
        var with = VisibleGroups(query, groups, lower, upper, newest: null);
        FilterTerms(terms, query.Filter);
        return new(with + " ", $"visible_group AS {group} CROSS JOIN ", null);
    }

    /// <summary>
    /// Where rows are read by an index on time: that the group of a row can have a number that meets the filter, and that there is any
    /// such group at all, which is looked up once and ends the search for what nobody has measured. True when the groups are visible.
    /// Where rows are spread over machines the groups are not there: all are told that there is one.
    /// </summary>
    private bool GroupTerms(SqlTerms terms, ReadRequest request, string alias, BoundQuery query)
    {
        if (dialect.ReadsByGroups || TimeGroupsOf(mapping[request.Entity]) is not { } groups || !IsWholeSet(request, query)) return false;
        var any = NextAlias();
        if (ValueBounds(query.Filter, query.Row, groups, any) is not { Length: > 0 } bounds) return false;
        var some = new SqlTerms();
        some.Add(InScope($"{any}.{groups.DatasetColumn}"));
        some.Add(bounds);
        terms.Add($"EXISTS (SELECT 1 FROM {groups.Table} AS {any}{some.Where()}{(dialect.IsSpread ? " LIMIT 1" : "")})");
        if (dialect.IsSpread) return false;
        var state = NextAlias();
        var own = new SqlTerms();
        own.Add($"{state}.{groups.KeyColumn} = {alias}.{groups.GroupColumn}");
        own.Add(InScope($"{state}.{groups.DatasetColumn}"));
        own.Add(ValueBounds(query.Filter, query.Row, groups, state));
        terms.Add($"EXISTS (SELECT 1 FROM {groups.Table} AS {state}{own.Where()})");
        return true;
    }

    /// <summary>The same for the rows of one group.</summary>
    /// <returns>A condition to stand before that on the rows; empty when the groups say nothing about it.</returns>
    private string GroupTerm(BoundAny any, EntityMapping own, TargetKey key, string sourceId)
    {
        if (dialect.ReadsByGroups || TimeGroupsOf(own) is not { } groups || key.Column != groups.GroupColumn) return "";
        var state = NextAlias();
        return ValueBounds(any.Condition, any.Row, groups, state) is { Length: > 0 } bounds
            ? $"EXISTS (SELECT 1 FROM {groups.Table} AS {state} WHERE {state}.{groups.KeyColumn} = {Kept(sourceId, key.Sign)} AND {bounds})"
            : "";
    }

    private string ValueBounds(BoundExpression? filter, QueryRow row, TimeGroups groups, string state)
    {
        var terms = new SqlTerms();
        foreach (var condition in Conjuncts(filter).OfType<BoundCompare>()) terms.Add(ValueBound(condition, row, groups, state));
        return terms.ToString();
    }

    /// <summary>Whether a whole set is read, and no key in the filter finds its rows sooner.</summary>
    private bool IsWholeSet(ReadRequest request, BoundQuery query) =>
        !request.IsChild && request.Path is [{ Key: null }] && !Conjuncts(query.Filter).Any(term => FindsRows(term, query.Row));

    private Timeline ReadByWindows(SqlTerms terms, ReadRequest request, TimeGroups groups, BoundQuery query, string alias)
    {
        var isDescending = query.OrderBy[0].IsDescending;
        var (lower, upper) = SpanOf(query, groups);
        var (window, group) = (NextAlias(), NextAlias());

        const string At = "(SELECT at FROM anchor)";
        var (from, to) = isDescending
            ? ($"{At} - {window}.far", $"{At} - {window}.near - 1")
            : ($"{At} + {window}.near", $"{At} + {window}.far - 1");
        if (isDescending && lower is not null) terms.Add($"{to} >= {lower}");
        if (!isDescending && upper is not null) terms.Add($"{from} <= {upper}");
        terms.Add($"{group}.{groups.LatestColumn} >= {from} AND {group}.{groups.EarliestColumn} <= {to}");
        terms.Add($"{alias}.{groups.GroupColumn} = {group}.{groups.KeyColumn}");
        var first = lower is null ? from : dialect.Greatest(from, lower);
        var last = upper is null ? to : dialect.Least(to, upper);
        terms.Add($"{alias}.{groups.TimeColumn} BETWEEN {first} AND {last}");
        // The newest n rows lie in the n groups that have the newest rows: each of those has at least one row newer than any other group,
        // unless a window leaves that row out.
        var newest = isDescending && _fields is not { HasWindows: true } && query is { Filter: null, Cursor: null, OrderBy: [_, { IsDescending: true } id] } &&
            IsOwnId(id.Expression, query.Row) ? request.Limit + query.Skip : null;
        // Without an end asked for, a clock that runs ahead must not push all others into one far window.
        var anchor = isDescending
            ? dialect.Least($"max({groups.LatestColumn})", upper ?? dialect.Now)
            : lower is null ? $"min({groups.EarliestColumn})" : dialect.Greatest($"min({groups.EarliestColumn})", lower);
        return new(
            VisibleGroups(query, groups, lower, upper, newest) +
            $", anchor (at) AS MATERIALIZED (SELECT {anchor} FROM visible_group) ",
            $"time_window AS {window} CROSS JOIN visible_group AS {group} CROSS JOIN ", $"{window}.number");
    }

    /// <summary>The groups that may be seen, reach into the span asked for and can have the values asked for.</summary>
    private string VisibleGroups(BoundQuery query, TimeGroups groups, string? lower, string? upper, long? newest)
    {
        var state = NextAlias();
        var terms = GroupsMeant(query, groups, state, lower, upper);
        var most = newest is { } count
            ? $" ORDER BY {state}.{groups.LatestColumn} DESC, {state}.{groups.LatestIdColumn} DESC LIMIT {Parameter(SqlValue.Of(count))}"
            : "";
        return $"WITH visible_group AS MATERIALIZED (SELECT {state}.{groups.KeyColumn}, {state}.{groups.EarliestColumn}, " +
            $"{state}.{groups.LatestColumn} FROM {groups.Table} AS {state}{terms.Where()}{most})";
    }

    /// <summary>That a group is visible, reaches into the time asked for and can have the numbers asked for.</summary>
    private SqlTerms GroupsMeant(BoundQuery query, TimeGroups groups, string state, string? lower, string? upper)
    {
        var terms = new SqlTerms();
        terms.Add(InScope($"{state}.{groups.DatasetColumn}"));
        if (lower is not null) terms.Add($"{state}.{groups.LatestColumn} >= {lower}");
        if (upper is not null) terms.Add($"{state}.{groups.EarliestColumn} <= {upper}");
        terms.Add(ValueBounds(query.Filter, query.Row, groups, state));
        return terms;
    }

    /// <summary>Parameters with the times of <see cref="Bounds"/>; null: no bound.</summary>
    private (string? Lower, string? Upper) SpanOf(BoundQuery query, TimeGroups groups)
    {
        var (least, most) = Bounds(query, groups);
        return (least is { } lower ? Parameter(SqlValue.Of(lower)) : null, most is { } upper ? Parameter(SqlValue.Of(upper)) : null);
    }

    /// <summary>That a group may have a number that meets the comparison; empty when it says nothing about that.</summary>
    private string ValueBound(BoundCompare condition, QueryRow row, TimeGroups groups, string state)
    {
        if (!BoundsValue(condition, row, groups)) return "";
        var isTurned = IsValue(condition.Right, row, groups);
        var constant = isTurned ? condition.Left : condition.Right;
        var isLower = condition.Operator is BinaryOperator.Gt or BinaryOperator.Ge != isTurned;
        return condition.Operator switch
        {
            BinaryOperator.Gt or BinaryOperator.Ge or BinaryOperator.Lt or BinaryOperator.Le => isLower
                ? $"{state}.{groups.MostColumn} >= {Value(constant)}"
                : $"{state}.{groups.LeastColumn} <= {Value(constant)}",
            BinaryOperator.Eq => $"{state}.{groups.MostColumn} >= {Value(constant)} AND {state}.{groups.LeastColumn} <= {Value(constant)}",
            _ => "",
        };
    }

    /// <summary>Whether the comparison holds the numbers of a group to a constant.</summary>
    private static bool BoundsValue(BoundCompare condition, QueryRow row, TimeGroups groups)
    {
        var (value, constant) = IsValue(condition.Right, row, groups) ? (condition.Right, condition.Left) : (condition.Left, condition.Right);
        return condition.Operator != BinaryOperator.Ne && IsValue(value, row, groups) &&
            constant is BoundLiteral { Kind: ValueKind.Number };
    }

    private static bool IsValue(BoundExpression expression, QueryRow row, TimeGroups groups) =>
        expression is BoundConversion { To: ValueKind.Number, Operand: BoundProperty { Inside: null } property } &&
        ReferenceEquals(property.Row, row) && ReferenceEquals(property.Property, groups.Value);

    private static bool IsTime(BoundExpression expression, QueryRow row, TimeGroups groups) => expression switch
    {
        BoundProperty { Inside: null } property =>
            ReferenceEquals(property.Row, row) && ReferenceEquals(property.Property, groups.Property),
        BoundConversion { Operand.Kind: ValueKind.Interval, To: ValueKind.Instant } start => IsTime(start.Operand, row, groups),
        _ => false,
    };

    /// <summary>Whether the condition names few rows by a key: its own or that of a relation.</summary>
    private bool FindsRows(BoundExpression condition, QueryRow row) => condition switch
    {
        BoundCompare { Operator: BinaryOperator.Eq } equal when IsOwnId(equal.Left, row) || IsOwnId(equal.Right, row) => true,
        BoundIn isIn when IsOwnId(isIn.Operand, row) => true,
        BoundCompare { Operator: BinaryOperator.Eq } equal when IsGroup(equal.Left, equal.Right, row) || IsGroup(equal.Right, equal.Left, row) => true,
        _ => OneRowOf(condition, row) is { Via: { } via } && mapping[via] is SourceKey && IsSelective(condition),
    };

    /// <summary>Whether the first names the one group that the second, a constant, is the id of.</summary>
    private bool IsGroup(BoundExpression key, BoundExpression constant, QueryRow row) =>
        constant is BoundLiteral && key is BoundProperty { Inside: null } id && ReferenceEquals(id.Row.Source, row) && IsOwnKey(id);

    private static bool IsOwnId(BoundExpression expression, QueryRow row) =>
        expression is BoundProperty { Inside: null } property && ReferenceEquals(property.Row, row) &&
        ReferenceEquals(property.Property, row.Entity.Id);

    /// <summary>Times between which the starts of all rows lie that filter and cursor let through; null: no bound.</summary>
    private static (long? Least, long? Most) Bounds(BoundQuery query, TimeGroups groups)
    {
        long? least = null, most = null;
        if (query.Cursor is { Keys: [var key, _], IsDescending: var isDescending })
        {
            if (isDescending) most = key;
            else least = key;
        }

        foreach (var condition in Conjuncts(query.Filter).OfType<BoundCompare>())
        {
            var isTurned = IsTime(condition.Right, query.Row, groups);
            var (time, constant) = isTurned ? (condition.Right, condition.Left) : (condition.Left, condition.Right);
            if (!IsTime(time, query.Row, groups) || MomentOf(constant) is not { } moment) continue;
            // The start of a row lies before or after the start of the constant in all meanings of the comparisons.
            var isAfter = condition.Operator is BinaryOperator.Gt or BinaryOperator.Ge;
            var isBefore = condition.Operator is BinaryOperator.Lt or BinaryOperator.Le;
            var isEqual = condition.Operator is BinaryOperator.Eq;
            if (isEqual || (isTurned ? isBefore : isAfter)) least = Math.Max(least ?? moment, moment);
            if (isEqual || (isTurned ? isAfter : isBefore)) most = Math.Min(most ?? moment, moment);
        }

        return (least, most);
    }

    private static long? MomentOf(BoundExpression expression) => expression switch
    {
        BoundLiteral { Value: { Kind: ValueKind.Instant or ValueKind.Interval } value } => value.Time.Start.UnixMicroseconds,
        BoundConversion { To: ValueKind.Interval } conversion => MomentOf(conversion.Operand),
        _ => null,
    };

    private static IEnumerable<BoundExpression> Conjuncts(BoundExpression? filter) => filter switch
    {
        null => [],
        BoundAnd and => and.Operands.SelectMany(Conjuncts),
        _ => [filter],
    };
}
