using Stoa.Query;

namespace Stoa.Storage.Translation;

/// <summary>Conditions over relations, and boxes that narrow down geometries.</summary>
internal sealed partial class SqlComposer
{
    /// <summary>
    /// A subquery over a to-many relation. IN when the condition stands by itself and picks few rows, so that the subquery runs once and
    /// its result finds the rows; EXISTS otherwise, which stops at the first hit. Where a large table is spread over machines, a
    /// subquery over it must stand by itself, if it can.
    /// </summary>
    private string Any(BoundAny any, bool isPositive)
    {
        var row = any.Row;
        var source = row.Source ?? throw new InvalidOperationException("A to-many row has a source.");
        var via = row.Via ?? throw new InvalidOperationException("A to-many row has a relation.");
        // A source that is absent would make IN unknown instead of false.
        var isByItself = isPositive && StaysWithin(any.Condition, row) && IsSelective(any.Condition) && !TouchesLarge(any);
        var sourceId = $"{Joined(source).Alias}.{mapping[source.Entity].IdColumn}";
        var own = mapping[row.Entity];
        var isSpread = dialect.IsSpread && own.IsLarge && StaysWithin(any.Condition, row);
        isByItself |= isSpread;
        var (savedRows, savedBase) = (_rows, _base);
        if (isByItself) _rows = [];
        _base = row;
        var joined = Begin(row);
        var terms = new SqlTerms();
        string key, table, group = "";
        var sign = KeySign.Plain;
        if (mapping[via] is LinkTable link)
        {
            var pairs = NextAlias();
            key = $"{pairs}.{link.SourceColumn}";
            table = $"{link.Table} AS {pairs} JOIN {TableOf(own)} AS {joined.Alias} ON {joined.Alias}.{own.IdColumn} = {pairs}.{link.TargetColumn}";
        }
        else
        {
            var target = (TargetKey)mapping[via];
            key = $"{joined.Alias}.{target.Column}";
            sign = target.Sign;
            table = $"{TableOf(own)} AS {joined.Alias}";
            group = GroupTerm(any, own, target, sourceId);
            if (target.Groups is { } groups && !isByItself)
                terms.Add($"{joined.Alias}.{groups.LargeTableColumn} IN " +
                    $"(SELECT {groups.GroupColumn} FROM {groups.Table} WHERE {groups.KeyColumn} = {sourceId})");
        }

        if (!isByItself) terms.Add($"{key} = {Kept(sourceId, sign)}");
        var condition = new SqlTerms();
        var isVisible = FilterTerms(condition, any.Condition) || IsScopeOf(own, via);
        if (!isVisible) terms.Add(ScopeTerm(own, joined.Alias, mayUseIndex: false));
        terms.Add(condition.ToString());
        var shown = isByItself ? Kept(key, sign) : "1";
        var select = $"SELECT {(isSpread ? "DISTINCT " : "")}{shown} FROM {table}{joined.Joins}{terms.Where()}";
        _rows = savedRows;
        _base = savedBase;
        if (isSpread && !isPositive) return $"COALESCE({sourceId} IN ({select}), {dialect.Truth(false)})";
        if (!isByItself) _rows.RemoveAll(inner => ReferenceEquals(inner.Joins, joined.Joins));
        return isByItself ? $"{sourceId} IN ({select})" : group.Length > 0 ? $"({group} AND EXISTS ({select}))" : $"EXISTS ({select})";
    }

    /// <summary>
    /// In a large table: a condition over one to-one relation as <c>key IN (subquery)</c>. Unless it picks few rows, the index is kept
    /// out of it, so that the rows are still found in their order and each is only tested.
    /// </summary>
    private string? KeyCondition(BoundExpression expression, ref bool provesScope)
    {
        if (expression is BoundAnd or BoundLiteral) return null;
        if (_base is not { } source || !mapping[source.Entity].IsLarge) return null;
        if (OneRowOf(expression, source) is not { Via: { } via } row || mapping[via] is not SourceKey key) return null;
        // A key of two relations names nothing in one of them, where a condition may well hold for what is absent.
        if (!(mapping.SharesDataset(via) && key.Sign == KeySign.Plain) && !IsStrict(expression)) return null;
        var alias = Joined(source).Alias;
        var saved = _rows;
        _rows = [];
        _base = row;
        var joined = Begin(row);
        var own = mapping[row.Entity];
        var terms = new SqlTerms();
        terms.Add(ScopeTerm(own, joined.Alias, mayUseIndex: false));
        terms.Add(Condition(expression, true));
        var select = $"SELECT {Kept($"{joined.Alias}.{own.IdColumn}", key.Sign)} FROM {TableOf(own)} AS {joined.Alias}{joined.Joins}{terms.Where()}";
        _rows = saved;
        _base = source;
        provesScope = mapping.SharesDataset(via);
        var column = $"{alias}.{key.Column}";
        if (!IsSelective(expression)) return $"{dialect.WithoutIndex(column)} IN ({select})";
        if (key.Groups is not { } groups) return $"{column} IN ({select})";
        return $"{column} IN ({select}) AND {alias}.{groups.LargeTableColumn} IN " +
            $"(SELECT {groups.GroupColumn} FROM {groups.Table} WHERE {groups.KeyColumn} IN ({select}))";
    }

