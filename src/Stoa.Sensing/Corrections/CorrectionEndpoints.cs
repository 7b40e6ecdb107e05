using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Http;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;

namespace Stoa.Sensing.Corrections;

/// <summary>Corrections and reports of variances under <c>/api/v1</c>.</summary>
public static class CorrectionEndpoints
{
    /// <summary>Maps them.</summary>
    public static IEndpointRouteBuilder MapCorrections(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags("Corrections");
        group.MapGet("datasets/{slug}/corrections", OfDatasetAsync).WithName("ListCorrections")
            .WithSummary("List corrections and reports about a dataset, newest first: all for those who govern it, else the caller's own")
            .Produces<CorrectionPage>().Refuses(400, 401, 404);
        group.MapPost("datasets/{slug}/corrections", FileAsync).WithName("FileCorrection")
            .WithSummary("Propose a correction (creator, custodian, primary publisher) or report a variance (who uses the data)")
            .Takes<CorrectionDraft>("application/json")
            .Produces<CorrectionView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapGet("corrections/{id:long}", FindAsync).WithName("GetCorrection")
            .WithSummary("Get one correction or report with what happened to it")
            .Produces<CorrectionView>().Refuses(401, 404);
        group.MapPost("corrections/{id:long}/moves", MoveAsync).WithName("MoveCorrection")
            .WithSummary("Approve, refuse or answer (the owner), or withdraw; an approval changes the data as a PATCH does")
            .Takes<MoveDraft>("application/json")
            .Produces<CorrectionView>().Refuses(400, 401, 403, 404, 409, 413, 415);
        return routes;
    }

    private static Task<IResult> OfDatasetAsync(
        HttpContext context, Governed http, CorrectionRegister register, string slug, string? state, string? limit, string? skip,
        CancellationToken cancellation) =>
        http.PageAsync(context, limit, skip, async (who, page) =>
        {
            CorrectionState? asked = Words<CorrectionState>.TryParse(state, out var known) ? known : null;
            if (state is not null && asked is null) return NoSuchState;
            return await register.OfDatasetAsync(who, slug, asked, page, cancellation);
        }, (value, count, next) => new CorrectionPage(value, count, next), GovernanceJson.Wire.CorrectionPage);

    private static Task<IResult> FileAsync(
        HttpContext context, Governed http, CorrectionWrites writes, string slug, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.CorrectionDraft, (who, draft) => writes.FileAsync(who, slug, draft, cancellation),
            GovernanceJson.Wire.CorrectionView, made => $"/api/v1/corrections/{made.Id}");

    private static Task<IResult> FindAsync(
        HttpContext context, Governed http, CorrectionRegister register, long id, CancellationToken cancellation) =>
        http.GetAsync(context, who => register.FindAsync(who, id, cancellation), GovernanceJson.Wire.CorrectionView);

    private static Task<IResult> MoveAsync(
        HttpContext context, Governed http, CorrectionWrites writes, long id, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.MoveDraft, (who, draft) => writes.MoveAsync(who, id, draft, cancellation),
            GovernanceJson.Wire.CorrectionView);

    private static Stoa.Vocabulary.Problem NoSuchState { get; } = Stoa.Vocabulary.Problem.BadRequest(
        "invalid-parameter", "A query parameter is not acceptable", $"'state' takes one of {Words<CorrectionState>.All}.").With("parameter", "state");
}

/// <summary>How single values are written again.</summary>
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(string))]
internal sealed partial class CorrectionJson : JsonSerializerContext;
