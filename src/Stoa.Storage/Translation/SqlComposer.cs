using System.Globalization;
using System.Text;
using Stoa.Query;
using Stoa.Storage.Dialects;
using Stoa.Vocabulary;

namespace Stoa.Storage.Translation;

/// <summary>The state of one translation: parameters, aliases and the joins that turn out to be needed.</summary>
/// <remarks>
/// To-one relations become LEFT JOINs, which give null where the target is absent or hidden and never multiply rows. To-many relations
/// become EXISTS or IN subqueries. In a large table a condition over a to-one relation becomes <c>key IN (subquery)</c>, so that it
/// can choose the rows instead of testing each.
/// </remarks>
internal sealed partial class SqlComposer(StorageMapping mapping, SqlDialect dialect, AccessScope scope)
{
    /// <summary>Scopes up to this size stand in the text as parameters, padded to a power of two; larger ones as one text.</summary>
    internal const int InlineScopeMax = 16;

    // Ids up to here go as bits, 64 kB; beyond, as a list that the engine sorts for each statement.
    private const long BitsIdMax = (1 << 19) - 1;

    // A run of a smaller part of the datasets is not asked for: two comparisons are 8 ns in SQLite, a bit 55.
    private const int RunShareMin = 4;

    private readonly List<SqlValue> _parameters = new(8);
    private List<JoinedRow> _rows = new(4);
    private QueryRow? _base;
    private int _aliases;
    private string? _scopeList;
    private string? _scopeMask;
    private string? _scopeBits;
    private string? _scopeBitsEnd;
    private (string First, string Last)[]? _scopeRuns;

    internal IReadOnlyList<SqlValue> Parameters => _parameters;

    /// <summary>Whether what it makes goes into a statement written by hand, whose parameters have names; see <see cref="ShownTables"/>.</summary>
    internal bool IsPartOfText { get; init; }

    /// <summary>See <see cref="UseGroups"/>.</summary>
    private VisibleGroups? Groups { get; set; }

    /// <summary>Number of the parameter for the parent's id; 0 when there is none.</summary>
    internal int ParentParameter { get; private set; }

    /// <summary>The rows of the parents, where many are read at once; else null.</summary>
    internal string? ManyParents { get; private set; }

    /// <summary>The place of a row in the list that is read; null when no list is.</summary>
    internal string? ListOrder { get; private set; }

    /// <summary>A table in a FROM clause that stands for a row, and what is joined to it.</summary>
    private sealed class JoinedRow(QueryRow row, string alias, StringBuilder joins)
    {
        internal QueryRow Row => row;

        internal string Alias => alias;

        /// <summary>The joins of the FROM clause in which it stands.</summary>
        internal StringBuilder Joins => joins;

        internal string? SideAlias { get; set; }
    }

    /// <summary>Begins a FROM clause of its own.</summary>
    internal string BeginRoot(QueryRow row)
    {
        _base = row;
        _rows = [];
        return Begin(row).Alias;
    }

    internal string Parameter(SqlValue value)
    {
        _parameters.Add(value);
        return IsPartOfText
            ? dialect.Typed(ShownTables.ParameterName(_parameters.Count), value.Kind)
            : dialect.Parameter(_parameters.Count, value.Kind);
    }

    internal static StringBuilder Separate(StringBuilder list) => list.Length > "SELECT ".Length ? list.Append(", ") : list;

    internal string From(string alias, string? before = null)
    {
        var root = _rows.Find(row => row.Alias == alias)!; // It was begun under this alias.
        return $" FROM {before}{TableOf(mapping[root.Row.Entity])} AS {alias}{root.Joins}";
    }

    internal string ColumnOf(QueryRow row, Column column)
    {
        var joined = Joined(row);
        if (!column.IsSide) return $"{joined.Alias}.{column.Name}";
        if (joined.SideAlias is null)
        {
            var own = mapping[row.Entity];
            var (table, key, sign) = own.SideTable ??
                throw new InvalidOperationException($"{own.Entity.Name} has no side table.");
            joined.SideAlias = NextAlias();
            var id = Kept($"{joined.Alias}.{own.IdColumn}", sign);
            joined.Joins.Append(CultureInfo.InvariantCulture,
                $" LEFT JOIN {table} AS {joined.SideAlias} ON {joined.SideAlias}.{key} = {id}");
        }

        var shown = $"{joined.SideAlias}.{column.Name}";
        return _fields is null ? shown : SideColumn(mapping[row.Entity], joined.Alias, column, shown);
    }

