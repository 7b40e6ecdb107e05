using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>DELETE of all entities of a set that a filter finds: first counted, then confirmed, then done in pieces.</summary>
/// <remarks>
/// urn:stoa:sensorthings:filtered-delete; FROST has the same without the dry run, OGC 23-019 drafts it. What is found is what GET
/// with the same filter would show at the same address; all of it must be writable.
/// </remarks>
internal sealed class FilteredDelete(
    Database database, QueryTranslator translator, EntityReads reads, EntityStore entities, ConfirmationToken confirmations,
    SensingOptions options, TimeProvider time)
{
    /// <summary>Observations that one request removes.</summary>
    internal const int ObservationsMax = 1_000_000;

    /// <summary>Other entities that one request removes, what goes along not counted.</summary>
    internal const int EntitiesMax = 10_000;

    /// <summary>Observations removed in one transaction: about ten milliseconds in which others wait.</summary>
    internal const int PieceMax = 500;

    private const string DryRun = "$dryRun";
    private const string Confirm = "$confirm";

    /// <summary>Whether a query makes a DELETE one of many; decides nothing.</summary>
    internal static bool IsMeant(string? query) => query is { Length: > 1 } && Split(query).Any(pair => pair.Name.StartsWith('$'));

    /// <summary>Answers the dry run or does what was confirmed.</summary>
    internal async Task AnswerAsync(HttpContext context, Requester requester, WriteTarget target)
    {
        var path = target.Path!; // Admitted as a set.
        if (!Read(context.Request.QueryString.Value ?? "", path).TryGet(out var asked, out var problem) ||
            !(await CountAsync(target, asked, context.RequestAborted)).TryGet(out var found, out problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        await confirmations.PrepareAsync(context.RequestAborted);
        var counts = string.Join(',', found.Counts.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value}")));
        var request = $"{requester.Token?.Value ?? 0}\n{context.Request.Path}\n{asked.FilterText}";
        if (asked.Confirmation is not { } token)
        {
            await AnswerCountsAsync(context, found, confirmations.Make(request, counts));
            return;
        }

        if (confirmations.Open(request, token) is not { } seen) problem = NotConfirmed();
        else if (seen != counts) problem = CountChanged();
        else problem = await RemoveAsync(target, found, context.RequestAborted);
        if (problem is not null) await problem.WriteAsync(context);
        else await AnswerRemovedAsync(context, found);
    }

    private Result<Asked> Read(string query, ResourcePath path)
    {
        var isDry = false;
        string? confirmation = null, filter = null;
        var rest = new List<string>();
        foreach (var (name, value, text) in Split(query))
        {
            if (name == DryRun && value is "true") isDry = true;
            else if (name == Confirm && value.Length > 0) confirmation = value;
            else if (name is DryRun or Confirm) return NotDry();
            else rest.Add(text);
            if (name == "$filter") filter = value;
        }

        if (!ODataQuery.Parse(string.Join('&', rest), options.Query).TryGet(out var parsed, out var problem)) return problem;
        if (parsed.Filter is null || filter is null || parsed with { Filter = null } != QueryOptions.None) return NotDry();
        if (isDry == confirmation is not null) return NotDry();
        return QueryBinder.Bind(parsed, path.Entity, options.Query, Instant.From(time.GetUtcNow())).TryGet(out var bound, out problem)
            ? new Asked(bound, filter, confirmation)
            : problem;
    }

    private static IEnumerable<(string Name, string Value, string Text)> Split(string query)
    {
        foreach (var text in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            yield return (Uri.UnescapeDataString(equals < 0 ? text : text[..equals]),
                equals < 0 ? "" : Uri.UnescapeDataString(text[(equals + 1)..]), text);
        }
    }

    /// <summary>What the filter finds, and what would go along, as it is stored now.</summary>
    private async Task<Result<Found>> CountAsync(WriteTarget target, Asked asked, CancellationToken cancellation)
    {
        var path = target.Path!;
        var rights = target.Rights;
        // What GET shows whole at this address, no more: numbers tell too.
        var scope = (rights.Within.IsEverything ? rights.Read : rights.Read.Within(rights.Target)).Whole;
        var description = EntityDescription.Find(path.Entity.SetName);
        var max = description is null ? ObservationsMax : EntitiesMax;
        using var session = await database.ReadAsync(cancellation);
        if (path.Steps.Count > 1 && reads.FindId(session, scope, [.. path.Steps.SkipLast(1)]) is null) return Problem.NotFound();
        var counted = new RemovalCount(session, rights.Change, refuses: asked.Confirmation is not null);
        var ids = new List<long>();
        using var row = ReadPlan.Prepare(session, translator.Rows(new ReadRequest
        {
            Path = path.Steps,
            Scope = scope,
            Columns = [new("id"), new(description is null ? "datastream_id" : "dataset_id")],
            Query = asked.Query,
            Limit = max + 1,
        }));
        var refusals = new Dictionary<long, Problem?>();
        var owned = new Dictionary<long, long>();
        while (row.Step())
        {
            if (ids.Count == max) return Problems.TooBig($"The {path.Entity.SetName} that one DELETE removes", max);
            var (id, owner) = (row.Int64(0), row.Int64(1));
            if (!refusals.TryGetValue(owner, out var refusal))
                refusals[owner] = refusal = rights.RefuseChange(description is null ? DatasetOf(session, owner) : new(owner));
            if (refusal is not null) return refusal;
            owned[owner] = owned.GetValueOrDefault(owner) + 1;
            ids.Add(id);
            if (description is null) counted.AddObservation();
            else if (counted.Add(description, id) is { } problem) return problem;
        }

        var datasets = owned.GroupBy(one => description is null ? DatasetOf(session, one.Key) : new(one.Key))
            .ToDictionary(group => group.Key, group => group.Sum(one => one.Value));
        return new Found(ids, counted.Counts, datasets);
    }

    private static DatasetId DatasetOf(Session session, long stored)
    {
        using var find = session.Prepare("SELECT dataset_id FROM datastream_state WHERE datastream_id = @id");
        return find.Bind("@id", stored).Step() ? new(find.Int64(0)) : default;
    }

    /// <summary>Removes what was found, in pieces; stops between two when the client leaves.</summary>
    private async Task<Problem?> RemoveAsync(WriteTarget target, Found found, CancellationToken cancellation)
    {
        // Before anything is gone: what was confirmed stands in the log, whatever breaks off.
        var set = target.Path!.Entity.SetName;
        await database.WriteAsync(session => Enter(session, set, found), cancellation);
        if (EntityDescription.Find(set) is not { } description)
        {
            await RemoveObservationsAsync(target.Rights, found.Ids, cancellation);
            return null;
        }

        foreach (var id in found.Ids)
        {
            foreach (var series in await SeriesBelowAsync(description, id, cancellation))
                while (await database.WriteAsync(
                    session => entities.ThinOut(session, series, target.Rights, PieceMax), cancellation) > 0)
                {
                }

            var removed = await database.TryWriteAsync(
                session => entities.Delete(session, description, id, target.Rights), cancellation);
            // What has vanished meanwhile is as it should be.
            if (!removed.TryGet(out _, out var problem) && problem.Status != StatusCodes.Status404NotFound) return problem;
        }

        return null;
    }

    private bool Enter(WriteSession session, string set, Found found)
    {
        var now = Instant.From(time.GetUtcNow());
        foreach (var (dataset, count) in found.Datasets) DataEvents.Deleted(session, dataset, set, count, now);
        return true;
    }

    private async Task RemoveObservationsAsync(WriteRights rights, IReadOnlyList<long> ids, CancellationToken cancellation)
    {
        var atEdges = new List<long>();
        foreach (var piece in ids.Chunk(PieceMax))
            atEdges.AddRange(await database.WriteAsync(
                session =>
                {
                    // Made anew each time: the work may run twice.
                    var edges = new List<long>();
                    entities.DeleteObservations(session, piece, rights, edges);
                    return edges;
                },
                cancellation));
        foreach (var piece in atEdges.Chunk(PieceMax))
            await database.WriteAsync(session => entities.DeleteObservations(session, piece, rights, null), cancellation);
    }

    private async Task<List<SeriesKey>> SeriesBelowAsync(EntityDescription description, long id, CancellationToken cancellation)
    {
        var sql = description.Set switch
        {
            "Things" => "SELECT id FROM datastream WHERE thing_id = @id UNION ALL SELECT -id FROM multi_datastream WHERE thing_id = @id",
            "Sensors" => "SELECT id FROM datastream WHERE sensor_id = @id UNION ALL SELECT -id FROM multi_datastream WHERE sensor_id = @id",
            "ObservedProperties" => "SELECT id FROM datastream WHERE observed_property_id = @id",
            "Datastreams" => "SELECT @id",
            "MultiDatastreams" => "SELECT -@id",
            _ => null,
        };
        var series = new List<SeriesKey>();
        if (sql is null) return series;
        using var session = await database.ReadAsync(cancellation);
        using var read = session.Prepare(sql);
        read.Bind("@id", id);
        while (read.Step()) series.Add(SeriesKey.Stored(read.Int64(0)));
        return series;
    }

    private static async Task AnswerCountsAsync(HttpContext context, Found found, (string Text, DateTimeOffset Expires) token)
    {
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        Write(answer.Json, "wouldDelete", found);
        answer.Json.WriteString("confirmation"u8, token.Text);
        answer.Json.WriteString("expires"u8, token.Expires.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        answer.Json.WriteEndObject();
        await answer.EndAsync(context);
    }

    private static async Task AnswerRemovedAsync(HttpContext context, Found found)
    {
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        Write(answer.Json, "deleted", found);
        answer.Json.WriteEndObject();
        await answer.EndAsync(context);
    }

    private static void Write(Utf8JsonWriter json, string name, Found found)
    {
        json.WriteStartObject(name);
        foreach (var (set, count) in found.Counts) json.WriteNumber(set, count);
        json.WriteEndObject();
    }

    /// <summary>DELETE of many without a dry run, or with options that do not belong to it.</summary>
    internal static Problem NotDry() =>
        new(400, "dry-run-needed", "A DELETE of many begins with a dry run",
            "Send DELETE to a set with $filter and $dryRun=true first: it answers how much would vanish, and a confirmation. Then send the " +
            "same with $confirm and that text instead of $dryRun. Other options, and entities by id, do not go with it.");

    private static Problem NotConfirmed() =>
        new(412, "not-confirmed", "The confirmation does not fit",
            "Nothing was deleted. A confirmation is good for five minutes, for the same token, address and filter. Send the dry run again.");

    private static Problem CountChanged() =>
        new(409, "count-changed", "Something else would vanish than was confirmed",
            "Nothing was deleted: since the dry run the number of entities has changed. Send the dry run again, and look at the numbers.");

    private sealed record Asked(BoundQuery Query, string FilterText, string? Confirmation);

    private sealed record Found(
        IReadOnlyList<long> Ids, IReadOnlyDictionary<string, long> Counts, IReadOnlyDictionary<DatasetId, long> Datasets);
}
