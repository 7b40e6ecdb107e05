namespace Stoa.Ledger.Evidence;

/// <summary>What can only be read, from beginning to end.</summary>
internal abstract class ForwardStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public abstract override int Read(Span<byte> buffer);

    // It reads files on a disk; to wait on another thread would take longer.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(buffer.Span));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>A part of a file that others read too: it goes to its own place before each read.</summary>
internal sealed class ZipRegion(Stream whole, long begin, long length) : ForwardStream
{
    private long _read;

    public override int Read(Span<byte> buffer)
    {
        whole.Position = begin + _read;
        var count = whole.Read(buffer[..(int)Math.Min(buffer.Length, length - _read)]);
        _read += count;
        return count;
    }
}

/// <summary>Gives as many bytes as were announced, with the checksum that was announced, or fails: a bomb ends here.</summary>
internal sealed class CheckedStream(string name, Stream inner, long length, uint crc) : ForwardStream
{
    private static readonly uint[] Table = MakeTable();

    private long _read;
    private uint _crc = uint.MaxValue;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        int count;
        try
        {
            count = inner.Read(buffer);
        }
        catch (InvalidDataException)
        {
            throw Damaged();
        }

        _read += count;
        foreach (var one in buffer[..count]) _crc = Table[(byte)(_crc ^ one)] ^ _crc >> 8;
        if (_read > length || count == 0 && (_read < length || ~_crc != crc)) throw Damaged();
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private InvalidDataException Damaged() => new($"{name} was damaged");

    // The checksum of zip: CRC-32 with the reflected polynomial.
    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++) value = (value & 1) == 1 ? 0xEDB88320 ^ value >> 1 : value >> 1;
            table[i] = value;
        }

        return table;
    }
}