    /// <summary>The to-one row, straight from the given one, under which all that the expression names lies; null: there is none.</summary>
    private QueryRow? OneRowOf(BoundExpression expression, QueryRow source)
    {
        QueryRow? found = null;
        var isOne = true;
        Visit(expression, node =>
        {
            var named = node switch { BoundProperty property => property.Row, BoundAny any => any.Row.Source, _ => null };
            if (node is BoundProperty { Inside: null } id && IsOwnKey(id)) named = named?.Source;
            if (named is null || !isOne) return;
            // Rows of a to-many relation inside the expression hang on their source, which is looked at by itself.
            var row = named;
            while (row.Source is { } next && !ReferenceEquals(next, source) && !IsInside(row, expression)) row = next;
            if (IsInside(row, expression)) return;
            isOne = row.Via is { IsMany: false } && ReferenceEquals(row.Source, source) && (found is null || ReferenceEquals(found, row));
            found = row;
        });
        return isOne ? found : null;
    }

    /// <summary>Whether the condition cannot be true when the rows it names are absent.</summary>
    private static bool IsStrict(BoundExpression expression)
    {
        switch (expression)
        {
            case BoundAnd and: return and.Operands.Any(IsStrict);
            case BoundOr or: return or.Operands.All(IsStrict);
            case BoundAny: return true; // Nothing hangs on what is absent.
        }

        var isStrict = true;
        Visit(expression, node => isStrict &= node switch
        {
            BoundIsNull or BoundAny => false,
            BoundLiteral { Kind: ValueKind.Boolean } => false,
            BoundCompare or BoundIn => NamesProperty(node),
            BoundCall { Kind: ValueKind.Boolean } => NamesProperty(node),
            _ => true,
        });
        return isStrict;
    }

    private static bool NamesProperty(BoundExpression expression)
    {
        var names = false;
        Visit(expression, node => names |= node is BoundProperty);
        return names;
    }

    private static bool IsInside(QueryRow row, BoundExpression expression)
    {
        var isInside = false;
        Visit(expression, node => isInside |= node is BoundAny any && ReferenceEquals(any.Row, row));
        return isInside;
    }

    /// <summary>The id of an entity of its source's dataset: the key in the source says it, and no join is needed.</summary>
    private bool IsOwnKey(BoundProperty property) =>
        property.Row is { Source: not null, Via: { IsMany: false } via } &&
        ReferenceEquals(property.Property, property.Row.Entity.Id) && mapping.SharesDataset(via);

    /// <summary>The column that holds the id which <see cref="IsOwnKey"/> recognised, and how.</summary>
    private (string Column, KeySign Sign) OwnKey(BoundProperty property)
    {
        var (source, via) = (property.Row.Source!, property.Row.Via!); // Both are there where IsOwnKey holds.
        var key = (SourceKey)mapping[via];
        return (ColumnOf(source, new(key.Column)), key.Sign);
    }

    private static string IsPresent(string column, KeySign sign) => $"{column} {(sign == KeySign.Negative ? "<" : ">")} 0";

    /// <summary>An own key compared with a constant, so that an index on the key is used; null when it is no such comparison.</summary>
    private string? OwnKeyCondition(BoundCompare compare)
    {
        var (op, left, right) = compare;
        if (op == BinaryOperator.Eq && left is BoundLiteral) (left, right) = (right, left);
        if (left is not BoundProperty { Inside: null } id || right is not BoundLiteral { Kind: ValueKind.Number } constant ||
            !IsOwnKey(id)) return null;
        var (column, sign) = OwnKey(id);
        if (sign == KeySign.Plain || (sign == KeySign.Negative && op != BinaryOperator.Eq)) return null;
        return $"({column} {Sign(op)} {Kept(Value(constant), sign)} AND {IsPresent(column, sign)})";
    }

    private static bool StaysWithin(BoundExpression expression, QueryRow outer)
    {
        var stays = true;
        Visit(expression, node =>
        {
            var row = node switch { BoundProperty property => property.Row, BoundAny any => any.Row, _ => outer };
            while (row is not null && !ReferenceEquals(row, outer)) row = row.Source;
            stays &= row is not null;
        });
        return stays;
    }

