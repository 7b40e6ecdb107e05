using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Tests.Sharing.World;

namespace Stoa.Tests.Sharing;

/// <summary>A person acts for one organization at a time, and may what it may in one of these capacities.</summary>
public class People_of_several_organizations
{
    private static readonly PartyId Ada = new(30);

    private static MemberOf At(PartyId organization, bool isOfficer = false, string from = "2026-01-01T00:00:00Z", string? to = null) =>
        new(organization, World.At(from), to is null ? null : World.At(to), isOfficer);

    private static PolicyContent With(params MemberOf[] memberships) => Content with
    {
        Parties = Content.Parties.Add(new()
        {
            Id = Ada, Kind = PartyKind.Person, Status = PartyStatus.Active, MemberOf = [.. memberships],
        }),
    };

    private static DecisionRequest Asked => Request with { Party = Ada };

    [Fact]
    public void May_what_any_of_them_may()
    {
        Assert.False(With().Decide(Asked).IsPermitted);
        Assert.False(With(At(Stranger)).Decide(Asked).IsPermitted);
        Assert.Equal(Terms, With(At(Stranger), At(University)).Decide(Asked).Grant?.Agreement);
        // What comes by the owner's role is whole, whichever comes first.
        Assert.Null(With(At(University), At(City)).Decide(Asked).Grant?.Agreement);
        Assert.Null(With(At(City), At(University)).Decide(Asked).Grant?.Agreement);
    }

    [Fact]
    public void Are_not_stopped_by_one_that_is_suspended_and_are_by_themselves()
    {
        var world = With(At(Stranger), At(University));
        var suspended = world.With(world.PartyOf(Stranger) with { Status = PartyStatus.Suspended });

        Assert.True(suspended.Decide(Asked).IsPermitted);
        Assert.False(world.With(world.PartyOf(University) with { Status = PartyStatus.Suspended }).Decide(Asked).IsPermitted);
        Assert.Equal(ReasonCode.B2PartySuspended,
            world.With(world.PartyOf(Ada) with { Status = PartyStatus.Suspended }).Decide(Asked).Reasons[0].Code);
    }

    [Fact]
    public void Belong_from_and_to_a_moment()
    {
        var world = With(At(University, from: "2026-06-01T10:00:00Z", to: "2026-06-01T10:00:30Z"));

        Assert.False(world.Decide(Asked with { At = World.At("2026-06-01T09:59:59.999999Z") }).IsPermitted);
        Assert.Equal(World.At("2026-06-01T10:00:30Z"), world.Decide(Asked).Grant?.ValidUntil);
        Assert.True(world.Decide(Asked with { At = World.At("2026-06-01T10:00:29.999999Z") }).IsPermitted);
        Assert.False(world.Decide(Asked with { At = World.At("2026-06-01T10:00:30Z") }).IsPermitted);
    }

    /// <summary>The agreement of one is not used under the jurisdiction of another.</summary>
    [Fact]
    public void Do_not_mix_what_is_true_of_one_with_what_another_may()
    {
        var terms = Clauses with { Consumer = Stranger, Jurisdictions = ["DE"] };
        var world = With(At(University), At(Stranger)).With(terms).With(Specific with { Named = [Stranger] });

        var decision = world.Decide(Asked);

        Assert.Equal(ReasonCode.W6PlaceNotAllowed, decision.Reasons[0].Code);
        Assert.True(world.With(terms with { Jurisdictions = ["US"] }).Decide(Asked).IsPermitted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Change_what_belongs_to_an_organization_as_its_officers_alone(bool isOfficer)
    {
        var world = With(At(City, isOfficer));

        Assert.True(world.Decide(Asked).IsPermitted);
        Assert.Equal(isOfficer, world.Decide(Asked with { Action = DataAction.Add }).IsPermitted);
        Assert.Equal(isOfficer, world.Decide(Asked with { Action = DataAction.Grant }).IsPermitted);
        Assert.Equal(isOfficer,
            PolicySnapshot.Of(world).Scopes.ToAdd(Asked).Datasets.Contains(Counts));
    }

    [Fact]
    public void Have_no_role_by_a_credential_that_names_what_it_is_good_for()
    {
        var world = With(At(City, isOfficer: true));

        Assert.False(world.Decide(Asked with { WithoutRoles = true }).IsPermitted);
        Assert.False(world.Decide(Asked with { WithoutRoles = true, Action = DataAction.Add }).IsPermitted);
        Assert.True(Content.Decide(Request with { WithoutRoles = true }).IsPermitted);
    }
}
