using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Stoa.Query;
using Stoa.Vocabulary;

namespace Stoa.Storage.Translation;

/// <summary>Tables of which a request may not see everything as it is.</summary>
/// <remarks>
/// Wherever the table of an entity would stand, there stands a subquery with the same columns, in which the hidden ones are null, times
/// are floored, places are coarsened and rows outside of a window or an area are missing. What is selected, filtered, sorted, counted or
/// joined is made of these columns alone, so that no condition can see more than the answer shows. Engines pull such a subquery up: it
/// costs what its expressions cost. Without narrowed datasets nothing of this is in a statement.
/// </remarks>
internal sealed partial class SqlComposer
{
    /// <summary>Metres of a degree of latitude; the standard's sphere differs by less than half a percent.</summary>
    private const double MetresPerDegree = 111_320;

    private const string Hidden = "NULL";

    // Before the earliest time there is, where null has its place in an order too.
    private const string BeforeAllTimes = "-62135596800000001";
    private const string Inner = "r";

    private readonly NarrowedFields? _fields = NarrowedFields.Of(mapping, scope);
    private readonly Dictionary<EntityType, string> _tables = [];
    private readonly Dictionary<string, string> _kept = new(StringComparer.Ordinal);
    private long[]? _visible;

    /// <summary>All datasets of which something may be seen, ascending.</summary>
    private ReadOnlySpan<long> Visible
    {
        get
        {
            if (_fields is null) return scope.Datasets;
            if (_visible is null)
            {
                _visible = [.. _fields.Scope.Datasets, .. _fields.Scope.NarrowedDatasets];
                Array.Sort(_visible);
            }

            return _visible;
        }
    }

    /// <summary>The table of an entity as it may be seen.</summary>
    internal string TableOf(EntityMapping own)
    {
        if (_fields is null) return own.Table;
        if (!_tables.TryGetValue(own.Entity, out var table)) _tables[own.Entity] = table = Narrowed(own, _fields);
        return table;
    }

    /// <summary>The groups by which a large table is read; null where what they hold is not what may be seen.</summary>
    /// <remarks>They choose where rows are looked for, never which: with a window they reach further than the rows that are seen.</remarks>
    private TimeGroups? TimeGroupsOf(EntityMapping own) =>
        own.TimeGroups is { } groups && (_fields is null ||
            (_fields.IsAsStored(own.Entity, groups.Property) && _fields.IsAsStored(own.Entity, groups.Value)))
            ? groups
            : null;

    /// <summary>Whether a property can be read from indexes beside its column.</summary>
    private bool IsAsStored(BoundProperty property) => _fields is null || _fields.IsAsStored(property.Row.Entity, property.Property);

    /// <summary>A value to sort and page by. The one that every row has is null where it is hidden: all such rows then have one place.</summary>
    internal string KeyValue(BoundExpression expression) =>
        _fields is not null && IsRequired(expression) && !IsReadable(expression)
            ? $"COALESCE({Value(expression)}, {BeforeAllTimes})"
            : Value(expression);

    private bool IsReadable(BoundExpression expression) => expression switch
    {
        BoundConversion conversion => IsReadable(conversion.Operand),
        BoundProperty property => _fields!.IsReadable(property.Row.Entity, property.Property), // Only asked where there are such.
        _ => true,
    };

    private string Narrowed(EntityMapping own, NarrowedFields fields)
    {
        var dataset = DatasetOf(own, Inner);
        var columns = new SortedDictionary<string, string>(StringComparer.Ordinal) { [own.IdColumn] = $"{Inner}.{own.IdColumn}" };
        if (own.DatasetColumn is { } column) columns[column] = dataset;
        foreach (var key in own.Navigations.OfType<SourceKey>()) columns[key.Column] = $"{Inner}.{key.Column}";
        foreach (var property in own.Entity.Properties)
            foreach (var (shown, treat) in Treatments(fields, own, property))
                if (!shown.IsSide) columns.TryAdd(shown.Name, Masked(fields, dataset, $"{Inner}.{shown.Name}", treat));
        if (IsPartOfText && own.TimeGroups is { } groups) columns[ShownTables.StoredMoment] = $"{Inner}.{groups.TimeColumn}";
        columns[EntityMapping.NarrowingColumn.Name] = $"CAST({NumberOf(fields, dataset)} AS bigint)";
        var list = string.Join(", ", columns.Select(item => $"{item.Value} AS {item.Key}"));
        return $"(SELECT {list} FROM {own.Table} AS {Inner}{Windows(own, fields, dataset).Where()})";
    }

