using System.Buffers;
using System.IO.Pipelines;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sensing.Mqtt.Queues;
using Stoa.Sensing.Mqtt.Sessions;

namespace Stoa.Sensing.Mqtt.Connections;

/// <summary>Everything that goes out on one connection: answers first, then messages as the client can take
/// them.</summary>
internal sealed class ConnectionWriter(
    PipeWriter output, ConnectPacket connect, Session session, MqttBroker broker)
{
    // What is written between two flushes: large enough to share system calls, small enough for a slow line.
    private const int FlushBytes = 32 * 1024;

    private readonly Lock _gate = new();
    private readonly Wake _wake = new();
    private readonly int _window = connect.Version == ProtocolVersion.V5
        ? Math.Min((int)connect.Properties.ReceiveMaximum, MqttLimits.InFlightMax)
        : MqttLimits.InFlightMax;
    private readonly int _aliasesMax = Math.Min((int)connect.Properties.TopicAliasMaximum, MqttLimits.TopicAliasesMax);
    private Queue<Waiting>? _answers;
    private Dictionary<string, ushort>? _aliases;
    private volatile bool _isEnding;

    /// <summary>Puts an acknowledgement into the line of answers; false when the line is full.</summary>
    internal bool Answer(in AcknowledgementPacket packet) => Queue(new(packet, null));

    /// <summary>Puts a ready packet into the line of answers; false when the line is full.</summary>
    internal bool Answer(byte[] packet) => Queue(new(default, packet));

    private bool Queue(in Waiting answer)
    {
        lock (_gate)
        {
            _answers ??= [];
            if (_answers.Count >= MqttLimits.AnswersMax) return false;
            _answers.Enqueue(answer);
        }

        _wake.Set();
        return true;
    }

    /// <summary>There is something to send.</summary>
    internal void HasMessages() => _wake.Set();

    /// <summary>Sends the answers that wait, no further message, and ends.</summary>
    internal void End()
    {
        _isEnding = true;
        _wake.Set();
    }

    /// <summary>Writes until <see cref="End"/>, or until the client is gone.</summary>
    internal async Task RunAsync()
    {
        while (true)
        {
            var isEnding = _isEnding;
            var written = WriteAnswers();
            while (!isEnding && written < FlushBytes)
            {
                var bytes = WriteMessage();
                if (bytes < 0) break;
                written += bytes;
            }

            if (written == 0)
            {
                if (isEnding) return;
                await _wake.WaitAsync();
                continue;
            }

            if ((await output.FlushAsync()).IsCompleted) return;
        }
    }

    private int WriteAnswers()
    {
        var written = 0;
        while (written < FlushBytes)
        {
            Waiting answer;
            lock (_gate)
            {
                if (_answers is null || !_answers.TryDequeue(out answer)) return written;
            }

            if (answer.Packet is { } packet) output.Write(packet);
            else PacketEncoder.Acknowledge(output, connect.Version, WithoutReason(answer.Acknowledgement));
            written += answer.Packet?.Length ?? 4;
        }

        return written;
    }

    // The client may not want reasons spelled out (MQTT 5, 3.1.2.11.7).
    private AcknowledgementPacket WithoutReason(in AcknowledgementPacket packet) =>
        connect.Properties.WantsReasons ? packet : packet with { Text = null };

    /// <summary>Bytes written; 0 when a message was left out; -1 when there is none.</summary>
    private int WriteMessage()
    {
        if (!session.Queue.TryTake(_window, out var delivery)) return -1;
        var (outgoing, id, isDuplicate, isRelease) = delivery;
        if (isRelease)
        {
            PacketEncoder.Acknowledge(
                output, connect.Version, new(PacketType.PublishRelease, id, ReasonCode.Success));
            return 4;
        }

        var message = outgoing.Message;
        var (isUseful, seconds) = broker.TimeLeft(message);
        if (!isUseful) return LeaveOut(id, "expired");
        if (!broker.MayRead(session, message)) return LeaveOut(id, "right_withdrawn");
        // The most used client for browsers forgets the alias of a QoS 2 message before it hands the message over.
        var (alias, isKnown) = outgoing.Qos == QualityOfService.ExactlyOnce ? default : AliasOf(message.Topic);
        var form = new PublishForm(connect.Version, outgoing.Qos)
        {
            PacketId = id, Retain = outgoing.Retain, IsDuplicate = isDuplicate,
            SubscriptionIdentifier = outgoing.Identifier, Alias = alias, IsTopicKnown = isKnown, ExpirySeconds = seconds,
        };
        var bytes = PublishEncoder.Write(output, message, form, connect.Properties.MaximumPacketBytes);
        if (bytes == 0)
        {
            if (alias > 0 && !isKnown) _aliases!.Remove(message.Topic);
            return LeaveOut(id, "too_large_for_client");
        }

        broker.Sent(session, message, outgoing.Qos);
        return bytes;
    }

    private int LeaveOut(ushort packetId, string cause)
    {
        if (packetId > 0) session.Queue.Abandon(packetId);
        broker.Metrics.Dropped(cause);
        return 0;
    }

    /// <summary>The first topics get an alias while there are any; a city's devices follow few topics each.</summary>
    private (ushort Alias, bool IsKnown) AliasOf(string topic)
    {
        if (_aliasesMax == 0) return (0, false);
        _aliases ??= new(StringComparer.Ordinal);
        if (_aliases.TryGetValue(topic, out var alias)) return (alias, true);
        if (_aliases.Count >= _aliasesMax) return (0, false);
        alias = (ushort)(_aliases.Count + 1);
        _aliases.Add(topic, alias);
        return (alias, false);
    }

    private readonly record struct Waiting(AcknowledgementPacket Acknowledgement, byte[]? Packet);
}
