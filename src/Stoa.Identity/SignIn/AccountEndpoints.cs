using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;

namespace Stoa.Identity.SignIn;

/// <summary>What administrators do about the accounts of others; the account of a person has the person's id.</summary>
public static class AccountEndpoints
{
    /// <summary>Maps the addresses.</summary>
    public static IEndpointRouteBuilder MapAccounts(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/parties/{id:long}/password-link", MakePasswordLinkAsync).WithName("CreatePasswordLink").WithTags("Parties")
            .WithSummary("Make a link by which a person sets a new password; it is in this answer and never again (administrators)")
            .Produces<CreatedInvitation>(StatusCodes.Status201Created).Refuses(401, 403, 404);
        routes.MapDelete("/api/v1/parties/{id:long}/administration", WithdrawAsync).WithName("WithdrawAdministration").WithTags("Parties")
            .WithSummary("End that a person governs the exchange; the last one stays (administrators)")
            .Produces(StatusCodes.Status204NoContent).Refuses(401, 403, 404, 409);
        return routes;
    }

    private static async Task<IResult> MakePasswordLinkAsync(
        HttpContext context, OneTimeLinks links, SignInOptions options, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        var outcome = await links.ForPasswordAsync(new(id), requester.Party, cancellation);
        if (!outcome.TryGet(out var link, out var problem)) return problem.ToHttp();
        context.Response.Headers.CacheControl = "no-store";
        var created = new CreatedInvitation(new Uri(options.BaseAddress, link.Path).AbsoluteUri, link.Expires);
        return TypedResults.Json(created, IdentityJson.Wire.CreatedInvitation, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> WithdrawAsync(
        HttpContext context, SignIns signIns, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        var outcome = await signIns.WithdrawAdministrationAsync(new(id), requester.Party, cancellation);
        return outcome.TryGet(out _, out var problem) ? TypedResults.NoContent() : problem.ToHttp();
    }
}
