using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Http;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Logs;

/// <summary>A log of this exchange.</summary>
/// <param name="Name">As it stands in addresses.</param>
/// <param name="Origin">What its checkpoints say of whose they are; null before it is begun.</param>
/// <param name="Keys">Verifier keys, the newest first.</param>
/// <param name="Retired">Keys that signed once, the newest first: with them older checkpoints are verified.</param>
/// <param name="Size">Entries under the checkpoint; null before the first.</param>
/// <param name="EntriesArePublic">Whether everybody may read its entries, or those whom they concern.</param>
/// <param name="Halted">Why it does not go on, if it does not.</param>
internal sealed record LogListing(string Name, string? Origin, IReadOnlyList<string> Keys, IReadOnlyList<RetiredKey> Retired, long? Size, bool EntriesArePublic, bool Halted);

/// <summary>A key that signed once.</summary>
/// <param name="Key">Verifier key.</param>
/// <param name="Since">When it was made, or first known in this database.</param>
/// <param name="Until">When it ceased to sign.</param>
internal sealed record RetiredKey(string Key, Instant Since, Instant Until);

/// <summary>The logs of this exchange.</summary>
internal sealed record LogList(IReadOnlyList<LogListing> Value);

/// <summary>Logs over HTTP: files of C2SP tlog-tiles, and proofs computed from them.</summary>
public static class LogEndpoints
{
    // C2SP tlog-tiles, "APIs": tiles never change.
    internal const string ForEver = "public, max-age=31536000, immutable";

    internal const string Soon = "public, max-age=1";
    internal const string Text = "text/plain; charset=utf-8";

    /// <summary>Maps the addresses of the logs.</summary>
    public static IEndpointRouteBuilder MapLogs(this IEndpointRouteBuilder routes)
    {
        var files = routes.MapGroup("/log/{name}").WithTags("Logs");
        files.MapGet("checkpoint", CheckpointAsync).WithName("ReadCheckpoint")
            .WithSummary("Get the newest checkpoint of a log: a signed note (C2SP tlog-checkpoint)").Produces<string>(200, "text/plain").Refuses(404, 503);
        files.MapGet("vkey", KeysAsync).WithName("ReadVerifierKey")
            .WithSummary("Get the verifier keys of a log, the newest first (C2SP signed-note)").Produces<string>(200, "text/plain").Refuses(404);
        files.MapGet("tile/{**tile}", TileAsync).WithName("ReadTile")
            .WithSummary("Get a tile of hashes, or a bundle of entries (C2SP tlog-tiles)")
            .Produces<byte[]>(200, "application/octet-stream").Refuses(403, 404, 503);
        var proofs = routes.MapGroup("/api/v1/log").WithTags("Logs");
        proofs.MapGet("", ListAsync).WithName("ListLogs").WithSummary("List the logs of this exchange").Produces<LogList>();
        proofs.MapGet("{name}/proof/inclusion", InclusionAsync).WithName("ProveInclusion")
            .WithSummary("Prove that the entry at an index is in a log of a size: a hash a line, base64 (RFC 6962, 2.1.1)")
            .Produces<string>(200, "text/plain").Refuses(400, 404, 503);
        proofs.MapGet("{name}/proof/consistency", ConsistencyAsync).WithName("ProveConsistency")
            .WithSummary("Prove that a log of a size begins with the log of a smaller one: a hash a line, base64 (RFC 6962, 2.1.2)")
            .Produces<string>(200, "text/plain").Refuses(400, 404, 503);
        EntryEndpoints.Map(proofs);
        return routes;
    }

    private static async Task<IResult> ListAsync(HttpContext context, LogReader logs, LogPublisher publisher, CancellationToken cancellation)
    {
        var list = new List<LogListing>();
        foreach (var log in LogNames.All)
        {
            var keys = await logs.AllKeysAsync(log, cancellation);
            list.Add(new(log.ToPath(), keys.Count == 0 ? null : keys[0].Key.Name, [.. keys.Where(key => key.Until is null).Select(key => key.Key.ToString())],
                [.. keys.Where(key => key.Until is not null).Select(key => new RetiredKey(key.Key.ToString(), key.Since, key.Until!.Value))], // Asked on this line.
                await logs.SizeAsync(log, cancellation), log.IsPublic(), publisher.IsHalted(log)));
        }

        context.Response.Headers.CacheControl = Soon;
        return TypedResults.Json(new LogList(list), SharingJson.Wire.LogList);
    }

