using System.Text;
using System.Threading.Channels;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Import.Crs;
using Stoa.Sensing.Import.GeoJson;
using Stoa.Sensing.Import.Mapping;
using Stoa.Sensing.Import.Table;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Import;

/// <summary>Brings tables and GeoJSON files into a dataset. Who may do so is decided by the caller.</summary>
/// <remarks>
/// One thread reads while the writer stores the batch before; memory does not grow with the files. A run may be
/// repeated
/// or broken off at any moment: entities are found again by key and observations by time, so nothing is added twice,
/// and
/// nothing is taken as done but what is found in the database.
/// </remarks>
public sealed partial class Imports
{
    // Batches read ahead while one is stored.
    private const int BatchesAhead = 1;

    // Datastreams of one batch that are stored side by side, so that they share the commits of the one writer.
    private const int AppendsAtOnce = 16;

    private readonly Database _database;
    private readonly BulkLoader _bulk;
    private readonly TimeProvider _time;

    /// <summary>One for the program.</summary>
    public Imports(Database database, BulkLoader bulk, TimeProvider time)
    {
        _database = database;
        _bulk = bulk;
        _time = time;
    }

    /// <summary>Imports tables by a mapping.</summary>
    /// <returns>A summary; a problem when the mapping, the stations file or a file as a whole cannot be used. What was
    /// stored before the problem stays.</returns>
    public async Task<Result<ImportSummary>> ImportTablesAsync(
        DatasetId dataset, TableImport import, IProgress<ImportProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(import);
        if (!MappingReader.Read(import.Mapping.Span).TryGet(out var mapping, out var problem)) return problem;
        Stations? stations = null;
        if (mapping.Stations is { } stationsMapping)
        {
            if (import.Stations(stationsMapping.File) is not { } file)
                return Problem.BadRequest("missing-stations", "The stations file is missing",
                    $"The mapping joins a stations file{(stationsMapping.File is { } name ? $" '{name}'" : "")}, " +
                        $"and there is none. " +
                    "Give it with --stations, or as the part 'stations' of an upload.");
            var outcome = await Import.Stations.ReadAsync(stationsMapping, file.Open(), cancellation);
            if (!outcome.TryGet(out stations, out problem)) return problem;
        }

        var run = new Run(this, dataset, import.Files, import.IsDryRun, progress);
        foreach (var source in import.Files)
        {
            using var rejected = new RejectedRows(import.IsDryRun ? null : source.RejectFile);
            using var reader = new TableReader(mapping, stations, source.Name, run.Plan, rejected);
            await using var counted = new CountingStream(source.Open());
            var batches = reader.ReadAsync(counted, () => counted.BytesRead, import.RejectsMax, cancellation);
            problem = await run.StoreAsync(source, mapping.Hash, batches, rejected, cancellation) ?? reader.Problem;
            await run.FinishAsync(source, reader.Counts, rejected, counted.Digest);
            if (problem is not null) return problem;
        }

        return run.Summary();
    }

    /// <summary>Imports features as Things.</summary>
    /// <inheritdoc cref="ImportTablesAsync" path="/returns"/>
    public async Task<Result<ImportSummary>> ImportFeaturesAsync(
        DatasetId dataset, FeatureImport import, IProgress<ImportProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(import);
        if (!FeatureMappingOf(import).TryGet(out var mapping, out var problem)) return problem;
        var run = new Run(this, dataset, import.Files, import.IsDryRun, progress);
        foreach (var source in import.Files)
        {
            using var rejected = new RejectedRows(import.IsDryRun ? null : source.RejectFile);
            var things = new FeatureThings(mapping, source.Name, rejected);
            problem = await things.ProbeAsync(source.Open(), cancellation);
            if (problem is not null) return problem;
            await using var counted = new CountingStream(source.Open());
            var batches = things.ReadAsync(counted, () => counted.BytesRead, import.RejectsMax, cancellation);
            problem = await run.StoreAsync(source, null, batches, rejected, cancellation) ?? things.Problem;
            await run.FinishAsync(source, new TableCounts { Rows = things.Features }, rejected, counted.Digest);
            if (problem is not null) return problem;
        }

        return run.Summary();
    }

    /// <summary>What a mapping says of the dataset it is made for; nothing when there is no mapping (empty).</summary>
    public static Result<DatasetDescription> DescribeDataset(ReadOnlyMemory<byte> mapping) =>
        mapping.IsEmpty ? new DatasetDescription() : MappingReader.ReadDataset(mapping.Span);

