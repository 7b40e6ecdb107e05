using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Stoa.Ledger.Canonical;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>Identifies a <see cref="Classification"/>.</summary>
internal readonly record struct ClassificationId(long Value);

/// <summary>Where a classification stands.</summary>
[JsonConverter(typeof(WordJson<ClassificationState>))]
internal enum ClassificationState { Draft, InReview, Approved, Effective, Superseded, Frozen }

/// <summary>A criterion of a group: a verified claim of that type with one of these values (ISO 37156, 5.5.3).</summary>
/// <remarks>The type <see cref="CategoryType"/> asks for the party's category instead of a claim.</remarks>
internal sealed record GroupCriterion(string ClaimType, ImmutableArray<string> Values)
{
    public const string CategoryType = "category";
}

/// <summary>The terms of the level public, in one version.</summary>
internal sealed record TermsReference(string Terms, int Version);

/// <summary>How bad it could be.</summary>
[JsonConverter(typeof(WordJson<HarmLevel>))]
internal enum HarmLevel { None, Low, Medium, High }

/// <summary>The harm that publication could do to persons, assets and the city (ISO 37156, 5.5.3).</summary>
/// <param name="Person">To persons.</param>
/// <param name="Asset">To assets.</param>
/// <param name="City">To the city.</param>
/// <param name="IsHazardous">The site is one of major hazards: two people must decide.</param>
/// <param name="By">Who assessed it.</param>
/// <param name="At">When.</param>
internal sealed record HarmAssessment(HarmLevel Person, HarmLevel Asset, HarmLevel City, bool IsHazardous, PartyId By, Instant At);

/// <summary>Whether a requirement of the law is met.</summary>
[JsonConverter(typeof(WordJson<LegalRequirementState>))]
internal enum LegalRequirementState { Open, Satisfied, Exempted }

/// <summary>A line of the legal checklist.</summary>
internal sealed record LegalRequirement(string Name, LegalRequirementState State, string? Reference);

/// <summary>Who had a hand in the decision: the party, the person who acted for it, and as what.</summary>
internal sealed record Decider(PartyId Party, PartyId Person, Actor Capacity, Instant At);

/// <summary>The decision where on the spectrum a dataset lies, and under which conditions (ISO 37156, 5.5).</summary>
internal sealed record Classification
{
    public required ClassificationId Id { get; init; }

    public required DatasetId Dataset { get; init; }

    public required SpectrumClass Level { get; init; }

    public required ClassificationState State { get; init; }

    /// <summary>Of the level specific.</summary>
    public ImmutableArray<PartyId> Named { get => field.OrEmpty(); init; }

    /// <summary>Of the level group; all must hold, and none at all holds for nobody.</summary>
    public ImmutableArray<GroupCriterion> Criteria { get => field.OrEmpty(); init; }

    /// <summary>Of the level public.</summary>
    public TermsReference? Terms { get; init; }

    /// <summary>SPDX identifier or web address.</summary>
    public string? Licence { get; init; }

    /// <summary>What the owner leaves of the use; the level open has none.</summary>
    public Restriction Conditions { get => field ?? Restriction.None; init; }

    public HarmAssessment? Harm { get; init; }

    public ImmutableArray<LegalRequirement> Checklist { get => field.OrEmpty(); init; }

    public string Reason { get; init; } = "";

    /// <summary>The last day on which the review is in time, in the exchange's time zone; null for a closed dataset.</summary>
    public DateOnly? ReviewBy { get; init; }

    public ImmutableArray<Decider> DecidedBy { get => field.OrEmpty(); init; }

    /// <summary>The office said so in the description, until owner and publisher decide.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsProvisional { get; init; }

    /// <summary>Why it cannot be kept as it is; null when it can.</summary>
    /// <param name="isLicenceOpen">Whether the licence conforms to the Open Definition: the catalogue knows.</param>
    /// <param name="hasPersonalFields">Whether the dataset has fields about people.</param>
    public string? Fault(bool isLicenceOpen, bool hasPersonalFields) => this switch
    {
        { Reason.Length: 0 } => "Say why.",
        { Level: > SpectrumClass.Closed, ReviewBy: null } => "Name the day by which it is looked at again.",
        { Level: not SpectrumClass.SharedSpecific, Named.Length: > 0 } => "Only the level specific names parties.",
        { Level: SpectrumClass.SharedSpecific, Named.Length: 0 } => "The level specific needs a party by name.",
        { Level: not SpectrumClass.SharedGroup, Criteria.Length: > 0 } => "Only the level group has criteria.",
        { Level: SpectrumClass.SharedGroup, Criteria.Length: 0 } => "The level group needs a criterion.",
        _ when Criteria.Any(criterion => criterion.Values.Length == 0) => "A criterion needs a value.",
        { Level: not SpectrumClass.SharedPublic, Terms: not null } => "Only the level public has terms to accept.",
        { Level: SpectrumClass.SharedPublic, Terms: null } => "The level public needs terms.",
        { Level: SpectrumClass.Open } when !isLicenceOpen =>
            "The level open needs a licence that conforms to the Open Definition.",
        { Level: SpectrumClass.Open } when hasPersonalFields =>
            "Data about people cannot be open: leave those fields out first.",
        { Level: SpectrumClass.Open } when !IsUnconditional =>
            "The level open takes no conditions on purpose, party or use.",
        _ => null,
    };

