using System.Collections.Immutable;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>What was decided about sharing, as it is recorded: the part of the policy's content that does not stand in tables of
/// its own.</summary>
internal sealed record GovernedLists
{
    public ImmutableArray<RoleAssignment> Roles { get => field.OrEmpty(); init; }

    public ImmutableArray<Delegation> Delegations { get => field.OrEmpty(); init; }

    public ImmutableArray<Classification> Classifications { get => field.OrEmpty(); init; }

    public ImmutableArray<Agreement> Agreements { get => field.OrEmpty(); init; }

    public ImmutableArray<Obligation> Obligations { get => field.OrEmpty(); init; }

    public ImmutableArray<CompatibilityTest> CompatibilityTests { get => field.OrEmpty(); init; }

    public ImmutableArray<GovernedDataset> Datasets { get => field.OrEmpty(); init; }

    public ImmutableArray<(PartyId Party, Claim Claim)> Claims { get => field.OrEmpty(); init; }

    public ImmutableArray<(PartyId Party, TermsAcceptance Accepted)> Accepted { get => field.OrEmpty(); init; }

    public ImmutableArray<(PartyId Party, int? RiskAppetite)> PartyFacts { get => field.OrEmpty(); init; }

    public ImmutableArray<PolicyRule> Rules { get => field.OrEmpty(); init; }

    public ImmutableArray<Block> Blocks { get => field.OrEmpty(); init; }

    public ImmutableArray<Emergency> Emergencies { get => field.OrEmpty(); init; }

    public ImmutableArray<Exemption> Exemptions { get => field.OrEmpty(); init; }

    public ImmutableArray<Purpose> Purposes { get => field.OrEmpty(); init; }

    /// <summary>Reads all of them.</summary>
    public static GovernedLists Read(Session session) => new();
}
