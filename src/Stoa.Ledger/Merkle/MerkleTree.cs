using System.Buffers;
using System.Numerics;
using System.Security.Cryptography;

namespace Stoa.Ledger.Merkle;

/// <summary>The hashes of a Merkle tree over entries in their order.</summary>
/// <remarks>RFC 6962, 2.1. A leaf begins with 00 and a node with 01, so that neither can be taken for the other.</remarks>
public static class MerkleTree
{
    /// <summary>The root of a tree without entries: the hash of nothing.</summary>
    public static MerkleHash EmptyRoot { get; } = new(SHA256.HashData([]));

    /// <summary>The hash of an entry. Cost: one SHA-256 over it.</summary>
    public static MerkleHash Leaf(ReadOnlySpan<byte> entry)
    {
        const int small = 1024;
        var rented = entry.Length < small ? null : ArrayPool<byte>.Shared.Rent(entry.Length + 1);
        var text = rented is null ? stackalloc byte[small] : rented.AsSpan();
        try
        {
            text[0] = 0;
            entry.CopyTo(text[1..]);
            return HashOf(text[..(entry.Length + 1)]);
        }
        finally
        {
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The hash of a node over its two children.</summary>
    public static MerkleHash Node(MerkleHash left, MerkleHash right)
    {
        Span<byte> text = stackalloc byte[1 + 2 * MerkleHash.Length];
        text[0] = 1;
        left.CopyTo(text[1..]);
        right.CopyTo(text[(1 + MerkleHash.Length)..]);
        return HashOf(text);
    }

    /// <summary>The root over leaves, computed from all of them.</summary>
    public static MerkleHash Root(ReadOnlySpan<MerkleHash> leaves)
    {
        if (leaves.IsEmpty) return EmptyRoot;
        if (leaves.Length == 1) return leaves[0];
        var left = (int)Split(leaves.Length);
        return Node(Root(leaves[..left]), Root(leaves[left..]));
    }

    /// <summary>How many of that many leaves lie left of the topmost node: the greatest power of two below.</summary>
    internal static long Split(long size) => (long)BitOperations.RoundUpToPowerOf2((ulong)size) >> 1;

    // Kept by each thread: making one costs as much as hashing a node does.
    [ThreadStatic]
    private static IncrementalHash? _hashing;

    private static MerkleHash HashOf(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[MerkleHash.Length];
        var hashing = _hashing ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hashing.AppendData(text);
        hashing.GetHashAndReset(hash);
        return new(hash);
    }
}
