using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Http;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;

namespace Stoa.Sharing.Spectrum;

/// <summary>Classifications, facts and declassifications under <c>/api/v1</c>.</summary>
internal static class SpectrumEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags("Spectrum");
        group.MapGet("datasets/{slug}/classification", InForceAsync).WithName("GetClassificationInForce")
            .WithSummary("Get the classification in force: whoever may see the dataset learns the level and what it asks for")
            .Produces<ClassificationView>().Refuses(401, 404);
        group.MapGet("datasets/{slug}/classifications", OfDatasetAsync).WithName("ListClassifications")
            .WithSummary("List every classification of a dataset, newest first (owner, primary publisher, officers)")
            .Produces<ClassificationPage>().Refuses(400, 401, 404);
        group.MapPost("datasets/{slug}/classifications", DraftAsync).WithName("DraftClassification")
            .WithSummary("Draft a classification; toward closed it can take effect at once")
            .Takes<ClassificationDraft>("application/json")
            .Produces<ClassificationView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapGet("classifications/{id:long}", FindAsync).WithName("GetClassification")
            .WithSummary("Get one classification with what happened to it (owner, primary publisher, officers)")
            .Produces<ClassificationView>().Refuses(401, 404);
        group.MapPut("classifications/{id:long}", RewriteAsync).WithName("RewriteClassification")
            .WithSummary("Write a draft anew")
            .Takes<ClassificationDraft>("application/json")
            .Produces<ClassificationView>().Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapPost("classifications/{id:long}/moves", MoveAsync).WithName("MoveClassification")
            .WithSummary("Submit, approve, return, withdraw, close, freeze or release a classification")
            .Takes<MoveDraft>("application/json")
            .Produces<ClassificationView>().Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapGet("datasets/{slug}/facts", FactsOfAsync).WithName("GetDatasetFacts")
            .WithSummary("Get fields, risk and lineage of a dataset (owner, primary publisher, officers)")
            .Produces<FactsView>().Refuses(401, 404);
        group.MapPut("datasets/{slug}/facts", PutFactsAsync).WithName("PutDatasetFacts")
            .WithSummary("Say which fields a dataset has, which risk, and what it was made from (owner, officers)")
            .Takes<FactsDraft>("application/json")
            .Produces<FactsView>().Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapPut("datasets/{slug}/declassification", DeclassifyAsync).WithName("PutDeclassification")
            .WithSummary("Record, or revoke, that a derived dataset may be more open than its inputs (officers)")
            .Takes<DeclassificationDraft>("application/json")
            .Produces<FactsView>().Refuses(400, 401, 403, 404, 409, 413, 415);
    }

    private static Task<IResult> InForceAsync(
        HttpContext context, Governed http, SpectrumDecisions decisions, string slug, CancellationToken cancellation) =>
        http.GetAsync(context, who => decisions.InForceAsync(who, slug, cancellation), GovernanceJson.Wire.ClassificationView);

    private static Task<IResult> OfDatasetAsync(
        HttpContext context, Governed http, SpectrumDecisions decisions, string slug, string? limit, string? skip,
        CancellationToken cancellation) =>
        http.PageAsync(context, limit, skip, (who, page) => decisions.OfDatasetAsync(who, slug, page, cancellation),
            (value, count, next) => new ClassificationPage(value, count, next), GovernanceJson.Wire.ClassificationPage);

    private static Task<IResult> DraftAsync(
        HttpContext context, Governed http, SpectrumDecisions decisions, string slug, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.ClassificationDraft, (who, draft) => decisions.DraftAsync(who, slug, draft, cancellation),
            GovernanceJson.Wire.ClassificationView, made => $"/api/v1/classifications/{made.Id}");

    private static Task<IResult> FindAsync(
        HttpContext context, Governed http, SpectrumDecisions decisions, long id, CancellationToken cancellation) =>
        http.GetAsync(context, who => decisions.FindAsync(who, id, cancellation), GovernanceJson.Wire.ClassificationView);

    private static Task<IResult> RewriteAsync(
        HttpContext context, Governed http, SpectrumDecisions decisions, long id, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.ClassificationDraft, (who, draft) => decisions.RewriteAsync(who, id, draft, cancellation),
            GovernanceJson.Wire.ClassificationView);

    private static Task<IResult> MoveAsync(
        HttpContext context, Governed http, SpectrumDecisions decisions, long id, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.MoveDraft, (who, draft) => decisions.MoveAsync(who, id, draft, cancellation),
            GovernanceJson.Wire.ClassificationView);

    private static Task<IResult> FactsOfAsync(
        HttpContext context, Governed http, DatasetFacts facts, string slug, CancellationToken cancellation) =>
        http.GetAsync(context, who => facts.FindAsync(who, slug, cancellation), GovernanceJson.Wire.FactsView);

    private static Task<IResult> PutFactsAsync(
        HttpContext context, Governed http, DatasetFacts facts, string slug, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.FactsDraft, (who, draft) => facts.PutAsync(who, slug, draft, cancellation),
            GovernanceJson.Wire.FactsView);

    private static Task<IResult> DeclassifyAsync(
        HttpContext context, Governed http, DatasetFacts facts, string slug, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.DeclassificationDraft, (who, draft) => facts.DeclassifyAsync(who, slug, draft, cancellation),
            GovernanceJson.Wire.FactsView);
}
