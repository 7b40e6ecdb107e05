using System.Globalization;
using System.Xml;
using Stoa.Vocabulary;

namespace Stoa.Query.OData;

/// <summary>Recursive descent over one option: expressions (OData 4.0 part 2, 5.1.1), $orderby, $select and $expand.</summary>
/// <remarks>
/// The first fault is kept and every method then returns null or false, so that the way out is short and nothing is thrown.
/// Precedence, tightest first: grouping and calls; unary minus; mul div mod; add sub; gt ge lt le in; eq ne; not; and; or. OData puts
/// <c>not</c> beside unary minus; as its operand must be a truth value, reading it looser accepts more and changes no meaning.
/// </remarks>
internal sealed partial class ExpressionParser
{
    private readonly string _option;
    private readonly string _text;
    private readonly QueryLimits _limits;
    private readonly ParseBudget _budget;
    private Lexer _lexer;
    private Token _token;
    private int _taken;
    private int _depth;
    private int _points;

    internal ExpressionParser(string option, string text, QueryLimits limits, ParseBudget budget)
    {
        _option = option;
        _text = text;
        _limits = limits;
        _budget = budget;
        _lexer = new(text);
        Advance();
    }

    /// <summary>The first fault; null while there is none.</summary>
    internal Problem? Problem { get; private set; }

    /// <summary>Reads a whole option that is one expression.</summary>
    internal Expression? WholeExpression() => Parse() is { } expression && AtEnd() ? expression : null;

    private Expression? Parse()
    {
        if (!Enter()) return null;
        var left = Conjunction();
        while (left is not null && TryWord("or", out var position))
            left = Binary(BinaryOperator.Or, left, Conjunction(), position);
        Leave();
        return left;
    }

    private Expression? Conjunction()
    {
        var left = Negation();
        while (left is not null && TryWord("and", out var position))
            left = Binary(BinaryOperator.And, left, Negation(), position);
        return left;
    }

    private Expression? Negation()
    {
        if (!IsWord("not") || IsPathOrCallNext("not")) return Equality();
        var position = _token.Start;
        Advance();
        if (!Enter()) return null;
        var operand = Negation();
        Leave();
        return operand is null ? null : Node(new NotExpression(operand, position));
    }

    private Expression? Equality()
    {
        var left = Relation();
        while (left is not null)
        {
            if (TryWord("eq", out var position)) left = Binary(BinaryOperator.Eq, left, Relation(), position);
            else if (TryWord("ne", out position)) left = Binary(BinaryOperator.Ne, left, Relation(), position);
            else return left;
        }

        return null;
    }

    private Expression? Relation()
    {
        var left = Sum();
        while (left is not null)
        {
            if (TryWord("gt", out var position)) left = Binary(BinaryOperator.Gt, left, Sum(), position);
            else if (TryWord("ge", out position)) left = Binary(BinaryOperator.Ge, left, Sum(), position);
            else if (TryWord("lt", out position)) left = Binary(BinaryOperator.Lt, left, Sum(), position);
            else if (TryWord("le", out position)) left = Binary(BinaryOperator.Le, left, Sum(), position);
            else if (TryWord("in", out position)) left = In(left, position);
            else return left;
        }

        return null;
    }

    private Expression? In(Expression operand, int position)
    {
        if (!Take(TokenKind.Open, "'(' and a list of values")) return null;
        var items = new List<Expression>();
        do
        {
            if (Sum() is not { } item) return null;
            items.Add(item);
        }
        while (TryTake(TokenKind.Comma));
        return Take(TokenKind.Close, "',' or ')'") ? Node(new InExpression(operand, items, position)) : null;
    }

    private Expression? Sum()
    {
        var left = Product();
        while (left is not null)
        {
            if (TryWord("add", out var position)) left = Binary(BinaryOperator.Add, left, Product(), position);
            else if (TryWord("sub", out position)) left = Binary(BinaryOperator.Sub, left, Product(), position);
            else return left;
        }

        return null;
    }

    private Expression? Product()
    {
        var left = Unary();
        while (left is not null)
        {
            if (TryWord("mul", out var position)) left = Binary(BinaryOperator.Mul, left, Unary(), position);
            else if (TryWord("div", out position)) left = Binary(BinaryOperator.Div, left, Unary(), position);
            else if (TryWord("mod", out position)) left = Binary(BinaryOperator.Mod, left, Unary(), position);
            else return left;
        }

        return null;
    }

    private Expression? Unary()
    {
        if (_token.Kind != TokenKind.Minus) return Primary();
        var position = _token.Start;
        Advance();
        if (_token is { Kind: TokenKind.Number, Value: { } number } && _token.Start == position + 1)
        {
            Advance();
            return Node(new LiteralExpression(
                number.IsWhole ? Literal.Of(-number.Whole) : Literal.Of(-number.Real), position));
        }

        if (!Enter()) return null;
        var operand = Unary();
        Leave();
        return operand is null ? null : Node(new NegateExpression(operand, position));
    }

    private Expression? Primary()
    {
        var token = _token;
        switch (token.Kind)
        {
            case TokenKind.Open:
                Advance();
                return Parse() is { } inner && Take(TokenKind.Close, "')' or an operator") ? inner : null;
            case TokenKind.Number or TokenKind.Time or TokenKind.TimeOfDay:
                Advance();
                return Node(new LiteralExpression(token.Value!, token.Start)); // The lexer gives these a value.
            case TokenKind.Text:
                var text = _lexer.Unquote(token);
                Advance();
                return Node(new LiteralExpression(Literal.Of(text), token.Start));
            case TokenKind.Typed:
                return Typed(token);
            case TokenKind.Name:
                return Word(token);
            default:
                return Fail("a property, a value, a function or '('");
        }
    }

