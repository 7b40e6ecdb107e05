using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;

namespace Stoa.Benchmarks.Mqtt;

/// <summary>A client that does one thing as fast as it can, so that it is the server that is measured.</summary>
internal sealed class MqttSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer;

    private MqttSocket(int bufferBytes) => _buffer = new byte[bufferBytes];

    public long BytesReceived { get; private set; }

    public static async Task<MqttSocket> ConnectAsync(int port, string? token, string? filter, int bufferBytes = 256)
    {
        var client = new MqttSocket(bufferBytes);
        await client._socket.ConnectAsync(IPAddress.Loopback, port);
        await client.SendAsync(PacketEncoder.Connect(
            new ConnectPacket(ProtocolVersion.V311, Guid.NewGuid().ToString("N"))
            {
                IsCleanStart = true, UserName = token is null ? null : "bench", Password = token,
            }, 0, 0));
        await client.ExpectAsync([0x20, 2, 0, 0]);
        if (filter is null) return client;
        await client.SendAsync(PacketEncoder.Subscribe(ProtocolVersion.V311, 1, [new(filter, default)]));
        await client.ExpectAsync([0x90, 3, 0, 1, 0]);
        return client;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[await _socket.SendAsync(bytes)..];
    }

    private async Task ExpectAsync(byte[] answer)
    {
        var bytes = new byte[answer.Length];
        for (var at = 0; at < bytes.Length;)
        {
            var count = await _socket.ReceiveAsync(bytes.AsMemory(at));
            if (count == 0) throw new IOException("The server closed the connection.");
            at += count;
        }

        if (!bytes.AsSpan().SequenceEqual(answer)) throw new IOException("Refused: " + Convert.ToHexString(bytes));
    }

    /// <summary>Reads until so many bytes have come in all.</summary>
    public async Task ReceiveAsync(long total)
    {
        while (BytesReceived < total)
        {
            var count = await _socket.ReceiveAsync(_buffer.AsMemory());
            if (count == 0) throw new IOException("The server closed the connection.");
            BytesReceived += count;
        }
    }

    /// <summary>Publishes QoS 1 with so many unacknowledged at most until the time is over; how many were
    /// acknowledged.</summary>
    public async Task<long> PublishAsync(Func<long, string> topic, int window, TimeSpan time)
    {
        var started = TimeProvider.System.GetTimestamp();
        long sent = 0, acknowledged = 0;
        var output = new ArrayBufferWriter<byte>();
        var isOver = false;
        while (!isOver || acknowledged < sent)
        {
            isOver = TimeProvider.System.GetElapsedTime(started) > time;
            output.ResetWrittenCount();
            for (; !isOver && sent - acknowledged < window; sent++)
                PublishEncoder.Write(
                    output, new Message(topic(sent), Encoding.UTF8.GetBytes($$"""{"result":{{sent}}}"""), default),
                    new(ProtocolVersion.V311, QualityOfService.AtLeastOnce) { PacketId = (ushort)((sent % 65_535) + 1) }, uint.MaxValue);
            if (sent == acknowledged) break;
            if (output.WrittenCount > 0) await SendAsync(output.WrittenMemory);
            // Every answer is a PUBACK of four bytes, and one may come in parts.
            await ReceiveAsync((4 * acknowledged) + 4);
            acknowledged = BytesReceived / 4;
        }

        return acknowledged;
    }

    public void Dispose() => _socket.Dispose();
}
