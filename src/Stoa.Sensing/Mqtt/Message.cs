using Stoa.Sensing.Mqtt.Packets;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt;

/// <summary>A message on its way out, made once and shared by all who get it.</summary>
/// <param name="topic">Name of the topic as the receiver sees it.</param>
/// <param name="payload">Never changed afterwards.</param>
/// <param name="dataset">The dataset whose readers may have it.</param>
internal sealed class Message(string topic, ReadOnlyMemory<byte> payload, DatasetId dataset)
{
    private byte[]? _packet311;
    private byte[]? _packet5;

    /// <summary>Name of the topic as the receiver sees it.</summary>
    public string Topic { get; } = topic;

    /// <summary>Bytes of the payload.</summary>
    public ReadOnlyMemory<byte> Payload { get; } = payload;

    /// <summary>The dataset whose readers may have it: asked again when the message leaves the queue.</summary>
    public DatasetId Dataset { get; } = dataset;

    /// <summary>
    /// What could be seen when a payload was read that may show more than <see cref="Dataset"/>: who sees less when the
    /// message leaves the queue does not get it. Null: the dataset alone decides.
    /// </summary>
    public AccessScope? Sight { get; init; }

    /// <summary>Quality it was published with; what a subscription gets is the lower of this and its own.</summary>
    public QualityOfService Qos { get; init; } = QualityOfService.ExactlyOnce;

    /// <summary>What MQTT 5 carries beside the payload.</summary>
    public MessageProperties Properties { get; init; } = MessageProperties.Empty;

    /// <summary>Kept by its topic, or published so: shown to subscriptions that want the flag as published.</summary>
    public bool Retain { get; init; }

    /// <summary>Who published it (<see cref="Publication.Publisher"/>); null for the server itself.</summary>
    public object? Publisher { get; init; }

    /// <summary>From when on it is not delivered any more (MQTT 5, 3.3.2.3.3), by the server's clock; null for
    /// never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>What it counts for in a queue: payload, topic and what holds them.</summary>
    internal int QueuedBytes => Payload.Length + (2 * Topic.Length) + 100;

    /// <summary>The packet that many receivers get alike, once it was built; null before.</summary>
    internal byte[]? SharedPacket(ProtocolVersion version) => version == ProtocolVersion.V5 ? _packet5 : _packet311;

    // Two threads may build it at the same time; both give the same bytes.
    internal void SharePacket(ProtocolVersion version, byte[] packet)
    {
        if (version == ProtocolVersion.V5) _packet5 = packet;
        else _packet311 = packet;
    }
}
