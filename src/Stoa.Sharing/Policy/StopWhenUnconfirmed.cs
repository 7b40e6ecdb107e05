using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Lags;
using Stoa.Storage;

namespace Stoa.Sharing.Policy;

/// <summary>Stops the reading of guarded levels when what is recorded of it has not been confirmed by others for too long, on every node.</summary>
/// <remarks>A record that nobody but its operator confirms can be written anew; so what is recorded there should not go on for long without.</remarks>
internal sealed partial class StopWhenUnconfirmed(
    AccessPolicy policy, LagWatch lags, SharingOptions options, ILogger<StopWhenUnconfirmed> log) : BackgroundService
{
    private readonly ILogger<StopWhenUnconfirmed> _log = log;
    private bool _isStopped;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Known before the first request: a restart forgives nothing.
        try
        {
            await lags.LookAsync(cancellationToken);
            Apply();
        }
        catch (StorageException)
        {
            // Nothing can be read then, either.
        }

        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LagWatch.Period);
        do Apply();
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Apply()
    {
        // An anchor on a chain is no confirmation of what is recorded, but a further copy of one.
        var isOverdue = options.StopAfter is { } after && lags.LongerThan(after).Any(lag => lag.Kind is LagKind.Witnessing or LagKind.Stamping);
        if (isOverdue == _isStopped) return;
        _isStopped = isOverdue;
        policy.Stop(isOverdue ? options.StopLevels : null);
        if (isOverdue) LogStopped(lags.Finding() ?? "");
        else LogGoesOn();
    }

    [LoggerMessage(2141, LogLevel.Critical, "Nothing is read any more of the levels of ledger.stopLevels: {Finding}. See to the witnesses and the time-stamp authority.")]
    private partial void LogStopped(string finding);

    [LoggerMessage(2142, LogLevel.Information, "All levels are read again: what is recorded is confirmed by others.")]
    private partial void LogGoesOn();
}