    private Expression? Word(Token token)
    {
        var name = _text.AsSpan(token.Start, token.End - token.Start);
        Advance();
        if (_token.Kind == TokenKind.Open) return Call(name.ToString(), token);
        if (_token.Kind != TokenKind.Slash)
        {
            var literal = name switch { "null" => Literal.Null, "true" => Literal.True, "false" => Literal.False, _ => null };
            if (literal is not null) return Node(new LiteralExpression(literal, token.Start));
        }

        return Path(name.ToString(), token.Start) is { } path ? Node(path) : null;
    }

    /// <summary>The rest of a path whose first name is read: names, and numbers that index arrays.</summary>
    private PathExpression? Path(string first, int position)
    {
        if (_token.Kind != TokenKind.Slash) return new([new(first, position)], position);
        var segments = new List<PathSegment> { new(first, position) };
        while (TryTake(TokenKind.Slash))
        {
            if (segments.Count == _limits.PathSegmentsMax)
                return Limit<PathExpression>("path segments", _limits.PathSegmentsMax, "The path has too many segments");
            if (_token.Kind is not (TokenKind.Name or TokenKind.Number) || _token.Value is { IsWhole: false })
                return Fail<PathExpression>("a name after '/'");
            segments.Add(new(_text[_token.Start.._token.End], _token.Start));
            Advance();
        }

        return new(segments, position);
    }

    private Expression? Call(string name, Token token)
    {
        if (QueryFunctions.Find(name) is not { } signature)
        {
            var advice = Suggestion.For(name, QueryFunctions.All.Select(function => function.Name));
            return Refuse<Expression>(QueryProblems.UnknownName(
                _option, token.Start, $"There is no function {QueryProblems.Show(name)}. {advice}"));
        }

        Advance();
        if (!Enter()) return null;
        var arguments = new List<Expression>(signature.Parameters.Count);
        if (_token.Kind != TokenKind.Close)
        {
            do
            {
                if (Parse() is not { } argument) return null;
                arguments.Add(argument);
            }
            while (TryTake(TokenKind.Comma));
        }

        Leave();
        if (!Take(TokenKind.Close, "',' or ')'")) return null;
        if (arguments.Count >= signature.Required && arguments.Count <= signature.Parameters.Count)
            return Node(new CallExpression(signature.Function, arguments, token.Start));
        var wanted = signature.Required == signature.Parameters.Count
            ? signature.Required.ToString(CultureInfo.InvariantCulture)
            : $"{signature.Required} or {signature.Parameters.Count}";
        return Refuse<Expression>(QueryProblems.Malformed(
            _option, token.Start, $"{wanted} arguments for {name}", arguments.Count.ToString(CultureInfo.InvariantCulture)));
    }

    private Expression? Typed(Token token)
    {
        var quote = _text.IndexOf('\'', token.Start);
        var type = _text.AsSpan(token.Start, quote - token.Start);
        var content = _lexer.Unquote(token);
        switch (type)
        {
            case "geography" or "geometry":
                return Geometry(token, quote + 1, content);
            case "duration":
                if (!TryDuration(content, out var microseconds))
                    return Refuse<Expression>(QueryProblems.Malformed(
                        _option, quote + 1, "a duration like P1DT2H30M", $"'{QueryProblems.Show(content)}'"));
                Advance();
                return Node(new LiteralExpression(Literal.Duration(microseconds), token.Start));
            default:
                return Refuse<Expression>(QueryProblems.Malformed(
                    _option, token.Start, "geography'…' or duration'…'; times and plain text take no prefix",
                    QueryProblems.Show(type)));
        }
    }

    private Expression? Geometry(Token token, int start, string content)
    {
        var geometry = Wkt.Read(content, _limits.WktPointsMax - _points, out var points, out var at, out var fault, out var many);
        if (many) return Limit<Expression>("points of geometries", _limits.WktPointsMax, "The geometries have too many points");
        if (geometry is null)
        {
            var found = at < content.Length ? $"'{QueryProblems.Show(content.AsSpan(at))}'" : "the end of the geometry";
            return Refuse<Expression>(QueryProblems.Malformed(_option, start + at, fault ?? "a geometry", found));
        }

        _points += points;
        Advance();
        return Node(new LiteralExpression(Literal.Of(geometry), token.Start));
    }

    /// <summary>Days to seconds of XML Schema's duration; years and months have no fixed length and are refused.</summary>
    private static bool TryDuration(string text, out long microseconds)
    {
        microseconds = 0;
        const int CharactersMax = 40;
        var isDayTime = text.Length is > 1 and <= CharactersMax && !text.AsSpan(0, IndexOrEnd(text, 'T')).ContainsAny('Y', 'M');
        if (!isDayTime) return false;
        try
        {
            microseconds = XmlConvert.ToTimeSpan(text).Ticks / TimeSpan.TicksPerMicrosecond;
            return true;
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            return false; // The base library offers no TryParse for this form.
        }
    }

    private static int IndexOrEnd(string text, char c) => text.IndexOf(c) is >= 0 and var at ? at : text.Length;
}
