using System.CommandLine;
using Stoa.Host.Settings;
using Stoa.Storage;

namespace Stoa.Host.Commands;

/// <summary><c>stoa serve</c>: runs the server until a signal stops it.</summary>
internal static class ServeCommand
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
        return await RunUntilStoppedAsync(server, settings, cancellation);
    }

    /// <summary>Says where the server is and waits for its end.</summary>
    /// <returns>Done when it was asked to stop, failed when it stopped by itself.</returns>
    public static async Task<int> RunUntilStoppedAsync(Server server, StoaSettings settings, CancellationToken cancellation)
    {
        await Console.Out.WriteLineAsync($"Stoa {ProductVersion.Text} is ready at {server.Address}");
        await Console.Out.WriteLineAsync($"Data folder: {settings.Data}. Stop with Ctrl-C.");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, server.Stopping);
        await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Console.Out.WriteLineAsync("Stopping: running requests are finished first.");
        if (cancellation.IsCancellationRequested) return ExitCode.Done;
        await Console.Error.WriteLineAsync("stoa: a part of the server failed; the log says which.");
        return ExitCode.Failed;
    }

    // Without a token nobody can write, and a newcomer wonders why.
    private static async Task HintAtFirstTokenAsync(Server server, StoaSettings settings, CancellationToken cancellation)
    {
        using var read = await server.Services.GetRequiredService<Database>().ReadAsync(cancellation);
        using var any = read.Prepare("SELECT 1 FROM access_token LIMIT 1");
        if (!any.Step())
            await Console.Out.WriteLineAsync(
                $"No token exists yet. Make one with: stoa token create --data {settings.Data} --name admin --admin");
    }
}
