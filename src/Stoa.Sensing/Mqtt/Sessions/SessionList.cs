using System.Collections.Concurrent;
using Stoa.Identity.Credentials;
using Stoa.Sensing.Mqtt.Connections;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.Sessions;

/// <summary>Every session that somebody could continue, and the ways in and out of it.</summary>
internal sealed class SessionList(MqttBroker broker)
{
    // Who opens, continues and ends the same session waits in line; so many lines that others seldom meet.
    private const int Lines = 256;

    private readonly ConcurrentDictionary<SessionKey, Session> _sessions = new();
    private readonly SemaphoreSlim[] _lines = [.. Enumerable.Range(0, Lines).Select(_ => new SemaphoreSlim(1, 1))];

    internal int Count => _sessions.Count;

    internal ICollection<Session> All => _sessions.Values;

    /// <summary>The session for a client that connects: continued or new. A connection that holds it is ended
    /// first.</summary>
    /// <param name="connect">Its CONNECT.</param>
    /// <param name="clientId">Chosen or assigned.</param>
    /// <param name="requester">Who it is.</param>
    /// <param name="attach">Makes the connection while nobody else can take the session.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>A problem when there are too many sessions.</returns>
    internal async Task<Result<Connection>> OpenAsync(
        ConnectPacket connect, string clientId, Requester requester, Func<Session, bool, Connection> attach,
        CancellationToken cancellation)
    {
        var expiry = broker.ExpiryOf(connect.SessionExpirySeconds);
        if (requester.Token is not { } token)
            return Attach(new(clientId, requester, broker.NewQueue()), false, attach);
        var key = new SessionKey(token, clientId);
        var line = LineOf(key);
        await line.WaitAsync(cancellation);
        try
        {
            var session = await TakeOverAsync(key);
            if (expiry > TimeSpan.Zero && session is null && _sessions.Count >= broker.Options.SessionsMax) return TooMany;
            long? hold = null;
            if (broker.Store.IsShared) (session, hold) = await ClaimAsync(key, session, requester, expiry, connect.IsCleanStart, cancellation);
            else if (session is not null && connect.IsCleanStart)
            {
                await EndAsync(session);
                session = null;
            }

            var isPresent = session is not null;
            if (session is null)
            {
                session = new(clientId, requester, broker.NewQueue());
                if (hold is null && expiry > TimeSpan.Zero) session.Row = await broker.Store.AddAsync(key, expiry, cancellation);
                _sessions[key] = session;
            }
            else if (hold is null && session.Row is { } row)
            {
                await broker.Store.UpdateAsync(row, expiry, null, cancellation);
            }

            if (hold is not null) (session.Hold, session.Row) = (hold, expiry > TimeSpan.Zero ? hold : null);
            session.Requester = requester;
            session.Expiry = expiry;
            broker.Wills.Cancel(session);
            return Attach(session, isPresent, attach);
        }
        finally
        {
            line.Release();
        }
    }

    private static Problem TooMany { get; } = new(
        429, "too-many-requests", "Too many sessions", "The server keeps no further session. Connect with session expiry 0.");

    private static Connection Attach(Session session, bool isPresent, Func<Session, bool, Connection> attach)
    {
        var connection = attach(session, isPresent);
        session.Attach(connection);
        return connection;
    }

    private async Task<Session?> TakeOverAsync(SessionKey key)
    {
        if (_sessions.TryGetValue(key, out var session) && session.Connection is { } other)
        {
            other.Close(ReasonCode.SessionTakenOver, "Another client connected with the same token and client identifier.");
            await other.Detached;
        }

        return _sessions.GetValueOrDefault(key);
    }

    // Of several nodes one serves a client: its row says which. What another node held is continued from what is stored.
    private async Task<(Session? Session, long Hold)> ClaimAsync(
        SessionKey key, Session? session, Requester requester, TimeSpan expiry, bool isClean, CancellationToken cancellation)
    {
        var claim = await broker.Store.ClaimAsync(key, expiry, isClean, broker.Time.GetUtcNow(), cancellation);
        if (session is not null && (claim.Stored is null || session.Hold != claim.Row || !broker.Store.IsHere(claim.Holder)))
        {
            Drop(session);
            session = null;
        }

        if (session is null && claim.Stored is { } stored)
        {
            session = Session.Restored(stored, requester, broker.NewQueue(), broker.Time.GetUtcNow() + expiry);
            await ContinueAsync(key, session, stored, cancellation);
        }

        return (session, claim.Row);
    }

