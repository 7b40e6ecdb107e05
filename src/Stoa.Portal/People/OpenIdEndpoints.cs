using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.SignIn;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Vocabulary;
using static Stoa.Portal.People.FormPages;

namespace Stoa.Portal.People;

/// <summary>Single sign-on: the way to the provider and back.</summary>
/// <remarks>
/// A form begins it, so that no other site does, and is answered with a page that leads on: the content policy lets forms end on this
/// server alone, redirects included, and a provider may itself lead on to others. The provider's words never reach a page.
/// </remarks>
internal sealed class OpenIdEndpoints(
    PeopleEndpoints people, FormPages forms, Browsers browsers, SignIns signIns, OpenIdClient client, ExternalLogins logins)
{
    internal void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/sign-in/openid", BeginAsync).ExcludeFromDescription();
        routes.MapGet(OpenIdClient.AnswerPath, ArriveAsync).ExcludeFromDescription();
        routes.MapPost("/account/logins", BeginLinkAsync).ExcludeFromDescription();
        routes.MapPost("/account/logins/{id:long}/unlink", UnlinkAsync).ExcludeFromDescription();
    }

    private async Task BeginAsync(HttpContext http)
    {
        var read = await forms.ReadFormAsync(http);
        if (!read.TryGet(out var form, out var unread))
        {
            await forms.RefuseAsync<SignInPage>(http, unread, new());
            return;
        }

        var invitation = form["invitation"] is { Length: > 0 and < 100 } secret ? secret : null;
        var visit = invitation is null
            ? new OpenIdVisit(OpenIdPurpose.SignIn, Local(form["back"]))
            : new OpenIdVisit(OpenIdPurpose.Invitation, Home, invitation);
        var begun = await client.BeginAsync(visit, http.RequestAborted);
        if (begun.TryGet(out var start, out var problem)) await ForwardAsync(http, start);
        else await forms.RefuseAsync<SignInPage>(http, problem, new() { ["Back"] = visit.Back });
    }

    private async Task BeginLinkAsync(HttpContext http)
    {
        if (await people.SignedInFormAsync(http) is not var (who, form)) return;
        var confirmed = await signIns.ConfirmAsync(who, form["linker"], browsers.OriginOf(http), http.RequestAborted);
        if (!confirmed.TryGet(out _, out var wrong))
        {
            await people.RefuseOnAccountAsync(http, who, wrong);
            return;
        }

        var begun = await client.BeginAsync(new(OpenIdPurpose.Link, Home, null, who.Session), http.RequestAborted);
        if (begun.TryGet(out var start, out var problem)) await ForwardAsync(http, start);
        else await people.RefuseOnAccountAsync(http, who, problem);
    }

    private async Task ForwardAsync(HttpContext http, OpenIdStart start)
    {
        browsers.KeepVisit(http, start.Kept);
        var address = start.Address.AbsoluteUri;
        http.Response.Headers["Refresh"] = "0; url=" + address;
        await forms.ShowAsync<ForwardPage>(http, 200, new() { ["Provider"] = client.Name, ["Address"] = address });
    }

    private async Task ArriveAsync(HttpContext http)
    {
        var answer = AnswerOf(http.Request.Query);
        var kept = browsers.TakeVisit(http);
        var visit = client.VisitOf(kept, answer.State);
        if (visit is { Purpose: OpenIdPurpose.Link })
        {
            await LinkAsync(http, visit, kept, answer);
            return;
        }

        var redeemed = await client.RedeemAsync(kept, answer, browsers.OriginOf(http), http.RequestAborted);
        // Without a visit there is nothing that could be redeemed.
        if (!redeemed.TryGet(out var person, out var problem) || visit is null) await RefuseAsync(http, visit, problem ?? Problem.NotFound());
        else if (visit.Purpose == OpenIdPurpose.Invitation) await AcceptAsync(http, visit, person);
        else await SignInAsync(http, visit, person);
    }

    private async Task SignInAsync(HttpContext http, OpenIdVisit visit, ExternalPerson person)
    {
        var outcome = await logins.SignInAsync(person, browsers.OriginOf(http), http.RequestAborted);
        // Asked again: what a browser kept, somebody else may have put there.
        if (outcome.TryGet(out var secrets, out var problem)) Enter(http, secrets, Local(visit.Back));
        else await RefuseAsync(http, visit, problem);
    }

    private async Task AcceptAsync(HttpContext http, OpenIdVisit visit, ExternalPerson person)
    {
        var outcome = await logins.AcceptAsync(person, visit.Invitation, browsers.OriginOf(http), http.RequestAborted);
        // Who has an account accepts with a click of their own: it may not be the one that they meant to join with.
        if (outcome.TryGet(out var entered, out var problem))
            Enter(http, entered.Secrets, entered.IsStillWaiting ? "/invitations/" + visit.Invitation : Home);
        else await RefuseAsync(http, visit, problem);
    }

    /// <summary>Links, if the session that began it is the one that comes back.</summary>
    private async Task LinkAsync(HttpContext http, OpenIdVisit visit, string? kept, OpenIdAnswer answer)
    {
        if (await browsers.FindAsync(http) is not { Requester: not null } who)
        {
            // Not asked to sign in and come back: the address holds a code.
            await RefuseAsync(http, visit, OpenIdClient.Refused);
            return;
        }

        var redeemed = who.Session == visit.Session
            ? await client.RedeemAsync(kept, answer, browsers.OriginOf(http), http.RequestAborted)
            : OpenIdClient.Refused;
        var linked = redeemed.TryGet(out var person, out var refused)
            ? await logins.LinkAsync(person, who.Person, http.RequestAborted)
            : refused;
        if (linked.TryGet(out _, out var problem)) Redirect(http, Home + "?done=linked");
        else await people.RefuseOnAccountAsync(http, who, problem);
    }

    private async Task UnlinkAsync(HttpContext http, long id)
    {
        if (await people.SignedInFormAsync(http) is not var (who, _)) return;
        var outcome = await logins.UnlinkAsync(who.Person, id, http.RequestAborted);
        if (outcome.TryGet(out _, out var problem)) Redirect(http, Home + "?done=unlinked");
        else await people.RefuseOnAccountAsync(http, who, problem);
    }

    private void Enter(HttpContext http, BrowserSecrets secrets, string back)
    {
        browsers.Keep(http, secrets);
        Redirect(http, secrets.NeedsSecondStep ? "/sign-in/code?back=" + Uri.EscapeDataString(back) : back);
    }

    private Task RefuseAsync(HttpContext http, OpenIdVisit? visit, Problem problem) =>
        forms.RefuseAsync<SignInPage>(http, problem, new()
        {
            ["Back"] = visit?.Invitation is { } invitation ? "/invitations/" + invitation : Local(visit?.Back),
        });

    // A parameter that comes twice is no answer of a provider (RFC 6749, 3.1).
    private static OpenIdAnswer AnswerOf(IQueryCollection query)
    {
        string? One(string name) => query[name] is [{ Length: <= OpenIdLimits.CodeLengthMax } value] ? value : null;
        return new(One("state"), One("code"), query["error"].Count > 0 ? "error" : null, query["iss"].Count > 0 ? One("iss") ?? "" : null);
    }
}
