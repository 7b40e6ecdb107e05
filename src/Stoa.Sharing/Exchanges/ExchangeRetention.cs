using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Removes records of exchanges that are older than the setting says, in pieces that keep no other writer waiting.</summary>
internal sealed partial class ExchangeRetention(
    Database database, SharingOptions options, TimeProvider time, ILogger<ExchangeRetention> log) : BackgroundService
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromHours(6);

    /// <summary>Rows removed in one transaction, each of up to <see cref="ExchangeGroup.AccessesMax"/> accesses.</summary>
    public const int PieceMax = 2_000;

    /// <summary>Time of records that one look removes at most: a clock that is set years ahead, or a first start with old data, does not
    /// take everything at once, and is told of before it has taken much.</summary>
    public static readonly TimeSpan StepMax = TimeSpan.FromDays(30);

    private const string Oldest =
        """
        SELECT MIN(id)
        FROM   exchange
        """;

    private const string SumAccesses =
        """
        SELECT CAST(COALESCE(SUM(accesses), 0) AS BIGINT)
        FROM   (SELECT accesses FROM exchange WHERE id < @cut ORDER BY id LIMIT @most) AS piece
        """;

    private const string RemoveDatasets =
        """
        DELETE FROM exchange_dataset
        WHERE  exchange_id IN (SELECT id FROM exchange WHERE id < @cut ORDER BY id LIMIT @most)
        """;

    private const string Remove =
        """
        DELETE FROM exchange
        WHERE  id IN (SELECT id FROM exchange WHERE id < @cut ORDER BY id LIMIT @most)
        """;

    // Of what some is removed, the tree cannot be made again; the entry in the log stays.
    private const string RemoveBatches =
        """
        DELETE FROM exchange_batch
        WHERE  last_id < @cut
        """;

    private readonly ILogger<ExchangeRetention> _log = log;

    /// <summary>Removes what is old enough.</summary>
    /// <returns>How many rows went.</returns>
    public async Task<long> KeepAsync(CancellationToken cancellation)
    {
        if (options.ExchangesKept is not { } kept) return 0;
        if (await OldestAsync(cancellation) is not { } oldest) return 0;
        var due = time.GetUtcNow() - kept;
        var step = oldest + StepMax;
        if (due > step) LogStepped(oldest, due, StepMax.Days);
        var cut = ExchangeId.FromSecond(Instant.From(due < step ? due : step)).Value;
        var (removed, accesses) = (0L, 0L);
        try
        {
            while (true)
            {
                var piece = await database.WriteAsync(session => RemovePiece(session, cut), cancellation);
                (removed, accesses) = (removed + piece.Rows, accesses + piece.Accesses);
                if (piece.Rows < PieceMax) break;
            }
        }
        finally
        {
            await RetentionEvents.EnterAsync(database, "exchanges", accesses, Instant.From(time.GetUtcNow()));
        }

        if (removed > 0) LogRemoved(removed);
        return removed;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                if (database.Nodes.IsLeader) await KeepAsync(stoppingToken);
            }
            catch (StorageException error)
            {
                // The queue is full or the database is away: the next look will do.
                LogNotDone(error.Failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<DateTimeOffset?> OldestAsync(CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(Oldest);
        return select.Step() && select.Int64OrNull(0) is { } id ? new ExchangeId(id).At.ToDateTimeOffset() : null;
    }

    private static (long Rows, long Accesses) RemovePiece(WriteSession session, long cut)
    {
        long accesses;
        using (var sum = session.Prepare(SumAccesses).Bind("@cut", cut).Bind("@most", PieceMax)) accesses = sum.Step() ? sum.Int64(0) : 0;
        using (var datasets = session.Prepare(RemoveDatasets).Bind("@cut", cut).Bind("@most", PieceMax)) datasets.Execute();
        using (var batches = session.Prepare(RemoveBatches).Bind("@cut", cut)) batches.Execute();
        using var remove = session.Prepare(Remove).Bind("@cut", cut).Bind("@most", PieceMax);
        return (remove.Execute(), accesses);
    }

    [LoggerMessage(2131, LogLevel.Information, "{Count} rows of exchange records were older than exchanges.keepDays and were removed.")]
    private partial void LogRemoved(long count);

    [LoggerMessage(2139, LogLevel.Warning,
        "Exchange records from {Oldest:O} on are older than exchanges.keepDays says (before {Due:O}): {Days} days of them are removed now, and as many with " +
        "each look. See whether the clock is right.")]
    private partial void LogStepped(DateTimeOffset oldest, DateTimeOffset due, int days);

    [LoggerMessage(2132, LogLevel.Warning, "Old exchange records could not be removed: {Failure}.")]
    private partial void LogNotDone(StorageFailure failure);
}
