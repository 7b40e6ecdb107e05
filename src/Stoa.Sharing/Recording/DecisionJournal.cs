using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Batches;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Recording;

/// <summary>Which decisions are asked for; null asks for any.</summary>
internal readonly record struct DecisionQuery(PartyId? Party = null, DatasetId? Dataset = null)
{
    /// <summary>Most datasets of <see cref="Datasets"/>.</summary>
    public const int DatasetsMax = 25;

    /// <summary>About one of these, where no dataset and no party is named.</summary>
    public IReadOnlyList<DatasetId>? Datasets { get; init; }
}

/// <summary>A decision that was kept.</summary>
/// <param name="Id">Holds when it was kept.</param>
/// <param name="Version">Of governance, by which it was made.</param>
/// <param name="Text">The record, canonical JSON.</param>
/// <param name="Dataset">About which dataset.</param>
internal sealed record KeptDecision(ExchangeId Id, long Version, byte[] Text, DatasetId Dataset)
{
    public DecisionRecord Record => DecisionRecord.Read(Text);

    /// <summary>Whether the requester may see it: administrators, and the party that asked.</summary>
    public bool IsFor(Requester requester)
    {
        if (requester.IsAdministrator) return true;
        var record = Record;
        // An outsider's record would tell what its answer did not.
        return requester.Party is { } party && record.Request.Party == party && !record.Decision.IsOutsider;
    }
}

