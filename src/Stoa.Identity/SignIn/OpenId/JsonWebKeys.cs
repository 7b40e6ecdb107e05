using System.Security.Cryptography;
using System.Text.Json;

namespace Stoa.Identity.SignIn.OpenId;

/// <summary>Whether a signature was made by a key of a set.</summary>
internal enum SignatureVerdict
{
    /// <summary>By none, or it is broken.</summary>
    Wrong,

    /// <summary>The set has no such key: it may be older than the token.</summary>
    NoKey,

    /// <summary>It was.</summary>
    Right,
}

/// <summary>The public keys of a provider (RFC 7517): RSA for RS256, P-256 for ES256. All others are left out.</summary>
/// <remarks>A key verifies by its own algorithm alone, whatever a token says: a public key is never taken for a secret (RFC 8725, 3.1).</remarks>
internal sealed class JsonWebKeys
{
    private const int ModulusBytesMin = 256;
    private const int ModulusBytesMax = 1024; // beyond it, verifying costs more than a sign-in should
    private const int CoordinateBytes = 32;
    private readonly List<Key> _keys = [];

    private JsonWebKeys()
    {
    }

    /// <summary>Number of keys that can be used.</summary>
    internal int Count => _keys.Count;

    /// <summary>The usable keys of a set; null when it is none.</summary>
    internal static JsonWebKeys? Parse(ReadOnlyMemory<byte> json)
    {
        if (OpenIdJson.Parse(json) is not { } root || !root.TryGetProperty("keys", out var list) || list.ValueKind != JsonValueKind.Array)
            return null;
        var keys = new JsonWebKeys();
        foreach (var element in list.EnumerateArray().Take(OpenIdLimits.KeysMax))
            if (element.ValueKind == JsonValueKind.Object && KeyOf(element) is { } key) keys._keys.Add(key);
        return keys;
    }

    /// <summary>Whether the signature is that of a key of this set for this algorithm.</summary>
    /// <param name="algorithm">RS256 or ES256; there is no key for any other.</param>
    /// <param name="keyId">The key that the token names; without it there must be one candidate alone.</param>
    /// <param name="signed">What was signed.</param>
    /// <param name="signature">Of RS256 as RFC 7518, 3.3 has it, of ES256 R and S side by side (3.4).</param>
    internal SignatureVerdict Verify(string algorithm, string? keyId, byte[] signed, byte[] signature)
    {
        var candidates = _keys.Where(key => key.Algorithm == algorithm && (keyId is null || key.Id == keyId)).ToArray();
        if (candidates.Length == 0) return SignatureVerdict.NoKey;
        if (candidates.Length > 1) return SignatureVerdict.Wrong;
        try
        {
            return candidates[0].Verify(signed, signature) ? SignatureVerdict.Right : SignatureVerdict.Wrong;
        }
        catch (CryptographicException)
        {
            // A point that is not on the curve, a modulus that is none.
            return SignatureVerdict.Wrong;
        }
    }

    private static Key? KeyOf(JsonElement element)
    {
        if (OpenIdJson.Text(element, "use") is not (null or "sig")) return null;
        if (element.TryGetProperty("key_ops", out var operations) &&
            !(operations.ValueKind == JsonValueKind.Array && operations.EnumerateArray().Any(OpenIdJson.Is("verify")))) return null;
        var (id, algorithm) = (OpenIdJson.Text(element, "kid"), OpenIdJson.Text(element, "alg"));
        return OpenIdJson.Text(element, "kty") switch
        {
            "RSA" when algorithm is null or "RS256" => Rsa(element, id),
            "EC" when algorithm is null or "ES256" => Elliptic(element, id),
            _ => null,
        };
    }

    private static Key? Rsa(JsonElement element, string? id)
    {
        var (n, e) = (Number(element, "n"), Number(element, "e"));
        if (n is not { Length: >= ModulusBytesMin and <= ModulusBytesMax } || e is not { Length: >= 1 and <= 8 } || (e[^1] & 1) == 0 ||
            e is [1]) return null;
        var parameters = new RSAParameters { Modulus = n, Exponent = e };
        return new(id, "RS256", (signed, signature) =>
        {
            using var key = RSA.Create(parameters);
            return key.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        });
    }

    private static Key? Elliptic(JsonElement element, string? id)
    {
        if (OpenIdJson.Text(element, "crv") != "P-256" || OpenIdJson.Bytes(OpenIdJson.Text(element, "x")) is not { Length: CoordinateBytes } x ||
            OpenIdJson.Bytes(OpenIdJson.Text(element, "y")) is not { Length: CoordinateBytes } y) return null;
        var parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = x, Y = y } };
        return new(id, "ES256", (signed, signature) =>
        {
            if (signature.Length != 2 * CoordinateBytes) return false;
            using var key = ECDsa.Create(parameters);
            return key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        });
    }

    // A number without the zeros that some providers put in front.
    private static byte[]? Number(JsonElement element, string name) =>
        OpenIdJson.Bytes(OpenIdJson.Text(element, name)) is { } bytes ? [.. bytes.SkipWhile(value => value == 0)] : null;

    private sealed record Key(string? Id, string Algorithm, Func<byte[], byte[], bool> Verify);
}
