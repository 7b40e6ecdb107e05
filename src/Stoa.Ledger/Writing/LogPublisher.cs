using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Checkpoints;
using Stoa.Storage;

namespace Stoa.Ledger.Writing;

/// <summary>Keeps the tiles and checkpoints of all logs up with their entries; each log at one of the nodes that have its secret keys, whichever leads.
/// The others follow what that one shows.</summary>
public sealed partial class LogPublisher : BackgroundService
{
    // What another program has written beside this one, such as a command, is seen at the next look.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    // After a failure of the store.
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    // Written in the transaction that adds entries.
    private const string ReadSizes =
        """
        SELECT   id, size
        FROM     ledger_log
        ORDER BY id
        """;

    private readonly Database _database;
    private readonly LedgerOptions _options;
    private readonly ILogger<LogPublisher> _log;
    private readonly Dictionary<LogName, PublishedLog> _logs;
    private readonly Dictionary<LogName, NodeDuty> _signing;
    private string _missing = "";
    private readonly ConcurrentDictionary<LogName, LogHaltedException> _halted = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Lock _gate = new();
    private readonly List<(LogName Log, long Index, TaskCompletionSource<SignedNote> Done)> _waiting = [];
    private bool _listens;

    /// <summary>For the logs of a database.</summary>
    public LogPublisher(Database database, LedgerOptions options, TimeProvider time, ILogger<LogPublisher> log)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(options);
        (_database, _options, _log) = (database, options, log);
        _logs = LogNames.All.ToDictionary(name => name, name => new PublishedLog(name, database, StoreOf(name), options, time));
        _signing = LogNames.All.ToDictionary(name => name, name => database.Nodes.Duty((int)name));
    }

    /// <summary>Called after each new checkpoint that this node made or saw, on its thread; must not throw.</summary>
    public event Action<LogName, SignedNote>? Published;

    /// <summary>In words, for health: null when every log goes on.</summary>
    public string? Finding() => _halted.IsEmpty
        ? null
        : $"{string.Join(", ", _halted.Keys.Order().Select(log => log.ToPath()))}: no new checkpoints, the log of the program says why";

    /// <summary>Whether a log cannot go on; the log of the program says why, and what to do.</summary>
    public bool IsHalted(LogName log) => _halted.ContainsKey(log);

    /// <summary>Whether it goes back on what this node signed or saw, so that nothing of it is shown.</summary>
    public bool IsWithheld(LogName log) => _halted.TryGetValue(log, out var halted) && halted.EndsStart;

    /// <summary>The log of a name.</summary>
    internal PublishedLog this[LogName name] => _logs[name];

    /// <summary>Opens the logs before anything is written.</summary>
    /// <exception cref="LogHaltedException">The database is older than what was signed: the program must not start.</exception>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        foreach (var log in _logs.Values) _signing[log.Name].IsWanted = await log.MaySignAsync(cancellation);
        await _database.Nodes.LookAsync(cancellation);
        foreach (var log in _logs.Values)
        {
            try
            {
                if (_signing[log.Name].IsHeld) await log.OpenAsync(cancellation);
                else await FollowAsync(log, cancellation);
            }
            catch (LogHaltedException halted) when (!halted.EndsStart)
            {
                Halt(log, halted);
            }
        }
    }

    /// <summary>Returns when an entry is under a checkpoint that everybody is shown.</summary>
    public async Task<SignedNote> WhenPublishedAsync(LogName log, long index, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource<SignedNote>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_logs[log] is { Note: { } note } published && published.Size > index) return note;
            _waiting.Add((log, index, done));
        }

        return await done.Task.WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var others = _database.Nodes.Listen(Wake);
            while (true)
            {
                var isDone = await ListenAsync(stoppingToken) && await LookAsync(stoppingToken);
                // What is left of a burst does not wait again.
                if (isDone && _logs.Values.Any(log => log.HasMore)) continue;
                await Task.Delay(isDone ? _options.Pause : RetryPause, stoppingToken);
                await _wake.WaitAsync(Look, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was written until now is put under a checkpoint; what comes later is at the next start.
            await LookAsync(CancellationToken.None);
        }
    }

    private async Task<bool> ListenAsync(CancellationToken cancellation)
    {
        try
        {
            if (!_listens) await LogEntries.WhenCommittedAsync(_database, (_, _) => Wake(), cancellation);
            return _listens = true;
        }
        catch (StorageException)
        {
            // The writer has no room, or the database is away.
            return false;
        }
    }

    private TileStore StoreOf(LogName name) =>
        _database.Engine == StorageEngine.Postgres ? new TileTable(_database, name) : new TileFiles(_options.TilesOf(name));

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0) _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else was quicker.
        }
    }

    // Whether all is up to date.
    private async Task<bool> LookAsync(CancellationToken cancellation)
    {
        var isDone = true;
        // One question for all logs: mostly none has anything new.
        Dictionary<LogName, long>? sizes = null;
        foreach (var log in _logs.Values)
        {
            try
            {
                _signing[log.Name].IsWanted = await log.MaySignAsync(cancellation);
                sizes ??= await SizesAsync(cancellation);
                isDone &= await LookAsync(log, sizes.GetValueOrDefault(log.Name), cancellation);
            }
            catch (LogHaltedException halted)
            {
                Halt(log, halted);
            }
            catch (Exception error) when (error is StorageException or IOException or UnauthorizedAccessException or InvalidDataException)
            {
                log.Forget();
                LogNotPublished(log.Name.ToPath(), error.Message);
                isDone = false;
            }
        }

        SayWhatIsMissing();
        return isDone;
    }

    // As long as others sign, it matters when they are gone.
    private void SayWhatIsMissing()
    {
        if (!_database.Nodes.AreMany) return;
        var missing = string.Join(", ", _signing.Where(one => !one.Value.IsWanted).Select(one => Path.GetFileName(_options.KeyFileOf(one.Key))));
        if (missing == _missing) return;
        _missing = missing;
        if (missing.Length > 0) LogWithoutKeys(missing, _options.Folder);
        else LogWithKeys();
    }

    private async Task<Dictionary<LogName, long>> SizesAsync(CancellationToken cancellation)
    {
        using var session = await _database.ReadAsync(cancellation);
        using var read = session.Prepare(ReadSizes);
        var sizes = new Dictionary<LogName, long>();
        while (read.Step()) sizes[(LogName)read.Int64(0)] = read.Int64(1);
        return sizes;
    }

    private async Task<bool> LookAsync(PublishedLog log, long size, CancellationToken cancellation)
    {
        bool isNew;
        if (_signing[log.Name].IsHeld) isNew = await log.PublishAsync(size, cancellation);
        else
        {
            log.Forget();
            isNew = await FollowAsync(log, cancellation);
        }

        if (_halted.TryRemove(log.Name, out _)) LogGoesOn(log.Name.ToPath());
        if (isNew) Tell(log);
        return true;
    }

    private async Task<bool> FollowAsync(PublishedLog log, CancellationToken cancellation)
    {
        var isNew = await log.FollowAsync(cancellation);
        if (_signing[log.Name] is { IsLeft: false } or { IsWanted: true }) return isNew;
        if (isNew) Tell(log);
        throw log.WithoutKey();
    }

    private void Tell(PublishedLog log)
    {
        if (log.Note is not { } note) return;
        lock (_gate)
        {
            foreach (var one in _waiting.Where(one => one.Log == log.Name && one.Index < log.Size)) one.Done.TrySetResult(note);
            _waiting.RemoveAll(one => one.Done.Task.IsCompleted);
        }

        Published?.Invoke(log.Name, note);
    }

    private void Halt(PublishedLog log, LogHaltedException halted)
    {
        log.Forget();
        if (_halted.TryGetValue(log.Name, out var known) && known.Message == halted.Message) return;
        _halted[log.Name] = halted;
        LogHalted(halted.Message);
    }

    [LoggerMessage(5251, LogLevel.Warning, "This node does not sign the logs of which it has no secret key that signs: {Files}. Copy these files from a node that has them into " +
        "{Folder} (rights 0600), so that it can go on when that one is gone.")]
    private partial void LogWithoutKeys(string files, string folder);

    [LoggerMessage(5252, LogLevel.Information, "This node has the secret keys of all logs.")]
    private partial void LogWithKeys();

    [LoggerMessage(5253, LogLevel.Critical, "{message}")]
    private partial void LogHalted(string message);

    [LoggerMessage(5254, LogLevel.Information, "The log {name} goes on.")]
    private partial void LogGoesOn(string name);

    [LoggerMessage(5255, LogLevel.Warning, "The log {name} has no new checkpoint: {reason} It is tried again.")]
    private partial void LogNotPublished(string name, string reason);
}
