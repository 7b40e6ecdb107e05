using Stoa.Identity.Credentials;
using Stoa.Sensing.Mqtt.Connections;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sensing.Mqtt.Queues;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.Sessions;

/// <summary>Who may continue a session: the token that began it, and the client identifier it chose.</summary>
/// <remarks>So one token can never take over, empty or watch the session of another, whatever client identifier it
/// sends.</remarks>
internal readonly record struct SessionKey(TokenId Token, string ClientId);

/// <summary>What the server keeps of one client: subscriptions, messages, packet identifiers (MQTT 5, 4.1).</summary>
/// <remarks>Attached to one connection at most. Its lists are guarded here; the queue guards itself.</remarks>
internal sealed class Session
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Subscription> _subscriptions = new(StringComparer.Ordinal);
    private readonly HashSet<ushort> _received = [];
    private volatile Requester _requester;
    private volatile Connection? _connection;
    private volatile bool _isEnded;

    internal Session(string clientId, Requester requester, MessageQueue queue)
    {
        ClientId = clientId;
        _requester = requester.By(WayOut.Subscription);
        Key = requester.Token is { } token ? new(token, clientId) : null;
        Queue = queue;
    }

    /// <summary>Chosen by the client or assigned.</summary>
    internal string ClientId { get; }

    /// <summary>Null for an anonymous client: its session is its connection's alone and nobody can continue
    /// it.</summary>
    internal SessionKey? Key { get; }

    /// <summary>Row in the database; null while the session ends with its connection.</summary>
    internal long? Row { get; set; }

    /// <summary>Row by which this node holds it among several nodes; the same as <see cref="Row"/> where that is not null.</summary>
    internal long? Hold { get; set; }

    /// <summary>How long it outlives its connection.</summary>
    internal TimeSpan Expiry { get; set; }

    /// <summary>When it ends if nobody comes; null while connected.</summary>
    internal DateTimeOffset? Ends { get; set; }

    /// <summary>Messages for the client.</summary>
    internal MessageQueue Queue { get; }

    /// <summary>Who the client is, as the token stands now.</summary>
    internal Requester Requester
    {
        get => _requester;
        set => _requester = value.By(WayOut.Subscription);
    }

    /// <summary>The connection; null while the client is away.</summary>
    internal Connection? Connection => _connection;

    /// <summary>Subscriptions in force.</summary>
    internal IReadOnlyList<Subscription> Subscriptions
    {
        get
        {
            lock (_gate) return [.. _subscriptions.Values];
        }
    }

    internal int SubscriptionCount
    {
        get
        {
            lock (_gate) return _subscriptions.Count;
        }
    }

    internal bool HasSubscription(string filter)
    {
        lock (_gate) return _subscriptions.ContainsKey(filter);
    }

    internal void Attach(Connection connection)
    {
        Ends = null;
        Queue.Resume();
        _connection = connection;
    }

    internal void Detach()
    {
        _connection = null;
        Queue.Suspend();
    }

    /// <summary>Puts a subscription in place of one with the same filter.</summary>
    /// <returns>The one replaced, to be ended; or the new one itself when the session has ended meanwhile.</returns>
    internal Subscription? Put(Subscription subscription)
    {
        lock (_gate)
        {
            if (_isEnded) return subscription;
            _subscriptions.Remove(subscription.Filter, out var before);
            _subscriptions.Add(subscription.Filter, subscription);
            return before;
        }
    }

    /// <summary>Takes a subscription away; null when there is none.</summary>
    internal Subscription? Remove(string filter)
    {
        lock (_gate) return _subscriptions.Remove(filter, out var subscription) ? subscription : null;
    }

    /// <summary>Ends everything; nothing is delivered any more.</summary>
    internal IReadOnlyList<Subscription> End()
    {
        lock (_gate)
        {
            _isEnded = true;
            Subscription[] all = [.. _subscriptions.Values];
            _subscriptions.Clear();
            Queue.Close();
            return all;
        }
    }

    /// <summary>Takes a message for the client; never waits.</summary>
    internal void Offer(in Outgoing outgoing)
    {
        if (_isEnded) return;
        var connection = _connection;
        if (Queue.Offer(outgoing, connection is not null)) connection?.HasMessages();
    }

    /// <summary>Notes a QoS 2 publication; false when the client has sent it before and not released it.</summary>
    internal bool TryReceive(ushort packetId)
    {
        lock (_gate) return _received.Add(packetId);
    }

    /// <summary>Forgets a QoS 2 publication; false when there is none.</summary>
    internal bool Release(ushort packetId)
    {
        lock (_gate) return _received.Remove(packetId);
    }

    internal bool HasReceived(ushort packetId)
    {
        lock (_gate) return _received.Contains(packetId);
    }

    /// <summary>How many QoS 2 publications are not released.</summary>
    internal int ReceivedCount
    {
        get
        {
            lock (_gate) return _received.Count;
        }
    }

    /// <summary>As stored before a restart.</summary>
    internal static Session Restored(
        StoredSession stored, Requester requester, MessageQueue queue, DateTimeOffset ends)
    {
        var session = new Session(stored.ClientId, requester, queue)
        {
            Row = stored.Row, Expiry = stored.Expiry, Ends = ends,
        };
        foreach (var id in stored.Receipts) session._received.Add(id);
        return session;
    }
}
