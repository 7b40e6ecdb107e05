using Stoa.Sensing.Feed;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Sealing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

internal sealed partial class EntityStore
{
    /// <summary>Removes an entity and what cannot be without it.</summary>
    /// <remarks>
    /// OGC 18-088, Table 25: Thing → Datastreams, HistoricalLocations; Location → HistoricalLocations; Datastream →
    /// Observations; Sensor, ObservedProperty → Datastreams; FeatureOfInterest → Observations. A MultiDatastream goes as a
    /// Datastream does, with any of its ObservedProperties. What would go along must be writable too.
    /// </remarks>
    /// <param name="session">The transaction.</param>
    /// <param name="description">Of what set it is.</param>
    /// <param name="id">Which.</param>
    /// <param name="rights">What the caller may change.</param>
    /// <param name="entered">When, where the removal is to stand in the log by itself; null for one of many that are entered together.</param>
    internal Result<long> Delete(
        WriteSession session, EntityDescription description, long id, WriteRights rights, Instant? entered = null)
    {
        if (Find(session, description, id) is not { } dataset || !rights.Sees(dataset)) return Problem.NotFound();
        if (rights.RefuseChange(dataset) is { } mayNot) return mayNot;
        Problem? problem = description.Set switch
        {
            "Things" => DeleteThing(session, id, rights),
            "Locations" => DeleteLocation(session, id, rights),
            "HistoricalLocations" => DeleteHistory(session, id),
            "Sensors" => DeleteDatastreams(session, "sensor_id", id, rights) ??
                DeleteMultiDatastreams(session, "SELECT id FROM multi_datastream WHERE sensor_id = @id", id, rights),
            "ObservedProperties" => DeleteDatastreams(session, "observed_property_id", id, rights) ??
                DeleteMultiDatastreams(session, MultiDatastreamsOfProperty, id, rights),
            "Datastreams" => DeleteObservationsOf(session, SeriesKey.OfDatastream(id), dataset),
            "MultiDatastreams" => DeleteComponents(session, id) ??
                DeleteObservationsOf(session, SeriesKey.OfMultiDatastream(id), dataset),
            "FeaturesOfInterest" => DeleteFeature(session, id, rights),
            _ => throw new InvalidOperationException($"Unknown set {description.Set}."),
        };
        if (problem is not null) return problem;
        Remove(session, description, id, dataset);
        if (entered is { } now) DataEvents.Deleted(session, dataset, description.Set, 1, now);
        return id;
    }

    /// <summary>Removes one Observation and derives its Datastream again.</summary>
    internal Result<long> DeleteObservation(WriteSession session, long id, WriteRights rights)
    {
        observations.FlushSums(session);
        if (ObservationStore.PlaceOf(session, id) is not { } place || SeriesAt(session, place) is not { } entry)
            return Problem.NotFound();
        if (!rights.Sees(entry.Dataset)) return Problem.NotFound();
        if (rights.RefuseChange(entry.Dataset) is { } mayNot) return mayNot;
        var isInside = observations.TryRemoveInside(session, place);
        SealedLeaves.Keep(session, place.Id);
        ObservationStore.Delete(session, place);
        EntityCounts.Add(session, entry.Dataset, "Observations", -1);
        Changes.Add(session, "Observations", id, entry.Dataset, ChangeKind.Deleted, entry.Key);
        if (!isInside) observations.Derive(session, entry);
        return id;
    }

    private void Remove(WriteSession session, EntityDescription description, long id, DatasetId dataset)
    {
        if (description.GeometryProperty is not null) EntityBoxes.Write(session, description, id, null);
        using (var delete = session.Prepare($"DELETE FROM {description.Table} WHERE id = @id"))
            delete.Bind("@id", id).Execute();
        EntityCounts.Add(session, dataset, description.Set, -1);
        Changes.Add(session, description.Set, id, dataset, ChangeKind.Deleted);
    }

    private Problem? DeleteThing(WriteSession session, long id, WriteRights rights)
    {
        if (DeleteDatastreams(session, "thing_id", id, rights) is { } problem) return problem;
        if (DeleteMultiDatastreams(session, "SELECT id FROM multi_datastream WHERE thing_id = @id", id, rights) is { } refusal)
            return refusal;
        foreach (var history in Ids(session, "SELECT id FROM historical_location WHERE thing_id = @id", id))
            RemoveHistory(session, history);
        Run(session, UnlinkThing, "@thing", id);
        return null;
    }

