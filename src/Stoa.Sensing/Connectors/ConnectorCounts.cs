using System.Diagnostics.Metrics;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>Counts what connectors do, in the transactions in which they do it. Lives on the writer's thread.</summary>
/// <remarks>Summed up in memory over a group of commits and written with one statement a connector.</remarks>
internal sealed class ConnectorCounts : IDisposable
{
    private const string Add =
        """
        UPDATE connector
        SET    received = received + @received, observations = observations + @observations,
               duplicates = duplicates + @duplicates, skipped = skipped + @skipped, rejected = rejected + @rejected,
               last_received = CASE WHEN @time IS NULL OR last_received > @time THEN last_received ELSE @time END,
               last_error = COALESCE(@error, last_error),
               last_error_time = CASE WHEN @error IS NULL THEN last_error_time ELSE @time END
        WHERE  id = @id
        """;

    private readonly Meter _meter = new("Stoa.Sensing.Connectors");
    private readonly Counter<long> _messages;
    private readonly Counter<long> _observations;
    private readonly Dictionary<long, Sums> _dirty = [];
    private bool _isInGroup;

    public ConnectorCounts()
    {
        _messages = _meter.CreateCounter<long>("stoa.connector.messages",
            description: "Messages to connectors, by connector and what became of them.");
        _observations = _meter.CreateCounter<long>("stoa.connector.observations",
            description: "Observations that connectors stored, by connector.");
    }

    /// <summary>Notes what became of one message.</summary>
    /// <param name="session">The writer's session.</param>
    /// <param name="connector">Number of the connector.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="time">When it came.</param>
    /// <param name="isReplay">It was counted when it came first; only what it gave now is new.</param>
    internal void Note(WriteSession session, long connector, MessageOutcome outcome, Instant time, bool isReplay)
    {
        JoinGroup(session);
        if (!_dirty.TryGetValue(connector, out var sums)) _dirty.Add(connector, sums = new());
        sums.Observations += outcome.Observations;
        sums.Duplicates += outcome.Duplicates;
        if (isReplay) return;
        sums.Received++;
        if (outcome.Rejection is not null) sums.Rejected++;
        else if (outcome.IsSkipped) sums.Skipped++;
        sums.Error = outcome.Rejection ?? sums.Error;
        sums.Time = Math.Max(sums.Time, time.UnixMicroseconds);
    }

    private void JoinGroup(WriteSession session)
    {
        session.HoldsSums = true;
        if (_isInGroup) return;
        _isInGroup = true;
        session.BeforeCommit(Write);
        session.AfterCommit(Tell);
        session.AfterRollback(Forget);
    }

    private void Write(WriteSession session)
    {
        using var add = session.Prepare(Add);
        foreach (var (connector, sums) in _dirty)
            add.Bind("@id", connector).Bind("@received", sums.Received).Bind("@observations", sums.Observations)
                .Bind("@duplicates", sums.Duplicates).Bind("@skipped", sums.Skipped).Bind("@rejected", sums.Rejected)
                .Bind("@time", sums.Received > 0 ? sums.Time : (long?)null).Bind("@error", sums.Error).Execute();
    }

    // The number of a connector names no dataset: metrics are about the process, and anyone may read them.
    private void Tell()
    {
        foreach (var (connector, sums) in _dirty)
        {
            Tell(connector, "stored", sums.Received - sums.Skipped - sums.Rejected);
            Tell(connector, "skipped", sums.Skipped);
            Tell(connector, "rejected", sums.Rejected);
            if (sums.Observations > 0) _observations.Add(sums.Observations, new KeyValuePair<string, object?>("connector", connector));
        }

        Forget();
    }

    private void Tell(long connector, string outcome, long messages)
    {
        if (messages > 0) _messages.Add(messages, new("connector", connector), new("outcome", outcome));
    }

    private void Forget()
    {
        _isInGroup = false;
        _dirty.Clear();
    }

    public void Dispose() => _meter.Dispose();

    private sealed class Sums
    {
        internal long Received { get; set; }

        internal long Observations { get; set; }

        internal long Duplicates { get; set; }

        internal long Skipped { get; set; }

        internal long Rejected { get; set; }

        internal string? Error { get; set; }

        internal long Time { get; set; } = long.MinValue;
    }
}

/// <summary>What became of one message at one connector.</summary>
/// <param name="Observations">Stored.</param>
/// <param name="Duplicates">Left out because their Datastream had that time already.</param>
/// <param name="IsSkipped">Passed over by a rule.</param>
/// <param name="Rejection">Why it is a dead letter now; null when it is none.</param>
/// <param name="DeadLetter">Id of the dead letter; null when there is none.</param>
internal sealed record MessageOutcome(
    int Observations, int Duplicates, bool IsSkipped, string? Rejection, long? DeadLetter)
{
    internal static MessageOutcome Skipped { get; } = new(0, 0, true, null, null);

    internal static MessageOutcome Rejected(string reason, long? deadLetter) => new(0, 0, false, reason, deadLetter);
}
