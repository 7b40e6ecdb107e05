using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Identity.Parties;

/// <summary>Who takes part: an organization, a unit of one, a person, or a service or device that acts for one.</summary>
/// <param name="Id">Its id; all kinds share one sequence.</param>
/// <param name="PartyKind">What it is.</param>
/// <param name="PartyStatus">Where it stands.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Group">Its user group (ISO 37156, 9.2 f).</param>
/// <param name="Jurisdiction">Whose law it is under: ISO 3166-1 or 3166-2.</param>
/// <param name="Parent">What it belongs to; null for organizations and people.</param>
/// <param name="MayAct">Whether it is active and all above it are: else its tokens and sessions are refused.</param>
/// <param name="Created">When it was entered here.</param>
/// <param name="Modified">When it last changed.</param>
public sealed record Party(
    [property: JsonIgnore] PartyId Id,
    [property: JsonIgnore] PartyKind PartyKind,
    [property: JsonIgnore] PartyStatus PartyStatus,
    string Name,
    [property: JsonIgnore] UserGroup? Group,
    string? Jurisdiction,
    [property: JsonIgnore] PartyId? Parent,
    bool MayAct,
    [property: JsonConverter(typeof(InstantJson))] Instant Created,
    [property: JsonConverter(typeof(InstantJson))] Instant Modified)
{
    /// <summary>The id on the wire.</summary>
    [JsonPropertyName("id")]
    [JsonPropertyOrder(-3)]
    public long Number => Id.Value;

    /// <summary>The kind on the wire.</summary>
    [JsonPropertyOrder(-2)]
    public string Kind => PartyKind.ToWord();

    /// <summary>The status on the wire.</summary>
    [JsonPropertyOrder(-1)]
    public string Status => PartyStatus.ToWord();

    /// <summary>The user group on the wire.</summary>
    public string? Category => Group?.ToWord();

    /// <summary>The id of what it belongs to, on the wire.</summary>
    [JsonPropertyName("parent")]
    public long? ParentNumber => Parent?.Value;
}

/// <summary>What a caller says of a party.</summary>
public sealed record PartyDraft
{
    /// <summary>Longest name, in characters.</summary>
    public const int NameLengthMax = 200;

    /// <summary>Longest jurisdiction, in characters: ISO 3166-2 takes two letters, a hyphen and three characters.</summary>
    public const int JurisdictionLengthMax = 6;

    /// <summary>Most levels of units between an organization and what belongs to it.</summary>
    public const int DepthMax = 8;

    /// <summary>What it is.</summary>
    [Description("unit, person, service or device. Organizations are entered at /api/v1/organizations.")]
    public string? Kind { get; init; }

    /// <summary>Name for people.</summary>
    [Description("Name for people.")]
    public string? Name { get; init; }

    /// <summary>User group.</summary>
    [Description("User group (ISO 37156, 9.2 f): city-organization, third-sector, business, citizen, academia or other-city.")]
    public string? Category { get; init; }

    /// <summary>Whose law it is under.</summary>
    [Description("Whose law it is under, as ISO 3166-1 (DE) or 3166-2 (DE-NW) has it.")]
    public string? Jurisdiction { get; init; }

    /// <summary>What it belongs to.</summary>
    [Description("Id of the organization or unit that a unit, service or device belongs to. It never changes.")]
    public long? Parent { get; init; }

    /// <summary>Where it stands at first.</summary>
    [Description("active, verified or proposed; active if left out. It is changed at /api/v1/parties/{id}/status.")]
    public string? Status { get; init; }

    internal bool HasParent => Kind is "unit" or "service" or "device";

    /// <summary>Null when all of it is acceptable by itself.</summary>
    public Problem? Check()
    {
        if (!PartyWords.TryKind(Kind, out _))
            return StrictJson.InvalidProperty("kind", $"'kind' takes one of {PartyWords.AllKinds}.");
        if (TextRules.CheckLine("name", Name, NameLengthMax) is { } problem) return problem;
        if (Category is not null && !PartyWords.TryGroup(Category, out _))
            return StrictJson.InvalidProperty("category", $"'category' takes one of {PartyWords.AllGroups}.");
        if (Jurisdiction is not null && !IsJurisdiction(Jurisdiction))
            return StrictJson.InvalidProperty("jurisdiction",
                "'jurisdiction' takes a code of ISO 3166: two capital letters, or these, a hyphen and up to three letters or digits.");
        if (Status is not null && (!PartyWords.TryStatus(Status, out var status) || status > PartyStatus.Active))
            return StrictJson.InvalidProperty("status", "'status' takes proposed, verified or active for a new party.");
        if (HasParent && Parent is null)
            return StrictJson.InvalidProperty("parent", $"A {Kind} belongs to an organization or unit: name its id as 'parent'.");
        return !HasParent && Parent is not null
            ? StrictJson.InvalidProperty("parent", $"A {Kind} has no parent. Membership says to which organizations a person belongs.")
            : null;
    }

