using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Catalogue.Datasets;

/// <summary><c>/api/v1/datasets</c>.</summary>
public static class DatasetEndpoints
{
    private const string Root = "/api/v1/datasets";

    /// <summary>Maps the addresses.</summary>
    public static IEndpointRouteBuilder MapDatasets(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Datasets");
        group.MapGet("", ListAsync).WithName("ListDatasets")
            .WithSummary("Search and list the datasets that the caller may see")
            .WithDescription("With q the best hits come first, else by title. Only what may be seen is listed and counted.")
            .Produces<DatasetPage>().Refuses(400, 401);
        group.MapGet("{slug}", FindAsync).WithName("GetDataset")
            .WithSummary("Get the description of one dataset")
            .Produces<Dataset>().Produces(StatusCodes.Status304NotModified).Refuses(401, 404);
        group.MapGet("{slug}/statistics", CountAsync).WithName("GetDatasetStatistics")
            .WithSummary("Get what lies in one dataset: counts and the time covered")
            .Produces<DatasetStatistics>().Refuses(401, 403, 404);
        group.MapPost("", CreateAsync).WithName("CreateDataset")
            .WithSummary("Enter a dataset (administrators; data officers for their organization, closed)")
            .Takes<DatasetDraft>("application/json")
            .Produces<Dataset>(StatusCodes.Status201Created).Refuses(400, 401, 403, 409, 413, 415);
        group.MapPatch("{slug}", PatchAsync).WithName("UpdateDataset")
            .WithSummary("Change a dataset's description or its place on the spectrum by a JSON merge patch (administrators)")
            .WithDescription("If-Match with the entity tag of a GET refuses the change when another came between.")
            .Takes<DatasetDraft>("application/merge-patch+json", "application/json")
            .Produces<Dataset>().Refuses(400, 401, 403, 404, 412, 413, 415);
        group.MapDelete("{slug}", DeleteAsync).WithName("DeleteDataset")
            .WithSummary("Not offered: a dataset is closed instead, its address is never used for another")
            .Refuses(401, 403, 404, 409);
        return routes;
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        Datasets datasets,
        CredentialCheck credentials,
        AccessPolicy policy,
        string? q,
        string? sector,
        string? spectrum,
        string? owner,
        string? limit,
        string? skip,
        CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        var asked = DatasetQuery.Parse(q, sector, spectrum, owner, limit, skip);
        if (!asked.TryGet(out var query, out var problem)) return problem.ToHttp();
        var list = await datasets.ListAsync(query, policy.ReadDescriptions(requester), cancellation);
        var body = new DatasetPage(
            [.. list.Entries.Select(entry => entry.Dataset)],
            list.Total,
            query.Page.NextLink(context.Request, list.Total));
        DependsOnCaller(context);
        return TypedResults.Json(body, CatalogueJson.Wire.DatasetPage);
    }

    private static async Task<IResult> FindAsync(
        HttpContext context,
        Datasets datasets,
        CredentialCheck credentials,
        AccessPolicy policy,
        string slug,
        CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        if (Hidden(policy, requester, slug) is { } hidden) return hidden.ToHttp();
        var outcome = await datasets.FindAsync(slug, policy.ReadDescriptions(requester), cancellation);
        if (!outcome.TryGet(out var found, out var problem)) return problem.ToHttp();
        DependsOnCaller(context);
        context.Response.Headers.ETag = found.Dataset.EntityTag;
        return Responses.IfNoneMatchHas(context.Request, found.Dataset.EntityTag)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Json(found.Dataset, CatalogueJson.Wire.Dataset);
    }

    private static async Task<IResult> CountAsync(
        HttpContext context,
        Datasets datasets,
        CredentialCheck credentials,
        AccessPolicy policy,
        string slug,
        CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        if (Hidden(policy, requester, slug) is { } hidden) return hidden.ToHttp();
        var outcome = await datasets.FindAsync(slug, policy.ReadDescriptions(requester), cancellation);
        if (!outcome.TryGet(out var found, out var problem)) return problem.ToHttp();
        DependsOnCaller(context);
        return found.Statistics is { } statistics
            ? TypedResults.Json(statistics, CatalogueJson.Wire.DatasetStatistics)
            : NotCounted.ToHttp();
    }

