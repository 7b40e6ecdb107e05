using System.Numerics;
using Stoa.Vocabulary;

namespace Stoa.Query;

/// <summary>Binds the expressions of one entity level: names to rows and properties, operands to one kind.</summary>
/// <remarks>
/// How to-many paths mean "any": the conditions joined by one <c>and</c> share the entity that equal paths reach, so
/// <c>Datastreams/name eq 'a' and Datastreams/description eq 'b'</c> asks for one Datastream with both. Branches of <c>or</c> share it
/// with the conditions around them when every branch goes through the same to-many paths; otherwise each branch, and every
/// operand of <c>not</c>, speaks of entities of its own.
/// </remarks>
internal sealed partial class ExpressionBinder
{
    private readonly QueryLimits _limits;
    private readonly Instant _now;
    private readonly List<QueryRow> _oneRows = [];

    internal ExpressionBinder(string option, EntityType entity, QueryLimits limits, Instant now)
    {
        Option = option;
        Root = new(entity, null, null);
        _limits = limits;
        _now = now;
    }

    /// <summary>The row that is filtered.</summary>
    internal QueryRow Root { get; }

    /// <summary>The option that problems name.</summary>
    internal string Option { get; set; }

    /// <summary>The first fault; null while there is none.</summary>
    internal Problem? Problem { get; private set; }

    /// <summary>Binds a condition.</summary>
    internal BoundExpression? Filter(Expression filter) => Condition(filter) is { } bound && IsLight(bound, filter) ? bound : null;

    /// <summary>Binds the order and makes it total; without items it is the default order of the entity.</summary>
    internal List<BoundOrder>? OrderBy(IReadOnlyList<OrderByItem> items)
    {
        var order = new List<BoundOrder>(items.Count + 2);
        foreach (var item in items)
        {
            if (Value(item.Expression, null) is not { } value || !IsLight(value, item.Expression)) return null;
            if (value.Kind == ValueKind.Geometry)
                return Refuse<List<BoundOrder>>(QueryProblems.Mismatch(
                    Option, item.Expression.Position, "Geometries have no order. Order by geo.distance to a point instead"));
            order.Add(new(value, item.IsDescending));
            if (IsRootId(value)) return order;
        }

        var id = Root.Entity.Id;
        if (items.Count == 0 && !ReferenceEquals(Root.Entity.DefaultOrder, id))
            order.Add(new(new BoundProperty(Root, Root.Entity.DefaultOrder, null), false));
        // In the direction of the item before it, so that an index can be walked backwards.
        order.Add(new(new BoundProperty(Root, id, null), order.Count > 0 && order[^1].IsDescending));
        return order;
    }

    private bool IsLight(BoundExpression bound, Expression expression)
    {
        if (NestingWeight.Of(bound) <= _limits.NestingWeightMax) return true;
        Refuse<BoundExpression>(QueryProblems.Limit(
            Option, expression.Position, "nesting weight", _limits.NestingWeightMax,
            "Functions, operators and to-many relations are nested too deeply. Split the condition or nest less"));
        return false;
    }

    private bool IsRootId(BoundExpression value) =>
        value is BoundProperty property && ReferenceEquals(property.Row, Root) && ReferenceEquals(property.Property, Root.Entity.Id);

    /// <summary>A condition with to-many rows of its own.</summary>
    private BoundExpression? Condition(Expression expression)
    {
        var scope = new AnyScope();
        var terms = new List<(BoundExpression Term, uint Rows)>();
        return Conjuncts(expression, scope, terms) ? Quantify(terms, scope, scope.AllRows) : null;
    }

    private bool Conjuncts(Expression expression, AnyScope scope, List<(BoundExpression Term, uint Rows)> terms)
    {
        if (expression is BinaryExpression { Operator: BinaryOperator.And } and)
            return Conjuncts(and.Left, scope, terms) && Conjuncts(and.Right, scope, terms);
        scope.Touched = 0;
        if (Term(expression, scope) is not { } term) return false;
        terms.Add((term, scope.Touched));
        return true;
    }

    private BoundExpression? Term(Expression expression, AnyScope scope)
    {
        if (expression is not BinaryExpression { Operator: BinaryOperator.Or }) return Truth(expression, scope);
        var branches = new List<Expression>();
        Branches(expression, branches);
        var isShared = ToManyPaths(expression) is { Count: > 0 };
        var bound = new List<BoundExpression>(branches.Count);
        foreach (var branch in branches)
        {
            var operand = isShared ? SharedBranch(branch, scope) : Condition(branch);
            if (operand is null) return null;
            bound.Add(operand);
        }

        return new BoundOr(bound);
    }

    private BoundExpression? SharedBranch(Expression expression, AnyScope scope)
    {
        if (expression is not BinaryExpression { Operator: BinaryOperator.And } and) return Term(expression, scope);
        return SharedBranch(and.Left, scope) is { } left && SharedBranch(and.Right, scope) is { } right
            ? new BoundAnd([left, right])
            : null;
    }

    private static void Branches(Expression expression, List<Expression> branches)
    {
        if (expression is BinaryExpression { Operator: BinaryOperator.Or } or)
        {
            Branches(or.Left, branches);
            Branches(or.Right, branches);
        }
        else
        {
            branches.Add(expression);
        }
    }

