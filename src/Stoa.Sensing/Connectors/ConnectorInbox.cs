using Stoa.Identity.Credentials;
using Stoa.Sensing.Connectors.Messages;
using Stoa.Sensing.Mqtt;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>Takes messages for connectors, whichever way they come.</summary>
/// <remarks>
/// Answers after the durable commit, of the observations or of the dead letter. Acts with the rights of who sent the
/// message: a connector of a dataset that the sender may not write does not exist for it.
/// </remarks>
internal sealed class ConnectorInbox(
    Connectors connectors, ConnectorStore store, DeadLetters letters, Database database, AccessPolicy policy, TimeProvider time)
{
    /// <summary>Bytes of one payload: a large SenML pack; LoRaWAN uplinks have a hundredth of it.</summary>
    internal const int PayloadBytesMax = 256 * 1024;

    /// <summary>A message on a topic, for every connector that takes it and that the sender may write for.</summary>
    /// <param name="requester">Who sent it.</param>
    /// <param name="topic">MQTT topic name.</param>
    /// <param name="payload">Not changed before the task ends.</param>
    /// <param name="receipt">Of a message that may come once more after a crash; null: none.</param>
    /// <param name="cancellation">Ends the wait for a place in the write queue; not after.</param>
    /// <returns>What became of it at each connector; 404 when none takes it from this sender; 413 for a large payload.</returns>
    /// <remarks>The work is enqueued before the first real wait, so messages of one connection keep their order.</remarks>
    internal async ValueTask<Result<IReadOnlyList<MessageOutcome>>> ReceiveAsync(
        Requester requester, string topic, ReadOnlyMemory<byte> payload, ReceiptKey? receipt,
        CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        var writable = policy.Write(requester);
        var taking = connectors.Directory.Taking(topic);
        taking.RemoveAll(connector => !writable.Contains(connector.Dataset));
        if (taking.Count == 0) return Problem.NotFound();
        if (payload.Length > PayloadBytesMax) return ConnectorProblems.PayloadTooLarge(PayloadBytesMax);
        return Result<IReadOnlyList<MessageOutcome>>.Of(
            await StoreAsync(Parts(taking, topic, payload), receipt, isPatient: true, cancellation));
    }

    /// <summary>A message for one connector, through its webhook.</summary>
    /// <param name="dataset">A dataset that the sender may write.</param>
    /// <param name="name">Name of the connector.</param>
    /// <param name="topic">A topic that the sender states, for what is forwarded; null for none.</param>
    /// <param name="payload">Not changed before the task ends.</param>
    /// <returns>What became of it; 404 when there is no such connector, 409 when it is switched off.</returns>
    internal async ValueTask<Result<MessageOutcome>> ReceiveAsync(
        DatasetId dataset, string name, string? topic, ReadOnlyMemory<byte> payload)
    {
        if (connectors.Directory.Find(dataset, name) is not { } connector) return Problem.NotFound();
        if (!connector.IsEnabled) return ConnectorProblems.Disabled;
        if (topic is not null && !connector.Takes(topic)) return ConnectorProblems.TopicNotTaken(topic);
        if (payload.Length > PayloadBytesMax) return ConnectorProblems.PayloadTooLarge(PayloadBytesMax);
        return (await StoreAsync(
            Parts([connector], topic, payload), null, isPatient: false, CancellationToken.None))[0];
    }

    /// <summary>Gives a dead letter to its connector once more, as it is declared now, switched on or not.</summary>
    /// <returns>What became of it; 404 when either is gone.</returns>
    internal async Task<Result<MessageOutcome>> ReplayAsync(
        DatasetId dataset, string name, long letter, CancellationToken cancellation)
    {
        if (connectors.Directory.Find(dataset, name) is not { } connector ||
            await letters.FindAsync(connector.Id, letter, cancellation) is not { } dead) return Problem.NotFound();
        return await ReplayAsync(connector, dead);
    }

    /// <summary>Gives all dead letters of a connector to it once more, oldest first.</summary>
    /// <returns>How many were stored and how many are dead letters still; 404 when there is no such connector.</returns>
    internal async Task<Result<ReplaySummary>> ReplayAllAsync(DatasetId dataset, string name, CancellationToken cancellation)
    {
        if (connectors.Directory.Find(dataset, name) is not { } connector) return Problem.NotFound();
        var (replayed, observations, rejected) = (0, 0, 0);
        long after = 0;
        while (await letters.NextAsync(connector.Id, after, cancellation) is { } letter)
        {
            after = letter.Id;
            var outcome = await ReplayAsync(connector, letter);
            replayed++;
            observations += outcome.Observations;
            if (outcome.Rejection is not null) rejected++;
        }

        return new ReplaySummary(replayed, observations, rejected);
    }

    /// <summary>Replays what the command line has asked for; each once.</summary>
    internal async Task ReplayAskedForAsync(CancellationToken cancellation)
    {
        foreach (var (connector, id) in await letters.AskedForAsync(cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            if (connectors.Directory.Find(connector) is { } known &&
                await letters.FindAsync(connector, id, cancellation) is { } letter)
                await ReplayAsync(known, letter);
            else await letters.ForgetAskedForAsync(id, cancellation);
        }
    }

    private async Task<MessageOutcome> ReplayAsync(Connector connector, DeadLetter letter)
    {
        var mapped = connector.Mapper.Map(letter.Topic, letter.Payload, letter.Time);
        var part = new MessagePart(connector, mapped, letter.Topic, letter.Payload, letter.Time) { Replayed = letter.Id };
        return (await StoreAsync([part], null, isPatient: true, CancellationToken.None))[0];
    }

    private List<MessagePart> Parts(List<Connector> taking, string? topic, ReadOnlyMemory<byte> payload)
    {
        var arrival = Instant.From(time.GetUtcNow());
        return taking.ConvertAll(connector =>
            new MessagePart(connector, connector.Mapper.Map(topic, payload, arrival), topic, payload, arrival));
    }

    // What was refused after a change comes again as a dead letter, at most once for each part.
    private async Task<MessageOutcome[]> StoreAsync(
        List<MessagePart> parts, ReceiptKey? receipt, bool isPatient, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var work = new ConnectorWork(store, parts, receipt);
                // A connection can wait for a place in the queue; a request is told to come again.
                if (isPatient) await database.EnqueueAsync(work, cancellation);
                else database.Enqueue(work);
                if (await work.Task) return [.. parts.Select(part => part.Outcome)];
                (isPatient, cancellation) = (true, CancellationToken.None);
            }
        }
        finally
        {
            foreach (var part in parts) part.Mapped.Dispose();
        }
    }
}

/// <summary>What a replay did.</summary>
/// <param name="Replayed">Dead letters tried.</param>
/// <param name="Observations">Stored.</param>
/// <param name="Rejected">Dead letters still.</param>
public sealed record ReplaySummary(int Replayed, int Observations, int Rejected);
