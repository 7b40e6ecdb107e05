using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Xunit;
using static Stoa.Tests.Mqtt.MqttExchange;

namespace Stoa.Tests.Mqtt;

/// <summary>Messages from one client to another over free topics of a dataset; clauses are those of MQTT 5.</summary>
public class Publishing_and_subscribing
{
    [Theory]
    [CombinatorialQos]
    internal async Task Delivers_with_the_lower_quality(ProtocolVersion version, int published, int subscribed)
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var subscriber = await MqttPeer.ConnectAsync(stoa, version: version);
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken, version);
        Assert.Equal([(ReasonCode)subscribed], await subscriber.SubscribeAsync((Open + "a/+", subscribed)));

        Assert.Equal(ReasonCode.Success, await publisher.PublishAsync(Open + "a/b", "hello", published));

        var message = await subscriber.ReadMessageAsync();
        Assert.Equal((Open + "a/b", "hello", Math.Min(published, subscribed)), (message.Topic, message.Text, (int)message.Qos));
        Assert.False(message.Retain);
    }

    [Fact]
    public async Task Keeps_the_order_of_a_publisher()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await subscriber.SubscribeAsync((Open + "#", 0));

        for (ushort i = 1; i <= 500; i++) await publisher.SendPublishAsync(Open + "n", $"{i}", 1, i);

        for (ushort i = 1; i <= 500; i++)
        {
            Assert.Equal($"{i}", (await subscriber.ReadMessageAsync()).Text);
            await publisher.ReadAcknowledgementAsync(PacketType.PublishAcknowledgement, i);
        }
    }

    [Fact]
    public async Task Says_that_nobody_follows()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);

        Assert.Equal(ReasonCode.NoMatchingSubscribers, await publisher.PublishAsync(Open + "a", "x"));
    }

    [Fact]
    public async Task Carries_the_properties_of_the_publisher()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await subscriber.SubscribeAsync(77, (Open + "#", 0));

        await publisher.PublishAsync(Open + "ask", "?", properties: new()
        {
            IsText = true, ExpirySeconds = 60, ContentType = "text/plain", ResponseTopic = Open + "answer",
            Correlation = new byte[] { 1, 2, 3 }, User = [new("a", "1"), new("a", "2")],
        });

        var seen = (await subscriber.ReadMessageAsync()).Properties;
        var message = seen.ToMessage();
        Assert.Equal(
            (true, "text/plain", Open + "answer", 77),
            (message.IsText, message.ContentType, message.ResponseTopic, seen.SubscriptionIdentifier));
        Assert.InRange(message.ExpirySeconds ?? 0, 1u, 60u);
        Assert.Equal([1, 2, 3], message.Correlation!.Value.ToArray());
        Assert.Equal([new("a", "1"), new("a", "2")], message.User);
    }

    [Fact]
    public async Task Leaves_out_what_a_client_published_itself_when_it_wants_so()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await using var other = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await peer.SubscribeAsync((Open + "#", 4));

        await peer.PublishAsync(Open + "a", "own", 0);
        await other.PublishAsync(Open + "a", "foreign", 0);

        Assert.Equal("foreign", (await peer.ReadMessageAsync()).Text);
    }

    [Fact]
    public async Task Ends_a_subscription()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await peer.SubscribeAsync((Open + "#", 0));

        Assert.Equal(
            [ReasonCode.Success, ReasonCode.NoSubscriptionExisted], await peer.UnsubscribeAsync(Open + "#", Open + "x"));
        await peer.PublishAsync(Open + "a", "x", 0);

        await peer.HearsNothingAsync();
    }

    [Fact]
    public async Task Shares_a_subscription_among_clients_of_one_token()
    {
        await using var stoa = await MqttExchange.StartAsync();
        var token = await stoa.GivenTokenAsync("open", "read");
        await using var one = await MqttPeer.ConnectAsync(stoa, token);
        await using var two = await MqttPeer.ConnectAsync(stoa, token);
        await using var stranger = await MqttPeer.ConnectAsync(stoa, await stoa.GivenTokenAsync("open", "read"));
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        foreach (var peer in new[] { one, two, stranger })
            Assert.Equal([ReasonCode.GrantedQos1], await peer.SubscribeAsync(($"$share/g/{Open}#", 1)));

        for (ushort i = 1; i <= 4; i++) await publisher.PublishAsync(Open + "a", $"{i}", id: i);

        string[] all = [(await one.ReadMessageAsync()).Text, (await one.ReadMessageAsync()).Text,
            (await two.ReadMessageAsync()).Text, (await two.ReadMessageAsync()).Text];
        Assert.Equal(["1", "2", "3", "4"], all.Order());
        foreach (var text in new[] { "1", "2", "3", "4" }) Assert.Equal(text, (await stranger.ReadMessageAsync()).Text);
        await one.HearsNothingAsync();
        await two.HearsNothingAsync();
    }

    [Fact]
    public async Task Does_not_let_anonymous_clients_share()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.ConnectAsync(stoa);

        Assert.Equal([ReasonCode.NotAuthorized], await peer.SubscribeAsync(($"$share/g/{Open}#", 1)));
    }

    [Fact]
    public async Task Knows_topics_by_aliases_both_ways()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var subscriber = await MqttPeer.DialAsync(stoa);
        await subscriber.SendAsync(
        [
            0x10, 16, 0, 4, .. "MQTT"u8, 5, 2, 0, 0, 3, 0x22, 0, 1, 0, 0,
        ]);
        await subscriber.ReadAsync(PacketType.ConnectAcknowledgement);
        await subscriber.SubscribeAsync((Open + "#", 0));
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);

        await publisher.SendPublishAsync(Open + "a", "1", alias: 5);
        await publisher.SendPublishAsync("", "2", alias: 5);
        await publisher.SendPublishAsync(Open + "b", "3", alias: 5);
        await publisher.SendPublishAsync("", "4", alias: 5);

        var (first, second, third, fourth) = (await subscriber.ReadMessageAsync(), await subscriber.ReadMessageAsync(),
            await subscriber.ReadMessageAsync(), await subscriber.ReadMessageAsync());
        Assert.Equal((Open + "a", 1, "1"), (first.Topic, first.Properties.TopicAlias, first.Text));
        Assert.Equal(("", 1, "2"), (second.Topic, second.Properties.TopicAlias, second.Text));
        Assert.Equal((Open + "b", 0, "3"), (third.Topic, third.Properties.TopicAlias, third.Text));
        Assert.Equal((Open + "b", 0, "4"), (fourth.Topic, fourth.Properties.TopicAlias, fourth.Text));
    }

    [Fact]
    public async Task Sends_no_more_unacknowledged_than_the_client_takes()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var subscriber = await MqttPeer.DialAsync(stoa);
        await subscriber.SendAsync([0x10, 16, 0, 4, .. "MQTT"u8, 5, 2, 0, 0, 3, 0x21, 0, 2, 0, 0]);
        await subscriber.ReadAsync(PacketType.ConnectAcknowledgement);
        await subscriber.SubscribeAsync((Open + "#", 1));
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        foreach (var text in new[] { "1", "2", "3" }) await publisher.PublishAsync(Open + "a", text);

        var first = await subscriber.ReadMessageAsync();
        await subscriber.ReadMessageAsync();
        await subscriber.HearsNothingAsync();
        await subscriber.SendAcknowledgementAsync(PacketType.PublishAcknowledgement, first.PacketId);

        Assert.Equal("3", (await subscriber.ReadMessageAsync()).Text);
    }

    [Fact]
    public async Task Leaves_out_a_message_larger_than_the_client_takes()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var subscriber = await MqttPeer.DialAsync(stoa);
        await subscriber.SendAsync([0x10, 18, 0, 4, .. "MQTT"u8, 5, 2, 0, 0, 5, 0x27, 0, 0, 0, 60, 0, 0]);
        await subscriber.ReadAsync(PacketType.ConnectAcknowledgement);
        await subscriber.SubscribeAsync((Open + "#", 1));
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);

        await publisher.PublishAsync(Open + "a", new string('x', 60));
        await publisher.PublishAsync(Open + "a", "small");

        Assert.Equal("small", (await subscriber.ReadMessageAsync()).Text);
    }

    [Fact]
    public async Task Delivers_quality_two_once_through_its_four_packets()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await subscriber.SubscribeAsync((Open + "#", 2));

        await publisher.SendPublishAsync(Open + "a", "once", 2, 5);
        await publisher.ReadAcknowledgementAsync(PacketType.PublishReceived, 5);
        await publisher.SendPublishAsync(Open + "a", "once", 2, 5, isDuplicate: true);
        await publisher.ReadAcknowledgementAsync(PacketType.PublishReceived, 5);
        await publisher.SendAcknowledgementAsync(PacketType.PublishRelease, 5);
        await publisher.ReadAcknowledgementAsync(PacketType.PublishComplete, 5);
        await publisher.SendAcknowledgementAsync(PacketType.PublishRelease, 5);
        var again = await publisher.ReadAcknowledgementAsync(PacketType.PublishComplete, 5);
        Assert.Equal(ReasonCode.PacketIdentifierNotFound, again.Reason);

        var message = await subscriber.ReadMessageAsync();
        await subscriber.SendAcknowledgementAsync(PacketType.PublishReceived, message.PacketId);
        await subscriber.ReadAcknowledgementAsync(PacketType.PublishRelease, message.PacketId);
        await subscriber.SendAcknowledgementAsync(PacketType.PublishComplete, message.PacketId);
        await subscriber.HearsNothingAsync();
    }

    [Fact]
    public async Task Counts_what_goes_through()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await subscriber.SubscribeAsync((Open + "#", 0));
        await publisher.PublishAsync(Open + "a", "x");
        await subscriber.ReadMessageAsync();

        var metrics = (await stoa.GetAsync("/metrics")).Text;

        Assert.Contains("stoa_mqtt_connections 2\n", metrics, StringComparison.Ordinal);
        Assert.Contains("stoa_mqtt_subscriptions 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("stoa_mqtt_received_total{qos=\"1\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("stoa_mqtt_sent_total{qos=\"0\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("stoa_mqtt_queue_messages 0\n", metrics, StringComparison.Ordinal);
    }
}
