using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Tests.Sharing.World;

namespace Stoa.Tests.Sharing;

public class Moves_of_governed_things
{
    private static readonly PartyId Mayor = new(30), Clerk = new(31);

    [Fact]
    public void Are_refused_to_the_one_who_asked()
    {
        var facts = new AccessRequestFacts(true, true, false, false);

        var own = AccessRequests.Machine.Go(AccessRequestState.Assessed, "approve", new(City, Actor.Owner, City), facts);
        var another = AccessRequests.Machine.Go(AccessRequestState.Assessed, "approve", new(City, Actor.Owner, University), facts);

        Assert.Equal(RefusedMove.NotByTheSameParty, own.Refusal);
        Assert.Equal(AccessRequestState.Approved, another.State);
    }

    [Fact]
    public void Say_how_far_they_came()
    {
        var unknown = AgreementStates.Machine.Go(AgreementState.Closed, "activate", Act.OfClock, default);
        var unfit = AgreementStates.Machine.Go(AgreementState.Verified, "activate", new(University, Actor.Consumer), default);
        var unready = AgreementStates.Machine.Go(AgreementState.Verified, "activate", Act.OfClock, default);

        Assert.Equal(RefusedMove.NoSuchMove, unknown.Refusal);
        Assert.Equal(RefusedMove.NotByThisActor, unfit.Refusal);
        Assert.Equal((RefusedMove.GuardFails, "review-overdue"), (unready.Refusal, unready.Guard));
    }

    [Fact]
    public void Offer_only_what_can_be_done() =>
        Assert.Equal(["dispute", "end"], RoleAssignments.Machine
            .Offered(RoleAssignmentState.Active, new(City, Actor.Concerned), new(true, false, true, false)).Order());

    [Theory]
    [InlineData("nothing", null)]
    [InlineData("owner", "no-owner")]
    [InlineData("publisher", "no-publisher")]
    [InlineData("harm", "no-harm-check")]
    [InlineData("checklist", "checklist-open")]
    [InlineData("second person", "one-person")]
    [InlineData("risk", "risk-open")]
    [InlineData("bound", "beyond-inputs")]
    [InlineData("licence", "incomplete")]
    public void Toward_open_need_everything(string missing, string? guard)
    {
        var dataset = Dataset with
        {
            Fields = [new("count", Personal.None, [])],
            ResidualRisk = missing == "risk" ? 20 : 3,
            LevelMax = missing == "bound" ? SpectrumClass.SharedGroup : null,
        };
        var proposed = Specific with
        {
            Level = SpectrumClass.Open,
            Named = [],
            State = ClassificationState.InReview,
            Harm = missing == "harm" ? null : new(HarmLevel.Low, HarmLevel.Low, HarmLevel.None, IsHazardous: true, City, Now),
            Checklist = [new("copyright", missing == "checklist" ? LegalRequirementState.Open : LegalRequirementState.Satisfied, null)],
            DecidedBy =
            [
                new(City, Mayor, missing == "owner" ? Actor.Officer : Actor.Owner, Now),
                new(Office, missing == "second person" ? Mayor : Clerk, missing == "publisher" ? Actor.Officer : Actor.PrimaryPublisher, Now),
            ],
        };
        var facts = ClassificationFacts.Of(proposed, Specific, dataset, isLicenceOpen: missing != "licence", riskAppetite: 8, Now);

        var move = Classifications.Machine.Go(ClassificationState.InReview, "approve", new(Clerk, Actor.PrimaryPublisher, Mayor), facts);

        Assert.Equal((guard, guard is null), (move.Guard, move.IsMade));
    }

    [Fact]
    public void Toward_closed_are_immediate()
    {
        var closed = Specific with { Level = SpectrumClass.Closed, Named = [], ReviewBy = null };
        var facts = ClassificationFacts.Of(closed, Specific, Dataset, false, 0, Now);

        Assert.Equal(ClassificationState.Effective,
            Classifications.Machine.Go(ClassificationState.Draft, "close", new(Clerk, Actor.Officer), facts).State);
        Assert.Equal("toward-open", Classifications.Machine.Go(ClassificationState.Draft, "close", new(Clerk, Actor.Officer),
            ClassificationFacts.Of(Specific, closed, Dataset, false, 25, Now)).Guard);
    }

