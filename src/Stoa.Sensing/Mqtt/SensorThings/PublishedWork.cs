using Stoa.Sensing.Http;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.SensorThings;

/// <summary>A publication on its way to the writer: stored as a POST would be, with the receipt of QoS 2 beside it.</summary>
internal sealed class PublishedWork(PreparedWrite write, ReceiptKey? receipt) : WriteWork
{
    private readonly TaskCompletionSource<Result<WriteOutcome>> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Result<WriteOutcome> _outcome;

    /// <summary>Ends after the commit is durable; an outcome without entity and rows when it had been stored before.</summary>
    internal Task<Result<WriteOutcome>> Task => _done.Task;

    protected override bool IsWrapped => write.IsWrapped;

    protected override bool Run(WriteSession session)
    {
        if (receipt is { } known && Receipts.Has(session, known))
        {
            _outcome = new WriteOutcome(200);
            return true;
        }

        _outcome = write.Run(session);
        // After the store has taken it: a refused publication leaves nothing behind, its packet identifier is free again.
        if (_outcome.IsValue && receipt is { } key) Receipts.TryAdd(session, key);
        return _outcome.IsValue || !IsWrapped;
    }

    protected override void Complete() => _done.TrySetResult(_outcome);

    protected override void Fail(Exception error) => _done.TrySetException(error);
}
