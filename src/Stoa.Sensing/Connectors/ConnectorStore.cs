using System.Globalization;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Connectors.Messages;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>Stores what connectors made of messages. Lives on the writer's thread, inside its transaction.</summary>
internal sealed partial class ConnectorStore(
    EntityStore entities, BulkLoader bulk, ObservationStore observations, ConnectorCounts counts)
{
    // Begins the properties of the Locations that connectors make.
    private const string ReportedBy = "{\"reportedThroughConnector\":";

    /// <summary>Stores one message, or makes a dead letter of it.</summary>
    /// <returns>False when something was changed before it was found wrong: the caller undoes all, and calls again.</returns>
    internal bool TryStore(WriteSession session, MessagePart part)
    {
        var rejection = part.LateRejection ?? part.Mapped.Rejection;
        var streams = new SeriesKey?[part.Mapped.Readings.Count];
        rejection ??= FindAll(session, part, streams);
        if (rejection is not null)
        {
            Reject(session, part, rejection);
            return true;
        }

        if (part.Mapped.IsSkipped)
        {
            Finish(session, part, MessageOutcome.Skipped);
            return true;
        }

        part.LateRejection = Store(session, part, streams, out var outcome);
        if (part.LateRejection is not null) return false;
        Finish(session, part, outcome);
        return true;
    }

    private void Reject(WriteSession session, MessagePart part, string reason)
    {
        // What is shown of the payload may hold anything; U+0000 cannot be stored.
        reason = reason.Replace('\0', '\uFFFD');
        var letter = part.Replayed;
        if (letter is { } again) DeadLetters.NoteReason(session, again, reason);
        else letter = DeadLetters.Add(session, part.Connector.Id, part.Topic, part.Payload.Span, reason, part.Arrival);
        part.Outcome = MessageOutcome.Rejected(reason, letter);
        if (part.Replayed is null) counts.Note(session, part.Connector.Id, part.Outcome, part.Arrival, isReplay: false);
    }

    private void Finish(WriteSession session, MessagePart part, MessageOutcome outcome)
    {
        part.Outcome = outcome;
        if (part.Replayed is { } letter) DeadLetters.Remove(session, part.Connector.Id, letter);
        counts.Note(session, part.Connector.Id, outcome, part.Arrival, part.Replayed is not null);
    }

    /// <summary>Looks all Datastreams up; null where one is to be made. A text: why the message cannot be used.</summary>
    private string? FindAll(WriteSession session, MessagePart part, SeriesKey?[] streams)
    {
        var connector = part.Connector;
        HashSet<string>? missing = null;
        using var find = session.Prepare(FindDatastream);
        for (var i = 0; i < streams.Length; i++)
        {
            var reading = part.Mapped.Readings[i];
            var id = reading.Datastream?.Value;
            if (id is null)
            {
                if (find.Bind("@dataset", connector.Dataset.Value).Bind("@key", reading.Key).Step()) id = find.Int64(0);
                find.Reset();
            }

            if (id is { } known && observations.Find(session, SeriesKey.OfDatastream(known)) is { } entry &&
                entry.Dataset == connector.Dataset)
            {
                streams[i] = entry.Key;
                continue;
            }

            if (reading.Datastream is { } stated) return $"there is no Datastream {stated} in this dataset";
            if (!connector.Rules.Creates)
                return $"there is no Datastream with the key '{reading.Key}', and the declaration says 'create: false'";
            (missing ??= new(StringComparer.Ordinal)).Add(reading.Key);
        }

        return missing is null ? null : CheckRoom(session, connector, missing.Count);
    }

    private static string? CheckRoom(WriteSession session, Connector connector, int more)
    {
        using var count = session.Prepare(SelectCreated);
        var made = count.Bind("@id", connector.Id).Step() ? count.Int64(0) : 0;
        return made + more <= connector.Rules.DatastreamsMax
            ? null
            : string.Create(CultureInfo.InvariantCulture,
                $"the connector has made {made} Datastreams and may make {connector.Rules.DatastreamsMax}: check the key, " +
                $"or raise datastreamsMax");
    }

    private string? Store(WriteSession session, MessagePart part, SeriesKey?[] streams, out MessageOutcome outcome)
    {
        outcome = MessageOutcome.Skipped;
        if (Prepare(session, part, streams) is { } refusal) return refusal.Detail;
        var (stored, duplicates) = (0, 0);
        using var insert = ObservationStore.PrepareInsert(session);
        for (var i = 0; i < streams.Length; i++)
        {
            var (reading, key) = (part.Mapped.Readings[i], streams[i]!.Value);
            if (ObservationStore.FindExisting(session, observations.Find(session, key)!, [reading.Time.UnixMicroseconds]).Count > 0)
            {
                duplicates++;
                continue;
            }

            if (FeatureOf(session, part.Connector, key, reading) is not { } feature) return Problems.NoLocation().Detail;
            observations.Append(session, insert, observations.Find(session, key)!, new ObservationRow
            {
                PhenomenonTime = TimeInterval.At(reading.Time),
                Result = reading.Result,
            }, feature);
            stored++;
        }

        outcome = new(stored, duplicates, false, null, null);
        return null;
    }

    /// <summary>Makes what is missing and moves what has moved, before the observations ask for their features.</summary>
    private Problem? Prepare(WriteSession session, MessagePart part, SeriesKey?[] streams)
    {
        var created = 0;
        HashSet<string>? placed = null;
        for (var i = 0; i < streams.Length; i++)
        {
            var reading = part.Mapped.Readings[i];
            if (streams[i] is null)
            {
                var made = Create(session, part.Connector.Dataset, reading, ref created);
                if (!made.TryGet(out var key, out var problem)) return problem;
                streams[i] = key;
            }

            if (reading.Place is { } place && (placed ??= new(StringComparer.Ordinal)).Add(reading.ThingKey) &&
                Put(session, part.Connector, observations.Find(session, streams[i]!.Value)!.Thing, reading, place) is { } refusal)
                return refusal;
        }

        if (created == 0) return null;
        using var note = session.Prepare(NoteCreated);
        note.Bind("@id", part.Connector.Id).Bind("@count", (long)created).Execute();
        return null;
    }

    /// <summary>The Datastream with what it belongs to, each found by its key or made.</summary>
    private Result<SeriesKey> Create(WriteSession session, DatasetId dataset, Reading reading, ref int created)
    {
        using (var find = session.Prepare(FindDatastream))
            // An earlier reading of the same message may have made it.
            if (find.Bind("@dataset", dataset.Value).Bind("@key", reading.Key).Step())
                return SeriesKey.OfDatastream(find.Int64(0));
        var described = reading.Describe();
        if (!bulk.Ensure(session, dataset, described.Thing.ToEntity()).TryGet(out var thing, out var problem)) return problem;
        if (!bulk.Ensure(session, dataset, described.Sensor.ToEntity()).TryGet(out var sensor, out problem)) return problem;
        if (!bulk.Ensure(session, dataset, described.ObservedProperty.ToEntity()).TryGet(out var property, out problem))
            return problem;
        var draft = new DatastreamDraft(reading.Key, described.Name, described.Description, described.ObservationType,
            described.Unit, new(thing), new(sensor), new(property));
        if (!bulk.Ensure(session, dataset, draft.ToEntity()).TryGet(out var id, out problem)) return problem;
        created++;
        return SeriesKey.OfDatastream(id);
    }

    /// <summary>Moves the Thing when the payload says that it is elsewhere now.</summary>
    private Problem? Put(WriteSession session, Connector connector, ThingId thing, Reading reading, Place place)
    {
        var before = PlaceOf(session, thing, out var isMine);
        if (before is { } known && known.MetresTo(place) <= connector.Rules.Thing.Location!.ToleranceMetres) return null;
        // A place that people gave the Thing is better than what its receiver says.
        if (before is not null && !isMine) return null;
        var json = string.Create(CultureInfo.InvariantCulture,
            $$"""{"type":"Point","coordinates":[{{place.Longitude}},{{place.Latitude}}]}""");
        return Put(session, connector, thing, reading.ThingKey, json, "application/geo+json");
    }

    private Problem? Put(
        WriteSession session, Connector connector, ThingId thing, string name, string location, string encodingType)
    {
        var draft = new LocationDraft("-", name, $"Reported through connector {connector.Name}", location,
            ReportedBy + $"\"{connector.Name}\"}}", encodingType);
        var rights = new WriteRights(
            AccessScope.Everything, AccessScope.Everything, AccessScope.Everything, connector.Dataset, IsScoped: true, AccessScope.Everything);
        // Without a key: a Thing that moves has one Location after the other.
        return entities.Create(session, draft.ToEntity(thing, isKeyed: false), rights, null).TryGet(out _, out var problem)
            ? null
            : problem;
    }

    private FeatureEntry? FeatureOf(WriteSession session, Connector connector, SeriesKey key, Reading reading)
    {
        var stream = observations.Find(session, key)!;
        if (observations.FeatureFromLocation(session, stream) is { } feature) return feature;
        if (!connector.Rules.Creates) return null;
        // A Thing without a place gets its name as one, so that its observations have a feature (OGC 18-088, 10.2).
        var name = reading.Describe().Thing.Name;
        var place = Import.ImportJson.Of(json => json.WriteStringValue(name));
        if (Put(session, connector, stream.Thing, name, place, "text/plain") is not null) return null;
        return observations.FeatureFromLocation(session, observations.Find(session, key)!);
    }

    private static Place? PlaceOf(WriteSession session, ThingId thing, out bool isMine)
    {
        isMine = true;
        using var find = session.Prepare(FindPlace);
        if (!find.Bind("@thing", thing.Value).Step()) return null;
        isMine = find.Text(1).StartsWith(ReportedBy, StringComparison.Ordinal);
        var box = Spatial.GeoJson.BoxOf(find.Blob(0));
        return new((box.MinX + box.MaxX) / 2, (box.MinY + box.MaxY) / 2);
    }
}
