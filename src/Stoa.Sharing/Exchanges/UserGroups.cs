using Stoa.Sharing.Agreements;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>To which of the six groups of users (ISO 37156, 9.2 f) an access belongs.</summary>
/// <remarks>Looked up when it is asked, by what is entered then: who changes the group takes what was used along.</remarks>
internal static class UserGroups
{
    /// <summary>The words of the six, in the order of the standard.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<UserGroup>().Select(group => group.ToWord())];

    /// <summary>The group of the organization for which was read, else of who did it or of whom that acts for; null where nobody has said.</summary>
    public static string? Of(PolicySnapshot snapshot, PartyId? party, PartyId? organization)
    {
        var next = organization ?? party;
        for (var depth = 0; depth < PolicySnapshot.ChainMax && next is { } id && snapshot.TryFind(id, out var standing); depth++)
        {
            if (standing.Party.Category is { } group && Enum.IsDefined(group)) return group.ToWord();
            next = standing.Party.ActsFor;
        }

        return null;
    }
}
