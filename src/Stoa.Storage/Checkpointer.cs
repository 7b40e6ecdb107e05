using Stoa.Storage.Sqlite;
using static Stoa.Storage.Sqlite.NativeMethods;

namespace Stoa.Storage;

/// <summary>Moves pages from the write-ahead log into the database beside the writer, so that commits stay short.</summary>
/// <remarks>
/// SQLite would checkpoint inside the commit that crosses a threshold, and every caller of that group would wait. A thread
/// of its own does it passively; only when readers or load let the log grow past a hard limit does the writer wait.
/// </remarks>
internal sealed class Checkpointer : IDisposable
{
    // Below 8 MB a checkpoint costs more fsyncs than it saves reading time.
    private const int PassivePages = (8 << 20) / Database.PageBytes;

    // The log is searched by every query; past this size the writer stops to empty it, so that it stays below 64 MB.
    private const int HardPages = (56 << 20) / Database.PageBytes;

    private const int Passive = 0, Restart = 2, Truncate = 3;
    private readonly SqliteConnection _connection;
    private readonly SqliteConnection _writer;
    private readonly SemaphoreSlim _wanted = new(0, 1);
    private readonly Thread _thread;
    private volatile bool _stopping;
    private volatile bool _isToBeEmptied;
    private int _passiveAt = PassivePages;

    internal Checkpointer(SqliteConnection connection, SqliteConnection writer)
    {
        _connection = connection;
        _writer = writer;
        writer.WatchLog();
        _thread = new Thread(Loop) { Name = "stoa checkpoint", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Whether the log is to hold nothing as soon as nobody reads from it.</summary>
    internal bool IsToBeEmptied
    {
        get => _isToBeEmptied;
        set => _isToBeEmptied = value;
    }

    /// <summary>Called by the writer between groups.</summary>
    internal void AfterCommit()
    {
        if (_isToBeEmptied && sqlite3_wal_checkpoint_v2(_writer.Handle, 0, Truncate, out _, out _) == 0)
        {
            _isToBeEmptied = false;
            _passiveAt = PassivePages;
            return;
        }

        var pages = _writer.LogPages;
        if (pages > HardPages)
        {
            // RESTART lets the next commit begin at the start of the log; TRUNCATE would give the space back, and take
            // it again at once.
            sqlite3_wal_checkpoint_v2(_writer.Handle, 0, Restart, out _, out _);
            _passiveAt = PassivePages;
        }
        else if (pages >= _passiveAt && _wanted.CurrentCount == 0)
        {
            // The next wish comes when as much again was written, not at every commit in between.
            _passiveAt = pages + PassivePages;
            _wanted.Release();
        }
        else if (pages < PassivePages)
        {
            _passiveAt = PassivePages;
        }
    }

    private void Loop()
    {
        while (!_stopping)
        {
            _wanted.Wait();
            if (_stopping) return;
            sqlite3_wal_checkpoint_v2(_connection.Handle, 0, Passive, out _, out _);
        }
    }

    public void Dispose()
    {
        _stopping = true;
        if (_wanted.CurrentCount == 0) _wanted.Release();
        _thread.Join();
        _connection.Dispose();
        _wanted.Dispose();
    }
}
