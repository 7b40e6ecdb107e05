using System.Buffers;
using Stoa.Vocabulary;

namespace Stoa.Query;

/// <summary>Values, and how kinds are brought together.</summary>
internal sealed partial class ExpressionBinder
{
    private BoundExpression? Truth(Expression expression, AnyScope scope)
    {
        if (Value(expression, scope) is not { } value) return null;
        return Convert(value, ValueKind.Boolean) ?? Refuse<BoundExpression>(QueryProblems.Mismatch(
            Option, expression.Position, $"Expected something true or false, found {Name(value.Kind)}. Compare it with a value"));
    }

    private BoundExpression? Value(Expression expression, AnyScope? scope) => expression switch
    {
        LiteralExpression literal => new BoundLiteral(literal.Value),
        PathExpression path => Path(path, scope),
        NotExpression not => Condition(not.Operand) is { } operand ? Not(operand) : null,
        BinaryExpression { Operator: BinaryOperator.And or BinaryOperator.Or } logic => Condition(logic),
        BinaryExpression { Operator: >= BinaryOperator.Eq and <= BinaryOperator.Le } compare => Compare(compare, scope),
        BinaryExpression arithmetic => Arithmetic(arithmetic, scope),
        NegateExpression negate => Negate(negate, scope),
        CallExpression call => Call(call, scope),
        InExpression isIn => In(isIn, scope),
        _ => throw new InvalidOperationException($"Unknown expression {expression.GetType().Name}."),
    };

    private static BoundExpression Not(BoundExpression operand) =>
        operand is BoundNot inner ? inner.Operand : new BoundNot(operand);

    private BoundProperty? Path(PathExpression path, AnyScope? scope)
    {
        var row = Root;
        for (var i = 0; i < path.Segments.Count; i++)
        {
            var (name, position) = path.Segments[i];
            if (row.Entity.FindProperty(name) is { } property) return Property(row, property, path, i);
            if (row.Entity.FindNavigation(name) is not { } navigation)
                return Refuse<BoundProperty>(QueryProblems.UnknownName(
                    Option, position, QueryBinder.UnknownName(row.Entity, name)));
            if (Reach(row, navigation, scope, position) is not { } next) return null;
            row = next;
        }

        var last = path.Segments[^1];
        return Refuse<BoundProperty>(QueryProblems.Mismatch(
            Option, last.Position, $"{last.Name} is a relation. Name a property of it, such as {last.Name}/id"));
    }

    private BoundProperty? Property(QueryRow row, EntityProperty property, PathExpression path, int at)
    {
        // A to-one row that hangs on a to-many row uses that row too.
        var inside = path.Segments.Count - at - 1;
        if (inside == 0) return new(row, property, null);
        if (!property.HasInside || property.IsDerived)
            return Refuse<BoundProperty>(QueryProblems.Mismatch(
                Option, path.Segments[at + 1].Position, $"{property.Name} has no parts, so nothing may follow it"));
        var names = new string[inside];
        for (var i = 0; i < inside; i++) names[i] = path.Segments[at + 1 + i].Name;
        return new(row, property, names);
    }

    private BoundExpression? Compare(BinaryExpression compare, AnyScope? scope)
    {
        if (Value(compare.Left, scope) is not { } left || Value(compare.Right, scope) is not { } right) return null;
        return Compare(compare.Operator, left, right) ?? Refuse<BoundExpression>(QueryProblems.Mismatch(
            Option, compare.Position, Misfit(left, right, "compared with")));
    }

    private static BoundExpression? Compare(BinaryOperator op, BoundExpression left, BoundExpression right)
    {
        if (left.Kind == ValueKind.Null || right.Kind == ValueKind.Null)
        {
            if (op is not (BinaryOperator.Eq or BinaryOperator.Ne)) return new BoundLiteral(Literal.Null);
            var other = left.Kind == ValueKind.Null ? right : left;
            return other.Kind == ValueKind.Null
                ? new BoundLiteral(Literal.Of(op == BinaryOperator.Eq))
                : new BoundIsNull(other, op == BinaryOperator.Ne);
        }

        if (!TryUnify(ref left, ref right)) return null;
        if (left.Kind != ValueKind.Geometry) return new BoundCompare(op, left, right);
        if (op is not (BinaryOperator.Eq or BinaryOperator.Ne)) return null;
        var equal = new BoundCall(QueryFunction.StEquals, [left, right]);
        return op == BinaryOperator.Eq ? equal : new BoundNot(equal);
    }