    /// <summary>Whether it lets nothing and nobody through that the other does not: then it acts at once.</summary>
    /// <param name="current">What is in force; null when nothing is.</param>
    /// <param name="areNamedMembers">Each party that this one names belongs to the group of the one in force.</param>
    /// <param name="isOverdue">The review of the one in force was missed: it grants nothing new any more.</param>
    public bool IsTowardClosed(Classification? current, bool areNamedMembers = false, bool isOverdue = false)
    {
        if (current is null) return Level == SpectrumClass.Closed;
        if (Level == SpectrumClass.Closed) return true;
        // A lower level that lifts conditions lets those through who are left more than before; one that begins anew after a missed
        // review those who were let in no more; one that names parties from outside the group those who were never.
        if (Level != current.Level)
            return Level < current.Level && (!isOverdue || ReviewBy <= current.ReviewBy) &&
                (current.Level != SpectrumClass.SharedGroup || areNamedMembers) && (current.IsUnconditional ||
                CanonicalJson.AreEqual(Conditions, current.Conditions, SharingJson.Wire.Restriction));
        return Named.All(current.Named.Contains) && (ReviewBy is null || ReviewBy <= current.ReviewBy) &&
            CanonicalJson.AreEqual(Conditional, current.Conditional, SharingJson.Wire.Classification);
    }

    private bool IsUnconditional => CanonicalJson.AreEqual(Conditions, Restriction.None, SharingJson.Wire.Restriction);

    // What must be the same for two classifications of one level to let the same through, names aside.
    private Classification Conditional => new()
    {
        Id = default,
        Dataset = Dataset,
        Level = Level,
        State = ClassificationState.Draft,
        Criteria = Criteria,
        Terms = Terms,
        Licence = Licence,
        Conditions = Conditions,
    };
}

/// <summary>What the transitions of a classification depend on.</summary>
/// <param name="IsComplete">It has no <see cref="Classification.Fault"/>.</param>
/// <param name="IsTowardClosed">It lets nothing through that was not let through before.</param>
/// <param name="HasOwner">The data owner has decided for it.</param>
/// <param name="HasPublisher">The primary publisher, or a secondary one in its place, has decided for it.</param>
/// <param name="IsHarmChecked">The harm was assessed.</param>
/// <param name="IsChecklistDone">Each line of the legal checklist is satisfied or exempted, and there is one.</param>
/// <param name="IsHazardous">The harm assessment says so.</param>
/// <param name="AreTwoPersons">Two different people have decided.</param>
/// <param name="IsRiskAccepted">The residual risk is within the appetite or accepted.</param>
/// <param name="IsWithinBound">Not more open than what it was derived from.</param>
/// <param name="HasSuccessor">Another classification takes its place.</param>
/// <param name="IsWithinOnward">No agreement on what it was derived from forbids to pass it on so far.</param>
internal readonly record struct ClassificationFacts(
    bool IsComplete, bool IsTowardClosed, bool HasOwner, bool HasPublisher, bool IsHarmChecked, bool IsChecklistDone,
    bool IsHazardous, bool AreTwoPersons, bool IsRiskAccepted, bool IsWithinBound, bool HasSuccessor, bool IsWithinOnward = true)
{
    public static ClassificationFacts Of(
        Classification proposed, Classification? current, GovernedDataset dataset, bool isLicenceOpen, int riskAppetite,
        Instant now, bool hasSuccessor = false, bool areNamedMembers = false, TimeZoneInfo? zone = null) => new(
        proposed.Fault(isLicenceOpen, dataset.Fields.Any(field => field.Personal != Personal.None) || dataset.IsSpecial) is null,
        proposed.IsTowardClosed(current, areNamedMembers,
            ReviewClock.Of(current?.ReviewBy, zone ?? TimeZoneInfo.Utc, 0).At(now) != ReviewStanding.Current),
        proposed.DecidedBy.Any(decider => decider.Capacity.HasFlag(Actor.Owner)),
        proposed.DecidedBy.Any(decider => (decider.Capacity & Classifications.Publishers) != 0),
        proposed.Harm is not null,
        proposed.Checklist.Length > 0 && proposed.Checklist.All(line => line.State != LegalRequirementState.Open),
        proposed.Harm is { IsHazardous: true },
        proposed.DecidedBy.Select(decider => decider.Person).Distinct().Count() > 1,
        dataset.ResidualRisk <= riskAppetite || (dataset.RiskAcceptedUntil is { } until && until.CompareTo(now) > 0),
        dataset.LevelMax is not { } bound || proposed.Level <= bound,
        hasSuccessor);
}

