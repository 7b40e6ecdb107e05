using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sensing.Feed;
using Stoa.Tests.Mqtt;
using Stoa.Tests.Sensing;
using Xunit;

namespace Stoa.Tests.Nodes;

/// <summary>What one node commits is told by the other: once, whole, soon, and whatever becomes of notifications.</summary>
[Trait("Engine", "Postgres")]
public class Following_across_nodes
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static LiveFeed FeedOf(Exchange node) => node.Services.GetRequiredService<LiveFeed>();

    [Fact]
    public async Task Subscribers_of_MQTT_at_another_node_get_the_same_bytes()
    {
        await using var nodes = await TwoNodes.StartWithStationAsync(MqttExchange.Listen);
        using var here = await TopicFollower.FollowAsync(nodes.First, "v1.1/Observations", "v1.1/Datastreams(1)", "v1.1/Things");
        using var there = await TopicFollower.FollowAsync(nodes.Second, "v1.1/Observations", "v1.1/Datastreams(1)", "v1.1/Things");

        await nodes.First.CreateAsync("Datastreams(1)/Observations",
            """
            {"result":{"a":[1,2]},"phenomenonTime":"2026-01-01T00:00:00+02:00/2026-01-01T01:00:00+02:00","resultTime":"2026-01-02T00:00:00Z",
             "validTime":"2026-01-01T00:00:00Z/2026-02-01T00:00:00Z","resultQuality":"good","parameters":{"p":1}}
            """);
        var first = await here.NextAsync(2);
        Assert.Equal(first, await there.NextAsync(2));
        await nodes.Second.CreateAsync("Things", """{"name":"n","description":"d"}""");
        Assert.Equal(await there.NextAsync(), await here.NextAsync());
        (await nodes.Second.PatchJsonAsync(SensorThings.At("Datastreams(1)"), """{"name":"other"}""")).ShouldBe(200);
        Assert.Equal(await there.NextAsync(), await here.NextAsync());

        here.ShouldBeSilent();
        there.ShouldBeSilent();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_begins_to_follow_is_not_told_what_was_stored_while_nobody_did(bool isStoredElsewhere)
    {
        await using var nodes = await TwoNodes.StartWithStationAsync(MqttExchange.Listen);
        var storing = isStoredElsewhere ? nodes.Second : nodes.First;
        for (var round = 0; round < 5; round++)
        {
            using (var early = await TopicFollower.FollowAsync(nodes.First, "v1.1/Observations"))
            {
                await storing.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
                Assert.Contains("\"result\":1", await early.NextAsync(), StringComparison.Ordinal);
            }

            await storing.CreateAsync("Datastreams(1)/Observations", """{"result":2}""");
            using var late = await TopicFollower.FollowAsync(nodes.First, "v1.1/Observations");
            await storing.CreateAsync("Datastreams(1)/Observations", """{"result":3}""");
            Assert.Contains("\"result\":3", await late.NextAsync(), StringComparison.Ordinal);
            late.ShouldBeSilent();
        }
    }

    [Fact]
    public async Task A_stream_of_events_tells_what_another_node_stored()
    {
        await using var nodes = await TwoNodes.StartWithStationAsync();
        using var stream = await Following_changes_as_a_stream.Stream.OpenAsync(
            nodes.Second, SensorThings.At("Observations"), nodes.Second.AdminToken);

        for (var i = 1; i <= 5; i++)
        {
            await nodes.First.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
            Assert.Equal("+" + i.ToString(CultureInfo.InvariantCulture), await stream.NextTextAsync());
        }
    }

    /// <summary>Both write at once, some requests fail, and both listening connections are cut again and again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_node_tells_every_observation_and_change_once(bool isCut)
    {
        await using var nodes = await TwoNodes.StartWithStationAsync();
        using var end = new CancellationTokenSource();
        ConcurrentQueue<long>[] told = [new(), new()];
        ConcurrentQueue<string>[] changed = [new(), new()];
        LiveFeed[] feeds = [FeedOf(nodes.First), FeedOf(nodes.Second)];
        var following = feeds.Select((feed, i) => FollowAsync(feed, told[i], changed[i], end.Token)).ToArray();
        // The place of a node from which others are told is taken soon after somebody follows.
        await TwoNodes.UntilAsync(() => Array.TrueForAll(feeds, feed => feed.HasFollowers));
        await Task.Delay(1500, Now);

        using var done = new CancellationTokenSource();
        var cutting = isCut ? CutAsync(nodes, done.Token) : Task.CompletedTask;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(client => WriteAsync(client % 2 == 0 ? nodes.First : nodes.Second, client)));
        await done.CancelAsync();
        await cutting;

        var stored = await nodes.First.AllIdsAsync("Observations?$select=id&$orderby=id&$top=10000");
        Assert.Equal(160, stored.Count);
        foreach (var one in told) await TwoNodes.UntilAsync(() => one.Count >= stored.Count);
        // What comes twice comes late.
        await Task.Delay(1500, Now);
        foreach (var one in told) Assert.Equal(stored, one.Order());
        Assert.Equal(80, changed[0].Count(change => change.StartsWith("Things", StringComparison.Ordinal)));
        Assert.Equal(changed[0].Order(StringComparer.Ordinal), changed[1].Order(StringComparer.Ordinal));
        await end.CancelAsync();
        await Task.WhenAll(following);
    }

    private static async Task CutAsync(TwoNodes nodes, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            await nodes.MakeDeafAsync();
            await Task.Delay(30, done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task WriteAsync(Exchange node, int client)
    {
        for (var i = 0; i < 20; i++)
        {
            await node.CreateAsync("Datastreams(1)/Observations", $$"""{"result":{{client * 100 + i}}}""");
            (await node.PostJsonAsync(SensorThings.At("Observations"), """{"result":1,"Datastream":{"@iot.id":99}}""")).ShouldBe(400);
            if (i % 2 == 0) await node.CreateAsync("Things", """{"name":"n","description":"d"}""");
        }
    }

    private static async Task FollowAsync(LiveFeed feed, ConcurrentQueue<long> observations, ConcurrentQueue<string> changes, CancellationToken end)
    {
        try
        {
            await foreach (var group in feed.FollowChangesAsync(end))
            {
                foreach (var observation in group.Observations) observations.Enqueue(observation.Id.Value);
                foreach (var change in group.Changes.Where(change => change.Kind != ChangeKind.Derived)) changes.Enqueue($"{change.Set}({change.Id}) {change.Kind}");
            }
        }
        catch (OperationCanceledException)
        {
            // Followed to the end of the test.
        }
    }

    [Fact]
    public async Task Word_of_a_commit_comes_by_notification_and_not_by_looking()
    {
        await using var nodes = await TwoNodes.StartWithStationAsync(MqttExchange.Listen);
        using var follower = await TopicFollower.FollowAsync(nodes.Second, "v1.1/Observations");
        var times = new List<double>();

        for (var i = 0; i < 30; i++)
        {
            await nodes.First.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
            var clock = Stopwatch.StartNew();
            await follower.NextAsync();
            times.Add(clock.Elapsed.TotalMilliseconds);
            await Task.Delay(20, Now);
        }

        times.Sort();
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"told by the other node after {times[15]:N1} ms (median), {times[28]:N1} ms (29th of 30)"));
        // Looking once a second would take half a second.
        Assert.InRange(times[15], 0, 250);
    }
}
