using Stoa.Sensing.Feed;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Sealing;
using Stoa.Sensing.Spatial;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

internal sealed partial class EntityStore
{
    /// <summary>Changes an entity: PATCH sets what was sent, PUT all structural properties.</summary>
    /// <returns>The id; a problem when it is not seen, not writable, or a value is refused.</returns>
    /// <remarks>
    /// OGC 18-088, 10.3. A single relation is replaced; a relation to many is added to, except a Thing's Locations, which
    /// mean that the Thing has moved.
    /// </remarks>
    internal Result<long> Update(WriteSession session, long id, EntityDraft draft, WriteRights rights, bool replaces)
    {
        var description = draft.Description;
        if (Find(session, description, id) is not { } dataset || !rights.Sees(dataset)) return Problem.NotFound();
        if (rights.RefuseChange(dataset) is { } mayNot) return mayNot;
        Changes.Add(session, description.Set, id, dataset, ChangeKind.Updated);
        var components = description == EntityDescription.MultiDatastream ? CountComponents(session, id) : default;
        if (WriteValues(session, id, draft, replaces) is { } refused) return refused;
        foreach (var (name, related) in draft.Relations)
        {
            var relation = description.FindRelation(name)!;
            var links = related.ConvertAll(item => item.Link!.Value);
            var problem = relation.Form switch
            {
                RelationForm.Reference => Point(session, description, id, relation, links[0], rights),
                RelationForm.Pairs => LinkPairs(session, description, id, name, links, rights),
                RelationForm.Components => WriteComponents(session, id, links, rights),
                _ => links.Select(link => Adopt(session, relation, id, link, rights)).FirstOrDefault(p => p is not null),
            };
            if (problem is not null) return problem;
        }

        if (description == EntityDescription.MultiDatastream && CheckComponents(session, id, components) is { } misfit) return misfit;
        if (description == EntityDescription.HistoricalLocation && draft.Values.ContainsKey("time"))
        {
            using var thing = session.Prepare("SELECT thing_id FROM historical_location WHERE id = @id");
            if (thing.Bind("@id", id).Step() && MoveByHistory(session, id, thing.Int64(0), rights) is { } refusal) return refusal;
        }

        return id;
    }

    private Problem? WriteValues(WriteSession session, long id, EntityDraft draft, bool replaces)
    {
        var description = draft.Description;
        var properties = description.Properties
            .Where(property => replaces || draft.Values.ContainsKey(property.Name)).ToList();
        if (properties.Count == 0) return null;
        if (draft.FindNul() is { } nul) return Problems.HasNul(nul);
        var sets = properties.SelectMany(property => property.Columns).Select(column => $"{column} = @{column}").ToList();
        var located = Located(session, id, draft);
        if (!located.TryGet(out var change, out var problem)) return problem;
        if (change.IsChanged) sets.Add("geometry = @geometry");
        using (var update = session.Prepare($"UPDATE {description.Table} SET {string.Join(", ", sets)} WHERE id = @id"))
        {
            foreach (var property in properties) Bind(update, property, draft.Values.GetValueOrDefault(property.Name));
            if (change.IsChanged) update.BindBlob("@geometry", change.Shape?.Wkb);
            update.Bind("@id", id).Execute();
        }

        ForgetSeries(session, description, id);
        if (description == EntityDescription.Location && draft.Values.ContainsKey("encodingType") &&
            SharedEncoding(session, id) is { } shared)
            return Problems.SameEncoding(shared);
        if (!change.IsChanged) return null;
        EntityBoxes.Write(session, description, id, change.Shape?.Box);
        if (description == EntityDescription.Location)
        {
            // Features generated from the place as it was stay with their observations; the next one gets a new feature.
            using var detach = session.Prepare(
                "UPDATE feature_of_interest SET generated_from_location_id = NULL WHERE generated_from_location_id = @id");
            detach.Bind("@id", id).Execute();
            observations.ForgetAll(session);
        }
        else
        {
            DeriveAllWith(session, id);
        }

        return null;
    }