    /// <summary>A column of the side table as it may be seen.</summary>
    private string SideColumn(EntityMapping own, string alias, Column column, string shown)
    {
        foreach (var property in own.Entity.Properties)
            foreach (var (known, treat) in Treatments(_fields!, own, property)) // Only called where there are narrowed datasets.
                if (known == column) return $"({Masked(_fields!, $"{alias}.{own.DatasetColumn}", shown, treat)})";
        return NothingOf(shown); // What is no property tells of all rows.
    }

    /// <summary>The columns of a property, and what stands for each in one narrowed dataset, given the column: itself, or something else.</summary>
    private IEnumerable<(Column Column, Func<int, string, string> Treat)> Treatments(
        NarrowedFields fields, EntityMapping own, EntityProperty property)
    {
        if (ReferenceEquals(property, own.Entity.Id)) return [];
        string Plain(int group, string column) => Reach(group, out _) == FieldReach.Hidden ? Hidden : column;
        string Unless(int group, string column) => Reach(group, out _) != FieldReach.Whole ? Hidden : column;
        string Json(int group, string column) => Reach(group, out var members) switch
        {
            FieldReach.Hidden => Hidden,
            FieldReach.Members => dialect.JsonMembers(column, Kept("members" + string.Join('\n', members), () => SqlValue.Of(Names(members)))),
            _ => column,
        };
        string Time(int group, string column) => Reach(group, out _) != FieldReach.Whole ? Hidden
            : StepOf(group) is { } step ? Dialects.SqlDialect.Floored(column, step) : column;
        string Offset(int group, string column) => Reach(group, out _) != FieldReach.Whole || StepOf(group) is not null ? Hidden : column;
        return own.Properties[property.Ordinal] switch
        {
            ScalarColumn scalar when property.Kind == ValueKind.Instant => [(scalar.Column, Time), .. OffsetTreatment(scalar.Offset)],
            ScalarColumn scalar => [(scalar.Column, Plain)],
            IntervalColumns interval => [(interval.Start, Time), (interval.End, Time), .. OffsetTreatment(interval.Offset)],
            JsonColumn json => [(json.Column, Json)],
            VariantColumns variant =>
                [(variant.Number, Unless), (variant.Text, Unless), (variant.Boolean, Unless), (variant.Json, Json)],
            GeometryColumns geometry => Place(geometry),
            BoxColumns box => [(box.MinX, Plain), (box.MaxX, Plain), (box.MinY, Plain), (box.MaxY, Plain)],
            var other => throw new InvalidOperationException($"Unknown columns {other}."),
        };

        FieldReach Reach(int group, out ImmutableArray<string> members) =>
            fields.Reach(fields.Groups[group].Narrowing, own.Entity, property, out members);

        string? StepOf(int group) => fields.Groups[group].Narrowing.TimeSeconds is > 0 and var seconds
            ? Kept(string.Create(CultureInfo.InvariantCulture, $"time{seconds}"), () => SqlValue.Of(seconds * 1_000_000L))
            : null;

        IEnumerable<(Column, Func<int, string, string>)> OffsetTreatment(Column? column) => column is { } known ? [(known, Offset)] : [];

        IEnumerable<(Column, Func<int, string, string>)> Place(GeometryColumns geometry)
        {
            var stored = dialect.ShapeOf(geometry);
            // A parameter that is made stands in the text: none is made for what is hidden.
            string? CellOf(int group, FieldReach most) =>
                Reach(group, out _) <= most && fields.Groups[group].Narrowing.SpaceMetres is > 0 and var metres
                ? Kept(string.Create(CultureInfo.InvariantCulture, $"cell{metres}"), () => SqlValue.Of(metres / MetresPerDegree))
                : null;
            yield return (geometry.Json, (group, column) =>
                Json(group, CellOf(group, FieldReach.Members) is { } step ? dialect.CellJson($"{Inner}.{stored.Name}", step) : column));
            yield return (geometry.Wkb, (group, column) => Unless(
                group, CellOf(group, FieldReach.Whole) is { } step ? dialect.CellWkb($"{Inner}.{stored.Name}", step) : column));
            if (stored == geometry.Wkb) yield break;
            yield return (stored, (group, column) => Unless(group, CellOf(group, FieldReach.Whole) is { } step ? dialect.Cell(column, step) : column));
        }
    }

