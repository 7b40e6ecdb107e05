using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Http;
using Stoa.Identity.SignIn;
using Stoa.Portal.People;
using Stoa.Sharing.Agreements;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Agreements;

/// <summary>The pages on which the office makes, changes and retires templates of agreements; whoever signed in reads them.</summary>
internal sealed class TemplatePages(FormPages forms, TemplateRegister templates, AgreementRegister agreements, Database database)
{
    private const string Root = "/agreement-templates";

    // The latest; whoever looks for an older one has its name from an agreement, or asks the API.
    private const int RetiredShown = 50;

    private static readonly string[] Texts = ["name", "title", "about", "days", "reason"];

    internal void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).ExcludeFromDescription();
        group.MapGet("", ListAsync);
        group.MapPost("", MakeAsync);
        group.MapGet("{name}", OneAsync);
        group.MapPost("{name}", ReviseAsync);
        group.MapPost("{name}/retire", RetireAsync);
    }

    private async Task ListAsync(HttpContext http)
    {
        if (await forms.SignedInAsync(http) is not { } who) return;
        var begun = await BegunAsync(http, who);
        if (begun.TryGet(out var fields, out var problem)) await ShowListAsync(http, who, null, fields, fields.Count > 0);
        else await ShowListAsync(http, who, problem, [], false);
    }

    // With what the form begins: the clauses of an agreement, those of a template, or nothing.
    private async Task<Result<Dictionary<string, string>>> BegunAsync(HttpContext http, SignedIn who)
    {
        var (agreement, template) = (http.Request.Query["agreement"].ToString(), http.Request.Query["template"].ToString());
        if (agreement.Length == 0 && template.Length == 0) return new Dictionary<string, string>();
        if (agreement.Length > 0)
        {
            var number = long.TryParse(agreement, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0;
            if (!(await agreements.TermsAsync(who.Requester!, number, http.RequestAborted)).TryGet(out var terms, out _)) // Signed in.
                return NoAgreement;
            using var clauses = JsonDocument.Parse(AgreementTemplates.ClausesOf(terms).ToJsonString());
            return ClauseForm.OfTemplate(clauses.RootElement);
        }

        if (!(await templates.FindAsync(who.Requester!, template, null, http.RequestAborted)).TryGet(out var found, out var problem)) return problem;
        var fields = ClauseForm.OfTemplate(found.Terms);
        (fields["about"], fields["days"]) = (found.About, found.Days.ToString(CultureInfo.InvariantCulture));
        return fields;
    }

    private async Task ShowListAsync(HttpContext http, SignedIn who, Problem? problem, Dictionary<string, string> fields, bool isFilled)
    {
        var (offered, _) = await templates.ListAsync(isRetired: false, new(Page.LimitMax, 0), http.RequestAborted);
        var (retired, count) = await templates.ListAsync(isRetired: true, new(RetiredShown, 0), http.RequestAborted);
        await forms.ShowAsync<TemplatesPage>(http, problem?.Status ?? 200, new()
        {
            ["View"] = new TemplatesView([.. offered.Select(RowOf)], [.. retired.Select(RowOf)], count, who.Requester!.IsAdministrator, fields, isFilled),
            ["Problem"] = problem,
        });
    }

    private async Task MakeAsync(HttpContext http)
    {
        if (await forms.SignedInFormAsync(http, AgreementText.BytesMax) is not var (who, read)) return;
        if (read.TryGet(out var form, out var problem) && DraftOf(form).TryGet(out var draft, out problem))
        {
            var made = await templates.MakeAsync(who.Requester!, draft, http.RequestAborted);
            if (made.TryGet(out var template, out problem))
            {
                FormPages.Redirect(http, $"{Root}/{template.Name}?done=made");
                return;
            }
        }

        await ShowListAsync(http, who, problem, Typed(form), form is not null);
    }

    private async Task OneAsync(HttpContext http, string name)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowAsync(http, who, name, null, null);
    }

    private async Task ShowAsync(HttpContext http, SignedIn who, string name, Problem? problem, FormFields? form)
    {
        var version = http.Request.Query["version"].ToString();
        // What is no number is no version that there is.
        int? number = version.Length == 0 ? null : int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var read) ? read : 0;
        if (!(await templates.FindAsync(who.Requester!, name, number, http.RequestAborted)).TryGet(out var found, out _)) // Signed in.
        {
            await forms.NotFoundAsync(http);
            return;
        }

        var fields = ClauseForm.OfTemplate(found.Terms);
        (fields["title"], fields["about"], fields["days"]) = (found.Title, found.About, found.Days.ToString(CultureInfo.InvariantCulture));
        await forms.ShowAsync<TemplatePage>(http, problem?.Status ?? 200, new()
        {
            ["View"] = new TemplateView(
                RowOf(found), await WordsAsync(found, http.RequestAborted), form is null ? fields : Typed(form),
                [.. (found.Versions ?? []).Select(one => (one.Version, one.Reason, one.At))], who.Requester!.IsAdministrator, found.Moves is { Count: > 0 }),
            ["Problem"] = problem, ["IsTyped"] = form is not null,
            ["Notice"] = problem is not null ? null : http.Request.Query["done"].ToString() switch
            {
                "made" => "The template is offered.",
                "revised" => "The new version is offered. Agreements that were made of others stay as they are.",
                "retired" => "The template is retired. Agreements that were made of it stay as they are.",
                _ => null,
            },
        });
    }

    private async Task<IReadOnlyList<(string Title, string Text)>> WordsAsync(TemplateAnswer template, CancellationToken cancellation)
    {
        if (!AgreementTemplates.TermsOf(template.Terms).TryGet(out var terms, out _)) return [];
        using var session = await database.ReadAsync(cancellation);
        var said = template.Terms.EnumerateObject().Select(clause => clause.Name).ToHashSet();
        return [.. AgreementWords.OfTemplate(session, terms, said).Select(clause => (clause.Title, clause.Text))];
    }

    private Task ReviseAsync(HttpContext http, string name) => ChangeAsync(http, name, "revised", async (who, form) =>
    {
        if (!DraftOf(form).TryGet(out var draft, out var unread)) return unread;
        var seen = draft with { Name = null, Version = (int?)form.Number("version") };
        return ProblemOf(await templates.ReviseAsync(who.Requester!, name, seen, http.RequestAborted));
    });

    private Task RetireAsync(HttpContext http, string name) => ChangeAsync(http, name, "retired", async (who, form) =>
        ProblemOf(await templates.RetireAsync(who.Requester!, name, new() { Move = "retire", Reason = form["reason"] }, http.RequestAborted)));

    private async Task ChangeAsync(HttpContext http, string name, string done, Func<SignedIn, FormFields, Task<Problem?>> change)
    {
        if (await forms.SignedInFormAsync(http, AgreementText.BytesMax) is not var (who, read)) return;
        var problem = read.TryGet(out var form, out var unread) ? await change(who, form) : unread;
        if (problem is null) FormPages.Redirect(http, $"{Root}/{name}?done={done}");
        else await ShowAsync(http, who, name, problem, done == "revised" ? form : null);
    }

    private static Result<TemplateDraft> DraftOf(FormFields form)
    {
        if (!ClauseForm.Read(form, null, null).TryGet(out var clauses, out var problem)) return problem;
        return new TemplateDraft
        {
            Name = form["name"].Trim(), Title = form["title"], About = form["about"], Terms = clauses, Reason = form["reason"],
            // What is no number of days is refused with what is taken.
            Days = form.Number("days") is { } days and <= int.MaxValue ? (int)days : 0,
        };
    }

    private static Dictionary<string, string> Typed(FormFields? form) =>
        Texts.Concat(ClauseForm.Fields).ToDictionary(name => name, name => form?[name] ?? "");

    private static TemplateRow RowOf(TemplateAnswer one) =>
        new(one.Name, one.Title, one.About, one.Days, one.Version, one.IsOfProgram, one.RetiredAt);

    private static Problem? ProblemOf<T>(Result<T> outcome) => outcome.TryGet(out _, out var problem) ? null : problem;

    private static Problem NoAgreement { get; } = new(404, "not-found", "There is no such agreement",
        "There is none of that number, or it is not yours to see. The register lists those there are.");
}
