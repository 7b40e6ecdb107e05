using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Stoa.Host.Settings;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Host.Commands;

/// <summary><c>stoa token</c>: makes, lists and revokes access tokens, also while the server runs.</summary>
internal static class TokenCommand
{
    private const int ListedMax = 1000;

    public static Command Build() => new("token", "Make, list and revoke access tokens, also while the server runs.")
    {
        Create(), List(), Rotate(), Revoke(),
    };

    private static Command Create()
    {
        var command = new Command("create", "Make a token and print it; it cannot be shown again.");
        var name = new Option<string>("--name")
            { Description = "What the token is for.", HelpName = "NAME", Required = true };
        var admin = new Option<bool>("--admin") { Description = "May do everything." };
        var dataset = new Option<string[]>("--dataset")
            { Description = "Dataset it may use, by slug; may be repeated.", HelpName = "SLUG" };
        var can = new Option<string?>("--can")
            { Description = "What it may do there: read, write or read,write. [default: read]", HelpName = "RIGHTS" };
        var expires = new Option<string?>("--expires")
            { Description = "From when on it is refused, as 2027-01-31 or 2027-01-31T12:00Z. Never, if left out.",
                HelpName = "TIME" };
        var party = new Option<long?>("--party")
            { Description = "Id of the service, device or person that holds it.", HelpName = "ID" };
        foreach (var option in new Option[] { name, admin, dataset, can, expires, party }) command.Options.Add(option);
        var options = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            Instant? end = null;
            if (parsed.GetValue(expires) is { } text)
            {
                if (!Instant.TryParse(text.AsSpan(), out var instant))
                    return await RefuseAsync($"--expires: {text} is not a time.");
                end = instant;
            }

            string[] rights = [.. (parsed.GetValue(can) ?? "read").Split(',', StringSplitOptions.TrimEntries)];
            var grants = (parsed.GetValue(dataset) ?? []).Select(slug =>
                new TokenGrant { Dataset = slug, Can = rights });
            var draft = new TokenDraft
            {
                Name = parsed.GetValue(name), Administrator = parsed.GetValue(admin), Datasets = [.. grants],
                Expires = end, Party = parsed.GetValue(party),
            };
            return await WithTokensAsync(settings, tokens =>
                CreateAsync(tokens, draft, cancellation), cancellation);
        });
        return command;
    }

    private static async Task<int> CreateAsync(Tokens tokens, TokenDraft draft, CancellationToken cancellation)
    {
        if (!draft.Administrator && draft.Datasets is [])
            return await RefuseAsync("Say what the token is for: --admin, or --dataset SLUG --can read,write.");
        var made = await tokens.CreateAsync(draft, cancellation);
        if (!made.TryGet(out var token, out var problem)) return await RefuseAsync(problem.Detail);
        await Console.Error.WriteLineAsync($"Token {token.Token.Number} ({draft.Name}). Keep it: it cannot be shown again.");
        await Console.Out.WriteLineAsync(token.Text);
        return ExitCode.Done;
    }

    private static Command List()
    {
        var command = new Command("list", "List the tokens, newest first, without their secrets.");
        var options = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction(async (parsed, cancellation) => options.TryRead(parsed, [], out var settings)
            ? await WithTokensAsync(settings, tokens => ListAsync(tokens, cancellation), cancellation)
            : ExitCode.Usage);
        return command;
    }

    private static async Task<int> ListAsync(Tokens tokens, CancellationToken cancellation)
    {
        var (entries, total) = await tokens.ListAsync(new Page(ListedMax, 0), cancellation);
        foreach (var token in entries)
        {
            var rights = token.Administrator
                ? "everything"
                : string.Join(' ', token.Datasets.Select(grant =>
                    $"{grant.Dataset}:{string.Join(',', grant.Can ?? [])}"));
            var state = token.Revoked is { } revoked ? $"revoked {revoked}"
                : token.Expires is { } expires ? $"until {expires}" : "no end";
            var holder = token.HolderNumber is { } party ? $"party {party}" : "nobody in particular";
            await Console.Out.WriteLineAsync($"{token.Number}\t{token.Prefix}\t{token.Name}\t{rights}\t{state}\t{holder}");
        }

        if (total > entries.Count) await Console.Error.WriteLineAsync($"{total - entries.Count} older tokens are not shown.");
        return ExitCode.Done;
    }

    private static Command Rotate()
    {
        var command = new Command("rotate", "Give a token a new secret and print it; it cannot be shown again.");
        var id = new Argument<string>("ID") { Description = "Number of the token, as list shows it." };
        command.Arguments.Add(id);
        var overlap = new Option<int>("--overlap-seconds")
        {
            Description = "For how long the secret before is taken too. [default: 0]", HelpName = "N",
        };
        command.Options.Add(overlap);
        var options = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            var text = parsed.GetValue(id);
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return await RefuseAsync($"{text} is not the number of a token. See: stoa token list");
            var rotation = new TokenRotation { OverlapSeconds = parsed.GetValue(overlap) };
            return await WithTokensAsync(settings, tokens => RotateAsync(tokens, new(number), rotation, cancellation), cancellation);
        });
        return command;
    }

    private static async Task<int> RotateAsync(Tokens tokens, TokenId id, TokenRotation rotation, CancellationToken cancellation)
    {
        var rotated = await tokens.RotateAsync(id, rotation, cancellation);
        if (!rotated.TryGet(out var token, out var problem))
        {
            return await RefuseAsync(problem.Status == 404
                ? $"There is no token {id} that is not revoked. See: stoa token list" : problem.Detail);
        }

        await Console.Error.WriteLineAsync($"Token {id} ({token.Token.Name}) has a new secret. Keep it: it cannot be shown again.");
        await Console.Out.WriteLineAsync(token.Text);
        return ExitCode.Done;
    }

    private static Command Revoke()
    {
        var command = new Command("revoke", "Revoke a token for good; a running server refuses it within a second.");
        var id = new Argument<string>("ID") { Description = "Number of the token, as list shows it." };
        command.Arguments.Add(id);
        var options = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            var text = parsed.GetValue(id);
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return await RefuseAsync($"{text} is not the number of a token. See: stoa token list");
            return await WithTokensAsync(settings, tokens =>
                RevokeAsync(tokens, new(number), cancellation), cancellation);
        });
        return command;
    }

    private static async Task<int> RevokeAsync(Tokens tokens, TokenId id, CancellationToken cancellation)
    {
        var revoked = await tokens.RevokeAsync(id, cancellation);
        if (!revoked.IsValue) return await RefuseAsync($"There is no token {id}. See: stoa token list");
        await Console.Out.WriteLineAsync($"Token {id} is revoked.");
        return ExitCode.Done;
    }

    private static async Task<int> WithTokensAsync(StoaSettings settings, Func<Tokens, Task<int>> work,
        CancellationToken cancellation)
    {
        await using var database = await DataFolders.OpenBesideServerAsync(settings, cancellation);
        return await work(new Tokens(database, TimeProvider.System, NullLogger<Tokens>.Instance));
    }

    private static async Task<int> RefuseAsync(string message)
    {
        await Console.Error.WriteLineAsync("stoa: " + message);
        return ExitCode.Usage;
    }
}
