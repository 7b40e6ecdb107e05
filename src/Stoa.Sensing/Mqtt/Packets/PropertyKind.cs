namespace Stoa.Sensing.Mqtt.Packets;

/// <summary>Identifiers of properties (MQTT 5, 2.2.2.2).</summary>
internal enum PropertyKind : byte
{
    None = 0,
    PayloadFormat = 0x01,
    MessageExpiry = 0x02,
    ContentType = 0x03,
    ResponseTopic = 0x08,
    Correlation = 0x09,
    SubscriptionIdentifier = 0x0B,
    SessionExpiry = 0x11,
    AssignedClientId = 0x12,
    ServerKeepAlive = 0x13,
    AuthenticationMethod = 0x15,
    AuthenticationBytes = 0x16,
    RequestProblem = 0x17,
    WillDelay = 0x18,
    RequestResponse = 0x19,
    ResponseInformation = 0x1A,
    ServerReference = 0x1C,
    ReasonText = 0x1F,
    ReceiveMaximum = 0x21,
    TopicAliasMaximum = 0x22,
    TopicAlias = 0x23,
    MaximumQos = 0x24,
    RetainAvailable = 0x25,
    User = 0x26,
    MaximumPacketSize = 0x27,
    WildcardsAvailable = 0x28,
    IdentifiersAvailable = 0x29,
    SharedAvailable = 0x2A,
}

/// <summary>Which properties a packet may carry.</summary>
internal static class PropertySets
{
    private const ulong Publication = 1UL << 0x01 | 1UL << 0x02 | 1UL << 0x03 | 1UL << 0x08 | 1UL << 0x09 | User;
    private const ulong User = 1UL << 0x26;
    private const ulong Reason = 1UL << 0x1F | User;

    internal const ulong Connect = 1UL << 0x11 | 1UL << 0x21 | 1UL << 0x27 | 1UL << 0x22 | 1UL << 0x19 | 1UL << 0x17 |
        1UL << 0x15 | 1UL << 0x16 | User;
    internal const ulong ConnectAcknowledgement = 1UL << 0x11 | 1UL << 0x21 | 1UL << 0x24 | 1UL << 0x25 | 1UL << 0x27 |
        1UL << 0x12 | 1UL << 0x22 | 1UL << 0x28 | 1UL << 0x29 | 1UL << 0x2A | 1UL << 0x13 | 1UL << 0x1A | 1UL << 0x1C |
        1UL << 0x15 | 1UL << 0x16 | Reason;
    internal const ulong Will = Publication | 1UL << 0x18;

    /// <summary>From a client: a subscription identifier may come from a server alone (3.3.2.3.8).</summary>
    internal const ulong PublishByClient = Publication | 1UL << 0x23;
    internal const ulong PublishByServer = PublishByClient | 1UL << 0x0B;
    internal const ulong Acknowledgement = Reason;
    internal const ulong Subscribe = 1UL << 0x0B | User;
    internal const ulong Unsubscribe = User;
    internal const ulong DisconnectByClient = 1UL << 0x11 | Reason;
    internal const ulong DisconnectByServer = 1UL << 0x1C | Reason;
    internal const ulong Authentication = 1UL << 0x15 | 1UL << 0x16 | Reason;
}
