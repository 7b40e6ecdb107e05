namespace Stoa.Sensing.Mqtt.Packets;

/// <summary>The kinds of packets (MQTT 5, 2.1.2), as in the upper half of the first byte.</summary>
internal enum PacketType : byte
{
    None = 0,
    Connect = 1,
    ConnectAcknowledgement = 2,
    Publish = 3,
    PublishAcknowledgement = 4,
    PublishReceived = 5,
    PublishRelease = 6,
    PublishComplete = 7,
    Subscribe = 8,
    SubscribeAcknowledgement = 9,
    Unsubscribe = 10,
    UnsubscribeAcknowledgement = 11,
    PingRequest = 12,
    PingResponse = 13,
    Disconnect = 14,
    Authentication = 15,
}

/// <summary>The protocol levels that are spoken, as in CONNECT.</summary>
internal enum ProtocolVersion : byte
{
    V311 = 4,
    V5 = 5,
}

/// <summary>Why a packet cannot be taken: the reason for DISCONNECT and words for the log and the reason
/// string.</summary>
internal readonly record struct PacketFault(ReasonCode Reason, string Text);
