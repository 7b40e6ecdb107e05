using System.Globalization;
using System.Security.Cryptography;

namespace Stoa.Ledger.Checkpoints;

/// <summary>A secret key that notes are signed with. Never logged, never sent.</summary>
/// <remarks>The text is that of Go's sumdb/note: <c>PRIVATE+KEY+name+id+base64(type, seed)</c>.</remarks>
public sealed class SignerKey
{
    private const string Prefix = "PRIVATE+KEY+";

    private readonly byte[] _seed;

    private SignerKey(string name, SignatureType type, ReadOnlySpan<byte> seed)
    {
        _seed = seed.ToArray();
        Verifier = new(name, type, Ed25519.PublicKeyOf(seed));
    }

    /// <summary>The public key.</summary>
    public VerifierKey Verifier { get; }

    /// <summary>A new one, by chance.</summary>
    public static SignerKey Generate(string name, SignatureType type) => new(name, type, RandomNumberGenerator.GetBytes(Ed25519.KeyLength));

    /// <summary>Reads the text of a secret key; an id that does not fit is refused.</summary>
    public static bool TryParse(string text, out SignerKey? key)
    {
        key = null;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text[Prefix.Length..].Split('+', 3) is not [var name, var id, var encoded] ||
            !VerifierKey.IsName(name)) return false;
        Span<byte> bytes = stackalloc byte[1 + Ed25519.KeyLength];
        if (encoded.Length != 44 || !Convert.TryFromBase64String(encoded, bytes, out var count) || count != bytes.Length) return false;
        if ((SignatureType)bytes[0] is not (SignatureType.Ed25519 or SignatureType.CosignatureV1)) return false;
        var read = new SignerKey(name, (SignatureType)bytes[0], bytes[1..]);
        if (id != read.Verifier.Id.ToString("x8", CultureInfo.InvariantCulture)) return false;
        key = read;
        return true;
    }

    /// <summary>The text to be kept in a file that nobody else reads.</summary>
    public string ToSecret() => string.Create(CultureInfo.InvariantCulture,
        $"{Prefix}{Verifier.Name}+{Verifier.Id:x8}+{Convert.ToBase64String([(byte)Verifier.Type, .. _seed])}");

    /// <summary>Signs the text of a note.</summary>
    /// <param name="text">It ends in a newline.</param>
    /// <param name="now">What a cosignature names as its time; of others it is not used.</param>
    public NoteSignature Sign(string text, DateTimeOffset now)
    {
        if (Verifier.Type == SignatureType.Ed25519)
            return new(Verifier.Name, Verifier.Id, Ed25519.Sign(_seed, System.Text.Encoding.UTF8.GetBytes(text)));
        var time = now.ToUnixTimeSeconds();
        return new(Verifier.Name, Verifier.Id, Cosignature.Write(time, Ed25519.Sign(_seed, Cosignature.Message(time, text))));
    }

    /// <summary>Says whose it is, and nothing secret.</summary>
    public override string ToString() => Verifier.ToString();
}
