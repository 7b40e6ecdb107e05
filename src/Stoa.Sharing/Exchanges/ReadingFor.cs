using Stoa.Sharing.Policy;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>For whom data are read: what a record says beside who did it.</summary>
/// <param name="Organization">The organization; null for none, and where one of several cannot be told.</param>
/// <param name="IsByOffice">Because the data office may read everything.</param>
internal readonly record struct ReadingFor(PartyId? Organization, bool IsByOffice)
{
    /// <summary>For whom these are read.</summary>
    /// <param name="question">Who asks, by which state of governance.</param>
    /// <param name="agreement">Under which agreement, where that is known: then for its consumer.</param>
    /// <param name="datasets">What could be reached.</param>
    /// <remarks>Cost: a decision for each dataset where the party belongs to several organizations or publishes for the city; else a look-up.</remarks>
    public static ReadingFor Of(Question question, long? agreement, ReadOnlySpan<DatasetId> datasets)
    {
        var (requester, snapshot, request) = question;
        if (requester.IsAdministrator || requester.Party is not { } id || !snapshot.TryFind(id, out var party))
            return new(null, requester.IsAdministrator);
        var capacities = party.CapacitiesAt(request.At).All;
        // What was given to a person by hand is not its organization's.
        if (requester.NamesDatasets)
            return new(party.Party.Kind == PartyKind.Person ? null : OrganizationOf(capacities[0], agreement, snapshot), false);
        if (capacities.Length == 1 && !Publishes(capacities[0], datasets))
            return new(OrganizationOf(capacities[0], agreement, snapshot), false);

        var (organization, isFirst, isMixed, isByOffice) = ((PartyId?)null, true, false, false);
        foreach (var dataset in datasets)
        {
            var decision = AccessDecision.Decide(request with { Dataset = dataset, Action = DataAction.See }, snapshot, out var by);
            isByOffice |= decision.Grant is { IsReadByOffice: true };
            if (decision.Grant is null || by is null) continue;
            var one = OrganizationOf(by, agreement, snapshot);
            isMixed |= !isFirst && one != organization;
            (organization, isFirst) = (one, false);
        }

        return new(isMixed ? null : organization, isByOffice);
    }

    private static bool Publishes(Capacity capacity, ReadOnlySpan<DatasetId> datasets)
    {
        foreach (var party in capacity.Chain)
            foreach (var dataset in party.IsPublisherOfSome ? datasets : [])
                if (party.RolesFor(dataset).Exists(role => role.Role == DataRole.PrimaryPublisher)) return true;
        return false;
    }

    // The consumer of the agreement, or the nearest organization for which it acts: what a person has agreed on is not its organization's.
    private static PartyId? OrganizationOf(Capacity capacity, long? agreement, PolicySnapshot snapshot)
    {
        var (from, until) = (0, capacity.Chain.Length);
        if (agreement is { } id && snapshot.Agreements.TryGetValue(id, out var agreed) &&
            Array.FindIndex(capacity.Chain, one => one.Party.Id == agreed.Terms.Consumer) is var found and >= 0)
            (from, until) = (found, found < capacity.OwnCount ? capacity.OwnCount : until);
        for (var place = from; place < until; place++)
            if (capacity.Chain[place].Party is { Kind: PartyKind.Organization, Id: var organization }) return organization;
        return null;
    }
}
