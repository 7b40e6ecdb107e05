using Stoa.Storage.Dialects;
using Stoa.Storage.Sqlite;

namespace Stoa.Storage;

/// <summary>A connection in the hands of one caller, inside a transaction.</summary>
public abstract class Session
{
    private protected Session(SqliteConnection connection) => Connection = connection;

    internal SqliteConnection Connection { get; }

#pragma warning disable CA1822 // A property of the instance: the next engine says something else.
    /// <summary>The engine that runs the statements.</summary>
    public StorageEngine Engine => StorageEngine.Sqlite;

    /// <summary>What this engine writes differently from another.</summary>
    public SqlDialect Dialect => SqlDialect.Sqlite;

    /// <summary>A ready statement, cached by its text; dispose it to give it back.</summary>
    public Statement Prepare(string sql) => Connection.Prepare(sql);

    /// <summary>Runs one or more statements without parameters or results.</summary>
    public void Execute(string sql) => Connection.Execute(sql);

    /// <summary>The id given to the row inserted last on this session.</summary>
    public long LastInsertRowId => Connection.LastInsertRowId;
}

/// <summary>Reads inside one snapshot; nothing that commits meanwhile is seen. Dispose gives the connection back.</summary>
public sealed class ReadSession : Session, IDisposable
{
    private readonly ReadPool _pool;
    private readonly TimeSpan _statementTimeout;
    private readonly CancellationToken _cancellation;
    private bool _disposed;

    internal ReadSession(
        SqliteConnection connection, ReadPool pool, TimeSpan statementTimeout, CancellationToken cancellation)
        : base(connection)
    {
        _pool = pool;
        _statementTimeout = statementTimeout;
        _cancellation = cancellation;
    }

    /// <summary>Starts the time allowed anew: after rows were handed on to a client that took its time to receive them.</summary>
    public void ExtendTime() => Connection.SetBudget(_statementTimeout, _cancellation);

    /// <summary>Allows this much from now on, until <see cref="ExtendTime"/>: for work that may be given up.</summary>
    public void LimitTime(TimeSpan time) => Connection.SetBudget(time, _cancellation);

    /// <summary>Ends the snapshot and returns the connection to the pool.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _pool.Return(Connection);
    }
}

/// <summary>Writes inside the writer's current transaction. Used on the writer's thread only.</summary>
public sealed class WriteSession : Session
{
    private readonly List<Action<WriteSession>> _beforeCommit = [];
    private readonly List<Action> _afterCommit = [];
    private readonly List<Action> _afterRollback = [];

    internal WriteSession(SqliteConnection connection)
        : base(connection)
    {
    }

    /// <summary>
    /// Set by work that keeps sums of the group in memory: if that work then fails, the whole group is undone and each
    /// piece of work is run again by itself, because memory cannot be rolled back to the middle of a group.
    /// </summary>
    public bool HoldsSums { get; set; }

    /// <summary>
    /// Grows with every piece of work that runs. Memory that notes where each piece begins can give back one piece alone:
    /// see <see cref="AfterRollback"/>.
    /// </summary>
    public long WorkNumber { get; private set; }

    /// <summary>Runs once before the group commits, inside its transaction: for sums kept over the whole group.</summary>
    public void BeforeCommit(Action<WriteSession> action) => _beforeCommit.Add(action);

    /// <summary>Runs on the writer's thread after the group is durable; must be short and must not throw.</summary>
    public void AfterCommit(Action action) => _afterCommit.Add(action);

    /// <summary>Runs when the group, or the work that asked for it, is undone, newest first: forget what memory holds of it.</summary>
    public void AfterRollback(Action action) => _afterRollback.Add(action);

    internal void RunBeforeCommit()
    {
        // An action may register another.
        for (var i = 0; i < _beforeCommit.Count; i++) _beforeCommit[i](this);
    }

    internal void RunAfterCommit()
    {
        foreach (var action in _afterCommit) action();
        Clear();
    }

    internal void RunAfterRollback()
    {
        for (var i = _afterRollback.Count - 1; i >= 0; i--) _afterRollback[i]();
        Clear();
    }

    internal Marks Mark() => new(_beforeCommit.Count, _afterCommit.Count, _afterRollback.Count);

    internal void BeginWork()
    {
        HoldsSums = false;
        WorkNumber++;
    }

    /// <summary>Forgets what was asked for since the marks, and runs what was to run when that is undone, newest first.</summary>
    internal void RollBackTo(Marks marks)
    {
        for (var i = _afterRollback.Count - 1; i >= marks.AfterRollback; i--) _afterRollback[i]();
        _beforeCommit.RemoveRange(marks.BeforeCommit, _beforeCommit.Count - marks.BeforeCommit);
        _afterCommit.RemoveRange(marks.AfterCommit, _afterCommit.Count - marks.AfterCommit);
        _afterRollback.RemoveRange(marks.AfterRollback, _afterRollback.Count - marks.AfterRollback);
    }

    private void Clear()
    {
        _beforeCommit.Clear();
        _afterCommit.Clear();
        _afterRollback.Clear();
    }

    internal readonly record struct Marks(int BeforeCommit, int AfterCommit, int AfterRollback);
}
