using System.Runtime.CompilerServices;
using Stoa.Portal.Pages;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Portal.Map;

/// <summary>Which values a scope lets be sent as they come: id of the series, start of the time and result, and nothing else of them.</summary>
/// <remarks>Of a narrowed dataset, those within its window, where times and results may be read as they are. Where times are coarse the moment
/// of sending would tell them; where an area limits what is seen, each place would have to be asked for: these stay out.</remarks>
internal sealed class LiveScope
{
    // Beside the scope, which is asked for with every group of the feed: it goes when the scope goes.
    private static readonly ConditionalWeakTable<AccessScope, LiveScope> Known = [];

    private readonly AccessScope _scope;

    private LiveScope(AccessScope scope, AccessScope followed) => (_scope, Followed) = (scope, followed);

    /// <summary>The datasets of which values are sent.</summary>
    internal AccessScope Followed { get; }

    internal static LiveScope Of(AccessScope scope) => Known.GetValue(scope, Make);

    private static LiveScope Make(AccessScope scope)
    {
        if (!scope.IsNarrowed) return new(scope, scope);
        var followed = new List<DatasetId>();
        foreach (var id in scope.Datasets) followed.Add(new(id));
        // What is decided about one of a group is decided about all.
        foreach (var (_, datasets) in scope.NarrowedGroups)
            if (NarrowedSeries.IsFollowed(scope, datasets[0])) followed.AddRange(datasets.Select(id => new DatasetId(id)));
        return new(scope, AccessScope.Of(followed));
    }

    /// <summary>Whether a value may be sent.</summary>
    internal bool Contains(StoredObservation observation)
    {
        if (_scope.Contains(observation.Dataset)) return true;
        if (!Followed.Contains(observation.Dataset) || _scope.NarrowingOf(observation.Dataset) is not { } narrowing) return false;
        var start = observation.PhenomenonTime.Start.UnixMicroseconds;
        return (narrowing.From is not { } from || start >= from.UnixMicroseconds) &&
            (narrowing.Until is not { } until || start < until.UnixMicroseconds);
    }

    /// <summary>Those of a group that may be sent.</summary>
    internal IReadOnlyList<StoredObservation> Within(IReadOnlyList<StoredObservation> group) =>
        _scope.IsNarrowed ? [.. group.Where(Contains)] : group;
}
