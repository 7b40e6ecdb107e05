using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Witnesses;

namespace Stoa.Ledger.Verification;

/// <summary>Reads a file of a log by its path, such as <c>checkpoint</c> or <c>tile/0/000</c>; null when there is none.</summary>
/// <exception cref="EntriesWithheldException">The log does not show its entries to whoever asks.</exception>
public delegate Task<byte[]?> LogFile(string path, CancellationToken cancellation);

/// <summary>A log shows tiles of hashes, and not its entries.</summary>
public sealed class EntriesWithheldException() : Exception("The log does not show its entries.");

/// <summary>Verifies logs and proofs, with nothing but what it is given: no database, no server, no belief in either.</summary>
/// <param name="keys">The log's public keys, one of which must have signed; their name is the log's origin.</param>
/// <param name="policy">Which witnesses are known and how many must have signed; null for no question of it.</param>
/// <param name="older">A checkpoint of the same log, kept from earlier; null for none.</param>
public sealed class LogVerifier(IReadOnlyList<VerifierKey> keys, WitnessPolicy? policy, SignedNote? older)
{
    // What is wrong is said so often; then the log is wrong, and there is no need to read on.
    private const int WrongMax = 20;

    private readonly CheckpointVerifier _checks = new(keys, policy, older);

    /// <summary>With one key.</summary>
    public LogVerifier(VerifierKey key, WitnessPolicy? policy, SignedNote? older) : this([key], policy, older)
    {
    }

    /// <summary>Reads the whole log again and computes all of it anew.</summary>
    public Task<VerificationReport> VerifyLogAsync(LogFile read, CancellationToken cancellation) => VerifyLogAsync(read, hashesOnly: false, cancellation);

    /// <summary>Reads the whole log again and computes all of it anew.</summary>
    /// <param name="read">Its files.</param>
    /// <param name="hashesOnly">Whether entries are not read, but the hashes of them in the lowest tiles. So it is as well where the log withholds its entries.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <remarks>Every entry is read once and hashed once; memory holds the right edge of the tree alone.</remarks>
    public async Task<VerificationReport> VerifyLogAsync(LogFile read, bool hashesOnly, CancellationToken cancellation)
    {
        _checks.Clear();
        if (await read("checkpoint", cancellation) is not { } bytes) _checks.Say(Outcome.Wrong, "There is no checkpoint, so that nothing can be verified.");
        else if (_checks.Take(bytes) is { } checkpoint) await RecomputeAsync(read, hashesOnly, checkpoint, cancellation);
        _checks.SayLimits();
        return _checks.Report();
    }

    /// <summary>Verifies a proof that an entry is in the log.</summary>
    /// <param name="file">The proof, <c>.tlog-proof</c>.</param>
    /// <param name="entry">The entry, byte for byte; null for the one that the file brings along.</param>
    public VerificationReport VerifyProof(ReadOnlySpan<byte> file, byte[]? entry)
    {
        _checks.Clear();
        if (!LogProof.TryParse(file, out var proof)) _checks.Say(Outcome.Wrong, "The file is not a proof of inclusion, or was damaged.");
        else if (_checks.Take(proof!.Note) is { } checkpoint) // Read on the line above.
        {
            if ((entry ?? proof.Extra) is not { } claimed)
                _checks.Say(Outcome.Wrong, "The file brings no entry along, and none was given, so that it proves nothing. Give the entry with --entry.");
            else if (claimed.Length > EntryBundle.EntryBytesMax || !proof.Includes(MerkleTree.Leaf(claimed)))
                _checks.Say(Outcome.Wrong, $"The entry is not the one that the log holds at {proof.Index}: one of the two was changed.");
            else
            {
                _checks.Say(Outcome.Proven,
                    $"This entry is in the log, at {proof.Index} of {checkpoint.Size}, byte for byte: {CheckpointVerifier.Shown(claimed)}");
            }

            if (_checks.HasOlder)
                _checks.Say(Outcome.NotProven, "Whether the log goes on from the older checkpoint: a proof of one entry does not say; verify the log itself.");
        }

        _checks.SayLimits();
        return _checks.Report();
    }

