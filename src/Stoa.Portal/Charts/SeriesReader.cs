using Stoa.Portal.Pages;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Charts;

/// <summary>Reads a stretch of one datastream, down-sampled while reading.</summary>
internal static partial class SeriesReader
{
    // Points of the drawing that comes with the page; finer ones are fetched by the chart.
    private const int DrawingPoints = 180;

    /// <summary>The series for a page; null when the span has no numbers.</summary>
    internal static ChartView? View(
        ReadSession read, AccessScope scope, long datastream, string name, string unit, Instant from, Instant to)
    {
        var sampler = new SeriesSampler(from.UnixMicroseconds, to.UnixMicroseconds, DrawingPoints);
        Read(read, scope, datastream, sampler);
        var points = sampler.Points();
        return points.Count == 0 ? null : new(datastream, name, unit, from, to, points, sampler.Count);
    }

    /// <summary>Feeds the numbers of the span to the sampler. One range scan of the primary key.</summary>
    internal static void Read(ReadSession read, AccessScope scope, long datastream, SeriesSampler sampler)
    {
        using var select = read.Prepare(Span, scope)
            .Bind("@datastream", datastream).Bind("@from", sampler.From).Bind("@to", sampler.To);
        while (select.Step())
            if (select.DoubleOrNull(1) is { } value) sampler.Add(select.Int64(0), value);
    }

    /// <summary>Name, unit and full span of a datastream; null when it is absent or hidden.</summary>
    internal static Head? Find(ReadSession read, AccessScope scope, long datastream)
    {
        using var select = read.Prepare(ById, scope).Bind("@datastream", datastream);
        if (!select.Step()) return null;
        var unit = ResultText.Unit(select.Text(1)).Symbol;
        return new(select.Text(0), unit, select.Int64OrNull(2) ?? 0, select.Int64OrNull(3) ?? 0);
    }

    internal sealed record Head(string Name, string Unit, long First, long Last);
}
