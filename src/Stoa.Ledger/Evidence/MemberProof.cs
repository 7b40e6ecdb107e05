using System.Globalization;
using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;

namespace Stoa.Ledger.Evidence;

/// <summary>The proof that one line is a leaf of a tree whose root an entry names: a line of text of its own.</summary>
/// <param name="Proof">Name of the entry's proof in the pack.</param>
/// <param name="Index">Where the leaf is in the tree, from 0.</param>
/// <param name="Hashes">The inclusion proof (RFC 6962, 2.1.1), the sibling of the leaf first.</param>
internal sealed record MemberProof(string Proof, long Index, MerkleHash[] Hashes)
{
    /// <summary>Longest line, in bytes.</summary>
    public const int LengthMax = EvidencePack.NameLengthMax + 20 + Proofs.LengthMax * 45;

    /// <summary>Reads a line without its newline.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out MemberProof? proof)
    {
        proof = null;
        if (line.Length > LengthMax || Encoding.ASCII.GetString(line).Split(' ') is not [var name, var number, .. var encoded]) return false;
        if (!EvidencePack.IsName(name) || number.Length == 0 || !Checkpoint.TryParseSize(number, out var index) || encoded.Length > Proofs.LengthMax) return false;
        var hashes = new MerkleHash[encoded.Length];
        for (var i = 0; i < hashes.Length; i++)
            if (!MerkleHash.TryParse(encoded[i], out hashes[i])) return false;
        proof = new(name, index, hashes);
        return true;
    }

    /// <summary>Its line, with the newline.</summary>
    public string ToLine() => string.Create(CultureInfo.InvariantCulture, $"{Proof} {Index}{string.Concat(Hashes.Select(hash => " " + hash))}\n");
}
