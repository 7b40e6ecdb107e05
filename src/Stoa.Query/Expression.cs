namespace Stoa.Query;

/// <summary>What every query language is parsed to: names not yet resolved. Immutable.</summary>
/// <param name="Position">Characters before it in the text of its option; for error messages.</param>
public abstract record Expression(int Position);

/// <summary>A constant.</summary>
public sealed record LiteralExpression(Literal Value, int Position) : Expression(Position);

/// <summary>A property or relation, by its path from the entity that is filtered.</summary>
public sealed record PathExpression(IReadOnlyList<PathSegment> Segments, int Position) : Expression(Position);

/// <summary>A name in a path and where it stands.</summary>
public readonly record struct PathSegment(string Name, int Position);

/// <summary>Negation of a truth value.</summary>
public sealed record NotExpression(Expression Operand, int Position) : Expression(Position);

/// <summary>Negation of a number or duration.</summary>
public sealed record NegateExpression(Expression Operand, int Position) : Expression(Position);

/// <summary>Two operands and what joins them.</summary>
public sealed record BinaryExpression(BinaryOperator Operator, Expression Left, Expression Right, int Position)
    : Expression(Position);

/// <summary>A call of a built-in function.</summary>
public sealed record CallExpression(QueryFunction Function, IReadOnlyList<Expression> Arguments, int Position)
    : Expression(Position);

/// <summary>Whether a value is one of a list.</summary>
public sealed record InExpression(Expression Operand, IReadOnlyList<Expression> Items, int Position) : Expression(Position);

/// <summary>Operators of OData 4.0 part 2, 5.1.1 (OGC 18-088, table 22).</summary>
public enum BinaryOperator
{
    /// <summary>Logical or.</summary>
    Or,

    /// <summary>Logical and.</summary>
    And,

    /// <summary>Equal.</summary>
    Eq,

    /// <summary>Not equal.</summary>
    Ne,

    /// <summary>Greater than.</summary>
    Gt,

    /// <summary>Greater than or equal.</summary>
    Ge,

    /// <summary>Less than.</summary>
    Lt,

    /// <summary>Less than or equal.</summary>
    Le,

    /// <summary>Sum.</summary>
    Add,

    /// <summary>Difference.</summary>
    Sub,

    /// <summary>Product.</summary>
    Mul,

    /// <summary>Quotient in double precision: JSON does not tell 3 from 3.0, so neither does division.</summary>
    Div,

    /// <summary>Remainder with the sign of the dividend.</summary>
    Mod,
}
