using Stoa.Identity.SignIn.OpenId;
using Stoa.Sharing;

namespace Stoa.Host.Settings;

/// <summary>Every setting there is, in the order of the reference. Nothing else in the program reads a setting's
/// text.</summary>
internal static class SettingsTable
{
    public static readonly IReadOnlyList<Setting> All =
    [
        new("data", SettingKind.Folder, "data",
            "Folder that holds everything Stoa stores; files of your own only, when `database` is set. One server at a time " +
            "keeps data in it.")
            { Option = "--data" },
        new("database", SettingKind.Text, "",
            "PostgreSQL database that holds the data, as `Host=…;Database=…;Username=…` or `postgres://…`; any number of servers may " +
            "share one. Better set by its environment variable, since command lines are seen by others. Unset: a file in the data folder.")
            { Option = "--database" },
        new("urls", SettingKind.Addresses, "http://127.0.0.1:8080",
            "Where the server listens. Put a proxy with TLS in front before listening beyond this machine.")
            { Option = "--urls" },
        new("baseAddress", SettingKind.Address, "",
            "Address under which users reach the server; every link is built from it, never from a request's Host header. " +
            "Unset: the first of `urls`.")
            { Option = "--base-address" },
        new("trustedProxies", SettingKind.Networks, "",
            "Proxies that are believed who came to them (`X-Forwarded-For`), beside those on this machine: failed sign-ins are counted for that " +
            "address, and without it for all behind the proxy together."),
        new("connectors.folder", SettingKind.Text, "",
            "Folder of [connectors](../connectors.md) in files, read at every start. Unset: `connectors` in the data folder.")
            { Option = "--connectors" },
        new("portal.name", SettingKind.Text, "Stoa", "What the portal calls itself, usually the name of the city."),
        new("sharing.timeZone", SettingKind.TimeZone, "UTC",
            "Time zone in which days and hours of the exchange are counted: when a review is missed, and at which hours a rule lets data leave."),
        new("sharing.reviewGraceDays", SettingKind.Count, "30",
            "Days after a missed review of a classification until its level falls to specific; see [sharing](../sharing.md).")
            { Min = 0, Max = 3650 },
        new("sharing.riskAppetite", SettingKind.Count, "25",
            "Highest residual risk of a dataset that the city takes part in, likelihood times harm; a party may say a lower one of its own.")
            { Min = 1, Max = SharingOptions.RiskMax },
        new("sharing.homeJurisdictions", SettingKind.Countries, "",
            "Countries to which data about people go without a transfer instrument, such as `DE;AT`. Empty: all."),
        new("openId.issuer", SettingKind.Provider, "",
            "Issuer of the OpenID provider for [single sign-on](../governance.md#single-sign-on), letter by letter as its discovery document " +
            "names it. Unset: people sign in here alone, and no other server is asked."),
        new("openId.clientId", SettingKind.Text, "", "What the provider calls this exchange. It must know the address " +
            "`baseAddress` with `/sign-in/openid/answer` after it."),
        new("openId.clientSecretFile", SettingKind.File, "",
            "File that holds the client's secret in one line, read anew for each sign-in. Unset: a public client, secured by PKCE alone."),
        new("openId.name", SettingKind.Text, OpenIdOptions.NameDefault, "What people call the provider, as in “Sign in with City Login”."),
        new("openId.scopes", SettingKind.Text, "openid profile email",
            "Scopes that are asked for. Name and address are taken from the ID token when an account is made, and nothing else."),
        new("openId.join", SettingKind.Word, "invited",
            "Who gets an account by the provider: who is invited, or anyone whom it knows with a verified e-mail address. " +
            "Who has an account may link the provider to it either way.")
            { Words = ["invited", "anyone"] },
        new("openId.secondFactor", SettingKind.Word, "own",
            "Whose second factor counts: `own` asks for the code of who has set one up; `provider` does not where the provider says `mfa` in " +
            "`amr`, or a value of `openId.twoFactorClasses` in `acr`.")
            { Words = ["own", "provider"] },
        new("openId.twoFactorClasses", SettingKind.Text, "", "Values of `acr` that mean two factors, separated by blanks; asked for by `acr_values` where the provider's second factor counts."),
        new("openId.timeoutSeconds", SettingKind.Seconds, "10", "Time the provider has for each answer.") { Min = 1, Max = 60 },
        new("ledger.witness.logs", SettingKind.File, "",
            "File that names the logs of others for which this exchange is a [witness](../ledger.md#being-a-witness): lines `log` with their keys, and `quorum none` " +
            "(C2SP tlog-policy). Unset: it is no witness."),
        new("ledger.policy", SettingKind.File, "",
            "File that names the [witnesses](../ledger.md#asking-for-witnesses) of our own logs and how many must have cosigned a checkpoint before it is shown " +
            "(C2SP tlog-policy). Unset: checkpoints are shown as they are signed."),
        new("ledger.timestamp.url", SettingKind.Link, "",
            "Address of a time-stamp authority (RFC 3161) that [stamps checkpoints](../ledger.md#time-stamps) of our own logs. Unset: none is asked."),
        new("ledger.timestamp.authority", SettingKind.File, "",
            "PEM file with the certificates that the time-stamp authority must be traced back to. Unset: those that the system trusts."),
        new("ledger.timestamp.periodSeconds", SettingKind.Seconds, "3600", "How often the checkpoint of a log that has grown is stamped.")
            { Min = 1, Max = 31_536_000 },
        new("ledger.anchor.url", SettingKind.Link, "",
            "JSON-RPC address of a node of an EVM chain, or of a signer in front of it, that [anchors checkpoints](../ledger.md#anchors-on-a-chain). Unset: none. Keys " +
            "are there, never here."),
        new("ledger.anchor.contract", SettingKind.ChainAddress, "", "Address of the contract on that chain."),
        new("ledger.anchor.account", SettingKind.ChainAddress, "", "Account that sends, whose key the node or the signer has; used by this exchange alone."),
        new("ledger.anchor.periodSeconds", SettingKind.Seconds, "86400", "How often the checkpoint of a log that has grown is anchored.")
            { Min = 1, Max = 31_536_000 },
        new("ledger.stopAfterSeconds", SettingKind.Seconds, "0",
            "When a quorum of witnesses or a time stamp has been missing for so long, [nothing is read](../ledger.md#stopping-without-confirmation) of the levels of " +
            "`ledger.stopLevels` until it comes. 0: never.")
            { Min = 0, Max = 31_536_000 },
        new("ledger.stopLevels", SettingKind.Levels, "closed;specific;group", "Levels of the data spectrum of which nothing is read then."),
        new("mqtt.listen", SettingKind.Listener, "",
            "Where the MQTT server listens, such as `127.0.0.1:1883`. Unset: only in WebSockets at `/mqtt`. Passwords are access " +
            "tokens: beyond this machine use `mqtt.tlsListen`.")
            { Option = "--mqtt" },
        new("mqtt.tlsListen", SettingKind.Listener, "", "Where the MQTT server listens with TLS, such as `*:8883`.")
            { Option = "--mqtt-tls" },
        new("mqtt.certificate", SettingKind.File, "",
            "Certificate chain for `mqtt.tlsListen`, a PEM file; read again within a minute when it changes."),
        new("mqtt.key", SettingKind.File, "", "Private key of `mqtt.certificate`, a PEM file without a password."),
        new("mqtt.bridges", SettingKind.File, "",
            "File that declares bridges to outside MQTT brokers; see docs/mqtt.md."),
        new("mqtt.connections", SettingKind.Count, "10000",
            "MQTT clients connected at once; further ones are refused. `limits.connections` counts for each listener besides.")
            { Min = 1, Max = 1_000_000 },
        new("mqtt.sessions", SettingKind.Count, "20000", "MQTT sessions that are kept beyond their connection.")
            { Min = 1, Max = 10_000_000 },
        new("mqtt.sessionSeconds", SettingKind.Seconds, "604800",
            "Longest time that an MQTT session is kept without a connection.")
            { Min = 0, Max = 31_536_000 },
        new("mqtt.packetBytes", SettingKind.Bytes, "1 MiB", "Largest MQTT packet.") { Min = 1024, Max = 64 << 20 },
        new("mqtt.queueMessages", SettingKind.Count, "1000",
            "MQTT messages waiting for one client, QoS 0 and the others each; what is left out then is told in docs/mqtt.md.")
            { Min = 1, Max = 1_000_000 },
        new("mqtt.queueBytes", SettingKind.Bytes, "4 MiB", "Bytes waiting for one MQTT client, QoS 0 and the others each.")
            { Min = 1024, Max = 1L << 30 },
        new("mqtt.queueBytesTotal", SettingKind.Bytes, "256 MiB", "Bytes waiting for all MQTT clients together.")
            { Min = 1 << 20, Max = 1L << 36 },
        new("mqtt.retainedMessages", SettingKind.Count, "10000", "Retained MQTT messages of one dataset.")
            { Min = 0, Max = 1_000_000 },
        new("log.format", SettingKind.Word, "text",
            "Form of the log on the console: lines for people or JSON for programs.")
            { Words = ["text", "json"], Option = "--log-format" },
        new("log.level", SettingKind.Word, "information", "Least severe message that is written.")
            { Words = ["debug", "information", "warning", "error"] },
        new("limits.bodyBytes", SettingKind.Bytes, "16 MiB", "Largest body of a request; uploads of imports included.")
            { Min = 1024, Max = 1L << 30 },
        new("limits.connections", SettingKind.Count, "10000",
            "Connections open at once; further ones are closed at once.")
            { Min = 1, Max = 1_000_000 },
        new("limits.headerBytes", SettingKind.Bytes, "32 KiB", "All headers of a request together.")
            { Min = 1024, Max = 1 << 20 },
        new("limits.requestLineBytes", SettingKind.Bytes, "16 KiB",
            "Request line with its query; long filters need room.")
            { Min = 1024, Max = 1 << 20 },
        new("limits.headerSeconds", SettingKind.Seconds, "15", "Time a client has to send its headers.")
            { Min = 1, Max = 600 },
        new("limits.keepAliveSeconds", SettingKind.Seconds, "130", "Time an idle connection is kept.")
            { Min = 1, Max = 3600 },
        new("limits.statementSeconds", SettingKind.Seconds, "30",
            "Time one database statement may run before the request is refused.")
            { Min = 1, Max = 3600 },
        new("limits.drainSeconds", SettingKind.Seconds, "0",
            "Time for which the server, told to stop, says that it is not ready and goes on serving, so that a proxy notices; see " +
            "[several nodes](nodes.md).")
            { Min = 0, Max = 600 },
        new("limits.stopSeconds", SettingKind.Seconds, "8",
            "Time running requests have to finish after the server was told to stop; then they are cut off.")
            { Min = 1, Max = 600 },
        new("limits.downloadRows", SettingKind.Count, "10000000",
            "Most rows of one download as CSV or GeoJSON, which have no pages unless `$top` asks for them.")
            { Min = 1, Max = 1_000_000_000 },
        new("limits.topDefault", SettingKind.Count, "100", "Entities on a page when a query has no `$top`.")
            { Min = 1, Max = 10_000 },
        new("limits.topMax", SettingKind.Count, "10000", "Most entities on one page, whatever `$top` says.")
            { Min = 1, Max = 1_000_000 },
        new("storage.writeQueue", SettingKind.Count, "16384",
            "Writes waiting for the one writer; beyond it writers are answered 429 with Retry-After.")
            { Min = 1, Max = 1_000_000 },
        new("storage.readers", SettingKind.Count, "16", "Connections for reading; a query beyond them waits for one.")
            { Min = 1, Max = 256 },
        new("changes.keepDays", SettingKind.Count, "30",
            "Days for which the change log keeps what was changed and removed; who follows changes and comes later begins anew.")
            { Min = 1, Max = 3650 },
        new("exchanges.keepDays", SettingKind.Count, "400",
            "Days for which records of exchanges are kept, then removed with the usage summed from them. 0: always.")
            { Min = 0, Max = 36_500 },
        new("observations.sealSeconds", SettingKind.Count, "600",
            "Seconds that observations wait at most before they are sealed in the log of audit, from when on they can be proven. 0: never.")
            { Min = 0, Max = 86_400 },
        new("observations.keepDays", SettingKind.Count, "0",
            "Days for which observations are kept after their phenomenonTime, then removed a calendar month at a time. 0: always.")
            { Min = 0, Max = 36_500 },
        new("storage.freeBytesMin", SettingKind.Bytes, "64 MiB",
            "Free space on the disk below which the server says that it is not ready.")
            { Min = 0, Max = 1L << 40 },
    ];

    /// <summary>Environment variables that begin with STOA_ and are no settings.</summary>
    public static readonly IReadOnlyList<string> OtherVariables = [ConfigVariable];

    /// <summary>Names the settings file, as <c>--config</c> does.</summary>
    public const string ConfigVariable = "STOA_CONFIG";

    /// <summary>Name of the settings file that is read from the data folder when none is named.</summary>
    public const string FileName = "stoa.json";
}
