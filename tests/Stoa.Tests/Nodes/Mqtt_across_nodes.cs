using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Tests.Mqtt;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Tests.Mqtt.MqttExchange;

namespace Stoa.Tests.Nodes;

/// <summary>Clients at two nodes see one server.</summary>
[Trait("Engine", "Postgres")]
public class Mqtt_across_nodes
{
    private static async Task<TwoNodes> StartAsync()
    {
        var nodes = await TwoNodes.StartAsync(null, Listen);
        await nodes.First.GivenDatasetAsync("open", SpectrumClass.Open);
        await TwoNodes.LearnAsync(nodes.Second);
        return nodes;
    }

    private static Func<ConnectPacket, ConnectPacket> As(string clientId, bool isClean = false) =>
        connect => connect with { ClientId = clientId, IsCleanStart = isClean };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Messages_of_free_topics_reach_subscribers_at_another_node(int qos)
    {
        await using var nodes = await StartAsync();
        await using var here = await MqttPeer.ConnectAsync(nodes.First);
        await using var there = await MqttPeer.ConnectAsync(nodes.Second);
        await here.SubscribeAsync((Open + "#", 2));
        await there.SubscribeAsync((Open + "#", 2));
        await using var publisher = await MqttPeer.ConnectAsync(nodes.First, nodes.First.AdminToken);

        for (var i = 0; i < 20; i++)
        {
            await nodes.MakeDeafAsync();
            await publisher.PublishAsync(Open + "a/b", $"text {i}", qos);
        }

        foreach (var peer in new[] { here, there })
        {
            for (var i = 0; i < 20; i++)
            {
                var message = await peer.ReadMessageAsync();
                Assert.Equal((Open + "a/b", $"text {i}", (QualityOfService)qos), (message.Topic, message.Text, message.Qos));
            }

            await peer.HearsNothingAsync();
        }
    }

    [Fact]
    public async Task What_a_topic_keeps_is_there_at_every_node()
    {
        await using var nodes = await StartAsync();
        await using var publisher = await MqttPeer.ConnectAsync(nodes.First, nodes.First.AdminToken);
        await using var watcher = await MqttPeer.ConnectAsync(nodes.Second);
        await watcher.SubscribeAsync((Open + "#", 0));
        await publisher.PublishAsync(Open + "a", "kept", 1, retain: true);
        Assert.Equal("kept", (await watcher.ReadMessageAsync()).Text);

        await using var late = await MqttPeer.ConnectAsync(nodes.Second);
        await late.SubscribeAsync((Open + "#", 0));
        var kept = await late.ReadMessageAsync();
        await publisher.PublishAsync(Open + "a", "", 1, retain: true);
        await watcher.ReadMessageAsync();
        await using var later = await MqttPeer.ConnectAsync(nodes.Second);
        await later.SubscribeAsync((Open + "#", 0));

        Assert.Equal(("kept", true), (kept.Text, kept.Retain));
        await later.HearsNothingAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_connects_to_another_node_is_no_longer_at_the_first(bool isClean)
    {
        await using var nodes = await StartAsync();
        await using var before = await MqttPeer.ConnectAsync(nodes.First, nodes.First.AdminToken, with: As("me", isClean));

        await using var after = await MqttPeer.ConnectAsync(nodes.Second, nodes.First.AdminToken, with: As("me", isClean));

        Assert.Equal(ReasonCode.SessionTakenOver, await before.ReadDisconnectAsync());
        await after.HearsNothingAsync();
        await using var back = await MqttPeer.ConnectAsync(nodes.First, nodes.First.AdminToken, with: As("me", isClean));
        Assert.Equal(ReasonCode.SessionTakenOver, await after.ReadDisconnectAsync());
        await back.HearsNothingAsync();
    }

    [Fact]
    public async Task A_session_is_continued_at_another_node()
    {
        await using var nodes = await StartAsync();
        await using (var before = await MqttPeer.ConnectAsync(nodes.First, nodes.First.AdminToken, ProtocolVersion.V311, As("me")))
        {
            await before.SubscribeAsync((Open + "#", 1));
            await before.DisconnectAsync();
        }

        await using var after = await MqttPeer.DialAsync(nodes.Second);
        var answer = await after.GreetAsync(nodes.First.AdminToken, ProtocolVersion.V311, As("me"));
        await using var publisher = await MqttPeer.ConnectAsync(nodes.First, nodes.First.AdminToken);
        await publisher.PublishAsync(Open + "a", "text");

        Assert.True(answer.IsSessionPresent);
        Assert.Equal("text", (await after.ReadMessageAsync()).Text);
    }

    [Fact]
    public async Task Sessions_of_a_node_that_is_gone_wait_at_the_one_that_leads()
    {
        await using var nodes = await StartAsync();
        var gone = await nodes.StartAnotherAsync(Listen);
        await TwoNodes.LearnAsync(gone);
        await using (var before = await MqttPeer.ConnectAsync(gone, nodes.First.AdminToken, ProtocolVersion.V311, As("me")))
            await before.SubscribeAsync((Open + "#", 1));
        await gone.DisposeAsync();
        await TwoNodes.UntilAsync(async () => await nodes.NumberAsync(
            $"SELECT count(*) FROM mqtt_session WHERE client_id = 'me' AND node = '{nodes.First.Database.Nodes.Name}'") == 1);
        // What was adopted is subscribed a moment later.
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await using var publisher = await MqttPeer.ConnectAsync(nodes.Second, nodes.First.AdminToken);
        await publisher.PublishAsync(Open + "a", "kept");
        await Task.Delay(500, TestContext.Current.CancellationToken);

        await using var after = await MqttPeer.ConnectAsync(nodes.First, nodes.First.AdminToken, ProtocolVersion.V311, As("me"));

        Assert.Equal("kept", (await after.ReadMessageAsync()).Text);
    }
}
