using System.Diagnostics.Metrics;

namespace Stoa.Sensing.Mqtt;

/// <summary>What the MQTT server counts.</summary>
internal sealed class MqttMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _disconnected;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _bridged;
    private readonly KeyValuePair<string, object?>[] _qos =
        [new("qos", "0"), new("qos", "1"), new("qos", "2")];

    private long _receivedCount;
    private long _sentCount;
    private long _droppedCount;
    private int _connections;
    private int _subscriptions;
    private long _queuedMessages;
    private long _queuedBytes;

    public MqttMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("Stoa.Sensing.Mqtt");
        _received = _meter.CreateCounter<long>("stoa.mqtt.received", description: "Publications of clients, by QoS.");
        _sent = _meter.CreateCounter<long>("stoa.mqtt.sent", description: "Messages sent to clients, by QoS.");
        _dropped = _meter.CreateCounter<long>(
            "stoa.mqtt.dropped", description: "Messages that a client did not get, by cause.");
        _refused = _meter.CreateCounter<long>(
            "stoa.mqtt.refused", description: "Connections, publications and subscriptions refused, by packet and reason.");
        _disconnected = _meter.CreateCounter<long>(
            "stoa.mqtt.disconnected", description: "Connections that the server ended, by reason.");
        _bridged = _meter.CreateCounter<long>("stoa.mqtt.bridged", description: "Messages through bridges, by direction.");
        _failed = _meter.CreateCounter<long>(
            "stoa.mqtt.failed", description: "Connections and publications that met an unexpected error; the log tells it.");
        _meter.CreateObservableGauge("stoa.mqtt.connections", () => _connections, description: "Clients connected.");
        _meter.CreateObservableGauge("stoa.mqtt.subscriptions", () => _subscriptions, description: "Subscriptions in force.");
        _meter.CreateObservableGauge("stoa.mqtt.queue.messages", () => QueuedMessages, description: "Messages waiting for clients.");
        _meter.CreateObservableGauge("stoa.mqtt.queue", () => QueuedBytes, "By", "Bytes waiting for clients.");
    }

    internal int Connections => Volatile.Read(ref _connections);

    internal int Subscriptions => Volatile.Read(ref _subscriptions);

    internal long QueuedMessages => Interlocked.Read(ref _queuedMessages);

    internal long QueuedBytes => Interlocked.Read(ref _queuedBytes);

    internal long ReceivedCount => Interlocked.Read(ref _receivedCount);

    internal long SentCount => Interlocked.Read(ref _sentCount);

    internal long DroppedCount => Interlocked.Read(ref _droppedCount);

    internal void CountSessions(Func<int> sessions) =>
        _meter.CreateObservableGauge("stoa.mqtt.sessions", sessions, description: "Sessions kept beyond their connection.");

    internal void CountRetained(Func<int> retained) =>
        _meter.CreateObservableGauge("stoa.mqtt.retained", retained, description: "Retained messages.");

    internal int Connected() => Interlocked.Increment(ref _connections);

    internal void Left() => Interlocked.Decrement(ref _connections);

    internal void Subscribed(int count) => Interlocked.Add(ref _subscriptions, count);

    internal void Queued(int messages, long bytes)
    {
        Interlocked.Add(ref _queuedMessages, messages);
        Interlocked.Add(ref _queuedBytes, bytes);
    }

    internal void Received(QualityOfService qos)
    {
        Interlocked.Increment(ref _receivedCount);
        _received.Add(1, _qos[(int)qos]);
    }

    internal void Sent(QualityOfService qos)
    {
        Interlocked.Increment(ref _sentCount);
        _sent.Add(1, _qos[(int)qos]);
    }

    internal void Dropped(string cause)
    {
        Interlocked.Increment(ref _droppedCount);
        _dropped.Add(1, new KeyValuePair<string, object?>("cause", cause));
    }

    internal void Refused(string packet, ReasonCode reason) =>
        _refused.Add(1, new("packet", packet), new("reason", reason.ToString()));

    internal void Disconnected(ReasonCode reason) =>
        _disconnected.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    internal void Bridged(string direction) => _bridged.Add(1, new KeyValuePair<string, object?>("direction", direction));

    internal void Failed() => _failed.Add(1);

    public void Dispose() => _meter.Dispose();
}
