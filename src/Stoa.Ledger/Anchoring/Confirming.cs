using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Lags;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Anchoring;

/// <summary>Has the checkpoint that each log shows confirmed once in a period, on the node that leads. A log that has not grown is not confirmed again.</summary>
/// <remarks>One confirmation of a checkpoint covers every entry below it.</remarks>
internal sealed partial class Confirming(
    LagKind kind, TimeSpan period, IConfirmation confirmation, LogReader reader, ConfirmationLags lags, Database database, TimeProvider time,
    ILogger<Confirming> log) : BackgroundService
{
    private static readonly TimeSpan LookMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookMax = TimeSpan.FromSeconds(30);

    private readonly ILogger<Confirming> _log = log;
    private readonly HashSet<LogName> _waiting = [];
    private bool _isRead;

    /// <summary>How often it is looked whether a confirmation is due, and how soon one that failed is tried again.</summary>
    private TimeSpan Look => period < LookMin ? LookMin : period > LookMax ? LookMax : period;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look);
        do
        {
            try
            {
                if (database.Nodes.IsLeader) await LookAsync(stoppingToken);
                else _isRead = false;
            }
            catch (StorageException error)
            {
                LogNotDone(kind, "", error.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Has confirmed what is due.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        if (!_isRead)
        {
            _waiting.Clear();
            // Those of before a restart, or of a node that led before.
            _waiting.UnionWith((await lags.ReadAsync(cancellation)).Where(lag => lag.Kind == kind).Select(lag => lag.Log));
            _isRead = true;
        }

        foreach (var name in LogNames.All) await LookAsync(name, cancellation);
    }

    private async Task LookAsync(LogName name, CancellationToken cancellation)
    {
        if (await reader.CheckpointAsync(name, cancellation) is not { } note || !Checkpoint.TryParse(note.Text, out var checkpoint) || checkpoint!.Size == 0) return; // Read before it is asked.
        var last = await confirmation.LastAsync(name, cancellation);
        var now = time.GetUtcNow();
        if (last?.Size != checkpoint.Size)
        {
            var due = last?.At.ToDateTimeOffset() + period ?? now;
            if (due > now) return;
            if (await confirmation.ConfirmAsync(name, note, checkpoint, cancellation) is { } reason)
            {
                LogNotDone(kind, name.ToPath(), reason);
                if (_waiting.Add(name)) await lags.BeginAsync(kind, name, Instant.From(due), cancellation);
                return;
            }
        }

        if (!_waiting.Remove(name)) return;
        await lags.EndAsync(kind, name, cancellation);
        LogDoneAgain(kind, name.ToPath());
    }

    [LoggerMessage(5241, LogLevel.Warning, "{Kind} of {Log} was not done: {Reason} It is tried again.")]
    private partial void LogNotDone(LagKind kind, string log, string reason);

    [LoggerMessage(5242, LogLevel.Information, "{Kind} of {Log} is done again.")]
    private partial void LogDoneAgain(LagKind kind, string log);
}
