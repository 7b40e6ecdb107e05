using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using NetTopologySuite.IO;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Aggregation;
using Stoa.Sensing.Http;
using Stoa.Sensing.Schema;
using Stoa.Storage.Translation;
using Stoa.Tests.Query;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Fuzzing;

/// <summary>Query options, resource paths and well-known text, whatever they hold.</summary>
public class Fuzzing_queries
{
    private static readonly string[] Words =
    [
        "(", ")", "'", "''", ",", ";", "/", " ", "=", "&", "%27", "%", "%C0%AF", "+", "$filter=", "$expand=",
            "$orderby=", "$top=", " eq ", " and ", " or ", "not ",
        " in (", " add ", " div ", "geography'", "duration'P1D'", "st_within(", "substring(", "length(", "now()",
            "null", "true", "Datastreams/", "Thing/", "properties/a",
        "result", "@iot.id", "2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z/2025-01-02T00:00:00Z",
    ];

    [Fact]
    public void Query_options_are_answered_with_options_or_a_problem()
    {
        var types = SensorThingsSchema.Schema.Types;
        var at = 0;
        new Fuzzer("queries.txt", Words).Run(bytes =>
        {
            var text = Encoding.UTF8.GetString(bytes);
            if (!ODataQuery.Parse(text, QueryLimits.Default).TryGet(out var options, out var problem))
            {
                MustBeAdvice(problem, text);
                return;
            }

            var type = types[at++ % types.Count];
            if (!QueryBinder.Bind(options, type, QueryLimits.Default, QueryStore.Moment).TryGet(out var bound,
                out problem))
            {
                MustBeAdvice(problem, text);
                return;
            }

            Assert.NotEmpty(QueryStore.Translator.Rows(ReadRequest.OfSet(bound.Entity,
                AccessScope.Everything) with { Query = bound }).Text);
        });
    }

    // 4xx or 501 with a place within the text, in words that can be shown.
    private static void MustBeAdvice(Problem problem, string text)
    {
        Assert.True(problem.Status is 400 or 501, problem.Detail);
        Assert.InRange(problem.Detail.Length, 1, 1000);
        Assert.DoesNotContain(problem.Detail, c => char.IsControl(c) || char.IsSurrogate(c));
        if (problem.Members.FirstOrDefault(member =>
            member.Key == "position").Value is int position) Assert.InRange(position, 0, text.Length);
    }

    [Fact]
    public void Resource_paths_are_answered_with_a_path_or_a_problem() => new Fuzzer(
        "paths.txt", "(", ")", "/", "$ref", "$value", "Things", "(1)", "Datastreams(2)", "/Observations", "properties",
            "'", "%2F", "..", ";", "\\").Run(bytes =>
    {
        var text = Encoding.UTF8.GetString(bytes);
        if (!ResourcePath.Parse(text).TryGet(out var path, out var problem))
        {
            Assert.True(problem.Status is 400 or 404, problem.Detail);
            return;
        }

        Assert.InRange(path.Steps.Count, 1, ResourcePath.StepsMax);
        if (path.Steps.Any(step => step.Key is not null)) Assert.NotNull(path.Entity);
    });

    [Fact]
    public void Well_known_text_is_a_geometry_or_a_fault_with_its_place()
    {
        var (reader, writer) = (new WKBReader(),
            new WKTWriter { OutputOrdinates = NetTopologySuite.Geometries.Ordinates.XY });
        new Fuzzer("wkt.txt", "(", ")", ",", " ", "POINT", "EMPTY", "Z", "ZM", "POLYGON", "MULTIPOLYGON",
            "GEOMETRYCOLLECTION(", "1e308", "-0", "SRID=4326;", "NaN").Run(bytes =>
        {
            var text = Encoding.UTF8.GetString(bytes);
            if (Wkt.Read(text, 1000, out _, out var at, out var fault, out _) is not { } geometry)
            {
                Assert.NotEmpty(fault!);
                Assert.InRange(at, 0, text.Length);
                return;
            }

            // What was read can be written and read again, and is the same.
            var printed = writer.Write(reader.Read(geometry.Wkb.ToArray()));
            var again = Wkt.Read(printed, 1000, out _, out _, out fault, out _);
            Assert.True(again is not null, $"{printed}: {fault}");
            Assert.True(geometry.Wkb.Span.SequenceEqual(again.Wkb.Span), printed);
        });
    }

    [Fact]
    public void Aggregations_are_answered_with_buckets_or_a_problem() => new Fuzzer(
        "aggregations.txt", "interval=", "zone=", "functions=", "groupBy=", "area=", "fill=", "&", ":", ",", "PT", "P", "H", "p50", "Datastream/", " and ", "$filter=", "/", "%00", "..", "'").Run(bytes =>
    {
        var text = Encoding.UTF8.GetString(bytes);
        var query = new QueryCollection(QueryHelpers.ParseQuery(text));
        if (!AggregationRequest.Parse(query, QueryLimits.Default).TryGet(out var request, out var problem))
        {
            MustBeAdvice(problem, text);
            return;
        }

        var buckets = new Buckets(request.Interval, request.Zone);
        foreach (var moment in new[] { Instant.Min.UnixMicroseconds, 0, 1_774_746_000_000_000, Instant.Max.UnixMicroseconds })
        {
            var start = buckets.Start(moment);
            Assert.True(start <= moment && moment < buckets.Next(start), $"{request.IntervalText} {request.ZoneName} {moment}");
        }

        if (!ODataQuery.Parse(text, QueryLimits.Default).TryGet(out var options, out _)) return;
        var observation = SensorThingsSchema.Observation;
        if (!QueryBinder.Bind(QueryOptions.None with { Filter = options.Filter }, observation, QueryLimits.Default, QueryStore.Moment).TryGet(out _, out _)) return;
        // What can be asked as a whole can be asked in its two parts.
        var parts = AggregationFilter.Divide(options.Filter);
        Assert.True(QueryBinder.Bind(QueryOptions.None with { Filter = parts.Rows }, observation, QueryLimits.Default, QueryStore.Moment).IsValue);
        Assert.True(QueryBinder.Bind(
            QueryOptions.None with { Filter = parts.Datastreams }, SensorThingsSchema.Datastream, QueryLimits.Default, QueryStore.Moment).IsValue);
    });
}
