using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Catalogue.Datasets;

/// <summary>A dataset: the unit of description, of governance, of API scope and of proof.</summary>
/// <param name="Id">Its id inside.</param>
/// <param name="Slug">Its name in addresses; never changes.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Description">What it holds, in Markdown.</param>
/// <param name="Sector">The infrastructure it comes from.</param>
/// <param name="Spectrum">How open it is (ISO 37156, 5.5).</param>
/// <param name="Licence">SPDX identifier or web address of the licence.</param>
/// <param name="Owner">Slug of the data owner (ISO 37156, 9.2 b).</param>
/// <param name="OwnerName">The data owner's name for people.</param>
/// <param name="Keywords">Words to find it by.</param>
/// <param name="Created">When it was entered here.</param>
/// <param name="Modified">When its description last changed; grows with every change.</param>
public sealed record Dataset(
    [property: JsonIgnore] DatasetId Id,
    string Slug,
    string Title,
    string Description,
    [property: JsonIgnore] InfrastructureSector Sector,
    [property: JsonIgnore] SpectrumClass Spectrum,
    string? Licence,
    string? Owner,
    [property: JsonIgnore] string? OwnerName,
    IReadOnlyList<string> Keywords,
    [property: JsonConverter(typeof(InstantJson))] Instant Created,
    [property: JsonConverter(typeof(InstantJson))] Instant Modified)
{
    /// <summary>The sector's word on the wire.</summary>
    [JsonPropertyName("sector")]
    public string SectorWord => Enum.IsDefined(Sector) ? Sector.ToWord() : Unknown;

    /// <summary>The level's word on the wire.</summary>
    [JsonPropertyName("spectrum")]
    public string SpectrumWord => Enum.IsDefined(Spectrum) ? Spectrum.ToWord() : Unknown;

    // A number that a newer version has stored.
    private const string Unknown = "unknown";

    /// <summary>Strong entity tag of the description (RFC 9110, 8.8.3).</summary>
    [JsonIgnore]
    public string EntityTag => $"\"{Modified.UnixMicroseconds:x}\"";
}

/// <summary>What lies in a dataset.</summary>
/// <param name="Things">Number of Things.</param>
/// <param name="Datastreams">Number of Datastreams.</param>
/// <param name="Observations">Number of Observations.</param>
/// <param name="First">Earliest phenomenon time; null without observations.</param>
/// <param name="Last">Latest phenomenon time; null without observations.</param>
public sealed record DatasetStatistics(
    long Things,
    long Datastreams,
    long Observations,
    [property: JsonConverter(typeof(InstantJson))] Instant? First,
    [property: JsonConverter(typeof(InstantJson))] Instant? Last);

/// <summary>A dataset with what lies in it.</summary>
/// <param name="Dataset">The description.</param>
/// <param name="Statistics">What lies in it; null where not everything of it may be seen: numbers tell of all.</param>
public sealed record DatasetSummary(Dataset Dataset, DatasetStatistics? Statistics);

/// <summary>One page of datasets.</summary>
/// <param name="Value">The entries.</param>
/// <param name="Count">Datasets in all that answer the question and may be seen.</param>
/// <param name="NextLink">The page that follows, if any.</param>
public sealed record DatasetPage(IReadOnlyList<Dataset> Value, long Count, string? NextLink);

/// <summary>What a caller says of a dataset.</summary>
public sealed record DatasetDraft
{
    /// <summary>Longest title, in characters.</summary>
    public const int TitleLengthMax = 200;

    /// <summary>Longest description, in characters: some ten printed pages.</summary>
    public const int DescriptionLengthMax = 20_000;

    /// <summary>Most keywords.</summary>
    public const int KeywordsMax = 50;

    /// <summary>Longest keyword, in characters.</summary>
    public const int KeywordLengthMax = 80;

    /// <summary>Name in addresses.</summary>
    [Description("Name in addresses: small letters, digits and hyphens. It never changes.")]
    public string? Slug { get; init; }

    /// <summary>Name for people.</summary>
    [Description("Name for people.")]
    public string? Title { get; init; }

