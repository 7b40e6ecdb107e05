using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn;

/// <summary>What the forms of one page carry.</summary>
/// <param name="Token">Proves that a form is ours.</param>
/// <param name="Challenge">What an authenticator signs.</param>
public sealed record FormProof(string Token, string Challenge)
{
    /// <summary>Both are left out, so that they cannot slip into a log.</summary>
    public override string ToString() => nameof(FormProof);
}

/// <summary>What is kept in browsers: the session, the device, and what proves that a form came from a page of ours.</summary>
/// <remarks>
/// A form carries an HMAC over the session under a random key that the browser holds in a cookie of its own, which no page can read and
/// which is not sent with requests that other sites begin. It holds on every node without a key that they would have to share.
/// </remarks>
public sealed class Browsers
{
    /// <summary>Name of the field of forms.</summary>
    public const string FormField = "form";

    // IPv6 gives each household a network of 64 bits; an address of its own costs an attacker nothing.
    private const int NetworkBytes = 8;

    // More than stand in a row anywhere.
    private const int ProxiesMax = 8;

    private readonly Sessions _sessions;
    private readonly string _session;
    private readonly string _device;
    private readonly string _form;
    private readonly string _visit;
    private readonly bool _isSecure;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<IPNetwork> _proxies;

    internal Browsers(Sessions sessions, SignInOptions options, TimeProvider time)
    {
        _time = time;
        _sessions = sessions;
        _isSecure = options.IsSecure;
        _proxies = options.TrustedProxies;
        // The prefix makes browsers refuse such a cookie from another host of the domain (RFC 6265bis, 4.1.3.2).
        var prefix = _isSecure ? "__Host-" : "";
        _session = prefix + "stoa-session";
        _device = prefix + "stoa-device";
        _form = prefix + "stoa-form";
        _visit = prefix + "stoa-visit";
    }

    /// <summary>Whether the browser holds a session, be it over or not; for what a page offers, never for what it allows.</summary>
    public bool SeemsSignedIn(HttpContext http) => http.Request.Cookies.ContainsKey(_session);

    /// <summary>Who signed in; null for nobody. The second step may still be to come.</summary>
    public ValueTask<SignedIn?> FindAsync(HttpContext http) =>
        _sessions.FindAsync(http.Request.Cookies[_session], http.RequestAborted);

    /// <summary>Where a request to sign in comes from.</summary>
    public SignInOrigin OriginOf(HttpContext http) => new(
        SourceOf(http.Connection.RemoteIpAddress, http.Request.Headers["X-Forwarded-For"].ToString(), _proxies), http.Request.Cookies[_device],
        DeviceWords(http.Request.Headers.UserAgent.ToString()));

    /// <summary>Gives the browser what it keeps after signing in.</summary>
    public void Keep(HttpContext http, BrowserSecrets secrets)
    {
        Set(http, _session, secrets.Session, secrets.NeedsSecondStep ? SignInLimits.SecondStepTime : SignInLimits.SessionTime, SameSiteMode.Lax);
        if (secrets.Device is { } device) Set(http, _device, device, SignInLimits.DeviceTime, SameSiteMode.Lax);
    }

    /// <summary>Takes the session from the browser; the device stays known.</summary>
    public void Forget(HttpContext http) => Set(http, _session, "", TimeSpan.Zero, SameSiteMode.Lax);

    /// <summary>Gives the browser what it keeps while it is at the provider of single sign-on. It comes back from another site.</summary>
    public void KeepVisit(HttpContext http, string kept) => Set(http, _visit, kept, OpenIdLimits.VisitTime, SameSiteMode.Lax);

    /// <summary>What it kept, which counts once; null for nothing.</summary>
    public string? TakeVisit(HttpContext http)
    {
        if (http.Request.Cookies[_visit] is not { } kept) return null;
        Set(http, _visit, "", TimeSpan.Zero, SameSiteMode.Lax);
        return kept;
    }

    /// <summary>What the forms of a page carry; gives the browser the key when it has none.</summary>
    public FormProof Prove(HttpContext http)
    {
        if (http.Request.Cookies[_form] is not { } key || !Secret.IsWellFormed(key))
        {
            key = Secret.Create();
            // Without an age it goes when the browser is closed.
            Set(http, _form, key, null, SameSiteMode.Strict);
        }

        return new(TokenOf(key, http), ChallengeOf(key, Instant.From(_time.GetUtcNow())));
    }

