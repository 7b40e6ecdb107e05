using System.CommandLine;
using System.Globalization;
using Stoa.Storage.Backup;

namespace Stoa.Host.Commands;

/// <summary><c>stoa backup</c> and <c>stoa restore</c>.</summary>
internal static class BackupCommand
{
    public static Command BuildBackup()
    {
        var command = new Command("backup",
            "Copy the data into one file while the server runs, check the copy, and print the file's name.");
        var file = new Argument<string?>("FILE")
        {
            Description = "File to make; it must not exist. [default: stoa-<time>.backup here]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        command.Arguments.Add(file);
        var options = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            var now = TimeProvider.System.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
            var target = Path.GetFullPath(parsed.GetValue(file) ?? $"stoa-{now}.backup");
            await using var database = await DataFolders.OpenBesideServerAsync(settings, cancellation);
            await database.BackupAsync(target, new ConsoleProgress("Copying"), cancellation);
            await Console.Out.WriteLineAsync(target);
            return ExitCode.Done;
        });
        return command;
    }

    public static Command BuildRestore()
    {
        var command = new Command("restore",
            "Bring a backup back into a data folder that holds no data yet, and check it.");
        var file = new Argument<string>("FILE") { Description = "File that stoa backup made." };
        command.Arguments.Add(file);
        var options = SettingsOptions.AddTo(command, "data");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            var source = Path.GetFullPath(parsed.GetValue(file)!);
            await Restoring.RestoreAsync(source, settings.Data, new ConsoleProgress("Copying"), cancellation);
            await Console.Out.WriteLineAsync($"Restored and checked. Start it with: stoa serve --data {settings.Data}");
            return ExitCode.Done;
        });
        return command;
    }
}
