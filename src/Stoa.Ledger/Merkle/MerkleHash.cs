using System.Runtime.Intrinsics;

namespace Stoa.Ledger.Merkle;

/// <summary>The hash of a leaf or of a node: SHA-256, 32 bytes.</summary>
/// <remarks>RFC 6962, 2.1.</remarks>
public readonly record struct MerkleHash
{
    /// <summary>Its length, in bytes.</summary>
    public const int Length = 32;

    // Of 32 bytes, the last of 44 letters is the padding.
    private const int Base64Length = 44;

    private readonly Vector256<byte> _bytes;

    /// <summary>Takes 32 bytes.</summary>
    public MerkleHash(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Length);
        _bytes = Vector256.Create(bytes);
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> target) => _bytes.CopyTo(target);

    /// <summary>The 32 bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Reads base64 with padding; other texts for the same bytes are refused, so that one hash has one text.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MerkleHash hash)
    {
        hash = default;
        Span<byte> bytes = stackalloc byte[Length + 1];
        if (text.Length != Base64Length || !Convert.TryFromBase64Chars(text, bytes, out var count) || count != Length) return false;
        hash = new(bytes[..Length]);
        return text.SequenceEqual(hash.ToString());
    }

    /// <summary>Base64 with padding, as notes and proofs have it (RFC 4648, 4).</summary>
    public override string ToString() => Convert.ToBase64String(ToBytes());
}
