using Stoa.Storage.Backup;
using Stoa.Storage.Dialects;
using Stoa.Storage.Migrations;
using Stoa.Storage.Moving;
using Stoa.Storage.Postgres;
using Stoa.Storage.Sqlite;
using Stoa.Vocabulary;

namespace Stoa.Storage;

/// <summary>Where everything is kept: a pool of readers and one writer over an SQLite file or a PostgreSQL database.</summary>
/// <remarks>
/// What a write answered is on the disk: on SQLite by a write-ahead log with synchronous=FULL, on PostgreSQL by its synchronous
/// commit. Readers work on snapshots and never wait for the writer.
/// </remarks>
public sealed class Database : IAsyncDisposable
{
    /// <summary>Name of the SQLite file inside the data folder.</summary>
    public const string FileName = "stoa.db";

    /// <summary>Size of a page of the file.</summary>
    internal const int PageBytes = 4096;

    // Requests read for less than two seconds mostly; who reads for longer holds up only that the log is cut.
    private const int EmptyLogTriesMax = 20;
    private static readonly TimeSpan EmptyLogPause = TimeSpan.FromMilliseconds(100);

    // Flushing of files, locks.
    private const int OtherThreadsThatWait = 16;
    private static int _threadsThatWait;

    private readonly DatabaseOptions _options;
    private readonly FolderLock? _lock;
    private readonly EngineConnection _writer;
    private readonly ReadPool _readers;
    private readonly WriteQueue _queue;
    private readonly Checkpointer? _checkpointer;
    private readonly StorageMetrics _metrics;
    private readonly PartitionRetention? _retention;

    private Database(DatabaseOptions options, FolderLock? folderLock, SqliteConnection writer)
    {
        _options = options;
        _lock = folderLock;
        _writer = writer;
        Place = $"Data folder: {options.Folder}";
        Nodes = Nodes.Alone();
        var file = Path.Combine(options.Folder, FileName);
        _readers = new ReadPool(() => OpenReader(file), options.ReadConnections);
        _metrics = new StorageMetrics(() => _queue?.Length ?? 0);
        _checkpointer = new Checkpointer(OpenWriter(file), writer);
        _queue = new WriteQueue(writer, options.WriteQueueLength, _checkpointer.AfterCommit, _metrics);
    }

    private Database(DatabaseOptions options, PostgresAddress address, PostgresConnection writer)
    {
        _options = options;
        _writer = writer;
        LetThreadsWait(options.ReadConnections);
        Place = $"PostgreSQL: {address.Shown}";
        _retention = new PartitionRetention(address.ForWriting(), address.Node);
        Nodes = options.Serves ? Nodes.Join(address) : Nodes.Alone();
        _readers = new ReadPool(() => PostgresConnection.Open(address.ForReading(options.StatementTimeout), address.Node, address.Dialect), options.ReadConnections);
        _metrics = new StorageMetrics(() => _queue?.Length ?? 0);
        _queue = new WriteQueue(writer, options.WriteQueueLength, Nodes.Tell, _metrics);
    }

    /// <summary>Where the data is, for people; without credentials.</summary>
    public string Place { get; }

    /// <summary>The engine.</summary>
    public StorageEngine Engine => _writer.Engine;

    /// <summary>What the engine writes differently from another.</summary>
    public SqlDialect Dialect => _writer.Dialect;

    /// <summary>The programs that share the database.</summary>
    public Nodes Nodes { get; }

    /// <summary>Pieces of work that wait for the writer now.</summary>
    public int WriteQueueLength => _queue.Length;

    /// <summary>False after the disk failed to sync: reading goes on, writing needs a new start.</summary>
    public bool TakesWrites => _queue.TakesWork;

    /// <summary>Opens a data folder, makes it when absent, and brings its schema up to date.</summary>
    /// <exception cref="StorageException">Locked by another server, unreadable, damaged, or of a newer version; nothing
    /// was changed then, and the message says what to do.</exception>
    public static Task<Database> OpenAsync(DatabaseOptions options, CancellationToken cancellation) =>
        Task.Run(() => Open(options), cancellation);

    private static Database Open(DatabaseOptions options) =>
        options.ConnectionString is { } text ? OpenPostgres(options, PostgresAddress.Parse(text)) : OpenSqlite(options);

