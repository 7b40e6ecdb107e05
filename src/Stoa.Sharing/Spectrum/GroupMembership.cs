using System.Collections.Immutable;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>Whether parties belong to a group by its criteria, in the transaction that decides a level.</summary>
/// <remarks>As the decision does it: by verified claims and categories of the party and of those for whom it acts. What a person would be by
/// its memberships does not count here: named, it would be let through without them.</remarks>
internal static class GroupMembership
{
    // Units are nested at most eight deep in an organization.
    private const int LineMax = 12;

    private const string SelectParty =
        """
        SELECT category, parent_id
        FROM   party
        WHERE  id = @id
        """;

    /// <summary>Whether all of them meet every criterion. No criterion describes nobody.</summary>
    public static bool AreMembers(
        Session session, ImmutableArray<PartyId> parties, ImmutableArray<GroupCriterion> criteria, Instant now)
    {
        if (criteria.IsEmpty) return false;
        foreach (var party in parties)
        {
            var line = LineOf(session, party);
            if (!criteria.All(criterion => line.Exists(one => Meets(session, one, criterion, now)))) return false;
        }

        return true;
    }

    /// <summary>A party and those above it, up to its organization.</summary>
    public static List<(PartyId Id, UserGroup? Category)> LineOf(Session session, PartyId party)
    {
        var line = new List<(PartyId, UserGroup?)>();
        for (PartyId? next = party; next is { } id && line.Count < LineMax;)
        {
            using var select = session.Prepare(SelectParty).Bind("@id", id.Value);
            if (!select.Step()) break;
            line.Add((id, (UserGroup?)select.Int64OrNull(0)));
            next = select.Int64OrNull(1) is { } parent ? new PartyId(parent) : null;
        }

        return line;
    }

    private static bool Meets(Session session, (PartyId Id, UserGroup? Category) one, GroupCriterion criterion, Instant now) =>
        criterion.ClaimType == GroupCriterion.CategoryType
            ? one.Category is { } group && criterion.Values.Contains(group.ToWord())
            : GovernedRecords.Every(session, RecordTypes.Claim, new(Party: one.Id, State: (int)ClaimStatus.Verified))
                .Select(record => record.Content.Claim)
                .Any(claim => claim.Type == criterion.ClaimType && criterion.Values.Contains(claim.Value) &&
                    (claim.ExpiresAt is not { } end || end.CompareTo(now) > 0));
}
