using System.Text;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Tests.Sharing.World;

namespace Stoa.Tests.Sharing;

/// <summary>The truth table of ISO 37156, 5.5, in full: every level, every standing, every condition.</summary>
public class Levels_of_the_spectrum
{
    private static readonly string[] Standings =
        ["anonymous", "party", "named", "member", "accepted", "creator", "owner", "custodian", "primary", "secondary", "user"];

    [Fact]
    public void Without_an_agreement() => Assert.Equal(
        """
                  | closed specific group public open
        anonymous |      -        -     -      -  yes
        party     |      -        -     -      -  yes
        named     |      -        -     -      -  yes
        member    |      -        -     -      -  yes
        accepted  |      -        -     -    yes  yes
        creator   |    yes      yes   yes    yes  yes
        owner     |    yes      yes   yes    yes  yes
        custodian |    yes      yes   yes    yes  yes
        primary   |    yes      yes   yes    yes  yes
        secondary |      -        -     -      -  yes
        user      |      -        -     -      -  yes

        """,
        Table(new()));

    [Fact]
    public void With_an_agreement() => Assert.Equal(
        """
                  | closed specific group public open
        anonymous |      -        -     -      -  yes
        party     |      -        -     -      -  yes
        named     |      -      yes     -      -  yes
        member    |      -        -   yes      -  yes
        accepted  |      -        -     -    yes  yes
        creator   |    yes      yes   yes    yes  yes
        owner     |    yes      yes   yes    yes  yes
        custodian |    yes      yes   yes    yes  yes
        primary   |    yes      yes   yes    yes  yes
        secondary |      -        -     -      -  yes
        user      |      -        -     -      -  yes

        """,
        Table(new() { HasAgreement = true }));

    [Fact]
    public void While_frozen() => Assert.Equal(
        """
                  | closed specific group public open
        anonymous |      -        -     -      -    -
        party     |      -        -     -      -    -
        named     |      -        -     -      -    -
        member    |      -        -     -      -    -
        accepted  |      -        -     -      -    -
        creator   |      -        -     -      -    -
        owner     |      -        -     -      -    -
        custodian |      -        -     -      -    -
        primary   |      -        -     -      -    -
        secondary |      -        -     -      -    -
        user      |      -        -     -      -    -

        """,
        Table(new() { HasAgreement = true, State = ClassificationState.Frozen }));

    [Fact]
    public void While_the_party_is_suspended() => Assert.Equal(
        """
                  | closed specific group public open
        anonymous |      -        -     -      -  yes
        party     |      -        -     -      -    -
        named     |      -        -     -      -    -
        member    |      -        -     -      -    -
        accepted  |      -        -     -      -    -
        creator   |      -        -     -      -    -
        owner     |      -        -     -      -    -
        custodian |      -        -     -      -    -
        primary   |      -        -     -      -    -
        secondary |      -        -     -      -    -
        user      |      -        -     -      -    -

        """,
        Table(new() { HasAgreement = true, Status = PartyStatus.Suspended }));

    [Fact]
    public void When_what_was_granted_before_goes_on_though_the_review_is_overdue() =>
        Assert.Equal(Table(new() { HasAgreement = true }), Table(new() { HasAgreement = true, ReviewBy = new(2026, 5, 20) }));

    [Fact]
    public void When_nothing_new_is_granted_because_the_review_is_overdue() => Assert.Equal(
        """
                  | closed specific group public open
        anonymous |      -        -     -      -  yes
        party     |      -        -     -      -  yes
        named     |      -        -     -      -  yes
        member    |      -        -     -      -  yes
        accepted  |      -        -     -      -  yes
        creator   |    yes      yes   yes    yes  yes
        owner     |    yes      yes   yes    yes  yes
        custodian |    yes      yes   yes    yes  yes
        primary   |    yes      yes   yes    yes  yes
        secondary |      -        -     -      -  yes
        user      |      -        -     -      -  yes

        """,
        Table(new() { HasAgreement = true, ReviewBy = new(2026, 5, 20), GrantedAt = At("2026-05-21T00:00:00Z") }));

