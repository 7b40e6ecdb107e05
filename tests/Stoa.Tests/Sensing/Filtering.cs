using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>$filter over HTTP: operators, functions, paths (OGC 18-088, 9.3.3.5).</summary>
public class Filtering(SeriesExchange series) : IClassFixture<SeriesExchange>
{
    private Exchange Stoa => series.Stoa;

    private async Task ShouldFindAsync(string set, string filter, string ids)
    {
        var answer = await Stoa.ReadAsync($"{set}?$filter={Uri.EscapeDataString(filter)}&$orderby=id");
        Assert.Equal(ids, answer.Ids());
        var counted = await Stoa.ReadAsync($"{set}?$filter={Uri.EscapeDataString(filter)}&$count=true&$top=0");
        Assert.Equal(ids.Length == 0 ? 0 : ids.Split(',').Length, counted.Json.GetProperty("@iot.count").GetInt32());
    }

    [Theory]
    [Requirement(Requirements.Filter)]
    [Requirement(Requirements.FilterOperations)]
    [InlineData("id eq 2", "2")]
    [InlineData("@iot.id eq 2", "2")]
    [InlineData("id ne 2", "1,3,4")]
    [InlineData("id gt 2", "3,4")]
    [InlineData("id ge 2", "2,3,4")]
    [InlineData("id lt 2", "1")]
    [InlineData("id le 2", "1,2")]
    [InlineData("2 lt id", "3,4")]
    [InlineData("id gt 1 and id lt 4", "2,3")]
    [InlineData("id eq 1 or id eq 4", "1,4")]
    [InlineData("not (id eq 1)", "2,3,4")]
    [InlineData("not id eq 1", "2,3,4")]
    [InlineData("id add 1 eq 3", "2")]
    [InlineData("id sub 1 eq 3", "4")]
    [InlineData("id mul 2 eq 6", "3")]
    [InlineData("id div 2 eq 2", "4")]
    [InlineData("id div 2 eq 1.5", "3")]
    [InlineData("id mod 2 eq 0", "2,4")]
    [InlineData("-id eq -3", "3")]
    [InlineData("id in (1, 4, 9)", "1,4")]
    [InlineData("name in ('beta', 'Gamma')", "2,3")]
    [InlineData("true", "1,2,3,4")]
    [InlineData("false", "")]
    // Precedence, neighbour by neighbour (Annex A.2.1.6).
    [InlineData("id add 1 mul 2 eq 5", "3")]
    [InlineData("(id add 1) mul 2 eq 6", "2")]
    [InlineData("id eq 1 add 1", "2")]
    [InlineData("id gt 2 eq true", "3,4")]
    [InlineData("not id gt 1 and id lt 3", "1")]
    [InlineData("id eq 1 or id gt 1 and id eq 3", "1,3")]
    [InlineData("(id eq 1 or id gt 1) and id eq 3", "3")]
    [InlineData("-id add 4 eq 1", "3")]
    // A condition that is not true drops the row, whether it is false or null.
    [InlineData("properties/height gt 5", "2")]
    [InlineData("not (properties/height gt 5)", "1")]
    [InlineData("properties/note eq null", "2,3,4")]
    [InlineData("properties/note ne null", "1")]
    [InlineData("properties eq null", "4")]
    [InlineData("id div 0 eq 1", "")]
    public async Task Compares_calculates_and_joins(string filter, string ids) => await ShouldFindAsync("Things", filter, ids);

    [Theory]
    [Requirement(Requirements.Filter)]
    [InlineData("properties/height eq 3", "1")]
    [InlineData("properties/height ge 3", "1,2")]
    [InlineData("properties/height eq 'tall'", "3")]
    [InlineData("properties/open eq true", "1")]
    [InlineData("properties/open", "1")]
    [InlineData("properties/tags/1 eq 'b'", "1")]
    [InlineData("properties/note eq '7'", "1")]
    [InlineData("properties/note eq 7", "")]
    [InlineData("properties/built lt 2002-01-01T00:00:00Z", "1")]
    [InlineData("properties/absent/deep eq 1", "")]
    [InlineData("startswith(properties/height,'ta')", "3")]
    public async Task Reads_inside_JSON(string filter, string ids) => await ShouldFindAsync("Things", filter, ids);

    [Theory]
    [Requirement(Requirements.Filter)]
    [InlineData("result gt 3", "4,5,6,7,8,9,10,11,12")]
    [InlineData("result eq 10", "10")]
    [InlineData("result eq 10.0", "10")]
    [InlineData("result lt 0", "13")]
    [InlineData("result eq 'text'", "14")]
    [InlineData("result eq ''", "18")]
    [InlineData("result eq true", "15")]
    [InlineData("result eq null", "17")]
    [InlineData("result/a/b eq 5", "16")]
    [InlineData("parameters/i gt 10", "11,12")]
    public async Task Compares_results_by_their_kind(string filter, string ids) =>
        await ShouldFindAsync("Observations", filter, ids);

