namespace Stoa.Ledger.Checkpoints;

/// <summary>Signatures with Ed25519: what logs and witnesses of C2SP sign with.</summary>
/// <remarks>RFC 8032, 5.1. Verification is that of OpenSSL: without cofactor, and refusing an S that is not below the order of the group.</remarks>
public static class Ed25519
{
    /// <summary>Length of a public key and of a seed, in bytes.</summary>
    public const int KeyLength = 32;

    /// <summary>Length of a signature, in bytes.</summary>
    public const int SignatureLength = 64;

    /// <summary>Whether this machine can sign and verify: OpenSSL 3 is installed.</summary>
    public static bool IsSupported => LibCrypto.IsThere;

    /// <summary>The public key of a seed.</summary>
    public static byte[] PublicKeyOf(ReadOnlySpan<byte> seed)
    {
        using var key = PrivateKey(seed);
        var target = new byte[KeyLength];
        nuint length = KeyLength;
        Check(LibCrypto.EVP_PKEY_get_raw_public_key(key, target, ref length) == 1 && length == KeyLength);
        return target;
    }

    /// <summary>Signs a text. Cost: some 60 µs.</summary>
    public static byte[] Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> text)
    {
        using var key = PrivateKey(seed);
        using var context = LibCrypto.EVP_MD_CTX_new();
        Check(!context.IsInvalid && LibCrypto.EVP_DigestSignInit(context, 0, 0, 0, key) == 1);
        var signature = new byte[SignatureLength];
        nuint length = SignatureLength;
        Check(LibCrypto.EVP_DigestSign(context, signature, ref length, text, (nuint)text.Length) == 1 && length == SignatureLength);
        return signature;
    }

    /// <summary>Whether a signature of a text is that of a public key. Cost: some 140 µs.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != KeyLength || signature.Length != SignatureLength) return false;
        using var key = LibCrypto.EVP_PKEY_new_raw_public_key(LibCrypto.Ed25519, 0, publicKey, KeyLength);
        using var context = LibCrypto.EVP_MD_CTX_new();
        Check(!key.IsInvalid && !context.IsInvalid && LibCrypto.EVP_DigestVerifyInit(context, 0, 0, 0, key) == 1);
        return LibCrypto.EVP_DigestVerify(context, signature, (nuint)signature.Length, text, (nuint)text.Length) == 1;
    }

    private static LibCrypto.KeyHandle PrivateKey(ReadOnlySpan<byte> seed)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(seed.Length, KeyLength);
        var key = LibCrypto.EVP_PKEY_new_raw_private_key(LibCrypto.Ed25519, 0, seed, KeyLength);
        Check(!key.IsInvalid);
        return key;
    }

    private static void Check(bool isDone)
    {
        if (!isDone) throw new InvalidOperationException("OpenSSL refused an Ed25519 operation that cannot fail.");
    }
}
