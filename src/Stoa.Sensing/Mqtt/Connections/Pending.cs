using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sensing.Mqtt.Queues;
using Stoa.Storage;

namespace Stoa.Sensing.Mqtt.Connections;

/// <summary>Publications of one connection that were begun and wait for their commit; answered in their order (MQTT 5,
/// 4.6).</summary>
/// <remarks>Many wait at once, so that one client fills a whole group commit. When the place is used up the connection
/// stops
/// reading; the client then feels the speed of the disk.</remarks>
internal sealed class Pending(Connection connection)
{
    private readonly Lock _gate = new();
    private readonly Queue<Entry> _entries = [];
    private readonly Wake _room = new();
    private Task _answering = Task.CompletedTask;
    private bool _isAnswering;
    private bool _hasFailed;

    /// <summary>Ends when nothing waits any more.</summary>
    internal Task Completion
    {
        get
        {
            lock (_gate) return _answering;
        }
    }

    /// <summary>Adds one, waiting for a place.</summary>
    internal async ValueTask AddAsync(PacketType type, ushort packetId, QualityOfService qos, ValueTask<PublishOutcome> work)
    {
        // Without a turn in the line it can be answered where it stands.
        lock (_gate)
        {
            if (!work.IsCompletedSuccessfully || _isAnswering)
            {
                _entries.Enqueue(new(type, packetId, qos, work));
                if (!_isAnswering)
                {
                    _isAnswering = true;
                    _answering = AnswerAsync();
                }
            }
            else
            {
                Finish(new(type, packetId, qos, work), work.Result);
                return;
            }
        }

        while (true)
        {
            lock (_gate)
                if (_entries.Count < MqttLimits.ReceiveMaximum) return;
            await _room.WaitAsync();
        }
    }

    private async Task AnswerAsync()
    {
        // The lock is held by who began this.
        await Task.Yield();
        while (true)
        {
            Entry entry;
            lock (_gate)
            {
                if (!_entries.TryDequeue(out entry))
                {
                    _isAnswering = false;
                    return;
                }
            }

            _room.Set();
            await FinishAsync(entry);
        }
    }

    private async ValueTask FinishAsync(Entry entry)
    {
        PublishOutcome outcome;
        try
        {
            outcome = await entry.Work;
        }
        catch (StorageException error)
        {
            Fail(entry, ReasonCode.ServerBusy, "The server cannot store now. Send again after a while.");
            connection.NotStored(error.Failure);
            return;
        }
        catch (OperationCanceledException)
        {
            Fail(entry, ReasonCode.UnspecifiedError, "The connection ended.");
            return;
        }
        catch (Exception error)
        {
            // The outermost place of a publication: it must not end in silence.
            Fail(entry, ReasonCode.UnspecifiedError, "The server failed; its operator finds the reason in the log.");
            connection.Failed(error);
            return;
        }

        Finish(entry, outcome);
    }

    // Nothing is acknowledged that is not stored: the client keeps it and sends it again.
    private void Fail(in Entry entry, ReasonCode reason, string text)
    {
        _hasFailed = true;
        if (entry is { Type: PacketType.Publish, Qos: QualityOfService.ExactlyOnce }) connection.Session.Release(entry.PacketId);
        connection.Close(reason, text);
    }

    private void Finish(in Entry entry, in PublishOutcome outcome)
    {
        if (entry.Type == PacketType.Publish && !outcome.IsAccepted) connection.Refused(entry.PacketId, entry.Qos, outcome);
        // After a failure no later one is answered: the order of answers is the order of publications.
        if (entry.Qos == 0 || _hasFailed) return;
        connection.Acknowledge(entry.Type, entry.PacketId, entry.Qos, outcome);
    }

    private readonly record struct Entry(PacketType Type, ushort PacketId, QualityOfService Qos, ValueTask<PublishOutcome> Work);
}