    private static async Task<IResult> CheckpointAsync(HttpContext context, LogReader logs, string name, CancellationToken cancellation)
    {
        if (!LogNames.TryParse(name, out var log)) return Problem.NotFound().ToHttp();
        return await logs.CheckpointAsync(log, cancellation) is { } note ? Answer(context, note.ToBytes(), Text, Soon) : Nothing(logs, log).ToHttp();
    }

    private static async Task<IResult> KeysAsync(HttpContext context, LogReader logs, string name, CancellationToken cancellation)
    {
        if (!LogNames.TryParse(name, out var log) || await logs.KeysAsync(log, cancellation) is not { Count: > 0 } keys) return Problem.NotFound().ToHttp();
        return Answer(context, Encoding.UTF8.GetBytes(string.Concat(keys.Select(key => key + "\n"))), Text, Soon);
    }

    private static async Task<IResult> TileAsync(HttpContext context, LogReader logs, string name, string tile, CancellationToken cancellation)
    {
        if (!LogNames.TryParse(name, out var log) || !TileId.TryParse("tile/" + tile, out var id)) return Problem.NotFound().ToHttp();
        if (id.Level == TileId.Entries && !log.IsPublic()) return EntriesNotPublic(log).ToHttp();
        return await logs.TileAsync(log, id, cancellation) is { } bytes
            ? Answer(context, bytes, "application/octet-stream", ForEver)
            : Nothing(logs, log).ToHttp();
    }

    private static async Task<IResult> InclusionAsync(
        HttpContext context, LogReader logs, string name, string? index, string? size, CancellationToken cancellation)
    {
        if (!LogNames.TryParse(name, out var log)) return Problem.NotFound().ToHttp();
        if (await logs.SizeAsync(log, cancellation) is not { } most) return Nothing(logs, log).ToHttp();
        if (!Number("size", size ?? most.ToString(CultureInfo.InvariantCulture), 1, most).TryGet(out var until, out var problem)) return problem.ToHttp();
        if (!Number("index", index, 0, until - 1).TryGet(out var at, out problem)) return problem.ToHttp();
        return Lines(context, await logs.InclusionAsync(log, at, until, cancellation));
    }

    private static async Task<IResult> ConsistencyAsync(
        HttpContext context, LogReader logs, string name, string? old, string? @new, CancellationToken cancellation)
    {
        if (!LogNames.TryParse(name, out var log)) return Problem.NotFound().ToHttp();
        if (await logs.SizeAsync(log, cancellation) is not { } most) return Nothing(logs, log).ToHttp();
        if (!Number("new", @new ?? most.ToString(CultureInfo.InvariantCulture), 0, most).TryGet(out var until, out var problem)) return problem.ToHttp();
        if (!Number("old", old, 0, until).TryGet(out var from, out problem)) return problem.ToHttp();
        return Lines(context, await logs.ConsistencyAsync(log, from, until, cancellation));
    }

    private static Result<long> Number(string name, string? text, long least, long most)
    {
        if (text is not null && Checkpoint.TryParseSize(text, out var number) && number >= least && number <= most) return number;
        return Problem.BadRequest("invalid-parameter", "A parameter cannot be used",
            string.Create(CultureInfo.InvariantCulture, $"'{name}' is a number from {least} to {most} here.")).With("parameter", name);
    }

    private static FileContentHttpResult Lines(HttpContext context, MerkleHash[] hashes) =>
        Answer(context, Encoding.ASCII.GetBytes(string.Concat(hashes.Select(hash => $"{hash}\n"))), Text, ForEver);

    internal static FileContentHttpResult Answer(HttpContext context, byte[] bytes, string type, string caching)
    {
        context.Response.Headers.CacheControl = caching;
        return TypedResults.Bytes(bytes, type);
    }

    /// <summary>Why nothing of a log is shown: there is none of it, or what there is cannot be.</summary>
    internal static Problem Nothing(LogReader logs, LogName log) => logs.IsWithheld(log) ? LogWithheld(log) : Problem.NotFound();

    internal static Problem LogWithheld(LogName log) => new Problem(503, "log-withheld", "This log cannot be shown now",
        $"The database of this exchange does not go on from what the log {log.ToPath()} has signed already, so that nothing of it is shown until the operator has brought " +
        "back the right one. Keep the checkpoints that you have, and try again later.") { RetryAfterSeconds = 60 }.With("log", log.ToPath());

    private static Problem EntriesNotPublic(LogName log) => new(403, "entries-not-public", "The entries of this log are not public",
        $"Tiles of hashes and checkpoints of the log {log.ToPath()} are for everybody, entries for those whom they concern: they get them " +
        $"at /api/v1/log/{log.ToPath()}/entries, and in an evidence pack beside the data. stoa verify computes the log from its hashes.");
}
