using System.Globalization;
using System.Text;

namespace Stoa.Sensing.Connectors.Paths;

/// <summary>Reads the text of a <see cref="JsonPath"/> (RFC 9535, 2.1 to 2.5).</summary>
internal ref struct JsonPathParser
{
    // Whole numbers that every JSON program keeps (RFC 9535, 2.1).
    private const long IntegerMax = (1L << 53) - 1;

    private readonly string _text;
    private int _at;
    private string _problem = "";

    internal JsonPathParser(string text) => _text = text;

    private readonly bool IsAtEnd => _at >= _text.Length;

    internal bool TryParse(out bool isRelative, out JsonPathSegment[] segments, out string problem)
    {
        var read = new List<JsonPathSegment>();
        isRelative = _text.StartsWith('@');
        if (_text.Length > JsonPath.CharactersMax) Fail($"it is longer than {JsonPath.CharactersMax} characters");
        else if (!IsUnicode(_text)) Fail("it holds half of a surrogate pair");
        else if (!isRelative && !_text.StartsWith('$')) Fail("it begins with $ (the payload) or @ (the record)");
        _at = 1;
        while (_problem.Length == 0)
        {
            SkipSpace();
            if (IsAtEnd) break;
            if (Segment() is { } segment) read.Add(segment);
            if (read.Count > JsonPath.SegmentsMax) Fail($"it has more than {JsonPath.SegmentsMax} segments");
        }

        if (_problem.Length == 0 && _text.Length > 0 && char.IsWhiteSpace(_text[^1])) Fail("it ends with a space");
        segments = [.. read];
        problem = _problem.Length == 0 ? "" : $"'{Shown()}' is not a path: {_problem}";
        return _problem.Length == 0;
    }

    private readonly string Shown() => _text.Shown(80);

    private JsonPathSegment? Segment()
    {
        if (Take('['))
            return new(false, Selectors());
        if (!Take('.')) return Fail($"at character {_at + 1} a dot or a bracket is expected");
        var descends = Take('.');
        if (descends && Take('[')) return new(true, Selectors());
        if (Take('*')) return new(descends, [new(JsonPathSelectorKind.Wildcard)]);
        var start = _at;
        while (!IsAtEnd && IsNameCharacter(_text[_at], _at == start)) _at++;
        if (_at == start)
            return Fail($"at character {_at + 1} a name is expected; other names stand in brackets and quotes: ['a-b']");
        return new(descends, [new(JsonPathSelectorKind.Name, _text[start.._at])]);
    }

    private static bool IsNameCharacter(char letter, bool isFirst) =>
        char.IsAsciiLetter(letter) || letter is '_' or > (char)127 || (!isFirst && char.IsAsciiDigit(letter));

    private JsonPathSelector[] Selectors()
    {
        var selectors = new List<JsonPathSelector>();
        do
        {
            SkipSpace();
            selectors.Add(Selector());
            SkipSpace();
        }
        while (_problem.Length == 0 && Take(','));
        if (_problem.Length == 0 && !Take(']')) Fail($"at character {_at + 1} a closing bracket is expected");
        return [.. selectors];
    }

    private JsonPathSelector Selector()
    {
        if (Take('*')) return new(JsonPathSelectorKind.Wildcard);
        if (!IsAtEnd && _text[_at] is '\'' or '"') return new(JsonPathSelectorKind.Name, Quoted(_text[_at++]));
        if (!IsAtEnd && _text[_at] == '?')
        {
            Fail("filters (?) are not taken; use 'skip' in the declaration");
            return default;
        }

        var first = Integer();
        SkipSpace();
        if (!Take(':'))
        {
            if (first is null) Fail($"at character {_at + 1} an index, a name in quotes or * is expected");
            return new(JsonPathSelectorKind.Index, Index: first ?? 0);
        }

        SkipSpace();
        var end = Integer();
        SkipSpace();
        long? step = null;
        if (Take(':'))
        {
            SkipSpace();
            step = Integer();
        }

        return new(JsonPathSelectorKind.Slice, Start: first, End: end, Step: step ?? 1);
    }

    private long? Integer()
    {
        var start = _at;
        Take('-');
        while (!IsAtEnd && char.IsAsciiDigit(_text[_at])) _at++;
        if (_at == start) return null;
        var digits = _text.AsSpan(start, _at - start);
        var isCanonical = digits is "0" || (digits.TrimStart('-') is [not '0', ..] && digits is not "-");
        if (isCanonical && long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) &&
            Math.Abs(value) <= IntegerMax)
            return value;
        Fail($"'{digits}' is not an index");
        return null;
    }

    private string Quoted(char quote)
    {
        var name = new StringBuilder();
        while (!IsAtEnd)
        {
            var letter = _text[_at++];
            if (letter == quote)
            {
                if (IsUnicode(name.ToString())) return name.ToString();
                break;
            }

            if (letter < ' ') break;
            if (letter != '\\') name.Append(letter);
            else if (Escaped(quote) is { } meant) name.Append(meant);
            else break;
        }

        Fail($"before character {_at + 1} a name in quotes is not as it should be");
        return "";
    }

    // Half a surrogate pair is no text that a payload could hold.
    private static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }

        return true;
    }

    private char? Escaped(char quote)
    {
        if (IsAtEnd) return null;
        var letter = _text[_at++];
        switch (letter)
        {
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case '/' or '\\': return letter;
            case 'u' when _at + 4 <= _text.Length && ushort.TryParse(
                _text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                _at += 4;
                return (char)code;
            default: return letter == quote ? quote : null;
        }
    }

    private bool Take(char sign)
    {
        if (IsAtEnd || _text[_at] != sign) return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (!IsAtEnd && _text[_at] is ' ' or '\t' or '\n' or '\r') _at++;
    }

    private JsonPathSegment? Fail(string problem)
    {
        if (_problem.Length == 0) _problem = problem;
        return null;
    }
}
