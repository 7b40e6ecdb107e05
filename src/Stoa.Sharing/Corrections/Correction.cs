using System.Text.Json.Serialization;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Corrections;

/// <summary>What is filed: a correction is proposed by a role towards the data, a variance is reported by who uses them (ISO 37156, 9.2).</summary>
[JsonConverter(typeof(WordJson<CorrectionKind>))]
internal enum CorrectionKind { Correction, Variance }

/// <summary>Where a correction stands.</summary>
[JsonConverter(typeof(WordJson<CorrectionState>))]
internal enum CorrectionState { Proposed, Reported, Applied, Refused, Answered, Withdrawn }

/// <summary>That something in a dataset is, or seems, wrong, and what would be right.</summary>
internal sealed record Correction
{
    public required long Id { get; init; }

    public required CorrectionKind Kind { get; init; }

    public required DatasetId Dataset { get; init; }

    /// <summary>Who filed it.</summary>
    public required PartyId Party { get; init; }

    public required CorrectionState State { get; init; }

    /// <summary>The entity as its address below the service root, such as <c>Observations(17)</c>; null for the dataset as a whole.</summary>
    public string? Entity { get; init; }

    /// <summary>A property of the entity.</summary>
    public string? Field { get; init; }

    /// <summary>JSON text of the value as it stood when this was filed; null when the property had none.</summary>
    public string? Present { get; init; }

    /// <summary>Whether who filed it named that value, so that it learns nothing when it is told.</summary>
    public bool IsPresentSaid { get; init; }

    /// <summary>JSON text of the value that would be right; null where nobody says which.</summary>
    public string? Proposed { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>Where the proof lies.</summary>
    public string? Evidence { get; init; }

    /// <summary>Until when the owner answers; null when it is settled.</summary>
    public Instant? DueAt { get; init; }

    /// <summary>Whether there is a change that could be made.</summary>
    [JsonIgnore]
    public bool IsApplicable => Entity is not null && Field is not null && Proposed is not null;

    /// <summary>Whether the owner has still to answer.</summary>
    [JsonIgnore]
    public bool IsOpen => State is CorrectionState.Proposed or CorrectionState.Reported;
}

/// <summary>What the moves of a correction depend on.</summary>
/// <param name="IsApplicable">It names an entity, a property and the value that would be right.</param>
/// <param name="IsUnchanged">The present value is the one that it speaks of.</param>
/// <param name="HasReason">The one who answers says why.</param>
internal readonly record struct CorrectionFacts(bool IsApplicable, bool IsUnchanged, bool HasReason);

/// <summary>The life of a correction: filed by one, decided by the owner. Who proposes never approves.</summary>
internal static class Corrections
{
    private static readonly Guard<CorrectionFacts> MayApply = Guard<CorrectionFacts>.All(
        new("nothing-to-apply", facts => facts.IsApplicable, "It names no value that could be put in the place of another: answer it."),
        new("changed-since", facts => facts.IsUnchanged,
            "What is stored is not what this speaks of any more. Refuse it, or ask for one about the value as it is now."));

    private static readonly Guard<CorrectionFacts> Reasoned = new("no-reason", facts => facts.HasReason, "Say why.");

    public static StateMachine<CorrectionState, CorrectionFacts> Machine { get; } = new(
    [
        new(CorrectionState.Proposed, "approve", Actor.Owner, CorrectionState.Applied, MayApply, IsByAnother: true),
        new(CorrectionState.Proposed, "refuse", Actor.Owner, CorrectionState.Refused, Reasoned, IsByAnother: true),
        new(CorrectionState.Proposed, "withdraw", Actor.Proposer, CorrectionState.Withdrawn),
        new(CorrectionState.Reported, "approve", Actor.Owner, CorrectionState.Applied, MayApply, IsByAnother: true),
        new(CorrectionState.Reported, "answer", Actor.Owner, CorrectionState.Answered, Reasoned, IsByAnother: true),
        new(CorrectionState.Reported, "refuse", Actor.Owner, CorrectionState.Refused, Reasoned, IsByAnother: true),
        new(CorrectionState.Reported, "withdraw", Actor.Proposer, CorrectionState.Withdrawn),
    ]);

    public static RecordType<Correction> Type { get; } = new(
        RecordKind.Correction, GovernanceJson.Wire.Correction, (one, id) => one with { Id = id }, one => new()
        {
            State = (int)one.State,
            Dataset = one.Dataset,
            Party = one.Party,
        });
}
