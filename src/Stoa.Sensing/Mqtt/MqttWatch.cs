using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Sensing.Mqtt.Connections;
using Stoa.Sensing.Mqtt.Sessions;
using Stoa.Sensing.Mqtt.Spaces;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;
using Session = Stoa.Sensing.Mqtt.Sessions.Session;

namespace Stoa.Sensing.Mqtt;

/// <summary>Looks after what time and others change: rights of open connections, keep-alive, wills, sessions that
/// end.</summary>
/// <remarks>One timer for all connections: ten thousand timers would cost more than the connections.</remarks>
internal sealed partial class MqttWatch(
    MqttBroker broker, RetainedMessages retained, SystemTopics system, AccessPolicy policy, CredentialCheck credentials,
    IHostApplicationLifetime lifetime, ILogger<MqttWatch> log) : BackgroundService
{
    /// <summary>A quarter of the second within which a withdrawn right must act.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    // What only time changes is looked at less often: ten thousand connections cost nothing then.
    private static readonly TimeSpan SlowPeriod = TimeSpan.FromMilliseconds(500);

    // What ends by its date alone is looked at as often as decisions are made again.
    private static readonly TimeSpan RightsPeriod = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan CountersPeriod = TimeSpan.FromSeconds(10);

    private readonly ILogger _log = log;
    private long _version = -1;
    private DateTimeOffset _counted;
    private DateTimeOffset _looked;
    private DateTimeOffset _asked;
    private long _askedVersion = -1;
    private volatile bool _isTakenFrom = true;

    /// <summary>Sessions and retained messages are there before the first client is.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        broker.Metrics.CountRetained(() => retained.Count);
        await retained.LoadAsync(cancellationToken);
        await broker.Sessions.RestoreAsync(credentials, cancellationToken);
        // Before the web server stops, which waits for its connections to end.
        lifetime.ApplicationStopping.Register(broker.CloseAll);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listening = broker.Store.WhenTaken(() => _isTakenFrom = true);
        using var timer = new PeriodicTimer(Period, broker.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (StorageException error)
            {
                // Nothing flows that the policy does not allow; what is missed is looked at again next time.
                LogNotLooked(error.Failure);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        await RenewAsync(cancellation);
        var (ticks, now) = (broker.Time.GetTimestamp(), broker.Time.GetUtcNow());
        CutWhatIsWithdrawn(now);
        await LetGoAsync(cancellation);
        await broker.Wills.PublishDueAsync(now);
        if (now - _looked < SlowPeriod) return;
        _looked = now;
        foreach (var connection in broker.Connections)
        {
            connection.CheckKeepAlive(ticks);
            if (connection.TokenExpires is { } expires && expires.ToDateTimeOffset() <= now)
                await EndAsync(connection.Session);
        }

        await broker.Sessions.ExpireAsync(now);
        await broker.Sessions.AdoptAsync(credentials, cancellation);
        if (now - _counted < CountersPeriod) return;
        _counted = now;
        system.Publish();
    }

    // A node that is told is asked again by the next look, when the database was away.
    private async Task LetGoAsync(CancellationToken cancellation)
    {
        if (!_isTakenFrom) return;
        _isTakenFrom = false;
        try
        {
            await broker.Sessions.LetGoAsync(cancellation);
        }
        catch (StorageException)
        {
            _isTakenFrom = true;
            throw;
        }
    }

    /// <summary>Asks anew what each token is good for, when anything about access has changed.</summary>
    private async Task RenewAsync(CancellationToken cancellation)
    {
        var version = policy.Version;
        if (version == _version) return;
        var holders = new Dictionary<TokenId, (Requester Requester, Instant? Expires)?>();
        foreach (var session in broker.Connections.Select(connection => connection.Session).Concat(broker.Sessions.All))
        {
            if (session.Key?.Token is not { } token) continue;
            if (!holders.TryGetValue(token, out var holder))
                holders[token] = holder = await credentials.RecallAsync(token, cancellation);
            if (holder is { } now) Renew(session, now.Requester, now.Expires);
            else await EndAsync(session);
        }

        _version = version;
    }

    private static void Renew(Session session, Requester requester, Instant? expires)
    {
        if (!session.Requester.IsSameAs(requester)) session.Requester = requester;
        if (session.Connection is { } connection) connection.TokenExpires = expires;
    }

    // Messages of what is withdrawn stop by themselves; here it is said.
    private void CutWhatIsWithdrawn(DateTimeOffset now)
    {
        if (_askedVersion == _version && now - _asked < RightsPeriod) return;
        // A database that is away withdraws nothing.
        if (policy.Snapshot.IsStale) return;
        (_askedVersion, _asked) = (_version, now);
        foreach (var connection in broker.Connections) Cut(connection);
    }

    private void Cut(Connection connection)
    {
        var session = connection.Session;
        var (follows, said) = (false, (Problem?)null);
        foreach (var subscription in session.Subscriptions)
        {
            var why = broker.WhyNot(subscription);
            follows |= why is null;
            if (why is not null && !subscription.IsCut)
            {
                said = why;
                LogCut(session.ClientId, subscription.Filter, why.Detail);
            }

            subscription.IsCut = why is not null;
        }

        // Once, and only where nothing is left: a client that comes back is told in SUBACK.
        if (said is not null && !follows && connection.CanBeTold)
            connection.Close(ReasonCode.NotAuthorized, "Nothing that you subscribed to may be followed any more. " + said.Detail);
    }

    // No message more goes to the session, whatever waits in it, and its will has no right either.
    private async Task EndAsync(Session session)
    {
        session.Requester = Requester.Anonymous;
        session.Expiry = TimeSpan.Zero;
        session.Connection?.Close(ReasonCode.NotAuthorized, "The access token is revoked or has expired.");
        await broker.Sessions.EndAsync(session);
    }

    [LoggerMessage(3342, LogLevel.Information, "MQTT client {Client}: {Filter} may not be followed any more. {Text}")]
    private partial void LogCut(string client, string filter, string? text);

    [LoggerMessage(3341, LogLevel.Warning, "The rights of MQTT connections could not be looked at: {Failure}.")]
    private partial void LogNotLooked(StorageFailure failure);
}
