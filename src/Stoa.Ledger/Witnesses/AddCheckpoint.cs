using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;

namespace Stoa.Ledger.Witnesses;

/// <summary>What a log sends to a witness: a checkpoint, and the proof that it goes on where the witness saw it last.</summary>
/// <remarks>C2SP tlog-witness, add-checkpoint.</remarks>
/// <param name="OldSize">Number of entries that the witness saw last; 0 for none.</param>
/// <param name="Proof">From there to the checkpoint.</param>
/// <param name="Note">The checkpoint, signed by the log.</param>
/// <param name="Checkpoint">What the note says.</param>
internal sealed record AddCheckpoint(long OldSize, MerkleHash[] Proof, SignedNote Note, Checkpoint Checkpoint)
{
    private const string Old = "old ";

    /// <summary>Reads a body; false when it is none. Says nothing of signatures, sizes and roots.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out AddCheckpoint? asked)
    {
        asked = null;
        if (body.Length > WitnessLimits.BodyBytesMax) return false;
        var parting = body.IndexOf("\n\n"u8);
        if (parting < 0 || !Ascii.IsValid(body[..parting])) return false;
        var lines = Encoding.ASCII.GetString(body[..parting]).Split('\n');
        if (!lines[0].StartsWith(Old, StringComparison.Ordinal) || !Checkpoint.TryParseSize(lines[0].AsSpan(Old.Length), out var size)) return false;
        if (lines.Length - 1 > WitnessLimits.ProofLengthMax) return false;
        var proof = new MerkleHash[lines.Length - 1];
        for (var i = 0; i < proof.Length; i++)
            if (!MerkleHash.TryParse(lines[i + 1], out proof[i])) return false;
        if (!SignedNote.TryParse(body[(parting + 2)..], out var note)) return false;
        if (!Checkpoint.TryRead(note!.Text, out var checkpoint)) return false; // Read on the line above.
        asked = new(size, proof, note, checkpoint!); // Read on the line above.
        return true;
    }

    /// <summary>The body.</summary>
    public byte[] ToBytes()
    {
        var text = new StringBuilder(Old).Append(OldSize).Append('\n');
        foreach (var hash in Proof) text.Append(hash.ToString()).Append('\n');
        return Encoding.UTF8.GetBytes(text.Append('\n').Append(Note.ToString()).ToString());
    }
}
