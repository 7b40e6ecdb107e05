using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Parties;
using Stoa.Identity.SignIn;
using Stoa.Vocabulary;

namespace Stoa.Identity.Credentials;

/// <summary>Finds out who asks: from the Authorization header over HTTP, from the password over MQTT.</summary>
/// <remarks>
/// Runs for every request. A token that was verified is remembered for <see cref="Remembered"/> under its hash, so that
/// the warm way is one hash and one look-up without allocation (bench: Authentication). Revoking in this process acts at
/// once, in another within that time. What was refused is not remembered, so nobody can fill the memory from outside.
/// </remarks>
public sealed class CredentialCheck
{
    /// <summary>How long a verified token is taken without looking again.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromSeconds(1);

    // Far above the number of devices of a city; what is remembered beyond it is dropped as a whole.
    internal const int RememberedTokensMax = 100_000;

    private const string Scheme = "Bearer ";

    private readonly Tokens _tokens;
    private readonly Parties.Parties _parties;
    private readonly Sessions _sessions;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<TokenHash, Verified> _verified = new();
    private long _comparisons;

    internal CredentialCheck(Tokens tokens, Parties.Parties parties, Sessions sessions, TimeProvider time)
    {
        _tokens = tokens;
        _parties = parties;
        _sessions = sessions;
        _time = time;
    }

    /// <summary>How many times a presented token was compared with a stored one or with the stand-in for none.</summary>
    internal long Comparisons => Interlocked.Read(ref _comparisons);

    /// <summary>Who sent the request.</summary>
    /// <returns>The requester, anonymous when there is no Authorization header; or a problem with status 401.</returns>
    public ValueTask<Result<Requester>> AuthenticateAsync(HttpContext context, CancellationToken cancellation)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count == 0) return new(Result<Requester>.Of(Requester.Anonymous));
        if (header.Count > 1 || header[0] is not { } text) return new(Refusals.MalformedCredential);
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return new(Refusals.MalformedCredential);
        var verified = AuthenticateAsync(text.AsMemory(Scheme.Length), cancellation);
        return DeclaredUses.IsDeclared(context.Request.Headers) ? DeclaringAsync(context, verified) : verified;
    }

    private static async ValueTask<Result<Requester>> DeclaringAsync(HttpContext context, ValueTask<Result<Requester>> verified) =>
        (await verified).TryGet(out var requester, out var problem) ? DeclaredUses.Of(context, requester) : problem;

    /// <summary>Who holds the token.</summary>
    /// <param name="token">The token's text alone.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The requester, never anonymous; or a problem with status 401.</returns>
    public ValueTask<Result<Requester>> AuthenticateAsync(ReadOnlyMemory<char> token, CancellationToken cancellation)
    {
        var text = token.Span.Trim(' ');
        if (!TokenText.IsWellFormed(text)) return new(Refusals.MalformedCredential);
        var hash = TokenHash.Of(text);
        return _verified.TryGetValue(hash, out var verified) && _time.GetTimestamp() < verified.Until
            ? new(Result<Requester>.Of(verified.Requester))
            : VerifyAsync(TokenText.PrefixOf(text), hash, cancellation);
    }

    /// <summary>Who sent the request, if it is an administrator: 401 without a credential, 403 without the right.</summary>
    public async ValueTask<Result<Requester>> RequireAdministratorAsync(
        HttpContext context, CancellationToken cancellation)
    {
        var outcome = await AuthenticateAsync(context, cancellation);
        if (!outcome.TryGet(out var requester, out var problem)) return problem;
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        return requester.IsAdministrator ? requester : Refusals.AdministratorRequired;
    }

    /// <summary>What a token that was shown earlier is good for now: for connections that stay open, which ask again
    /// whenever the version of governance has grown.</summary>
    /// <returns>The requester and the time from which the token is refused; null when it is refused already.</returns>
    public async ValueTask<(Requester Requester, Instant? Expires)?> RecallAsync(
        TokenId token, CancellationToken cancellation)
    {
        var stored = await _tokens.FindByIdAsync(token, cancellation);
        return stored is not null && stored.IsValidAt(Instant.From(_time.GetUtcNow()))
            ? (stored.Requester, stored.Expires)
            : null;
    }

    /// <summary>Revokes a token for good; the next request that shows it is refused. 404 when there is none.</summary>
    public async Task<Result<TokenId>> RevokeAsync(TokenId id, CancellationToken cancellation)
    {
        var outcome = await _tokens.RevokeAsync(id, cancellation);
        _verified.Clear();
        return outcome;
    }

    /// <summary>Gives a token a new secret; see <see cref="Tokens.RotateAsync"/>.</summary>
    public async Task<Result<CreatedToken>> RotateAsync(TokenId id, TokenRotation rotation, CancellationToken cancellation)
    {
        var outcome = await _tokens.RotateAsync(id, rotation, cancellation);
        _verified.Clear();
        return outcome;
    }

    /// <summary>Moves a party to another status; see <see cref="Parties.Parties.ChangeStatusAsync"/>. The next request that shows a token
    /// of one that may not act is refused.</summary>
    public async Task<Result<Party>> ChangeStatusAsync(PartyId id, PartyStatus status, CancellationToken cancellation)
    {
        var outcome = await _parties.ChangeStatusAsync(id, status, cancellation);
        Forget();
        return outcome;
    }

    /// <summary>Forgets what was remembered of tokens and sessions: the next request is looked up.</summary>
    public void Forget()
    {
        _verified.Clear();
        _sessions.Forget();
    }

    private async ValueTask<Result<Requester>> VerifyAsync(string prefix, TokenHash hash, CancellationToken cancellation)
    {
        // Taken before reading: the time remembered counts from what was read, not from when it was put aside.
        var asked = _time.GetTimestamp();
        var stored = await _tokens.FindByPrefixAsync(prefix, cancellation) ?? StoredToken.None;
        var now = Instant.From(_time.GetUtcNow());
        if (!Matches(stored, hash, now, out var isPrevious) || !stored.IsValidAt(now))
        {
            _verified.TryRemove(hash, out _);
            return Refusals.InvalidToken;
        }

        var requester = _verified.TryGetValue(hash, out var before) && before.Requester.IsSameAs(stored.Requester)
            ? before.Requester
            : stored.Requester;
        if (_verified.Count >= RememberedTokensMax) _verified.Clear();
        _verified[hash] = new(requester, asked + TicksRemembered(isPrevious ? stored.Previous?.Until : null, stored.Expires));
        return requester;
    }

    /// <summary>An unknown prefix takes the same way as a wrong secret: one comparison with each, one answer.</summary>
    private bool Matches(StoredToken stored, in TokenHash hash, Instant now, out bool isPrevious)
    {
        Interlocked.Increment(ref _comparisons);
        var matches = stored.Hash.FixedTimeEquals(hash);
        isPrevious = (stored.Previous?.Hash ?? default).FixedTimeEquals(hash) && stored.Previous is { } previous &&
            now.CompareTo(previous.Until) < 0;
        return matches || isPrevious;
    }

    private long TicksRemembered(Instant? end, Instant? expires)
    {
        var remembered = Shorter(Shorter(Remembered, end), expires);
        return (long)(remembered.TotalSeconds * _time.TimestampFrequency);
    }

    private TimeSpan Shorter(TimeSpan remembered, Instant? end)
    {
        var left = end is { } at ? at.ToDateTimeOffset() - _time.GetUtcNow() : remembered;
        return left < remembered ? left : remembered;
    }

    private sealed record Verified(Requester Requester, long Until);
}
