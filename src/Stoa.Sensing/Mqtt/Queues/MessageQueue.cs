using Stoa.Sensing.Mqtt.Packets;

namespace Stoa.Sensing.Mqtt.Queues;

/// <summary>What waits for one client, and what the client has not acknowledged yet.</summary>
/// <remarks>
/// Two bounded queues. QoS 0: when full the oldest makes room, since the newest value is what counts, and nothing is
/// kept
/// without a connection. QoS 1 and 2: when full the newest is left out, so that what was kept stays in order and
/// without
/// gaps inside. Every message left out is counted by cause. Order is kept within each queue (MQTT 5, 4.6).
/// </remarks>
internal sealed class MessageQueue(MqttOptions options, MqttMetrics metrics)
{
    private readonly Lock _gate = new();
    private Queue<Outgoing>? _fleeting;
    private Queue<Outgoing>? _kept;
    private long _fleetingBytes;
    private long _keptBytes;
    private Dictionary<ushort, InFlight>? _inFlight;
    private Queue<ushort>? _again;
    private ushort _lastId;
    private long _order;
    private bool _isClosed;

    /// <summary>Messages waiting or not acknowledged.</summary>
    internal int Count
    {
        get
        {
            lock (_gate) return (_fleeting?.Count ?? 0) + (_kept?.Count ?? 0) + (_inFlight?.Count ?? 0);
        }
    }

    /// <summary>Takes a message or leaves it out; never waits.</summary>
    /// <returns>True when there is something new to send.</returns>
    internal bool Offer(in Outgoing outgoing, bool isConnected)
    {
        var bytes = outgoing.Message.QueuedBytes;
        lock (_gate)
        {
            if (_isClosed) return false;
            if (outgoing.Qos == QualityOfService.AtMostOnce) return isConnected && OfferFleeting(outgoing, bytes);
            if (IsFull(_kept, _keptBytes, bytes))
            {
                metrics.Dropped(isConnected ? "queue_full" : "queue_full_offline");
                return false;
            }

            (_kept ??= []).Enqueue(outgoing);
            _keptBytes += bytes;
            metrics.Queued(1, bytes);
            return true;
        }
    }

    private bool OfferFleeting(in Outgoing outgoing, int bytes)
    {
        _fleeting ??= [];
        while (_fleeting.Count > 0 && IsFull(_fleeting, _fleetingBytes, bytes))
        {
            DequeueFleeting();
            metrics.Dropped("queue_full");
        }

        if (IsFull(_fleeting, _fleetingBytes, bytes))
        {
            metrics.Dropped("queue_full");
            return false;
        }

        _fleeting.Enqueue(outgoing);
        _fleetingBytes += bytes;
        metrics.Queued(1, bytes);
        return true;
    }

    private bool IsFull(Queue<Outgoing>? queue, long queued, int bytes) =>
        queue is not null && queue.Count >= options.QueueMessagesMax || queued + bytes > options.QueueBytesMax ||
        metrics.QueuedBytes + bytes > options.QueueBytesTotalMax;

    private Outgoing DequeueFleeting()
    {
        var outgoing = _fleeting!.Dequeue();
        var bytes = outgoing.Message.QueuedBytes;
        _fleetingBytes -= bytes;
        metrics.Queued(-1, -bytes);
        return outgoing;
    }

    /// <summary>The next thing to write, within the number of unacknowledged messages that the client takes.</summary>
    internal bool TryTake(int window, out Delivery delivery)
    {
        lock (_gate)
        {
            if (TryTakeAgain(out delivery)) return true;
            if (_kept is { Count: > 0 } && (_inFlight?.Count ?? 0) < window)
            {
                var outgoing = _kept.Dequeue();
                var id = NextId();
                (_inFlight ??= []).Add(id, new(outgoing, false, _order++));
                delivery = new(outgoing, id, false, false);
                return true;
            }

            if (_fleeting is not { Count: > 0 }) return false;
            delivery = new(DequeueFleeting(), 0, false, false);
            return true;
        }
    }

    private bool TryTakeAgain(out Delivery delivery)
    {
        while (_again is { Count: > 0 })
        {
            var id = _again.Dequeue();
            if (!_inFlight!.TryGetValue(id, out var flight)) continue;
            delivery = new(flight.Outgoing, id, !flight.IsReceived, flight.IsReceived);
            return true;
        }

        delivery = default;
        return false;
    }

    // At most a few hundred of 65,535 are in use.
    private ushort NextId()
    {
        do _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
        while (_inFlight?.ContainsKey(_lastId) == true);
        return _lastId;
    }

    /// <summary>Takes an acknowledgement of the client.</summary>
    /// <returns>The packet to answer with, if any: PUBREL for PUBREC.</returns>
    internal AcknowledgementPacket? Acknowledge(in AcknowledgementPacket packet)
    {
        lock (_gate)
        {
            var isKnown = _inFlight is not null && _inFlight.TryGetValue(packet.PacketId, out _);
            var flight = isKnown ? _inFlight![packet.PacketId] : default;
            switch (packet.Type)
            {
                case PacketType.PublishReceived:
                    if (isKnown && packet.Reason >= ReasonCode.UnspecifiedError)
                    {
                        Remove(packet.PacketId, flight);
                        return null;
                    }

                    if (!isKnown)
                        return new(PacketType.PublishRelease, packet.PacketId, ReasonCode.PacketIdentifierNotFound);
                    _inFlight![packet.PacketId] = flight with { IsReceived = true };
                    return new(PacketType.PublishRelease, packet.PacketId, ReasonCode.Success);
                case PacketType.PublishAcknowledgement when isKnown && flight.Outgoing.Qos == QualityOfService.AtLeastOnce:
                case PacketType.PublishComplete when isKnown && flight.Outgoing.Qos == QualityOfService.ExactlyOnce:
                    Remove(packet.PacketId, flight);
                    return null;
                default:
                    return null;
            }
        }
    }

    /// <summary>Gives up a message that was taken and not sent.</summary>
    internal void Abandon(ushort packetId)
    {
        lock (_gate)
            if (_inFlight is not null && _inFlight.TryGetValue(packetId, out var flight)) Remove(packetId, flight);
    }

    private void Remove(ushort packetId, in InFlight flight)
    {
        _inFlight!.Remove(packetId);
        var bytes = flight.Outgoing.Message.QueuedBytes;
        _keptBytes -= bytes;
        metrics.Queued(-1, -bytes);
    }

    /// <summary>A new connection continues: what was not acknowledged is sent again, in its order (4.4).</summary>
    internal void Resume()
    {
        lock (_gate)
        {
            ClearFleeting();
            _again = _inFlight is { Count: > 0 }
                ? new(_inFlight.OrderBy(flight => flight.Value.Order).Select(flight => flight.Key))
                : null;
        }
    }

    /// <summary>The connection is gone: values of the moment are of no use later.</summary>
    internal void Suspend()
    {
        lock (_gate) ClearFleeting();
    }

    /// <summary>The session has ended: nothing is kept and nothing is taken any more.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            ClearFleeting();
            metrics.Queued(-((_kept?.Count ?? 0) + (_inFlight?.Count ?? 0)), -_keptBytes);
            _keptBytes = 0;
            _kept = null;
            _inFlight = null;
            _again = null;
        }
    }

    private void ClearFleeting()
    {
        metrics.Queued(-(_fleeting?.Count ?? 0), -_fleetingBytes);
        _fleetingBytes = 0;
        _fleeting = null;
    }

    private readonly record struct InFlight(Outgoing Outgoing, bool IsReceived, long Order);
}
