using System.Text;
using System.Text.Json;

namespace Stoa.Identity.SignIn.OpenId;

/// <summary>Why an ID token is not accepted; for the log, and for nobody else.</summary>
internal enum IdTokenFault
{
    None,
    Form,
    Algorithm,
    UnknownKey,
    Signature,
    Issuer,
    Audience,
    Expired,
    Time,
    Nonce,
    Subject,
}

/// <summary>What an ID token must say.</summary>
/// <param name="Issuer">Who made it.</param>
/// <param name="ClientId">For whom.</param>
/// <param name="Nonce">In answer to what.</param>
internal sealed record IdTokenExpectation(string Issuer, string ClientId, string Nonce);

/// <summary>A person as the provider knows them.</summary>
/// <param name="Issuer">The provider.</param>
/// <param name="Subject">By which it knows the person: unique there, and never given again. Nothing else identifies anybody.</param>
/// <param name="Name">What it calls them.</param>
/// <param name="Email">An address that it has verified; it identifies nobody.</param>
/// <param name="HasTwoFactors">Whether two factors were shown there, as far as that counts here.</param>
public sealed record ExternalPerson(string Issuer, string Subject, string? Name, string? Email, bool HasTwoFactors)
{
    /// <summary>Everything is left out: it is about a person.</summary>
    public override string ToString() => nameof(ExternalPerson);
}

/// <summary>A token in its three parts (RFC 7515, compact serialization), not verified yet.</summary>
internal sealed record SignedToken(string Algorithm, string? KeyId, byte[] Signed, byte[] Signature, JsonElement Claims)
{
    /// <summary>Takes a token apart; null when it is none, or asks for what is not understood.</summary>
    internal static SignedToken? Parse(string text)
    {
        if (text.Length > OpenIdLimits.TokenLengthMax || text.Split('.') is not [var header, var payload, var mac]) return null;
        if (OpenIdJson.Bytes(header) is not { } headerBytes || OpenIdJson.Bytes(payload) is not { } payloadBytes ||
            OpenIdJson.Bytes(mac) is not { } signature || OpenIdJson.Parse(headerBytes) is not { } head ||
            OpenIdJson.Parse(payloadBytes) is not { } claims || OpenIdJson.Text(head, "alg") is not { } algorithm) return null;
        // "crit" names what must be understood, and nothing of it is here (RFC 7515, 4.1.11). Another type is another kind of token.
        if (head.TryGetProperty("crit", out _) || !(OpenIdJson.Text(head, "typ") ?? "JWT").Equals("JWT", StringComparison.OrdinalIgnoreCase))
            return null;
        return new(algorithm, OpenIdJson.Text(head, "kid"), Encoding.ASCII.GetBytes($"{header}.{payload}"), signature, claims);
    }
}

/// <summary>Checks ID tokens (OpenID Connect Core 1.0, 3.1.3.7; RFC 8725). Pure.</summary>
internal static class IdToken
{
    /// <summary>What is wrong with a token's signature; nothing is believed of one that has another fault than none.</summary>
    internal static IdTokenFault CheckSignature(SignedToken token, JsonWebKeys keys)
    {
        if (token.Algorithm is not ("RS256" or "ES256")) return IdTokenFault.Algorithm;
        return keys.Verify(token.Algorithm, token.KeyId, token.Signed, token.Signature) switch
        {
            SignatureVerdict.Right => IdTokenFault.None,
            SignatureVerdict.NoKey => IdTokenFault.UnknownKey,
            _ => IdTokenFault.Signature,
        };
    }

    /// <summary>What is wrong with the claims of a token whose signature is right.</summary>
    internal static IdTokenFault CheckClaims(JsonElement claims, IdTokenExpectation expected, DateTimeOffset now)
    {
        if (!IsText(claims, "iss", expected.Issuer)) return IdTokenFault.Issuer;
        if (!IsFor(claims, expected.ClientId)) return IdTokenFault.Audience;
        if (Time(claims, "exp") is not { } expires || Time(claims, "iat") is not { } issued) return IdTokenFault.Time;
        var seconds = now.ToUnixTimeMilliseconds() / 1000.0;
        var skew = OpenIdLimits.ClockSkew.TotalSeconds;
        if (seconds >= expires + skew) return IdTokenFault.Expired;
        if (issued > seconds + skew || issued < seconds - skew - OpenIdLimits.TokenAgeMax.TotalSeconds) return IdTokenFault.Time;
        if (claims.TryGetProperty("nbf", out _) && !(Time(claims, "nbf") <= seconds + skew)) return IdTokenFault.Time;
        if (!IsText(claims, "nonce", expected.Nonce)) return IdTokenFault.Nonce;
        return OpenIdJson.Text(claims, "sub") is { Length: > 0 and <= OpenIdLimits.SubjectLengthMax } subject && subject.All(char.IsAscii) &&
            !subject.Any(char.IsControl)
            ? IdTokenFault.None
            : IdTokenFault.Subject;
    }

    /// <summary>Of whom the claims speak, after they were checked.</summary>
    internal static ExternalPerson PersonOf(JsonElement claims, OpenIdOptions options)
    {
        var isVerified = claims.TryGetProperty("email_verified", out var verified) && verified.ValueKind == JsonValueKind.True;
        return new(options.Issuer, OpenIdJson.Text(claims, "sub")!, OpenIdJson.Text(claims, "name"),
            isVerified ? OpenIdJson.Text(claims, "email") : null, options.TakesSecondFactor && HasTwoFactors(claims, options.TwoFactorClasses));
    }

    // RFC 8176 has "mfa" for several factors. Two methods of one kind would be two and the same factor: they are not counted.
    private static bool HasTwoFactors(JsonElement claims, IReadOnlyList<string> classes) =>
        (claims.TryGetProperty("amr", out var methods) && methods.ValueKind == JsonValueKind.Array &&
            methods.EnumerateArray().Any(OpenIdJson.Is("mfa"))) ||
        (OpenIdJson.Text(claims, "acr") is { } reached && classes.Contains(reached, StringComparer.Ordinal));

    /// <summary>One audience that is this client; among several, this client must be the one that asked.</summary>
    private static bool IsFor(JsonElement claims, string clientId)
    {
        if (!claims.TryGetProperty("aud", out var audience)) return false;
        var isAuthorized = claims.TryGetProperty("azp", out _) ? IsText(claims, "azp", clientId) : (bool?)null;
        if (isAuthorized == false) return false;
        var isMine = OpenIdJson.Is(clientId);
        return audience.ValueKind switch
        {
            JsonValueKind.String => isMine(audience),
            JsonValueKind.Array => audience.EnumerateArray().Any(isMine) && (audience.GetArrayLength() == 1 || isAuthorized == true),
            _ => false,
        };
    }

    private static bool IsText(JsonElement claims, string name, string expected) =>
        OpenIdJson.Text(claims, name) is { } text && OpenIdJson.AreEqual(text, expected);

    // Seconds since 1970, which may have a fraction (RFC 7519, section 2).
    private static double? Time(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) &&
        double.IsFinite(seconds)
            ? seconds
            : null;
}
