using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Stoa.Query;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>Makes POST, PATCH, PUT and DELETE ready for the writer, and answers when the commit is durable.</summary>
/// <remarks>
/// OGC 18-088, 10 and 13.2. Reading a request, doing it and answering it are three steps, so that a batch goes
/// the same way: a change set does several in one transaction, other parts do not wait for each other.
/// </remarks>
internal sealed class EntityWrites(
    Database database, EntityReads reads, EntityStore entities, ObservationStore observations,
    IdempotentRequests repeats, TimeProvider time)
{
    /// <summary>Reads the body and everything else that needs no transaction.</summary>
    internal Result<PreparedWrite> Prepare(WriteTarget target, WriteRequest request)
    {
        var prepared = LinkText.MayHaveKeys(request.Body.Span) ? PrepareWithKeys(target, request) : PrepareOnce(target, request);
        if (!prepared.TryGet(out var write, out var problem)) return problem;
        return request.Key is { } key
            ? write with { Run = session => repeats.Once(session, key, write.Run), IsWrapped = true }
            : write;
    }

    /// <summary>What links by external keys is read inside the transaction, where the keys are looked up.</summary>
    private PreparedWrite PrepareWithKeys(WriteTarget target, WriteRequest request)
    {
        var body = request.Body.ToArray();
        return new PreparedWrite(target, request, session =>
            LinkText.ResolveKeys(session, body, target.Rights).TryGet(out var resolved, out var problem) &&
            PrepareOnce(target, request with { Body = resolved }).TryGet(out var write, out problem)
                ? write.Run(session)
                : problem);
    }

    private Result<PreparedWrite> PrepareOnce(WriteTarget target, WriteRequest request)
    {
        if (target.Path is not { } path) return PrepareRows(target, request);
        if (HttpMethods.IsPost(request.Method))
            return path.Entity.SetName == "Observations"
                ? PrepareObservation(target, path, request)
                : PrepareEntity(target, path, request);
        return HttpMethods.IsDelete(request.Method)
            ? Change(target, path, request, (session, id) => Delete(session, path, id, target))
            : PrepareUpdate(target, path, request);
    }

    /// <summary>Hands a prepared write over to the writer; the task ends after the commit is durable.</summary>
    internal Task<Result<WriteOutcome>> StoreAsync(PreparedWrite write)
    {
        var work = new PreparedWork(write);
        database.Enqueue(work);
        return work.Task;
    }

    /// <summary>What to tell the client; reads what was made when the request prefers to see it.</summary>
    internal async ValueTask<WriteAnswer> AnswerAsync(PreparedWrite write, WriteOutcome outcome, CancellationToken cancellation)
    {
        var caller = write.Target.Caller;
        if (outcome.Rows is { } rows) return new WriteAnswer(outcome.Status) { Body = Links(caller, rows) };
        return new WriteAnswer(outcome.Status)
        {
            Location = outcome is { Status: StatusCodes.Status201Created, Entity: { } made }
                ? RowLayout.For(made).SelfLink(caller.Root.Utf8, outcome.Id)
                : null,
            ETag = outcome.Tag is { } tag ? EntityTag.OfChanged(tag) : null,
            Body = write.Request.WantsRepresentation && outcome.Entity is { } entity
                ? await reads.EntityAsync(caller, entity, outcome.Id, cancellation)
                : default,
        };
    }

    private Result<PreparedWrite> PrepareObservation(WriteTarget target, ResourcePath path, WriteRequest request)
    {
        if (!ObservationDraft.Parse(request.Body.Span).TryGet(out var draft, out var problem)) return problem;
        return new PreparedWrite(
            target, request,
            session =>
            {
                if (request.Conditions.Refuse(null) is { } refused) return refused;
                if (!FindParent(session, path, target.Rights).TryGet(out var parent, out var refusal)) return refusal;
                return entities.CreateObservation(session, draft, target.Rights, parent).TryGet(out var id, out refusal)
                    ? Created(path, id.Value)
                    : refusal;
            },
            // It refuses before its first change, unless whole entities come with it.
            IsWrapped: draft.InlineSeries is not null || draft.InlineFeature is not null);
    }

    private Result<PreparedWrite> PrepareEntity(WriteTarget target, ResourcePath path, WriteRequest request)
    {
        var description = EntityDescription.Find(path.Entity.SetName)!;
        if (!EntityDraft.Parse(description, request.Body, isPatch: false).TryGet(out var draft, out var problem)) return problem;
        return new PreparedWrite(target, request, session =>
        {
            if (request.Conditions.Refuse(null) is { } refused) return refused;
            if (!FindParent(session, path, target.Rights).TryGet(out var parent, out var refusal)) return refusal;
            return entities.Create(session, draft, target.Rights, parent).TryGet(out var id, out refusal)
                ? Created(path, id)
                : refusal;
        });
    }

    private static WriteOutcome Created(ResourcePath path, long id) =>
        new(StatusCodes.Status201Created) { Entity = path.Entity, Id = id };

    private Result<PreparedWrite> PrepareUpdate(WriteTarget target, ResourcePath path, WriteRequest request)
    {
        var replaces = HttpMethods.IsPut(request.Method);
        if (replaces && path is { ExternalKey: { } key, Steps.Count: 1 }) return PrepareUpsert(target, path, key, request);
        if (request.IsJsonPatch && !replaces) return PreparePatch(target, path, request);
        if (path.Entity.SetName == "Observations")
            return ObservationDraft.Parse(request.Body.Span, isPatch: true).TryGet(out var observation, out var refusal)
                ? Change(target, path, request,
                    (session, id) => entities.UpdateObservation(session, id, observation, target.Rights, replaces))
                : refusal;
        var description = EntityDescription.Find(path.Entity.SetName)!;
        if (!EntityDraft.Parse(description, request.Body, isPatch: true).TryGet(out var draft, out var problem)) return problem;
        if (replaces)
            foreach (var property in description.Properties)
                if (property.IsMandatory && !draft.Values.ContainsKey(property.Name))
                    return Problems.Missing(description.Name, property.Name);
        return Change(target, path, request,
            (session, id) => entities.Update(session, id, draft, target.Rights, replaces));
    }

    /// <summary>PUT at an external key: creates the entity or replaces its properties, in one step.</summary>
    private Result<PreparedWrite> PrepareUpsert(WriteTarget target, ResourcePath path, string key, WriteRequest request)
    {
        if (EntityDescription.Find(path.Entity.SetName) is not { } description || !ExternalKeys.Has(description)) return Problem.NotFound();
        if (key.Length is 0 or > ExternalKeys.CharsMax)
            return Problems.Property("externalKey", $"a text of 1 to {ExternalKeys.CharsMax} characters");
        if (!EntityDraft.Parse(description, request.Body, isPatch: false).TryGet(out var draft, out var problem)) return problem;
        if (draft.ExternalKey is not null && draft.ExternalKey != key)
            return Problems.Body("The address says another external key than the body. Leave it out of the body.");
        draft.ExternalKey = key;
        var isLinkOnly = draft.Relations.Values.All(related => related.All(item => item.Link is not null));
        var update = Change(target, path, request, (session, id) => isLinkOnly
            ? entities.Update(session, id, draft, target.Rights, replaces: true)
            : Problems.Body("An update takes links only: the entity is there already. Create the new entities inside it by themselves."));
        return new PreparedWrite(target, request, session =>
        {
            var rights = target.Rights;
            if (!rights.Write.Contains(rights.Target)) return Problems.MayNotWrite();
            if (ExternalKeys.Find(session, description, rights.Target, key) is not null) return update.Run(session);
            if (request.Conditions.Refuse(null) is { } refused) return refused;
            if (!entities.Create(session, draft, rights, null).TryGet(out var id, out var refusal)) return refusal;
            // A Datastream follows its Thing; at this address it would not be found again.
            return EntityStore.Find(session, description, id) == rights.Target
                ? Created(path, id)
                : Problems.Conflict("It would belong to the dataset of its Thing. Send it to the address of that dataset.");
        });
    }

    /// <summary>JSON Patch: applied to what is stored at that moment; what differs afterwards is changed as by PATCH.</summary>
    private Result<PreparedWrite> PreparePatch(WriteTarget target, ResourcePath path, WriteRequest request)
    {
        var properties = PatchedProperties(path.Entity.SetName);
        if (!JsonPatch.Parse(request.Body, properties).TryGet(out var patch, out var problem)) return problem;
        return Change(target, path, request, (session, id) => Patch(session, path, id, patch, properties, target));
    }

    private Result<long> Patch(
        WriteSession session, ResourcePath path, long id, JsonPatch patch, HashSet<string> properties, WriteTarget target)
    {
        SettleSums(session, path.Steps);
        // Tests would tell what an entity holds, so it must be readable too.
        if (reads.Properties(session, target.Caller, path.Entity, id, properties) is not { } before) return Problems.MayNotRead();
        var after = (JsonObject)before.DeepClone();
        if (patch.Apply(after) is { } failed) return failed;
        if (JsonPatch.Difference(before, after) is not { } changes)
            return Problems.TooBig("What a JSON Patch leaves, in levels of JSON,", JsonPatch.DepthMax);
        if (changes.Length <= 2) return id;
        var removed = before.Select(member => member.Key).FirstOrDefault(name => !after.ContainsKey(name) && IsMandatory(path, name));
        if (removed is not null) return Problems.Missing(path.Entity.Name, removed);
        Problem? refusal;
        if (path.Entity.SetName == "Observations")
            return ObservationDraft.Parse(changes, isPatch: true).TryGet(out var observation, out refusal)
                ? entities.UpdateObservation(session, id, observation, target.Rights)
                : refusal;
        return EntityDraft.Parse(EntityDescription.Find(path.Entity.SetName)!, changes, isPatch: true).TryGet(out var draft, out refusal)
            ? entities.Update(session, id, draft, target.Rights, replaces: false)
            : refusal;
    }

    /// <summary>The properties of an entity of a set that can be changed one by one.</summary>
    internal static HashSet<string> PatchedProperties(string set) => EntityDescription.Find(set) is { } description
        ? [.. description.Properties.Select(property => property.Name)]
        : ["phenomenonTime", "resultTime", "result", "validTime", "parameters", "resultQuality"];

    private static bool IsMandatory(ResourcePath path, string name) =>
        EntityDescription.Find(path.Entity.SetName) is { } description
            ? description.Properties.Any(property => property.Name == name && property.IsMandatory)
            : name is "result" or "phenomenonTime";

    private Result<long> Delete(WriteSession session, ResourcePath path, long id, WriteTarget target) =>
        path.Entity.SetName == "Observations"
            ? entities.DeleteObservation(session, id, target.Rights)
            : entities.Delete(session, EntityDescription.Find(path.Entity.SetName)!, id, target.Rights, Instant.From(time.GetUtcNow()));

    /// <summary>A change of one entity: found, allowed, as the preconditions want it, and then changed, all in one transaction.</summary>
    private PreparedWrite Change(
        WriteTarget target, ResourcePath path, WriteRequest request, Func<WriteSession, long, Result<long>> change) =>
        new(target, request, session =>
        {
            var set = path.Entity.SetName;
            if (FindId(session, path, target.Rights) is not { } id) return Problem.NotFound();
            if (!EntityStore.FindToChange(session, set, id, target.Rights).TryGet(out var dataset, out var problem)) return problem;
            // A tag says something of what is stored; to those who may only write, no tag is the right one.
            var mayRead = target.Rights.Read.Contains(dataset);
            if (!request.Conditions.IsEmpty &&
                request.Conditions.Refuse(mayRead ? EntityTag.OfStored(session, set, id) : "") is { } changed)
                return changed;
            if (!change(session, id).TryGet(out _, out problem)) return problem;
            if (HttpMethods.IsDelete(request.Method)) return new WriteOutcome(StatusCodes.Status200OK);
            return new WriteOutcome(StatusCodes.Status200OK)
            {
                Entity = path.Entity,
                Id = id,
                Tag = mayRead ? EntityTag.OfStored(session, set, id) : null,
            };
        });

    /// <summary>POST CreateObservations: 201 with a selfLink, or "error", for each row in order (13.2).</summary>
    private Result<PreparedWrite> PrepareRows(WriteTarget target, WriteRequest request)
    {
        if (!DataArray.Parse(request.Body.Span).TryGet(out var groups, out var problem)) return problem;
        var rows = new DataArrayRows(entities, observations, groups, target.Rights, time);
        return new PreparedWrite(
            target, request,
            session => new WriteOutcome(StatusCodes.Status201Created) { Rows = rows.Store(session) }, IsWrapped: false);
    }

    private static ReadOnlyMemory<byte> Links(Caller caller, IReadOnlyList<long> ids)
    {
        var buffer = new ArrayBufferWriter<byte>(64 + ids.Count * (caller.Root.Utf8.Length + 32));
        using var json = new Utf8JsonWriter(buffer, JsonText.Plain);
        Span<byte> link = stackalloc byte[512];
        caller.Root.Utf8.CopyTo(link);
        "/Observations("u8.CopyTo(link[caller.Root.Utf8.Length..]);
        var start = caller.Root.Utf8.Length + "/Observations("u8.Length;
        json.WriteStartArray();
        foreach (var id in ids)
        {
            if (id == DataArrayRows.Refused)
            {
                json.WriteStringValue("error"u8);
                continue;
            }

            System.Buffers.Text.Utf8Formatter.TryFormat(id, link[start..], out var digits);
            link[start + digits] = (byte)')';
            json.WriteStringValue(link[..(start + digits + 1)]);
        }

        json.WriteEndArray();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>The entity through which a set was reached: <c>/Things(1)</c> in <c>/Things(1)/Datastreams</c>.</summary>
    private Result<ParentLink?> FindParent(WriteSession session, ResourcePath path, WriteRights rights)
    {
        if (path.Steps.Count == 1) return Result<ParentLink?>.Of(null);
        if (path.ExternalKey is not null)
        {
            if (Locate(session, path, rights) is not { } located) return Problem.NotFound();
            path = located;
        }

        var inverse = InverseOf(path.Steps[^1].Via!);
        // The parent of an observation is checked where it is stored; no need to look it up here.
        if (path.Steps is [{ Key: { } key, Entity.SetName: "Datastreams" or "MultiDatastreams" }, { Entity.SetName: "Observations" }])
            return Result<ParentLink?>.Of(new ParentLink(inverse, key, default));
        PathStep[] steps = [.. path.Steps.SkipLast(1)];
        SettleSums(session, steps);
        if (reads.FindId(session, ScopeOf(rights), steps) is not { } id) return Problem.NotFound();
        var parent = EntityDescription.Find(path.Steps[^2].Entity.SetName);
        // An Observation has no sets below it.
        var dataset = parent is null ? default : EntityStore.Find(session, parent, id) ?? default;
        return Result<ParentLink?>.Of(new ParentLink(inverse, id, dataset));
    }

    /// <summary>The name of a relation as its other end sees it.</summary>
    private static string InverseOf(Navigation navigation)
    {
        foreach (var candidate in navigation.Target.Navigations)
            if (candidate.Target == navigation.Source) return candidate.Name;
        throw new InvalidOperationException($"{navigation} has no inverse.");
    }

    /// <summary>A path that begins with an external key, with the id in its place; null when there is none in the dataset.</summary>
    private static ResourcePath? Locate(WriteSession session, ResourcePath path, WriteRights rights) =>
        EntityDescription.Find(path.Steps[0].Entity.SetName) is { } description && rights.MayLink(rights.Target) &&
        ExternalKeys.Find(session, description, rights.Target, path.ExternalKey!) is { } id
            ? path.At(id)
            : null;

    private long? FindId(WriteSession session, ResourcePath asked, WriteRights rights)
    {
        if ((asked.ExternalKey is null ? asked : Locate(session, asked, rights)) is not { } path) return null;
        if (path.Steps is [{ Key: { } key }]) return key;
        SettleSums(session, path.Steps);
        return reads.FindId(session, ScopeOf(rights), path.Steps);
    }

    // Who may see an observation stands in the state of its Datastream, which is summed up until the end of the group.
    private void SettleSums(WriteSession session, IReadOnlyList<PathStep> steps)
    {
        if (steps.Any(step => step.Entity == SensorThingsSchema.Observation)) observations.FlushSums(session);
    }

    private static AccessScope ScopeOf(WriteRights rights)
    {
        var scope = rights.Read.Or(rights.Write);
        return rights.Within.IsEverything ? scope : scope.Within(rights.Target);
    }
}
