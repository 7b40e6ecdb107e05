using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Events;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Writing;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Sealing;

/// <summary>Seals observations: what was stored since the last time enters the log of audit as one root for each dataset.</summary>
/// <remarks>
/// Reads what is stored, in the order of ids, after it was acknowledged; a sender waits for nothing. Works a twentieth of the time at most, so that sealing never takes
/// more than that of what the program does: after a large import it lags behind. Runs where the node leads.
/// </remarks>
internal sealed partial class ObservationSealing(
    Database database, SensingOptions options, TimeProvider time, ILogger<ObservationSealing> log) : BackgroundService
{
    /// <summary>Most observations of one seal.</summary>
    public const int SealMax = 65_536;

    /// <summary>Most read at once.</summary>
    public const int PieceMax = 4_096;

    // Time at rest for each moment at work.
    private const int Rest = 19;

    private const string ReadState =
        """
        SELECT s.next, o.next,
               COALESCE((SELECT CAST(SUM(changes) AS bigint) FROM sealed_leaf WHERE observation_id >= s.next AND observation_id < o.next), 0)
        FROM   seal_state s, observation_sequence o
        WHERE  s.one = 1 AND o.one = 1
        """;

    private const string ReadRows =
        $"""
        SELECT   {SealedObservation.Columns}
        FROM     observation o
        WHERE    o.id >= ?1 AND o.id < ?2
        ORDER BY o.id
        """;

    private const string ReadDataset =
        """
        SELECT dataset_id
        FROM   datastream_state
        WHERE  datastream_id = ?1
        """;

    private const string ReadChanges =
        """
        SELECT CAST(COALESCE(SUM(changes), 0) AS bigint)
        FROM   sealed_leaf
        WHERE  observation_id >= ?1 AND observation_id < ?2
        """;

    private const string ForgetChanges =
        """
        DELETE FROM sealed_leaf
        WHERE  observation_id >= ?1 AND observation_id < ?2
        """;

    private const string MoveOn =
        """
        UPDATE seal_state
        SET    next = ?2
        WHERE  one = 1 AND next = ?1
        """;

    private const string AddBlock =
        """
        INSERT INTO sealed_block (dataset_id, first_id, until_id, count, idx, secret) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        RETURNING id
        """;

    private readonly ILogger<ObservationSealing> _log = log;

    // A datastream never changes its dataset.
    private readonly ConcurrentDictionary<long, long> _datasets = new();

    private long _waitsFrom = -1;
    private DateTimeOffset _waitsSince;

    /// <summary>Seals what waits, whatever its age. For tests, and for whoever wants a proof now.</summary>
    /// <returns>How many observations were sealed.</returns>
    public async Task<long> SealNowAsync(CancellationToken cancellation)
    {
        long all = 0;
        while (await SealAsync(isDue: true, TimeSpan.Zero, cancellation) is > 0 and var one) all += one;
        return all;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.SealPeriod is not { } period) return;
        using var timer = new PeriodicTimer(period < TimeSpan.FromSeconds(5) ? period : TimeSpan.FromSeconds(5), time);
        try
        {
            do
            {
                try
                {
                    if (database.Nodes.IsLeader)
                        while (await SealAsync(isDue: false, period, stoppingToken) > 0)
                        {
                        }
                }
                catch (StorageException error)
                {
                    LogNotDone(error.Failure);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is not sealed yet is at the next start.
        }
    }

    private async Task<long> SealAsync(bool isDue, TimeSpan period, CancellationToken cancellation)
    {
        var (from, end, changes) = await StateAsync(cancellation);
        if (from >= end) return 0;
        var until = Math.Min(end, from + SealMax);
        if (!isDue && end - from < SealMax)
        {
            // Few are sealed when the first of them has waited long enough.
            if (_waitsFrom != from) (_waitsFrom, _waitsSince) = (from, time.GetUtcNow());
            if (time.GetUtcNow() - _waitsSince < period) return 0;
        }

        if (until < end) changes = await ChangesAsync(from, until, cancellation);
        var series = new Dictionary<long, Series>();
        var secrets = new Dictionary<long, byte[]>();
        for (var at = from; at < until; at += PieceMax)
        {
            var started = Stopwatch.GetTimestamp();
            await ReadAsync(at, Math.Min(until, at + PieceMax), series, secrets, cancellation);
            if (!isDue) await Task.Delay(Stopwatch.GetElapsedTime(started) * Rest, cancellation);
        }

        var begun = Stopwatch.GetTimestamp();
        var blocks = series.Where(one => one.Value.Dataset is not null).GroupBy(one => one.Value.Dataset!.Value)
            .Select(group => Block.Of(group.Key, from, secrets[group.Key], group)).ToArray();
        var isSealed = await database.WriteAsync(session => Write(session, from, until, changes, blocks), cancellation);
        if (!isDue) await Task.Delay(Stopwatch.GetElapsedTime(begun) * Rest, cancellation);
        // What was changed meanwhile is read again at the next look.
        return isSealed ? until - from : 0;
    }

    private bool Write(WriteSession session, long from, long until, long changes, Block[] blocks)
    {
        using (var now = session.Prepare(ReadChanges))
            if (!now.Bind(1, from).Bind(2, until).Step() || now.Int64(0) != changes) return false;
        using (var move = session.Prepare(MoveOn))
            if (move.Bind(1, from).Bind(2, until).Execute() != 1) return false;
        using (var forget = session.Prepare(ForgetChanges)) forget.Bind(1, from).Bind(2, until).Execute();
        foreach (var block in blocks)
        {
            var subject = LogEvent.Urn("dataset", block.Dataset);
            var entry = new LogEvent(EventTypes.ObservationsSealed, Instant.From(time.GetUtcNow()),
                ("subject", subject), ("first", from), ("last", until - 1), ("count", block.Count),
                ("root", $"sha256:{Convert.ToHexStringLower(block.Root.ToBytes())}"));
            var index = LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(entry.Type.Name, Dataset: block.Dataset));
            long id;
            using (var add = session.Prepare(AddBlock))
            {
                add.Bind(1, block.Dataset).Bind(2, from).Bind(3, until).Bind(4, block.Count).Bind(5, index).BindBlob(6, block.Secret).Step();
                id = add.Int64(0);
            }

            using var group = session.PrepareInsert("sealed_group", "block_id, number, ids, hash");
            for (var number = 0; number < block.Groups.Length; number++)
                group.Bind(1, id).Bind(2, number).BindBlob(3, block.Groups[number].Ids).BindBlob(4, block.Groups[number].Hash).Execute();
        }

        return true;
    }

    private async Task ReadAsync(
        long from, long until, Dictionary<long, Series> all, Dictionary<long, byte[]> secrets, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        using var rows = session.PrepareStream(ReadRows);
        rows.Bind(1, from).Bind(2, until);
        var buffer = new ArrayBufferWriter<byte>(512);
        while (rows.Step())
        {
            var key = rows.Int64(1);
            if (!all.TryGetValue(key, out var series)) all[key] = series = new(DatasetOf(session, key));
            // Gone since: nothing of it is left to be sealed.
            if (series.Dataset is not { } dataset) continue;
            if (!secrets.TryGetValue(dataset, out var secret)) secrets[dataset] = secret = RandomNumberGenerator.GetBytes(SealedObservation.SecretLength);
            series.Leaves.Add((rows.Int64(0), SealedObservation.Leaf(rows, secret, buffer)));
        }
    }

    private long? DatasetOf(ReadSession session, long key)
    {
        if (_datasets.TryGetValue(key, out var known)) return known;
        using var dataset = session.Prepare(ReadDataset);
        if (!dataset.Bind(1, key).Step()) return null;
        return _datasets[key] = dataset.Int64(0);
    }

    private async Task<(long From, long End, long Changes)> StateAsync(CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        using var state = session.Prepare(ReadState);
        return state.Step() ? (state.Int64(0), state.Int64(1), state.Int64(2)) : (0, 0, 0);
    }

    private async Task<long> ChangesAsync(long from, long until, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        using var changes = session.Prepare(ReadChanges);
        return changes.Bind(1, from).Bind(2, until).Step() ? changes.Int64(0) : 0;
    }

    [LoggerMessage(LogLevel.Warning, "Observations could not be sealed now: {failure}. It is tried again.")]
    private partial void LogNotDone(StorageFailure failure);

    /// <summary>The observations of one series that are to be sealed; without a dataset when the series is gone.</summary>
    private sealed record Series(long? Dataset)
    {
        public List<(long Id, MerkleHash Hash)> Leaves { get; } = [];
    }

    /// <summary>What enters the log for one dataset, and what is kept of its tree; made before the writer's turn, which others wait for.</summary>
    private sealed record Block(long Dataset, byte[] Secret, int Count, MerkleHash Root, (byte[] Ids, byte[] Hash)[] Groups)
    {
        public static Block Of(long dataset, long first, byte[] secret, IEnumerable<KeyValuePair<long, Series>> series)
        {
            (long Id, MerkleHash Hash)[] leaves = [.. series.OrderBy(one => one.Key).SelectMany(one => one.Value.Leaves)];
            var groups = new (byte[] Ids, byte[] Hash)[(leaves.Length + SealedGroup.Size - 1) / SealedGroup.Size];
            for (var number = 0; number < groups.Length; number++) groups[number] = SealedGroup.Of(leaves.AsSpan(number * SealedGroup.Size), first);
            return new(dataset, secret, leaves.Length, MerkleTree.Root([.. leaves.Select(leaf => leaf.Hash)]), groups);
        }
    }
}
