using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Http;
using Stoa.Identity.Parties;
using Stoa.Identity.SignIn;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Vocabulary;
using static Stoa.Portal.People.FormPages;

namespace Stoa.Portal.People;

/// <summary>The pages by which people sign in, look after their account, and join an organization.</summary>
/// <remarks>
/// Every form carries what proves that it came from a page of ours (<see cref="Browsers"/>). What is shown once is in the answer to the
/// form, which nobody keeps; everything else is answered by a redirect, so that loading again repeats nothing.
/// </remarks>
internal sealed class PeopleEndpoints(
    FormPages forms, Browsers browsers, SignIns signIns, Accounts accounts, Sessions sessions, OneTimeLinks links,
    OrganizationMembers members, Passkeys passkeys, ExternalLogins logins, PortalOptions options)
{
    internal void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").ExcludeFromDescription();
        group.MapGet(Door, DoorAsync);
        group.MapPost(Door, SignInAsync);
        group.MapGet("/sign-in/code", CodeAsync);
        group.MapPost("/sign-in/code", TakeCodeAsync);
        group.MapPost("/sign-in/passkey", ByPasskeyAsync);
        group.MapPost("/account/passkeys", AddPasskeyAsync);
        group.MapPost("/account/passkeys/{id:long}/remove", RemovePasskeyAsync);
        group.MapPost("/sign-out", SignOutAsync);
        group.MapGet("/start/{secret}", (HttpContext http, string secret) => LinkAsync(http, LinkPurpose.Administrator, secret));
        group.MapPost("/start/{secret}", (HttpContext http, string secret) => UseLinkAsync(http, LinkPurpose.Administrator, secret));
        group.MapGet("/invitations/{secret}", (HttpContext http, string secret) => LinkAsync(http, LinkPurpose.Invitation, secret));
        group.MapPost("/invitations/{secret}", (HttpContext http, string secret) => UseLinkAsync(http, LinkPurpose.Invitation, secret));
        group.MapGet(Home, AccountAsync);
        group.MapPost("/account/password", ChangePasswordAsync);
        group.MapPost("/account/sessions/{id:long}/end", EndSessionAsync);
        group.MapPost("/account/second-step", OfferSecondStepAsync);
        group.MapGet("/account/second-step", (HttpContext http) => ShowSecondStepAsync(http));
        group.MapPost("/account/second-step/confirm", ConfirmSecondStepAsync);
        group.MapPost("/account/second-step/codes", RenewCodesAsync);
        group.MapPost("/account/second-step/remove", RemoveSecondStepAsync);
        group.MapGet("/organizations/{slug}/members", MembersAsync);
        group.MapPost("/organizations/{slug}/members/invite", InviteAsync);
        group.MapPost("/organizations/{slug}/members/{id:long}/end", EndMembershipAsync);
        group.MapPost("/organizations/{slug}/invitations/{id:long}/take-back", TakeBackAsync);
    }

    // The doors ---------------------------------------------------------------------------------------------------------

    private async Task DoorAsync(HttpContext http)
    {
        var back = Local(http.Request.Query["back"]);
        if (await browsers.FindAsync(http) is { Requester: not null }) Redirect(http, back);
        else
        {
            var notice = http.Request.Query["done"].ToString() switch
            {
                "password" => "The password is set. Sign in with it.",
                "erased" => "The account is erased.",
                _ => null,
            };
            await forms.ShowAsync<SignInPage>(http, 200, new() { ["Back"] = back, ["Notice"] = notice });
        }
    }

    private async Task SignInAsync(HttpContext http)
    {
        var read = await forms.ReadFormAsync(http);
        if (!read.TryGet(out var form, out var unread))
        {
            await forms.RefuseAsync<SignInPage>(http, unread, new());
            return;
        }

        var back = Local(form["back"]);
        var outcome = await signIns.ByPasswordAsync(form["login"], form["password"], browsers.OriginOf(http), http.RequestAborted);
        if (!outcome.TryGet(out var secrets, out var problem))
        {
            await forms.RefuseAsync<SignInPage>(http, problem, new() { ["Back"] = back, ["Login"] = Cut(form["login"]) });
            return;
        }

        browsers.Keep(http, secrets);
        Redirect(http, secrets.NeedsSecondStep ? "/sign-in/code?back=" + Uri.EscapeDataString(back) : back);
    }

    private async Task CodeAsync(HttpContext http)
    {
        if (await browsers.FindAsync(http) is { Requester: null })
            await forms.ShowAsync<CodePage>(http, 200, new() { ["Back"] = Local(http.Request.Query["back"]) });
        else Redirect(http, Door);
    }

    private async Task TakeCodeAsync(HttpContext http)
    {
        if (await browsers.FindAsync(http) is not { Requester: null } pending)
        {
            await AskToSignInAsync(http);
            return;
        }

        var read = await forms.ReadFormAsync(http);
        if (!read.TryGet(out var form, out var unread))
        {
            await forms.RefuseAsync<CodePage>(http, unread, new());
            return;
        }

        var back = Local(form["back"]);
        var outcome = await signIns.ByCodeAsync(pending, form["code"], browsers.OriginOf(http), http.RequestAborted);
        if (!outcome.TryGet(out var secrets, out var problem))
        {
            await forms.RefuseAsync<CodePage>(http, problem, new() { ["Back"] = back });
            return;
        }

        browsers.Keep(http, secrets);
        Redirect(http, back);
    }

    private async Task ByPasskeyAsync(HttpContext http)
    {
        var read = await forms.ReadFormAsync(http);
        if (!read.TryGet(out var form, out var unread))
        {
            await forms.RefuseAsync<SignInPage>(http, unread, new());
            return;
        }

        var back = Local(form["back"]);
        var outcome = await passkeys.SignInAsync(
            AnswerOf(form), browsers.ChallengeGiven(http, form["challenge"]), browsers.OriginOf(http), http.RequestAborted);
        if (!outcome.TryGet(out var secrets, out var problem))
        {
            await forms.RefuseAsync<SignInPage>(http, problem, new() { ["Back"] = back });
            return;
        }

        browsers.Keep(http, secrets);
        Redirect(http, back);
    }

    private static PasskeyAnswer AnswerOf(FormFields form) =>
        new(form["key"], form["client"], form["attestation"], form["data"], form["signature"]);

    private async Task AddPasskeyAsync(HttpContext http)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var challenge = browsers.ChallengeGiven(http, form["challenge"]);
        var confirmed = await signIns.ConfirmAsync(who, form["confirm"], browsers.OriginOf(http), http.RequestAborted);
        if (!confirmed.TryGet(out _, out var wrong))
        {
            await RefuseOnAccountAsync(http, who, wrong);
            return;
        }

        var outcome = await passkeys.AddAsync(who, AnswerOf(form), challenge, browsers.OriginOf(http).Device, http.RequestAborted);
        if (outcome.TryGet(out _, out var problem)) Redirect(http, Home + "?done=passkey");
        else await RefuseOnAccountAsync(http, who, problem);
    }

    private async Task RemovePasskeyAsync(HttpContext http, long id)
    {
        if (await SignedInFormAsync(http) is not var (who, _)) return;
        await passkeys.RemoveAsync(who.Person, id, http.RequestAborted);
        Redirect(http, Home + "?done=passkey-removed");
    }

    private async Task SignOutAsync(HttpContext http)
    {
        if (await SignedInFormAsync(http) is not var (who, _)) return;
        await sessions.EndAsync(who.Person, who.Session, http.RequestAborted);
        browsers.Forget(http);
        Redirect(http, "/");
    }

    private async Task LinkAsync(HttpContext http, LinkPurpose purpose, string secret)
    {
        var link = await links.FindAsync(purpose, secret, http.RequestAborted);
        if (link is null) await forms.NotFoundAsync(http);
        else await forms.ShowAsync<JoinPage>(http, 200, new() { ["Link"] = link, ["IsSignedIn"] = await MayAcceptAsync(http, link) });
    }

    private async Task UseLinkAsync(HttpContext http, LinkPurpose purpose, string secret)
    {
        var link = await links.FindAsync(purpose, secret, http.RequestAborted);
        if (link is null)
        {
            await forms.NotFoundAsync(http);
            return;
        }

        var mayAccept = await MayAcceptAsync(http, link);
        var shown = new Dictionary<string, object?> { ["Link"] = link, ["IsSignedIn"] = mayAccept };
        var read = await forms.ReadFormAsync(http);
        if (!read.TryGet(out var form, out var unread))
        {
            await forms.RefuseAsync<JoinPage>(http, unread, shown);
            return;
        }

        var problem = mayAccept ? await AcceptAsync(http, secret) : await JoinAsync(http, purpose, secret, form);
        if (problem is null)
        {
            Redirect(http, Home);
            return;
        }

        (shown["Name"], shown["Login"]) = (Cut(form["name"]), Cut(form["login"]));
        await forms.RefuseAsync<JoinPage>(http, problem, shown);
    }

    private async Task<Problem?> AcceptAsync(HttpContext http, string secret)
    {
        if (await browsers.FindAsync(http) is not { Requester: not null } who) return Problem.NotFound();
        var outcome = await signIns.AcceptAsync(who.Person, secret, http.RequestAborted);
        return outcome.TryGet(out _, out var problem) ? null : problem;
    }

    private async Task<Problem?> JoinAsync(HttpContext http, LinkPurpose purpose, string secret, FormFields form)
    {
        var draft = new AccountDraft(form["name"].Trim(), form["login"], form["password"]);
        var outcome = await signIns.ByLinkAsync(purpose, secret, draft, browsers.OriginOf(http), http.RequestAborted);
        if (!outcome.TryGet(out var secrets, out var problem)) return problem;
        browsers.Keep(http, secrets);
        return null;
    }

    // A link for an administrator makes an account of its own, whoever is signed in.
    private async Task<bool> MayAcceptAsync(HttpContext http, OneTimeLink link) =>
        link.Purpose == LinkPurpose.Invitation && await browsers.FindAsync(http) is { Requester: not null };

    // The account -------------------------------------------------------------------------------------------------------

    private async Task AccountAsync(HttpContext http)
    {
        if (await SignedInAsync(http) is not { } who) return;
        var notice = http.Request.Query["done"].ToString() switch
        {
            "password" => "The password is changed. All other sessions have ended.",
            "session" => "The session has ended.",
            "passkey" => "The passkey is kept. You can sign in with it.",
            "linked" => "The login is linked. You can sign in with it.",
            "unlinked" => "The login is unlinked.",
            "passkey-removed" => "The passkey is removed.",
            "second-step" => "The second step is removed.",
            _ => null,
        };
        await ShowAccountAsync(http, who, 200, notice, null);
    }

    private async Task ShowAccountAsync(HttpContext http, SignedIn who, int status, string? notice, Problem? problem)
    {
        var found = await accounts.FindAsync(who.Person, http.RequestAborted);
        if (!found.TryGet(out var account, out _))
        {
            await forms.NotFoundAsync(http);
            return;
        }

        var view = new AccountView(
            account, who.Session, await sessions.ListAsync(who.Person, http.RequestAborted),
            await members.OfPersonAsync(who.Requester!, http.RequestAborted), await passkeys.ListAsync(who.Person, http.RequestAborted),
            await logins.ListAsync(who.Person, http.RequestAborted));
        await forms.ShowAsync<AccountPage>(http, status, new() { ["View"] = view, ["Notice"] = notice, ["Problem"] = problem });
    }

    private async Task ChangePasswordAsync(HttpContext http)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var outcome = await signIns.ChangePasswordAsync(
            who, form["old-password"], form["new-password"], browsers.OriginOf(http), http.RequestAborted);
        if (outcome.TryGet(out _, out var problem)) Redirect(http, Home + "?done=password");
        // The rule speaks of the password; on the page there are two fields.
        else await RefuseOnAccountAsync(http, who, problem.With("property", "new-password"));
    }

    private async Task EndSessionAsync(HttpContext http, long id)
    {
        if (await SignedInFormAsync(http) is not var (who, _)) return;
        await sessions.EndAsync(who.Person, id, http.RequestAborted);
        if (id == who.Session) browsers.Forget(http);
        Redirect(http, id == who.Session ? "/" : Home + "?done=session");
    }

    private async Task OfferSecondStepAsync(HttpContext http)
    {
        if (await SignedInFormAsync(http) is not var (who, _)) return;
        var outcome = await accounts.OfferCodesAsync(who.Person, http.RequestAborted);
        if (outcome.TryGet(out _, out var problem)) Redirect(http, "/account/second-step");
        else await RefuseOnAccountAsync(http, who, problem);
    }

    private async Task ShowSecondStepAsync(HttpContext http)
    {
        if (await SignedInAsync(http) is not { } who) return;
        await ShowSecondStepAsync(http, who, 200, null);
    }

    private async Task ShowSecondStepAsync(HttpContext http, SignedIn who, int status, Problem? problem)
    {
        var secret = await accounts.OfferedCodesAsync(who.Person, http.RequestAborted);
        var found = await accounts.FindAsync(who.Person, http.RequestAborted);
        if (secret is null || !found.TryGet(out var account, out _))
        {
            Redirect(http, Home);
            return;
        }

        var key = string.Join(' ', Totp.ToBase32(secret).Chunk(4).Select(group => new string(group)));
        await forms.ShowAsync<SecondStepPage>(http, status, new()
        {
            ["Key"] = key, ["Address"] = Totp.Address(options.SiteName, account.Login, secret), ["Problem"] = problem,
        });
    }

    private async Task ConfirmSecondStepAsync(HttpContext http)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var outcome = await accounts.ConfirmCodesAsync(who.Person, form["code"], http.RequestAborted);
        if (outcome.TryGet(out var codes, out var problem)) await forms.ShowAsync<SecondStepPage>(http, 200, new() { ["Codes"] = codes });
        else if (!WantsPage(http)) await problem.WriteAsync(http);
        else await ShowSecondStepAsync(http, who, problem.Status, problem);
    }

    private async Task RenewCodesAsync(HttpContext http)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var outcome = await signIns.RenewRecoveryCodesAsync(who, form["again"], browsers.OriginOf(http), http.RequestAborted);
        if (outcome.TryGet(out var codes, out var problem)) await forms.ShowAsync<SecondStepPage>(http, 200, new() { ["Codes"] = codes });
        else await RefuseOnAccountAsync(http, who, problem);
    }

    private async Task RemoveSecondStepAsync(HttpContext http)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return;
        var outcome = await signIns.RemoveCodesAsync(who, form["again"], browsers.OriginOf(http), http.RequestAborted);
        if (outcome.TryGet(out _, out var problem)) Redirect(http, Home + "?done=second-step");
        else await RefuseOnAccountAsync(http, who, problem);
    }

    internal async Task RefuseOnAccountAsync(HttpContext http, SignedIn who, Problem problem)
    {
        if (WantsPage(http)) await ShowAccountAsync(http, who, problem.Status, null, problem);
        else await problem.WriteAsync(http);
    }

    // Members -----------------------------------------------------------------------------------------------------------

    private async Task MembersAsync(HttpContext http, string slug)
    {
        if (await SignedInAsync(http) is not { } who) return;
        await ShowMembersAsync(http, who, slug, 200, new());
    }

    private async Task ShowMembersAsync(HttpContext http, SignedIn who, string slug, int status, Dictionary<string, object?> shown)
    {
        if (await members.ReadAsync(who.Requester!, slug, http.RequestAborted) is not { } view)
        {
            await forms.NotFoundAsync(http);
            return;
        }

        shown["View"] = view;
        await forms.ShowAsync<MembersPage>(http, status, shown);
    }

    private async Task InviteAsync(HttpContext http, string slug)
    {
        if (await GoverningFormAsync(http, slug) is not var (who, organization, form)) return;
        var outcome = await links.InviteAsync(
            organization, form["login"], form.All("roles"), who.Person, http.RequestAborted);
        if (outcome.TryGet(out var link, out var problem))
            await ShowMembersAsync(http, who, slug, 200, new() { ["Link"] = link, ["Invited"] = Cut(form["login"]) });
        else if (WantsPage(http)) await ShowMembersAsync(http, who, slug, problem.Status, new() { ["Problem"] = problem });
        else await problem.WriteAsync(http);
    }

    private async Task EndMembershipAsync(HttpContext http, string slug, long id)
    {
        if (await GoverningFormAsync(http, slug) is not var (who, organization, _)) return;
        await members.EndAsync(organization, new(id), http.RequestAborted);
        // Who ends their own administration may not see the page any more.
        Redirect(http, await members.ReadAsync(who.Requester!, slug, http.RequestAborted) is null ? Home : $"/organizations/{slug}/members");
    }

    private async Task TakeBackAsync(HttpContext http, string slug, long id)
    {
        if (await GoverningFormAsync(http, slug) is not var (_, organization, _)) return;
        await links.TakeBackAsync(organization, id, http.RequestAborted);
        Redirect(http, $"/organizations/{slug}/members");
    }

    private async Task<(SignedIn Who, PartyId Organization, FormFields Form)?> GoverningFormAsync(HttpContext http, string slug)
    {
        if (await SignedInFormAsync(http) is not var (who, form)) return null;
        if (await members.GovernedAsync(who.Requester!, slug, http.RequestAborted) is { } organization) return (who, organization, form);
        await forms.NotFoundAsync(http);
        return null;
    }

    // What all of them need ---------------------------------------------------------------------------------------------

    /// <summary>Who signed in; else the answer is given and null returned.</summary>
    internal async Task<SignedIn?> SignedInAsync(HttpContext http)
    {
        if (await browsers.FindAsync(http) is { Requester: not null } who) return who;
        await AskToSignInAsync(http);
        return null;
    }

    /// <summary>Who signed in, and the form that they sent from a page of ours; else the answer is given and null returned.</summary>
    internal async Task<(SignedIn Who, FormFields Form)?> SignedInFormAsync(HttpContext http)
    {
        if (await SignedInAsync(http) is not { } who) return null;
        var read = await forms.ReadFormAsync(http);
        if (read.TryGet(out var form, out var problem)) return (who, form);
        if (WantsPage(http)) await ShowAccountAsync(http, who, problem.Status, null, problem);
        else await problem.WriteAsync(http);
        return null;
    }
}