    private static Result<FeatureMapping> FeatureMappingOf(FeatureImport import)
    {
        var mapping = FeatureMapping.Default;
        if (!import.Mapping.IsEmpty && !MappingReader.ReadFeatures(import.Mapping.Span).TryGet(out mapping,
            out var problem)) return problem;
        if (import.Crs is { } name)
        {
            if (!CoordinateReferenceSystem.TryParse(name, out var crs))
                return Problem.BadRequest("unsupported-crs", "The coordinate reference system is not supported",
                    $"'{name}' is not one of {CoordinateReferenceSystem.Supported}.");
            mapping = mapping with { Crs = crs };
        }

        foreach (var (text, set) in new (string?, Func<Template, FeatureMapping>)[]
        {
            (import.Key, key => mapping with { Key = key }),
                (import.Name, template => mapping with { Name = template }),
        })
        {
            if (text is null) continue;
            if (!Template.TryParse(text, out var template, out var fault))
                return Problem.BadRequest("invalid-mapping", "The mapping cannot be used", fault + ".");
            mapping = set(template);
        }

        return mapping;
    }

    private async Task<long> FindPositionAsync(DatasetId dataset, string source, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var find = read.Prepare(FindPosition);
        return find.Bind("@dataset", dataset.Value).Bind("@source", source).Step() ? find.Int64(0) : 0;
    }

    // What was stored is entered, whether or not somebody still waits.
    private Task<bool> EnterAsync(DatasetId dataset, long added, long skipped, long rejected, byte[]? digest)
    {
        var now = Instant.From(_time.GetUtcNow());
        return _database.WriteAsync(
            session =>
            {
                DataEvents.Imported(session, dataset, added, skipped, rejected, digest, now);
                return true;
            },
            CancellationToken.None);
    }

    private Task<bool> SavePositionAsync(DatasetId dataset, string source, long position, bool isFinished,
        CancellationToken cancellation)
    {
        var now = Instant.From(_time.GetUtcNow()).UnixMicroseconds;
        return _database.WriteAsync(
            session =>
            {
                using var save = session.Prepare(SavePosition);
                save.Bind("@dataset", dataset.Value).Bind("@source", source).Bind("@position", position);
                if (isFinished) save.Bind("@finished", now);
                else save.BindNull("@finished");
                save.Execute();
                return true;
            },
            cancellation);
    }

    /// <summary>One import of one or more files into one dataset.</summary>
    private sealed class Run
    {
        private readonly Imports _imports;
        private readonly DatasetId _dataset;
        private readonly IReadOnlyList<ImportSource> _sources;
        private readonly bool _isDryRun;
        private readonly IProgress<ImportProgress>? _progress;
        private readonly Dictionary<string, SensorId> _sensors = new(StringComparer.Ordinal);
        private readonly Dictionary<string, ObservedPropertyId> _observedProperties = new(StringComparer.Ordinal);
        private readonly List<ImportedFile> _files = [];
        private readonly long? _bytesTotal;
        private long _bytesBefore;
        private long _rowsBefore;
        private long _things;
        private long _added;
        private long _skipped;
        private long _fileAdded;
        private long _fileSkipped;

        public Run(Imports imports, DatasetId dataset, IReadOnlyList<ImportSource> sources, bool isDryRun,
            IProgress<ImportProgress>? progress)
        {
            _imports = imports;
            _dataset = dataset;
            _sources = sources;
            _isDryRun = isDryRun;
            _progress = progress;
            _bytesTotal = sources.All(source => source.Length is not null) ? sources.Sum(source => source.Length)
                : null;
        }

        public Plan Plan { get; } = new();

        /// <summary>Stores the batches while the next ones are read. When that breaks off, what was kept is entered in the log.</summary>
        public async Task<Problem?> StoreAsync(
            ImportSource source, byte[]? mappingHash, IAsyncEnumerable<ImportBatch> batches, RejectedRows rejected,
            CancellationToken cancellation)
        {
            var isOver = false;
            try
            {
                var problem = await StoreAllAsync(source, mappingHash, batches, cancellation);
                isOver = true;
                return problem;
            }
            finally
            {
                if (!isOver && Interlocked.Read(ref _fileAdded) is > 0 and var added)
                    await _imports.EnterAsync(_dataset, added, Interlocked.Read(ref _fileSkipped), rejected.Count, null);
            }
        }

