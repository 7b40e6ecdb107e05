using System.Text;
using System.Text.Unicode;

namespace Stoa.Sensing.Mqtt.Packets;

/// <summary>Reads the body of each kind of packet. What breaks the standard leaves a fault in the reader.</summary>
/// <remarks>MQTT 3.1.1 and 5.0; clauses are those of 5.0.</remarks>
internal static class PacketDecoder
{
    /// <summary>Filters of one SUBSCRIBE or UNSUBSCRIBE.</summary>
    internal const int FiltersMax = 200;

    /// <summary>The flags in the lower half of the first byte are fixed, but for PUBLISH (2.1.3).</summary>
    internal static bool HasValidFlags(PacketType type, byte flags) => type switch
    {
        PacketType.None => false,
        PacketType.Publish => true,
        PacketType.PublishRelease or PacketType.Subscribe or PacketType.Unsubscribe => flags == 2,
        _ => flags == 0,
    };

    internal static ConnectPacket? Connect(ref PacketReader reader)
    {
        var protocol = reader.Text();
        var level = reader.Byte();
        if (reader.HasFailed) return null;
        if (protocol != "MQTT" || level is not (4 or 5))
        {
            reader.Fail(ReasonCode.UnsupportedProtocolVersion, "MQTT 3.1.1 (level 4) and MQTT 5 (level 5) are spoken here.");
            return null;
        }

        var version = (ProtocolVersion)level;
        var flags = reader.Byte();
        CheckConnectFlags(ref reader, flags, version);
        var keepAlive = reader.UInt16();
        var properties = version == ProtocolVersion.V5
            ? PacketProperties.Read(ref reader, PropertySets.Connect)
            : PacketProperties.None;
        var clientId = reader.Text();
        var will = (flags & 4) != 0 ? Will(ref reader, flags, version) : null;
        var user = (flags & 0x80) != 0 ? reader.Text() : null;
        var password = (flags & 0x40) != 0 ? Password(ref reader) : null;
        AtEnd(ref reader);
        return reader.HasFailed ? null : new ConnectPacket(version, clientId)
        {
            IsCleanStart = (flags & 2) != 0, KeepAliveSeconds = keepAlive, Will = will, UserName = user,
            Password = password, Properties = properties,
        };
    }

    private static void CheckConnectFlags(ref PacketReader reader, byte flags, ProtocolVersion version)
    {
        if ((flags & 1) != 0) reader.Malformed("The reserved flag of CONNECT must be zero.");
        if ((flags & 0x18) == 0x18) reader.Malformed("A will cannot have QoS 3.");
        if ((flags & 4) == 0 && (flags & 0x38) != 0) reader.Malformed("CONNECT has options of a will and no will.");
        if (version == ProtocolVersion.V311 && (flags & 0x80) == 0 && (flags & 0x40) != 0)
            reader.Malformed("In MQTT 3.1.1 a password needs a user name; any will do.");
    }

    private static WillMessage? Will(ref PacketReader reader, byte flags, ProtocolVersion version)
    {
        var properties = version == ProtocolVersion.V5
            ? PacketProperties.Read(ref reader, PropertySets.Will)
            : PacketProperties.None;
        var topic = reader.Text();
        var payload = reader.Binary().ToArray();
        if (!reader.HasFailed && !Topics.IsName(topic))
            reader.Fail(ReasonCode.TopicNameInvalid, "The topic of the will is empty, too long, or has wildcards.");
        if (properties.ResponseTopic is { } response && !Topics.IsName(response))
            reader.Violates("The response topic of the will is empty, too long, or has wildcards.");
        return new(topic, payload, (QualityOfService)((flags >> 3) & 3), (flags & 0x20) != 0, properties.WillDelaySeconds,
            properties.ToMessage());
    }

    // Bytes, not text, on the wire; what is not text is no token. It is never said back.
    private static string Password(ref PacketReader reader)
    {
        var bytes = reader.Binary();
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : "\uFFFD";
    }

    internal static PublishPacket? Publish(
        ref PacketReader reader, byte flags, ProtocolVersion version, ulong allowed = PropertySets.PublishByClient)
    {
        var qos = (QualityOfService)((flags >> 1) & 3);
        var isDuplicate = (flags & 8) != 0;
        if (qos > QualityOfService.ExactlyOnce) reader.Malformed("There is no QoS 3.");
        if (isDuplicate && qos == QualityOfService.AtMostOnce) reader.Malformed("QoS 0 is never a duplicate.");
        var topic = reader.Text();
        var id = qos == QualityOfService.AtMostOnce ? (ushort)0 : reader.PacketId();
        var properties = version == ProtocolVersion.V5 ? PacketProperties.Read(ref reader, allowed) : PacketProperties.None;
        if (properties.Has(PropertyKind.TopicAlias) && properties.TopicAlias == 0)
            reader.Fail(ReasonCode.TopicAliasInvalid, "A topic alias must not be zero.");
        if (topic.Length == 0 && properties.TopicAlias == 0)
            reader.Violates("PUBLISH names no topic.");
        if (topic.Length > 0 && !Topics.IsName(topic))
            reader.Fail(ReasonCode.TopicNameInvalid, "The topic is too long, or has wildcards, which belong into subscriptions.");
        if (properties.ResponseTopic is { } response && !Topics.IsName(response))
            reader.Violates("The response topic is empty, too long, or has wildcards.");
        if (reader.HasFailed) return null;
        var payload = reader.TakeRest();
        if (properties.IsText == true && !Utf8.IsValid(payload))
            reader.Fail(ReasonCode.PayloadFormatInvalid, "The payload says that it is UTF-8, and is not.");
        return reader.HasFailed ? null
            : new(topic, id, qos, (flags & 1) != 0, isDuplicate, payload.ToArray(), properties);
    }