    /// <summary>The to-many paths used, or null when the branches of some <c>or</c> differ in them or a <c>not</c> uses one.</summary>
    private HashSet<string>? ToManyPaths(Expression expression)
    {
        switch (expression)
        {
            case PathExpression path:
                return ToManyPrefixes(path);
            case NotExpression not:
                return ToManyPaths(not.Operand) is { Count: 0 } none ? none : null;
            case NegateExpression negate:
                return ToManyPaths(negate.Operand);
            case InExpression isIn:
                return ToManyPaths([isIn.Operand, .. isIn.Items]);
            case CallExpression call:
                return ToManyPaths(call.Arguments);
            case BinaryExpression { Operator: BinaryOperator.Or } or:
                var left = ToManyPaths(or.Left);
                var right = ToManyPaths(or.Right);
                return left is not null && right is not null && left.SetEquals(right) ? left : null;
            case BinaryExpression binary:
                return ToManyPaths([binary.Left, binary.Right]);
            default:
                return [];
        }
    }

    private HashSet<string>? ToManyPaths(IReadOnlyList<Expression> expressions)
    {
        var all = new HashSet<string>(StringComparer.Ordinal);
        foreach (var expression in expressions)
        {
            if (ToManyPaths(expression) is not { } some) return null;
            all.UnionWith(some);
        }

        return all;
    }

    private HashSet<string> ToManyPrefixes(PathExpression path)
    {
        var prefixes = new HashSet<string>(StringComparer.Ordinal);
        var entity = Root.Entity;
        for (var i = 0; i < path.Segments.Count && entity.FindNavigation(path.Segments[i].Name) is { } navigation; i++)
        {
            entity = navigation.Target;
            if (navigation.IsMany) prefixes.Add(string.Join('/', path.Segments.Take(i + 1).Select(segment => segment.Name)));
        }

        return prefixes;
    }

    /// <summary>Puts each to-many row around the terms that use it, and nothing else around them.</summary>
    private static BoundExpression Quantify(List<(BoundExpression Term, uint Rows)> terms, AnyScope scope, uint open)
    {
        var operands = new List<BoundExpression>(terms.Count);
        foreach (var (term, rows) in terms)
            if ((rows & open) == 0) operands.Add(term);
        var left = terms.FindAll(term => (term.Rows & open) != 0);
        while (left.Count > 0)
        {
            var connected = left[0].Rows & open;
            for (var before = 0u; before != connected;)
            {
                before = connected;
                foreach (var (_, rows) in left)
                    if ((rows & connected) != 0) connected |= rows & open;
            }

            // Rows are numbered as they were made: a row always comes after the one it starts from.
            var first = BitOperations.TrailingZeroCount(connected);
            var inside = left.FindAll(term => (term.Rows & connected) != 0);
            operands.Add(new BoundAny(scope.Rows[first], Quantify(inside, scope, connected & ~(1u << first))));
            left = left.FindAll(term => (term.Rows & connected) == 0);
        }

        return operands.Count == 1 ? operands[0] : new BoundAnd(operands);
    }

    /// <summary>The row at the end of a relation; null with a problem.</summary>
    private QueryRow? Reach(QueryRow source, Navigation navigation, AnyScope? scope, int position)
    {
        if (!navigation.IsMany)
        {
            foreach (var known in _oneRows)
                if (ReferenceEquals(known.Source, source) && ReferenceEquals(known.Via, navigation)) return known;
            var row = new QueryRow(navigation.Target, source, navigation);
            _oneRows.Add(row);
            return row;
        }

        if (scope is null)
            return Refuse<QueryRow>(QueryProblems.NotPossible(
                Option, position, $"{navigation.Name} leads to many entities, so it gives no single value to order by"));
        var index = scope.IndexOf(source, navigation);
        if (index < 0)
        {
            if (scope.Rows.Count == _limits.ToManyPathsMax)
                return Refuse<QueryRow>(QueryProblems.Limit(
                    Option, position, "to-many paths", _limits.ToManyPathsMax,
                    $"Too many different to-many paths: the limit is {_limits.ToManyPathsMax}"));
            index = scope.Add(new(navigation.Target, source, navigation), scope.MaskOf(source));
        }

        scope.Touched |= scope.Masks[index];
        return scope.Rows[index];
    }

    private T? Refuse<T>(Problem problem)
        where T : class
    {
        Problem ??= problem;
        return null;
    }

    /// <summary>The to-many rows that one conjunction shares, numbered by bits.</summary>
    private sealed class AnyScope
    {
        internal List<QueryRow> Rows { get; } = [];

        /// <summary>Of each row: its own bit and those of the rows it is reached through.</summary>
        internal List<uint> Masks { get; } = [];

        /// <summary>Rows used since this was last set to zero.</summary>
        internal uint Touched { get; set; }

        internal uint AllRows => (uint)((1ul << Rows.Count) - 1);

        internal int IndexOf(QueryRow source, Navigation navigation) =>
            Rows.FindIndex(row => ReferenceEquals(row.Source, source) && ReferenceEquals(row.Via, navigation));

        internal int Add(QueryRow row, uint sourceMask)
        {
            Rows.Add(row);
            Masks.Add(sourceMask | 1u << (Rows.Count - 1));
            return Rows.Count - 1;
        }

        /// <summary>Bits of the to-many row that this row is, or is reached from by to-one relations.</summary>
        internal uint MaskOf(QueryRow? row)
        {
            for (; row is not null; row = row.Source)
            {
                var at = Rows.IndexOf(row);
                if (at >= 0) return Masks[at];
            }

            return 0;
        }
    }
}
