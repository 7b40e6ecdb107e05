using Stoa.Vocabulary;

namespace Stoa.Query;

/// <summary>The refusals of parser and binder. Each names the option, the place and what was expected there.</summary>
internal static class QueryProblems
{
    internal static Problem Malformed(string option, int position, string expected, string found) =>
        At(400, "malformed-query", "The query cannot be read", option, position, $"Expected {expected}, found {found}");

    internal static Problem UnknownName(string option, int position, string detail) =>
        At(400, "unknown-query-name", "The query names something that does not exist", option, position, detail);

    internal static Problem Mismatch(string option, int position, string detail) =>
        At(400, "query-kind-mismatch", "The query combines values that do not fit", option, position, detail);

    internal static Problem NotPossible(string option, int position, string detail) =>
        At(400, "query-not-possible", "The query asks for something that cannot be done here", option, position, detail);

    internal static Problem Limit(string option, int position, string name, int limit, string detail) =>
        At(400, "query-limit", "The query is larger than allowed", option, position, detail)
            .With("limitName", name).With("limit", limit);

    internal static Problem UnsupportedOption(string option) =>
        new Problem(501, "unsupported-query-option", "The query option is not supported",
            $"{Show(option)} is not supported. Supported are $filter, $orderby, $select, $expand, $top, $skip, $count, $resultFormat and $resultMetadata.")
            .With("option", Show(option));

    internal static Problem Option(string option, string detail) =>
        Problem.BadRequest("malformed-query", "The query cannot be read", detail).With("option", option);

    /// <summary>Text of the caller as it may be shown to the caller: short and without control characters.</summary>
    internal static string Show(ReadOnlySpan<char> text)
    {
        const int Most = 40;
        var shown = text.Length > Most ? string.Concat(text[..Most], "…") : text.ToString();
        return string.Create(shown.Length, shown, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '\uFFFD' : source[i];
        });
    }

    private static Problem At(int status, string type, string title, string option, int position, string detail) =>
        new Problem(status, type, title, $"{option}, at character {position + 1}: {detail}.")
            .With("option", option).With("position", position);
}
