namespace Stoa.Ledger.Evidence;

/// <summary>Holds what is written with blocking until the next write without, so that a stream that must not block never does.</summary>
/// <remarks>The archive of the base library ends each compressed file with a short write that blocks, although it is closed without it.</remarks>
internal sealed class HoldingStream(Stream target) : WriteOnlyStream
{
    private readonly MemoryStream _held = new();

    public override void Write(byte[] buffer, int offset, int count) => _held.Write(buffer, offset, count);

    public override void Write(ReadOnlySpan<byte> buffer) => _held.Write(buffer);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await PassAsync(cancellationToken);
        await target.WriteAsync(buffer, cancellationToken);
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        await target.FlushAsync(cancellationToken);
    }

    /// <summary>Passes on what is held.</summary>
    public async Task PassAsync(CancellationToken cancellation)
    {
        if (_held.Length == 0) return;
        await target.WriteAsync(_held.GetBuffer().AsMemory(0, (int)_held.Length), cancellation);
        _held.SetLength(0);
    }
}
