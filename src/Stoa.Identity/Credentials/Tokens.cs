using System.Globalization;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Http;
using Stoa.Identity.Parties;
using Stoa.Ledger.Events;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.Credentials;

/// <summary>The access tokens: made, listed, revoked. Their secrets are never kept, only the hash of each.</summary>
/// <remarks>Works beside a running server: what another process does here acts on it within a second.</remarks>
public sealed partial class Tokens
{
    /// <summary>Most tokens for single uses that are made of one and not over.</summary>
    public const int BoundOfOneMax = 1000;

    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly ILogger<Tokens> _log;

    /// <summary>The tokens of a database.</summary>
    public Tokens(Database database, TimeProvider time, ILogger<Tokens> log)
    {
        _database = database;
        _time = time;
        _log = log;
    }

    /// <summary>Makes a token.</summary>
    /// <returns>The token with its text, which is known this once; 400 when a property is not acceptable or a dataset is
    /// not there.</returns>
    public async Task<Result<CreatedToken>> CreateAsync(TokenDraft draft, CancellationToken cancellation)
    {
        var now = Instant.From(_time.GetUtcNow());
        if (draft.Check(now) is { } problem) return problem;
        var text = TokenText.Create(out var prefix);
        var hash = TokenHash.Of(text);
        var outcome = await _database.TryWriteAsync(session => InsertWithGrants(session, draft, prefix, hash, now), cancellation);
        if (!outcome.TryGet(out var token, out var refusal)) return refusal;
        LogCreated(token.Id.Value, token.Prefix, token.Administrator);
        return new CreatedToken(text, token);
    }

