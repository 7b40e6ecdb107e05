using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Witnesses;

namespace Stoa.Ledger.Writing;

/// <summary>Answers what is asked of logs, from their tiles: never from the table that is written.</summary>
public sealed class LogReader(LogPublisher publisher, CosignedCheckpoints? cosigned = null)
{
    /// <summary>Whether it is there and cannot be shown, as it goes back on what this node signed or saw.</summary>
    public bool IsWithheld(LogName log) => publisher.IsWithheld(log);

    /// <summary>The checkpoint that everybody is shown; null when there is none yet.</summary>
    /// <remarks>None of a log that goes back on what this node signed or saw. Where a quorum of witnesses is asked for, it is the last one that has it; before the first, the newest.</remarks>
    public async Task<SignedNote?> CheckpointAsync(LogName log, CancellationToken cancellation)
    {
        if (IsWithheld(log)) return null;
        if (await publisher[log].Tiles.CheckpointAsync(cancellation) is not { } bytes || !SignedNote.TryParse(bytes, out var newest)) return null;
        // A log that was begun anew has another origin, and what was cosigned of the one before is not of it.
        return cosigned is not null && await cosigned.ReadAsync(log, cancellation) is { } met && OriginOf(met) == OriginOf(newest!) ? met : newest; // Read before it is asked.
    }

    /// <summary>The public keys that sign it now, the newest first; none before the log is begun.</summary>
    public async Task<IReadOnlyList<VerifierKey>> KeysAsync(LogName log, CancellationToken cancellation) =>
        [.. (await AllKeysAsync(log, cancellation)).Where(known => known.Until is null).Select(known => known.Key)];

    /// <summary>All public keys that it ever had, the newest first.</summary>
    public Task<IReadOnlyList<PublicKey>> AllKeysAsync(LogName log, CancellationToken cancellation) => publisher[log].PublicKeysAsync(cancellation);

    /// <summary>A tile; null when there is none, or fewer entries are under the checkpoint than it holds.</summary>
    public async Task<byte[]?> TileAsync(LogName log, TileId tile, CancellationToken cancellation)
    {
        if (await SizeAsync(log, cancellation) is not { } size) return null;
        return tile.Index * TileId.Full + tile.Width <= TileId.CountOf(tile.Level, size)
            ? await publisher[log].Tiles.ReadAsync(read => read(tile), cancellation)
            : null;
    }

    /// <summary>The number of entries under the checkpoint that everybody is shown; null when there is none yet.</summary>
    public async Task<long?> SizeAsync(LogName log, CancellationToken cancellation) =>
        await CheckpointAsync(log, cancellation) is { } note && Checkpoint.TryParse(note.Text, out var checkpoint)
            ? checkpoint!.Size // Read on the line above.
            : null;

    /// <summary>The proof that the entry at an index is in the log as it was at a size. Reads up to nine tiles.</summary>
    public Task<MerkleHash[]> InclusionAsync(LogName log, long index, long size, CancellationToken cancellation) =>
        publisher[log].Tiles.ReadAsync(read => new TiledTree(size, read).Inclusion(index, size), cancellation);

    /// <summary>The proof that the log at a size begins with the log at a smaller one.</summary>
    public Task<MerkleHash[]> ConsistencyAsync(LogName log, long smaller, long size, CancellationToken cancellation) =>
        publisher[log].Tiles.ReadAsync(read => new TiledTree(size, read).Consistency(smaller, size), cancellation);

    private static string OriginOf(SignedNote note) => note.Text[..note.Text.IndexOf('\n', StringComparison.Ordinal)];

    /// <summary>An entry, as it stands in its bundle.</summary>
    public async Task<byte[]?> EntryAsync(LogName log, long index, CancellationToken cancellation)
    {
        if (index < 0 || await SizeAsync(log, cancellation) is not { } size || index >= size) return null;
        var id = TileId.Of(TileId.Entries, index / TileId.Full, size);
        var bundle = await publisher[log].Tiles.ReadAsync(read => read(id), cancellation);
        return bundle is not null && EntryBundle.TryRead(bundle, id.Width, out var entries) ? entries[(int)(index % TileId.Full)].ToArray() : null;
    }
}
