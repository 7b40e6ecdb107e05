using System.Globalization;
using System.Text;
using Stoa.Host.Operations.Metrics;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.SignIn;
using Stoa.Portal;
using Stoa.Query;
using Stoa.Sensing.Connectors;
using Stoa.Sensing.Mqtt;

namespace Stoa.Host.Settings;

/// <summary>Writes docs/operating/settings.md from the table of settings; a test holds the file to it.</summary>
internal static class SettingsReference
{
    public static string Markdown()
    {
        var page = new StringBuilder(
            """
            # Settings

            Written by `stoa settings --markdown`; change the table in `src/Stoa.Host/Settings/SettingsTable.cs`, not this page.

            A setting comes from the settings file, the environment or an option; the later in this list wins. The file is
            `stoa.json` in the data folder, or the one that `--config FILE` or `STOA_CONFIG` names: one JSON object, comments
            and trailing commas allowed, dots in a name are nested objects:

            ```json
            { "baseAddress": "https://data.example.org", "limits": { "bodyBytes": "32 MiB" } }
            ```

            As an option, a setting without an option of its own is written `--set limits.bodyBytes="32 MiB"`. Sizes are bytes, or
            a number with KiB, MiB or GiB. A name that does not exist, or a value that is not taken, keeps the server from starting and
            is answered with advice. `stoa settings` checks them without starting.

            | Setting | Environment, option | Default | Taken | What it does |
            |---|---|---|---|---|

            """);
        foreach (var setting in SettingsTable.All)
            page.Append("| `").Append(setting.Key).Append("` | `").Append(setting.Variable).Append('`')
                .Append(setting.Option is null ? "" : $", `{setting.Option}`").Append(" | ")
                .Append(setting.Default.Length == 0 ? "" : $"`{setting.Default}`").Append(" | ")
                .Append(Taken(setting)).Append(" | ").Append(setting.Summary).Append(" |\n");
        WriteFixedLimits(page);
        return page.ToString();
    }

    private static void WriteFixedLimits(StringBuilder page)
    {
        var query = QueryLimits.Default;
        (string What, long Limit)[] limits =
        [
            ("Characters of one query option, decoded", query.TextCharsMax),
            ("Levels of nesting in an expression", query.NestingLevelsMax),
            ("Parts of all expressions of a query together", query.ExpressionNodesMax),
            ("Levels of `$expand`", query.ExpandLevelsMax),
            ("Relations named in all `$expand` of a query together", query.ExpandItemsMax),
            ("Items of one `$orderby`", query.OrderByItemsMax),
            ("Items of one `$select`", query.SelectItemsMax),
            ("Points of all geometries of one query option", query.WktPointsMax),
            ("Entries on a page of `/api/v1` (`limit`)", Page.LimitMax),
            ("Entries left out by `skip` in `/api/v1`", Page.SkipMax),
            ("Datasets of one token", TokenDraft.DatasetsMax),
            ("Series of one metric", MetricsCollector.SeriesMax),
            .. SignInLimits.All,
            .. PortalLimits.All,
            .. MqttLimits.All,
            .. ConnectorLimits.All,
        ];
        page.Append("\n## Limits that are fixed\n\n| What | At most |\n|---|---|\n");
        foreach (var (what, limit) in limits)
            page.Append(CultureInfo.InvariantCulture, $"| {what} | {limit:N0} |\n");
    }

    private static string Taken(Setting setting) => setting.Kind switch
    {
        SettingKind.Text => "text",
        SettingKind.Folder => "folder",
        SettingKind.Address => "http or https address",
        SettingKind.Addresses => "`http://HOST:PORT`, several with `;`",
        SettingKind.Listener => "`HOST:PORT`",
        SettingKind.Provider => "https address",
        SettingKind.Networks => "IP addresses and networks, several with `;`",
        SettingKind.File => "file",
        SettingKind.TimeZone => "IANA time zone",
        SettingKind.Countries => "ISO 3166 codes, several with `;`",
        SettingKind.Link => "http or https address",
        SettingKind.ChainAddress => "0x and 40 hexadecimal digits",
        SettingKind.Levels => "`closed`, `specific`, `group`, `public`, `open`, several with `;`",
        SettingKind.Word => string.Join(", ", setting.Words.Select(word => $"`{word}`")),
        SettingKind.Count or SettingKind.Bytes => $"{setting.Show(setting.Min)} to {setting.Show(setting.Max)}",
        SettingKind.Seconds => $"{setting.Show(setting.Min)} to {setting.Show(setting.Max)} s",
        _ => throw new InvalidOperationException($"Unknown kind of setting: {setting.Kind}."),
    };
}
