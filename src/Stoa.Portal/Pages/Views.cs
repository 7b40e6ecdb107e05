using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

// What the pages show, complete at construction. Public because components, which the compiler makes public, take them.

/// <summary>The latest result of a datastream, ready to be shown.</summary>
/// <param name="Datastream">Id of the datastream.</param>
/// <param name="Name">Name of the observed property, or of the datastream.</param>
/// <param name="Unit">Symbol of the unit; empty when there is none.</param>
/// <param name="Text">The result as people read it; null when nothing was observed yet.</param>
/// <param name="Time">Start of the phenomenon time.</param>
public sealed record LatestValue(long Datastream, string Name, string Unit, string? Text, Instant? Time);

/// <summary>A Thing in a list: name, where it belongs, what it reports.</summary>
public sealed record PlaceRow(
    long Id, string Name, string DatasetSlug, string DatasetTitle, InfrastructureSector Sector,
    IReadOnlyList<LatestValue> Latest);

/// <summary>One observation that arrived a moment ago.</summary>
public sealed record Arrival(
    long Thing, string ThingName, InfrastructureSector Sector, LatestValue Value);

/// <summary>A dataset in a list. The number of observations is null where some are left out, and the times where it is seen in part.</summary>
public sealed record DatasetRow(
    long Id, string Slug, string Title, string Summary, InfrastructureSector Sector, SpectrumClass Spectrum,
    string? Licence, string? OwnerSlug, string? OwnerName, long Things, long Datastreams, long? Observations,
    Instant? First, Instant? Latest)
{
    /// <summary>Whether only a part of it may be seen.</summary>
    public bool IsInPart { get; init; }
}

/// <summary>A value to filter by, with the number of datasets that it leaves.</summary>
public sealed record Facet(string Value, string Name, long Count);

/// <summary>The key figures of what the visitor may see.</summary>
public sealed record Figures(long Datasets, long Things, long Datastreams, long Observations, Instant? Latest);

/// <summary>Number of things of one sector.</summary>
public sealed record SectorCount(InfrastructureSector Sector, long Things);

/// <summary>The home page.</summary>
public sealed record HomeView(
    Figures Figures, IReadOnlyList<SectorCount> Sectors, InfrastructureSector? Chosen,
    IReadOnlyList<PlaceRow> Places, IReadOnlyList<Arrival> Arrivals, IReadOnlyList<DatasetRow> Datasets);

/// <summary>What was asked of the dataset list.</summary>
public sealed record DatasetQuery(string Words, string? Sector, string? Spectrum, string? Publisher, int Page)
{
    /// <summary>Whether anything narrows the list.</summary>
    public bool IsNarrowed => Words.Length > 0 || Sector is not null || Spectrum is not null || Publisher is not null;

    /// <summary>The address of the list with these choices.</summary>
    public string Address
    {
        get
        {
            var parts = new List<string>();
            Add(parts, "q", Words.Length == 0 ? null : Words);
            Add(parts, "sector", Sector);
            Add(parts, "openness", Spectrum);
            Add(parts, "publisher", Publisher);
            Add(parts, "page", Page > 1 ? Page.ToString(System.Globalization.CultureInfo.InvariantCulture) : null);
            return parts.Count == 0 ? "/datasets" : "/datasets?" + string.Join('&', parts);
        }
    }

    private static void Add(List<string> parts, string name, string? value)
    {
        if (value is not null) parts.Add($"{name}={Uri.EscapeDataString(value)}");
    }
}

/// <summary>The dataset list: what was found, and what it can be narrowed by.</summary>
public sealed record DatasetsView(
    DatasetQuery Query, IReadOnlyList<DatasetRow> Found, long Total, int Pages,
    IReadOnlyList<Facet> Sectors, IReadOnlyList<Facet> Spectra, IReadOnlyList<Facet> Publishers);

/// <summary>One observation in a table.</summary>
public sealed record ObservationRow(
    long Thing, string ThingName, long Datastream, string Property, string Text, string Unit, Instant Time);

/// <summary>A dataset's own page.</summary>
/// <param name="Row">What lists show of it too.</param>
/// <param name="DescriptionHtml">The description, Markdown rendered with HTML switched off.</param>
/// <param name="Keywords">Its keywords.</param>
/// <param name="Created">When it was described first.</param>
/// <param name="Modified">When its description changed last.</param>
/// <param name="Chart">Series of a datastream that stands for the dataset.</param>
/// <param name="ChartThing">Name of that datastream's thing.</param>
/// <param name="Observations">The latest observations.</param>
/// <param name="Places">Its first things.</param>
/// <param name="Calls">API calls to copy.</param>
public sealed record DatasetView(
    DatasetRow Row, string DescriptionHtml, IReadOnlyList<string> Keywords, Instant Created, Instant Modified,
    ChartView? Chart, string? ChartThing, IReadOnlyList<ObservationRow> Observations, IReadOnlyList<PlaceRow> Places,
    IReadOnlyList<ApiCall> Calls)
{
    /// <summary>Whether only a part of it may be seen.</summary>
    public bool IsInPart { get; init; }

    /// <summary>Whether its values are sent as they come; else the page says why not.</summary>
    public bool IsFollowed { get; init; } = true;

    /// <summary>Whether there are more observations than the number says.</summary>
    public bool IsCountCut { get; init; }
}

