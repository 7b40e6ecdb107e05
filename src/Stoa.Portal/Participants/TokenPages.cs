using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Catalogue.Datasets;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.Organizations;
using Stoa.Identity.Parties;
using Stoa.Identity.SignIn;
using Stoa.Portal.People;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Portal.Participants;

/// <summary>The page on which an organization's administrators give its services and devices tokens, renew and revoke them.</summary>
internal sealed class TokenPages(
    FormPages forms, Organizations organizations, Parties parties, Tokens tokens, CredentialCheck credentials, Datasets datasets,
    AccessPolicy policy)
{
    /// <summary>Most services and devices that an organization makes by itself; administrators of the exchange go on beyond.</summary>
    internal const int HoldersMax = 200;

    // Datasets offered to a device: who has more names them over the API.
    private const int DatasetsShown = 100;

    // Time to put the new secret into a device before the old one ends.
    private static readonly TimeSpan Overlap = TimeSpan.FromDays(1);

    internal void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/organizations/{slug}/tokens").ExcludeFromDescription();
        group.MapGet("", ListAsync);
        group.MapPost("", MakeAsync);
        group.MapPost("{id:long}/rotate", RotateAsync);
        group.MapPost("{id:long}/revoke", RevokeAsync);
    }

    private async Task ListAsync(HttpContext http, string slug)
    {
        if (await forms.SignedInAsync(http) is not { } who) return;
        if (await FindAsync(http, who, slug) is { } organization) await ShowAsync(http, who, organization, 200, new());
    }

    private async Task ShowAsync(
        HttpContext http, SignedIn who, Organization organization, int status, Dictionary<string, object?> shown)
    {
        var rows = new List<TokenRow>();
        var (holders, _) = await parties.ListAsync(null, null, new(organization.Id.Value), new Page(HoldersMax, 0), http.RequestAborted);
        foreach (var holder in holders.Where(party => party.PartyKind is PartyKind.Service or PartyKind.Device))
        {
            var (held, _) = await tokens.ListAsync(holder.Id, Page.First, http.RequestAborted);
            rows.AddRange(held.Select(token => new TokenRow(holder, token)));
        }

        shown["View"] = new TokensView(organization, rows, await DatasetsAsync(http, who, organization));
        shown.TryAdd("Typed", Typed(null));
        await forms.ShowAsync<TokensPage>(http, status, shown);
    }

    private async Task MakeAsync(HttpContext http, string slug)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (await FindAsync(http, who, slug) is not { } organization) return;
        FormFields? form = null;
        if (read.TryGet(out form, out var problem))
        {
            var outcome = await GiveAsync(http, who, organization, form);
            if (outcome.TryGet(out var made, out problem))
            {
                await ShowAsync(http, who, organization, 200, new() { ["Made"] = made });
                return;
            }
        }

        await RefuseAsync(http, who, organization, problem, form);
    }

    private async Task<Result<CreatedToken>> GiveAsync(HttpContext http, SignedIn who, Organization organization, FormFields form)
    {
        var name = form["name"].Trim();
        var isDevice = form["kind"] != "service";
        var named = form.All("datasets");
        if (TextRules.CheckLine("name", name, PartyDraft.NameLengthMax) is { } unfit) return unfit;
        if (isDevice && named.Count == 0) return DeviceNeedsDataset;
        // What is not offered cannot be chosen, whoever sends the form.
        var offered = await DatasetsAsync(http, who, organization);
        if (!isDevice) named = [];
        if (named.Any(slug => offered.All(dataset => dataset.Slug != slug))) return Problem.NotFound();
        var (_, total) = await parties.ListAsync(null, null, new(organization.Id.Value), new Page(1, 0), http.RequestAborted);
        if (total >= HoldersMax) return TooMany;
        var holder = await parties.CreateAsync(
            new() { Kind = isDevice ? "device" : "service", Name = name, Parent = organization.Id.Value }, http.RequestAborted);
        if (!holder.TryGet(out var party, out var refused)) return refused;
        return await tokens.CreateAsync(
            new() { Name = name, Party = party.Id.Value, Datasets = [.. named.Select(slug => new TokenGrant { Dataset = slug, Can = ["write"] })] },
            http.RequestAborted);
    }

    private async Task RotateAsync(HttpContext http, string slug, long id)
    {
        if (await TokenFormAsync(http, slug, id) is not var (who, organization, token)) return;
        var outcome = await credentials.RotateAsync(token, new() { OverlapSeconds = (int)Overlap.TotalSeconds }, http.RequestAborted);
        if (outcome.TryGet(out var made, out var problem)) await ShowAsync(http, who, organization, 200, new() { ["Made"] = made });
        else await RefuseAsync(http, who, organization, problem, null);
    }

    private async Task RevokeAsync(HttpContext http, string slug, long id)
    {
        if (await TokenFormAsync(http, slug, id) is not var (who, organization, token)) return;
        var outcome = await credentials.RevokeAsync(token, http.RequestAborted);
        if (outcome.TryGet(out _, out var problem)) FormPages.Redirect(http, $"/organizations/{slug}/tokens");
        else await RefuseAsync(http, who, organization, problem, null);
    }

    // The token, if a service or device of the organization holds it; absent and another's look the same.
    private async Task<(SignedIn Who, Organization Organization, TokenId Token)?> TokenFormAsync(HttpContext http, string slug, long id)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return null;
        if (await FindAsync(http, who, slug) is not { } organization) return null;
        if (!read.TryGet(out _, out var problem))
        {
            await RefuseAsync(http, who, organization, problem, null);
            return null;
        }

        var (holders, _) = await parties.ListAsync(null, null, new(organization.Id.Value), new Page(HoldersMax, 0), http.RequestAborted);
        foreach (var holder in holders.Where(party => party.PartyKind is PartyKind.Service or PartyKind.Device))
        {
            var (held, _) = await tokens.ListAsync(holder.Id, Page.First, http.RequestAborted);
            if (held.Any(token => token.Id.Value == id)) return (who, organization, new(id));
        }

        await forms.NotFoundAsync(http);
        return null;
    }

    private async Task RefuseAsync(HttpContext http, SignedIn who, Organization organization, Problem problem, FormFields? form)
    {
        if (FormPages.WantsPage(http))
            await ShowAsync(http, who, organization, problem.Status, new() { ["Problem"] = problem, ["Typed"] = Typed(form) });
        else await problem.WriteAsync(http);
    }

    // Its own datasets in which the visitor may do what such a token may: add, change and remove.
    private async Task<IReadOnlyList<Dataset>> DatasetsAsync(HttpContext http, SignedIn who, Organization organization)
    {
        var query = new DatasetQuery { Owner = organization.Slug, Page = new(DatasetsShown, 0) };
        var list = await datasets.ListAsync(query, policy.ReadDescriptions(who.Requester!), http.RequestAborted); // Signed in.
        var change = policy.Change(who.Requester!);
        return [.. list.Entries.Select(entry => entry.Dataset).Where(dataset => change.Contains(dataset.Id))];
    }

    private async Task<Organization?> FindAsync(HttpContext http, SignedIn who, string slug)
    {
        var found = await organizations.FindAsync(slug, http.RequestAborted);
        if (found.TryGet(out var organization, out _) && who.Requester!.Governs(new(organization.Id.Value))) return organization;
        await forms.NotFoundAsync(http);
        return null;
    }

    private static Func<string, string> Typed(FormFields? form) => name => form?[name] ?? "";

    private static Problem DeviceNeedsDataset { get; } = Problem.BadRequest(
        "missing-property", "A property is missing", "A device delivers to datasets: choose at least one.").With("property", "datasets");

    private static Problem TooMany { get; } = new Problem(409, "too-many-tokens", "There are too many tokens",
        string.Create(CultureInfo.InvariantCulture,
            $"An organization makes {HoldersMax} services and devices by itself. Ask an administrator of the exchange for more.")).With("limit", HoldersMax);
}

/// <summary>A token of an organization.</summary>
/// <param name="Holder">The service or device that holds it.</param>
/// <param name="Token">It, without its secret.</param>
public sealed record TokenRow(Party Holder, Token Token);

/// <summary>The tokens of an organization's services and devices.</summary>
/// <param name="Organization">Which.</param>
/// <param name="Rows">Its tokens.</param>
/// <param name="Datasets">Those that a device can deliver to.</param>
public sealed record TokensView(Organization Organization, IReadOnlyList<TokenRow> Rows, IReadOnlyList<Dataset> Datasets);
