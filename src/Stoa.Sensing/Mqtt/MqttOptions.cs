namespace Stoa.Sensing.Mqtt;

/// <summary>What an operator decides for the MQTT server.</summary>
public sealed record MqttOptions
{
    /// <summary>Where clients reach the server, as told to them: <c>mqtt://</c>, <c>mqtts://</c>, <c>ws://</c> or
    /// <c>wss://</c>.</summary>
    public IReadOnlyList<Uri> Addresses { get; init; } = [];

    /// <summary>File that declares bridges to outside brokers; empty for none.</summary>
    public string BridgesFile { get; init; } = "";

    /// <summary>Connections open at once; a further one is refused in CONNACK.</summary>
    public int ConnectionsMax { get; init; } = 10_000;

    /// <summary>Sessions, with and without a connection, that are kept beyond their connection.</summary>
    public int SessionsMax { get; init; } = 20_000;

    /// <summary>Largest packet, in bytes.</summary>
    public int PacketBytesMax { get; init; } = 1 << 20;

    /// <summary>Messages that wait for one client, of QoS 0 and of QoS 1 and 2 each.</summary>
    public int QueueMessagesMax { get; init; } = 1000;

    /// <summary>Bytes that wait for one client, of QoS 0 and of QoS 1 and 2 each.</summary>
    public long QueueBytesMax { get; init; } = 4 << 20;

    /// <summary>Bytes that wait for all clients together.</summary>
    public long QueueBytesTotalMax { get; init; } = 256 << 20;

    /// <summary>Longest time that a session is kept without a connection.</summary>
    public TimeSpan SessionExpiryMax { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Retained messages of one dataset.</summary>
    public int RetainedMessagesMax { get; init; } = 10_000;
}

/// <summary>Limits that are the same everywhere.</summary>
public static class MqttLimits
{
    /// <summary>Bytes of a client identifier; the standard asks for 23 at least.</summary>
    public const int ClientIdBytesMax = 256;

    /// <summary>Bytes of a topic name or filter.</summary>
    public const int TopicBytesMax = Topics.BytesMax;

    /// <summary>Levels of a topic name or filter.</summary>
    public const int TopicLevelsMax = Topics.LevelsMax;

    /// <summary>Filters of one SUBSCRIBE or UNSUBSCRIBE.</summary>
    public const int FiltersOfPacketMax = Packets.PacketDecoder.FiltersMax;

    /// <summary>User properties of one packet.</summary>
    public const int UserPropertiesMax = Packets.PacketProperties.UserPropertiesMax;

    /// <summary>Subscriptions of one client.</summary>
    public const int SubscriptionsMax = 1000;

    /// <summary>Publications of one client that wait for their commit (receive maximum, MQTT 5, 3.2.2.3.3).</summary>
    public const int ReceiveMaximum = 1024;

    /// <summary>Messages of QoS 1 and 2 that one client has not acknowledged yet.</summary>
    public const int InFlightMax = 256;

    /// <summary>Topic aliases in each direction of a connection.</summary>
    public const int TopicAliasesMax = 64;

    /// <summary>Answers that wait for one client: one that asks and never reads is disconnected.</summary>
    public const int AnswersMax = 8192;

    /// <summary>Bytes of the first packet, sent by somebody who is not known yet.</summary>
    public const int ConnectBytesMax = 128 * 1024;

    /// <summary>Time from the connection to a complete CONNECT.</summary>
    public static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(10);

    /// <summary>For the settings reference.</summary>
    public static IReadOnlyList<(string What, long Limit)> All { get; } =
    [
        ("MQTT: bytes of a client identifier", ClientIdBytesMax),
        ("MQTT: bytes of a topic name or filter", TopicBytesMax),
        ("MQTT: levels of a topic name or filter", TopicLevelsMax),
        ("MQTT: filters of one SUBSCRIBE or UNSUBSCRIBE", FiltersOfPacketMax),
        ("MQTT: user properties of one packet", UserPropertiesMax),
        ("MQTT: subscriptions of one client", SubscriptionsMax),
        ("MQTT: publications of one client waiting for their commit", ReceiveMaximum),
        ("MQTT: messages of QoS 1 and 2 that a client has not acknowledged", InFlightMax),
        ("MQTT: topic aliases of a connection, each way", TopicAliasesMax),
        ("MQTT: answers waiting for one client", AnswersMax),
        ("MQTT: bytes of CONNECT", ConnectBytesMax),
        ("MQTT: seconds to send CONNECT", (long)ConnectTime.TotalSeconds),
    ];
}
