using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Tests.Governance;
using Xunit;
using static Stoa.Tests.Mqtt.MqttExchange;

namespace Stoa.Tests.Mqtt;

/// <summary>What the server keeps of a client between connections (MQTT 5, 4.1), also over a restart.</summary>
public class Continuing_sessions
{
    private static Func<ConnectPacket, ConnectPacket> As(string clientId) =>
        connect => connect with { ClientId = clientId, IsCleanStart = false };

    private static Task<MqttPeer> ConnectAsync(Exchange stoa, string clientId, string token) =>
        MqttPeer.ConnectAsync(stoa, token, ProtocolVersion.V311, As(clientId));

    private static async Task<(MqttPeer Peer, bool IsPresent)> GreetAsync(
        Exchange stoa, string clientId, string? token, Func<ConnectPacket, ConnectPacket>? with = null)
    {
        var peer = await MqttPeer.DialAsync(stoa);
        var answer = await peer.GreetAsync(token, ProtocolVersion.V311, with ?? As(clientId));
        Assert.Equal(ReasonCode.Success, answer.Reason);
        return (peer, answer.IsSessionPresent);
    }

    [Fact]
    public async Task Delivers_what_came_while_the_client_was_away()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await using (var before = await ConnectAsync(stoa, "me", stoa.AdminToken))
        {
            await before.SubscribeAsync((Open + "#", 1));
            await before.DisconnectAsync();
        }

        await publisher.PublishAsync(Open + "a", "kept");
        await publisher.PublishAsync(Open + "a", "fleeting", 0);
        var (again, isPresent) = await GreetAsync(stoa, "me", stoa.AdminToken);