    internal string OrderBy(IReadOnlyList<BoundOrder> order, string? firstKey = null)
    {
        var text = new StringBuilder(" ORDER BY ").Append(firstKey);
        var first = firstKey is null;
        foreach (var (expression, isDescending) in order)
            foreach (var key in SortKeys(expression))
            {
                if (!first) text.Append(", ");
                first = false;
                text.Append(key);
                if (isDescending) text.Append(" DESC");
                if (!IsRequired(expression)) text.Append(dialect.NullsAreLeast(isDescending));
            }

        return text.ToString();
    }

    /// <summary>Whether what is sorted by is never null: a required column of the table that is read.</summary>
    private bool IsRequired(BoundExpression expression) => expression switch
    {
        BoundProperty { Inside: null, Row: { Source: null } row } property => ReferenceEquals(property.Property, row.Entity.Id) ||
            ColumnsOf(property) is IntervalColumns { Start.IsRequired: true } or ScalarColumn { Column.IsRequired: true },
        BoundConversion { Operand.Kind: ValueKind.Interval } start => IsRequired(start.Operand),
        _ => false,
    };

    /// <summary>The rows after the cursor; one comparison of row values, so that an index is entered at the right place.</summary>
    internal string After(IReadOnlyList<BoundOrder> order, PageCursor cursor)
    {
        var sign = cursor.IsDescending ? "<" : ">";
        if (order.Count == 1) return $"{KeyValue(order[0].Expression)} {sign} {Parameter(SqlValue.Of(cursor.Keys[0]))}";
        return dialect.After(
            (KeyValue(order[0].Expression), KeyValue(order[1].Expression)), sign,
            (Parameter(SqlValue.Of(cursor.Keys[0])), Parameter(SqlValue.Of(cursor.Keys[1]))));
    }

    internal string Limit(long? limit, long skip)
    {
        if (limit is null && skip == 0) return "";
        var text = dialect.Limit(limit, Parameter);
        return skip == 0 ? text : $"{text} OFFSET {Parameter(SqlValue.Of(skip))}";
    }

    /// <summary>Path, filter and scope of what is read.</summary>
    internal void RootTerms(SqlTerms terms, ReadRequest request, string alias, BoundQuery query)
    {
        var isVisible = PathTerms(terms, request, request.Path.Count - 1, alias, PathKeys(request));
        isVisible |= GroupTerms(terms, request, alias, query);
        var filter = new SqlTerms();
        if (query.Filter is not null) isVisible |= FilterTerms(filter, query.Filter);
        // The scope comes before the filter: it is cheaper than most conditions.
        if (!isVisible) terms.Add(ScopeTerm(mapping[request.Entity], alias, mayUseIndex: request.Path.Count == 1));
        terms.Add(filter.ToString());
    }

    // paths -------------------------------------------------------------------------------------------------------------

    /// <summary>The parameters of the path's keys, each once however often it is used.</summary>
    private string?[] PathKeys(ReadRequest request)
    {
        var keys = new string?[request.Path.Count];
        for (var i = 0; i < keys.Length; i++)
            if (request.Path[i].Key is { } key) keys[i] = Parameter(SqlValue.Of(key));
        if (!request.IsChild) return keys;
        var parent = Parameter(request.AreParentsMany ? SqlValue.Of("") : SqlValue.Null);
        ParentParameter = _parameters.Count;
        if (request.AreParentsMany) ManyParents = dialect.ManyParents(parent);
        keys[0] = request.AreParentsMany ? SqlDialect.ParentId : parent;
        return keys;
    }

