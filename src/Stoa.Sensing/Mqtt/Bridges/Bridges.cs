using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sensing.Mqtt.Queues;
using Stoa.Sharing.Policy;
using Stoa.Storage;

namespace Stoa.Sensing.Mqtt.Bridges;

/// <summary>Keeps the bridges to outside brokers: connects, connects again, moves messages both ways.</summary>
/// <remarks>
/// What comes in takes the way of every publication, with the rights of the bridge's token, and is acknowledged
/// outside after the
/// durable commit; what goes out is followed like any subscriber follows. While an outside broker is away, what goes
/// out waits in a
/// bounded queue (QoS 1, the newest left out when it is full); what comes in is kept by the outside broker.
/// </remarks>
internal sealed class Bridges(
    IReadOnlyList<Bridge> bridges, MqttBroker broker, CredentialCheck credentials, AccessPolicy policy, Database database,
    ILogger<Bridges> log)
    : BackgroundService
{
    // Of several nodes on one database one keeps the bridges; else every message would cross as often as there are nodes.
    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => database.Nodes.LeadAsync(
        stop => Task.WhenAll(bridges.Select(bridge => new BridgeRun(bridge, broker, credentials, policy, log).RunAsync(stop))),
        stoppingToken);
}

/// <summary>One bridge at work.</summary>
internal sealed partial class BridgeRun
{
    private static readonly TimeSpan WaitMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);

    // Publications towards the outside that wait for their answer; they may be repeated after a lost connection.
    private const int Window = 128;

    private readonly Bridge _bridge;
    private readonly MqttBroker _broker;
    private readonly CredentialCheck _credentials;
    private readonly AccessPolicy _policy;
    private readonly ILogger _log;
    private readonly MessageQueue _queue;
    private readonly Wake _wake = new();
    private readonly List<IDisposable> _registrations = [];
    private volatile Requester _requester = Requester.Anonymous;
    private bool _isFollowing;

    internal BridgeRun(Bridge bridge, MqttBroker broker, CredentialCheck credentials, AccessPolicy policy, ILogger log)
    {
        _bridge = bridge;
        _broker = broker;
        _credentials = credentials;
        _policy = policy;
        _log = log;
        _queue = broker.NewQueue();
    }

    internal async Task RunAsync(CancellationToken stop)
    {
        var wait = WaitMin;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ConnectAndMoveAsync(() => wait = WaitMin, stop);
            }
            catch (Exception error) when (error is IOException or StorageException)
            {
                LogLost(_bridge.Name, error.Message, wait.TotalSeconds);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            // Many bridges must not come back in the same moment.
            await Task.Delay(wait * (0.5 + Random.Shared.NextDouble()), stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < WaitMax ? wait * 2 : WaitMax;
        }

        foreach (var registration in _registrations) registration.Dispose();
        _queue.Close();
    }

    private async Task ConnectAndMoveAsync(Action connected, CancellationToken stop)
    {
        if (!await AdmitAsync(stop)) throw new IOException("the access token of the bridge is not accepted");
        await FollowAsync(stop);
        await using var client = await MqttClient.ConnectAsync(_bridge.Address, TakeAsync, stop);
        if (_bridge.Draft.In.Count > 0)
        {
            // No local keeps a bridge that goes both ways from hearing itself, where the outside broker knows MQTT 5.
            var bits = _bridge.Address.Connect.Version == ProtocolVersion.V5 ? 4 : 0;
            var reason = await client.SubscribeAsync(
                [.. _bridge.Draft.In.Select(route => new SubscriptionRequest(route.Filter!, new((byte)(bits | route.Qos))))], stop);
            if (reason >= ReasonCode.UnspecifiedError) throw new IOException($"the outside broker refuses a subscription: {reason}");
        }

        connected();
        LogConnected(_bridge.Name);
        _queue.Resume();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sending = SendAsync(client, end.Token);
        await Task.WhenAny(client.Closed, sending, WatchAsync(end.Token));
        await end.CancelAsync();
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.ThrowIfCancellationRequested();
        throw new IOException("the connection ended");
    }

    private async ValueTask<bool> AdmitAsync(CancellationToken stop)
    {
        var outcome = await _credentials.AuthenticateAsync(_bridge.Token.AsMemory(), stop);
        _requester = outcome.TryGet(out var requester, out _) ? requester.By(WayOut.Subscription) : Requester.Anonymous;
        return !_requester.IsAnonymous;
    }

    // Ends when the token is withdrawn: then nothing may go through any more.
    private async Task WatchAsync(CancellationToken end)
    {
        try
        {
            while (await AdmitAsync(end)) await Task.Delay(MqttWatch.Period, _broker.Time, end);
        }
        catch (OperationCanceledException)
        {
            // The connection has ended for another reason.
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        if (_isFollowing) return;
        foreach (var route in _bridge.Draft.Out)
        {
            var outcome = await _broker.FollowAsync(new Follower(this, route), route.Filter!, stop);
            if (outcome.TryGet(out var registration, out var problem)) _registrations.Add(registration);
            else throw new IOException($"the bridge may not follow {route.Filter}: {problem.Detail}");
        }

        _isFollowing = true;
    }

    /// <summary>Takes a message from outside; true when it is stored, or refused for good.</summary>
    private async Task<bool> TakeAsync(PublishPacket packet)
    {
        _broker.Metrics.Bridged("in");
        foreach (var route in _bridge.Draft.In)
        {
            if (!Topics.Matches(route.Filter, packet.Topic)) continue;
            var publication = new Publication(
                route.TopicFor(packet.Topic), packet.Payload, packet.Qos, packet.Properties.ToMessage())
            {
                Retain = route.Retain, Publisher = this,
            };
            if (!Topics.IsName(publication.Topic)) return true;
            try
            {
                var outcome = await _broker.PublishAsync(publication, _requester, CancellationToken.None);
                if (!outcome.IsAccepted)
                {
                    _broker.Metrics.Refused("bridge", outcome.Reason);
                    LogRefused(_bridge.Name, outcome.Reason, outcome.Text);
                }
            }
            catch (StorageException)
            {
                return false;
            }
        }

        return true;
    }

    private async Task SendAsync(MqttClient client, CancellationToken end)
    {
        var underway = new List<Task>();
        while (!end.IsCancellationRequested)
        {
            while (_queue.TryTake(Window, out var delivery)) underway.Add(SendAsync(client, delivery, end));
            underway.RemoveAll(task => task.IsCompletedSuccessfully);
            if (underway.Find(task => task.IsCompleted) is { } failed) await failed;
            await _wake.WaitAsync().AsTask().WaitAsync(end);
        }
    }

    private async Task SendAsync(MqttClient client, Delivery delivery, CancellationToken end)
    {
        var message = delivery.Outgoing.Message;
        var requester = _requester;
        if (_policy.Read(requester).Contains(message.Dataset))
        {
            // Counted as soon as it is under way: without an answer it has left all the same.
            var sent = client.PublishAsync(message, delivery.Outgoing.Qos, delivery.Outgoing.Retain, end);
            _broker.Bridged(requester, message, _bridge.Name);
            await sent;
        }

        // Whatever the outside broker answered, it has had the message; without an answer it is sent again.
        _queue.Abandon(delivery.PacketId);
        _wake.Set();
    }

    [LoggerMessage(3351, LogLevel.Information, "MQTT bridge {Bridge} is connected.")]
    private partial void LogConnected(string bridge);

    [LoggerMessage(3352, LogLevel.Warning, "MQTT bridge {Bridge}: {Reason}. Next attempt in about {Seconds} s.")]
    private partial void LogLost(string bridge, string reason, double seconds);

    [LoggerMessage(3353, LogLevel.Warning, "MQTT bridge {Bridge}: a message from outside was refused: {Reason}. {Text}")]
    private partial void LogRefused(string bridge, ReasonCode reason, string? text);

    /// <summary>Follows topics here for the outside broker.</summary>
    private sealed class Follower(BridgeRun run, BridgeRoute route) : ISubscriber
    {
        public Requester Requester => run._requester;

        public void Deliver(Message message)
        {
            // What the bridge brought in does not go back.
            if (ReferenceEquals(message.Publisher, run)) return;
            var outside = new Message(route.TopicFor(message.Topic), message.Payload, message.Dataset)
            {
                Properties = message.Properties,
            };
            if (run._queue.Offer(new(outside, (QualityOfService)route.Qos, route.Retain, 0), isConnected: true)) run._wake.Set();
        }
    }
}
