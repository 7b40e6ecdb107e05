using Stoa.Portal.Pages;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Charts;

/// <summary>Reads a stretch of one datastream, down-sampled while reading.</summary>
internal static partial class SeriesReader
{
    // A number beyond doubles is kept with infinity beside it, which no chart can draw and JSON cannot hold; sums of greater ones overflow.
    private const double DrawnMax = 1e300;

    // Points of the drawing that comes with the page; finer ones are fetched by the chart.
    private const int DrawingPoints = 180;

    // States change seldom: far more rows are read than changes are shown.
    private const int StateRowsRead = 5000;
    private const int StatesShown = 8;

    /// <summary>The series for a page; null when the span has no numbers.</summary>
    internal static ChartView? View(
        ReadSession read, AccessScope scope, long dataset, long datastream, string name, string unit, Instant from, Instant to)
    {
        var sampler = new SeriesSampler(from.UnixMicroseconds, to.UnixMicroseconds, DrawingPoints);
        Read(read, scope, dataset, datastream, sampler);
        var points = sampler.Points();
        return points.Count == 0 ? null : new(datastream, name, unit, from, to, points, sampler.Count);
    }

    /// <summary>Feeds the numbers of the span to the sampler. One range scan of the primary key.</summary>
    internal static void Read(ReadSession read, AccessScope scope, long dataset, long datastream, SeriesSampler sampler)
    {
        using var select = NarrowedSeries.Of(read, scope, dataset, datastream) is { } narrowed
            ? narrowed.Span(sampler.From, sampler.To)
            : read.PrepareStream(Span, scope).Bind("@datastream", datastream).Bind("@from", sampler.From).Bind("@to", sampler.To);
        while (select?.Step() ?? false)
            if (select.DoubleOrNull(1) is >= -DrawnMax and <= DrawnMax and var value) sampler.Add(select.Int64(0), value);
    }

    /// <summary>Results that are no numbers, newest first; equal ones in a row are one.</summary>
    internal static IReadOnlyList<StateRow> States(
        ReadSession read, AccessScope scope, long dataset, long datastream, Instant from, Instant to)
    {
        using var select = NarrowedSeries.Of(read, scope, dataset, datastream) is { } narrowed
            ? narrowed.HasResults ? narrowed.Newest(StateRowsRead, from.UnixMicroseconds, to.UnixMicroseconds) : null
            : read.Prepare(Newest, scope)
                .Bind("@datastream", datastream).Bind("@from", from.UnixMicroseconds).Bind("@to", to.UnixMicroseconds)
                .Bind("@limit", StateRowsRead);
        var states = new List<StateRow>();
        while (select?.Step() ?? false)
        {
            var state = new StateRow(new(select.Int64(0)), ResultText.Of(select, 2));
            if (states.Count > 0 && states[^1].Text == state.Text) states[^1] = state;
            else if (states.Count < StatesShown) states.Add(state);
            else break;
        }

        return states;
    }

    /// <summary>Name, unit and full span of a datastream; null when it is absent or hidden.</summary>
    internal static Head? Find(ReadSession read, AccessScope scope, long datastream)
    {
        using var select = read.Prepare(ById, scope).Bind("@datastream", datastream);
        if (!select.Step()) return null;
        var unit = ResultText.Unit(select.Text(1)).Symbol;
        var dataset = select.Int64(4);
        if (NarrowedSeries.Of(read, scope, dataset, datastream) is not { } narrowed)
            return new(dataset, select.Text(0), unit, select.Int64OrNull(2) ?? 0, select.Int64OrNull(3) ?? 0);
        using var newest = narrowed.Newest(1);
        Instant? last = newest is not null && newest.Step() ? new(newest.Int64(0)) : null;
        return new(dataset, select.Text(0), unit, narrowed.Oldest(last)?.UnixMicroseconds ?? 0, last?.UnixMicroseconds ?? 0);
    }

    internal sealed record Head(long Dataset, string Name, string Unit, long First, long Last);
}