        await using (again)
        {
            Assert.True(isPresent);
            Assert.Equal("kept", (await again.ReadMessageAsync()).Text);
            await again.HearsNothingAsync();
        }
    }

    [Fact]
    public async Task Sends_again_what_was_not_acknowledged()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await using var before = await ConnectAsync(stoa, "me", stoa.AdminToken);
        await before.SubscribeAsync((Open + "#", 2));
        await publisher.PublishAsync(Open + "a", "first", 1);
        await publisher.PublishAsync(Open + "a", "second", 2);
        await publisher.PublishAsync(Open + "a", "third", 2);
        var (first, second, third) =
            (await before.ReadMessageAsync(), await before.ReadMessageAsync(), await before.ReadMessageAsync());
        await before.SendAcknowledgementAsync(PacketType.PublishReceived, third.PacketId);
        await before.ReadAcknowledgementAsync(PacketType.PublishRelease, third.PacketId);
        before.Break();

        await using var again = await ConnectAsync(stoa, "me", stoa.AdminToken);

        var repeated = await again.ReadMessageAsync();
        Assert.Equal((first.PacketId, "first", true), (repeated.PacketId, repeated.Text, repeated.IsDuplicate));
        repeated = await again.ReadMessageAsync();
        Assert.Equal((second.PacketId, "second", true), (repeated.PacketId, repeated.Text, repeated.IsDuplicate));
        await again.ReadAcknowledgementAsync(PacketType.PublishRelease, third.PacketId);
    }

    [Fact]
    public async Task Takes_over_from_a_connection_with_the_same_token()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var first = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken, with: As("me"));

        await using var second = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken, with: As("me"));

        Assert.Equal(ReasonCode.SessionTakenOver, await first.ReadDisconnectAsync());
        await second.HearsNothingAsync();
    }

    [Fact]
    public async Task Keeps_equal_identifiers_of_different_tokens_apart()
    {
        await using var stoa = await MqttExchange.StartAsync();
        var token = await stoa.GivenTokenAsync("open", "read");
        await using var mine = await ConnectAsync(stoa, "me", stoa.AdminToken);
        await mine.SubscribeAsync((Closed + "#", 1));

        var (foreign, isPresent) = await GreetAsync(stoa, "me", token);
        await using var nobody = await MqttPeer.ConnectAsync(stoa, null, ProtocolVersion.V311, As("me"));
        await using var nobodyElse = await MqttPeer.ConnectAsync(stoa, null, ProtocolVersion.V311, As("me"));

        await using (foreign)
        {
            Assert.False(isPresent);
            await mine.HearsNothingAsync();
            await foreign.HearsNothingAsync();
            await nobody.HearsNothingAsync();
            await nobodyElse.HearsNothingAsync();
        }
    }

    [Fact]
    public async Task Keeps_nothing_for_anonymous_clients()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using (var before = await MqttPeer.ConnectAsync(stoa, null, ProtocolVersion.V311, As("me")))
        {
            await before.SubscribeAsync((Open + "#", 1));
            await before.DisconnectAsync();
        }

        var (again, isPresent) = await GreetAsync(stoa, "me", null);

        await using (again) Assert.False(isPresent);
        await using var five = await MqttPeer.DialAsync(stoa);
        await five.SendAsync([0x10, 18, 0, 4, .. "MQTT"u8, 5, 2, 0, 0, 5, 0x11, 0, 0, 1, 0, 0, 0]);
        var frame = await five.ReadAsync(PacketType.ConnectAcknowledgement);
        Assert.Equal([0x11, 0, 0, 0, 0], frame.Body.Span[3..8].ToArray());
    }

    [Fact]
    public async Task Forgets_at_a_clean_start()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using (var before = await ConnectAsync(stoa, "me", stoa.AdminToken))
        {
            await before.SubscribeAsync((Open + "#", 1));
            await before.DisconnectAsync();
        }

        var (clean, isPresent) = await GreetAsync(
            stoa, "me", stoa.AdminToken, connect => connect with { ClientId = "me", IsCleanStart = true });
        await clean.PublishAsync(Open + "a", "x");
        await clean.HearsNothingAsync();
        await clean.DisconnectAsync();
        await clean.DisposeAsync();
        var (again, isStillPresent) = await GreetAsync(stoa, "me", stoa.AdminToken);

        await using (again) Assert.Equal((false, false), (isPresent, isStillPresent));
    }

    [Fact]
    public async Task Ends_when_its_time_is_over()
    {
        var clock = new TestClock();
        await using var stoa = await MqttExchange.StartAsync(clock, settings: ("mqtt.sessionSeconds", "100"));
        await using (var before = await ConnectAsync(stoa, "me", stoa.AdminToken)) await before.DisconnectAsync();

        clock.Advance(TimeSpan.FromSeconds(90));
        var (again, isPresent) = await GreetAsync(stoa, "me", stoa.AdminToken);
        await again.DisconnectAsync();
        await again.DisposeAsync();
        clock.Advance(TimeSpan.FromSeconds(101));
        await EventuallyAsync(stoa, "stoa_mqtt_sessions 0\n");
        var (late, isStillPresent) = await GreetAsync(stoa, "me", stoa.AdminToken);

        await using (late) Assert.Equal((true, false), (isPresent, isStillPresent));
    }

    [Fact]
    public async Task Survives_a_restart_with_its_subscriptions()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using (var before = await ConnectAsync(stoa, "me", stoa.AdminToken))
        {
            await before.SubscribeAsync((Open + "#", 1), (Open + "gone", 1), ("$share/g/" + Closed + "#", 1));
            await before.UnsubscribeAsync(Open + "gone");
        }

        await stoa.RestartAsync(Listen);

        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await publisher.PublishAsync(Open + "gone", "1");
        await publisher.PublishAsync(Closed + "a", "2", id: 2);
        var (again, isPresent) = await GreetAsync(stoa, "me", stoa.AdminToken);
        await using (again)
        {
            Assert.True(isPresent);
            Assert.Equal(["1", "2"], [(await again.ReadMessageAsync()).Text, (await again.ReadMessageAsync()).Text]);
            await again.HearsNothingAsync();
        }
    }

    [Fact]
    public async Task Does_not_survive_a_restart_when_its_token_was_revoked()
    {
        await using var stoa = await MqttExchange.StartAsync();
        var token = await stoa.GivenTokenAsync("closed", "read");
        await using (var before = await ConnectAsync(stoa, "me", token))
        {
            await before.SubscribeAsync((Closed + "#", 1));
            await before.DisconnectAsync();
        }

        (await stoa.DeleteAsync("/api/v1/tokens/2")).ShouldBe(204);
        await stoa.RestartAsync(Listen);

        Assert.Contains("stoa_mqtt_sessions 0\n", (await stoa.GetAsync("/metrics")).Text, StringComparison.Ordinal);
        Assert.Contains("stoa_mqtt_subscriptions 0\n", (await stoa.GetAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Knows_the_unreleased_publications_after_a_restart()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using (var before = await ConnectAsync(stoa, "me", stoa.AdminToken))
        {
            await before.SendPublishAsync(Open + "a", "once", 2, 5);
            await before.ReadAcknowledgementAsync(PacketType.PublishReceived, 5);
        }

        await stoa.RestartAsync(Listen);

        await using var subscriber = await MqttPeer.ConnectAsync(stoa);
        await subscriber.SubscribeAsync((Open + "#", 0));
        await using var again = await ConnectAsync(stoa, "me", stoa.AdminToken);
        await again.SendPublishAsync(Open + "a", "once", 2, 5, isDuplicate: true);
        await again.ReadAcknowledgementAsync(PacketType.PublishReceived, 5);
        await again.SendAcknowledgementAsync(PacketType.PublishRelease, 5);
        await again.ReadAcknowledgementAsync(PacketType.PublishComplete, 5);
        await again.PublishAsync(Open + "a", "next", 2, id: 5);

        Assert.Equal("next", (await subscriber.ReadMessageAsync()).Text);
    }

    [Fact]
    public async Task Can_be_made_shorter_when_leaving_and_not_longer()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var lasting = await ConnectAsync(stoa, "me", stoa.AdminToken);
        await lasting.DisconnectAsync();
        await using var five = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken, with: connect => connect with { ClientId = "five" });

        await five.SendAsync(0xE0, 7, 0, 5, 0x11, 0, 0, 0, 100);

        Assert.Equal(ReasonCode.ProtocolError, await five.ReadDisconnectAsync());
    }

    internal static async Task EventuallyAsync(Exchange stoa, string line)
    {
        for (var i = 0; i < 500; i++)
        {
            if ((await stoa.GetAsync("/metrics")).Text.Contains(line, StringComparison.Ordinal)) return;
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"{line.Trim()} did not come.");
    }
}
