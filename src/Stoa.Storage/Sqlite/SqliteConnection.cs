using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Stoa.Storage.Dialects;
using static Stoa.Storage.Sqlite.NativeMethods;

namespace Stoa.Storage.Sqlite;

/// <summary>One connection to an SQLite file. Used by one thread at a time; its statements are cached by their text.</summary>
internal sealed unsafe class SqliteConnection : EngineConnection
{
    internal const int OpenReadOnly = 0x1, OpenReadWrite = 0x2, OpenCreate = 0x4, OpenNoMutex = 0x8000;
    internal const int Row = 100, Done = 101;

    // Interrupt checks cost about 20 ns each; a thousand VM operations take roughly 20 to 50 microseconds.
    private const int OperationsBetweenChecks = 1000;

    // A long-running node sees many shapes of query; each cached statement holds a few kilobytes.
    private const int CachedStatementsMax = 256;

    private readonly Dictionary<string, SqliteStatement> _cache = new(StringComparer.Ordinal);
    private readonly List<GCHandle> _functions = [];
    private GCHandle _self;
    private nint _db;
    private long _deadline;
    private CancellationToken _cancellation;

    private SqliteConnection(nint db) => _db = db;

    internal nint Handle => _db;

    internal override StorageEngine Engine => StorageEngine.Sqlite;

    internal override SqlDialect Dialect => SqlDialect.Sqlite;

    internal long Changes => sqlite3_changes64(_db);

