using System.CommandLine;
using Stoa.Host.Settings;

namespace Stoa.Host.Commands;

/// <summary>The options by which a command takes settings: one for each setting that has its own, <c>--config</c> and
/// <c>--set</c>.</summary>
internal sealed class SettingsOptions
{
    private readonly Option<string?> _config = new("--config")
    {
        Description = "Settings file; without it stoa.json in the data folder, if there is one.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Any other setting, as NAME=VALUE; may be repeated. See docs/operating/settings.md.",
        HelpName = "NAME=VALUE",
    };

    private readonly List<(Setting Setting, Option<string?> Option)> _own = [];

    /// <summary>Adds the options to a command; <paramref name="only"/> limits them to these keys.</summary>
    public static SettingsOptions AddTo(Command command, params string[] only)
    {
        var options = new SettingsOptions();
        foreach (var setting in SettingsTable.All)
        {
            if (setting.Option is null || (only.Length > 0 && !only.Contains(setting.Key))) continue;
            var option = new Option<string?>(setting.Option)
            {
                Description = setting.Summary.Replace("`", "", StringComparison.Ordinal) +
                    (setting.Default.Length == 0 ? "" : $" [default: {setting.Default}]"),
                HelpName = setting.Kind switch
                {
                    SettingKind.Folder => "DIR",
                    SettingKind.Address or SettingKind.Addresses => "URL",
                    SettingKind.Listener => "HOST:PORT",
                    _ => "VALUE",
                },
            };
            options._own.Add((setting, option));
            command.Options.Add(option);
        }

        command.Options.Add(options._config);
        command.Options.Add(options._set);
        return options;
    }

    /// <summary>The settings in force; complaints go to standard error.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="overrides">Settings that the command itself decides, unless the command line names them.</param>
    /// <param name="settings">Only to be used when the answer is true.</param>
    public bool TryRead(ParseResult parsed, IEnumerable<KeyValuePair<string, string>> overrides,
        out StoaSettings settings)
    {
        var options = new List<KeyValuePair<string, string>>(overrides);
        foreach (var (setting, option) in _own)
            if (parsed.GetValue(option) is { } text) options.Add(new(setting.Key, text));
        foreach (var pair in parsed.GetValue(_set) ?? [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            options.Add(equals < 0 ? new(pair, "") : new(pair[..equals], pair[(equals + 1)..]));
        }

        var sources = new SettingsSources
        {
            ConfigFile = parsed.GetValue(_config),
            Environment = SettingsSources.ProcessEnvironment(),
            Options = options,
        };
        if (SettingsReader.TryRead(sources, out settings, out var complaints)) return true;
        foreach (var complaint in complaints) Console.Error.WriteLine("stoa: " + complaint);
        return false;
    }
}
