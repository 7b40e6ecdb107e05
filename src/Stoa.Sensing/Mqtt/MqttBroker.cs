using System.Collections.Concurrent;
using Stoa.Identity.Credentials;
using Stoa.Sensing.Mqtt.Connections;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sensing.Mqtt.Queues;
using Stoa.Sensing.Mqtt.Sessions;
using Stoa.Sensing.Mqtt.Spaces;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt;

/// <summary>What a SUBSCRIBE came to.</summary>
/// <param name="Reasons">One for each filter.</param>
/// <param name="Retained">What new subscriptions get at once, after the answer.</param>
/// <param name="Text">Why the first that was refused was.</param>
internal sealed record SubscribeOutcome(
    IReadOnlyList<ReasonCode> Reasons, IReadOnlyList<(Subscription Subscription, IEnumerable<Message> Messages)> Retained,
    string? Text);

/// <summary>The server behind all MQTT connections: sessions, and the way from packets to topic spaces and
/// back.</summary>
internal sealed class MqttBroker
{
    private readonly ITopicSpace[] _spaces;
    private readonly AccessPolicy _policy;
    private readonly Deliveries _deliveries;
    private readonly SharedGroups _groups = new();
    private readonly ConcurrentDictionary<Connection, bool> _connections = new();

    public MqttBroker(
        IEnumerable<ITopicSpace> spaces, AccessPolicy policy, Deliveries deliveries, SessionStore store, MqttOptions options, MqttMetrics metrics,
        TimeProvider time)
    {
        // What no other owns may be a pattern that was declared: last, so that those are never asked twice.
        _spaces = [.. spaces.OrderBy(space => space is DeclaredTopics)];
        (_policy, _deliveries) = (policy, deliveries);
        Store = store;
        Options = options;
        Metrics = metrics;
        Time = time;
        Sessions = new(this);
        Wills = new(this);
        metrics.CountSessions(() => Sessions.Count);
    }

    internal SessionStore Store { get; }

    internal MqttOptions Options { get; }

    internal MqttMetrics Metrics { get; }

    internal TimeProvider Time { get; }

    internal SessionList Sessions { get; }

    internal Wills Wills { get; }

    /// <summary>Open connections; others may come and go meanwhile.</summary>
    internal IEnumerable<Connection> Connections => _connections.Select(entry => entry.Key);

    internal void Add(Connection connection) => _connections.TryAdd(connection, true);

    internal MessageQueue NewQueue() => new(Options, Metrics);

    /// <summary>How long a session is kept: what the client wants, within what the operator allows.</summary>
    internal TimeSpan ExpiryOf(uint seconds)
    {
        var wanted = TimeSpan.FromSeconds(seconds);
        return wanted < Options.SessionExpiryMax ? wanted : Options.SessionExpiryMax;
    }

    /// <summary>Whether a message may still go to the owner of a session, by the snapshot in force.</summary>
    internal bool MayRead(Session session, Message message)
    {
        var scope = _policy.Read(session.Requester);
        return scope.Contains(message.Dataset) && (message.Sight is not { } sight || scope.Covers(sight));
    }

    /// <summary>A message has left for the owner of a session.</summary>
    internal void Sent(Session session, Message message, QualityOfService qos)
    {
        Metrics.Sent(qos);
        _deliveries.Count(session.Requester, message.Dataset, message.Payload.Span);
    }

    /// <summary>A message leaves by a bridge.</summary>
    internal void Bridged(Requester requester, Message message, string bridge)
    {
        Metrics.Bridged("out");
        _deliveries.Count(requester, message.Dataset, message.Payload.Span, $"mqtt bridge {bridge}");
    }

    /// <summary>Whether a message is still of use, and for how many seconds; null for ever.</summary>
    internal (bool IsUseful, uint? Seconds) TimeLeft(Message message)
    {
        if (message.Expires is not { } expires) return (true, null);
        var left = expires - Time.GetUtcNow();
        return left > TimeSpan.Zero ? (true, (uint)Math.Ceiling(left.TotalSeconds)) : (false, null);
    }

    /// <summary>Gives a publication to the space that owns its topic.</summary>
    internal ValueTask<PublishOutcome> PublishAsync(
        Publication publication, Requester requester, CancellationToken cancellation)
    {
        foreach (var space in _spaces)
            if (space.Owns(publication.Topic)) return space.PublishAsync(publication, requester, cancellation);
        return new(DeclaredTopics.NobodyListens);
    }

    /// <summary>Makes the subscriptions of one packet, durably where the session is.</summary>
    internal async ValueTask<SubscribeOutcome> SubscribeAsync(
        Session session, SubscribePacket packet, CancellationToken cancellation)
    {
        var reasons = new List<ReasonCode>();
        var retained = new List<(Subscription, IEnumerable<Message>)>();
        var stored = new List<StoredSubscription>();
        string? text = null;
        foreach (var request in packet.Requests)
        {
            var isNew = !session.HasSubscription(request.Filter);
            var subscription = new Subscription(session, request.Filter, request.Options, packet.Identifier);
            var (reason, why, space, filter) = await SubscribeAsync(subscription, isNew, cancellation);
            reasons.Add(reason);
            if (space is null)
            {
                text ??= why;
                Metrics.Refused("subscribe", reason);
                continue;
            }

            stored.Add(new(request.Filter, request.Options, packet.Identifier));
            // A shared subscription gets none, since nobody would know whose they are (MQTT 5, 4.8.2).
            var wants = request.Options.RetainHandling == 0 || (request.Options.RetainHandling == 1 && isNew);
            if (wants && !request.Filter.StartsWith(Topics.SharePrefix, StringComparison.Ordinal))
                retained.Add((subscription, space.Retained(filter)));
        }

        if (session.Row is { } row && stored.Count > 0) await Store.PutAsync(row, stored, cancellation);
        return new(reasons, retained, text);
    }