/// <summary>A line that does something when pasted into a terminal or a browser.</summary>
public sealed record ApiCall(string Title, string Text);

/// <summary>The list of places.</summary>
public sealed record ThingsView(
    string Words, InfrastructureSector? Sector, IReadOnlyList<PlaceRow> Found, long Total, int Page, int Pages);

/// <summary>A name with its value, from a thing's properties.</summary>
public sealed record PropertyRow(string Name, string Value, bool IsLink);

/// <summary>A Thing's own page.</summary>
public sealed record ThingView(
    long Id, string Name, string Description, string DatasetSlug, string DatasetTitle, InfrastructureSector Sector,
    string? OwnerName, double? Longitude, double? Latitude, string? LocationName, IReadOnlyList<PropertyRow> Properties,
    IReadOnlyList<ThingDatastream> Datastreams, long DatastreamTotal, IReadOnlyList<ThingMultiDatastream> MultiDatastreams,
    Span Span, IReadOnlyList<ApiCall> Calls);

/// <summary>A MultiDatastream of a thing: its newest observations as a table.</summary>
public sealed record ThingMultiDatastream(
    string Name, string Description, IReadOnlyList<ComponentHead> Components, IReadOnlyList<ComponentRow> Rows);

/// <summary>A component of a MultiDatastream: name of the observed property, symbol and name of the unit.</summary>
public sealed record ComponentHead(string Name, string Unit, string UnitName);

/// <summary>An observation of a MultiDatastream: start of the phenomenon time, and a text for each component.</summary>
public sealed record ComponentRow(Instant Time, IReadOnlyList<string> Values);

/// <summary>A datastream of a thing: its latest value and its series over the chosen span.</summary>
/// <param name="Latest">Its latest value.</param>
/// <param name="Title">What is observed.</param>
/// <param name="Description">What else is said of it.</param>
/// <param name="UnitName">The unit in full.</param>
/// <param name="Chart">Its numbers over the span; null when it has none there.</param>
/// <param name="States">Where it has no numbers: its results, newest first, each with the time since which it held.</param>
public sealed record ThingDatastream(
    LatestValue Latest, string Title, string Description, string UnitName, ChartView? Chart, IReadOnlyList<StateRow> States);

/// <summary>A result that is no number, and since when it held.</summary>
public readonly record struct StateRow(Instant Since, string Text);

/// <summary>A stretch of time that the charts show.</summary>
/// <param name="Word">Word of the address: 24h, 7d, 30d, 1y or all.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Length">Length back from the latest observation; null for everything.</param>
public sealed record Span(string Word, string Name, TimeSpan? Length)
{
    /// <summary>The spans on offer, shortest first.</summary>
    public static IReadOnlyList<Span> All { get; } =
    [
        new("24h", "24 hours", TimeSpan.FromDays(1)),
        new("7d", "7 days", TimeSpan.FromDays(7)),
        new("30d", "30 days", TimeSpan.FromDays(30)),
        new("1y", "1 year", TimeSpan.FromDays(366)),
        new("all", "Everything", null),
    ];

    /// <summary>The span of that word; 7 days for any other.</summary>
    public static Span Of(string? word) => All.FirstOrDefault(span => span.Word == word) ?? All[1];
}

/// <summary>A down-sampled series with what its chart, its drawing without script and its table need.</summary>
/// <param name="Datastream">Id of the datastream.</param>
/// <param name="Name">Name of the chart.</param>
/// <param name="Unit">Symbol of the unit.</param>
/// <param name="From">Start of the span, included.</param>
/// <param name="To">End of the span, included.</param>
/// <param name="Points">The series for the drawing without script, ascending.</param>
/// <param name="Count">Number of observations in the span.</param>
public sealed record ChartView(
    long Datastream, string Name, string Unit, Instant From, Instant To, IReadOnlyList<ChartPoint> Points, long Count);

/// <summary>One stretch of a series: its mean, and the least and greatest result in it.</summary>
public readonly record struct ChartPoint(long UnixMicroseconds, double Mean, double Low, double High, long Count);
