using System.Diagnostics.Metrics;

namespace Stoa.Storage;

/// <summary>What storage counts: commits, pieces of work a commit, time a commit, length of the write queue.</summary>
public sealed class StorageMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Stoa.Storage";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _commits;
    private readonly Counter<long> _works;
    private readonly Counter<long> _turnsLost;
    private readonly Histogram<double> _seconds;

    internal StorageMetrics(Func<int> queueLength)
    {
        _commits = _meter.CreateCounter<long>("stoa.storage.commits", description: "Group commits made durable.");
        _works = _meter.CreateCounter<long>("stoa.storage.writes", description: "Pieces of work made durable.");
        _turnsLost = _meter.CreateCounter<long>(
            "stoa.storage.turns.lost", description: "Groups run anew because another node had written.");
        _seconds = _meter.CreateHistogram<double>(
            "stoa.storage.commit.duration", "s", "Time from the start of a group to its durable commit.");
        _meter.CreateObservableGauge("stoa.storage.queue.length", queueLength, description: "Work waiting for the writer.");
    }

    internal void Committed(int works, TimeSpan time)
    {
        _commits.Add(1);
        _works.Add(works);
        _seconds.Record(time.TotalSeconds);
    }

    internal void TurnLost() => _turnsLost.Add(1);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