    // Before anything is read, so that absent and hidden take as long. Administrators are served without a policy too.
    private static Problem? Hidden(AccessPolicy policy, Requester requester, string slug) =>
        requester.IsAdministrator || policy.DatasetForRead(requester, slug).TryGet(out _, out var problem) ? null : problem;

    private static Problem NotCounted { get; } = new(
        403, "field-not-readable", "A field may not be read",
        "Numbers tell of everything that lies in the dataset, and you may see a part of it. Count what you see with $count.");

    private static async Task<IResult> CreateAsync(
        HttpContext context, Datasets datasets, CredentialCheck credentials, CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        if (requester.IsAnonymous) return Refusals.CredentialRequired.ToHttp();
        if (!requester.AnswersForSome) return Refusals.AdministratorRequired.ToHttp();
        var body = await StrictJson.ReadAsync(context, CatalogueJson.Wire.DatasetDraft, cancellation);
        if (!body.TryGet(out var draft, out var unreadable)) return unreadable.ToHttp();
        var outcome = await datasets.CreateAsync(draft, requester, cancellation);
        if (!outcome.TryGet(out var created, out var problem)) return problem.ToHttp();
        context.Response.Headers.Location = $"{context.Request.PathBase}{Root}/{created.Slug}";
        context.Response.Headers.ETag = created.EntityTag;
        return TypedResults.Json(created, CatalogueJson.Wire.Dataset, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> PatchAsync(
        HttpContext context,
        Datasets datasets,
        CredentialCheck credentials,
        AccessPolicy policy,
        string slug,
        CancellationToken cancellation)
    {
        var who = await GovernorAsync(context, credentials, policy, slug, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadObjectAsync(context, cancellation);
        if (!body.TryGet(out var patch, out var unreadable)) return unreadable.ToHttp();
        using (patch)
        {
            var request = context.Request;
            var outcome = await datasets.PatchAsync(
                slug, patch.RootElement, dataset => Responses.IfMatchAllows(request, dataset.EntityTag), requester.Party, cancellation);
            if (!outcome.TryGet(out var changed, out var problem)) return problem.ToHttp();
            context.Response.Headers.ETag = changed.EntityTag;
            return TypedResults.Json(changed, CatalogueJson.Wire.Dataset);
        }
    }

    private static async Task<IResult> DeleteAsync(
        HttpContext context,
        CredentialCheck credentials,
        AccessPolicy policy,
        string slug,
        CancellationToken cancellation)
    {
        var who = await GovernorAsync(context, credentials, policy, slug, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        return policy.DatasetForRead(requester, slug).TryGet(out _, out var problem)
            ? NotDeletable.ToHttp()
            : problem.ToHttp();
    }

    /// <summary>Who may govern the dataset: administrators. To others 403 when they may read it, else 404.</summary>
    private static async ValueTask<Result<Requester>> GovernorAsync(
        HttpContext context,
        CredentialCheck credentials,
        AccessPolicy policy,
        string slug,
        CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out var requester, out var problem)) return problem;
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        if (requester.IsAdministrator) return requester;
        return policy.DatasetForRead(requester, slug).TryGet(out _, out var hidden) ? Refusals.AdministratorRequired : hidden;
    }

    // A cache in between must not give one caller what was made for another.
    private static void DependsOnCaller(HttpContext context)
    {
        context.Response.Headers.CacheControl = "private, no-cache";
        context.Response.Headers.Vary = "Authorization";
    }

    private static Problem NotDeletable { get; } = new(
        409, "dataset-not-deletable", "Datasets are not deleted",
        "Others may have cited this dataset, and its address is never used for another. To end it, change 'spectrum' to " +
        "'closed' with PATCH; to empty it, delete its Things over SensorThings.");
}