    /// <summary>Binds the alias to a step of the path; true when its visibility follows from the step before.</summary>
    private bool PathTerms(SqlTerms terms, ReadRequest request, int at, string alias, string?[] keys)
    {
        var step = request.Path[at];
        var own = mapping[step.Entity];
        if (keys[at] is { } ownKey) terms.Add($"{alias}.{own.IdColumn} = {ownKey}");
        if (at == 0 || step.Via is not { } via) return false;
        var isTrusted = request.IsChild && at == 1;
        var parent = mapping[request.Path[at - 1].Entity];
        var parentKey = keys[at - 1];
        switch (mapping[via])
        {
            case SourceKey source:
                var named = $"({ParentSelect(request, at - 1, source.Column, keys, isTrusted)})";
                terms.Add($"{alias}.{own.IdColumn} = {Kept(named, source.Sign)}");
                return false;
            case LinkTable { OrderColumn: { } place } list when at == request.Path.Count - 1 && keys[at] is null:
                var pairs = NextAlias();
                var root = _rows.Find(row => row.Alias == alias)!; // The last step is the row that was begun first.
                root.Joins.Append(CultureInfo.InvariantCulture,
                    $" JOIN {list.Table} AS {pairs} ON {pairs}.{list.TargetColumn} = {alias}.{own.IdColumn}");
                terms.Add(parentKey is not null
                    ? $"{pairs}.{list.SourceColumn} = {parentKey}"
                    : $"{pairs}.{list.SourceColumn} IN ({ParentSelect(request, at - 1, parent.IdColumn, keys, isTrusted)})");
                ListOrder = $"{pairs}.{place}";
                break;
            case LinkTable link:
                terms.Add(parentKey is not null
                    ? $"{alias}.{own.IdColumn} IN (SELECT {link.TargetColumn} FROM {link.Table} WHERE {link.SourceColumn} = {parentKey})"
                    : $"{alias}.{own.IdColumn} IN (SELECT {link.TargetColumn} FROM {link.Table} WHERE {link.SourceColumn} IN " +
                      $"({ParentSelect(request, at - 1, parent.IdColumn, keys, isTrusted)}))");
                break;
            case TargetKey target:
                var isOf = parentKey is not null
                    ? $"= {Kept(parentKey, target.Sign)}"
                    : $"IN ({ParentSelect(request, at - 1, parent.IdColumn, keys, isTrusted, target.Sign)})";
                var isTested = request.IsByIds && at == request.Path.Count - 1;
                var column = $"{alias}.{target.Column}";
                terms.Add($"{(isTested ? dialect.WithoutIndex(column) : column)} {isOf}");
                if (!isTested && target.Groups is { } groups)
                    terms.Add($"{alias}.{groups.LargeTableColumn} IN " +
                        $"(SELECT {groups.GroupColumn} FROM {groups.Table} WHERE {groups.KeyColumn} {isOf})");
                break;
            default:
                throw new InvalidOperationException("Unknown kind of relation.");
        }

        if (!isTrusted && parentKey is not null) terms.Add($"EXISTS ({ParentSelect(request, at - 1, "1", keys, false)})");
        return IsScopeOf(own, via);
    }

    /// <summary>Whether the entity's dataset is that of the source of this to-many relation.</summary>
    private bool IsScopeOf(EntityMapping own, Navigation via) =>
        own.DatasetSource is { Column: var key, Navigations: var navigations } &&
        mapping[via] is TargetKey { Column: var column } && column == key &&
        navigations.Any(dataset => ReferenceEquals(dataset.Target, via.Source));

    private string ParentSelect(
        ReadRequest request, int at, string column, string?[] keys, bool isTrusted, KeySign sign = KeySign.Plain)
    {
        var parent = mapping[request.Path[at].Entity];
        var alias = NextAlias();
        var terms = new SqlTerms();
        if (isTrusted) terms.Add($"{alias}.{parent.IdColumn} = {keys[at]}");
        else if (!PathTerms(terms, request, at, alias, keys)) terms.Add(ScopeTerm(parent, alias, mayUseIndex: false));
        var shown = column == "1" ? column : Kept($"{alias}.{column}", sign);
        return $"SELECT {shown} FROM {TableOf(parent)} AS {alias}{terms.Where()}";
    }

    // scope -------------------------------------------------------------------------------------------------------------

