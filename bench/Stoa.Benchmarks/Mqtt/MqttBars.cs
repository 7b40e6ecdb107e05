using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Stoa.Benchmarks.Bars;
using Stoa.Benchmarks.Servers;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;

namespace Stoa.Benchmarks.Mqtt;

/// <summary>
/// MQTT: observations stored a second over QoS 1, one publisher to a thousand subscribers beside mosquitto in the same
/// run, and the
/// memory of ten thousand connections that do nothing.
/// </summary>
/// <remarks>Arguments: rounds (5), seconds a round (3), subscribers (1,000), idle connections (10,000).</remarks>
internal static class MqttBars
{
    private const double StoredBar = 15_000;
    private const double IdleMegabytesBar = 600;
    private const int Publishers = 8;
    private const int Window = 256;
    private const string Mosquitto = "/usr/sbin/mosquitto";

    public static async Task RunAsync(Arguments arguments)
    {
        await using var engines = await BenchEngines.OpenAsync(arguments);
        foreach (var engine in engines.All) await RunAsync(engine, engines, arguments);
    }

    private static async Task RunAsync(BenchEngine engine, BenchEngines engines, Arguments arguments)
    {
        var rounds = arguments.Number(0, 5);
        var time = TimeSpan.FromSeconds(arguments.Number(1, 3));
        var port = ServerProcess.FreePort();
        await using var stoa = await engine.StartAsync(
            ("STOA_MQTT_LISTEN", $"127.0.0.1:{port}"), ("STOA_MQTT_CONNECTIONS", "30000"), ("STOA_LIMITS_CONNECTIONS", "30000"));
        Console.WriteLine($"\n{engine.Name}");
        await StoreAsync(stoa, port, rounds, time, StoredBar / engine.Allowance);
        // What is not stored knows nothing of the engine.
        if (engine != engines.All[0]) return;
        await FanOutAsync(stoa, port, engines.Folder, rounds, arguments.Number(2, 1000), messages: 1, repeats: 50);
        await FanOutAsync(stoa, port, engines.Folder, rounds, arguments.Number(2, 1000), messages: 200, repeats: 1);
        await RestAsync(stoa, port, arguments.Number(3, 10_000));
    }

    private static async Task StoreAsync(StoaServer stoa, int port, int rounds, TimeSpan time, double bar)
    {
        var datastreams = await stoa.CreateDatastreamsAsync(1000);
        var rates = new List<double>();
        long all = 0;
        for (var round = -1; round < rounds; round++)
        {
            var publishers = new List<MqttSocket>();
            for (var i = 0; i < Publishers; i++) publishers.Add(await MqttSocket.ConnectAsync(port, stoa.Token, null, 64 * 1024));
            var started = Stopwatch.GetTimestamp();
            var counts = await Task.WhenAll(publishers.Select((publisher, at) => Task.Run(() => publisher.PublishAsync(
                n => $"v1.1/Datastreams({datastreams[((n * Publishers) + at) % datastreams.Length]})/Observations", Window, time))));
            if (round >= 0) rates.Add(counts.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds);
            all += counts.Sum();
            publishers.ForEach(publisher => publisher.Dispose());
        }

        Console.WriteLine($"\nobservations by QoS 1, {Publishers} publishers, {Window} unacknowledged each (load average {Machine.LoadAverage()})");
        Verdict.Print(Machine.Median(rates) >= bar, string.Create(CultureInfo.InvariantCulture,
            $"{Machine.Median(rates):N0} stored/s ({rates.Min():N0}-{rates.Max():N0}), bar {bar:N0}"));
        // MQTT 3.1.1 acknowledges what is refused as well, so the store is asked.
        var page = await stoa.Http.GetFromJsonAsync<JsonElement>(
            new Uri($"{StoaServer.Path}/Observations?$count=true&$top=1", UriKind.Relative));
        var stored = page.GetProperty("@iot.count").GetInt64();
        Verdict.Print(stored == all, string.Create(CultureInfo.InvariantCulture, $"{all:N0} acknowledged, {stored:N0} stored"));
    }