    private static Database OpenPostgres(DatabaseOptions options, PostgresAddress address)
    {
        DataFolder.Make(options);
        using (var migrating = PostgresConnection.Open(address.ForWriting(), address.Node))
        {
            PostgresRequirements.Ensure(migrating, address.Shown);
            Start(migrating, address.Shown, options.Time);
            address.IsSpread = Distribution.Run(migrating);
        }

        var partitions = new Partitions(address.ForWriting(), options.Time);
        return new Database(
            options, address, PostgresConnection.Open(address.ForWriting(), address.Node, address.Dialect, partitions));
    }

    // Threads of the pool wait for the server's answers. .NET keeps the sockets non-blocking, and hears of an answer on a thread of its own, which by a race gives it to the pool
    // (dotnet/runtime, pull request 35800: HandleSyncEventsSpeculatively). When all threads of the pool wait, the pool adds one in a second, which may wait as well: nothing went on
    // for half a minute. So there are as many as may wait in all databases that the process has open, and some for what else waits.
    private static void LetThreadsWait(int readConnections)
    {
        var waiting = Interlocked.Add(ref _threadsThatWait, readConnections) + OtherThreadsThatWait + Environment.ProcessorCount;
        ThreadPool.GetMinThreads(out var workers, out var completions);
        if (waiting > workers) ThreadPool.SetMinThreads(waiting, completions);
    }

    private static void Start(EngineConnection connection, string place, TimeProvider time)
    {
        UnfinishedMove.Refuse(connection, place);
        Migrator.Run(connection, time);
    }

    private static Database OpenSqlite(DatabaseOptions options)
    {
        NativeMethods.EnsureLoaded();
        var folderLock = DataFolder.Prepare(options);
        SqliteConnection? writer = null;
        try
        {
            var file = Path.Combine(options.Folder, FileName);
            DataFolder.CheckHeader(file);
            writer = OpenWriter(file);
            Start(writer, options.Folder, options.Time);
            return new Database(options, folderLock, writer);
        }
        catch (StorageException error) when (error.Failure is StorageFailure.Access)
        {
            writer?.Dispose();
            folderLock?.Dispose();
            throw new StorageException(StorageFailure.Access,
                $"The data folder {options.Folder} cannot be written. Check its owner and rights, and that the disk is not " +
                "mounted read-only.", error);
        }
        catch (StorageException error) when (error.EngineCode != 0 &&
            error.Failure is StorageFailure.Corrupt or StorageFailure.Engine)
        {
            writer?.Dispose();
            folderLock?.Dispose();
            throw new StorageException(StorageFailure.Corrupt,
                $"{Path.Combine(options.Folder, FileName)} cannot be read as a database of this program ({error.Message}) It was " +
                "left as it is. Restore a backup into an empty folder (stoa restore), or name another folder with --data.", error);
        }
        catch
        {
            writer?.Dispose();
            folderLock?.Dispose();
            throw;
        }
    }

