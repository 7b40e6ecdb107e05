using System.Runtime.InteropServices;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>As whom a party acts: itself with those it always acts for, and for a person one of its organizations.</summary>
/// <param name="Chain">Nearest first.</param>
/// <param name="OwnCount">How many of the chain it always acts for; the rest is the organization.</param>
/// <param name="IsOfficer">May do more for the organization than see.</param>
internal sealed record Capacity(PartyStanding[] Chain, int OwnCount, bool IsOfficer)
{
    /// <summary>Whether it may do an action by what the party at that place of the chain holds.</summary>
    public bool MayUse(int place, DataAction action) => place < OwnCount || IsOfficer || action == DataAction.See;
}

/// <summary>Every capacity of a party, while no membership begins or ends.</summary>
/// <param name="All">At least one. What the party may is what it may in one of them: they are not mixed.</param>
/// <param name="From">Since when these.</param>
/// <param name="Until">Until when, not included.</param>
internal sealed record Capacities(Capacity[] All, Instant From, Instant Until)
{
    public bool HoldAt(Instant at) => From.CompareTo(at) <= 0 && at.CompareTo(Until) < 0;
}

/// <summary>A party with what it holds.</summary>
internal sealed class PartyStanding(Party party)
{
    private static readonly List<RoleAssignment> NoRoles = [];
    private static readonly Dictionary<long, List<RoleAssignment>> NoDatasets = [];

    private Dictionary<long, List<RoleAssignment>>? _roles;
    private PartyStanding[] _chain = [];
    private (MemberOf Member, PartyStanding Organization)[] _memberships = [];
    private volatile Capacities? _capacities;

    public Party Party { get; } = party;

    /// <summary>Whether someone for whom it acts is not known, or the line never ends: then it may do nothing.</summary>
    public bool IsChainBroken { get; private set; }

    public List<AgreementStanding> Agreements { get; } = [];

    public List<(Delegation Delegation, PartyStanding From)> Delegations { get; } = [];

    /// <summary>Whether it was ever made primary publisher of anything.</summary>
    public bool IsPublisherOfSome { get; private set; }

    public IEnumerable<long> DatasetsByRole => (_roles ?? NoDatasets).Keys;

    public List<RoleAssignment> RolesFor(DatasetId dataset) => (_roles ?? NoDatasets).GetValueOrDefault(dataset.Value, NoRoles);

    /// <summary>In which capacities it acts then.</summary>
    public Capacities CapacitiesAt(Instant at)
    {
        if (_capacities is { } known && known.HoldAt(at)) return known;
        return _capacities = MakeCapacities(at);
    }

    internal void Add(RoleAssignment role)
    {
        ref var roles = ref CollectionsMarshal.GetValueRefOrAddDefault(_roles ??= [], role.Dataset.Value, out _);
        (roles ??= []).Add(role);
        IsPublisherOfSome |= role.Role == DataRole.PrimaryPublisher;
    }

    internal void Add(Delegation delegation, PartyStanding from) => Delegations.Add((delegation, from));

    internal void Link(Dictionary<long, PartyStanding> parties)
    {
        var chain = new List<PartyStanding> { this };
        for (var next = Party.ActsFor; next is { } id; next = chain[^1].Party.ActsFor)
        {
            IsChainBroken = chain.Count == PolicySnapshot.ChainMax || !parties.ContainsKey(id.Value);
            if (IsChainBroken) break;
            chain.Add(parties[id.Value]);
        }

        _chain = [.. chain];
        // What is not known any more is left out, as what may not act is.
        if (Party.MemberOf.Length > 0)
            _memberships = [.. Party.MemberOf
                .Where(member => parties.ContainsKey(member.Organization.Value))
                .Select(member => (member, parties[member.Organization.Value]))];
    }

    private Capacities MakeCapacities(Instant at)
    {
        var (from, until) = (Instant.Min, Instant.Max);
        var all = new List<Capacity>();
        foreach (var (member, organization) in _memberships)
        {
            foreach (var edge in (ReadOnlySpan<Instant>)[member.From, member.To ?? Instant.Max])
                if (edge.CompareTo(at) <= 0) from = edge.CompareTo(from) > 0 ? edge : from;
                else if (edge.CompareTo(until) < 0) until = edge;
            if (!member.IsInForceAt(at) || !organization.MayAct || all.Exists(one => one.Chain.Contains(organization))) continue;
            all.Add(new([.. _chain, .. organization._chain.Except(_chain)], _chain.Length, member.IsOfficer));
        }

        if (all.Count == 0) all.Add(new(_chain, _chain.Length, false));
        return new([.. all], from, until);
    }

    private bool MayAct => !IsChainBroken && Array.TrueForAll(_chain, one => one.Party.Status == PartyStatus.Active);
}
