using System.Globalization;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;

namespace Stoa.Ledger.Anchoring;

/// <summary>How the contract is called: four words, fixed, so that no library for chains is needed.</summary>
/// <remarks>
/// Its source and how it was compiled: <c>tests/clients/anchor</c>. A call is the selector of the function, the first four bytes of Keccak-256 over its
/// signature, and its parameters in words of 32 bytes (Solidity ABI specification, "Function Selector", "Formal Specification of the Encoding").
/// </remarks>
internal static class AnchorContract
{
    /// <summary>anchor(bytes32 logId, uint64 size, bytes32 root, bytes32 checkpointHash)</summary>
    private const string AnchorSelector = "7f00e393";

    /// <summary>head(address by, bytes32 logId) returns (uint64 size, uint64 time, bytes32 root)</summary>
    private const string HeadSelector = "24e8393d";

    private const int WordLength = 64;

    /// <summary>The errors by which it refuses, as they stand at the beginning of what a reverted call returns.</summary>
    public static IReadOnlyDictionary<string, string> Refusals { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["374e6ee2"] = "the contract holds a larger tree of this log (Shrinks)",
        ["1b4509c1"] = "the contract holds another root of this size (SplitView)",
    };

    /// <summary>The call that anchors a checkpoint.</summary>
    /// <param name="checkpoint">What it says.</param>
    /// <param name="noteHash">SHA-256 over the signed checkpoint.</param>
    public static string Anchor(Checkpoint checkpoint, ReadOnlySpan<byte> noteHash) =>
        string.Create(CultureInfo.InvariantCulture,
            $"0x{AnchorSelector}{LogId(checkpoint.Origin)}{checkpoint.Size:x64}{Convert.ToHexStringLower(checkpoint.Root.ToBytes())}{Convert.ToHexStringLower(noteHash)}");

    /// <summary>The call that asks what an account anchored of a log last.</summary>
    public static string Head(string account, string origin) => $"0x{HeadSelector}{account[2..].ToLowerInvariant().PadLeft(WordLength, '0')}{LogId(origin)}";

    /// <summary>Reads the answer to <see cref="Head"/>.</summary>
    public static bool TryReadHead(string text, out long size, out MerkleHash root)
    {
        (size, root) = (0, default);
        if (text.Length != 2 + 3 * WordLength || !text.StartsWith("0x", StringComparison.Ordinal)) return false;
        if (!ulong.TryParse(text.AsSpan(2 + WordLength - 16, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ||
            number > long.MaxValue || text.AsSpan(2, WordLength - 16).ContainsAnyExcept('0')) return false;
        Span<byte> bytes = stackalloc byte[MerkleHash.Length];
        if (Convert.FromHexString(text.AsSpan(2 + 2 * WordLength), bytes, out _, out _) != System.Buffers.OperationStatus.Done) return false;
        (size, root) = ((long)number, new(bytes));
        return true;
    }

    // logId is SHA-256 of the origin, as in the addresses of a witness.
    private static string LogId(string origin) => Witnesses.Witness.PathOf(origin);
}
