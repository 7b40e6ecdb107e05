using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sensing.Mqtt.Sessions;

namespace Stoa.Sensing.Mqtt.Connections;

/// <summary>What each packet of a client does.</summary>
internal sealed partial class Connection
{
    /// <summary>Takes one packet; false when the connection ends.</summary>
    private async ValueTask<bool> TakeAsync(Frame frame)
    {
        switch (frame.Type)
        {
            case PacketType.Publish:
                return DecodePublish(frame) is { } publish && await PublishAsync(publish);
            case PacketType.PublishAcknowledgement or PacketType.PublishReceived or PacketType.PublishComplete:
                return TakeAcknowledgement(frame);
            case PacketType.PublishRelease:
                return await ReleaseAsync(frame);
            case PacketType.Subscribe:
                return DecodeSubscribe(frame) is { } subscribe && await SubscribeAsync(subscribe);
            case PacketType.Unsubscribe:
                return DecodeUnsubscribe(frame) is { } unsubscribe && await UnsubscribeAsync(unsubscribe);
            case PacketType.PingRequest:
                return frame.Body.IsEmpty ? Answer(PacketEncoder.PingResponse) : Malformed();
            case PacketType.Disconnect:
                TakeDisconnect(frame);
                return false;
            default:
                Close(ReasonCode.ProtocolError, $"A client does not send {frame.Type} here.");
                return false;
        }
    }

    private bool Malformed()
    {
        Close(ReasonCode.MalformedPacket, "The packet is longer than its fields.");
        return false;
    }

    private bool Faulty(in PacketReader reader)
    {
        if (reader.Fault is not { } fault) return false;
        Close(fault.Reason, fault.Text);
        return true;
    }

    private bool Answer(byte[] packet)
    {
        if (_writer.Answer(packet)) return true;
        Close(ReasonCode.QuotaExceeded, "Answers wait, and the client does not read them.");
        return false;
    }

    private bool Answer(in AcknowledgementPacket packet)
    {
        if (_writer.Answer(packet)) return true;
        Close(ReasonCode.QuotaExceeded, "Answers wait, and the client does not read them.");
        return false;
    }

    private PublishPacket? DecodePublish(in Frame frame)
    {
        var reader = new PacketReader(frame.Body.Span);
        var packet = PacketDecoder.Publish(ref reader, frame.Flags, Version);
        return Faulty(reader) ? null : packet;
    }

    private async ValueTask<bool> PublishAsync(PublishPacket packet)
    {
        _broker.Metrics.Received(packet.Qos);
        if (TopicOf(packet) is not { } topic)
        {
            Close(ReasonCode.TopicAliasInvalid, $"A topic alias is from 1 to {MqttLimits.TopicAliasesMax} and set before it is used.");
            return false;
        }

        // Of QoS 1 no more can wait than fits, since reading stops; of QoS 2 the client decides when it releases.
        if (Version == ProtocolVersion.V5 && packet.Qos == QualityOfService.ExactlyOnce &&
            Session.ReceivedCount >= MqttLimits.ReceiveMaximum && !Session.HasReceived(packet.PacketId))
        {
            Close(ReasonCode.ReceiveMaximumExceeded, $"At most {MqttLimits.ReceiveMaximum} publications may wait at once.");
            return false;
        }

        if (packet.Qos == QualityOfService.ExactlyOnce && !Session.TryReceive(packet.PacketId))
        {
            // Sent again, and not yet released: it was taken the first time.
            await _pending.AddAsync(PacketType.Publish, packet.PacketId, packet.Qos, new(PublishOutcome.Accepted));
            return true;
        }

        var publication = new Publication(topic, packet.Payload, packet.Qos, packet.Properties.ToMessage())
        {
            Retain = packet.Retain,
            Publisher = Session,
            Receipt = packet.Qos == QualityOfService.ExactlyOnce && Session.Row is { } row
                ? new ReceiptKey(row, packet.PacketId)
                : null,
        };
        await _pending.AddAsync(PacketType.Publish, packet.PacketId, packet.Qos,
            _broker.PublishAsync(publication, Session.Requester, _ended.Token));
        return true;
    }

    private string? TopicOf(PublishPacket packet)
    {
        var alias = packet.Properties.TopicAlias;
        if (alias == 0) return packet.Topic;
        if (alias > MqttLimits.TopicAliasesMax) return null;
        if (packet.Topic.Length == 0) return _aliases?.GetValueOrDefault(alias);
        (_aliases ??= [])[alias] = packet.Topic;
        return packet.Topic;
    }

