using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;

namespace Stoa.Conformance.Mqtt;

/// <summary>A message that arrived.</summary>
internal sealed record MqttMessage(string Topic, string Payload);

/// <summary>A small client of MQTT 3.1.1 (OASIS, 2014) over TCP or TLS: enough to publish and to listen.</summary>
internal sealed class MqttConnection : IAsyncDisposable
{
    private static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(10);
    private const int PacketBytesMax = 16 * 1024 * 1024;
    private const byte Refused = 0x80;

    private readonly TcpClient _tcp;
    private readonly Stream _stream;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<(byte Type, byte[] Body)> _answers = Channel.CreateBounded<(byte, byte[])>(100);
    private readonly Channel<MqttMessage> _messages = Channel.CreateBounded<MqttMessage>(10_000);
    private Task _receiving = Task.CompletedTask;
    private ushort _packetId;

    private MqttConnection(TcpClient tcp, Stream stream) => (_tcp, _stream) = (tcp, stream);

    /// <summary>Connects with a clean session; the token is the password.</summary>
    /// <exception cref="CannotRun">Nobody listens, or the server refuses.</exception>
    public static async Task<MqttConnection> OpenAsync(MqttAddress address, string? token,
        CancellationToken cancellation)
    {
        var tcp = new TcpClient();
        try
        {
            await tcp.ConnectAsync(address.Host, address.Port, cancellation).AsTask().WaitAsync(AnswerTimeMax,
                cancellation);
            Stream stream = tcp.GetStream();
            if (address.IsEncrypted)
            {
                var encrypted = new SslStream(stream);
                await encrypted.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions { TargetHost = address.Host }, cancellation);
                stream = encrypted;
            }

            var connection = new MqttConnection(tcp, stream);
            connection._receiving = connection.ReceiveAsync();
            await connection.ConnectAsync(token, cancellation);
            return connection;
        }
        catch (Exception error) when (
            error is SocketException or IOException or TimeoutException or System.Security.Authentication.AuthenticationException)
        {
            tcp.Dispose();
            throw new CannotRun($"MQTT at {address.Host}:{address.Port} does not answer: {error.Message}");
        }
    }

    /// <summary>SUBSCRIBE with quality of service 1.</summary>
    /// <returns>Whether the server took it.</returns>
    public async Task<bool> SubscribeAsync(string filter, CancellationToken cancellation)
    {
        var body = new List<byte>();
        var id = NextId(body);
        AddText(body, filter);
        body.Add(1);
        await SendAsync(0x82, [.. body], cancellation);
        var answer = await AnswerAsync(0x90, id, cancellation);
        return answer.Length > 2 && answer[2] != Refused;
    }

    /// <summary>PUBLISH with quality of service 1.</summary>
    /// <returns>Whether the server acknowledged it and left the connection open.</returns>
    public async Task<bool> PublishAsync(string topic, string payload, CancellationToken cancellation)
    {
        var body = new List<byte>();
        AddText(body, topic);
        var id = NextId(body);
        body.AddRange(Encoding.UTF8.GetBytes(payload));
        try
        {
            await SendAsync(0x32, [.. body], cancellation);
            await AnswerAsync(0x40, id, cancellation);
            return true;
        }
        catch (Exception error) when (error is IOException or ChannelClosedException)
        {
            return false;
        }
    }

    /// <summary>The next message, or null when none comes in time.</summary>
    public async Task<MqttMessage?> NextAsync(TimeSpan wait, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(wait);
        try
        {
            return await _messages.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    private async Task ConnectAsync(string? token, CancellationToken cancellation)
    {
        var body = new List<byte>();
        AddText(body, "MQTT");
        body.Add(4);
        // Clean session; with a token user name and password too.
        body.Add((byte)(token is null ? 0x02 : 0xC2));
        body.AddRange([0, 60]);
        AddText(body, "conformance" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5)));
        if (token is not null)
        {
            AddText(body, "token");
            AddText(body, token);
        }

        await SendAsync(0x10, [.. body], cancellation);
        try
        {
            var (type, answer) = await _answers.Reader.ReadAsync(cancellation).AsTask().WaitAsync(AnswerTimeMax,
                cancellation);
            if (type != 0x20 || answer.Length < 2 || answer[1] != 0)
                throw new CannotRun(
                    $"The MQTT server refuses the connection with code {(answer.Length > 1 ? answer[1] : 255)}.");
        }
        catch (ChannelClosedException)
        {
            throw new CannotRun("The MQTT server closed the connection.");
        }
    }

    private async Task<byte[]> AnswerAsync(byte type, ushort id, CancellationToken cancellation)
    {
        while (true)
        {
            var (got, body) = await _answers.Reader.ReadAsync(cancellation).AsTask().WaitAsync(AnswerTimeMax,
                cancellation);
            if (got == type && body.Length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(body) == id) return body;
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                var head = new byte[1];
                await _stream.ReadExactlyAsync(head, _closing.Token);
                var body = new byte[await LengthAsync()];
                await _stream.ReadExactlyAsync(body, _closing.Token);
                await TakeAsync(head[0], body);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            _answers.Writer.TryComplete();
            _messages.Writer.TryComplete();
        }
    }

    private async Task TakeAsync(byte head, byte[] body)
    {
        var quality = (head >> 1) & 3;
        switch (head & 0xF0)
        {
            case 0x30:
                var topicBytes = BinaryPrimitives.ReadUInt16BigEndian(body);
                var start = 2 + topicBytes + (quality > 0 ? 2 : 0);
                var message = new MqttMessage(Encoding.UTF8.GetString(body, 2, topicBytes),
                    Encoding.UTF8.GetString(body.AsSpan(start)));
                if (quality > 0) await SendAsync((byte)(quality == 1 ? 0x40 : 0x50), body[(2 + topicBytes)..start],
                    _closing.Token);
                await _messages.Writer.WriteAsync(message, _closing.Token);
                break;
            case 0x60:
                await SendAsync(0x70, body[..2], _closing.Token);
                break;
            default:
                await _answers.Writer.WriteAsync(((byte)(head & 0xF0), body), _closing.Token);
                break;
        }
    }

    private async Task<int> LengthAsync()
    {
        var digit = new byte[1];
        var (length, shift) = (0, 0);
        do
        {
            await _stream.ReadExactlyAsync(digit, _closing.Token);
            length |= (digit[0] & 127) << shift;
            shift += 7;
        }
        while ((digit[0] & 128) != 0 && shift < 28);
        return length <= PacketBytesMax ? length : throw new IOException("The packet is too large.");
    }

    private async Task SendAsync(byte head, byte[] body, CancellationToken cancellation)
    {
        var packet = new List<byte> { head };
        for (var left = body.Length; ; left >>= 7)
        {
            packet.Add((byte)((left & 127) | (left > 127 ? 128 : 0)));
            if (left <= 127) break;
        }

        packet.AddRange(body);
        await _sending.WaitAsync(cancellation);
        try
        {
            await _stream.WriteAsync(packet.ToArray(), cancellation);
            await _stream.FlushAsync(cancellation);
        }
        finally
        {
            _sending.Release();
        }
    }

    private ushort NextId(List<byte> body)
    {
        var id = ++_packetId;
        body.AddRange([(byte)(id >> 8), (byte)id]);
        return id;
    }

    private static void AddText(List<byte> body, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        body.AddRange([(byte)(bytes.Length >> 8), (byte)bytes.Length]);
        body.AddRange(bytes);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await SendAsync(0xE0, [], CancellationToken.None);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The server was faster.
        }

        await _closing.CancelAsync();
        _tcp.Dispose();
        await _receiving;
        _closing.Dispose();
        _sending.Dispose();
    }
}
