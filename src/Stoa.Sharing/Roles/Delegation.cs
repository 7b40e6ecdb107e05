using System.Text.Json.Serialization;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Roles;

/// <summary>Identifies a <see cref="Delegation"/>.</summary>
internal readonly record struct DelegationId(long Value);

/// <summary>Where a delegation stands.</summary>
[JsonConverter(typeof(WordJson<DelegationState>))]
internal enum DelegationState { Offered, Accepted, Active, Revoked, Expired, Declined }

/// <summary>That a party may do one action in place of another that holds a role (ISO 37156, 9.2 e).</summary>
/// <remarks>Of depth one: it counts only while its giver holds the right by a role of its own, so what is delegated
/// cannot be delegated on.</remarks>
internal sealed record Delegation
{
    public required DelegationId Id { get; init; }

    public required DatasetId Dataset { get; init; }

    public required PartyId From { get; init; }

    public required PartyId To { get; init; }

    public required DataAction Action { get; init; }

    /// <summary>The most open level of the dataset at which it counts.</summary>
    public required SpectrumClass LevelMax { get; init; }

    public required Instant Until { get; init; }

    public required DelegationState State { get; init; }

    /// <summary>Why it cannot be kept as it is; null when it can.</summary>
    [JsonIgnore]
    public string? Fault => this switch
    {
        _ when From == To => "Nobody delegates to himself.",
        { Action: not (DataAction.Grant or DataAction.Publish) } => "Only granting and publishing can be delegated.",
        _ => null,
    };
}

/// <summary>What the transitions of a delegation depend on.</summary>
/// <param name="HasEnded">Its end has come.</param>
/// <param name="IsHeldByRole">The giver holds the right by a role of its own.</param>
internal readonly record struct DelegationFacts(bool HasEnded, bool IsHeldByRole);

/// <summary>The life of a delegation.</summary>
internal static class Delegations
{
    private static readonly Guard<DelegationFacts> Held =
        new("not-held", facts => facts.IsHeldByRole && !facts.HasEnded,
        "The giver does not hold this right by a role of its own, or the end has come.");

    private static readonly Guard<DelegationFacts> Over =
        new("not-over", facts => facts.HasEnded, "The end has not come yet.");

    public static StateMachine<DelegationState, DelegationFacts> Machine { get; } = new(
    [
        new(DelegationState.Offered, "accept", Actor.Concerned, DelegationState.Accepted, IsByAnother: true),
        new(DelegationState.Offered, "decline", Actor.Concerned, DelegationState.Declined),
        new(DelegationState.Offered, "revoke", Actor.Proposer, DelegationState.Revoked),
        new(DelegationState.Accepted, "activate", Actor.Clock | Actor.Officer, DelegationState.Active, Held),
        new(DelegationState.Accepted, "revoke", Actor.Proposer | Actor.Concerned, DelegationState.Revoked),
        new(DelegationState.Active, "revoke", Actor.Proposer | Actor.Concerned | Actor.Officer, DelegationState.Revoked),
        new(DelegationState.Offered, "expire", Actor.Clock, DelegationState.Expired, Over),
        new(DelegationState.Accepted, "expire", Actor.Clock, DelegationState.Expired, Over),
        new(DelegationState.Active, "expire", Actor.Clock, DelegationState.Expired, Over),
    ]);
}
