using System.Globalization;
using Stoa.Query;

namespace Stoa.Tests.Query;

/// <summary>Expressions as text with a pair of parentheses for every operator, so that a test can show how one was read.</summary>
internal static class Shown
{
    internal static string Text(Expression expression) => expression switch
    {
        LiteralExpression literal => Text(literal.Value),
        PathExpression path => string.Join('/', path.Segments.Select(segment => segment.Name)),
        NotExpression not => $"(not {Text(not.Operand)})",
        NegateExpression negate => $"(- {Text(negate.Operand)})",
        BinaryExpression binary => $"({Text(binary.Left)} {binary.Operator.ToString().ToLowerInvariant()} {Text(binary.Right)})",
        CallExpression call => $"{call.Function.Signature().Name}({string.Join(", ", call.Arguments.Select(Text))})",
        InExpression isIn => $"({Text(isIn.Operand)} in ({string.Join(", ", isIn.Items.Select(Text))}))",
        _ => throw new InvalidOperationException(expression.GetType().Name),
    };

    private static string Text(Literal literal) => literal.Kind switch
    {
        ValueKind.Null => "null",
        ValueKind.Boolean => literal.Boolean ? "true" : "false",
        ValueKind.Number => literal.IsWhole
            ? literal.Whole.ToString(CultureInfo.InvariantCulture)
            : literal.Real.ToString("R", CultureInfo.InvariantCulture) + "r",
        ValueKind.Text => $"'{literal.Text}'",
        ValueKind.Instant or ValueKind.Interval => literal.Time.ToString(),
        ValueKind.Duration => $"duration {literal.Whole}",
        ValueKind.TimeOfDay => $"time {literal.Whole}",
        ValueKind.Geometry => string.Create(CultureInfo.InvariantCulture,
            $"[{literal.Geometry!.MinX} {literal.Geometry.MinY} {literal.Geometry.MaxX} {literal.Geometry.MaxY}]"),
        _ => throw new InvalidOperationException(literal.Kind.ToString()),
    };
}
