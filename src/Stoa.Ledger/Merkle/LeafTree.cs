namespace Stoa.Ledger.Merkle;

/// <summary>A tree of leaves that are all in memory, for many proofs.</summary>
/// <remarks>Holds the hash of every complete subtree: 64 bytes a leaf. A proof is then read and not computed.</remarks>
public sealed class LeafTree
{
    private readonly MerkleHash[][] _levels;

    /// <summary>Computes the tree: one hash a leaf.</summary>
    public LeafTree(MerkleHash[] leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        var levels = new List<MerkleHash[]> { leaves };
        while (levels[^1].Length > 1)
        {
            var below = levels[^1];
            var level = new MerkleHash[below.Length / 2];
            for (var i = 0; i < level.Length; i++) level[i] = MerkleTree.Node(below[2 * i], below[2 * i + 1]);
            levels.Add(level);
        }

        _levels = [.. levels];
    }

    /// <summary>Number of leaves.</summary>
    public int Size => _levels[0].Length;

    /// <summary>The root.</summary>
    public MerkleHash Root() => Proofs.Root(Hash, Size);

    /// <summary>The proof that the leaf at an index is in the tree, the sibling first.</summary>
    public MerkleHash[] Inclusion(long index) => Proofs.Inclusion(Hash, index, Size);

    private MerkleHash Hash(int level, long index) => _levels[level][index];
}
