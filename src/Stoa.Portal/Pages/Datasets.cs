using System.Globalization;
using System.Text;
using Markdig;
using Stoa.Catalogue.Search;
using Stoa.Portal.Charts;
using Stoa.Portal.Layout;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

/// <summary>The dataset list with its search, and a dataset's own page.</summary>
internal static partial class Datasets
{
    /// <summary>Datasets on one page of the list.</summary>
    internal const int PageLength = 24;

    /// <summary>Longest search text; what is longer is cut.</summary>
    internal const int WordsLengthMax = 200;

    // A search is narrowed by eye; more matches than this are not told apart by counting them.
    private const int MatchesMax = 10_000;
    private const int SummaryLengthMax = 180;
    private const int ObservationsShown = 12;
    private const int PlacesShown = 10;
    private const int PublishersShown = 12;

    // Each is read by itself, where no kept times say which are newest.
    private const int NarrowedDatastreamsRead = 24;

    // Where rows are left out there is no kept count; a further row says that there are more.
    private const int CountedMax = 100_000;

    // Raw HTML in a description is shown as text; links to scripts cannot be written in Markdown's own syntax either.
    private static readonly MarkdownPipeline Markdown =
        new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().UseAutoLinks().Build();

    internal static DatasetsView Search(ReadSession read, AccessScope scope, DatasetQuery query)
    {
        // As the rows are read: what is listed and what is counted are the same.
        scope = scope.WithNarrowings(NarrowedFields.NarrowingsMax);
        var matches = Matches(read, scope, query.Words);
        var found = matches.Where(match => match.Fits(query)).ToList();
        var pages = Math.Max(1, (found.Count + PageLength - 1) / PageLength);
        var page = Math.Clamp(query.Page, 1, pages);
        var ids = found.Skip((page - 1) * PageLength).Take(PageLength).Select(match => match.Id).ToArray();
        return new(query with { Page = page }, RowsOf(read, scope, ids), found.Count, pages,
            SectorFacets(matches, query), SpectrumFacets(matches, query), PublisherFacets(matches, query));
    }

    private static List<Facet> SectorFacets(List<Match> matches, DatasetQuery query) =>
        [.. matches.Where(match => match.Fits(query with { Sector = null }))
            .CountBy(match => match.Sector).OrderBy(pair => pair.Key)
            .Select(pair => new Facet(pair.Key.ToWord(), Wording.Sector(pair.Key), pair.Value))];

    private static List<Facet> SpectrumFacets(List<Match> matches, DatasetQuery query) =>
        [.. matches.Where(match => match.Fits(query with { Spectrum = null }))
            .CountBy(match => match.Spectrum).OrderByDescending(pair => pair.Key)
            .Select(pair => new Facet(pair.Key.ToWord(), Wording.Spectrum(pair.Key), pair.Value))];

