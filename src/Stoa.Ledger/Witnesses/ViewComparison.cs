using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Witnesses;

/// <summary>A log of which views are compared.</summary>
/// <param name="Origin">Which.</param>
/// <param name="Keys">What it signs with.</param>
internal sealed record ComparedLog(string Origin, IReadOnlyList<VerifierKey> Keys)
{
    /// <summary>The view of who is its operator; null for a log of others.</summary>
    public OwnView? Own { get; init; }
}

/// <summary>A log as its operator sees it.</summary>
/// <param name="Note">The newest checkpoint.</param>
/// <param name="Size">Its size.</param>
/// <param name="RootAt">The root of the tree when it had so many entries, at most <paramref name="Size"/>.</param>
internal sealed record OwnView(SignedNote Note, long Size, Func<long, CancellationToken, Task<MerkleHash>> RootAt);

/// <summary>What a comparison found.</summary>
/// <param name="Views">Contradictions.</param>
/// <param name="Ahead">Witnesses that show more entries of our own log than there are, with the size.</param>
internal sealed record Compared(IReadOnlyList<SplitView> Views, IReadOnlyList<(string Witness, long Size)> Ahead);

/// <summary>Compares what witnesses show of a log with each other, and with the log where it is ours.</summary>
/// <remarks>C2SP tlog-witness, monitoring: whoever shows two people two trees is found as soon as both trees reach witnesses.</remarks>
internal static class ViewComparison
{
    /// <summary>Asks the witnesses and compares.</summary>
    public static async Task<Compared> RunAsync(
        ComparedLog log, IReadOnlyList<WitnessClient> witnesses, Instant now, CancellationToken cancellation)
    {
        // What a witness shows is a view only when the log signed it.
        var shown = (await Task.WhenAll(witnesses.Select(async one => (one.Witness.Name, Note: await one.LastAsync(log.Origin, cancellation)))))
            .Select(one => (one.Name, one.Note, Checkpoint: CheckpointOf(log, one.Note))).Where(one => one.Checkpoint is not null)
            .Select(one => new Shown(one.Name, one.Note!, one.Checkpoint!)).ToArray(); // Only those that have both.
        var views = new List<SplitView>();
        for (var i = 0; i < shown.Length; i++)
            for (var j = i + 1; j < shown.Length; j++)
                if (shown[i].Checkpoint.Size == shown[j].Checkpoint.Size && shown[i].Checkpoint.Root != shown[j].Checkpoint.Root)
                    views.Add(ViewOf(log, shown[i].Checkpoint.Size, shown[i].Checkpoint.Root, shown[i].Note, shown[j], now));
        var ahead = new List<(string, long)>();
        if (log.Own is not { } own) return new(views, ahead);
        foreach (var one in shown)
        {
            if (one.Checkpoint.Size > own.Size) ahead.Add((one.Witness, one.Checkpoint.Size));
            else if (await own.RootAt(one.Checkpoint.Size, cancellation) is var root && root != one.Checkpoint.Root)
                views.Add(ViewOf(log, one.Checkpoint.Size, root, own.Note, one, now));
        }

        return new(views, ahead);
    }

    private static Checkpoint? CheckpointOf(ComparedLog log, SignedNote? note) =>
        note is not null && Checkpoint.TryParse(note.Text, out var checkpoint) && checkpoint!.Origin == log.Origin && log.Keys.Any(note.IsSignedBy) // Read before it is asked.
            ? checkpoint
            : null;

    private static SplitView ViewOf(ComparedLog log, long size, MerkleHash root, SignedNote note, Shown other, Instant now) =>
        new(log.Origin, size, root, note.ToBytes(), other.Checkpoint.Root, other.Note.ToBytes(), "witness " + other.Witness, now);

    private sealed record Shown(string Witness, SignedNote Note, Checkpoint Checkpoint);
}
