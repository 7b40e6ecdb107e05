using System.Text;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Tests.Sharing.World;

namespace Stoa.Tests.Sharing;

/// <summary>Who may do what with a dataset (ISO 37156, 9.2): six actions, six roles.</summary>
public class Roles_and_actions
{
    [Fact]
    public void Stand_in_one_table() => Assert.Equal(
        """
        See: Creator=Own Owner=Yes Custodian=ForPurpose PrimaryPublisher=AllSourcesLogged SecondaryPublisher=Granted User=Granted
        Add: Creator=Yes Owner=Yes Custodian=ForPurpose PrimaryPublisher=No SecondaryPublisher=OwnDerived User=No
        Correct: Creator=Propose Owner=Approve Custodian=Propose PrimaryPublisher=Propose SecondaryPublisher=ReportVariance User=Report
        SetLevel: Creator=No Owner=WithPublisher Custodian=No PrimaryPublisher=Yes SecondaryPublisher=DerivedWithinBound User=No
        Grant: Creator=No Owner=Yes Custodian=Never PrimaryPublisher=WithinOwnersLevel SecondaryPublisher=ByDelegation User=No
        Publish: Creator=No Owner=Approve Custodian=No PrimaryPublisher=Yes SecondaryPublisher=DerivedOrDelegated User=No

        """,
        Table((action, role) => $"{role}={RoleTable.Of(action, role)}"));

    [Fact]
    public void Are_decided_by_the_role_alone_where_nothing_else_holds() => Assert.Equal(
        """
        See: - yes - yes - -
        Add: yes yes - - - -
        Correct: - yes - - - -
        SetLevel: - yes - yes - -
        Grant: - yes - - - -
        Publish: - - - yes - -

        """,
        Table((action, role) => RoleTable.MayAct(action, role, default) ? "yes" : "-"));

    [Fact]
    public void Are_decided_with_everything_that_can_hold() => Assert.Equal(
        """
        See: yes yes yes yes - -
        Add: yes yes yes - yes -
        Correct: - yes - - - -
        SetLevel: - yes - yes yes -
        Grant: - yes - yes yes -
        Publish: - - - yes yes -

        """,
        Table((action, role) => RoleTable.MayAct(action, role, new(true, true, true, true, true)) ? "yes" : "-"));

