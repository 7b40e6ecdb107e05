using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Witnesses;

namespace Stoa.Ledger.Verification;

/// <summary>Reads a file of a log by its path, such as <c>checkpoint</c> or <c>tile/0/000</c>; null when there is none.</summary>
public delegate Task<byte[]?> LogFile(string path, CancellationToken cancellation);

/// <summary>Verifies logs and proofs, with nothing but what it is given: no database, no server, no belief in either.</summary>
/// <param name="key">The log's public key; its name is the log's origin.</param>
/// <param name="policy">Which witnesses are known and how many must have signed; null for no question of it.</param>
/// <param name="older">A checkpoint of the same log, kept from earlier; null for none.</param>
public sealed class LogVerifier(VerifierKey key, WitnessPolicy? policy, SignedNote? older)
{
    // In bytes: some lines of a terminal.
    private const int ShownMax = 2000;

    // What is wrong is said so often; then the log is wrong, and there is no need to read on.
    private const int WrongMax = 20;

    private readonly List<Finding> _findings = [];

    /// <summary>Reads the whole log again and computes all of it anew.</summary>
    /// <remarks>Every entry is read once and hashed once; memory holds the right edge of the tree alone.</remarks>
    public async Task<VerificationReport> VerifyLogAsync(LogFile read, CancellationToken cancellation)
    {
        _findings.Clear();
        if (await read("checkpoint", cancellation) is not { } bytes) Say(Outcome.Wrong, "There is no checkpoint, so that nothing can be verified.");
        else if (TakeCheckpoint(bytes) is { } checkpoint) await RecomputeAsync(read, checkpoint, cancellation);
        SayLimits();
        return new([.. _findings]);
    }

    /// <summary>Verifies a proof that an entry is in the log.</summary>
    /// <param name="file">The proof, <c>.tlog-proof</c>.</param>
    /// <param name="entry">The entry, byte for byte; null for the one that the file brings along.</param>
    public VerificationReport VerifyProof(ReadOnlySpan<byte> file, byte[]? entry)
    {
        _findings.Clear();
        if (!LogProof.TryParse(file, out var proof)) Say(Outcome.Wrong, "The file is not a proof of inclusion, or was damaged.");
        else if (TakeCheckpoint(proof!.Note.ToBytes()) is { } checkpoint) // Read on the line above.
        {
            if ((entry ?? proof.Extra) is not { } claimed)
                Say(Outcome.Wrong, "The file brings no entry along, and none was given, so that it proves nothing. Give the entry with --entry.");
            else if (claimed.Length > EntryBundle.EntryBytesMax || !proof.Includes(MerkleTree.Leaf(claimed)))
                Say(Outcome.Wrong, string.Create(CultureInfo.InvariantCulture,
                    $"The entry is not the one that the log holds at {proof.Index}: one of the two was changed."));
            else
            {
                Say(Outcome.Proven, string.Create(CultureInfo.InvariantCulture,
                    $"This entry is in the log, at {proof.Index} of {checkpoint.Size}, byte for byte: {Shown(claimed)}"));
            }

            if (older is not null)
                Say(Outcome.NotProven, "Whether the log goes on from the older checkpoint: a proof of one entry does not say; verify the log itself.");
        }

        SayLimits();
        return new([.. _findings]);
    }

    private Checkpoint? TakeCheckpoint(byte[] bytes)
    {
        if (!SignedNote.TryParse(bytes, out var note) || !Checkpoint.TryParse(note!.Text, out var checkpoint)) // Read before it is asked.
        {
            Say(Outcome.Wrong, "The checkpoint is not one, or was damaged.");
            return null;
        }

        if (checkpoint!.Origin != key.Name) // Read on the line above.
        {
            Say(Outcome.Wrong, $"The checkpoint is of '{Printable(checkpoint.Origin)}', and the key is that of '{key.Name}'.");
            return null;
        }

        if (!note.IsSignedBy(key))
        {
            Say(Outcome.Wrong, $"The checkpoint is not signed with the key of {key.Name}: it was changed, or made by somebody else.");
            return null;
        }

        Say(Outcome.Proven, string.Create(CultureInfo.InvariantCulture,
            $"{key.Name} signed that it holds {checkpoint.Size} entries with the root {checkpoint.Root}."));
        TakeWitnesses(note);
        return checkpoint;
    }

    private void TakeWitnesses(SignedNote note)
    {
        if (policy is { Logs.Count: > 0 } && !policy.Logs.Any(log => log.Key.Equals(key)))
            Say(Outcome.Wrong, $"The policy does not trust the key of {key.Name}.");
        if (policy is null || policy.AsksNobody)
        {
            Say(Outcome.NotProven, "Whether everybody is shown the same log: no witnesses were asked for. Give a policy that names some.");
            return;
        }

        // C2SP signed-note: where a known key's signature does not verify, the whole note is refused.
        foreach (var forged in policy.Witnesses.Where(one => one.Key.Stands(note) && !note.IsSignedBy(one.Key)))
            Say(Outcome.Wrong, $"The cosignature of {forged.Name} is not that witness's: it was changed, or made by somebody else.");
        var seen = policy.Witnesses.Select(witness => (witness.Name, Time: note.TimeOf(witness.Key))).Where(one => one.Time is not null).ToList();
        var names = string.Join(", ", seen.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Name} at {one.Time:yyyy-MM-dd HH:mm:ss} UTC")));
        if (policy.IsMetBy(note)) Say(Outcome.Proven, $"As many witnesses as the policy asks for saw the log so, and saw it only grow: {names}.");
        else
            Say(Outcome.Wrong, seen.Count == 0
                ? "None of the policy's witnesses signed the checkpoint: others may be shown another log."
                : $"Fewer witnesses signed the checkpoint than the policy asks for: {names}. Others may be shown another log.");
    }

