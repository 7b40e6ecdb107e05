using System.Buffers.Binary;
using Stoa.Ledger.Merkle;

namespace Stoa.Sensing.Sealing;

/// <summary>What is kept of the tree of a sealed block: of 32 leaves whose they are, and the hash over them.</summary>
/// <remarks>Some four bytes an observation. A proof then reads the observations of one group and the hashes of the others.</remarks>
internal static class SealedGroup
{
    /// <summary>Leaves of a group that is full: a complete subtree.</summary>
    public const int Size = 1 << Level;

    /// <summary>The level of its subtree.</summary>
    public const int Level = 5;

    /// <summary>The group at the beginning of some leaves.</summary>
    public static (byte[] Ids, byte[] Hash) Of(ReadOnlySpan<(long Id, MerkleHash Hash)> leaves, long first)
    {
        var count = Math.Min(leaves.Length, Size);
        var ids = new byte[count * sizeof(ushort)];
        var hashes = new MerkleHash[count];
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(ids.AsSpan(i * sizeof(ushort)), checked((ushort)(leaves[i].Id - first)));
            hashes[i] = leaves[i].Hash;
        }

        return (ids, count == Size ? MerkleTree.Root(hashes).ToBytes() : [.. hashes.SelectMany(hash => hash.ToBytes())]);
    }

    /// <summary>The ids of its leaves.</summary>
    public static long[] Ids(ReadOnlySpan<byte> ids, long first)
    {
        var read = new long[ids.Length / sizeof(ushort)];
        for (var i = 0; i < read.Length; i++) read[i] = first + BinaryPrimitives.ReadUInt16BigEndian(ids[(i * sizeof(ushort))..]);
        return read;
    }
}

/// <summary>The tree of a sealed block, of which the leaves of some groups are known.</summary>
/// <param name="count">Number of leaves.</param>
/// <param name="groups">What is kept of each group: a hash, or those of fewer than 32 leaves.</param>
internal sealed class SealedTree(int count, IReadOnlyList<byte[]> groups)
{
    private readonly Dictionary<int, MerkleHash[]> _leaves = [];
    private readonly Dictionary<(int Level, long Index), MerkleHash> _known = [];

    /// <summary>Takes the leaves of a group; false when they are not those that were sealed.</summary>
    public bool TryTake(int group, MerkleHash[] leaves)
    {
        var kept = groups[group];
        var full = Math.Min(SealedGroup.Size, count - group * SealedGroup.Size);
        if (leaves.Length != full) return false;
        var given = full == SealedGroup.Size ? MerkleTree.Root(leaves).ToBytes() : [.. leaves.SelectMany(hash => hash.ToBytes())];
        if (!given.AsSpan().SequenceEqual(kept)) return false;
        _leaves[group] = leaves;
        return true;
    }

    /// <summary>The proof of a leaf whose group was taken, the sibling first.</summary>
    public MerkleHash[] Inclusion(long index) => Proofs.Inclusion(Hash, index, count);

    private MerkleHash Hash(int level, long index)
    {
        if (_known.TryGetValue((level, index), out var known)) return known;
        MerkleHash hash;
        if (level < SealedGroup.Level)
        {
            var first = index << level;
            var within = (int)(first % SealedGroup.Size);
            hash = MerkleTree.Root(LeavesOf((int)(first / SealedGroup.Size)).AsSpan(within, 1 << level));
        }
        else
        {
            hash = level == SealedGroup.Level
                ? new MerkleHash(groups[(int)index])
                : MerkleTree.Node(Hash(level - 1, 2 * index), Hash(level - 1, 2 * index + 1));
        }

        return _known[(level, index)] = hash;
    }

    private MerkleHash[] LeavesOf(int group)
    {
        if (_leaves.TryGetValue(group, out var leaves)) return leaves;
        // The last one, which is not full, keeps them.
        var kept = groups[group];
        leaves = new MerkleHash[kept.Length / MerkleHash.Length];
        for (var i = 0; i < leaves.Length; i++) leaves[i] = new(kept.AsSpan(i * MerkleHash.Length, MerkleHash.Length));
        return _leaves[group] = leaves;
    }
}
