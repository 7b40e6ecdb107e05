using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>Keeps the policy's snapshot equal to the database, whichever process changes it.</summary>
/// <remarks>
/// One tiny read per <see cref="Period"/>; the policy is read again only when the version has grown. When the database of a process of its
/// own cannot be read the snapshot stays: nothing can be served then either. One node of many trusts it for <see cref="TrustedFor"/>.
/// </remarks>
public sealed partial class PolicyRefresh : BackgroundService
{
    /// <summary>How often the version is looked at. A quarter of the second within which a change must act.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    /// <summary>For how long is decided by a snapshot of which it is not known whether it is the present one: no node has answered, or
    /// what stands in the store now contradicts itself. Then everybody but administrators is refused.</summary>
    public static readonly TimeSpan TrustedFor = TimeSpan.FromSeconds(30);

    private readonly Database _database;
    private readonly AccessPolicy _policy;
    private readonly SharingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<PolicyRefresh> _log;
    private readonly SemaphoreSlim _turn = new(1);
    private long _contradicting = -1;

    internal PolicyRefresh(Database database, AccessPolicy policy, SharingOptions options, TimeProvider time, ILogger<PolicyRefresh> log)
    {
        _database = database;
        _policy = policy;
        _options = options;
        _time = time;
        _log = log;
    }

    /// <summary>Reads the policy if anything has changed. Call it after a commit, before answering.</summary>
    /// <remarks>Requests go on being decided by the snapshot before until the next is there.</remarks>
    public async Task ReloadAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            using var read = await _database.ReadAsync(cancellation);
            var version = PolicyReader.Version(read);
            if (version == _contradicting) return;
            if (version != _policy.Version && !TryReplace(read, version)) return;
            _policy.TrustFor(_database.Nodes.AreMany ? TrustedFor : null);
        }
        finally
        {
            _turn.Release();
        }
    }

    // Not the caller's fault, and not to be mended by trying again: the last good snapshot stays for a while.
    private bool TryReplace(Session read, long version)
    {
        try
        {
            var (content, datasets) = PolicyReader.Read(read, _options, version, Instant.From(_time.GetUtcNow()));
            _policy.Replace(new(PolicySnapshot.Of(content), datasets));
            return true;
        }
        catch (Exception error) when (error is ArgumentException or JsonException or InvalidOperationException)
        {
            _contradicting = version;
            _policy.DoubtAfter(TrustedFor);
            LogContradicting(version, error);
            return false;
        }
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

    [LoggerMessage(2101, LogLevel.Warning, "The access policy could not be read: {Failure}.")]
    private partial void LogNotRead(StorageFailure failure);

    [LoggerMessage(2103, LogLevel.Error, "What is governed contradicts itself (version {Version}): the access policy before stays in force for " +
        "30 seconds, then only administrators are served until it is put right.")]
    private partial void LogContradicting(long version, Exception error);
}
