namespace Stoa.Identity.Parties;

/// <summary>What a person may do in an organization. The bits are stored; they never change.</summary>
[Flags]
public enum MembershipRoles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Belongs to it.</summary>
    Member = 1,

    /// <summary>Answers for its data.</summary>
    DataOfficer = 2,

    /// <summary>Governs who belongs to it, and what acts for it.</summary>
    Administrator = 4,
}

/// <summary>The words of roles on the wire.</summary>
public static class MembershipWords
{
    private static readonly (MembershipRoles Role, string Word)[] Roles =
    [
        (MembershipRoles.Member, "member"), (MembershipRoles.DataOfficer, "data-officer"),
        (MembershipRoles.Administrator, "administrator"),
    ];

    /// <summary>The words of roles, for advice.</summary>
    public static string AllRoles => string.Join(", ", Roles.Select(role => role.Word));

    /// <summary>The words of the wire.</summary>
    public static IReadOnlyList<string> ToWords(this MembershipRoles roles) =>
        [.. Roles.Where(role => roles.HasFlag(role.Role)).Select(role => role.Word)];

    /// <summary>Reads words of the wire, at least one and none twice.</summary>
    public static bool TryRoles(IReadOnlyList<string>? words, out MembershipRoles roles)
    {
        roles = MembershipRoles.None;
        foreach (var word in words ?? [])
        {
            var role = Array.Find(Roles, known => known.Word == word).Role;
            if (role == MembershipRoles.None || roles.HasFlag(role)) return false;
            roles |= role;
        }

        return roles != MembershipRoles.None;
    }
}
