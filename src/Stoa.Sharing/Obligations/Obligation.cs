using System.Text.Json.Serialization;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Obligations;

/// <summary>Identifies an <see cref="Obligation"/>.</summary>
internal readonly record struct ObligationId(long Value);

/// <summary>What is owed.</summary>
[JsonConverter(typeof(WordJson<ObligationKind>))]
internal enum ObligationKind { Delete, Return, Report, Attribute, Notify, PayNote, AuditAccess }

/// <summary>What sets the time running.</summary>
[JsonConverter(typeof(WordJson<ObligationTrigger>))]
internal enum ObligationTrigger { Receipt, EveryMonth, EndOfAgreement, Incident }

/// <summary>Where an obligation stands. Presented: it was breached, and what was done late waits for the provider's word. Curing: it was
/// breached, and may be made good by a further date.</summary>
[JsonConverter(typeof(WordJson<ObligationState>))]
internal enum ObligationState { Pending, Due, Fulfilled, Overdue, Waived, Breached, Presented, Curing }

/// <summary>That data which were held go back or are deleted: what a custodian owes when the role has ended (ISO 37156, 9.2 c).</summary>
/// <param name="Role">The role that ended.</param>
/// <param name="Dataset">Of which dataset.</param>
/// <param name="Custodian">Who held them.</param>
internal sealed record CustodyDuty(long Role, DatasetId Dataset, PartyId Custodian);

/// <summary>Something owed by a date, to be fulfilled with evidence: under an agreement, or after a custody.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Agreement">Under which it is owed; 0 after a custody.</param>
/// <param name="Kind">What is owed.</param>
/// <param name="State">Where it stands.</param>
/// <param name="DueAt">The last moment; null while nothing has triggered it.</param>
/// <param name="Suspends">Whether the agreement grants nothing while it is overdue.</param>
/// <param name="EvidenceHash">SHA-256 of what proves that it was fulfilled.</param>
/// <param name="Clause">Which of the obligations of the terms it comes from, counted from 0; null for the clause of retention.</param>
/// <param name="EvidenceNote">The proof in words.</param>
/// <param name="Custody">Of what is owed after a custody.</param>
internal sealed record Obligation(
    ObligationId Id,
    AgreementId Agreement,
    ObligationKind Kind,
    ObligationState State,
    Instant? DueAt,
    bool Suspends,
    string? EvidenceHash = null,
    int? Clause = null,
    string? EvidenceNote = null,
    CustodyDuty? Custody = null)
{
    /// <summary>Whether it stands in the way at that time, whether or not a clock has already said so.</summary>
    public bool IsOverdueAt(Instant now) => State is ObligationState.Overdue or ObligationState.Breached or ObligationState.Presented ||
        (State is ObligationState.Due or ObligationState.Pending or ObligationState.Curing && DueAt is { } due && due.CompareTo(now) < 0);

    /// <summary>Whether something is still owed.</summary>
    [JsonIgnore]
    public bool IsOutstanding => State is ObligationState.Pending or ObligationState.Due or ObligationState.Overdue or ObligationState.Presented or
        ObligationState.Curing;
}

/// <summary>What the transitions of an obligation depend on.</summary>
/// <param name="IsTriggered">The time runs.</param>
/// <param name="IsPastDue">The last moment has passed.</param>
/// <param name="HasEvidence">Evidence is there.</param>
/// <param name="HasReason">The one who acts says why.</param>
/// <param name="HasDate">A date ahead is named by which it can be made good.</param>
internal readonly record struct ObligationFacts(
    bool IsTriggered, bool IsPastDue, bool HasEvidence, bool HasReason = false, bool HasDate = false);

/// <summary>The life of an obligation.</summary>
internal static class ObligationStates
{
    private static readonly Guard<ObligationFacts> Triggered =
        new("not-triggered", facts => facts.IsTriggered, "Nothing has triggered it yet.");
    private static readonly Guard<ObligationFacts> PastDue =
        new("not-past-due", facts => facts.IsPastDue, "It is not past its date.");
    private static readonly Guard<ObligationFacts> Evidence =
        new("no-evidence", facts => facts.HasEvidence, "Add the evidence first.");
    private static readonly Guard<ObligationFacts> Reasoned = new("no-reason", facts => facts.HasReason, "Say why.");
    private static readonly Guard<ObligationFacts> Dated =
        new("no-date", facts => facts.HasDate, "Name the day, still to come, by which it can be made good.");

    private const Actor Judges = Actor.Provider | Actor.Officer;

    public static StateMachine<ObligationState, ObligationFacts> Machine { get; } = new(
    [
        new(ObligationState.Pending, "trigger", Actor.Clock | Actor.Provider | Actor.Consumer, ObligationState.Due, Triggered),
        new(ObligationState.Pending, "fulfil", Actor.Concerned, ObligationState.Fulfilled, Evidence),
        new(ObligationState.Due, "fulfil", Actor.Concerned, ObligationState.Fulfilled, Evidence),
        new(ObligationState.Due, "lapse", Actor.Clock, ObligationState.Overdue, PastDue),
        new(ObligationState.Due, "waive", Actor.Provider | Actor.Officer, ObligationState.Waived, IsByAnother: true),
        new(ObligationState.Overdue, "fulfil", Actor.Concerned, ObligationState.Fulfilled, Evidence),
        new(ObligationState.Overdue, "waive", Actor.Provider | Actor.Officer, ObligationState.Waived, IsByAnother: true),
        new(ObligationState.Overdue, "declareBreach", Actor.Provider | Actor.Officer, ObligationState.Breached, IsByAnother: true),

        // The ways out of a breach: what was done late is accepted, it is waived, or there is a further date.
        new(ObligationState.Breached, "present", Actor.Concerned, ObligationState.Presented, Evidence),
        new(ObligationState.Breached, "waive", Judges, ObligationState.Waived, Reasoned, IsByAnother: true),
        new(ObligationState.Breached, "allowCure", Judges, ObligationState.Curing, Dated, IsByAnother: true),
        new(ObligationState.Presented, "acceptLate", Judges, ObligationState.Fulfilled, Evidence, IsByAnother: true),
        new(ObligationState.Presented, "rejectLate", Judges, ObligationState.Breached, Reasoned, IsByAnother: true),
        new(ObligationState.Presented, "waive", Judges, ObligationState.Waived, Reasoned, IsByAnother: true),
        new(ObligationState.Presented, "allowCure", Judges, ObligationState.Curing, Dated, IsByAnother: true),
        new(ObligationState.Curing, "fulfil", Actor.Concerned, ObligationState.Fulfilled, Evidence),
        new(ObligationState.Curing, "waive", Judges, ObligationState.Waived, Reasoned, IsByAnother: true),
        new(ObligationState.Curing, "lapse", Actor.Clock, ObligationState.Breached, PastDue),
    ]);
}
