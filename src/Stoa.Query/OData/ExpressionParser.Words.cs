using Stoa.Vocabulary;

namespace Stoa.Query.OData;

/// <summary>The small steps: taking words, counting, refusing.</summary>
internal sealed partial class ExpressionParser
{
    private void Advance()
    {
        _taken = _token.End;
        _token = _lexer.Next();
    }

    private bool TryTake(TokenKind kind)
    {
        if (_token.Kind != kind) return false;
        Advance();
        return true;
    }

    private bool Take(TokenKind kind, string expected)
    {
        if (TryTake(kind)) return true;
        Fail(expected);
        return false;
    }

    private bool AtEnd()
    {
        if (_token.Kind == TokenKind.End) return true;
        Fail("an operator or the end");
        return false;
    }

    private bool IsWord(string word) =>
        _token.Kind == TokenKind.Name && _text.AsSpan(_token.Start, _token.End - _token.Start).SequenceEqual(word);

    private bool TryWord(string word, out int position)
    {
        position = _token.Start;
        if (!IsWord(word)) return false;
        Advance();
        return true;
    }

    /// <summary>Whether the word begins a path (not/x): then it is a name and no operator.</summary>
    private bool IsPathOrCallNext(string word)
    {
        var after = _token.Start + word.Length;
        return after < _text.Length && _text[after] == '/';
    }

    private bool Enter()
    {
        if (++_depth <= _limits.NestingLevelsMax) return true;
        Limit<Expression>("nesting levels", _limits.NestingLevelsMax, "The query is nested too deeply");
        return false;
    }

    private void Leave() => _depth--;

    private Expression? Binary(BinaryOperator op, Expression left, Expression? right, int position) =>
        right is null ? null : Node(new BinaryExpression(op, left, right, position));

    private Expression? Node(Expression node) => _budget.TakeNode()
        ? node
        : Limit<Expression>("expression nodes", _limits.ExpressionNodesMax, "The expressions have too many parts");

    private Expression? Fail(string expected) => Fail<Expression>(expected);

    private T? Fail<T>(string expected)
        where T : class
    {
        var found = _token.Kind switch
        {
            TokenKind.End => "the end",
            TokenKind.Bad => _token.Fault,
            _ => $"'{QueryProblems.Show(_text.AsSpan(_token.Start, _token.End - _token.Start))}'",
        };
        return Refuse<T>(QueryProblems.Malformed(_option, _token.Start, expected, found));
    }

    private T? Limit<T>(string name, int limit, string detail)
        where T : class =>
        Refuse<T>(QueryProblems.Limit(_option, Math.Min(_token.Start, _text.Length), name, limit, $"{detail}: the limit is {limit}"));

    private T? Refuse<T>(Problem problem)
        where T : class
    {
        Problem ??= problem;
        return null;
    }
}
