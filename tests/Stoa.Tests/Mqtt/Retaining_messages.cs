using System.Text;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Tests.Governance;
using Xunit;
using static Stoa.Tests.Mqtt.MqttExchange;

namespace Stoa.Tests.Mqtt;

/// <summary>The last message of a topic, for those who come later (MQTT 5, 3.3.1.3 and 3.8.3.1), and wills
/// (3.1.2.5).</summary>
public class Retaining_messages
{
    [Fact]
    public async Task Gives_the_last_to_new_subscriptions()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await publisher.PublishAsync(Open + "a", "1", retain: true);
        await publisher.PublishAsync(Open + "a", "2", retain: true);
        await publisher.PublishAsync(Open + "b", "cleared", retain: true);
        await publisher.PublishAsync(Open + "b", "", retain: true);
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);

        await subscriber.SubscribeAsync((Open + "#", 0));

        var message = await subscriber.ReadMessageAsync();
        Assert.Equal((Open + "a", "2", true), (message.Topic, message.Text, message.Retain));
        await subscriber.HearsNothingAsync();
    }

    [Fact]
    public async Task Heeds_what_the_subscription_wants()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await publisher.PublishAsync(Open + "a", "kept", retain: true);
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);

        await subscriber.SubscribeAsync((Open + "#", 0x20));
        await subscriber.HearsNothingAsync();
        await subscriber.SubscribeAsync((Open + "#", 0x10));
        await subscriber.HearsNothingAsync();
        await subscriber.SubscribeAsync((Open + "+", 0x10 | 8));
        Assert.Equal("kept", (await subscriber.ReadMessageAsync()).Text);
        await subscriber.UnsubscribeAsync(Open + "#");
        await publisher.PublishAsync(Open + "a", "live", retain: true);

        var message = await subscriber.ReadMessageAsync();
        Assert.Equal(("live", true), (message.Text, message.Retain));
    }

    [Fact]
    public async Task Survives_a_restart_with_properties()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using (var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken))
        {
            await publisher.PublishAsync(Open + "a", "kept", 2, true, new() { ContentType = "text/plain", User = [new("a", "b")] });
            await publisher.PublishAsync(Closed + "a", "hidden", 1, true);
        }

        await stoa.RestartAsync(Listen);
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);
        await subscriber.SubscribeAsync((Open + "#", 2), (Closed + "#", 2));

        var message = await subscriber.ReadMessageAsync();
        Assert.Equal(
            (Open + "a", "kept", true, QualityOfService.ExactlyOnce, "text/plain"),
            (message.Topic, message.Text, message.Retain, message.Qos, message.Properties.ContentType));
        Assert.Equal([new("a", "b")], message.Properties.ToMessage().User);
        await subscriber.HearsNothingAsync();
    }

    [Fact]
    public async Task Ends_with_the_time_of_the_message()
    {
        var clock = new TestClock();
        await using var stoa = await MqttExchange.StartAsync(clock);
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await publisher.PublishAsync(Open + "a", "short", 1, true, new() { ExpirySeconds = 10 });
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);

        clock.Advance(TimeSpan.FromSeconds(4));
        await subscriber.SubscribeAsync((Open + "a", 0));
        Assert.Equal(6u, (await subscriber.ReadMessageAsync()).Properties.MessageExpirySeconds);
        clock.Advance(TimeSpan.FromSeconds(7));
        await subscriber.SubscribeAsync((Open + "+", 0));

        await subscriber.HearsNothingAsync();
    }

    [Fact]
    public async Task Keeps_as_many_as_allowed_and_no_more()
    {
        await using var stoa = await MqttExchange.StartAsync(settings: ("mqtt.retainedMessages", "2"));
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);

        Assert.Equal(ReasonCode.Success, await publisher.PublishAsync(Open + "a", "1", retain: true));
        Assert.Equal(ReasonCode.Success, await publisher.PublishAsync(Open + "b", "1", retain: true));
        Assert.Equal(ReasonCode.QuotaExceeded, await publisher.PublishAsync(Open + "c", "1", retain: true));
        Assert.Equal(ReasonCode.Success, await publisher.PublishAsync(Open + "a", "2", retain: true));
        Assert.Equal(ReasonCode.Success, await publisher.PublishAsync(Open + "a", "", retain: true));
        Assert.Equal(ReasonCode.Success, await publisher.PublishAsync(Open + "c", "1", retain: true));
    }

    [Fact]
    public async Task Publishes_the_will_of_a_client_that_vanishes()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);
        await subscriber.SubscribeAsync((Open + "will/#", 0));
        await using var polite = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken, with: connect => connect with { Will = Will("polite", 0) });
        await using var tidy = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken, with: connect => connect with { Will = Will("tidy", 0) });
        await using var lost = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken, with: connect => connect with { Will = Will("lost", 0) });
        await using var without = await MqttPeer.ConnectAsync(
            stoa, await stoa.GivenTokenAsync("open", "read"), with: connect => connect with { Will = Will("no right", 0) });

        await polite.DisconnectAsync();
        without.Break();
        lost.Break();
        Assert.Equal("lost", (await subscriber.ReadMessageAsync()).Text);
        await tidy.DisconnectAsync(ReasonCode.DisconnectWithWill);

        Assert.Equal("tidy", (await subscriber.ReadMessageAsync()).Text);
        await subscriber.HearsNothingAsync();
    }

    [Fact]
    public async Task Delays_a_will_and_drops_it_when_the_client_is_back()
    {
        var clock = new TestClock();
        await using var stoa = await MqttExchange.StartAsync(clock);
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);
        await subscriber.SubscribeAsync((Open + "will/#", 0));
        async Task<MqttPeer> ConnectAsync(string id)
        {
            var peer = await MqttPeer.DialAsync(stoa);
            byte[] token = [.. Encoding.ASCII.GetBytes(stoa.AdminToken)];
            byte[] topic = [.. Encoding.ASCII.GetBytes(Open + "will/" + id)];
            byte[] body =
            [
                0, 4, .. "MQTT"u8, 5, 0xC4, 0, 0, 5, 0x11, 0, 0, 1, 0, 0, 3, .. Encoding.ASCII.GetBytes(id),
                5, 0x18, 0, 0, 0, 30, 0, (byte)topic.Length, .. topic, 0, 3, .. Encoding.ASCII.GetBytes(id),
                0, 0, 0, (byte)token.Length, .. token,
            ];
            await peer.SendAsync([0x10, (byte)(body.Length % 128 | 0x80), (byte)(body.Length / 128), .. body]);
            await peer.ReadAsync(PacketType.ConnectAcknowledgement);
            return peer;
        }

        await using (var back = await ConnectAsync("one")) back.Break();
        await using (var gone = await ConnectAsync("two")) gone.Break();
        await Continuing_sessions.EventuallyAsync(stoa, "stoa_mqtt_connections 1\n");
        clock.Advance(TimeSpan.FromSeconds(20));
        await using var again = await ConnectAsync("one");
        await subscriber.HearsNothingAsync();

        Assert.Equal("two", (await Connecting.PassingAsync(clock, subscriber.ReadMessageAsync())).Text);
        await subscriber.HearsNothingAsync();
    }

    private static WillMessage Will(string text, uint delay) => new(
        Open + "will/a", Encoding.UTF8.GetBytes(text), 0, false, delay, MessageProperties.Empty);
}
