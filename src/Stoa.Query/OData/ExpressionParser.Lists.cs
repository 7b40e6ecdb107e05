namespace Stoa.Query.OData;

/// <summary>$orderby, $select and $expand with its options.</summary>
internal sealed partial class ExpressionParser
{
    internal IReadOnlyList<OrderByItem>? WholeOrderBy() => OrderBy() is { } items && AtEnd() ? items : null;

    internal IReadOnlyList<PathExpression>? WholeSelect() => Select() is { } items && AtEnd() ? items : null;

    internal IReadOnlyList<ExpandItem>? WholeExpand() => Expand(1) is { } items && AtEnd() ? items : null;

    private List<OrderByItem>? OrderBy()
    {
        var items = new List<OrderByItem>();
        do
        {
            if (items.Count == _limits.OrderByItemsMax)
                return Limit<List<OrderByItem>>("items of $orderby", _limits.OrderByItemsMax, "There are too many items");
            if (Parse() is not { } expression) return null;
            var isDescending = TryWord("desc", out _);
            if (!isDescending) TryWord("asc", out _);
            items.Add(new(expression, isDescending));
        }
        while (TryTake(TokenKind.Comma));
        return items;
    }

    private List<PathExpression>? Select()
    {
        var items = new List<PathExpression>();
        do
        {
            if (items.Count == _limits.SelectItemsMax)
                return Limit<List<PathExpression>>("items of $select", _limits.SelectItemsMax, "There are too many items");
            if (NamedPath("the name of a property or relation") is not { } path) return null;
            items.Add(path);
        }
        while (TryTake(TokenKind.Comma));
        return items;
    }

    private PathExpression? NamedPath(string expected)
    {
        var token = _token;
        if (token.Kind != TokenKind.Name) return Fail<PathExpression>(expected);
        Advance();
        return Path(_text[token.Start..token.End], token.Start);
    }

    private List<ExpandItem>? Expand(int level)
    {
        if (level > _limits.ExpandLevelsMax)
            return Limit<List<ExpandItem>>("levels of $expand", _limits.ExpandLevelsMax, "Relations are expanded too deeply");
        var items = new List<ExpandItem>();
        do
        {
            if (NamedPath("the name of a relation") is not { } path) return null;
            if (level - 1 + path.Segments.Count > _limits.ExpandLevelsMax)
                return Limit<List<ExpandItem>>("levels of $expand", _limits.ExpandLevelsMax, "Relations are expanded too deeply");
            for (var i = 0; i < path.Segments.Count; i++)
                if (!_budget.TakeExpand())
                    return Limit<List<ExpandItem>>("items of $expand", _limits.ExpandItemsMax, "Too many relations are expanded");
            var options = QueryOptions.None;
            if (TryTake(TokenKind.Open))
            {
                if (NestedOptions(level + path.Segments.Count) is not { } nested) return null;
                options = nested;
            }

            items.Add(new(path, options));
        }
        while (TryTake(TokenKind.Comma));
        return items;
    }

    /// <summary>The options in parentheses after an expanded relation, separated by semicolons.</summary>
    private QueryOptions? NestedOptions(int level)
    {
        var options = QueryOptions.None;
        var texts = new List<KeyValuePair<string, string>>();
        var seen = 0;
        do
        {
            var token = _token;
            var name = token.Kind == TokenKind.Name ? _text.AsSpan(token.Start, token.End - token.Start) : default;
            var bit = name switch
            {
                "$filter" => 1,
                "$orderby" => 2,
                "$select" => 4,
                "$expand" => 8,
                "$top" => 16,
                "$skip" => 32,
                "$count" => 64,
                _ => 0,
            };
            if (bit == 0) return Fail<QueryOptions>("$filter, $orderby, $select, $expand, $top, $skip or $count");
            if ((seen & bit) != 0) return Fail<QueryOptions>("each option at most once");
            seen |= bit;
            Advance();
            if (!Take(TokenKind.Equals, "'='")) return null;
            var start = _token.Start;
            if (NestedOption(bit, level, options) is not { } more) return null;
            options = more;
            if (bit != 8) texts.Add(new(_text[token.Start..token.End], _text[start.._taken]));
        }
        while (TryTake(TokenKind.Semicolon) && _token.Kind != TokenKind.Close);
        return Take(TokenKind.Close, "';' or ')'") ? options with { Texts = texts } : null;
    }

    private QueryOptions? NestedOption(int bit, int level, QueryOptions options) => bit switch
    {
        1 => Parse() is { } filter ? options with { Filter = filter } : null,
        2 => OrderBy() is { } order ? options with { OrderBy = order } : null,
        4 => Select() is { } select ? options with { Select = select } : null,
        8 => Expand(level) is { } expand ? options with { Expand = expand } : null,
        16 => TryWhole(out var top) ? options with { Top = top } : null,
        32 => TryWhole(out var skip) ? options with { Skip = skip } : null,
        _ => TryTruth(out var count) ? options with { Count = count } : null,
    };

    private bool TryWhole(out long number)
    {
        number = _token.Value?.Whole ?? 0;
        if (_token is { Kind: TokenKind.Number, Value.IsWhole: true })
        {
            Advance();
            return true;
        }

        Fail("a whole number, zero or more");
        return false;
    }

    private bool TryTruth(out bool truth)
    {
        truth = IsWord("true");
        if (truth || IsWord("false"))
        {
            Advance();
            return true;
        }

        Fail("true or false");
        return false;
    }
}
