using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>What a field says about people.</summary>
[JsonConverter(typeof(WordJson<Personal>))]
internal enum Personal { None, Linkable, Personal }

/// <summary>A field of a dataset.</summary>
/// <param name="Name">Its name in requests and answers.</param>
/// <param name="Personal">What it says about people.</param>
/// <param name="NeededFor">Purposes that need it, with all that lie within them; empty means any for a field that is not
/// about people, and none for one that is.</param>
internal sealed record DatasetField(string Name, Personal Personal, ImmutableArray<PurposeId> NeededFor);

/// <summary>Where the assessment of the impact on data protection stands.</summary>
[JsonConverter(typeof(WordJson<ImpactAssessment>))]
internal enum ImpactAssessment { NotRequired, Open, Approved }

/// <summary>What decisions need to know of a dataset beside its classification.</summary>
internal sealed record GovernedDataset
{
    /// <summary>Most fields: as many as <see cref="IndexSet"/> holds.</summary>
    public const int FieldsMax = IndexSet.Capacity;

    public required DatasetId Id { get; init; }

    public InfrastructureSector Sector { get; init; } = InfrastructureSector.Other;

    /// <summary>Its fields; empty when they are not described: then it is given whole or not at all.</summary>
    public ImmutableArray<DatasetField> Fields { get => field.OrEmpty(); init; }

    /// <summary>Holds special categories of personal data (GDPR 9).</summary>
    public bool IsSpecial { get; init; }

    /// <summary>Whether outsiders may learn that it exists, whatever its level.</summary>
    public bool IsListed { get; init; }

    /// <summary>Made from other datasets.</summary>
    public bool IsDerived { get; init; }

    /// <summary>The most open level that its inputs allow; null when nothing bounds it.</summary>
    public SpectrumClass? LevelMax { get; init; }

    public ImpactAssessment Impact { get; init; }

    /// <summary>Whether consent can be looked up for each of the people it is about.</summary>
    public bool HasConsentRecords { get; init; }

    /// <summary>Residual risk, 0 to 25.</summary>
    public int ResidualRisk { get; init; }

    /// <summary>Until when somebody with authority has accepted it.</summary>
    public Instant? RiskAcceptedUntil { get; init; }

    /// <summary>An agreement by which a party gets it that never had it needs another approval than its two sides'.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ApprovesNewParties { get; init; }

    [JsonIgnore]
    public bool IsPersonal
    {
        get
        {
            foreach (var one in Fields)
                if (one.Personal == Personal.Personal) return true;
            return IsSpecial;
        }
    }
}

/// <summary>Whose rule it is.</summary>
[JsonConverter(typeof(WordJson<PolicyLayer>))]
internal enum PolicyLayer { City, Member }

/// <summary>A rule of the city, or of a member for the datasets it owns.</summary>
internal sealed record PolicyRule
{
    public required string Name { get; init; }

    public required PolicyLayer Layer { get; init; }

    /// <summary>The member; its rules reach what it owns and nothing else.</summary>
    public PartyId? Member { get; init; }

    /// <summary>The datasets it is about; empty for all.</summary>
    public ImmutableArray<DatasetId> Datasets { get => field.OrEmpty(); init; }

    /// <summary>The sectors it is about; empty for all.</summary>
    public ImmutableArray<InfrastructureSector> Sectors { get => field.OrEmpty(); init; }

    /// <summary>Nothing leaves.</summary>
    public bool Prohibits { get; init; }

    /// <summary>No more open than this.</summary>
    public SpectrumClass? LevelMax { get; init; }

    public Restriction Restriction { get => field ?? Restriction.None; init; }

    /// <summary>Since when it holds no more; null while it does. A rule is never changed: it is revoked, and another one made.</summary>
    public Instant? RevokedAt { get; init; }

    /// <summary>Whether it speaks about a dataset of that owner.</summary>
    public bool Reaches(GovernedDataset dataset, PartyId? owner) =>
        RevokedAt is null &&
        (Layer == PolicyLayer.City || (Member is { } member && member == owner)) &&
        (Datasets.IsEmpty || Datasets.Contains(dataset.Id)) &&
        (Sectors.IsEmpty || Sectors.Contains(dataset.Sector));
}