/// <summary>Makes decisions about single datasets, remembers each as long as it holds, and keeps the last of them.</summary>
/// <remarks>
/// The same question gets the same decision, with the same name, for a minute at most and until governance changes, so that an answer costs a look-up. What
/// was decided is kept with the state of the world by which it was, so that it can be made again later (decision record 0020). Kept in
/// batches, each of which is entered in the log in its transaction: a crash can lose those of the last <see cref="Period"/>. When <see cref="WaitingMax"/> wait,
/// further ones are only counted, and the log says how many.
/// </remarks>
internal sealed partial class DecisionJournal(
    Database database, ExchangeIds ids, TimeProvider time, IMeterFactory meters, ILogger<DecisionJournal> log) : BackgroundService
{
    /// <summary>Decisions kept; the oldest go.</summary>
    public const int KeptMax = 50_000;

    /// <summary>How long decisions are gathered.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Between two entries in the log about decisions that were not kept, but for the one at the end.</summary>
    public static readonly TimeSpan DroppedPeriod = TimeSpan.FromMinutes(1);

    // Questions remembered for one state of governance; some 20 MB.
    private const int RememberedMax = 20_000;

    /// <summary>Decisions that wait to be stored; those that come faster are answered, counted and not kept.</summary>
    public const int WaitingMax = 10_000;

    private const int BatchMax = 1_000;
    private const int AttemptsMax = 5;

    private readonly ConditionalWeakTable<PolicySnapshot, ConcurrentDictionary<DecisionRequest, Remembered>> _remembered = [];

    private readonly Channel<Waiting> _waiting = System.Threading.Channels.Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly ILogger<DecisionJournal> _log = log;
    private readonly SemaphoreSlim _storing = new(1, 1);
    private string _storedDigest = "";

    // Not kept, and not told in the log yet; when it was told last.
    private long _untold;
    private long? _told;

    private readonly Counter<long> _dropped = meters.Create(new MeterOptions("Stoa.Sharing")).CreateCounter<long>(
        "stoa.decisions.dropped", description: "Decisions that were made and not kept: too many waited to be stored, or they could not be.");

    // Decisions that are made again are mostly of one state.
    private volatile PolicySnapshot? _lastRead;

    /// <summary>Decides, or finds what was decided about the same question.</summary>
    /// <param name="request">Without an explanation and without a usage.</param>
    /// <param name="snapshot">By which is decided.</param>
    /// <param name="isKept">Whether it is a decision about something, by somebody; others are only remembered.</param>
    /// <param name="isKeptRefused">Whether it is also kept when it refuses: not where a token that names the dataset lets through what is refused here.</param>
    /// <returns>The decision and its name, that of the Decision-Id header.</returns>
    public (Decision Decision, string Name) Decide(DecisionRequest request, PolicySnapshot snapshot, bool isKept, bool isKeptRefused = true)
    {
        var known = _remembered.GetOrCreateValue(snapshot);
        var key = request with { At = default };
        if (known.TryGetValue(key, out var found) && request.At.CompareTo(found.From) >= 0 && request.At.CompareTo(found.Until) < 0)
            return (found.Decision, found.Name);
        var decision = AccessDecision.Decide(request, snapshot);
        var name = DecisionAnswers.IdOf(request, decision.Version);
        isKept &= decision.IsPermitted || isKeptRefused;
        if (isKept && !_waiting.Writer.TryWrite(new(request, decision, name, snapshot)))
        {
            // Not remembered either, so that it is kept when it is next asked for.
            Drop(1);
            return (decision, name);
        }

        if (known.Count >= RememberedMax) known.Clear();
        known[key] = new(decision, name, request.At, decision.Grant?.ValidUntil ?? Evaluation.Later(request.At, Evaluation.LifeMax));
        return (decision, name);
    }

    /// <summary>The last decisions, newest first.</summary>
    public async Task<List<KeptDecision>> LastAsync(DecisionQuery query, Page page, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectLast(query)).Bind("@limit", page.Limit).Bind("@skip", page.Skip);
        if (query.Party is { } party) select.Bind("@party", party.Value);
        if (query.Dataset is { } dataset) select.Bind("@dataset", dataset.Value);
        if (query is { Party: null, Dataset: null, Datasets: { } some })
            for (var i = 0; i < some.Count; i++) select.Bind(DatasetNames[i], some[i].Value);
        var kept = new List<KeptDecision>();
        while (select.Step()) kept.Add(From(select));
        return kept;
    }

    /// <summary>The decision of a name, or null when it is not kept (any more).</summary>
    public async Task<KeptDecision?> FindAsync(string name, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectByName).Bind("@name", name);
        return select.Step() ? From(select) : null;
    }

    /// <summary>The state of the world of that digest, or null when it is not kept.</summary>
    public async Task<PolicySnapshot?> SnapshotAsync(string digest, CancellationToken cancellation)
    {
        if (_lastRead is { } last && last.Digest == digest) return last;
        byte[] packed;
        using (var read = await database.ReadAsync(cancellation))
        {
            using var select = read.Prepare(SelectSnapshot).Bind("@digest", digest);
            if (!select.Step()) return null;
            packed = select.Blob(0).ToArray();
        }

        await using var unpacked = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        var content = await JsonSerializer.DeserializeAsync(unpacked, SharingJson.Wire.PolicyContent, cancellation);
        return content is null ? null : _lastRead = PolicySnapshot.Of(content);
    }

    /// <summary>Stores what waits.</summary>
    /// <remarks>One at a time: whoever asks finds what was made before. What has been taken is stored, whether or not the caller waits.</remarks>
    public Task StoreAsync(CancellationToken cancellation) => StoreAsync(isLast: false, cancellation);

    private async Task StoreAsync(bool isLast, CancellationToken cancellation)
    {
        await _storing.WaitAsync(cancellation);
        try
        {
            // What comes while they are stored is gathered in its turn: each batch is an entry in the log.
            while (await StoreBatchAsync() == BatchMax) { }
            await EnterDroppedAsync(isLast);
        }
        finally
        {
            _storing.Release();
        }
    }

    /// <returns>How many were taken: not more than <see cref="BatchMax"/>.</returns>
    private async Task<int> StoreBatchAsync()
    {
        var batch = _waiting.Reader.Take(BatchMax);
        if (batch.Count == 0) return 0;
        var texts = batch.Select(one => new DecisionRecord(
            DecisionRecord.CurrentFormat, one.Request, one.Snapshot.Digest, one.Decision).ToBytes()).ToArray();
        var snapshots = batch.Select(one => one.Snapshot).DistinctBy(one => one.Digest).Where(one => one.Digest != _storedDigest)
            .Select(snapshot => (Snapshot: snapshot, Packed: Pack(snapshot.Content))).ToArray();
        try
        {
            await InsertAsync(batch, texts, snapshots);
        }
        catch (StorageException)
        {
            Drop(batch.Count);
            throw;
        }

        if (snapshots.Length > 0) _storedDigest = snapshots[^1].Snapshot.Digest;
        return batch.Count;
    }

    // Once more with further ids, where one is there already: a run of the same number.
    private async Task InsertAsync(List<Waiting> batch, byte[][] texts, (PolicySnapshot Snapshot, byte[] Packed)[] snapshots)
    {
        for (var attempt = 0; ; attempt++)
            try
            {
                var rows = batch.Select((one, i) => new Row(ids.Next(one.Request.At), one, texts[i])).ToArray();
                // Before the writer's turn comes, so that others wait for the rows alone.
                var entered = DecisionBatch.Of([.. rows.Select(row => (row.Id, row.Waiting.Name, row.Text))]);
                await database.WriteAsync(
                    session =>
                    {
                        Insert(session, rows, entered, snapshots);
                        return true;
                    }, CancellationToken.None);
                return;
            }
            catch (StorageException error) when (error.Failure == StorageFailure.Constraint && attempt < AttemptsMax)
            {
                ids.Change();
            }
    }

    private void Drop(int count)
    {
        _dropped.Add(count);
        Interlocked.Add(ref _untold, count);
    }

    private async Task EnterDroppedAsync(bool isLast)
    {
        var count = Volatile.Read(ref _untold);
        if (count == 0 || (!isLast && _told is { } told && time.GetElapsedTime(told) < DroppedPeriod)) return;
        var entry = new LogEvent(EventTypes.DecisionsDropped, Instant.From(time.GetUtcNow()), ("count", count)).ToBytes();
        await database.WriteAsync(
            session => LogEntries.Append(session, LogName.Audit, entry, new(EventTypes.DecisionsDropped.Name)), CancellationToken.None);
        Interlocked.Add(ref _untold, -count);
        _told = time.GetTimestamp();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            using var due = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            // What was not kept is told though nothing more comes.
            if (Volatile.Read(ref _untold) > 0) due.CancelAfter(DroppedPeriod);
            await _waiting.Reader.WhenGatheredAsync(Period, due.Token);
            await TryStoreAsync(isLast: false);
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryStoreAsync(isLast: true);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _storing.Dispose();
        base.Dispose();
    }

    private async Task TryStoreAsync(bool isLast)
    {
        try
        {
            await StoreAsync(isLast, CancellationToken.None);
        }
        catch (StorageException error)
        {
            LogNotStored(error.Failure);
        }
    }

    private static byte[] Pack(PolicyContent content)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest))
            JsonSerializer.Serialize(zip, content, SharingJson.Wire.PolicyContent);
        return packed.ToArray();
    }

    private void Insert(WriteSession session, Row[] rows, DecisionBatch entered, (PolicySnapshot Snapshot, byte[] Packed)[] snapshots)
    {
        using (var insert = session.Prepare(InsertSnapshot))
            foreach (var (snapshot, packed) in snapshots)
            {
                insert.Bind("@version", snapshot.Content.Version).Bind("@digest", snapshot.Digest)
                    .BindBlob("@content", packed);
                insert.Execute();
            }

        var index = entered.Enter(session, Instant.From(time.GetUtcNow()));
        using (var insert = session.PrepareInsert("decision", Columns))
            for (var place = 0; place < rows.Length; place++)
            {
                var (id, (request, decision, name, _), text) = rows[place];
                insert.Bind(1, id.Value).Bind(2, name).Bind(3, request.Party?.Value);
                insert.Bind(4, request.Dataset.Value).Bind(5, (long)decision.Outcome).Bind(6, (long?)decision.Gate);
                insert.Bind(7, decision.Version).Bind(8, Encoding.UTF8.GetString(text));
                insert.Bind(9, index).Bind(10, (long)place).BindBlob(11, entered.SaltAt(place));
                insert.Execute();
            }

        using var drop = session.Prepare(DropOld).Bind("@kept", (long)KeptMax);
        if (drop.Execute() == 0) return;
        using (var batches = session.Prepare(DropBatches)) batches.Execute();
        using var unused = session.Prepare(DropSnapshots);
        unused.Execute();
    }

    private static KeptDecision From(Statement row) => new(new(row.Int64(0)), row.Int64(1), row.Utf8(2).ToArray(), new(row.Int64(3)));

    [LoggerMessage(2104, LogLevel.Warning, "Decisions could not be kept: {Failure}.")]
    private partial void LogNotStored(StorageFailure failure);

    private sealed record Remembered(Decision Decision, string Name, Instant From, Instant Until);

    private readonly record struct Waiting(DecisionRequest Request, Decision Decision, string Name, PolicySnapshot Snapshot);

    private readonly record struct Row(ExchangeId Id, Waiting Waiting, byte[] Text);
}