    private bool TouchesLarge(BoundAny any)
    {
        var isLarge = false;
        Visit(any, node =>
        {
            if (node is BoundAny inner) isLarge |= mapping[inner.Row.Entity].IsLarge;
            if (node is BoundProperty property) isLarge |= mapping[property.Row.Entity].IsLarge;
        });
        return isLarge;
    }

    /// <summary>Whether a condition is likely to hold for few rows: equality, a list, or a place on the map.</summary>
    private bool IsSelective(BoundExpression expression) => expression switch
    {
        BoundAnd and => and.Operands.Any(IsSelective),
        BoundOr or => or.Operands.All(IsSelective),
        BoundAny any => IsSelective(any.Condition),
        BoundCompare compare => compare.Operator == BinaryOperator.Eq || NearBoxParts(compare) is not null,
        BoundIn => true,
        BoundCall call => SharedBoxParts(call) is not null,
        _ => false,
    };

    internal static void Visit(BoundExpression expression, Action<BoundExpression> see)
    {
        see(expression);
        switch (expression)
        {
            case BoundAnd and:
                foreach (var operand in and.Operands) Visit(operand, see);
                break;
            case BoundOr or:
                foreach (var operand in or.Operands) Visit(operand, see);
                break;
            case BoundNot not: Visit(not.Operand, see); break;
            case BoundAny any: Visit(any.Condition, see); break;
            case BoundIsNull isNull: Visit(isNull.Operand, see); break;
            case BoundIn isIn: Visit(isIn.Operand, see); break;
            case BoundNegate negate: Visit(negate.Operand, see); break;
            case BoundConversion conversion: Visit(conversion.Operand, see); break;
            case BoundCompare compare:
                Visit(compare.Left, see);
                Visit(compare.Right, see);
                break;
            case BoundArithmetic arithmetic:
                Visit(arithmetic.Left, see);
                Visit(arithmetic.Right, see);
                break;
            case BoundCall call:
                foreach (var argument in call.Arguments) Visit(argument, see);
                break;
        }
    }

    // boxes -------------------------------------------------------------------------------------------------------------

    /// <summary>That the boxes meet, for spatial relations that need it; null for others.</summary>
    private string? SharedBox(BoundCall call) => SharedBoxParts(call) is { } parts ? Box(parts.Property, parts.Geometry, 0) : null;

    private (BoundProperty Property, GeometryLiteral Geometry)? SharedBoxParts(BoundCall call) => call.Function switch
    {
        QueryFunction.GeoIntersects or QueryFunction.StIntersects or QueryFunction.StEquals or QueryFunction.StTouches or
            QueryFunction.StWithin or QueryFunction.StOverlaps or QueryFunction.StCrosses or QueryFunction.StContains =>
            BoxedAndLiteral(call.Arguments),
        _ => null,
    };

    /// <summary>That the boxes lie no farther apart than the distance asked for; null when it is no such comparison.</summary>
    private string? NearBox(BoundCompare compare) =>
        NearBoxParts(compare) is { } parts ? Box(parts.Property, parts.Geometry, parts.Distance) : null;

    private (BoundProperty Property, GeometryLiteral Geometry, double Distance)? NearBoxParts(BoundCompare compare)
    {
        var (op, left, right) = compare;
        if (op is BinaryOperator.Gt or BinaryOperator.Ge) (left, right) = (right, left);
        else if (op is not (BinaryOperator.Lt or BinaryOperator.Le)) return null;
        return left is BoundCall { Function: QueryFunction.GeoDistance } call && right is BoundLiteral { Value: var distance } &&
            BoxedAndLiteral(call.Arguments) is { } parts && distance.Real >= 0
            ? (parts.Property, parts.Geometry, distance.Real)
            : null;
    }

    private (BoundProperty Property, GeometryLiteral Geometry)? BoxedAndLiteral(IReadOnlyList<BoundExpression> arguments)
    {
        var (first, second) = (arguments[0], arguments[1]);
        if (first is BoundLiteral) (first, second) = (second, first);
        return first is BoundProperty property && ColumnsOf(property) is GeometryColumns && IsAsStored(property) &&
            second is BoundLiteral { Value.Geometry: { IsEmpty: false } geometry }
            ? (property, geometry)
            : null;
    }

    private string Box(BoundProperty property, GeometryLiteral geometry, double margin)
    {
        var columns = (GeometryColumns)ColumnsOf(property);
        var id = $"{Joined(property.Row).Alias}.{mapping[property.Row.Entity].IdColumn}";
        return dialect.MeetsBox(
            id, ColumnOf(property.Row, dialect.ShapeOf(columns)), columns.BoxTable,
            (Parameter(SqlValue.Of(geometry.MinX - margin)), Parameter(SqlValue.Of(geometry.MaxX + margin)),
            Parameter(SqlValue.Of(geometry.MinY - margin)), Parameter(SqlValue.Of(geometry.MaxY + margin))));
    }
}
