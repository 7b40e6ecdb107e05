using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Xunit;
using static Stoa.Tests.Mqtt.MqttExchange;

namespace Stoa.Tests.Mqtt;

/// <summary>Packets that were damaged in every way, by seed; a failure prints its seed and joins the corpus.</summary>
/// <remarks>STOA_FUZZ_SECONDS lengthens it: each of the two runs takes that long, with seeds beyond the fixed
/// ones.</remarks>
public class Fuzzing_packets
{
    private const int DecoderSeeds = 20_000;
    private const int ServerSeeds = 150;

    // What one client can make the server hold: queues, receipts and buffers are bounded.
    private const long GrownBytesMax = 64 << 20;

    /// <summary>Sound packets, one for each line of thought; damage begins with them.</summary>
    private static readonly string[] Corpus =
    [
        "100D00044D5154540502000000000000",
        "101000044D51545404C2003C000000016100016200", // wrong lengths on purpose
        "102D00044D515454052E000A0511000000FF0003636C6907180000000A010100016103010203",
        "300800016100" + "68656C6C6F", "3208000161000100" + "6869", "340A0001610002" + "02010168", "3D0A0001610003002300010203",
        "301C000161180100020000003C030001740800017209000101260001610001620A", "40020001", "4003000110", "5003000100",
        "6202000162030001920070020001", "820A00010002" + "0B0500016101", "820700020000012300", "820C000300000624736861726500",
        "A2060004000001610000", "C000", "E000", "E00204" + "00", "E0070005110000000A", "F00118", "30FFFFFF7F", "0000",
        "82260005000020646174617365" + "74732F6F70656E2F746F706963732F2301",
    ];

    private static TimeSpan? Longer =>
        int.TryParse(Environment.GetEnvironmentVariable("STOA_FUZZ_SECONDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds) : null;

    private static IEnumerable<int> Seeds(int count)
    {
        for (var seed = 0; seed < count; seed++) yield return seed;
        if (Longer is not { } time) yield break;
        var started = TimeProvider.System.GetTimestamp();
        for (var seed = count; TimeProvider.System.GetElapsedTime(started) < time; seed++) yield return seed;
    }

    /// <summary>Some packets one after another, each perhaps damaged.</summary>
    private static byte[] Damaged(int seed)
    {
        var random = new Random(seed);
        var bytes = new List<byte>();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var packet = Convert.FromHexString(Corpus[random.Next(Corpus.Length)]).ToList();
            for (var wounds = random.Next(0, 4); wounds > 0; wounds--) Wound(packet, random);
            bytes.AddRange(packet);
        }

        return [.. bytes];
    }

    private static void Wound(List<byte> packet, Random random)
    {
        if (packet.Count == 0) return;
        var at = random.Next(packet.Count);
        switch (random.Next(7))
        {
            case 0: packet[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: packet[at] = (byte)random.Next(256); break;
            case 2: packet.RemoveRange(at, random.Next(1, packet.Count - at + 1)); break;
            case 3: packet.InsertRange(at, packet.GetRange(at, random.Next(1, packet.Count - at + 1))); break;
            case 4: packet.Insert(at, (byte)random.Next(256)); break;
            case 5: packet[at] = 0xFF; break;
            // The length says what is really there, so that the body is read and not the frame refused.
            default: if (packet is { Count: > 1 and < 129 }) packet[1] = (byte)(packet.Count - 2); break;
        }
    }

    [Fact]
    public async Task Never_makes_a_decoder_throw()
    {
        foreach (var seed in Seeds(DecoderSeeds))
        {
            try
            {
                await DecodeAsync(Damaged(seed), new Random(seed));
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed}: {Convert.ToHexString(Damaged(seed))}", error);
            }
        }
    }

    // In pieces, as a network gives them.
    private static async Task DecodeAsync(byte[] bytes, Random random)
    {
        var pipe = new Pipe();
        var source = new PacketSource(pipe.Reader) { PacketBytesMax = 1 << 16 };
        for (var at = 0; at < bytes.Length;)
        {
            var piece = Math.Min(random.Next(1, 40), bytes.Length - at);
            pipe.Writer.Write(bytes.AsSpan(at, piece));
            await pipe.Writer.FlushAsync(TestContext.Current.CancellationToken);
            at += piece;
        }

        await pipe.Writer.CompleteAsync();
        while (await source.NextAsync(TestContext.Current.CancellationToken) is (true, var frame))
            foreach (var version in new[] { ProtocolVersion.V311, ProtocolVersion.V5 })
                Decode(frame, version);
        source.Release();
    }

    private static void Decode(Frame frame, ProtocolVersion version)
    {
        var reader = new PacketReader(frame.Body.Span);
        switch (frame.Type)
        {
            case PacketType.Connect: PacketDecoder.Connect(ref reader); break;
            case PacketType.Publish: PacketDecoder.Publish(ref reader, frame.Flags, version); break;
            case PacketType.Subscribe: PacketDecoder.Subscribe(ref reader, version); break;
            case PacketType.Unsubscribe: PacketDecoder.Unsubscribe(ref reader, version); break;
            case PacketType.Disconnect: PacketDecoder.Disconnect(ref reader, version); break;
            case PacketType.ConnectAcknowledgement: PacketDecoder.ConnectAcknowledgement(ref reader, version); break;
            case PacketType.SubscribeAcknowledgement: PacketDecoder.SubscribeAcknowledgement(ref reader, version); break;
            default: PacketDecoder.Acknowledgement(ref reader, frame.Type, version); break;
        }
    }

    [Fact]
    public async Task Never_makes_the_server_fall()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var bystander = await MqttPeer.ConnectAsync(stoa);
        await bystander.SubscribeAsync((Open + "#", 1));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        foreach (var seed in Seeds(ServerSeeds))
        {
            await using var peer = await MqttPeer.DialAsync(stoa);
            if (seed % 3 > 0) await peer.GreetAsync(stoa.AdminToken, seed % 3 == 1 ? ProtocolVersion.V311 : ProtocolVersion.V5);
            try
            {
                await peer.SendAsync(Damaged(seed));
                await peer.SendAsync(PacketEncoder.PingRequest);
            }
            catch (IOException)
            {
                // The server has closed already.
            }
        }

        await bystander.PublishAsync(Open + "a", "refused, and answered");
        await bystander.HearsNothingAsync();
        await Continuing_sessions.EventuallyAsync(stoa, "stoa_mqtt_connections 1\n");
        var metrics = (await stoa.GetAsync("/metrics")).Text;
        // An unexpected error is logged as one and counted by this reason; none may be provoked from outside.
        Assert.DoesNotContain("stoa_mqtt_disconnected_total{reason=\"UnspecifiedError\"}", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("stoa_mqtt_failed_total", metrics, StringComparison.Ordinal);
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < GrownBytesMax);
    }
}
