using System.Security.Cryptography;

namespace Stoa.Sensing.Import;

/// <summary>Counts the bytes on their way, for the progress, and hashes them, for the log.</summary>
internal sealed class CountingStream(Stream inner) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _bytesRead;
    private byte[]? _digest;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>SHA-256 of all bytes; null while the end is not read.</summary>
    public byte[]? Digest => Volatile.Read(ref _digest);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set =>
        throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer) => Count(inner.Read(buffer), buffer);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer,
        CancellationToken cancellationToken = default) =>
        Count(await inner.ReadAsync(buffer, cancellationToken), buffer.Span);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Count(int read, ReadOnlySpan<byte> buffer)
    {
        Interlocked.Add(ref _bytesRead, read);
        if (read > 0) _hash.AppendData(buffer[..read]);
        // Read once more behind the end, it is still the same.
        else if (buffer.Length > 0 && _digest is null) Volatile.Write(ref _digest, _hash.GetHashAndReset());
        return read;
    }
}