    /// <summary>What an update does to the geometry, from the new values and the old ones it leaves.</summary>
    private static Result<GeometryChange> Located(WriteSession session, long id, EntityDraft draft)
    {
        if (draft.Description.GeometryProperty is not { } name ||
            !(draft.Values.ContainsKey(name) || draft.Values.ContainsKey("encodingType")))
            return new GeometryChange(false, null);
        string encoding, json;
        using (var read = session.Prepare($"SELECT encoding_type, {name} FROM {draft.Description.Table} WHERE id = @id"))
        {
            if (!read.Bind("@id", id).Step()) return Problem.NotFound();
            encoding = draft.Values.GetValueOrDefault("encodingType") as string ?? read.Text(0);
            json = draft.Values.GetValueOrDefault(name) as string ?? read.Text(1);
        }

        if (!GeoJson.IsGeoJson(encoding)) return new GeometryChange(true, null);
        return GeoJson.Parse(json, name).TryGet(out var shape, out var problem) ? new GeometryChange(true, shape) : problem;
    }

    private readonly record struct GeometryChange(bool IsChanged, (byte[] Wkb, Box Box)? Shape);

    private Problem? Point(
        WriteSession session, EntityDescription description, long id, RelationDescription relation, long link, WriteRights rights)
    {
        var target = EntityDescription.Find(relation.Target)!;
        if (Find(session, target, link) is not { } dataset || !rights.MayLink(dataset))
            return Problems.UnknownLink(target.Name, link);
        using (var update = session.Prepare($"UPDATE {description.Table} SET {relation.Column} = @link WHERE id = @id"))
            update.Bind("@link", link).Bind("@id", id).Execute();
        ForgetSeries(session, description, id);
        return null;
    }

    /// <summary>Changes an Observation; <see cref="ObservationDraft.Present"/> says what was sent.</summary>
    internal Result<long> UpdateObservation(
        WriteSession session, long id, ObservationDraft draft, WriteRights rights, bool replaces = false)
    {
        observations.FlushSums(session);
        if (ObservationStore.PlaceOf(session, id) is not { } place || SeriesAt(session, place) is not { } entry)
            return Problem.NotFound();
        if (!rights.Sees(entry.Dataset)) return Problem.NotFound();
        if (rights.RefuseChange(entry.Dataset) is { } mayNot) return mayNot;
        if (draft.InlineSeries is not null || draft.InlineFeature is not null)
            return Problems.Body("An update takes links only. Create the new entity by itself first.");
        if (replaces && !draft.HasResult) return Problems.Missing("Observation", "result");
        var target = entry;
        if (draft.Series is { } moved)
        {
            if (observations.Find(session, moved) is not { } other || !rights.MayLink(other.Dataset))
                return Problems.UnknownLink(moved);
            if (!rights.Write.Contains(other.Dataset)) return Problems.MayNotWrite();
            target = other;
        }

        if (target.Components is { } types && (draft.HasResult || target.Key != entry.Key) &&
            types.Refuse(draft.HasResult ? draft.Result : ObservationStore.ResultAt(session, place)) is { } misfit)
            return misfit;
        if ((draft.PhenomenonTime is not null || target.Key != entry.Key) &&
            MovesOntoAnother(session, place, draft, target) is { } taken)
            return taken;
        if (draft.Feature is { } feature &&
            (ObservationStore.FindFeature(session, feature) is not { } found || !rights.MayLink(found.Dataset)))
            return Problems.UnknownLink("FeatureOfInterest", feature);
        place = WriteObservation(session, place, draft, target, replaces);
        Changes.Add(session, "Observations", id, target.Dataset, ChangeKind.Updated, target.Key);
        // Whoever sees or follows only what it leaves sees it go.
        if (target.Key != entry.Key) Changes.Add(session, "Observations", id, entry.Dataset, ChangeKind.Deleted, entry.Key);
        if (draft.Feature is not null || target.Key != entry.Key) ObservationStore.NoteFeature(session, place);
        if (target.Key != entry.Key)
        {
            EntityCounts.Add(session, entry.Dataset, "Observations", -1);
            EntityCounts.Add(session, target.Dataset, "Observations", 1);
            observations.Derive(session, entry);
        }

        if (draft.HasResult) ObservationStore.WidenResults(session, target.Key, draft.Result);
        // A result, parameters or quality alone change nothing else that is derived.
        if (replaces || draft.Series is not null || draft.Feature is not null ||
            draft.Present is { } present && (present.Contains("phenomenonTime") || present.Contains("resultTime")))
            observations.Derive(session, target);
        return id;
    }