    private static SqliteConnection OpenWriter(string file)
    {
        var connection = SqliteConnection.Open(file, SqliteConnection.OpenReadWrite | SqliteConnection.OpenCreate);
        try
        {
            connection.SetBudget(TimeSpan.Zero, CancellationToken.None);
            // What is deleted is overwritten, in pages that come free too: what was erased of a person is in the file no more.
            connection.Execute($"""
                PRAGMA page_size = {PageBytes};
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                PRAGMA foreign_keys = ON;
                PRAGMA secure_delete = ON;
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -65536;
                PRAGMA wal_autocheckpoint = 0;
                """);
            SqliteFunctions.Register(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static SqliteConnection OpenReader(string file)
    {
        var connection = SqliteConnection.Open(file, SqliteConnection.OpenReadWrite);
        connection.SetBudget(TimeSpan.Zero, CancellationToken.None);
        connection.Execute("""
            PRAGMA query_only = ON;
            PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = -4096;
            """);
        SqliteFunctions.Register(connection);
        return connection;
    }

    /// <summary>A snapshot to read from; dispose it soon, since it keeps the log from being emptied.</summary>
    /// <exception cref="StorageException"><see cref="StorageFailure.Busy"/> when no connection came free in time.</exception>
    public ValueTask<ReadSession> ReadAsync(CancellationToken cancellation) =>
        Nodes.IsSilent ? throw Silent() : _readers.RentAsync(_options.StatementTimeout, cancellation);

    // Who asks a database that hangs would hang too, one after the other until no thread is left.
    private static StorageException Silent() => new(StorageFailure.Unavailable, "PostgreSQL does not answer.");

    /// <summary>Does work inside the writer's transaction; the task ends after the commit is durable.</summary>
    /// <exception cref="StorageException"><see cref="StorageFailure.Busy"/> when the queue is full; nothing was done.</exception>
    /// <remarks>The work may be run a second time when its group had to be undone, so it must not act outside.</remarks>
    public Task<T> WriteAsync<T>(Func<WriteSession, T> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var item = new FunctionWork<T>(work);
        Enqueue(item);
        return item.Task;
    }

    /// <summary>The same for work that may refuse: when it returns a problem, what it changed is undone.</summary>
    public Task<Result<T>> TryWriteAsync<T>(Func<WriteSession, Result<T>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var item = new RefusableWork<T>(work);
        Enqueue(item);
        return item.Task;
    }

    /// <summary>Gives work to the writer; throws <see cref="StorageFailure.Busy"/> when the queue is full.</summary>
    public void Enqueue(WriteWork work)
    {
        if (Nodes.IsSilent) throw Silent();
        if (!_queue.TryEnqueue(work))
            throw new StorageException(StorageFailure.Busy, "The write queue is full.");
    }

    /// <summary>Gives work to the writer, waiting for a place: for bulk loads, which must not crowd out others.</summary>
    public ValueTask EnqueueAsync(WriteWork work, CancellationToken cancellation) =>
        Nodes.IsSilent ? throw Silent() : _queue.EnqueueAsync(work, cancellation);

    /// <summary>Empties the write-ahead log, so that what was deleted or replaced before is in no file of the data folder any more.</summary>
    /// <returns>False while somebody reads what was before; it is then tried again after every commit. True at once on PostgreSQL, which
    /// keeps its own log.</returns>
    public async Task<bool> EmptyLogAsync(CancellationToken cancellation)
    {
        if (_checkpointer is not { } checkpointer) return true;
        checkpointer.IsToBeEmptied = true;
        for (var tries = 0; tries < EmptyLogTriesMax; tries++)
        {
            // The log is emptied between two groups: when the second one is done, the first try was made.
            await WriteAsync(_ => true, cancellation);
            await WriteAsync(_ => true, cancellation);
            if (!checkpointer.IsToBeEmptied) return true;
            await Task.Delay(EmptyLogPause, cancellation);
        }

        return false;
    }

    /// <summary>Drops partitions of observations that are wholly older than a moment, and keeps what is derived right.</summary>
    /// <param name="before">Microseconds since 1970, the beginning of a month; what lies in a partition with younger ones stays.</param>
    /// <param name="cancellation">Stops it between two steps.</param>
    /// <returns>How many observations went.</returns>
    /// <remarks>Only on PostgreSQL. Reads what goes, and what stays of the same datastreams, before writers have to wait for it.</remarks>
    public Task<long> DropObservationsAsync(long before, CancellationToken cancellation) => _retention is { } retention
        ? Task.Run(() => Tell(retention.Run(before, cancellation)), cancellation)
        : throw new InvalidOperationException("Only tables of PostgreSQL have partitions.");

    private long Tell(long removed)
    {
        if (removed > 0) Nodes.Tell();
        return removed;
    }

    /// <summary>Copies a consistent state of the database into a new file while reading and writing go on.</summary>
    /// <param name="file">Must not exist yet.</param>
    /// <param name="progress">Pages copied and pages in all.</param>
    /// <param name="cancellation">Stops the copy and removes the unfinished file.</param>
    /// <exception cref="StorageException"><see cref="StorageFailure.Access"/> on PostgreSQL, which has its own tools for it.</exception>
    public Task BackupAsync(string file, IProgress<(long Done, long Total)>? progress, CancellationToken cancellation) =>
        Engine == StorageEngine.Sqlite
            ? Task.Run(() => OnlineBackup.Copy(Path.Combine(_options.Folder, FileName), file, progress, cancellation), cancellation)
            : throw new StorageException(StorageFailure.Access,
                "The data is in PostgreSQL: back it up with pg_dump or pg_basebackup, which are made for it.");

    /// <summary>Stops taking work, finishes what was taken, and closes every connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync();
        await Nodes.DisposeAsync();
        _checkpointer?.Dispose();
        _readers.Dispose();
        _metrics.Dispose();
        if (Engine == StorageEngine.Postgres) Interlocked.Add(ref _threadsThatWait, -_options.ReadConnections);
        _writer.Dispose();
        _lock?.Dispose();
    }
}
