using System.Diagnostics.Metrics;
using Stoa.Query;
using Stoa.Sensing.Feed;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.SensorThings;

/// <summary>Tells changes that have to be read from the database first: everything but plain new observations.</summary>
/// <remarks>
/// One reader for all topics, on a thread that the feed does not wait for. What changes often is read once for many changes;
/// each topic is read at most every <see cref="Pause"/>, all together at most half of the time. A topic whose statement takes
/// longer than <see cref="ReadTimeMax"/> misses what it asked for and waits ever longer before the next try.
/// </remarks>
internal sealed partial class TopicReads(
    Database database, QueryTranslator translator, AccessPolicy policy, TopicIndex index, TopicText text, TimeProvider time)
    : IDisposable
{
    /// <summary>Between two reads of a topic: changes within it are told together, in their order.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Between two tellings of a set's derived values.</summary>
    internal static readonly TimeSpan DerivedPause = TimeSpan.FromSeconds(1);

    /// <summary>What one read of a topic may take.</summary>
    internal static readonly TimeSpan ReadTimeMax = TimeSpan.FromSeconds(1);

    /// <summary>Changes that wait to be matched with topics; of more the oldest are dropped, and counted.</summary>
    internal const int ChangesMax = 100_000;

    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(10);

    private readonly Meter _meter = new("Stoa.Sensing.Mqtt.SensorThings");
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly Queue<EntityChange> _changes = [];
    private readonly PriorityQueue<Topic, long> _due = new();
    private long _missed;

    /// <summary>Counts what had to be left out because reading could not keep up.</summary>
    internal void StartMetrics() => _meter.CreateObservableCounter(
        "stoa.mqtt.sensorthings.missed", () => Interlocked.Read(ref _missed),
        description: "Changes that were not told because reading them could not keep up.");

    /// <summary>Takes what a commit brought; never waits.</summary>
    internal void Tell(ChangeGroup group)
    {
        lock (_gate)
        {
            foreach (var change in group.Changes)
            {
                // Deletions are not told (OGC 18-088, 14.2 knows creations and updates).
                if (change.Kind == ChangeKind.Deleted) continue;
                if (_changes.Count == ChangesMax)
                {
                    _changes.Dequeue();
                    _missed++;
                }

                _changes.Enqueue(change);
            }

            if (group.Observations.Length > 0) TouchObservations(group);
        }

        Signal();
    }

    private void TouchObservations(ChangeGroup group)
    {
        var newest = group.Observations[^1].Id.Value;
        foreach (var topic in index.ObservationsByRead)
        {
            if (IsOfOtherSeries(topic, group)) continue;
            // What other nodes stored may be told after what came later; a read looks at all up to the newest.
            topic.Pending.NewestObservation = Math.Max(topic.Pending.NewestObservation, newest);
            Enqueue(topic, topic.Pending.NextRead);
        }
    }

    private static bool IsOfOtherSeries(Topic topic, ChangeGroup group) =>
        topic.Path.Steps.Count > 1 && topic.Path.Steps[^2] is { Key: { } key, Entity.SetName: "Datastreams" or "MultiDatastreams" } &&
        !Array.Exists(group.Observations, observation =>
            observation.Series.Id == key && observation.Series.Set == topic.Path.Steps[^2].Entity.SetName);

    private void Signal()
    {
        if (_signal.CurrentCount > 0) return;
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else was quicker; the reader wakes all the same.
        }
    }

    private void Enqueue(Topic topic, long due)
    {
        if (topic.Pending.IsQueued) return;
        topic.Pending.IsQueued = true;
        _due.Enqueue(topic, due);
    }

    /// <summary>Reads and tells until it is cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await WaitAsync(cancellation);
            var started = time.GetTimestamp();
            await MatchAsync(cancellation);
            while (TakeDue() is { } topic)
            {
                await ReadAsync(topic, cancellation);
                // Others need the machine too.
                var worked = time.GetElapsedTime(started);
                if (worked < Pause) continue;
                await Task.Delay(worked < DerivedPause ? worked : DerivedPause, time, cancellation);
                started = time.GetTimestamp();
                await MatchAsync(cancellation);
            }
        }
    }

    private async ValueTask WaitAsync(CancellationToken cancellation)
    {
        TimeSpan wait;
        lock (_gate)
        {
            if (_changes.Count > 0) return;
            wait = _due.TryPeek(out _, out var due) ? time.GetElapsedTime(time.GetTimestamp(), due) : Timeout.InfiniteTimeSpan;
        }

        if (wait != Timeout.InfiniteTimeSpan && wait <= TimeSpan.Zero) return;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var signal = _signal.WaitAsync(timeout.Token);
        if (wait == Timeout.InfiniteTimeSpan)
        {
            await signal;
            return;
        }

        var delay = Task.Delay(wait, time, timeout.Token);
        await Task.WhenAny(signal, delay);
        await timeout.CancelAsync();
        await signal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await delay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    private Topic? TakeDue()
    {
        lock (_gate)
        {
            if (!_due.TryPeek(out _, out var due) || due > time.GetTimestamp()) return null;
            var topic = _due.Dequeue();
            topic.Pending.IsQueued = false;
            return topic;
        }
    }

    private long After(TimeSpan span) => time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency);

    public void Dispose()
    {
        _meter.Dispose();
        _signal.Dispose();
    }
}
