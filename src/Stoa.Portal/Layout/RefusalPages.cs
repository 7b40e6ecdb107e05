using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Http;
using Stoa.Portal.Governance;
using Stoa.Portal.Pages;
using Stoa.Portal.People;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Portal.Layout;

/// <summary>Marks the addresses that people open: a refusal there is a page, where a browser asked for one.</summary>
internal sealed class ForPeople
{
    internal static ForPeople Mark { get; } = new();
}

/// <summary>Gives refusals of people's addresses as pages, with the reason, what to do, and where more is said.</summary>
internal sealed class RefusalPages(Visitors visitors, HtmlPages pages)
{
    internal Task ServeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<ForPeople>() is not null && FormPages.WantsPage(http))
            http.Features.Set<IProblemPage>(new RefusalPage(
                this, http.Request.Path + http.Request.QueryString, http.Request.RouteValues["slug"] as string));
        return next(http);
    }

    private Task WriteAsync(HttpContext http, Problem problem, string path, string? slug)
    {
        var visit = visitors.Visit(http) with { Path = path };
        if (problem.Status == StatusCodes.Status404NotFound)
            return pages.WritePrivateAsync<NotFoundPage>(http, 404, new() { ["Visit"] = visit });
        return pages.WritePrivateAsync<RefusedPage>(http, problem.Status, new()
        {
            ["Visit"] = visit, ["Problem"] = problem, ["Reasons"] = ReasonsOf(problem, GovernanceReader.LanguageOf(http)),
            // Of a dataset that must stay hidden there is no such refusal: it is not found.
            ["Slug"] = slug is not null && TextRules.CheckSlug("slug", slug) is null ? slug : null,
        });
    }

    private static List<ReasonView> ReasonsOf(Problem problem, string language)
    {
        var codes = problem.Members.Where(member => member.Key == "reasons").Select(member => member.Value).OfType<JsonElement>()
            .SelectMany(all => all.EnumerateArray()).Select(one => (
                Code: one.GetProperty("code").GetString() ?? "",
                About: one.TryGetProperty("about", out var about) ? about.GetString() : null)).ToList();
        if (codes.Count == 0 && problem.Members.FirstOrDefault(member => member.Key == "reason").Value is string only) codes.Add((only, null));
        return
        [
            .. codes.Distinct().Where(one => ReasonCodes.TryParse(one.Code, out _)).Select(one =>
                GovernanceWords.Of(new Reason(ReasonCodes.TryParse(one.Code, out var code) ? code : default, one.About), language)),
        ];
    }

    // The address as it was asked for: what answers may have read another one into the request by then.
    private sealed class RefusalPage(RefusalPages pages, string path, string? slug) : IProblemPage
    {
        public Task WriteAsync(Problem problem, HttpContext context) => pages.WriteAsync(context, problem, path, slug);
    }
}
