using System.Numerics;
using System.Text;
using Stoa.Query;

namespace Stoa.Storage.Translation;

/// <summary>Conditions.</summary>
internal sealed partial class SqlComposer
{
    /// <summary>The filter as terms; true when one of them makes sure that what is read is visible.</summary>
    private bool FilterTerms(SqlTerms terms, BoundExpression filter)
    {
        if (filter is not BoundAnd and)
        {
            terms.Add(Condition(filter, true, out var provesScope));
            return provesScope;
        }

        var isVisible = false;
        foreach (var operand in and.Operands) isVisible |= FilterTerms(terms, operand);
        return isVisible;
    }

    private string Condition(BoundExpression expression, bool isPositive) => Condition(expression, isPositive, out _);

    /// <summary>A condition in parentheses or otherwise closed.</summary>
    /// <param name="expression">Of kind Boolean, or null.</param>
    /// <param name="isPositive">True where false and unknown come to the same, so that narrower tests may be put before it.</param>
    /// <param name="provesScope">True when only visible rows of the table that is read can meet it.</param>
    private string Condition(BoundExpression expression, bool isPositive, out bool provesScope)
    {
        provesScope = false;
        if (isPositive && KeyCondition(expression, ref provesScope) is { } byKey) return byKey;
        return expression switch
        {
            BoundAnd and => Joined(and.Operands, " AND ", isPositive),
            BoundOr or => Joined(or.Operands, " OR ", isPositive),
            BoundNot not => $"(NOT {Condition(not.Operand, false)})",
            BoundAny any => Any(any, isPositive),
            BoundIsNull isNull => IsNull(isNull),
            BoundCompare compare => Compare(compare, isPositive),
            BoundIn isIn => In(isIn, isPositive),
            BoundCall call => Predicate(call, isPositive),
            BoundLiteral { Value.Kind: ValueKind.Null } => "NULL",
            BoundLiteral literal => dialect.Truth(literal.Value.Boolean),
            BoundConversion or BoundProperty => $"({Value(expression)})",
            _ => throw new InvalidOperationException($"{expression.GetType().Name} is no condition."),
        };
    }

    private string Joined(IReadOnlyList<BoundExpression> operands, string word, bool isPositive)
    {
        var text = new StringBuilder("(");
        foreach (var operand in operands) text.Append(text.Length > 1 ? word : "").Append(Condition(operand, isPositive));
        return text.Append(')').ToString();
    }

    private string In(BoundIn isIn, bool isPositive)
    {
        if (!isPositive || isIn.Operand is not BoundProperty { Inside: null } id || !IsOwnKey(id))
            return $"{Value(isIn.Operand)} IN ({List(isIn, KeySign.Plain)})";
        var (column, sign) = OwnKey(id);
        var list = $"{column} IN ({List(isIn, sign)})";
        return sign == KeySign.Plain ? list : $"({list} AND {IsPresent(column, sign)})";
    }

