using System.Numerics;

namespace Stoa.Ledger.Merkle;

/// <summary>The right edge of a growing tree: what is needed of it to add an entry and to know the root.</summary>
/// <remarks>One hash for each complete subtree, the largest first: as many as the size has bits that are set, 63 at most.</remarks>
public sealed class Frontier
{
    private readonly List<MerkleHash> _subtrees;

    /// <summary>That of a tree without entries.</summary>
    public Frontier() => _subtrees = [];

    /// <summary>That of a tree of a size.</summary>
    /// <param name="size">Number of entries.</param>
    /// <param name="subtrees">Hashes of its complete subtrees, the largest first.</param>
    public Frontier(long size, IEnumerable<MerkleHash> subtrees)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        _subtrees = [.. subtrees];
        if (_subtrees.Count != BitOperations.PopCount((ulong)size))
            throw new ArgumentException("A tree of this size has another number of complete subtrees.", nameof(subtrees));
        Size = size;
    }

    /// <summary>Number of entries.</summary>
    public long Size { get; private set; }

    /// <summary>Hashes of the complete subtrees, the largest first.</summary>
    public IReadOnlyList<MerkleHash> Subtrees => _subtrees;

    /// <summary>Adds an entry by its leaf hash. Cost: one hash on average, 63 at most.</summary>
    public void Append(MerkleHash leaf)
    {
        var hash = leaf;
        for (var size = Size; (size & 1) == 1; size >>= 1)
        {
            hash = MerkleTree.Node(_subtrees[^1], hash);
            _subtrees.RemoveAt(_subtrees.Count - 1);
        }

        _subtrees.Add(hash);
        Size++;
    }

    /// <summary>The root of the tree as it is.</summary>
    public MerkleHash Root()
    {
        if (_subtrees.Count == 0) return MerkleTree.EmptyRoot;
        var root = _subtrees[^1];
        for (var i = _subtrees.Count - 2; i >= 0; i--) root = MerkleTree.Node(_subtrees[i], root);
        return root;
    }
}