    /// <summary>What it holds.</summary>
    [Description("What it holds, in Markdown.")]
    public string? Description { get; init; }

    /// <summary>The infrastructure it comes from.</summary>
    [Description("The infrastructure it comes from: energy, water, transport, waste, ict, environment or other.")]
    public string? Sector { get; init; }

    /// <summary>How open it is.</summary>
    [Description("How open it is (ISO 37156, 5.5): closed, specific, group, public or open. Absent means closed.")]
    public string? Spectrum { get; init; }

    /// <summary>The licence.</summary>
    [Description("SPDX identifier or web address. The level open needs a licence that conforms to the Open Definition.")]
    public string? Licence { get; init; }

    /// <summary>The data owner.</summary>
    [Description("Slug of the organization that owns the data.")]
    public string? Owner { get; init; }

    /// <summary>Words to find it by.</summary>
    [Description("Words to find it by.")]
    public IReadOnlyList<string>? Keywords { get; init; }

    /// <summary>What the caller would have to send to get this dataset: the base for a merge patch.</summary>
    public static DatasetDraft From(Dataset dataset) => new()
    {
        Slug = dataset.Slug,
        Title = dataset.Title,
        Description = dataset.Description,
        Sector = Enum.IsDefined(dataset.Sector) ? dataset.Sector.ToWord() : null,
        // A level of a newer version has no word here; it stays unsaid, and closed is what is left.
        Spectrum = Enum.IsDefined(dataset.Spectrum) ? dataset.Spectrum.ToWord() : null,
        Licence = dataset.Licence,
        Owner = dataset.Owner,
        Keywords = dataset.Keywords,
    };

    /// <summary>Null when all of it is acceptable.</summary>
    public Problem? Check() =>
        TextRules.CheckSlug("slug", Slug) ??
        TextRules.CheckLine("title", Title, TitleLengthMax) ??
        TextRules.CheckText("description", Description, DescriptionLengthMax) ??
        CheckSector() ??
        CheckSpectrum() ??
        CheckLicence() ??
        (Owner is null ? null : TextRules.CheckSlug("owner", Owner)) ??
        CheckKeywords();

    internal InfrastructureSector SectorOrDefault =>
        InfrastructureSectors.TryParse(Sector, out var sector) ? sector : InfrastructureSector.Other;

    /// <summary>Without a decision a dataset is closed.</summary>
    internal SpectrumClass SpectrumOrDefault =>
        SpectrumClasses.TryParse(Spectrum, out var spectrum) ? spectrum : SpectrumClass.Closed;

    private Problem? CheckSector() => Sector is null || InfrastructureSectors.TryParse(Sector, out _)
        ? null
        : StrictJson.InvalidProperty("sector", $"'sector' is one of {string.Join(", ", InfrastructureSectors.AllWords)}.");

    private Problem? CheckSpectrum() => Spectrum is null || SpectrumClasses.TryParse(Spectrum, out _)
        ? null
        : StrictJson.InvalidProperty("spectrum", "'spectrum' is one of closed, specific, group, public, open.");

    private Problem? CheckLicence()
    {
        if (Licence is not null && !Licences.IsWellFormed(Licence))
            return StrictJson.InvalidProperty("licence", "'licence' takes an SPDX identifier such as CC-BY-4.0, or a web address.");
        return SpectrumOrDefault == SpectrumClass.Open && Licences.FindOpen(Licence) is null
            ? StrictJson.InvalidProperty("licence",
                $"An open dataset needs a licence that conforms to the Open Definition, one of {Licences.OpenIds}.")
            : null;
    }

    private Problem? CheckKeywords()
    {
        if (Keywords is null) return null;
        if (Keywords.Count > KeywordsMax)
            return StrictJson.InvalidProperty("keywords", $"'keywords' takes at most {KeywordsMax} entries.")
                .With("limit", KeywordsMax);
        return Keywords
            .Select((keyword, index) => TextRules.CheckLine($"keywords[{index}]", keyword, KeywordLengthMax))
            .FirstOrDefault(problem => problem is not null);
    }
}
