using System.Collections.Concurrent;

namespace Stoa.Storage.Moving;

/// <summary>One end of a move, open for this program alone.</summary>
internal abstract class MoveSide : IDisposable
{
    // Large enough that a transaction costs nothing beside its rows, small enough that three fit into the memory of a small machine.
    private protected const int RowsMax = 50_000;
    private protected const int BytesMax = 8 << 20;

    private readonly ConcurrentBag<RowBatch> _free = [];

    /// <summary>For ordinary statements.</summary>
    internal abstract EngineConnection Connection { get; }

    /// <summary>For people, without credentials.</summary>
    internal abstract string Shown { get; }

    /// <summary>What the catalogue holds, also what is not moved.</summary>
    internal abstract IReadOnlyList<MovedTable> ReadTables();

    /// <summary>From now on everything is read from one state, which cannot change.</summary>
    internal abstract void Hold();

    /// <summary>Rows in the order of the key.</summary>
    /// <param name="table">The table.</param>
    /// <param name="after">Only what comes after this key; null: all.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <returns>Pieces of it; give each back when it was used.</returns>
    internal abstract IEnumerable<RowBatch> Read(MovedTable table, long[]? after, CancellationToken cancellation);

    /// <summary>Adds rows, which come in the order of the key.</summary>
    internal abstract void Write(MovedTable table, RowBatch rows);

    /// <summary>The id that the engine will give next.</summary>
    internal abstract long NextId(MovedTable table);

    /// <summary>Sets it.</summary>
    internal abstract void SetNextId(MovedTable table, long next);

    /// <summary>Takes away what is cheaper to make at the end: indexes into which the rows would come scattered.</summary>
    /// <returns>Statements that make it again.</returns>
    internal abstract IReadOnlyList<string> DropIndexes();

    /// <summary>After the last rows and their indexes: what is derived from them.</summary>
    internal abstract void Finish(CancellationToken cancellation);

    /// <summary>Runs a statement that may take as long as all rows need.</summary>
    /// <exception cref="OperationCanceledException">It was stopped, and has done nothing.</exception>
    internal void RunLong(string sql, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            Run(sql, cancellation);
        }
        catch (StorageException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    private protected abstract void Run(string sql, CancellationToken cancellation);

    internal RowBatch Rent() => _free.TryTake(out var batch) ? batch : new RowBatch();

    internal void Return(RowBatch batch)
    {
        batch.Clear();
        _free.Add(batch);
    }

    private protected static bool IsFull(RowBatch batch) => batch.Rows >= RowsMax || batch.Length >= BytesMax;

    public abstract void Dispose();
}
