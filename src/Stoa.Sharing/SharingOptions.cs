using Stoa.Vocabulary;

namespace Stoa.Sharing;

/// <summary>What an operator may choose about sharing.</summary>
/// <param name="BaseAddress">Address by which clients reach this server; names of agreements and parties in ODRL are built from it.</param>
public sealed record SharingOptions(Uri BaseAddress)
{
    /// <summary>Greatest residual risk: the worst outcome, almost surely.</summary>
    public const int RiskMax = 25;

    /// <summary>Most home jurisdictions: more than there are countries.</summary>
    public const int JurisdictionsMax = 300;

    /// <summary>The zone in which days and hours of the exchange are counted.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Days after a missed review until the level falls to specific.</summary>
    public int ReviewGraceDays { get; init; } = 30;

    /// <summary>The city's appetite for residual risk, 1 to <see cref="RiskMax"/>.</summary>
    public int RiskAppetite { get; init; } = RiskMax;

    /// <summary>Jurisdictions to which no transfer instrument is needed, as ISO 3166 codes; empty for all.</summary>
    public IReadOnlyList<string> HomeJurisdictions { get; init; } = [];

    /// <summary>For how long records of exchanges are kept; null for always.</summary>
    public TimeSpan? ExchangesKept { get; init; } = TimeSpan.FromDays(400);

    /// <summary>After so long without the witnesses or time stamps that are asked for, nothing of <see cref="StopLevels"/> is read; null: never.</summary>
    public TimeSpan? StopAfter { get; init; }

    /// <summary>The levels of which nothing is read then.</summary>
    public IReadOnlySet<SpectrumClass> StopLevels { get; init; } = new HashSet<SpectrumClass>();

    /// <summary>Whether it has the form of an ISO 3166 code.</summary>
    public static bool IsCountry(string? code) => code is [>= 'A' and <= 'Z', >= 'A' and <= 'Z'];

    internal ExchangeTime At(Instant now) => new(now, TimeZone);
}

/// <summary>A moment, and the zone in which this exchange counts its days.</summary>
internal readonly record struct ExchangeTime(Instant Now, TimeZoneInfo Zone)
{
    public static implicit operator Instant(ExchangeTime time) => time.Now;
}
