using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Feed;

/// <summary>Cuts the change log at its old end: what is older than the setting says is dropped, in small pieces.</summary>
/// <remarks>
/// The log carries no times. Once a <see cref="Period"/> a mark is set that says where it stood; what lies before a mark that is
/// old enough goes. So a change is kept as long as the setting says, and at most one period longer.
/// </remarks>
internal sealed partial class ChangeRetention(
    Database database, SensingOptions options, TimeProvider time, ILogger<ChangeRetention> log) : BackgroundService
{
    /// <summary>Between two marks.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromHours(1);

    /// <summary>Changes dropped in one transaction; longer ones would keep writers waiting.</summary>
    internal const int PieceMax = 10_000;

    private const string SetMark =
        """
        INSERT INTO change_log_mark (number, time)
        SELECT max(number), @now FROM entity_change HAVING max(number) IS NOT NULL
        ON CONFLICT (number) DO NOTHING
        """;

    private const string FindEnd =
        """
        SELECT coalesce((SELECT max(number) FROM change_log_mark WHERE time <= @before), 0), dropped
        FROM   change_log_state
        WHERE  one = 1
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                if (database.Nodes.IsLeader) await CutAsync(stoppingToken);
            }
            catch (StorageException error)
            {
                // The disk or the queue is full; the next hour will do.
                LogNotCut(error.Failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Sets a mark, and drops what is old enough.</summary>
    internal async Task CutAsync(CancellationToken cancellation)
    {
        var now = Instant.From(time.GetUtcNow()).UnixMicroseconds;
        var before = now - (long)options.ChangesKept.TotalMicroseconds;
        var (end, dropped) = await database.WriteAsync(session => Mark(session, now, before), cancellation);
        while (dropped < end)
        {
            var next = Math.Min(end, dropped + PieceMax);
            await database.WriteAsync(session => Drop(session, next), cancellation);
            dropped = next;
        }
    }

    private static (long End, long Dropped) Mark(WriteSession session, long now, long before)
    {
        using (var mark = session.Prepare(SetMark)) mark.Bind("@now", now).Execute();
        using var find = session.Prepare(FindEnd);
        return find.Bind("@before", before).Step() ? (find.Int64(0), find.Int64(1)) : default;
    }

    private static long Drop(WriteSession session, long end)
    {
        using (var state = session.Prepare("UPDATE change_log_state SET dropped = @end WHERE one = 1"))
            state.Bind("@end", end).Execute();
        using (var marks = session.Prepare("DELETE FROM change_log_mark WHERE number < @end")) marks.Bind("@end", end).Execute();
        using var delete = session.Prepare("DELETE FROM entity_change WHERE number <= @end");
        return delete.Bind("@end", end).Execute();
    }

    [LoggerMessage(2302, LogLevel.Warning, "Old changes could not be dropped: {Failure}.")]
    private partial void LogNotCut(StorageFailure failure);
}
