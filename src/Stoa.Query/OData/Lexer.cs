using System.Globalization;
using Stoa.Vocabulary;

namespace Stoa.Query.OData;

/// <summary>Cuts the text of one option into words, one at a time.</summary>
/// <remarks>
/// A name may hold letters, digits and <c>_ . - : @ $</c>, so that keys of JSON objects can be written; OData has no infix minus, so
/// nothing is lost. A plus sign that form decoding turned into a space is read back in the offset of a time.
/// </remarks>
internal struct Lexer(string text)
{
    private int _at;

    internal readonly int Position => _at;

    internal Token Next()
    {
        while (_at < text.Length && text[_at] is ' ' or '\t' or '\r' or '\n') _at++;
        if (_at >= text.Length) return new(TokenKind.End, text.Length, text.Length);
        var first = text[_at];
        switch (first)
        {
            case '(': return Single(TokenKind.Open);
            case ')': return Single(TokenKind.Close);
            case ',': return Single(TokenKind.Comma);
            case '/': return Single(TokenKind.Slash);
            case '-': return Single(TokenKind.Minus);
            case ';': return Single(TokenKind.Semicolon);
            case '=': return Single(TokenKind.Equals);
            case '*': return Single(TokenKind.Star);
            case '\'': return Quoted(TokenKind.Text, _at);
        }

        if (char.IsAsciiDigit(first)) return NumberOrTime();
        return IsNameStart(first) ? Name() : Bad(_at, _at + 1, "a character that has no meaning here");
    }

    /// <summary>The text between the quotes, doubled quotes made single.</summary>
    internal readonly string Unquote(Token token)
    {
        var start = text.IndexOf('\'', token.Start) + 1;
        var inner = text.AsSpan(start, token.End - 1 - start);
        return inner.Contains('\'') ? inner.ToString().Replace("''", "'", StringComparison.Ordinal) : inner.ToString();
    }

    private Token Single(TokenKind kind) => new(kind, _at, ++_at);

    private Token Bad(int start, int end, string fault)
    {
        _at = text.Length;
        return new(TokenKind.Bad, start, end) { Fault = fault };
    }

    private Token Quoted(TokenKind kind, int start)
    {
        for (var at = text.IndexOf('\'', start) + 1; at < text.Length; at++)
        {
            if (text[at] == '\0') return Bad(at, at + 1, "a NUL character");
            if (text[at] != '\'') continue;
            if (at + 1 < text.Length && text[at + 1] == '\'')
            {
                at++;
                continue;
            }

            _at = at + 1;
            return new(kind, start, _at);
        }

        return Bad(start, text.Length, "a text without its closing quote");
    }

