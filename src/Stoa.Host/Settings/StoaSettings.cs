using System.Net;
using Stoa.Ledger.Anchoring;
using Stoa.Vocabulary;
using Stoa.Identity.SignIn.OpenId;

namespace Stoa.Host.Settings;

/// <summary>Everything an operator decided, checked and complete. Capabilities get the part that is theirs at
/// construction.</summary>
/// <param name="Data">Full path of the data folder.</param>
/// <param name="Urls">Where the server listens.</param>
/// <param name="BaseAddress">What links are built from; null: the first of <paramref name="Urls"/> as it was
/// bound.</param>
internal sealed record StoaSettings(string Data, IReadOnlyList<ListenAddress> Urls, Uri? BaseAddress)
{
    /// <summary>The PostgreSQL database that holds the data; null: a file in the data folder. May hold a password.</summary>
    public required string? Database { get; init; }

    /// <summary>What the portal calls itself.</summary>
    public required string PortalName { get; init; }

    /// <summary>Proxies that are believed who came to them.</summary>
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }

    /// <summary>The provider of single sign-on; null: there is none.</summary>
    public required OpenIdOptions? OpenId { get; init; }

    /// <summary>Full path of the folder of connectors in files; it need not be there.</summary>
    public required string ConnectorFolder { get; init; }

    /// <summary>By what sharing is decided besides what is governed.</summary>
    public required SharingSettings Sharing { get; init; }

    /// <summary>Logs of others that are watched, and who watches ours.</summary>
    public required LedgerSettings Ledger { get; init; }

    /// <summary>What is written to the console, and how.</summary>
    public required LogSettings Log { get; init; }

    /// <summary>The MQTT server.</summary>
    public required MqttSettings Mqtt { get; init; }

    /// <summary>What one request may cost.</summary>
    public required LimitSettings Limits { get; init; }

    /// <summary>How the data folder is used.</summary>
    public required StorageSettings Storage { get; init; }

    /// <summary>How long the change log keeps what has changed.</summary>
    public required TimeSpan ChangesKept { get; init; }

    /// <summary>How long observations are kept after their phenomenonTime; null: always.</summary>
    public required TimeSpan? ObservationsKept { get; init; }

    /// <summary>How long observations wait at most before they are sealed; null: they are not.</summary>
    public required TimeSpan? SealPeriod { get; init; }

    /// <summary>For how long records of exchanges are kept; null for always.</summary>
    public required TimeSpan? ExchangesKept { get; init; }
}

/// <summary>By what sharing is decided besides what is governed.</summary>
internal sealed record SharingSettings
{
    public required TimeZoneInfo TimeZone { get; init; }
    public required int ReviewGraceDays { get; init; }
    public required int RiskAppetite { get; init; }
    public required IReadOnlyList<string> HomeJurisdictions { get; init; }
}

/// <summary>Logs of others that are watched, and who watches ours. Paths are full; null: none.</summary>
internal sealed record LedgerSettings
{
    public required string? WitnessLogs { get; init; }
    public required string? Policy { get; init; }
    public required TimestampOptions? Timestamp { get; init; }
    public required AnchorOptions? Anchor { get; init; }
    public required TimeSpan? StopAfter { get; init; }
    public required IReadOnlySet<SpectrumClass> StopLevels { get; init; }
}

/// <summary>Diagnostics on the console.</summary>
internal sealed record LogSettings(LogFormat Format, LogLevel Level);

/// <summary>One line of text for people, or one JSON object a line for programs.</summary>
internal enum LogFormat
{
    Text,
    Json,
}

/// <summary>Where the MQTT server listens, and what it allows.</summary>
internal sealed record MqttSettings
{
    public required ListenAddress? Listen { get; init; }
    public required ListenAddress? TlsListen { get; init; }
    public required string Certificate { get; init; }
    public required string Key { get; init; }
    public required string Bridges { get; init; }
    public required int Connections { get; init; }
    public required int Sessions { get; init; }
    public required TimeSpan SessionTime { get; init; }
    public required long PacketBytes { get; init; }
    public required int QueueMessages { get; init; }
    public required long QueueBytes { get; init; }
    public required long QueueBytesTotal { get; init; }
    public required int RetainedMessages { get; init; }
}

/// <summary>Limits of requests and connections.</summary>
internal sealed record LimitSettings
{
    public required long BodyBytes { get; init; }
    public required int Connections { get; init; }
    public required int HeaderBytes { get; init; }
    public required int RequestLineBytes { get; init; }
    public required TimeSpan HeaderTime { get; init; }
    public required TimeSpan KeepAliveTime { get; init; }
    public required TimeSpan StatementTime { get; init; }
    public required TimeSpan DrainTime { get; init; }
    public required TimeSpan StopTime { get; init; }
    public required int DownloadRows { get; init; }
    public required int TopDefault { get; init; }
    public required int TopMax { get; init; }
}

/// <summary>The embedded database.</summary>
internal sealed record StorageSettings
{
    public required int WriteQueue { get; init; }
    public required int Readers { get; init; }
    public required long FreeBytesMin { get; init; }
}
