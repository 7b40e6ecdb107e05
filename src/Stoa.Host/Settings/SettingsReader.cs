using System.Globalization;
using System.Text.Json;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Vocabulary;

namespace Stoa.Host.Settings;

/// <summary>Where settings come from; later ones win: file, environment, options.</summary>
internal sealed record SettingsSources
{
    /// <summary>File named by <c>--config</c>; null: STOA_CONFIG, else stoa.json in the data folder if there is
    /// one.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>The process's environment, or a part of it; only names that begin with STOA_ are looked at.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Settings given as options: key to text.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Options { get; init; } = [];

    /// <summary>The environment of this process.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment() =>
        System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
}

/// <summary>Reads the settings from all their sources, complaining about everything that is wrong at once.</summary>
internal sealed class SettingsReader
{
    private static readonly string[] OfAnchors = ["ledger.anchor.url", "ledger.anchor.contract", "ledger.anchor.account"];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly List<string> _complaints = [];

    /// <summary>The settings, or the complaints: one sentence each, with the source and what to write
    /// instead.</summary>
    public static bool TryRead(SettingsSources sources, out StoaSettings settings, out IReadOnlyList<string> complaints)
    {
        var reader = new SettingsReader();
        reader.TakeFile(sources);
        reader.TakeEnvironment(sources.Environment);
        foreach (var (key, text) in sources.Options) reader.Take(key, text, "option", key);
        settings = reader.Build();
        complaints = reader._complaints;
        return complaints.Count == 0;
    }

    private void TakeFile(SettingsSources sources)
    {
        var named = sources.ConfigFile ?? sources.Environment.GetValueOrDefault(SettingsTable.ConfigVariable);
        var file = named ?? Path.Combine(DataFolder(sources), SettingsTable.FileName);
        if (!File.Exists(file))
        {
            if (named is not null) _complaints.Add($"The settings file {named} does not exist.");
            return;
        }

        try
        {
            var options = new JsonDocumentOptions
            {
                CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
            };
            using var document = JsonDocument.Parse(File.ReadAllBytes(file), options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                _complaints.Add($"{file}: must be one JSON object.");
            else
                TakeObject(document.RootElement, "", file, mayNameData: named is not null);
        }
        catch (JsonException error)
        {
            _complaints.Add($"{file}: is not JSON at line {error.LineNumber + 1}, column {error.BytePositionInLine + 1}.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _complaints.Add($"{file}: cannot be read: {error.Message}");
        }
    }

    private static string DataFolder(SettingsSources sources)
    {
        var option = sources.Options.LastOrDefault(option => option.Key == "data").Value;
        return option ?? sources.Environment.GetValueOrDefault("STOA_DATA") ?? SettingsTable.All[0].Default;
    }

    private void TakeObject(JsonElement element, string prefix, string file, bool mayNameData)
    {
        foreach (var member in element.EnumerateObject())
        {
            var key = prefix + member.Name;
            if (key == "data" && !mayNameData)
                _complaints.Add($"{file}: data cannot be set in the file that stands in the data folder.");
            else if (member.Value.ValueKind == JsonValueKind.Object)
                TakeObject(member.Value, key + ".", file, mayNameData);
            else if (TextOf(member.Value) is { } text)
                Take(key, text, file, key);
            else
                _complaints.Add($"{file}: {key} must be a text, a number or a list of texts.");
        }
    }

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
            string.Join(';', value.EnumerateArray().Select(item => item.GetString())),
        _ => null,
    };

    private void TakeEnvironment(IReadOnlyDictionary<string, string> environment)
    {
        var byVariable = SettingsTable.All.ToDictionary(setting => setting.Variable, setting => setting.Key);
        foreach (var (name, text) in environment.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith("STOA_", StringComparison.Ordinal)
                || SettingsTable.OtherVariables.Contains(name)) continue;
            if (byVariable.TryGetValue(name, out var key))
                Take(key, text, "environment", name);
            else
                Unknown("environment", name, byVariable.Keys.Concat(SettingsTable.OtherVariables));
        }
    }

