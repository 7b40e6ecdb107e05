using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Identity.Credentials;

/// <summary><c>/api/v1/tokens</c>, for administrators alone.</summary>
public static class TokenEndpoints
{
    private const string Root = "/api/v1/tokens";

    /// <summary>Maps the addresses.</summary>
    public static IEndpointRouteBuilder MapTokens(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Tokens");
        group.MapGet("", ListAsync).WithName("ListTokens")
            .WithSummary("List the access tokens, newest first, without their secrets (administrators)")
            .Produces<TokenPage>().Refuses(400, 401, 403);
        group.MapPost("", CreateAsync).WithName("CreateToken")
            .WithSummary("Make an access token; its text is in this answer and never again (administrators)")
            .Takes<TokenDraft>("application/json")
            .Produces<CreatedToken>(StatusCodes.Status201Created).Refuses(400, 401, 403, 413, 415);
        group.MapDelete("{id:long}", RevokeAsync).WithName("RevokeToken")
            .WithSummary("Revoke an access token for good (administrators)")
            .Produces(StatusCodes.Status204NoContent).Refuses(401, 403, 404);
        group.MapPost("{id:long}/rotate", RotateAsync).WithName("RotateToken")
            .WithSummary("Give a token a new secret; the one before is taken for a while too (administrators)")
            .Takes<TokenRotation>("application/json")
            .Produces<CreatedToken>().Refuses(400, 401, 403, 404, 413, 415);
        return routes;
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        Tokens tokens,
        CredentialCheck credentials,
        string? party,
        string? limit,
        string? skip,
        CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        if (!Page.Parse(limit, skip).TryGet(out var page, out var problem)) return problem.ToHttp();
        PartyId? holder = long.TryParse(party, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? new(id) : null;
        if (party is not null && holder is null) return InvalidHolder.ToHttp();
        var (entries, total) = await tokens.ListAsync(holder, page, cancellation);
        var body = new TokenPage(entries, total, page.NextLink(context.Request, total));
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(body, IdentityJson.Wire.TokenPage);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, Tokens tokens, CredentialCheck credentials, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadAsync(context, IdentityJson.Wire.TokenDraft, cancellation);
        if (!body.TryGet(out var draft, out var unreadable)) return unreadable.ToHttp();
        var outcome = await tokens.CreateAsync(draft, cancellation);
        if (!outcome.TryGet(out var created, out var problem)) return problem.ToHttp();
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(created, IdentityJson.Wire.CreatedToken, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> RotateAsync(
        HttpContext context, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadAsync(context, IdentityJson.Wire.TokenRotation, cancellation);
        if (!body.TryGet(out var rotation, out var unreadable)) return unreadable.ToHttp();
        var outcome = await credentials.RotateAsync(new(id), rotation, cancellation);
        if (!outcome.TryGet(out var created, out var problem)) return problem.ToHttp();
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(created, IdentityJson.Wire.CreatedToken);
    }

    private static Problem InvalidHolder { get; } = Problem.BadRequest(
        "invalid-parameter", "A query parameter is not acceptable", "'party' takes the id of a party.").With("parameter", "party");

    private static async Task<IResult> RevokeAsync(
        HttpContext context, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var outcome = await credentials.RevokeAsync(new(id), cancellation);
        return outcome.TryGet(out _, out var problem) ? TypedResults.NoContent() : problem.ToHttp();
    }
}
