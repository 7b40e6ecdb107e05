namespace Stoa.Query;

/// <summary>How deep the SQL of an expression nests, in entries of the stack of a parser: an upper bound.</summary>
/// <remarks>
/// SQLite before 3.46 parses with a stack of 100 entries and refuses what needs more. Each kind of node is weighed by the entries that
/// stand open while its operands are parsed; see <see cref="QueryLimits.NestingWeightMax"/>.
/// </remarks>
internal static class NestingWeight
{
    private const int Leaf = 6, JsonLeaf = 18, Parentheses = 3, Function = 5, Subquery = 9, KeySubqueries = 18;

    internal static int Of(BoundExpression expression) => expression switch
    {
        BoundLiteral => 1,
        BoundProperty property => OfSource(property.Row) + (property.Kind == ValueKind.Json ? JsonLeaf : Leaf),
        BoundConversion conversion => (conversion.To == ValueKind.Instant ? Function : 0) + Of(conversion.Operand),
        BoundCompare { Left.Kind: ValueKind.Json } compare => Function + Math.Max(Of(compare.Left), Of(compare.Right)),
        BoundCompare compare => Parentheses + Function + Math.Max(Of(compare.Left), Of(compare.Right)),
        BoundIsNull isNull => Parentheses + Of(isNull.Operand),
        BoundAnd and => Parentheses + and.Operands.Max(Of),
        BoundOr or => Parentheses + or.Operands.Max(Of),
        BoundNot not => 1 + Of(not.Operand),
        BoundAny any => OfSource(any.Row.Source) + Subquery + Of(any.Condition),
        BoundIn isIn => Parentheses + Of(isIn.Operand),
        BoundArithmetic arithmetic => Parentheses + Function + Math.Max(Of(arithmetic.Left), Of(arithmetic.Right)),
        BoundNegate negate => Parentheses + Of(negate.Operand),
        BoundCall call => OfCall(call.Function) + call.Arguments.Max(Of),
        _ => throw new InvalidOperationException($"Unknown expression {expression.GetType().Name}."),
    };

    /// <summary>A condition over a to-one relation may become a key in a subquery, and that a group in another.</summary>
    private static int OfSource(QueryRow? row) => row is { Via.IsMany: false } ? KeySubqueries : 0;

    private static int OfCall(QueryFunction function) => function switch
    {
        QueryFunction.Substring => 4 * Function,
        QueryFunction.Year or QueryFunction.Month or QueryFunction.Day => 3 * Function,
        QueryFunction.StartsWith or QueryFunction.EndsWith => Parentheses + 3 * Function,
        QueryFunction.TotalOffsetMinutes => 2 * Function,
        _ => Parentheses + Function,
    };
}
