using Stoa.Query;

namespace Stoa.Storage.Translation;

/// <summary>Values.</summary>
internal sealed partial class SqlComposer
{
    /// <summary>A value that may stand as an operand. An interval stands for its start.</summary>
    internal string Value(BoundExpression expression) => expression switch
    {
        BoundLiteral literal => Constant(literal.Value),
        BoundProperty property => PropertyValue(property),
        BoundConversion conversion => Converted(conversion),
        BoundArithmetic arithmetic => Calculated(arithmetic),
        BoundNegate { Kind: var kind } negate => dialect.Negative(Value(negate.Operand), kind),
        BoundCall { Kind: not ValueKind.Boolean } call => Called(call),
        { Kind: ValueKind.Boolean } condition => $"({Condition(condition, false)})",
        _ => throw new InvalidOperationException($"{expression.GetType().Name} has no value."),
    };

    private PropertyColumns ColumnsOf(BoundProperty property) =>
        mapping[property.Row.Entity].Properties[property.Property.Ordinal];

    private string Constant(Literal literal) => literal.Kind switch
    {
        ValueKind.Null => "NULL",
        ValueKind.Boolean => dialect.Truth(literal.Boolean),
        ValueKind.Number => Parameter(dialect.Number(literal)),
        ValueKind.Duration or ValueKind.TimeOfDay => Parameter(SqlValue.Of(literal.Whole)),
        ValueKind.Instant or ValueKind.Interval => Parameter(SqlValue.Of(literal.Time.Start.UnixMicroseconds)),
        ValueKind.Text => Parameter(SqlValue.Of(literal.Text)),
        ValueKind.Geometry when literal.Geometry is { } geometry => dialect.Shape(Parameter(SqlValue.Of(geometry.Wkb))),
        _ => throw new InvalidOperationException($"There are no constants of kind {literal.Kind}."),
    };

    private string PropertyValue(BoundProperty property)
    {
        if (property.Inside is not null) return JsonString(property);
        if (IsOwnKey(property))
        {
            var (column, sign) = OwnKey(property);
            return sign == KeySign.Plain ? column : $"CASE WHEN {IsPresent(column, sign)} THEN {Kept(column, sign)} END";
        }

        return ColumnsOf(property) switch
        {
            ScalarColumn scalar => ColumnOf(property.Row, scalar.Column),
            IntervalColumns interval => ColumnOf(property.Row, interval.Start),
            GeometryColumns geometry => ColumnOf(property.Row, dialect.ShapeOf(geometry)),
            BoxColumns box => $"stoa_box({ColumnOf(property.Row, box.MinX)}, {ColumnOf(property.Row, box.MaxX)}, " +
                $"{ColumnOf(property.Row, box.MinY)}, {ColumnOf(property.Row, box.MaxY)})",
            var other => throw new InvalidOperationException($"{other.GetType().Name} has no value of its own."),
        };
    }

    // times -------------------------------------------------------------------------------------------------------------

    /// <summary>The SQL of both ends of an interval; each is made when it is first asked for, so that no parameter is left unused.</summary>
    private sealed class Ends(SqlComposer composer, BoundExpression interval)
    {
        private string? _start;
        private string? _end;

        /// <summary>Both ends are one moment, whatever the row.</summary>
        internal bool IsInstant { get; } = composer.IntervalColumnsOf(interval) is null &&
            interval is not BoundLiteral { Value.Kind: ValueKind.Interval };

        internal string Start => _start ??= composer.Value(interval is BoundConversion conversion ? conversion.Operand : interval);

        internal string End => _end ??= IsInstant ? Start
            : interval is BoundLiteral literal ? composer.Parameter(SqlValue.Of(literal.Value.Time.End.UnixMicroseconds))
            : composer.EndOf((BoundProperty)interval);
    }

    private IntervalColumns? IntervalColumnsOf(BoundExpression interval) =>
        interval is BoundProperty { Inside: null } property ? ColumnsOf(property) as IntervalColumns : null;

    private string EndOf(BoundProperty property)
    {
        var columns = (IntervalColumns)ColumnsOf(property);
        return $"COALESCE({ColumnOf(property.Row, columns.End)}, {ColumnOf(property.Row, columns.Start)})";
    }