    /// <summary>That the row belongs to a dataset of the scope; nothing when everything may be seen.</summary>
    /// <param name="own">Mapping of the row.</param>
    /// <param name="alias">Alias of the row.</param>
    /// <param name="mayUseIndex">Whether the dataset's index may drive the statement. It may for one dataset alone, whose entries lie
    /// in the order of ids; with several the order would need a sort of everything.</param>
    private string ScopeTerm(EntityMapping own, string alias, bool mayUseIndex)
    {
        if (scope.IsEverything) return "";
        if (scope.IsNothing) return dialect.Truth(false);
        if (own.DatasetColumn is { } column)
        {
            var shown = $"{alias}.{column}";
            return mayUseIndex && Visible.Length == 1 ? $"{shown} {ScopeList()}" : InScope(shown);
        }

        var source = own.DatasetSource ?? throw new InvalidOperationException($"{own.Entity.Name} has no dataset.");
        if (dialect.IsSpread) return ScopeOfTargets(source, alias);
        var inner = NextAlias();
        if (Groups is { } groups && _fields is null) return IsInGroups(groups, source, alias, inner);
        return $"EXISTS (SELECT 1 FROM {source.Table} AS {inner} WHERE {inner}.{source.KeyColumn} = {alias}.{source.Column} AND " +
            $"{InScope($"{inner}.{source.DatasetColumn}")})";
    }

    /// <summary>The same by runs or bits of the groups; of a group that has none is asked, by a subquery that is run for such rows alone.</summary>
    private string IsInGroups(VisibleGroups groups, DatasetSource source, string alias, string inner)
    {
        var group = $"{alias}.{source.Column}";
        var (isSeen, isHidden) = (dialect.Truth(true), dialect.Truth(false));
        return $"CASE {Cases()} ELSE " +
            $"COALESCE((SELECT {InScope($"{inner}.{source.DatasetColumn}")} FROM {source.Table} AS {inner} " +
            $"WHERE {inner}.{source.KeyColumn} = {group}), {isHidden}) END";

        string Cases()
        {
            // What is seen first: most rows are asked no more.
            var seen = groups.Runs.Count > 0 ? $"WHEN {SqlDialect.IsWithin(group, RunsOf(groups.Runs))} THEN {isSeen}" : "";
            // Who sees all of them is told of none that is hidden.
            if (groups.Runs is [var only] && only.First <= groups.Least && only.Last >= groups.Most) return seen;
            var (least, most) = (Parameter(SqlValue.Of(groups.Least)), Parameter(SqlValue.Of(groups.Most)));
            var known = $"WHEN {group} BETWEEN {least} AND {most} THEN ";
            return groups.Runs.Count > 0
                ? $"{seen} {known}{isHidden}"
                : $"{known}{dialect.IsBitSet($"({group} - {least})", Parameter(SqlValue.OfShared(groups.Bits)))}";
        }
    }

    /// <summary>That the row belongs to an entity of the scope, asked of the entities themselves: their tables stand on every machine,
    /// that of the datasets of rows does not.</summary>
    private string ScopeOfTargets(DatasetSource source, string alias)
    {
        var terms = new StringBuilder("(");
        foreach (var via in source.Navigations)
        {
            var (target, key) = (mapping[via.Target], (SourceKey)mapping[via]);
            var inner = NextAlias();
            terms.Append(terms.Length > 1 ? " OR " : "").Append(CultureInfo.InvariantCulture,
                $"EXISTS (SELECT 1 FROM {target.Table} AS {inner} WHERE {inner}.{target.IdColumn} = " +
                $"{Kept($"{alias}.{key.Column}", key.Sign)} AND {InScope($"{inner}.{target.DatasetColumn}")})");
        }

        return terms.Append(')').ToString();
    }