    [Fact]
    public void When_the_review_was_missed_for_too_long() => Assert.Equal(
        """
                  | closed specific group public open
        anonymous |      -        -     -      -    -
        party     |      -        -     -      -    -
        named     |      -      yes     -      -  yes
        member    |      -        -     -      -    -
        accepted  |      -        -     -      -    -
        creator   |    yes      yes   yes    yes  yes
        owner     |    yes      yes   yes    yes  yes
        custodian |    yes      yes   yes    yes  yes
        primary   |    yes      yes   yes    yes  yes
        secondary |      -        -     -      -    -
        user      |      -        -     -      -    -

        """,
        Table(new() { HasAgreement = true, ReviewBy = new(2026, 2, 1) }));

    [Fact]
    public void When_a_rule_caps_all_levels_at_group() => Assert.Equal(
        """
                  | closed specific group public open
        anonymous |      -        -     -      -    -
        party     |      -        -     -      -    -
        named     |      -      yes     -      -    -
        member    |      -        -   yes      -  yes
        accepted  |      -        -     -      -    -
        creator   |    yes      yes   yes    yes  yes
        owner     |    yes      yes   yes    yes  yes
        custodian |    yes      yes   yes    yes  yes
        primary   |    yes      yes   yes    yes  yes
        secondary |      -        -     -      -    -
        user      |      -        -     -      -    -

        """,
        Table(new() { HasAgreement = true, Cap = SpectrumClass.SharedGroup }));

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public void Deny_where_the_level_is_not_known(int level)
    {
        var world = Content.With(WithEverything((SpectrumClass)level));

        Assert.Equal(ReasonCode.L1Closed, world.Decide(Request).Reasons[0].Code);
    }

    [Fact]
    public void Are_closed_where_nobody_decided() =>
        Assert.Equal(ReasonCode.L1Closed, (Content with { Classifications = [] }).Decide(Request).Reasons[0].Code);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Take_effect_only_in_force(int state)
    {
        var world = Content.With(Specific with { State = (ClassificationState)state });

        Assert.Equal(ReasonCode.L1Closed, world.Decide(Request).Reasons[0].Code);
    }

    private sealed record Condition
    {
        public bool HasAgreement { get; init; }
        public ClassificationState State { get; init; } = ClassificationState.Effective;
        public PartyStatus Status { get; init; } = PartyStatus.Active;
        public DateOnly ReviewBy { get; init; } = new(2027, 1, 31);
        public Instant GrantedAt { get; init; } = At("2026-01-10T00:00:00Z");
        public SpectrumClass? Cap { get; init; }
    }

    private static string Table(Condition condition)
    {
        var table = new StringBuilder("          | closed specific group public open\n");
        foreach (var standing in Standings)
        {
            table.Append(standing.PadRight(10)).Append('|');
            foreach (var level in Enum.GetValues<SpectrumClass>())
                table.Append(' ').Append((Sees(standing, level, condition) ? "yes" : "-").PadLeft(level.ToWord().Length));
            table.Append('\n');
        }

        return table.ToString();
    }

    private static bool Sees(string standing, SpectrumClass level, Condition condition)
    {
        var asker = new Party
        {
            Id = University,
            Kind = PartyKind.Organization,
            Status = condition.Status,
            Claims = standing == "member" ? [new("member-of", "mobility-lab", ClaimStatus.Verified)] : [],
            Accepted = standing == "accepted" ? [new("city-terms", 2, condition.GrantedAt)] : [],
        };
        var world = Content.With(asker)
            .With(WithEverything(level) with
            {
                Named = [standing == "named" ? University : Stranger],
                ReviewBy = condition.ReviewBy,
                State = condition.State,
            })
            with
        {
            Roles = RoleOf(standing) is { } role ? [Role(9, role, University)] : [],
            Agreements = condition.HasAgreement ? [Sign(Agreed with { ActiveSince = condition.GrantedAt })] : [],
            Rules = condition.Cap is { } cap ? [new() { Name = "cap", Layer = PolicyLayer.City, LevelMax = cap }] : [],
        };
        return world.Decide(Request with { Party = standing == "anonymous" ? null : University }).IsPermitted;
    }

    private static DataRole? RoleOf(string standing) => standing switch
    {
        "creator" => DataRole.Creator,
        "owner" => DataRole.Owner,
        "custodian" => DataRole.Custodian,
        "primary" => DataRole.PrimaryPublisher,
        "secondary" => DataRole.SecondaryPublisher,
        "user" => DataRole.User,
        _ => null,
    };
}