    private static bool IsJurisdiction(string text) =>
        text.Length is 2 or (>= 4 and <= JurisdictionLengthMax) && char.IsAsciiLetterUpper(text[0]) && char.IsAsciiLetterUpper(text[1]) &&
        (text.Length == 2 || (text[2] == '-' && text[3..].All(letter => char.IsAsciiLetterUpper(letter) || char.IsAsciiDigit(letter))));
}

/// <summary>The next status of a party.</summary>
public sealed record PartyStatusDraft
{
    /// <summary>Where it shall stand.</summary>
    [Description("proposed → verified → active ↔ suspended; left, for good, from each of them.")]
    public string? Status { get; init; }
}

/// <summary>One page of parties, by id.</summary>
/// <param name="Value">The entries.</param>
/// <param name="Count">Entries in all.</param>
/// <param name="NextLink">The page that follows, if any.</param>
public sealed record PartyPage(IReadOnlyList<Party> Value, long Count, string? NextLink);

/// <summary>That a person belongs to an organization, for a time.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Person">Who.</param>
/// <param name="PersonName">The person's name.</param>
/// <param name="Organization">Where.</param>
/// <param name="OrganizationName">The organization's name.</param>
/// <param name="HeldRoles">As what.</param>
/// <param name="From">Since when.</param>
/// <param name="To">Until when, not included; null for no end.</param>
public sealed record Membership(
    [property: JsonIgnore] MembershipId Id,
    [property: JsonIgnore] PartyId Person,
    string PersonName,
    [property: JsonIgnore] PartyId Organization,
    string OrganizationName,
    [property: JsonIgnore] MembershipRoles HeldRoles,
    [property: JsonConverter(typeof(InstantJson))] Instant From,
    [property: JsonConverter(typeof(InstantJson))] Instant? To)
{
    /// <summary>The id on the wire.</summary>
    [JsonPropertyName("id")]
    [JsonPropertyOrder(-3)]
    public long Number => Id.Value;

    /// <summary>The person on the wire.</summary>
    [JsonPropertyName("person")]
    [JsonPropertyOrder(-2)]
    public long PersonNumber => Person.Value;

    /// <summary>The organization on the wire.</summary>
    [JsonPropertyName("organization")]
    [JsonPropertyOrder(-1)]
    public long OrganizationNumber => Organization.Value;

    /// <summary>The roles on the wire.</summary>
    public IReadOnlyList<string> Roles => HeldRoles.ToWords();
}

/// <summary>What a caller says of a membership.</summary>
public sealed record MembershipDraft
{
    /// <summary>Most memberships of a person, ended ones included.</summary>
    public const int OfPersonMax = 200;

    /// <summary>The organization's id.</summary>
    [Description("Id of the organization.")]
    public long? Organization { get; init; }

    /// <summary>As what.</summary>
    [Description("member, data-officer, administrator: one or several.")]
    public IReadOnlyList<string>? Roles { get; init; }

    /// <summary>Since when.</summary>
    [Description("Since when; now if left out.")]
    [JsonConverter(typeof(InstantJson))]
    public Instant? From { get; init; }

    /// <summary>Until when.</summary>
    [Description("Until when, not included; no end if left out.")]
    [JsonConverter(typeof(InstantJson))]
    public Instant? To { get; init; }

    /// <summary>Null when all of it is acceptable by itself.</summary>
    public Problem? Check(Instant now)
    {
        if (Organization is null) return TextRules.Missing("organization");
        if (!MembershipWords.TryRoles(Roles, out _))
            return StrictJson.InvalidProperty("roles", $"'roles' takes a list of {MembershipWords.AllRoles}, each once.");
        return To is { } to && to.CompareTo(From ?? now) <= 0
            ? StrictJson.InvalidProperty("to", "'to' must lie after 'from'.")
            : null;
    }
}

/// <summary>Every membership of a person, newest first.</summary>
/// <param name="Value">The entries.</param>
public sealed record MembershipList(IReadOnlyList<Membership> Value);
