using Stoa.Sensing.Entities;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>One Observation on its way to the writer: the work that runs most often.</summary>
/// <remarks>
/// It refuses before its first change, so it needs no savepoint; only what comes with a whole Datastream or feature inside
/// takes the general way.
/// </remarks>
internal sealed class ObservationWork(
    EntityStore entities, ObservationDraft draft, WriteRights rights, ParentLink? parent) : WriteWork
{
    private readonly TaskCompletionSource<Result<ObservationId>> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Result<ObservationId> _outcome;

    /// <summary>Ends after the commit is durable.</summary>
    internal Task<Result<ObservationId>> Task => _done.Task;

    protected override bool IsWrapped => draft.InlineDatastream is not null || draft.InlineFeature is not null;

    protected override bool Run(WriteSession session)
    {
        _outcome = entities.CreateObservation(session, draft, rights, parent);
        return _outcome.IsValue || !IsWrapped;
    }

    protected override void Complete() => _done.TrySetResult(_outcome);

    protected override void Fail(Exception error) => _done.TrySetException(error);
}
