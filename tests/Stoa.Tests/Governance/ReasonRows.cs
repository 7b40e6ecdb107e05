using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;

namespace Stoa.Tests.Governance;

/// <summary>What has to be so for each reason to be given: data, in the order of the gates.</summary>
internal static class ReasonRows
{
    private static readonly Instant Past = new(1_000_000);

    private static readonly PolicyRule City = new() { Name = "", Layer = PolicyLayer.City };

    /// <summary>Refused, to who asks why and to who asks for the data.</summary>
    public static readonly IReadOnlyDictionary<ReasonCode, ReasonRow> Refusals = new Dictionary<ReasonCode, ReasonRow>
    {
        [ReasonCode.I5StrengthTooLow] = new() { Prepare = on => on.RestrictAsync(new() { StrengthMin = Strength.MultiFactor }) },
        [ReasonCode.B1DatasetFrozen] = new()
        {
            Prepare = on => on.City.ChangeAsync(
                RecordTypes.Classification, on.Level, on.Level.Content with { State = ClassificationState.Frozen }),
        },
        [ReasonCode.B3Incident] = new() { Prepare = on => on.BlockAsync(BlockKind.Incident) },
        [ReasonCode.B4Restricted] = new() { Prepare = on => on.BlockAsync(BlockKind.Objection, on.Consumer) },
        [ReasonCode.B5CityProhibits] = new() { Prepare = on => on.RuleAsync(City with { Prohibits = true }) },
        [ReasonCode.B6MemberProhibits] = new()
        {
            Prepare = on => on.RuleAsync(City with { Layer = PolicyLayer.Member, Member = on.Shared.Owner, Prohibits = true }),
        },
        [ReasonCode.L1Closed] = new() { Level = SpectrumClass.Closed },
        [ReasonCode.L2ClaimExpired] = InGroup(new("member-of", "lab", ClaimStatus.Verified, Past)),
        [ReasonCode.L3NotNamed] = new() { IsNamed = false },
        [ReasonCode.L4CriterionNotMet] = new() { Level = SpectrumClass.SharedGroup },
        [ReasonCode.L5ClaimNotVerified] = InGroup(new("member-of", "lab", ClaimStatus.Asserted)),
        [ReasonCode.L6TermsNotAccepted] = new() { Level = SpectrumClass.SharedPublic },
        [ReasonCode.L7TermsChanged] = new()
        {
            Level = SpectrumClass.SharedPublic,
            Prepare = on => on.City.RecordAsync(
                RecordTypes.TermsAcceptance, new(0, on.Consumer, on.Consumer, "city-terms", 7, "ab", new(0))),
        },
        [ReasonCode.L8ReviewOverdue] = new()
        {
            ReviewBy = new(2020, 1, 1),
            Prepare = on => on.ChangeAsync(agreement => agreement with { ActiveSince = new(1_700_000_000_000_000) }),
        },
        [ReasonCode.L9RoleMissing] = new() { Action = "add" },
        [ReasonCode.L10ProposalOnly] = new()
        {
            Action = "correct", Prepare = on => on.City.AssignAsync(on.Dataset, DataRole.Custodian, on.Consumer),
        },
        [ReasonCode.L11CategoryNotAdmitted] = new() { Prepare = on => on.RestrictAsync(new() { Categories = [UserGroup.CityOrganization] }) },
        [ReasonCode.G1NoAgreement] = new() { IsAgreed = false },
        [ReasonCode.G2NotActive] = new() { Prepare = on => on.ChangeAsync(agreement => agreement with { State = AgreementState.Suspended }) },
        [ReasonCode.G3OutOfTime] = new() { Clauses = terms => terms with { ValidTo = Past } },
        [ReasonCode.G4DatasetNotAgreed] = new()
        {
            Prepare = on => on.City.AgreeAsync(on.Shared.Owner, on.Consumer, [on.Shared.Other]),
            Agreement = on => on.City.Snapshot.Agreements.Values
                .Single(one => one.Terms.Consumer == on.Consumer && one.Terms.Datasets.Contains(on.Shared.Other)).Terms.Id.ToString(),
        },
        [ReasonCode.G5ActionNotAgreed] = new() { Clauses = terms => terms with { Actions = [DataAction.Add] } },
        [ReasonCode.G6UndertakingMissing] = new() { Clauses = terms => terms with { Undertakings = ["secrecy"] } },
        [ReasonCode.G7ObligationOverdue] = new()
        {
            Prepare = on => on.City.RecordAsync(RecordTypes.Obligation, new(
                default, new(on.Agreed.Id), ObligationKind.Report, ObligationState.Due, Past, Suspends: true)),
        },
        [ReasonCode.G8AgreementOfOthers] = new() { Agreement = _ => "999999" },
        [ReasonCode.G9NotSigned] = new()
        {
            Prepare = on => on.ChangeAsync(agreement => agreement with { Terms = agreement.Terms with { Fee = "Since then." } }),
        },
        [ReasonCode.G10SeveralAgreements] = new() { Prepare = on => on.City.AgreeAsync(on.Shared.Owner, on.Consumer, [on.Dataset]) },
        [ReasonCode.P1PurposeNotAgreed] = new() { Purpose = "Marketing" },
        [ReasonCode.P2PurposeNotDeclared] = new() { Purposes = [GovernedCity.Research, new("ImproveTransportMobility")] },
        [ReasonCode.P3PurposeUnknown] = new() { Purpose = "Whatever" },
        [ReasonCode.P4ConsentNotEstablished] = AboutPeople(terms => terms with { LegalBasis = LegalBasis.Consent }),
        [ReasonCode.P5NoLegalBasis] = AboutPeople(terms => terms with { LegalBasis = LegalBasis.NotPersonal }),
        [ReasonCode.P6PurposeProhibited] = new() { Prepare = on => on.RestrictAsync(new() { PurposesLeftOut = [GovernedCity.Research] }) },
        [ReasonCode.W1NoSpecialGround] = AboutPeople(null, facts => facts with { IsSpecial = true }),
        [ReasonCode.W2NoticeNotCompatible] = AboutPeople(terms => terms with { Notice = NoticeCompatibility.Incompatible }),
        [ReasonCode.W3TransferNotCovered] = AboutPeople() with
        {
            Prepare = async on =>
            {
                await on.DescribeAsync();
                await on.City.JurisdictionAsync(on.Consumer, "US");
            },
        },
        [ReasonCode.W4AssessmentOpen] = AboutPeople(null, facts => facts with { Impact = ImpactAssessment.Open }),
        [ReasonCode.W5PlaceNotEstablished] = new() { Clauses = terms => terms with { Jurisdictions = ["DE"] } },
        [ReasonCode.W6PlaceNotAllowed] = new()
        {
            Clauses = terms => terms with { Jurisdictions = ["DE"] }, Prepare = on => on.City.JurisdictionAsync(on.Consumer, "US"),
        },
        [ReasonCode.M1NoFieldLeft] = new() { Clauses = terms => terms with { Fields = ["gone"] }, Prepare = on => on.DescribeAsync() },
        [ReasonCode.M3WindowEmpty] = new() { Clauses = terms => terms with { DataFrom = new(2), DataUntil = new(2) } },
        [ReasonCode.A1AggregationNotAvailable] = new() { Clauses = terms => terms with { Granularity = new(0, 0, 5) } },
        [ReasonCode.Q1Rate] = new() { Clauses = terms => terms with { Limits = new(1, 0) } },
        [ReasonCode.Q2Volume] = new() { Clauses = terms => terms with { Limits = new(0, 1) } },
        [ReasonCode.Q3Hours] = new() { Prepare = on => on.RestrictAsync(new() { Hours = new(0, 0) }) },
        [ReasonCode.Q4Area] = new()
        {
            Clauses = terms => terms with { Area = new(0, 0, 1_000_000, 1_000_000) },
            Prepare = on => on.RestrictAsync(new() { Area = new(2_000_000, 2_000_000, 3_000_000, 3_000_000) }),
        },
        [ReasonCode.Q6Channel] = new() { Prepare = on => on.RestrictAsync(new() { Channels = [Channel.Portal] }) },
        [ReasonCode.R1RiskNotAccepted] = new()
        {
            Prepare = async on =>
            {
                await on.City.RecordAsync(RecordTypes.Dataset, new() { Id = on.Dataset, ResidualRisk = 10 });
                await on.City.RecordAsync(RecordTypes.PartyFacts, new(on.Consumer, 5));
            },
        },
    };

