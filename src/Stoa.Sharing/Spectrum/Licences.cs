using System.Collections.Frozen;
using Stoa.Identity.Http;

namespace Stoa.Sharing.Spectrum;

/// <summary>A licence that the exchange knows by name.</summary>
/// <param name="Id">SPDX identifier.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Url">Its text on the web.</param>
public sealed record Licence(string Id, string Name, string Url);

/// <summary>The licences that make data open, and the form that any other must have.</summary>
/// <remarks>
/// ISO 37156, 5.5.4: open means that anyone may use, modify and share for any purpose. So the level open takes only
/// licences that conform to the Open Definition 2.1 and are meant for data or content.
/// </remarks>
public static class Licences
{
    /// <summary>Longest SPDX identifier that is taken.</summary>
    public const int IdLengthMax = 64;

    /// <summary>The licences that the level open takes.</summary>
    public static IReadOnlyList<Licence> Open { get; } =
    [
        new("CC0-1.0", "Creative Commons Zero 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        new("CC-BY-3.0", "Creative Commons Attribution 3.0", "https://creativecommons.org/licenses/by/3.0/"),
        new("CC-BY-4.0", "Creative Commons Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        new("CC-BY-SA-3.0", "Creative Commons Attribution ShareAlike 3.0", "https://creativecommons.org/licenses/by-sa/3.0/"),
        new("CC-BY-SA-4.0", "Creative Commons Attribution ShareAlike 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
        new("DL-DE-BY-2.0", "Data licence Germany, attribution, 2.0", "https://www.govdata.de/dl-de/by-2-0"),
        new("DL-DE-ZERO-2.0", "Data licence Germany, zero, 2.0", "https://www.govdata.de/dl-de/zero-2-0"),
        new("NLOD-2.0", "Norwegian Licence for Open Government Data 2.0", "https://data.norge.no/nlod/en/2.0"),
        new("ODbL-1.0", "Open Database License 1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
        new("ODC-By-1.0", "Open Data Commons Attribution License 1.0", "https://opendatacommons.org/licenses/by/1-0/"),
        new("OGL-Canada-2.0", "Open Government Licence Canada 2.0", "https://open.canada.ca/en/open-government-licence-canada"),
        new("OGL-UK-3.0", "Open Government Licence 3.0",
            "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"),
        new("PDDL-1.0", "Public Domain Dedication and License 1.0", "https://opendatacommons.org/licenses/pddl/1-0/"),
    ];

    // SPDX identifiers compare without regard to letter case (SPDX 2.3, annex D).
    private static readonly FrozenDictionary<string, Licence> ByIdOrUrl = Open
        .SelectMany(licence => new[] { KeyValuePair.Create(licence.Id, licence), KeyValuePair.Create(licence.Url, licence) })
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The known open licence of that identifier or address; null for any other.</summary>
    public static Licence? FindOpen(string? licence) =>
        licence is not null && ByIdOrUrl.TryGetValue(licence, out var found) ? found : null;

    /// <summary>The identifiers of all open licences, for messages.</summary>
    public static string OpenIds { get; } = string.Join(", ", Open.Select(licence => licence.Id));

    /// <summary>Whether the text has the form of an SPDX identifier or is a web address.</summary>
    public static bool IsWellFormed(string licence) => IsSpdxId(licence) || TextRules.IsUrl(licence);

    private static bool IsSpdxId(string licence) =>
        licence.Length is > 0 and <= IdLengthMax &&
        licence.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '+');
}
