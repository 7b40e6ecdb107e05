using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.SignIn;
using Stoa.Portal.Layout;
using Stoa.Portal.Pages;
using Stoa.Portal.People;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Portal.Governance;

/// <summary>The pages by which people see and decide who may use which data.</summary>
/// <remarks>
/// Every form carries what proves that it came from a page of ours (<see cref="Browsers"/>). A form that did what it should is answered by a
/// redirect; one that was refused by the page it came from, with what to do next.
/// </remarks>
internal sealed class GovernanceEndpoints(
    Visitors visitors, FormPages pages, Browsers browsers, GovernanceReader reader, DatasetRoles roles, DatasetDelegations delegations,
    SpectrumDecisions decisions, PartyClaims claims)
{
    internal void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").ExcludeFromDescription();
        group.MapGet("/governance", OverviewAsync);
        group.MapGet("/transparency", TransparencyAsync);
        group.MapGet("/why/{what}", WhyAsync);
        group.MapGet("/access", AccessAsync);
        group.MapPost("/access/claims", AssertAsync);
        group.MapPost("/access/roles/{id:long}", MoveRoleOnAccessAsync);
        group.MapPost("/access/delegations/{id:long}", MoveDelegationOnAccessAsync);
        group.MapGet("/datasets/{slug}/governance", DatasetAsync);
        group.MapPost("/datasets/{slug}/governance/roles", ProposeAsync);
        group.MapPost("/datasets/{slug}/governance/roles/{id:long}", MoveRoleOnDatasetAsync);
        group.MapPost("/datasets/{slug}/governance/delegations", DelegateAsync);
        group.MapPost("/datasets/{slug}/governance/delegations/{id:long}", MoveDelegationOnDatasetAsync);
        group.MapPost("/datasets/{slug}/governance/levels", DraftAsync);
        group.MapPost("/datasets/{slug}/governance/levels/{id:long}", MoveLevelAsync);
    }

    // For everyone ------------------------------------------------------------------------------------------------------

    private Task OverviewAsync(HttpContext http) => pages.ShowAsync<GovernancePage>(http, 200, []);

    private async Task TransparencyAsync(HttpContext http)
    {
        if (await VisitorAsync(http) is not { } who) return;
        var page = int.TryParse(http.Request.Query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Max(1, number) : 1;
        await pages.ShowAsync<TransparencyPage>(http, 200, new() { ["View"] = await reader.TransparencyAsync(who, page, http.RequestAborted) });
    }

    private async Task WhyAsync(HttpContext http, string what)
    {
        if (await VisitorAsync(http) is not { } who) return;
        var language = GovernanceReader.LanguageOf(http);
        http.Response.Headers.Vary = "Accept-Language";
        // A slug that could not be one is nothing to be looked for.
        if (TextRules.CheckSlug("slug", what) is null)
            await pages.ShowAsync<WhyPage>(http, 200, new() { ["View"] = await reader.WhyAsync(who, what, language, http.RequestAborted) });
        else if (GovernanceReader.Why(what, language) is { } view) await pages.ShowAsync<WhyPage>(http, 200, new() { ["View"] = view });
        else await pages.NotFoundAsync(http);
    }

    // My access ---------------------------------------------------------------------------------------------------------

    private async Task AccessAsync(HttpContext http)
    {
        if (await SignedInAsync(http) is { } who) await ShowAccessAsync(http, who, 200, null);
    }

    private async Task ShowAccessAsync(HttpContext http, Requester who, int status, Problem? problem)
    {
        var notice = http.Request.Query["done"].ToString() switch
        {
            "terms" => "The terms are accepted. The receipt stands below.",
            "claim" => "The claim is asserted. It counts once the data office has verified it.",
            "role" => "Done.",
            _ => null,
        };
        await pages.ShowAsync<AccessPage>(http, status, new()
        {
            ["View"] = await reader.AccessAsync(who, http.RequestAborted), ["Notice"] = problem is null ? notice : null, ["Problem"] = problem,
        });
    }

    private async Task AssertAsync(HttpContext http)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        Instant? expires = DateOnly.TryParseExact(form["expires"], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? Instant.From(new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)) : null;
        var draft = new ClaimDraft { Type = form["type"].Trim(), Value = form["value"].Trim(), ExpiresAt = expires };
        var outcome = await claims.AssertAsync(who, new(ForOf(form) ?? 0), draft, http.RequestAborted);
        await DoneAsync(http, outcome, "/access?done=claim", problem => ShowAccessAsync(http, who, problem.Status, problem));
    }

    private async Task MoveRoleOnAccessAsync(HttpContext http, long id)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var outcome = await MoveRoleAsync(who, id, form, http.RequestAborted);
        await DoneAsync(http, outcome, "/access?done=role", problem => ShowAccessAsync(http, who, problem.Status, problem));
    }

    private async Task MoveDelegationOnAccessAsync(HttpContext http, long id)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var outcome = await MoveDelegationAsync(who, id, form, http.RequestAborted);
        await DoneAsync(http, outcome, "/access?done=role#delegations", problem => ShowAccessAsync(http, who, problem.Status, problem));
    }

    // A dataset ---------------------------------------------------------------------------------------------------------

    private async Task DatasetAsync(HttpContext http, string slug)
    {
        if (await VisitorAsync(http) is { } who) await ShowDatasetAsync(http, who, slug, 200, null);
    }

    /// <summary>The page of a dataset's governance, with what was wrong.</summary>
    internal async Task ShowDatasetAsync(HttpContext http, Requester who, string slug, int status, Problem? problem, FormFields? form = null)
    {
        http.Response.Headers.Vary = "Accept-Language";
        if (await reader.DatasetAsync(who, slug, GovernanceReader.LanguageOf(http), http.RequestAborted) is not { } view)
        {
            await pages.NotFoundAsync(http);
            return;
        }

        await pages.ShowAsync<DatasetGovernancePage>(http, status, new()
        {
            ["View"] = view, ["Problem"] = problem, ["Notice"] = problem is null && http.Request.Query["done"] == "yes" ? "Done." : null,
            ["Sent"] = (Func<string, string>)(name => form?[name] ?? ""),
        });
    }

    private async Task ProposeAsync(HttpContext http, string slug)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var draft = new RoleDraft
        {
            Role = form["role"], Party = form.Number("party"), Mode = TextOf(form["mode"]), Purpose = TextOf(form["purpose"]),
            To = form.EndOf("to"), Reason = form["reason"], For = ForOf(form),
        };
        var outcome = await roles.ProposeAsync(who, slug, draft, http.RequestAborted);
        await DoneAsync(http, outcome, $"/datasets/{slug}/governance?done=yes#roles",
            problem => ShowDatasetAsync(http, who, slug, problem.Status, problem, form));
    }

    private async Task MoveRoleOnDatasetAsync(HttpContext http, string slug, long id)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var outcome = await MoveRoleAsync(who, id, form, http.RequestAborted);
        await DoneAsync(http, outcome, $"/datasets/{slug}/governance?done=yes#roles",
            problem => ShowDatasetAsync(http, who, slug, problem.Status, problem));
    }

    private async Task DelegateAsync(HttpContext http, string slug)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var draft = new DelegationDraft
        {
            To = form.Number("to"), Action = form["action"], LevelMax = form["levelMax"], Until = form.EndOf("until"),
            Reason = TextOf(form["reason"]), For = ForOf(form),
        };
        var outcome = await delegations.OfferAsync(who, slug, draft, http.RequestAborted);
        await DoneAsync(http, outcome, $"/datasets/{slug}/governance?done=yes#delegations",
            problem => ShowDatasetAsync(http, who, slug, problem.Status, problem, form));
    }

    private async Task MoveDelegationOnDatasetAsync(HttpContext http, string slug, long id)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var outcome = await MoveDelegationAsync(who, id, form, http.RequestAborted);
        await DoneAsync(http, outcome, $"/datasets/{slug}/governance?done=yes#delegations",
            problem => ShowDatasetAsync(http, who, slug, problem.Status, problem));
    }

    private async Task DraftAsync(HttpContext http, string slug)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var outcome = await decisions.DraftAsync(who, slug, LevelForm.Read(form, ForOf(form)), http.RequestAborted);
        await DoneAsync(http, outcome, $"/datasets/{slug}/governance?done=yes#levels",
            problem => ShowDatasetAsync(http, who, slug, problem.Status, problem, form));
    }

    private async Task MoveLevelAsync(HttpContext http, string slug, long id)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var outcome = await ForOneOfAsync(who, form, (party) => decisions.MoveAsync(
            who, id, new() { Move = form["move"], Reason = form["reason"], For = party }, http.RequestAborted), http.RequestAborted);
        await DoneAsync(http, outcome, $"/datasets/{slug}/governance?done=yes#levels",
            problem => ShowDatasetAsync(http, who, slug, problem.Status, problem));
    }

    private Task<Result<RoleView>> MoveRoleAsync(Requester who, long id, FormFields form, CancellationToken cancellation) =>
        ForOneOfAsync(who, form, party => roles.MoveAsync(
            who, id, new() { Move = form["move"], Reason = form["reason"], For = party }, cancellation), cancellation);

    private Task<Result<DelegationView>> MoveDelegationAsync(Requester who, long id, FormFields form, CancellationToken cancellation) =>
        ForOneOfAsync(who, form, party => delegations.MoveAsync(
            who, id, new() { Move = form["move"], Reason = TextOf(form["reason"]), For = party }, cancellation), cancellation);

    // A button says what is done and not for whom: it is for the first of the visitor's parties that may do it.
    private async Task<Result<T>> ForOneOfAsync<T>(
        Requester who, FormFields form, Func<long?, Task<Result<T>>> move, CancellationToken cancellation)
    {
        if (ForOf(form) is { } named) return await move(named);
        Result<T> last = Problem.NotFound();
        foreach (var party in await reader.PartiesOfAsync(who, cancellation))
        {
            var outcome = await move(party.Value);
            if (outcome.TryGet(out _, out var problem)) return outcome;
            // What was refused with a reason says more than that there is nothing.
            if (problem.Status != 404 || !last.TryGet(out _, out var before) && before.Status == 404) last = problem;
        }

        return last;
    }

    // What all of them need ---------------------------------------------------------------------------------------------

    private static long? ForOf(FormFields form) => form.Number("for");

    private static string? TextOf(string text) => text.Length == 0 ? null : text;

    private async Task<Requester?> VisitorAsync(HttpContext http)
    {
        var outcome = await visitors.AuthenticateAsync(http);
        if (outcome.TryGet(out var who, out var problem)) return who;
        await problem.WriteAsync(http);
        return null;
    }

    private async Task<Requester?> SignedInAsync(HttpContext http)
    {
        if (await browsers.FindAsync(http) is { Requester: { } who }) return who;
        await FormPages.AskToSignInAsync(http);
        return null;
    }

    private async Task<(Requester Who, FormFields Form)?> SignedInFormAsync(HttpContext http)
    {
        if (await SignedInAsync(http) is not { } who) return null;
        var read = await pages.ReadFormAsync(http);
        if (read.TryGet(out var form, out var problem)) return (who, form);
        await pages.RefuseAsync<GovernancePage>(http, problem, []);
        return null;
    }

    private static async Task DoneAsync<T>(HttpContext http, Result<T> outcome, string next, Func<Problem, Task> show)
    {
        if (outcome.TryGet(out _, out var problem)) FormPages.Redirect(http, next);
        else if (FormPages.WantsPage(http)) await show(problem);
        else await problem.WriteAsync(http);
    }
}
