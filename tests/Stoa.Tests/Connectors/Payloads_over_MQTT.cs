using System.Diagnostics;
using System.Globalization;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Tests.Architecture;
using Stoa.Tests.Mqtt;
using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Connectors;

/// <summary>Devices publish to topics of their own; the connectors of those topics store what they send.</summary>
public class Payloads_over_MQTT
{
    private static Task<Exchange> StartAsync() => Exchange.StartAsync(settings: MqttExchange.Listen);

    // The client that everybody has (Debian: mosquitto-clients); it waits for PUBACK and PUBCOMP.
    private static async Task<(int ExitCode, string Errors)> PublishAsync(Exchange stoa, string token, params string[] arguments)
    {
        string[] all =
        [
            "-h", "127.0.0.1", "-p", stoa.MqttEndpoint.Port.ToString(CultureInfo.InvariantCulture), "-u", "device", "-P", token,
            .. arguments,
        ];
        using var process = Process.Start(new ProcessStartInfo("mosquitto_pub", all) { RedirectStandardError = true })!;
        var errors = await process.StandardError.ReadToEndAsync(ConnectorSamples.Now);
        await process.WaitForExitAsync(ConnectorSamples.Now);
        return (process.ExitCode, errors);
    }

    private static string FileOf(string sample) => RepositoryFiles.PathOf("samples", "connectors", sample);

