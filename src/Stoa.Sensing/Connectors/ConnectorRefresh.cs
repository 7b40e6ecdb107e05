using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Storage;

namespace Stoa.Sensing.Connectors;

/// <summary>Keeps the snapshot of connectors equal to the database, whichever process changes it, and replays what the command
/// line asks for.</summary>
internal sealed partial class ConnectorRefresh(
    Connectors connectors, ConnectorFolder folder, ConnectorTopics topics, ConnectorInbox inbox, Database database, TimeProvider time,
    ILogger<ConnectorRefresh> log)
    : BackgroundService
{
    /// <summary>How often changes by other processes are looked for.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private bool _isFolderRead;
    private volatile bool _isToldOf = true;

    /// <summary>The first snapshot is there before the first message is.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReadFolderAsync(cancellationToken);
        await connectors.ReloadAsync(cancellationToken);
        topics.Follow(connectors.Directory);
        await base.StartAsync(cancellationToken);
    }

    // Of several nodes on one database one reads its folder: what a folder no longer holds is switched off, and each would
    // undo what the folder of another says.
    private async Task ReadFolderAsync(CancellationToken cancellation)
    {
        if (!database.Nodes.IsLeader) _isFolderRead = false;
        if (_isFolderRead || !database.Nodes.IsLeader) return;
        await folder.ReadAsync(cancellation);
        _isFolderRead = true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Where nodes are told of changes there is nothing to look for before.
        using var listening = database.Nodes.Listen(() => _isToldOf = true, Nodes.Connectors);
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ReadFolderAsync(stoppingToken);
                if (database.Nodes.AreMany && !_isToldOf) continue;
                _isToldOf = false;
                await connectors.ReloadAsync(stoppingToken);
                if (database.Nodes.IsLeader) await inbox.ReplayAskedForAsync(stoppingToken);
            }
            catch (StorageException error)
            {
                _isToldOf = true;
                LogNotRead(error.Failure);
            }
        }
    }

    [LoggerMessage(4101, LogLevel.Warning, "The connectors could not be read: {Failure}.")]
    private partial void LogNotRead(StorageFailure failure);
}