    private static List<Facet> PublisherFacets(List<Match> matches, DatasetQuery query) =>
        [.. matches.Where(match => match.OwnerSlug is not null && match.Fits(query with { Publisher = null }))
            .CountBy(match => (Slug: match.OwnerSlug!, Name: match.OwnerName!))
            .OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key.Name, StringComparer.Ordinal).Take(PublishersShown)
            .Select(pair => new Facet(pair.Key.Slug, pair.Key.Name, pair.Value))];

    private static List<Match> Matches(ReadSession read, AccessScope scope, string words)
    {
        var searched = SearchWords.Parse(words);
        if (words.Length > 0 && searched is null) return [];
        using var select = read.PrepareDescribed(searched is null ? All : Found, scope).Bind("@limit", MatchesMax);
        if (searched is not null)
            select.Bind("@words", searched.All(read.Engine)).Bind("@any_word", searched.Any(read.Engine));
        var matches = new List<Match>();
        while (select.Step())
            matches.Add(new(select.Int64(0), (InfrastructureSector)select.Int64(1), (SpectrumClass)select.Int64(2),
                select.TextOrNull(3), select.TextOrNull(4)));
        return matches;
    }

    private static List<DatasetRow> RowsOf(ReadSession read, AccessScope scope, long[] ids)
    {
        using var select = read.Prepare(Rows, scope).Bind("@ids", Visible.List(ids));
        var rows = new Dictionary<long, DatasetRow>();
        while (select.Step()) rows[select.Int64(0)] = Row(select, scope);
        return [.. ids.Select(id => rows[id])];
    }

    /// <summary>The datasets with most observations: what a first glance should show.</summary>
    internal static IReadOnlyList<DatasetRow> Liveliest(ReadSession read, AccessScope scope, int limit)
    {
        using var select = read.Prepare(ByLiveliness, scope).Bind("@limit", limit);
        var rows = new List<DatasetRow>();
        while (select.Step()) rows.Add(Row(select, scope));
        return rows;
    }

    private static DatasetRow Row(Statement row, AccessScope scope) => new(
        row.Int64(0), row.Text(1), row.Text(2), Summary(row.Text(3)), (InfrastructureSector)row.Int64(4),
        (SpectrumClass)row.Int64(5), row.TextOrNull(6), row.TextOrNull(7), row.TextOrNull(8), row.Int64(9), row.Int64(10),
        HasHiddenRows(scope, row.Int64(0)) ? null : row.Int64(11), Time(row, 12), Time(row, 13))
    {
        IsInPart = scope.NarrowingOf(new(row.Int64(0))) is not null,
    };

    private static bool HasHiddenRows(AccessScope scope, long dataset) =>
        scope.NarrowingOf(new(dataset)) is { } narrowing && NarrowedFields.HidesRows(narrowing);

    private static Instant? Time(Statement row, int column) => row.Int64OrNull(column) is { } time ? new(time) : null;

    /// <summary>A text in Markdown as HTML; HTML in it is shown as text.</summary>
    internal static string Html(string text) => Markdig.Markdown.ToHtml(text, Markdown);

    /// <summary>The first sentences of a description as plain text.</summary>
    internal static string Summary(string description)
    {
        var text = Markdig.Markdown.ToPlainText(description, Markdown).ReplaceLineEndings(" ").Trim();
        if (text.Length <= SummaryLengthMax) return text;
        var end = text.LastIndexOf(' ', SummaryLengthMax);
        return text[..(end > SummaryLengthMax / 2 ? end : SummaryLengthMax)].TrimEnd(',', '.', ';', ' ') + " …";
    }

    /// <summary>A dataset's page; null when it is absent or hidden.</summary>
    internal static DatasetView? Find(ReadSession read, AccessScope scope, string slug, string baseAddress)
    {
        using var select = read.Prepare(BySlug, scope).Bind("@slug", slug);
        if (!select.Step()) return null;
        var row = Row(select, scope);
        var html = Html(select.Text(3));
        var keywords = Visible.Strings(select.Text(14));
        var (created, modified) = (new Instant(select.Int64(15)), new Instant(select.Int64(16)));
        var places = Places.First(read, scope.Within(new(row.Id)), null, PlacesShown);
        if (scope.NarrowingOf(new(row.Id)) is not null)
        {
            var counted = row.Observations ?? NarrowedSeries.Count(read, scope, row.Id, CountedMax + 1);
            var (example, at, newest) = OfNarrowed(read, scope, row.Id);
            return new(row with { Observations = counted }, html, keywords, created, modified, example, at, newest, places,
                ApiCallText.OfDataset(baseAddress, slug, null))
            {
                IsInPart = true,
                IsFollowed = NarrowedSeries.IsFollowed(scope, row.Id),
                IsCountCut = row.Observations is null && counted > CountedMax,
            };
        }

        var (chart, thing) = Chart(read, scope, row.Id);
        return new(row, html, keywords, created, modified, chart, thing,
            Observations(read, scope, row.Id), places, ApiCallText.OfDataset(baseAddress, slug, chart?.Datastream));
    }

    private static (ChartView? Chart, string? Thing) Chart(ReadSession read, AccessScope scope, long dataset)
    {
        using var select = read.Prepare(Representative, scope).Bind("@dataset", dataset);
        if (!select.Step()) return (null, null);
        var to = new Instant(select.Int64(3));
        var from = new Instant(to.UnixMicroseconds - (long)TimeSpan.FromDays(7).TotalMicroseconds);
        var chart = SeriesReader.View(read, scope, dataset, select.Int64(0), select.Text(1), ResultText.Unit(select.Text(2)).Symbol, from, to);
        return (chart, select.Text(4));
    }

    /// <summary>An example to draw and the newest observations of the first datastreams of a narrowed dataset.</summary>
    private static (ChartView? Chart, string? Thing, IReadOnlyList<ObservationRow> Newest) OfNarrowed(
        ReadSession read, AccessScope scope, long dataset)
    {
        var rows = new List<(long Start, long Id, ObservationRow Row)>();
        (ChartView? View, string? Thing) chart = default;
        using var select = read.Prepare(NarrowedDatastreams, scope).Bind("@dataset", dataset).Bind("@limit", NarrowedDatastreamsRead);
        while (select.Step())
        {
            if (NarrowedSeries.Of(read, scope, dataset, select.Int64(2)) is not { HasResults: true } series) continue;
            var symbol = ResultText.Unit(select.Text(4)).Symbol;
            using var newest = series.Newest(ObservationsShown);
            while (newest?.Step() ?? false)
                rows.Add((newest.Int64(0), newest.Int64(1), new(select.Int64(0), select.Text(1), select.Int64(2), select.Text(3),
                    ResultText.Of(newest, 2), symbol, new(newest.Int64(0)))));
            if (chart.View is not null || series.Newest(1) is not { } last) continue;
            using (last)
            {
                if (!last.Step() || last.IsNull(2)) continue;
                var to = new Instant(last.Int64(0));
                var from = new Instant(to.UnixMicroseconds - (long)TimeSpan.FromDays(7).TotalMicroseconds);
                chart = (SeriesReader.View(read, scope, dataset, select.Int64(2), select.Text(3), symbol, from, to), select.Text(1));
            }
        }

        return (chart.View, chart.Thing, Newest(rows));
    }

    private static List<ObservationRow> Newest(List<(long Start, long Id, ObservationRow Row)> rows) =>
    [
        .. rows.OrderByDescending(row => row.Start).ThenByDescending(row => row.Id).Take(ObservationsShown).Select(row => row.Row),
    ];

    private static List<ObservationRow> Observations(ReadSession read, AccessScope scope, long dataset)
    {
        var rows = new List<(long Start, long Id, ObservationRow Row)>();
        using var newest = read.Prepare(NewestOfSeries);
        using var select = read.Prepare(LatestSeries, scope).Bind("@dataset", dataset).Bind("@limit", ObservationsShown);
        while (select.Step())
        {
            var symbol = ResultText.Unit(select.Text(4)).Symbol;
            newest.Bind("@datastream", select.Int64(2)).Bind("@limit", ObservationsShown);
            while (newest.Step())
            {
                var row = new ObservationRow(select.Int64(0), select.Text(1), select.Int64(2), select.Text(3), ResultText.Of(newest, 2),
                    symbol, new(newest.Int64(0)));
                rows.Add((newest.Int64(0), newest.Int64(1), row));
            }

            newest.Reset();
        }

        return Newest(rows);
    }

    private sealed record Match(
        long Id, InfrastructureSector Sector, SpectrumClass Spectrum, string? OwnerSlug, string? OwnerName)
    {
        internal bool Fits(DatasetQuery query) =>
            (query.Sector is null || query.Sector == Sector.ToWord()) &&
            (query.Spectrum is null || query.Spectrum == Spectrum.ToWord()) &&
            (query.Publisher is null || query.Publisher == OwnerSlug);
    }
}
