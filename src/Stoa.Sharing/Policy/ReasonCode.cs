using System.Text.Json.Serialization;
using Stoa.Sharing.Recording;

namespace Stoa.Sharing.Policy;

/// <summary>The gates in the order in which they are passed; the first that fails decides.</summary>
[JsonConverter(typeof(WordJson<Gate>))]
internal enum Gate
{
    Integrity, Identity, Block, Level, Agreement, Purpose, Law, Minimisation, Aggregation, Limits, Risk, Obligations,
}

/// <summary>Why, one for each gate and check. <see cref="ReasonCodes"/> has the stable text and what it means.</summary>
[JsonConverter(typeof(ReasonCodeJson))]
internal enum ReasonCode
{
    S1PolicyNotLoaded, S2ClockUnsound, S3PolicyStale, S4DatasetUnknown,
    I1NotIdentified, I2PartyUnknown, I3PartyNotActive, I4CredentialExpired, I5StrengthTooLow,
    B1DatasetFrozen, B2PartySuspended, B3Incident, B4Restricted, B5CityProhibits, B6MemberProhibits,
    B7LiftedByEmergency,
    L1Closed, L2ClaimExpired, L3NotNamed, L4CriterionNotMet, L5ClaimNotVerified, L6TermsNotAccepted, L7TermsChanged,
    L8ReviewOverdue, L9RoleMissing, L10ProposalOnly, L11CategoryNotAdmitted, L12ReviewDue, L13ByRole,
    L14ReadByOffice,
    G1NoAgreement, G2NotActive, G3OutOfTime, G4DatasetNotAgreed, G5ActionNotAgreed, G6UndertakingMissing,
    G7ObligationOverdue, G8AgreementOfOthers, G9NotSigned, G10SeveralAgreements,
    P1PurposeNotAgreed, P2PurposeNotDeclared, P3PurposeUnknown, P4ConsentNotEstablished, P5NoLegalBasis,
    P6PurposeProhibited,
    W1NoSpecialGround, W2NoticeNotCompatible, W3TransferNotCovered, W4AssessmentOpen, W5PlaceNotEstablished,
    W6PlaceNotAllowed, W7Exempted,
    M1NoFieldLeft, M2FieldsReduced, M3WindowEmpty, M4Coarsened,
    A1AggregationNotAvailable,
    Q1Rate, Q2Volume, Q3Hours, Q4Area, Q5UsageNotEstablished, Q6Channel,
    R1RiskNotAccepted,
    O1ObligationsAttached,

    /// <summary>What outsiders are told in place of a reason that would tell them too much.</summary>
    NotAvailable,
}