/// <summary>Why everything stands still.</summary>
[JsonConverter(typeof(WordJson<BlockKind>))]
internal enum BlockKind { Incident, Restriction, Objection }

/// <summary>Something that stops exchange at once, before anybody has decided about it.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Dataset">Null for every dataset.</param>
/// <param name="Party">Null for every party.</param>
/// <param name="LiftedAt">Since when it stops nothing any more; null while it does.</param>
internal sealed record Block(BlockKind Kind, DatasetId? Dataset, PartyId? Party, Instant? LiftedAt = null);

/// <summary>A lawful emergency: the named parties are not held up by blocks.</summary>
internal sealed record Emergency(
    ImmutableArray<DatasetId> Datasets, ImmutableArray<PartyId> Parties, Instant Until, string LegalReference);

/// <summary>That one check of the law does not apply, for a while, by an approved and acknowledged exemption.</summary>
internal sealed record Exemption(ReasonCode Check, DatasetId Dataset, Instant Until, string Reference)
{
    /// <summary>Since when it lifts nothing any more; null while it does.</summary>
    public Instant? RevokedAt { get; init; }
}

/// <summary>That a purpose is compatible with an agreed one, tested by the five factors (GDPR 6(4)).</summary>
internal sealed record CompatibilityTest(AgreementId Agreement, PurposeId To, bool IsCompatible, PartyId By, string Grounds)
{
    /// <summary>What was found for each factor.</summary>
    public CompatibilityFactors? Factors { get; init; }

    /// <summary>Since when it counts no more; null while it does.</summary>
    public Instant? RevokedAt { get; init; }
}

/// <summary>The five factors of GDPR 6(4), (a) to (e).</summary>
internal sealed record CompatibilityFactors(string Link, string Context, string Nature, string Consequences, string Safeguards);

/// <summary>Everything that decisions depend on besides the request: the state of the world, as one value.</summary>
internal sealed record PolicyContent
{
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>Number of the governance state; negative before anything was read.</summary>
    public required long Version { get; init; }

    /// <summary>When it was read.</summary>
    public required Instant TakenAt { get; init; }

    /// <summary>Until when revocations are known to be complete; null when that cannot grow old.</summary>
    public Instant? FreshUntil { get; init; }

    /// <summary>IANA name of the zone in which days and hours of the exchange are counted.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Days after a missed review until the level falls to specific.</summary>
    public int ReviewGraceDays { get; init; } = 30;

    /// <summary>The city's appetite for residual risk, 1 to 25.</summary>
    public int RiskAppetite { get; init; } = 25;

    /// <summary>Jurisdictions to which no transfer instrument is needed; empty for all.</summary>
    public ImmutableArray<string> HomeJurisdictions { get => field.OrEmpty(); init; }

    public ImmutableArray<Purpose> OwnPurposes { get => field.OrEmpty(); init; }

    public ImmutableArray<Party> Parties { get => field.OrEmpty(); init; }

    public ImmutableArray<GovernedDataset> Datasets { get => field.OrEmpty(); init; }

    /// <summary>Those in force: at most one effective or frozen for a dataset.</summary>
    public ImmutableArray<Classification> Classifications { get => field.OrEmpty(); init; }

    public ImmutableArray<RoleAssignment> Roles { get => field.OrEmpty(); init; }

    public ImmutableArray<Delegation> Delegations { get => field.OrEmpty(); init; }

    public ImmutableArray<Agreement> Agreements { get => field.OrEmpty(); init; }

    public ImmutableArray<Obligation> Obligations { get => field.OrEmpty(); init; }

    public ImmutableArray<CompatibilityTest> CompatibilityTests { get => field.OrEmpty(); init; }

    public ImmutableArray<PolicyRule> Rules { get => field.OrEmpty(); init; }

    public ImmutableArray<Block> Blocks { get => field.OrEmpty(); init; }

    public ImmutableArray<Emergency> Emergencies { get => field.OrEmpty(); init; }

    public ImmutableArray<Exemption> Exemptions { get => field.OrEmpty(); init; }
}
