using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;

namespace Stoa.Identity.Organizations;

/// <summary><c>/api/v1/organizations</c>.</summary>
public static class OrganizationEndpoints
{
    private const string Root = "/api/v1/organizations";

    /// <summary>Maps the addresses.</summary>
    public static IEndpointRouteBuilder MapOrganizations(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Organizations");
        group.MapGet("", ListAsync).WithName("ListOrganizations")
            .WithSummary("List the organizations of the exchange, by slug")
            .Produces<OrganizationPage>().Refuses(400, 401);
        group.MapGet("{slug}", FindAsync).WithName("GetOrganization")
            .WithSummary("Get one organization")
            .Produces<Organization>().Refuses(401, 404);
        group.MapPost("", CreateAsync).WithName("CreateOrganization")
            .WithSummary("Enter an organization (administrators)")
            .Takes<OrganizationDraft>("application/json")
            .Produces<Organization>(StatusCodes.Status201Created).Refuses(400, 401, 403, 409, 413, 415);
        group.MapPatch("{slug}", PatchAsync).WithName("UpdateOrganization")
            .WithSummary("Change an organization's name or homepage by a JSON merge patch (administrators)")
            .Takes<OrganizationDraft>("application/merge-patch+json", "application/json")
            .Produces<Organization>().Refuses(400, 401, 403, 404, 413, 415);
        return routes;
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        Organizations organizations,
        CredentialCheck credentials,
        string? limit,
        string? skip,
        CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        if (!Page.Parse(limit, skip).TryGet(out var page, out var problem)) return problem.ToHttp();
        var (entries, total) = await organizations.ListAsync(page, cancellation);
        var body = new OrganizationPage(entries, total, page.NextLink(context.Request, total));
        return TypedResults.Json(body, IdentityJson.Wire.OrganizationPage);
    }

    private static async Task<IResult> FindAsync(
        HttpContext context,
        Organizations organizations,
        CredentialCheck credentials,
        string slug,
        CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var outcome = await organizations.FindAsync(slug, cancellation);
        return outcome.TryGet(out var organization, out var problem)
            ? TypedResults.Json(organization, IdentityJson.Wire.Organization)
            : problem.ToHttp();
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, Organizations organizations, CredentialCheck credentials, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadAsync(context, IdentityJson.Wire.OrganizationDraft, cancellation);
        if (!body.TryGet(out var draft, out var unreadable)) return unreadable.ToHttp();
        var outcome = await organizations.CreateAsync(draft, cancellation);
        if (!outcome.TryGet(out var created, out var problem)) return problem.ToHttp();
        context.Response.Headers.Location = $"{context.Request.PathBase}{Root}/{created.Slug}";
        return TypedResults.Json(created, IdentityJson.Wire.Organization, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> PatchAsync(
        HttpContext context,
        Organizations organizations,
        CredentialCheck credentials,
        string slug,
        CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadObjectAsync(context, cancellation);
        if (!body.TryGet(out var patch, out var unreadable)) return unreadable.ToHttp();
        using (patch)
        {
            var outcome = await organizations.PatchAsync(slug, patch.RootElement, cancellation);
            return outcome.TryGet(out var changed, out var problem)
                ? TypedResults.Json(changed, IdentityJson.Wire.Organization)
                : problem.ToHttp();
        }
    }
}