    private string OffsetMinutes(BoundExpression time)
    {
        if (time is BoundConversion { To: ValueKind.Interval } conversion) time = conversion.Operand;
        if (time is BoundLiteral literal) return Parameter(SqlValue.Of((long)literal.Value.Time.Start.OffsetMinutes));
        if (time is BoundConversion { To: ValueKind.Instant, Operand: { Kind: ValueKind.Json } json })
            return $"stoa_time_offset({JsonString(json)})";
        if (time is BoundProperty { Inside: null } property && OffsetOf(ColumnsOf(property)) is var (offset, moment))
            return $"CASE WHEN {ColumnOf(property.Row, moment)} IS NOT NULL THEN COALESCE({ColumnOf(property.Row, offset)}, 0) END";
        return $"CASE WHEN {Value(time)} IS NOT NULL THEN 0 END";
    }

    private static (Column Offset, Column Moment)? OffsetOf(PropertyColumns columns) => columns switch
    {
        IntervalColumns { Offset: { } offset, Start: var start } => (offset, start),
        ScalarColumn { Offset: { } offset, Column: var moment } => (offset, moment),
        _ => null,
    };

    // JSON --------------------------------------------------------------------------------------------------------------

    private (string Json, string Path) JsonPlace(BoundProperty property)
    {
        var column = ColumnsOf(property) switch
        {
            JsonColumn json => json.Column,
            VariantColumns variant => variant.Json,
            GeometryColumns geometry => geometry.Json,
            var other => throw new InvalidOperationException($"{other.GetType().Name} has no inside."),
        };
        return (ColumnOf(property.Row, column), Parameter(SqlValue.Of(dialect.JsonPath(property.Inside ?? []))));
    }

    private VariantColumns? Variant(BoundExpression json, out BoundProperty property)
    {
        property = json as BoundProperty ?? throw new InvalidOperationException("Only properties hold JSON.");
        return property.Inside is null ? ColumnsOf(property) as VariantColumns : null;
    }

    private string JsonNumber(BoundExpression value)
    {
        // A number beyond double precision has the nearest double in this column.
        if (Variant(value, out var property) is { } variant) return ColumnOf(property.Row, variant.Number);
        var (json, path) = JsonPlace(property);
        return dialect.JsonNumber(json, path);
    }

    private string JsonBoolean(BoundExpression value)
    {
        if (Variant(value, out var property) is { } variant) return dialect.TruthOf(ColumnOf(property.Row, variant.Boolean));
        var (json, path) = JsonPlace(property);
        return dialect.JsonBoolean(json, path);
    }

    /// <summary>The text of a JSON string; null for anything else.</summary>
    private string JsonString(BoundExpression value)
    {
        if (Variant(value, out var property) is { } variant) return ColumnOf(property.Row, variant.Text);
        var (json, path) = JsonPlace(property);
        return dialect.JsonString(json, path);
    }

    /// <summary>The text of a JSON string, and the JSON text of anything else.</summary>
    private string JsonText(BoundExpression value)
    {
        if (Variant(value, out var property) is not { } variant)
        {
            var (json, path) = JsonPlace(property);
            return dialect.JsonText(json, path);
        }

        string Shown(Column column) => ColumnOf(property.Row, column);
        // The JSON text comes before the number: a long number has both, and was written as the text says.
        return $"COALESCE({Shown(variant.Text)}, {Shown(variant.Json)}, stoa_number_text({Shown(variant.Number)}), " +
            $"CASE {Shown(variant.Boolean)} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)";
    }

    /// <summary>What to sort by: JSON by kind (null, objects and arrays, false and true, texts, numbers) and then by value.</summary>
    private IEnumerable<string> SortKeys(BoundExpression expression)
    {
        if (expression.Kind != ValueKind.Json) return [KeyValue(expression)];
        if (Variant(expression, out var property) is { } variant)
            return [JsonNumber(expression), ColumnOf(property.Row, variant.Text), ColumnOf(property.Row, variant.Boolean),
                ColumnOf(property.Row, variant.Json)];
        var (json, path) = JsonPlace(property);
        return [dialect.JsonNumber(json, path), dialect.JsonString(json, path), dialect.JsonBoolean(json, path),
            dialect.JsonCompound(json, path)];
    }