    /// <summary>One page of tokens, newest first, and how many there are in all.</summary>
    /// <param name="holder">Whose; null for everyone's.</param>
    /// <param name="page">Which part.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<(IReadOnlyList<Token> Entries, long Total)> ListAsync(PartyId? holder, Page page, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var count = read.Prepare(SelectCount).Bind("@party", holder?.Value ?? -1L);
        count.Step();
        using var select = read.Prepare(SelectPage)
            .Bind("@party", holder?.Value ?? -1L).Bind("@limit", page.Limit).Bind("@skip", page.Skip);
        var entries = new List<Token>();
        while (select.Step()) entries.Add(From(read, select));
        return (entries, count.Int64(0));
    }

    /// <summary>One page of everyone's tokens, newest first, and how many there are in all.</summary>
    public Task<(IReadOnlyList<Token> Entries, long Total)> ListAsync(Page page, CancellationToken cancellation) =>
        ListAsync(null, page, cancellation);

    /// <summary>Gives a token a new secret; the one before is taken for a while too, so that its holder can be told in time.</summary>
    /// <returns>The token with its new text, which is known this once; 404 when there is none that is not revoked.</returns>
    /// <remarks>Prefix, rights and id stay. Of three secrets the oldest is refused at once.</remarks>
    public async Task<Result<CreatedToken>> RotateAsync(TokenId id, TokenRotation rotation, CancellationToken cancellation)
    {
        if (rotation.Check() is { } problem) return problem;
        var now = Instant.From(_time.GetUtcNow());
        var until = Instant.From(_time.GetUtcNow() + TimeSpan.FromSeconds(rotation.OverlapSeconds));
        var outcome = await _database.TryWriteAsync<CreatedToken>(session =>
        {
            using var select = session.Prepare(SelectOne).Bind("@id", id.Value);
            if (!select.Step() || !select.IsNull(6)) return Problem.NotFound();
            var text = TokenText.CreateFor(select.Text(1));
            using var rotate = session.Prepare(Rotate)
                .Bind("@id", id.Value).Bind("@now", now.UnixMicroseconds).Bind("@until", until.UnixMicroseconds)
                .BindBlob("@hash", TokenHash.Of(text).ToArray());
            rotate.Execute();
            TokenEvents.Enter(session, EventTypes.TokenRotated, id, now);
            return new CreatedToken(text, From(session, select) with { Rotated = now, PreviousUntil = until });
        }, cancellation);
        if (outcome.IsValue) LogRotated(id.Value, rotation.OverlapSeconds);
        return outcome;
    }

    /// <summary>Revokes a token for good; doing so again changes nothing. 404 when there is none.</summary>
    /// <remarks>Acts at once on the <see cref="CredentialCheck"/> of this process when done through it.</remarks>
    public async Task<Result<TokenId>> RevokeAsync(TokenId id, CancellationToken cancellation)
    {
        var now = Instant.From(_time.GetUtcNow());
        var outcome = await _database.TryWriteAsync<TokenId>(session =>
        {
            using var select = session.Prepare(SelectOne).Bind("@id", id.Value);
            if (!select.Step()) return Problem.NotFound();
            if (!select.IsNull(6)) return id;
            using var revoke = session.Prepare(Revoke).Bind("@id", id.Value).Bind("@now", now.UnixMicroseconds);
            revoke.Execute();
            TokenEvents.Enter(session, EventTypes.TokenRevoked, id, now);
            return id;
        }, cancellation);
        if (outcome.IsValue) LogRevoked(id.Value);
        return outcome;
    }

    /// <summary>Makes a token of another one, for a single use and a short time. It ends with the one of which it was made.</summary>
    /// <param name="parent">The token of which it is made.</param>
    /// <param name="holder">Who holds both.</param>
    /// <param name="binding">For what it is good.</param>
    /// <param name="expires">From when on it is refused.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>429 when too many were made that are not over.</returns>
    public async Task<Result<CreatedToken>> MakeBoundAsync(
        TokenId parent, PartyId holder, UseBinding binding, Instant expires, CancellationToken cancellation)
    {
        var now = Instant.From(_time.GetUtcNow());
        var text = TokenText.Create(out var prefix);
        var name = string.Create(CultureInfo.InvariantCulture, $"agreement {binding.Agreement}");
        var outcome = await _database.TryWriteAsync<TokenId>(session =>
        {
            using var over = session.Prepare(DeleteOver).Bind("@now", now.UnixMicroseconds).Bind("@parent", parent.Value);
            over.Execute();
            using var count = session.Prepare(CountBound).Bind("@parent", parent.Value);
            if (count.Step() && count.Int64(0) >= BoundOfOneMax) return TooManyBound;
            using var insert = session.Prepare(InsertBound)
                .Bind("@prefix", prefix).BindBlob("@hash", TokenHash.Of(text).ToArray()).Bind("@name", name)
                .Bind("@created", now.UnixMicroseconds).Bind("@expires", expires.UnixMicroseconds).Bind("@party", holder.Value)
                .Bind("@agreement", binding.Agreement).Bind("@purpose", binding.Purpose).Bind("@parent", parent.Value);
            insert.Step();
            return new TokenId(insert.Int64(0));
        }, cancellation);
        if (!outcome.TryGet(out var id, out var refusal)) return refusal;
        return new CreatedToken(text, new Token(id, prefix, name, false, [], holder, now, expires, null));
    }

    private static Problem TooManyBound { get; } = new Problem(
        429, "too-many-tokens", "Too many tokens were made of this one",
        "Use those that are not over yet: each is good for many requests.") { RetryAfterSeconds = 60 }.With("limit", BoundOfOneMax);

    internal async ValueTask<StoredToken?> FindByPrefixAsync(string prefix, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectByPrefix).Bind("@prefix", prefix);
        return ReadToken(select);
    }

    internal async ValueTask<StoredToken?> FindByIdAsync(TokenId id, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectById).Bind("@id", id.Value);
        return ReadToken(select);
    }

    private static StoredToken? ReadToken(Statement select)
    {
        if (!select.Step()) return null;

        var id = new TokenId(select.Int64(0));
        var hash = TokenHash.From(select.Blob(1));
        var (name, isAdministrator) = (select.Text(2), select.Boolean(3));
        PartyId? holder = select.Int64OrNull(9) is { } party ? new(party) : null;
        var expires = InstantOrNull(select, 4);
        var isStopped = !select.IsNull(5) || (holder is not null && !select.Boolean(10)) || !select.IsNull(15);
        if (InstantOrNull(select, 16) is { } ofParent && (expires is not { } own || ofParent.CompareTo(own) < 0)) expires = ofParent;
        var binding = select.Int64OrNull(13) is { } agreement ? new UseBinding(agreement, select.Text(14)) : null;
        (TokenHash, Instant)? previous = InstantOrNull(select, 12) is { } until ? (TokenHash.From(select.Blob(11)), until) : null;
        var readable = new List<DatasetId>();
        var writable = new List<DatasetId>();
        do
        {
            if (select.Boolean(7)) readable.Add(new(select.Int64(6)));
            if (select.Boolean(8)) writable.Add(new(select.Int64(6)));
        }
        while (select.Step());
        return new(Requester.ForToken(id, name, isAdministrator, readable, writable, holder, binding), hash, previous, expires, isStopped);
    }

    private static Token From(Session session, Statement row)
    {
        var id = new TokenId(row.Int64(0));
        return new(id, row.Text(1), row.Text(2), row.Boolean(3), GrantsOf(session, id),
            row.Int64OrNull(7) is { } holder ? new PartyId(holder) : null, new(row.Int64(4)), InstantOrNull(row, 5), InstantOrNull(row, 6),
            InstantOrNull(row, 8), InstantOrNull(row, 9));
    }

    private static Result<Token> InsertWithGrants(
        WriteSession session, TokenDraft draft, string prefix, TokenHash hash, Instant now)
    {
        if (draft.Party is { } holder && CheckHolder(session, holder) is { } refusal) return refusal;
        using var insert = session.Prepare(Insert)
            .Bind("@prefix", prefix)
            .BindBlob("@hash", hash.ToArray())
            .Bind("@name", draft.Name)
            .Bind("@is_admin", draft.Administrator)
            .Bind("@created", now.UnixMicroseconds)
            .Bind("@expires", draft.Expires?.UnixMicroseconds)
            .Bind("@party", draft.Party);
        insert.Step();
        var id = new TokenId(insert.Int64(0));
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var grant in draft.Datasets ?? [])
        {
            if (!named.Add(grant.Dataset!))
                return StrictJson.InvalidProperty("datasets", $"The dataset '{grant.Dataset}' is named twice.");
            using var scope = session.Prepare(InsertScope)
                .Bind("@token", id.Value)
                .Bind("@slug", grant.Dataset)
                .Bind("@may_read", grant.MayRead)
                .Bind("@may_write", grant.MayWrite);
            if (scope.Execute() == 0)
                return StrictJson.InvalidProperty("datasets", $"There is no dataset '{grant.Dataset}'. Create it first.");
        }

        TokenEvents.Enter(session, EventTypes.TokenCreated, id, now);
        PartyId? party = draft.Party is { } number ? new(number) : null;
        return new Token(id, prefix, draft.Name!, draft.Administrator, GrantsOf(session, id), party, now, draft.Expires, null);
    }

    // What is not active yet may hold a token: it is taken as soon as the party is active.
    private static Problem? CheckHolder(Session session, long party)
    {
        using var select = session.Prepare(SelectHolder).Bind("@party", party);
        if (!select.Step()) return StrictJson.InvalidProperty("party", $"There is no party with the id {party}.");
        if ((PartyKind)select.Int64(0) is not (PartyKind.Service or PartyKind.Device or PartyKind.Person))
            return StrictJson.InvalidProperty("party", "A token belongs to a service, a device or a person: enter one for the organization.");
        return (PartyStatus)select.Int64(1) == PartyStatus.Left
            ? StrictJson.InvalidProperty("party", "This party has left the exchange.")
            : null;
    }

    private static List<TokenGrant> GrantsOf(Session session, TokenId id)
    {
        using var select = session.Prepare(SelectGrants).Bind("@token", id.Value);
        var grants = new List<TokenGrant>();
        while (select.Step())
        {
            string[] can = (select.Boolean(1), select.Boolean(2)) switch
            {
                (true, true) => ["read", "write"],
                (true, false) => ["read"],
                (false, true) => ["write"],
                (false, false) => [],
            };
            grants.Add(new() { Dataset = select.Text(0), Can = can });
        }

        return grants;
    }

    private static Instant? InstantOrNull(Statement row, int column) =>
        row.Int64OrNull(column) is { } microseconds ? new Instant(microseconds) : null;

    [LoggerMessage(2001, LogLevel.Information, "Token {Id} ({Prefix}) made; administrator: {IsAdministrator}.")]
    private partial void LogCreated(long id, string prefix, bool isAdministrator);

    [LoggerMessage(2003, LogLevel.Information, "Token {Id} has a new secret; the one before is taken for {Seconds} s more.")]
    private partial void LogRotated(long id, int seconds);

    [LoggerMessage(2002, LogLevel.Information, "Token {Id} revoked.")]
    private partial void LogRevoked(long id);
}