    private Token Name()
    {
        var start = _at;
        do _at++;
        while (_at < text.Length && IsNamePart(text[_at]));
        return _at < text.Length && text[_at] == '\'' ? Quoted(TokenKind.Typed, start) : new(TokenKind.Name, start, _at);
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c is '_' or '@' or '$' || (c > 127 && char.IsLetter(c));

    private static bool IsNamePart(char c) => IsNameStart(c) || char.IsAsciiDigit(c) || c is '.' or '-' or ':' ||
        (c > 127 && char.IsLetterOrDigit(c));

    private Token NumberOrTime()
    {
        if (IsDigits(_at, 4) && Is(_at + 4, '-')) return TimeOrInterval();
        if (IsDigits(_at, 2) && Is(_at + 2, ':')) return TimeOfDay();
        var start = _at;
        var isInteger = true;
        SkipDigits();
        if (Is(_at, '.') && IsDigits(_at + 1, 1))
        {
            isInteger = false;
            _at++;
            SkipDigits();
        }

        if (_at < text.Length && text[_at] is 'e' or 'E')
        {
            var digits = _at + 1 < text.Length && text[_at + 1] is '+' or '-' or ' ' ? _at + 2 : _at + 1;
            if (IsDigits(digits, 1))
            {
                isInteger = false;
                _at = digits;
                SkipDigits();
            }
        }

        if (_at < text.Length && IsNamePart(text[_at])) return Bad(start, _at + 1, "a number followed by other characters");
        var word = text.AsSpan(start, _at - start);
        if (isInteger && long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
            return new(TokenKind.Number, start, _at) { Value = Literal.Of(whole) };
        // A plus sign of an exponent may have become a space.
        var number = double.Parse(
            word.Contains(' ') ? word.ToString().Replace(' ', '+') : word, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(number)
            ? new(TokenKind.Number, start, _at) { Value = Literal.Of(number) }
            : Bad(start, _at, "a number too large for double precision");
    }

    private Token TimeOrInterval()
    {
        var start = _at;
        if (!TryInstant(out var first)) return Bad(start, _at, TimeFault);
        if (!Is(_at, '/')) return new(TokenKind.Time, start, _at) { Value = Literal.Of(first) };
        var second = ++_at;
        if (!IsDigits(_at, 4) || !Is(_at + 4, '-') || !TryInstant(out var last)) return Bad(second, Math.Max(_at, second), TimeFault);
        return TimeInterval.TryCreate(first, last, out var interval)
            ? new(TokenKind.Time, start, _at) { Value = Literal.Of(interval) }
            : Bad(start, _at, "an interval that ends before it starts");
    }

    private const string TimeFault = "a time that is not of the form 2026-01-31T12:30:00Z";

    private bool TryInstant(out Instant instant)
    {
        var start = _at;
        _at += 5;
        while (_at < text.Length && (char.IsAsciiDigit(text[_at]) || text[_at] is ':' or '.' or 'T' or 't' or '-')) _at++;
        if (_at < text.Length && text[_at] is 'Z' or 'z') _at++;
        else if (_at < text.Length && text[_at] is '+' or ' ' && OffsetCharacters() is > 0 and var characters)
        {
            Span<char> whole = stackalloc char[48];
            var length = _at + characters - start;
            if (length > whole.Length) return Instant.TryParse("", out instant);
            text.AsSpan(start, length).CopyTo(whole);
            whole[_at - start] = '+';
            _at += characters;
            return Instant.TryParse(whole[..length], out instant);
        }

        return Instant.TryParse(text.AsSpan(start, _at - start), out instant);
    }

    /// <summary>Length of <c>+01:00</c>, <c>+0100</c> or <c>+01</c>; after a space the last does not count, it may be a number.</summary>
    private readonly int OffsetCharacters()
    {
        if (!IsDigits(_at + 1, 2)) return 0;
        var length = Is(_at + 3, ':') && IsDigits(_at + 4, 2) ? 6 : IsDigits(_at + 3, 2) ? 5 : text[_at] == '+' ? 3 : 0;
        return _at + length < text.Length && char.IsAsciiLetterOrDigit(text[_at + length]) ? 0 : length;
    }

    private Token TimeOfDay()
    {
        var start = _at;
        while (_at < text.Length && (char.IsAsciiDigit(text[_at]) || text[_at] is ':' or '.')) _at++;
        var word = text.AsSpan(start, _at - start);
        return word.Length <= 15 && Instant.TryParse(string.Concat("1970-01-01T", word), out var time)
            ? new(TokenKind.TimeOfDay, start, _at) { Value = Literal.TimeOfDay(time.UnixMicroseconds % 86_400_000_000L) }
            : Bad(start, _at, "a time of the day that is not of the form 12:30:00");
    }

    private void SkipDigits()
    {
        while (_at < text.Length && char.IsAsciiDigit(text[_at])) _at++;
    }

    private readonly bool Is(int at, char c) => at < text.Length && text[at] == c;

    private readonly bool IsDigits(int at, int count)
    {
        if (at + count > text.Length) return false;
        for (var i = at; i < at + count; i++)
            if (!char.IsAsciiDigit(text[i])) return false;
        return true;
    }
}
