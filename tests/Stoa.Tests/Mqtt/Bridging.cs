using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sensing.Mqtt.Bridges;
using Stoa.Sharing.Exchanges;
using Xunit;
using static Stoa.Tests.Mqtt.MqttExchange;

namespace Stoa.Tests.Mqtt;

/// <summary>A bridge to an outside broker: here another Stoa, over TCP and TLS.</summary>
public class Bridging
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>An outside broker, and a server that has a bridge to it.</summary>
    private sealed class Pair : IAsyncDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stoa-bridge-");
        private readonly TestCertificate _certificate = new();

        internal Exchange Outside { get; private set; } = null!;

        internal Exchange Stoa { get; private set; } = null!;

        internal static async Task<Pair> StartAsync(bool isTls, string[] can, object routesIn, object routesOut)
        {
            var pair = new Pair();
            pair.Outside = await MqttExchange.StartAsync(settings: pair._certificate.Settings);
            pair.Stoa = await MqttExchange.StartAsync();
            var file = Path.Combine(pair._folder.FullName, "bridges.json");
            await File.WriteAllTextAsync(Path.Combine(pair._folder.FullName, "password"), pair.Outside.AdminToken, Now);
            await File.WriteAllTextAsync(
                Path.Combine(pair._folder.FullName, "token"), await pair.Stoa.GivenTokenAsync("closed", can) + "\n", Now);
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new
            {
                bridges = new[]
                {
                    new Dictionary<string, object>
                    {
                        ["name"] = "works",
                        ["address"] = isTls ? $"mqtts://127.0.0.1:{pair.Outside.MqttTlsEndpoint.Port}"
                            : $"mqtt://127.0.0.1:{pair.Outside.MqttEndpoint.Port}",
                        ["user"] = "any", ["passwordFile"] = "password", ["tokenFile"] = "token",
                        ["authoritiesFile"] = pair._certificate.Certificate, ["in"] = routesIn, ["out"] = routesOut,
                    },
                },
            }), Now);
            await pair.Stoa.RestartAsync(Listen, ("mqtt.bridges", file));
            await Continuing_sessions.EventuallyAsync(pair.Outside, "stoa_mqtt_connections 1\n");
            return pair;
        }

        public async ValueTask DisposeAsync()
        {
            await Stoa.DisposeAsync();
            await Outside.DisposeAsync();
            _certificate.Dispose();
            _folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Brings_in_and_takes_out(bool isTls)
    {
        await using var pair = await Pair.StartAsync(isTls, ["read", "write"],
            new[] { new { filter = Open + "sensors/#", to = Closed + "works/", remove = Open } },
            new[] { new { filter = Closed + "#", to = Open + "city/", remove = Closed } });
        await Continuing_sessions.EventuallyAsync(pair.Outside, "stoa_mqtt_subscriptions 1\n");
        await using var outside = await MqttPeer.ConnectAsync(pair.Outside, pair.Outside.AdminToken);
        await using var inside = await MqttPeer.ConnectAsync(pair.Stoa, pair.Stoa.AdminToken);
        await inside.SubscribeAsync((Closed + "works/#", 1));
        await outside.SubscribeAsync((Open + "city/#", 1));

        await outside.PublishAsync(Open + "sensors/7", "in");
        var came = await inside.ReadMessageAsync();
        await inside.PublishAsync(Closed + "a/b", "out");
        var went = await outside.ReadMessageAsync();

        Assert.Equal((Closed + "works/sensors/7", "in"), (came.Topic, came.Text));
        Assert.Equal((Open + "city/a/b", "out"), (went.Topic, went.Text));
        // What was brought in does not go back out.
        await outside.HearsNothingAsync();
        var metrics = (await pair.Stoa.GetAsync("/metrics")).Text;
        Assert.Contains("stoa_mqtt_bridged_total{direction=\"in\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("stoa_mqtt_bridged_total{direction=\"out\"} 1\n", metrics, StringComparison.Ordinal);
        // What it took out is recorded as what any subscriber gets.
        pair.Stoa.Services.GetRequiredService<Deliveries>().Record();
        await pair.Stoa.Services.GetRequiredService<ExchangeLog>().DrainAsync(Now);
        var records = (await pair.Stoa.GetAsync("/api/v1/exchanges?dataset=closed", pair.Stoa.AdminToken)).ShouldBe(200).Json
            .GetProperty("value").EnumerateArray();
        var record = Assert.Single(records, one => one.GetProperty("route").GetString() == "mqtt bridge works");
        Assert.Equal((1, 3, 2), (record.GetProperty("rows").GetInt64(), record.GetProperty("bytes").GetInt64(),
            record.GetProperty("token").GetInt64()));
    }

    [Fact]
    public async Task Acts_with_the_rights_of_its_token_alone()
    {
        await using var pair = await Pair.StartAsync(false, ["read"],
            new[] { new { filter = Open + "#", to = Closed + "works" } }, Array.Empty<object>());
        await Continuing_sessions.EventuallyAsync(pair.Outside, "stoa_mqtt_subscriptions 1\n");
        await using var outside = await MqttPeer.ConnectAsync(pair.Outside, pair.Outside.AdminToken);
        await using var inside = await MqttPeer.ConnectAsync(pair.Stoa, pair.Stoa.AdminToken);
        await inside.SubscribeAsync((Closed + "#", 1));

        await outside.PublishAsync(Open + "a", "no");

        await Continuing_sessions.EventuallyAsync(
            pair.Stoa, "stoa_mqtt_refused_total{packet=\"bridge\",reason=\"NotAuthorized\"} 1\n");
        await inside.HearsNothingAsync();
    }

    [Fact]
    public async Task Ends_when_its_token_is_revoked()
    {
        await using var pair = await Pair.StartAsync(false, ["read"], Array.Empty<object>(),
            new[] { new { filter = Closed + "#", to = Open + "city/" } });
        await using var outside = await MqttPeer.ConnectAsync(pair.Outside, pair.Outside.AdminToken);
        await outside.SubscribeAsync((Open + "#", 1));

        (await pair.Stoa.DeleteAsync("/api/v1/tokens/2")).ShouldBe(204);

        await Continuing_sessions.EventuallyAsync(pair.Outside, "stoa_mqtt_connections 1\n");
        await using var inside = await MqttPeer.ConnectAsync(pair.Stoa, pair.Stoa.AdminToken);
        await inside.PublishAsync(Closed + "a", "secret");
        await outside.HearsNothingAsync();
    }

    [Theory]
    [InlineData("""{"bridges":[{"name":"a"}]}""", "address")]
    [InlineData("""{"bridges":[{"name":"a","address":"http://x"}]}""", "address")]
    [InlineData("""{"bridges":[{"name":"a","address":"mqtt://x"}]}""", "tokenFile")]
    [InlineData("""{"bridges":[{"name":"a","adress":"mqtt://x"}]}""", "adress")]
    [InlineData("""{"bridges":[{"name":"a","address":"mqtt://x","tokenFile":"none"}]}""", "none")]
    [InlineData("""{"bridges":[{"name":"a","address":"mqtt://x","tokenFile":"none","in":[{"filter":"a#","to":"b"}]}]}""", "filter")]
    [InlineData("nonsense", "invalid")]
    public void Says_what_is_wrong_with_its_file(string json, string word)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, json);

        var error = Assert.Throws<InvalidDataException>(() => BridgeReader.Read(file));

        Assert.Contains(word, error.Message, StringComparison.Ordinal);
        File.Delete(file);
    }
}