    /// <summary>Makes one subscription; the space is null when it was refused.</summary>
    internal async ValueTask<(ReasonCode Reason, string? Text, ITopicSpace? Space, string Filter)> SubscribeAsync(
        Subscription subscription, bool isNew, CancellationToken cancellation)
    {
        var session = subscription.Session;
        var refusal = Find(subscription, out var space, out var group, out var filter);
        if (refusal is { } reason) return (reason.Reason, reason.Text, null, filter);
        if (isNew && session.SubscriptionCount >= MqttLimits.SubscriptionsMax)
        {
            return (ReasonCode.QuotaExceeded,
                $"One client may have {MqttLimits.SubscriptionsMax} subscriptions. Use a wildcard, or another client.", null, filter);
        }

        var outcome = group is null
            ? await space!.SubscribeAsync(subscription, filter, cancellation)
            : await _groups.JoinAsync(
                subscription, group, filter, members => space!.SubscribeAsync(members, filter, cancellation));
        if (!outcome.TryGet(out var registration, out var problem))
            return (ReasonOf(problem), problem.Detail, null, filter);
        subscription.Registration = registration;
        var replaced = session.Put(subscription);
        if (replaced is null) Metrics.Subscribed(1);
        replaced?.Registration?.Dispose();
        return ((ReasonCode)subscription.Options.Qos, null, space, filter);
    }

    private (ReasonCode Reason, string Text)? Find(
        Subscription subscription, out ITopicSpace? space, out string? group, out string filter)
    {
        space = null;
        if (!Topics.TrySplitShared(subscription.Filter, out group, out filter) || !Topics.IsFilter(filter))
        {
            return (ReasonCode.TopicFilterInvalid,
                "This is no topic filter: # and + fill whole levels, # is last, and $share/{group}/{filter} names all three.");
        }

        if (group is not null && subscription.Requester.IsAnonymous)
            return (ReasonCode.NotAuthorized, "Sharing a subscription needs a token: a group belongs to those who hold the same one.");
        if (group is not null && subscription.Options.NoLocal)
            return (ReasonCode.ProtocolError, "A shared subscription cannot leave out its own messages.");
        foreach (var candidate in _spaces)
        {
            if (!candidate.Owns(filter)) continue;
            space = candidate;
            return null;
        }

        return (ReasonCode.TopicFilterInvalid, DeclaredTopics.NoSuchFilter.Detail);
    }

    /// <summary>Why a subscription brings nothing any more; null while it may bring something.</summary>
    internal Problem? WhyNot(Subscription subscription) =>
        Find(subscription, out var space, out _, out var filter) is null ? space?.WhyNot(subscription.Requester, filter) : null;

    private static ReasonCode ReasonOf(Problem problem) => problem.Status switch
    {
        401 or 403 or 404 => ReasonCode.NotAuthorized,
        429 => ReasonCode.QuotaExceeded,
        _ => ReasonCode.TopicFilterInvalid,
    };

    /// <summary>Lets a part of this program follow a filter as a client would, with the rights of its
    /// requester.</summary>
    internal ValueTask<Result<IDisposable>> FollowAsync(ISubscriber follower, string filter, CancellationToken cancellation)
    {
        foreach (var space in _spaces)
            if (space.Owns(filter)) return space.SubscribeAsync(follower, filter, cancellation);
        return new(Problem.NotFound());
    }

    /// <summary>Ends subscriptions.</summary>
    internal async ValueTask<IReadOnlyList<ReasonCode>> UnsubscribeAsync(
        Session session, IReadOnlyList<string> filters, CancellationToken cancellation)
    {
        var reasons = new List<ReasonCode>();
        foreach (var filter in filters)
        {
            var subscription = session.Remove(filter);
            subscription?.Registration?.Dispose();
            if (subscription is not null) Metrics.Subscribed(-1);
            reasons.Add(subscription is null ? ReasonCode.NoSubscriptionExisted : ReasonCode.Success);
        }

        if (session.Row is { } row) await Store.RemoveAsync(row, filters, cancellation);
        return reasons;
    }

    /// <summary>A connection has ended: its session waits or ends, its will is due.</summary>
    internal async Task DetachAsync(Connection connection, WillMessage? will)
    {
        var session = connection.Session;
        _connections.TryRemove(connection, out _);
        session.Detach();
        var isOver = session.Expiry == TimeSpan.Zero;
        if (will is not null)
        {
            var delay = isOver ? TimeSpan.Zero : TimeSpan.FromSeconds(will.DelaySeconds);
            Wills.Add(session, will, delay < session.Expiry ? delay : session.Expiry);
        }

        await Sessions.DetachedAsync(session);
    }

    /// <summary>Tells every client that the server stops; the web server then waits for them to end.</summary>
    internal void CloseAll()
    {
        foreach (var connection in Connections)
            connection.Close(ReasonCode.ServerShuttingDown, "The server stops. Connect again after a while.");
    }
}
