using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>Whether somebody may read a dataset, and why: one case of many.</summary>
/// <param name="Party">Who; null for nobody in particular.</param>
/// <param name="Group">Stands for any party of this user group; null for a party of its own.</param>
/// <param name="Roles">The roles that it holds towards the dataset.</param>
/// <param name="IsNamed">The level names it.</param>
/// <param name="Agreement">The agreement under which it was asked, if one names party and dataset.</param>
/// <param name="Decision">What was decided, every gate evaluated.</param>
internal sealed record AccessCase(
    PartyId? Party, UserGroup? Group, ImmutableArray<DataRole> Roles, bool IsNamed, AgreementId? Agreement, Decision Decision)
{
    public bool MayRead => Decision.IsPermitted;

    /// <summary>What it may do in place of another.</summary>
    public ImmutableArray<Delegation> Delegations { get; init; } = [];
}

/// <summary>Who can get a dataset, under what, and why not others: the decision itself, asked for typical parties and for all concerned.</summary>
internal static class WhoMayRead
{
    /// <summary>Most parties that are asked for: a page of them.</summary>
    public const int PartiesMax = 100;

    // Datasets that are looked at again and again; a part holds all parties.
    private const int PartsMax = 64;

    private static readonly UserGroup[] Groups = Enum.GetValues<UserGroup>();

    // Gone with the snapshot of which they were made.
    private static readonly ConditionalWeakTable<PolicySnapshot, ConcurrentDictionary<DatasetId, PolicySnapshot>> Parts = [];

    /// <summary>Nobody in particular first, then one of each user group, then whoever holds a role, is named, has an agreement, or acts in place of another.</summary>
    /// <remarks>Of the snapshot only what speaks of this dataset is taken, so that the cost does not grow with the others.</remarks>
    public static IReadOnlyList<AccessCase> Of(PolicySnapshot snapshot, DatasetId dataset, Instant at)
    {
        var content = snapshot.Content;
        var agreements = content.Agreements.Where(one => one.Terms.Datasets.Contains(dataset)).ToImmutableArray();
        var classification = content.Classifications.FirstOrDefault(one => one.Dataset == dataset);
        var roles = content.Roles.Where(one => one.Dataset == dataset && one.State == RoleAssignmentState.Active).ToImmutableArray();
        var delegations = content.Delegations.Where(one => one.Dataset == dataset && one.State == DelegationState.Active &&
            one.Until.CompareTo(at) > 0).ToImmutableArray();
        var part = PartOf(snapshot, dataset, classification, roles, agreements);
        var named = classification?.Named ?? [];
        var concerned = roles.Select(one => one.Party).Concat(named).Concat(agreements.Select(one => one.Terms.Consumer))
            .Concat(delegations.Select(one => one.To)).Distinct().Take(PartiesMax);
        return
        [
            Ask(part, dataset, at, null, null),
            .. Groups.Select(group => Ask(part, dataset, at, IdOf(group), null) with { Party = null, Group = group }),
            .. concerned.Select(party => Ask(part, dataset, at, party,
                    agreements.LastOrDefault(one => one.Terms.Consumer == party)) with
                {
                    Roles = [.. roles.Where(one => one.Party == party).Select(one => one.Role).Distinct()],
                    IsNamed = named.Contains(party),
                    Delegations = [.. delegations.Where(one => one.To == party)],
                }),
        ];
    }

    private static PolicySnapshot PartOf(
        PolicySnapshot snapshot, DatasetId dataset, Classification? classification, ImmutableArray<RoleAssignment> roles,
        ImmutableArray<Agreement> agreements)
    {
        var parts = Parts.GetOrCreateValue(snapshot);
        if (parts.TryGetValue(dataset, out var known)) return known;
        var content = snapshot.Content;
        var part = PolicySnapshot.Of(content with
        {
            Datasets = [.. content.Datasets.Where(one => one.Id == dataset)],
            Classifications = classification is null ? [] : [classification],
            Roles = roles,
            Delegations = [.. content.Delegations.Where(one => one.Dataset == dataset)],
            Agreements = agreements,
            Obligations = [.. content.Obligations.Where(one => agreements.Any(agreement => agreement.Terms.Id == one.Agreement))],
            Parties = [.. content.Parties, .. Groups.Select(group => Typical(group, content))],
        });
        if (parts.Count >= PartsMax) parts.Clear();
        parts[dataset] = part;
        return part;
    }

    private static AccessCase Ask(PolicySnapshot snapshot, DatasetId dataset, Instant at, PartyId? party, Agreement? agreement) =>
        new(party, null, [], false, agreement?.Terms.Id, AccessDecision.Decide(new()
        {
            Party = party,
            Dataset = dataset,
            At = at,
            Strength = party is null ? Strength.None : Strength.Password,
            Purpose = agreement is { Terms.Purposes: [var first, ..] } ? first : null,
            // Asked for access, not for a number of rows: a limit lets through what it allows.
            Usage = Usage.None,
            Explain = true,
        }, snapshot));

    // No party has such an id.
    private static PartyId IdOf(UserGroup group) => new(-1 - (long)group);

    private static Party Typical(UserGroup group, PolicyContent content) => new()
    {
        Id = IdOf(group),
        Kind = group == UserGroup.Citizen ? PartyKind.Person : PartyKind.Organization,
        Status = PartyStatus.Active,
        Category = group,
        Jurisdiction = content.HomeJurisdictions.Length > 0 ? content.HomeJurisdictions[0] : null,
    };
}
