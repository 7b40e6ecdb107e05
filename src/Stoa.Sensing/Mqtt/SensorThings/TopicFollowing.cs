using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Sensing.Feed;
using Stoa.Storage;

namespace Stoa.Sensing.Mqtt.SensorThings;

/// <summary>Follows the live feed while there are topics, and hands what it tells to them. Costs nothing otherwise.</summary>
internal sealed partial class TopicFollowing(
    LiveFeed feed, TopicIndex index, ObservationTopics observations, TopicReads reads, ILogger<TopicFollowing> log)
    : BackgroundService
{
    private readonly Lock _gate = new();
    private readonly Channel<LiveFeed.Follower> _begun = Channel.CreateUnbounded<LiveFeed.Follower>();
    private LiveFeed.Follower? _follower;

    /// <summary>From when this returns until <see cref="EndIfUnused"/> nothing that is committed is passed over.</summary>
    internal void Begin()
    {
        lock (_gate)
        {
            if (_follower is not null) return;
            _follower = feed.Follow();
            _begun.Writer.TryWrite(_follower);
        }
    }

    /// <summary>Stops following when no topic is left.</summary>
    internal void EndIfUnused()
    {
        lock (_gate)
        {
            if (_follower is null || !index.IsEmpty) return;
            _follower.Dispose();
            _follower = null;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        reads.StartMetrics();
        await Task.WhenAll(FollowAsync(stoppingToken), ReadAsync(stoppingToken));
    }

    private async Task FollowAsync(CancellationToken cancellation)
    {
        await foreach (var follower in _begun.Reader.ReadAllAsync(cancellation))
            await foreach (var group in follower.Groups.ReadAllAsync(cancellation))
            {
                observations.Tell(group);
                reads.Tell(group);
            }
    }

    // A database that cannot be read now can be read later; what was to be told meanwhile is lost to subscribers.
    private async Task ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await reads.RunAsync(cancellation);
            }
            catch (StorageException error)
            {
                LogNotRead(error.Failure);
            }
        }
    }

    [LoggerMessage(2301, LogLevel.Warning, "Changes could not be read for MQTT subscribers: {Failure}.")]
    private partial void LogNotRead(StorageFailure failure);
}
