namespace Stoa.Sensing.Mqtt.Queues;

/// <summary>A message as one subscription gets it.</summary>
/// <param name="Message">Shared with others.</param>
/// <param name="Qos">The lower of the publication's and the subscription's.</param>
/// <param name="Retain">The flag as this subscription sees it.</param>
/// <param name="Identifier">Of the subscription; 0 for none.</param>
internal readonly record struct Outgoing(Message Message, QualityOfService Qos, bool Retain, int Identifier);

/// <summary>What the connection writes next.</summary>
/// <param name="Outgoing">The message.</param>
/// <param name="PacketId">0 with QoS 0.</param>
/// <param name="IsDuplicate">It was sent before the connection was lost.</param>
/// <param name="IsRelease">Send PUBREL instead: the client has the message already.</param>
internal readonly record struct Delivery(Outgoing Outgoing, ushort PacketId, bool IsDuplicate, bool IsRelease);
