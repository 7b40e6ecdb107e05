using Stoa.Sensing.Entities;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Batches;

/// <summary>A change set on its way to the writer: all of its requests in one transaction, or none.</summary>
/// <remarks>
/// OGC 18-088, 11.2.1. Each request is prepared when its turn comes, because it may name what the ones before it have
/// created; reading one is fast beside storing it.
/// </remarks>
/// <param name="parts">Its requests.</param>
/// <param name="prepare">Reads one request, with references resolved by the results so far.</param>
/// <param name="results">What came before the change set.</param>
internal sealed class ChangeSetWork(
    IReadOnlyList<BatchPart> parts, Func<BatchPart, BatchResults, Result<PreparedWrite>> prepare, BatchResults results) : WriteWork
{
    private readonly TaskCompletionSource<ChangeSetOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ChangeSetOutcome _outcome = new([], 0, null);

    /// <summary>Ends after the commit is durable, or when all was undone.</summary>
    internal Task<ChangeSetOutcome> Task => _done.Task;

    protected override bool Run(WriteSession session)
    {
        var done = new List<(PreparedWrite, WriteOutcome)>(parts.Count);
        var inner = new BatchResults(results);
        for (var i = 0; i < parts.Count; i++)
        {
            Problem? problem;
            if (!prepare(parts[i], inner).TryGet(out var write, out problem) ||
                !write.Run(session).TryGet(out var outcome, out problem))
            {
                _outcome = new ChangeSetOutcome([], i, problem);
                return false;
            }

            done.Add((write, outcome));
            inner.Add(parts[i].Id, ResultOf(outcome));
        }

        _outcome = new ChangeSetOutcome(done, 0, null);
        return true;
    }

    internal static PartResult ResultOf(WriteOutcome outcome) =>
        new(outcome.Status) { Set = outcome.Entity?.SetName, Id = outcome.Id };

    protected override void Complete() => _done.TrySetResult(_outcome);

    protected override void Fail(Exception error) => _done.TrySetException(error);
}

/// <summary>What a change set has come to.</summary>
/// <param name="Done">Its writes in order; empty when all was undone.</param>
/// <param name="FailedPart">The number of the request that failed, from 0.</param>
/// <param name="Problem">Why; null when all was done.</param>
internal sealed record ChangeSetOutcome(
    IReadOnlyList<(PreparedWrite Write, WriteOutcome Outcome)> Done, int FailedPart, Problem? Problem);
