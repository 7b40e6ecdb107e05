using Stoa.Portal.Charts;
using Stoa.Portal.Map;
using Stoa.Portal.Pages;

namespace Stoa.Portal;

/// <summary>The portal's fixed limits, each with what it counts: for the reference of settings and limits.</summary>
public static class PortalLimits
{
    /// <summary>What is limited, and how much of it there may be.</summary>
    public static IReadOnlyList<(string What, long Limit)> All { get; } =
    [
        ("Pages that follow live values at once", LiveValues.StreamsMax),
        ("Datastreams in one event of live values", LiveValues.RowsMax),
        ("Places on one map", MapFeatures.FeaturesMax),
        ("Values of datasets seen in part on a map of one dataset", MapFeatures.NarrowedValuesMax),
        ("Values of datasets seen in part on the map of everything", MapFeatures.NarrowedValuesOnMapMax),
        ("Observations looked at for the newest of a series in an area", NarrowedSeries.LookedAtMax),
        ("Observations looked at for a chart of a series in an area", NarrowedSeries.ChartedMax),
        ("Stretches of one chart (`width`)", ChartEndpoints.WidthMax),
        ("Characters of the portal's search that are looked at", Datasets.WordsLengthMax),
    ];
}
