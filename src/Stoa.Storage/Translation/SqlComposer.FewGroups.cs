using System.Globalization;
using Stoa.Query;

namespace Stoa.Storage.Translation;

/// <summary>Reading a large table in the order of time where it has an index on time, but few of its groups count.</summary>
/// <remarks>
/// The index on time finds the next rows at once when most groups may be seen and meet the filter. When few do, it would go through
/// the rows of all others. Then the first rows of each of these groups are read, by the key, and the first of them all are taken.
/// Which of both is done is decided by the database when the statement runs: the groups are counted up to a limit, and the branch
/// that is not wanted is not begun.
/// </remarks>
internal sealed partial class SqlComposer
{
    private const string IsFew = "(SELECT is_few FROM few_groups)";

    /// <summary>The groups, when the rows of the request are read in the order of time and all groups may not be meant.</summary>
    internal TimeGroups? GroupsApart(ReadRequest request, BoundQuery query)
    {
        if (dialect.FewGroupsMax == 0 || TimeGroupsOf(mapping[request.Entity]) is not { } groups || request.Limit is null) return null;
        if (scope.IsNothing || !query.IsKeyset || !IsWholeSet(request, query)) return null;
        if (!IsInOrderOfTime(query, groups)) return null;
        // Many that may be seen are known to be many, unless a time or a number leaves few of them.
        var isNarrowed = (!scope.IsEverything && (request.Groups is null || Bounds(query, groups) is not (null, null))) ||
            Conjuncts(query.Filter).OfType<BoundCompare>().Any(compare => BoundsValue(compare, query.Row, groups));
        return isNarrowed ? groups : null;
    }

    /// <summary>Takes the groups that are known where rows have to be tested one by one: in the order of time, or for many datasets. In another order the
    /// engine finds the rows of a few datasets by their keys.</summary>
    internal void UseGroups(ReadRequest request, BoundQuery query)
    {
        if (scope.Datasets.Length > InlineScopeMax || (TimeGroupsOf(mapping[request.Entity]) is { } groups && IsInOrderOfTime(query, groups)))
            Groups = request.Groups;
    }

    private static bool IsInOrderOfTime(BoundQuery query, TimeGroups groups) =>
        query.OrderBy is [{ Expression: var time }, { Expression: var id }] && IsTime(time, query.Row, groups) && IsOwnId(id, query.Row);

    /// <summary>The statement: rows of either branch under the names c0, c1 and so on, of which the last two are the keys.</summary>
    internal string RowsOfGroups(ReadRequest request, BoundQuery query, TimeGroups groups)
    {
        var skip = query.Cursor is null ? query.Skip : 0;
        var order = query.OrderBy;
        var first = request.Columns.Count;
        var state = NextAlias();
        var many = new SqlTerms();
        var root = BeginRoot(query.Row);
        many.Add($"NOT {IsFew}");
        RootTerms(many, request, root, query);
        var rowsOfAll = Branch(request, query, root, many, skip);

        var (lower, upper) = SpanOf(query, groups);
        var few = GroupsMeant(query, groups, state, lower, upper);
        few.Add(IsFew);
        var own = new SqlTerms();
        root = BeginRoot(query.Row);
        own.Add($"{root}.{groups.GroupColumn} = {state}.{groups.KeyColumn}");
        if (query.Filter is not null) FilterTerms(own, query.Filter);
        var rowsOfGroup = Branch(request, query, root, own, skip);

        var shown = string.Join(", ", Enumerable.Range(0, first + order.Count).Select(Name));
        return $"{FewGroups(query, groups, lower, upper)} SELECT {shown} FROM (({rowsOfAll}) UNION ALL " +
            $"(SELECT of_group.* FROM {groups.Table} AS {state} CROSS JOIN LATERAL ({rowsOfGroup}) AS of_group{few.Where()})) " +
            $"AS rows_of_groups ORDER BY {Name(first)}{Direction(order[0])}, {Name(first + 1)}{Direction(order[1])}{Limit(request.Limit, skip)}";
    }

    /// <summary>
    /// Whether few groups are meant. Reading n groups costs n times what reading one costs; among N groups that are alike every N/n-th
    /// row of the index on time is one of theirs: so it is n * n that is held against N. But groups are not alike at the ends: those that
    /// ended long ago, or began late, would be found behind all rows of all others.
    /// </summary>
    private string FewGroups(BoundQuery query, TimeGroups groups, string? lower, string? upper)
    {
        const long LongAgo = 86_400_000_000;
        var counted = NextAlias();
        var isAtEnd = query.Cursor is not null ? ""
            : query.OrderBy[0].IsDescending ? $" OR MAX({groups.LatestColumn}) < {dialect.Now} - {LongAgo}"
            : $" OR {dialect.Truth(true)}";
        return $"WITH few_groups (is_few) AS MATERIALIZED (SELECT COUNT(*) <= {dialect.FewGroupsMax} AND (COUNT(*) * COUNT(*) <= " +
            $"{dialect.RowsAbout(groups.Table)}{isAtEnd}) FROM (SELECT {counted}.{groups.LatestColumn} FROM {groups.Table} AS " +
            $"{counted}{GroupsMeant(query, groups, counted, lower, upper).Where()}{Limit(dialect.FewGroupsMax + 1, 0)}) AS meant)";
    }

    private string Branch(ReadRequest request, BoundQuery query, string root, SqlTerms terms, long skip)
    {
        var columns = request.Columns.Select(column => ColumnOf(query.Row, column))
            .Concat(query.OrderBy.Select(item => KeyValue(item.Expression)))
            .Select((column, index) => $"{column} AS {Name(index)}");
        var select = string.Join(", ", columns);
        if (query.Cursor is { } cursor) terms.Add(After(query.OrderBy, cursor));
        return $"SELECT {select}{From(root)}{terms.Where()}{OrderBy(query.OrderBy)}{Limit(request.Limit + skip, 0)}";
    }

    private static string Name(int column) => string.Create(CultureInfo.InvariantCulture, $"c{column}");

    private static string Direction(BoundOrder order) => order.IsDescending ? " DESC" : "";
}
