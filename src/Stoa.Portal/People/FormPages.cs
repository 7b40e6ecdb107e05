using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Http;
using Stoa.Identity.SignIn;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Portal.Layout;
using Stoa.Portal.Pages;
using Stoa.Vocabulary;

namespace Stoa.Portal.People;

/// <summary>Pages with forms: what proves that they are ours, how they are read, and how one is refused.</summary>
internal sealed class FormPages(Visitors visitors, HtmlPages pages, Browsers browsers, OpenIdClient openId)
{
    internal const string Door = "/sign-in";
    internal const string Home = "/account";

    /// <summary>Who signed in; else the answer is given and null returned.</summary>
    internal async Task<SignedIn?> SignedInAsync(HttpContext http)
    {
        if (await browsers.FindAsync(http) is { Requester: not null } who) return who;
        await AskToSignInAsync(http);
        return null;
    }

    /// <summary>Who signed in, and the form that they sent from a page of ours; else the answer is given and null returned.</summary>
    internal async Task<(SignedIn Who, Result<FormFields> Form)?> SignedInFormAsync(HttpContext http, int bytesMax = SignInLimits.FormBytesMax)
    {
        if (await SignedInAsync(http) is not { } who) return null;
        return (who, await ReadFormAsync(http, bytesMax));
    }

    internal async Task<Result<FormFields>> ReadFormAsync(HttpContext http, int bytesMax = SignInLimits.FormBytesMax)
    {
        var read = await FormFields.ReadAsync(http, bytesMax, http.RequestAborted);
        if (!read.TryGet(out var form, out var problem)) return problem;
        return browsers.IsOurs(http, form[Browsers.FormField]) ? form : FormExpired;
    }

    internal static async Task AskToSignInAsync(HttpContext http)
    {
        if (HttpMethods.IsGet(http.Request.Method) || WantsPage(http))
        {
            var back = HttpMethods.IsGet(http.Request.Method) ? http.Request.Path + http.Request.QueryString : Home;
            Redirect(http, $"{Door}?back={Uri.EscapeDataString(back)}");
        }
        else
        {
            await Stoa.Identity.Credentials.Refusals.CredentialRequired.WriteAsync(http);
        }
    }

    internal Task ShowAsync<TPage>(HttpContext http, int status, Dictionary<string, object?> parameters)
        where TPage : IComponent
    {
        var visit = visitors.Visit(http);
        // The address holds words of the provider, and a code: no page repeats them, not even to come back to it.
        if (http.Request.Path.StartsWithSegments("/sign-in/openid", StringComparison.Ordinal)) visit = visit with { Path = Door };
        parameters["Visit"] = visit;
        var proof = browsers.Prove(http);
        parameters["Form"] = proof.Token;
        if (typeof(TPage) == typeof(SignInPage) || typeof(TPage) == typeof(AccountPage)) parameters["Challenge"] = proof.Challenge;
        if (typeof(TPage) == typeof(SignInPage) || typeof(TPage) == typeof(AccountPage) || typeof(TPage) == typeof(JoinPage))
            parameters["Provider"] = openId.Name;
        return pages.WritePrivateAsync<TPage>(http, status, parameters);
    }

    internal async Task RefuseAsync<TPage>(HttpContext http, Problem problem, Dictionary<string, object?> parameters)
        where TPage : IComponent
    {
        if (!WantsPage(http))
        {
            await problem.WriteAsync(http);
            return;
        }

        if (problem.RetryAfterSeconds is { } seconds)
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        parameters["Problem"] = problem;
        await ShowAsync<TPage>(http, problem.Status, parameters);
    }

    internal Task NotFoundAsync(HttpContext http) => WantsPage(http)
        ? pages.WriteAsync<NotFoundPage>(http, 404, new() { ["Visit"] = visitors.Visit(http) })
        : Problem.NotFound().WriteAsync(http);

    internal static void Redirect(HttpContext http, string path)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = path;
    }

    internal static string Local(string? back) => PageEndpoints.IsLocal(back) ? back! : Home;

    internal static string Cut(string text) => text.Length <= 254 ? text : text[..254];

    internal static bool WantsPage(HttpContext http) =>
        http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static Problem FormExpired { get; } = Problem.BadRequest(
        "form-expired", "The form is not valid any more",
        "It was opened in another browser, under another session or on another site. Load the page again, then send it once more.");
}
