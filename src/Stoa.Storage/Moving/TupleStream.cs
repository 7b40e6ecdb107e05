using System.Buffers.Binary;

namespace Stoa.Storage.Moving;

/// <summary>Takes the tuples out of a binary COPY (PostgreSQL 15, COPY, Binary Format).</summary>
internal sealed class TupleStream(Stream stream)
{
    // Signature, flags and length of the extension, all zero.
    internal static ReadOnlySpan<byte> Header =>
        [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    internal static ReadOnlySpan<byte> Trailer => [0xFF, 0xFF];

    private byte[] _buffer = new byte[256 * 1024];
    private int _at;
    private int _end;
    private bool _hasBegun;

    /// <summary>Adds tuples until the batch is full; false when there are no more.</summary>
    internal bool ReadInto(RowBatch batch, int rowsMax, int bytesMax)
    {
        if (!_hasBegun)
        {
            Need(Header.Length);
            _at += Header.Length;
            _hasBegun = true;
        }

        while (batch.Rows < rowsMax && batch.Length < bytesMax)
        {
            Need(2);
            var fields = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_at));
            if (fields < 0)
            {
                // Read to the end, so that the connection is free.
                while (stream.Read(_buffer, 0, _buffer.Length) > 0) { }
                return false;
            }

            var length = 2;
            for (var i = 0; i < fields; i++)
            {
                Need(length + 4);
                var size = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_at + length));
                length += 4 + Math.Max(0, size);
            }

            Need(length);
            batch.AddRow(_buffer.AsSpan(_at, length));
            _at += length;
        }

        return true;
    }

    private void Need(int count)
    {
        if (_end - _at >= count) return;
        if (_buffer.Length - _at < count)
        {
            var room = _buffer.Length >= count ? _buffer : new byte[Math.Max(count, _buffer.Length * 2)];
            _buffer.AsSpan(_at, _end - _at).CopyTo(room);
            (_buffer, _end, _at) = (room, _end - _at, 0);
        }

        while (_end - _at < count)
        {
            var read = stream.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0) throw new IOException("The rows ended in the middle.");
            _end += read;
        }
    }
}
