using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Roles;

/// <summary>Roles and delegations under <c>/api/v1</c>.</summary>
internal static class RoleEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags("Roles");
        group.MapGet("roles/table", TableAsync).WithName("GetRoleTable")
            .WithSummary("Get the table of who may do what with a dataset")
            .Produces<RoleTableView>().Refuses(401);
        group.MapGet("datasets/{slug}/roles", OfDatasetAsync).WithName("ListDatasetRoles")
            .WithSummary("List the roles towards a dataset that the caller may know of, newest first")
            .Produces<RolePage>().Refuses(400, 401, 404);
        group.MapPost("datasets/{slug}/roles", ProposeAsync).WithName("ProposeRole")
            .WithSummary("Propose a role to a party, which accepts or declines it")
            .Takes<RoleDraft>("application/json")
            .Produces<RoleView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapGet("parties/{id:long}/roles", OfPartyAsync).WithName("ListPartyRoles")
            .WithSummary("List the roles of a party, newest first")
            .Produces<RolePage>().Refuses(400, 401, 404);
        group.MapGet("roles/{id:long}", FindAsync).WithName("GetRole")
            .WithSummary("Get one role with what happened to it")
            .Produces<RoleView>().Refuses(401, 404);
        group.MapPost("roles/{id:long}/moves", MoveAsync).WithName("MoveRole")
            .WithSummary("Accept, decline, withdraw, dispute, confirm or end a role")
            .Takes<MoveDraft>("application/json")
            .Produces<RoleView>().Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapGet("datasets/{slug}/delegations", DelegationsOfAsync).WithName("ListDelegations")
            .WithSummary("List the delegations of a dataset that the caller may know of, newest first")
            .Produces<DelegationPage>().Refuses(400, 401, 404);
        group.MapPost("datasets/{slug}/delegations", OfferAsync).WithName("OfferDelegation")
            .WithSummary("Let another party grant or publish in one's place, up to a level and a day")
            .Takes<DelegationDraft>("application/json")
            .Produces<DelegationView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 404, 413, 415);
        group.MapGet("delegations/{id:long}", FindDelegationAsync).WithName("GetDelegation")
            .WithSummary("Get one delegation with what happened to it")
            .Produces<DelegationView>().Refuses(401, 404);
        group.MapPost("delegations/{id:long}/moves", MoveDelegationAsync).WithName("MoveDelegation")
            .WithSummary("Accept or revoke a delegation")
            .Takes<MoveDraft>("application/json")
            .Produces<DelegationView>().Refuses(400, 401, 403, 404, 409, 413, 415);
    }

    private static async Task<IResult> TableAsync(HttpContext context, CredentialCheck credentials, CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        return who.TryGet(out _, out var refusal)
            ? TypedResults.Json(RoleTableView.Everything, GovernanceJson.Wire.RoleTableView)
            : refusal.ToHttp();
    }

    private static Task<IResult> OfDatasetAsync(
        HttpContext context, Governed http, DatasetRoles roles, string slug, string? limit, string? skip, CancellationToken cancellation) =>
        http.PageAsync(context, limit, skip, (who, page) => roles.OfDatasetAsync(who, slug, page, cancellation),
            (value, count, next) => new RolePage(value, count, next), GovernanceJson.Wire.RolePage);

    private static Task<IResult> OfPartyAsync(
        HttpContext context, Governed http, DatasetRoles roles, long id, string? limit, string? skip, CancellationToken cancellation) =>
        http.PageAsync(context, limit, skip, (who, page) => roles.OfPartyAsync(who, new(id), page, cancellation),
            (value, count, next) => new RolePage(value, count, next), GovernanceJson.Wire.RolePage);

    private static Task<IResult> FindAsync(HttpContext context, Governed http, DatasetRoles roles, long id, CancellationToken cancellation) =>
        http.GetAsync(context, who => roles.FindAsync(who, id, cancellation), GovernanceJson.Wire.RoleView);

    private static Task<IResult> ProposeAsync(
        HttpContext context, Governed http, DatasetRoles roles, string slug, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.RoleDraft, (who, draft) => roles.ProposeAsync(who, slug, draft, cancellation),
            GovernanceJson.Wire.RoleView, made => $"/api/v1/roles/{made.Id}");

    private static Task<IResult> MoveAsync(HttpContext context, Governed http, DatasetRoles roles, long id, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.MoveDraft, (who, draft) => roles.MoveAsync(who, id, draft, cancellation),
            GovernanceJson.Wire.RoleView);

    private static Task<IResult> DelegationsOfAsync(
        HttpContext context, Governed http, DatasetDelegations delegations, string slug, string? limit, string? skip,
        CancellationToken cancellation) =>
        http.PageAsync(context, limit, skip, (who, page) => delegations.OfDatasetAsync(who, slug, page, cancellation),
            (value, count, next) => new DelegationPage(value, count, next), GovernanceJson.Wire.DelegationPage);

    private static Task<IResult> OfferAsync(
        HttpContext context, Governed http, DatasetDelegations delegations, string slug, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.DelegationDraft, (who, draft) => delegations.OfferAsync(who, slug, draft, cancellation),
            GovernanceJson.Wire.DelegationView, made => $"/api/v1/delegations/{made.Id}");

    private static Task<IResult> FindDelegationAsync(
        HttpContext context, Governed http, DatasetDelegations delegations, long id, CancellationToken cancellation) =>
        http.GetAsync(context, who => delegations.FindAsync(who, id, cancellation), GovernanceJson.Wire.DelegationView);

    private static Task<IResult> MoveDelegationAsync(
        HttpContext context, Governed http, DatasetDelegations delegations, long id, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.MoveDraft, (who, draft) => delegations.MoveAsync(who, id, draft, cancellation),
            GovernanceJson.Wire.DelegationView);
}
