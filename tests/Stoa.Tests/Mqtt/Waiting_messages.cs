using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sensing.Mqtt.Queues;
using Xunit;
using static Stoa.Tests.Mqtt.MqttExchange;

namespace Stoa.Tests.Mqtt;

/// <summary>Queues are bounded, and what is left out is counted.</summary>
public class Waiting_messages
{
    [Fact]
    public async Task Keeps_the_first_of_quality_one_for_a_client_that_is_away()
    {
        await using var stoa = await MqttExchange.StartAsync(settings: ("mqtt.queueMessages", "3"));
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await using (var before = await ConnectAsync(stoa))
        {
            await before.SubscribeAsync((Open + "#", 1));
            await before.DisconnectAsync();
        }

        for (ushort i = 1; i <= 5; i++) await publisher.PublishAsync(Open + "a", $"{i}", id: i);

        Assert.Contains("stoa_mqtt_dropped_total{cause=\"queue_full_offline\"} 2\n",
            (await stoa.GetAsync("/metrics")).Text, StringComparison.Ordinal);
        await using var again = await ConnectAsync(stoa);
        foreach (var text in new[] { "1", "2", "3" }) Assert.Equal(text, (await again.ReadMessageAsync()).Text);
        await again.HearsNothingAsync();
    }

    [Fact]
    public async Task Counts_bytes_as_well()
    {
        await using var stoa = await MqttExchange.StartAsync(settings: ("mqtt.queueBytes", "1 KiB"));
        await using var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await using (var before = await ConnectAsync(stoa))
        {
            await before.SubscribeAsync((Open + "#", 1));
            await before.DisconnectAsync();
        }

        for (ushort i = 1; i <= 3; i++) await publisher.PublishAsync(Open + "a", new string('x', 400), id: i);

        Assert.Contains("stoa_mqtt_queue_messages 1\n", (await stoa.GetAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Makes_room_for_the_newest_of_quality_zero()
    {
        using var meters = new Meters();
        using var metrics = new MqttMetrics(meters);
        var queue = new MessageQueue(new() { QueueMessagesMax = 2 }, metrics);

        for (var i = 1; i <= 4; i++)
            queue.Offer(new(new Message($"{i}", ReadOnlyMemory<byte>.Empty, default), 0, false, 0), isConnected: true);

        Assert.True(queue.TryTake(10, out var first));
        Assert.True(queue.TryTake(10, out var second));
        Assert.False(queue.TryTake(10, out _));
        Assert.Equal(("3", "4"), (first.Outgoing.Message.Topic, second.Outgoing.Message.Topic));
        Assert.Equal((2, 0), (metrics.DroppedCount, metrics.QueuedMessages));
    }

    [Fact]
    public void Bounds_all_queues_together()
    {
        using var meters = new Meters();
        using var metrics = new MqttMetrics(meters);
        var options = new MqttOptions { QueueBytesTotalMax = 1000 };
        var (one, two) = (new MessageQueue(options, metrics), new MessageQueue(options, metrics));
        var message = new Message("a", new byte[500], default);

        Assert.True(one.Offer(new(message, QualityOfService.AtLeastOnce, false, 0), true));
        Assert.False(two.Offer(new(message, QualityOfService.AtLeastOnce, false, 0), true));
        one.Close();
        // What was on its way to a session that has just ended must not count for ever.
        Assert.False(one.Offer(new(message, QualityOfService.AtLeastOnce, false, 0), true));

        Assert.Equal((0, 0), (metrics.QueuedMessages, metrics.QueuedBytes));
        Assert.True(two.Offer(new(message, QualityOfService.AtLeastOnce, false, 0), true));
    }

    [Fact]
    public async Task Disconnects_a_client_that_asks_and_never_reads()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using var peer = await MqttPeer.ConnectAsync(stoa);
        byte[] pings = [.. Enumerable.Repeat(PacketEncoder.PingRequest, 50_000).SelectMany(ping => ping)];

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            for (var i = 0; i < 2000; i++) await peer.SendAsync(pings);
        });

        await Continuing_sessions.EventuallyAsync(stoa, "stoa_mqtt_disconnected_total{reason=\"QuotaExceeded\"} 1\n");
        await Continuing_sessions.EventuallyAsync(stoa, "stoa_mqtt_connections 0\n");
    }

    private static Task<MqttPeer> ConnectAsync(Exchange stoa) => MqttPeer.ConnectAsync(
        stoa, stoa.AdminToken, ProtocolVersion.V311, connect => connect with { ClientId = "me", IsCleanStart = false });

    private sealed class Meters : System.Diagnostics.Metrics.IMeterFactory
    {
        private readonly List<System.Diagnostics.Metrics.Meter> _meters = [];

        public System.Diagnostics.Metrics.Meter Create(System.Diagnostics.Metrics.MeterOptions options)
        {
            var meter = new System.Diagnostics.Metrics.Meter(options);
            _meters.Add(meter);
            return meter;
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}
