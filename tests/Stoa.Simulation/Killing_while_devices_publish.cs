using System.Globalization;
using System.Text.Json;
using Stoa.Sensing.Mqtt;
using Xunit;

namespace Stoa.Simulation;

/// <summary>kill -9 while devices publish over MQTT: QoS 1 loses nothing acknowledged, QoS 2 stores exactly
/// once.</summary>
public class Killing_while_devices_publish
{
    // Each device counts in a range of its own.
    private const long Range = 100_000_000;

    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    /// <remarks>SIMULATION_MQTT_ROUNDS sets the number of rounds (10), SIMULATION_SEED repeats the choices of a
    /// run.</remarks>
    [Fact]
    public async Task Keeps_what_each_quality_promises()
    {
        var rounds = Setting("SIMULATION_MQTT_ROUNDS", 10);
        var seed = Setting("SIMULATION_SEED", Random.Shared.Next());
        await Console.Out.WriteLineAsync($"MQTT crash test: {rounds} rounds, SIMULATION_SEED={seed}");
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var (token, city) = await Killing_the_server.PrepareAsync(folder.Path);
        MqttPublisher[] devices =
        [
            .. Enumerable.Range(1, 6).Select(n => new MqttPublisher(
                $"device-{n}", token, n % 2 == 0 ? QualityOfService.ExactlyOnce : QualityOfService.AtLeastOnce,
                city.AnyDatastream(random), n * Range)),
        ];

        for (var round = 0; round < rounds; round++)
        {
            await using var stoa = StoaProcess.Launch(folder.Path);
            await stoa.WaitUntilReadyAsync(Now);
            var publishing = devices.Select(device => device.RunAsync(stoa.MqttPort, isLast: false, Now)).ToArray();
            await Task.Delay(random.Next(20, 500), Now);
            Assert.False(stoa.HasExited, stoa.Output);
            await stoa.KillAsync(Now);
            await Task.WhenAll(publishing);
        }

        await using var last = await StoaProcess.StartAsync(folder.Path, Now);
        await Task.WhenAll(devices.Select(device => device.RunAsync(last.MqttPort, isLast: true, Now)));
        var stored = await CountsAsync(last, token);
        for (var n = 1; n <= devices.Length; n++)
        {
            Assert.Equal(0, devices[n - 1].Open);
            Assert.True(devices[n - 1].Done.Count > rounds, "The load was not worth killing for.");
            Assert.DoesNotContain(devices[n - 1].Done, result => !stored.ContainsKey(result));
            if (n % 2 == 0) Assert.DoesNotContain(devices[n - 1].Done, result => stored[result] != 1);
        }

        var repeated = stored.Count(entry => entry.Value > 1);
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{devices.Sum(device => device.Done.Count):N0} publications done, none lost; {repeated} of QoS 1 stored again, none of QoS 2"));
    }

    private static async Task<Dictionary<long, int>> CountsAsync(StoaProcess stoa, string token)
    {
        using var http = stoa.CreateClient(token);
        var counts = new Dictionary<long, int>();
        var next = "/sensorthings/v1.1/Observations?$select=result&$top=10000&$orderby=id";
        while (next is not null)
        {
            using var page = JsonDocument.Parse(await http.GetByteArrayAsync(new Uri(next, UriKind.RelativeOrAbsolute), Now));
            foreach (var observation in page.RootElement.GetProperty("value").EnumerateArray())
            {
                if (!observation.GetProperty("result").TryGetInt64(out var result) || result < Range) continue;
                counts[result] = counts.GetValueOrDefault(result) + 1;
            }

            next = page.RootElement.TryGetProperty("@iot.nextLink", out var link) ? link.GetString() : null;
        }

        return counts;
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
