using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Stoa.Ledger.Witnesses;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Http;

/// <summary>The witness for the logs of others, for everybody: what a log signed is all that is believed.</summary>
/// <remarks>C2SP tlog-witness, HTTP Interface. The prefix of submission and of monitoring is <c>/witness</c>.</remarks>
public static class WitnessEndpoints
{
    private const string Text = "text/plain; charset=utf-8";
    private const string SizeType = "text/x.tlog.size";

    // The last checkpoint changes with each one that is cosigned; a monitor may be told the one before for so long.
    private const string Brief = "public, max-age=5";

    private static readonly Problem TooLong = new Problem(413, "body-too-large", "The body is too large",
        $"A request to a witness has at most {WitnessLimits.BodyBytesMax} bytes: leave out signatures that are not the log's own.").With("limit", WitnessLimits.BodyBytesMax);

    private static readonly Problem Malformed = new(400, "checkpoint-malformed", "This is no request to a witness",
        "A body is a line 'old SIZE', at most 63 lines of a consistency proof, an empty line, and a signed checkpoint (C2SP tlog-witness).");

    private static readonly Problem OldSizeTooGreat = new(400, "checkpoint-malformed", "This is no request to a witness",
        "The old size is greater than that of the checkpoint. A log does not shrink.");

    private static readonly Problem UnknownLog = new(404, "unknown-log", "This witness does not watch this log",
        "Ask its operator to add a line 'log' with the key of the log to the file that ledger.witness.logs names.");

    private static readonly Problem NotSigned = new(403, "checkpoint-not-signed", "No trusted key signed this checkpoint",
        "Sign the checkpoint with the key that the operator of the witness knows for this origin.");

    private static readonly Problem Inconsistent = new(422, "checkpoint-inconsistent", "The checkpoint does not go on from the last one",
        "The proof does not lead from the tree that was cosigned last to this one. Send the consistency proof between both; if there is none, the log was changed.");

    /// <summary>Maps the addresses; those of a witness that is not configured answer 404.</summary>
    public static IEndpointRouteBuilder MapWitness(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/witness/add-checkpoint", AddAsync).WithTags("Witness").WithName("AddCheckpoint")
            .WithSummary("Have a checkpoint cosigned")
            .WithDescription(
                "C2SP tlog-witness. The body is a line 'old SIZE', the consistency proof, an empty line and the signed checkpoint. 200 answers cosignatures; 409 the " +
                "size that was cosigned last, as text/x.tlog.size. No token: what counts is the log's signature.")
            .WithMetadata(new AcceptsMetadata(["text/plain", "*/*"], typeof(string)))
            .Produces<string>(StatusCodes.Status200OK, "text/plain").Produces<string>(StatusCodes.Status409Conflict, SizeType)
            .Refuses(400, 403, 404, 413, 422);
        routes.MapGet("/witness/{origin}/checkpoint", LastAsync).WithTags("Witness").WithName("GetWitnessedCheckpoint")
            .WithSummary("The last checkpoint of a log that was cosigned")
            .WithDescription("origin is the SHA-256 of the log's origin in hexadecimal digits (C2SP tlog-witness).")
            .Produces<string>(StatusCodes.Status200OK, "text/plain").Refuses(404);
        routes.MapGet("/witness/vkey", Keys).WithTags("Witness").WithName("GetWitnessKey")
            .WithSummary("The public keys of this witness, the present one first")
            .Produces<string>(StatusCodes.Status200OK, "text/plain").Refuses(404);
        routes.MapGet("/witness/split-views", SplitViewsAsync).WithTags("Witness").WithName("GetSplitViews")
            .WithSummary("Logs that contradicted themselves, with both checkpoints")
            .WithDescription("The newest 200. Each is proof for everybody: two checkpoints signed by the log that cannot both be true. They are never removed.")
            .Produces<string>(StatusCodes.Status200OK, "application/json");
        return routes;
    }

    private static async Task<IResult> AddAsync(HttpContext context, Witness witness, CancellationToken cancellation)
    {
        if (await BodyAsync(context, cancellation) is not { } body) return new LedgerRefusal(TooLong);
        if (!AddCheckpoint.TryParse(body, out var asked)) return new LedgerRefusal(Malformed);
        var answer = await witness.AddAsync(asked!, cancellation); // Read on the line above.
        return answer.Verdict switch
        {
            WitnessVerdict.Cosigned => Results.Text(answer.Lines, Text),
            // Bytes, or else a charset would be added to the type that clients compare letter by letter.
            WitnessVerdict.Stale => Results.Text(
                Encoding.ASCII.GetBytes(answer.Size.ToString(CultureInfo.InvariantCulture) + "\n"), SizeType, StatusCodes.Status409Conflict),
            WitnessVerdict.UnknownLog => new LedgerRefusal(UnknownLog),
            WitnessVerdict.NotSigned => new LedgerRefusal(NotSigned),
            WitnessVerdict.OldSizeTooGreat => new LedgerRefusal(OldSizeTooGreat),
            WitnessVerdict.Inconsistent => new LedgerRefusal(Inconsistent),
            _ => throw new InvalidOperationException($"Unknown verdict: {answer.Verdict}."),
        };
    }

    private static async Task<IResult> LastAsync(HttpContext context, Witness witness, string origin, CancellationToken cancellation)
    {
        if (await witness.LastAsync(origin, cancellation) is not { } note) return new LedgerRefusal(Problem.NotFound());
        context.Response.Headers.CacheControl = Brief;
        return Results.Bytes(note, Text);
    }

    private static IResult Keys(Witness witness)
    {
        var text = string.Concat(witness.Keys.Select(key => key + "\n"));
        return text.Length > 0 ? Results.Text(text, Text) : new LedgerRefusal(Problem.NotFound());
    }

    private static async Task SplitViewsAsync(HttpContext context, SplitViews views, CancellationToken cancellation)
    {
        using var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer)) await views.WriteAsync(json, cancellation);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = buffer.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(buffer.ToArray(), cancellation);
    }

    /// <summary>The body; null when it is too long.</summary>
    private static async Task<byte[]?> BodyAsync(HttpContext context, CancellationToken cancellation)
    {
        if (context.Request.ContentLength > WitnessLimits.BodyBytesMax) return null;
        var reader = context.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(cancellation);
            if (result.Buffer.Length > WitnessLimits.BodyBytesMax) return null;
            if (!result.IsCompleted)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }

            var bytes = result.Buffer.ToArray();
            reader.AdvanceTo(result.Buffer.End);
            return bytes;
        }
    }

    private static RouteHandlerBuilder Refuses(this RouteHandlerBuilder builder, params int[] statusCodes)
    {
        foreach (var status in statusCodes) builder.Produces(status, contentType: "application/problem+json");
        return builder;
    }
}
