using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Witnesses;

/// <summary>Looks from time to time what the witnesses show of our logs and of those of others that the policy names, and keeps contradictions.</summary>
internal sealed partial class WitnessMonitor(
    CosigningRound round, WitnessPolicy policy, LogPublisher publisher, SplitViews splitViews, Database database, TimeProvider time, ILogger<WitnessMonitor> log)
    : BackgroundService
{
    private readonly ILogger<WitnessMonitor> _log = log;

    /// <summary>Looks now.</summary>
    /// <returns>How many contradictions were new.</returns>
    public async Task<int> LookAsync(CancellationToken cancellation)
    {
        var found = 0;
        foreach (var compared in await ComparedAsync(cancellation))
        {
            var outcome = await ViewComparison.RunAsync(compared, round.Witnesses, Instant.From(time.GetUtcNow()), cancellation);
            foreach (var (witness, size) in outcome.Ahead) LogAhead(witness, size, compared.Origin);
            foreach (var view in outcome.Views)
            {
                if (!await splitViews.KeepAsync(view, cancellation)) continue;
                found++;
                LogSplitView(view.Origin, view.Size, view.Source);
            }
        }

        return found;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(WitnessLimits.LookPeriod, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (database.Nodes.IsLeader) await LookAsync(stoppingToken);
            }
            catch (Exception error) when (error is StorageException or IOException or TileMissingException)
            {
                LogNotDone(error.Message);
            }
        }
    }

    private async Task<List<ComparedLog>> ComparedAsync(CancellationToken cancellation)
    {
        var all = new List<ComparedLog>();
        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in LogNames.All)
        {
            var shown = publisher[name];
            if (shown.Note is not { } note || !Checkpoint.TryParse(note.Text, out var checkpoint)) continue;
            own.Add(checkpoint!.Origin); // Read on the line above.
            if (checkpoint.Size == 0) continue;
            VerifierKey[] keys = [.. (await shown.PublicKeysAsync(cancellation)).Select(known => known.Key).Where(key => key.Name == checkpoint.Origin)];
            all.Add(new(checkpoint.Origin, keys)
            {
                Own = new(note, checkpoint.Size, (size, token) => shown.Tiles.ReadAsync(read => Proofs.Root(new TiledTree(checkpoint.Size, read).Hash, size), token)),
            });
        }

        all.AddRange(policy.Logs.GroupBy(one => one.Key.Name).Where(one => !own.Contains(one.Key))
            .Select(other => new ComparedLog(other.Key, [.. other.Select(one => one.Key)])));
        return all;
    }

    [LoggerMessage(5221, LogLevel.Error, "Two trees of {Size} entries of the log {Origin} are shown, one by {Source}. Both checkpoints are kept: see /witness/split-views.")]
    private partial void LogSplitView(string origin, long size, string source);

    [LoggerMessage(5222, LogLevel.Error, "The witness {Witness} shows {Size} entries of {Origin}, more than there are: the log was brought back from a backup.")]
    private partial void LogAhead(string witness, long size, string origin);

    [LoggerMessage(5223, LogLevel.Warning, "What witnesses show could not be compared: {Reason} It is tried again.")]
    private partial void LogNotDone(string reason);
}
