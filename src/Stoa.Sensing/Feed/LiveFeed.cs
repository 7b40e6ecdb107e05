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
    private readonly Lock _gate = new();
    private ImmutableArray<Follower> _followers = [];
    private long _epoch;

    /// <summary>A feed without followers.</summary>
    public LiveFeed()
    {
        _dropped = _meter.CreateCounter<long>("stoa.feed.dropped", description: "Groups that slow followers missed.");
        _meter.CreateObservableGauge("stoa.feed.followers", () => _followers.Length, description: "Open live subscriptions.");
    }

    /// <summary>Whether anybody listens; nothing is collected otherwise.</summary>
    internal bool HasFollowers => !_followers.IsEmpty;

    /// <summary>Grows when somebody begins to follow and nobody did: what was committed before is nobody's to hear.</summary>
    internal long Epoch => Volatile.Read(ref _epoch);

    /// <summary>Observations that this node stored, where other nodes store too.</summary>
    internal OwnNumbers OwnObservations { get; } = new();

    /// <summary>Changes that this node logged, likewise.</summary>
    internal OwnNumbers OwnChanges { get; } = new();

    /// <summary>Called when somebody begins to follow.</summary>
    internal Action? Begun { get; set; }

    /// <summary>Observations as they are stored, in groups, of the datasets in the scope at that moment.</summary>
    /// <param name="scope">Asked anew for every group, so that a withdrawn right acts at once.</param>
    /// <param name="cancellation">Ends the subscription.</param>
    public async IAsyncEnumerable<IReadOnlyList<StoredObservation>> FollowAsync(
        Func<AccessScope> scope, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(scope);
        await foreach (var (observations, _) in FollowChangesAsync(cancellation))
        {
            if (observations.Length == 0) continue;
            var allowed = scope();
            var visible = allowed.IsEverything
                ? observations
                : Array.FindAll(observations, observation => allowed.Contains(observation.Dataset));
            if (visible.Length > 0) yield return visible;
        }
    }

    /// <summary>All changes, group by group in the order of commits; whoever tells others of them asks for rights.</summary>
    /// <param name="cancellation">Ends the subscription.</param>
    /// <param name="missed">Called when groups were missed because the follower is slow; on any thread.</param>
    internal async IAsyncEnumerable<ChangeGroup> FollowChangesAsync(
        [EnumeratorCancellation] CancellationToken cancellation, Action? missed = null)
    {
        using var follower = Follow(missed);
        await foreach (var group in follower.Groups.ReadAllAsync(cancellation)) yield return group;
    }

    /// <summary>Begins to follow: what is committed after this returns is told. Dispose it to end.</summary>
    internal Follower Follow(Action? missed = null)
    {
        var follower = new Follower(this, missed);
        lock (_gate)
        {
            if (_followers.IsEmpty) Volatile.Write(ref _epoch, _epoch + 1);
            _followers = _followers.Add(follower);
        }

        Begun?.Invoke();
        return follower;
    }

    /// <summary>Called on the writer's thread after the commit: never waits.</summary>
    internal void Publish(ChangeGroup group)
    {
        foreach (var follower in _followers) follower.Tell(group);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    /// <summary>One who follows, and what waits for them.</summary>
    internal sealed class Follower : IDisposable
    {
        private readonly LiveFeed _feed;
        private readonly Channel<ChangeGroup> _channel;

        internal Follower(LiveFeed feed, Action? missed)
        {
            _feed = feed;
            _channel = Channel.CreateBounded<ChangeGroup>(
                new BoundedChannelOptions(GroupsMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
                _ =>
                {
                    feed._dropped.Add(1);
                    missed?.Invoke();
                });
        }

        internal ChannelReader<ChangeGroup> Groups => _channel.Reader;

        internal void Tell(ChangeGroup group) => _channel.Writer.TryWrite(group);

        public void Dispose()
        {
            lock (_feed._gate) _feed._followers = _feed._followers.Remove(this);
            _channel.Writer.TryComplete();
        }
    }
}
