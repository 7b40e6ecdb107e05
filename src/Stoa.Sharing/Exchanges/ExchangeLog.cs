using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Sharing.Batches;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Takes exchange records and stores them in batches, so that a reader does not wait for the disk.</summary>
/// <remarks>
/// A record is durable at most <see cref="Period"/> and one commit after its access has ended, and sooner while few come (decision 0028). When the store cannot keep up
/// <see cref="HasRoom"/> is false, and access that would have to be recorded is refused with 503: nothing governed leaves unrecorded. What
/// waits is stored when the program stops. Each batch is entered in the log in its transaction.
/// </remarks>
internal sealed partial class ExchangeLog(Database database, ExchangeIds ids, TimeProvider time, ILogger<ExchangeLog> log)
    : BackgroundService
{
    /// <summary>How long records are gathered while many come. A commit takes some 6 ms of a processor, whatever is in it, and makes every reader of SQLite read its pages again.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>How long they are gathered while few come, and commits are no matter.</summary>
    public static readonly TimeSpan QuietPeriod = TimeSpan.FromMilliseconds(250);

    /// <summary>Most records that wait: some 40 MB.</summary>
    public const int WaitingMax = 100_000;

    // So many in a quiet period are many.
    private const int QuietMax = 250;

    private const int BatchMax = 25_000;

    // A commit of so many takes some 50 ms, in which nobody else writes. Records that are alike are few rows.
    private const int RowsMax = 5_000;

    private const string Columns =
        "id, party_id, token_id, agreement_id, dataset_id, datasets, channel, purpose, method, route, query, status, row_count, bytes, " +
        "digest, decision, version, accesses, organization_id, by_office";

    private readonly Channel<ExchangeRecord> _waiting = Channel.CreateUnbounded<ExchangeRecord>(new() { SingleReader = true });
    private readonly ILogger<ExchangeLog> _log = log;
    private long _stored;
    private long _added;

    /// <summary>Whether further access may be recorded.</summary>
    public bool HasRoom => Volatile.Read(ref _added) - Volatile.Read(ref _stored) < WaitingMax;

    /// <summary>Records stored since the start.</summary>
    public long Stored => Volatile.Read(ref _stored);

    /// <summary>The id of the next record.</summary>
    public ExchangeId NextId(Instant now) => ids.Next(now);

    /// <summary>Takes a record.</summary>
    public void Add(ExchangeRecord record)
    {
        Interlocked.Increment(ref _added);
        _waiting.Writer.TryWrite(record);
    }

    /// <summary>Returns when all that was taken so far is stored.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        var goal = Volatile.Read(ref _added);
        while (Volatile.Read(ref _stored) < goal) await Task.Delay(5, cancellation);
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ids.BeginAsync(database, cancellationToken);
        }
        catch (StorageException error)
        {
            // The number by chance will do.
            LogNotNumbered(error.Failure);
        }

        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await _waiting.Reader.WhenGatheredAsync(QuietPeriod, stoppingToken);
            if (Volatile.Read(ref _added) - Volatile.Read(ref _stored) >= QuietMax)
                await Task.Delay(Period - QuietPeriod, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // What comes while they are stored is gathered in its turn: storing it at once would be a commit of a few records each millisecond.
            while (await StoreBatchAsync(stoppingToken) == BatchMax) { }
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        while (await StoreBatchAsync(cancellationToken) > 0) { }
    }

    /// <returns>How many were stored: not more than <see cref="BatchMax"/>.</returns>
    private async Task<int> StoreBatchAsync(CancellationToken stop)
    {
        var batch = _waiting.Reader.Take(BatchMax);
        if (batch.Count == 0) return 0;
        foreach (var groups in ExchangeGroup.Of(batch).Chunk(RowsMax)) await StoreAsync(groups, stop);
        Interlocked.Add(ref _stored, batch.Count);
        return batch.Count;
    }

    // Until it is stored: new access is refused meanwhile when too much waits.
    private async Task StoreAsync(IReadOnlyList<ExchangeGroup> groups, CancellationToken stop)
    {
        // Before the writer's turn comes, so that others wait for the rows alone.
        var (rows, entered) = RowsOf(groups);
        var mayBeStored = false;
        for (var wait = QuietPeriod; ; wait = wait < TimeSpan.FromSeconds(5) ? 2 * wait : wait)
        {
            try
            {
                await database.WriteAsync(
                    session =>
                    {
                        if (mayBeStored && IsStored(session, rows[0])) return false;
                        Insert(session, rows);
                        entered.Enter(session, rows.Select(row => row.Group.First.Id), Instant.From(time.GetUtcNow()));
                        return true;
                    }, CancellationToken.None);
                return;
            }
            catch (StorageException error)
            {
                // An id that is there already: a run of the same number, two thousand runs ago or begun while the store was away.
                if (error.Failure == StorageFailure.Constraint)
                {
                    LogRenumbered(entered.Count);
                    ids.Change();
                    (rows, entered) = RowsOf(ExchangeGroup.Of(
                        rows.SelectMany(row => row.Group.Accesses).Select(record => record with { Id = NextId(Instant.From(time.GetUtcNow())) })));
                }
                else
                {
                    // The answer to the commit may be what was lost.
                    mayBeStored = true;
                    LogNotStored(entered.Count, error.Failure);
                    if (stop.IsCancellationRequested) return;
                }
            }

            await Task.Delay(wait, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static (Row[] Rows, ExchangeBatch Entered) RowsOf(IReadOnlyList<ExchangeGroup> groups) =>
        ([.. groups.Select(group => new Row(group, group.Sum(), group.Pack()))], ExchangeBatch.Of(groups));

    // The first stands for all: they are one transaction.
    private static bool IsStored(WriteSession session, Row row)
    {
        using var find = session.Prepare("SELECT digest FROM exchange WHERE id = @id");
        return find.Bind("@id", row.Group.First.Id.Value).Step() && find.Blob(0).SequenceEqual(row.Packed);
    }

    private static void Insert(WriteSession session, Row[] all)
    {
        using var insert = session.PrepareInsert("exchange", Columns);
        using var further = session.PrepareInsert("exchange_dataset", "dataset_id, exchange_id");
        foreach (var (group, (rows, bytes), packed) in all)
        {
            var record = group.First;
            insert.Bind(1, record.Id.Value).Bind(2, record.Party?.Value).Bind(3, record.Token).Bind(4, record.Agreement);
            insert.Bind(5, record.DatasetCount == 1 ? record.Datasets[0].Value : null).Bind(6, (long)record.DatasetCount);
            insert.Bind(7, (long)record.Channel).Bind(8, record.Purpose).Bind(9, record.Method).Bind(10, record.Route);
            insert.Bind(11, record.Query).Bind(12, (long)record.Status).Bind(13, rows).Bind(14, bytes);
            insert.BindBlob(15, packed).Bind(16, record.Decision).Bind(17, record.Version).Bind(18, (long)group.Count);
            insert.Bind(19, record.Organization?.Value).Bind(20, record.IsByOffice ? 1L : 0L);
            insert.Execute();
            if (record.DatasetCount == 1) continue;
            foreach (var dataset in record.Datasets)
                further.Bind(1, dataset.Value).Bind(2, record.Id.Value).Execute();
        }
    }

    private readonly record struct Row(ExchangeGroup Group, (long Rows, long Bytes) Sum, byte[] Packed);

    [LoggerMessage(2103, LogLevel.Error, "{Count} exchange records could not be stored yet: {Failure}.")]
    private partial void LogNotStored(int count, StorageFailure failure);

    [LoggerMessage(2133, LogLevel.Warning, "{Count} exchange records get other ids: one was there already.")]
    private partial void LogRenumbered(int count);

    [LoggerMessage(2134, LogLevel.Warning, "No number of this run for the ids of records: {Failure}. One by chance is used.")]
    private partial void LogNotNumbered(StorageFailure failure);
}
