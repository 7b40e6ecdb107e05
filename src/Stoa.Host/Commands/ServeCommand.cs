using System.CommandLine;
using Stoa.Host.Settings;

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
        await using var server = await Server.StartAsync(settings, TimeProvider.System, cancellation);
        await Console.Out.WriteLineAsync($"Stoa {ProductVersion.Text} is ready at {server.Address}");
        await Console.Out.WriteLineAsync($"Data folder: {settings.Data}. Stop with Ctrl-C.");
        try
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        catch (OperationCanceledException)
        {
            await Console.Out.WriteLineAsync("Stopping: running requests are finished first.");
        }

        return ExitCode.Done;
    }
}