    private static async Task FanOutAsync(
        StoaServer stoa, int port, string folder, int rounds, int subscribers, int messages, int repeats)
    {
        const string topic = $"datasets/{StoaServer.Slug}/topics/fan";
        Console.WriteLine($"\none publisher, {subscribers} subscribers, QoS 0, {messages} at a time (load average {Machine.LoadAverage()})");
        using var mosquitto = File.Exists(Mosquitto) ? await StartMosquittoAsync(folder) : null;
        if (mosquitto is null) Console.WriteLine("  mosquitto is not installed: no comparison");
        List<(string Name, Burst Burst)> sides = [("stoa", await Burst.PrepareAsync(port, stoa.Token, topic, subscribers))];
        if (mosquitto is { Port: var other }) sides.Add(("mosquitto", await Burst.PrepareAsync(other, null, topic, subscribers)));
        var rates = sides.Select(_ => new List<double>()).ToArray();
        for (var round = -1; round < rounds; round++)
            for (var side = 0; side < sides.Count; side++)
            {
                var rate = await sides[side].Burst.RunAsync(messages, repeats);
                if (round >= 0) rates[side].Add(rate);
            }

        for (var side = 0; side < sides.Count; side++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {sides[side].Name}: {Machine.Median(rates[side]):N0} deliveries/s ({rates[side].Min():N0}-{rates[side].Max():N0})"));
            sides[side].Burst.Dispose();
        }

        if (mosquitto is not null)
            Console.WriteLine($"  ratio {Machine.Median(rates[0].Zip(rates[1], (one, two) => one / two)):P0} of mosquitto");
    }

    private static async Task RestAsync(StoaServer stoa, int port, int connections)
    {
        await Task.Delay(TimeSpan.FromSeconds(2));
        var before = stoa.Process.ResidentBytes / 1048576.0;
        var open = new List<MqttSocket>();
        for (var i = 0; i < connections; i += 100)
            open.AddRange(await Task.WhenAll(Enumerable.Range(i, Math.Min(100, connections - i)).Select(n =>
                MqttSocket.ConnectAsync(port, stoa.Token, $"datasets/{StoaServer.Slug}/topics/idle/{n}", 16))));
        await Task.Delay(TimeSpan.FromSeconds(5));
        var cpu = stoa.Process.CpuTime;
        await Task.Delay(TimeSpan.FromSeconds(5));
        var share = (stoa.Process.CpuTime - cpu).TotalSeconds / 5;
        var megabytes = stoa.Process.ResidentBytes / 1048576.0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\n{connections} idle connections, one subscription each: {before:N0} MB before, {share:P1} of a core"));
        Verdict.Print(megabytes <= IdleMegabytesBar, string.Create(CultureInfo.InvariantCulture,
            $"{megabytes:N0} MB resident, bar {IdleMegabytesBar:N0}"));
        open.ForEach(client => client.Dispose());
    }

    private static async Task<RunningMosquitto> StartMosquittoAsync(string folder)
    {
        var port = ServerProcess.FreePort();
        var file = Path.Combine(folder, "mosquitto.conf");
        await File.WriteAllTextAsync(file, $"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nset_tcp_nodelay true\n");
        var process = Process.Start(new ProcessStartInfo(Mosquitto, ["-c", file]) { RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        for (var i = 0; i < 200; i++)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return new(process, port);
            }
            catch (SocketException)
            {
                await Task.Delay(20);
            }
        }

        throw new TimeoutException("mosquitto did not start.");
    }

    private sealed record RunningMosquitto(Process Process, int Port) : IDisposable
    {
        public void Dispose()
        {
            Process.Kill();
            Process.Dispose();
        }
    }

    /// <summary>One publisher and many subscribers of one server.</summary>
    private sealed class Burst(MqttSocket publisher, MqttSocket[] subscribers, byte[] packet) : IDisposable
    {
        public static async Task<Burst> PrepareAsync(int port, string? token, string topic, int subscribers)
        {
            var clients = new List<MqttSocket>();
            for (var i = 0; i < subscribers; i += 50)
                clients.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(50, subscribers - i))
                    .Select(_ => MqttSocket.ConnectAsync(port, token, topic, 16 * 1024))));
            var packet = new ArrayBufferWriter<byte>();
            PublishEncoder.Write(
                packet, new Message(topic, new byte[100], default), new(ProtocolVersion.V311, QualityOfService.AtMostOnce), uint.MaxValue);
            return new(await MqttSocket.ConnectAsync(port, token, null), [.. clients], packet.WrittenSpan.ToArray());
        }

        /// <returns>Deliveries a second.</returns>
        public async Task<double> RunAsync(int messages, int repeats)
        {
            var started = Stopwatch.GetTimestamp();
            for (var repeat = 0; repeat < repeats; repeat++)
            {
                // All have got all before the next are sent: no queue of either server is ever full.
                var receiving = subscribers
                    .Select(subscriber => subscriber.ReceiveAsync(subscriber.BytesReceived + ((long)messages * packet.Length))).ToArray();
                for (var i = 0; i < messages; i++) await publisher.SendAsync(packet);
                await Task.WhenAll(receiving);
            }

            return repeats * messages * (double)subscribers.Length / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        public void Dispose()
        {
            publisher.Dispose();
            foreach (var subscriber in subscribers) subscriber.Dispose();
        }
    }
}
