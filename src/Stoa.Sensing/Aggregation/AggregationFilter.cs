using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Aggregation;

/// <summary>A filter on Observations, divided into what chooses Datastreams and what chooses their rows.</summary>
/// <remarks>
/// Conditions joined by <c>and</c> that speak of nothing but the Datastream are asked of the few Datastreams instead of the many rows.
/// They are repeated with the rows only where another condition speaks of the Datastream too.
/// </remarks>
internal sealed record AggregationFilter(Expression? Datastreams, Expression? Rows)
{
    private const string Datastream = "Datastream";

    internal static AggregationFilter Divide(Expression? filter)
    {
        List<Expression> datastreams = [], rows = [];
        foreach (var condition in Conjuncts(filter))
        {
            var (ofDatastream, ofOthers) = (false, false);
            foreach (var path in Paths(condition))
            {
                var isDatastream = path.Segments.Count > 1 && path.Segments[0].Name == Datastream;
                ofDatastream |= isDatastream;
                ofOthers |= !isDatastream;
            }

            if (ofDatastream && !ofOthers) datastreams.Add(condition);
            else rows.Add(condition);
        }

        var repeats = rows.SelectMany(Paths).Any(path => path.Segments[0].Name == Datastream);
        return new(Joined(datastreams.Select(Below)), repeats ? filter : Joined(rows));
    }

    /// <summary>Both conditions.</summary>
    internal static Expression? Joined(IEnumerable<Expression> conditions) => conditions.Aggregate(
        (Expression?)null, (left, right) => left is null ? right : new BinaryExpression(BinaryOperator.And, left, right, right.Position));

    private static IEnumerable<Expression> Conjuncts(Expression? filter) => filter switch
    {
        null => [],
        BinaryExpression { Operator: BinaryOperator.And } and => Conjuncts(and.Left).Concat(Conjuncts(and.Right)),
        _ => [filter],
    };

    private static IEnumerable<PathExpression> Paths(Expression expression) => expression switch
    {
        PathExpression path => [path],
        NotExpression not => Paths(not.Operand),
        NegateExpression negate => Paths(negate.Operand),
        BinaryExpression binary => Paths(binary.Left).Concat(Paths(binary.Right)),
        CallExpression call => call.Arguments.SelectMany(Paths),
        InExpression isIn => Paths(isIn.Operand).Concat(isIn.Items.SelectMany(Paths)),
        _ => [],
    };

    /// <summary>The same condition as seen from the Datastream.</summary>
    private static Expression Below(Expression expression) => expression switch
    {
        PathExpression path => new PathExpression([.. path.Segments.Skip(1)], path.Position),
        NotExpression not => not with { Operand = Below(not.Operand) },
        NegateExpression negate => negate with { Operand = Below(negate.Operand) },
        BinaryExpression binary => binary with { Left = Below(binary.Left), Right = Below(binary.Right) },
        CallExpression call => call with { Arguments = [.. call.Arguments.Select(Below)] },
        InExpression isIn => isIn with { Operand = Below(isIn.Operand), Items = [.. isIn.Items.Select(Below)] },
        _ => expression,
    };

    /// <summary>Starts of phenomenonTime between which all rows lie that the condition lets through; null: no bound.</summary>
    internal static (long? Least, long? Most) SpanOf(BoundExpression? filter)
    {
        long? least = null, most = null;
        foreach (var condition in Conjuncts(filter).OfType<BoundCompare>())
        {
            var isTurned = IsTime(condition.Right);
            var (time, constant) = isTurned ? (condition.Right, condition.Left) : (condition.Left, condition.Right);
            if (!IsTime(time) || MomentOf(constant) is not { } moment) continue;
            var op = condition.Operator;
            var isEqual = op == BinaryOperator.Eq;
            var isAfter = op is BinaryOperator.Gt or BinaryOperator.Ge;
            var isBefore = op is BinaryOperator.Lt or BinaryOperator.Le;
            if (isEqual || (isTurned ? isBefore : isAfter)) least = Math.Max(least ?? moment, moment);
            // What lies before a moment does not reach it; the last bucket asked for is then the one before.
            var last = op is BinaryOperator.Lt or BinaryOperator.Gt ? moment - 1 : moment;
            if (isEqual || (isTurned ? isAfter : isBefore)) most = Math.Min(most ?? last, last);
        }

        return (least, most);
    }

    private static IEnumerable<BoundExpression> Conjuncts(BoundExpression? filter) => filter switch
    {
        null => [],
        BoundAnd and => and.Operands.SelectMany(Conjuncts),
        _ => [filter],
    };

    private static bool IsTime(BoundExpression expression) => expression switch
    {
        BoundProperty { Inside: null, Row.Source: null } property =>
            ReferenceEquals(property.Property, SensorThingsSchema.Observation.DefaultOrder),
        BoundConversion { Operand.Kind: ValueKind.Interval, To: ValueKind.Instant } start => IsTime(start.Operand),
        _ => false,
    };

    private static long? MomentOf(BoundExpression expression) => expression switch
    {
        BoundLiteral { Value: { Kind: ValueKind.Instant or ValueKind.Interval } value } => value.Time.Start.UnixMicroseconds,
        BoundConversion { To: ValueKind.Interval } conversion => MomentOf(conversion.Operand),
        _ => null,
    };
}
