using System.CommandLine;
using System.Globalization;
using System.Text;
using Stoa.Host.Settings;
using Stoa.Sensing.Connectors;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Host.Commands;

/// <summary>The commands that work on a data folder, also while a server runs on it.</summary>
internal static partial class ConnectorCommand
{
    private static Command List()
    {
        var command = new Command("list", "List the connectors with what they did.");
        var options = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            await using var folder = await ConnectorFolderAccess.OpenAsync(settings, cancellation);
            foreach (var (slug, entry) in await folder.ListAsync(cancellation))
                await Console.Out.WriteLineAsync(string.Join('\t',
                    $"{slug}/{entry.Name}", entry.IsEnabled ? "on" : "off", entry.Tested is null ? "untested" : "tested",
                    Count(entry.Counts.Received, "received"), Count(entry.Counts.Observations, "observations"),
                    Count(entry.Counts.Rejected, "rejected"), Count(entry.Counts.DeadLetters, "dead letters"),
                    entry.Counts.LastError ?? ""));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Switch(string word, bool isOn)
    {
        var command = new Command(word, isOn
            ? "Switch a connector on; a running server takes its messages within a second."
            : "Switch a connector off; a running server follows within a second.");
        var which = Which(command);
        var force = new Option<bool>("--force") { Description = "Although its declaration was never tested." };
        if (isOn) command.Options.Add(force);
        var options = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            await using var folder = await ConnectorFolderAccess.OpenAsync(settings, cancellation);
            if (await folder.FindAsync(parsed.GetValue(which)!, cancellation) is not { } found) return await NotFoundAsync();
            var outcome = await folder.Connectors.SwitchAsync(
                found.Dataset, found.Name, isOn, isOn && parsed.GetValue(force), cancellation);
            if (!outcome.TryGet(out _, out var problem)) return await RefuseAsync(problem.Detail);
            await Console.Out.WriteLineAsync($"{parsed.GetValue(which)} is {(isOn ? "on" : "off")}.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command DeadLetters() => new("dead-letters", "Look after messages that connectors could not use.")
    {
        Letters("list", "List the dead letters of a connector, oldest first.", ListLettersAsync, hasId: false),
        Letters("show", "Print the payload of a dead letter.", ShowLetterAsync, hasId: true),
        Letters("delete", "Delete a dead letter, or all of them.", DeleteLettersAsync, hasId: true),
        Letters("replay", "Let the server give a dead letter, or all of them, to the connector once more.",
            ReplayLettersAsync, hasId: true),
    };

    private delegate Task<int> LetterWork(
        ConnectorFolderAccess folder, ConnectorEntry entry, long? letter, CancellationToken cancellation);

    private static Command Letters(string name, string description, LetterWork work, bool hasId)
    {
        var command = new Command(name, description);
        var which = Which(command);
        var id = new Option<string?>("--id") { Description = "One dead letter, by its number. [default: all]", HelpName = "N" };
        if (hasId) command.Options.Add(id);
        var options = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            long? letter = null;
            if (hasId && parsed.GetValue(id) is { } text)
            {
                if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    return await RefuseAsync($"{text} is not the number of a dead letter.");
                letter = number;
            }

            await using var folder = await ConnectorFolderAccess.OpenAsync(settings, cancellation);
            return await folder.FindAsync(parsed.GetValue(which)!, cancellation) is { } entry
                ? await work(folder, entry, letter, cancellation)
                : await NotFoundAsync();
        });
        return command;
    }

    private static async Task<int> ListLettersAsync(
        ConnectorFolderAccess folder, ConnectorEntry entry, long? letter, CancellationToken cancellation)
    {
        await foreach (var dead in folder.Letters.AllAsync(entry, cancellation))
            await Console.Out.WriteLineAsync($"{dead.Id}\t{dead.Time}\t{dead.Topic ?? "-"}\t{dead.Bytes} bytes\t{dead.Reason}");
        return ExitCode.Done;
    }

    private static async Task<int> ShowLetterAsync(
        ConnectorFolderAccess folder, ConnectorEntry entry, long? letter, CancellationToken cancellation)
    {
        if (letter is null) return await RefuseAsync("Say which with --id.");
        if (await folder.Letters.PayloadAsync(entry, letter.Value, cancellation) is not { } payload)
            return await RefuseAsync($"There is no dead letter {letter}.");
        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(payload, cancellation);
        return ExitCode.Done;
    }

    private static async Task<int> DeleteLettersAsync(
        ConnectorFolderAccess folder, ConnectorEntry entry, long? letter, CancellationToken cancellation)
    {
        var deleted = await folder.Letters.DeleteAsync(entry, letter, cancellation);
        await Console.Out.WriteLineAsync($"{Count(deleted, "dead letters")} deleted.");
        return deleted > 0 || letter is null ? ExitCode.Done : ExitCode.Usage;
    }

    private static async Task<int> ReplayLettersAsync(
        ConnectorFolderAccess folder, ConnectorEntry entry, long? letter, CancellationToken cancellation)
    {
        var asked = await folder.Letters.AskForReplayAsync(entry, letter, cancellation);
        await Console.Out.WriteLineAsync(
            $"{Count(asked, "dead letters")} will be replayed: by the running server within a second, else at its next start.");
        return asked > 0 || letter is null ? ExitCode.Done : ExitCode.Usage;
    }

    private static Argument<string> Which(Command command)
    {
        var which = new Argument<string>("CONNECTOR") { Description = "Dataset and name: SLUG/NAME, as list shows it." };
        command.Arguments.Add(which);
        return which;
    }

    private static string Count(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}");

    private static Task<int> NotFoundAsync() => RefuseAsync("There is no such connector. See: stoa connector list");
}

/// <summary>Connectors of a data folder, opened beside a server that may run on it.</summary>
internal sealed class ConnectorFolderAccess : IAsyncDisposable
{
    private readonly Database _database;

    private ConnectorFolderAccess(Database database)
    {
        _database = database;
        Connectors = new(database, TimeProvider.System);
        Letters = new(database);
    }

    public Connectors Connectors { get; }

    public DeadLetterBox Letters { get; }

    public static async Task<ConnectorFolderAccess> OpenAsync(StoaSettings settings, CancellationToken cancellation) =>
        new(await DataFolders.OpenBesideServerAsync(settings, cancellation));

    public async Task<IReadOnlyList<(string Slug, ConnectorEntry Entry)>> ListAsync(CancellationToken cancellation)
    {
        var slugs = new Dictionary<long, string>();
        using (var read = await _database.ReadAsync(cancellation))
        using (var select = read.Prepare("SELECT id, slug FROM dataset"))
            while (select.Step()) slugs[select.Int64(0)] = select.Text(1);
        return [.. (await Connectors.ListAsync(null, cancellation)).Select(entry => (slugs[entry.Dataset.Value], entry))];
    }

    /// <summary>By SLUG/NAME; null when there is none.</summary>
    public async Task<ConnectorEntry?> FindAsync(string which, CancellationToken cancellation) =>
        (await ListAsync(cancellation)).FirstOrDefault(pair => $"{pair.Slug}/{pair.Entry.Name}" == which).Entry;

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
