using Microsoft.AspNetCore.Http;
using Stoa.Identity.Http;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Http;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Aggregation;

/// <summary>Answers <c>Observations/$aggregate</c>: figures of observations over buckets of time.</summary>
/// <remarks>
/// An extension, <c>urn:stoa:sensorthings:aggregation</c>; docs/querying.md describes it. One range scan for each Datastream; the
/// access scope stands in the statements that find the Datastreams and in those that read their rows.
/// </remarks>
internal sealed class AggregationReads(
    Database database, QueryTranslator translator, SensingOptions options, TimeProvider time)
{
    /// <summary>The last segment of the address.</summary>
    internal const string Segment = "$aggregate";

    private static readonly Navigation Observations = SensorThingsSchema.Datastream.FindNavigation("Observations")!;

    internal async Task AnswerAsync(HttpContext context, Caller caller, ReadOnlyMemory<char> set)
    {
        if (!Parse(context, set).TryGet(out var question, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        if (Refuse(caller.Read, question) is { } notReadable)
        {
            await notReadable.WriteAsync(context);
            return;
        }

        AggregationPage page;
        using (var session = await database.ReadAsync(context.RequestAborted))
        {
            if (!Read(session, caller, question).TryGet(out page!, out problem))
            {
                await problem.WriteAsync(context);
                return;
            }
        }

        var next = page.Next is { } place
            ? NextLink.Of($"{caller.Root.Url}/{SensorThingsEndpoints.PathOf(context)}",
                context.Request.QueryString.Value?.TrimStart('?') ?? "", place.ToToken(), 0)
            : null;
        var leaving = new LeavingRows(context);
        if (leaving.MayLeave(page.Rows.Count)) await AggregationAnswer.WriteAsync(context, caller, question.Request, page, next, question.IsCsv);
        else if (leaving.Refusal is { } refusal) await refusal.WriteAsync(context);
    }

    /// <summary>A request with everything in it checked.</summary>
    private sealed record Question(
        AggregationRequest Request, IReadOnlyList<PathStep> Path, AggregationFilter Filter, BoundQuery Rows, int Top, PageCursor? Place,
        bool IsCsv, BoundQuery Whole);

    private Result<Question> Parse(HttpContext context, ReadOnlyMemory<char> set)
    {
        if (!ResourcePath.Parse(set.Span).TryGet(out var path, out var problem)) return problem;
        if (path.End != PathEnd.Entities || path.IsSingle || !ReferenceEquals(path.Entity, SensorThingsSchema.Observation))
            return Problem.NotFound();
        if (path.Steps.Count > 1 && !ReferenceEquals(path.Steps[^1].Via, Observations))
            return Problem.BadRequest("query-not-possible", "The query asks for something that cannot be done here",
                "Observations are aggregated at Observations/$aggregate or Datastreams(1)/Observations/$aggregate. Name other relations " +
                "in $filter.");
        if (!ODataQuery.Parse(context.Request.QueryString.Value, options.Query).TryGet(out var query, out problem)) return problem;
        if (Refuse(query) is { } refusal) return refusal;
        if (!AggregationRequest.Parse(context.Request.Query, options.Query).TryGet(out var request, out problem)) return problem;
        // Bound as a whole first, so that a mistake is shown where it stands.
        var now = Instant.From(time.GetUtcNow());
        var whole = QueryBinder.Bind(QueryOptions.None with { Filter = query.Filter }, path.Entity, options.Query, now);
        if (!whole.TryGet(out var asked, out problem)) return problem;
        var filter = AggregationFilter.Divide(query.Filter);
        if (!QueryBinder.Bind(QueryOptions.None with { Filter = filter.Rows }, path.Entity, options.Query, now)
            .TryGet(out var rows, out problem)) return problem;
        var top = (int)Math.Min(query.Top ?? AggregationRequest.BucketsMax, AggregationRequest.BucketsMax);
        var isCsv = query.ResultFormat is { } format
            ? format.Equals("CSV", StringComparison.OrdinalIgnoreCase)
            : context.Request.Headers.Accept.ToString().StartsWith("text/csv", StringComparison.OrdinalIgnoreCase);
        IReadOnlyList<PathStep> datastreams =
            path.Steps.Count > 1 ? [.. path.Steps.SkipLast(1)] : [new PathStep(SensorThingsSchema.Datastream)];
        return new Question(request, datastreams, filter, rows, top, query.Cursor, isCsv, asked);
    }

    /// <summary>Figures rest on the results and their times, groups on names and places, and all on the filter.</summary>
    private Problem? Refuse(AccessScope scope, Question question)
    {
        if (NarrowedFields.Of(SensorThingsMapping.Mapping, scope) is not { } fields) return null;
        var entity = SensorThingsSchema.Observation;
        return fields.Refuse(entity, entity.FindProperty("result")!, null) ??
            fields.Refuse(entity, entity.FindProperty("phenomenonTime")!, null) ??
            fields.Refuse(question.Whole) ??
            question.Request.Areas.Select(area => RefuseArea(fields, area.Filter)).FirstOrDefault(problem => problem is not null);
    }

    private Problem? RefuseArea(NarrowedFields fields, Expression area) =>
        QueryBinder.Bind(QueryOptions.None with { Filter = area }, SensorThingsSchema.Datastream, options.Query, default)
            .TryGet(out var bound, out _) ? fields.Refuse(bound) : null;

    private static Problem? Refuse(QueryOptions query)
    {
        var option = query switch
        {
            { OrderBy.Count: > 0 } => "$orderby",
            { Select: not null } => "$select",
            { Expand.Count: > 0 } => "$expand",
            { Skip: not null } => "$skip",
            { Count: not null } => "$count",
            { Cursor: { } place } when place.Keys.Count != 2 || place.IsDescending => "$skiptoken",
            { ResultFormat: { } format } when format.ToUpperInvariant() is not ("JSON" or "CSV") => "$resultFormat",
            _ => null,
        };
        return option is null
            ? null
            : Problem.BadRequest("query-not-possible", "The query asks for something that cannot be done here",
                "An aggregation takes $filter, $top and $resultFormat (JSON or CSV) beside its own parameters. Follow its nextLink as it is.")
                .With("option", option);
    }

    private Result<AggregationPage> Read(Session session, Caller caller, Question question)
    {
        if (question.Path.Count > 1 || question.Path[0].Key is not null)
        {
            using var exists = ReadPlan.Prepare(session, translator.Exists(question.Path, caller.Read));
            if (!exists.Step() || !exists.Boolean(0)) return Problem.NotFound();
        }

        var request = question.Request;
        var span = AggregationFilter.SpanOf(question.Rows.Filter);
        var groups = new SeriesGroups(translator, session, caller.Read, options);
        if (!groups.Find(request, question.Path, question.Filter.Datastreams, span).TryGet(out var found, out var problem))
            return problem;
        var page = new AggregationPage(new Buckets(request.Interval, request.Zone), question.Top);
        if (question.Place is { } place)
        {
            found.RemoveAll(group => group.Key < place.Keys[0]);
            if (found.Count > 0 && found[0].Key == place.Keys[0])
            {
                if (Gather(session, caller, question, page, [found[0]], span, place.Keys[1]) is { } tooMany) return tooMany;
                found.RemoveAt(0);
            }
        }

        return Gather(session, caller, question, page, found, span, null) is { } problemOfOne ? problemOfOne : page;
    }

    /// <summary>Adds groups to the page until it is full.</summary>
    private Problem? Gather(
        Session session, Caller caller, Question question, AggregationPage page, List<SeriesGroup> groups, (long? Least, long? Most) span,
        long? resume)
    {
        var keeps = question.Request.Functions.Any(function => function.Share is not null);
        using var rows = new SeriesRows(
            session, [.. groups.SelectMany(group => group.Datastreams)], RowsOf(question.Rows, caller, resume, areMany: false),
            session.Dialect.ReadsManyParents ? RowsOf(question.Rows, caller, resume, areMany: true) : null);
        var at = 0;
        foreach (var group in groups)
        {
            if (page.Next is not null) break;
            // One more than there is room for shows whether there is a next page.
            var gathered = new GroupAggregation(page.Buckets, page.Room + 1, keeps);
            foreach (var _ in group.Datastreams)
            {
                rows.Begin(at++, isAlone: gathered.Bound < long.MaxValue);
                if (gathered.Add(rows) is { } tooMany) return tooMany;
            }

            page.Add(group, gathered, question.Request, span, resume);
        }

        return null;
    }

    private SqlText RowsOf(BoundQuery rows, Caller caller, long? resume, bool areMany)
    {
        if (resume is { } from)
        {
            var start = new BoundConversion(
                new BoundProperty(rows.Row, rows.Entity.DefaultOrder, null), ValueKind.Instant);
            var after = new BoundCompare(BinaryOperator.Ge, start, new BoundLiteral(Literal.Of(new Instant(from))));
            rows = rows with { Filter = rows.Filter is null ? after : new BoundAnd([rows.Filter, after]) };
        }

        return translator.Rows(ReadRequest.OfChildren(Observations, caller.Read) with
        {
            Query = rows, AreParentsMany = areMany, Columns = [new("phenomenon_start"), new("result_number")],
        });
    }
}
