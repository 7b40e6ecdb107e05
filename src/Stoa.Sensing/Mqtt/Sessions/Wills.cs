using System.Collections.Concurrent;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Storage;

namespace Stoa.Sensing.Mqtt.Sessions;

/// <summary>Wills that wait for their time (MQTT 5, 3.1.3.2.2). They do not survive a restart.</summary>
internal sealed class Wills(MqttBroker broker)
{
    private readonly ConcurrentDictionary<Session, DueWill> _waiting = new();

    /// <summary>Publishes after the delay, unless the session is continued before.</summary>
    internal void Add(Session session, WillMessage will, TimeSpan delay) =>
        _waiting[session] = new(will, broker.Time.GetUtcNow() + delay);

    /// <summary>The client is back.</summary>
    internal void Cancel(Session session) => _waiting.TryRemove(session, out _);

    /// <summary>Publishes what is due.</summary>
    internal async Task PublishDueAsync(DateTimeOffset now)
    {
        foreach (var (session, due) in _waiting)
        {
            if (due.At > now || !_waiting.TryRemove(new(session, due))) continue;
            var will = due.Will;
            var publication = new Publication(will.Topic, will.Payload, will.Qos, will.Properties) { Retain = will.Retain };
            try
            {
                // With the rights of now, not with those of when the client connected.
                var outcome = await broker.PublishAsync(publication, session.Requester, CancellationToken.None);
                if (!outcome.IsAccepted) broker.Metrics.Refused("will", outcome.Reason);
            }
            catch (StorageException)
            {
                broker.Metrics.Refused("will", ReasonCode.ServerBusy);
            }
        }
    }

    private sealed record DueWill(WillMessage Will, DateTimeOffset At);
}
