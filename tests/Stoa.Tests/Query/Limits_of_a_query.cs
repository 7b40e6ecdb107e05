using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Sensing.Schema.SensorThingsSchema;

namespace Stoa.Tests.Query;

/// <summary>Each limit at its value, which is taken, and at one more, which is refused by name.</summary>
public class Limits_of_a_query
{
    private static readonly QueryLimits Limits = QueryLimits.Default;

    private static void AtAndBeyond(string name, int limit, Func<int, string> query, EntityType? type = null)
    {
        Assert.True(QueryStore.TryBind(type ?? Thing, query(limit), out _, out var problem), problem?.Detail);
        Assert.False(QueryStore.TryBind(type ?? Thing, query(limit + 1), out _, out problem));
        Assert.Equal((400, "query-limit"), (problem.Status, problem.Type));
        Assert.Contains(problem.Members, member => member.Key == "limitName" && Equals(member.Value, name));
        Assert.Contains(problem.Members, member => member.Key == "limit" && Equals(member.Value, limit));
    }

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    [Fact]
    public void Characters_of_an_option() => AtAndBeyond(
        "characters of an option", Limits.TextCharsMax, n => "$filter=name eq '" + new string('x', n - 10) + "'");

    [Fact]
    public void Levels_of_nesting() => AtAndBeyond(
        "nesting levels", Limits.NestingLevelsMax, n => "$filter=" + Repeat("(", n - 1) + "id eq 1" + Repeat(")", n - 1));

    [Fact]
    public void Levels_of_negation() => AtAndBeyond(
        "nesting levels", Limits.NestingLevelsMax, n => "$filter=" + Repeat("not ", n - 1) + "id eq 1");

    // A condition is three nodes, and every "or" one more.
    [Fact]
    public void Nodes_of_all_expressions() => AtAndBeyond(
        "expression nodes", Limits.ExpressionNodesMax,
        n => "$filter=id eq 1" + Repeat(" or id eq 1", (Limits.ExpressionNodesMax - 4) / 4) + "&$orderby=id" + Repeat(", id", n - Limits.ExpressionNodesMax));

    [Fact]
    public void Weight_of_nesting() => Assert.Multiple(
        () => Assert.True(QueryStore.TryBind(Thing, "$filter=" + Repeat("trim(", 7) + "name" + Repeat(")", 7) + " eq ''", out _, out _)),
        () => Assert.False(QueryStore.TryBind(Thing, "$filter=" + Repeat("trim(", 8) + "name" + Repeat(")", 8) + " eq ''", out _, out _)));

    [Fact]
    public void Levels_of_expand() => AtAndBeyond(
        "levels of $expand", Limits.ExpandLevelsMax,
        n => "$expand=" + string.Join('/', Enumerable.Range(0, n).Select(i => i % 2 == 0 ? "Datastreams" : "Thing")));

    [Fact]
    public void Levels_of_expand_in_parentheses() => AtAndBeyond(
        "levels of $expand", Limits.ExpandLevelsMax,
        n => string.Concat(Enumerable.Range(0, n).Select(i => (i == 0 ? "" : "(") + "$expand=" + (i % 2 == 0 ? "Datastreams" : "Thing"))) + Repeat(")", n - 1));

    [Fact]
    public void Items_of_expand() => AtAndBeyond(
        "items of $expand", Limits.ExpandItemsMax, n => "$expand=" + string.Join(',', Enumerable.Repeat("Datastreams", n)));

    [Fact]
    public void Items_of_orderby() => AtAndBeyond(
        "items of $orderby", Limits.OrderByItemsMax, n => "$orderby=" + string.Join(',', Enumerable.Repeat("name", n)));

    [Fact]
    public void Items_of_select() => AtAndBeyond(
        "items of $select", Limits.SelectItemsMax, n => "$select=" + string.Join(',', Enumerable.Repeat("name", n)));

    [Fact]
    public void Segments_of_a_path() => AtAndBeyond(
        "path segments", Limits.PathSegmentsMax, n => "$filter=properties" + Repeat("/a", n - 1) + " eq 1");

    [Fact]
    public void Points_of_geometries() => AtAndBeyond(
        "points of geometries", Limits.WktPointsMax,
        n => "$filter=st_within(location, geography'LINESTRING (" + string.Join(',', Enumerable.Range(0, n).Select(i => $"{i} 1")) + ")')",
        Location);

    [Fact]
    public void Different_to_many_paths()
    {
        var limits = Limits with { ToManyPathsMax = 2, NestingWeightMax = 1000 };

        Assert.True(QueryStore.TryBind(Thing, "$filter=Datastreams/id eq 1 and Locations/id eq 1", out _, out _, limits));
        Assert.False(QueryStore.TryBind(
            Thing, "$filter=Datastreams/id eq 1 and Locations/id eq 1 and HistoricalLocations/id eq 1", out _, out var problem, limits));
        Assert.Contains(problem.Members, member => Equals(member.Value, "to-many paths"));
    }

    [Theory]
    [InlineData("$top=1000", 1000)]
    [InlineData("$top=1001", 1000)]
    [InlineData("$top=9223372036854775807", 1000)]
    [InlineData("$top=0", 0)]
    [InlineData("", 100)]
    public void A_larger_top_is_lowered_to_the_cap(string query, int top) => Assert.Equal(top, QueryStore.Bind(Thing, query).Top);

    [Fact]
    public void A_filter_of_many_conditions_still_runs()
    {
        var query = QueryStore.Bind(Thing, "$filter=id eq 1" + Repeat(" or id eq 1", 124));

        Assert.Equal(125, ((BoundOr)query.Filter!).Operands.Count);
    }
}
