using System.Text.Json.Serialization;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Roles;

/// <summary>Identifies a <see cref="RoleAssignment"/>.</summary>
internal readonly record struct RoleAssignmentId(long Value);

/// <summary>Where a role assignment stands.</summary>
[JsonConverter(typeof(WordJson<RoleAssignmentState>))]
internal enum RoleAssignmentState { Proposed, Accepted, Active, Ended, Disputed }

/// <summary>That a party holds a role towards a dataset (ISO 37156, 9.2).</summary>
internal sealed record RoleAssignment
{
    public required RoleAssignmentId Id { get; init; }

    public required DatasetId Dataset { get; init; }

    public required DataRole Role { get; init; }

    public required PartyId Party { get; init; }

    public required RoleAssignmentState State { get; init; }

    public LegalRole LegalRole { get; init; }

    /// <summary>Of a creator.</summary>
    public CreatorMode? Mode { get; init; }

    /// <summary>Of a custodian, who holds the data for this and nothing else.</summary>
    public PurposeId? Purpose { get; init; }

    public required Instant From { get; init; }

    /// <summary>The end; a custodian has one always.</summary>
    public Instant? To { get; init; }

    /// <summary>The lineage by which a party is creator, because it owns the process; null of a role that was proposed and accepted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Lineage { get; init; }

    /// <summary>Why it cannot be kept as it is; null when it can.</summary>
    [JsonIgnore]
    public string? Fault => this switch
    {
        { Role: DataRole.Custodian, Purpose: null } => "A custodian needs a purpose: data are held for something.",
        { Role: DataRole.Custodian, To: null } => "A custodian needs an end: after it the data go back or are deleted.",
        { Role: not DataRole.Custodian, Purpose: not null } => "Only a custodian has a purpose.",
        { Role: DataRole.Creator, Mode: null } => "A creator is passive or reactive.",
        { Role: not DataRole.Creator, Mode: not null } => "Only a creator is passive or reactive.",
        _ when To is { } to && to.CompareTo(From) <= 0 => "The end must lie after the beginning.",
        _ => null,
    };
}

/// <summary>What the transitions of a role assignment depend on.</summary>
/// <param name="HasBegun">Its beginning has come.</param>
/// <param name="HasEnded">Its end has come.</param>
/// <param name="IsSeatFree">It is no owner, or no other active owner is there.</param>
/// <param name="IsByLineage">It comes and goes with a lineage.</param>
internal readonly record struct RoleAssignmentFacts(bool HasBegun, bool HasEnded, bool IsSeatFree, bool IsByLineage)
{
    public static RoleAssignmentFacts Of(RoleAssignment assignment, IEnumerable<RoleAssignment> others, Instant now) => new(
        assignment.From.CompareTo(now) <= 0,
        assignment.To is { } to && to.CompareTo(now) <= 0,
        assignment.Role != DataRole.Owner || !others.Any(other => other.Id != assignment.Id &&
            other.Dataset == assignment.Dataset && other.Role == DataRole.Owner && other.State == RoleAssignmentState.Active),
        assignment.Lineage is not null);
}

/// <summary>The life of a role assignment: proposed by one side, accepted by the party itself; that of a creator by lineage comes and goes with
/// the lineage.</summary>
internal static class RoleAssignments
{
    private static readonly Guard<RoleAssignmentFacts> BegunAndFree = new("owner-exists",
        facts => facts.HasBegun && !facts.HasEnded && facts.IsSeatFree,
        "The role begins later, or the dataset has an owner: end that assignment first.");

    private static readonly Guard<RoleAssignmentFacts> Over =
        new("not-over", facts => facts.HasEnded, "The role has not ended yet.");

    private static readonly Guard<RoleAssignmentFacts> ByLineage =
        new("no-lineage", facts => facts.IsByLineage, "Only what a lineage names comes and goes with it.");

    public static StateMachine<RoleAssignmentState, RoleAssignmentFacts> Machine { get; } = new(
    [
        new(RoleAssignmentState.Proposed, "accept", Actor.Concerned, RoleAssignmentState.Accepted),
        new(RoleAssignmentState.Proposed, "derive", Actor.Clock, RoleAssignmentState.Accepted, ByLineage),
        new(RoleAssignmentState.Proposed, "decline", Actor.Concerned, RoleAssignmentState.Ended),
        new(RoleAssignmentState.Proposed, "withdraw", Actor.Proposer, RoleAssignmentState.Ended),
        new(RoleAssignmentState.Accepted, "activate", Actor.Clock | Actor.Officer, RoleAssignmentState.Active, BegunAndFree),
        new(RoleAssignmentState.Accepted, "withdraw", Actor.Concerned | Actor.Proposer, RoleAssignmentState.Ended),
        new(RoleAssignmentState.Active, "end", Actor.Concerned | Actor.Owner | Actor.Officer, RoleAssignmentState.Ended),
        new(RoleAssignmentState.Proposed, "cease", Actor.Clock, RoleAssignmentState.Ended, ByLineage),
        new(RoleAssignmentState.Accepted, "cease", Actor.Clock, RoleAssignmentState.Ended, ByLineage),
        new(RoleAssignmentState.Active, "cease", Actor.Clock, RoleAssignmentState.Ended, ByLineage),
        new(RoleAssignmentState.Disputed, "cease", Actor.Clock, RoleAssignmentState.Ended, ByLineage),
        new(RoleAssignmentState.Active, "expire", Actor.Clock, RoleAssignmentState.Ended, Over),
        new(RoleAssignmentState.Proposed, "expire", Actor.Clock, RoleAssignmentState.Ended, Over),
        new(RoleAssignmentState.Accepted, "expire", Actor.Clock, RoleAssignmentState.Ended, Over),
        new(RoleAssignmentState.Disputed, "expire", Actor.Clock, RoleAssignmentState.Ended, Over),
        new(RoleAssignmentState.Proposed, "dispute", Actor.Anyone, RoleAssignmentState.Disputed),
        new(RoleAssignmentState.Accepted, "dispute", Actor.Anyone, RoleAssignmentState.Disputed),
        new(RoleAssignmentState.Active, "dispute", Actor.Anyone, RoleAssignmentState.Disputed),
        new(RoleAssignmentState.Disputed, "confirm", Actor.Officer, RoleAssignmentState.Active, BegunAndFree, IsByAnother: true),
        new(RoleAssignmentState.Disputed, "end", Actor.Officer, RoleAssignmentState.Ended, IsByAnother: true),
    ]);
}
