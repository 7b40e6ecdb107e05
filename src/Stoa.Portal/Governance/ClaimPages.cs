using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Portal.People;
using Stoa.Sharing.Parties;
using Stoa.Vocabulary;

namespace Stoa.Portal.Governance;

/// <summary>The pages on which parties assert claims and the data office stands behind them: membership of groups is computed from these.</summary>
internal sealed class ClaimPages(FormPages forms, GovernanceReader reader, PartyClaims claims)
{
    internal void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").ExcludeFromDescription();
        group.MapGet("/claims", ListAsync);
        group.MapPost("/claims/{id:long}", (HttpContext http, long id) => MoveAsync(http, id));
    }

    private async Task ListAsync(HttpContext http)
    {
        if (await forms.SignedInAsync(http) is not { } who) return;
        if (who.Requester!.IsAdministrator) await ShowAsync(http, who.Requester, 200, null); // Not null: signed in.
        else FormPages.Redirect(http, "/access#claims");
    }

    private async Task ShowAsync(HttpContext http, Requester who, int status, Problem? problem)
    {
        var page = int.TryParse(http.Request.Query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Clamp(number, 1, 1000) : 1;
        var asked = http.Request.Query["state"] == "verified" ? ClaimStatus.Verified : ClaimStatus.Asserted;
        if ((await reader.ClaimsAsync(who, asked, page, claims, http.RequestAborted)).TryGet(out var view, out _))
            await forms.ShowAsync<ClaimsPage>(http, status, new()
            {
                ["View"] = view, ["Problem"] = problem, ["Notice"] = problem is null && http.Request.Query["done"] == "yes" ? "Done." : null,
            });
        else await forms.NotFoundAsync(http);
    }

    // From the office's page, and from the party's own.
    private async Task MoveAsync(HttpContext http, long id)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        var isOffice = who.Requester!.IsAdministrator; // Not null: signed in.
        if (read.TryGet(out var form, out var problem))
        {
            var reason = form["reason"] is { Length: > 0 } said ? said : null;
            // An officer decides for the exchange where the form comes from the office's page.
            long? party = isOffice && form["from"] == "office" ? Sharing.Records.Acting.Exchange.Value : null;
            var outcome = await claims.MoveAsync(
                who.Requester, id, new() { Move = form["move"], Reason = reason, For = party }, http.RequestAborted);
            if (outcome.TryGet(out _, out problem))
            {
                FormPages.Redirect(http, form["from"] == "office" ? "/claims?done=yes" : "/access?done=role#claims");
                return;
            }
        }

        if (FormPages.WantsPage(http) && isOffice) await ShowAsync(http, who.Requester, problem.Status, problem);
        else await problem.WriteAsync(http);
    }
}
