using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Stoa.Sensing.Mqtt.Packets;

/// <summary>Builds one packet: fields first, the header with their length when it is done.</summary>
/// <remarks>One for each thread, reused: building never waits in between.</remarks>
internal sealed class PacketWriter
{
    // First byte and up to four bytes of length stand before the fields, written last.
    private const int HeaderBytesMax = 5;
    private const int KeptBytesMax = 256 * 1024;

    [ThreadStatic]
    private static PacketWriter? _ofThread;

    private byte[] _bytes = new byte[1024];
    private int _end;
    private int _propertiesStart;

    /// <summary>The writer of this thread, emptied.</summary>
    internal static PacketWriter Begin()
    {
        var writer = _ofThread ??= new();
        if (writer._bytes.Length > KeptBytesMax) writer._bytes = new byte[1024];
        writer._end = HeaderBytesMax;
        return writer;
    }

    internal PacketWriter Byte(byte value)
    {
        Reserve(1)[0] = value;
        return this;
    }

    internal PacketWriter UInt16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Reserve(2), (ushort)value);
        return this;
    }

    internal PacketWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Reserve(4), value);
        return this;
    }

    internal PacketWriter VariableInteger(int value)
    {
        var span = Reserve(LengthBytes(value));
        WriteLength(span, value);
        return this;
    }

    internal PacketWriter Text(string text)
    {
        var count = Encoding.UTF8.GetByteCount(text);
        if (count > ushort.MaxValue) throw new ArgumentException("A text of MQTT has at most 65,535 bytes.", nameof(text));
        UInt16(count);
        Encoding.UTF8.GetBytes(text, Reserve(count));
        return this;
    }

    internal PacketWriter Binary(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ushort.MaxValue) throw new ArgumentException("Bytes of MQTT are at most 65,535.", nameof(bytes));
        return UInt16(bytes.Length).Raw(bytes);
    }

    internal PacketWriter Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        return this;
    }

    /// <summary>From here to <see cref="EndProperties"/> stand properties; their length is put before them
    /// then.</summary>
    internal PacketWriter BeginProperties()
    {
        _propertiesStart = _end;
        return this;
    }

    internal PacketWriter EndProperties()
    {
        var length = _end - _propertiesStart;
        var bytes = LengthBytes(length);
        Reserve(bytes);
        _bytes.AsSpan(_propertiesStart, length).CopyTo(_bytes.AsSpan(_propertiesStart + bytes));
        WriteLength(_bytes.AsSpan(_propertiesStart, bytes), length);
        return this;
    }

    internal PacketWriter Property(PropertyKind kind, byte value) => Byte((byte)kind).Byte(value);

    internal PacketWriter Property(PropertyKind kind, ushort value) => Byte((byte)kind).UInt16(value);

    internal PacketWriter Property(PropertyKind kind, uint value) => Byte((byte)kind).UInt32(value);

    internal PacketWriter Property(PropertyKind kind, string value) => Byte((byte)kind).Text(value);

    /// <summary>The properties that travel with a payload.</summary>
    /// <param name="properties">As published.</param>
    /// <param name="expirySeconds">What is left of the message's time; null for ever.</param>
    internal PacketWriter Properties(MessageProperties properties, uint? expirySeconds)
    {
        if (properties.IsText is { } isText) Property(PropertyKind.PayloadFormat, isText ? (byte)1 : (byte)0);
        if (expirySeconds is { } seconds) Property(PropertyKind.MessageExpiry, seconds);
        if (properties.ContentType is { } type) Property(PropertyKind.ContentType, type);
        if (properties.ResponseTopic is { } topic) Property(PropertyKind.ResponseTopic, topic);
        if (properties.Correlation is { } correlation) Byte((byte)PropertyKind.Correlation).Binary(correlation.Span);
        foreach (var (name, value) in properties.User) Byte((byte)PropertyKind.User).Text(name).Text(value);
        return this;
    }

    /// <summary>Bytes of the whole packet with so much payload behind its fields.</summary>
    internal int PacketBytes(int payloadBytes)
    {
        var length = _end - HeaderBytesMax + payloadBytes;
        return 1 + LengthBytes(length) + length;
    }

    /// <summary>The fields alone, without header.</summary>
    internal byte[] FieldsToArray() => _bytes.AsSpan(HeaderBytesMax, _end - HeaderBytesMax).ToArray();

    /// <summary>The packet as bytes of its own.</summary>
    internal byte[] ToArray(PacketType type, byte flags, ReadOnlySpan<byte> payload = default)
    {
        var head = Head(type, flags, payload.Length);
        var packet = new byte[head.Length + payload.Length];
        head.CopyTo(packet);
        payload.CopyTo(packet.AsSpan(head.Length));
        return packet;
    }

    /// <summary>Writes the packet, and its payload behind the fields.</summary>
    internal void WriteTo(IBufferWriter<byte> output, PacketType type, byte flags, ReadOnlySpan<byte> payload = default)
    {
        output.Write(Head(type, flags, payload.Length));
        if (!payload.IsEmpty) output.Write(payload);
    }

    private ReadOnlySpan<byte> Head(PacketType type, byte flags, int payloadBytes)
    {
        var length = _end - HeaderBytesMax + payloadBytes;
        var start = HeaderBytesMax - 1 - LengthBytes(length);
        _bytes[start] = (byte)((int)type << 4 | flags);
        WriteLength(_bytes.AsSpan(start + 1, LengthBytes(length)), length);
        return _bytes.AsSpan(start, _end - start);
    }

    private Span<byte> Reserve(int count)
    {
        if (_bytes.Length - _end < count) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _end + count));
        var span = _bytes.AsSpan(_end, count);
        _end += count;
        return span;
    }

    private static int LengthBytes(int value) => value switch { < 128 => 1, < 16_384 => 2, < 2_097_152 => 3, _ => 4 };

    private static void WriteLength(Span<byte> span, int value)
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = (byte)((value & 0x7F) | (i < span.Length - 1 ? 0x80 : 0));
            value >>= 7;
        }
    }
}