    /// <summary>Brings both to one kind; false when there is none.</summary>
    private static bool TryUnify(ref BoundExpression left, ref BoundExpression right)
    {
        if (left.Kind == right.Kind) return true;
        if (left.Kind is ValueKind.Instant && right.Kind is ValueKind.Interval) return TryConvert(ref left, ValueKind.Interval);
        if (right.Kind is ValueKind.Instant && left.Kind is ValueKind.Interval) return TryConvert(ref right, ValueKind.Interval);
        if (left.Kind == ValueKind.Json) return TryConvert(ref left, right.Kind);
        if (right.Kind == ValueKind.Json) return TryConvert(ref right, left.Kind);
        // A time in quotes, as SensorThings 1.0 clients send it.
        if (left is BoundLiteral { Kind: ValueKind.Text }) return TryConvert(ref left, right.Kind);
        return right is BoundLiteral { Kind: ValueKind.Text } && TryConvert(ref right, left.Kind);
    }

    private static bool TryConvert(ref BoundExpression value, ValueKind kind)
    {
        if (Convert(value, kind) is not { } converted) return false;
        value = converted;
        return true;
    }

    /// <summary>The value as that kind; null when it can never be one.</summary>
    private static BoundExpression? Convert(BoundExpression value, ValueKind kind)
    {
        if (value.Kind == kind || value.Kind == ValueKind.Null) return value;
        return (value.Kind, kind) switch
        {
            (ValueKind.Json, ValueKind.Text or ValueKind.Number or ValueKind.Boolean or ValueKind.Instant) =>
                new BoundConversion(value, kind),
            (ValueKind.Json, ValueKind.Interval) =>
                new BoundConversion(new BoundConversion(value, ValueKind.Instant), ValueKind.Interval),
            (ValueKind.Interval, ValueKind.Instant) => value is BoundLiteral { Value: var literal }
                ? new BoundLiteral(Literal.Of(literal.Time.Start))
                : new BoundConversion(value, kind),
            (ValueKind.Instant, ValueKind.Interval) => new BoundConversion(value, kind),
            (ValueKind.Text, ValueKind.Instant or ValueKind.Interval) when value is BoundLiteral { Value: var literal } &&
                TimeInterval.TryParse(literal.Text.AsSpan(), out var time) => Convert(new BoundLiteral(Literal.Of(time)), kind),
            _ => null,
        };
    }

    private BoundExpression? Arithmetic(BinaryExpression expression, AnyScope? scope)
    {
        if (Value(expression.Left, scope) is not { } left || Value(expression.Right, scope) is not { } right) return null;
        if (left.Kind == ValueKind.Null || right.Kind == ValueKind.Null) return new BoundLiteral(Literal.Null);
        return Arithmetic(expression.Operator, left, right) ?? Refuse<BoundExpression>(QueryProblems.Mismatch(
            Option, expression.Position, Misfit(left, right, "calculated with")));
    }

    private static BoundArithmetic? Arithmetic(BinaryOperator op, BoundExpression left, BoundExpression right)
    {
        if (left.Kind == ValueKind.Interval) TryConvert(ref left, ValueKind.Instant);
        if (right.Kind == ValueKind.Interval) TryConvert(ref right, ValueKind.Instant);
        if (left.Kind == ValueKind.Json) TryConvert(ref left, right.Kind == ValueKind.Instant ||
            (right.Kind == ValueKind.Duration && op != BinaryOperator.Mul) ? ValueKind.Instant : ValueKind.Number);
        if (right.Kind == ValueKind.Json) TryConvert(ref right, left.Kind == ValueKind.Instant ? ValueKind.Instant : ValueKind.Number);
        ValueKind? kind = (left.Kind, op, right.Kind) switch
        {
            (ValueKind.Number, _, ValueKind.Number) => ValueKind.Number,
            (ValueKind.Instant, BinaryOperator.Add or BinaryOperator.Sub, ValueKind.Duration) => ValueKind.Instant,
            (ValueKind.Duration, BinaryOperator.Add, ValueKind.Instant) => ValueKind.Instant,
            (ValueKind.Instant, BinaryOperator.Sub, ValueKind.Instant) => ValueKind.Duration,
            (ValueKind.Duration, BinaryOperator.Add or BinaryOperator.Sub, ValueKind.Duration) => ValueKind.Duration,
            (ValueKind.Duration, BinaryOperator.Mul or BinaryOperator.Div, ValueKind.Number) => ValueKind.Duration,
            (ValueKind.Number, BinaryOperator.Mul, ValueKind.Duration) => ValueKind.Duration,
            _ => null,
        };
        return kind is { } result ? new(op, left, right, result) : null;
    }

