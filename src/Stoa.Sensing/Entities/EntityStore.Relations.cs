using Stoa.Sensing.Feed;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

internal sealed partial class EntityStore
{
    /// <summary>Joins an entity with others through a table of pairs; what is joined must be seen, and moving a Thing
    /// needs the right to write it.</summary>
    private Problem? LinkPairs(
        WriteSession session, EntityDescription description, long id, string relation, List<long> others, WriteRights rights)
    {
        var target = EntityDescription.Find(description.FindRelation(relation)!.Target)!;
        foreach (var other in others)
        {
            if (Find(session, target, other) is not { } dataset || !rights.MayLink(dataset))
                return Problems.UnknownLink(target.Name, other);
            // A Thing that is somewhere else now is something new; where it was is kept. Where it was is not told anew.
            if (target == EntityDescription.Thing && !rights.Write.Contains(dataset)) return Problems.MayNotWrite();
            if (target == EntityDescription.HistoricalLocation && rights.RefuseChange(dataset) is { } mayNot) return mayNot;
        }

        switch (description.Set, relation)
        {
            case ("Things", "Locations"):
                return MoveThing(session, id, others);
            case ("Locations", "Things"):
                foreach (var thing in others)
                    if (MoveThing(session, thing, [id]) is { } problem) return problem;
                break;
            case ("HistoricalLocations", "Locations"):
                foreach (var location in others) LinkHistoryTo(session, id, location);
                break;
            case ("Locations", "HistoricalLocations"):
                foreach (var history in others) LinkHistoryTo(session, history, id);
                break;
            default:
                throw new InvalidOperationException($"{description.Set}/{relation} is not kept in pairs.");
        }

        return null;
    }

    /// <summary>Gives a Thing new Locations in place of the old, and notes that in a HistoricalLocation (8.2.3).</summary>
    /// <remarks>
    /// Locations sent one by one replace each other; several sent together are encodings of one place, each in another
    /// encodingType (8.2.2).
    /// </remarks>
    private Problem? MoveThing(WriteSession session, long thing, List<long> locations)
    {
        if (locations.Count == 0) return null;
        if (SetLocations(session, thing, locations) is { } problem) return problem;
        var dataset = Find(session, EntityDescription.Thing, thing)!.Value;
        var history = AddHistory(session, thing, dataset);
        EntityCounts.Add(session, dataset, "HistoricalLocations", 1);
        Changes.Add(session, "HistoricalLocations", history, dataset, ChangeKind.Created);
        foreach (var location in locations) LinkHistoryTo(session, history, location);
        return null;
    }

    private long AddHistory(WriteSession session, long thing, DatasetId dataset)
    {
        using var insert = session.Prepare(InsertHistory);
        insert.Bind("@dataset", dataset.Value).Bind("@thing", thing)
            .Bind("@time", Instant.From(time.GetUtcNow()).UnixMicroseconds).Step();
        return insert.Int64(0);
    }

    private Problem? SetLocations(WriteSession session, long thing, List<long> locations)
    {
        if (locations.Count > 1 && SameEncoding(session, locations) is { } twice) return Problems.SameEncoding(twice);
        NoteLinked(session, EntityDescription.Thing, thing);
        foreach (var place in Ids(session, "SELECT location_id FROM thing_location WHERE thing_id = @id", thing).Union(locations))
            NoteLinked(session, EntityDescription.Location, place);
        using (var unlink = session.Prepare(UnlinkThing)) unlink.Bind("@thing", thing).Execute();
        using (var link = session.Prepare(LinkThing))
            foreach (var location in locations)
                link.Bind("@thing", thing).Bind("@location", location).Execute();
        // The next observation takes its feature from the new place.
        foreach (var datastream in Ids(session, "SELECT id FROM datastream WHERE thing_id = @id", thing))
            observations.Forget(session, SeriesKey.OfDatastream(datastream));
        foreach (var multi in Ids(session, "SELECT id FROM multi_datastream WHERE thing_id = @id", thing))
            observations.Forget(session, SeriesKey.OfMultiDatastream(multi));
        return null;
    }

    /// <summary>An encodingType that two of the Locations have; null when each has its own.</summary>
    private static string? SameEncoding(WriteSession session, List<long> locations)
    {
        var encodings = new HashSet<string>(StringComparer.Ordinal);
        foreach (var location in locations.Distinct())
        {
            using var read = session.Prepare("SELECT encoding_type FROM location WHERE id = @id");
            if (read.Bind("@id", location).Step() && !encodings.Add(read.Text(0))) return read.Text(0);
        }

        return null;
    }

