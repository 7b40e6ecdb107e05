using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>Where an agreement stands. In the Dataspace Protocol: offered is OFFERED, accepted ACCEPTED, signed AGREED,
/// verified VERIFIED, active FINALIZED; what comes after has no state there.</summary>
[JsonConverter(typeof(WordJson<AgreementState>))]
internal enum AgreementState
{
    Draft, Offered, Countered, Accepted, Signed, Verified, Active, Suspended, Expired, Terminated, Closing, Closed,
}

/// <summary>That a party has signed the terms whose hash this is.</summary>
internal sealed record Signature(PartyId Party, PartyId Person, Instant At, string TermsHash);

/// <summary>An undertaking that was given, with its evidence.</summary>
internal sealed record Undertaking(string Name, string DocumentHash, Instant ValidUntil);

/// <summary>Signed terms between a provider and a consumer, and where they stand (ISO 37156, 8.3.4).</summary>
internal sealed record Agreement
{
    public required AgreementTerms Terms { get; init; }

    public required AgreementState State { get; init; }

    public ImmutableArray<Signature> Signatures { get => field.OrEmpty(); init; }

    public ImmutableArray<Undertaking> Undertakings { get => field.OrEmpty(); init; }

    /// <summary>When it last became active.</summary>
    public Instant? ActiveSince { get; init; }

    /// <summary>That the office has approved a party's gaining access, under the hash of the terms; null where nobody has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Signature? Approval { get; init; }

    /// <summary>From which template it was drafted; null where from none, and for those of before it was kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TemplateOrigin? Template { get; init; }

    /// <summary>Whether exactly these terms are approved. Cost: one hash of the terms.</summary>
    [JsonIgnore]
    public bool IsApproved => Approval is { } approval && approval.TermsHash == AgreementText.Hash(Terms);

    /// <summary>Whether both sides have signed exactly these terms. Cost: one hash of the terms.</summary>
    public bool IsSignedByBoth()
    {
        var hash = AgreementText.Hash(Terms);
        return Signatures.Any(one => one.Party == Terms.Provider && one.TermsHash == hash) &&
            Signatures.Any(one => one.Party == Terms.Consumer && one.TermsHash == hash);
    }

    /// <summary>Until when every undertaking asked for is given; null when one is missing.</summary>
    public Instant? UndertakenUntil()
    {
        var until = Instant.Max;
        foreach (var name in Terms.Undertakings)
        {
            Instant? best = null;
            foreach (var given in Undertakings)
                if (given.Name == name && (best is null || given.ValidUntil.CompareTo(best.Value) > 0)) best = given.ValidUntil;
            if (best is not { } end) return null;
            if (end.CompareTo(until) < 0) until = end;
        }

        return until;
    }
}

/// <summary>What the transitions of an agreement depend on.</summary>
/// <param name="IsEvaluable">The engine can evaluate every clause.</param>
/// <param name="IsSignedByBoth">Both sides have signed these terms.</param>
/// <param name="HasBegun">Its first moment has come, and its last has not.</param>
/// <param name="HasEnded">Its last moment has passed.</param>
/// <param name="IsUndertaken">Every undertaking is given and valid.</param>
/// <param name="IsHeldUp">An obligation that suspends is overdue.</param>
/// <param name="IsOwing">Something is still owed.</param>
/// <param name="IsReviewed">No classification of its datasets is overdue for review.</param>
internal readonly record struct AgreementFacts(
    bool IsEvaluable, bool IsSignedByBoth, bool HasBegun, bool HasEnded, bool IsUndertaken, bool IsHeldUp, bool IsOwing,
    bool IsReviewed)
{
    /// <summary>A dataset of it is closed: it would grant nothing.</summary>
    public bool IsClosed { get; init; }

    /// <summary>A party gets by it a dataset that it never had, and that asks for another approval, which is missing.</summary>
    public bool IsUnapproved { get; init; }

    public static AgreementFacts Of(
        Agreement agreement, ImmutableArray<Obligation> obligations, bool isEvaluable, bool isReviewed, Instant now) => new(
        isEvaluable,
        agreement.IsSignedByBoth(),
        agreement.Terms.ValidFrom.CompareTo(now) <= 0 && agreement.Terms.ValidTo.CompareTo(now) > 0,
        agreement.Terms.ValidTo.CompareTo(now) <= 0,
        agreement.UndertakenUntil() is { } until && until.CompareTo(now) > 0,
        obligations.Any(one => one.Suspends && one.IsOverdueAt(now)),
        obligations.Any(one => one.IsOutstanding),
        isReviewed);
}

/// <summary>The life of an agreement: from a draft over offers and signatures to the end of what is owed.</summary>
internal static class AgreementStates
{
    /// <summary>Code of the condition that no dataset of it is closed.</summary>
    public const string DatasetClosed = "dataset-closed";

    private static readonly Guard<AgreementFacts> Evaluable =
        new("not-evaluable", facts => facts.IsEvaluable, "It has a clause that cannot be evaluated.");

    private static readonly Guard<AgreementFacts> Shared =
        new(DatasetClosed, facts => !facts.IsClosed, "A dataset of it is closed, so that it would grant nothing.");

    private static readonly Guard<AgreementFacts> Grantable = Guard<AgreementFacts>.All(Shared, Evaluable);

    private static readonly Guard<AgreementFacts> Signed =
        new("not-signed", facts => facts.IsSignedByBoth, "Both sides must have signed exactly these terms.");

    private static readonly Guard<AgreementFacts> Begun =
        new("not-begun", facts => facts.HasBegun, "Its time has not begun, or is over.");

    private static readonly Guard<AgreementFacts> Ended =
        new("not-ended", facts => facts.HasEnded, "Its time is not over.");

