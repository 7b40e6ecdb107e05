using Stoa.Catalogue.Search;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Catalogue.Datasets;

/// <summary>Which datasets are asked for; what is null does not narrow.</summary>
public sealed record DatasetQuery
{
    /// <summary>Words that title, description, keywords or the owner's name must hold, each at least as a beginning.</summary>
    public string? Text { get; init; }

    /// <summary>The infrastructure they come from.</summary>
    public InfrastructureSector? Sector { get; init; }

    /// <summary>How open they are.</summary>
    public SpectrumClass? Spectrum { get; init; }

    /// <summary>Slug of the owner.</summary>
    public string? Owner { get; init; }

    /// <summary>Which part of the answer.</summary>
    public Page Page { get; init; } = Page.First;

    /// <summary>Reads the parameters of a request; 400 names the one that is not acceptable.</summary>
    public static Result<DatasetQuery> Parse(
        string? text, string? sector, string? spectrum, string? owner, string? limit, string? skip)
    {
        if (text?.Length > SearchWords.TextLengthMax)
            return InvalidParameter("q", $"'q' takes at most {SearchWords.TextLengthMax} characters.")
                .With("limit", SearchWords.TextLengthMax);
        InfrastructureSector? ofSector = null;
        if (sector is not null)
        {
            if (!InfrastructureSectors.TryParse(sector, out var parsed))
                return InvalidParameter("sector", $"'sector' is one of {string.Join(", ", InfrastructureSectors.AllWords)}.");
            ofSector = parsed;
        }

        SpectrumClass? ofSpectrum = null;
        if (spectrum is not null)
        {
            if (!SpectrumClasses.TryParse(spectrum, out var parsed))
                return InvalidParameter("spectrum", "'spectrum' is one of closed, specific, group, public, open.");
            ofSpectrum = parsed;
        }

        if (owner?.Contains('\0', StringComparison.Ordinal) == true)
            return InvalidParameter("owner", "'owner' is the slug of an organization.");
        if (!Page.Parse(limit, skip).TryGet(out var page, out var problem)) return problem;
        return new DatasetQuery { Text = text, Sector = ofSector, Spectrum = ofSpectrum, Owner = owner, Page = page };
    }

    private static Problem InvalidParameter(string parameter, string detail) =>
        Problem.BadRequest("invalid-parameter", "A query parameter is not acceptable", detail).With("parameter", parameter);
}
