using System.Collections.Concurrent;
using Stoa.Storage.Sqlite;

namespace Stoa.Storage;

/// <summary>Read connections, opened when first needed, at most a fixed number at once.</summary>
internal sealed class ReadPool : IDisposable
{
    // A reader that cannot be had in this time means more slow queries than the machine can serve: say so (503).
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(10);

    private readonly Func<SqliteConnection> _open;
    private readonly ConcurrentStack<SqliteConnection> _idle = new();
    private readonly SemaphoreSlim _places;
    private volatile bool _disposed;

    internal ReadPool(Func<SqliteConnection> open, int connectionsMax)
    {
        _open = open;
        _places = new SemaphoreSlim(connectionsMax, connectionsMax);
    }

    internal async ValueTask<ReadSession> RentAsync(TimeSpan statementTimeout, CancellationToken cancellation)
    {
        if (!_places.Wait(0, CancellationToken.None) && !await _places.WaitAsync(WaitMax, cancellation))
            throw new StorageException(StorageFailure.Busy, "All read connections are in use.");
        try
        {
            var connection = _idle.TryPop(out var idle) ? idle : _open();
            connection.SetBudget(statementTimeout, cancellation);
            using (var begin = connection.Prepare("BEGIN")) begin.Execute();
            return new ReadSession(connection, this, statementTimeout, cancellation);
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    internal void Return(SqliteConnection connection)
    {
        connection.SetBudget(TimeSpan.Zero, CancellationToken.None);
        try
        {
            using (var end = connection.Prepare("COMMIT")) end.Execute();
            if (_disposed) connection.Dispose();
            else _idle.Push(connection);
        }
        catch (StorageException)
        {
            // A connection that cannot end its snapshot is not used again.
            connection.Dispose();
        }

        _places.Release();
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryPop(out var connection)) connection.Dispose();
    }
}