    [Fact]
    public void Can_be_proposed_by_those_who_may_not_do_them() => Assert.Equal(
        """
        See: - - - - - -
        Add: - - - - - -
        Correct: yes - yes yes yes yes
        SetLevel: - - - - - -
        Grant: - - - - - -
        Publish: - yes - - - -

        """,
        Table((action, role) => RoleTable.MayPropose(action, role) ? "yes" : "-"));

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 6)]
    [InlineData(6, 1)]
    public void Are_no_where_role_or_action_is_not_known(int action, int role)
    {
        Assert.Equal(Allowance.No, RoleTable.Of((DataAction)action, (DataRole)role));
        Assert.False(RoleTable.MayAct((DataAction)action, (DataRole)role, new(true, true, true, true, true)));
    }

    [Fact]
    public void Let_the_owner_grant_and_never_the_custodian()
    {
        var world = Content.With(Role(9, DataRole.Custodian, University));
        var grant = Request with { Action = DataAction.Grant };

        Assert.True(world.Decide(grant with { Party = City }).IsPermitted);
        Assert.Equal(ReasonCode.L9RoleMissing, world.Decide(grant).Reasons[0].Code);
    }

    [Fact]
    public void Let_the_custodian_see_within_the_purpose_and_the_time_of_the_custody()
    {
        var world = Content.With(Role(9, DataRole.Custodian, Stranger));
        var request = Request with { Party = Stranger };

        Assert.True(world.Decide(request).IsPermitted);
        Assert.True(world.Decide(request with { Purpose = null }).IsPermitted);
        Assert.False(world.Decide(request with { Purpose = Mobility }).IsPermitted);
        Assert.False(world.Decide(request with { At = At("2028-01-01T00:00:00Z") }).IsPermitted);
        Assert.False(world.Decide(request with { At = At("2026-06-01T10:00:00Z"), Action = DataAction.Publish }).IsPermitted);
    }

    [Fact]
    public void Record_that_the_office_reads_because_it_may_read_everything()
    {
        var decision = Content.Decide(Request with { Party = Office, Purpose = null });

        Assert.True(decision.Grant!.IsReadByOffice);
        Assert.Equal(ReasonCode.L14ReadByOffice, decision.Reasons[0].Code);
        Assert.Null(decision.Grant.Fields);
    }

    [Fact]
    public void Let_a_creator_see_its_own_where_nobody_else_creates()
    {
        var one = Content.With(Role(9, DataRole.Creator, Stranger));
        var two = one.With(Role(10, DataRole.Creator, University));

        Assert.True(one.Decide(Request with { Party = Stranger }).IsPermitted);
        Assert.False(two.Decide(Request with { Party = Stranger }).IsPermitted);
        Assert.True(two.Decide(Request with { Party = Stranger, Action = DataAction.Add }).IsPermitted);
    }

    [Fact]
    public void Pass_on_by_delegation_to_the_depth_of_one()
    {
        var delegation = new Delegation
        {
            Id = new(1), Dataset = Counts, From = Office, To = University, Action = DataAction.Publish,
            LevelMax = SpectrumClass.SharedSpecific, Until = At("2026-07-01T00:00:00Z"), State = DelegationState.Active,
        };
        var world = Content.With(Role(9, DataRole.SecondaryPublisher, University)).With(Role(10, DataRole.SecondaryPublisher, Stranger))
            with { Delegations = [delegation] };
        var publish = Request with { Action = DataAction.Publish };

        Assert.True(world.Decide(publish).IsPermitted);
        Assert.False((world with { Delegations = [delegation, delegation with { From = University, To = Stranger }] })
            .Decide(publish with { Party = Stranger }).IsPermitted);
        Assert.False((world with { Delegations = [delegation with { State = DelegationState.Revoked }] }).Decide(publish).IsPermitted);
        Assert.False(world.Decide(publish with { At = At("2026-07-01T00:00:00Z") }).IsPermitted);
        Assert.False(world.With(Specific with { Level = SpectrumClass.Open, Named = [] }).Decide(publish).IsPermitted);
        Assert.False(world.Decide(publish with { Action = DataAction.Grant }).IsPermitted);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void Come_only_from_active_assignments(int state)
    {
        var world = Content with { Roles = [Role(1, DataRole.Owner, Stranger) with { State = (RoleAssignmentState)state }] };

        Assert.False(world.Decide(Request with { Party = Stranger }).IsPermitted);
    }

    [Fact]
    public void Need_a_purpose_and_an_end_for_a_custodian_and_a_mode_for_a_creator()
    {
        Assert.Null(Role(1, DataRole.Custodian, City).Fault);
        Assert.NotNull((Role(1, DataRole.Custodian, City) with { Purpose = null }).Fault);
        Assert.NotNull((Role(1, DataRole.Custodian, City) with { To = null }).Fault);
        Assert.NotNull((Role(1, DataRole.Owner, City) with { Purpose = Research }).Fault);
        Assert.NotNull((Role(1, DataRole.Creator, City) with { Mode = null }).Fault);
        Assert.NotNull((Role(1, DataRole.Owner, City) with { Mode = CreatorMode.Reactive }).Fault);
    }

    [Fact]
    public void Reach_whoever_acts_for_the_holder_and_stop_with_it()
    {
        var worker = new Party { Id = new(20), Kind = PartyKind.Person, Status = PartyStatus.Active, ActsFor = City };
        var world = Content with { Parties = Content.Parties.Add(worker) };

        Assert.True(world.Decide(Request with { Party = worker.Id }).IsPermitted);
        Assert.False(world.With(Content.PartyOf(City) with { Status = PartyStatus.Left }).Decide(Request with { Party = worker.Id }).IsPermitted);
        Assert.False(world.With(worker with { ActsFor = new(99) }).Decide(Request with { Party = worker.Id }).IsPermitted);
        Assert.False(world.With(Content.PartyOf(City) with { ActsFor = worker.Id }).Decide(Request with { Party = worker.Id }).IsPermitted);
    }

    [Theory]
    [InlineData(PolicySnapshot.ChainMax - 1, true)]
    [InlineData(PolicySnapshot.ChainMax, false)]
    public void Reach_down_a_line_of_parties_as_long_as_the_limit(int between, bool isPermitted)
    {
        var line = Enumerable.Range(20, between).Select(id => new Party
        {
            Id = new(id), Kind = PartyKind.Unit, Status = PartyStatus.Active, ActsFor = id == 20 ? City : new PartyId(id - 1),
        });
        var world = Content with { Parties = Content.Parties.AddRange(line) };

        Assert.Equal(isPermitted, world.Decide(Request with { Party = new PartyId(19 + between) }).IsPermitted);
    }

    private static string Table(Func<DataAction, DataRole, string> cell)
    {
        var table = new StringBuilder();
        foreach (var action in Enum.GetValues<DataAction>())
            table.Append(action).Append(": ")
                .AppendJoin(' ', Enum.GetValues<DataRole>().Select(role => cell(action, role))).Append('\n');
        return table.ToString();
    }
}
