using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>Identifies an <see cref="Agreement"/>.</summary>
internal readonly record struct AgreementId(long Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The legal basis of using data about people (GDPR 6(1), letters a to f).</summary>
[JsonConverter(typeof(WordJson<LegalBasis>))]
internal enum LegalBasis { NotPersonal, Consent, Contract, LegalObligation, VitalInterest, PublicTask, LegitimateInterest }

/// <summary>The further ground that special categories need (GDPR 9(2), letters a to j).</summary>
[JsonConverter(typeof(WordJson<SpecialGround>))]
internal enum SpecialGround
{
    None, ExplicitConsent, EmploymentLaw, VitalInterest, NotForProfitBody, MadePublic, LegalClaims, SubstantialPublicInterest,
    HealthCare, PublicHealth, ResearchAndStatistics,
}

/// <summary>What makes it lawful to work on data about people elsewhere.</summary>
[JsonConverter(typeof(WordJson<TransferInstrument>))]
internal enum TransferInstrument { None, Adequacy, StandardClauses, BindingRules, Derogation }

/// <summary>To whom the consumer may pass data on.</summary>
[JsonConverter(typeof(WordJson<OnwardSharing>))]
internal enum OnwardSharing { None, Named, SameTerms }

/// <summary>From when the retention is counted.</summary>
[JsonConverter(typeof(WordJson<RetentionStart>))]
internal enum RetentionStart { Receipt, EndOfAgreement }

/// <summary>What becomes of data after the retention.</summary>
[JsonConverter(typeof(WordJson<AfterRetention>))]
internal enum AfterRetention { Delete, Return, Anonymise }

/// <summary>How long the consumer keeps the data.</summary>
internal sealed record Retention(RetentionStart Start, int Days, AfterRetention Then);

/// <summary>Whether the use is within what people were told (ISO 37156, 8.3.4).</summary>
[JsonConverter(typeof(WordJson<NoticeCompatibility>))]
internal enum NoticeCompatibility { NotEstablished, NotNeeded, Compatible, Incompatible }

/// <summary>A measure of quality.</summary>
[JsonConverter(typeof(WordJson<QualityMeasure>))]
internal enum QualityMeasure { Completeness, Timeliness, Validity, Uniqueness }

/// <summary>The quality that the provider promises.</summary>
/// <param name="Measure">Of what.</param>
/// <param name="PercentMin">The least percentage.</param>
/// <param name="Days">The last days over which completeness is measured; null for <see cref="DaysDefault"/>.</param>
/// <param name="EverySeconds">The cadence: a value of each series is expected so often; null for what is seen of each series.</param>
internal sealed record QualityFloor(QualityMeasure Measure, int PercentMin, int? Days = null, int? EverySeconds = null)
{
    /// <summary>Days of a floor that names none.</summary>
    public const int DaysDefault = 30;
}

/// <summary>What one side will owe.</summary>
/// <param name="Kind">What.</param>
/// <param name="Trigger">What sets the time running.</param>
/// <param name="Days">After the trigger.</param>
/// <param name="Suspends">Whether the agreement grants nothing while it is overdue.</param>
/// <param name="Evidence">What proves it, in words.</param>
internal sealed record ObligationClause(
    ObligationKind Kind, ObligationTrigger Trigger, int Days, bool Suspends, string Evidence);

/// <summary>The clauses of an agreement: exactly what both sides sign (ISO 37156, 8.3.4).</summary>
/// <remarks>Closed: whatever is not a member here cannot be agreed, because it could not be enforced or shown.</remarks>
internal sealed record AgreementTerms
{
    public required AgreementId Id { get; init; }

    public required int Version { get; init; }

    public required PartyId Provider { get; init; }

    public required PartyId Consumer { get; init; }

    public LegalRole ProviderRole { get; init; }

    public LegalRole ConsumerRole { get; init; }

    public required ImmutableArray<DatasetId> Datasets { get; init; }

    public ImmutableArray<DataAction> Actions { get => field.IsDefaultOrEmpty ? [DataAction.See] : field; init; }

    public required ImmutableArray<PurposeId> Purposes { get; init; }

    public LegalBasis LegalBasis { get; init; }

    public SpecialGround SpecialGround { get; init; }

    /// <summary>Hash of the record of protocols and controls for sharing without consent.</summary>
    public string? NonConsentRecord { get; init; }

    public NoticeCompatibility Notice { get; init; }

    /// <summary>Fields by name; null for all that are not about people.</summary>
    public ImmutableArray<string>? Fields { get; init; }

    public Granularity Granularity { get; init; }

    /// <summary>Earliest phenomenon time.</summary>
    public Instant? DataFrom { get; init; }

    /// <summary>Phenomenon times from here on are not included.</summary>
    public Instant? DataUntil { get; init; }

    public BoundingBox? Area { get; init; }

    public Retention? Retention { get; init; }

    /// <summary>Where the consumer may work on the data: ISO 3166 codes; empty for anywhere.</summary>
    public ImmutableArray<string> Jurisdictions { get => field.OrEmpty(); init; }

    public TransferInstrument Transfer { get; init; }

    public OnwardSharing Onward { get; init; }

    public ImmutableArray<PartyId> OnwardTo { get => field.OrEmpty(); init; }

    public RateLimits Limits { get; init; }

    public ImmutableArray<QualityFloor> Quality { get => field.OrEmpty(); init; }

    public ImmutableArray<ObligationClause> Obligations { get => field.OrEmpty(); init; }

    /// <summary>Undertakings that the consumer must have given, by name.</summary>
    public ImmutableArray<string> Undertakings { get => field.OrEmpty(); init; }

    /// <summary>For information; nothing is computed from it.</summary>
    public string? Fee { get; init; }

    public string? IntellectualProperty { get; init; }

    public required Instant ValidFrom { get; init; }

    public required Instant ValidTo { get; init; }
}
