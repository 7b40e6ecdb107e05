using Microsoft.Extensions.Logging;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn.OpenId;

/// <summary>Single sign-on: the authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9700).</summary>
/// <remarks>It learns who somebody is at the provider. What that opens here, <see cref="ExternalLogins"/> decides.</remarks>
public sealed partial class OpenIdClient
{
    /// <summary>Path at which people come back; the provider must know the address.</summary>
    public const string AnswerPath = "/sign-in/openid/answer";

    private readonly OpenIdOptions? _options;
    private readonly OpenIdProvider? _provider;
    private readonly Database _database;
    private readonly string _redirect;
    private readonly TimeProvider _time;
    private readonly ILogger<OpenIdClient> _log;

    internal OpenIdClient(
        Database database, SignInOptions options, OpenIdProvider? provider, TimeProvider time, ILogger<OpenIdClient> log)
    {
        _options = options.OpenId;
        _provider = provider;
        _database = database;
        _redirect = new Uri(options.BaseAddress, AnswerPath).AbsoluteUri;
        _time = time;
        _log = log;
    }

    /// <summary>What people call the provider; null when there is none.</summary>
    public string? Name => _options?.Name;

    private Instant Now => Instant.From(_time.GetUtcNow());

    /// <summary>Where to send a browser, and what it keeps; 404 without a provider, 503 when it cannot be reached.</summary>
    public async Task<Result<OpenIdStart>> BeginAsync(OpenIdVisit visit, CancellationToken cancellation)
    {
        if (_provider is null || _options is null) return Problem.NotFound();
        var described = await _provider.DescribeAsync(cancellation);
        if (!described.TryGet(out var known, out var problem)) return problem;
        var kept = KeptVisit.Begin(visit, Now);
        List<(string Name, string Value)> query =
        [
            ("response_type", "code"), ("client_id", _options.ClientId), ("redirect_uri", _redirect), ("scope", string.Join(' ', _options.Scopes)),
            ("state", kept.State), ("nonce", kept.Nonce), ("code_challenge", kept.Challenge), ("code_challenge_method", "S256"),
        ];
        // A wish (OpenID Connect Core 1.0, 3.1.2.1): what was reached, the token says.
        if (_options is { TakesSecondFactor: true, TwoFactorClasses.Count: > 0 }) query.Add(("acr_values", string.Join(' ', _options.TwoFactorClasses)));
        var address = known.Metadata.Authorization.AbsoluteUri;
        var parameters = string.Join('&', query.Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}"));
        return new OpenIdStart(new($"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{parameters}"), kept.Text);
    }

    /// <summary>The visit from which a browser comes back; null when it did not set out, or too long ago.</summary>
    /// <param name="cookie">What the browser kept.</param>
    /// <param name="state">What came back in the address.</param>
    public OpenIdVisit? VisitOf(string? cookie, string? state) => Kept(cookie, state)?.Visit;

    /// <summary>Who came back from the provider.</summary>
    /// <param name="cookie">What the browser kept.</param>
    /// <param name="answer">What came back in the address.</param>
    /// <param name="origin">Where the browser is: failures are counted.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The person; 400 for an answer that proves nothing, 429 after too many, 503 when the provider cannot be reached.</returns>
    public async Task<Result<ExternalPerson>> RedeemAsync(
        string? cookie, OpenIdAnswer answer, SignInOrigin origin, CancellationToken cancellation)
    {
        if (_provider is null || _options is null) return Problem.NotFound();
        if (Kept(cookie, answer.State) is not { } kept) return Refused;
        if (answer.Error is not null) return NotCompleted;
        if (answer.Code is not { Length: > 0 and <= OpenIdLimits.CodeLengthMax } code) return Refused;
        var described = await _provider.DescribeAsync(cancellation);
        if (!described.TryGet(out var known, out var unknown)) return unknown;
        // Who answers says so where it can: an answer of another provider goes no further (RFC 9207, 2.4).
        if (answer.Issuer is { } issuer ? !OpenIdJson.AreEqual(issuer, _options.Issuer) : known.Metadata.NamesItself) return Fault(IdTokenFault.Issuer);
        var counters = Attempts.Of("openid", kept.State, origin.Source, null);
        var wait = await _database.WriteAsync(session => Attempts.Begin(session, counters, Now), cancellation);
        if (wait is { } seconds) return SignIns.Delayed(seconds);
        var redeemed = await _provider.RedeemAsync(code, kept.Verifier, _redirect, cancellation);
        if (!redeemed.TryGet(out var text, out var refused))
        {
            // That the provider does not answer is no guess of who asked.
            if (refused.Status != 400) await SucceedAsync(counters, cancellation);
            return refused;
        }

        var checkedToken = await CheckAsync(_provider, known, text, new(_options.Issuer, _options.ClientId, kept.Nonce), cancellation);
        if (!checkedToken.TryGet(out var person, out var problem)) return problem;
        await SucceedAsync(counters, cancellation);
        return person;
    }

    private Task<bool> SucceedAsync(Attempts.Counters counters, CancellationToken cancellation) => _database.WriteAsync(session =>
    {
        Attempts.Succeed(session, counters);
        return true;
    }, cancellation);

    private async Task<Result<ExternalPerson>> CheckAsync(
        OpenIdProvider provider, OpenIdProvider.Known known, string text, IdTokenExpectation expected, CancellationToken cancellation)
    {
        if (SignedToken.Parse(text) is not { } token) return Fault(IdTokenFault.Form);
        var fault = IdToken.CheckSignature(token, known.Keys);
        if (fault == IdTokenFault.UnknownKey && (await provider.RefreshKeysAsync(cancellation)).TryGet(out var fresh, out _))
            fault = IdToken.CheckSignature(token, fresh.Keys);
        if (fault == IdTokenFault.None) fault = IdToken.CheckClaims(token.Claims, expected, _time.GetUtcNow());
        return fault == IdTokenFault.None ? IdToken.PersonOf(token.Claims, _options!) : Fault(fault);
    }

    private KeptVisit? Kept(string? cookie, string? state) =>
        KeptVisit.Read(cookie, Now) is { } kept && state is { Length: <= 100 } && OpenIdJson.AreEqual(kept.State, state) ? kept : null;

    private Problem Fault(IdTokenFault fault)
    {
        LogFault(fault);
        return Refused;
    }

    /// <summary>The one answer to all that proves nothing: the log has the reason.</summary>
    public static Problem Refused { get; } = Problem.BadRequest(
        "provider-answer-refused", "The answer of single sign-on is not accepted",
        "It took longer than a quarter of an hour, was used before, began in another browser, or does not prove who you are. Begin again " +
        "from this page. If it happens again, tell an administrator: the log of the exchange says what was wrong.");

    private static Problem NotCompleted { get; } = Problem.BadRequest(
        "provider-declined", "You were not signed in by single sign-on",
        "The provider did not let you in, or you broke it off. Try again, sign in by password, or ask those who run the provider.");

    [LoggerMessage(2063, LogLevel.Warning, "An answer of the sign-in provider is not accepted: {Fault}.")]
    private partial void LogFault(IdTokenFault fault);
}