    private void Take(string key, string text, string source, string nameThere)
    {
        var setting = SettingsTable.All.FirstOrDefault(setting => setting.Key == key);
        if (setting is null)
            Unknown(source, nameThere, SettingsTable.All.Select(known => known.Key));
        else if (setting.Refuse(text) is { } refusal)
            _complaints.Add($"{source}: {nameThere} {refusal}; it is \"{text}\".");
        else
            _values[key] = text;
    }

    private void Unknown(string source, string name, IEnumerable<string> known)
    {
        var nearest = Spelling.Nearest(name, known);
        var advice = nearest is null ? "See docs/operating/settings.md for those there are."
            : $"Did you mean {nearest}?";
        _complaints.Add($"{source}: there is no setting {name}. {advice}");
    }

    private StoaSettings Build()
    {
        var urls = Setting.Split(Text("urls")).Select(url => ListenAddress.TryParse(url, out var address)
            ? address : throw new InvalidOperationException("urls was checked when it was taken."));
        var settings = new StoaSettings(Path.GetFullPath(Text("data")), [.. urls], Address(Text("baseAddress")))
        {
            PortalName = Text("portal.name"),
            Database = Text("database") is { Length: > 0 } database ? database : null,
            ConnectorFolder = Path.GetFullPath(
                Text("connectors.folder") is { Length: > 0 } folder ? folder : Path.Combine(Text("data"), "connectors")),
            TrustedProxies = [.. Setting.Split(Text("trustedProxies")).Select(text => Setting.TryNetwork(text, out var network) ? network : default)],
            OpenId = OpenId(),
            Sharing = new SharingSettings
            {
                TimeZone = Setting.TryTimeZone(Text("sharing.timeZone"), out var zone) ? zone : TimeZoneInfo.Utc,
                ReviewGraceDays = Count("sharing.reviewGraceDays"),
                RiskAppetite = Count("sharing.riskAppetite"),
                HomeJurisdictions = [.. Setting.Split(Text("sharing.homeJurisdictions")).Distinct()],
            },
            Ledger = Ledger(),
            Log = new LogSettings(
                Enum.Parse<LogFormat>(Text("log.format"), ignoreCase: true),
                Enum.Parse<LogLevel>(Text("log.level"), ignoreCase: true)),
            Mqtt = new MqttSettings
            {
                Listen = Listener("mqtt.listen"),
                TlsListen = Listener("mqtt.tlsListen"),
                Certificate = Text("mqtt.certificate"),
                Key = Text("mqtt.key"),
                Bridges = Text("mqtt.bridges"),
                Connections = Count("mqtt.connections"),
                Sessions = Count("mqtt.sessions"),
                SessionTime = Seconds("mqtt.sessionSeconds"),
                PacketBytes = Bytes("mqtt.packetBytes"),
                QueueMessages = Count("mqtt.queueMessages"),
                QueueBytes = Bytes("mqtt.queueBytes"),
                QueueBytesTotal = Bytes("mqtt.queueBytesTotal"),
                RetainedMessages = Count("mqtt.retainedMessages"),
            },
            Limits = new LimitSettings
            {
                BodyBytes = Bytes("limits.bodyBytes"),
                Connections = Count("limits.connections"),
                HeaderBytes = (int)Bytes("limits.headerBytes"),
                RequestLineBytes = (int)Bytes("limits.requestLineBytes"),
                HeaderTime = Seconds("limits.headerSeconds"),
                KeepAliveTime = Seconds("limits.keepAliveSeconds"),
                StatementTime = Seconds("limits.statementSeconds"),
                DrainTime = Seconds("limits.drainSeconds"),
                StopTime = Seconds("limits.stopSeconds"),
                DownloadRows = Count("limits.downloadRows"),
                TopDefault = Count("limits.topDefault"),
                TopMax = Count("limits.topMax"),
            },
            ChangesKept = TimeSpan.FromDays(Count("changes.keepDays")),
            ObservationsKept = Count("observations.keepDays") is > 0 and var days ? TimeSpan.FromDays(days) : null,
            SealPeriod = Count("observations.sealSeconds") is > 0 and var wait ? TimeSpan.FromSeconds(wait) : null,
            ExchangesKept = Count("exchanges.keepDays") is > 0 and var recorded ? TimeSpan.FromDays(recorded) : null,
            Storage = new StorageSettings
            {
                WriteQueue = Count("storage.writeQueue"),
                Readers = Count("storage.readers"),
                FreeBytesMin = Bytes("storage.freeBytesMin"),
            },
        };
        if (OfAnchors.Select(key => Text(key).Length > 0).Distinct().Count() > 1)
            _complaints.Add("ledger.anchor.url, ledger.anchor.contract and ledger.anchor.account belong together: set all, or none.");
        if (settings.Ledger is { StopAfter: not null, Policy: null, Timestamp: null })
            _complaints.Add("ledger.stopAfterSeconds needs ledger.policy or ledger.timestamp.url: without them nothing is confirmed by others.");
        if (Text("openId.issuer").Length > 0 != Text("openId.clientId").Length > 0)
            _complaints.Add("openId.issuer and openId.clientId belong together: set both, or none.");
        if (settings.OpenId is { } openId && !openId.Scopes.Contains("openid"))
            _complaints.Add("openId.scopes must hold openid: without it a provider says nothing about who signs in.");
        if (settings.Limits.TopDefault > settings.Limits.TopMax)
            _complaints.Add("limits.topDefault must not be greater than limits.topMax.");
        if (settings.Mqtt is { TlsListen: not null, Certificate: "" } or { TlsListen: not null, Key: "" })
            _complaints.Add("mqtt.tlsListen needs mqtt.certificate and mqtt.key, two PEM files.");
        return settings;
    }

