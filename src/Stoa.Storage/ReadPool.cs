using System.Collections.Concurrent;

namespace Stoa.Storage;

/// <summary>Read connections, opened when first needed, at most a fixed number at once.</summary>
internal sealed class ReadPool : IDisposable
{
    // A reader that cannot be had in this time means more slow queries than the machine can serve: say so (503).
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(10);

    private readonly Func<EngineConnection> _open;
    private readonly ConcurrentStack<EngineConnection> _idle = new();
    private readonly SemaphoreSlim _places;
    private volatile bool _disposed;

    internal ReadPool(Func<EngineConnection> open, int connectionsMax)
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
            connection.BeginRead();
            return new ReadSession(connection, this, statementTimeout, cancellation);
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    internal void Return(EngineConnection connection)
    {
        var ending = EndAsync(connection);
        if (ending.IsCompletedSuccessfully) _places.Release();
        else _ = ReleaseAfterAsync(ending);
    }

    private async ValueTask EndAsync(EngineConnection connection)
    {
        try
        {
            await connection.EndReadAsync();
            if (_disposed) connection.Dispose();
            else _idle.Push(connection);
        }
        catch (StorageException)
        {
            // A connection that cannot end its snapshot is not used again.
            connection.Dispose();
        }
    }

    private async Task ReleaseAfterAsync(ValueTask ending)
    {
        await ending;
        _places.Release();
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryPop(out var connection)) connection.Dispose();
    }
}
