using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Stoa.Sensing.Mqtt.Packets;

namespace Stoa.Sensing.Mqtt.Bridges;

/// <summary>Takes a message from an outside broker; true when it may be acknowledged there.</summary>
internal delegate Task<bool> MessageHandler(PublishPacket packet);

/// <summary>Where an outside broker is, and how to be known there.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Connect">What is sent first.</param>
internal sealed record BrokerAddress(string Host, int Port, ConnectPacket Connect)
{
    /// <summary>Whether to speak TLS; the certificate must then fit the host's name.</summary>
    internal bool IsTls { get; init; }

    /// <summary>Certificates to trust instead of the system's; null for those.</summary>
    internal X509Certificate2Collection? Authorities { get; init; }
}

/// <summary>A connection to an outside broker: publishes with QoS 0 to 2, and hands over what comes with QoS 0 and
/// 1.</summary>
/// <remarks>One connection only: who wants another makes another client. Messages are acknowledged in their order,
/// each when its
/// handler has ended.</remarks>
internal sealed class MqttClient : IAsyncDisposable
{
    // What the outside broker may have under way towards us, and we towards it.
    private const ushort InFlightMax = 512;

    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(10);

    private readonly TcpClient _tcp;
    private readonly PipeWriter _output;
    private readonly PacketSource _source;
    private readonly ProtocolVersion _version;
    private readonly MessageHandler _handler;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SemaphoreSlim _room = new(InFlightMax, InFlightMax);
    private readonly ConcurrentDictionary<ushort, TaskCompletionSource<ReasonCode>> _waiting = new();
    private readonly Channel<(PublishPacket Packet, Task<bool> Work)> _taken =
        Channel.CreateBounded<(PublishPacket, Task<bool>)>(
            new BoundedChannelOptions(InFlightMax) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly CancellationTokenSource _end = new();
    private int _lastId;
    private Task _running = Task.CompletedTask;

    private MqttClient(TcpClient tcp, Stream stream, ProtocolVersion version, MessageHandler handler)
    {
        _tcp = tcp;
        _output = PipeWriter.Create(stream);
        _source = new(PipeReader.Create(stream)) { PacketBytesMax = 1 << 24 };
        _version = version;
        _handler = handler;
    }

    /// <summary>Ends when the connection does.</summary>
    internal Task Closed => _running;

    /// <summary>Connects, and returns when the broker has accepted.</summary>
    /// <exception cref="IOException">It cannot be reached, or refuses; the message says which.</exception>
    internal static async Task<MqttClient> ConnectAsync(
        BrokerAddress address, MessageHandler handler, CancellationToken cancellation)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(ConnectTime);
        var tcp = new TcpClient { NoDelay = true };
        try
        {
            await tcp.ConnectAsync(address.Host, address.Port, time.Token);
            Stream stream = tcp.GetStream();
            if (address.IsTls) stream = await SecureAsync(stream, address, time.Token);
            var client = new MqttClient(tcp, stream, address.Connect.Version, handler);
            await client.GreetAsync(address.Connect, time.Token);
            client._running = client.RunAsync(address.Connect.KeepAliveSeconds);
            return client;
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or
            System.Security.Authentication.AuthenticationException)
        {
            tcp.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw new IOException($"{address.Host}:{address.Port} cannot be reached: {error.Message}", error);
        }
        catch
        {
            tcp.Dispose();
            throw;
        }
    }

