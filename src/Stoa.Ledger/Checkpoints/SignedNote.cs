using System.Buffers.Binary;
using System.Text;

namespace Stoa.Ledger.Checkpoints;

/// <summary>A signature below a note.</summary>
/// <param name="Name">Name of the key.</param>
/// <param name="Id">Id of the key.</param>
/// <param name="Bytes">What the key made; with the time before it, of a cosignature.</param>
public sealed record NoteSignature(string Name, uint Id, byte[] Bytes)
{
    private const string Dash = "— ";

    /// <summary>Its line, with the newline.</summary>
    public string ToLine()
    {
        var bytes = new byte[sizeof(uint) + Bytes.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Id);
        Bytes.CopyTo(bytes, sizeof(uint));
        return $"{Dash}{Name} {Convert.ToBase64String(bytes)}\n";
    }

    /// <summary>Reads a line without its newline.</summary>
    public static bool TryParse(ReadOnlySpan<char> line, out NoteSignature? signature)
    {
        signature = null;
        if (!line.StartsWith(Dash)) return false;
        var rest = line[Dash.Length..];
        var blank = rest.IndexOf(' ');
        if (blank < 1) return false;
        var name = rest[..blank].ToString();
        if (!VerifierKey.IsName(name)) return false;
        var encoded = rest[(blank + 1)..].ToString();
        var bytes = new byte[encoded.Length / 4 * 3 + 3];
        if (!Convert.TryFromBase64String(encoded, bytes, out var count) || count <= sizeof(uint) ||
            Convert.ToBase64String(bytes, 0, count) != encoded) return false;
        signature = new(name, BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes[sizeof(uint)..count]);
        return true;
    }
}

/// <summary>A text and who signed it.</summary>
/// <remarks>C2SP signed-note. Nothing of the text may be believed before a known key's signature was verified.</remarks>
/// <param name="Text">It ends in a newline.</param>
/// <param name="Signatures">In their order; those of unknown keys among them.</param>
public sealed record SignedNote(string Text, IReadOnlyList<NoteSignature> Signatures)
{
    /// <summary>Longest note, in bytes.</summary>
    public const int BytesMax = 1_000_000;

    /// <summary>Most signatures.</summary>
    public const int SignaturesMax = 100;

    private static readonly UTF8Encoding Strict = new(false, true);

    private static readonly long MaxSeconds = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>Reads a note; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out SignedNote? note)
    {
        note = null;
        if (bytes.Length > BytesMax) return false;
        string whole;
        try
        {
            whole = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        if (whole.Any(letter => letter is < ' ' and not '\n')) return false;
        // The last empty line parts the text from the signatures.
        var end = whole.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || whole[^1] != '\n' || end + 2 >= whole.Length) return false;
        var lines = whole[(end + 2)..^1].Split('\n');
        if (lines.Length > SignaturesMax) return false;
        var signatures = new List<NoteSignature>(lines.Length);
        foreach (var line in lines)
        {
            if (!NoteSignature.TryParse(line, out var signature)) return false;
            signatures.Add(signature!); // Read on the line above.
        }

        note = new(whole[..(end + 1)], signatures);
        return true;
    }

    /// <summary>Whether a key signed it: one of its signatures is valid and none of them is wrong.</summary>
    public bool IsSignedBy(VerifierKey key) => TimeOf(key) is not null;

    /// <summary>When a key signed it; the epoch for keys whose signatures say no time, null when it did not sign.</summary>
    /// <remarks>A known key's signature that does not verify makes the whole note one to be refused: the answer is null too.</remarks>
    public DateTimeOffset? TimeOf(VerifierKey key)
    {
        DateTimeOffset? found = null;
        foreach (var signature in Signatures)
        {
            if (signature.Id != key.Id || signature.Name != key.Name) continue;
            if (Verify(key, signature) is not { } time) return null;
            found = time;
        }

        return found;
    }

    /// <summary>The same note with further signatures; those that stand there already are not repeated.</summary>
    public SignedNote With(IEnumerable<NoteSignature> more)
    {
        var all = Signatures.ToList();
        foreach (var signature in more)
            if (!all.Any(one => one.Id == signature.Id && one.Name == signature.Name && one.Bytes.AsSpan().SequenceEqual(signature.Bytes)))
                all.Add(signature);
        return this with { Signatures = all };
    }

    /// <summary>The bytes, UTF-8.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(ToString());

    /// <inheritdoc/>
    public override string ToString() => $"{Text}\n{string.Concat(Signatures.Select(signature => signature.ToLine()))}";

    private DateTimeOffset? Verify(VerifierKey key, NoteSignature signature)
    {
        if (key.Type == SignatureType.Ed25519)
            return Ed25519.Verify(key.PublicKey, Encoding.UTF8.GetBytes(Text), signature.Bytes) ? DateTimeOffset.UnixEpoch : null;
        if (!Cosignature.TryRead(signature.Bytes, out var time, out var bytes) || time > MaxSeconds) return null;
        return Ed25519.Verify(key.PublicKey, Cosignature.Message(time, Text), bytes) ? DateTimeOffset.FromUnixTimeSeconds(time) : null;
    }
}
