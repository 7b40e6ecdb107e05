using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;

namespace Stoa.Sharing.Erasure;

/// <summary>Erases people over HTTP, for administrators alone; who erases themselves does so on the page of their account.</summary>
internal static class ErasureEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/api/v1/parties/{id:long}", EraseAsync).WithName("ErasePerson").WithTags("Parties")
            .WithSummary("Erase a person for good; what others must keep stays without them (administrators)")
            .Produces(StatusCodes.Status204NoContent).Refuses(401, 403, 404, 409);

    private static async Task<IResult> EraseAsync(
        HttpContext context, PersonErasure erasure, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var outcome = await erasure.EraseAsync(new(id), cancellation);
        return outcome.TryGet(out _, out var problem) ? TypedResults.NoContent() : problem.ToHttp();
    }
}
