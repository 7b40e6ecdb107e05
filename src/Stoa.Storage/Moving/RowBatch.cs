using System.Buffers.Binary;
using System.Numerics;

namespace Stoa.Storage.Moving;

/// <summary>Rows of one table in a form that is the same on every engine: tuples of PostgreSQL's binary COPY.</summary>
/// <remarks>
/// A tuple is the count of fields (16 bits), then for each its length (32 bits, -1 for NULL) and its bytes, numbers of 64 bits, all in
/// network order. What is sent to PostgreSQL, given to SQLite and counted into a digest is thus the same.
/// </remarks>
internal sealed class RowBatch
{
    private const int Null = -1;

    private byte[] _bytes = new byte[64 * 1024];
    private int _lastRow;

    internal int Length { get; private set; }

    internal int Rows { get; private set; }

    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    internal ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    internal void Clear() => (Length, Rows, _lastRow) = (0, 0, 0);

    internal void StartRow(int fields)
    {
        _lastRow = Length;
        Rows++;
        BinaryPrimitives.WriteInt16BigEndian(Room(2), (short)fields);
    }

    internal void AddNull() => BinaryPrimitives.WriteInt32BigEndian(Room(4), Null);

    internal void Add(long value)
    {
        var room = Room(12);
        BinaryPrimitives.WriteInt32BigEndian(room, 8);
        BinaryPrimitives.WriteInt64BigEndian(room[4..], value);
    }

    internal void Add(double value) => Add(BitConverter.DoubleToInt64Bits(value));

    internal void Add(ReadOnlySpan<byte> value)
    {
        var room = Room(4 + value.Length);
        BinaryPrimitives.WriteInt32BigEndian(room, value.Length);
        value.CopyTo(room[4..]);
    }

    /// <summary>A whole tuple as it came.</summary>
    internal void AddRow(ReadOnlySpan<byte> tuple)
    {
        _lastRow = Length;
        Rows++;
        tuple.CopyTo(Room(tuple.Length));
    }

    private Span<byte> Room(int length)
    {
        if (Length + length > _bytes.Length)
            Array.Resize(ref _bytes, (int)BitOperations.RoundUpToPowerOf2((uint)(Length + length)));
        var room = _bytes.AsSpan(Length, length);
        Length += length;
        return room;
    }

    /// <summary>The key of the last row, whose columns are whole numbers.</summary>
    internal long[] LastKey(int columns)
    {
        var fields = new Fields(Bytes[_lastRow..]);
        var key = new long[columns];
        for (var i = 0; i < columns; i++) key[i] = Fields.Int64(fields.Next());
        return key;
    }

    /// <summary>Reads the fields of tuples one after the other.</summary>
    internal ref struct Fields(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _at = 2;

        internal bool IsNull { get; private set; }

        /// <summary>How far it has come.</summary>
        internal readonly int At => _at;

        internal ReadOnlySpan<byte> Next()
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(_bytes[_at..]);
            _at += 4;
            IsNull = length == Null;
            if (IsNull) return default;
            var value = _bytes.Slice(_at, length);
            _at += length;
            return value;
        }

        /// <summary>Passes over the count of fields of the next tuple; false at the end.</summary>
        internal bool NextRow()
        {
            if (_at >= _bytes.Length) return false;
            _at += 2;
            return true;
        }

        internal static long Int64(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt64BigEndian(value);

        internal static double Double(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadDoubleBigEndian(value);
    }
}