/// <summary>The life of a classification. Toward open takes owner, publisher and checks; toward closed acts at once.</summary>
internal static class Classifications
{
    private static readonly Guard<ClassificationFacts> Complete =
        new("incomplete", facts => facts.IsComplete, "What the level needs is not all there.");

    private static readonly Guard<ClassificationFacts> TowardClosed =
        new("toward-open", facts => facts.IsTowardClosed, "Only what opens nothing takes effect without a review.");

    private static readonly Guard<ClassificationFacts> Succeeded =
        new("no-successor", facts => facts.HasSuccessor, "Nothing takes its place yet.");

    private static readonly Guard<ClassificationFacts> MayOpen = Guard<ClassificationFacts>.All(
        Complete,
        new("no-owner", facts => facts.IsTowardClosed || facts.HasOwner, "The data owner has not decided for it."),
        new("no-publisher", facts => facts.IsTowardClosed || facts.HasPublisher,
            "The primary publisher has not decided for it."),
        new("no-harm-check", facts => facts.IsTowardClosed || facts.IsHarmChecked,
            "The harm of publication was not assessed."),
        new("checklist-open", facts => facts.IsTowardClosed || facts.IsChecklistDone,
            "The legal checklist is not done."),
        new("one-person", facts => facts.IsTowardClosed || !facts.IsHazardous || facts.AreTwoPersons,
            "Where the site is hazardous two people must decide."),
        new("risk-open", facts => facts.IsTowardClosed || facts.IsRiskAccepted,
            "The residual risk is above the appetite and not accepted."),
        new("beyond-inputs", facts => facts.IsTowardClosed || facts.IsWithinBound,
            "It would be more open than what it was derived from."),
        new("onward-sharing", facts => facts.IsTowardClosed || facts.IsWithinOnward,
            "An agreement on what it was derived from does not admit to pass it on so far."));

    /// <summary>Who gives the publisher's word: a secondary publisher where derivation or a delegation gives it that capacity.</summary>
    public const Actor Publishers = Actor.PrimaryPublisher | Actor.SecondaryPublisher;

    /// <summary>Who decides about levels.</summary>
    public const Actor Deciders = Actor.Owner | Publishers;

    public static StateMachine<ClassificationState, ClassificationFacts> Machine { get; } = new(
    [
        new(ClassificationState.Draft, "submit", Deciders, ClassificationState.InReview, Complete),
        new(ClassificationState.Draft, "close", Deciders | Actor.Officer, ClassificationState.Effective,
            Guard<ClassificationFacts>.All(Complete, TowardClosed)),
        new(ClassificationState.Draft, "withdraw", Actor.Proposer, ClassificationState.Superseded),
        new(ClassificationState.InReview, "return", Deciders | Actor.Officer, ClassificationState.Draft),
        new(ClassificationState.InReview, "approve", Deciders, ClassificationState.Approved, MayOpen, IsByAnother: true),
        new(ClassificationState.Approved, "return", Deciders | Actor.Officer, ClassificationState.Draft),
        new(ClassificationState.Approved, "takeEffect", Deciders | Actor.Clock, ClassificationState.Effective, MayOpen),
        new(ClassificationState.Effective, "freeze", Deciders | Actor.Officer, ClassificationState.Frozen),
        new(ClassificationState.Effective, "supersede", Actor.Clock, ClassificationState.Superseded, Succeeded),
        new(ClassificationState.Frozen, "release", Actor.Officer, ClassificationState.Effective, IsByAnother: true),
        new(ClassificationState.Frozen, "supersede", Actor.Clock, ClassificationState.Superseded, Succeeded),
    ]);
}
