using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Http;
using Stoa.Identity.SignIn;
using Stoa.Portal.Governance;
using Stoa.Portal.Layout;
using Stoa.Portal.People;
using Stoa.Sharing.Records;
using Stoa.Sharing.Rules;
using Stoa.Vocabulary;

namespace Stoa.Portal.Rules;

/// <summary>The pages on which the office and members make rules, purposes, exemptions and compatibility tests.</summary>
internal sealed class RulePages(
    FormPages forms, Visitors visitors, RuleReading reading, PolicyRules rules, OwnPurposes purposes, Exemptions exemptions,
    CompatibilityTests tests, FactsOfParties facts)
{
    private static readonly string[] PurposeFields = ["id", "english", "german", "description", "reason"];
    private static readonly string[] ExemptionFields = ["check", "dataset", "until", "reference", "reason"];

    private static readonly string[] TestFields =
        ["agreement", "purpose", "isCompatible", "link", "context", "nature", "consequences", "safeguards", "grounds"];

    internal void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").ExcludeFromDescription();
        group.MapGet("/policy", RulesAsync);
        group.MapGet("/policy/rules/new", NewRuleAsync);
        group.MapPost("/policy/rules", TakeRuleAsync);
        group.MapGet("/policy/rules/{id:long}", RuleAsync);
        group.MapPost("/policy/rules/{id:long}/what-if", PreviewRevocationAsync);
        group.MapPost("/policy/rules/{id:long}/revoke", RevokeRuleAsync);
        group.MapPost("/policy/parties/{id:long}/facts", PutFactsAsync);
        group.MapGet("/policy/purposes", PurposesAsync);
        group.MapPost("/policy/purposes", AddPurposeAsync);
        group.MapPost("/policy/purposes/{id:long}/retire", RetirePurposeAsync);
        group.MapGet("/policy/exemptions", ExemptionsAsync);
        group.MapPost("/policy/exemptions", GrantAsync);
        group.MapPost("/policy/exemptions/{id:long}/revoke", RevokeExemptionAsync);
        group.MapGet("/policy/tests", TestsAsync);
        group.MapPost("/policy/tests", RecordTestAsync);
        group.MapPost("/policy/tests/{id:long}/revoke", RevokeTestAsync);
    }

    // Rules -------------------------------------------------------------------------------------------------------------

    private async Task RulesAsync(HttpContext http)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowRulesAsync(http, who, null);
    }

    private async Task ShowRulesAsync(HttpContext http, SignedIn who, Problem? problem)
    {
        var page = int.TryParse(http.Request.Query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) &&
            number is >= 1 and <= 1000 ? number : 1;
        var outcome = await reading.RulesAsync(
            who.Requester!, http.Request.Query["state"] == "revoked", page, Language(http), http.RequestAborted);
        if (outcome.TryGet(out var view, out var refusal))
            await forms.ShowAsync<RulesPage>(http, problem?.Status ?? 200, new()
            {
                ["View"] = view, ["Problem"] = problem, ["Notice"] = problem is not null ? null : NoticeOf(http),
            });
        else await refusal.WriteAsync(http);
    }

    private async Task NewRuleAsync(HttpContext http)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowFormAsync(http, who, 200, null, null, null);
    }

    private async Task ShowFormAsync(HttpContext http, SignedIn who, int status, Problem? problem, FormFields? form, RulePreviewView? preview)
    {
        var view = await reading.FormAsync(who.Requester!, Language(http), http.RequestAborted);
        await forms.ShowAsync<RuleFormPage>(http, status, new()
        {
            ["View"] = view, ["Problem"] = problem, ["Preview"] = preview, ["Typed"] = Typed(form, RuleForm.Fields),
            ["Ticked"] = (IReadOnlyList<string>)[.. form?.All("sectors") ?? [], .. form?.All("channels") ?? []],
        });
    }

    private async Task TakeRuleAsync(HttpContext http)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (!read.TryGet(out var form, out var problem))
        {
            await ShowFormAsync(http, who, problem.Status, problem, null, null);
            return;
        }

        var draft = RuleForm.Read(form);
        var language = Language(http);
        // What is not put in force by its button is shown first.
        if (form["step"] != "make")
        {
            var outcome = await rules.PreviewAsync(who.Requester!, draft, language, http.RequestAborted);
            var preview = outcome.TryGet(out var found, out problem) ? await reading.ViewAsync(found, http.RequestAborted) : null;
            await ShowFormAsync(http, who, problem?.Status ?? 200, problem, form, preview);
            return;
        }

        var made = await rules.MakeAsync(who.Requester!, draft, language, http.RequestAborted);
        if (made.TryGet(out var rule, out problem)) FormPages.Redirect(http, $"/policy/rules/{rule.Id}?done=made");
        else await ShowFormAsync(http, who, problem.Status, problem, form, null);
    }

    private async Task RuleAsync(HttpContext http, long id)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowRuleAsync(http, who, id, null);
    }

    private async Task PreviewRevocationAsync(HttpContext http, long id)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        RulePreviewView? preview = null;
        if (read.TryGet(out _, out var problem))
            (await reading.RevocationAsync(who.Requester!, id, Language(http), http.RequestAborted)).TryGet(out preview, out problem);
        await ShowRuleAsync(http, who, id, problem, preview);
    }

    private async Task ShowRuleAsync(HttpContext http, SignedIn who, long id, Problem? problem, RulePreviewView? revocation = null)
    {
        var outcome = await reading.RuleAsync(who.Requester!, id, Language(http), http.RequestAborted);
        if (outcome.TryGet(out var view, out _))
            await forms.ShowAsync<RulePage>(http, problem?.Status ?? 200, new()
            {
                ["View"] = view with { Revocation = revocation }, ["Problem"] = problem,
                ["Notice"] = problem is not null ? null : NoticeOf(http),
            });
        else await forms.NotFoundAsync(http);
    }

    private async Task RevokeRuleAsync(HttpContext http, long id) => await TakeAsync(http,
        async (who, form) => ProblemOf(await rules.RevokeAsync(
            who.Requester!, id, Move("revoke", form), Language(http), http.RequestAborted)),
        $"/policy/rules/{id}?done=revoked", (who, problem, _) => ShowRuleAsync(http, who, id, problem));

    private async Task PutFactsAsync(HttpContext http, long id) => await TakeAsync(http,
        async (who, form) =>
        {
            var appetite = form.Number("appetite");
            if (form["appetite"].Length > 0 && appetite is null or > int.MaxValue) appetite = 0; // No risk: refused with what is taken.
            return ProblemOf(await facts.PutAsync(
                who.Requester!, new(id), new() { RiskAppetite = (int?)appetite, Reason = form["reason"] }, http.RequestAborted));
        },
        "/policy?done=facts", (who, problem, _) => ShowRulesAsync(http, who, problem));

    // Purposes ----------------------------------------------------------------------------------------------------------

    private async Task PurposesAsync(HttpContext http)
    {
        if ((await visitors.AuthenticateAsync(http)).TryGet(out var who, out var problem)) await ShowPurposesAsync(http, who, null, null);
        else await problem.WriteAsync(http);
    }

    private async Task ShowPurposesAsync(HttpContext http, Identity.Credentials.Requester who, Problem? problem, FormFields? form)
    {
        var below = form?["parent"] ?? http.Request.Query["below"].ToString();
        var view = await reading.PurposesAsync(who, below.Length is > 0 and <= 500 ? below : null, Language(http), http.RequestAborted);
        await forms.ShowAsync<PurposesPage>(http, problem?.Status ?? 200, new()
        {
            ["View"] = view, ["Problem"] = problem, ["Typed"] = Typed(form, PurposeFields), ["Notice"] = problem is not null ? null : NoticeOf(http),
        });
    }

    private async Task AddPurposeAsync(HttpContext http) => await TakeAsync(http,
        async (who, form) => ProblemOf(await purposes.AddAsync(who.Requester!, new()
        {
            Id = form["id"], Parent = form["parent"], English = form["english"], German = form["german"], Description = form["description"],
            Reason = form["reason"],
        }, http.RequestAborted)),
        "/policy/purposes?done=added", (who, problem, form) => ShowPurposesAsync(http, who.Requester!, problem, form));

    private async Task RetirePurposeAsync(HttpContext http, long id) => await TakeAsync(http,
        async (who, form) => ProblemOf(await purposes.RetireAsync(who.Requester!, id, Move("retire", form), http.RequestAborted)),
        "/policy/purposes?done=retired", (who, problem, _) => ShowPurposesAsync(http, who.Requester!, problem, null));

    // Exemptions --------------------------------------------------------------------------------------------------------

    private async Task ExemptionsAsync(HttpContext http)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowExemptionsAsync(http, who, null, null);
    }

    private async Task ShowExemptionsAsync(HttpContext http, SignedIn who, Problem? problem, FormFields? form)
    {
        if ((await reading.ExemptionsAsync(who.Requester!, Language(http), http.RequestAborted)).TryGet(out var view, out var refusal))
            await forms.ShowAsync<ExemptionsPage>(http, problem?.Status ?? 200, new()
            {
                ["View"] = view, ["Problem"] = problem, ["Typed"] = Typed(form, ExemptionFields), ["Notice"] = problem is not null ? null : NoticeOf(http),
            });
        else await refusal.WriteAsync(http);
    }

    private async Task GrantAsync(HttpContext http) => await TakeAsync(http,
        async (who, form) => ProblemOf(await exemptions.GrantAsync(who.Requester!, new()
        {
            Check = form["check"], Dataset = form["dataset"].Trim(), Until = form.EndOf("until"), Reference = form["reference"],
            Reason = form["reason"],
        }, http.RequestAborted)),
        "/policy/exemptions?done=granted", (who, problem, form) => ShowExemptionsAsync(http, who, problem, form));

    private async Task RevokeExemptionAsync(HttpContext http, long id) => await TakeAsync(http,
        async (who, form) => ProblemOf(await exemptions.RevokeAsync(who.Requester!, id, Move("revoke", form), http.RequestAborted)),
        "/policy/exemptions?done=revoked", (who, problem, _) => ShowExemptionsAsync(http, who, problem, null));

    // Compatibility tests -----------------------------------------------------------------------------------------------

    private async Task TestsAsync(HttpContext http)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowTestsAsync(http, who, null, null);
    }

    private async Task ShowTestsAsync(HttpContext http, SignedIn who, Problem? problem, FormFields? form)
    {
        if ((await reading.TestsAsync(who.Requester!, http.RequestAborted)).TryGet(out var view, out var refusal))
            await forms.ShowAsync<TestsPage>(http, problem?.Status ?? 200, new()
            {
                ["View"] = view, ["Problem"] = problem, ["Typed"] = Typed(form, TestFields), ["Notice"] = problem is not null ? null : NoticeOf(http),
            });
        else await refusal.WriteAsync(http);
    }

    private async Task RecordTestAsync(HttpContext http) => await TakeAsync(http,
        async (who, form) => ProblemOf(await tests.RecordAsync(who.Requester!, new()
        {
            Agreement = form.Number("agreement"), Purpose = form["purpose"], IsCompatible = form["isCompatible"] switch
            {
                "yes" => true, "no" => false, _ => null,
            },
            Link = form["link"], Context = form["context"], Nature = form["nature"], Consequences = form["consequences"],
            Safeguards = form["safeguards"], Grounds = form["grounds"],
        }, http.RequestAborted)),
        "/policy/tests?done=recorded", (who, problem, form) => ShowTestsAsync(http, who, problem, form));

    private async Task RevokeTestAsync(HttpContext http, long id) => await TakeAsync(http,
        async (who, form) => ProblemOf(await tests.RevokeAsync(who.Requester!, id, Move("revoke", form), http.RequestAborted)),
        "/policy/tests?done=revoked", (who, problem, _) => ShowTestsAsync(http, who, problem, null));

    // What all of them need ---------------------------------------------------------------------------------------------

    private async Task TakeAsync(
        HttpContext http, Func<SignedIn, FormFields, Task<Problem?>> work, string next, Func<SignedIn, Problem, FormFields?, Task> show)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        var problem = read.TryGet(out var form, out var unread) ? await work(who, form) : unread;
        if (problem is null) FormPages.Redirect(http, next);
        else if (FormPages.WantsPage(http)) await show(who, problem, form);
        else await problem.WriteAsync(http);
    }

    private static Problem? ProblemOf<T>(Result<T> outcome) => outcome.TryGet(out _, out var problem) ? null : problem;

    private static MoveDraft Move(string move, FormFields form) => new() { Move = move, Reason = form["reason"] };

    private static Dictionary<string, string> Typed(FormFields? form, string[] fields) =>
        fields.ToDictionary(name => name, name => form?[name] ?? "");

    private static string Language(HttpContext http)
    {
        http.Response.Headers.Vary = "Accept-Language";
        return GovernanceReader.LanguageOf(http).StartsWith("de", StringComparison.OrdinalIgnoreCase) ? "de" : "en";
    }

    private static string? NoticeOf(HttpContext http) => http.Request.Query["done"].ToString() switch
    {
        "made" => "The rule is in force.",
        "revoked" => "It is revoked.",
        "facts" => "What you say of your organization is kept.",
        "added" => "The purpose is added.",
        "retired" => "The purpose is retired: nothing new is agreed for it.",
        "granted" => "The exemption is in force.",
        "recorded" => "The test is recorded.",
        _ => null,
    };
}
