using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Xunit;
using static Stoa.Tests.Mqtt.MqttExchange;

namespace Stoa.Tests.Mqtt;

/// <summary>Who breaks the protocol is told why, and disconnected; nobody else notices.</summary>
public class Broken_packets
{
    public static TheoryData<string, byte, string> Cases => new()
    {
        { "a second CONNECT", (byte)ReasonCode.ProtocolError, "100D00044D5154540502000000000000" },
        { "a reserved packet type", (byte)ReasonCode.MalformedPacket, "0000" },
        { "an authentication nobody began", (byte)ReasonCode.ProtocolError, "F000" },
        { "a packet that a server sends", (byte)ReasonCode.ProtocolError, "D000" },
        { "flags of SUBSCRIBE that must be 2", (byte)ReasonCode.MalformedPacket, "8006000100000161" },
        { "a length of five bytes", (byte)ReasonCode.MalformedPacket, "30FFFFFFFF01" },
        { "a ping with a body", (byte)ReasonCode.MalformedPacket, "C00100" },
        { "QoS 3", (byte)ReasonCode.MalformedPacket, "360700016100010000" },
        { "a duplicate of QoS 0", (byte)ReasonCode.MalformedPacket, "380400016100" },
        { "no topic and no alias", (byte)ReasonCode.ProtocolError, "3003000000" },
        { "an alias that was not set", (byte)ReasonCode.TopicAliasInvalid, "3006000003230001" },
        { "the alias zero", (byte)ReasonCode.TopicAliasInvalid, "300700016103230000" },
        { "an alias beyond the maximum", (byte)ReasonCode.TopicAliasInvalid, "300700016103230041" },
        { "a topic with a wildcard", (byte)ReasonCode.TopicNameInvalid, "300400012B00" },
        { "a topic that is not UTF-8", (byte)ReasonCode.MalformedPacket, "30040001FF00" },
        { "a topic with U+0000", (byte)ReasonCode.MalformedPacket, "300400010000" },
        { "the packet identifier zero", (byte)ReasonCode.ProtocolError, "3206000161000000" },
        { "a property twice", (byte)ReasonCode.ProtocolError, "3008000161040101" + "0101" },
        { "a property of another packet", (byte)ReasonCode.MalformedPacket, "3009000161051100000001" },
        { "properties longer than the packet", (byte)ReasonCode.MalformedPacket, "30040001617F" },
        { "text that is not UTF-8", (byte)ReasonCode.PayloadFormatInvalid, "3007000161020101FF" },
        { "a subscription identifier from a client", (byte)ReasonCode.MalformedPacket, "3006000161020B01" },
        { "SUBSCRIBE without filters", (byte)ReasonCode.ProtocolError, "8203000100" },
        { "reserved options of a subscription", (byte)ReasonCode.MalformedPacket, "820700010000016140" },
        { "retain handling 3", (byte)ReasonCode.ProtocolError, "820700010000016130" },
        { "a subscription identifier zero", (byte)ReasonCode.ProtocolError, "82090001020B0000016100" },
        { "UNSUBSCRIBE without filters", (byte)ReasonCode.ProtocolError, "A203000100" },
        { "an acknowledgement cut short", (byte)ReasonCode.MalformedPacket, "400100" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Are_answered_with_the_reason(string what, byte reason, string hex)
    {
        Assert.NotEmpty(what);
        await using var stoa = await MqttExchange.StartAsync();
        await using var bystander = await MqttPeer.ConnectAsync(stoa);
        await using var peer = await MqttPeer.ConnectAsync(stoa);

        await peer.SendAsync(Convert.FromHexString(hex));

        Assert.Equal((ReasonCode)reason, await peer.ReadDisconnectAsync());
        await bystander.HearsNothingAsync();
    }

    [Fact]
    public async Task End_a_connection_of_the_old_version_without_a_word()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.ConnectAsync(stoa, version: ProtocolVersion.V311);

        await peer.SendAsync(0x36, 6, 0, 1, (byte)'a', 0, 1, 0);

        Assert.Null(await peer.TryReadAsync());
    }

    [Theory]
    [InlineData("474554202F20485454502F312E310D0A0D0A")] // an HTTP request
    [InlineData("160301020001000001FC0303")] // a TLS hello
    [InlineData("C000")]
    [InlineData("100D00044D5154540503000000000000")] // the reserved flag
    [InlineData("100D00044D515454040200000000FF")] // longer than its fields
    public async Task Before_CONNECT_get_no_answer(string hex)
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.DialAsync(stoa);

        await peer.SendAsync(Convert.FromHexString(hex));

        Assert.Null(await peer.TryReadAsync());
    }

