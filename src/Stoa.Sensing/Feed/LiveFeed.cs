using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Feed;

/// <summary>Tells followers of what was just stored, after it is durable. Slow followers miss some; nothing waits for them.</summary>
/// <remarks>For maps, event streams and MQTT. Who must not miss anything follows by cursor over the ids instead.</remarks>
public sealed class LiveFeed : IDisposable
{
    // Groups of observations, not single ones: at 20,000 observations a second this is some seconds.
    private const int GroupsMax = 512;

    private readonly Meter _meter = new("Stoa.Sensing.Feed");
    private readonly Counter<long> _dropped;
    private ImmutableArray<Follower> _followers = [];

    /// <summary>A feed without followers.</summary>
    public LiveFeed()
    {
        _dropped = _meter.CreateCounter<long>("stoa.feed.dropped", description: "Groups that slow followers missed.");
        _meter.CreateObservableGauge("stoa.feed.followers", () => _followers.Length, description: "Open live subscriptions.");
    }

    /// <summary>Whether anybody listens; nothing is collected otherwise.</summary>
    internal bool HasFollowers => !_followers.IsEmpty;

    /// <summary>Observations as they are stored, in groups, of the datasets in the scope at that moment.</summary>
    /// <param name="scope">Asked anew for every group, so that a withdrawn right acts at once.</param>
    /// <param name="cancellation">Ends the subscription.</param>
    public async IAsyncEnumerable<IReadOnlyList<StoredObservation>> FollowAsync(
        Func<AccessScope> scope, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var follower = new Follower(GroupsMax, () => _dropped.Add(1));
        ImmutableInterlocked.Update(ref _followers, followers => followers.Add(follower));
        try
        {
            await foreach (var group in follower.Reader.ReadAllAsync(cancellation))
            {
                var allowed = scope();
                if (allowed.IsEverything)
                {
                    yield return group;
                    continue;
                }

                var visible = Array.FindAll(group, observation => allowed.Contains(observation.Dataset));
                if (visible.Length > 0) yield return visible;
            }
        }
        finally
        {
            ImmutableInterlocked.Update(ref _followers, followers => followers.Remove(follower));
        }
    }

    /// <summary>Called on the writer's thread after the commit: never waits.</summary>
    internal void Publish(StoredObservation[] group)
    {
        foreach (var follower in _followers) follower.Writer.TryWrite(group);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private sealed class Follower
    {
        private readonly Channel<StoredObservation[]> _channel;

        internal Follower(int groupsMax, Action dropped) => _channel = Channel.CreateBounded<StoredObservation[]>(
            new BoundedChannelOptions(groupsMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => dropped());

        internal ChannelReader<StoredObservation[]> Reader => _channel.Reader;

        internal ChannelWriter<StoredObservation[]> Writer => _channel.Writer;
    }
}
