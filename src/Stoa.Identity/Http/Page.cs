using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stoa.Vocabulary;

namespace Stoa.Identity.Http;

/// <summary>Which part of a list is asked for.</summary>
/// <param name="Limit">Entries at most.</param>
/// <param name="Skip">Entries left out at the front.</param>
public readonly record struct Page(int Limit, int Skip)
{
    /// <summary>Entries of a page when nothing is asked for.</summary>
    public const int LimitDefault = 100;

    /// <summary>Most entries of a page: about half a megabyte of descriptions.</summary>
    public const int LimitMax = 1000;

    /// <summary>Most entries to leave out: beyond it one searches instead of turning pages.</summary>
    public const int SkipMax = 100_000;

    /// <summary>The first page of the usual size.</summary>
    public static Page First { get; } = new(LimitDefault, 0);

    /// <summary>Reads <c>limit</c> and <c>skip</c> of a query.</summary>
    public static Result<Page> Parse(string? limit, string? skip)
    {
        if (!TryParse(limit, 1, LimitMax, LimitDefault, out var entries)) return Invalid("limit", 1, LimitMax);
        return TryParse(skip, 0, SkipMax, 0, out var skipped) ? new Page(entries, skipped) : Invalid("skip", 0, SkipMax);
    }

    /// <summary>The address of the page that follows, relative to the host; null when this is the last.</summary>
    /// <param name="request">The request for this page; its other parameters stay.</param>
    /// <param name="total">Entries in all.</param>
    public string? NextLink(HttpRequest request, long total)
    {
        var next = Skip + Limit;
        return next >= total || next > SkipMax ? null : LinkWith(request, ("limit", Limit), ("skip", next));
    }

    /// <summary>The address of a request with other values of some parameters, relative to the host; its other parameters stay.</summary>
    public static string LinkWith(HttpRequest request, params (string Name, long Value)[] changed)
    {
        var query = request.Query
            .Where(pair => !changed.Any(one => one.Name == pair.Key))
            .SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value))
            .Concat(changed.Select(one => KeyValuePair.Create(one.Name, (string?)one.Value.ToString(CultureInfo.InvariantCulture))));
        return request.PathBase + request.Path + QueryString.Create(query);
    }

    private static bool TryParse(string? text, int min, int max, int absent, out int value)
    {
        value = absent;
        return text is null ||
            (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max);
    }

    private static Problem Invalid(string parameter, int min, int max) =>
        Problem.BadRequest("invalid-parameter", "A query parameter is not acceptable",
            $"'{parameter}' takes a whole number from {min} to {max}.").With("parameter", parameter).With("limit", max);
}
