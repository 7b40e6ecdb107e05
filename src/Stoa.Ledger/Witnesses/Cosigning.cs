using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Lags;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Witnesses;

/// <summary>Has new checkpoints of our logs cosigned, on the node that leads: the newest of each log, one after the other.</summary>
/// <remarks>A log without entries is not asked about: there is nothing to go back on.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as the program.")]
internal sealed partial class Cosigning : BackgroundService
{
    // Witnesses are asked about a log so often at most.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    // After a round without quorum, each time twice as long.
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryPauseMax = TimeSpan.FromSeconds(30);

    // A checkpoint of which nobody was told is seen at the next look.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly CosigningRound _round;
    private readonly LogPublisher _publisher;
    private readonly LogReader _reader;
    private readonly CosignedCheckpoints _kept;
    private readonly ConfirmationLags _lags;
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly ILogger<Cosigning> _log;
    private readonly Dictionary<LogName, SemaphoreSlim> _wake = LogNames.All.ToDictionary(log => log, _ => new SemaphoreSlim(0, 1));

    public Cosigning(
        CosigningRound round, LogPublisher publisher, LogReader reader, CosignedCheckpoints kept, ConfirmationLags lags, Database database,
        TimeProvider time, ILogger<Cosigning> log)
    {
        (_round, _publisher, _reader, _kept, _lags, _database, _time, _log) = (round, publisher, reader, kept, lags, database, time, log);
        publisher.Published += Wake;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The server answers first: who is a witness of itself, or of one that is its own, would wait for it in vain.
        await Task.Yield();
        await _database.Nodes.LeadAsync(token => Task.WhenAll(LogNames.All.Select(log => FollowAsync(log, token))), stoppingToken);
    }

    private async Task FollowAsync(LogName log, CancellationToken stop)
    {
        var state = new State();
        while (true)
        {
            var isDone = false;
            try
            {
                isDone = await StepAsync(log, state, stop);
            }
            catch (Exception error) when (error is StorageException or IOException or TileMissingException)
            {
                LogNotDone(log.ToPath(), error.Message);
            }

            state.Retry = isDone ? RetryPause : Min(state.Retry * 2, RetryPauseMax);
            await Task.Delay(isDone ? Pause : state.Retry, stop);
            if (isDone) await _wake[log].WaitAsync(Look, stop);
        }
    }

    /// <summary>Has the newest checkpoint cosigned, if it is not yet.</summary>
    /// <returns>Whether nothing waits any more.</returns>
    private async Task<bool> StepAsync(LogName log, State state, CancellationToken stop)
    {
        if (_publisher[log].Note is not { } note || !Checkpoint.TryParse(note.Text, out var checkpoint) || checkpoint!.Size == 0) return true; // Read before it is asked.
        if (!state.IsRead) await ReadAsync(log, state, stop);
        if (note.Text == state.Cosigned) return true;
        var begun = _time.GetUtcNow();
        var answer = await _round.AskAsync(note, checkpoint, (from, token) => _reader.ConsistencyAsync(log, from, checkpoint.Size, token), stop);
        foreach (var one in answer.Asked.Where(one => one.Outcome is AskOutcome.Contradicts or AskOutcome.Ahead)) LogContradicted(one.Witness, log.ToPath(), one.Detail);
        if (!answer.IsMet)
        {
            if (!state.IsWaiting)
            {
                await _lags.BeginAsync(LagKind.Witnessing, log, Instant.From(begun), stop);
                LogNoQuorum(log.ToPath(), checkpoint.Size, string.Join(", ", answer.Asked.Where(one => one.Outcome != AskOutcome.Cosigned)
                    .Select(one => one.Detail.Length > 0 ? $"{one.Witness}: {one.Outcome} ({one.Detail})" : $"{one.Witness}: {one.Outcome}")));
            }

            state.IsWaiting = true;
            return false;
        }

        await _kept.KeepAsync(log, answer.Note, Instant.From(_time.GetUtcNow()), stop);
        state.Cosigned = note.Text;
        if (state.IsWaiting)
        {
            await _lags.EndAsync(LagKind.Witnessing, log, stop);
            LogQuorumAgain(log.ToPath());
        }

        state.IsWaiting = false;
        return true;
    }

    private async Task ReadAsync(LogName log, State state, CancellationToken stop)
    {
        state.Cosigned = (await _kept.ReadAsync(log, stop))?.Text;
        // A lag of before a restart ends with the next quorum.
        state.IsWaiting = (await _lags.ReadAsync(stop)).Any(lag => lag.Kind == LagKind.Witnessing && lag.Log == log);
        state.IsRead = true;
    }

    private void Wake(LogName log, SignedNote note)
    {
        try
        {
            if (_wake[log].CurrentCount == 0) _wake[log].Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else was quicker.
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    // Belongs to the task that follows one log.
    private sealed class State
    {
        public bool IsRead { get; set; }

        public string? Cosigned { get; set; }

        public bool IsWaiting { get; set; }

        public TimeSpan Retry { get; set; } = RetryPause;
    }

    [LoggerMessage(5211, LogLevel.Warning, "The checkpoint of {Log} over {Size} entries has no quorum of witnesses: {Answers}. They are asked again; the last one that has is shown.")]
    private partial void LogNoQuorum(string log, long size, string answers);

    [LoggerMessage(5212, LogLevel.Information, "Checkpoints of {Log} have a quorum of witnesses again.")]
    private partial void LogQuorumAgain(string log);

    [LoggerMessage(5213, LogLevel.Error, "The witness {Witness} saw another past of {Log} ({Detail}). Either the log was changed or brought back from a backup, or the witness is wrong.")]
    private partial void LogContradicted(string witness, string log, string detail);

    [LoggerMessage(5214, LogLevel.Warning, "Witnesses of {Log} could not be asked: {Reason} It is tried again.")]
    private partial void LogNotDone(string log, string reason);
}
