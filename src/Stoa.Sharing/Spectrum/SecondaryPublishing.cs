using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>Who gives the publisher's word about a level in the primary publisher's place (ISO 37156, 9.2 e).</summary>
internal static class SecondaryPublishing
{
    /// <summary>The capacity of a secondary publisher at a level: where the data are derived, as far as their inputs allow; and where
    /// publishing is delegated to it, as far as the delegation reaches.</summary>
    public static Actor CapacityOf(Session session, GovernedPlace place, PartyId party, SpectrumClass level, Instant now)
    {
        if (!IsSecondary(place, party, now)) return Actor.None;
        var known = place.Facts(session)?.Content;
        var isDerived = known is { IsDerived: true } && (known.LevelMax is not { } bound || level <= bound);
        // A delegation ends where the dataset comes from as much as where it goes.
        var current = place.InForce(session)?.Content.Level ?? place.Described;
        var furthest = level > current ? level : current;
        var facts = new RoleFacts(
            false, isDerived, false, DatasetDelegations.IsDelegated(session, place, party, DataAction.Publish, furthest, now),
            current > SpectrumClass.Closed);
        return RoleTable.MayAct(DataAction.Publish, DataRole.SecondaryPublisher, facts) ? Actor.SecondaryPublisher : Actor.None;
    }

    /// <summary>Whether it has a say in some level of the dataset as it stands.</summary>
    public static bool HasSay(Session session, GovernedPlace place, PartyId party, Instant now) =>
        CapacityOf(session, place, party, SpectrumClass.Closed, now) != Actor.None;

    public static bool IsSecondary(GovernedPlace place, PartyId party, Instant now) =>
        place.RolesOf(party, now).Contains(DataRole.SecondaryPublisher);
}
