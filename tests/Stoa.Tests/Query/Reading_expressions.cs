using Stoa.Query;
using Stoa.Query.OData;
using Xunit;

namespace Stoa.Tests.Query;

public class Reading_expressions
{
    private static string Read(string text) =>
        ODataQuery.ParseFilter(text, QueryLimits.Default).TryGet(out var expression, out var problem)
            ? Shown.Text(expression)
            : problem.Detail;

    // One for each pair of neighbouring levels of precedence (OGC 18-088, A.2.1.6; OData 4.0 part 2, 5.1.1.8).
    [Theory]
    [InlineData("a or b and c", "(a or (b and c))")]
    [InlineData("a and b or c", "((a and b) or c)")]
    [InlineData("(a or b) and c", "((a or b) and c)")]
    [InlineData("not a and b", "((not a) and b)")]
    [InlineData("not a eq b", "(not (a eq b))")]
    [InlineData("not not a", "(not (not a))")]
    [InlineData("a eq b and c ne d", "((a eq b) and (c ne d))")]
    [InlineData("a eq b gt c", "(a eq (b gt c))")]
    [InlineData("a gt b eq c", "((a gt b) eq c)")]
    [InlineData("a add b gt c", "((a add b) gt c)")]
    [InlineData("a lt b sub c", "(a lt (b sub c))")]
    [InlineData("a add b mul c", "(a add (b mul c))")]
    [InlineData("a div b sub c", "((a div b) sub c)")]
    [InlineData("a sub b sub c", "((a sub b) sub c)")]
    [InlineData("a mod b mul c", "((a mod b) mul c)")]
    [InlineData("-a mul b", "((- a) mul b)")]
    [InlineData("- 5 add -7", "((- 5) add -7)")]
    [InlineData("a in (1, 2) and b", "((a in (1, 2)) and b)")]
    [InlineData("a eq b or c eq d or e", "(((a eq b) or (c eq d)) or e)")]
    [InlineData("(((a)))", "a")]
    public void Groups_operators_by_precedence(string text, string expected) => Assert.Equal(expected, Read(text));

    [Theory]
    [InlineData("'it''s'", "'it's'")]
    [InlineData("''", "''")]
    [InlineData("'äöü 日本 🙂'", "'äöü 日本 🙂'")]
    [InlineData("42", "42")]
    [InlineData("-9223372036854775807", "-9223372036854775807")]
    [InlineData("9223372036854775808", "9.223372036854776E+18r")]
    [InlineData("2.50", "2.5r")]
    [InlineData("1e3", "1000r")]
    [InlineData("1.5E-2", "0.015r")]
    [InlineData("true", "true")]
    [InlineData("null", "null")]
    [InlineData("2026-01-31T12:30:15Z", "2026-01-31T12:30:15Z")]
    [InlineData("2026-01-31T12:30:15.123456+01:00", "2026-01-31T11:30:15.123456Z")]
    [InlineData("2026-01-31T12:30:15-0600", "2026-01-31T18:30:15Z")]
    [InlineData("2026-01-31T12:30:15", "2026-01-31T12:30:15Z")]
    [InlineData("2026-01-31", "2026-01-31T00:00:00Z")]
    [InlineData("2026-01-31T00:00:00Z/2026-02-01T00:00:00Z", "2026-01-31T00:00:00Z/2026-02-01T00:00:00Z")]
    [InlineData("12:30:00", "time 45000000000")]
    [InlineData("duration'P1DT2H'", "duration 93600000000")]
    [InlineData("duration'-PT0.5S'", "duration -500000")]
    [InlineData("geography'POINT (30 10)'", "[30 10 30 10]")]
    [InlineData("geography'SRID=4326;POINT Z(30 10 5)'", "[30 10 30 10]")]
    [InlineData("geography'POLYGON ((0 0, 4 0, 4 4, 0 0), (1 0.5, 2 0.5, 2 1, 1 0.5))'", "[0 0 4 4]")]
    [InlineData("geography'multipoint(1 2, (3 4))'", "[1 2 3 4]")]
    [InlineData("geography'MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)), ((5 5, 6 5, 6 6, 5 5)))'", "[0 0 6 6]")]
    [InlineData("geography'GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (2 2, 3 -1e0))'", "[1 -1 3 2]")]
    public void Reads_values(string text, string expected) => Assert.Equal(expected, Read(text));

    [Fact]
    public void Reads_a_plus_sign_in_an_offset_that_form_decoding_took_away()
    {
        var parsed = ODataQuery.Parse("?$filter=resultTime+gt+2026-01-31T12:00:00+01:00", QueryLimits.Default);

        Assert.True(parsed.TryGet(out var options, out _));
        Assert.Equal("(resultTime gt 2026-01-31T11:00:00Z)", Shown.Text(options.Filter!));
    }

