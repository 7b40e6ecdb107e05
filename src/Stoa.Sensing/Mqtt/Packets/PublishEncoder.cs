using System.Buffers;

namespace Stoa.Sensing.Mqtt.Packets;

/// <summary>How one PUBLISH differs from others of the same message.</summary>
internal readonly record struct PublishForm(ProtocolVersion Version, QualityOfService Qos)
{
    /// <summary>0 with QoS 0.</summary>
    internal ushort PacketId { get; init; }
    internal bool Retain { get; init; }
    internal bool IsDuplicate { get; init; }

    /// <summary>0 for none.</summary>
    internal int SubscriptionIdentifier { get; init; }

    /// <summary>0 for none.</summary>
    internal ushort Alias { get; init; }

    /// <summary>The receiver knows the topic by its alias already.</summary>
    internal bool IsTopicKnown { get; init; }

    /// <summary>What is left of the message's time; null for ever.</summary>
    internal uint? ExpirySeconds { get; init; }

    internal byte Flags => (byte)((IsDuplicate ? 8 : 0) | (int)Qos << 1 | (Retain ? 1 : 0));

    // Nothing in the packet is the receiver's own.
    internal bool IsPlain =>
        Qos == 0 && !Retain && SubscriptionIdentifier == 0 && Alias == 0 && ExpirySeconds is null;
}

/// <summary>Writes PUBLISH (MQTT 5, 3.3).</summary>
internal static class PublishEncoder
{
    // A packet that many get is built once; beyond this size copying the payload is what costs.
    private const int SharedBytesMax = 64 * 1024;

    /// <summary>Writes the packet.</summary>
    /// <returns>Its bytes, or 0 when it is larger than the receiver takes: then nothing was written.</returns>
    internal static int Write(IBufferWriter<byte> output, Message message, in PublishForm form, uint packetBytesMax)
    {
        if (form.IsPlain && message.Payload.Length <= SharedBytesMax)
        {
            var shared = message.SharedPacket(form.Version) ?? Share(message, form);
            if (shared.Length > packetBytesMax) return 0;
            output.Write(shared);
            return shared.Length;
        }

        var writer = Fields(message, form);
        var bytes = writer.PacketBytes(message.Payload.Length);
        if (bytes > packetBytesMax) return 0;
        writer.WriteTo(output, PacketType.Publish, form.Flags, message.Payload.Span);
        return bytes;
    }

    private static byte[] Share(Message message, in PublishForm form)
    {
        var packet = Fields(message, form).ToArray(PacketType.Publish, form.Flags, message.Payload.Span);
        message.SharePacket(form.Version, packet);
        return packet;
    }

    private static PacketWriter Fields(Message message, in PublishForm form)
    {
        var writer = PacketWriter.Begin().Text(form.IsTopicKnown ? "" : message.Topic);
        if (form.Qos > 0) writer.UInt16(form.PacketId);
        if (form.Version == ProtocolVersion.V311) return writer;
        writer.BeginProperties().Properties(message.Properties, form.ExpirySeconds);
        if (form.SubscriptionIdentifier > 0)
            writer.Byte((byte)PropertyKind.SubscriptionIdentifier).VariableInteger(form.SubscriptionIdentifier);
        if (form.Alias > 0) writer.Property(PropertyKind.TopicAlias, form.Alias);
        return writer.EndProperties();
    }
}
