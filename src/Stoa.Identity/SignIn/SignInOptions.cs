using System.Net;
using Stoa.Identity.SignIn.OpenId;

namespace Stoa.Identity.SignIn;

/// <summary>What sign-in needs to know of the server.</summary>
/// <param name="BaseAddress">Address by which people reach it; over https cookies are sent over https alone.</param>
public sealed record SignInOptions(Uri BaseAddress)
{
    /// <summary>Rounds of PBKDF2 with HMAC-SHA-512: about a tenth of a second for each guess (OWASP's advice of 2023).</summary>
    public const int PasswordIterationsDefault = 210_000;

    /// <summary>Rounds of PBKDF2 for new passwords; older ones are made anew at the next sign-in.</summary>
    public int PasswordIterations { get; init; } = PasswordIterationsDefault;

    /// <summary>The provider by which people may sign in; null: there is none, and nothing is asked of anybody.</summary>
    public OpenIdOptions? OpenId { get; init; }

    /// <summary>Proxies that are believed who came to them, beside those on this machine.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Whether people reach the server over https.</summary>
    public bool IsSecure => BaseAddress.Scheme == Uri.UriSchemeHttps;
}

/// <summary>The fixed limits of sign-in, for the reference of settings and limits.</summary>
public static class SignInLimits
{
    /// <summary>Longest e-mail address (RFC 5321, 4.5.3.1.3, less the angle brackets).</summary>
    public const int LoginLengthMax = 254;

    /// <summary>Shortest password. NIST SP 800-63B asks for 8 beside a second step and 15 without; length is all that is asked.</summary>
    public const int PasswordLengthMin = 12;

    /// <summary>Longest password: a sentence; beyond it hashing would cost more than sign-in should.</summary>
    public const int PasswordLengthMax = 128;

    /// <summary>Most passwords that wait to be checked at once; each takes a tenth of a second of one core.</summary>
    public const int PasswordsWaitingMax = 64;

    /// <summary>Failures that an account, or a trusted device, has free.</summary>
    public const int FreeFailures = 5;

    /// <summary>Failures that a source address has free: many people may share one.</summary>
    public const int FreeFailuresOfSource = 30;

    /// <summary>Longest wait after failures, in seconds.</summary>
    public const int DelaySecondsMax = 900;

    /// <summary>Most sessions of a person; the oldest ends when one more begins.</summary>
    public const int SessionsOfPersonMax = 50;

    /// <summary>Most trusted devices of a person; the oldest is forgotten when one more comes.</summary>
    public const int DevicesOfPersonMax = 20;

    /// <summary>Most passkeys of a person.</summary>
    public const int PasskeysOfPersonMax = 20;

    /// <summary>Recovery codes that are made at once.</summary>
    public const int RecoveryCodes = 10;

    /// <summary>Most invitations of an organization that wait to be used.</summary>
    public const int InvitationsWaitingMax = 200;

    /// <summary>Most bytes of a form.</summary>
    public const int FormBytesMax = 16 * 1024;

    /// <summary>How long a session lasts without being used.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromHours(8);

    /// <summary>How long a session lasts at most.</summary>
    public static readonly TimeSpan SessionTime = TimeSpan.FromDays(7);

    /// <summary>How long the second step may take.</summary>
    public static readonly TimeSpan SecondStepTime = TimeSpan.FromMinutes(10);

    /// <summary>How lately somebody without a password must have signed in for what others show their password for.</summary>
    public static readonly TimeSpan FreshTime = TimeSpan.FromMinutes(10);

    /// <summary>How long an authenticator may take.</summary>
    public static readonly TimeSpan ChallengeTime = TimeSpan.FromMinutes(5);

    /// <summary>How long a device is trusted after it last signed in.</summary>
    public static readonly TimeSpan DeviceTime = TimeSpan.FromDays(180);

    /// <summary>How long the link for the first administrator works.</summary>
    public static readonly TimeSpan StartLinkTime = TimeSpan.FromHours(24);

    /// <summary>How long the link for a new password works.</summary>
    public static readonly TimeSpan PasswordLinkTime = TimeSpan.FromHours(24);

    /// <summary>How long an invitation works.</summary>
    public static readonly TimeSpan InvitationTime = TimeSpan.FromDays(7);

    /// <summary>What is limited, and how much of it there may be.</summary>
    public static IReadOnlyList<(string What, long Limit)> All { get; } =
    [
        ("Characters of a password (at least 12)", PasswordLengthMax),
        ("Passwords waiting to be checked at once", PasswordsWaitingMax),
        ("Failed sign-ins of an account or trusted device before it has to wait", FreeFailures),
        ("Failed sign-ins from one address before it has to wait", FreeFailuresOfSource),
        ("Seconds to wait after failed sign-ins", DelaySecondsMax),
        ("Sessions of one person", SessionsOfPersonMax),
        ("Trusted devices of one person", DevicesOfPersonMax),
        ("Passkeys of one person", PasskeysOfPersonMax),
        ("Logins at a provider linked by one person", OpenIdLimits.LoginsOfPersonMax),
        ("Bytes of an answer of the sign-in provider", OpenIdLimits.AnswerBytesMax),
        ("Characters of its ID token", OpenIdLimits.TokenLengthMax),
        ("Codes of the sign-in provider redeemed at once", OpenIdLimits.RedeemedAtOnceMax),
        ("Invitations of one organization waiting to be used", InvitationsWaitingMax),
        ("Memberships of one person, ended ones included", Parties.MembershipDraft.OfPersonMax),
        ("Seconds for which a token's secret before is taken too", Credentials.TokenRotation.OverlapSecondsMax),
    ];
}
