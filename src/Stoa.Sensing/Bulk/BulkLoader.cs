using System.Buffers;
using System.Text;
using System.Text.Json;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Bulk;

/// <summary>Brings much in at once, below the network: imports, the sample city. Who may do so is decided by the caller.</summary>
/// <remarks>
/// Entities are found by (dataset, external key) or created, so a load can be run again. Observations go in as
/// transactions of at most <see cref="RowsPerTransaction"/> rows through the same writer as everything else, so live
/// traffic is served in between.
/// </remarks>
public sealed class BulkLoader
{
    // Sorted runs of this size insert at full speed; longer ones only keep live writers waiting.
    internal const int RowsPerTransaction = 20_000;

    private readonly Database _database;
    private readonly EntityStore _entities;
    private readonly ObservationStore _observations;

    internal BulkLoader(Database database, EntityStore entities, ObservationStore observations)
    {
        _database = database;
        _entities = entities;
        _observations = observations;
    }

    /// <summary>The Thing with this key; created when there is none.</summary>
    public async Task<Result<ThingId>> EnsureThingAsync(DatasetId dataset, ThingDraft draft, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var entity = Draft(EntityDescription.Thing, draft.ExternalKey, draft.Name, draft.Description, draft.PropertiesJson);
        var outcome = await EnsureAsync(dataset, entity, cancellation);
        return outcome.TryGet(out var id, out var problem) ? new ThingId(id) : problem;
    }

    /// <summary>The Location with this key; created and given to the Thing when there is none.</summary>
    public async Task<Result<LocationId>> EnsureLocationAsync(
        DatasetId dataset, LocationDraft draft, ThingId thing, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var entity = Draft(EntityDescription.Location, draft.ExternalKey, draft.Name, draft.Description, draft.PropertiesJson);
        entity.Values["encodingType"] = draft.EncodingType;
        entity.Values["location"] = draft.GeoJson;
        entity.Relations["Things"] = [new EntityDraft.Related(thing.Value, null, default)];
        var outcome = await EnsureAsync(dataset, entity, cancellation);
        return outcome.TryGet(out var id, out var problem) ? new LocationId(id) : problem;
    }

    /// <summary>The Sensor with this key; created when there is none.</summary>
    public async Task<Result<SensorId>> EnsureSensorAsync(DatasetId dataset, SensorDraft draft, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var entity = Draft(EntityDescription.Sensor, draft.ExternalKey, draft.Name, draft.Description, draft.PropertiesJson);
        entity.Values["encodingType"] = draft.EncodingType;
        entity.Values["metadata"] = Json(json => json.WriteStringValue(draft.Metadata));
        var outcome = await EnsureAsync(dataset, entity, cancellation);
        return outcome.TryGet(out var id, out var problem) ? new SensorId(id) : problem;
    }

    /// <summary>The ObservedProperty with this key; created when there is none.</summary>
    public async Task<Result<ObservedPropertyId>> EnsureObservedPropertyAsync(
        DatasetId dataset, ObservedPropertyDraft draft, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var entity = Draft(
            EntityDescription.ObservedProperty, draft.ExternalKey, draft.Name, draft.Description, draft.PropertiesJson);
        entity.Values["definition"] = draft.Definition;
        var outcome = await EnsureAsync(dataset, entity, cancellation);
        return outcome.TryGet(out var id, out var problem) ? new ObservedPropertyId(id) : problem;
    }

