using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Stoa.Identity.SignIn;

/// <summary>A passkey as its authenticator made it.</summary>
/// <param name="CredentialId">By which it is found.</param>
/// <param name="PublicKey">As SubjectPublicKeyInfo.</param>
/// <param name="SignCount">How often it signed, where the authenticator counts.</param>
internal sealed record NewPasskey(byte[] CredentialId, byte[] PublicKey, uint SignCount);

/// <summary>Checks what authenticators say (W3C Web Authentication, level 2, sections 7.1 and 7.2): ES256 without attestation.</summary>
/// <remarks>
/// Pure. Everything is refused that is not understood. Who makes an authenticator is not asked: attestation would tell it, and keep
/// people from using the one they have.
/// </remarks>
internal static class WebAuthn
{
    /// <summary>Longest id of a credential (level 2, 5.8.3).</summary>
    internal const int CredentialIdBytesMax = 1023;

    private const int FlagsAt = 32;
    private const int UserPresent = 0x01;
    private const int UserVerified = 0x04;
    private const int HasCredential = 0x40;
    private const int CredentialAt = 37;
    private const int AaguidBytes = 16;

    /// <summary>The passkey that was made; null when anything about it is wrong.</summary>
    /// <param name="clientData">The browser's clientDataJSON.</param>
    /// <param name="attestation">The authenticator's attestationObject.</param>
    /// <param name="challenge">That was given to the browser, as text in base64url.</param>
    /// <param name="site">Where people reach the server.</param>
    /// <param name="mustBeVerified">Whether the authenticator must have recognised its person; only a test says no.</param>
    internal static NewPasskey? Register(byte[] clientData, byte[] attestation, string challenge, Uri site, bool mustBeVerified = true)
    {
        try
        {
            return IsFrom(clientData, "webauthn.create", challenge, site) && AuthenticatorData(attestation) is { } data &&
                IsOf(data, site, mustBeVerified) && (data[FlagsAt] & HasCredential) != 0
                ? Credential(data)
                : null;
        }
        catch (Exception error) when (error is CborContentException or InvalidOperationException or ArgumentException or CryptographicException)
        {
            // Bytes of a stranger that are not what they should be.
            return null;
        }
    }

    /// <summary>How often the passkey has signed; null when the assertion is not its.</summary>
    internal static uint? Verify(
        ReadOnlySpan<byte> publicKey, byte[] clientData, byte[] data, byte[] signature, string challenge, Uri site,
        bool mustBeVerified = true)
    {
        if (!IsFrom(clientData, "webauthn.get", challenge, site) || !IsOf(data, site, mustBeVerified)) return null;
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(publicKey, out _);
            byte[] signed = [.. data, .. SHA256.HashData(clientData)];
            return key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)
                ? BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(33, 4))
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static bool IsFrom(byte[] clientData, string type, string challenge, Uri site)
    {
        try
        {
            using var json = JsonDocument.Parse(clientData);
            var root = json.RootElement;
            return root.ValueKind == JsonValueKind.Object && Text(root, "type") == type &&
                Text(root, "origin") == site.GetLeftPart(UriPartial.Authority) &&
                !(root.TryGetProperty("crossOrigin", out var cross) && cross.ValueKind == JsonValueKind.True) &&
                CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Text(root, "challenge")), Encoding.UTF8.GetBytes(challenge));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The second: a text that is not UTF-8.
            return false;
        }
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary>That the data speaks of this site, and that a person was there and was recognised.</summary>
    private static bool IsOf(byte[] data, Uri site, bool mustBeVerified) =>
        data.Length >= CredentialAt &&
        CryptographicOperations.FixedTimeEquals(data.AsSpan(0, 32), SHA256.HashData(Encoding.UTF8.GetBytes(site.Host))) &&
        (data[FlagsAt] & UserPresent) != 0 && (!mustBeVerified || (data[FlagsAt] & UserVerified) != 0);

    private static byte[]? AuthenticatorData(byte[] attestation)
    {
        var reader = new CborReader(attestation, CborConformanceMode.Ctap2Canonical);
        byte[]? data = null;
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            if (reader.ReadTextString() == "authData") data = reader.ReadByteString();
            else reader.SkipValue();
        }

        return data;
    }

    private static NewPasskey? Credential(byte[] data)
    {
        var at = CredentialAt + AaguidBytes;
        if (data.Length < at + 2) return null;
        var length = BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(at));
        if (length is 0 or > CredentialIdBytesMax || data.Length < at + 2 + length) return null;
        var id = data.AsSpan(at + 2, length).ToArray();
        return PublicKey(data.AsMemory(at + 2 + length)) is { } key
            ? new(id, key, BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(33, 4)))
            : null;
    }

    /// <summary>A COSE key (RFC 9053, 2.1 and 7.1): kty 2 is EC2, alg -7 is ES256, crv 1 is P-256.</summary>
    private static byte[]? PublicKey(ReadOnlyMemory<byte> cose)
    {
        var reader = new CborReader(cose, CborConformanceMode.Ctap2Canonical, allowMultipleRootLevelValues: true);
        long kty = 0, alg = 0, crv = 0;
        byte[]? x = null, y = null;
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            switch (reader.ReadInt64())
            {
                case 1: kty = reader.ReadInt64(); break;
                case 3: alg = reader.ReadInt64(); break;
                case -1: crv = reader.ReadInt64(); break;
                case -2: x = reader.ReadByteString(); break;
                case -3: y = reader.ReadByteString(); break;
                default: reader.SkipValue(); break;
            }
        }

        if ((kty, alg, crv) != (2, -7, 1) || x is not { Length: 32 } || y is not { Length: 32 }) return null;
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = x, Y = y } });
        return key.ExportSubjectPublicKeyInfo();
    }
}
