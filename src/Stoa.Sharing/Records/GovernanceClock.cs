using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>What happens to records of one kind when their date comes: an agreement expires, a role begins.</summary>
internal interface IRecordClock
{
    /// <summary>The kind.</summary>
    RecordKind Kind { get; }

    /// <summary>Makes the move whose time has come, if it still fits; in the transaction of the caller.</summary>
    void Move(WriteSession session, long id, Instant now);

    /// <summary>When a record is to be looked at, by what it says; null for never.</summary>
    Instant? DueOf(WriteSession session, long id);
}

/// <summary>Makes the moves that dates bring.</summary>
/// <remarks>
/// What was granted ends on time without it, because decisions look at the dates themselves; this keeps the states right. Several
/// nodes may do it at once: a move names the revision that it saw. What could not be moved is looked at again after
/// <see cref="AgainAfter"/>.
/// </remarks>
internal sealed partial class GovernanceClock(
    Database database, IEnumerable<IRecordClock> clocks, TimeProvider time, ILogger<GovernanceClock> log) : BackgroundService
{
    /// <summary>How often is looked for what is due; one look-up in an index.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>When what could not be moved is looked at again.</summary>
    public static readonly TimeSpan AgainAfter = TimeSpan.FromMinutes(10);

    private const int AtOnceMax = 100;

    private readonly Dictionary<RecordKind, IRecordClock> _clocks = clocks.ToDictionary(clock => clock.Kind);
    private readonly ILogger<GovernanceClock> _log = log;

    /// <summary>Makes every move that is due now. Returns how many records were looked at.</summary>
    public async Task<int> MoveDueAsync(CancellationToken cancellation)
    {
        var now = Instant.From(time.GetUtcNow());
        List<(long Id, RecordKind Kind)> due;
        using (var read = await database.ReadAsync(cancellation)) due = GovernedRecords.Due(read, now, AtOnceMax);
        foreach (var (id, kind) in due)
        {
            try
            {
                await MoveAsync(id, kind, now, cancellation);
            }
            // One record that cannot be read, such as one of a newer version, holds up no other.
            catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
            {
                LogNotReadable(id, error.GetType().Name);
                await MoveAsync(id, default, now, cancellation);
            }
        }

        return due.Count;
    }

    private Task<Result<bool>> MoveAsync(long id, RecordKind kind, Instant now, CancellationToken cancellation) =>
        database.TryWriteAsync<bool>(session =>
        {
            Instant? later = Instant.From(time.GetUtcNow() + AgainAfter);
            if (_clocks.TryGetValue(kind, out var clock))
            {
                clock.Move(session, id, now);
                // What was written by a version that looked at it on other days waits for its own day.
                if (clock.DueOf(session, id) is not { } due) later = null;
                else if (due.CompareTo(later.Value) > 0) later = due;
            }

            GovernedRecords.PostponeDue(session, id, now, later);
            return true;
        }, cancellation);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            try
            {
                await MoveDueAsync(stoppingToken);
            }
            catch (StorageException error)
            {
                LogNotMoved(error.Failure);
            }
    }

    [LoggerMessage(2105, LogLevel.Error, "Record {Id} could not be read when its date came: {Error}.")]
    private partial void LogNotReadable(long id, string error);

    [LoggerMessage(2102, LogLevel.Warning, "What is due could not be moved: {Failure}.")]
    private partial void LogNotMoved(StorageFailure failure);
}
