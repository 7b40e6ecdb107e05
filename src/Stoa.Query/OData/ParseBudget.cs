namespace Stoa.Query.OData;

/// <summary>What all options of one request may use together.</summary>
internal sealed class ParseBudget(QueryLimits limits)
{
    private int _nodes;
    private int _expands;

    internal bool TakeNode() => ++_nodes <= limits.ExpressionNodesMax;

    internal bool TakeExpand() => ++_expands <= limits.ExpandItemsMax;
}
