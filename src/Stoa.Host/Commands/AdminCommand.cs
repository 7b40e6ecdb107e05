using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Stoa.Host.Settings;
using Stoa.Identity.SignIn;

namespace Stoa.Host.Commands;

/// <summary><c>stoa admin</c>: the way in for whoever governs the exchange, also while the server runs.</summary>
internal static class AdminCommand
{
    public static Command Build() => new("admin", "The way in for whoever governs the exchange, also while the server runs.") { Link() };

    private static Command Link()
    {
        var command = new Command("link",
            "Print a link by which somebody makes an account that governs the exchange. It works once, for a day.");
        var options = SettingsOptions.AddTo(command, "data", "database", "urls", "baseAddress");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            await using var database = await DataFolders.OpenBesideServerAsync(settings, cancellation);
            var links = new OneTimeLinks(database, TimeProvider.System, NullLogger<OneTimeLinks>.Instance);
            var link = await links.ForAdministratorAsync(cancellation);
            var address = settings.BaseAddress ?? settings.Urls[0].ToUri(settings.Urls[0].Endpoint.Port);
            await Console.Error.WriteLineAsync($"Works once, until {link.Expires}. Whoever opens it governs the exchange.");
            await Console.Out.WriteLineAsync(new Uri(address, link.Path).AbsoluteUri);
            return ExitCode.Done;
        });
        return command;
    }
}