    internal static AcknowledgementPacket Acknowledgement(ref PacketReader reader, PacketType type, ProtocolVersion version)
    {
        var id = reader.PacketId();
        if (version == ProtocolVersion.V311 || reader.IsAtEnd)
        {
            AtEnd(ref reader);
            return new(type, id, ReasonCode.Success);
        }

        var reason = (ReasonCode)reader.Byte();
        var properties = reader.IsAtEnd ? PacketProperties.None
            : PacketProperties.Read(ref reader, PropertySets.Acknowledgement);
        AtEnd(ref reader);
        return new(type, id, reason, properties.ReasonText);
    }

    internal static SubscribePacket? Subscribe(ref PacketReader reader, ProtocolVersion version)
    {
        var id = reader.PacketId();
        var properties = version == ProtocolVersion.V5
            ? PacketProperties.Read(ref reader, PropertySets.Subscribe)
            : PacketProperties.None;
        var requests = new List<SubscriptionRequest>();
        while (!reader.IsAtEnd && !reader.HasFailed)
        {
            var filter = reader.Text();
            var options = reader.Byte();
            CheckOptions(ref reader, options, version);
            requests.Add(new(filter, new(options)));
            if (requests.Count > FiltersMax)
                reader.Fail(ReasonCode.QuotaExceeded, $"One packet may name at most {FiltersMax} filters.");
        }

        if (!reader.HasFailed && requests.Count == 0) reader.Violates("SUBSCRIBE names no filter.");
        return reader.HasFailed ? null : new(id, requests, properties.SubscriptionIdentifier);
    }

    private static void CheckOptions(ref PacketReader reader, byte options, ProtocolVersion version)
    {
        if ((options & 3) == 3) reader.Malformed("There is no QoS 3.");
        if (version == ProtocolVersion.V311 ? (options & 0xFC) != 0 : (options & 0xC0) != 0)
            reader.Malformed("Reserved bits of the subscription options must be zero.");
        if (((options >> 4) & 3) == 3) reader.Violates("There is no retain handling 3.");
    }

    internal static UnsubscribePacket? Unsubscribe(ref PacketReader reader, ProtocolVersion version)
    {
        var id = reader.PacketId();
        if (version == ProtocolVersion.V5) PacketProperties.Read(ref reader, PropertySets.Unsubscribe);
        var filters = new List<string>();
        while (!reader.IsAtEnd && !reader.HasFailed)
        {
            filters.Add(reader.Text());
            if (filters.Count > FiltersMax)
                reader.Fail(ReasonCode.QuotaExceeded, $"One packet may name at most {FiltersMax} filters.");
        }

        if (!reader.HasFailed && filters.Count == 0) reader.Violates("UNSUBSCRIBE names no filter.");
        return reader.HasFailed ? null : new(id, filters);
    }

    internal static DisconnectPacket Disconnect(
        ref PacketReader reader, ProtocolVersion version, ulong allowed = PropertySets.DisconnectByClient)
    {
        if (version == ProtocolVersion.V311 || reader.IsAtEnd)
        {
            AtEnd(ref reader);
            return new(ReasonCode.Success, PacketProperties.None);
        }

        var reason = (ReasonCode)reader.Byte();
        var properties = reader.IsAtEnd ? PacketProperties.None : PacketProperties.Read(ref reader, allowed);
        AtEnd(ref reader);
        return new(reason, properties);
    }

    internal static ConnectAcknowledgement ConnectAcknowledgement(ref PacketReader reader, ProtocolVersion version)
    {
        var flags = reader.Byte();
        if (flags > 1) reader.Malformed("Reserved flags of CONNACK must be zero.");
        var code = reader.Byte();
        var properties = version == ProtocolVersion.V5 && !reader.IsAtEnd
            ? PacketProperties.Read(ref reader, PropertySets.ConnectAcknowledgement)
            : PacketProperties.None;
        AtEnd(ref reader);
        return new(flags == 1, version == ProtocolVersion.V5 ? (ReasonCode)code : ReturnCodes.ToReason(code), properties);
    }

    internal static SubscribeAcknowledgement SubscribeAcknowledgement(ref PacketReader reader, ProtocolVersion version)
    {
        var id = reader.PacketId();
        if (version == ProtocolVersion.V5) PacketProperties.Read(ref reader, PropertySets.Acknowledgement);
        var reasons = new List<ReasonCode>();
        foreach (var code in reader.TakeRest()) reasons.Add((ReasonCode)code);
        return new(id, reasons);
    }

    internal static void AtEnd(ref PacketReader reader)
    {
        if (!reader.HasFailed && !reader.IsAtEnd) reader.Malformed("The packet is longer than its fields.");
    }
}