    [Fact]
    public async Task May_be_as_large_as_allowed_and_no_larger()
    {
        await using var stoa = await MqttExchange.StartAsync(settings: ("mqtt.packetBytes", "1 KiB"));
        await using var peer = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        // First byte, two of length, two of the topic's length, two of the identifier, one of the properties' length.
        var room = 1024 - 8 - (Open + "a").Length;

        Assert.Equal(ReasonCode.NoMatchingSubscribers, await peer.PublishAsync(Open + "a", new string('x', room)));
        await peer.SendPublishAsync(Open + "a", new string('x', room + 1), 1, 3);

        Assert.Equal(ReasonCode.PacketTooLarge, await peer.ReadDisconnectAsync());
    }

    [Fact]
    public async Task Of_a_megabyte_arrive_whole()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var subscriber = await MqttPeer.ConnectAsync(stoa);
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await subscriber.SubscribeAsync((Open + "#", 0));
        var text = string.Concat(Enumerable.Range(0, 140_000).Select(i => $"{i % 10_000_000:D7}"));

        await publisher.PublishAsync(Open + "a", text);

        Assert.Equal(text, (await subscriber.ReadMessageAsync()).Text);
    }

    [Theory]
    [InlineData(Topics.LevelsMax, true)]
    [InlineData(Topics.LevelsMax + 1, false)]
    public void Have_topics_of_so_many_levels(int levels, bool isTaken)
    {
        var topic = string.Join('/', Enumerable.Repeat("a", levels));

        Assert.Equal(isTaken, Topics.IsName(topic));
        Assert.Equal(isTaken, Topics.IsFilter(topic));
    }

    [Theory]
    [InlineData(Topics.BytesMax, true)]
    [InlineData(Topics.BytesMax + 1, false)]
    public void Have_topics_of_so_many_bytes(int bytes, bool isTaken) =>
        Assert.Equal(isTaken, Topics.IsName(new string('ä', bytes / 2) + new string('a', bytes % 2)));

    [Fact]
    public async Task May_make_a_thousand_subscriptions_and_no_more()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.ConnectAsync(stoa);
        for (var i = 0; i < 5; i++)
        {
            var filters = Enumerable.Range(200 * i, 200).Select(n => ($"{Open}{n}", 0)).ToArray();
            Assert.All(await peer.SubscribeAsync(filters), reason => Assert.Equal(ReasonCode.Success, reason));
        }

        Assert.Equal(
            [ReasonCode.QuotaExceeded, ReasonCode.Success], await peer.SubscribeAsync((Open + "more", 0), (Open + "1", 0)));
        await peer.SendAsync(PacketEncoder.Subscribe(ProtocolVersion.V5, 1,
            Enumerable.Repeat(new SubscriptionRequest(Open + "a", default), PacketDecoder.FiltersMax + 1)));
        Assert.Equal(ReasonCode.QuotaExceeded, await peer.ReadDisconnectAsync());
    }

    [Theory]
    [InlineData(PacketProperties.UserPropertiesMax, true)]
    [InlineData(PacketProperties.UserPropertiesMax + 1, false)]
    public async Task May_carry_so_many_user_properties(int count, bool isTaken)
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        var properties = new MessageProperties { User = [.. Enumerable.Repeat(KeyValuePair.Create("a", "b"), count)] };

        await peer.SendPublishAsync(Open + "a", "x", 1, 1, properties: properties);

        if (isTaken) await peer.ReadAcknowledgementAsync(PacketType.PublishAcknowledgement, 1);
        else Assert.Equal(ReasonCode.QuotaExceeded, await peer.ReadDisconnectAsync());
    }

    [Fact]
    public async Task Cannot_leave_more_than_1024_publications_unreleased()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);

        for (ushort i = 1; i <= MqttLimits.ReceiveMaximum; i++) await peer.SendPublishAsync(Open + "a", "x", 2, i);
        for (ushort i = 1; i <= MqttLimits.ReceiveMaximum; i++) await peer.ReadAcknowledgementAsync(PacketType.PublishReceived, i);
        await peer.SendPublishAsync(Open + "a", "x", 2, MqttLimits.ReceiveMaximum + 1);

        Assert.Equal(ReasonCode.ReceiveMaximumExceeded, await peer.ReadDisconnectAsync());
    }
}
