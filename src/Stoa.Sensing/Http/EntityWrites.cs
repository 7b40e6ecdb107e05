using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Http;
using Stoa.Query;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>Answers POST, PATCH, PUT and DELETE. Every answer comes after the commit is durable.</summary>
/// <remarks>OGC 18-088, 10 and 13.2.</remarks>
internal sealed class EntityWrites(
    Database database, EntityReads reads, EntityStore entities, ObservationStore observations, SensingOptions options,
    TimeProvider time)
{
    internal async Task CreateAsync(HttpContext context, Caller caller, WriteRights rights, ResourcePath path)
    {
        if (path.End != PathEnd.Entities || path.IsSingle)
        {
            await Problems.NotAllowed("GET, PATCH, PUT or DELETE; POST belongs to a set such as Things").WriteAsync(context);
            return;
        }

        if (!(await ParentAsync(path, rights, context.RequestAborted)).TryGet(out var parent, out var problem))
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

        Result<long> created;
        using (body)
            created = path.Entity.SetName == "Observations"
                ? await CreateObservationAsync(body.Utf8, rights, parent)
                : await CreateEntityAsync(body.Utf8, path, rights, parent, context.RequestAborted);
        if (!created.TryGet(out var id, out problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = RowLayout.For(path.Entity).SelfLink(caller.Root.Utf8, id);
        if (WantsRepresentation(context)) await reads.WriteEntityAsync(context, caller, path.Entity, id);
        else context.Response.ContentLength = 0;
    }

    private async Task<Result<long>> CreateObservationAsync(ReadOnlyMemory<byte> utf8, WriteRights rights, ParentLink? parent)
    {
        if (!ObservationDraft.Parse(utf8.Span).TryGet(out var draft, out var problem)) return problem;
        var work = new ObservationWork(entities, draft, rights, parent);
        database.Enqueue(work);
        return (await work.Task).TryGet(out var id, out problem) ? id.Value : problem;
    }

    private async Task<Result<long>> CreateEntityAsync(
        ReadOnlyMemory<byte> utf8, ResourcePath path, WriteRights rights, ParentLink? parent, CancellationToken cancellation)
    {
        var description = EntityDescription.Find(path.Entity.SetName)!;
        if (!EntityDraft.Parse(description, utf8, isPatch: false).TryGet(out var draft, out var problem)) return problem;
        var target = path.Steps.Count > 1 ? EntityDescription.Find(path.Steps[^2].Entity.SetName) : null;
        return await database.TryWriteAsync<long>(
            session =>
            {
                // The parent was found on a snapshot; it may have gone, or changed its dataset, since.
                if (parent is not { } link) return entities.Create(session, draft, rights, null);
                return EntityStore.Find(session, target!, link.Id) is { } dataset
                    ? entities.Create(session, draft, rights, link with { Dataset = dataset })
                    : Problem.NotFound();
            },
            cancellation);
    }

    internal async Task UpdateAsync(HttpContext context, WriteRights rights, ResourcePath path, bool replaces)
    {
        if (path.End != PathEnd.Entities || !path.IsSingle)
        {
            await Problems.NotAllowed("GET, or POST on a set; PATCH and PUT belong to one entity such as Things(1)")
                .WriteAsync(context);
            return;
        }

        if (context.Request.ContentType?.StartsWith("application/json-patch+json", StringComparison.OrdinalIgnoreCase) == true)
        {
            await Problems.JsonPatch().WriteAsync(context);
            return;
        }

        var read = await RequestBody.ReadAsync(context, options.BodyBytesMax);
        if (!read.TryGet(out var body, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        Result<long> updated;
        using (body) updated = await UpdateAsync(body.Utf8, rights, path, replaces, context.RequestAborted);
        await FinishAsync(context, updated);
    }

    private async Task<Result<long>> UpdateAsync(
        ReadOnlyMemory<byte> utf8, WriteRights rights, ResourcePath path, bool replaces, CancellationToken cancellation)
    {
        if (await FindIdAsync(path, rights, cancellation) is not { } id) return Problem.NotFound();
        if (path.Entity.SetName == "Observations")
            return ObservationDraft.Parse(utf8.Span, isPatch: true).TryGet(out var observation, out var refusal)
                ? await database.TryWriteAsync(
                    session => entities.UpdateObservation(session, id, observation, rights, replaces), cancellation)
                : refusal;
        var description = EntityDescription.Find(path.Entity.SetName)!;
        if (!EntityDraft.Parse(description, utf8, isPatch: true).TryGet(out var draft, out var problem)) return problem;
        if (replaces)
            foreach (var property in description.Properties)
                if (property.IsMandatory && !draft.Values.ContainsKey(property.Name))
                    return Problems.Missing(description.Name, property.Name);
        return await database.TryWriteAsync(session => entities.Update(session, id, draft, rights, replaces), cancellation);
    }

    internal async Task DeleteAsync(HttpContext context, WriteRights rights, ResourcePath path)
    {
        if (path.End != PathEnd.Entities || !path.IsSingle)
        {
            await Problems.NotAllowed("GET or POST; DELETE belongs to one entity such as Things(1)").WriteAsync(context);
            return;
        }

        Result<long> deleted = Problem.NotFound();
        if (await FindIdAsync(path, rights, context.RequestAborted) is { } id)
            deleted = path.Entity.SetName == "Observations"
                ? await database.TryWriteAsync(
                    session => entities.DeleteObservation(session, id, rights), context.RequestAborted)
                : await database.TryWriteAsync(
                    session => entities.Delete(session, EntityDescription.Find(path.Entity.SetName)!, id, rights),
                    context.RequestAborted);
        await FinishAsync(context, deleted);
    }

    /// <summary>POST CreateObservations: 201 with a selfLink, or "error", for each row in order (13.2).</summary>
    internal async Task CreateObservationsAsync(HttpContext context, Caller caller, WriteRights rights)
    {
        var read = await RequestBody.ReadAsync(context, options.BodyBytesMax);
        if (!read.TryGet(out var body, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        Result<List<DataArrayGroup>> parsed;
        using (body) parsed = DataArray.Parse(body.Utf8.Span);
        if (!parsed.TryGet(out var groups, out problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        var work = new DataArrayWork(entities, observations, groups, rights, time);
        database.Enqueue(work);
        var ids = await work.Task;
        context.Response.StatusCode = StatusCodes.Status201Created;
        using var answer = JsonAnswer.Rent();
        WriteLinks(answer.Json, caller, ids);
        await answer.EndAsync(context);
    }

    private static void WriteLinks(Utf8JsonWriter json, Caller caller, List<long> ids)
    {
        Span<byte> link = stackalloc byte[512];
        caller.Root.Utf8.CopyTo(link);
        "/Observations("u8.CopyTo(link[caller.Root.Utf8.Length..]);
        var start = caller.Root.Utf8.Length + "/Observations("u8.Length;
        json.WriteStartArray();
        foreach (var id in ids)
        {
            if (id == DataArrayWork.Refused)
            {
                json.WriteStringValue("error"u8);
                continue;
            }

            System.Buffers.Text.Utf8Formatter.TryFormat(id, link[start..], out var digits);
            link[start + digits] = (byte)')';
            json.WriteStringValue(link[..(start + digits + 1)]);
        }

        json.WriteEndArray();
    }

    /// <summary>The entity through which a set was reached: <c>/Things(1)</c> in <c>/Things(1)/Datastreams</c>.</summary>
    private async ValueTask<Result<ParentLink?>> ParentAsync(ResourcePath path, WriteRights rights, CancellationToken cancellation)
    {
        if (path.Steps.Count == 1) return Result<ParentLink?>.Of(null);
        var inverse = InverseOf(path.Steps[^1].Via!);
        // The parent of an observation is checked where it is stored; no need to look it up here.
        if (path.Steps is [{ Key: { } key, Entity.SetName: "Datastreams" }, { Entity.SetName: "Observations" }])
            return Result<ParentLink?>.Of(new ParentLink(inverse, key, default));
        using var session = await database.ReadAsync(cancellation);
        return reads.FindId(session, ScopeOf(rights), [.. path.Steps.SkipLast(1)]) is { } id
            ? Result<ParentLink?>.Of(new ParentLink(inverse, id, default))
            : Problem.NotFound();
    }

    /// <summary>The name of a relation as its other end sees it.</summary>
    private static string InverseOf(Navigation navigation)
    {
        foreach (var candidate in navigation.Target.Navigations)
            if (candidate.Target == navigation.Source) return candidate.Name;
        throw new InvalidOperationException($"{navigation} has no inverse.");
    }

    private async ValueTask<long?> FindIdAsync(ResourcePath path, WriteRights rights, CancellationToken cancellation)
    {
        if (path.Steps is [{ Key: { } key }]) return key;
        using var session = await database.ReadAsync(cancellation);
        return reads.FindId(session, ScopeOf(rights), path.Steps);
    }

    private static AccessScope ScopeOf(WriteRights rights)
    {
        var scope = rights.Read.Or(rights.Write);
        return rights.Within.IsEverything ? scope : scope.Within(rights.Target);
    }

    private static async Task FinishAsync(HttpContext context, Result<long> outcome)
    {
        if (!outcome.TryGet(out _, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentLength = 0;
    }

    // RFC 7240; without it the answer is the Location alone.
    private static bool WantsRepresentation(HttpContext context) =>
        context.Request.Headers["Prefer"].ToString().Contains("return=representation", StringComparison.OrdinalIgnoreCase);
}