    private async Task RecomputeAsync(LogFile read, Checkpoint checkpoint, CancellationToken cancellation)
    {
        var before = OlderOf(checkpoint);
        var tree = new GrowingTree();
        MerkleHash? rootBefore = before?.Size == 0 ? MerkleTree.EmptyRoot : null;
        var wrong = 0;
        foreach (var id in TileId.AllOf(checkpoint.Size).TakeWhile(tile => tile.Level == TileId.Entries))
        {
            var bundle = await ReadAsync(read, id, cancellation);
            if (bundle is null || !EntryBundle.TryRead(bundle, id.Width, out var entries))
            {
                Say(Outcome.Wrong, bundle is null
                    ? $"{id.Path} is missing: its entries were removed, or are not shown."
                    : $"{id.Path} does not hold {id.Width} entries: it was damaged.");
                return;
            }

            foreach (var entry in entries)
            {
                tree.Append(entry.Span);
                if (before?.Size == tree.Size) rootBefore = tree.Root();
            }

            // Tiles that are full are compared at once, so that memory does not grow with the log; the others when all is read.
            wrong += await CompareAsync(read, tree.Drain().Where(tile => tile.Id.IsFull), cancellation);
            if (wrong >= WrongMax) return;
        }

        wrong += await CompareAsync(read, tree.Edge(), cancellation);

        if (wrong > 0) return;
        if (tree.Root() != checkpoint.Root)
        {
            Say(Outcome.Wrong, "The entries do not give the root that was signed: an entry was changed, exchanged or removed.");
            return;
        }

        Say(Outcome.Proven, string.Create(CultureInfo.InvariantCulture,
            $"All {checkpoint.Size} entries are there and give the root that was signed; every tile holds what they give. None was changed."));
        if (before is null) return;
        if (rootBefore == before.Root)
            Say(Outcome.Proven, string.Create(CultureInfo.InvariantCulture,
                $"The log begins with the {before.Size} entries of the older checkpoint: none of them was changed, removed or put elsewhere."));
        else
            Say(Outcome.Wrong, string.Create(CultureInfo.InvariantCulture,
                $"The log does not begin with the {before.Size} entries of the older checkpoint: its past was changed. Keep both checkpoints: together they prove it."));
    }

    private async Task<int> CompareAsync(LogFile read, IEnumerable<Tile> tiles, CancellationToken cancellation)
    {
        var wrong = 0;
        foreach (var tile in tiles)
        {
            // What was read is not compared with itself.
            if (tile.Id.Level == TileId.Entries) continue;
            var kept = await ReadAsync(read, tile.Id, cancellation);
            if (kept is not null && kept.AsSpan().SequenceEqual(tile.Bytes)) continue;
            Say(Outcome.Wrong, kept is null ? $"{tile.Id.Path} is missing." : $"{tile.Id.Path} does not hold the hashes that the entries give.");
            wrong++;
        }

        return wrong;
    }

    // A partial tile may be gone once the full one is there; the full one begins with it.
    private static async Task<byte[]?> ReadAsync(LogFile read, TileId id, CancellationToken cancellation)
    {
        var bytes = await read(id.Path, cancellation);
        if (bytes is not null || id.IsFull) return bytes;
        if (await read(id.WhenFull.Path, cancellation) is not { } full) return null;
        if (id.Level != TileId.Entries) return full.Length < id.Width * MerkleHash.Length ? full : full[..(id.Width * MerkleHash.Length)];
        if (!EntryBundle.TryRead(full, TileId.Full, out var entries)) return full;
        return full[..entries.Take(id.Width).Sum(entry => EntryBundle.LengthOf(entry.Length))];
    }

    private Checkpoint? OlderOf(Checkpoint now)
    {
        if (older is null)
        {
            Say(Outcome.NotProven, "Whether the log is the one of earlier: no older checkpoint was given. Keep this one for the next time.");
            return null;
        }

        if (!Checkpoint.TryParse(older.Text, out var before) || before!.Origin != key.Name || !older.IsSignedBy(key)) // Read before it is asked.
        {
            Say(Outcome.Wrong, "The older checkpoint is not one of this log, signed with this key.");
            return null;
        }

        if (before.Size <= now.Size) return before;
        Say(Outcome.Wrong, string.Create(CultureInfo.InvariantCulture,
            $"The older checkpoint counts {before.Size} entries, more than there are now: entries were removed. Keep both checkpoints: together they prove it."));
        return null;
    }

    private void SayLimits() =>
        Say(Outcome.NotProven, "That what an entry says is true: the log shows what was recorded and when it was there, not that it was right.");

    private void Say(Outcome outcome, string text) => _findings.Add(new(outcome, text));

    // What was proven has to be seen: its text where it is one, and its hash where it is long or none.
    private static string Shown(byte[] entry)
    {
        try
        {
            if (entry.Length <= ShownMax && new UTF8Encoding(false, true).GetString(entry) is var text && !text.Any(char.IsControl)) return text;
        }
        catch (DecoderFallbackException)
        {
        }

        return string.Create(CultureInfo.InvariantCulture, $"{entry.Length} bytes with the SHA-256 {Convert.ToHexStringLower(SHA256.HashData(entry))}");
    }

    // What comes from a file is shown to people on a terminal.
    private static string Printable(string text)
    {
        var cut = text.Length > 200 ? text[..200] + "…" : text;
        return new([.. cut.Select(letter => char.IsControl(letter) ? '?' : letter)]);
    }
}
