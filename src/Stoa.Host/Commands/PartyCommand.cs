using System.CommandLine;
using System.Globalization;
using Stoa.Host.Settings;
using Stoa.Sharing.Erasure;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Host.Commands;

/// <summary><c>stoa party</c>: people are erased, also while the server runs.</summary>
internal static class PartyCommand
{
    public static Command Build() => new("party", "Look after parties, also while the server runs.") { Erase() };

    private static Command Erase()
    {
        var command = new Command("erase", "Erase a person for good; what others must keep stays without them.");
        var id = new Argument<string>("ID") { Description = "Number of the person, as it stands in the address of their page." };
        command.Arguments.Add(id);
        var dryRun = new Option<bool>("--dry-run") { Description = "Erase nothing, but say who it is and what would go." };
        command.Options.Add(dryRun);
        var confirm = new Option<string?>("--confirm")
        {
            Description = "The e-mail address of their account; of somebody without an account the name.", HelpName = "ADDRESS",
        };
        command.Options.Add(confirm);
        var options = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            if (!long.TryParse(parsed.GetValue(id), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return await RefuseAsync($"{parsed.GetValue(id)} is not the number of a party.");
            var confirmation = parsed.GetValue(confirm);
            if (parsed.GetValue(dryRun) == confirmation is not null)
                return await RefuseAsync("Nobody can undo it: see with --dry-run what would go, then give --confirm ADDRESS instead.");
            await using var database = await DataFolders.OpenBesideServerAsync(settings, cancellation);
            return await EraseAsync(database, new(number), confirmation, cancellation);
        });
        return command;
    }

    private static async Task<int> EraseAsync(Database database, PartyId person, string? confirmation, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var outcome = await PersonErasure.EraseBesideAsync(database, person, confirmation, Instant.From(TimeProvider.System.GetUtcNow()));
        if (!outcome.TryGet(out var erasure, out var problem))
            return await RefuseAsync(problem.Status == 404 ? $"There is no person {person.Value}." : problem.Detail);
        if (!erasure.IsNew)
        {
            await Console.Error.WriteLineAsync($"Person {person.Value} was erased before.");
            return ExitCode.Done;
        }

        if (confirmation is null)
            await Console.Error.WriteLineAsync($"Nothing is erased. Of person {person.Value}, {erasure.Person.Name}, {erasure.Person.Login ?? "without an account"}, would go:");
        else await Console.Error.WriteLineAsync($"Person {person.Value} is erased:");
        foreach (var (what, count) in erasure.Gone) await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count}\t{what}"));
        // After a commit nobody is asked whether it goes on.
        if (confirmation is not null && !await database.EmptyLogAsync(CancellationToken.None))
            await Console.Error.WriteLineAsync("The write-ahead log still holds what was erased, because somebody reads what was before. It is emptied after the next commit that nobody reads beside.");
        return ExitCode.Done;
    }

    private static async Task<int> RefuseAsync(string message)
    {
        await Console.Error.WriteLineAsync("stoa: " + message);
        return ExitCode.Usage;
    }
}
