using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Writing;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Logs;

/// <summary>Evidence packs over HTTP: what is asked for with them, and how they are sent.</summary>
internal static class PackAnswers
{
    /// <summary>The parameter with the size of a checkpoint that whoever asks has kept.</summary>
    public const string Older = "older";

    /// <summary>That size; null when none is named.</summary>
    public static Result<long?> OlderOf(HttpRequest request)
    {
        var asked = request.Query[Older];
        if (asked.Count == 0) return (long?)null;
        return asked is [{ Length: > 0 } text] && Checkpoint.TryParseSize(text, out var size) ? (long?)size : NoSize;
    }

    /// <summary>The log of audit as its newest checkpoint shows it, with as many entries as the older checkpoint.</summary>
    public static async Task<Result<EvidenceLog>> LogAsync(LogReader logs, long? older, CancellationToken cancellation)
    {
        if (await EvidenceLog.NowAsync(logs, LogName.Audit, cancellation) is not { } log)
            return logs.IsWithheld(LogName.Audit) ? LogEndpoints.LogWithheld(LogName.Audit) : NothingProven;
        return older > log.Size ? BeyondLog(log.Size) : log;
    }

    /// <summary>A pack as a file to be kept.</summary>
    public static FileContentHttpResult Send(HttpContext context, byte[] pack, string name)
    {
        context.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Bytes(pack, EvidencePack.MediaType, name);
    }

    /// <summary>The size is that of no checkpoint of this log.</summary>
    public static Problem BeyondLog(long size) => Problem.BadRequest("invalid-parameter", "A parameter cannot be used", string.Create(CultureInfo.InvariantCulture,
        $"'older' is the size of a checkpoint of the log of audit, which has {size} entries. A longer one that it signed is evidence against it: keep it."))
        .With("parameter", Older);

    /// <summary>No checkpoint covers it.</summary>
    public static Problem NothingProven { get; } = new(409, "no-proof", "There is no proof of it",
        "No checkpoint of the log covers it yet. Ask again in a moment; if it stays so, tell the operator.");

    private static Problem NoSize => Problem.BadRequest("invalid-parameter", "A parameter cannot be used",
        "'older' is the size of a checkpoint of the log of audit: the number in its second line.").With("parameter", Older);
}
