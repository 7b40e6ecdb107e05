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
        var outcome = await EnsureAsync(dataset, draft.ToEntity(), cancellation);
        return outcome.TryGet(out var id, out var problem) ? new ThingId(id) : problem;
    }

    /// <summary>The Location with this key; created and given to the Thing when there is none.</summary>
    public async Task<Result<LocationId>> EnsureLocationAsync(
        DatasetId dataset, LocationDraft draft, ThingId thing, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var outcome = await EnsureAsync(dataset, draft.ToEntity(thing), cancellation);
        return outcome.TryGet(out var id, out var problem) ? new LocationId(id) : problem;
    }

    /// <summary>The Sensor with this key; created when there is none.</summary>
    public async Task<Result<SensorId>> EnsureSensorAsync(DatasetId dataset, SensorDraft draft, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var outcome = await EnsureAsync(dataset, draft.ToEntity(), cancellation);
        return outcome.TryGet(out var id, out var problem) ? new SensorId(id) : problem;
    }

    /// <summary>The ObservedProperty with this key; created when there is none.</summary>
    public async Task<Result<ObservedPropertyId>> EnsureObservedPropertyAsync(
        DatasetId dataset, ObservedPropertyDraft draft, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var outcome = await EnsureAsync(dataset, draft.ToEntity(), cancellation);
        return outcome.TryGet(out var id, out var problem) ? new ObservedPropertyId(id) : problem;
    }

    /// <summary>The Datastream with this key; created when there is none.</summary>
    public async Task<Result<DatastreamId>> EnsureDatastreamAsync(
        DatasetId dataset, DatastreamDraft draft, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var outcome = await EnsureAsync(dataset, draft.ToEntity(), cancellation);
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
        var known = mode == BulkMode.SkipExisting || entry.Duplicates != DuplicatePolicy.Allow
            ? ObservationStore.FindExisting(session, entry, Starts(rows))
            : null;
        foreach (ref readonly var row in rows)
        {
            if (known?.Add(row.Start.UnixMicroseconds) == false)
            {
                skipped++;
                continue;
            }

            var time = TimeInterval.At(row.Start);
            if (row.End is { } end && !TimeInterval.TryCreate(row.Start, end, out time))
                return Problems.Property("phenomenonTime", "an interval whose end does not lie before its start");
            if (row.Result.HasNul) return Problems.HasNul("result");
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

    private static long[] Starts(ReadOnlySpan<BulkObservation> rows)
    {
        var starts = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++) starts[i] = rows[i].Start.UnixMicroseconds;
        return starts;
    }

    private Task<Result<long>> EnsureAsync(DatasetId dataset, EntityDraft draft, CancellationToken cancellation) =>
        _database.TryWriteAsync(session => Ensure(session, dataset, draft), cancellation);

    /// <summary>The entity with this key, created when there is none, inside the writer's transaction.</summary>
    internal Result<long> Ensure(WriteSession session, DatasetId dataset, EntityDraft draft)
    {
        if (draft.FindNul() is { } nul) return Problems.HasNul(nul);
        using (var find = session.Prepare(
            $"SELECT id FROM {draft.Description.Table} WHERE dataset_id = @dataset AND external_key = @key"))
            if (find.Bind("@dataset", dataset.Value).Bind("@key", draft.ExternalKey).Step())
                return find.Int64(0);
        var rights = new WriteRights(
            AccessScope.Everything, AccessScope.Everything, AccessScope.Everything, dataset, IsScoped: true, AccessScope.Everything);
        return _entities.Create(session, draft, rights, null);
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