        private async Task<Problem?> StoreAllAsync(
            ImportSource source, byte[]? mappingHash, IAsyncEnumerable<ImportBatch> batches, CancellationToken cancellation)
        {
            var name = mappingHash is null || !source.IsLasting || _isDryRun ? null
                : await ProgressNameAsync(source, mappingHash, cancellation);
            var resumed = name is null ? 0 : await _imports.FindPositionAsync(_dataset, name, cancellation);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var queue = Channel.CreateBounded<ImportBatch>(
                new BoundedChannelOptions(BatchesAhead) { SingleReader = true, SingleWriter = true });
            var reading = Task.Run(() => ReadAheadAsync(batches, queue.Writer, stop.Token), CancellationToken.None);
            try
            {
                await foreach (var batch in queue.Reader.ReadAllAsync(cancellation))
                {
                    if (await StoreAsync(batch, cancellation) is { } problem) return problem;
                    if (name is not null) await _imports.SavePositionAsync(_dataset, name, batch.Rows, batch.IsLast,
                        cancellation);
                    Report(source, batch, resumed);
                }
            }
            finally
            {
                await stop.CancelAsync();
                await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await reading;
            return null;
        }

        public async Task FinishAsync(ImportSource source, TableCounts counts, RejectedRows rejected, byte[]? digest)
        {
            var (added, skipped) = (_fileAdded, _fileSkipped);
            if (!_isDryRun)
                await _imports.EnterAsync(_dataset, added, skipped, rejected.Count, digest);
            _files.Add(new()
            {
                Name = Path.GetFileName(source.Name),
                Rows = counts.Rows,
                Added = _isDryRun ? 0 : _fileAdded,
                Skipped = _fileSkipped,
                Missing = counts.Missing,
                DroppedByStatus = counts.DroppedByStatus,
                Ignored = counts.Ignored,
                Rejected = rejected.Count,
                Rejections = rejected.Kept,
                RejectFile = rejected.File,
            });
            (_fileAdded, _fileSkipped) = (0, 0);
            _bytesBefore += source.Length ?? 0;
            _rowsBefore += counts.Rows;
        }

        public ImportSummary Summary() =>
            new() { Files = _files, Things = _things, Datastreams = Plan.DatastreamCount, IsDryRun = _isDryRun };

        private static async Task ReadAheadAsync(
            IAsyncEnumerable<ImportBatch> batches, ChannelWriter<ImportBatch> queue, CancellationToken cancellation)
        {
            try
            {
                await foreach (var batch in batches.WithCancellation(cancellation)) await queue.WriteAsync(batch,
                    cancellation);
                queue.Complete();
            }
            catch (Exception exception)
            {
                queue.TryComplete(exception);
                throw;
            }
        }

        // The same content with the same mapping under the same name; a renamed folder may give other keys.
        private static async Task<string> ProgressNameAsync(ImportSource source, byte[] mappingHash,
            CancellationToken cancellation)
        {
            var hash = System.Security.Cryptography.SHA256.HashData(
                [.. await source.HashAsync(cancellation), .. mappingHash, .. Encoding.UTF8.GetBytes(source.Name)]);
            return $"{Path.GetFileName(source.Name)} {Convert.ToHexStringLower(hash)}";
        }

        private void Report(ImportSource source, ImportBatch batch, long resumed)
        {
            var number = _files.Count + 1;
            _progress?.Report(new(Path.GetFileName(source.Name), number, _sources.Count, _bytesBefore + batch.Bytes,
                _bytesTotal,
                _rowsBefore + batch.Rows, _added + _skipped, Math.Min(resumed, batch.Rows)));
        }

        private async Task<Problem?> StoreAsync(ImportBatch batch, CancellationToken cancellation)
        {
            _things += batch.Things.Count;
            if (_isDryRun)
            {
                foreach (var (_, rows) in batch.Datastreams) _added += rows.Length;
                return null;
            }

            var problem = await EachAsync(batch.Things, EnsureThingAsync, cancellation);
            if (problem is not null) return problem;
            foreach (var (datastream, _) in batch.Datastreams)
                if (datastream.Id is null && await EnsureKindsAsync(datastream,
                    cancellation) is { } refusal) return refusal;
            return await EachAsync(batch.Datastreams, AppendAsync, cancellation);
        }

        // The first problem ends the rest; the writer commits those that run at the same time together.
        private static async Task<Problem?> EachAsync<T>(
            IReadOnlyList<T> items, Func<T, CancellationToken, Task<Problem?>> work, CancellationToken cancellation)
        {
            Problem? first = null;
            var options = new ParallelOptions { MaxDegreeOfParallelism = AppendsAtOnce,
                CancellationToken = cancellation };
            await Parallel.ForEachAsync(items, options, async (item, token) =>
            {
                if (Volatile.Read(ref first) is not null) return;
                if (await work(item, token) is { } problem) Interlocked.CompareExchange(ref first, problem, null);
            });
            return first;
        }

        private async Task<Problem?> EnsureThingAsync(PlannedThing thing, CancellationToken cancellation)
        {
            var draft = new ThingDraft(thing.Key, thing.Name, thing.Description, thing.PropertiesJson);
            if (!(await _imports._bulk.EnsureThingAsync(_dataset, draft, cancellation)).TryGet(out var id,
                out var problem)) return problem;
            thing.Id = id;
            if (thing.Location is not { } location) return null;
            var place = new LocationDraft(thing.Key, location.Name, location.Name, location.Json)
            {
                EncodingType = location.IsGeometry ? "application/geo+json" : "text/plain",
            };
            return (await _imports._bulk.EnsureLocationAsync(_dataset, place, id, cancellation)).TryGet(out _,
                out problem) ? null : problem;
        }

        // Few and shared, hence one after the other.
        private async Task<Problem?> EnsureKindsAsync(PlannedDatastream datastream, CancellationToken cancellation)
        {
            var sensor = datastream.Sensor;
            if (!_sensors.ContainsKey(sensor.Key))
            {
                var draft = new SensorDraft(sensor.Key, sensor.Name, sensor.Description, sensor.EncodingType,
                    sensor.Metadata);
                if (!(await _imports._bulk.EnsureSensorAsync(_dataset, draft, cancellation)).TryGet(out var id,
                    out var problem)) return problem;
                _sensors[sensor.Key] = id;
            }

            var property = datastream.ObservedProperty;
            if (!_observedProperties.ContainsKey(property.Key))
            {
                var draft = new ObservedPropertyDraft(property.Key, property.Name, property.Definition,
                    property.Description);
                if (!(await _imports._bulk.EnsureObservedPropertyAsync(_dataset, draft, cancellation)).TryGet(
                    out var id, out var problem)) return problem;
                _observedProperties[property.Key] = id;
            }

            return null;
        }

        private async Task<Problem?> AppendAsync(
            (PlannedDatastream Datastream, ReadOnlyMemory<ImportedObservation> Rows) part,
                CancellationToken cancellation)
        {
            var datastream = part.Datastream;
            if (datastream.Id is null)
            {
                var draft = new DatastreamDraft(
                    datastream.Key, datastream.Name, datastream.Description, datastream.ObservationType,
                        datastream.Unit,
                    datastream.Thing.Id ?? throw new InvalidOperationException("A Datastream came before its Thing."),
                    _sensors[datastream.Sensor.Key], _observedProperties[datastream.ObservedProperty.Key],
                        datastream.PropertiesJson);
                if (!(await _imports._bulk.EnsureDatastreamAsync(_dataset, draft, cancellation)).TryGet(out var id,
                    out var refusal)) return refusal;
                datastream.Id = id;
            }

            var rows = new BulkObservation[part.Rows.Length];
            for (var i = 0; i < rows.Length; i++) rows[i] = ToBulk(part.Rows.Span[i]);
            var outcome = await _imports._bulk.AppendAsync(datastream.Id.Value, rows, BulkMode.SkipExisting,
                cancellation);
            if (!outcome.TryGet(out var result, out var problem)) return problem;
            Interlocked.Add(ref _added, result.Added);
            Interlocked.Add(ref _skipped, result.Skipped);
            Interlocked.Add(ref _fileAdded, result.Added);
            Interlocked.Add(ref _fileSkipped, result.Skipped);
            return null;
        }

        private static BulkObservation ToBulk(in ImportedObservation row) => new(
            new Instant(row.Start),
            row.End == row.Start ? null : new Instant(row.End),
            row.Kind switch
            {
                Mapping.ResultKind.Number => ResultValue.Number(BitConverter.Int64BitsToDouble(row.Bits)),
                Mapping.ResultKind.Integer => ResultValue.Integer(row.Bits),
                Mapping.ResultKind.Boolean => ResultValue.Boolean(row.Bits != 0),
                Mapping.ResultKind.Text => ResultValue.Text(row.Text ?? ""),
                _ => throw new InvalidOperationException("Unknown kind of result."),
            },
            null,
            row.QualityJson);
    }
}
