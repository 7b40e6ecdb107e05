using Stoa.Sensing.Connectors.Messages;
using Stoa.Sensing.Mqtt;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>One message on its way to the writer, for every connector that takes it: one transaction.</summary>
/// <remarks>
/// It refuses before its first change where it can. Where the making of an entity is refused only then, all is undone, the
/// part is marked, and the caller enqueues it once more; then it becomes a dead letter.
/// </remarks>
internal sealed class ConnectorWork(
    ConnectorStore store, IReadOnlyList<MessagePart> parts, ReceiptKey? receipt) : WriteWork
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isKept;

    /// <summary>Ends after the commit is durable; false: it was undone, run it again.</summary>
    internal Task<bool> Task => _done.Task;

    protected override bool Run(WriteSession session)
    {
        _isKept = true;
        if (receipt is { } key && !Receipts.TryAdd(session, key))
        {
            // Stored before a crash: only the acknowledgement was lost.
            foreach (var part in parts) part.Outcome = MessageOutcome.Skipped;
            return true;
        }

        foreach (var part in parts)
        {
            if (store.TryStore(session, part)) continue;
            _isKept = false;
            return false;
        }

        return true;
    }

    protected override void Complete() => _done.TrySetResult(_isKept);

    protected override void Fail(Exception error) => _done.TrySetException(error);
}

/// <summary>A message as one connector sees it.</summary>
internal sealed class MessagePart(
    Connector connector, MappedMessage mapped, string? topic, ReadOnlyMemory<byte> payload, Instant arrival)
{
    internal Connector Connector { get; } = connector;

    internal MappedMessage Mapped { get; } = mapped;

    internal string? Topic { get; } = topic;

    internal ReadOnlyMemory<byte> Payload { get; } = payload;

    internal Instant Arrival { get; } = arrival;

    /// <summary>The dead letter that is replayed; null for a message that has just come.</summary>
    internal long? Replayed { get; init; }

    /// <summary>What the first attempt at storing found wrong after it had changed something.</summary>
    internal string? LateRejection { get; set; }

    /// <summary>Set by the writer.</summary>
    internal MessageOutcome Outcome { get; set; } = MessageOutcome.Skipped;
}
