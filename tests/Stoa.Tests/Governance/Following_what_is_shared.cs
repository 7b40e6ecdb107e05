using System.Text;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Records;
using Stoa.Tests.Mqtt;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>MQTT says why a dataset cannot be followed: when it is subscribed to, and when the right to it goes.</summary>
public class Following_what_is_shared
{
    private const string Topic = "datasets/counts/topics/a";
    private const string Set = "datasets/counts/v1.1/Things";

    /// <summary>Named for a dataset of the level specific, with an agreement that leaves all of it, uncounted.</summary>
    private static async Task<(GovernedCity City, string Token, GovernedRecord<Agreement> Agreement)> StartAsync()
    {
        var city = await GovernedCity.StartAsync(null, MqttExchange.Listen);
        var owner = await city.OrganizationAsync("owner");
        var consumer = await city.OrganizationAsync("consumer");
        var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
        await city.DatasetAsync("open", SpectrumClass.Open);
        await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer);
        var agreement = await city.AgreeAsync(owner, consumer, [dataset]);
        return (city, await city.ServiceTokenAsync(consumer), agreement);
    }

    private static Agreement With(GovernedRecord<Agreement> agreement, Func<AgreementTerms, AgreementTerms> clauses) =>
        World.Sign(agreement.Content with { Terms = clauses(agreement.Content.Terms) });

    private static async Task<(ReasonCode Reason, string Text)> SubscribeAsync(MqttPeer peer, string filter)
    {
        await peer.SendAsync(PacketEncoder.Subscribe(peer.Version, 7, [new(filter, new(0))], 0));
        var frame = await peer.ReadAsync(PacketType.SubscribeAcknowledgement);
        return ((ReasonCode)frame.Body.Span[^1], Encoding.UTF8.GetString(frame.Body.Span));
    }

    [Fact]
    public async Task Is_refused_with_the_reason_where_only_a_part_or_so_much_may_be_seen()
    {
        var (city, token, agreement) = await StartAsync();
        await using var _ = city;
        await using var peer = await MqttPeer.ConnectAsync(city.Stoa, token);
        await using var old = await MqttPeer.ConnectAsync(city.Stoa, token, ProtocolVersion.V311);
        foreach (var filter in new[] { Topic, Set }) Assert.Equal(ReasonCode.Success, (await SubscribeAsync(peer, filter)).Reason);
        await peer.UnsubscribeAsync(Topic, Set);

        var narrowed = await city.ChangeAsync(RecordTypes.Agreement, agreement, With(agreement, terms => terms with { DataFrom = new(1_000_000) }));
        foreach (var filter in new[] { Topic, Set, "datasets/counts/v1.1/Things(1)", "$share/g/" + Topic })
        {
            var refused = await SubscribeAsync(peer, filter);
            Assert.Equal(ReasonCode.NotAuthorized, refused.Reason);
            Assert.Contains("messages are sent whole", refused.Text, StringComparison.Ordinal);
        }

        Assert.Equal(0x80, (byte)(await SubscribeAsync(old, Topic)).Reason);
        await city.ChangeAsync(RecordTypes.Agreement, narrowed, With(agreement, terms => terms with { Limits = new(100, 100) }));
        foreach (var filter in new[] { Topic, Set })
        {
            var refused = await SubscribeAsync(peer, filter);
            Assert.Equal(ReasonCode.NotAuthorized, refused.Reason);
            Assert.Contains("are not counted", refused.Text, StringComparison.Ordinal);
        }

        // What is hidden is refused in the words for what is absent.
        await using var stranger = await MqttPeer.ConnectAsync(city.Stoa);
        var (hidden, absent) = (await SubscribeAsync(stranger, Topic), await SubscribeAsync(stranger, "datasets/nowhere/topics/a"));
        Assert.Equal((ReasonCode.NotAuthorized, absent.Text), (hidden.Reason, hidden.Text));
    }

    [Fact]
    public async Task Ends_with_a_reason_where_nothing_else_is_followed()
    {
        var (city, token, agreement) = await StartAsync();
        await using var _ = city;
        await using var alone = await MqttPeer.ConnectAsync(city.Stoa, token);
        await using var other = await MqttPeer.ConnectAsync(city.Stoa, token);
        await using var old = await MqttPeer.ConnectAsync(city.Stoa, token, ProtocolVersion.V311);
        await using var publisher = await MqttPeer.ConnectAsync(city.Stoa, city.Stoa.AdminToken);
        await alone.SubscribeAsync((Topic, 0), (Set, 0));
        await other.SubscribeAsync((Topic, 0), ("datasets/open/topics/a", 0));
        await old.SubscribeAsync((Topic, 0));

        await city.ChangeAsync(RecordTypes.Agreement, agreement, With(agreement, terms => terms with { Limits = new(100, 0) }));

        Assert.Equal(ReasonCode.NotAuthorized, await alone.ReadDisconnectAsync());
        await publisher.PublishAsync(Topic, "1", id: 1);
        await publisher.PublishAsync("datasets/open/topics/a", "2", id: 2);
        Assert.Equal("2", (await other.ReadMessageAsync()).Text);
        await old.HearsNothingAsync();
        // Who comes back is told where it asks.
        await using var again = await MqttPeer.ConnectAsync(city.Stoa, token);
        Assert.Equal(ReasonCode.NotAuthorized, (await SubscribeAsync(again, Topic)).Reason);
        await again.HearsNothingAsync();
    }
}