    private static string Names(ImmutableArray<string> members) => "[" + string.Join(
        ',', members.Select(member => $"\"{System.Text.Json.JsonEncodedText.Encode(member)}\"")) + "]";

    /// <summary>A column as each dataset shows it.</summary>
    private string Masked(NarrowedFields fields, string dataset, string column, Func<int, string, string> treat)
    {
        var cases = new List<(string Shown, List<int> Groups)>();
        for (var group = 0; group < fields.Groups.Length; group++)
        {
            var shown = treat(group, column);
            var known = cases.FindIndex(item => item.Shown == shown);
            if (known < 0) cases.Add((shown, [group]));
            else cases[known].Groups.Add(group);
        }

        if (cases is [var (only, _)] && (fields.IsWithoutWhole || only == column)) return only == Hidden ? NothingOf(column) : only;
        var text = new StringBuilder("CASE");
        foreach (var (shown, groups) in cases)
            if (shown != column) text.Append(CultureInfo.InvariantCulture, $" WHEN {IsOf(fields, dataset, groups)} THEN {shown}");
        return text.Append(CultureInfo.InvariantCulture, $" ELSE {column} END").ToString();
    }

    /// <summary>Null, of the type of the column.</summary>
    private string NothingOf(string column) => $"CASE WHEN {dialect.Truth(false)} THEN {column} END";

    /// <summary>The number of the narrowing under which a row stands, from 1; 0 for what is whole.</summary>
    private string NumberOf(NarrowedFields fields, string dataset)
    {
        if (fields.IsWithoutWhole && fields.Groups.Length == 1) return "1";
        var text = new StringBuilder("CASE");
        for (var group = 0; group < fields.Groups.Length; group++)
            text.Append(CultureInfo.InvariantCulture, $" WHEN {IsOf(fields, dataset, [group])} THEN {group + 1}");
        return text.Append(" ELSE 0 END").ToString();
    }

    private string IsOf(NarrowedFields fields, string dataset, List<int> groups)
    {
        var key = "groups" + string.Join(',', groups);
        if (!_kept.TryGetValue(key, out var list))
        {
            long[] ids = [.. groups.SelectMany(group => fields.Groups[group].Datasets).Order()];
            _kept[key] = list = ListOf(ids);
        }

        return $"{dataset} {list}";
    }

    /// <summary>The dataset of a row that may have no column for it.</summary>
    private string DatasetOf(EntityMapping own, string alias)
    {
        if (own.DatasetColumn is { } column) return $"{alias}.{column}";
        var source = own.DatasetSource ?? throw new InvalidOperationException($"{own.Entity.Name} has no dataset.");
        if (!dialect.IsSpread)
            return $"(SELECT of_row.{source.DatasetColumn} FROM {source.Table} AS of_row WHERE of_row.{source.KeyColumn} = " +
                $"{alias}.{source.Column})";
        var targets = source.Navigations.Select(via =>
        {
            var (target, key) = (mapping[via.Target], (SourceKey)mapping[via]);
            return $"(SELECT of_row.{target.DatasetColumn} FROM {target.Table} AS of_row WHERE of_row.{target.IdColumn} = " +
                $"{Kept($"{alias}.{key.Column}", key.Sign)})";
        });
        return $"COALESCE({string.Join(", ", targets)})";
    }