    private static readonly Guard<AgreementFacts> Undertaken =
        new("no-undertaking", facts => facts.IsUndertaken, "An undertaking is missing or has expired.");

    private static readonly Guard<AgreementFacts> Free =
        new("obligation-overdue", facts => !facts.IsHeldUp, "An obligation that suspends is overdue.");

    private static readonly Guard<AgreementFacts> HeldUp =
        new("not-held-up", facts => facts.IsHeldUp || !facts.IsUndertaken, "Nothing holds it up.");

    private static readonly Guard<AgreementFacts> Reviewed =
        new("review-overdue", facts => facts.IsReviewed,
            "A dataset's classification is overdue for review: nothing new is granted.");

    private static readonly Guard<AgreementFacts> Approved =
        new("gain-not-approved", facts => !facts.IsUnapproved,
            "A party gains access to a dataset that asks for another approval than that of the two sides: the office gives it.");

    private static readonly Guard<AgreementFacts> Unapproved =
        new("no-approval-asked", facts => facts.IsUnapproved, "No approval is asked for, or it was given.");

    private static readonly Guard<AgreementFacts> Owing =
        new("nothing-owed", facts => facts.IsOwing, "Nothing is owed any more.");
    private static readonly Guard<AgreementFacts> Settled =
        new("still-owing", facts => !facts.IsOwing, "Something is still owed.");

    private static readonly Guard<AgreementFacts> MayRun = Guard<AgreementFacts>.All(Evaluable, Signed, Begun, Undertaken, Free);

    private static readonly Guard<AgreementFacts> MayBegin =
        Guard<AgreementFacts>.All(Reviewed, Shared, Evaluable, Signed, Approved, Begun, Undertaken, Free);

    private const Actor Sides = Actor.Provider | Actor.Consumer;

    public static StateMachine<AgreementState, AgreementFacts> Machine { get; } = new(
    [
        new(AgreementState.Draft, "offer", Sides, AgreementState.Offered, Grantable),
        new(AgreementState.Draft, "withdraw", Actor.Proposer, AgreementState.Closed),
        new(AgreementState.Offered, "counter", Sides, AgreementState.Countered, Grantable, IsByAnother: true),
        new(AgreementState.Offered, "accept", Sides, AgreementState.Accepted, Grantable, IsByAnother: true),
        new(AgreementState.Offered, "terminate", Sides, AgreementState.Terminated),
        new(AgreementState.Countered, "counter", Sides, AgreementState.Countered, Grantable, IsByAnother: true),
        new(AgreementState.Countered, "accept", Sides, AgreementState.Accepted, Grantable, IsByAnother: true),
        new(AgreementState.Countered, "terminate", Sides, AgreementState.Terminated),
        new(AgreementState.Accepted, "sign", Sides, AgreementState.Signed, Signed),
        new(AgreementState.Accepted, "terminate", Sides, AgreementState.Terminated),
        new(AgreementState.Signed, "verify", Actor.Consumer | Actor.Officer, AgreementState.Verified,
            Guard<AgreementFacts>.All(Evaluable, Signed)),
        new(AgreementState.Signed, "approve", Actor.Officer, AgreementState.Signed, Unapproved, IsByAnother: true),
        new(AgreementState.Verified, "approve", Actor.Officer, AgreementState.Verified, Unapproved, IsByAnother: true),
        new(AgreementState.Signed, "terminate", Sides | Actor.Officer, AgreementState.Terminated),
        new(AgreementState.Verified, "activate", Actor.Provider | Actor.Clock, AgreementState.Active, MayBegin),
        new(AgreementState.Verified, "terminate", Sides | Actor.Officer, AgreementState.Terminated),
        new(AgreementState.Active, "suspend", Actor.Provider | Actor.Officer, AgreementState.Suspended),
        new(AgreementState.Active, "suspend", Actor.Clock, AgreementState.Suspended, HeldUp),
        new(AgreementState.Active, "expire", Actor.Clock, AgreementState.Expired, Ended),
        new(AgreementState.Active, "terminate", Sides | Actor.Officer, AgreementState.Terminated),
        new(AgreementState.Suspended, "resume", Actor.Provider | Actor.Officer, AgreementState.Active, MayRun),
        new(AgreementState.Suspended, "expire", Actor.Clock, AgreementState.Expired, Ended),
        new(AgreementState.Suspended, "terminate", Sides | Actor.Officer, AgreementState.Terminated),
        // What was never settled in its time is over too, so that nothing waits for ever.
        new(AgreementState.Draft, "expire", Actor.Clock, AgreementState.Expired, Ended),
        new(AgreementState.Offered, "expire", Actor.Clock, AgreementState.Expired, Ended),
        new(AgreementState.Countered, "expire", Actor.Clock, AgreementState.Expired, Ended),
        new(AgreementState.Accepted, "expire", Actor.Clock, AgreementState.Expired, Ended),
        new(AgreementState.Signed, "expire", Actor.Clock, AgreementState.Expired, Ended),
        new(AgreementState.Verified, "expire", Actor.Clock, AgreementState.Expired, Ended),
        new(AgreementState.Expired, "settle", Actor.Clock, AgreementState.Closing, Owing),
        new(AgreementState.Expired, "close", Actor.Clock, AgreementState.Closed, Settled),
        new(AgreementState.Terminated, "settle", Actor.Clock, AgreementState.Closing, Owing),
        new(AgreementState.Terminated, "close", Actor.Clock, AgreementState.Closed, Settled),
        new(AgreementState.Closing, "close", Actor.Clock | Actor.Provider, AgreementState.Closed, Settled),
    ]);
}
