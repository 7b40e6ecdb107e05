using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sensing.Mqtt.Spaces;
using Stoa.Tests.Governance;
using Stoa.Tests.Mqtt;
using Stoa.Vocabulary;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Stoa.Tests.Mqtt.MqttExchange;

namespace Stoa.Tests.Security;

/// <summary>Nothing of a closed dataset leaves over MQTT: not by a wildcard, not from a queue, not after a right was
/// withdrawn.</summary>
public class Rights_over_MQTT
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("#")]
    [InlineData("+")]
    [InlineData("+/#")]
    [InlineData("+/open/topics/a")]
    [InlineData("datasets/#")]
    [InlineData("datasets/+/topics/a")]
    [InlineData("datasets/+/topics/#")]
    [InlineData("datasets/open/#")]
    [InlineData("datasets/open/+/a")]
    [InlineData("datasets/open/topics")]
    [InlineData("datasets//topics/#")]
    [InlineData("$share/g/#")]
    [InlineData("$share/g/datasets/+/topics/#")]
    [InlineData("$share//datasets/open/topics/#")]
    [InlineData("$share/+/datasets/open/topics/#")]
    [InlineData("$share/g")]
    [InlineData("$share/g/$share/g/datasets/open/topics/#")]
    [InlineData("$SYS")]
    [InlineData("$other/#")]
    [InlineData("")]
    [InlineData("datasets/open/topics/#/a")]
    [InlineData("datasets/open/topics/a#")]
    [InlineData("datasets/open/topics/a+/b")]
    [InlineData("tele/+/SENSOR")]
    public async Task Lets_no_wildcard_reach_beyond_one_dataset(string filter)
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var administrator = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await using var old = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken, ProtocolVersion.V311);

        Assert.Equal([ReasonCode.TopicFilterInvalid], await administrator.SubscribeAsync((filter, 0)));
        Assert.Equal([ReasonCode.UnspecifiedError], await old.SubscribeAsync((filter, 0)));
    }

    [Fact]
    public async Task Answers_hidden_and_absent_datasets_alike()
    {
        await using var stoa = await MqttExchange.StartAsync();
        foreach (var token in new[] { null, await stoa.GivenTokenAsync("open", "read", "write") })
        {
            await using var peer = await MqttPeer.ConnectAsync(stoa, token);
            var hidden = new List<byte[]>();
            foreach (var slug in new[] { "closed", "absent" })
            {
                await peer.SendAsync(PacketEncoder.Subscribe(ProtocolVersion.V5, 3, [new($"datasets/{slug}/topics/#", default)]));
                hidden.Add((await peer.ReadAsync(PacketType.SubscribeAcknowledgement)).Body.ToArray());
                await peer.SendPublishAsync($"datasets/{slug}/topics/a", "x", 1, 4);
                hidden.Add((await peer.ReadAsync(PacketType.PublishAcknowledgement)).Body.ToArray());
            }

            Assert.Equal(hidden[0], hidden[2]);
            Assert.Equal(hidden[1], hidden[3]);
            Assert.Equal((byte)ReasonCode.NotAuthorized, hidden[1][2]);
        }
    }

    [Fact]
    public async Task Takes_publications_from_those_who_may_write_alone()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);
        await subscriber.SubscribeAsync((Open + "#", 0));
        foreach (var token in new[] { null, await stoa.GivenTokenAsync("open", "read"), await stoa.GivenTokenAsync("closed", "write") })
        {
            await using var five = await MqttPeer.ConnectAsync(stoa, token);
            await using var old = await MqttPeer.ConnectAsync(stoa, token, ProtocolVersion.V311);

            for (var qos = 1; qos <= 2; qos++)
            {
                Assert.Equal(ReasonCode.NotAuthorized, await five.PublishAsync(Open + "a", "no", qos));
                Assert.Equal(ReasonCode.NotAuthorized, await five.PublishAsync(Open + "a", "no", qos, retain: true));
                Assert.Equal(ReasonCode.Success, await old.PublishAsync(Open + "a", "no", qos));
            }

            await five.PublishAsync(Open + "a", "no", 0);
            Assert.Equal(ReasonCode.TopicNameInvalid, await five.PublishAsync("anything", "no"));
            Assert.Equal(ReasonCode.NotAuthorized, await five.PublishAsync("$SYS/broker/uptime", "no"));
        }

        await subscriber.HearsNothingAsync();
        Assert.Contains("stoa_mqtt_refused_total{packet=\"publish\",reason=\"NotAuthorized\"}", (await stoa.GetAsync("/metrics")).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_the_counters_to_administrators_alone()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.ConnectAsync(stoa, await stoa.GivenTokenAsync("open", "read", "write"));
        await using var administrator = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);

        Assert.Equal([ReasonCode.NotAuthorized], await peer.SubscribeAsync(("$SYS/#", 0)));
        Assert.Equal([ReasonCode.Success], await administrator.SubscribeAsync(("$SYS/broker/clients/connected", 0)));
        Assert.Equal("2", (await administrator.ReadMessageAsync()).Text);
    }

    [Fact]
    public async Task Closes_the_connection_when_the_token_is_revoked()
    {
        await using var stoa = await MqttExchange.StartAsync();
        var token = await stoa.GivenTokenAsync("closed", "read", "write");
        await using var peer = await MqttPeer.ConnectAsync(stoa, token, with: connect => connect with { Will = Will() });
        await using var old = await MqttPeer.ConnectAsync(stoa, token, ProtocolVersion.V311);
        await using var administrator = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await administrator.SubscribeAsync((Closed + "#", 0));
        await peer.SubscribeAsync((Closed + "#", 0));

        var started = TimeProvider.System.GetTimestamp();
        (await stoa.DeleteAsync("/api/v1/tokens/2")).ShouldBe(204);

        Assert.Equal(ReasonCode.NotAuthorized, await peer.ReadDisconnectAsync());
        Assert.Null(await old.TryReadAsync());
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
        await Task.Delay(2 * TimeSpan.FromMilliseconds(250), Now);
        // The will of somebody without rights is not published.
        await administrator.HearsNothingAsync();
    }

    [Fact]
    public async Task Closes_the_connection_when_what_its_holder_belongs_to_is_suspended()
    {
        await using var stoa = await MqttExchange.StartAsync();
        (await stoa.PostJsonAsync("/api/v1/organizations", """{"slug":"traffic","name":"Office"}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/parties", """{"kind":"device","name":"Gateway","parent":1}""")).ShouldBe(201);
        var made = await stoa.PostJsonAsync("/api/v1/tokens",
            """{"name":"held","datasets":[{"dataset":"closed","can":["read"]}],"party":2}""");
        await using var peer = await MqttPeer.ConnectAsync(stoa, made.ShouldBe(201).Json.GetProperty("token").GetString());

        (await stoa.PutJsonAsync("/api/v1/parties/1/status", """{"status":"suspended"}""")).ShouldBe(200);

        Assert.Equal(ReasonCode.NotAuthorized, await peer.ReadDisconnectAsync());
    }

    [Fact]
    public async Task Closes_the_connection_when_the_token_expires()
    {
        var clock = new TestClock();
        await using var stoa = await MqttExchange.StartAsync(clock);
        var made = await stoa.PostJsonAsync("/api/v1/tokens",
            """{"name":"short","datasets":[{"dataset":"closed","can":["read"]}],"expires":"2026-01-31T12:01:00Z"}""");
        await using var peer = await MqttPeer.ConnectAsync(stoa, made.ShouldBe(201).Json.GetProperty("token").GetString());
        await peer.SubscribeAsync((Closed + "#", 0));

        clock.Advance(TimeSpan.FromSeconds(55));
        await peer.HearsNothingAsync();

        Assert.Equal(ReasonCode.NotAuthorized, await Connecting.PassingAsync(clock, peer.ReadDisconnectAsync()));
    }

    [Fact]
    public async Task Stops_at_once_when_a_dataset_is_closed()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.ConnectAsync(stoa);
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await peer.SubscribeAsync((Open + "#", 1));
        await publisher.PublishAsync(Open + "a", "before");
        Assert.Equal("before", (await peer.ReadMessageAsync()).Text);

        (await stoa.PatchJsonAsync("/api/v1/datasets/open", """{"spectrum":"closed"}""")).ShouldBe(200);
        await publisher.PublishAsync(Open + "a", "after", retain: true);

        // It follows nothing else, so it is told why, and nothing before that.
        Assert.Equal(ReasonCode.NotAuthorized, await peer.ReadDisconnectAsync());
        await using var again = await MqttPeer.ConnectAsync(stoa);
        Assert.Equal([ReasonCode.NotAuthorized], await again.SubscribeAsync((Open + "a", 1)));
        await again.HearsNothingAsync();
    }

    [Fact]
    public async Task Does_not_deliver_from_the_queue_what_may_not_be_read_any_more()
    {
        await using var stoa = await MqttExchange.StartAsync();
        var token = await stoa.GivenTokenAsync("closed", "read");
        static ConnectPacket Lasting(ConnectPacket connect) => connect with { ClientId = "me", IsCleanStart = false };
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await using (var before = await MqttPeer.ConnectAsync(stoa, token, ProtocolVersion.V311, Lasting))
        {
            await before.SubscribeAsync((Closed + "#", 1), (Open + "#", 1));
            await publisher.PublishAsync(Closed + "a", "under way", id: 8);
            await before.ReadMessageAsync();
            before.Break();
        }

        await publisher.PublishAsync(Closed + "a", "secret");
        await publisher.PublishAsync(Open + "a", "public");
        await stoa.Database.WriteAsync(session =>
        {
            session.Execute("UPDATE access_token_scope SET may_read = 0");
            return true;
        }, Now);

        await using var again = await MqttPeer.ConnectAsync(stoa, token, ProtocolVersion.V311, Lasting);
        Assert.Equal("public", (await again.ReadMessageAsync()).Text);
        await again.HearsNothingAsync();
    }

    [Fact]
    public async Task Stops_within_a_second_when_the_right_to_a_dataset_is_taken()
    {
        await using var stoa = await MqttExchange.StartAsync();
        var token = await stoa.GivenTokenAsync("closed", "read", "write");
        await using var peer = await MqttPeer.ConnectAsync(stoa, token);
        await peer.SubscribeAsync((Closed + "#", 0));
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);

        await stoa.Database.WriteAsync(session =>
        {
            session.Execute("UPDATE access_token_scope SET may_read = 0, may_write = 0");
            return true;
        }, Now);
        await Task.Delay(TimeSpan.FromSeconds(1), Now);
        await publisher.PublishAsync(Closed + "a", "secret");

        // It follows nothing else, so it is told why, and nothing before that.
        Assert.Equal(ReasonCode.NotAuthorized, await peer.ReadDisconnectAsync());
        await using var again = await MqttPeer.ConnectAsync(stoa, token);
        Assert.Equal(ReasonCode.NotAuthorized, await again.PublishAsync(Closed + "a", "x"));
    }

    [Fact]
    public async Task Hides_declared_patterns_of_closed_datasets()
    {
        await using var stoa = await MqttExchange.StartAsync();
        var declared = stoa.Services.GetRequiredService<DeclaredTopics>();
        var handled = new List<string>();
        Assert.True(declared.Declare("tele/+/SENSOR", await IdAsync(stoa, "closed"), (publication, _, _) =>
        {
            handled.Add(publication.Topic);
            return new(PublishOutcome.Accepted);
        }).TryGet(out var declaration, out _));
        await using var stranger = await MqttPeer.ConnectAsync(stoa, await stoa.GivenTokenAsync("open", "read", "write"));
        await using var reader = await MqttPeer.ConnectAsync(stoa, await stoa.GivenTokenAsync("closed", "read"));
        await using var writer = await MqttPeer.ConnectAsync(stoa, await stoa.GivenTokenAsync("closed", "write"));
        await using var keeper = await MqttPeer.ConnectAsync(stoa, await stoa.GivenTokenAsync("closed", "read", "write"));

        // As where nobody has declared anything.
        Assert.Equal([ReasonCode.TopicFilterInvalid], await stranger.SubscribeAsync(("tele/+/SENSOR", 0)));
        Assert.Equal([ReasonCode.TopicFilterInvalid], await stranger.SubscribeAsync(("absent/+/SENSOR", 0)));
        Assert.Equal(ReasonCode.TopicNameInvalid, await stranger.PublishAsync("tele/a/SENSOR", "no"));
        Assert.Equal(ReasonCode.TopicNameInvalid, await stranger.PublishAsync("absent/a/SENSOR", "no"));
        Assert.Equal(ReasonCode.NotAuthorized, await reader.PublishAsync("tele/a/SENSOR", "no"));
        // Raw payloads are for those who keep the dataset.
        Assert.Equal([ReasonCode.TopicFilterInvalid], await reader.SubscribeAsync(("tele/+/SENSOR", 0)));
        Assert.Equal([ReasonCode.TopicFilterInvalid], await writer.SubscribeAsync(("tele/+/SENSOR", 0)));
        Assert.Equal([ReasonCode.Success], await keeper.SubscribeAsync(("tele/+/SENSOR", 0)));
        Assert.Equal(ReasonCode.Success, await writer.PublishAsync("tele/a/SENSOR", "yes"));

        var message = await keeper.ReadMessageAsync();
        Assert.Equal(("tele/a/SENSOR", "yes"), (message.Topic, message.Text));
        Assert.Equal(["tele/a/SENSOR"], handled);
        declaration?.Dispose();
        Assert.Equal(ReasonCode.TopicNameInvalid, await writer.PublishAsync("tele/a/SENSOR", "gone"));
    }

    [Theory]
    [InlineData("#")]
    [InlineData("+/a")]
    [InlineData("$SYS/a")]
    [InlineData("v1.1/Things")]
    [InlineData("datasets/open/topics/a")]
    [InlineData("a/#/b")]
    [InlineData("")]
    public async Task Does_not_let_a_declared_pattern_take_topics_of_others(string pattern)
    {
        await using var stoa = await MqttExchange.StartAsync();

        var outcome = stoa.Services.GetRequiredService<DeclaredTopics>().Declare(
            pattern, DatasetId.Inbox, (_, _, _) => new(PublishOutcome.Accepted));

        Assert.False(outcome.IsValue);
    }

    private static async Task<DatasetId> IdAsync(Exchange stoa, string slug)
    {
        using var read = await stoa.Database.ReadAsync(Now);
        using var select = read.Prepare("SELECT id FROM dataset WHERE slug = @slug").Bind("@slug", slug);
        Assert.True(select.Step());
        return new(select.Int64(0));
    }

    private static WillMessage Will() => new(Closed + "will", [1], 0, false, 0, MessageProperties.Empty);
}