    private StringBuilder List(BoundIn isIn, KeySign sign)
    {
        var text = new StringBuilder();
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)isIn.Items.Count);
        for (var i = 0; i < size; i++)
            text.Append(i > 0 ? ", " : "").Append(Kept(Constant(isIn.Items[Math.Min(i, isIn.Items.Count - 1)]), sign));
        return text;
    }

    private string IsNull(BoundIsNull isNull)
    {
        var test = isNull.Operand switch
        {
            BoundProperty { Inside: not null } inside => JsonIsNull(inside),
            BoundProperty property => ColumnsAreNull(property),
            { Kind: ValueKind.Interval } interval => $"{new Ends(this, interval).Start} IS NULL",
            { Kind: ValueKind.Boolean } condition => $"{Condition(condition, false)} IS NULL",
            var other => $"{Value(other)} IS NULL",
        };
        return isNull.IsNegated ? $"(NOT ({test}))" : $"({test})";
    }

    private string JsonIsNull(BoundProperty inside)
    {
        var (json, path) = JsonPlace(inside);
        return dialect.JsonIsNull(json, path);
    }

    private string ColumnsAreNull(BoundProperty property)
    {
        string Shown(Column column) => ColumnOf(property.Row, column);
        switch (ColumnsOf(property))
        {
            case JsonColumn:
                return JsonIsNull(property);
            case VariantColumns variant:
                return $"{Shown(variant.Number)} IS NULL AND {Shown(variant.Text)} IS NULL AND " +
                    $"{Shown(variant.Boolean)} IS NULL AND {Shown(variant.Json)} IS NULL";
            case GeometryColumns geometry:
                return $"{Shown(geometry.Json)} IS NULL";
            case BoxColumns box:
                return $"{Shown(box.MinX)} IS NULL";
            case IntervalColumns interval:
                return $"{Shown(interval.Start)} IS NULL";
            default:
                return $"{Value(property)} IS NULL";
        }
    }

    private string Compare(BoundCompare compare, bool isPositive)
    {
        var (op, left, right) = compare;
        if (left.Kind == ValueKind.Interval) return CompareIntervals(op, left, right);
        if (isPositive && OwnKeyCondition(compare) is { } byKey) return byKey;
        var sign = Sign(op);
        if (left.Kind == ValueKind.Json)
            return $"COALESCE({JsonNumber(left)} {sign} {JsonNumber(right)}, {JsonString(left)} {sign} {JsonString(right)}, " +
                $"{JsonBoolean(left)} {sign} {JsonBoolean(right)})";
        var test = $"{Value(left)} {sign} {Value(right)}";
        return isPositive && NearBox(compare) is { } box ? $"({box} AND {test})" : $"({test})";
    }

    private string CompareIntervals(BinaryOperator op, BoundExpression left, BoundExpression right)
    {
        var a = new Ends(this, left);
        var b = new Ends(this, right);
        if (a.IsInstant && b.IsInstant) return $"({a.Start} {Sign(op)} {b.Start})";
        return op switch
        {
            BinaryOperator.Eq => $"({a.Start} = {b.Start} AND {a.End} = {b.End})",
            BinaryOperator.Ne => $"({a.Start} <> {b.Start} OR {a.End} <> {b.End})",
            // The start is tested although the end implies it: indexes hold starts.
            BinaryOperator.Lt => a.IsInstant ? $"({a.Start} < {b.Start})" : $"({a.Start} < {b.Start} AND {a.End} <= {b.Start})",
            BinaryOperator.Gt => b.IsInstant ? $"({a.Start} > {b.Start})" : $"({a.Start} > {b.Start} AND {a.Start} >= {b.End})",
            BinaryOperator.Le => a.IsInstant ? $"({a.Start} <= {b.Start})" : $"({a.Start} <= {b.Start} AND {a.End} <= {b.End})",
            BinaryOperator.Ge => b.IsInstant ? $"({a.Start} >= {b.Start})" : $"({a.Start} >= {b.Start} AND {a.End} >= {b.End})",
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, "Not a comparison."),
        };
    }

    private static string Sign(BinaryOperator op) => op switch
    {
        BinaryOperator.Eq => "=",
        BinaryOperator.Ne => "<>",
        BinaryOperator.Gt => ">",
        BinaryOperator.Ge => ">=",
        BinaryOperator.Lt => "<",
        BinaryOperator.Le => "<=",
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "Not a comparison."),
    };

    private string Predicate(BoundCall call, bool isPositive)
    {
        var arguments = call.Arguments;
        switch (call.Function)
        {
            case QueryFunction.Contains:
                return $"({dialect.Position(Value(arguments[0]), Value(arguments[1]))} > 0)";
            case QueryFunction.SubstringOf:
                return $"({dialect.Position(Value(arguments[1]), Value(arguments[0]))} > 0)";
            case QueryFunction.StartsWith:
                return dialect.StartsWith(Value(arguments[0]), Value(arguments[1]));
            case QueryFunction.EndsWith:
                return dialect.EndsWith(Value(arguments[0]), Value(arguments[1]));
            case >= QueryFunction.Before and <= QueryFunction.Finishes:
                return TimeRelation(call.Function, arguments[0], arguments[1]);
        }

        var test = $"{dialect.Function(call.Function)}({string.Join(", ", arguments.Select(Value))})";
        return isPositive && SharedBox(call) is { } box ? $"({box} AND {test})" : test;
    }

    private string TimeRelation(QueryFunction function, BoundExpression left, BoundExpression right)
    {
        if (function == QueryFunction.Before) return CompareIntervals(BinaryOperator.Lt, left, right);
        if (function == QueryFunction.After) return CompareIntervals(BinaryOperator.Gt, left, right);
        var a = new Ends(this, left);
        var b = new Ends(this, right);
        return function switch
        {
            QueryFunction.Meets => $"({a.Start} = {b.End} OR {a.End} = {b.Start})",
            QueryFunction.During => $"({a.Start} >= {b.Start} AND {a.Start} < {b.End} AND {a.End} <= {b.End})",
            QueryFunction.Overlaps => $"({a.Start} = {b.Start} OR ({a.Start} < {b.End} AND {b.Start} < {a.End}))",
            QueryFunction.Starts => $"({a.Start} = {b.Start})",
            QueryFunction.Finishes => $"({a.End} = {b.End})",
            _ => throw new ArgumentOutOfRangeException(nameof(function), function, "Not a relation of times."),
        };
    }
}