    /// <summary>The encodingType of a Location when another Location of one of its Things has the same; else null.</summary>
    private static string? SharedEncoding(WriteSession session, long location)
    {
        using var read = session.Prepare(SharedEncodingSql);
        return read.Bind("@id", location).Step() ? read.Text(0) : null;
    }

    private void LinkHistoryTo(WriteSession session, long history, long location)
    {
        NoteLinked(session, EntityDescription.HistoricalLocation, history);
        NoteLinked(session, EntityDescription.Location, location);
        using var link = session.Prepare(LinkHistory);
        link.Bind("@history", history).Bind("@location", location).Execute();
    }

    private void NoteLinked(WriteSession session, EntityDescription description, long id)
    {
        if (Find(session, description, id) is { } dataset) Changes.Add(session, description.Set, id, dataset, ChangeKind.Linked);
    }

    /// <summary>
    /// A HistoricalLocation made by hand that is later than all others of its Thing says where the Thing is now
    /// (historical-location-manual-creation); an earlier one only adds to the history.
    /// </summary>
    private Problem? MoveByHistory(WriteSession session, long history, long thing, WriteRights rights)
    {
        long mine;
        using (var read = session.Prepare("SELECT time FROM historical_location WHERE id = @id"))
        {
            if (!read.Bind("@id", history).Step()) return null;
            mine = read.Int64(0);
        }

        using (var latest = session.Prepare(LatestHistory))
            if (latest.Bind("@thing", thing).Bind("@except", history).Step() && !latest.IsNull(0) && latest.Int64(0) >= mine)
                return null;
        var locations = new List<long>();
        using (var read = session.Prepare(
            "SELECT location_id FROM historical_location_location WHERE historical_location_id = @id ORDER BY location_id"))
        {
            read.Bind("@id", history);
            while (read.Step()) locations.Add(read.Int64(0));
        }

        if (locations.Count == 0) return null;
        // The history may lie in another dataset than the Thing; moving that takes the right to write it.
        return rights.Write.Contains(Find(session, EntityDescription.Thing, thing)!.Value) // A history has a Thing.
            ? SetLocations(session, thing, locations)
            : Problems.MayNotWrite();
    }

    /// <summary>Gives an existing child another parent: {"Datastreams": [{"@iot.id": 7}]} inside a Thing.</summary>
    private Problem? Adopt(
        WriteSession session, RelationDescription relation, long parent, long child, WriteRights rights)
    {
        if (relation.Form == RelationForm.ComponentOf) return Problems.LooseComponent();
        if (relation.Target == "Observations")
        {
            var draft = new ObservationDraft { Present = [relation.Inverse] };
            switch (relation.Inverse)
            {
                case "Datastream": draft.Series = SeriesKey.OfDatastream(parent); break;
                case "MultiDatastream": draft.Series = SeriesKey.OfMultiDatastream(parent); break;
                default: draft.Feature = parent; break;
            }

            return UpdateObservation(session, child, draft, rights).TryGet(out _, out var refusal) ? null : refusal;
        }

        var target = EntityDescription.Find(relation.Target)!;
        if (Find(session, target, child) is not { } dataset || !rights.MayLink(dataset))
            return Problems.UnknownLink(target.Name, child);
        if (rights.RefuseChange(dataset) is { } mayNot) return mayNot;
        using (var update = session.Prepare($"UPDATE {target.Table} SET {relation.Column} = @parent WHERE id = @id"))
            update.Bind("@parent", parent).Bind("@id", child).Execute();
        Changes.Add(session, target.Set, child, dataset, ChangeKind.Updated);
        ForgetSeries(session, target, child);
        return null;
    }

    /// <summary>Makes the writer look again at a Datastream or MultiDatastream that was changed; nothing for other types.</summary>
    private void ForgetSeries(WriteSession session, EntityDescription description, long id)
    {
        if (description == EntityDescription.Datastream) observations.Forget(session, SeriesKey.OfDatastream(id));
        else if (description == EntityDescription.MultiDatastream) observations.Forget(session, SeriesKey.OfMultiDatastream(id));
    }
}
