using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Xunit;

namespace Stoa.Tests.Mqtt;

/// <summary>A PUBLISH as a test sees it.</summary>
internal sealed record Received(
    string Topic, string Text, QualityOfService Qos, bool Retain, bool IsDuplicate, ushort PacketId,
    PacketProperties Properties);

/// <summary>The client's end of one connection, packet by packet: it does what a test says, right or wrong.</summary>
internal sealed class MqttPeer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TcpClient _tcp = new();
    private readonly PacketSource _source;
    private readonly NetworkStream _stream;

    private MqttPeer(TcpClient tcp)
    {
        _tcp = tcp;
        _stream = tcp.GetStream();
        _source = new(PipeReader.Create(_stream)) { PacketBytesMax = uint.MaxValue };
    }

    internal ProtocolVersion Version { get; private set; } = ProtocolVersion.V5;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>A connection on which nothing was said yet.</summary>
    internal static async Task<MqttPeer> DialAsync(Exchange stoa)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(stoa.MqttEndpoint, Now);
        return new(tcp);
    }

    /// <summary>A connection that the server has accepted.</summary>
    internal static async Task<MqttPeer> ConnectAsync(
        Exchange stoa, string? token = null, ProtocolVersion version = ProtocolVersion.V5, Func<ConnectPacket, ConnectPacket>? with = null)
    {
        var peer = await DialAsync(stoa);
        var answer = await peer.GreetAsync(token, version, with);
        Assert.Equal(ReasonCode.Success, answer.Reason);
        return peer;
    }

    /// <summary>Sends CONNECT and returns CONNACK.</summary>
    internal async Task<ConnectAcknowledgement> GreetAsync(
        string? token = null, ProtocolVersion version = ProtocolVersion.V5, Func<ConnectPacket, ConnectPacket>? with = null)
    {
        Version = version;
        var connect = new ConnectPacket(version, "")
        {
            IsCleanStart = true, UserName = token is null ? null : "any", Password = token,
        };
        await SendAsync(PacketEncoder.Connect(with is null ? connect : with(connect), ushort.MaxValue, 1 << 28));
        var frame = await ReadAsync(PacketType.ConnectAcknowledgement);
        var reader = new PacketReader(frame.Body.Span);
        var answer = PacketDecoder.ConnectAcknowledgement(ref reader, version);
        Assert.Null(reader.Fault);
        return answer;
    }

    internal async Task SendAsync(params byte[] packet) => await _stream.WriteAsync(packet, Now);

    /// <summary>The next packet, whatever it is; null when the server has closed.</summary>
    internal async Task<Frame?> TryReadAsync(TimeSpan? patience = null)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Now);
        end.CancelAfter(patience ?? Patience);
        try
        {
            var (isThere, frame) = await _source.NextAsync(end.Token);
            return isThere ? frame with { Body = frame.Body.ToArray() } : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    internal async Task<Frame> ReadAsync(PacketType type)
    {
        var frame = await TryReadAsync();
        Assert.True(frame is not null, $"The server closed; {type} was expected.");
        Assert.Equal(type, frame.Value.Type);
        return frame.Value;
    }

    /// <summary>Nothing comes for a while.</summary>
    internal async Task HearsNothingAsync()
    {
        await SendAsync(PacketEncoder.PingRequest);
        await ReadAsync(PacketType.PingResponse);
    }

    /// <summary>The server says why it closes, and closes.</summary>
    internal async Task<ReasonCode> ReadDisconnectAsync()
    {
        var frame = await ReadAsync(PacketType.Disconnect);
        var reader = new PacketReader(frame.Body.Span);
        var packet = PacketDecoder.Disconnect(ref reader, Version, PropertySets.DisconnectByServer);
        Assert.Null(reader.Fault);
        Assert.Null(await TryReadAsync());
        return packet.Reason;
    }

    internal async Task<ReasonCode[]> SubscribeAsync(params (string Filter, int Options)[] filters) =>
        await SubscribeAsync(0, filters);

    internal async Task<ReasonCode[]> SubscribeAsync(int identifier, params (string Filter, int Options)[] filters)
    {
        await SendAsync(PacketEncoder.Subscribe(Version, 7, filters.Select(filter =>
            new SubscriptionRequest(filter.Filter, new((byte)filter.Options))), identifier));
        var frame = await ReadAsync(PacketType.SubscribeAcknowledgement);
        var reader = new PacketReader(frame.Body.Span);
        var answer = PacketDecoder.SubscribeAcknowledgement(ref reader, Version);
        Assert.Null(reader.Fault);
        Assert.Equal(7, answer.PacketId);
        return [.. answer.Reasons];
    }

    internal async Task<ReasonCode[]> UnsubscribeAsync(params string[] filters)
    {
        await SendAsync(PacketEncoder.Unsubscribe(Version, 8, filters));
        var frame = await ReadAsync(PacketType.UnsubscribeAcknowledgement);
        var reader = new PacketReader(frame.Body.Span);
        return [.. PacketDecoder.SubscribeAcknowledgement(ref reader, Version).Reasons];
    }

    /// <summary>Sends a PUBLISH without waiting.</summary>
    internal async Task SendPublishAsync(
        string topic, string text, int qos = 0, ushort id = 0, bool retain = false, bool isDuplicate = false,
        MessageProperties? properties = null, ushort alias = 0)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var message = new Message(topic, Encoding.UTF8.GetBytes(text), default) { Properties = properties ?? MessageProperties.Empty };
        PublishEncoder.Write(bytes, message, new PublishForm(Version, (QualityOfService)qos)
        {
            PacketId = id, Retain = retain, IsDuplicate = isDuplicate, Alias = alias,
            ExpirySeconds = properties?.ExpirySeconds,
        }, uint.MaxValue);
        await SendAsync(bytes.WrittenSpan.ToArray());
    }

    /// <summary>Publishes and goes through the whole handshake of the QoS; what the server thinks of it.</summary>
    internal async Task<ReasonCode> PublishAsync(
        string topic, string text, int qos = 1, bool retain = false, MessageProperties? properties = null, ushort id = 9)
    {
        await SendPublishAsync(topic, text, qos, qos == 0 ? (ushort)0 : id, retain, false, properties);
        if (qos == 0) return ReasonCode.Success;
        if (qos == 1) return (await ReadAcknowledgementAsync(PacketType.PublishAcknowledgement, id)).Reason;
        var received = await ReadAcknowledgementAsync(PacketType.PublishReceived, id);
        if (received.Reason >= ReasonCode.UnspecifiedError) return received.Reason;
        await SendAcknowledgementAsync(PacketType.PublishRelease, id);
        return (await ReadAcknowledgementAsync(PacketType.PublishComplete, id)).Reason;
    }

    internal async Task<AcknowledgementPacket> ReadAcknowledgementAsync(PacketType type, ushort id)
    {
        var frame = await ReadAsync(type);
        var reader = new PacketReader(frame.Body.Span);
        var packet = PacketDecoder.Acknowledgement(ref reader, type, Version);
        Assert.Null(reader.Fault);
        Assert.Equal(id, packet.PacketId);
        return packet;
    }

    internal async Task SendAcknowledgementAsync(PacketType type, ushort id, ReasonCode reason = ReasonCode.Success)
    {
        var bytes = new ArrayBufferWriter<byte>();
        PacketEncoder.Acknowledge(bytes, Version, new(type, id, reason));
        await SendAsync(bytes.WrittenSpan.ToArray());
    }

    /// <summary>The next packet is a message; acknowledges nothing.</summary>
    internal async Task<Received> ReadMessageAsync()
    {
        var frame = await ReadAsync(PacketType.Publish);
        var reader = new PacketReader(frame.Body.Span);
        var packet = PacketDecoder.Publish(ref reader, frame.Flags, Version, PropertySets.PublishByServer);
        Assert.Null(reader.Fault);
        return new(packet!.Topic, Encoding.UTF8.GetString(packet.Payload), packet.Qos, packet.Retain, packet.IsDuplicate,
            packet.PacketId, packet.Properties);
    }

    /// <summary>Breaks the connection without a word.</summary>
    internal void Break()
    {
        _tcp.Client.LingerState = new(true, 0);
        _tcp.Dispose();
    }

    /// <summary>Says good-bye and waits until the server has let go.</summary>
    internal async Task DisconnectAsync(ReasonCode reason = ReasonCode.Success)
    {
        await SendAsync(PacketEncoder.Disconnecting(Version, reason));
        Assert.Null(await TryReadAsync());
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }
}
