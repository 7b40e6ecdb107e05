using System.Globalization;
using Stoa.Ledger.Merkle;

namespace Stoa.Ledger.Checkpoints;

/// <summary>What a log says of itself: how many entries it holds, and the root over them.</summary>
/// <remarks>C2SP tlog-checkpoint.</remarks>
/// <param name="Origin">Which log.</param>
/// <param name="Size">Number of entries.</param>
/// <param name="Root">The root of the tree over them.</param>
public sealed record Checkpoint(string Origin, long Size, MerkleHash Root)
{
    /// <summary>Lines after the third, with their newlines. This program writes none; it reads those of others.</summary>
    public string Extensions { get; init; } = "";

    /// <summary>Reads the text of a note.</summary>
    public static bool TryParse(string text, out Checkpoint? checkpoint)
    {
        if (!TryRead(text, out checkpoint) || checkpoint!.HasRootOfItsSize) return checkpoint is not null; // Read before it is asked.
        checkpoint = null;
        return false;
    }

    /// <summary>Whether the root can be that of its size: without entries there is only one.</summary>
    internal bool HasRootOfItsSize => Size > 0 || Root == MerkleTree.EmptyRoot;

    /// <summary>Reads the text of a note, whatever root it says.</summary>
    internal static bool TryRead(string text, out Checkpoint? checkpoint)
    {
        checkpoint = null;
        if (text.Split('\n', 4) is not [{ Length: > 0 } origin, var count, var hash, var rest]) return false;
        if (!TryParseSize(count, out var size) || !MerkleHash.TryParse(hash, out var root)) return false;
        if (rest.Length > 0 && (rest[^1] != '\n' || rest[0] == '\n' || rest.Contains("\n\n", StringComparison.Ordinal))) return false;
        checkpoint = new(origin, size, root) { Extensions = rest };
        return true;
    }

    /// <summary>Reads a size: decimal, without leading zeroes.</summary>
    public static bool TryParseSize(ReadOnlySpan<char> text, out long size) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size) && (text[0] != '0' || text.Length == 1);

    /// <summary>The text of the note, with the last newline.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Root}\n{Extensions}");
}
