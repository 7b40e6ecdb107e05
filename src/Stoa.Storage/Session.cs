using Stoa.Storage.Dialects;

namespace Stoa.Storage;

/// <summary>A connection in the hands of one caller, inside a transaction.</summary>
public abstract class Session
{
    private protected Session(EngineConnection connection) => Connection = connection;

    internal EngineConnection Connection { get; }

    /// <summary>The engine that runs the statements.</summary>
    public StorageEngine Engine => Connection.Engine;

    /// <summary>What this engine writes differently from another.</summary>
    public SqlDialect Dialect => Connection.Dialect;

    /// <summary>A ready statement, cached by its text; dispose it to give it back.</summary>
    /// <remarks>
    /// Statements of one session may be stepped in turns. On PostgreSQL a result is taken into memory: what may return more rows than a
    /// page is prepared by <see cref="PrepareStream"/>.
    /// </remarks>
    public Statement Prepare(string sql) => Connection.Prepare(sql);

    /// <summary>The same for a result of any length, read piece by piece.</summary>
    public Statement PrepareStream(string sql) => Connection.PrepareStream(sql);

    /// <summary>Runs one or more statements without parameters or results.</summary>
    public void Execute(string sql) => Connection.Execute(sql);
}

/// <summary>Reads inside one snapshot; nothing that commits meanwhile is seen. Dispose gives the connection back.</summary>
public sealed class ReadSession : Session, IDisposable
{
    private readonly ReadPool _pool;
    private readonly TimeSpan _statementTimeout;
    private readonly CancellationToken _cancellation;
    private bool _disposed;

    internal ReadSession(
        EngineConnection connection, ReadPool pool, TimeSpan statementTimeout, CancellationToken cancellation)
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

    internal WriteSession(EngineConnection connection)
        : base(connection)
    {
    }

    /// <summary>
    /// Grows when another program may have written: what memory holds of the database is good within one turn only. On SQLite one
    /// program writes and the number stays; the nodes on one PostgreSQL take turns, a transaction each.
    /// </summary>
    public long Turn { get; internal set; }

    /// <summary>A statement that adds a row at each execution, parameters numbered as the columns are.</summary>
    /// <param name="table">Its rules must not be able to refuse a row.</param>
    /// <param name="columns">Separated by commas.</param>
    /// <remarks>
    /// On PostgreSQL the rows are kept and sent together, as arrays or as a binary COPY, before the next statement that names the table
    /// or with the commit.
    /// </remarks>
    public Statement PrepareInsert(string table, string columns) => Connection.PrepareInsert(table, columns);

    /// <summary>A statement that adds a row at each execution, or changes the one with its key; sent as those of <see cref="PrepareInsert"/>.</summary>
    /// <param name="table">Called <c>kept</c> in <paramref name="onConflict"/>.</param>
    /// <param name="columns">Separated by commas, the key first.</param>
    /// <param name="keyColumns">How many columns the key has; all but the first are text or numbers.</param>
    /// <param name="onConflict">The clause ON CONFLICT.</param>
    public Statement PrepareUpsert(string table, string columns, int keyColumns, string onConflict) =>
        Connection.PrepareUpsert(table, columns, keyColumns, onConflict);

    /// <summary>A statement whose effect is needed by the next statement and whose count of rows is not.</summary>
    /// <remarks>On PostgreSQL executions are kept and sent together with the next statement, or with the commit.</remarks>
    public Statement PrepareDeferred(string sql) => Connection.PrepareDeferred(sql);

    /// <summary>Makes sure that an observation which begins at this moment has a place; rows of <see cref="PrepareInsert"/> see to it
    /// themselves.</summary>
    /// <param name="phenomenonStart">Microseconds since 1970.</param>
    /// <remarks>On PostgreSQL the table is partitioned by time; elsewhere this does nothing.</remarks>
    public void MakeRoom(long phenomenonStart) => Connection.MakeRoom(phenomenonStart);

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
