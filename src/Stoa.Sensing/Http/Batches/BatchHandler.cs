using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Batches;

/// <summary>POST $batch: many requests in one, as multipart/mixed or as JSON.</summary>
/// <remarks>
/// OGC 18-088, 11 (req/batch-request/batch-request). Rights are asked for each part. The batch itself needs a credential, also
/// when it only reads: a thousand questions in one request are not for everybody. A part that fails does not keep the others from being done, unless <c>Prefer: odata.continue-on-error=false</c> says so.
/// </remarks>
internal sealed class BatchHandler(
    SensorThingsHandler handler, CredentialCheck credentials, EntityWrites writes, IdempotentRequests repeats,
    Database database, SensingOptions options)
{
    internal async Task HandleAsync(HttpContext context)
    {
        var authenticated = await credentials.AuthenticateAsync(context, context.RequestAborted);
        if (!authenticated.TryGet(out var requester, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        if (requester.IsAnonymous)
        {
            await Refusals.CredentialRequired.WriteAsync(context);
            return;
        }

        var slug = context.Request.RouteValues["slug"] as string;
        // The same answer for a dataset that is hidden and for one that is not there, before anything is read.
        if (!handler.MayEnter(requester, slug).TryGet(out _, out problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        var read = await RequestBody.ReadAsync(context, options.BodyBytesMax);
        if (!read.TryGet(out var body, out problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        // Parts look into the body until the writer is done with them, also when the client has gone: it is theirs.
        ReadOnlyMemory<byte> owned;
        using (body) owned = body.Utf8.ToArray();
        await RunAsync(context, requester, slug, owned);
    }

    private async Task RunAsync(HttpContext context, Requester requester, string? slug, ReadOnlyMemory<byte> body)
    {
        var type = context.Request.ContentType;
        var isMultipart = MediaType.Is(type, "multipart/mixed");
        if (!isMultipart && !MediaType.Is(type, "application/json"))
        {
            await Problems.UnsupportedMedia("multipart/mixed with a boundary, or application/json").WriteAsync(context);
            return;
        }

        var parsed = isMultipart ? MultipartBatch.Parse(type, body) : JsonBatch.Parse(body);
        if (!parsed.TryGet(out var batch, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        if (!IdempotencyKey.Parse(context, requester, body.Span).TryGet(out var key, out problem) ||
            key is not null && !(await CheckAsync(key, context.RequestAborted)).TryGet(out _, out problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        using var json = isMultipart ? null : new JsonBatchAnswer(context);
        var run = new BatchRun(
            handler, writes, database, new BatchAddresses(options.BaseAddress, slug), requester, context,
            json ?? (BatchAnswer)new MultipartAnswer(context), key, GoesOn(context));
        await run.RunAsync(batch);
    }

    /// <summary>Refuses a key of another request before anything is done; each part asks again inside its transaction.</summary>
    private async Task<Result<bool>> CheckAsync(IdempotencyKey key, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        return repeats.Refuse(session, key) is { } refused ? refused : true;
    }

    // OData 4.0, 8.2.8.3 and 11.7.2, would stop after the first failure; OGC 18-088, 11.2.2, shows a batch that does not.
    private static bool GoesOn(HttpContext context)
    {
        foreach (var preference in context.Request.Headers["Prefer"].ToString().Split(','))
            if (preference.Trim() is "continue-on-error=false" or "odata.continue-on-error=false")
                return false;
        return true;
    }
}
