using System.Buffers;

namespace Stoa.Sensing.Mqtt.Packets;

/// <summary>What a server tells about itself in CONNACK (MQTT 5, 3.2.2.3).</summary>
internal sealed record ConnectAnswer(bool IsSessionPresent)
{
    /// <summary>Not null when it differs from what the client asked for.</summary>
    internal uint? SessionExpirySeconds { get; init; }
    internal string? AssignedClientId { get; init; }
    internal ushort? ServerKeepAliveSeconds { get; init; }
    internal required ushort ReceiveMaximum { get; init; }
    internal required ushort TopicAliasMaximum { get; init; }
    internal required uint MaximumPacketBytes { get; init; }
    internal bool IsSharedAvailable { get; init; } = true;
}

/// <summary>Writes the packets of both sides.</summary>
internal static class PacketEncoder
{
    // Reason strings are ours; they are cut long before they could make a packet too large for a small device.
    private const int ReasonCharsMax = 400;

    internal static readonly byte[] PingRequest = [0xC0, 0];
    internal static readonly byte[] PingResponse = [0xD0, 0];

    internal static byte[] Connected(ProtocolVersion version, ConnectAnswer answer)
    {
        var writer = PacketWriter.Begin().Byte(answer.IsSessionPresent ? (byte)1 : (byte)0).Byte(0);
        if (version == ProtocolVersion.V5)
        {
            writer.BeginProperties();
            if (answer.SessionExpirySeconds is { } expiry) writer.Property(PropertyKind.SessionExpiry, expiry);
            writer.Property(PropertyKind.ReceiveMaximum, answer.ReceiveMaximum)
                .Property(PropertyKind.MaximumPacketSize, answer.MaximumPacketBytes);
            if (answer.AssignedClientId is { } id) writer.Property(PropertyKind.AssignedClientId, id);
            writer.Property(PropertyKind.TopicAliasMaximum, answer.TopicAliasMaximum);
            if (!answer.IsSharedAvailable) writer.Property(PropertyKind.SharedAvailable, (byte)0);
            if (answer.ServerKeepAliveSeconds is { } seconds) writer.Property(PropertyKind.ServerKeepAlive, seconds);
            writer.EndProperties();
        }

        return writer.ToArray(PacketType.ConnectAcknowledgement, 0);
    }

    internal static byte[] Refused(ProtocolVersion version, ReasonCode reason, string text)
    {
        var writer = PacketWriter.Begin().Byte(0);
        if (version == ProtocolVersion.V5) Reason(writer.Byte((byte)reason).BeginProperties(), text).EndProperties();
        else writer.Byte(ReturnCodes.Of(reason));
        return writer.ToArray(PacketType.ConnectAcknowledgement, 0);
    }

    internal static void Acknowledge(IBufferWriter<byte> output, ProtocolVersion version, in AcknowledgementPacket packet)
    {
        var writer = PacketWriter.Begin().UInt16(packet.PacketId);
        if (version == ProtocolVersion.V5 && packet.Reason != ReasonCode.Success)
        {
            writer.Byte((byte)packet.Reason);
            if (packet.Text is { } text) Reason(writer.BeginProperties(), text).EndProperties();
        }

        writer.WriteTo(output, packet.Type, packet.Type == PacketType.PublishRelease ? (byte)2 : (byte)0);
    }

    internal static byte[] Subscribed(ProtocolVersion version, ushort packetId, IEnumerable<ReasonCode> reasons, string? text)
    {
        var writer = PacketWriter.Begin().UInt16(packetId);
        if (version == ProtocolVersion.V5)
        {
            writer.BeginProperties();
            if (text is not null) Reason(writer, text);
            writer.EndProperties();
        }

        foreach (var reason in reasons)
            writer.Byte(version == ProtocolVersion.V5 || reason < ReasonCode.UnspecifiedError ? (byte)reason : (byte)0x80);
        return writer.ToArray(PacketType.SubscribeAcknowledgement, 0);
    }

