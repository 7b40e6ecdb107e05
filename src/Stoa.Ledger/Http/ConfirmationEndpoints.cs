using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Ledger.Anchoring;
using Stoa.Ledger.Writing;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Http;

/// <summary>Time stamps and anchors of our logs, for everybody.</summary>
public static class ConfirmationEndpoints
{
    // ETSI EN 319 162-1, annex A; RFC 3161 names a media type for whole answers alone.
    private const string TokenType = "application/vnd.etsi.timestamp-token";
    private const string Text = "text/plain; charset=utf-8";
    private const string Brief = "public, max-age=5";
    private const string Forever = "public, max-age=31536000, immutable";

    /// <summary>Maps the addresses.</summary>
    public static IEndpointRouteBuilder MapConfirmations(this IEndpointRouteBuilder routes)
    {
        var log = routes.MapGroup("/api/v1/log/{name}").WithTags("Logs");
        log.MapGet("stamps", StampsAsync).WithName("ListStamps").WithSummary("List time stamps of the checkpoints of a log, the newest 100 (RFC 3161)")
            .Produces<string>(StatusCodes.Status200OK, "application/json").Produces(404, contentType: "application/problem+json");
        log.MapGet("stamps/{size:long}/token", TokenAsync).WithName("GetStampToken").WithSummary("Get a time stamp, TimeStampToken in DER (RFC 3161)")
            .Produces<byte[]>(StatusCodes.Status200OK, TokenType).Produces(404, contentType: "application/problem+json");
        log.MapGet("stamps/{size:long}/checkpoint", StampedAsync).WithName("GetStampedCheckpoint").WithSummary("Get the bytes that were stamped: a checkpoint with its signatures")
            .Produces<string>(StatusCodes.Status200OK, "text/plain").Produces(404, contentType: "application/problem+json");
        log.MapGet("anchors", AnchorsAsync).WithName("ListAnchors").WithSummary("List anchors of the checkpoints of a log on a chain, the newest 100")
            .Produces<string>(StatusCodes.Status200OK, "application/json").Produces(404, contentType: "application/problem+json");
        return routes;
    }

    private static async Task<IResult> StampsAsync(HttpContext context, Stamps stamps, string name, CancellationToken cancellation)
    {
        if (!LogNames.TryParse(name, out var log)) return new LedgerRefusal(Problem.NotFound());
        var all = await stamps.ReadAsync(log, long.MaxValue, AnchoringLimits.ShownMax, cancellation);
        return List(context, all, (json, stamp) =>
        {
            json.WriteNumber("size"u8, stamp.Size);
            json.WriteString("time"u8, stamp.At.ToDateTimeOffset());
            json.WriteString("checkpoint"u8, stamp.Note);
            json.WriteBase64String("token"u8, stamp.Token);
        });
    }

    private static async Task<IResult> TokenAsync(HttpContext context, Stamps stamps, string name, long size, CancellationToken cancellation) =>
        await OneAsync(context, stamps, name, size, cancellation) is { } stamp ? Results.Bytes(stamp.Token, TokenType) : new LedgerRefusal(Problem.NotFound());

    private static async Task<IResult> StampedAsync(HttpContext context, Stamps stamps, string name, long size, CancellationToken cancellation) =>
        await OneAsync(context, stamps, name, size, cancellation) is { } stamp ? Results.Bytes(stamp.Note, Text) : new LedgerRefusal(Problem.NotFound());

    private static async Task<IResult> AnchorsAsync(HttpContext context, Anchors anchors, string name, CancellationToken cancellation)
    {
        if (!LogNames.TryParse(name, out var log)) return new LedgerRefusal(Problem.NotFound());
        var all = await anchors.ReadAsync(log, AnchoringLimits.ShownMax, cancellation);
        return List(context, all, (json, anchor) =>
        {
            json.WriteNumber("size"u8, anchor.Size);
            json.WriteString("time"u8, anchor.At.ToDateTimeOffset());
            json.WriteString("checkpoint"u8, anchor.Note);
            json.WriteString("contract"u8, anchor.Contract);
            json.WriteString("transaction"u8, anchor.Transaction);
        });
    }

    private static async Task<Stamp?> OneAsync(HttpContext context, Stamps stamps, string name, long size, CancellationToken cancellation)
    {
        if (!LogNames.TryParse(name, out var log) || await stamps.ReadAsync(log, size, 1, cancellation) is not [var stamp] || stamp.Size != size) return null;
        context.Response.Headers.CacheControl = Forever;
        return stamp;
    }

    private static IResult List<T>(HttpContext context, List<T> all, Action<Utf8JsonWriter, T> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("value"u8);
            foreach (var one in all)
            {
                json.WriteStartObject();
                write(json, one);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        context.Response.Headers.CacheControl = Brief;
        return Results.Bytes(buffer.ToArray(), "application/json");
    }
}
