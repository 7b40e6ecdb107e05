using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;
using Stoa.Identity.SignIn;
using Stoa.Portal.Assets;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Portal.Layout;

/// <summary>Who looks at a page, and what that one may see: the same check and policy as every protocol.</summary>
internal sealed class Visitors(
    CredentialCheck credentials, Browsers browsers, AccessPolicy policy, PortalOptions options, BrowserFiles files, TimeProvider time)
{
    internal const string ThemeCookie = "stoa-theme";

    internal AccessPolicy Policy => policy;

    internal string BaseAddress { get; } = options.BaseAddress.AbsoluteUri.TrimEnd('/');

    internal string SiteName => options.SiteName;

    /// <summary>The requester: who holds the token, else who signed in; anonymous without either, a problem for a bad token.</summary>
    /// <remarks>
    /// Sessions count for pages and for the data behind them, which change nothing. Interfaces for programs take tokens alone, so that no
    /// page elsewhere can make a browser write there. Who holds a token asks by a program, whatever the address: what may be looked at
    /// in the portal alone is not for it.
    /// </remarks>
    internal async ValueTask<Result<Requester>> AuthenticateAsync(HttpContext http)
    {
        if (http.Request.Headers.Authorization.Count > 0 || !browsers.SeemsSignedIn(http))
            return (await credentials.AuthenticateAsync(http, http.RequestAborted)).TryGet(out var holder, out var problem)
                ? holder.By(holder.IsAnonymous ? WayOut.Portal : WayOutRule.OfRequest(http))
                : problem;
        return ((await browsers.FindAsync(http))?.Requester ?? Requester.Anonymous).By(WayOut.Portal);
    }

    /// <summary>What the requester may read now; what leaves with this answer is recorded where it is not open.</summary>
    internal AccessScope Read(HttpContext http, Requester requester)
    {
        var scope = policy.Read(requester);
        ExchangeMeter.Of(http)?.Reach(requester, scope, policy);
        return scope;
    }

    /// <summary>The scope narrowed to one dataset by its slug; nothing when it is absent or hidden.</summary>
    internal AccessScope ReadWithin(HttpContext http, Requester requester, string slug)
    {
        if (!policy.DatasetForRead(requester, slug).TryGet(out var dataset, out _)) return AccessScope.Nothing;
        var scope = policy.Read(requester).Within(dataset.Id);
        ExchangeMeter.Of(http)?.Reach(requester, scope, policy);
        return scope;
    }

    /// <summary>Whether something of the dataset is in the scope. Asked before anything is read, absent and hidden take as long.</summary>
    internal bool IsWithin(AccessScope scope, string slug) =>
        scope.ContainsAny(policy.TryFindDataset(slug, out var dataset) ? dataset.Id : default);

    /// <summary>The scope as statements take it, with this dataset in any case: of one that has more narrowings, this dataset alone.</summary>
    internal AccessScope Bounded(AccessScope scope, string slug) =>
        scope.NarrowedGroups.Length > NarrowedFields.NarrowingsMax && policy.TryFindDataset(slug, out var dataset) ? scope.Within(dataset.Id) : scope;

    /// <summary>Tells the record of an answer how many rows leave with it; with an answer to HEAD none does.</summary>
    internal static void Count(HttpContext http, long rows)
    {
        if (!WithoutBody.IsAsked(http)) _ = ExchangeMeter.Of(http)?.TryAddRows(rows);
    }

    /// <summary>What the layout needs to know.</summary>
    internal Visit Visit(HttpContext http) => new(
        options.SiteName, BaseAddress, http.Request.Path + http.Request.QueryString, files.Address(""),
        TryTheme(http.Request.Cookies[ThemeCookie], out var theme) ? theme : "auto", time.GetUtcNow())
    {
        IsSignedIn = browsers.SeemsSignedIn(http),
    };

    /// <summary>The themes there are; anything else in the cookie is left aside.</summary>
    internal static bool TryTheme(string? text, [NotNullWhen(true)] out string? theme)
    {
        theme = text is "light" or "dark" or "auto" ? text : null;
        return theme is not null;
    }
}
