using System.CommandLine;
using Stoa.Host.Settings;
using Stoa.Identity.SignIn;
using Stoa.Storage;

namespace Stoa.Host.Commands;

/// <summary><c>stoa serve</c>: runs the server until a signal stops it.</summary>
internal static partial class ServeCommand
{
    public static Command Build()
    {
        var command = new Command("serve", "Run the server on a data folder until Ctrl-C or SIGTERM.");
        var options = SettingsOptions.AddTo(command);
        command.SetAction(async (parsed, cancellation) => options.TryRead(parsed, [], out var settings)
            ? await RunAsync(settings, cancellation)
            : ExitCode.Usage);
        return command;
    }

    /// <summary>Runs until <paramref name="cancellation"/>, then stops gracefully.</summary>
    public static async Task<int> RunAsync(StoaSettings settings, CancellationToken cancellation)
    {
        await using var server = await Server.StartAsync(settings, TimeProvider.System, _ => { }, cancellation);
        await HintAtFirstTokenAsync(server, settings, cancellation);
        return await RunUntilStoppedAsync(server, settings, cancellation, await StartLinkAsync(server, settings, cancellation));
    }

    /// <summary>Says where the server is and waits for its end.</summary>
    /// <returns>Done when it was asked to stop, failed when it stopped by itself.</returns>
    /// <remarks>People are told <paramref name="lastLine"/> after everything else.</remarks>
    public static async Task<int> RunUntilStoppedAsync(Server server, StoaSettings settings,
        CancellationToken cancellation, string? lastLine = null)
    {
        // For people on standard output; for programs every line is a log entry.
        var isForPeople = settings.Log.Format == LogFormat.Text;
        var log = server.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Stoa.Host");
        if (!isForPeople) LogReady(log, ProductVersion.Text, server.Address, settings.Data, server.Place);
        else
        {
            await Console.Out.WriteLineAsync($"Stoa {ProductVersion.Text} is ready at {server.Address}");
            if (server.Mqtt.Endpoint is { } mqtt) await Console.Out.WriteLineAsync($"MQTT at {mqtt}");
            if (server.Mqtt.TlsEndpoint is { } tls) await Console.Out.WriteLineAsync($"MQTT with TLS at {tls}");
            await Console.Out.WriteLineAsync($"{server.Place}. Stop with Ctrl-C.");
            if (lastLine is not null) await Console.Out.WriteLineAsync(lastLine);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, server.Stopping);
        await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cancellation.IsCancellationRequested && settings.Limits.DrainTime > TimeSpan.Zero) await server.DrainAsync(settings.Limits.DrainTime);
        if (isForPeople) await Console.Out.WriteLineAsync("Stopping: running requests are finished first.");
        else LogStopping(log);
        if (cancellation.IsCancellationRequested) return ExitCode.Done;
        await Console.Error.WriteLineAsync("stoa: a part of the server failed; the log says which.");
        return ExitCode.Failed;
    }

    [LoggerMessage(1101, LogLevel.Information, "Stoa {Version} is ready at {Address}; folder {Folder}. {Place}.")]
    private static partial void LogReady(ILogger logger, string version, Uri address, string folder, string place);

    [LoggerMessage(1102, LogLevel.Information, "Stopping: running requests are finished first.")]
    private static partial void LogStopping(ILogger logger);

    [LoggerMessage(1103, LogLevel.Information,
        "No token exists yet. Make one with: stoa token create --data {Folder} --name admin --admin")]
    private static partial void LogNoToken(ILogger logger, string folder);

    [LoggerMessage(1104, LogLevel.Information,
        "Nobody can sign in yet who governs the exchange. Print a link for it with: stoa admin link --data {Folder}")]
    private static partial void LogNoAdministrator(ILogger logger, string folder);

    // There is no password to begin with. The link is for the person at the console: it never enters the log, which others read.
    private static async Task<string?> StartLinkAsync(Server server, StoaSettings settings, CancellationToken cancellation)
    {
        if (await server.Services.GetRequiredService<Accounts>().HasAdministratorAsync(cancellation)) return null;
        if (settings.Log.Format == LogFormat.Json)
        {
            LogNoAdministrator(server.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Stoa.Host"), settings.Data);
            return null;
        }

        CreatedLink link;
        try
        {
            link = await server.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(cancellation);
        }
        catch (StorageException)
        {
            // A disk that takes no writes keeps nobody from reading.
            return $"Nobody can sign in yet who governs the exchange. Print a link for it with: stoa admin link --data {settings.Data}";
        }

        return $"Nobody can sign in yet. Make the first administrator with this link, within a day: {new Uri(settings.BaseAddress ?? server.Address, link.Path)}";
    }

    // Without a token nobody can write, and a newcomer wonders why.
    private static async Task HintAtFirstTokenAsync(Server server, StoaSettings settings,
        CancellationToken cancellation)
    {
        using var read = await server.Services.GetRequiredService<Database>().ReadAsync(cancellation);
        using var any = read.Prepare("SELECT 1 FROM access_token LIMIT 1");
        if (any.Step()) return;
        if (settings.Log.Format == LogFormat.Json)
            LogNoToken(server.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Stoa.Host"), settings.Data);
        else
            await Console.Out.WriteLineAsync(
                $"No token exists yet. Make one with: stoa token create --data {settings.Data} --name admin --admin");
    }
}
