using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Writing;

namespace Stoa.Ledger.Evidence;

/// <summary>A log of this exchange as one checkpoint shows it: all proofs of a pack belong under one, or an older checkpoint could not be compared with all.</summary>
public sealed class EvidenceLog
{
    private readonly LogReader _logs;
    private readonly LogName _log;
    private readonly SignedNote _note;
    private readonly Checkpoint _checkpoint;

    private EvidenceLog(LogReader logs, LogName log, SignedNote note, Checkpoint checkpoint) =>
        (_logs, _log, _note, _checkpoint) = (logs, log, note, checkpoint);

    /// <summary>Number of entries under the checkpoint.</summary>
    public long Size => _checkpoint.Size;

    /// <summary>The log as its newest checkpoint, with the cosignatures that it has, shows it; null when there is none yet.</summary>
    public static async Task<EvidenceLog?> NowAsync(LogReader logs, LogName log, CancellationToken cancellation) =>
        await logs.CheckpointAsync(log, cancellation) is { } note && Checkpoint.TryParse(note.Text, out var checkpoint)
            ? new(logs, log, note, checkpoint!) // Read on the line above.
            : null;

    /// <summary>The proof of an entry, with the entry; null when it is not under the checkpoint.</summary>
    public async Task<LogProof?> ProofAsync(long index, CancellationToken cancellation) =>
        index >= 0 && index < Size && await _logs.EntryAsync(_log, index, cancellation) is { } entry
            ? new(index, await _logs.InclusionAsync(_log, index, Size, cancellation), _note) { Extra = entry }
            : null;

    /// <summary>Names the log's keys in a pack and, when a size is given that is not greater than that of the checkpoint, proves that the log goes on from there.</summary>
    /// <param name="pack">Where to.</param>
    /// <param name="older">Size of a checkpoint that whoever asks has kept; null for none.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>False when the size is beyond the log.</returns>
    public async Task<bool> AddToAsync(EvidencePackWriter pack, long? older, CancellationToken cancellation)
    {
        foreach (var key in await _logs.KeysAsync(_log, cancellation)) pack.NameKey(key);
        if (older is not { } from) return true;
        if (from < 0 || from > Size) return false;
        await pack.AddConsistencyAsync(_checkpoint.Origin, from, Size, await _logs.ConsistencyAsync(_log, from, Size, cancellation), cancellation);
        return true;
    }
}