    internal static byte[] Unsubscribed(ProtocolVersion version, ushort packetId, IEnumerable<ReasonCode> reasons)
    {
        var writer = PacketWriter.Begin().UInt16(packetId);
        if (version == ProtocolVersion.V5)
        {
            writer.BeginProperties().EndProperties();
            foreach (var reason in reasons) writer.Byte((byte)reason);
        }

        return writer.ToArray(PacketType.UnsubscribeAcknowledgement, 0);
    }

    /// <summary>DISCONNECT of a server; 3.1.1 has none, so nothing then.</summary>
    internal static byte[] Disconnected(ProtocolVersion version, ReasonCode reason, string text) =>
        version == ProtocolVersion.V311 ? []
        : Reason(PacketWriter.Begin().Byte((byte)reason).BeginProperties(), text).EndProperties()
            .ToArray(PacketType.Disconnect, 0);

    /// <summary>DISCONNECT of a client.</summary>
    internal static byte[] Disconnecting(ProtocolVersion version, ReasonCode reason) =>
        version == ProtocolVersion.V311 || reason == ReasonCode.Success ? [0xE0, 0] : [0xE0, 1, (byte)reason];

    internal static byte[] Connect(ConnectPacket connect, ushort receiveMaximum, uint maximumPacketBytes)
    {
        var flags = (connect.IsCleanStart ? 2 : 0) | (connect.UserName is null ? 0 : 0x80)
            | (connect.Password is null ? 0 : 0x40);
        if (connect.Will is { } will) flags |= 4 | (int)will.Qos << 3 | (will.Retain ? 0x20 : 0);
        var writer = PacketWriter.Begin().Text("MQTT").Byte((byte)connect.Version).Byte((byte)flags)
            .UInt16(connect.KeepAliveSeconds);
        if (connect.Version == ProtocolVersion.V5)
        {
            writer.BeginProperties();
            if (connect.SessionExpirySeconds > 0) writer.Property(PropertyKind.SessionExpiry, connect.SessionExpirySeconds);
            writer.Property(PropertyKind.ReceiveMaximum, receiveMaximum)
                .Property(PropertyKind.MaximumPacketSize, maximumPacketBytes).EndProperties();
        }

        writer.Text(connect.ClientId);
        if (connect.Will is { } last)
        {
            if (connect.Version == ProtocolVersion.V5)
            {
                writer.BeginProperties();
                if (last.DelaySeconds > 0) writer.Property(PropertyKind.WillDelay, last.DelaySeconds);
                writer.Properties(last.Properties, last.Properties.ExpirySeconds).EndProperties();
            }

            writer.Text(last.Topic).Binary(last.Payload);
        }

        if (connect.UserName is { } user) writer.Text(user);
        if (connect.Password is { } password) writer.Text(password);
        return writer.ToArray(PacketType.Connect, 0);
    }

    internal static byte[] Subscribe(
        ProtocolVersion version, ushort packetId, IEnumerable<SubscriptionRequest> requests, int identifier = 0)
    {
        var writer = PacketWriter.Begin().UInt16(packetId);
        if (version == ProtocolVersion.V5)
        {
            writer.BeginProperties();
            if (identifier > 0) writer.Byte((byte)PropertyKind.SubscriptionIdentifier).VariableInteger(identifier);
            writer.EndProperties();
        }

        foreach (var (filter, options) in requests) writer.Text(filter).Byte(options.Bits);
        return writer.ToArray(PacketType.Subscribe, 2);
    }

    internal static byte[] Unsubscribe(ProtocolVersion version, ushort packetId, IEnumerable<string> filters)
    {
        var writer = PacketWriter.Begin().UInt16(packetId);
        if (version == ProtocolVersion.V5) writer.BeginProperties().EndProperties();
        foreach (var filter in filters) writer.Text(filter);
        return writer.ToArray(PacketType.Unsubscribe, 2);
    }

    private static PacketWriter Reason(PacketWriter writer, string text) =>
        text.Length == 0 ? writer
        : writer.Property(PropertyKind.ReasonText, text.Length <= ReasonCharsMax ? text : text[..ReasonCharsMax]);
}
