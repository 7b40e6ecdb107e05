using System.Buffers;

namespace Stoa.Ledger.Merkle;

/// <summary>A tile and what it holds.</summary>
public readonly record struct Tile(TileId Id, byte[] Bytes);

/// <summary>A tree to which entries are added, and the tiles that this gives.</summary>
/// <remarks>
/// Holds the right edge alone: at most 255 hashes for each of eight levels, and the entries of one bundle (16 MB if all are as long as can be).
/// What is added is deterministic, so that tiles lost between two steps are made again by adding the same entries. Not safe for several threads at once.
/// </remarks>
public sealed class GrowingTree
{
    private readonly List<List<MerkleHash>> _levels = [];
    private readonly List<Tile> _full = [];
    private readonly ArrayBufferWriter<byte> _entries = new();
    private readonly Frontier _frontier;
    private long _drained;

    /// <summary>A tree without entries.</summary>
    public GrowingTree() => _frontier = new();

    /// <summary>A tree that goes on where its tiles end.</summary>
    /// <exception cref="TileMissingException">A tile of the right edge is not there.</exception>
    public GrowingTree(long size, TileBytes read)
    {
        var tree = new TiledTree(size, read);
        _frontier = new(size, Proofs.Subtrees(tree.Hash, size));
        for (var level = 0; TileId.CountOf(level, size) is > 0 and var count; level++)
        {
            var edge = new List<MerkleHash>(TileId.Full);
            for (var i = count - count % TileId.Full; i < count; i++) edge.Add(tree.Hash(level * TileId.Height, i));
            _levels.Add(edge);
        }

        if (size % TileId.Full != 0)
        {
            var last = TileId.LastOf(TileId.Entries, size)!.Value; // There are entries.
            _entries.Write(read(last) ?? throw new TileMissingException(last));
        }

        _drained = size;
    }

    /// <summary>Number of entries.</summary>
    public long Size => _frontier.Size;

    /// <summary>The root over them.</summary>
    public MerkleHash Root() => _frontier.Root();

    /// <summary>Adds an entry.</summary>
    /// <returns>Its index.</returns>
    public long Append(ReadOnlySpan<byte> entry)
    {
        _entries.Advance(EntryBundle.Write(entry, _entries.GetSpan(EntryBundle.LengthOf(entry.Length))));
        var index = AppendLeaf(MerkleTree.Leaf(entry));
        if (Size % TileId.Full == 0)
        {
            _full.Add(new(new(TileId.Entries, index / TileId.Full, TileId.Full), _entries.WrittenSpan.ToArray()));
            _entries.ResetWrittenCount();
        }

        return index;
    }

    /// <summary>Adds an entry by its leaf hash; then the tree has no bundles of entries to drain.</summary>
    /// <returns>Its index.</returns>
    internal long AppendLeaf(MerkleHash leaf)
    {
        var index = Size;
        _frontier.Append(leaf);
        Add(0, leaf);
        return index;
    }

    /// <summary>The tiles that are new or longer since this was asked last: to be stored before anybody is told of the size.</summary>
    public List<Tile> Drain()
    {
        var tiles = _full.ToList();
        _full.Clear();
        foreach (var tile in Edge())
            if (TileId.CountOf(tile.Id.Level, Size) > TileId.CountOf(tile.Id.Level, _drained)) tiles.Add(tile);
        _drained = Size;
        return tiles;
    }

    /// <summary>The tiles on the right edge that are not full.</summary>
    public IEnumerable<Tile> Edge()
    {
        if (_entries.WrittenCount > 0) yield return new(Partial(TileId.Entries), _entries.WrittenSpan.ToArray());
        for (var level = 0; level < _levels.Count; level++)
            if (_levels[level].Count > 0) yield return new(Partial(level), BytesOf(_levels[level]));
    }

    private void Add(int level, MerkleHash hash)
    {
        if (_levels.Count == level) _levels.Add(new(TileId.Full));
        var edge = _levels[level];
        edge.Add(hash);
        if (edge.Count < TileId.Full) return;
        var index = TileId.CountOf(level, Size) / TileId.Full - 1;
        _full.Add(new(new(level, index, TileId.Full), BytesOf(edge)));
        var root = MerkleTree.Root(edge.ToArray());
        edge.Clear();
        Add(level + 1, root);
    }

    private TileId Partial(int level) => TileId.LastOf(level, Size)!.Value; // Asked where there is one.

    private static byte[] BytesOf(List<MerkleHash> hashes)
    {
        var bytes = new byte[hashes.Count * MerkleHash.Length];
        for (var i = 0; i < hashes.Count; i++) hashes[i].CopyTo(bytes.AsSpan(i * MerkleHash.Length));
        return bytes;
    }
}