    [Theory]
    [InlineData("tasmota", "buildings", "tele/library-03/SENSOR", "tasmota.json", 19)]
    [InlineData("the-things-stack", "climate", "v3/city-climate@ttn/devices/mb-climate-07/up", "the-things-stack.json", 5)]
    [InlineData("chirpstack", "parking", "application/5a1b9f7e/device/24e124710c141a2b/event/up", "chirpstack.json", 3)]
    [InlineData("zigbee2mqtt", "rooms", "zigbee2mqtt/classroom-2b", "zigbee2mqtt.json", 7)]
    [InlineData("senml", "weather", "weather/station-1/senml", "senml.json", 7)]
    [InlineData("line-protocol", "weather", "telegraf/gateway-2/weather", "line-protocol.txt", 5)]
    [InlineData("number", "water", "gauges/inner-harbour/level", "number.txt", 1)]
    public async Task Of_every_preset_are_stored_when_mosquitto_pub_has_its_acknowledgement(
        string preset, string dataset, string topic, string payload, int observations)
    {
        await using var stoa = await StartAsync();
        var yaml = ConnectorSamples.Read(preset + ".yaml");
        var name = yaml.Split('\n').First(line => line.StartsWith("name:", StringComparison.Ordinal))[5..].Trim();
        var token = await stoa.GivenConnectorAsync(dataset, name, yaml);

        foreach (var (version, quality) in new[] { ("mqttv5", "1"), ("mqttv311", "2") })
        {
            var (exitCode, errors) = await PublishAsync(stoa, token, "-V", version, "-q", quality, "-t", topic, "-f", FileOf(payload));

            Assert.Equal((0, ""), (exitCode, errors));
        }

        // The second had the same times: only a plain number takes the time of its arrival.
        Assert.Equal(preset == "number" ? 2 : observations, (await stoa.ObservationsAsync(dataset)).Length);
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task Become_dead_letters_that_are_acknowledged_with_the_reason()
    {
        await using var stoa = await StartAsync();
        var token = await stoa.GivenConnectorAsync("buildings", "sockets", "preset: tasmota");
        await using var device = await MqttPeer.ConnectAsync(stoa, token);

        Assert.Equal(ReasonCode.Success, await device.PublishAsync("tele/plug-1/SENSOR", "not json", 1));

        var letter = (await stoa.GetAsync("/api/v1/datasets/buildings/connectors/sockets/dead-letters/1", token)).ShouldBe(200).Json;
        Assert.Equal(("tele/plug-1/SENSOR", "not json"),
            (letter.GetProperty("topic").GetString(), letter.GetProperty("payload").GetString()));
        // Replayed as it came: with its topic.
        (await stoa.PutYamlAsync("/api/v1/datasets/buildings/connectors/sockets",
            "topic: tele/{device}/SENSOR\nformat: text\nvalues: [{ quantity: note }]", token)).ShouldBe(200);
        (await stoa.PostJsonAsync("/api/v1/datasets/buildings/connectors/sockets/dead-letters/1/replay", "", token)).ShouldBe(200);
        Assert.Contains("plug-1 note ", Assert.Single(await stoa.ObservationsAsync("buildings")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Are_taken_from_the_moment_a_connector_is_switched_on_until_it_is_switched_off()
    {
        await using var stoa = await StartAsync();
        var token = await stoa.GivenConnectorAsync("buildings", "sockets", "preset: tasmota", "");
        await using var device = await MqttPeer.ConnectAsync(stoa, token);
        const string payload = """{"Time":"2026-03-14T08:00:00","A":{"B":1}}""";
        const string api = "/api/v1/datasets/buildings/connectors/sockets";

        Assert.Equal(ReasonCode.TopicNameInvalid, await device.PublishAsync("tele/a/SENSOR", payload, 1));
        (await stoa.PostJsonAsync(api + "/enable?force=true", "", token)).ShouldBe(200);
        Assert.Equal(ReasonCode.Success, await device.PublishAsync("tele/a/SENSOR", payload, 1));
        Assert.Equal(ReasonCode.TopicNameInvalid, await device.PublishAsync("tele/a/STATE", payload, 1));
        (await stoa.PostJsonAsync(api + "/disable", "", token)).ShouldBe(200);
        Assert.Equal(ReasonCode.TopicNameInvalid, await device.PublishAsync("tele/b/SENSOR", payload, 1));
        (await stoa.PostJsonAsync(api + "/enable?force=true", "", token)).ShouldBe(200);
        Assert.Equal(ReasonCode.Success, await device.PublishAsync("tele/c/SENSOR", payload, 1));

        Assert.Equal(["a B 2026-03-14T08:00:00Z 1 -", "c B 2026-03-14T08:00:00Z 1 -"], await stoa.ObservationsAsync("buildings"));
    }

    [Fact]
    public async Task Go_to_every_connector_that_takes_the_topic_and_that_the_token_may_write_for()
    {
        await using var stoa = await StartAsync();
        var one = await stoa.GivenConnectorAsync("one", "a", "topic: plant/{device}\nformat: number\nvalues: [{ quantity: raw }]");
        await stoa.GivenConnectorAsync("one", "b", "topic: plant/+\ndevice: all\nformat: number\nvalues: [{ quantity: other }]");
        await stoa.GivenConnectorAsync("two", "a", "topic: plant/{device}\nformat: number\nvalues: [{ quantity: raw }]");
        await using var device = await MqttPeer.ConnectAsync(stoa, one);
        await using var stranger = await MqttPeer.ConnectAsync(stoa, await stoa.GivenTokenAsync("inbox", "write"));

        Assert.Equal(ReasonCode.Success, await device.PublishAsync("plant/7", "3", 1));
        var hidden = await stranger.PublishAsync("plant/7", "4", 1);
        var absent = await stranger.PublishAsync("nothing/7", "4", 1);

        Assert.Equal(ReasonCode.TopicNameInvalid, hidden);
        Assert.Equal(absent, hidden);
        Assert.Equal(["7 raw", "all other"], (await stoa.ObservationsAsync("one")).Select(row => string.Join(' ', row.Split(' ')[..2])));
        Assert.Empty(await stoa.ObservationsAsync("two"));
    }

    [Fact]
    public async Task Survive_a_crash_between_storing_and_acknowledging_once()
    {
        await using var stoa = await StartAsync();
        var token = await stoa.GivenConnectorAsync("one", "a", "topic: plant/{device}\nformat: number\nvalues: [{ quantity: raw }]");
        static ConnectPacket Lasting(ConnectPacket connect) =>
            connect with { ClientId = "plant-7", IsCleanStart = false };

        await using (var device = await MqttPeer.ConnectAsync(stoa, token, ProtocolVersion.V311, Lasting))
        {
            await device.SendPublishAsync("plant/7", "3", 2, 11);
            await device.ReadAcknowledgementAsync(PacketType.PublishReceived, 11);
        }

        await stoa.RestartAsync(MqttExchange.Listen);
        await using (var device = await MqttPeer.ConnectAsync(stoa, token, ProtocolVersion.V311, Lasting))
        {
            await device.SendPublishAsync("plant/7", "3", 2, 11, isDuplicate: true);
            await device.ReadAcknowledgementAsync(PacketType.PublishReceived, 11);
        }

        // A number has no time of its own, so only the receipt tells that it is the same.
        Assert.Single(await stoa.ObservationsAsync("one"));
    }

    [Fact]
    public async Task Are_seen_raw_by_those_who_may_read_and_write_the_dataset()
    {
        await using var stoa = await StartAsync();
        await stoa.GivenDatasetAsync("shown", SpectrumClass.Open);
        var token = await stoa.GivenConnectorAsync("shown", "a", "topic: plant/{device}\nformat: number\nvalues: [{ quantity: raw }]");
        await using var anybody = await MqttPeer.ConnectAsync(stoa);
        await using var follower = await MqttPeer.ConnectAsync(stoa, await stoa.GivenTokenAsync("shown", "read", "write"));
        await using var device = await MqttPeer.ConnectAsync(stoa, token);
        Assert.Equal([ReasonCode.TopicFilterInvalid], await anybody.SubscribeAsync(("plant/+", 1)));
        Assert.Equal([ReasonCode.GrantedQos1], await follower.SubscribeAsync(("plant/+", 1)));

        await device.PublishAsync("plant/7", "3", 1);

        // What is a dead letter is not told at all.
        await device.PublishAsync("plant/7", "zq9secret", 1);
        await device.PublishAsync("plant/8", "4", 1);

        Assert.Equal(["plant/7 3", "plant/8 4"],
            new[] { await follower.ReadMessageAsync(), await follower.ReadMessageAsync() }.Select(seen => $"{seen.Topic} {seen.Text}"));
    }
}
