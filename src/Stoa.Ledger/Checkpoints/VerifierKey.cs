using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stoa.Ledger.Checkpoints;

/// <summary>What a signature of a note is made with.</summary>
/// <remarks>C2SP signed-note, "Signature types".</remarks>
public enum SignatureType
{
    /// <summary>Ed25519 over the text of the note.</summary>
    Ed25519 = 0x01,

    /// <summary>Ed25519 over the text and a time: a witness's (C2SP tlog-cosignature).</summary>
    CosignatureV1 = 0x04,
}

/// <summary>A public key that notes are verified with, and its name.</summary>
/// <remarks>C2SP signed-note, "Verifier keys".</remarks>
public sealed class VerifierKey : IEquatable<VerifierKey>
{
    /// <summary>Longest name, in characters.</summary>
    public const int NameLengthMax = 255;

    private readonly byte[] _publicKey;

    /// <summary>Makes it of its parts.</summary>
    public VerifierKey(string name, SignatureType type, ReadOnlySpan<byte> publicKey)
    {
        if (!IsName(name)) throw new ArgumentException("That cannot be the name of a key.", nameof(name));
        ArgumentOutOfRangeException.ThrowIfNotEqual(publicKey.Length, Ed25519.KeyLength);
        Name = name;
        Type = type;
        _publicKey = publicKey.ToArray();
        Id = IdOf(name, type, publicKey);
    }

    /// <summary>Its name; usually an address without scheme.</summary>
    public string Name { get; }

    /// <summary>What it signs with.</summary>
    public SignatureType Type { get; }

    /// <summary>With the name it tells keys apart; it proves nothing.</summary>
    public uint Id { get; }

    /// <summary>32 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>Whether a text can name a key: not empty, without blanks and plus.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= NameLengthMax &&
        !text.Any(letter => letter is '+' or < ' ' or '\u007f' || char.IsWhiteSpace(letter));

    /// <summary>Reads <c>name+id+key</c>: an id that does not fit the key is refused.</summary>
    public static bool TryParse(string text, out VerifierKey? key)
    {
        key = null;
        // Base64 has plus too, so that what follows the second one is all of it.
        if (text.Split('+', 3) is not [var name, { Length: 8 } id, var encoded] || !IsName(name)) return false;
        if (!uint.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)) return false;
        Span<byte> bytes = stackalloc byte[1 + Ed25519.KeyLength];
        if (encoded.Length != 44 || !Convert.TryFromBase64String(encoded, bytes, out var count) || count != bytes.Length) return false;
        if ((SignatureType)bytes[0] is not (SignatureType.Ed25519 or SignatureType.CosignatureV1)) return false;
        var read = new VerifierKey(name, (SignatureType)bytes[0], bytes[1..]);
        if (read.Id != number || read.ToString() != text) return false;
        key = read;
        return true;
    }

    /// <summary>Whether a signature below a note says that it is this key's; that proves nothing.</summary>
    public bool Stands(SignedNote note) => note.Signatures.Any(signature => signature.Id == Id && signature.Name == Name);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}+{Id:x8}+{Convert.ToBase64String([(byte)Type, .. _publicKey])}");

    /// <inheritdoc/>
    public bool Equals(VerifierKey? other) =>
        other is not null && Name == other.Name && Type == other.Type && _publicKey.AsSpan().SequenceEqual(other._publicKey);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VerifierKey);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Id);

    private static uint IdOf(string name, SignatureType type, ReadOnlySpan<byte> publicKey)
    {
        byte[] text = [.. Encoding.UTF8.GetBytes(name), (byte)'\n', (byte)type, .. publicKey];
        return BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(text));
    }
}
