namespace Stoa.Vocabulary;

/// <summary>What a party is. The numbers are stored; they never change.</summary>
public enum PartyKind
{
    /// <summary>A legal person; has an address of its own under <c>/api/v1/organizations</c>.</summary>
    Organization = 0,

    /// <summary>A part of an organization, or of another unit.</summary>
    Unit = 1,

    /// <summary>A natural person.</summary>
    Person = 2,

    /// <summary>A program that acts for an organization.</summary>
    Service = 3,

    /// <summary>A device that acts for an organization.</summary>
    Device = 4,
}

/// <summary>Where a party stands. The numbers are stored; they never change.</summary>
/// <remarks>Only an <see cref="Active"/> party acts, and only while all above it are active too.</remarks>
public enum PartyStatus
{
    /// <summary>Named, and not looked at yet.</summary>
    Proposed = 0,

    /// <summary>Found to be who it says it is.</summary>
    Verified = 1,

    /// <summary>Takes part.</summary>
    Active = 2,

    /// <summary>Stopped for now: its tokens and sessions are refused.</summary>
    Suspended = 3,

    /// <summary>Gone for good; what it did stays recorded under its id.</summary>
    Left = 4,
}

/// <summary>The six groups of users of ISO 37156, 9.2 f. The numbers are stored; they never change.</summary>
public enum UserGroup
{
    /// <summary>An organization of the city itself.</summary>
    CityOrganization = 0,

    /// <summary>Charities, associations, the voluntary sector.</summary>
    ThirdSector = 1,

    /// <summary>A business.</summary>
    Business = 2,

    /// <summary>A citizen.</summary>
    Citizen = 3,

    /// <summary>Research and teaching.</summary>
    Academia = 4,

    /// <summary>Another city.</summary>
    OtherCity = 5,
}

/// <summary>The words of parties on the wire.</summary>
public static class PartyWords
{
    private static readonly string[] Kinds = ["organization", "unit", "person", "service", "device"];
    private static readonly string[] Statuses = ["proposed", "verified", "active", "suspended", "left"];

    private static readonly string[] Groups =
        ["city-organization", "third-sector", "business", "citizen", "academia", "other-city"];

    /// <summary>The words of kinds, for advice.</summary>
    public static string AllKinds => string.Join(", ", Kinds);

    /// <summary>The words of statuses, for advice.</summary>
    public static string AllStatuses => string.Join(", ", Statuses);

    /// <summary>The words of user groups, for advice.</summary>
    public static string AllGroups => string.Join(", ", Groups);

    /// <summary>The word of the wire.</summary>
    public static string ToWord(this PartyKind kind) => Kinds[(int)kind];

    /// <summary>The word of the wire.</summary>
    public static string ToWord(this PartyStatus status) => Statuses[(int)status];

    /// <summary>The word of the wire.</summary>
    public static string ToWord(this UserGroup group) => Groups[(int)group];

    /// <summary>Reads a word of the wire; letter case counts.</summary>
    public static bool TryKind(string? word, out PartyKind kind)
    {
        kind = (PartyKind)Array.IndexOf(Kinds, word);
        return kind >= 0;
    }

    /// <summary>Reads a word of the wire; letter case counts.</summary>
    public static bool TryStatus(string? word, out PartyStatus status)
    {
        status = (PartyStatus)Array.IndexOf(Statuses, word);
        return status >= 0;
    }

    /// <summary>Reads a word of the wire; letter case counts.</summary>
    public static bool TryGroup(string? word, out UserGroup group)
    {
        group = (UserGroup)Array.IndexOf(Groups, word);
        return group >= 0;
    }
}