    private BoundExpression? Negate(NegateExpression expression, AnyScope? scope)
    {
        if (Value(expression.Operand, scope) is not { } operand) return null;
        if (operand.Kind == ValueKind.Json) TryConvert(ref operand, ValueKind.Number);
        return operand.Kind switch
        {
            ValueKind.Null => operand,
            ValueKind.Number or ValueKind.Duration => new BoundNegate(operand),
            _ => Refuse<BoundExpression>(QueryProblems.Mismatch(
                Option, expression.Position, $"Expected a number after the minus sign, found {Name(operand.Kind)}")),
        };
    }

    private BoundExpression? Call(CallExpression call, AnyScope? scope)
    {
        switch (call.Function)
        {
            case QueryFunction.Now: return new BoundLiteral(Literal.Of(_now));
            case QueryFunction.MinDateTime: return new BoundLiteral(Literal.Of(Instant.Min));
            case QueryFunction.MaxDateTime: return new BoundLiteral(Literal.Of(Instant.Max));
        }

        var signature = call.Function.Signature();
        var arguments = new BoundExpression[call.Arguments.Count];
        for (var i = 0; i < arguments.Length; i++)
        {
            if (Value(call.Arguments[i], scope) is not { } value) return null;
            if (Convert(value, signature.Parameters[i]) is not { } argument)
                return Refuse<BoundExpression>(QueryProblems.Mismatch(
                    Option, call.Arguments[i].Position,
                    $"{signature.Name} expects {Name(signature.Parameters[i])} here, found {Name(value.Kind)}"));
            arguments[i] = argument;
        }

        if (Array.Exists(arguments, argument => argument.Kind == ValueKind.Null)) return new BoundLiteral(Literal.Null);
        if (call.Function == QueryFunction.StRelate && !IsRelatePattern(arguments[2]))
            return Refuse<BoundExpression>(QueryProblems.Mismatch(
                Option, call.Arguments[2].Position, "st_relate expects a pattern of nine of the characters T F * 0 1 2 in quotes"));
        return new BoundCall(call.Function, arguments);
    }

    private static readonly SearchValues<char> RelateCharacters = SearchValues.Create("TF*012");

    private static bool IsRelatePattern(BoundExpression pattern) =>
        pattern is BoundLiteral { Value.Text: { Length: 9 } text } && !text.AsSpan().ContainsAnyExcept(RelateCharacters);

    private BoundExpression? In(InExpression expression, AnyScope? scope)
    {
        if (Value(expression.Operand, scope) is not { } operand) return null;
        var items = new List<BoundExpression>(expression.Items.Count);
        foreach (var item in expression.Items)
        {
            if (Value(item, scope) is not { } value) return null;
            if (Compare(BinaryOperator.Eq, operand, value) is not { } equal)
                return Refuse<BoundExpression>(QueryProblems.Mismatch(
                    Option, item.Position, Misfit(operand, value, "compared with")));
            items.Add(equal);
        }

        return AsList(items) ?? (items.Count == 1 ? items[0] : new BoundOr(items));
    }

    /// <summary>One list when all comparisons are of one scalar operand with constants of one kind.</summary>
    private static BoundIn? AsList(List<BoundExpression> equals)
    {
        var literals = new List<Literal>(equals.Count);
        BoundExpression? operand = null;
        foreach (var item in equals)
        {
            if (item is not BoundCompare { Left: var left, Right: BoundLiteral { Value: var literal } }) return null;
            if (left.Kind is not (ValueKind.Text or ValueKind.Number or ValueKind.Instant)) return null;
            if (operand is not null && operand.Kind != left.Kind) return null;
            operand = left;
            literals.Add(literal);
        }

        return operand is null || equals.Count < 2 ? null : new BoundIn(operand, literals);
    }

    private static string Misfit(BoundExpression left, BoundExpression right, string verb)
    {
        var advice = (left.Kind, right.Kind) switch
        {
            (ValueKind.Number, ValueKind.Text) or (ValueKind.Text, ValueKind.Number) =>
                ". Numbers are written without quotes, texts within single quotes",
            (ValueKind.Instant or ValueKind.Interval, _) or (_, ValueKind.Instant or ValueKind.Interval) =>
                ". Times are written like 2026-01-31T12:30:00Z, without quotes",
            _ => "",
        };
        return $"{Name(left.Kind)} cannot be {verb} {Name(right.Kind)}{advice}";
    }

    private static string Name(ValueKind kind) => kind switch
    {
        ValueKind.Null => "null",
        ValueKind.Text => "a text",
        ValueKind.Number => "a number",
        ValueKind.Boolean => "true or false",
        ValueKind.Instant => "a time",
        ValueKind.Interval => "a time or interval",
        ValueKind.TimeOfDay => "a time of the day",
        ValueKind.Duration => "a duration",
        ValueKind.Geometry => "a geometry",
        ValueKind.Json => "a JSON value",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind."),
    };
}
