using Stoa.Sensing.Mqtt.Packets;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.Sessions;

/// <summary>A session as it stood before a restart.</summary>
internal sealed record StoredSession(long Row, TokenId Token, string ClientId, TimeSpan Expiry, DateTimeOffset? Disconnected)
{
    internal List<StoredSubscription> Subscriptions { get; } = [];

    internal List<ushort> Receipts { get; } = [];
}

/// <summary>A subscription as it stood before a restart.</summary>
internal readonly record struct StoredSubscription(string Filter, SubscriptionOptions Options, int Identifier);

/// <summary>The part of sessions that survives a restart: that they exist, their subscriptions, receipts of QoS
/// 2.</summary>
internal sealed partial class SessionStore(Database database)
{
    private const string InsertSession =
        """
        INSERT INTO mqtt_session (token_id, client_id, expiry_seconds)
        VALUES (@token, @client, @expiry)
        RETURNING id
        """;

    private const string SetExpiry =
        """
        UPDATE mqtt_session
        SET    expiry_seconds = @expiry, disconnected = @disconnected
        WHERE  id = @id
        """;

    private const string DeleteSession =
        """
        DELETE FROM mqtt_session
        WHERE  id = @id
        """;

    private const string PutSubscription =
        """
        INSERT INTO mqtt_subscription (session_id, filter, options, identifier)
        VALUES (@session, @filter, @options, @identifier)
        ON CONFLICT (session_id, filter) DO UPDATE SET options = excluded.options, identifier = excluded.identifier
        """;

    private const string DeleteSubscription =
        """
        DELETE FROM mqtt_subscription
        WHERE  session_id = @session
          AND  filter = @filter
        """;

    private const string DeleteReceipt =
        """
        DELETE FROM mqtt_receipt
        WHERE  session_id = @session
          AND  packet_id = @packet
        """;

    /// <summary>Whether other nodes hold sessions too.</summary>
    internal bool IsShared => database.Nodes.AreMany;

    internal Task<long> AddAsync(SessionKey key, TimeSpan expiry, CancellationToken cancellation) =>
        database.WriteAsync(
            session =>
            {
                using var insert = session.Prepare(InsertSession);
                insert.Bind("@token", key.Token.Value).Bind("@client", key.ClientId)
                    .Bind("@expiry", (long)expiry.TotalSeconds).Step();
                return insert.Int64(0);
            },
            cancellation);

    /// <summary>Notes how long the session is kept, and since when nobody is connected.</summary>
    internal Task UpdateAsync(long row, TimeSpan expiry, DateTimeOffset? disconnected, CancellationToken cancellation) =>
        database.WriteAsync(
            session =>
            {
                using var update = PrepareHeld(session, SetExpiry);
                return update.Bind("@id", row).Bind("@expiry", (long)expiry.TotalSeconds)
                    .Bind("@disconnected", disconnected is { } time ? Instant.From(time).UnixMicroseconds : null)
                    .Execute();
            },
            cancellation);

    internal Task RemoveAsync(long row, CancellationToken cancellation) =>
        database.WriteAsync(
            session =>
            {
                using var delete = PrepareHeld(session, DeleteSession);
                return delete.Bind("@id", row).Execute();
            },
            cancellation);

    // A node that has lost a session to another one changes nothing of it any more.
    private Statement PrepareHeld(WriteSession session, string sql) =>
        IsShared ? session.Prepare(sql + " AND node = @node").Bind("@node", database.Nodes.Name) : session.Prepare(sql);

    internal Task PutAsync(long row, IReadOnlyList<StoredSubscription> subscriptions, CancellationToken cancellation) =>
        database.WriteAsync(
            session =>
            {
                using var put = session.Prepare(PutSubscription);
                foreach (var (filter, options, identifier) in subscriptions)
                    put.Bind("@session", row).Bind("@filter", filter).Bind("@options", (long)options.Bits)
                        .Bind("@identifier", identifier == 0 ? null : (long?)identifier).Execute();
                return subscriptions.Count;
            },
            cancellation);

    internal Task RemoveAsync(long row, IReadOnlyList<string> filters, CancellationToken cancellation) =>
        database.WriteAsync(
            session =>
            {
                using var delete = session.Prepare(DeleteSubscription);
                foreach (var filter in filters) delete.Bind("@session", row).Bind("@filter", filter).Execute();
                return filters.Count;
            },
            cancellation);

    /// <summary>Forgets the receipt of a publication that its client has released; ends after the commit.</summary>
    internal Task ReleaseAsync(ReceiptKey key, CancellationToken cancellation) =>
        database.WriteAsync(
            session =>
            {
                using var delete = session.Prepare(DeleteReceipt);
                return delete.Bind("@session", key.Session).Bind("@packet", (long)key.PacketId).Execute();
            },
            cancellation);

    internal async Task<IReadOnlyList<StoredSession>> LoadAsync(CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(
            "SELECT id, token_id, client_id, expiry_seconds, disconnected FROM mqtt_session ORDER BY id");
        var sessions = new Dictionary<long, StoredSession>();
        while (select.Step())
        {
            DateTimeOffset? left = select.Int64OrNull(4) is { } time ? new Instant(time).ToDateTimeOffset() : null;
            var row = select.Int64(0);
            sessions.Add(row, new(row, new(select.Int64(1)), select.Text(2), TimeSpan.FromSeconds(select.Int64(3)), left));
        }

        ReadLists(read, sessions);
        return [.. sessions.Values];
    }

    private static void ReadLists(Storage.Session read, Dictionary<long, StoredSession> sessions)
    {
        var one = sessions.Count == 1 ? " WHERE session_id = @session" : "";
        using (var subscriptions = read.Prepare("SELECT session_id, filter, options, identifier FROM mqtt_subscription" + one))
        {
            if (one.Length > 0) subscriptions.Bind("@session", sessions.Keys.First());
            while (subscriptions.Step())
                if (sessions.TryGetValue(subscriptions.Int64(0), out var session))
                    session.Subscriptions.Add(new(
                        subscriptions.Text(1), new((byte)subscriptions.Int64(2)), (int)(subscriptions.Int64OrNull(3) ?? 0)));
        }

        using var receipts = read.Prepare("SELECT session_id, packet_id FROM mqtt_receipt" + one);
        if (one.Length > 0) receipts.Bind("@session", sessions.Keys.First());
        while (receipts.Step())
            if (sessions.TryGetValue(receipts.Int64(0), out var session)) session.Receipts.Add((ushort)receipts.Int64(1));
    }
}
