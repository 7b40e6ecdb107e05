namespace Stoa.Query;

/// <summary>An expression whose names and kinds are settled. Immutable.</summary>
/// <remarks>
/// Truth is three-valued as in SQL: an operator with an unknown (null) operand is unknown, <c>false and unknown</c> is false,
/// <c>true or unknown</c> is true, and a row is taken only where the filter is true (OGC 18-088, 9.3.3.5).
/// </remarks>
/// <param name="Kind">Kind of its value.</param>
public abstract record BoundExpression(ValueKind Kind);

/// <summary>An entity that an expression speaks about: the one that is filtered, or one reached from it.</summary>
/// <remarks>Compared by reference: two paths that mean the same row share one instance.</remarks>
public sealed class QueryRow
{
    internal QueryRow(EntityType entity, QueryRow? source, Navigation? via)
    {
        Entity = entity;
        Source = source;
        Via = via;
    }

    /// <summary>Its type.</summary>
    public EntityType Entity { get; }

    /// <summary>The row from which it is reached; null for the row that is filtered.</summary>
    public QueryRow? Source { get; }

    /// <summary>The relation by which it is reached. To one: its values are null when there is no such visible entity.
    /// To many: it is brought in by a <see cref="BoundAny"/>.</summary>
    public Navigation? Via { get; }
}

/// <summary>A constant.</summary>
public sealed record BoundLiteral(Literal Value) : BoundExpression(Value.Kind);

/// <summary>A property of a row, or a place inside it.</summary>
/// <param name="Row">Whose property.</param>
/// <param name="Property">Which.</param>
/// <param name="Inside">Names and array indexes that lead into the JSON value; null for the property as a whole.</param>
public sealed record BoundProperty(QueryRow Row, EntityProperty Property, IReadOnlyList<string>? Inside)
    : BoundExpression(Inside is null ? Property.Kind : ValueKind.Json);

/// <summary>The same value seen as another kind.</summary>
/// <remarks>
/// From JSON: to Number, Boolean or Geometry where it is one, else null; to Text always: a string is itself, anything else its JSON
/// text; to Instant where it is a string that holds an ISO 8601 time, else null. From Interval to Instant: its start.
/// From Instant to Interval: the same moment as start and end.
/// </remarks>
public sealed record BoundConversion(BoundExpression Operand, ValueKind To) : BoundExpression(To);

/// <summary>A comparison of two values of the same kind.</summary>
/// <param name="Operator">Eq, Ne, Gt, Ge, Lt or Le.</param>
/// <param name="Left">Of the same kind as <paramref name="Right"/>.</param>
/// <param name="Right">See <paramref name="Left"/>.</param>
/// <remarks>
/// Text by code point. Intervals [s1,e1] and [s2,e2], an instant being s = e, as other SensorThings servers do:
/// eq: s1 = s2 and e1 = e2; ne: its opposite; lt (wholly before): s1 &lt; s2 and e1 &lt;= s2; gt (wholly after): s1 > s2 and
/// s1 >= e2; le: s1 &lt;= s2 and e1 &lt;= e2; ge: s1 >= s2 and e1 >= e2. JSON with JSON: as numbers when both are numbers, else as text
/// when both are texts, else as truth values when both are, else unknown.
/// </remarks>
public sealed record BoundCompare(BinaryOperator Operator, BoundExpression Left, BoundExpression Right)
    : BoundExpression(ValueKind.Boolean);

/// <summary>Whether a value is absent: always true or false, never unknown.</summary>
public sealed record BoundIsNull(BoundExpression Operand, bool IsNegated) : BoundExpression(ValueKind.Boolean);

/// <summary>All of them.</summary>
public sealed record BoundAnd(IReadOnlyList<BoundExpression> Operands) : BoundExpression(ValueKind.Boolean);

/// <summary>At least one of them.</summary>
public sealed record BoundOr(IReadOnlyList<BoundExpression> Operands) : BoundExpression(ValueKind.Boolean);

/// <summary>The opposite; unknown stays unknown.</summary>
public sealed record BoundNot(BoundExpression Operand) : BoundExpression(ValueKind.Boolean);

/// <summary>Whether at least one visible entity of a to-many relation makes the condition true: true or false, never unknown.</summary>
/// <remarks>Conditions joined by <c>and</c> that go through the same path speak of the same entity.</remarks>
public sealed record BoundAny(QueryRow Row, BoundExpression Condition) : BoundExpression(ValueKind.Boolean);

/// <summary>Whether a value is one of several constants of its kind.</summary>
public sealed record BoundIn(BoundExpression Operand, IReadOnlyList<Literal> Items) : BoundExpression(ValueKind.Boolean);

/// <summary>Sum, difference, product, quotient or remainder; also of times and durations.</summary>
public sealed record BoundArithmetic(BinaryOperator Operator, BoundExpression Left, BoundExpression Right, ValueKind Kind)
    : BoundExpression(Kind);

/// <summary>A number or duration with the opposite sign.</summary>
public sealed record BoundNegate(BoundExpression Operand) : BoundExpression(Operand.Kind);

/// <summary>A function of arguments of the kinds of its signature. now, mindatetime and maxdatetime are literals by now.</summary>
public sealed record BoundCall(QueryFunction Function, IReadOnlyList<BoundExpression> Arguments)
    : BoundExpression(Function.Signature().Result);

/// <summary>One key of the order.</summary>
public sealed record BoundOrder(BoundExpression Expression, bool IsDescending);
