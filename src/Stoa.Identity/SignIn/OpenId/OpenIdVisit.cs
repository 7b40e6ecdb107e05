using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn.OpenId;

/// <summary>What for somebody goes to the provider.</summary>
public enum OpenIdPurpose
{
    /// <summary>To sign in.</summary>
    SignIn,

    /// <summary>To link the provider to the account that is signed in.</summary>
    Link,

    /// <summary>To accept an invitation.</summary>
    Invitation,
}

/// <summary>A visit to the provider, from the button to the way back.</summary>
/// <param name="Purpose">What for.</param>
/// <param name="Back">Where to go afterwards, on this server.</param>
/// <param name="Invitation">Secret of the invitation that is accepted.</param>
/// <param name="Session">The session that began a link; 0 for none.</param>
public sealed record OpenIdVisit(OpenIdPurpose Purpose, string Back, string? Invitation = null, long Session = 0)
{
    /// <summary>The secret is left out, so that it cannot slip into a log.</summary>
    public override string ToString() => $"visit to {Purpose}";
}

/// <summary>What comes back in the address from the provider; all of it may be made up.</summary>
public sealed record OpenIdAnswer(string? State, string? Code, string? Error, string? Issuer)
{
    /// <summary>Everything is left out: the code is a secret.</summary>
    public override string ToString() => nameof(OpenIdAnswer);
}

/// <summary>Where the browser goes, and what it keeps until it is back.</summary>
/// <param name="Address">At the provider.</param>
/// <param name="Kept">For a cookie.</param>
public sealed record OpenIdStart(Uri Address, string Kept)
{
    /// <summary>Both are left out, so that they cannot slip into a log.</summary>
    public override string ToString() => nameof(OpenIdStart);
}

/// <summary>A visit as the browser keeps it: a random key and what the visit is for.</summary>
/// <remarks>
/// State, nonce and the verifier of PKCE are HMACs over what the visit is for under that key. So an answer counts in the browser that
/// set out and for what it set out for, on every node, without a key that nodes share and without a row that a stranger could make.
/// Who holds the cookie could work them out, and gains nothing: they guard against others, who do not hold it.
/// </remarks>
internal sealed class KeptVisit
{
    private readonly byte[] _key;
    private readonly byte[] _content;

    private KeptVisit(byte[] key, byte[] content, OpenIdVisit visit, Instant begun)
    {
        _key = key;
        _content = content;
        Visit = visit;
        Begun = begun;
    }

    /// <summary>What it is for.</summary>
    internal OpenIdVisit Visit { get; }

    /// <summary>When it began.</summary>
    internal Instant Begun { get; }

    /// <summary>For the cookie.</summary>
    internal string Text => $"{Base64Url.EncodeToString(_key)}.{Base64Url.EncodeToString(_content)}";

    /// <summary>Comes back in the address (RFC 6749, 10.12).</summary>
    internal string State => Derive("state");

    /// <summary>Comes back in the ID token (OpenID Connect Core 1.0, 3.1.2.1).</summary>
    internal string Nonce => Derive("nonce");

    /// <summary>Shown with the code (RFC 7636, 4.1).</summary>
    internal string Verifier => Derive("verifier");

    /// <summary>The verifier as the provider is told of it at first (RFC 7636, 4.2, S256).</summary>
    internal string Challenge => ChallengeOf(Verifier);

    /// <summary>A visit that begins now.</summary>
    internal static KeptVisit Begin(OpenIdVisit visit, Instant now)
    {
        if (Encoding.UTF8.GetByteCount(visit.Back) > OpenIdLimits.BackBytesMax) visit = visit with { Back = "/account" };
        var content = string.Join('\n', ((int)visit.Purpose).ToString(CultureInfo.InvariantCulture),
            now.UnixMicroseconds.ToString(CultureInfo.InvariantCulture), visit.Session.ToString(CultureInfo.InvariantCulture),
            visit.Invitation, visit.Back);
        return new(RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes), Encoding.UTF8.GetBytes(content), visit, now);
    }

    /// <summary>The visit of a cookie; null when it is none, or has taken too long.</summary>
    internal static KeptVisit? Read(string? text, Instant now)
    {
        if (text is not { Length: < 4096 } || text.Split('.') is not [var first, var second] ||
            OpenIdJson.Bytes(first) is not { Length: HMACSHA256.HashSizeInBytes } key || OpenIdJson.Bytes(second) is not { } content) return null;
        if (Encoding.UTF8.GetString(content).Split('\n') is not [var purpose, var time, var session, var invitation, var back] ||
            !Number(purpose, out var kind) || !Enum.IsDefined((OpenIdPurpose)kind) || !Number(time, out var begun) || !Number(session, out var id))
            return null;
        var age = now.UnixMicroseconds - begun;
        return age >= 0 && age < OpenIdLimits.VisitTime.TotalMicroseconds
            ? new(key, content, new((OpenIdPurpose)kind, back, invitation.Length == 0 ? null : invitation, id), new(begun))
            : null;
    }

    internal static string ChallengeOf(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    private static bool Number(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private string Derive(string what) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(_key, (byte[])[.. Encoding.ASCII.GetBytes(what), 0, .. _content]));
}
