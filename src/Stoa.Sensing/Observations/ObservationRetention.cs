using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Writing;
using Stoa.Sensing.Sealing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>Removes observations that are older than the setting says, a calendar month (UTC) at a time, and makes room for those to
/// come.</summary>
/// <remarks>
/// Their Datastreams are told as changed. The observations themselves are not told as removed, one by one: whoever keeps a copy keeps it
/// for as long as they like. On PostgreSQL whole partitions are dropped; on SQLite rows go in pieces that keep no other writer waiting.
/// </remarks>
internal sealed partial class ObservationRetention(
    Database database, ObservationStore observations, SealedSecrets secrets, SensingOptions options, TimeProvider time, ILogger<ObservationRetention> log)
    : BackgroundService
{
    /// <summary>Between two looks.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromHours(6);

    /// <summary>Observations removed in one transaction; more would keep writers waiting.</summary>
    internal const int PieceMax = 5_000;

    // Room is made for so many months after this one.
    private const int MonthsAhead = 2;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                if (database.Nodes.IsLeader)
                {
                    await KeepAsync(stoppingToken);
                    await secrets.ForgetAsync(stoppingToken);
                }
            }
            catch (StorageException error)
            {
                // The queue is full, readers never made room, or the database is away: the next look will do.
                LogNotDone(error.Failure);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
        while (await NextAsync(timer, stoppingToken));
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Makes room ahead, and removes what is old enough.</summary>
    /// <returns>How many observations went.</returns>
    internal async Task<long> KeepAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (database.Engine == StorageEngine.Postgres) await database.WriteAsync(session => MakeRoom(session, now), cancellation);
        if (options.ObservationsKept is not { } kept) return 0;
        var cut = Instant.From(MonthOf(now - kept)).UnixMicroseconds;
        var removed = database.Engine == StorageEngine.Postgres
            ? await DropAsync(cut, cancellation)
            : await RemoveAsync(cut, cancellation);
        if (removed > 0) LogRemoved(removed);
        return removed;
    }

    private static bool MakeRoom(WriteSession session, DateTimeOffset now)
    {
        for (var month = 0; month <= MonthsAhead; month++)
            session.MakeRoom(Instant.From(MonthOf(now).AddMonths(month)).UnixMicroseconds);
        return true;
    }

    private static DateTimeOffset MonthOf(DateTimeOffset moment) =>
        new(moment.UtcDateTime.Year, moment.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);

    private async Task<long> DropAsync(long cut, CancellationToken cancellation)
    {
        var removed = await database.DropObservationsAsync(cut, cancellation);
        await EnterAsync(removed);
        return removed;
    }

    private async Task<long> RemoveAsync(long cut, CancellationToken cancellation)
    {
        var removed = 0L;
        try
        {
            while (await database.WriteAsync(session => observations.RemoveBefore(session, cut, PieceMax), cancellation) is { } piece)
                removed += piece;
        }
        finally
        {
            await EnterAsync(removed);
        }

        return removed;
    }

    private Task EnterAsync(long removed) => RetentionEvents.EnterAsync(database, "observations", removed, Instant.From(time.GetUtcNow()));

    [LoggerMessage(2303, LogLevel.Information, "{Count} observations were older than observations.keepDays and were removed.")]
    private partial void LogRemoved(long count);

    [LoggerMessage(2304, LogLevel.Warning, "Old observations could not be removed, or room not be made for new ones: {Failure}.")]
    private partial void LogNotDone(StorageFailure failure);
}
