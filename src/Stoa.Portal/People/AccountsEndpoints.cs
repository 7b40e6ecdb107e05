using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Parties;
using Stoa.Identity.Http;
using Stoa.Identity.SignIn;
using Stoa.Sharing.Erasure;
using Stoa.Vocabulary;
using static Stoa.Portal.People.FormPages;

namespace Stoa.Portal.People;

/// <summary>The pages of who governs the exchange about the accounts of others, and the link for a new password that they hand out.</summary>
/// <remarks>What gives a way into an account, or takes a right away, asks for the administrator's own password once more.</remarks>
internal sealed class AccountsEndpoints(
    PeopleEndpoints people, FormPages forms, Browsers browsers, SignIns signIns, Accounts accounts, OneTimeLinks links,
    PersonErasure erasure)
{
    /// <summary>The field by which it is confirmed who is to be erased.</summary>
    internal const string ErasedField = "erased-login";

    // A page, not a directory.
    private const int AccountsMax = 500;

    internal void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/people", ListAsync).ExcludeFromDescription();
        routes.MapGet("/people/{id:long}", PersonAsync).ExcludeFromDescription();
        routes.MapPost("/people/{id:long}/password-link", MakeLinkAsync).ExcludeFromDescription();
        routes.MapPost("/people/{id:long}/withdraw", WithdrawAsync).ExcludeFromDescription();
        routes.MapPost("/people/{id:long}/erase", EraseAsync).ExcludeFromDescription();
        routes.MapPost("/account/erase", EraseOwnAsync).ExcludeFromDescription();
        routes.MapGet("/password/{secret}", PasswordAsync).ExcludeFromDescription();
        routes.MapPost("/password/{secret}", SetPasswordAsync).ExcludeFromDescription();
    }

    private async Task ListAsync(HttpContext http)
    {
        if (await people.SignedInAsync(http) is not { } who) return;
        if (!who.Requester!.IsAdministrator)
        {
            await forms.NotFoundAsync(http);
            return;
        }

        var notice = http.Request.Query["done"].ToString() switch
        {
            "withdrawn" => "The right to govern is withdrawn.",
            "erased" => "The person is erased.",
            _ => null,
        };
        await forms.ShowAsync<AccountsPage>(http, 200, new()
        {
            ["Holders"] = await accounts.ListAsync(AccountsMax, http.RequestAborted), ["Notice"] = notice,
        });
    }

    private async Task PersonAsync(HttpContext http, long id)
    {
        if (await people.SignedInAsync(http) is not { } who) return;
        await ShowAsync(http, who, id, 200, new());
    }

    private async Task ShowAsync(HttpContext http, SignedIn who, long id, int status, Dictionary<string, object?> shown)
    {
        var found = await accounts.FindAsync(new(id), http.RequestAborted);
        var own = await accounts.FindAsync(who.Person, http.RequestAborted);
        if (!who.Requester!.IsAdministrator || !found.TryGet(out var account, out _) || !own.TryGet(out var mine, out _))
        {
            await forms.NotFoundAsync(http);
            return;
        }

        (shown["Account"], shown["AsksPassword"]) = (account, mine.HasPassword);
        await forms.ShowAsync<PersonPage>(http, status, shown);
    }

    private async Task MakeLinkAsync(HttpContext http, long id)
    {
        if (await ConfirmedAsync(http, id, "again") is not { } who) return;
        var outcome = await links.ForPasswordAsync(new(id), who.Person, http.RequestAborted);
        if (outcome.TryGet(out var link, out var problem)) await ShowAsync(http, who, id, 200, new() { ["Link"] = link });
        else await RefuseAsync(http, who, id, problem);
    }

    private async Task WithdrawAsync(HttpContext http, long id)
    {
        if (await ConfirmedAsync(http, id, "confirm") is not { } who) return;
        var outcome = await signIns.WithdrawAdministrationAsync(new(id), who.Person, http.RequestAborted);
        if (!outcome.TryGet(out _, out var problem)) await RefuseAsync(http, who, id, problem);
        // Who withdrew it from themselves may not see the page any more.
        else Redirect(http, who.Person == new PartyId(id) ? Home : "/people?done=withdrawn");
    }

    private async Task EraseAsync(HttpContext http, long id)
    {
        if (await GoverningAsync(http, id, "eraser") is not var (who, form)) return;
        if (who.Person == new PartyId(id)) await EraseOwnAsync(http, who, form);
        else if (await TryEraseAsync(new(id), form, http.RequestAborted) is { } problem) await RefuseAsync(http, who, id, problem);
        else Redirect(http, "/people?done=erased");
    }

    private async Task EraseOwnAsync(HttpContext http)
    {
        if (await people.SignedInFormAsync(http) is not var (who, form)) return;
        var confirmed = await signIns.ConfirmAsync(who, form["eraser"], browsers.OriginOf(http), http.RequestAborted);
        if (confirmed.TryGet(out _, out var wrong)) await EraseOwnAsync(http, who, form);
        else await people.RefuseOnAccountAsync(http, who, wrong);
    }

    private async Task EraseOwnAsync(HttpContext http, SignedIn who, FormFields form)
    {
        if (await TryEraseAsync(who.Person, form, http.RequestAborted) is { } problem)
        {
            await people.RefuseOnAccountAsync(http, who, problem);
            return;
        }

        browsers.Forget(http);
        Redirect(http, Door + "?done=erased");
    }

    // The address is typed once more: what nobody can undo is done to nobody by mistake.
    private async Task<Problem?> TryEraseAsync(PartyId person, FormFields form, CancellationToken cancellation)
    {
        if (!(await accounts.FindAsync(person, cancellation)).TryGet(out var account, out var absent)) return absent;
        if (!string.Equals(form[ErasedField].Trim(), account.Login, StringComparison.OrdinalIgnoreCase))
            return StrictJson.InvalidProperty(ErasedField, "This is not the e-mail address of the account.");
        return (await erasure.EraseAsync(person, cancellation)).TryGet(out _, out var problem) ? null : problem;
    }

    /// <summary>Who governs the exchange and has shown their password for it; else the answer is given and null returned.</summary>
    private async Task<SignedIn?> ConfirmedAsync(HttpContext http, long id, string field) =>
        await GoverningAsync(http, id, field) is var (who, _) ? who : null;

    private async Task<(SignedIn Who, FormFields Form)?> GoverningAsync(HttpContext http, long id, string field)
    {
        if (await people.SignedInFormAsync(http) is not var (who, form)) return null;
        if (!who.Requester!.IsAdministrator)
        {
            await forms.NotFoundAsync(http);
            return null;
        }

        var confirmed = await signIns.ConfirmAsync(who, form[field], browsers.OriginOf(http), http.RequestAborted);
        if (confirmed.TryGet(out _, out var wrong)) return (who, form);
        await RefuseAsync(http, who, id, wrong);
        return null;
    }

    private async Task RefuseAsync(HttpContext http, SignedIn who, long id, Problem problem)
    {
        if (WantsPage(http)) await ShowAsync(http, who, id, problem.Status, new() { ["Problem"] = problem });
        else await Stoa.Identity.Http.ProblemHttp.WriteAsync(problem, http);
    }

    private async Task PasswordAsync(HttpContext http, string secret)
    {
        var link = await links.FindAsync(LinkPurpose.Password, secret, http.RequestAborted);
        if (link is null) await forms.NotFoundAsync(http);
        else await forms.ShowAsync<PasswordPage>(http, 200, new() { ["Link"] = link });
    }

    private async Task SetPasswordAsync(HttpContext http, string secret)
    {
        var link = await links.FindAsync(LinkPurpose.Password, secret, http.RequestAborted);
        if (link is null)
        {
            await forms.NotFoundAsync(http);
            return;
        }

        var read = await forms.ReadFormAsync(http);
        var outcome = read.TryGet(out var form, out var unread)
            ? await signIns.SetPasswordAsync(secret, form["password"], http.RequestAborted)
            : unread;
        if (!outcome.TryGet(out _, out var problem)) await forms.RefuseAsync<PasswordPage>(http, problem, new() { ["Link"] = link });
        else Redirect(http, Door + "?done=password");
    }
}