    private static async Task<Stream> SecureAsync(Stream stream, BrokerAddress address, CancellationToken cancellation)
    {
        var tls = new SslStream(stream);
        var options = new SslClientAuthenticationOptions { TargetHost = address.Host };
        if (address.Authorities is { } authorities)
        {
            options.CertificateChainPolicy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        await tls.AuthenticateAsClientAsync(options, cancellation);
        return tls;
    }

    private async Task GreetAsync(ConnectPacket connect, CancellationToken cancellation)
    {
        await _output.WriteAsync(PacketEncoder.Connect(connect, InFlightMax, 1 << 24), cancellation);
        var (isThere, frame) = await _source.NextAsync(cancellation);
        if (!isThere || frame.Type != PacketType.ConnectAcknowledgement)
            throw new IOException("The broker closed the connection without an answer.");
        if (ReadAnswer(frame) is { Reason: var reason and not ReasonCode.Success } answer)
            throw new IOException($"The broker refused the connection: {reason}. {answer.Properties.ReasonText}");
    }

    private ConnectAcknowledgement ReadAnswer(in Frame frame)
    {
        var reader = new PacketReader(frame.Body.Span);
        return PacketDecoder.ConnectAcknowledgement(ref reader, _version);
    }

    /// <summary>Publishes; ends with the broker's answer, at once with QoS 0.</summary>
    internal async Task<ReasonCode> PublishAsync(
        Message message, QualityOfService qos, bool retain, CancellationToken cancellation)
    {
        if (qos == QualityOfService.AtMostOnce)
        {
            await WriteAsync(output => PublishEncoder.Write(output, message, new(_version, qos) { Retain = retain }, uint.MaxValue), cancellation);
            return ReasonCode.Success;
        }

        return await AskAsync(
            (output, id) => PublishEncoder.Write(
                output, message, new(_version, qos) { PacketId = id, Retain = retain }, uint.MaxValue),
            cancellation);
    }

    /// <summary>Subscribes; the reason is the first refusal, or what was granted for the last filter.</summary>
    internal Task<ReasonCode> SubscribeAsync(IReadOnlyList<SubscriptionRequest> requests, CancellationToken cancellation) =>
        AskAsync((output, id) => output.Write(PacketEncoder.Subscribe(_version, id, requests)), cancellation);

    private async Task<ReasonCode> AskAsync(Action<PipeWriter, ushort> write, CancellationToken cancellation)
    {
        await _room.WaitAsync(cancellation);
        try
        {
            var answer = new TaskCompletionSource<ReasonCode>(TaskCreationOptions.RunContinuationsAsynchronously);
            ushort id;
            do id = (ushort)Interlocked.Increment(ref _lastId);
            while (id == 0 || !_waiting.TryAdd(id, answer));
            await WriteAsync(output => write(output, id), cancellation);
            if (_end.IsCancellationRequested) throw new IOException("The connection has ended.");
            return await answer.Task.WaitAsync(cancellation);
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task WriteAsync(Action<PipeWriter> write, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        try
        {
            write(_output);
            await _output.FlushAsync(cancellation);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task RunAsync(ushort keepAliveSeconds)
    {
        var pinging = PingAsync(keepAliveSeconds);
        var acknowledging = AcknowledgeAsync();
        try
        {
            while (await _source.NextAsync(_end.Token) is (true, var frame))
                if (!await TakeAsync(frame)) break;
        }
        catch (Exception error) when (IsOfTheTransport(error))
        {
            // The connection is gone; whoever waits is told below.
        }

        await _end.CancelAsync();
        _taken.Writer.TryComplete();
        foreach (var (_, answer) in _waiting) answer.TrySetException(new IOException("The connection has ended."));
        await pinging;
        await acknowledging;
        _tcp.Dispose();
    }

    private async ValueTask<bool> TakeAsync(Frame frame)
    {
        switch (frame.Type)
        {
            case PacketType.Publish:
                if (Decode(frame) is not { } packet) return false;
                await _taken.Writer.WriteAsync((packet, _handler(packet)), _end.Token);
                return true;
            case PacketType.PublishAcknowledgement or PacketType.PublishComplete:
                var done = Acknowledgement(frame);
                Answer(done.PacketId, done.Reason);
                return true;
            case PacketType.PublishReceived:
                var received = Acknowledgement(frame);
                if (received.Reason >= ReasonCode.UnspecifiedError) Answer(received.PacketId, received.Reason);
                else
                    await WriteAsync(output => PacketEncoder.Acknowledge(
                        output, _version, new(PacketType.PublishRelease, received.PacketId, ReasonCode.Success)), _end.Token);
                return true;
            case PacketType.SubscribeAcknowledgement:
                var subscribed = Subscribed(frame);
                var refusal = subscribed.Reasons.FirstOrDefault(reason => reason >= ReasonCode.UnspecifiedError);
                Answer(subscribed.PacketId, refusal == ReasonCode.Success ? subscribed.Reasons[^1] : refusal);
                return true;
            case PacketType.PingResponse:
                return true;
            default:
                return false;
        }
    }

    private void Answer(ushort id, ReasonCode reason)
    {
        if (_waiting.TryRemove(id, out var answer)) answer.TrySetResult(reason);
    }

    private PublishPacket? Decode(in Frame frame)
    {
        var reader = new PacketReader(frame.Body.Span);
        return PacketDecoder.Publish(ref reader, frame.Flags, _version, PropertySets.PublishByServer);
    }

    private AcknowledgementPacket Acknowledgement(in Frame frame)
    {
        var reader = new PacketReader(frame.Body.Span);
        return PacketDecoder.Acknowledgement(ref reader, frame.Type, _version);
    }

    private SubscribeAcknowledgement Subscribed(in Frame frame)
    {
        var reader = new PacketReader(frame.Body.Span);
        return PacketDecoder.SubscribeAcknowledgement(ref reader, _version);
    }

    private async Task AcknowledgeAsync()
    {
        try
        {
            await foreach (var (packet, work) in _taken.Reader.ReadAllAsync(CancellationToken.None))
            {
                if (!await work)
                {
                    // Not stored: the broker sends it again on the next connection.
                    await _end.CancelAsync();
                    continue;
                }

                if (packet.Qos == 0 || _end.IsCancellationRequested) continue;
                await WriteAsync(output => PacketEncoder.Acknowledge(
                    output, _version, new(PacketType.PublishAcknowledgement, packet.PacketId, ReasonCode.Success)), _end.Token);
            }
        }
        catch (Exception error) when (IsOfTheTransport(error))
        {
            await _end.CancelAsync();
        }
    }

    private async Task PingAsync(ushort keepAliveSeconds)
    {
        try
        {
            while (keepAliveSeconds > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(keepAliveSeconds / 2.0), _end.Token);
                await WriteAsync(output => output.Write(PacketEncoder.PingRequest), _end.Token);
            }
        }
        catch (Exception error) when (IsOfTheTransport(error))
        {
            // The reading side notices as well and ends everything.
        }
    }

    private static bool IsOfTheTransport(Exception error) =>
        error is IOException or SocketException or OperationCanceledException or ObjectDisposedException or ChannelClosedException;

    /// <summary>Says good-bye, as far as that is still possible, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_end.IsCancellationRequested)
                await WriteAsync(output => output.Write(PacketEncoder.Disconnecting(_version, ReasonCode.Success)), _end.Token);
        }
        catch (Exception error) when (IsOfTheTransport(error) || error is InvalidOperationException)
        {
            // It is closed already.
        }

        await _end.CancelAsync();
        _tcp.Dispose();
        await _running;
        _end.Dispose();
        _writing.Dispose();
        _room.Dispose();
    }
}
