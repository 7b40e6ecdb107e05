using System.Net;

namespace Stoa.Identity.SignIn.OpenId;

/// <summary>The provider by which people may sign in, as the operator named it (OpenID Connect Core 1.0).</summary>
/// <param name="Issuer">The provider's issuer identifier, letter by letter as it says it of itself.</param>
/// <param name="ClientId">What the provider calls this exchange.</param>
public sealed record OpenIdOptions(string Issuer, string ClientId)
{
    /// <summary>What the provider is called while nobody named it.</summary>
    public const string NameDefault = "single sign-on";

    /// <summary>What people call the provider; stands on the button.</summary>
    public string Name { get; init; } = NameDefault;

    /// <summary>File that holds the client's secret, read anew for each sign-in; null: the provider asks for none.</summary>
    public string? SecretFile { get; init; }

    /// <summary>Asked for; <c>openid</c> is always among them.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = ["openid", "profile", "email"];

    /// <summary>Whether who is unknown gets an account; else people are invited, or link the provider to the account they have.</summary>
    public bool MayAnyoneJoin { get; init; }

    /// <summary>Whether no code is asked for when the provider says that two factors were shown.</summary>
    public bool TakesSecondFactor { get; init; }

    /// <summary>Values of <c>acr</c> that mean two factors, beside <c>mfa</c> in <c>amr</c> (RFC 8176).</summary>
    public IReadOnlyList<string> TwoFactorClasses { get; init; } = [];

    /// <summary>How long one answer of the provider may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether an address may be asked: over https, or on this machine.</summary>
    public static bool IsAllowed(string address) =>
        address.Length <= OpenIdLimits.AddressLengthMax && Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0 &&
        uri.Fragment.Length == 0 && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && IsHere(uri)));

    /// <summary>The secret of the client; null when there is none to be sent.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read, is empty or too long.</exception>
    internal string? ReadSecret()
    {
        if (SecretFile is null) return null;
        try
        {
            using var file = new StreamReader(SecretFile);
            var text = new char[OpenIdLimits.SecretLengthMax + 1];
            var secret = new string(text, 0, file.ReadBlock(text)).Trim();
            return secret.Length is > 0 and <= OpenIdLimits.SecretLengthMax && !secret.Any(char.IsControl)
                ? secret
                : throw new InvalidDataException(
                    $"openId.clientSecretFile: {SecretFile} must hold one line of 1 to {OpenIdLimits.SecretLengthMax} characters.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"openId.clientSecretFile: {SecretFile} cannot be read: {error.Message}", error);
        }
    }

    // A name could be made to point elsewhere; "localhost" may not (RFC 6761, 6.3).
    private static bool IsHere(Uri uri) =>
        uri.Host == "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}

/// <summary>The fixed limits of single sign-on.</summary>
public static class OpenIdLimits
{
    /// <summary>Longest address of the provider.</summary>
    public const int AddressLengthMax = 1000;

    /// <summary>Longest secret of the client.</summary>
    public const int SecretLengthMax = 1000;

    /// <summary>Most bytes of an answer of the provider; key sets of large ones have some ten thousand.</summary>
    public const int AnswerBytesMax = 256 * 1024;

    /// <summary>Longest ID token; some carry the groups of a person.</summary>
    public const int TokenLengthMax = 64 * 1024;

    /// <summary>Most keys of a provider that are looked at.</summary>
    public const int KeysMax = 100;

    /// <summary>Longest subject (OpenID Connect Core 1.0, section 2).</summary>
    public const int SubjectLengthMax = 255;

    /// <summary>Longest code and state that are taken back from a browser.</summary>
    public const int CodeLengthMax = 4096;

    /// <summary>Codes that are redeemed at once; further ones are asked to try again.</summary>
    public const int RedeemedAtOnceMax = 16;

    /// <summary>Most logins at a provider that one person has linked.</summary>
    public const int LoginsOfPersonMax = 5;

    /// <summary>Longest address to come back to, in bytes: it stands in a cookie.</summary>
    public const int BackBytesMax = 1200;

    /// <summary>How long signing in at the provider may take.</summary>
    public static readonly TimeSpan VisitTime = TimeSpan.FromMinutes(15);

    /// <summary>How far the clocks of both may differ.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    /// <summary>How old an ID token may be: it comes straight from the provider.</summary>
    public static readonly TimeSpan TokenAgeMax = TimeSpan.FromMinutes(10);

    /// <summary>How long what the provider says of itself is taken as it was.</summary>
    public static readonly TimeSpan KnownTime = TimeSpan.FromHours(1);

    /// <summary>How often keys are read again when a token names one that is not known.</summary>
    public static readonly TimeSpan KeysPeriod = TimeSpan.FromMinutes(1);

    /// <summary>How long the provider is left alone after it did not answer.</summary>
    public static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(5);
}
