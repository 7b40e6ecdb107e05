using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;

namespace Stoa.Simulation;

/// <summary>
/// A device that publishes observations and keeps its side of the promise: whatever was not acknowledged is sent again
/// after the
/// connection was lost, with the same packet identifier (MQTT 3.1.1, 4.4). Every result is published under one number.
/// </summary>
internal sealed class MqttPublisher(string clientId, string token, QualityOfService qos, long datastream, long firstResult)
{
    private const int Window = 50;

    private readonly SortedDictionary<long, Flight> _flights = [];
    private readonly Dictionary<ushort, long> _byId = [];
    private ushort _lastId;
    private long _next = firstResult;

    /// <summary>Results whose whole handshake is done.</summary>
    internal List<long> Done { get; } = [];

    /// <summary>Results that were sent and whose fate is open.</summary>
    internal int Open => _flights.Count;

    /// <summary>Connects, sends again what is open, and goes on with new ones until the connection or the time is
    /// over.</summary>
    /// <param name="port">Where the server is.</param>
    /// <param name="isLast">No new ones: ends when nothing is open.</param>
    /// <param name="cancellation">Ends it.</param>
    internal async Task RunAsync(int port, bool isLast, CancellationToken cancellation)
    {
        using var tcp = new TcpClient { NoDelay = true };
        try
        {
            await tcp.ConnectAsync(IPAddress.Loopback, port, cancellation);
            var stream = tcp.GetStream();
            var source = new PacketSource(PipeReader.Create(stream)) { PacketBytesMax = 1 << 20 };
            await stream.WriteAsync(PacketEncoder.Connect(new ConnectPacket(ProtocolVersion.V311, clientId)
            {
                IsCleanStart = false, UserName = "device", Password = token,
            }, 0, 0), cancellation);
            var (isThere, answer) = await source.NextAsync(cancellation);
            if (!isThere) return;
            if (answer.Type != PacketType.ConnectAcknowledgement || answer.Body.Span[1] != 0)
                throw new InvalidOperationException("The server refused the device.");
            await stream.WriteAsync(Again(), cancellation);
            while (!isLast || _flights.Count > 0)
            {
                if (!isLast) await stream.WriteAsync(More(), cancellation);
                (isThere, answer) = await source.NextAsync(cancellation);
                if (!isThere) return;
                if (Take(answer) is { } release) await stream.WriteAsync(release, cancellation);
            }
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // The server was killed: what is open is sent again next time.
        }
    }

    private byte[] Again()
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var (result, flight) in _flights)
            if (flight.IsReceived) PacketEncoder.Acknowledge(
                output, ProtocolVersion.V311, new(PacketType.PublishRelease, flight.PacketId, ReasonCode.Success));
            else Write(output, result, flight.PacketId, isDuplicate: true);
        return output.WrittenSpan.ToArray();
    }

    private byte[] More()
    {
        var output = new ArrayBufferWriter<byte>();
        while (_flights.Count < Window)
        {
            do _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
            while (_byId.ContainsKey(_lastId));
            _flights.Add(_next, new(_lastId, false));
            _byId.Add(_lastId, _next);
            Write(output, _next++, _lastId, isDuplicate: false);
        }

        return output.WrittenSpan.ToArray();
    }

    private void Write(ArrayBufferWriter<byte> output, long result, ushort id, bool isDuplicate) => PublishEncoder.Write(
        output,
        new Message(
            string.Create(CultureInfo.InvariantCulture, $"v1.1/Datastreams({datastream})/Observations"),
            Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"result":{{result}}}""")), default),
        new(ProtocolVersion.V311, qos) { PacketId = id, IsDuplicate = isDuplicate }, uint.MaxValue);

    private byte[]? Take(in Frame frame)
    {
        var id = (ushort)((frame.Body.Span[0] << 8) | frame.Body.Span[1]);
        if (frame.Type == PacketType.PublishReceived)
        {
            if (_byId.TryGetValue(id, out var received)) _flights[received] = new(id, true);
            return [0x62, 2, (byte)(id >> 8), (byte)id];
        }

        if (_byId.Remove(id, out var result))
        {
            _flights.Remove(result);
            Done.Add(result);
        }

        return null;
    }

    private readonly record struct Flight(ushort PacketId, bool IsReceived);
}