    // windows -----------------------------------------------------------------------------------------------------------

    private SqlTerms Windows(EntityMapping own, NarrowedFields fields, string dataset)
    {
        var terms = new SqlTerms();
        var windows = fields.Groups.Select((group, index) => (Window: Window(own, group.Narrowing), index))
            .Where(item => item.Window.Length > 0).GroupBy(item => item.Window, item => item.index, StringComparer.Ordinal).ToList();
        foreach (var window in windows)
        {
            List<int> groups = [.. window];
            terms.Add(fields.IsWithoutWhole && groups.Count == fields.Groups.Length
                ? window.Key
                : $"CASE WHEN {IsOf(fields, dataset, groups)} THEN {window.Key} ELSE {dialect.Truth(true)} END");
        }

        return terms;
    }

    private string Window(EntityMapping own, ScopeNarrowing narrowing)
    {
        // An engine may read a box whose edges are the wrong way round as the box between them.
        if (own.PlacePath is not null && narrowing.Area is { } box && (box.West > box.East || box.South > box.North))
            return dialect.Truth(false);
        var terms = new SqlTerms();
        if (own.MomentColumn is { } moment)
        {
            if (narrowing.From is { } from) terms.Add($"{Inner}.{moment} >= {Moment(from)}");
            if (narrowing.Until is { } until) terms.Add($"{Inner}.{moment} < {Moment(until)}");
        }

        if (narrowing.Area is { } area && own.PlacePath is { } path)
            terms.Add(Kept(string.Create(CultureInfo.InvariantCulture, $"area{own.Entity.Name}{area}"), () =>
            {
                string Edge(int millionths) => Parameter(SqlValue.Of(millionths / 1e6));
                return IsThere(own, Inner, path, 0, (Edge(area.West), Edge(area.South), Edge(area.East), Edge(area.North)));
            }));
        return terms.ToString();

        string Moment(Instant instant) => Kept(
            string.Create(CultureInfo.InvariantCulture, $"moment{instant.UnixMicroseconds}"), () => SqlValue.Of(instant.UnixMicroseconds));
    }

    /// <summary>That something visible at the end of the path lies in the box.</summary>
    private string IsThere(
        EntityMapping own, string alias, IReadOnlyList<Navigation> path, int at, (string West, string South, string East, string North) box)
    {
        if (at == path.Count)
        {
            var geometry = own.Properties.OfType<GeometryColumns>().First();
            return dialect.IsInBox($"{alias}.{dialect.ShapeOf(geometry).Name}", box);
        }

        var target = mapping[path[at].Target];
        var inner = NextAlias();
        var terms = new SqlTerms();
        string from;
        if (mapping[path[at]] is LinkTable link)
        {
            var pairs = NextAlias();
            from = $"{link.Table} AS {pairs} JOIN {target.Table} AS {inner} ON {inner}.{target.IdColumn} = {pairs}.{link.TargetColumn}";
            terms.Add($"{pairs}.{link.SourceColumn} = {alias}.{own.IdColumn}");
        }
        else
        {
            var key = (SourceKey)mapping[path[at]]; // A place is reached by lists of pairs and by keys of the source.
            from = $"{target.Table} AS {inner}";
            terms.Add($"{inner}.{target.IdColumn} = {Kept($"{alias}.{key.Column}", key.Sign)}");
        }

        terms.Add(ScopeTerm(target, inner, mayUseIndex: false));
        terms.Add(IsThere(target, inner, path, at + 1, box));
        return $"EXISTS (SELECT 1 FROM {from}{terms.Where()})";
    }

    /// <summary>A parameter, made once for a statement.</summary>
    private string Kept(string name, Func<SqlValue> value) => Kept(name, () => Parameter(value()));

    private string Kept(string name, Func<string> make)
    {
        if (!_kept.TryGetValue(name, out var made)) _kept[name] = made = make();
        return made;
    }
}