    private async Task ContinueAsync(SessionKey key, Session session, StoredSession stored, CancellationToken cancellation)
    {
        _sessions[key] = session;
        foreach (var (filter, options, identifier) in stored.Subscriptions)
            await broker.SubscribeAsync(new Subscription(session, filter, options, identifier), true, cancellation);
    }

    /// <summary>Lets go of the sessions that other nodes have taken.</summary>
    internal async Task LetGoAsync(CancellationToken cancellation)
    {
        if (!broker.Store.IsShared) return;
        foreach (var key in await broker.Store.TakenAsync(cancellation))
        {
            var line = LineOf(key);
            await line.WaitAsync(cancellation);
            try
            {
                if (await TakeOverAsync(key) is { } session)
                {
                    broker.Wills.Cancel(session);
                    Drop(session);
                }

                await broker.Store.LetGoAsync(key, cancellation);
            }
            finally
            {
                line.Release();
            }
        }
    }

    /// <summary>Continues the sessions of nodes that are gone, when this node leads.</summary>
    internal async Task AdoptAsync(CredentialCheck credentials, CancellationToken cancellation)
    {
        if (!broker.Store.IsShared) return;
        var rows = await broker.Store.AdoptAsync(broker.Time.GetUtcNow(), cancellation);
        if (rows.Count > 0) await RestoreAsync(credentials, rows.Contains, cancellation);
    }

    // Ends it here; its row is another node's.
    private void Drop(Session session)
    {
        var subscriptions = session.End();
        foreach (var subscription in subscriptions) subscription.Registration?.Dispose();
        broker.Metrics.Subscribed(-subscriptions.Count);
        if (session.Key is { } key) _sessions.TryRemove(new(key, session));
    }

    /// <summary>The connection of a session has ended.</summary>
    internal async Task DetachedAsync(Session session)
    {
        if (session.Expiry == TimeSpan.Zero)
        {
            await EndAsync(session);
            return;
        }

        var now = broker.Time.GetUtcNow();
        session.Ends = now + session.Expiry;
        if (session.Row is { } row)
            await TryStoreAsync(() => broker.Store.UpdateAsync(row, session.Expiry, now, CancellationToken.None));
    }

    /// <summary>Ends a session for good: its subscriptions, its messages, its row.</summary>
    internal async Task EndAsync(Session session)
    {
        Drop(session);
        if ((session.Row ?? session.Hold) is { } row) await TryStoreAsync(() => broker.Store.RemoveAsync(row, CancellationToken.None));
    }

    // The row is read again at the next start alone; when the disk fails then, the session lasts longer than it should.
    private static async Task TryStoreAsync(Func<Task> store)
    {
        try
        {
            await store();
        }
        catch (StorageException)
        {
            // Counted and logged by the storage itself; the client is gone and cannot be told.
        }
    }

    /// <summary>Ends the sessions that nobody came back to.</summary>
    internal async Task ExpireAsync(DateTimeOffset now)
    {
        foreach (var (key, session) in _sessions)
        {
            if (session.Ends is not { } ends || ends > now) continue;
            var line = LineOf(key);
            await line.WaitAsync();
            try
            {
                if (session.Connection is null && session.Ends <= now) await EndAsync(session);
            }
            finally
            {
                line.Release();
            }
        }
    }

    /// <summary>Brings back what was there before the restart.</summary>
    internal Task RestoreAsync(CredentialCheck credentials, CancellationToken cancellation) =>
        broker.Store.IsShared ? AdoptAsync(credentials, cancellation) : RestoreAsync(credentials, _ => true, cancellation);

    private async Task RestoreAsync(CredentialCheck credentials, Func<long, bool> isMeant, CancellationToken cancellation)
    {
        var now = broker.Time.GetUtcNow();
        var holders = new Dictionary<TokenId, Requester?>();
        foreach (var stored in await broker.Store.LoadAsync(cancellation))
        {
            if (!isMeant(stored.Row)) continue;
            if (!holders.TryGetValue(stored.Token, out var requester))
                holders[stored.Token] = requester = (await credentials.RecallAsync(stored.Token, cancellation))?.Requester;
            // After a crash nobody noted when the connection ended: the time counts from now.
            var ends = (stored.Disconnected ?? now) + stored.Expiry;
            if (requester is null || ends <= now)
            {
                await broker.Store.RemoveAsync(stored.Row, cancellation);
                continue;
            }

            var session = Session.Restored(stored, requester, broker.NewQueue(), ends);
            if (broker.Store.IsShared) session.Hold = stored.Row;
            await ContinueAsync(new(stored.Token, stored.ClientId), session, stored, cancellation);
        }
    }

    private SemaphoreSlim LineOf(SessionKey key) => _lines[(uint)key.GetHashCode() % Lines];
}
