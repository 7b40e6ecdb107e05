using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.SignIn;
using Stoa.Portal.Layout;
using Stoa.Portal.Pages;
using Stoa.Vocabulary;

namespace Stoa.Portal.People;

/// <summary>What pages need on which people who signed in do something: who it is, the form that they sent, and the answer.</summary>
/// <remarks>Every form carries what proves that it came from a page of ours (<see cref="Browsers"/>).</remarks>
internal sealed class SignedForms(Visitors visitors, HtmlPages pages, Browsers browsers)
{
    private const string Door = "/sign-in";

    /// <summary>Who signed in; else the answer is given and null returned.</summary>
    internal async Task<SignedIn?> SignedInAsync(HttpContext http)
    {
        if (await browsers.FindAsync(http) is { Requester: not null } who) return who;
        if (HttpMethods.IsGet(http.Request.Method) || WantsPage(http))
        {
            var back = HttpMethods.IsGet(http.Request.Method) ? http.Request.Path + http.Request.QueryString : "/account";
            Redirect(http, $"{Door}?back={Uri.EscapeDataString(back)}");
        }
        else
        {
            await Refusals.CredentialRequired.WriteAsync(http);
        }

        return null;
    }

    /// <summary>Who signed in, and the form that they sent from a page of ours; else the answer is given and null returned.</summary>
    internal async Task<(SignedIn Who, Result<FormFields> Form)?> SignedInFormAsync(HttpContext http)
    {
        if (await SignedInAsync(http) is not { } who) return null;
        var read = await FormFields.ReadAsync(http, http.RequestAborted);
        if (!read.TryGet(out var form, out var problem)) return (who, problem);
        return (who, browsers.IsOurs(http, form[Browsers.FormField]) ? form : FormExpired);
    }

    /// <summary>A page of one person's, with what its forms carry.</summary>
    internal Task ShowAsync<TPage>(HttpContext http, int status, Dictionary<string, object?> parameters)
        where TPage : IComponent
    {
        parameters["Visit"] = visitors.Visit(http);
        parameters["Form"] = browsers.Prove(http).Token;
        return pages.WritePrivateAsync<TPage>(http, status, parameters);
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

    internal static bool WantsPage(HttpContext http) =>
        http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static Problem FormExpired { get; } = Problem.BadRequest(
        "form-expired", "The form is not valid any more",
        "It was opened in another browser, under another session or on another site. Load the page again, then send it once more.");
}
