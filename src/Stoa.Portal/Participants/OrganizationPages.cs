using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Catalogue.Datasets;
using Stoa.Identity.Http;
using Stoa.Identity.Organizations;
using Stoa.Identity.SignIn;
using Stoa.Portal.Governance;
using Stoa.Portal.People;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Portal.Participants;

/// <summary>The pages on which organizations are admitted, and on which an organization enters its datasets.</summary>
internal sealed class OrganizationPages(
    FormPages forms, Organizations organizations, Datasets datasets, DatasetFacts facts, AccessPolicy policy, GovernanceReader governance)
{
    private const int PageLength = 100;

    internal void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").ExcludeFromDescription();
        group.MapGet("/organizations", ListAsync);
        group.MapPost("/organizations", AdmitAsync);
        group.MapGet("/organizations/{slug}/datasets", DatasetsAsync);
        group.MapPost("/organizations/{slug}/datasets", EnterAsync);
    }

    // Organizations -----------------------------------------------------------------------------------------------------

    private async Task ListAsync(HttpContext http)
    {
        if (await OfficerAsync(http) is not null) await ShowListAsync(http, 200, null, null);
    }

    private async Task ShowListAsync(HttpContext http, int status, Problem? problem, FormFields? form)
    {
        var page = PageOf(http);
        var (entries, total) = await organizations.ListAsync(new(PageLength, (page - 1) * PageLength), http.RequestAborted);
        await forms.ShowAsync<OrganizationsPage>(http, status, new()
        {
            ["View"] = new OrganizationsView(entries, page, Pages(total)), ["Problem"] = problem, ["Typed"] = Typed(form),
        });
    }

    private async Task AdmitAsync(HttpContext http)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (!who.Requester!.IsAdministrator) // Signed in.
        {
            await forms.NotFoundAsync(http);
            return;
        }

        FormFields? form = null;
        if (read.TryGet(out form, out var problem))
        {
            var name = form["name"].Trim();
            var draft = new OrganizationDraft { Name = name, Slug = SlugOf(name) };
            var outcome = await organizations.CreateAsync(draft, http.RequestAborted);
            if (outcome.TryGet(out var made, out problem))
            {
                FormPages.Redirect(http, $"/organizations/{made.Slug}/members");
                return;
            }
        }

        if (FormPages.WantsPage(http)) await ShowListAsync(http, problem.Status, OnField(problem, "name"), form);
        else await problem.WriteAsync(http);
    }

    // The datasets of one -----------------------------------------------------------------------------------------------

    private async Task DatasetsAsync(HttpContext http, string slug)
    {
        if (await forms.SignedInAsync(http) is not { } who) return;
        if (await FindAsync(http, who, slug) is { } organization) await ShowDatasetsAsync(http, who, organization, 200, null, null);
    }

    private async Task ShowDatasetsAsync(
        HttpContext http, SignedIn who, Organization organization, int status, Problem? problem, FormFields? form)
    {
        var page = PageOf(http);
        var query = new DatasetQuery { Owner = organization.Slug, Page = new(PageLength, (page - 1) * PageLength) };
        var list = await datasets.ListAsync(query, policy.ReadDescriptions(who.Requester!), http.RequestAborted);
        var (given, taken) = await governance.DelegationsOfAsync(new(organization.Id.Value), http.RequestAborted);
        await forms.ShowAsync<OrganizationDatasetsPage>(http, status, new()
        {
            ["View"] = new OrganizationDatasetsView(
                organization, [.. list.Entries.Select(entry => entry.Dataset)], page, Pages(list.Total), given, taken),
            ["Problem"] = problem, ["Typed"] = Typed(form),
        });
    }

    private async Task EnterAsync(HttpContext http, string slug)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (await FindAsync(http, who, slug) is not { } organization) return;
        FormFields? form = null;
        if (read.TryGet(out form, out var problem))
        {
            var title = form["title"].Trim();
            var draft = new DatasetDraft
            {
                Slug = SlugOf($"{organization.Slug} {title}"), Title = title, Description = form["description"], Sector = form["sector"],
                Owner = organization.Slug,
            };
            var outcome = await datasets.CreateAsync(draft, who.Requester, http.RequestAborted);
            if (outcome.TryGet(out var made, out problem))
            {
                if (form["listed"] == "yes") await ListAsync(http, who, organization, made.Slug);
                FormPages.Redirect(http, $"/datasets/{made.Slug}/governance");
                return;
            }
        }

        if (FormPages.WantsPage(http))
            await ShowDatasetsAsync(http, who, organization, problem.Status, OnField(problem, "title"), form);
        else await problem.WriteAsync(http);
    }

    // The dataset is entered; where listing it is refused, it stays unlisted and the page of its governance shows so.
    private async Task ListAsync(HttpContext http, SignedIn who, Organization organization, string dataset)
    {
        var isMember = who.Requester!.Memberships.Any(membership => membership.Organization.Value == organization.Id.Value);
        var draft = new FactsDraft { Listed = true, Reason = "Entered as listed.", For = isMember ? organization.Id.Value : 0 };
        _ = await facts.PutAsync(who.Requester, dataset, draft, http.RequestAborted);
    }

    // What all of them need ---------------------------------------------------------------------------------------------

    private async Task<SignedIn?> OfficerAsync(HttpContext http)
    {
        if (await forms.SignedInAsync(http) is not { } who) return null;
        if (who.Requester!.IsAdministrator) return who;
        await forms.NotFoundAsync(http);
        return null;
    }

    private async Task<Organization?> FindAsync(HttpContext http, SignedIn who, string slug)
    {
        var found = await organizations.FindAsync(slug, http.RequestAborted);
        if (found.TryGet(out var organization, out _) && who.Requester!.AnswersFor(new(organization.Id.Value))) return organization;
        await forms.NotFoundAsync(http);
        return null;
    }

    private static int PageOf(HttpContext http) =>
        int.TryParse(http.Request.Query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var page)
            ? Math.Clamp(page, 1, Page.SkipMax / PageLength) : 1;

    private static int Pages(long total) => (int)Math.Max(1, (total + PageLength - 1) / PageLength);

    private static Func<string, string> Typed(FormFields? form) => name => form?[name] ?? "";

    // The form asks for a name alone: what is wrong with the slug made of it is wrong with the name.
    private static Problem OnField(Problem problem, string field) =>
        problem.Members.Any(member => member.Key == "property" && member.Value as string == "slug")
            ? (problem.Status == StatusCodes.Status409Conflict ? Taken : Nameless).With("property", field)
            : problem;

    /// <summary>The name in addresses that a name for people gives: small letters, digits and hyphens.</summary>
    internal static string SlugOf(string name)
    {
        var slug = new StringBuilder();
        var plain = name.ToLowerInvariant().Replace("ä", "ae", StringComparison.Ordinal).Replace("ö", "oe", StringComparison.Ordinal)
            .Replace("ü", "ue", StringComparison.Ordinal).Replace("ß", "ss", StringComparison.Ordinal).Normalize(NormalizationForm.FormD);
        foreach (var letter in plain)
        {
            if (char.IsAsciiLetterOrDigit(letter)) slug.Append(letter);
            else if (CharUnicodeInfo.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark && slug is [.., not '-']) slug.Append('-');
        }

        if (slug.Length > TextRules.SlugLengthMax) slug.Length = TextRules.SlugLengthMax;
        return slug.ToString().TrimEnd('-');
    }

    private static Problem Taken { get; } = new(409, "slug-taken", "This name is taken",
        "Another one has the same name, or one that gives the same address. Choose a name that tells them apart.");

    private static Problem Nameless { get; } = Problem.BadRequest("invalid-property", "A property is not acceptable",
        "The name needs letters a-z or digits: the address is made of them.");
}

/// <summary>The organizations of the exchange, as the office sees them.</summary>
/// <param name="Organizations">One page, by slug.</param>
/// <param name="Page">Which, counted from 1.</param>
/// <param name="Pages">How many there are.</param>
public sealed record OrganizationsView(IReadOnlyList<Organization> Organizations, int Page, int Pages);

/// <summary>The datasets that an organization owns.</summary>
/// <param name="Organization">Which.</param>
/// <param name="Datasets">One page, by title.</param>
/// <param name="Page">Which, counted from 1.</param>
/// <param name="Pages">How many there are.</param>
/// <param name="Given">Who may act in its place.</param>
/// <param name="Taken">In whose place it may act.</param>
public sealed record OrganizationDatasetsView(
    Organization Organization, IReadOnlyList<Dataset> Datasets, int Page, int Pages, IReadOnlyList<DelegationLine> Given,
    IReadOnlyList<DelegationLine> Taken);
