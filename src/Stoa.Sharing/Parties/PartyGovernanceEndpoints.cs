using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Http;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Parties;

/// <summary>Claims and terms under <c>/api/v1</c>.</summary>
internal static class PartyGovernanceEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var claims = routes.MapGroup("/api/v1").WithTags("Claims");
        claims.MapGet("parties/{id:long}/claims", ClaimsOfAsync).WithName("ListClaims")
            .WithSummary("List the claims of a party, newest first (the party, officers)")
            .Produces<ClaimPage>().Refuses(400, 401, 404);
        claims.MapPost("parties/{id:long}/claims", AssertAsync).WithName("AssertClaim")
            .WithSummary("Assert a claim; it counts once an officer has verified it")
            .Takes<ClaimDraft>("application/json")
            .Produces<ClaimView>(StatusCodes.Status201Created).Refuses(400, 401, 404, 409, 413, 415);
        claims.MapGet("claims", ClaimsAsync).WithName("ListAllClaims")
            .WithSummary("List the claims of all parties, newest first, by their status (officers)")
            .Produces<ClaimPage>().Refuses(400, 401, 403);
        claims.MapPost("claims/{id:long}/moves", MoveClaimAsync).WithName("MoveClaim")
            .WithSummary("Verify a claim (officers), or revoke it (the party, officers)")
            .Takes<MoveDraft>("application/json")
            .Produces<ClaimView>().Refuses(400, 401, 403, 404, 409, 413, 415);
        var terms = routes.MapGroup("/api/v1").WithTags("Terms");
        terms.MapGet("terms", ListAsync).WithName("ListTerms")
            .WithSummary("List every version of all terms, newest first; their text is left out")
            .Produces<TermsPage>().Refuses(400, 401);
        terms.MapPost("terms", PublishAsync).WithName("PublishTerms")
            .WithSummary("Publish the next version of terms")
            .Takes<TermsDraft>("application/json")
            .Produces<TermsView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 413, 415);
        terms.MapGet("terms/{name}/versions/{version:int}", FindAsync).WithName("GetTerms")
            .WithSummary("Get one version of terms with its text")
            .Produces<TermsView>().Refuses(401, 404);
        terms.MapPost("terms/{name}/versions/{version:int}/acceptances", AcceptAsync).WithName("AcceptTerms")
            .WithSummary("Accept a version of terms; the answer is the receipt, the same one when it was accepted before")
            .Takes<AcceptanceDraft>("application/json")
            .Produces<ReceiptView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 404, 413, 415);
        terms.MapGet("parties/{id:long}/acceptances", ReceiptsAsync).WithName("ListAcceptances")
            .WithSummary("List which terms a party has accepted, newest first (the party, officers)")
            .Produces<ReceiptPage>().Refuses(400, 401, 404);
    }

    private static Task<IResult> ClaimsOfAsync(
        HttpContext context, Governed http, PartyClaims claims, long id, string? limit, string? skip, CancellationToken cancellation) =>
        http.PageAsync(context, limit, skip, (who, page) => claims.OfPartyAsync(who, new(id), page, cancellation),
            (value, count, next) => new ClaimPage(value, count, next), GovernanceJson.Wire.ClaimPage);

    private static Task<IResult> ClaimsAsync(
        HttpContext context, Governed http, PartyClaims claims, string? status, string? limit, string? skip, CancellationToken cancellation)
    {
        ClaimStatus? asked = null;
        if (status is not null)
        {
            if (!Words<ClaimStatus>.TryParse(status, out var word)) return Task.FromResult(NoStatus.ToHttp());
            asked = word;
        }

        return http.PageAsync(context, limit, skip, (who, page) => claims.ListAsync(who, asked, page, cancellation),
            (value, count, next) => new ClaimPage(value, count, next), GovernanceJson.Wire.ClaimPage);
    }

    private static Task<IResult> AssertAsync(HttpContext context, Governed http, PartyClaims claims, long id, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.ClaimDraft, (who, draft) => claims.AssertAsync(who, new(id), draft, cancellation),
            GovernanceJson.Wire.ClaimView, made => $"/api/v1/parties/{made.Party}/claims");

    private static Task<IResult> MoveClaimAsync(HttpContext context, Governed http, PartyClaims claims, long id, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.MoveDraft, (who, draft) => claims.MoveAsync(who, id, draft, cancellation),
            GovernanceJson.Wire.ClaimView);

    private static Task<IResult> ListAsync(
        HttpContext context, Governed http, TermsOfUse terms, string? limit, string? skip, CancellationToken cancellation) =>
        http.PageAsync(context, limit, skip, async (_, page) =>
                Result<(IReadOnlyList<TermsView>, long)>.Of(await terms.ListAsync(page, cancellation)),
            (value, count, next) => new TermsPage(value, count, next), GovernanceJson.Wire.TermsPage);

    private static Task<IResult> PublishAsync(HttpContext context, Governed http, TermsOfUse terms, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.TermsDraft, (who, draft) => terms.PublishAsync(who, draft, cancellation),
            GovernanceJson.Wire.TermsView,
            made => string.Create(CultureInfo.InvariantCulture, $"/api/v1/terms/{made.Name}/versions/{made.Version}"));

    private static Task<IResult> FindAsync(
        HttpContext context, Governed http, TermsOfUse terms, string name, int version, CancellationToken cancellation) =>
        http.GetAsync(context, _ => terms.FindAsync(name, version, cancellation), GovernanceJson.Wire.TermsView);

    private static Task<IResult> AcceptAsync(
        HttpContext context, Governed http, TermsOfUse terms, string name, int version, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.AcceptanceDraft, (who, draft) => terms.AcceptAsync(who, name, version, draft, cancellation),
            GovernanceJson.Wire.ReceiptView, made => $"/api/v1/parties/{made.Party}/acceptances");

    private static Task<IResult> ReceiptsAsync(
        HttpContext context, Governed http, TermsOfUse terms, long id, string? limit, string? skip, CancellationToken cancellation) =>
        http.PageAsync(context, limit, skip, (who, page) => terms.ReceiptsAsync(who, new(id), page, cancellation),
            (value, count, next) => new ReceiptPage(value, count, next), GovernanceJson.Wire.ReceiptPage);

    private static Problem NoStatus { get; } = Problem.BadRequest(
        "invalid-parameter", "A query parameter is not acceptable", "'status' takes asserted, verified or revoked.").With("parameter", "status");
}
