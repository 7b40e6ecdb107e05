using Stoa.Query;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Sensing.Schema.SensorThingsSchema;

namespace Stoa.Tests.Query;

public class Binding_names
{
    [Theory]
    [InlineData("$filter=nam eq 'x'", "$filter, at character 1: Thing has no nam. Did you mean name? There are id, name, description, properties, Locations, HistoricalLocations, Datastreams, MultiDatastreams.")]
    [InlineData("$filter=id eq 1 and Datastream/name eq 'x'", "$filter, at character 13: Thing has no Datastream. Did you mean Datastreams?")]
    [InlineData("$filter=Datastreams/Thinq/name eq 'x'", "at character 13: Datastream has no Thinq. Did you mean Thing?")]
    [InlineData("$filter=name/first eq 'x'", "at character 6: name has no parts, so nothing may follow it.")]
    [InlineData("$filter=Datastreams eq null", "Datastreams is a relation. Name a property of it, such as Datastreams/id.")]
    [InlineData("$orderby=nam", "$orderby, at character 1: Thing has no nam.")]
    [InlineData("$orderby=Datastreams/name", "Datastreams leads to many entities, so it gives no single value to order by.")]
    [InlineData("$select=nam", "$select, at character 1: Thing has no nam.")]
    [InlineData("$select=name/first", "$select, at character 1: Thing has no name.")]
    [InlineData("$expand=Sensors", "$expand, at character 1: Thing has no relation Sensors.")]
    [InlineData("$expand=Datastreams($filter=nam eq 1)", "$expand, at character 21: Datastream has no nam.")]
    [InlineData("$expand=Datastreams($top=1),Datastreams($top=2)", "at character 21: Datastreams is expanded twice with options.")]
    [InlineData("$filter=name", "Expected something true or false, found a text. Compare it with a value.")]
    [InlineData("$filter=id eq 'x'", "$filter, at character 4: a number cannot be compared with a text. Numbers are written without quotes")]
    [InlineData("$filter=name eq 5", "a text cannot be compared with a number. Numbers are written without quotes")]
    [InlineData("$filter=name add 1 eq 2", "a text cannot be calculated with a number.")]
    [InlineData("$filter=length(5) eq 1", "at character 8: length expects a text here, found a number.")]
    [InlineData("$filter=-name eq 1", "Expected a number after the minus sign, found a text.")]
    [InlineData("$filter=name in ('a', 5)", "at character 15: a text cannot be compared with a number.")]
    [InlineData("$filter=st_relate(Locations/location, geography'POINT (1 1)', 'T')", "st_relate expects a pattern of nine")]
    [InlineData("$filter=Locations/location lt geography'POINT (1 1)'", "a geometry cannot be compared with a geometry.")]
    [InlineData("$orderby=Datastreams/observedArea", "no single value")]
    [InlineData("$filter=Datastreams/observedArea/type eq 'x'", "observedArea has no parts, so nothing may follow it.")]
    public void Refuses_with_place_and_advice(string query, string detail)
    {
        Assert.False(QueryStore.TryBind(Thing, query, out _, out var problem));

        Assert.Equal(400, problem.Status);
        Assert.Contains(detail, problem.Detail, StringComparison.Ordinal);
        Assert.Contains(problem.Members, member => member.Key == "position");
    }

    [Theory]
    [InlineData("$filter=phenomenonTime gt 5", "a time or interval cannot be compared with a number. Times are written like 2026-01-31T12:30:00Z, without quotes.")]
    [InlineData("$filter=resultTime gt 'yesterday'", "a time cannot be compared with a text. Times are written like")]
    public void Says_how_times_are_written(string query, string detail)
    {
        Assert.False(QueryStore.TryBind(Observation, query, out _, out var problem));
        Assert.Contains(detail, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Selects_properties_links_and_what_is_expanded()
    {
        var query = QueryStore.Bind(Thing, "$select=@iot.id,properties/owner,Locations&$expand=Datastreams");

        Assert.Equal(["id", "properties"], Thing.Properties.Where(query.Shows).Select(property => property.Name));
        Assert.Equal(["Locations", "Datastreams"], Thing.Navigations.Where(query.Shows).Select(navigation => navigation.Name));
        Assert.NotNull(query.FindExpand(Thing.FindNavigation("Datastreams")!));
        Assert.Null(query.FindExpand(Thing.FindNavigation("Locations")!));
    }

    [Fact]
    public void Merges_paths_that_begin_alike()
    {
        var query = QueryStore.Bind(Thing, "$expand=Datastreams($top=3),Datastreams/Sensor,Datastreams/ObservedProperty($select=name)");

        var streams = Assert.Single(query.Expand).Query;
        Assert.Equal(3, streams.Top);
        Assert.Equal(["Sensor", "ObservedProperty"], streams.Expand.Select(expand => expand.Navigation.Name));
    }

    [Theory]
    [InlineData("", "phenomenonTime,id", true)]
    [InlineData("$orderby=phenomenonTime desc", "phenomenonTime desc,id desc", true)]
    [InlineData("$orderby=phenomenonTime desc,id", "phenomenonTime desc,id", false)]
    [InlineData("$orderby=id desc,result", "id desc", true)]
    [InlineData("$orderby=result desc", "result desc,id desc", false)]
    [InlineData("$orderby=resultTime", "resultTime,id", false)]
    public void Makes_every_order_total(string query, string order, bool isKeyset)
    {
        var bound = QueryStore.Bind(Observation, query);

        Assert.Equal(order, string.Join(',', bound.OrderBy.Select(item =>
            ((BoundProperty)item.Expression).Property.Name + (item.IsDescending ? " desc" : ""))));
        Assert.Equal(isKeyset, bound.IsKeyset);
    }

    [Fact]
    public void Takes_now_as_one_moment_for_the_whole_request()
    {
        var query = QueryStore.Bind(Observation, "$filter=resultTime lt now() and resultTime gt mindatetime() and resultTime lt maxdatetime()");

        var literal = (BoundLiteral)((BoundCompare)((BoundAnd)query.Filter!).Operands[0]).Right;
        Assert.Equal(QueryStore.Moment, literal.Value.Time.Start);
    }
}
