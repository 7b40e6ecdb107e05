using System.Globalization;
using System.Text;
using Stoa.Ledger.Merkle;

namespace Stoa.Ledger.Checkpoints;

/// <summary>A file that proves by itself that an entry is in a log, and who saw the log so.</summary>
/// <remarks>C2SP tlog-proof.</remarks>
/// <param name="Index">Where the entry is in the log.</param>
/// <param name="Hashes">The inclusion proof, the sibling of the leaf first.</param>
/// <param name="Note">The checkpoint with its signatures.</param>
public sealed record LogProof(long Index, IReadOnlyList<MerkleHash> Hashes, SignedNote Note)
{
    /// <summary>Longest file, in bytes.</summary>
    public const int BytesMax = SignedNote.BytesMax;

    private const string Header = "c2sp.org/tlog-proof@v1";

    /// <summary>What goes with it and is not proven; here the entry itself, so that the file needs nothing else. Null for none.</summary>
    public byte[]? Extra { get; init; }

    /// <summary>Reads a file.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out LogProof? proof)
    {
        proof = null;
        if (bytes.Length > BytesMax) return false;
        var parting = bytes.IndexOf("\n\n"u8);
        if (parting < 0 || !SignedNote.TryParse(bytes[(parting + 2)..], out var note)) return false;
        var lines = Encoding.UTF8.GetString(bytes[..parting]).Split('\n');
        if (lines is not [Header, .. var rest]) return false;
        byte[]? extra = null;
        if (rest is [['e', 'x', 't', 'r', 'a', ' ', .. var encoded], .. var after])
        {
            extra = new byte[encoded.Length / 4 * 3 + 3];
            if (!Convert.TryFromBase64String(encoded, extra, out var count) || Convert.ToBase64String(extra, 0, count) != encoded) return false;
            (extra, rest) = (extra[..count], after);
        }

        if (rest is not [['i', 'n', 'd', 'e', 'x', ' ', .. var number], .. var encodedHashes] ||
            !Checkpoint.TryParseSize(number, out var index) || encodedHashes.Length > Proofs.LengthMax) return false;
        var hashes = new MerkleHash[encodedHashes.Length];
        for (var i = 0; i < hashes.Length; i++)
            if (!MerkleHash.TryParse(encodedHashes[i], out hashes[i])) return false;
        proof = new(index, hashes, note!) { Extra = extra }; // Read on a line above.
        return true;
    }

    /// <summary>Whether the hash of an entry is where the proof says, in the tree of its checkpoint. Says nothing of signatures.</summary>
    public bool Includes(MerkleHash leaf) => Checkpoint.TryParse(Note.Text, out var checkpoint) &&
        Proofs.IsIncluded(leaf, Index, checkpoint!.Size, [.. Hashes], checkpoint.Root); // Read on this line.

    /// <summary>The bytes of the file.</summary>
    public byte[] ToBytes()
    {
        var text = new StringBuilder(Header).Append('\n');
        if (Extra is not null) text.Append("extra ").Append(Convert.ToBase64String(Extra)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"index {Index}\n");
        foreach (var hash in Hashes) text.Append(hash.ToString()).Append('\n');
        return Encoding.UTF8.GetBytes(text.Append('\n').Append(Note.ToString()).ToString());
    }
}