    /// <summary>Sends the answer to a publication or a release.</summary>
    internal void Acknowledge(PacketType type, ushort packetId, QualityOfService qos, in PublishOutcome outcome)
    {
        var answer = type == PacketType.PublishRelease ? PacketType.PublishComplete
            : qos == QualityOfService.AtLeastOnce ? PacketType.PublishAcknowledgement
            : PacketType.PublishReceived;
        // MQTT 3.1.1 has no way to refuse but to close, after which a client would send the same again for ever: it is
        // acknowledged, counted and logged (3.1.1, 3.3.5).
        Answer(new AcknowledgementPacket(answer, packetId, outcome.Reason, outcome.Text));
    }

    /// <summary>A publication was refused: it is counted, and the identifier is free again where the client learns of
    /// it.</summary>
    internal void Refused(ushort packetId, QualityOfService qos, in PublishOutcome outcome)
    {
        _broker.Metrics.Refused("publish", outcome.Reason);
        // The first says what is wrong; a device that repeats it every second must not fill the log.
        if (_refused++ == 0) LogRefused(Session.ClientId, outcome.Reason, outcome.Text);
        if (qos == QualityOfService.ExactlyOnce && Version == ProtocolVersion.V5) Session.Release(packetId);
    }

    private bool TakeAcknowledgement(in Frame frame)
    {
        var reader = new PacketReader(frame.Body.Span);
        var packet = PacketDecoder.Acknowledgement(ref reader, frame.Type, Version);
        if (Faulty(reader)) return false;
        if (Session.Queue.Acknowledge(packet) is { } answer) return Answer(answer);
        _writer.HasMessages();
        return true;
    }

    private async ValueTask<bool> ReleaseAsync(Frame frame)
    {
        if (DecodeRelease(frame) is not { } packet) return false;
        var isKnown = Session.HasReceived(packet.PacketId);
        await _pending.AddAsync(PacketType.PublishRelease, packet.PacketId, QualityOfService.ExactlyOnce,
            ForgetAsync(packet.PacketId, isKnown));
        return true;
    }

    private AcknowledgementPacket? DecodeRelease(in Frame frame)
    {
        var reader = new PacketReader(frame.Body.Span);
        var packet = PacketDecoder.Acknowledgement(ref reader, frame.Type, Version);
        return Faulty(reader) ? null : packet;
    }

    // PUBCOMP lets the client use the identifier for something else, so the receipt must be gone durably before.
    private async ValueTask<PublishOutcome> ForgetAsync(ushort packetId, bool isKnown)
    {
        if (Session.Row is { } row) await _broker.Store.ReleaseAsync(new(row, packetId), CancellationToken.None);
        Session.Release(packetId);
        return isKnown ? PublishOutcome.Accepted : new(ReasonCode.PacketIdentifierNotFound);
    }

    private SubscribePacket? DecodeSubscribe(in Frame frame)
    {
        var reader = new PacketReader(frame.Body.Span);
        var packet = PacketDecoder.Subscribe(ref reader, Version);
        return Faulty(reader) ? null : packet;
    }

    private async ValueTask<bool> SubscribeAsync(SubscribePacket packet)
    {
        var outcome = await _broker.SubscribeAsync(Session, packet, _ended.Token);
        var text = _connect.Properties.WantsReasons ? outcome.Text : null;
        if (!Answer(PacketEncoder.Subscribed(Version, packet.PacketId, outcome.Reasons, text))) return false;
        foreach (var (subscription, messages) in outcome.Retained)
            foreach (var message in messages)
                subscription.DeliverRetained(message);
        return true;
    }

    private UnsubscribePacket? DecodeUnsubscribe(in Frame frame)
    {
        var reader = new PacketReader(frame.Body.Span);
        var packet = PacketDecoder.Unsubscribe(ref reader, Version);
        return Faulty(reader) ? null : packet;
    }

    private async ValueTask<bool> UnsubscribeAsync(UnsubscribePacket packet)
    {
        var reasons = await _broker.UnsubscribeAsync(Session, packet.Filters, _ended.Token);
        return Answer(PacketEncoder.Unsubscribed(Version, packet.PacketId, reasons));
    }

    private void TakeDisconnect(in Frame frame)
    {
        var reader = new PacketReader(frame.Body.Span);
        var packet = PacketDecoder.Disconnect(ref reader, Version);
        if (Faulty(reader)) return;
        if (packet.Properties.Has(PropertyKind.SessionExpiry))
        {
            if (_connect.SessionExpirySeconds == 0 && packet.Properties.SessionExpirySeconds > 0)
            {
                Close(ReasonCode.ProtocolError, "A session that ends with its connection cannot be made to last afterwards.");
                return;
            }

            Session.Expiry = _broker.ExpiryOf(packet.Properties.SessionExpirySeconds);
        }

        if (packet.Reason != ReasonCode.DisconnectWithWill) _will = null;
    }
}
