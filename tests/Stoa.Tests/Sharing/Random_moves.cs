using System.Reflection;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Every state machine goes where a second description of it goes, written otherwise, whatever is tried by whomever.</summary>
public class Random_moves
{
    private const int Steps = 60_000;

    /// <summary>Who tries, in one capacity, and whether it is another than the one it answers.</summary>
    private readonly record struct Try(string Move, Actor Who, bool IsAnother)
    {
        public bool Is(string move, params Actor[] actors) => Move == move && actors.Contains(Who);
    }

    [Fact]
    public void Of_role_assignments_follow_the_description() => Follow(RoleAssignments.Machine, Next,
        random => new RoleAssignmentFacts(Coin(random), Coin(random), Coin(random), Coin(random)));

    [Fact]
    public void Of_claims_follow_the_description() => Follow(Claims.Machine, Next, Coin);

    [Fact]
    public void Of_delegations_follow_the_description() => Follow(Delegations.Machine, Next,
        random => new DelegationFacts(Coin(random), Coin(random)));

    [Fact]
    public void Of_classifications_follow_the_description() => Follow(Classifications.Machine, Next,
        random => new ClassificationFacts(Mostly(random), Coin(random), Mostly(random), Mostly(random), Mostly(random), Mostly(random),
            Coin(random), Mostly(random), Mostly(random), Mostly(random), Coin(random), Mostly(random)));

    [Fact]
    public void Of_agreements_follow_the_description() => Follow(AgreementStates.Machine, Next,
        random => new AgreementFacts(Mostly(random), Mostly(random), Mostly(random), Coin(random), Mostly(random), Coin(random),
            Coin(random), Mostly(random)) { IsClosed = random.Next(8) == 0, IsUnapproved = random.Next(4) == 0 });

    [Fact]
    public void Of_obligations_follow_the_description() => Follow(ObligationStates.Machine, Next,
        random => new ObligationFacts(Coin(random), Coin(random), Coin(random), Coin(random), Coin(random)));

    [Fact]
    public void Of_access_requests_follow_the_description() => Follow(AccessRequests.Machine, Next,
        random => new AccessRequestFacts(Coin(random), Coin(random), Coin(random), Coin(random)));

    [Fact]
    public void Of_corrections_follow_the_description() => Follow(Corrections.Machine, Next,
        random => new CorrectionFacts(Mostly(random), Mostly(random), Coin(random)));

    /// <summary>Every table of moves in the program has its second description here: one without it makes this fail.</summary>
    [Fact]
    public void Of_every_machine_there_is_are_described()
    {
        var machines = MachinesOf(typeof(RoleAssignments).Assembly).ToHashSet();
        var described = typeof(Random_moves).GetMethods(BindingFlags.NonPublic | BindingFlags.Static)
            .Where(method => method.Name == nameof(Next) && method.GetParameters() is [_, { ParameterType: var second }, _] && second == typeof(Try))
            .Select(method => (method.GetParameters()[0].ParameterType, method.GetParameters()[2].ParameterType)).ToHashSet();
        var followed = typeof(Random_moves).GetMethods().Count(method => method.Name.EndsWith("_follow_the_description", StringComparison.Ordinal));

        Assert.NotEmpty(machines);
        Assert.Equal(machines, described);
        Assert.Equal(machines.Count, followed);
        // The bait: a machine that nobody has described is found.
        Assert.Contains((typeof(DayOfWeek), typeof(bool)), MachinesOf(typeof(Random_moves).Assembly));
    }

    private static class Undescribed
    {
        public static StateMachine<DayOfWeek, bool> Machine { get; } = new([]);
    }

