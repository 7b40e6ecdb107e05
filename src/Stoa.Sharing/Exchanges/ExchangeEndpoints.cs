using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Ledger.Evidence;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary><c>/api/v1/exchanges</c>: what was recorded of access to data that are not open.</summary>
public static class ExchangeEndpoints
{
    private const string Root = "/api/v1/exchanges";

    /// <summary>Puts the step that measures and records into every request. After routing, before any address.</summary>
    public static IApplicationBuilder UseExchangeRecords(this IApplicationBuilder app) =>
        app.Use(app.ApplicationServices.GetRequiredService<ExchangeRecording>().ServeAsync);

    /// <summary>Maps the addresses.</summary>
    public static IEndpointRouteBuilder MapExchanges(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Exchanges");
        group.MapGet("", ListAsync).WithName("ListExchanges")
            .WithSummary("List the records of access to data that are not open, of a dataset, an agreement or a party, newest first")
            .Produces<ExchangePage>().Refuses(400, 401, 404);
        group.MapGet("usage", UsageAsync).WithName("GetUsage")
            .WithSummary("Sum such records by day, party, organization, agreement and purpose, and by group of users")
            .Produces<UsageList>().Refuses(400, 401, 404);
        group.MapGet("table", TableAsync).WithName("DownloadExchanges")
            .WithSummary("Download such records as CSV (RFC 4180)")
            .Produces(StatusCodes.Status200OK, contentType: "text/csv").Refuses(400, 401, 404);
        group.MapGet("{id:long}/evidence.zip", EvidenceAsync).WithName("DownloadExchangeEvidence")
            .WithSummary("Download what proves one such record: an evidence pack, verified offline by stoa verify or its own page")
            .Produces<byte[]>(StatusCodes.Status200OK, EvidencePack.MediaType).Refuses(400, 401, 403, 404, 409, 503);
        return routes;
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, Exchanges exchanges, CredentialCheck credentials, AccessPolicy policy, string? limit, string? skip,
        CancellationToken cancellation)
    {
        if (!(await AdmitAsync(context, exchanges, credentials, cancellation)).TryGet(out var query, out var problem) ||
            !Page.Parse(limit, skip).TryGet(out var page, out problem)) return problem.ToHttp();
        // One more than the page says whether there is a further one.
        var records = await exchanges.ListAsync(query, page with { Limit = page.Limit + 1 }, cancellation);
        var entries = records.Take(page.Limit).Select(record => ExchangeView.Of(record, policy, query.Named)).ToArray();
        var next = page.NextLink(context.Request, page.Skip + records.Count);
        return Private(context, TypedResults.Json(new ExchangePage(entries, next), ExchangeJson.Default.ExchangePage));
    }

    private static async Task<IResult> UsageAsync(
        HttpContext context, Exchanges exchanges, CredentialCheck credentials, CancellationToken cancellation)
    {
        if (!(await AdmitAsync(context, exchanges, credentials, cancellation)).TryGet(out var query, out var problem))
            return problem.ToHttp();
        return Private(context, TypedResults.Json(await exchanges.UsageAsync(query, cancellation), ExchangeJson.Default.UsageList));
    }

    private static async Task<IResult> TableAsync(
        HttpContext context, Exchanges exchanges, CredentialCheck credentials, CancellationToken cancellation)
    {
        if (!(await AdmitAsync(context, exchanges, credentials, cancellation)).TryGet(out var query, out var problem))
            return problem.ToHttp();
        return Private(context, TypedResults.Stream(
            body => exchanges.WriteTableAsync(body, query, cancellation), ExchangeTable.ContentType, ExchangeTable.FileName));
    }

    private static async Task<IResult> EvidenceAsync(
        HttpContext context, ExchangeEvidence evidence, CredentialCheck credentials, long id, CancellationToken cancellation)
    {
        if (!(await credentials.AuthenticateAsync(context, cancellation)).TryGet(out var requester, out var problem) ||
            !(await evidence.AnswerAsync(context, requester, id)).TryGet(out var pack, out problem)) return problem.ToHttp();
        return pack;
    }

    private static async Task<Result<ExchangeQuery>> AdmitAsync(
        HttpContext context, Exchanges exchanges, CredentialCheck credentials, CancellationToken cancellation) =>
        (await credentials.AuthenticateAsync(context, cancellation)).TryGet(out var requester, out var problem)
            ? await exchanges.AdmitAsync(requester, context.Request.Query, cancellation)
            : problem;

    private static IResult Private(HttpContext context, IResult result)
    {
        context.Response.Headers.CacheControl = "private, no-store";
        return result;
    }
}
