using System.CommandLine;
using Stoa.Storage;

namespace Stoa.Host.Commands;

/// <summary>The command line <c>stoa</c>.</summary>
internal static class CommandLine
{
    // Longer than the time that running requests have to finish; then the program ends whatever happens.
    private static readonly TimeSpan TerminationTime = TimeSpan.FromSeconds(605);

    /// <summary>Runs one command.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Root().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync($"stoa: {error.Message}");
            await Console.Error.WriteLineAsync("See stoa --help.");
            return ExitCode.Usage;
        }

        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TerminationTime,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, CancellationToken.None);
        }
        catch (StartException refused)
        {
            await Console.Error.WriteLineAsync("stoa: " + refused.Message);
            return ExitCode.Failed;
        }
        catch (StorageException failed)
        {
            await Console.Error.WriteLineAsync("stoa: " + failed.Message);
            return ExitCode.DataFolder;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Stopped;
        }
    }

    /// <summary>Every command there is.</summary>
    public static RootCommand Root()
    {
        var root = new RootCommand("Stoa: a city data exchange in one program.");
        root.Subcommands.Add(ServeCommand.Build());
        root.Subcommands.Add(DemoCommand.Build());
        root.Subcommands.Add(TokenCommand.Build());
        root.Subcommands.Add(AdminCommand.Build());
        root.Subcommands.Add(PartyCommand.Build());
        root.Subcommands.Add(ImportCommand.Build());
        root.Subcommands.Add(ConnectorCommand.Build());
        root.Subcommands.Add(BackupCommand.BuildBackup());
        root.Subcommands.Add(BackupCommand.BuildRestore());
        root.Subcommands.Add(MigrateCommand.Build());
        root.Subcommands.Add(VerifyCommand.Build());
        root.Subcommands.Add(LedgerCommand.Build());
        root.Subcommands.Add(ConformanceCommand.Build());
        root.Subcommands.Add(SettingsCommand.Build());
        return root;
    }
}
