using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Identity.Parties;

/// <summary><c>/api/v1/parties</c> and <c>/api/v1/memberships</c>, for administrators alone: they hold names of people.</summary>
public static class PartyEndpoints
{
    private const string Root = "/api/v1/parties";

    /// <summary>Maps the addresses.</summary>
    public static IEndpointRouteBuilder MapParties(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Parties");
        group.MapGet("", ListAsync).WithName("ListParties")
            .WithSummary("List organizations, units, people, services and devices, by id (administrators)")
            .Produces<PartyPage>().Refuses(400, 401, 403);
        group.MapPost("", CreateAsync).WithName("CreateParty")
            .WithSummary("Enter a unit, person, service or device (administrators)")
            .Takes<PartyDraft>("application/json")
            .Produces<Party>(StatusCodes.Status201Created).Refuses(400, 401, 403, 413, 415);
        group.MapGet("{id:long}", FindAsync).WithName("GetParty")
            .WithSummary("Get one party (administrators)")
            .Produces<Party>().Refuses(401, 403, 404);
        group.MapPatch("{id:long}", PatchAsync).WithName("UpdateParty")
            .WithSummary("Change a party's name, category or jurisdiction by a JSON merge patch (administrators)")
            .Takes<PartyDraft>("application/merge-patch+json", "application/json")
            .Produces<Party>().Refuses(400, 401, 403, 404, 413, 415);
        group.MapPut("{id:long}/status", ChangeStatusAsync).WithName("ChangePartyStatus")
            .WithSummary("Verify, activate, suspend or end a party and all that belongs to it (administrators)")
            .Takes<PartyStatusDraft>("application/json")
            .Produces<Party>().Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapGet("{id:long}/memberships", MembershipsAsync).WithName("ListMemberships")
            .WithSummary("List every membership of a person, newest first (administrators)")
            .Produces<MembershipList>().Refuses(401, 403, 404);
        group.MapPost("{id:long}/memberships", JoinAsync).WithName("CreateMembership")
            .WithSummary("Make a person belong to an organization (administrators)")
            .Takes<MembershipDraft>("application/json")
            .Produces<Membership>(StatusCodes.Status201Created).Refuses(400, 401, 403, 404, 409, 413, 415);
        routes.MapDelete("/api/v1/memberships/{id:long}", EndAsync).WithName("EndMembership").WithTags("Parties")
            .WithSummary("End a membership now; it stays recorded (administrators)")
            .Produces<Membership>().Refuses(401, 403, 404);
        return routes;
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, Parties parties, CredentialCheck credentials, string? kind, string? status, string? parent, string? limit,
        string? skip, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        if (!Page.Parse(limit, skip).TryGet(out var page, out var problem)) return problem.ToHttp();
        PartyKind? ofKind = PartyWords.TryKind(kind, out var parsedKind) ? parsedKind : null;
        if (kind is not null && ofKind is null) return InvalidParameter("kind", PartyWords.AllKinds).ToHttp();
        PartyStatus? ofStatus = PartyWords.TryStatus(status, out var parsedStatus) ? parsedStatus : null;
        if (status is not null && ofStatus is null) return InvalidParameter("status", PartyWords.AllStatuses).ToHttp();
        PartyId? below = long.TryParse(parent, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? new(id) : null;
        if (parent is not null && below is null) return InvalidParameter("parent", "the ids of parties").ToHttp();
        var (entries, total) = await parties.ListAsync(ofKind, ofStatus, below, page, cancellation);
        return Personal(context, TypedResults.Json(
            new PartyPage(entries, total, page.NextLink(context.Request, total)), IdentityJson.Wire.PartyPage));
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, Parties parties, CredentialCheck credentials, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadAsync(context, IdentityJson.Wire.PartyDraft, cancellation);
        if (!body.TryGet(out var draft, out var unreadable)) return unreadable.ToHttp();
        var outcome = await parties.CreateAsync(draft, cancellation);
        if (!outcome.TryGet(out var created, out var problem)) return problem.ToHttp();
        context.Response.Headers.Location = $"{context.Request.PathBase}{Root}/{created.Number}";
        return Personal(context, TypedResults.Json(created, IdentityJson.Wire.Party, statusCode: StatusCodes.Status201Created));
    }

    private static async Task<IResult> FindAsync(
        HttpContext context, Parties parties, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        return Answer(context, await parties.FindAsync(new(id), cancellation));
    }

    private static async Task<IResult> PatchAsync(
        HttpContext context, Parties parties, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadObjectAsync(context, cancellation);
        if (!body.TryGet(out var patch, out var unreadable)) return unreadable.ToHttp();
        using (patch) return Answer(context, await parties.PatchAsync(new(id), patch.RootElement, cancellation));
    }

    private static async Task<IResult> ChangeStatusAsync(
        HttpContext context, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadAsync(context, IdentityJson.Wire.PartyStatusDraft, cancellation);
        if (!body.TryGet(out var draft, out var unreadable)) return unreadable.ToHttp();
        if (!PartyWords.TryStatus(draft.Status, out var status))
            return StrictJson.InvalidProperty("status", $"'status' takes one of {PartyWords.AllStatuses}.").ToHttp();
        return Answer(context, await credentials.ChangeStatusAsync(new(id), status, cancellation));
    }

    private static async Task<IResult> MembershipsAsync(
        HttpContext context, Parties parties, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var outcome = await parties.MembershipsAsync(new(id), cancellation);
        return outcome.TryGet(out var memberships, out var problem)
            ? Personal(context, TypedResults.Json(new MembershipList(memberships), IdentityJson.Wire.MembershipList))
            : problem.ToHttp();
    }

    private static async Task<IResult> JoinAsync(
        HttpContext context, Parties parties, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadAsync(context, IdentityJson.Wire.MembershipDraft, cancellation);
        if (!body.TryGet(out var draft, out var unreadable)) return unreadable.ToHttp();
        var outcome = await parties.JoinAsync(new(id), draft, cancellation);
        return outcome.TryGet(out var membership, out var problem)
            ? Personal(context, TypedResults.Json(membership, IdentityJson.Wire.Membership, statusCode: StatusCodes.Status201Created))
            : problem.ToHttp();
    }

    private static async Task<IResult> EndAsync(
        HttpContext context, Parties parties, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var outcome = await parties.EndMembershipAsync(new(id), cancellation);
        return outcome.TryGet(out var membership, out var problem)
            ? Personal(context, TypedResults.Json(membership, IdentityJson.Wire.Membership))
            : problem.ToHttp();
    }

    private static IResult Answer(HttpContext context, Result<Party> outcome) => outcome.TryGet(out var party, out var problem)
        ? Personal(context, TypedResults.Json(party, IdentityJson.Wire.Party))
        : problem.ToHttp();

    // Names of people are kept by nobody on the way.
    private static IResult Personal(HttpContext context, IResult result)
    {
        context.Response.Headers.CacheControl = "no-store";
        return result;
    }

    private static Problem InvalidParameter(string name, string taken) => Problem.BadRequest(
        "invalid-parameter", "A query parameter is not acceptable", $"'{name}' takes one of {taken}.").With("parameter", name);
}