    /// <summary>That a dataset lies in the scope, tested row by row. Low numbers fit one mask, which costs nothing to set up;
    /// many are bits, which cost little.</summary>
    private string InScope(string dataset)
    {
        if (scope.IsEverything) return "";
        if (scope.IsNothing) return dialect.Truth(false);
        if (Visible[^1] > dialect.MaskMax)
            return Visible.Length > InlineScopeMax && Visible[^1] <= BitsIdMax
                ? IsInScopeBits(dataset)
                : $"{dialect.WithoutIndex(dataset)} {ScopeList()}";
        if (_scopeMask is null)
        {
            long mask = 0;
            foreach (var id in Visible) mask |= 1L << (int)id;
            _scopeMask = Parameter(SqlValue.Of(mask));
        }

        return dialect.IsInMask(dataset, _scopeMask);
    }

    /// <summary>The same for many. They may be few runs, or most of them one: comparisons then stand in place of a bit, or before it.</summary>
    private string IsInScopeBits(string dataset)
    {
        var bits = (_fields?.Scope ?? scope).Bits(_fields is not null);
        if (bits.Runs.Count > 0) return dialect.IsInRuns(dataset, _scopeRuns ??= RunsOf(bits.Runs));
        if (bits.Longest.Length < bits.Count / RunShareMin) return dialect.IsInBits(dataset, Bits(), End);
        var run = (_scopeRuns ??= RunsOf([bits.Longest]))[0];
        return dialect.IsInRunOrBits(dataset, run.First, run.Last, Bits(), End);

        string Bits() => _scopeBits ??= Parameter(SqlValue.OfShared(bits.Bytes));
        string End() => _scopeBitsEnd ??= Parameter(SqlValue.Of(8L * bits.Bytes.Length));
    }

    private (string First, string Last)[] RunsOf(IReadOnlyList<NumberRun> runs) =>
        [.. runs.Select(run => (Parameter(SqlValue.Of(run.First)), Parameter(SqlValue.Of(run.Last))))];

    /// <summary>The condition that follows a dataset: IN its list, or the engine's own way for a long one.</summary>
    private string ScopeList()
    {
        if (_scopeList is not null) return _scopeList;
        var datasets = Visible;
        return _scopeList = ListOf(datasets);
    }

    private string ListOf(ReadOnlySpan<long> datasets)
    {
        if (datasets.Length > InlineScopeMax) return dialect.IsAmong(Parameter(SqlValue.Of(dialect.ManyIds(datasets))));
        var list = new StringBuilder("IN (");
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)datasets.Length);
        for (var i = 0; i < size; i++)
            list.Append(i > 0 ? ", " : "").Append(Parameter(SqlValue.Of(datasets[Math.Min(i, datasets.Length - 1)])));
        return list.Append(')').ToString();
    }

    // rows --------------------------------------------------------------------------------------------------------------

    private JoinedRow Begin(QueryRow row)
    {
        var joined = new JoinedRow(row, NextAlias(), new());
        _rows.Add(joined);
        return joined;
    }

    /// <summary>The table that stands for the row; a to-one row is joined when it is first named.</summary>
    private JoinedRow Joined(QueryRow row)
    {
        foreach (var known in _rows)
            if (ReferenceEquals(known.Row, row)) return known;
        if (row.Via is not { IsMany: false } via || row.Source is null)
            throw new InvalidOperationException($"The row of {row.Entity.Name} is named outside of its condition.");
        var source = Joined(row.Source);
        var own = mapping[row.Entity];
        var alias = NextAlias();
        var on = new SqlTerms();
        var key = (SourceKey)mapping[via];
        on.Add($"{alias}.{own.IdColumn} = {Kept($"{source.Alias}.{key.Column}", key.Sign)}");
        // What belongs to the same dataset is visible wherever the source is.
        if (!mapping.SharesDataset(via)) on.Add(ScopeTerm(own, alias, mayUseIndex: false));
        source.Joins.Append(CultureInfo.InvariantCulture, $" LEFT JOIN {TableOf(own)} AS {alias} ON {on}");
        var joined = new JoinedRow(row, alias, source.Joins);
        _rows.Add(joined);
        return joined;
    }

    /// <summary>An id as a column of this sign holds it, and the other way round.</summary>
    private string Kept(string id, KeySign sign) => sign == KeySign.Negative ? dialect.NegativeId(id) : id;

    private string NextAlias() => string.Create(CultureInfo.InvariantCulture, $"t{_aliases++}");
}
