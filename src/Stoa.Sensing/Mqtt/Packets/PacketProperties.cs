namespace Stoa.Sensing.Mqtt.Packets;

/// <summary>The properties of one packet as they came (MQTT 5, 2.2.2); what was absent keeps its default.</summary>
internal sealed class PacketProperties
{
    /// <summary>User properties of one packet; more is not taken.</summary>
    internal const int UserPropertiesMax = 100;

    internal static readonly PacketProperties None = new();

    private ulong _present;
    private List<KeyValuePair<string, string>>? _user;

    internal bool? IsText { get; private set; }
    internal uint? MessageExpirySeconds { get; private set; }
    internal string? ContentType { get; private set; }
    internal string? ResponseTopic { get; private set; }
    internal byte[]? Correlation { get; private set; }
    internal int SubscriptionIdentifier { get; private set; }
    internal uint SessionExpirySeconds { get; private set; }
    internal string? AssignedClientId { get; private set; }
    internal ushort? ServerKeepAlive { get; private set; }
    internal string? AuthenticationMethod { get; private set; }
    internal bool WantsReasons { get; private set; } = true;
    internal uint WillDelaySeconds { get; private set; }
    internal string? ReasonText { get; private set; }
    internal ushort ReceiveMaximum { get; private set; } = ushort.MaxValue;
    internal ushort TopicAliasMaximum { get; private set; }
    internal ushort TopicAlias { get; private set; }
    internal QualityOfService MaximumQos { get; private set; } = QualityOfService.ExactlyOnce;
    internal bool RetainAvailable { get; private set; } = true;
    internal uint MaximumPacketBytes { get; private set; } = uint.MaxValue;

    internal bool Has(PropertyKind kind) => (_present & (1UL << (int)kind)) != 0;

    /// <summary>What travels with the payload to the subscribers.</summary>
    internal MessageProperties ToMessage()
    {
        if (this == None || (_present & (PropertySets.PublishByClient & ~(1UL << (int)PropertyKind.TopicAlias))) == 0)
            return MessageProperties.Empty;
        return new()
        {
            IsText = IsText, ExpirySeconds = MessageExpirySeconds, ContentType = ContentType, ResponseTopic = ResponseTopic,
            Correlation = Correlation is { } bytes ? bytes : null, User = _user is null ? [] : _user,
        };
    }

    /// <summary>Reads the length and the properties; a fault stays in the reader.</summary>
    /// <param name="reader">Stands at the length.</param>
    /// <param name="allowed">One of <see cref="PropertySets"/>.</param>
    internal static PacketProperties Read(ref PacketReader reader, ulong allowed)
    {
        var length = reader.VariableInteger();
        if (length == 0 || reader.HasFailed) return None;
        var bytes = reader.Take(length);
        if (reader.HasFailed) return None;
        var properties = new PacketProperties();
        var inner = new PacketReader(bytes);
        while (!inner.IsAtEnd && !inner.HasFailed) properties.ReadOne(ref inner, allowed);
        if (inner.Fault is { } fault) reader.Fail(fault.Reason, fault.Text);
        return properties;
    }

    private void ReadOne(ref PacketReader reader, ulong allowed)
    {
        var kind = reader.VariableInteger();
        if (kind >= 64 || (allowed & (1UL << kind)) == 0)
        {
            reader.Malformed("A property does not belong into this packet.");
            return;
        }

        var bit = 1UL << kind;
        var mayRepeat = kind == (int)PropertyKind.User ||
            (kind == (int)PropertyKind.SubscriptionIdentifier && allowed == PropertySets.PublishByServer);
        if ((_present & bit) != 0 && !mayRepeat)
        {
            reader.Violates("A property stands in this packet twice.");
            return;
        }

        _present |= bit;
        ReadValue(ref reader, (PropertyKind)kind);
    }

    private void ReadValue(ref PacketReader reader, PropertyKind kind)
    {
        switch (kind)
        {
            case PropertyKind.PayloadFormat: IsText = Flag(ref reader); break;
            case PropertyKind.MessageExpiry: MessageExpirySeconds = reader.UInt32(); break;
            case PropertyKind.ContentType: ContentType = reader.Text(); break;
            case PropertyKind.ResponseTopic: ResponseTopic = reader.Text(); break;
            case PropertyKind.Correlation: Correlation = reader.Binary().ToArray(); break;
            case PropertyKind.SubscriptionIdentifier:
                SubscriptionIdentifier = NotZero(ref reader, reader.VariableInteger());
                break;
            case PropertyKind.SessionExpiry: SessionExpirySeconds = reader.UInt32(); break;
            case PropertyKind.AssignedClientId: AssignedClientId = reader.Text(); break;
            case PropertyKind.ServerKeepAlive: ServerKeepAlive = reader.UInt16(); break;
            case PropertyKind.AuthenticationMethod: AuthenticationMethod = reader.Text(); break;
            case PropertyKind.RequestProblem: WantsReasons = Flag(ref reader); break;
            case PropertyKind.WillDelay: WillDelaySeconds = reader.UInt32(); break;
            case PropertyKind.ReasonText: ReasonText = reader.Text(); break;
            case PropertyKind.ReceiveMaximum: ReceiveMaximum = (ushort)NotZero(ref reader, reader.UInt16()); break;
            case PropertyKind.TopicAliasMaximum: TopicAliasMaximum = reader.UInt16(); break;
            case PropertyKind.TopicAlias: TopicAlias = reader.UInt16(); break;
            case PropertyKind.MaximumQos: MaximumQos = Flag(ref reader) ? QualityOfService.AtLeastOnce : 0; break;
            case PropertyKind.RetainAvailable: RetainAvailable = Flag(ref reader); break;
            case PropertyKind.User: ReadUser(ref reader); break;
            case PropertyKind.MaximumPacketSize:
                MaximumPacketBytes = reader.UInt32();
                if (MaximumPacketBytes == 0) NotZero(ref reader, 0);
                break;
            case PropertyKind.RequestResponse or PropertyKind.WildcardsAvailable or PropertyKind.IdentifiersAvailable
                or PropertyKind.SharedAvailable:
                Flag(ref reader);
                break;
            case PropertyKind.ResponseInformation or PropertyKind.ServerReference: reader.Text(); break;
            case PropertyKind.AuthenticationBytes: reader.Binary(); break;
            default: reader.Malformed("There is no such property."); break;
        }
    }

    private void ReadUser(ref PacketReader reader)
    {
        _user ??= [];
        _user.Add(new(reader.Text(), reader.Text()));
        if (_user.Count > UserPropertiesMax)
            reader.Fail(ReasonCode.QuotaExceeded, $"A packet may carry at most {UserPropertiesMax} user properties.");
    }

    private static bool Flag(ref PacketReader reader)
    {
        var value = reader.Byte();
        if (value > 1) reader.Violates("A property that is 0 or 1 has another value.");
        return value == 1;
    }

    private static int NotZero(ref PacketReader reader, int value)
    {
        if (value == 0) reader.Violates("A property that must not be zero is zero.");
        return value;
    }
}
