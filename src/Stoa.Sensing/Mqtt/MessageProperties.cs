namespace Stoa.Sensing.Mqtt;

/// <summary>How surely a message is delivered (MQTT 5, 4.3).</summary>
internal enum QualityOfService : byte
{
    /// <summary>QoS 0: at most once, not acknowledged.</summary>
    AtMostOnce = 0,

    /// <summary>QoS 1: at least once.</summary>
    AtLeastOnce = 1,

    /// <summary>QoS 2: exactly once.</summary>
    ExactlyOnce = 2,
}

/// <summary>The properties of a PUBLISH that travel with its payload from publisher to subscriber (MQTT 5,
/// 3.3.2.3).</summary>
internal sealed record MessageProperties
{
    /// <summary>No properties.</summary>
    public static MessageProperties Empty { get; } = new();

    /// <summary>Whether the publisher says that the payload is UTF-8; null when it says nothing.</summary>
    public bool? IsText { get; init; }

    /// <summary>Seconds for which the message is of use; null for ever.</summary>
    public uint? ExpirySeconds { get; init; }

    /// <summary>Media type of the payload.</summary>
    public string? ContentType { get; init; }

    /// <summary>Where the publisher wants an answer.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>What the answer must carry, so that the publisher knows to which question it belongs.</summary>
    public ReadOnlyMemory<byte>? Correlation { get; init; }

    /// <summary>Names and values of the publisher's own, in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> User { get; init; } = [];
}