    [Fact]
    [Requirement(Requirements.Filter)]
    public async Task Compares_numeric_results_as_text_with_a_quoted_literal() =>
        // The public test suite expects it: of "1" to "12" six are greater than "3".
        await ShouldFindAsync("Datastreams(1)/Observations", "result gt '3'", "4,5,6,7,8,9");

    [Theory]
    [Requirement(Requirements.Filter)]
    [InlineData("phenomenonTime lt 2026-01-01T02:00:00Z", "1,2")]
    [InlineData("phenomenonTime le 2026-01-01T03:00:00+01:00", "1,2,3")]
    [InlineData("phenomenonTime eq 2025-12-31T23:00:00-05:00", "5")]
    [InlineData("phenomenonTime ge 2026-02-06T10:34:56.750Z", "18")]
    [InlineData("phenomenonTime ge 2026-02-06T10:34:56.751Z", "")]
    [InlineData("phenomenonTime gt 2026-01-01T10:00:00Z and phenomenonTime lt 2026-02-01T11:00:00Z", "12,13")]
    [InlineData("resultTime ge 2026-01-01T09:30:00.5Z", "10,12")]
    [InlineData("resultTime eq null and id lt 4", "1,3")]
    [InlineData("during(phenomenonTime,2026-01-01T01:00:00Z/2026-01-01T03:00:00Z)", "2,3")]
    [InlineData("before(phenomenonTime,2026-01-01T01:00:00Z)", "1")]
    public async Task Compares_times_as_moments(string filter, string ids) => await ShouldFindAsync("Observations", filter, ids);

    [Theory]
    [Requirement(Requirements.Filter)]
    [InlineData("Datastreams", "Thing/name eq 'beta'", "2")]
    [InlineData("Datastreams", "Thing/properties/height gt 3", "2")]
    [InlineData("Observations", "Datastream/Thing/name eq 'beta' and result eq true", "15")]
    [InlineData("Observations", "Datastream/id eq 1 and result gt 11", "12")]
    [InlineData("Observations", "FeatureOfInterest/id eq 2 and id gt 17", "18")]
    [InlineData("Things", "Datastreams/name eq 'kinds'", "2")]
    [InlineData("Things", "Datastreams/Observations/result eq 'text'", "2")]
    [InlineData("Things", "Datastreams/Observations/phenomenonTime gt 2026-01-02T00:00:00Z", "2")]
    [InlineData("Things", "Locations/name eq 'at Gamma'", "3")]
    [InlineData("Things", "not (Datastreams/name eq 'kinds')", "1,3,4")]
    [InlineData("Things", "Datastreams/name eq 'numbers' or Locations/name eq 'at Gamma'", "1,3")]
    [InlineData("Locations", "Things/Datastreams/Observations/result eq 12", "1")]
    [InlineData("Sensors", "Datastreams/Thing/name eq 'Gamma'", "1")]
    [InlineData("Sensors", "metadata/range/1 eq 50", "1")]
    [InlineData("ObservedProperties", "Datastreams/name eq 'absent'", "")]
    [InlineData("FeaturesOfInterest", "Observations/result eq 3", "1")]
    [InlineData("HistoricalLocations", "Thing/name eq 'beta' and Locations/name eq 'at beta'", "2")]
    [InlineData("Datastreams", "unitOfMeasurement/symbol eq null", "1,2,3")]
    [InlineData("Things(1)/Datastreams", "Observations/result gt 11", "1")]
    public async Task Follows_relations_both_ways(string set, string filter, string ids) => await ShouldFindAsync(set, filter, ids);