    private DatastreamEntry? SeriesAt(WriteSession session, in ObservationPlace place) => observations.Find(session, place.Series);

    /// <summary>Writes what the draft has, or all; the place where the observation lies then.</summary>
    private ObservationPlace WriteObservation(
        WriteSession session, in ObservationPlace place, ObservationDraft draft, DatastreamEntry target, bool replaces)
    {
        SealedLeaves.Keep(session, place.Id);
        bool Has(string name) => replaces || draft.Present?.Contains(name) == true;
        TimeInterval? phenomenon =
            Has("phenomenonTime") ? draft.PhenomenonTime ?? TimeInterval.At(Instant.From(time.GetUtcNow())) : null;
        var moved = ObservationStore.Move(session, place, target.Key, phenomenon);
        var sets = new List<string>();
        if (phenomenon is not null) sets.AddRange(["phenomenon_end = @end", "phenomenon_offset = @offset"]);
        if (Has("resultTime")) sets.AddRange(["result_time = @resultTime", "result_offset = @resultOffset"]);
        if (Has("result"))
            sets.AddRange(["result_number = @number", "result_text = @text", "result_boolean = @boolean", "result_json = @json"]);
        if (Has("validTime"))
            sets.AddRange(["valid_start = @validStart", "valid_end = @validEnd", "valid_offset = @validOffset"]);
        if (Has("parameters")) sets.Add("parameters = @parameters");
        if (Has("resultQuality")) sets.Add("result_quality = @quality");
        if (draft.Feature is not null) sets.Add("feature_of_interest_id = @feature");
        if (sets.Count == 0) return moved;
        using var update = session.Prepare(
            $"UPDATE observation SET {string.Join(", ", sets)} WHERE datastream_id = @datastream AND phenomenon_start = @start AND id = @id");
        moved.Bind(update);
        if (phenomenon is { } interval)
            update.Bind("@end", moved.End).Bind("@offset", ObservationStore.OffsetOf(interval.Start));
        if (Has("resultTime"))
            update.Bind("@resultTime", draft.ResultTime?.UnixMicroseconds)
                .Bind("@resultOffset", ObservationStore.OffsetOf(draft.ResultTime));
        if (Has("result")) draft.Result.Bind(update, update.IndexOf("@number"), session.Engine);
        if (Has("validTime"))
            update.Bind("@validStart", draft.ValidTime?.Start.UnixMicroseconds)
                .Bind("@validEnd", draft.ValidTime?.End.UnixMicroseconds)
                .Bind("@validOffset", ObservationStore.OffsetOf(draft.ValidTime?.Start));
        if (Has("parameters")) update.Bind("@parameters", draft.Parameters);
        if (Has("resultQuality")) update.Bind("@quality", draft.ResultQuality);
        if (draft.Feature is { } feature) update.Bind("@feature", feature);
        update.Execute();
        return moved;
    }

    private void DeriveAllWith(WriteSession session, long feature)
    {
        foreach (var datastream in SeriesOfFeature(session, feature)) observations.Derive(session, datastream);
        observations.ForgetAll(session);
    }
}