    private LedgerSettings Ledger() => new()
    {
        WitnessLogs = FileOrNull("ledger.witness.logs"),
        Policy = FileOrNull("ledger.policy"),
        Timestamp = Text("ledger.timestamp.url") is { Length: > 0 } authority
            ? new(new(authority), FileOrNull("ledger.timestamp.authority"), Seconds("ledger.timestamp.periodSeconds"))
            : null,
        Anchor = Text("ledger.anchor.url") is { Length: > 0 } node
            ? new(new(node), Text("ledger.anchor.contract"), Text("ledger.anchor.account"), Seconds("ledger.anchor.periodSeconds"))
            : null,
        StopAfter = Count("ledger.stopAfterSeconds") is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null,
        StopLevels = Setting.Split(Text("ledger.stopLevels")).Select(word => SpectrumClasses.TryParse(word, out var level) ? level : default).ToHashSet(),
    };

    private OpenIdOptions? OpenId() => Text("openId.issuer") is { Length: > 0 } issuer
        ? new OpenIdOptions(issuer, Text("openId.clientId"))
        {
            Name = Text("openId.name") is { Length: > 0 } name ? name : OpenIdOptions.NameDefault,
            SecretFile = FileOrNull("openId.clientSecretFile"),
            Scopes = Words("openId.scopes"),
            MayAnyoneJoin = Text("openId.join") == "anyone",
            TakesSecondFactor = Text("openId.secondFactor") == "provider",
            TwoFactorClasses = Words("openId.twoFactorClasses"),
            Timeout = Seconds("openId.timeoutSeconds"),
        }
        : null;

    private string? FileOrNull(string key) => Text(key) is { Length: > 0 } file ? Path.GetFullPath(file) : null;

    private string[] Words(string key) => Text(key).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private ListenAddress? Listener(string key) =>
        Text(key) is { Length: > 0 } text && ListenAddress.TryParseListener(text, out var address) ? address : null;

    // Links are made by appending to the base address, so it ends in a slash.
    private static Uri? Address(string text) => text.Length == 0 ? null : new Uri(text.TrimEnd('/') + "/");

    private string Text(string key) =>
        _values.GetValueOrDefault(key) ?? SettingsTable.All.First(setting => setting.Key == key).Default;

    private int Count(string key) => int.Parse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture);

    private TimeSpan Seconds(string key) => TimeSpan.FromSeconds(Count(key));

    private long Bytes(string key) => Setting.TryBytes(Text(key), out var bytes)
        ? bytes : throw new InvalidOperationException($"{key} was checked when it was taken.");
}