    /// <summary>The Datastream with this key; created when there is none.</summary>
    public async Task<Result<DatastreamId>> EnsureDatastreamAsync(
        DatasetId dataset, DatastreamDraft draft, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var entity = Draft(EntityDescription.Datastream, draft.ExternalKey, draft.Name, draft.Description, draft.PropertiesJson);
        entity.Values["observationType"] = draft.ObservationType;
        entity.Values["unitOfMeasurement"] = Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("name"u8, draft.Unit.Name);
            json.WriteString("symbol"u8, draft.Unit.Symbol);
            json.WriteString("definition"u8, draft.Unit.Definition);
            json.WriteEndObject();
        });
        entity.Relations["Thing"] = [new EntityDraft.Related(draft.Thing.Value, null, default)];
        entity.Relations["Sensor"] = [new EntityDraft.Related(draft.Sensor.Value, null, default)];
        entity.Relations["ObservedProperty"] = [new EntityDraft.Related(draft.ObservedProperty.Value, null, default)];
        var outcome = await EnsureAsync(dataset, entity, cancellation);
        return outcome.TryGet(out var id, out var problem) ? new DatastreamId(id) : problem;
    }

    /// <summary>Stores observations of one Datastream; fastest when <paramref name="rows"/> ascend by time.</summary>
    /// <param name="datastream">Its Thing must have a Location, from which the features of interest are derived.</param>
    /// <param name="rows">Any number; stored in transactions of at most 20,000.</param>
    /// <param name="mode">What to do with times that are there already. Twice the same time within the rows counts too.</param>
    /// <param name="cancellation">Ends between two transactions; what was stored stays.</param>
    /// <returns>What was done; a problem when the Datastream or a Location is missing.</returns>
    public async Task<Result<BulkResult>> AppendAsync(
        DatastreamId datastream, ReadOnlyMemory<BulkObservation> rows, BulkMode mode, CancellationToken cancellation)
    {
        long added = 0, skipped = 0;
        for (var start = 0; start < rows.Length; start += RowsPerTransaction)
        {
            var part = rows.Slice(start, Math.Min(RowsPerTransaction, rows.Length - start));
            var work = new RefusableWork(session => Append(session, datastream, part.Span, mode));
            await _database.EnqueueAsync(work, cancellation);
            var outcome = await work.Task;
            if (!outcome.TryGet(out var result, out var problem)) return problem;
            added += result.Added;
            skipped += result.Skipped;
        }

        return new BulkResult(added, skipped);
    }

    private Result<BulkResult> Append(
        WriteSession session, DatastreamId datastream, ReadOnlySpan<BulkObservation> rows, BulkMode mode)
    {
        if (_observations.Find(session, datastream) is not { } entry)
            return Problems.UnknownLink("Datastream", datastream.Value);
        if (_observations.FeatureFromLocation(session, entry) is not { } feature) return Problems.NoLocation();
        long added = 0, skipped = 0;
        using var insert = ObservationStore.PrepareInsert(session);
        using var exists = ObservationStore.PrepareExists(session);
        foreach (ref readonly var row in rows)
        {
            if (mode == BulkMode.SkipExisting &&
                ObservationStore.Exists(exists, datastream, row.Start.UnixMicroseconds))
            {
                skipped++;
                continue;
            }

            var time = TimeInterval.At(row.Start);
            if (row.End is { } end && !TimeInterval.TryCreate(row.Start, end, out time))
                return Problems.Property("phenomenonTime", "an interval whose end does not lie before its start");
            _observations.Append(session, insert, entry, new ObservationRow
            {
                PhenomenonTime = time,
                Result = row.Result,
                Parameters = row.ParametersJson,
                ResultQuality = row.ResultQualityJson,
            }, feature);
            added++;
        }

        return new BulkResult(added, skipped);
    }

    private static EntityDraft Draft(
        EntityDescription description, string key, string name, string text, string? properties)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var draft = new EntityDraft(description) { ExternalKey = key };
        draft.Values["name"] = name;
        draft.Values["description"] = text;
        draft.Values["properties"] = properties;
        return draft;
    }

    private Task<Result<long>> EnsureAsync(DatasetId dataset, EntityDraft draft, CancellationToken cancellation) =>
        _database.TryWriteAsync<long>(
            session =>
            {
                using (var find = session.Prepare(
                    $"SELECT id FROM {draft.Description.Table} WHERE dataset_id = @dataset AND external_key = @key"))
                    if (find.Bind("@dataset", dataset.Value).Bind("@key", draft.ExternalKey).Step())
                        return find.Int64(0);
                var rights = new WriteRights(
                    AccessScope.Everything, AccessScope.Everything, dataset, IsScoped: true, AccessScope.Everything);
                return _entities.Create(session, draft, rights, null);
            },
            cancellation);

    private static string Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer, JsonText.Plain)) write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private sealed class RefusableWork(Func<WriteSession, Result<BulkResult>> function) : WriteWork
    {
        private readonly TaskCompletionSource<Result<BulkResult>> _done =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        private Result<BulkResult> _value;

        internal Task<Result<BulkResult>> Task => _done.Task;

        protected override bool Run(WriteSession session)
        {
            _value = function(session);
            return _value.IsValue;
        }

        protected override void Complete() => _done.TrySetResult(_value);

        protected override void Fail(Exception error) => _done.TrySetException(error);
    }
}
