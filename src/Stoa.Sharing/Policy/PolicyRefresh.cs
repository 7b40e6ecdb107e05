using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>Keeps the policy's snapshot equal to the database, whichever process changes it.</summary>
/// <remarks>
/// One tiny read per <see cref="Period"/>; the datasets are read again only when the version has grown. When the
/// database cannot be read the snapshot stays: nothing can be served then either.
/// </remarks>
public sealed partial class PolicyRefresh : BackgroundService
{
    /// <summary>How often the version is looked at. A quarter of the second within which a change must act.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private const string SelectVersion =
        """
        SELECT version
        FROM   governance_state
        """;

    private const string SelectDatasets =
        """
        SELECT id, slug, spectrum, owner_organization_id
        FROM   dataset
        """;

    private readonly Database _database;
    private readonly AccessPolicy _policy;
    private readonly TimeProvider _time;
    private readonly ILogger<PolicyRefresh> _log;

    internal PolicyRefresh(Database database, AccessPolicy policy, TimeProvider time, ILogger<PolicyRefresh> log)
    {
        _database = database;
        _policy = policy;
        _time = time;
        _log = log;
    }

    /// <summary>Reads the datasets if anything has changed. Call it after a commit, before answering.</summary>
    public async Task ReloadAsync(CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectVersion);
        var version = select.Step() ? select.Int64(0) : 0;
        if (version == _policy.Directory.Version) return;

        using var datasets = read.Prepare(SelectDatasets);
        var entries = new List<DatasetEntry>();
        while (datasets.Step())
        {
            OrganizationId? owner = datasets.Int64OrNull(3) is { } id ? new(id) : null;
            entries.Add(new(new(datasets.Int64(0)), datasets.Text(1), (SpectrumClass)datasets.Int64(2), owner));
        }

        _policy.Replace(new DatasetDirectory(version, entries));
    }

    /// <summary>The first snapshot is there before the first request is.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReloadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        _database.Nodes.AreMany ? HearAsync(stoppingToken) : LookAsync(stoppingToken);

    // What another node decides acts here as soon as it is heard of: a proxy may bring the next request here.
    private async Task HearAsync(CancellationToken stop)
    {
        using var heard = new SemaphoreSlim(0);
        using var listening = _database.Nodes.Listen(() => heard.Release(), Nodes.Governance);
        while (true)
        {
            await heard.WaitAsync(stop);
            while (heard.Wait(0, CancellationToken.None)) { }
            await TryReloadAsync(stop);
        }
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await TryReloadAsync(stoppingToken);
    }

    private async Task TryReloadAsync(CancellationToken cancellation)
    {
        try
        {
            await ReloadAsync(cancellation);
        }
        catch (StorageException error)
        {
            LogNotRead(error.Failure);
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "The datasets could not be read for the access policy: {Failure}.")]
    private partial void LogNotRead(StorageFailure failure);
}
