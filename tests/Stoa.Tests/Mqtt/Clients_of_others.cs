using System.Net.WebSockets;
using System.Text.Json;
using Xunit;
using static Stoa.Tests.Mqtt.MqttExchange;

namespace Stoa.Tests.Mqtt;

/// <summary>The clients that cities have: mosquitto's and the npm package, over every transport and version.</summary>
public class Clients_of_others
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, int> Mosquitto => new(
        from transport in new[] { "tcp", "tls" }
        from version in new[] { "mqttv311", "mqttv5" }
        from qos in new[] { 0, 1, 2 }
        select (transport, version, qos));

    [Theory]
    [MemberData(nameof(Mosquitto))]
    public async Task Mosquitto_publishes_and_follows(string transport, string version, int qos)
    {
        using var certificate = new TestCertificate();
        await using var stoa = await MqttExchange.StartAsync(settings: certificate.Settings);
        string[] to = transport == "tls"
            ? ["-h", "127.0.0.1", "-p", $"{stoa.MqttTlsEndpoint.Port}", "--cafile", certificate.Certificate, "-V", version, "-q", $"{qos}"]
            : ["-h", "127.0.0.1", "-p", $"{stoa.MqttEndpoint.Port}", "-V", version, "-q", $"{qos}"];
        string[] who = ["-u", "any", "-P", stoa.AdminToken];
        using var subscriber = ClientProgram.Start(
            "mosquitto_sub", [.. to, .. who, "-t", Closed + "+/b", "-C", "3", "-v", "-W", "20"]);
        await Continuing_sessions.EventuallyAsync(stoa, "stoa_mqtt_subscriptions 1\n");

        foreach (var text in new[] { "one", "two", "three" })
        {
            using var publisher = ClientProgram.Start("mosquitto_pub", [.. to, .. who, "-t", Closed + "a/b", "-m", text]);
            await publisher.OutputAsync();
        }

        Assert.Equal(
            $"{Closed}a/b one\n{Closed}a/b two\n{Closed}a/b three", await subscriber.OutputAsync());
    }

    [Fact]
    public async Task Mosquitto_is_told_why_it_is_refused()
    {
        await using var stoa = await MqttExchange.StartAsync();
        string[] to = ["-h", "127.0.0.1", "-p", $"{stoa.MqttEndpoint.Port}", "-V", "mqttv5", "-q", "1"];

        using var closed = ClientProgram.Start("mosquitto_pub", [.. to, "-t", Closed + "a", "-m", "x"]);
        using var all = ClientProgram.Start("mosquitto_sub", [.. to, "-t", "#", "-W", "5"]);
        using var wrong = ClientProgram.Start("mosquitto_pub", [.. to, "-u", "any", "-P", "secret", "-t", Open + "a", "-m", "x"]);

        Assert.Contains("Not authorized", await closed.ErrorsAsync(), StringComparison.Ordinal);
        Assert.Contains("denied", await all.ErrorsAsync(), StringComparison.Ordinal);
        Assert.Contains("bad user name or password", await wrong.ErrorsAsync(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Mosquitto_creates_and_follows_observations()
    {
        await using var stoa = await MqttExchange.StartAsync();
        (await stoa.PostJsonAsync("/datasets/open/sensorthings/v1.1/Things",
            """
            {"name":"t","description":"d","Locations":[{"name":"l","description":"d","encodingType":"application/geo+json",
             "location":{"type":"Point","coordinates":[1,2]} }],"Datastreams":[{"name":"s","description":"d",
             "unitOfMeasurement":{"name":"n","symbol":"s","definition":"d"},
             "observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
             "Sensor":{"name":"s","description":"d","encodingType":"application/pdf","metadata":"m"},
             "ObservedProperty":{"name":"p","definition":"d","description":"d"} }]}
            """)).ShouldBe(201);
        string[] to = ["-h", "127.0.0.1", "-p", $"{stoa.MqttEndpoint.Port}", "-q", "1"];
        using var subscriber = ClientProgram.Start(
            "mosquitto_sub", [.. to, "-t", "v1.1/Datastreams(1)/Observations?$select=result", "-C", "2", "-W", "20"]);
        await Continuing_sessions.EventuallyAsync(stoa, "stoa_mqtt_subscriptions 1\n");

        using var publisher = ClientProgram.Start("mosquitto_pub",
            [.. to, "-u", "any", "-P", stoa.AdminToken, "-t", "v1.1/Datastreams(1)/Observations", "-m", """{"result":3.5}"""]);
        await publisher.OutputAsync();
        (await stoa.PostJsonAsync("/sensorthings/v1.1/Datastreams(1)/Observations", """{"result":4}""")).ShouldBe(201);

        Assert.Equal("{\"result\":3.5}\n{\"result\":4}", await subscriber.OutputAsync());
        (await stoa.GetAsync("/sensorthings/v1.1/Observations?$select=result&$orderby=id")).ShouldBeJson(
            200, """{"value":[{"result":3.5},{"result":4}]}""");
    }

    [Theory]
    [InlineData("tcp", 4)]
    [InlineData("tcp", 5)]
    [InlineData("tls", 4)]
    [InlineData("tls", 5)]
    [InlineData("websocket", 4)]
    [InlineData("websocket", 5)]
    public async Task The_npm_client_publishes_and_follows(string transport, int version)
    {
        using var certificate = new TestCertificate();
        await using var stoa = await MqttExchange.StartAsync(settings: certificate.Settings);
        var url = transport switch
        {
            "tls" => $"mqtts://127.0.0.1:{stoa.MqttTlsEndpoint.Port}",
            "websocket" => $"ws://{stoa.Address.Authority}/mqtt",
            _ => $"mqtt://127.0.0.1:{stoa.MqttEndpoint.Port}",
        };

        using var client = ClientProgram.Start("node",
            [ClientProgram.PathOf("roundtrip.mjs"), url, $"{version}", stoa.AdminToken, Closed + "npm",
                .. transport == "tls" ? new[] { certificate.Certificate } : []]);

        var seen = JsonDocument.Parse(await client.OutputAsync()).RootElement;
        Assert.True(seen.GetProperty("order").GetBoolean(), seen.ToString());
        Assert.Equal("[11,11,11]", seen.GetProperty("qos").GetRawText());
        Assert.Equal(3, seen.GetProperty("long").GetInt32());
        Assert.Equal(version == 5 ? 30 : 0, seen.GetProperty("typed").GetInt32());
        Assert.Equal(version == 5 ? "144" : "null", seen.GetProperty("refused").GetRawText());
    }

    [Fact]
    public async Task A_page_without_the_subprotocol_is_told_what_to_do()
    {
        await using var stoa = await MqttExchange.StartAsync();

        (await stoa.GetAsync("/mqtt")).ShouldBeProblem(426, "websocket-required");

        using var bare = new ClientWebSocket();
        await Assert.ThrowsAsync<WebSocketException>(() =>
            bare.ConnectAsync(new Uri($"ws://{stoa.Address.Authority}/mqtt"), Now));
    }

    [Fact]
    public async Task Text_in_a_WebSocket_ends_it()
    {
        await using var stoa = await MqttExchange.StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        await socket.ConnectAsync(new Uri($"ws://{stoa.Address.Authority}/mqtt"), Now);

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Now);

        var received = await socket.ReceiveAsync(new Memory<byte>(new byte[10]), Now);
        Assert.Equal(WebSocketMessageType.Close, received.MessageType);
    }

    [Fact]
    public async Task A_packet_may_come_in_pieces_of_one_byte()
    {
        await using var stoa = await MqttExchange.StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        await socket.ConnectAsync(new Uri($"ws://{stoa.Address.Authority}/mqtt"), Now);

        foreach (var part in new byte[] { 0x10, 12, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 0, 0, 0 })
            await socket.SendAsync(new[] { part }, WebSocketMessageType.Binary, true, Now);

        var answer = new byte[10];
        var received = await socket.ReceiveAsync(answer.AsMemory(), Now);
        Assert.Equal([0x20, 2, 0, 0], answer[..received.Count]);
    }
}