    private static IEnumerable<(Type State, Type Facts)> MachinesOf(Assembly assembly) =>
        from type in assembly.GetTypes()
        from member in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance)
        let kept = member.FieldType
        where kept.IsGenericType && kept.GetGenericTypeDefinition() == typeof(StateMachine<,>) && !kept.ContainsGenericParameters
        select (kept.GetGenericArguments()[0], kept.GetGenericArguments()[1]);

    [Fact]
    public void Are_noticed_when_a_description_differs()
    {
        var machine = new StateMachine<DelegationState, DelegationFacts>(
            [.. Delegations.Machine.Transitions, new(DelegationState.Revoked, "activate", Actor.Officer, DelegationState.Active)]);

        Assert.ThrowsAny<Exception>(() => Follow(machine, Next, random => new DelegationFacts(Coin(random), Coin(random))));
    }

    private static RoleAssignmentState? Next(RoleAssignmentState state, Try it, RoleAssignmentFacts facts)
    {
        var runs = facts is { HasBegun: true, HasEnded: false, IsSeatFree: true };
        return state switch
        {
            RoleAssignmentState.Proposed when it.Is("accept", Actor.Concerned) => RoleAssignmentState.Accepted,
            RoleAssignmentState.Proposed when it.Is("derive", Actor.Clock) && facts.IsByLineage => RoleAssignmentState.Accepted,
            not RoleAssignmentState.Ended when it.Is("cease", Actor.Clock) && facts.IsByLineage =>
                RoleAssignmentState.Ended,
            RoleAssignmentState.Proposed when it.Is("decline", Actor.Concerned) => RoleAssignmentState.Ended,
            RoleAssignmentState.Proposed when it.Is("withdraw", Actor.Proposer) => RoleAssignmentState.Ended,
            RoleAssignmentState.Accepted when it.Is("activate", Actor.Clock, Actor.Officer) && runs => RoleAssignmentState.Active,
            RoleAssignmentState.Accepted when it.Is("withdraw", Actor.Concerned, Actor.Proposer) => RoleAssignmentState.Ended,
            RoleAssignmentState.Active when it.Is("end", Actor.Concerned, Actor.Owner, Actor.Officer) => RoleAssignmentState.Ended,
            not RoleAssignmentState.Ended when it.Is("expire", Actor.Clock) => facts.HasEnded ? RoleAssignmentState.Ended : null,
            RoleAssignmentState.Disputed when it.Is("confirm", Actor.Officer) && it.IsAnother && runs => RoleAssignmentState.Active,
            RoleAssignmentState.Disputed when it.Is("end", Actor.Officer) && it.IsAnother => RoleAssignmentState.Ended,
            not (RoleAssignmentState.Ended or RoleAssignmentState.Disputed) when it.Move == "dispute" && it.Who != Actor.Clock =>
                RoleAssignmentState.Disputed,
            _ => null,
        };
    }

    private static ClaimStatus? Next(ClaimStatus state, Try it, bool isOver) => it.Move switch
    {
        "verify" => state == ClaimStatus.Asserted && it is { Who: Actor.Officer, IsAnother: true } && !isOver ? ClaimStatus.Verified : null,
        "revoke" => state != ClaimStatus.Revoked && it.Who is (Actor.Concerned or Actor.Officer)
            ? ClaimStatus.Revoked
            : null,
        _ => null,
    };

    private static DelegationState? Next(DelegationState state, Try it, DelegationFacts facts)
    {
        var isOpen = state is DelegationState.Offered or DelegationState.Accepted or DelegationState.Active;
        if (isOpen && it.Is("expire", Actor.Clock) && facts.HasEnded) return DelegationState.Expired;
        if (isOpen && it.Move == "revoke")
            return it.Who == Actor.Proposer || (it.Who == Actor.Concerned && state != DelegationState.Offered) ||
                (it.Who == Actor.Officer && state == DelegationState.Active) ? DelegationState.Revoked : null;
        if (state == DelegationState.Offered && it.Is("decline", Actor.Concerned)) return DelegationState.Declined;
        if (state == DelegationState.Offered && it.Is("accept", Actor.Concerned) && it.IsAnother) return DelegationState.Accepted;
        return state == DelegationState.Accepted && it.Is("activate", Actor.Clock, Actor.Officer) && facts.IsHeldByRole && !facts.HasEnded
            ? DelegationState.Active
            : null;
    }

    private static ClassificationState? Next(ClassificationState state, Try it, ClassificationFacts facts)
    {
        var decides = it.Who is Actor.Owner or Actor.PrimaryPublisher or Actor.SecondaryPublisher;
        var isReady = facts.IsComplete && (facts.IsTowardClosed || (facts.HasOwner && facts.HasPublisher && facts.IsHarmChecked &&
            facts.IsChecklistDone && (!facts.IsHazardous || facts.AreTwoPersons) && facts.IsRiskAccepted && facts.IsWithinBound &&
            facts.IsWithinOnward));
        return (state, it.Move) switch
        {
            (ClassificationState.Draft, "submit") when decides && facts.IsComplete => ClassificationState.InReview,
            (ClassificationState.Draft, "close") when (decides || it.Who == Actor.Officer) && facts is { IsComplete: true, IsTowardClosed: true } =>
                ClassificationState.Effective,
            (ClassificationState.Draft, "withdraw") when it.Who == Actor.Proposer => ClassificationState.Superseded,
            (ClassificationState.InReview or ClassificationState.Approved, "return") when decides || it.Who == Actor.Officer =>
                ClassificationState.Draft,
            (ClassificationState.InReview, "approve") when decides && it.IsAnother && isReady => ClassificationState.Approved,
            (ClassificationState.Approved, "takeEffect") when (decides || it.Who == Actor.Clock) && isReady => ClassificationState.Effective,
            (ClassificationState.Effective, "freeze") when decides || it.Who == Actor.Officer => ClassificationState.Frozen,
            (ClassificationState.Frozen, "release") when it.Who == Actor.Officer && it.IsAnother => ClassificationState.Effective,
            (ClassificationState.Effective or ClassificationState.Frozen, "supersede") when it.Who == Actor.Clock && facts.HasSuccessor =>
                ClassificationState.Superseded,
            _ => null,
        };
    }

    private static AgreementState? Next(AgreementState state, Try it, AgreementFacts facts)
    {
        var isSide = it.Who is Actor.Provider or Actor.Consumer;
        var mayRun = facts is { IsEvaluable: true, IsSignedByBoth: true, HasBegun: true, IsUndertaken: true, IsHeldUp: false };
        var isRunning = state is AgreementState.Active or AgreementState.Suspended;
        var isOffer = state is AgreementState.Offered or AgreementState.Countered;
        var isOver = state is AgreementState.Expired or AgreementState.Terminated;
        return it.Move switch
        {
            "offer" when state == AgreementState.Draft && isSide && facts is { IsEvaluable: true, IsClosed: false } => AgreementState.Offered,
            "withdraw" when state == AgreementState.Draft && it.Who == Actor.Proposer => AgreementState.Closed,
            "counter" when isOffer && isSide && it.IsAnother && facts is { IsEvaluable: true, IsClosed: false } => AgreementState.Countered,
            "accept" when isOffer && isSide && it.IsAnother && facts is { IsEvaluable: true, IsClosed: false } => AgreementState.Accepted,
            "sign" when state == AgreementState.Accepted && isSide && facts.IsSignedByBoth => AgreementState.Signed,
            "verify" when state == AgreementState.Signed && it.Who is Actor.Consumer or Actor.Officer && state == AgreementState.Signed &&
                facts is { IsEvaluable: true, IsSignedByBoth: true } => AgreementState.Verified,
            "activate" when state == AgreementState.Verified && it.Who is Actor.Provider or Actor.Clock && state == AgreementState.Verified &&
                mayRun && facts is { IsReviewed: true, IsClosed: false, IsUnapproved: false } => AgreementState.Active,
            "approve" when state is AgreementState.Signed or AgreementState.Verified && it is { Who: Actor.Officer, IsAnother: true } &&
                facts.IsUnapproved => state,
            "suspend" when state == AgreementState.Active && (it.Who is Actor.Provider or Actor.Officer ||
                (it.Who == Actor.Clock && (facts.IsHeldUp || !facts.IsUndertaken))) => AgreementState.Suspended,
            "resume" when state == AgreementState.Suspended && (it.Who is Actor.Provider or Actor.Officer) && mayRun => AgreementState.Active,
            "expire" when !isOver && state is not (AgreementState.Closing or AgreementState.Closed) && it.Who == Actor.Clock && facts.HasEnded =>
                AgreementState.Expired,
            "terminate" when (isOffer || state == AgreementState.Accepted) && isSide => AgreementState.Terminated,
            "terminate" when (isRunning || state is AgreementState.Signed or AgreementState.Verified) && (isSide || it.Who == Actor.Officer) =>
                AgreementState.Terminated,
            "settle" when isOver && it.Who == Actor.Clock && facts.IsOwing => AgreementState.Closing,
            "close" when isOver && it.Who == Actor.Clock && !facts.IsOwing => AgreementState.Closed,
            "close" when state == AgreementState.Closing && (it.Who is Actor.Clock or Actor.Provider) && !facts.IsOwing => AgreementState.Closed,
            _ => null,
        };
    }

    private static ObligationState? Next(ObligationState state, Try it, ObligationFacts facts)
    {
        var judges = it.Who is Actor.Provider or Actor.Officer && it.IsAnother;
        return (state, it.Move) switch
        {
            (ObligationState.Pending, "trigger") when facts.IsTriggered && it.Who is Actor.Clock or Actor.Provider or Actor.Consumer =>
                facts.IsTriggered ? ObligationState.Due : null,
            (ObligationState.Pending or ObligationState.Due or ObligationState.Overdue, "fulfil") when it.Who == Actor.Concerned && facts.HasEvidence =>
                ObligationState.Fulfilled,
            (ObligationState.Due, "lapse") when it.Who == Actor.Clock && facts.IsPastDue => ObligationState.Overdue,
            (ObligationState.Due or ObligationState.Overdue, "waive") when judges => ObligationState.Waived,
            (ObligationState.Overdue, "declareBreach") when judges => ObligationState.Breached,
            (ObligationState.Curing, "fulfil") when it.Who == Actor.Concerned && facts.HasEvidence => ObligationState.Fulfilled,
            (ObligationState.Curing, "lapse") when it.Who == Actor.Clock && facts.IsPastDue => ObligationState.Breached,
            (ObligationState.Breached, "present") when it.Who == Actor.Concerned && facts.HasEvidence => ObligationState.Presented,
            (ObligationState.Breached or ObligationState.Presented or ObligationState.Curing, "waive") when judges && facts.HasReason =>
                ObligationState.Waived,
            (ObligationState.Breached or ObligationState.Presented, "allowCure") when judges && facts.HasDate => ObligationState.Curing,
            (ObligationState.Presented, "acceptLate") when judges && facts.HasEvidence => ObligationState.Fulfilled,
            (ObligationState.Presented, "rejectLate") when judges && facts.HasReason => ObligationState.Breached,
            _ => null,
        };
    }

    private static CorrectionState? Next(CorrectionState state, Try it, CorrectionFacts facts)
    {
        if (state is not (CorrectionState.Proposed or CorrectionState.Reported)) return null;
        if (it.Is("withdraw", Actor.Proposer)) return CorrectionState.Withdrawn;
        if (it.Who != Actor.Owner || !it.IsAnother) return null;
        return it.Move switch
        {
            "approve" when facts is { IsApplicable: true, IsUnchanged: true } => CorrectionState.Applied,
            "refuse" when facts.HasReason => CorrectionState.Refused,
            "answer" when facts.HasReason && state == CorrectionState.Reported => CorrectionState.Answered,
            _ => null,
        };
    }

    private static AccessRequestState? Next(AccessRequestState state, Try it, AccessRequestFacts facts)
    {
        var isOwnersSide = it.Who is Actor.Owner or Actor.PrimaryPublisher && it.IsAnother;
        return it.Move switch
        {
            "submit" when state is AccessRequestState.Draft or AccessRequestState.MoreNeeded && it.Who == Actor.Proposer =>
                facts.IsComplete ? AccessRequestState.Submitted : null,
            "withdraw" when it.Who == Actor.Proposer && state is AccessRequestState.Draft or AccessRequestState.MoreNeeded or
                AccessRequestState.Submitted or AccessRequestState.Approved => it.Who == Actor.Proposer ? AccessRequestState.Withdrawn : null,
            "askMore" when state == AccessRequestState.Submitted && isOwnersSide => AccessRequestState.MoreNeeded,
            "assess" when state == AccessRequestState.Submitted && isOwnersSide => AccessRequestState.Assessed,
            "approve" when state == AccessRequestState.Assessed => it is { Who: Actor.Owner, IsAnother: true } ? AccessRequestState.Approved : null,
            "refuse" when state == AccessRequestState.Assessed =>
                it is { Who: Actor.Owner, IsAnother: true } && facts.HasReason ? AccessRequestState.Refused : null,
            "agree" when state == AccessRequestState.Approved => it.Who is Actor.Owner or Actor.Proposer && facts.HasAgreement
                ? AccessRequestState.Agreed : null,
            "appeal" when state == AccessRequestState.Refused && it.Who == Actor.Proposer => AccessRequestState.Appealed,
            "approve" when state == AccessRequestState.Appealed =>
                it is { Who: Actor.Officer, IsAnother: true } && !facts.IsFirstDecider ? AccessRequestState.Approved : null,
            "refuse" when state == AccessRequestState.Appealed =>
                it is { Who: Actor.Officer, IsAnother: true } && !facts.IsFirstDecider && facts.HasReason ? AccessRequestState.Refused : null,
            _ => null,
        };
    }

    private static void Follow<TState, TFacts>(
        StateMachine<TState, TFacts> machine, Func<TState, Try, TFacts, TState?> next, Func<Random, TFacts> facts)
        where TState : struct, Enum
    {
        var random = new Random(20_26);
        var moves = machine.Transitions.Select(row => row.Name).Append("leap").Distinct().ToArray();
        var states = Enum.GetValues<TState>();
        var actors = Enum.GetValues<Actor>().Where(actor => actor is not (Actor.None or Actor.Anyone)).ToArray();
        var seen = new HashSet<(TState, string, TState)>();
        var state = states[0];
        for (var step = 0; step < Steps; step++)
        {
            // From anywhere again and again, so that no state is out of reach.
            if (step % 12 == 0) state = states[random.Next(states.Length)];
            var it = new Try(moves[random.Next(moves.Length)], actors[random.Next(actors.Length)], Coin(random));
            var known = facts(random);
            var act = it.Who == Actor.Clock ? Act.OfClock : new Act(new(1), it.Who, it.IsAnother ? new PartyId(2) : new PartyId(1));
            if (it.Who == Actor.Clock) it = it with { IsAnother = false };

            var made = machine.Go(state, it.Move, act, known);

            var expected = next(state, it, known);
            Assert.True(made.IsMade ? expected?.Equals(made.State) == true : expected is null,
                $"{state} {it} {known}: {(made.IsMade ? made.State : made.Refusal.ToString())}, expected {expected}");
            Assert.True(made.IsMade || (made.State.Equals(state) && made.Advice.Length > 0));
            if (!made.IsMade) continue;
            seen.Add((state, it.Move, made.State));
            state = made.State;
        }

        Assert.Equal(machine.Transitions.Select(row => (row.From, row.Name, row.To)).Distinct().Count(), seen.Count);
    }

    private static bool Coin(Random random) => random.Next(2) == 0;

    private static bool Mostly(Random random) => random.Next(8) != 0;
}
