using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Logs;

/// <summary>An entry of a log on the wire.</summary>
/// <param name="Index">Its place in the log.</param>
/// <param name="Type">What has happened.</param>
/// <param name="Time">When.</param>
/// <param name="Entry">The entry; its bytes are at its own address.</param>
internal sealed record LogEntryView(long Index, string Type, string Time, JsonElement Entry);

/// <summary>One page of entries, the newest first.</summary>
/// <param name="Value">Those that the caller sees.</param>
/// <param name="Size">Entries under the checkpoint, whoever sees them.</param>
/// <param name="NextLink">The address of the next page; absent on the last.</param>
internal sealed record LogEntryPage(IReadOnlyList<LogEntryView> Value, long Size, string? NextLink);

/// <summary><c>/api/v1/log/{name}/entries</c>: entries, each for those whom it concerns, with its proof.</summary>
internal static class EntryEndpoints
{
    private const string Private = "private, no-store";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("{name}/entries", ListAsync).WithName("ListLogEntries")
            .WithSummary("List the entries of a log that the caller sees, newest first: of a dataset, an agreement, a party, a type")
            .Produces<LogEntryPage>().Refuses(400, 401, 404, 503);
        group.MapGet("{name}/entries/{index}", FindAsync).WithName("GetLogEntry")
            .WithSummary("Get an entry of a log, the bytes that its leaf is the hash of (RFC 6962, 2.1)")
            .Produces<JsonElement>().Refuses(401, 404, 503);
        group.MapGet("{name}/entries/{index}.tlog-proof", ProveAsync).WithName("ProveLogEntry")
            .WithSummary("Get the proof that an entry is in its log, with the checkpoint and the entry (C2SP tlog-proof)")
            .Produces<string>(200, "text/plain").Refuses(401, 404, 503);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, LoggedEntries entries, LogReader logs, CredentialCheck credentials, AccessPolicy policy, string name, CancellationToken cancellation)
    {
        if (!LogNames.TryParse(name, out var log)) return Problem.NotFound().ToHttp();
        if (!(await credentials.AuthenticateAsync(context, cancellation)).TryGet(out var requester, out var problem) ||
            !Parse(context.Request.Query, policy).TryGet(out var query, out problem) ||
            !(await entries.ListAsync(requester, log, query, cancellation)).TryGet(out var list, out problem)) return problem.ToHttp();
        if (logs.IsWithheld(log)) return LogEndpoints.LogWithheld(log).ToHttp();
        context.Response.Headers.CacheControl = log.IsPublic() ? LogEndpoints.Soon : Private;
        return TypedResults.Json(new LogEntryPage(
            [.. list.Entries.Select(View)], list.Size, list.Before is { } before ? Page.LinkWith(context.Request, ("before", before)) : null),
            SharingJson.Wire.LogEntryPage);
    }

    private static async Task<IResult> FindAsync(
        HttpContext context, LoggedEntries entries, LogReader logs, CredentialCheck credentials, string name, string index, CancellationToken cancellation)
    {
        if (!TryParse(name, index, out var log, out var at)) return Problem.NotFound().ToHttp();
        if (!(await credentials.AuthenticateAsync(context, cancellation)).TryGet(out var requester, out var problem) ||
            !(await entries.FindAsync(requester, log, at, cancellation)).TryGet(out var entry, out problem)) return Refused(problem, logs, log);
        return LogEndpoints.Answer(context, entry, "application/json", log.IsPublic() ? LogEndpoints.ForEver : Private);
    }

    private static async Task<IResult> ProveAsync(
        HttpContext context, LoggedEntries entries, LogReader logs, CredentialCheck credentials, string name, string index, CancellationToken cancellation)
    {
        if (!TryParse(name, index, out var log, out var at)) return Problem.NotFound().ToHttp();
        if (!(await credentials.AuthenticateAsync(context, cancellation)).TryGet(out var requester, out var problem) ||
            !(await entries.ProofAsync(requester, log, at, cancellation)).TryGet(out var proof, out problem)) return Refused(problem, logs, log);
        // The next one has a newer checkpoint.
        return LogEndpoints.Answer(context, proof.ToBytes(), LogEndpoints.Text, log.IsPublic() ? LogEndpoints.Soon : Private);
    }

    // Of a log that cannot be shown nothing is found, whatever is asked for and by whom.
    private static IResult Refused(Problem problem, LogReader logs, LogName log) =>
        (problem.Status == StatusCodes.Status404NotFound ? LogEndpoints.Nothing(logs, log) : problem).ToHttp();

    /// <summary>Reads which entries an address asks for.</summary>
    internal static Result<EntryQuery> Parse(IQueryCollection parameters, AccessPolicy policy)
    {
        var query = new EntryQuery();
        if (parameters["dataset"].ToString() is { Length: > 0 } slug)
            // Absent is like one of which the caller sees nothing.
            query = query with { Dataset = policy.TryFindDataset(slug, out var dataset) ? dataset.Id : new(long.MaxValue) };
        if (parameters["agreement"].ToString() is { Length: > 0 } agreement)
        {
            if (!TryNumber(agreement, out var id)) return Invalid("agreement", "the number of an agreement");
            query = query with { Agreement = id };
        }

        if (parameters["party"].ToString() is { Length: > 0 } party)
        {
            query = TryNumber(party, out var id) ? query with { Party = new(id) } : query with { PartyCalled = party };
        }

        if (parameters["type"].ToString() is { Length: > 0 } type)
        {
            if (EventTypes.Find(type) is null) return Invalid("type", "the name of a type of event, such as agreement.changed");
            query = query with { Type = type };
        }

        if (parameters["before"].ToString() is not { Length: > 0 } before) return query;
        return TryNumber(before, out var at) ? query with { Before = at } : Invalid("before", "an index: entries below it are listed");
    }

    private static LogEntryView View(WrittenEntry entry)
    {
        using var document = JsonDocument.Parse(entry.Body);
        return new(entry.Index, entry.Type, document.RootElement.GetProperty("time").GetString() ?? "", document.RootElement.Clone());
    }

    private static bool TryParse(string name, string index, out LogName log, out long at)
    {
        at = 0;
        return LogNames.TryParse(name, out log) && Checkpoint.TryParseSize(index, out at);
    }

    private static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static Problem Invalid(string parameter, string takes) =>
        Problem.BadRequest("invalid-parameter", "A query parameter is not acceptable", $"'{parameter}' takes {takes}.").With("parameter", parameter);
}