    internal static SqliteConnection Open(string path, int flags)
    {
        EnsureLoaded();
        var code = sqlite3_open_v2(path, out var db, flags | OpenNoMutex, 0);
        var connection = new SqliteConnection(db);
        try
        {
            if (code != 0) throw connection.Error(code);
            sqlite3_extended_result_codes(db, 1);
            sqlite3_busy_timeout(db, 5000);
            connection._self = GCHandle.Alloc(connection, GCHandleType.Weak);
            sqlite3_progress_handler(db, OperationsBetweenChecks, &OnProgress, GCHandle.ToIntPtr(connection._self));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs one or more statements without parameters or results.</summary>
    internal override void Execute(string sql)
    {
        var bytes = Encoding.UTF8.GetBytes(sql + '\0');
        int code;
        fixed (byte* text = bytes) code = sqlite3_exec(_db, text, 0, 0, 0);
        if (code != 0) throw Error(code);
    }

    /// <summary>A ready statement: from the cache when it is free, else newly prepared.</summary>
    internal override SqliteStatement Prepare(string sql)
    {
        if (_cache.TryGetValue(sql, out var cached) && !cached.IsRented)
        {
            cached.IsRented = true;
            return cached;
        }

        var bytes = Encoding.UTF8.GetBytes(sql);
        nint handle;
        fixed (byte* text = bytes)
        {
            const uint Persistent = 1;
            var code = sqlite3_prepare_v3(_db, text, bytes.Length, Persistent, out handle, out _);
            if (code != 0) throw Error(code);
        }

        var statement = new SqliteStatement(this, handle) { IsRented = true };
        if (cached is null)
        {
            if (_cache.Count >= CachedStatementsMax) EvictIdle();
            statement.IsCached = true;
            _cache.Add(sql, statement);
        }

        return statement;
    }

    // All idle ones at once: simple, rare, and the busy shapes are back after one prepare each.
    private void EvictIdle()
    {
        foreach (var (sql, statement) in _cache.Where(entry => !entry.Value.IsRented).ToArray())
        {
            statement.IsCached = false;
            sqlite3_finalize(statement.Handle);
            _cache.Remove(sql);
        }
    }

    internal override bool HasTable(string name)
    {
        using var find = Prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = @name");
        return find.Bind("@name", name).Step();
    }

    /// <summary>From now on statements stop when the time is over or the caller has gone. Zero: no limit.</summary>
    internal override void SetBudget(TimeSpan time, CancellationToken cancellation)
    {
        _deadline = time == TimeSpan.Zero ? long.MaxValue : Environment.TickCount64 + (long)time.TotalMilliseconds;
        _cancellation = cancellation;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnProgress(nint arg)
    {
        if (GCHandle.FromIntPtr(arg).Target is not SqliteConnection connection) return 0;
        return connection._cancellation.IsCancellationRequested || Environment.TickCount64 > connection._deadline ? 1 : 0;
    }

    /// <summary>Pages in the write-ahead log after this connection's last commit; needs <see cref="WatchLog"/>.</summary>
    internal int LogPages { get; private set; }

    /// <summary>Counts <see cref="LogPages"/>, and switches SQLite's own checkpoints inside commits off.</summary>
    internal void WatchLog() => sqlite3_wal_hook(_db, &OnCommit, GCHandle.ToIntPtr(_self));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnCommit(nint arg, nint db, byte* name, int pages)
    {
        if (GCHandle.FromIntPtr(arg).Target is SqliteConnection connection) connection.LogPages = pages;
        return 0;
    }

    /// <summary>Makes a deterministic scalar function known to SQL on this connection.</summary>
    internal void CreateFunction(string name, int arguments, Action<FunctionContext> function)
    {
        const int Utf8 = 1, Deterministic = 0x800;
        var handle = GCHandle.Alloc(function);
        _functions.Add(handle);
        var code = sqlite3_create_function_v2(
            _db, name, arguments, Utf8 | Deterministic, GCHandle.ToIntPtr(handle), &OnFunction, 0, 0, 0);
        if (code != 0) throw Error(code);
    }

    /// <summary>Makes known a function of bytes and a number that says whether the number's bit is set: for every row of a statement, and
    /// therefore without what the others need.</summary>
    internal void CreateBitTest(string name)
    {
        const int Utf8 = 1, Deterministic = 0x800;
        var code = sqlite3_create_function_v2(_db, name, 2, Utf8 | Deterministic, 0, &OnBitTest, 0, 0, 0);
        if (code != 0) throw Error(code);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnBitTest(nint context, int count, nint* values)
    {
        var bits = sqlite3_value_blob(values[0]);
        var number = sqlite3_value_int64(values[1]);
        var isSet = bits is not null && number >= 0 && number >> 3 < sqlite3_value_bytes(values[0]) &&
            (bits[number >> 3] >> (int)(number & 7) & 1) != 0;
        sqlite3_result_int64(context, isSet ? 1 : 0);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnFunction(nint context, int count, nint* values)
    {
        // Nothing may be thrown through native frames: a failing function becomes an SQL error.
        try
        {
            var function = (Action<FunctionContext>)GCHandle.FromIntPtr(sqlite3_user_data(context)).Target!;
            function(new FunctionContext(context, count, values));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            var message = Encoding.UTF8.GetBytes(error.GetType().Name);
            fixed (byte* text = message) sqlite3_result_error(context, text, message.Length);
        }
    }

    internal StorageException Error(int code)
    {
        var message = _db == 0 ? "out of memory" : Marshal.PtrToStringUTF8((nint)sqlite3_errmsg(_db)) ?? "";
        var failure = (code & 0xFF) switch
        {
            5 or 6 => StorageFailure.Busy,
            8 or 14 or 3 or 23 => StorageFailure.Access,
            10 => StorageFailure.Device,
            13 => StorageFailure.Full,
            11 or 26 => StorageFailure.Corrupt,
            19 => StorageFailure.Constraint,
            _ => StorageFailure.Engine,
        };
        return new StorageException(failure, $"SQLite: {message} ({code}).") { EngineCode = code };
    }

    /// <summary>What a failed step means: the caller left, the time was over, or an engine error.</summary>
    internal Exception StepError(int code)
    {
        const int Interrupt = 9;
        if ((code & 0xFF) != Interrupt) return Error(code);
        if (_cancellation.IsCancellationRequested) return new OperationCanceledException(_cancellation);
        return new StorageException(StorageFailure.Timeout, "A statement ran longer than the statement timeout.");
    }

    internal override void BeginRead()
    {
        using var begin = Prepare("BEGIN");
        begin.Execute();
    }

    internal override ValueTask EndReadAsync()
    {
        SetBudget(TimeSpan.Zero, CancellationToken.None);
        using var end = Prepare("COMMIT");
        end.Execute();
        return ValueTask.CompletedTask;
    }

    internal override bool BeginWrite()
    {
        Execute("BEGIN IMMEDIATE");
        return false;
    }

    internal override void Commit() => Execute("COMMIT");

    internal override void Rollback()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (StorageException)
        {
            // SQLite has rolled back by itself already (disk full, I/O error): there is no transaction to end.
        }
    }

    internal override void Savepoint() => Execute("SAVEPOINT work");

    internal override void ReleaseSavepoint() => Execute("RELEASE work");

    internal override void RollbackToSavepoint() => Execute("ROLLBACK TO work; RELEASE work");

    // SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC. The kernel forgets pages whose sync has failed: a second sync would
    // succeed and prove nothing, so nothing more is acknowledged. A new start reads what the disk really holds.
    internal override bool EndsWriting(Exception error) => error is StorageException { EngineCode: 1034 or 1290 };

    public override void Dispose()
    {
        if (_db == 0) return;
        foreach (var statement in _cache.Values) sqlite3_finalize(statement.Handle);
        _cache.Clear();
        sqlite3_close_v2(_db);
        _db = 0;
        foreach (var function in _functions) function.Free();
        if (_self.IsAllocated) _self.Free();
    }
}
