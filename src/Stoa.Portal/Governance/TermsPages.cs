using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Portal.Layout;
using Stoa.Portal.People;
using Stoa.Sharing.Parties;
using Stoa.Vocabulary;

namespace Stoa.Portal.Governance;

/// <summary>The pages on which terms of the level public are published, read and accepted (ISO 37156, 5.5.3).</summary>
internal sealed class TermsPages(FormPages forms, Visitors visitors, GovernanceReader reader, TermsOfUse terms)
{
    /// <summary>Longest form with a text of terms, in bytes: letters beyond ASCII take six bytes and more in a form.</summary>
    internal const int FormBytesMax = 12 * TermsDraft.TextLengthMax;

    private static readonly string[] Fields = ["for", "name", "title", "text"];

    internal void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").ExcludeFromDescription();
        group.MapGet("/terms", ListAsync);
        group.MapPost("/terms", PublishAsync);
        group.MapGet("/terms/{name}/{version:int}", ReadAsync);
        group.MapPost("/terms/{name}/{version:int}/accept", AcceptAsync);
    }

    private async Task ListAsync(HttpContext http)
    {
        if (await VisitorAsync(http) is { } who) await ShowListAsync(http, who, 200, null, null);
    }

    private async Task ShowListAsync(HttpContext http, Requester who, int status, Problem? problem, FormFields? form)
    {
        var page = int.TryParse(http.Request.Query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Clamp(number, 1, 1000) : 1;
        await forms.ShowAsync<TermsListPage>(http, status, new()
        {
            ["View"] = await reader.TermsListAsync(who, page, http.RequestAborted), ["Problem"] = problem,
            ["Typed"] = Fields.ToDictionary(name => name, name => form?[name] ?? ""),
        });
    }

    private async Task PublishAsync(HttpContext http)
    {
        if (await forms.SignedInFormAsync(http, FormBytesMax) is not var (who, read)) return;
        if (read.TryGet(out var form, out var problem))
        {
            var draft = new TermsDraft
            {
                Name = form["name"].Trim(), Title = form["title"].Trim(), Text = form["text"].ReplaceLineEndings("\n"), For = form.Number("for"),
            };
            var outcome = await terms.PublishAsync(who.Requester!, draft, http.RequestAborted);
            if (outcome.TryGet(out var made, out problem))
            {
                FormPages.Redirect(http, string.Create(CultureInfo.InvariantCulture, $"/terms/{made.Name}/{made.Version}"));
                return;
            }
        }

        if (FormPages.WantsPage(http)) await ShowListAsync(http, who.Requester!, problem.Status, problem, form);
        else await problem.WriteAsync(http);
    }

    private async Task ReadAsync(HttpContext http, string name, int version)
    {
        if (await VisitorAsync(http) is { } who) await ShowAsync(http, who, name, version, 200, null);
    }

    private async Task ShowAsync(HttpContext http, Requester who, string name, int version, int status, Problem? problem)
    {
        if (await reader.TermsAsync(who, name, version, http.RequestAborted) is { } view)
            await forms.ShowAsync<TermsPage>(http, status, new() { ["View"] = view, ["Problem"] = problem });
        else await forms.NotFoundAsync(http);
    }

    private async Task AcceptAsync(HttpContext http, string name, int version)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (read.TryGet(out var form, out var problem))
        {
            var draft = new AcceptanceDraft { For = form.Number("for"), TextHash = form["text"] };
            if ((await terms.AcceptAsync(who.Requester!, name, version, draft, http.RequestAborted)).TryGet(out _, out problem))
            {
                FormPages.Redirect(http, "/access?done=terms");
                return;
            }
        }

        if (!FormPages.WantsPage(http)) await problem.WriteAsync(http);
        // A form that is not ours says nothing of what it was about.
        else if (read.IsValue) await ShowAsync(http, who.Requester!, name, version, problem.Status, problem);
        else await ShowListAsync(http, who.Requester!, problem.Status, problem, null);
    }

    private async Task<Requester?> VisitorAsync(HttpContext http)
    {
        var outcome = await visitors.AuthenticateAsync(http);
        if (outcome.TryGet(out var who, out var problem)) return who;
        await problem.WriteAsync(http);
        return null;
    }
}
