using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Http;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Http.Formats;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Schema;
using Stoa.Sharing.Exchanges;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>Answers GET: entities, sets, links, properties. Written to the response while the database is read.</summary>
/// <remarks>OGC 18-088, 9.2 and 9.3. Memory does not grow with the result; the first row leaves as soon as it is read.</remarks>
internal sealed class EntityReads(
    Database database, QueryTranslator translator, KnownGroups groupsOf, SensingOptions options, TimeProvider time)
{
    private readonly Downloads _downloads = new(database, translator, groupsOf, options);

    internal async Task AnswerAsync(HttpContext context, Caller caller, ResourcePath path)
    {
        var parsed = ODataQuery.Parse(context.Request.QueryString.Value, options.Query);
        if (!parsed.TryGet(out var query, out var problem) ||
            !QueryBinder.Bind(query, path.Entity, options.Query, Instant.From(time.GetUtcNow())).TryGet(out var bound, out problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        if (NarrowedFields.Of(SensorThingsMapping.Mapping, caller.Read)?.Refuse(bound) is { } notReadable)
        {
            await notReadable.WriteAsync(context);
            return;
        }

        if (!ResultFormats.Choose(context.Request, bound, path).TryGet(out var format, out problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        var refusal = format switch
        {
            ResultFormat.Csv => await _downloads.WriteAsync(context, caller, path, bound, new CsvRows()),
            ResultFormat.GeoJson => await _downloads.WriteAsync(context, caller, path, bound, new GeoJsonRows()),
            _ => await WriteJsonAsync(context, caller, path, bound, format),
        };
        if (refusal is not null) await refusal.WriteAsync(context);
    }

    private async Task<Problem?> WriteJsonAsync(
        HttpContext context, Caller caller, ResourcePath path, BoundQuery query, ResultFormat format)
    {
        using var read = await database.ReadAsync(context.RequestAborted);
        return path.End switch
        {
            PathEnd.Property or PathEnd.RawValue => await PropertyReads.WriteAsync(context, translator, read, caller, path),
            PathEnd.References => await WriteReferencesAsync(context, read, caller, path, query),
            _ when path.IsSingle => await WriteOneAsync(context, read, caller, path, query),
            _ => await WriteManyAsync(context, read, caller, path, query, format),
        };
    }

    private async Task<Problem?> WriteOneAsync(
        HttpContext context, Session session, Caller caller, ResourcePath path, BoundQuery query)
    {
        using var plan = ReadPlan.For(
            translator, session, Request(path, caller), query, isSingle: true, PlanShape.For(query));
        if (!plan.Step()) return Problem.NotFound();
        using var answer = JsonAnswer.Rent();
        plan.WriteEntity(answer.Json, caller.Root.Utf8);
        if (!Preconditions.Parse(context.Request.Headers).TryGet(out var conditions, out var problem)) return problem;
        // A tag is made of all that is stored: it would tell of changes that the answer does not show.
        if (!plan.IsNarrowed && EntityTag.OfStored(session, path.Entity.SetName, plan.Id) is { } stored)
        {
            var tag = EntityTag.Of(stored, answer.Written.Span);
            if (conditions.OnlyChanges && conditions.Refuse(stored) is { } changed) return changed;
            context.Response.Headers.ETag = tag;
            if (conditions.IsFresh(tag))
            {
                JsonAnswer.EndUnchanged(context);
                return null;
            }
        }

        var leaving = new LeavingRows(context);
        if (!leaving.MayLeave(plan.Written)) return leaving.Refusal;
        await answer.EndAsync(context);
        return null;
    }

    private async Task<Problem?> WriteManyAsync(
        HttpContext context, ReadSession session, Caller caller, ResourcePath path, BoundQuery query, ResultFormat format)
    {
        var isGrouped = format == ResultFormat.DataArray;
        using var plan = ReadPlan.For(
            translator, session, Request(path, caller, session, groupsOf), query, isSingle: false,
            isGrouped ? DataArrayGroups.Shape : PlanShape.For(query));
        using var groups = isGrouped ? new DataArrayGroups(plan, query, caller.Root.Utf8) : null;
        var count = plan.Count(session);
        // The first row is asked for before the answer begins, so that a refusal can still take its place.
        var hasRow = query.Top > 0 && plan.Step();
        if (!hasRow && !ParentExists(translator, session, caller, path)) return Problem.NotFound();
        using var answer = JsonAnswer.Rent();
        var json = answer.Json;
        json.WriteStartObject();
        WriteCount(json, count);
        json.WriteStartArray("value"u8);
        string? token = null;
        var rows = 0;
        var leaving = new LeavingRows(context);
        for (; hasRow && rows < query.Top; hasRow = plan.Step())
        {
            if (groups is null) plan.WriteEntity(json, caller.Root.Utf8);
            else groups.Add();
            if (++rows == query.Top) token = plan.NextToken();
            if (groups is { IsFull: true }) groups.WriteTo(json);
            if (!answer.IsFull) continue;
            if (!leaving.MayLeave(groups is null ? plan.Written : rows)) return leaving.Refusal;
            await answer.SendAsync(context);
            // The time allowed is for the database; waiting for a slow client does not use it up.
            session.ExtendTime();
        }

        groups?.WriteTo(json);
        if (!leaving.MayLeave(groups is null ? plan.Written : rows)) return leaving.Refusal;
        json.WriteEndArray();
        if (hasRow && query is { Top: > 0, ResultMetadata: not "off" })
            json.WriteString("@iot.nextLink"u8, NextPage(context, caller, query, token));
        json.WriteEndObject();
        await answer.EndAsync(context);
        return null;
    }

    /// <summary>Writes a count that was asked for, and whether it is a bound only.</summary>
    internal static void WriteCount(Utf8JsonWriter json, (long Number, bool IsExact)? count)
    {
        if (count is not { } counted) return;
        json.WriteNumber("@iot.count"u8, counted.Number);
        if (!counted.IsExact) json.WriteBoolean("@stoa.countIsAtLeast"u8, true);
    }

    private async Task<Problem?> WriteReferencesAsync(
        HttpContext context, ReadSession session, Caller caller, ResourcePath path, BoundQuery query)
    {
        var ids = query with { Expand = [] };
        using var plan = ReadPlan.For(translator, session, Request(path, caller, session, groupsOf), ids, path.IsSingle);
        var count = plan.Count(session);
        var hasRow = query.Top > 0 && plan.Step();
        if (!hasRow && (path.IsSingle || !ParentExists(translator, session, caller, path))) return Problem.NotFound();
        using var answer = JsonAnswer.Rent();
        var json = answer.Json;
        json.WriteStartObject();
        if (path.IsSingle)
        {
            json.WriteString("@iot.selfLink"u8, plan.SelfLink(caller.Root.Utf8));
            json.WriteEndObject();
            await answer.EndAsync(context);
            return null;
        }

        WriteCount(json, count);
        json.WriteStartArray("value"u8);
        string? token = null;
        var rows = 0;
        var leaving = new LeavingRows(context);
        for (; hasRow && rows < query.Top; hasRow = plan.Step())
        {
            json.WriteStartObject();
            json.WriteString("@iot.selfLink"u8, plan.SelfLink(caller.Root.Utf8));
            json.WriteEndObject();
            if (++rows == query.Top) token = plan.NextToken();
            if (!answer.IsFull) continue;
            if (!leaving.MayLeave(rows)) return leaving.Refusal;
            await answer.SendAsync(context);
        }

        if (!leaving.MayLeave(rows)) return leaving.Refusal;
        json.WriteEndArray();
        if (hasRow && query.Top > 0) json.WriteString("@iot.nextLink"u8, NextPage(context, caller, query, token));
        json.WriteEndObject();
        await answer.EndAsync(context);
        return null;
    }

    /// <summary>One whole entity as JSON; empty when it may not be read: whoever may only write learns where it is, not what
    /// it holds.</summary>
    internal async ValueTask<ReadOnlyMemory<byte>> EntityAsync(
        Caller caller, EntityType entity, long id, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        if (!QueryBinder.Bind(QueryOptions.None, entity, options.Query, default).TryGet(out var query, out _)) return default;
        using var plan = ReadPlan.For(
            translator, session, ReadRequest.OfEntity(entity, id, caller.Read), query, isSingle: true);
        if (!plan.Step()) return default;
        using var answer = JsonAnswer.Rent();
        plan.WriteEntity(answer.Json, caller.Root.Utf8);
        return answer.Written.ToArray();
    }

    /// <summary>The named properties of one entity as GET shows them; null when not everything of it may be read: what is changed and put
    /// back would lose what is hidden.</summary>
    internal JsonObject? Properties(Session session, Caller caller, EntityType entity, long id, IReadOnlySet<string> names)
    {
        if (!QueryBinder.Bind(QueryOptions.None, entity, options.Query, default).TryGet(out var query, out _)) return null;
        using var plan = ReadPlan.For(
            translator, session, ReadRequest.OfEntity(entity, id, caller.Read.Whole), query, isSingle: true);
        if (!plan.Step()) return null;
        using var answer = JsonAnswer.Rent();
        plan.WriteEntity(answer.Json, caller.Root.Utf8);
        var json = (JsonObject)JsonNode.Parse(answer.Written.Span)!;
        foreach (var name in json.Select(member => member.Key).Where(name => !names.Contains(name)).ToList()) json.Remove(name);
        return json;
    }

    /// <summary>What the path leads to, as far as the caller may see it.</summary>
    internal static ReadRequest Request(ResourcePath path, Caller caller) => new() { Path = path.Steps, Scope = caller.Read };

    /// <summary>The same, with the groups that may be seen where they are known.</summary>
    internal static ReadRequest Request(ResourcePath path, Caller caller, Session session, KnownGroups groups)
    {
        var request = Request(path, caller);
        return groups.Of(session, request) is { } visible ? request with { Groups = visible } : request;
    }

    /// <summary>Whether what stands before the last relation exists: an empty set and a missing parent are different answers.</summary>
    internal static bool ParentExists(QueryTranslator translator, Session session, Caller caller, ResourcePath path)
    {
        if (path.Steps.Count == 1) return true;
        var sql = translator.Exists([.. path.Steps.SkipLast(1)], caller.Read);
        using var exists = ReadPlan.Prepare(session, sql);
        return exists.Step() && exists.Boolean(0);
    }

    /// <summary>A path that begins with an external key, with the id in its place; null when there is none to be seen.</summary>
    internal async ValueTask<ResourcePath?> LocateAsync(
        ResourcePath path, AccessScope scope, DatasetId? keys, CancellationToken cancellation)
    {
        if (keys is not { } dataset || !scope.Contains(dataset) ||
            EntityDescription.Find(path.Steps[0].Entity.SetName) is not { } description) return null;
        using var session = await database.ReadAsync(cancellation);
        return ExternalKeys.Find(session, description, dataset, path.ExternalKey!) is { } id ? path.At(id) : null;
    }

    /// <summary>The id of the one entity to which steps lead; null when there is none to be seen.</summary>
    internal long? FindId(Session session, AccessScope scope, IReadOnlyList<PathStep> steps)
    {
        var request = new ReadRequest { Path = steps, Scope = scope };
        var query = QueryBinder.Bind(QueryOptions.None, request.Entity, QueryLimits.Default, default);
        if (!query.TryGet(out var bound, out _)) return null;
        using var plan = ReadPlan.For(translator, session, request, bound, isSingle: true);
        return plan.Step() ? plan.Id : null;
    }

    /// <summary>The address of the next page.</summary>
    internal static string NextPage(HttpContext context, Caller caller, BoundQuery query, string? token) =>
        NextLink.Of(
            caller.Root.Url + "/" + SensorThingsEndpoints.PathOf(context), context.Request.QueryString.Value?.TrimStart('?') ?? "",
            token, query.Skip + query.Top);
}
