using System.CommandLine;
using System.Globalization;
using Stoa.Host.Settings;
using Stoa.Ledger.Writing;
using Stoa.Storage;

namespace Stoa.Host.Commands;

/// <summary><c>stoa ledger</c>: keys of logs, and logs that cannot go on.</summary>
internal static class LedgerCommand
{
    public static Command Build() => new("ledger", "Look after the logs.") { RotateKey(), BeginAnew() };

    private static Command RotateKey()
    {
        var command = new Command("rotate-key", "Give a log another key. The one before signs along until --retire; a running server takes both at its next checkpoint.");
        var log = LogOf(command);
        var retire = new Option<bool>("--retire") { Description = "Make no key, but let the newest sign alone from now on." };
        command.Options.Add(retire);
        var options = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            if (!LogNames.TryParse(parsed.GetValue(log)!, out var name)) return await UnknownAsync();
            try
            {
                await using var database = await DataFolders.OpenBesideServerAsync(settings, cancellation);
                var keeping = KeepingOf(database, settings);
                if (parsed.GetValue(retire))
                {
                    var count = await keeping.RetireAsync(name, cancellation);
                    await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count} keys sign no more."));
                }
                else await Console.Out.WriteLineAsync((await keeping.RotateAsync(name, cancellation)).ToString());
                return ExitCode.Done;
            }
            catch (InvalidDataException refused)
            {
                return await RefuseAsync(refused.Message);
            }
        });
        return command;
    }

    private static Command BeginAnew()
    {
        var command = new Command("begin-anew", "End a log that cannot go on, and begin another with another name and key over the entries that are there. What the old one signed is kept beside it.");
        var log = LogOf(command);
        var options = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            if (!LogNames.TryParse(parsed.GetValue(log)!, out var name)) return await UnknownAsync();
            await using var database = await DataFolders.OpenAloneAsync(settings, cancellation);
            var (key, folder) = await KeepingOf(database, settings).BeginAnewAsync(name, cancellation);
            await Console.Error.WriteLineAsync($"The log {name.ToPath()} has ended; what it signed is in {folder}. Tell whoever verifies it the new key:");
            await Console.Out.WriteLineAsync(key.ToString());
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> LogOf(Command command)
    {
        var log = new Argument<string>("LOG") { Description = string.Join(", ", LogNames.All.Select(name => name.ToPath())) + "." };
        command.Arguments.Add(log);
        return log;
    }

    private static LogKeeping KeepingOf(Database database, StoaSettings settings) =>
        new(database, new(settings.BaseAddress ?? new Uri("http://localhost/"), Path.Combine(settings.Data, "ledger")), TimeProvider.System);

    private static Task<int> UnknownAsync() => RefuseAsync($"There is no such log. There are {string.Join(", ", LogNames.All.Select(name => name.ToPath()))}.");

    private static async Task<int> RefuseAsync(string message)
    {
        await Console.Error.WriteLineAsync("stoa: " + message);
        return ExitCode.Usage;
    }
}
