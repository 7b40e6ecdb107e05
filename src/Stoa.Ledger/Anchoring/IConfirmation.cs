using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Writing;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Anchoring;

/// <summary>Somebody else who confirms checkpoints from time to time, and what is kept of it.</summary>
internal interface IConfirmation
{
    /// <summary>The checkpoint of a log that was confirmed last.</summary>
    Task<(long Size, Instant At)?> LastAsync(LogName log, CancellationToken cancellation);

    /// <summary>Has a checkpoint confirmed, and keeps that.</summary>
    /// <returns>Null when it is done, else why not, for people.</returns>
    Task<string?> ConfirmAsync(LogName log, SignedNote note, Checkpoint checkpoint, CancellationToken cancellation);
}
