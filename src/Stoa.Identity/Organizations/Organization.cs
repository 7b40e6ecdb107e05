using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Identity.Organizations;

/// <summary>An organization that takes part in the exchange (ISO 37156, 9.2).</summary>
/// <param name="Id">Its id inside.</param>
/// <param name="Slug">Its name in addresses; never changes.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Homepage">Its address on the web.</param>
/// <param name="Created">When it was entered here.</param>
public sealed record Organization(
    [property: JsonIgnore] OrganizationId Id,
    string Slug,
    string Name,
    string? Homepage,
    [property: JsonConverter(typeof(InstantJson))] Instant Created);

/// <summary>What a caller says of an organization.</summary>
public sealed record OrganizationDraft
{
    /// <summary>Longest name, in characters.</summary>
    public const int NameLengthMax = 200;

    /// <summary>Name in addresses.</summary>
    [Description("Name in addresses: small letters, digits and hyphens. It never changes.")]
    public string? Slug { get; init; }

    /// <summary>Name for people.</summary>
    [Description("Name for people.")]
    public string? Name { get; init; }

    /// <summary>Address on the web.</summary>
    [Description("Address on the web.")]
    public string? Homepage { get; init; }

    /// <summary>Null when all of it is acceptable.</summary>
    public Problem? Check() =>
        TextRules.CheckSlug("slug", Slug) ??
        TextRules.CheckLine("name", Name, NameLengthMax) ??
        TextRules.CheckUrl("homepage", Homepage);
}

/// <summary>One page of organizations, by slug.</summary>
/// <param name="Value">The entries.</param>
/// <param name="Count">Entries in all.</param>
/// <param name="NextLink">The page that follows, if any.</param>
public sealed record OrganizationPage(IReadOnlyList<Organization> Value, long Count, string? NextLink);