    private Problem? DeleteLocation(WriteSession session, long id, WriteRights rights)
    {
        foreach (var thing in Ids(session, "SELECT thing_id FROM thing_location WHERE location_id = @id", id))
            if (!rights.Change.Contains(Find(session, EntityDescription.Thing, thing)!.Value))
                return StillInUse("Location");
        foreach (var history in Ids(session, HistoriesOfLocation, id))
        {
            if (!rights.Change.Contains(Find(session, EntityDescription.HistoricalLocation, history)!.Value))
                return StillInUse("Location");
            RemoveHistory(session, history);
        }

        Run(session, "DELETE FROM thing_location WHERE location_id = @id", "@id", id);
        Run(session,
            "UPDATE feature_of_interest SET generated_from_location_id = NULL WHERE generated_from_location_id = @id", "@id", id);
        observations.ForgetAll(session);
        return null;
    }

    private static Problem? DeleteHistory(WriteSession session, long id)
    {
        Run(session, "DELETE FROM historical_location_location WHERE historical_location_id = @id", "@id", id);
        return null;
    }

    private void RemoveHistory(WriteSession session, long id)
    {
        var dataset = Find(session, EntityDescription.HistoricalLocation, id)!.Value;
        DeleteHistory(session, id);
        Remove(session, EntityDescription.HistoricalLocation, id, dataset);
    }

    private Problem? DeleteDatastreams(WriteSession session, string column, long id, WriteRights rights)
    {
        foreach (var datastream in Ids(session, $"SELECT id FROM datastream WHERE {column} = @id", id))
        {
            var dataset = Find(session, EntityDescription.Datastream, datastream)!.Value;
            if (!rights.Change.Contains(dataset)) return StillInUse("entity");
            DeleteObservationsOf(session, SeriesKey.OfDatastream(datastream), dataset);
            Remove(session, EntityDescription.Datastream, datastream, dataset);
        }

        return null;
    }

    private Problem? DeleteMultiDatastreams(WriteSession session, string ids, long id, WriteRights rights)
    {
        foreach (var multi in Ids(session, ids, id))
        {
            var dataset = Find(session, EntityDescription.MultiDatastream, multi)!.Value;
            if (!rights.Change.Contains(dataset)) return StillInUse("entity");
            DeleteComponents(session, multi);
            DeleteObservationsOf(session, SeriesKey.OfMultiDatastream(multi), dataset);
            Remove(session, EntityDescription.MultiDatastream, multi, dataset);
        }

        return null;
    }

    private Problem? DeleteObservationsOf(WriteSession session, SeriesKey datastream, DatasetId dataset)
    {
        observations.FlushSums(session);
        Changes.AddRemovedObservations(session, dataset, datastream, feature: null);
        long removed;
        using (var delete = session.Prepare("DELETE FROM observation WHERE datastream_id = @id"))
            removed = delete.Bind("@id", datastream.Value).Execute();
        EntityCounts.Add(session, dataset, "Observations", -removed);
        Run(session, "DELETE FROM datastream_state WHERE datastream_id = @id", "@id", datastream.Value);
        Run(session, "DELETE FROM datastream_feature_of_interest WHERE datastream_id = @id", "@id", datastream.Value);
        observations.Forget(session, datastream);
        return null;
    }

    private Problem? DeleteFeature(WriteSession session, long id, WriteRights rights)
    {
        observations.FlushSums(session);
        foreach (var datastream in SeriesOfFeature(session, id))
        {
            if (!rights.Change.Contains(datastream.Dataset)) return StillInUse("FeatureOfInterest");
            Changes.AddRemovedObservations(session, datastream.Dataset, datastream.Key, id);
            long removed;
            using (var delete = session.Prepare(
                "DELETE FROM observation WHERE datastream_id = @datastream AND feature_of_interest_id = @id"))
                removed = delete.Bind("@datastream", datastream.Key.Value).Bind("@id", id).Execute();
            EntityCounts.Add(session, datastream.Dataset, "Observations", -removed);
            observations.Derive(session, datastream);
        }

        Run(session, "DELETE FROM datastream_feature_of_interest WHERE feature_of_interest_id = @id", "@id", id);
        observations.ForgetAll(session);
        return null;
    }

    /// <summary>What has observations of a feature.</summary>
    private List<DatastreamEntry> SeriesOfFeature(WriteSession session, long feature) =>
        Ids(session, "SELECT datastream_id FROM datastream_feature_of_interest WHERE feature_of_interest_id = @id", feature)
            .ConvertAll(stored => observations.Find(session, SeriesKey.Stored(stored))!); // A pair goes with its Datastream.

    internal static Problem StillInUse(string what) => Problems.Conflict(
        $"This {what} is used by data of another dataset, which would be removed with it. Ask the owner of that data first.");

    private static List<long> Ids(WriteSession session, string sql, long id)
    {
        var ids = new List<long>();
        using var read = session.Prepare(sql);
        read.Bind("@id", id);
        while (read.Step()) ids.Add(read.Int64(0));
        return ids;
    }

    private static void Run(WriteSession session, string sql, string parameter, long value)
    {
        using var statement = session.Prepare(sql);
        statement.Bind(parameter, value).Execute();
    }
}
