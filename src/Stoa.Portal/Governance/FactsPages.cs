using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Portal.People;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Portal.Governance;

/// <summary>The page on which an owner says what decisions need to know of a dataset, and the one on which the office stops exchange at once.</summary>
internal sealed class FactsPages(FormPages forms, GovernanceReader reader, DatasetFacts facts, ExchangeBlocks blocks)
{
    /// <summary>Fields that the form takes; a dataset of more is described over the API.</summary>
    internal const int FieldsMax = 14;

    internal void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").ExcludeFromDescription();
        group.MapGet("/datasets/{slug}/facts", FactsAsync);
        group.MapPost("/datasets/{slug}/facts", PutAsync);
        group.MapGet("/blocks", BlocksAsync);
        group.MapPost("/blocks", BlockAsync);
        group.MapPost("/blocks/{id:long}/lift", (HttpContext http, long id) => LiftAsync(http, id));
    }

    // What is known of a dataset ----------------------------------------------------------------------------------------

    private async Task FactsAsync(HttpContext http, string slug)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowFactsAsync(http, who.Requester!, slug, 200, null, null); // Signed in.
    }

    private async Task ShowFactsAsync(HttpContext http, Requester who, string slug, int status, Problem? problem, FactsDraft? sent)
    {
        if (!(await facts.FindAsync(who, slug, http.RequestAborted)).TryGet(out var found, out _))
        {
            await forms.NotFoundAsync(http);
            return;
        }

        await forms.ShowAsync<FactsPage>(http, status, new()
        {
            ["View"] = await reader.FactsAsync(who, found, sent, http.RequestAborted), ["Problem"] = problem,
            ["Notice"] = problem is null && http.Request.Query["done"] == "yes" ? "It is kept, and decides from now on." : null,
        });
    }

    private async Task PutAsync(HttpContext http, string slug)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        FactsDraft? draft = null;
        if (read.TryGet(out var form, out var problem))
        {
            draft = DraftOf(form);
            if ((await facts.PutAsync(who.Requester!, slug, draft, http.RequestAborted)).TryGet(out _, out problem))
            {
                FormPages.Redirect(http, $"/datasets/{slug}/facts?done=yes");
                return;
            }
        }

        if (FormPages.WantsPage(http)) await ShowFactsAsync(http, who.Requester!, slug, problem.Status, problem, draft);
        else await problem.WriteAsync(http);
    }

    // A number that cannot be read is one that is refused.
    private static FactsDraft DraftOf(FormFields form) => new()
    {
        Fields = [.. FieldsOf(form)],
        Special = form["special"] == "yes",
        Listed = form["listed"] == "yes",
        Impact = form["impact"],
        ResidualRisk = form["risk"].Trim().Length == 0 ? 0 : int.TryParse(form["risk"], NumberStyles.None, CultureInfo.InvariantCulture, out var risk) ? risk : -1,
        RiskAcceptedUntil = form.EndOf("accepted"),
        ApproveNewParties = form["approve"] == "yes",
        DerivedFrom = [.. form["derivedFrom"].Split([',', ' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)],
        Process = form["process"].Length == 0 ? null : form["process"],
        ProcessOwner = form.Number("processOwner"),
        Reason = form["reason"],
        For = form.Number("for"),
    };

    private static IEnumerable<FieldDraft> FieldsOf(FormFields form)
    {
        var (names, personal, needed) = (form.All("fieldName"), form.All("fieldPersonal"), form.All("fieldNeeded"));
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i].Trim() is not { Length: > 0 } name) continue;
            yield return new()
            {
                Name = name, Personal = i < personal.Count ? personal[i] : null,
                NeededFor = i < needed.Count
                    ? needed[i].Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [],
            };
        }
    }

    // Blocks ------------------------------------------------------------------------------------------------------------

    private async Task BlocksAsync(HttpContext http)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowBlocksAsync(http, who.Requester!, 200, null, null); // Signed in.
    }

    private async Task ShowBlocksAsync(HttpContext http, Requester who, int status, Problem? problem, FormFields? form)
    {
        if ((await blocks.ListAsync(who, new(GovernanceReader.PageSize, 0), http.RequestAborted)).TryGet(out var list, out _))
            await forms.ShowAsync<BlocksPage>(http, status, new()
            {
                ["View"] = await reader.BlocksAsync(who, list.Entries, http.RequestAborted), ["Problem"] = problem,
                ["Typed"] = (Func<string, string>)(name => form?[name] ?? ""),
                ["Notice"] = problem is not null ? null : http.Request.Query["done"].ToString() switch
                {
                    "blocked" => "It is stopped.", "lifted" => "It goes on.", _ => null,
                },
            });
        else await forms.NotFoundAsync(http);
    }

    private async Task BlockAsync(HttpContext http)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (read.TryGet(out var form, out var problem))
        {
            var draft = new BlockDraft
            {
                Kind = form["kind"], Dataset = form["dataset"].Trim() is { Length: > 0 } slug ? slug : null, Party = form.Number("party"),
                Reason = form["reason"],
            };
            // Everything at once is stopped by saying so, not by leaving two fields empty.
            problem = draft is { Dataset: null, Party: null } && form["everything"] != "yes" ? NothingNamed
                : (await blocks.SetAsync(who.Requester!, draft, http.RequestAborted)).TryGet(out _, out var refused) ? null : refused;
            if (problem is null)
            {
                FormPages.Redirect(http, "/blocks?done=blocked");
                return;
            }
        }

        if (FormPages.WantsPage(http)) await ShowBlocksAsync(http, who.Requester!, problem.Status, problem, form);
        else await problem.WriteAsync(http);
    }

    private async Task LiftAsync(HttpContext http, long id)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (read.TryGet(out var form, out var problem) &&
            (await blocks.LiftAsync(who.Requester!, id, new() { Move = "lift", Reason = form["reason"] }, http.RequestAborted)).TryGet(out _, out problem))
        {
            FormPages.Redirect(http, "/blocks?done=lifted");
            return;
        }

        if (FormPages.WantsPage(http)) await ShowBlocksAsync(http, who.Requester!, problem.Status, problem, null);
        else await problem.WriteAsync(http);
    }

    private static Problem NothingNamed { get; } = Identity.Http.StrictJson.InvalidProperty(
        "dataset", "Name a dataset or a party, or say that everything is to be stopped.");
}
