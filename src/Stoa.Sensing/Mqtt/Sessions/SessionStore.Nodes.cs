using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.Sessions;

/// <summary>What a node found when it made a session its own.</summary>
/// <param name="Row">Its row.</param>
/// <param name="Stored">As it stood; null when it is new.</param>
/// <param name="Holder">The node that held it; null when there was none.</param>
internal sealed record SessionClaim(long Row, StoredSession? Stored, string? Holder);

/// <summary>Which of several nodes holds a session; on PostgreSQL alone.</summary>
internal sealed partial class SessionStore
{
    private const string FindSession =
        """
        SELECT id, expiry_seconds, disconnected, node
        FROM   mqtt_session
        WHERE  token_id = @token
          AND  client_id = @client
        """;

    private const string InsertHeld =
        """
        INSERT INTO mqtt_session (token_id, client_id, expiry_seconds, node)
        VALUES (@token, @client, @expiry, @node)
        RETURNING id
        """;

    private const string TakeSession =
        """
        UPDATE mqtt_session
        SET    node = @node, expiry_seconds = @expiry, disconnected = NULL
        WHERE  id = @id
        """;

    private const string TellHolder =
        """
        INSERT INTO mqtt_takeover (node, token_id, client_id)
        VALUES (@node, @token, @client)
        ON CONFLICT DO NOTHING
        """;

    private const string ForgetTakeover =
        """
        DELETE FROM mqtt_takeover
        WHERE  node = @node
          AND  token_id = @token
          AND  client_id = @client
        """;

    private const string AdoptSession =
        """
        UPDATE mqtt_session
        SET    node = @node, disconnected = coalesce(disconnected, @now)
        WHERE  id = @id
        """;

    // Looks for sessions of nodes that are gone, while none goes.
    private const int LooksOfRest = 20;

    private object? _composition;
    private int _looks;

    /// <summary>Calls the action when another node may have taken a session from this one. Dispose what is returned to end it.</summary>
    internal IDisposable WhenTaken(Action action) => database.Nodes.Listen(action, Nodes.Takeovers);

    /// <summary>Makes this node the holder, and asks the one before to let go.</summary>
    /// <param name="key">Whose session.</param>
    /// <param name="expiry">How long it shall outlive the connection.</param>
    /// <param name="isClean">What was there is dropped.</param>
    /// <param name="now">To find out whether what was there is over.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal Task<SessionClaim> ClaimAsync(
        SessionKey key, TimeSpan expiry, bool isClean, DateTimeOffset now, CancellationToken cancellation) =>
        database.WriteAsync(session => Claim(session, key, expiry, isClean, now), cancellation);

    private SessionClaim Claim(WriteSession session, SessionKey key, TimeSpan expiry, bool isClean, DateTimeOffset now)
    {
        // What it was asked to let go before it had it again.
        Execute(session, ForgetTakeover, key, database.Nodes.Name);
        StoredSession? stored = null;
        string? holder = null;
        using (var find = session.Prepare(FindSession))
            if (find.Bind("@token", key.Token.Value).Bind("@client", key.ClientId).Step())
            {
                DateTimeOffset? left = find.Int64OrNull(2) is { } time ? new Instant(time).ToDateTimeOffset() : null;
                stored = new(find.Int64(0), key.Token, key.ClientId, TimeSpan.FromSeconds(find.Int64(1)), left);
                holder = find.Text(3);
            }

        if (holder is not null && holder != database.Nodes.Name) Execute(session, TellHolder, key, holder);
        if (stored is not null && (isClean || stored.Expiry == TimeSpan.Zero || stored.Disconnected + stored.Expiry <= now))
        {
            using var delete = session.Prepare(DeleteSession);
            delete.Bind("@id", stored.Row).Execute();
            stored = null;
        }

        using var take = session.Prepare(stored is null ? InsertHeld : TakeSession);
        take.Bind("@expiry", (long)expiry.TotalSeconds).Bind("@node", database.Nodes.Name);
        if (stored is null)
        {
            take.Bind("@token", key.Token.Value).Bind("@client", key.ClientId).Step();
            return new(take.Int64(0), null, holder);
        }

        take.Bind("@id", stored.Row).Execute();
        ReadLists(session, new() { [stored.Row] = stored });
        return new(stored.Row, stored, holder);
    }

    private static void Execute(WriteSession session, string sql, SessionKey key, string node)
    {
        using var statement = session.Prepare(sql);
        statement.Bind("@node", node).Bind("@token", key.Token.Value).Bind("@client", key.ClientId).Execute();
    }

    /// <summary>Whether this node held it.</summary>
    internal bool IsHere(string? holder) => holder == database.Nodes.Name;

    /// <summary>The sessions that other nodes have taken from this one.</summary>
    internal async Task<IReadOnlyList<SessionKey>> TakenAsync(CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare("SELECT token_id, client_id FROM mqtt_takeover WHERE node = @node");
        select.Bind("@node", database.Nodes.Name);
        var keys = new List<SessionKey>();
        while (select.Step()) keys.Add(new(new(select.Int64(0)), select.Text(1)));
        return keys;
    }

    /// <summary>This node has let go of a session.</summary>
    internal Task LetGoAsync(SessionKey key, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            Execute(session, ForgetTakeover, key, database.Nodes.Name);
            return true;
        },
        cancellation);

    /// <summary>Makes this node, which leads, the holder of the sessions of nodes that are not there any more.</summary>
    /// <returns>Their rows. What should not outlive its connection is dropped.</returns>
    internal async Task<IReadOnlySet<long>> AdoptAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        if (!database.Nodes.IsLeader)
        {
            _composition = null;
            return new HashSet<long>();
        }

        // Nobody has gone since; but one that was slow to go may have written after it was missed.
        var composition = database.Nodes.Composition;
        if (ReferenceEquals(composition, _composition) && ++_looks % LooksOfRest != 0) return new HashSet<long>();
        using (var read = await database.ReadAsync(cancellation))
        {
            using var nodes = read.Prepare("SELECT DISTINCT node FROM mqtt_session");
            var isOrphaned = false;
            while (nodes.Step()) isOrphaned |= !database.Nodes.IsThere(nodes.Text(0));
            if (!isOrphaned)
            {
                _composition = composition;
                return new HashSet<long>();
            }
        }

        return await database.WriteAsync(session => Adopt(session, now), cancellation);
    }

    private HashSet<long> Adopt(WriteSession session, DateTimeOffset now)
    {
        // One that came since the last look holds what it has taken.
        database.Nodes.Look(session);
        var (kept, dropped) = (new HashSet<long>(), new List<long>());
        using (var all = session.Prepare("SELECT id, node, expiry_seconds FROM mqtt_session"))
            while (all.Step())
                if (database.Nodes.IsThere(all.Text(1))) continue;
                else if (all.Int64(2) > 0) kept.Add(all.Int64(0));
                else dropped.Add(all.Int64(0));
        using (var delete = session.Prepare(DeleteSession))
            foreach (var row in dropped) delete.Bind("@id", row).Execute();
        using var adopt = session.Prepare(AdoptSession);
        foreach (var row in kept)
            adopt.Bind("@id", row).Bind("@node", database.Nodes.Name).Bind("@now", Instant.From(now).UnixMicroseconds).Execute();
        return kept;
    }
}