    /// <summary>Let through, and noted.</summary>
    public static readonly IReadOnlyDictionary<ReasonCode, ReasonRow> Notes = new Dictionary<ReasonCode, ReasonRow>
    {
        [ReasonCode.B7LiftedByEmergency] = new()
        {
            Prepare = async on =>
            {
                await on.BlockAsync(BlockKind.Incident);
                await on.City.RecordAsync(RecordTypes.Emergency, new([on.Dataset], [on.Consumer], Instant.Max, "Disaster act, 4"));
            },
        },
        [ReasonCode.L12ReviewDue] = new() { ReviewBy = new(2020, 1, 1) },
        [ReasonCode.L13ByRole] = new() { Prepare = on => on.City.AssignAsync(on.Dataset, DataRole.Creator, on.Consumer) },
        [ReasonCode.L14ReadByOffice] = new() { Prepare = on => on.City.AssignAsync(on.Dataset, DataRole.PrimaryPublisher, on.Consumer) },
        [ReasonCode.W7Exempted] = new()
        {
            Clauses = terms => terms with { Jurisdictions = ["DE"] },
            Prepare = async on =>
            {
                await on.City.JurisdictionAsync(on.Consumer, "US");
                await on.City.RecordAsync(RecordTypes.Exemption, new(ReasonCode.W6PlaceNotAllowed, on.Dataset, Instant.Max, "EX-3"));
            },
        },
        [ReasonCode.M2FieldsReduced] = new() { Clauses = terms => terms with { Fields = ["name"] }, Prepare = on => on.DescribeAsync() },
        [ReasonCode.M4Coarsened] = new() { Clauses = terms => terms with { Granularity = new(1_000, 0, 0) } },
        [ReasonCode.O1ObligationsAttached] = new()
        {
            Clauses = terms => terms with
            {
                Obligations = [new(ObligationKind.Report, ObligationTrigger.EveryMonth, 30, Suspends: false, "A letter.")],
            },
        },
    };

    private static ReasonRow InGroup(Claim claim) => new()
    {
        Level = SpectrumClass.SharedGroup, Prepare = on => on.City.RecordAsync(RecordTypes.Claim, new(0, on.Consumer, claim)),
    };

    private static ReasonRow AboutPeople(
        Func<AgreementTerms, AgreementTerms>? clauses = null, Func<GovernedDataset, GovernedDataset>? facts = null) => new()
    {
        Clauses = terms =>
        {
            var lawful = terms with
            {
                Fields = ["name", "plate"],
                LegalBasis = LegalBasis.PublicTask,
                NonConsentRecord = "c0ffee",
                Notice = NoticeCompatibility.Compatible,
                Retention = new(RetentionStart.Receipt, 90, AfterRetention.Delete),
            };
            return clauses?.Invoke(lawful) ?? lawful;
        },
        Prepare = on => on.AboutPeopleAsync(facts),
    };
}
