using System.Globalization;
using System.Text;
using Stoa.Identity.Credentials;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.Spaces;

/// <summary>Counters of the server under <c>$SYS/broker/…</c>, for administrators alone.</summary>
internal sealed class SystemTopics(MqttMetrics metrics, TimeProvider time) : ITopicSpace
{
    // Belongs to no dataset, so that only those who may read everything get it.
    private static readonly DatasetId Nobody = new(0);

    private readonly TopicTree<ISubscriber> _subscribers = new();
    private readonly long _started = time.GetTimestamp();

    /// <inheritdoc/>
    public bool Owns(ReadOnlySpan<char> topic) => topic.StartsWith("$SYS/");

    /// <inheritdoc/>
    public ValueTask<PublishOutcome> PublishAsync(
        Publication publication, Requester requester, CancellationToken cancellation) =>
        new(new PublishOutcome(ReasonCode.NotAuthorized, "The server alone publishes below $SYS."));

    /// <inheritdoc/>
    public ValueTask<Result<IDisposable>> SubscribeAsync(
        ISubscriber subscriber, string filter, CancellationToken cancellation)
    {
        if (!subscriber.Requester.IsAdministrator) return new(Refusals.AdministratorRequired);
        _subscribers.Add(filter, subscriber);
        return new(Result<IDisposable>.Of(new Registration(_subscribers, filter, subscriber)));
    }

    /// <inheritdoc/>
    public IEnumerable<Message> Retained(string filter) =>
        Values().Where(message => Topics.Matches(filter, message.Topic));

    /// <summary>Tells those who follow.</summary>
    internal void Publish()
    {
        if (_subscribers.IsEmpty) return;
        foreach (var message in Values())
        {
            _subscribers.ForEachMatch(message.Topic, subscriber =>
            {
                if (!subscriber.Requester.IsAdministrator) return false;
                subscriber.Deliver(message);
                return true;
            });
        }
    }

    private IEnumerable<Message> Values() =>
    [
        Of("uptime", (long)time.GetElapsedTime(_started).TotalSeconds),
        Of("clients/connected", metrics.Connections),
        Of("subscriptions/count", metrics.Subscriptions),
        Of("messages/received", metrics.ReceivedCount),
        Of("messages/sent", metrics.SentCount),
        Of("messages/dropped", metrics.DroppedCount),
        Of("messages/queued", metrics.QueuedMessages),
    ];

    private static Message Of(string name, long value) =>
        new("$SYS/broker/" + name, Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)), Nobody);

    private sealed class Registration(TopicTree<ISubscriber> tree, string filter, ISubscriber subscriber) : IDisposable
    {
        public void Dispose() => tree.Remove(filter, subscriber);
    }
}