    /// <summary>A challenge that this browser was given lately, and when; null for any other.</summary>
    public (string Text, Instant Given)? ChallengeGiven(HttpContext http, string text)
    {
        if (http.Request.Cookies[_form] is not { } key || !Secret.IsWellFormed(key) || text.Length > 80 || !Base64Url.IsValid(text)) return null;
        var bytes = Base64Url.DecodeFromChars(text);
        if (bytes.Length != sizeof(long) + HMACSHA256.HashSizeInBytes) return null;
        var given = new Instant(BinaryPrimitives.ReadInt64BigEndian(bytes));
        var age = Instant.From(_time.GetUtcNow()).UnixMicroseconds - given.UnixMicroseconds;
        return age >= 0 && age < SignInLimits.ChallengeTime.TotalMicroseconds &&
            CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(ChallengeOf(key, given)), Encoding.UTF8.GetBytes(text))
            ? (text, given)
            : null;
    }

    /// <summary>Whether a form came from a page of ours, shown in this browser under this session.</summary>
    public bool IsOurs(HttpContext http, string? token) =>
        http.Request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none" &&
        http.Request.Cookies[_form] is { } key && Secret.IsWellFormed(key) && token is { Length: Secret.Length } &&
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(TokenOf(key, http)), Encoding.UTF8.GetBytes(token));

    /// <summary>The source address, or its network; behind a proxy that is trusted, or on this machine, the address that it names last.</summary>
    /// <remarks>Other proxies are not believed: their clients share a counter, which is why it has more failures free.</remarks>
    internal static string SourceOf(IPAddress? remote, string forwarded, IReadOnlyList<IPNetwork> proxies)
    {
        if (remote is null) return "unknown";
        var named = forwarded.Split(',');
        // Each proxy adds who came to it: from the last on, as long as it is one of ours that says so.
        remote = Plain(remote);
        for (var i = named.Length - 1; i >= 0 && named.Length - i <= ProxiesMax; i--)
        {
            if (!IPAddress.IsLoopback(remote) && !proxies.Any(network => network.Contains(remote))) break;
            if (!IPAddress.TryParse(named[i].Trim(), out var next)) break;
            remote = Plain(next);
        }

        return remote.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexStringLower(remote.GetAddressBytes().AsSpan(0, NetworkBytes))
            : remote.ToString();
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Browser and system, as far as people tell them apart; nothing else of the header is kept.</summary>
    internal static string DeviceWords(string userAgent)
    {
        string Has(params ReadOnlySpan<(string Part, string Word)> known)
        {
            foreach (var (part, word) in known)
                if (userAgent.Contains(part, StringComparison.Ordinal)) return word;
            return "";
        }

        var browser = Has(("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"));
        var system = Has(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"));
        return (browser, system) switch
        {
            ("", "") => "Unknown browser",
            (_, "") => browser,
            ("", _) => $"Browser on {system}",
            _ => $"{browser} on {system}",
        };
    }

    // The time makes it new, the key makes it this browser's.
    private static string ChallengeOf(string key, Instant given)
    {
        Span<byte> challenge = stackalloc byte[sizeof(long) + HMACSHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(challenge, given.UnixMicroseconds);
        byte[] signed = [.. "passkey"u8, .. challenge[..sizeof(long)]];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), signed, challenge[sizeof(long)..]);
        return Base64Url.EncodeToString(challenge);
    }

    private string TokenOf(string key, HttpContext http)
    {
        var session = http.Request.Cookies[_session] is { } text && Secret.IsWellFormed(text) ? text : "";
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes("form " + session));
        return Base64Url.EncodeToString(hash);
    }

    private void Set(HttpContext http, string name, string value, TimeSpan? age, SameSiteMode sameSite) =>
        http.Response.Cookies.Append(name, value, new()
        {
            HttpOnly = true, Secure = _isSecure, SameSite = sameSite, Path = "/", MaxAge = age, IsEssential = true,
        });
}
