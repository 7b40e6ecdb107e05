using System.Globalization;
using System.Text;
using Stoa.Vocabulary;

namespace Stoa.Query.OData;

/// <summary>Reads the query part of an address to query options.</summary>
/// <remarks>OGC 18-088, 9.3, and OData 4.0 part 2, 5.1. No input makes it throw.</remarks>
public static class ODataQuery
{
    private static readonly string[] Known =
        ["$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count", "$resultFormat", "$skiptoken", "$resultMetadata"];

    /// <summary>Parses all options.</summary>
    /// <param name="queryString">As it came, percent-encoded, with or without the leading <c>?</c>. A plus sign is a space.</param>
    /// <param name="limits">What one query may ask.</param>
    /// <returns>The options, or a problem: 501 for an option with <c>$</c> that is not known (req/request-data/query-status-code),
    /// else 400. Names without <c>$</c> are left to others, save the known ones, which were meant to have it.</returns>
    public static Result<QueryOptions> Parse(ReadOnlySpan<char> queryString, QueryLimits limits)
    {
        if (queryString.StartsWith('?')) queryString = queryString[1..];
        if (queryString.IsEmpty) return QueryOptions.None;
        var options = QueryOptions.None;
        var budget = new ParseBudget(limits);
        var seen = 0;
        foreach (var range in queryString.Split('&'))
        {
            var pair = queryString[range];
            if (pair.IsEmpty) continue;
            var equals = pair.IndexOf('=');
            var name = Decode(equals < 0 ? pair : pair[..equals]);
            var value = equals < 0 ? "" : Decode(pair[(equals + 1)..]);
            var index = Array.IndexOf(Known, name);
            if (index < 0)
            {
                if (name.StartsWith('$')) return QueryProblems.UnsupportedOption(name);
                if (Array.IndexOf(Known, "$" + name) >= 0)
                    return QueryProblems.Option(name, $"The option is written ${name}, not {name}.");
                continue;
            }

            if ((seen & 1 << index) != 0)
                return QueryProblems.Option(name, $"{name} is given twice. Give each option once; join conditions with 'and'.");
            seen |= 1 << index;
            if (value.Length > limits.TextCharsMax)
                return QueryProblems.Limit(name, 0, "characters of an option", limits.TextCharsMax,
                    $"The text has {value.Length} characters, the limit is {limits.TextCharsMax}");
            if (!Apply(name, value, limits, budget, options).TryGet(out var more, out var problem)) return problem;
            options = more;
        }

        return options;
    }

    /// <summary>Parses the text of one $filter, already decoded.</summary>
    public static Result<Expression> ParseFilter(string text, QueryLimits limits)
    {
        if (text.Length > limits.TextCharsMax)
            return QueryProblems.Limit("$filter", 0, "characters of an option", limits.TextCharsMax,
                $"The text has {text.Length} characters, the limit is {limits.TextCharsMax}");
        var parser = new ExpressionParser("$filter", text, limits, new(limits));
        return parser.WholeExpression() is { } expression ? expression : parser.Problem!; // Null is returned with a problem.
    }

    private static Result<QueryOptions> Apply(
        string name, string value, QueryLimits limits, ParseBudget budget, QueryOptions options)
    {
        switch (name)
        {
            case "$top":
                return TryWhole(value, out var top) ? options with { Top = top } : NotWhole(name, value);
            case "$skip":
                return TryWhole(value, out var skip) ? options with { Skip = skip } : NotWhole(name, value);
            case "$count":
                return value is "true" or "false"
                    ? options with { Count = value == "true" }
                    : QueryProblems.Malformed(name, 0, "true or false", $"'{QueryProblems.Show(value)}'");
            case "$resultFormat":
                return options with { ResultFormat = value };
            case "$resultMetadata":
                return value is "full" or "minimal" or "none" or "off"
                    ? options with { ResultMetadata = value }
                    : QueryProblems.Malformed(name, 0, "full, minimal, none or off", $"'{QueryProblems.Show(value)}'");
            case "$skiptoken":
                return PageCursor.FromToken(value) is { } cursor
                    ? options with { Cursor = cursor }
                    : QueryProblems.Option(name, "The $skiptoken is not one that was given out here. Follow nextLink as it is.");
        }

        var parser = new ExpressionParser(name, value, limits, budget);
        var applied = name switch
        {
            "$filter" => parser.WholeExpression() is { } filter ? options with { Filter = filter } : null,
            "$orderby" => parser.WholeOrderBy() is { } order ? options with { OrderBy = order } : null,
            "$select" => parser.WholeSelect() is { } select ? options with { Select = select } : null,
            _ => parser.WholeExpand() is { } expand ? options with { Expand = expand } : null,
        };
        return applied is null ? parser.Problem! : applied; // Null is returned with a problem.
    }

    private static bool TryWhole(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static Problem NotWhole(string name, string value) =>
        QueryProblems.Malformed(name, 0, "a whole number, zero or more", $"'{QueryProblems.Show(value)}'");

    /// <summary>Percent-decoding as forms do it; bytes that are no UTF-8 become U+FFFD.</summary>
    private static string Decode(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAny('%', '+')) return text.ToString();
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length + 0 && IsHex(text[i + 1]) && IsHex(text[i + 2]))
            {
                bytes[length++] = (byte)(Convert.ToInt32(text.Slice(i + 1, 2).ToString(), 16));
                i += 2;
            }
            else if (text[i] < 128)
            {
                bytes[length++] = text[i] == '+' ? (byte)' ' : (byte)text[i];
            }
            else
            {
                var pair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
                length += Encoding.UTF8.GetBytes(text.Slice(i, pair), bytes.AsSpan(length));
                i += pair - 1;
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static bool IsHex(char c) => char.IsAsciiHexDigit(c);
}
