namespace Stoa.Sensing.Mqtt.Packets;

/// <summary>CONNECT (MQTT 5, 3.1).</summary>
internal sealed record ConnectPacket(ProtocolVersion Version, string ClientId)
{
    /// <summary>Forget what an earlier session of this client left.</summary>
    internal bool IsCleanStart { get; init; }

    /// <summary>Seconds between packets of the client; 0 for no limit.</summary>
    internal ushort KeepAliveSeconds { get; init; }

    internal WillMessage? Will { get; init; }

    internal string? UserName { get; init; }

    /// <summary>Null when the packet has none; never shown or logged.</summary>
    internal string? Password { get; init; }

    internal PacketProperties Properties { get; init; } = PacketProperties.None;

    /// <summary>What a client of ours asks for in MQTT 5; what came from others stands in the properties.</summary>
    internal uint SessionSeconds { get; init; }

    /// <summary>Seconds that the session outlives its connection; <see cref="uint.MaxValue"/> for ever
    /// (3.1.2.11.2).</summary>
    internal uint SessionExpirySeconds => Version == ProtocolVersion.V5
        ? Math.Max(SessionSeconds, Properties.SessionExpirySeconds)
        : IsCleanStart ? 0 : uint.MaxValue;

    /// <summary>Without the password.</summary>
    public override string ToString() => $"CONNECT {Version} {ClientId}";
}

/// <summary>What is published when the connection ends without a word (MQTT 5, 3.1.2.5).</summary>
internal sealed record WillMessage(
    string Topic, byte[] Payload, QualityOfService Qos, bool Retain, uint DelaySeconds, MessageProperties Properties);

/// <summary>PUBLISH (MQTT 5, 3.3). The topic is empty when the alias alone names it; the id is 0 with QoS 0.</summary>
internal sealed record PublishPacket(
    string Topic, ushort PacketId, QualityOfService Qos, bool Retain, bool IsDuplicate, byte[] Payload,
    PacketProperties Properties);

/// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP (MQTT 5, 3.4 to 3.7).</summary>
internal readonly record struct AcknowledgementPacket(PacketType Type, ushort PacketId, ReasonCode Reason, string? Text = null);

/// <summary>SUBSCRIBE (MQTT 5, 3.8); the identifier is 0 for none.</summary>
internal sealed record SubscribePacket(ushort PacketId, IReadOnlyList<SubscriptionRequest> Requests, int Identifier);

/// <summary>One filter of a SUBSCRIBE.</summary>
internal readonly record struct SubscriptionRequest(string Filter, SubscriptionOptions Options);

/// <summary>Options byte of a subscription (MQTT 5, 3.8.3.1).</summary>
internal readonly record struct SubscriptionOptions(byte Bits)
{
    internal QualityOfService Qos => (QualityOfService)(Bits & 3);

    internal bool NoLocal => (Bits & 4) != 0;

    internal bool RetainAsPublished => (Bits & 8) != 0;

    /// <summary>0: send retained messages; 1: only for a new subscription; 2: never.</summary>
    internal int RetainHandling => (Bits >> 4) & 3;
}

/// <summary>UNSUBSCRIBE (MQTT 5, 3.10).</summary>
internal sealed record UnsubscribePacket(ushort PacketId, IReadOnlyList<string> Filters);

/// <summary>DISCONNECT (MQTT 5, 3.14).</summary>
internal sealed record DisconnectPacket(ReasonCode Reason, PacketProperties Properties);

/// <summary>CONNACK (MQTT 5, 3.2) as a client reads it; return codes of 3.1.1 are translated to reasons of 5.</summary>
internal sealed record ConnectAcknowledgement(bool IsSessionPresent, ReasonCode Reason, PacketProperties Properties);

/// <summary>SUBACK or UNSUBACK as a client reads it.</summary>
internal sealed record SubscribeAcknowledgement(ushort PacketId, IReadOnlyList<ReasonCode> Reasons);
