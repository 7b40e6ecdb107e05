using Stoa.Host;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Tests.Governance;
using Xunit;
using static Stoa.Tests.Mqtt.MqttExchange;

namespace Stoa.Tests.Mqtt;

/// <summary>From the first byte to CONNACK, and how connections end; clauses are those of MQTT 5.</summary>
public class Connecting
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tells_the_limits_of_the_server()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.DialAsync(stoa);

        var answer = await peer.GreetAsync();

        Assert.StartsWith("stoa-", answer.Properties.AssignedClientId, StringComparison.Ordinal);
        Assert.Equal(MqttLimits.ReceiveMaximum, answer.Properties.ReceiveMaximum);
        Assert.Equal(MqttLimits.TopicAliasesMax, answer.Properties.TopicAliasMaximum);
        Assert.Equal(1u << 20, answer.Properties.MaximumPacketBytes);
        Assert.False(answer.IsSessionPresent);
    }

    [Fact]
    internal async Task Answers_the_old_form_in_the_old_version()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.DialAsync(stoa);
        await peer.SendAsync([0x10, 12, 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, 0]);

        Assert.Equal([0, 0], (await peer.ReadAsync(PacketType.ConnectAcknowledgement)).Body.ToArray());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    public async Task Names_an_unknown_version(byte level)
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.DialAsync(stoa);
        await peer.SendAsync([0x10, 12, 0, 4, .. "MQTT"u8, level, 2, 0, 0, 0, 0]);

        Assert.Equal([0, 1], (await peer.ReadAsync(PacketType.ConnectAcknowledgement)).Body.ToArray());
        Assert.Null(await peer.TryReadAsync());
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, ReasonCode.BadUserNameOrPassword)]
    [InlineData(ProtocolVersion.V5, ReasonCode.BadUserNameOrPassword)]
    internal async Task Refuses_a_password_that_is_no_token(ProtocolVersion version, ReasonCode reason)
    {
        await using var stoa = await MqttExchange.StartAsync();
        foreach (var password in new[] { "", "secret", "stoa_" + new string('a', 12) + "_" + new string('a', 52) })
        {
            await using var peer = await MqttPeer.DialAsync(stoa);

            Assert.Equal(reason, (await peer.GreetAsync(password, version)).Reason);
            Assert.Null(await peer.TryReadAsync());
        }
    }

    [Fact]
    public async Task Refuses_other_ways_to_authenticate()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.DialAsync(stoa);
        await peer.SendAsync([0x10, 17, 0, 4, .. "MQTT"u8, 5, 2, 0, 0, 4, 0x15, 0, 1, (byte)'a', 0, 0]);

        var frame = await peer.ReadAsync(PacketType.ConnectAcknowledgement);
        Assert.Equal((byte)ReasonCode.BadAuthenticationMethod, frame.Body.Span[1]);
    }

    [Fact]
    public async Task Takes_client_identifiers_of_256_bytes_and_no_longer()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var longest = await MqttPeer.DialAsync(stoa);
        await using var longer = await MqttPeer.DialAsync(stoa);
        var name = string.Concat(Enumerable.Repeat("ä", 128));

        var taken = await longest.GreetAsync(with: connect => connect with { ClientId = name });
        var refused = await longer.GreetAsync(with: connect => connect with { ClientId = name + "a" });

        Assert.Equal(ReasonCode.Success, taken.Reason);
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, refused.Reason);
    }

    [Fact]
    public async Task Wants_an_identifier_for_a_session_that_shall_go_on()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.DialAsync(stoa);

        var answer = await peer.GreetAsync(
            stoa.AdminToken, ProtocolVersion.V311, connect => connect with { IsCleanStart = false });

        Assert.Equal(ReasonCode.ClientIdentifierNotValid, answer.Reason);
    }

    [Fact]
    public async Task Takes_as_many_connections_as_allowed_and_no_more()
    {
        await using var stoa = await MqttExchange.StartAsync(settings: ("mqtt.connections", "2"));
        await using var one = await MqttPeer.ConnectAsync(stoa);
        await using var two = await MqttPeer.ConnectAsync(stoa);
        await using var three = await MqttPeer.DialAsync(stoa);

        Assert.Equal(ReasonCode.ServerBusy, (await three.GreetAsync()).Reason);

        await two.DisconnectAsync();
        await using var four = await MqttPeer.ConnectAsync(stoa);
    }

    [Fact]
    public async Task Takes_as_many_lasting_sessions_as_allowed_and_no_more()
    {
        await using var stoa = await MqttExchange.StartAsync(settings: ("mqtt.sessions", "1"));
        static ConnectPacket Lasting(ConnectPacket connect, string id) =>
            connect with { Version = ProtocolVersion.V311, ClientId = id, IsCleanStart = false };
        await using var one = await MqttPeer.ConnectAsync(
            stoa, stoa.AdminToken, ProtocolVersion.V311, connect => Lasting(connect, "one"));
        await using var two = await MqttPeer.DialAsync(stoa);

        var answer = await two.GreetAsync(stoa.AdminToken, ProtocolVersion.V311, connect => Lasting(connect, "two"));

        Assert.Equal(ReasonCode.ServerUnavailable, answer.Reason);
    }

    [Fact]
    public async Task Closes_a_connection_that_never_says_who_it_is()
    {
        var clock = new TestClock();
        await using var stoa = await MqttExchange.StartAsync(clock);
        await using var silent = await MqttPeer.DialAsync(stoa);
        await using var slow = await MqttPeer.DialAsync(stoa);
        await slow.SendAsync(0x10, 12, 0, 4);
        await using var other = await MqttPeer.ConnectAsync(stoa);

        Assert.Null(await PassingAsync(clock, silent.TryReadAsync()));
        Assert.Null(await PassingAsync(clock, slow.TryReadAsync()));
    }

    [Fact]
    public async Task Closes_a_connection_that_falls_silent()
    {
        var clock = new TestClock();
        await using var stoa = await MqttExchange.StartAsync(clock);
        await using var peer = await MqttPeer.ConnectAsync(stoa, with: connect => connect with { KeepAliveSeconds = 10 });

        clock.Advance(TimeSpan.FromSeconds(14));
        await peer.HearsNothingAsync();
        clock.Advance(TimeSpan.FromSeconds(14));
        await peer.HearsNothingAsync();

        Assert.Equal(ReasonCode.KeepAliveTimeout, await PassingAsync(clock, peer.ReadDisconnectAsync()));
    }

    [Fact]
    public async Task Says_that_the_server_stops()
    {
        var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.ConnectAsync(stoa);

        var stopping = stoa.DisposeAsync();

        Assert.Equal(ReasonCode.ServerShuttingDown, await peer.ReadDisconnectAsync());
        await stopping;
    }

    [Fact]
    public async Task Is_refused_at_the_start_when_the_port_is_taken()
    {
        await using var stoa = await MqttExchange.StartAsync();

        var error = await Assert.ThrowsAsync<StartException>(() =>
            Exchange.StartAsync(settings: ("mqtt.listen", $"127.0.0.1:{stoa.MqttEndpoint.Port}")));

        Assert.Contains("Stop it, or choose another port with --mqtt.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_refused_at_the_start_without_a_usable_certificate()
    {
        var error = await Assert.ThrowsAsync<StartException>(() => Exchange.StartAsync(settings:
            [("mqtt.tlsListen", "127.0.0.1:0"), ("mqtt.certificate", "/nowhere.pem"), ("mqtt.key", "/nowhere.key")]));

        Assert.Contains("/nowhere.pem", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Moves the clock until the work has ended.</summary>
    internal static async Task<T> PassingAsync<T>(TestClock clock, Task<T> work)
    {
        while (!work.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(work, Task.Delay(5, Now));
        }

        return await work;
    }
}
