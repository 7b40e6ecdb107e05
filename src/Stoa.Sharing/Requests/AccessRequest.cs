using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Requests;

/// <summary>Identifies an <see cref="AccessRequest"/>.</summary>
internal readonly record struct AccessRequestId(long Value);

/// <summary>Where a request for access stands.</summary>
[JsonConverter(typeof(WordJson<AccessRequestState>))]
internal enum AccessRequestState { Draft, Submitted, MoreNeeded, Assessed, Approved, Refused, Appealed, Agreed, Withdrawn }

/// <summary>That a party asks the owner of a dataset for access, for a purpose. Not to be mixed up with the question whether
/// one access is allowed now: that is a <see cref="Policy.DecisionRequest"/>.</summary>
internal sealed record AccessRequest
{
    public required AccessRequestId Id { get; init; }

    public required PartyId Requester { get; init; }

    public required DatasetId Dataset { get; init; }

    public required PurposeId Purpose { get; init; }

    public required AccessRequestState State { get; init; }

    public LegalBasis LegalBasis { get; init; }

    public Instant? From { get; init; }

    public Instant? Until { get; init; }

    /// <summary>Fields asked for; empty for all.</summary>
    public ImmutableArray<string> Fields { get => field.OrEmpty(); init; }

    public Granularity Granularity { get; init; }

    /// <summary>Why, in the requester's words.</summary>
    public string Statement { get; init; } = "";

    /// <summary>Until when the owner's side must answer.</summary>
    public Instant? DueAt { get; init; }

    /// <summary>The agreement that was made of it.</summary>
    public AgreementId? Agreement { get; init; }
}

/// <summary>What the transitions of a request for access depend on.</summary>
/// <param name="IsComplete">Purpose, legal basis and statement are there.</param>
/// <param name="HasReason">The one who refuses says why.</param>
/// <param name="HasAgreement">An agreement was made of it.</param>
/// <param name="IsFirstDecider">Who acts has decided on it before.</param>
internal readonly record struct AccessRequestFacts(bool IsComplete, bool HasReason, bool HasAgreement, bool IsFirstDecider);

/// <summary>The life of a request for access. Who requests never approves, and who decided first does not decide the appeal.</summary>
internal static class AccessRequests
{
    private static readonly Guard<AccessRequestFacts> Complete = new("incomplete", facts => facts.IsComplete,
        "Name the purpose, the legal basis and why.");

    private static readonly Guard<AccessRequestFacts> Reasoned =
        new("no-reason", facts => facts.HasReason, "Say why it is refused.");
    private static readonly Guard<AccessRequestFacts> Agreed =
        new("no-agreement", facts => facts.HasAgreement, "Make the agreement first.");

    private static readonly Guard<AccessRequestFacts> Fresh = new("decided-before", facts => !facts.IsFirstDecider,
        "An appeal is decided by somebody else than the first decision.");

    private static readonly Guard<AccessRequestFacts> FreshAndReasoned = new("decided-before",
        facts => !facts.IsFirstDecider && facts.HasReason,
        "An appeal is decided by somebody else than the first decision, and with a reason.");

    private const Actor OwnersSide = Actor.Owner | Actor.PrimaryPublisher;

    public static StateMachine<AccessRequestState, AccessRequestFacts> Machine { get; } = new(
    [
        new(AccessRequestState.Draft, "submit", Actor.Proposer, AccessRequestState.Submitted, Complete),
        new(AccessRequestState.Draft, "withdraw", Actor.Proposer, AccessRequestState.Withdrawn),
        new(AccessRequestState.Submitted, "askMore", OwnersSide, AccessRequestState.MoreNeeded, IsByAnother: true),
        new(AccessRequestState.MoreNeeded, "submit", Actor.Proposer, AccessRequestState.Submitted, Complete),
        new(AccessRequestState.MoreNeeded, "withdraw", Actor.Proposer, AccessRequestState.Withdrawn),
        new(AccessRequestState.Submitted, "assess", OwnersSide, AccessRequestState.Assessed, IsByAnother: true),
        new(AccessRequestState.Submitted, "withdraw", Actor.Proposer, AccessRequestState.Withdrawn),
        new(AccessRequestState.Assessed, "approve", Actor.Owner, AccessRequestState.Approved, IsByAnother: true),
        new(AccessRequestState.Assessed, "refuse", Actor.Owner, AccessRequestState.Refused, Reasoned, IsByAnother: true),
        new(AccessRequestState.Approved, "agree", Actor.Owner | Actor.Proposer, AccessRequestState.Agreed, Agreed),
        new(AccessRequestState.Approved, "withdraw", Actor.Proposer, AccessRequestState.Withdrawn),
        new(AccessRequestState.Refused, "appeal", Actor.Proposer, AccessRequestState.Appealed),
        new(AccessRequestState.Appealed, "approve", Actor.Officer, AccessRequestState.Approved, Fresh, IsByAnother: true),
        new(AccessRequestState.Appealed, "refuse", Actor.Officer, AccessRequestState.Refused, FreshAndReasoned, IsByAnother: true),
    ]);
}
