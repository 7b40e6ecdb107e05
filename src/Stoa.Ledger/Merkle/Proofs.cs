using System.Numerics;

namespace Stoa.Ledger.Merkle;

/// <summary>The hash of a complete subtree.</summary>
/// <param name="level">0 for leaves; a node of a level spans two to that power of them.</param>
/// <param name="index">Counted from the left, within its level.</param>
public delegate MerkleHash SubtreeHash(int level, long index);

/// <summary>Proofs that an entry is in a tree, and that a tree goes on where a smaller one ended.</summary>
/// <remarks>Made by RFC 6962, 2.1.1 and 2.1.2; checked by the steps of RFC 9162, 2.1.3.2 and 2.1.4.2. Each holds 63 hashes at most.</remarks>
public static class Proofs
{
    /// <summary>Most hashes of a proof.</summary>
    public const int LengthMax = 63;

    /// <summary>The proof that the entry at an index is in a tree of a size: the sibling of its leaf first.</summary>
    public static MerkleHash[] Inclusion(SubtreeHash hashes, long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var proof = new List<MerkleHash>();
        Path(hashes, proof, index, 0, size);
        return [.. proof];
    }

    /// <summary>The same in a tree of which all leaves are at hand. Cost: hashing all of them.</summary>
    public static MerkleHash[] Inclusion(MerkleHash[] leaves, int index) =>
        Inclusion((level, at) => MerkleTree.Root(leaves.AsSpan((int)(at << level), 1 << level)), index, leaves.Length);

    /// <summary>The proof that a tree of a size begins with one that is smaller.</summary>
    public static MerkleHash[] Consistency(SubtreeHash hashes, long smaller, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(smaller);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(smaller, size);
        var proof = new List<MerkleHash>();
        if (smaller > 0 && smaller < size) Difference(hashes, proof, smaller, 0, size, isWhole: true);
        return [.. proof];
    }

    /// <summary>The root of a tree of a size.</summary>
    public static MerkleHash Root(SubtreeHash hashes, long size) => size == 0 ? MerkleTree.EmptyRoot : RangeHash(hashes, 0, size);

    /// <summary>The hashes of the complete subtrees of a tree of a size, the largest first.</summary>
    public static MerkleHash[] Subtrees(SubtreeHash hashes, long size)
    {
        var subtrees = new List<MerkleHash>();
        for (long from = 0; from < size;)
        {
            var level = BitOperations.Log2((ulong)(size - from));
            subtrees.Add(hashes(level, from >> level));
            from += 1L << level;
        }

        return [.. subtrees];
    }

    /// <summary>Whether a proof leads from a leaf at an index to the root of a tree of a size.</summary>
    public static bool IsIncluded(MerkleHash leaf, long index, long size, ReadOnlySpan<MerkleHash> proof, MerkleHash root) =>
        TryRoot(leaf, index, size, proof, out var found) && found == root;

    /// <summary>The root to which a proof leads; false when the proof is too short or too long for index and size.</summary>
    public static bool TryRoot(MerkleHash leaf, long index, long size, ReadOnlySpan<MerkleHash> proof, out MerkleHash root)
    {
        root = leaf;
        if (index < 0 || index >= size) return false;
        var (at, last) = (index, size - 1);
        foreach (var hash in proof)
        {
            if (last == 0) return false;
            if ((at & 1) == 1 || at == last)
            {
                root = MerkleTree.Node(hash, root);
                // The rightmost node rises over levels on which it has no sibling.
                while ((at & 1) == 0 && at != 0) (at, last) = (at >> 1, last >> 1);
            }
            else
            {
                root = MerkleTree.Node(root, hash);
            }

            (at, last) = (at >> 1, last >> 1);
        }

        return last == 0;
    }

    /// <summary>Whether a proof shows that a tree with one root begins with a smaller tree with another root.</summary>
    /// <remarks>Every tree begins with the one without entries, for which no proof is needed and none is taken.</remarks>
    public static bool IsConsistent(long smaller, MerkleHash smallerRoot, long size, MerkleHash root, ReadOnlySpan<MerkleHash> proof)
    {
        if (smaller < 0 || smaller > size) return false;
        if (smaller == size) return proof.IsEmpty && smallerRoot == root;
        if (smaller == 0) return proof.IsEmpty && smallerRoot == MerkleTree.EmptyRoot;
        if (proof.IsEmpty) return false;
        var (at, last) = (smaller - 1, size - 1);
        while ((at & 1) == 1) (at, last) = (at >> 1, last >> 1);
        var begin = smallerRoot;
        // A smaller tree that is complete is a node of the larger one: its root is where both begin.
        if (!long.IsPow2(smaller))
        {
            begin = proof[0];
            proof = proof[1..];
        }

        var (before, after) = (begin, begin);
        foreach (var hash in proof)
        {
            if (last == 0) return false;
            if ((at & 1) == 1 || at == last)
            {
                before = MerkleTree.Node(hash, before);
                after = MerkleTree.Node(hash, after);
                while ((at & 1) == 0 && at != 0) (at, last) = (at >> 1, last >> 1);
            }
            else
            {
                after = MerkleTree.Node(after, hash);
            }

            (at, last) = (at >> 1, last >> 1);
        }

        return last == 0 && before == smallerRoot && after == root;
    }

    private static void Path(SubtreeHash hashes, List<MerkleHash> proof, long index, long from, long until)
    {
        if (until - from == 1) return;
        var middle = from + MerkleTree.Split(until - from);
        if (index < middle)
        {
            Path(hashes, proof, index, from, middle);
            proof.Add(RangeHash(hashes, middle, until));
        }
        else
        {
            Path(hashes, proof, index, middle, until);
            proof.Add(RangeHash(hashes, from, middle));
        }
    }

    // What the two trees have in common needs no hash of its own as long as it is all of the smaller one.
    private static void Difference(SubtreeHash hashes, List<MerkleHash> proof, long smaller, long from, long until, bool isWhole)
    {
        if (smaller == until)
        {
            if (!isWhole) proof.Add(RangeHash(hashes, from, until));
            return;
        }

        var middle = from + MerkleTree.Split(until - from);
        if (smaller <= middle)
        {
            Difference(hashes, proof, smaller, from, middle, isWhole);
            proof.Add(RangeHash(hashes, middle, until));
        }
        else
        {
            Difference(hashes, proof, smaller, middle, until, isWhole: false);
            proof.Add(RangeHash(hashes, from, middle));
        }
    }

    // The ranges asked for begin where a subtree of their size could: the left part of each is one.
    private static MerkleHash RangeHash(SubtreeHash hashes, long from, long until)
    {
        var size = until - from;
        if (long.IsPow2(size))
        {
            var level = BitOperations.TrailingZeroCount(size);
            return hashes(level, from >> level);
        }

        var middle = from + MerkleTree.Split(size);
        return MerkleTree.Node(RangeHash(hashes, from, middle), RangeHash(hashes, middle, until));
    }
}