    [Theory]
    [Requirement(Requirements.QueryFunctions)]
    [InlineData("Things", "substringof('amm',name)", "3")]
    [InlineData("Things", "contains(name,'amm')", "3")]
    [InlineData("Things", "endswith(name,'ta')", "2")]
    [InlineData("Things", "startswith(name,'Al')", "1")]
    [InlineData("Things", "length(name) eq 4", "2")]
    [InlineData("Things", "length(name) eq 5", "1,3,4")]
    [InlineData("Things", "indexof(name,'a') eq 1", "3")]
    [InlineData("Things", "indexof(name,'zz') eq -1", "1,2,3,4")]
    [InlineData("Things", "substring(name,1) eq 'amma'", "3")]
    [InlineData("Things", "substring(name,1,2) eq 'et'", "2")]
    [InlineData("Things", "tolower(name) eq 'alpha'", "1")]
    [InlineData("Things", "tolower(name) eq 'ωmega'", "4")]
    [InlineData("Things", "toupper(name) eq 'BETA'", "2")]
    [InlineData("Things", "trim(description) eq 'It''s last'", "4")]
    [InlineData("Things", "concat(concat(name,', '),description) eq 'beta, Thing beta'", "2")]
    [InlineData("Observations", "year(phenomenonTime) eq 2026 and month(phenomenonTime) eq 2", "13,14,15,16,17,18")]
    [InlineData("Observations", "day(phenomenonTime) eq 3", "15")]
    [InlineData("Observations", "hour(phenomenonTime) eq 11", "12")]
    [InlineData("Observations", "minute(phenomenonTime) eq 34 and id lt 14", "13")]
    [InlineData("Observations", "second(phenomenonTime) eq 56 and id gt 17", "18")]
    [InlineData("Observations", "fractionalseconds(phenomenonTime) eq 0.75 and id gt 17", "18")]
    [InlineData("Observations", "date(phenomenonTime) eq date(2026-02-05T00:00:00Z)", "17")]
    [InlineData("Observations", "time(phenomenonTime) eq time(2020-02-02T03:00:00Z)", "4")]
    [InlineData("Observations", "totaloffsetminutes(phenomenonTime) eq 120 and id lt 15", "13,14")]
    [InlineData("Observations", "phenomenonTime gt now()", "13,14,15,16,17,18")]
    [InlineData("Observations", "phenomenonTime lt mindatetime()", "")]
    [InlineData("Observations", "phenomenonTime lt maxdatetime() and id eq 1", "1")]
    [InlineData("Observations", "round(result) eq -3", "13")]
    [InlineData("Observations", "floor(result) eq -3", "13")]
    [InlineData("Observations", "ceiling(result) eq -2", "13")]
    [InlineData("Locations", "geo.distance(location,geography'POINT (7 51)') lt 0.1", "1")]
    [InlineData("Locations", "geo.length(location) eq 0", "1,2,3")]
    [InlineData("Locations", "geo.intersects(location,geography'POLYGON ((6 50, 8.5 50, 8.5 53, 6 53, 6 50))')", "1,2")]
    [InlineData("Locations", "st_equals(location,geography'POINT (7 51)')", "1")]
    [InlineData("Locations", "st_disjoint(location,geography'POINT (7 51)')", "2,3")]
    [InlineData("Locations", "st_touches(location,geography'LINESTRING (7 51, 7 52)')", "1")]
    [InlineData("Locations", "st_within(location,geography'POLYGON ((6 50, 7.5 50, 7.5 53, 6 53, 6 50))')", "1")]
    [InlineData("Locations", "st_overlaps(location,geography'POLYGON ((6 50, 7.5 50, 7.5 53, 6 53, 6 50))')", "")]
    [InlineData("Locations", "st_crosses(geography'LINESTRING (6 51, 8 51)',location)", "")]
    [InlineData("Locations", "st_intersects(location,geography'LINESTRING (6 51, 8 51)')", "1")]
    [InlineData("Locations", "st_contains(geography'POLYGON ((6 50, 7.5 50, 7.5 53, 6 53, 6 50))',location)", "1")]
    [InlineData("Locations", "st_relate(location,geography'POINT (7 51)','T********')", "1")]
    public async Task Knows_every_function(string set, string filter, string ids) => await ShouldFindAsync(set, filter, ids);

    [Theory]
    [Requirement(Requirements.Filter)]
    [InlineData("name eq", "malformed-query", 7)]
    [InlineData("name eq 'a", "malformed-query", 8)]
    [InlineData("name = 'a'", "malformed-query", 5)]
    [InlineData("(name eq 'a'", "malformed-query", 12)]
    [InlineData("colour eq 'a'", "unknown-query-name", 0)]
    [InlineData("Datastreams/colour eq 'a'", "unknown-query-name", 12)]
    [InlineData("lenght(name) eq 1", "unknown-query-name", 0)]
    [InlineData("name eq 1", "query-kind-mismatch", 5)]
    [InlineData("name", "query-kind-mismatch", 0)]
    [InlineData("length(name,name) eq 1", "malformed-query", 0)]
    public async Task Refuses_what_it_cannot_read_and_points_at_it(string filter, string problem, int position)
    {
        var answer = await Stoa.ReadAsync("Things?$filter=" + Uri.EscapeDataString(filter));

        answer.ShouldBeProblem(400, problem);
        Assert.Equal("$filter", answer.Json.GetProperty("option").GetString());
        Assert.Equal(position, answer.Json.GetProperty("position").GetInt32());
    }
}
