using Microsoft.Extensions.Logging;
using Stoa.Identity.Http;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.Credentials;

/// <summary>The access tokens: made, listed, revoked. Their secrets are never kept, only the hash of each.</summary>
/// <remarks>Works beside a running server: what another process does here acts on it within a second.</remarks>
public sealed partial class Tokens
{
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
    public async Task<(IReadOnlyList<Token> Entries, long Total)> ListAsync(Page page, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var count = read.Prepare(SelectCount);
        count.Step();
        using var select = read.Prepare(SelectPage).Bind("@limit", page.Limit).Bind("@skip", page.Skip);
        var entries = new List<Token>();
        while (select.Step())
        {
            var id = new TokenId(select.Int64(0));
            entries.Add(new(id, select.Text(1), select.Text(2), select.Boolean(3), GrantsOf(read, id),
                new(select.Int64(4)), InstantOrNull(select, 5), InstantOrNull(select, 6)));
        }

        return (entries, count.Int64(0));
    }

    /// <summary>Revokes a token for good; doing so again changes nothing. 404 when there is none.</summary>
    /// <remarks>Acts at once on the <see cref="CredentialCheck"/> of this process when done through it.</remarks>
    public async Task<Result<TokenId>> RevokeAsync(TokenId id, CancellationToken cancellation)
    {
        var now = Instant.From(_time.GetUtcNow());
        var outcome = await _database.TryWriteAsync<TokenId>(session =>
        {
            using var revoke = session.Prepare(Revoke).Bind("@id", id.Value).Bind("@now", now.UnixMicroseconds);
            return revoke.Execute() == 1 ? id : Problem.NotFound();
        }, cancellation);
        if (outcome.IsValue) LogRevoked(id.Value);
        return outcome;
    }

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
        var (expires, isRevoked) = (InstantOrNull(select, 4), !select.IsNull(5));
        var readable = new List<DatasetId>();
        var writable = new List<DatasetId>();
        do
        {
            if (select.Boolean(7)) readable.Add(new(select.Int64(6)));
            if (select.Boolean(8)) writable.Add(new(select.Int64(6)));
        }
        while (select.Step());
        return new(Requester.ForToken(id, name, isAdministrator, readable, writable), hash, expires, isRevoked);
    }

    private static Result<Token> InsertWithGrants(
        WriteSession session, TokenDraft draft, string prefix, TokenHash hash, Instant now)
    {
        using var insert = session.Prepare(Insert)
            .Bind("@prefix", prefix)
            .BindBlob("@hash", hash.ToArray())
            .Bind("@name", draft.Name)
            .Bind("@is_admin", draft.Administrator)
            .Bind("@created", now.UnixMicroseconds)
            .Bind("@expires", draft.Expires?.UnixMicroseconds);
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

        return new Token(id, prefix, draft.Name!, draft.Administrator, GrantsOf(session, id), now, draft.Expires, null);
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

    [LoggerMessage(2002, LogLevel.Information, "Token {Id} revoked.")]
    private partial void LogRevoked(long id);
}