    // calculation -------------------------------------------------------------------------------------------------------

    private string Converted(BoundConversion conversion) => (conversion.Operand.Kind, conversion.To) switch
    {
        (ValueKind.Json, ValueKind.Number) => JsonNumber(conversion.Operand),
        (ValueKind.Json, ValueKind.Boolean) => JsonBoolean(conversion.Operand),
        (ValueKind.Json, ValueKind.Text) => JsonText(conversion.Operand),
        (ValueKind.Json, ValueKind.Instant) => $"stoa_time({JsonString(conversion.Operand)})",
        (ValueKind.Interval, ValueKind.Instant) => Value(conversion.Operand),
        (ValueKind.Instant, ValueKind.Interval) => Value(conversion.Operand),
        var (from, to) => throw new InvalidOperationException($"{from} is never seen as {to}."),
    };

    private string Calculated(BoundArithmetic arithmetic) =>
        dialect.Calculate(arithmetic.Operator, Value(arithmetic.Left), Value(arithmetic.Right), arithmetic.Kind);

    private string Called(BoundCall call)
    {
        var arguments = call.Arguments;
        switch (call.Function)
        {
            case QueryFunction.IndexOf:
                return $"({dialect.Position(Value(arguments[0]), Value(arguments[1]))} - 1)";
            case QueryFunction.Substring:
                return dialect.Substring(
                    Value(arguments[0]), Value(arguments[1]), arguments.Count == 2 ? null : Value(arguments[2]));
            case QueryFunction.Concat:
                return $"({Value(arguments[0])} || {Value(arguments[1])})";
            case QueryFunction.Trim:
                return dialect.Trim(Value(arguments[0]), Parameter(SqlValue.Of(Dialects.SqlDialect.Whitespace)));
            case QueryFunction.TotalOffsetMinutes:
                return OffsetMinutes(arguments[0]);
            case >= QueryFunction.Year and <= QueryFunction.Time:
                return dialect.Part(call.Function, Value(arguments[0]));
            default:
                return $"{dialect.Function(call.Function)}({string.Join(", ", arguments.Select(Value))})";
        }
    }

    // kept counts -------------------------------------------------------------------------------------------------------

    /// <summary>A statement that reads a kept count; null when none is kept for such a request.</summary>
    internal string? KeptCount(ReadRequest request)
    {
        // Rows that a window or an area leaves out are in the number that is kept.
        if (_fields is { HasWindows: true }) return null;
        if (request.Path.Count == 1 && request.Path[0].Key is null) return KeptCountOfSet(mapping[request.Entity]);
        if (request.Path.Count < 2 || request.Path[^1] is not { Key: null, Via: { } via }) return null;
        var parent = mapping[via.Source];
        var counted = parent.CountedNavigations.FirstOrDefault(item => ReferenceEquals(item.Navigation, via));
        if (counted.SideColumn is null || parent.SideTable is not var (table, key, sign)) return null;
        if (request.Path[^2].Key is null && !(request.IsChild && request.Path.Count == 2)) return null;
        var keys = PathKeys(request);
        var parentKey = keys[request.Path.Count - 2];
        var check = request.IsChild && request.Path.Count == 2
            ? ""
            : $" AND EXISTS ({ParentSelect(request, request.Path.Count - 2, "1", keys, false)})";
        return $"SELECT CAST(COALESCE(SUM({counted.SideColumn}), 0) AS BIGINT) FROM {table} WHERE {key} = {Kept(parentKey!, sign)}{check}"; // A key is there, see above.
    }

    private string? KeptCountOfSet(EntityMapping own)
    {
        if (own.CountedAs is not { } set) return null;
        var terms = new SqlTerms();
        terms.Add($"entity_set = {Parameter(SqlValue.Of(set))}");
        if (scope.IsNothing) terms.Add(dialect.Truth(false));
        else if (!scope.IsEverything) terms.Add($"dataset_id {ScopeList()}");
        return $"SELECT CAST(COALESCE(SUM(entities), 0) AS BIGINT) FROM entity_count{terms.Where()}";
    }
}
