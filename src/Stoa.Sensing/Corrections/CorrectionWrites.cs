using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Http;
using Stoa.Sensing.Observations;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Corrections;

/// <summary>Corrections as they touch data: filed with the value that is stored, applied by the same write as a PATCH.</summary>
/// <remarks>The approval and the change are one transaction, so that nothing is approved that was not done, and nothing done that the owner has
/// not approved. The change feed tells of it as of every other change.</remarks>
internal sealed class CorrectionWrites(
    CorrectionRegister register, SensorThingsHandler handler, EntityReads reads, EntityWrites writes, ObservationStore observations,
    AccessPolicy policy)
{
    /// <summary>Files a correction or a report.</summary>
    public async Task<Result<CorrectionView>> FileAsync(
        Requester requester, string slug, CorrectionDraft draft, CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        if (draft.Check() is { } unfit) return unfit;
        return await register.Governing.KeepAsync(session => register.File(session, requester, slug, draft, () => Read(session, requester, slug, draft)),
            cancellation);
    }

    /// <summary>Approves, refuses, answers or withdraws; an approval changes the data.</summary>
    public async Task<Result<CorrectionView>> MoveAsync(Requester requester, long id, MoveDraft draft, CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        if (draft.Check() is { } unfit) return unfit;
        if (draft.Move != "approve" || await TargetAsync(requester, id, cancellation) is not var (slug, one))
            return await register.Governing.KeepAsync(session => register.Move(session, requester, id, draft, _ => false), cancellation);

        Result<CorrectionView> moved = Problem.NotFound();
        var prepared = Prepare(requester, slug, one);
        Result<WriteOutcome> Run(WriteSession session)
        {
            moved = register.Move(session, requester, id, draft, now => IsUnchanged(session, requester, slug, now));
            if (!moved.TryGet(out _, out var refusal)) return refusal;
            // Whoever may approve may write; what cannot be written is not approved.
            return prepared.TryGet(out var write, out refusal) ? write.Run(session) : refusal;
        }

        Problem? problem;
        if (prepared.TryGet(out var change, out _))
        {
            var stored = await writes.StoreAsync(change with { Run = Run, IsWrapped = true });
            return stored.TryGet(out _, out problem) ? moved : problem;
        }

        var tried = await register.Governing.KeepAsync(Run, cancellation);
        return tried.TryGet(out _, out problem) ? moved : problem;
    }

    // What can be changed by it, as it was filed; the transaction looks at it again.
    private async Task<(string Slug, Correction One)?> TargetAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var read = await register.Governing.ReadAsync(cancellation);
        return CorrectionRegister.Visible(read, requester, id, register.Governing.Now) is var (record, place) && record.Content.IsApplicable
            ? (place.Slug, record.Content)
            : null;
    }

    private Result<PreparedWrite> Prepare(Requester requester, string slug, Correction one)
    {
        if (!handler.Admit(requester, slug, HttpMethods.Patch, one.Entity!).TryGet(out var target, out var problem)) return problem; // Applicable.
        var body = BodyOf(one.Field!, one.Proposed!); // Applicable.
        return writes.Prepare(target, new WriteRequest { Method = HttpMethods.Patch, Body = body, ContentType = "application/json" });
    }

    private bool IsUnchanged(WriteSession session, Requester requester, string slug, Correction one) =>
        EntityOf(one.Entity!).TryGet(out var step, out _) && // Applicable.
        PropertiesOf(session, requester, slug, step) is { } stored &&
        JsonNode.DeepEquals(stored[one.Field!], one.Present is { } text ? JsonNode.Parse(text) : null);

    /// <summary>The value that is stored, as the requester may see it.</summary>
    private Result<CorrectionDraft> Read(WriteSession session, Requester requester, string slug, CorrectionDraft draft)
    {
        if (draft.Entity is not { } address) return draft with { Present = null };
        if (!EntityOf(address).TryGet(out var entity, out var problem)) return problem;
        if (PropertiesOf(session, requester, slug, entity) is not { } stored) return NoEntity;
        var named = draft with { Entity = $"{entity.Set}({entity.Id})", Present = null };
        if (draft.Field is not { } field) return named;
        if (!EntityWrites.PatchedProperties(entity.Set).Contains(field))
            return StrictJson.InvalidProperty("field", "An entity of this set has no such property that could be changed.");
        var present = stored[field];
        if (draft.Present is { } said && !JsonNode.DeepEquals(present, NodeOf(said))) return OtherValue;
        if (draft.Proposed is { } right)
        {
            if (JsonNode.DeepEquals(present, NodeOf(right))) return StrictJson.InvalidProperty("proposed", "This is the value that is stored.");
            if (Fault(entity.Set, BodyOf(field, right.GetRawText())) is { } fault) return fault;
        }

        return present is null ? named : named with { Present = JsonSerializer.SerializeToElement(present, CorrectionJson.Default.JsonNode) };
    }

    // Only what may be seen whole: what was taken away of a value cannot be compared. What may be used so far and no further is read
    // where it is counted, and not here.
    private JsonObject? PropertiesOf(WriteSession session, Requester requester, string slug, (string Set, long Id) entity)
    {
        if (!policy.DatasetForRead(requester, slug).TryGet(out var dataset, out _)) return null;
        if (!ResourcePath.Parse($"{entity.Set}({entity.Id})").TryGet(out var path, out _)) return null;
        // Who may see an observation stands in the state of its Datastream, which is summed up until the end of the group.
        observations.FlushSums(session);
        var scope = policy.Read(requester).Within(dataset.Id);
        if (reads.FindId(session, scope, path.Steps) is null) return null;
        return reads.Properties(session, new Caller(handler.RootOf(slug), scope), path.Entity, entity.Id, EntityWrites.PatchedProperties(entity.Set));
    }

    private static Result<(string Set, long Id)> EntityOf(string address) =>
        ResourcePath.Parse(address).TryGet(out var path, out _) && path is { End: PathEnd.Entities, ExternalKey: null, Steps: [{ Key: { } id }] }
            ? (path.Entity.SetName, id)
            : StrictJson.InvalidProperty("entity", "Name one entity by its set and id, such as Observations(17).");

    private static Problem? Fault(string set, byte[] body)
    {
        Problem? problem;
        if (EntityDescription.Find(set) is { } description)
            return EntityDraft.Parse(description, body, isPatch: true).TryGet(out _, out problem) ? null : problem;
        return ObservationDraft.Parse(body, isPatch: true).TryGet(out _, out problem) ? null : problem;
    }

    private static byte[] BodyOf(string field, string value) =>
        Encoding.UTF8.GetBytes($"{{{JsonSerializer.Serialize(field, CorrectionJson.Default.String)}:{value}}}");

    private static JsonNode? NodeOf(JsonElement element) => JsonNode.Parse(element.GetRawText());

    // Absent and hidden look alike.
    private static Problem NoEntity { get; } = StrictJson.InvalidProperty("entity",
        "There is no such entity in this dataset, or not everything of it is visible with these credentials.");

    private static Problem OtherValue { get; } = new(409, "value-differs", "Something else is stored",
        "The present value is not the one that is stored. Read it again, and see whether it still is to be corrected.");
}
