using Stoa.Identity.Credentials;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sensing.Mqtt.Queues;

namespace Stoa.Sensing.Mqtt.Sessions;

/// <summary>One subscription of one client.</summary>
/// <param name="session">Whose it is.</param>
/// <param name="filter">As the client wrote it, <c>$share/…</c> included.</param>
/// <param name="options">QoS, no local, retain as published, retain handling.</param>
/// <param name="identifier">What the client wants to see in the messages; 0 for none.</param>
internal sealed class Subscription(Session session, string filter, SubscriptionOptions options, int identifier)
    : ISubscriber
{
    internal Session Session => session;

    internal string Filter => filter;

    internal SubscriptionOptions Options => options;

    internal int Identifier => identifier;

    /// <summary>The right to follow was withdrawn, and this was said; used by the watch alone.</summary>
    internal bool IsCut { get; set; }

    /// <summary>Ends the flow of messages.</summary>
    internal IDisposable? Registration { get; set; }

    /// <inheritdoc/>
    public Requester Requester => session.Requester;

    /// <inheritdoc/>
    public void Deliver(Message message)
    {
        if (options.NoLocal && ReferenceEquals(message.Publisher, session)) return;
        session.Offer(Of(message, isRetained: false));
    }

    /// <summary>A retained message, for the subscription just made: the flag says so (MQTT 5, 3.3.1.3).</summary>
    internal void DeliverRetained(Message message) => session.Offer(Of(message, isRetained: true));

    private Outgoing Of(Message message, bool isRetained) => new(
        message, message.Qos < options.Qos ? message.Qos : options.Qos,
        isRetained || (options.RetainAsPublished && message.Retain), identifier);
}