    [Theory]
    [InlineData("properties/owner/name eq 'x'", "(properties/owner/name eq 'x')")]
    [InlineData("Datastreams/Observations/resultTime ge 2026-01-01", "(Datastreams/Observations/resultTime ge 2026-01-01T00:00:00Z)")]
    [InlineData("@iot.id eq 1", "(@iot.id eq 1)")]
    [InlineData("properties/list/0 eq 1", "(properties/list/0 eq 1)")]
    [InlineData("properties/schema:name eq 1", "(properties/schema:name eq 1)")]
    [InlineData("properties/foo-bar eq 1", "(properties/foo-bar eq 1)")]
    [InlineData("not/x eq 1", "(not/x eq 1)")]
    [InlineData("null/x eq 1", "(null/x eq 1)")]
    public void Reads_paths(string text, string expected) => Assert.Equal(expected, Read(text));

    [Fact]
    public void Knows_every_function_of_the_standard()
    {
        string[] names =
        [
            "substringof", "endswith", "startswith", "length", "indexof", "substring", "tolower", "toupper", "trim", "concat", "contains",
            "year", "month", "day", "hour", "minute", "second", "fractionalseconds", "date", "time", "totaloffsetminutes",
            "now", "mindatetime", "maxdatetime", "round", "floor", "ceiling", "geo.distance", "geo.length", "geo.intersects",
            "st_equals", "st_disjoint", "st_touches", "st_within", "st_overlaps", "st_crosses", "st_intersects", "st_contains",
            "st_relate", "before", "after", "meets", "during", "overlaps", "starts", "finishes",
        ];

        Assert.Equal(names.Order(), QueryFunctions.All.Select(function => function.Name).Order());
        Assert.All(QueryFunctions.All, function => Assert.Same(function, function.Function.Signature()));
    }

    [Theory]
    [InlineData("name eq", "at character 8: Expected a property, a value, a function or '(', found the end.")]
    [InlineData("name eq 'x", "at character 9: Expected a property, a value, a function or '(', found a text without its closing quote.")]
    [InlineData("name = 'x'", "at character 6: Expected an operator or the end, found '='.")]
    [InlineData("(name eq 'x'", "at character 13: Expected ')' or an operator, found the end.")]
    [InlineData("name eq 'x')", "at character 12: Expected an operator or the end, found ')'.")]
    [InlineData("name eq 'x' 'y'", "at character 13: Expected an operator or the end, found ''y''.")]
    [InlineData("name eq 5x", "at character 9: Expected a property, a value, a function or '(', found a number followed by other characters.")]
    [InlineData("name eq 1e999", "found a number too large for double precision.")]
    [InlineData("foo(name)", "at character 1: There is no function foo.")]
    [InlineData("lenght(name) eq 1", "There is no function lenght. Did you mean length?")]
    [InlineData("length(name, name) eq 1", "at character 1: Expected 1 arguments for length, found 2.")]
    [InlineData("substring(name) eq 'x'", "at character 1: Expected 2 or 3 arguments for substring, found 1.")]
    [InlineData("properties/ eq 1", "Expected an operator or the end, found '1'.")]
    [InlineData("time gt 2026-13-01", "at character 9: Expected a property, a value, a function or '(', found a time that is not of the form")]
    [InlineData("time gt 2026-01-02/2026-01-01", "found an interval that ends before it starts.")]
    [InlineData("name eq date'2026'", "at character 9: Expected geography'…' or duration'…'; times and plain text take no prefix, found date.")]
    [InlineData("x eq duration'1 hour'", "at character 15: Expected a duration like P1DT2H30M, found '1 hour'.")]
    [InlineData("x eq duration'P1M'", "Expected a duration like P1DT2H30M, found 'P1M'.")]
    [InlineData("st_within(location, geography'POINT (1)')", "at character 39: Expected a number, found ')'.")]
    [InlineData("st_within(location, geography'PINT (1 2)')", "at character 31: Expected POINT, LINESTRING,")]
    [InlineData("st_within(location, geography'POLYGON ((0 0, 1 0, 1 1, 0 1))')", "Expected a ring that ends at its first point")]
    [InlineData("st_within(location, geography'POINT (1 2) x')", "Expected the end of the geometry, found 'x'.")]
    [InlineData("st_within(location, geography'SRID=25832;POINT (1 2)')", "Expected longitude and latitude in WGS 84 (SRID=4326)")]
    [InlineData("name eq #", "at character 9:")]
    [InlineData("name in 5", "at character 9: Expected '(' and a list of values, found '5'.")]
    public void Refuses_and_points_at_the_place(string text, string detail)
    {
        Assert.False(ODataQuery.ParseFilter(text, QueryLimits.Default).TryGet(out _, out var problem));

        Assert.Equal(400, problem.Status);
        Assert.Contains(detail, problem.Detail, StringComparison.Ordinal);
        Assert.Contains(problem.Members, member => member.Key == "position");
        Assert.Contains(problem.Members, member => member is { Key: "option", Value: "$filter" });
    }
}