    private async Task RecomputeAsync(LogFile read, bool hashesOnly, Checkpoint checkpoint, CancellationToken cancellation)
    {
        var before = OlderOf(checkpoint);
        var tree = new GrowingTree();
        MerkleHash? rootBefore = before?.Size == 0 ? MerkleTree.EmptyRoot : null;
        var wrong = 0;
        // Who withholds one bundle hides something; who withholds all of them keeps a private log.
        var withheld = hashesOnly || await WithholdsAsync(read, checkpoint, cancellation);
        // What is read is not compared with itself.
        var lowest = withheld ? 1 : 0;
        foreach (var id in TileId.AllOf(checkpoint.Size).TakeWhile(tile => tile.Level == TileId.Entries))
        {
            if (await LeavesAsync(read, withheld ? id with { Level = 0 } : id, cancellation) is not { } leaves) return;
            foreach (var append in leaves)
            {
                append(tree);
                if (before?.Size == tree.Size) rootBefore = tree.Root();
            }

            // Tiles that are full are compared at once, so that memory does not grow with the log; the others when all is read.
            wrong += await CompareAsync(read, tree.Drain().Where(tile => tile.Id.IsFull), lowest, cancellation);
            if (wrong >= WrongMax) return;
        }

        wrong += await CompareAsync(read, tree.Edge(), lowest, cancellation);

        if (wrong > 0) return;
        if (tree.Root() != checkpoint.Root)
        {
            _checks.Say(Outcome.Wrong, withheld
                ? "The hashes of the entries do not give the root that was signed: one was changed, exchanged or removed."
                : "The entries do not give the root that was signed: an entry was changed, exchanged or removed.");
            return;
        }

        SayWhole(checkpoint, withheld);
        if (before is null) return;
        if (rootBefore == before.Root)
            _checks.Say(Outcome.Proven,
                $"The log begins with the {before.Size} entries of the older checkpoint: none of them was changed, removed or put elsewhere.");
        else
            _checks.Say(Outcome.Wrong,
                $"The log does not begin with the {before.Size} entries of the older checkpoint: its past was changed. Keep both checkpoints: together they prove it.");
    }

    private void SayWhole(Checkpoint checkpoint, bool withheld)
    {
        if (!withheld)
        {
            _checks.Say(Outcome.Proven,
                $"All {checkpoint.Size} entries are there and give the root that was signed; every tile holds what they give. None was changed.");
            return;
        }

        _checks.Say(Outcome.Proven,
            $"The hashes of all {checkpoint.Size} entries are there and give the root that was signed; every tile above holds what they give. None was changed.");
        _checks.Say(Outcome.NotProven,
            "What the entries say: they were not read, only their hashes. Whoever has an entry can verify it by a proof (*.tlog-proof) or an evidence pack.");
    }

    private static async Task<bool> WithholdsAsync(LogFile read, Checkpoint checkpoint, CancellationToken cancellation)
    {
        if (checkpoint.Size == 0) return false;
        try
        {
            await read(TileId.Of(TileId.Entries, 0, checkpoint.Size).Path, cancellation);
            return false;
        }
        catch (EntriesWithheldException)
        {
            return true;
        }
    }

    // What adds the leaves of one tile; null when it cannot be read, which was said.
    private async Task<IEnumerable<Action<GrowingTree>>?> LeavesAsync(LogFile read, TileId id, CancellationToken cancellation)
    {
        byte[]? bytes;
        try
        {
            bytes = await ReadAsync(read, id, cancellation);
        }
        catch (EntriesWithheldException)
        {
            _checks.Say(Outcome.Wrong, $"{id.Path} is withheld, although others are shown: its entries were changed, or are to be hidden.");
            return null;
        }

        if (bytes is null)
        {
            _checks.Say(Outcome.Wrong, id.Level == TileId.Entries
                ? $"{id.Path} is missing: its entries were removed, or are not shown."
                : $"{id.Path} is missing: its entries were removed.");
            return null;
        }

        if (id.Level == TileId.Entries && EntryBundle.TryRead(bytes, id.Width, out var entries))
            return entries.Select(entry => (Action<GrowingTree>)(tree => tree.Append(entry.Span)));
        if (id.Level == 0 && bytes.Length == id.Width * MerkleHash.Length)
            return Enumerable.Range(0, id.Width).Select(i => (Action<GrowingTree>)(tree =>
                tree.AppendLeaf(new(bytes.AsSpan(i * MerkleHash.Length, MerkleHash.Length)))));
        _checks.Say(Outcome.Wrong, $"{id.Path} does not hold {id.Width} {(id.Level == 0 ? "hashes" : "entries")}: it was damaged.");
        return null;
    }

    private async Task<int> CompareAsync(LogFile read, IEnumerable<Tile> tiles, int lowest, CancellationToken cancellation)
    {
        var wrong = 0;
        foreach (var tile in tiles.Where(tile => tile.Id.Level >= lowest))
        {
            var kept = await ReadAsync(read, tile.Id, cancellation);
            if (kept is not null && kept.AsSpan().SequenceEqual(tile.Bytes)) continue;
            _checks.Say(Outcome.Wrong, kept is null ? $"{tile.Id.Path} is missing." : $"{tile.Id.Path} does not hold the hashes that the entries give.");
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
        if (_checks.TakeOlder("this one") is not { } before) return null;
        if (before.Origin != now.Origin)
        {
            _checks.Say(Outcome.Wrong, "The older checkpoint is not one of this log, signed with this key.");
            return null;
        }

        if (before.Size <= now.Size) return before;
        _checks.Say(Outcome.Wrong,
            $"The older checkpoint counts {before.Size} entries, more than there are now: entries were removed. Keep both checkpoints: together they prove it.");
        return null;
    }
}
