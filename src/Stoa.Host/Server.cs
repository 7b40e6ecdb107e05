using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Stoa.Host.Operations;
using Stoa.Host.Settings;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Host;

/// <summary>The whole program, started: what <c>stoa serve</c> runs and what tests run in their own process.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Database _database;
    private bool _isDisposed;

    private Server(WebApplication app, Database database, Uri address, MqttListeners mqtt)
    {
        _app = app;
        Mqtt = mqtt;
        _database = database;
        Address = address;
    }

    /// <summary>Where a person at this machine reaches the server; ends in a slash.</summary>
    public Uri Address { get; }

    /// <summary>Where the data is, for people: the folder, or server and name of the database.</summary>
    public string Place => _database.Place;

    /// <summary>Where MQTT clients connect.</summary>
    public MqttListeners Mqtt { get; }

    /// <summary>The capabilities, for the commands that run inside the server and for tests.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts the server; it answers when this returns.</summary>
    /// <param name="settings">What the operator decided.</param>
    /// <param name="time">The clock of everything.</param>
    /// <param name="also">Adds what one command brings beside the capabilities.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="StartException">It cannot listen; the message says what to do.</exception>
    /// <exception cref="StorageException">The data folder cannot be served; the message says what to do.</exception>
    public static async Task<Server> StartAsync(
        StoaSettings settings, TimeProvider time, Action<IServiceCollection> also, CancellationToken cancellation)
    {
        // Sockets are bound first: a port 0 becomes the number that links must carry, and a port in use is found
        // before anything else is touched.
        var sockets = settings.Urls.Select(url => new BoundAddress(url, Bind(url, "--urls"))).ToArray();
        var mqtt = MqttListeners.Bind(settings.Mqtt);
        var database = await Database.OpenAsync(OptionsOf(settings, time), cancellation);
        try
        {
            var app = Build(settings, time, database, sockets, mqtt, also);
            try
            {
                await CheckLogsAsync(app.Services, cancellation);
                await EnterStartAsync(database, settings.OpenId, Instant.From(time.GetUtcNow()), cancellation);
                await app.StartAsync(cancellation);
                return new Server(app, database, AddressOf(sockets), mqtt);
            }
            catch
            {
                await app.DisposeAsync();
                throw;
            }
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    // What was signed is never gone back on: a database older than that is not served.
    private static async Task CheckLogsAsync(IServiceProvider services, CancellationToken cancellation)
    {
        try
        {
            await services.GetRequiredService<LogPublisher>().CheckAsync(cancellation);
        }
        catch (LogHaltedException halted)
        {
            throw new StartException(halted.Message, halted);
        }
    }

    // Which program has written what follows in the log, and by which provider people can sign in meanwhile.
    private static Task<long> EnterStartAsync(Database database, OpenIdOptions? provider, Instant now, CancellationToken cancellation)
    {
        var entry = new LogEvent(EventTypes.ProgramStarted, now, ("release", ProductVersion.Text));
        return database.WriteAsync(
            session =>
            {
                ProviderEvents.Enter(session, provider, now);
                return LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(entry.Type.Name));
            }, cancellation);
    }

    private static DatabaseOptions OptionsOf(StoaSettings settings, TimeProvider time) => new()
    {
        Folder = settings.Data,
        ConnectionString = settings.Database,
        WriteQueueLength = settings.Storage.WriteQueue,
        ReadConnections = settings.Storage.Readers,
        StatementTimeout = settings.Limits.StatementTime,
        Time = time,
    };

    private static WebApplication Build(
        StoaSettings settings, TimeProvider time, Database database, BoundAddress[] sockets,
        MqttListeners mqtt, Action<IServiceCollection> also)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            KestrelLimits.Set(kestrel, settings.Limits);
            foreach (var bound in sockets) kestrel.Listen(bound.Socket.LocalEndPoint!);
            mqtt.Listen(kestrel);
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket =
            endpoint => sockets.Select(bound => bound.Socket).Concat(mqtt.Sockets)
                .First(socket => socket.LocalEndPoint!.Equals(endpoint)));
        builder.Services.AddSingleton(database);
        builder.Services.AddSingleton(time);
        var baseAddress = settings.BaseAddress ?? AddressOf(sockets);
        try
        {
            Composition.Add(builder, settings, baseAddress, mqtt.OptionsFor(settings.Mqtt, baseAddress));
        }
        catch (InvalidDataException error)
        {
            // A file that the settings name holds what cannot be used.
            throw new StartException(error.Message, error);
        }

        also(builder.Services);
        var app = builder.Build();
        Composition.Map(app);
        return app;
    }

    /// <summary>Ends when the server stops by itself, because a part of it that must run has failed.</summary>
    public CancellationToken Stopping => _app.Lifetime.ApplicationStopping;

    /// <summary>Goes on serving for a while and says that it will not.</summary>
    public Task DrainAsync(TimeSpan time) => _app.Services.GetRequiredService<Draining>().RunAsync(time, _app.Lifetime.ApplicationStopping);

    /// <summary>Stops taking requests, lets running ones finish within the configured time, then closes the
    /// storage.</summary>
    /// <remarks>The storage is last: every write that a request was answered for, or still waits for, is made
    /// durable. A second call does nothing.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static Uri AddressOf(BoundAddress[] sockets) =>
        sockets[0].Url.ToUri(((IPEndPoint)sockets[0].Socket.LocalEndPoint!).Port);

    private sealed record BoundAddress(ListenAddress Url, Socket Socket);

    internal static Socket Bind(ListenAddress url, string option)
    {
        var endpoint = url.Endpoint.Address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6
            ? new IPEndPoint(IPAddress.Any, url.Endpoint.Port)
            : url.Endpoint;
        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException error)
        {
            throw new StartException(error.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? $"Another program listens on {url.Host}:{endpoint.Port} already. Stop it, or choose another port with {option}."
                : $"Cannot listen on {url.Host}:{endpoint.Port}: {error.Message}.", error);
        }
    }
}

/// <summary>The server cannot start; the message says why and what to do.</summary>
internal sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
