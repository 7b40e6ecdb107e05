using System.CommandLine;
using Stoa.Host.Settings;

namespace Stoa.Host.Commands;

/// <summary><c>stoa settings</c>: checks the settings, or writes their reference.</summary>
internal static class SettingsCommand
{
    public static Command Build()
    {
        var command = new Command("settings", "Check the settings as serve would read them, or print their reference.");
        var markdown = new Option<bool>("--markdown") { Description = "Print docs/operating/settings.md." };
        command.Options.Add(markdown);
        var options = SettingsOptions.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(markdown))
            {
                Console.Out.Write(SettingsReference.Markdown());
                return ExitCode.Done;
            }

            if (!options.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
            Console.Out.WriteLine("The settings are good. Data folder: " + settings.Data);
            return ExitCode.Done;
        });
        return command;
    }
}
