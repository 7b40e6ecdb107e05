using Stoa.Query;
using Stoa.Sensing.Http;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Aggregation;

/// <summary>Datastreams whose observations are put together.</summary>
/// <param name="Key">Id of what they have in common, or the number of the area.</param>
/// <param name="Name">Its name.</param>
/// <param name="Datastreams">Their ids, ascending.</param>
internal sealed record SeriesGroup(long Key, string Name, List<long> Datastreams);

/// <summary>Finds the Datastreams of an aggregation, and by what they are grouped.</summary>
/// <remarks>Only what the scope shows: a Datastream on a Thing that is hidden belongs to no group of Things.</remarks>
internal sealed class SeriesGroups(QueryTranslator translator, Session session, AccessScope scope, SensingOptions options)
{
    /// <summary>Most Datastreams of one request.</summary>
    internal const int DatastreamsMax = 100_000;

    private static readonly Column[] Columns =
    [
        new("id"), new("name"), new("thing_id"), new("observed_property_id"), new("phenomenon_start", true), new("latest_start", true),
    ];

    private sealed record Series(long Id, string Name, long Thing, long ObservedProperty);

    /// <summary>The groups by ascending key, those left out that have nothing in the span.</summary>
    internal Result<List<SeriesGroup>> Find(
        AggregationRequest request, IReadOnlyList<PathStep> path, Expression? filter, (long? Least, long? Most) span)
    {
        var groups = new List<SeriesGroup>();
        if (request.GroupBy == AggregationGroup.Area)
        {
            for (var i = 0; i < request.Areas.Count; i++)
            {
                var area = request.Areas[i];
                var both = AggregationFilter.Joined(filter is null ? [area.Filter] : [filter, area.Filter]);
                if (!Read(path, both, span).TryGet(out var inside, out var refused)) return refused;
                if (inside.Count > 0) groups.Add(new(i, area.Name, [.. inside.Select(series => series.Id)]));
            }

            return groups;
        }

        if (!Read(path, filter, span).TryGet(out var all, out var problem)) return problem;
        if (request.GroupBy == AggregationGroup.None)
        {
            if (all.Count > 0) groups.Add(new(0, "", [.. all.Select(series => series.Id)]));
            return groups;
        }

        foreach (var group in all.GroupBy(series => KeyOf(series, request.GroupBy)).OrderBy(group => group.Key))
            if (NameOf(request.GroupBy, group.Key, group.First()) is { } name)
                groups.Add(new(group.Key, name, [.. group.Select(series => series.Id)]));
        return groups;
    }

    private static long KeyOf(Series series, AggregationGroup by) => by switch
    {
        AggregationGroup.Thing => series.Thing,
        AggregationGroup.ObservedProperty => series.ObservedProperty,
        _ => series.Id,
    };

    private string? NameOf(AggregationGroup by, long key, Series first)
    {
        if (by == AggregationGroup.Datastream) return first.Name;
        var entity = by == AggregationGroup.Thing ? SensorThingsSchema.Thing : SensorThingsSchema.ObservedProperty;
        var sql = translator.Rows(ReadRequest.OfEntity(entity, key, scope) with { Columns = [new("name")], Limit = 1 });
        using var row = ReadPlan.Prepare(session, sql);
        return row.Step() ? row.IsNull(0) ? "" : row.Text(0) : null;
    }

    private Result<List<Series>> Read(IReadOnlyList<PathStep> path, Expression? filter, (long? Least, long? Most) span)
    {
        var bound = QueryBinder.Bind(
            QueryOptions.None with { Filter = filter }, SensorThingsSchema.Datastream, options.Query, default);
        if (!bound.TryGet(out var query, out var problem)) return problem;
        var sql = translator.Rows(new ReadRequest
        {
            Path = path, Scope = scope, Query = query, Columns = Columns, Limit = DatastreamsMax + 1L,
        });
        using var row = ReadPlan.Prepare(session, sql);
        var found = new List<Series>();
        for (var rows = 0; row.Step(); rows++)
        {
            if (rows == DatastreamsMax)
                return Problem.BadRequest("query-limit", "The query is larger than allowed",
                        "There are too many Datastreams. Choose some with $filter, for example by Datastream/ObservedProperty/id.")
                    .With("option", "$filter").With("limitName", "datastreams of an aggregation").With("limit", DatastreamsMax);
            // Without a state there is no observation. Of a narrowed dataset it tells of all, also of those that may not be seen.
            if (!scope.IsNarrowed && (row.IsNull(4) || row.Int64(4) > span.Most || row.Int64(5) < span.Least)) continue;
            found.Add(new(row.Int64(0), row.IsNull(1) ? "" : row.Text(1), row.Int64(2), row.Int64(3)));
        }

        return found;
    }
}
