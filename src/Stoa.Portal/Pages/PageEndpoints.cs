using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Portal.Agreements;
using Stoa.Portal.Layout;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

/// <summary>The pages' addresses: each reads what it shows in one snapshot, within the requester's scope, then renders.</summary>
internal sealed class PageEndpoints(Database database, Visitors visitors, HtmlPages pages, AgreementReading agreements)
{
    // A year: the choice is the visitor's, and it holds nothing about them.
    private static readonly TimeSpan ThemeKept = TimeSpan.FromDays(365);

    internal void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/", HomeAsync).ExcludeFromDescription();
        app.MapGet("/datasets", DatasetsAsync).ExcludeFromDescription();
        app.MapGet("/datasets/{slug}", DatasetAsync).ExcludeFromDescription();
        app.MapGet("/things", ThingsAsync).ExcludeFromDescription();
        app.MapGet("/things/{id:long}", ThingAsync).ExcludeFromDescription();
        app.MapGet("/about", AboutAsync).ExcludeFromDescription();
        app.MapGet("/appearance", AppearanceAsync).ExcludeFromDescription();
    }

    private Task AboutAsync(HttpContext http) => PageAsync<AboutPage>(http, 200);

    private Task HomeAsync(HttpContext http) => ShowAsync<HomePage>(http, (read, scope, visit) => Home.Read(
        read, scope, Sector(http.Request.Query["sector"]), visit.Now));

    private Task DatasetsAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var sector = Sector(query["sector"])?.ToWord();
        var spectrum = SpectrumClasses.TryParse(query["openness"], out var parsed) ? parsed.ToWord() : null;
        var publisher = query["publisher"].ToString() is { Length: > 0 and < 100 } slug ? slug : null;
        var asked = new DatasetQuery(Words(query["q"]), sector, spectrum, publisher, Page(query["page"]));
        return ShowAsync<DatasetsPage>(http, (read, scope, _) => Datasets.Search(read, scope, asked));
    }

    private Task DatasetAsync(HttpContext http, string slug) => ShowAsync<DatasetPage>(
        http, (read, scope, _) => visitors.IsWithin(scope, slug) ? Datasets.Find(read, visitors.Bounded(scope, slug), slug, visitors.BaseAddress) : null,
        known: (read, requester) => agreements.Known(read, requester, slug));

    private async Task ThingsAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var dataset = query["dataset"].ToString() is { Length: > 0 } slug ? slug : null;
        await ShowAsync<ThingsPage>(http, (read, scope, _) => Places.Search(
            read, scope, Words(query["q"]), Sector(query["sector"]), Page(query["page"])), dataset);
    }

    private Task ThingAsync(HttpContext http, long id) => ShowAsync<ThingPage>(http, (read, scope, _) => Things.Find(
        read, scope, id, Span.Of(http.Request.Query["span"]), visitors.BaseAddress));

    /// <summary>Reads and shows; what is absent and what is hidden gives the same page.</summary>
    /// <param name="http">The request.</param>
    /// <param name="read">Reads the view; null when there is nothing the requester may see.</param>
    /// <param name="dataset">Slug of the one dataset to look into, if any.</param>
    /// <param name="known">What may be told where nothing or only a part may be seen; null where not even that.</param>
    private async Task ShowAsync<TPage>(
        HttpContext http, Func<ReadSession, AccessScope, Visit, object?> read, string? dataset = null,
        Func<ReadSession, Requester, KnownDatasetView?>? known = null)
        where TPage : IComponent
    {
        var outcome = await visitors.AuthenticateAsync(http);
        if (!outcome.TryGet(out var requester, out var problem))
        {
            await problem.WriteAsync(http);
            return;
        }

        var scope = dataset is null ? visitors.Read(http, requester) : visitors.ReadWithin(http, requester, dataset);
        var visit = visitors.Visit(http);
        object? view;
        KnownDatasetView? told = null;
        using (var session = await database.ReadAsync(http.RequestAborted))
        {
            view = read(session, scope, visit);
            if (view is null or DatasetView { IsInPart: true } && known is not null) told = known(session, requester);
        }

        if (view is null && told is not null)
        {
            await pages.WriteAsync<KnownDatasetPage>(http, 200, new() { ["Visit"] = visit, ["View"] = told });
            return;
        }

        if (view is null)
        {
            await PageAsync<NotFoundPage>(http, 404);
            return;
        }

        var parameters = new Dictionary<string, object?> { ["Visit"] = visit, ["View"] = view };
        if (dataset is not null) parameters["Dataset"] = dataset;
        if (told is not null) parameters["Part"] = told;
        await pages.WriteAsync<TPage>(http, 200, parameters);
    }

    private Task PageAsync<TPage>(HttpContext http, int status)
        where TPage : IComponent =>
        pages.WriteAsync<TPage>(http, status, new() { ["Visit"] = visitors.Visit(http) });

    /// <summary>Remembers light or dark where no script runs, and goes back to the page.</summary>
    /// <remarks>A GET, since it changes nothing but the visitor's own cookie: nobody writes here without a token.</remarks>
    private static Task AppearanceAsync(HttpContext http)
    {
        var query = http.Request.Query;
        if (Visitors.TryTheme(query["theme"], out var theme))
        {
            var kept = theme == "auto" ? TimeSpan.Zero : ThemeKept;
            http.Response.Cookies.Append(Visitors.ThemeCookie, theme, new() { MaxAge = kept, SameSite = SameSiteMode.Lax, Path = "/" });
        }

        http.Response.Headers.CacheControl = "no-store";
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = IsLocal(query["back"]) ? query["back"] : "/";
        return Task.CompletedTask;
    }

    /// <summary>Whether an address stays on this server: one slash at its start, and nothing a browser reads as two.</summary>
    internal static bool IsLocal(string? address) =>
        address is ['/', ..] and not ['/', '/' or '\\', ..] && !address.Any(char.IsControl);

    // Refusals of routing have no content yet; where a browser asked for a page, it gets one.
    internal async Task GiveBareRefusalsAPageAsync(HttpContext http, RequestDelegate next)
    {
        await next(http);
        var response = http.Response;
        if (response.StatusCode != 404 || response.HasStarted || response.ContentLength > 0 || response.ContentType is not null) return;
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method)) return;
        if (http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
            await PageAsync<NotFoundPage>(http, 404);
    }

    private static string Words(string? text)
    {
        // No text that is stored has U+0000.
        var words = (text ?? "").Replace('\0', ' ').Trim();
        return words.Length <= Datasets.WordsLengthMax ? words : words[..Datasets.WordsLengthMax];
    }

    private static InfrastructureSector? Sector(string? word) =>
        InfrastructureSectors.TryParse(word, out var sector) ? sector : null;

    private static int Page(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var page) ? Math.Max(1, page) : 1;
}
