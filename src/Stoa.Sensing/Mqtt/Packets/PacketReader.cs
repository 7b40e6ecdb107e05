using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Stoa.Sensing.Mqtt.Packets;

/// <summary>Reads the fields of one packet's body. The first fault sticks: later reads give nothing, and the caller
/// asks once
/// at the end.</summary>
internal ref struct PacketReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    /// <summary>What was wrong first; null while all is well.</summary>
    internal PacketFault? Fault { get; private set; }

    /// <summary>Bytes that are left.</summary>
    internal readonly int Remaining => _rest.Length;

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    internal readonly bool HasFailed => Fault is not null;

    internal void Fail(ReasonCode reason, string text)
    {
        Fault ??= new(reason, text);
        _rest = default;
    }

    internal void Malformed(string text) => Fail(ReasonCode.MalformedPacket, text);

    internal void Violates(string text) => Fail(ReasonCode.ProtocolError, text);

    /// <summary>Takes so many bytes without looking at them.</summary>
    internal ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            Malformed("The packet ends in the middle of a field.");
            return default;
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    internal ReadOnlySpan<byte> TakeRest() => Take(_rest.Length);

    internal byte Byte()
    {
        var taken = Take(1);
        return taken.IsEmpty ? (byte)0 : taken[0];
    }

    internal ushort UInt16()
    {
        var taken = Take(2);
        return taken.IsEmpty ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(taken);
    }

    internal uint UInt32()
    {
        var taken = Take(4);
        return taken.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32BigEndian(taken);
    }

    /// <summary>A packet identifier, which is never zero (MQTT 5, 2.2.1).</summary>
    internal ushort PacketId()
    {
        var id = UInt16();
        if (id == 0) Violates("A packet identifier must not be zero.");
        return id;
    }

    /// <summary>Variable byte integer of one to four bytes (MQTT 5, 1.5.5).</summary>
    internal int VariableInteger()
    {
        int value = 0, shift = 0;
        while (shift < 28)
        {
            var next = Byte();
            if (HasFailed) return 0;
            value |= (next & 0x7F) << shift;
            if ((next & 0x80) == 0)
            {
                // Fewer bytes must be used where they suffice.
                if (next == 0 && shift > 0) Malformed("A variable byte integer is longer than it needs to be.");
                return value;
            }

            shift += 7;
        }

        Malformed("A variable byte integer has more than four bytes.");
        return 0;
    }

    /// <summary>Text with its length before it; well-formed UTF-8 without U+0000 (MQTT 5, 1.5.4).</summary>
    internal string Text()
    {
        var bytes = Take(UInt16());
        if (HasFailed || bytes.IsEmpty) return "";
        if (Utf8.IsValid(bytes) && bytes.IndexOf((byte)0) < 0) return Encoding.UTF8.GetString(bytes);
        Malformed("A text is not well-formed UTF-8, or holds U+0000.");
        return "";
    }

    /// <summary>Bytes with their length before them.</summary>
    internal ReadOnlySpan<byte> Binary() => Take(UInt16());
}
