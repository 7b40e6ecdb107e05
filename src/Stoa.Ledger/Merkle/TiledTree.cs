namespace Stoa.Ledger.Merkle;

/// <summary>The bytes of a tile; null when there is none.</summary>
public delegate byte[]? TileBytes(TileId tile);

/// <summary>A tree of a size that is read from its tiles: any subtree's hash, and so any proof.</summary>
/// <remarks>
/// An inclusion proof in a tree of a billion entries reads four tiles. The last tiles read are kept, since proofs ask the same ones again.
/// Not safe for several threads at once. What a tile holds is believed: compare the root with a signed one.
/// </remarks>
public sealed class TiledTree(long size, TileBytes read)
{
    private const int KeptMax = 64;

    private readonly Dictionary<TileId, MerkleHash[]> _kept = [];

    /// <summary>Number of entries.</summary>
    public long Size => size;

    /// <summary>The root, computed from the tiles on the right edge.</summary>
    public MerkleHash Root() => Proofs.Root(Hash, size);

    /// <summary>The proof that the entry at an index is in the tree, or in the tree as it was at a smaller size.</summary>
    public MerkleHash[] Inclusion(long index, long until) => Proofs.Inclusion(Hash, index, until);

    /// <summary>The proof that the tree at a size begins with the tree at a smaller one.</summary>
    public MerkleHash[] Consistency(long smaller, long until) => Proofs.Consistency(Hash, smaller, until);

    /// <summary>The hash of the leaf at an index.</summary>
    public MerkleHash Leaf(long index) => Hash(0, index);

    /// <summary>The hash of a complete subtree.</summary>
    /// <exception cref="TileMissingException">A tile is not there, or not as long as it has to be.</exception>
    public MerkleHash Hash(int level, long index)
    {
        var within = level % TileId.Height;
        var first = index << within;
        var tile = Tile(TileId.Of(level / TileId.Height, first / TileId.Full, size));
        var at = (int)(first % TileId.Full);
        return MerkleTree.Root(tile.AsSpan(at, 1 << within));
    }

    private MerkleHash[] Tile(TileId id)
    {
        if (_kept.TryGetValue(id, out var known)) return known;
        // A partial tile may have been removed once its full one was there (C2SP tlog-tiles, "Partial Tiles").
        var bytes = read(id) ?? (id.IsFull ? null : read(id.WhenFull));
        if (bytes is null || bytes.Length % MerkleHash.Length != 0 || bytes.Length / MerkleHash.Length < id.Width)
            throw new TileMissingException(id);
        var hashes = new MerkleHash[id.Width];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = new(bytes.AsSpan(i * MerkleHash.Length, MerkleHash.Length));
        if (_kept.Count == KeptMax) _kept.Clear();
        return _kept[id] = hashes;
    }
}

/// <summary>A tile is not there, or not as long as it has to be.</summary>
public sealed class TileMissingException(TileId tile) : Exception($"The tile {tile.Path} is missing, or not as long as it has to be.")
{
    /// <summary>Which.</summary>
    public TileId Tile => tile;
}
