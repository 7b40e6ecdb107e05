using Stoa.Storage.Dialects;

namespace Stoa.Storage;

/// <summary>One connection to an engine, used by one thread at a time.</summary>
internal abstract class EngineConnection : IDisposable
{
    internal abstract StorageEngine Engine { get; }

    internal abstract SqlDialect Dialect { get; }

    /// <summary>A ready statement. While it is stepped, others of the same connection may run.</summary>
    internal abstract Statement Prepare(string sql);

    /// <summary>The same for a result of any length, which is never held in memory whole.</summary>
    internal virtual Statement PrepareStream(string sql) => Prepare(sql);

    /// <summary>A statement that adds one row at each execution; see <see cref="WriteSession.PrepareInsert"/>.</summary>
    internal virtual Statement PrepareInsert(string table, string columns) => Prepare(InsertText.Of(table, columns));

    /// <summary>A statement that adds or changes one row at each execution; see <see cref="WriteSession.PrepareUpsert"/>.</summary>
    internal virtual Statement PrepareUpsert(string table, string columns, int keyColumns, string onConflict) =>
        Prepare(InsertText.Of(table, columns, onConflict));

    /// <summary>A statement that may run later; see <see cref="WriteSession.PrepareDeferred"/>.</summary>
    internal virtual Statement PrepareDeferred(string sql) => Prepare(sql);

    /// <summary>Runs one or more statements without parameters or results.</summary>
    internal abstract void Execute(string sql);

    /// <summary>The first column of the one row that the statement gives.</summary>
    internal long Number(string sql)
    {
        using var read = Prepare(sql);
        return read.Step() ? read.Int64(0) : throw new InvalidOperationException("The statement gave no row.");
    }

    /// <summary>The first column of the first row; null when there is none.</summary>
    internal string? TextOrNull(string sql)
    {
        using var read = Prepare(sql);
        return read.Step() ? read.TextOrNull(0) : null;
    }

    /// <summary>Whether there is a table of this name now.</summary>
    internal abstract bool HasTable(string name);

    /// <summary>From now on statements stop when the time is over or the caller has gone. Zero: no limit.</summary>
    internal abstract void SetBudget(TimeSpan time, CancellationToken cancellation);

    /// <summary>Opens a snapshot that sees nothing of later commits.</summary>
    internal abstract void BeginRead();

    /// <summary>Ends the snapshot; what it throws means that the connection must not be used again.</summary>
    internal abstract ValueTask EndReadAsync();

    /// <summary>Opens the one transaction that may write now, waiting for other writers to end.</summary>
    /// <returns>Whether another program may have written since this connection's last transaction.</returns>
    internal abstract bool BeginWrite();

    /// <summary>
    /// Opens it without waiting, for one that follows closely upon the last: what <see cref="BeginWrite"/> asks is asked together with
    /// the first statement, which fails when another program has written (<see cref="StorageException.IsOfTurn"/>).
    /// </summary>
    /// <returns>False: it cannot be, or would gain nothing.</returns>
    internal virtual bool TryGoOn() => false;

    /// <summary>See <see cref="WriteSession.MakeRoom"/>.</summary>
    internal virtual void MakeRoom(long phenomenonStart)
    {
    }

    internal abstract void Commit();

    /// <summary>Undoes the transaction; no error when there is none any more.</summary>
    internal abstract void Rollback();

    /// <summary>Does something within one transaction that may write; what it throws undoes it.</summary>
    internal void Transact(Action action)
    {
        BeginWrite();
        try
        {
            action();
            Commit();
        }
        catch
        {
            Rollback();
            throw;
        }
    }

    internal abstract void Savepoint();

    internal abstract void ReleaseSavepoint();

    internal abstract void RollbackToSavepoint();

    /// <summary>Whether nothing may be written any more after this failure of a commit.</summary>
    internal virtual bool EndsWriting(Exception error) => false;

    public abstract void Dispose();
}
