using System.Buffers;
using System.IO.Pipelines;

namespace Stoa.Sensing.Mqtt.Packets;

/// <summary>One packet as it came: type, flags, body. The body is valid until the next one is read.</summary>
internal readonly record struct Frame(PacketType Type, byte Flags, ReadOnlyMemory<byte> Body);

/// <summary>Cuts the stream of bytes of one connection into packets.</summary>
/// <remarks>Small packets are read where they lie; a large one is gathered as it arrives, so that announcing a length
/// costs the server nothing.</remarks>
internal sealed class PacketSource(PipeReader input)
{
    // Below the size at which the transport stops reading until something is consumed.
    private const int GatheredFrom = 32 * 1024;

    private ReadOnlySequence<byte> _buffer;
    private SequencePosition _consumed;
    private bool _isHeld;
    private byte[]? _rented;

    /// <summary>Largest packet that is taken, first byte and length included.</summary>
    internal uint PacketBytesMax { get; set; }

    /// <summary>Bytes taken so far.</summary>
    internal long BytesRead { get; private set; }

    /// <summary>What ended the stream; null when the peer closed it or reading was cancelled.</summary>
    internal PacketFault? Fault { get; private set; }

    /// <summary>Whether reading was cancelled by <see cref="PipeReader.CancelPendingRead"/>.</summary>
    internal bool IsCancelled { get; private set; }

    /// <summary>The next packet, if it is complete already; it must be used before the next call.</summary>
    internal bool TryNext(out Frame frame)
    {
        frame = default;
        if (!_isHeld) return false;
        Return();
        if (!TryHeader(_buffer, out var type, out var flags, out var length, out var headBytes)) return false;
        if (Fault is not null || headBytes + (long)length > PacketBytesMax || _buffer.Length < headBytes + (long)length)
            return false;
        var body = _buffer.Slice(headBytes, length);
        _consumed = body.End;
        _buffer = _buffer.Slice(_consumed);
        BytesRead += headBytes + length;
        frame = new(type, flags, body.IsSingleSegment ? body.First : Copy(body, length));
        return true;
    }

    /// <summary>Waits for the next packet; false at the end, see <see cref="Fault"/>.</summary>
    internal async ValueTask<(bool IsThere, Frame Frame)> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (TryNext(out var frame)) return (true, frame);
            if (Fault is not null) return default;
            if (_isHeld)
            {
                var unread = _buffer;
                if (TryHeader(unread, out var type, out var flags, out var length, out var headBytes))
                {
                    if (headBytes + (long)length > PacketBytesMax)
                        Fault = new(ReasonCode.PacketTooLarge, $"A packet may have at most {PacketBytesMax} bytes.");
                    if (Fault is not null) return default;
                    if (length > GatheredFrom)
                        return await GatherAsync(type, flags, length, headBytes, cancellation);
                }
                else if (Fault is not null)
                {
                    return default;
                }

                _isHeld = false;
                input.AdvanceTo(_consumed, unread.End);
            }

            var read = await input.ReadAsync(cancellation);
            IsCancelled = read.IsCanceled;
            _buffer = read.Buffer;
            _consumed = read.Buffer.Start;
            _isHeld = true;
            if (IsCancelled || (read.IsCompleted && !HasWholePacket())) return default;
        }
    }

    /// <summary>Gives back what is held.</summary>
    internal void Release()
    {
        Return();
        if (_isHeld) input.AdvanceTo(_consumed);
        _isHeld = false;
    }

    private bool HasWholePacket() =>
        TryHeader(_buffer, out _, out _, out var length, out var headBytes) && _buffer.Length >= headBytes + (long)length;

    private async ValueTask<(bool, Frame)> GatherAsync(
        PacketType type, byte flags, int length, int headBytes, CancellationToken cancellation)
    {
        var gathered = new ArrayBufferWriter<byte>(GatheredFrom);
        var part = _buffer.Slice(headBytes);
        while (true)
        {
            if (part.Length > length - gathered.WrittenCount) part = part.Slice(0, length - gathered.WrittenCount);
            foreach (var segment in part) gathered.Write(segment.Span);
            _isHeld = false;
            input.AdvanceTo(part.End);
            if (gathered.WrittenCount == length)
            {
                BytesRead += headBytes + length;
                return (true, new Frame(type, flags, gathered.WrittenMemory));
            }

            var read = await input.ReadAsync(cancellation);
            IsCancelled = read.IsCanceled;
            _buffer = read.Buffer;
            _consumed = read.Buffer.Start;
            _isHeld = true;
            if (IsCancelled || (read.IsCompleted && read.Buffer.Length < length - gathered.WrittenCount)) return default;
            part = read.Buffer;
        }
    }

    private bool TryHeader(
        in ReadOnlySequence<byte> bytes, out PacketType type, out byte flags, out int length, out int headBytes)
    {
        Span<byte> head = stackalloc byte[5];
        var available = (int)Math.Min(bytes.Length, 5);
        bytes.Slice(0, available).CopyTo(head);
        (type, flags, length, headBytes) = (PacketType.None, 0, 0, 0);
        if (available == 0) return false;
        type = (PacketType)(head[0] >> 4);
        flags = (byte)(head[0] & 0xF);
        if (!PacketDecoder.HasValidFlags(type, flags))
        {
            Fault = new(ReasonCode.MalformedPacket, "There is no packet with this first byte.");
            return false;
        }

        for (var i = 1; i < available; i++)
        {
            length |= (head[i] & 0x7F) << (7 * (i - 1));
            if ((head[i] & 0x80) != 0) continue;
            headBytes = i + 1;
            return true;
        }

        if (available == 5) Fault = new(ReasonCode.MalformedPacket, "The length of a packet has more than four bytes.");
        return false;
    }

    private ReadOnlyMemory<byte> Copy(in ReadOnlySequence<byte> body, int length)
    {
        _rented = ArrayPool<byte>.Shared.Rent(length);
        body.CopyTo(_rented);
        return _rented.AsMemory(0, length);
    }

    private void Return()
    {
        if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
    }
}