    [Fact]
    public void Toward_closed_are_those_that_let_nothing_new_through()
    {
        var current = Specific with { Named = [University, City] };

        Assert.True(Specific.IsTowardClosed(current));
        Assert.True((Specific with { Level = SpectrumClass.Closed }).IsTowardClosed(current));
        Assert.True(WithEverything(SpectrumClass.Closed).IsTowardClosed(null));
        Assert.False(current.IsTowardClosed(Specific));
        Assert.False(Specific.IsTowardClosed(null));
        Assert.False((Specific with { Level = SpectrumClass.SharedGroup }).IsTowardClosed(current));
        Assert.False((Specific with { Conditions = new() { Granularity = new(10, 0, 0) } }).IsTowardClosed(current));
        Assert.False((Specific with { ReviewBy = new(2028, 1, 31) }).IsTowardClosed(current));

        // From a group to names: only to those who belong to it.
        var group = Specific with { Level = SpectrumClass.SharedGroup, Named = [], Criteria = [new("member-of", ["lab"])] };
        Assert.False(Specific.IsTowardClosed(group));
        Assert.True(Specific.IsTowardClosed(group, areNamedMembers: true));
        var open = Specific with { Level = SpectrumClass.Open, Named = [] };
        Assert.True(Specific.IsTowardClosed(open));
        Assert.False((Specific with { ReviewBy = new(2028, 1, 31) }).IsTowardClosed(open, isOverdue: true));
    }

    [Theory]
    [InlineData(SpectrumClass.Closed, "")]
    [InlineData(SpectrumClass.SharedSpecific, "named")]
    [InlineData(SpectrumClass.SharedGroup, "criteria")]
    [InlineData(SpectrumClass.SharedPublic, "terms")]
    [InlineData(SpectrumClass.Open, "")]
    public void Take_only_what_belongs_to_the_level(SpectrumClass level, string own)
    {
        var bare = Specific with { Level = level, Named = [], Criteria = [], Terms = null };
        foreach (var given in new[] { "", "named", "criteria", "terms" })
        {
            var classification = given switch
            {
                "named" => bare with { Named = [University] },
                "criteria" => bare with { Criteria = [new("member-of", ["x"])] },
                "terms" => bare with { Terms = new("city-terms", 1) },
                _ => bare,
            };

            Assert.Equal(given == own, classification.Fault(isLicenceOpen: true, hasPersonalFields: false) is null);
        }
    }

    [Fact]
    public void Keep_open_data_free_of_conditions_people_and_other_licences()
    {
        var open = Specific with { Level = SpectrumClass.Open, Named = [] };

        Assert.Null(open.Fault(true, false));
        Assert.NotNull(open.Fault(false, false));
        Assert.NotNull(open.Fault(true, true));
        Assert.NotNull((open with { Conditions = new() { Purposes = [Research] } }).Fault(true, false));
        Assert.NotNull((open with { ReviewBy = null }).Fault(true, false));
        Assert.NotNull((open with { Reason = "" }).Fault(true, false));
    }

    [Fact]
    public void Leave_one_owner_at_a_time()
    {
        var second = Role(5, DataRole.Owner, University) with { State = RoleAssignmentState.Accepted };
        var facts = RoleAssignmentFacts.Of(second, Content.Roles, Now);

        Assert.Equal("owner-exists", RoleAssignments.Machine.Go(RoleAssignmentState.Accepted, "activate", Act.OfClock, facts).Guard);
        Assert.True(RoleAssignments.Machine.Go(RoleAssignmentState.Accepted, "activate", Act.OfClock,
            RoleAssignmentFacts.Of(second, [], Now)).IsMade);
    }

    [Fact]
    public void Take_an_agreement_from_a_draft_to_its_end()
    {
        var agreement = Sign(Agreed);
        var facts = AgreementFacts.Of(agreement, [], isEvaluable: true, isReviewed: true, Now);
        var city = new Act(City, Actor.Provider, University);
        var university = new Act(University, Actor.Consumer, City);
        var ended = AgreementFacts.Of(agreement, [Owed(ObligationState.Due, "2027-02-01T00:00:00Z")], true, true, At("2027-01-01T00:00:00Z"));

        var state = AgreementState.Draft;
        foreach (var (name, act, known) in new[]
        {
            ("offer", city, facts), ("counter", university, facts), ("accept", city, facts), ("sign", university, facts),
            ("verify", university, facts), ("activate", Act.OfClock, facts), ("suspend", city, facts), ("resume", city, facts),
            ("expire", Act.OfClock, ended), ("settle", Act.OfClock, ended), ("close", Act.OfClock, facts),
        })
        {
            var move = AgreementStates.Machine.Go(state, name, act, known);
            Assert.True(move.IsMade, $"{name}: {move.Advice}");
            state = move.State;
        }

        Assert.Equal(AgreementState.Closed, state);
    }
}
