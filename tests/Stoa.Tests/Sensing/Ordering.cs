using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>$orderby (OGC 18-088, 9.3.3.2) and the order without it.</summary>
public class Ordering(SeriesExchange series) : IClassFixture<SeriesExchange>
{
    private Exchange Stoa => series.Stoa;

    [Theory]
    [Requirement(Requirements.OrderBy)]
    [InlineData("Things?$orderby=id desc", "4,3,2,1")]
    [InlineData("Things?$orderby=name", "1,3,2,4")]
    [InlineData("Things?$orderby=name asc", "1,3,2,4")]
    [InlineData("Things?$orderby=tolower(name)", "1,2,3,4")]
    [InlineData("Things?$orderby=length(name) desc,id desc", "4,3,1,2")]
    [InlineData("Things?$orderby=properties/height,id", "4,3,1,2")]
    [InlineData("Datastreams?$orderby=Thing/name", "1,3,2")]
    [InlineData("Datastreams?$orderby=Thing/name desc", "2,3,1")]
    [InlineData("Datastreams?$orderby=Thing/id desc", "3,2,1")]
    [InlineData("Datastreams?$orderby=phenomenonTime", "3,1,2")]
    [InlineData("Datastreams(1)/Observations?$orderby=result desc&$top=3", "12,11,10")]
    [InlineData("Datastreams(1)/Observations?$orderby=phenomenonTime desc&$top=3", "12,11,10")]
    [InlineData("Datastreams(1)/Observations?$orderby=result mod 5,result desc&$top=4", "10,5,11,6")]
    [InlineData("Observations?$orderby=Datastream/Thing/name desc,id desc&$top=2", "18,17")]
    [InlineData("Observations?$orderby=Datastream/id desc,phenomenonTime&$top=3", "13,14,15")]
    public async Task Orders_as_asked(string path, string ids)
    {
        var answer = await Stoa.ReadAsync(path);

        Assert.Equal(ids, answer.Ids());
    }

    [Theory]
    [Requirement(Requirements.OrderBy)]
    [InlineData("Datastreams(1)/Observations?$orderby=resultTime", "1,3,5,7,9,11,2,4,6,8,10,12")]
    [InlineData("Datastreams(1)/Observations?$orderby=resultTime desc", "12,10,8,6,4,2,11,9,7,5,3,1")]
    [InlineData("Things?$orderby=properties/note,id", "2,3,4,1")]
    [InlineData("Things?$orderby=properties/note desc,id", "1,2,3,4")]
    [InlineData("Datastreams?$orderby=resultTime,id", "2,3,1")]
    [InlineData("Datastreams?$orderby=resultTime desc,id", "1,2,3")]
    public async Task Puts_what_is_null_first_upwards_and_last_downwards(string path, string ids)
    {
        var answer = await Stoa.ReadAsync(path);

        Assert.Equal(ids, answer.Ids());
    }

    [Fact]
    [Requirement(Requirements.OrderBy)]
    public async Task Is_by_time_for_observations_and_by_id_for_all_else_when_not_asked_for()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Things", """{"name":"A","description":"d"}""");
        await stoa.GivenObservationsAsync(
            ("2026-01-03T00:00:00Z", "3"), ("2026-01-01T00:00:00Z", "1"), ("2026-01-02T00:00:00Z", "2"), ("2026-01-01T00:00:00Z", "4"));

        Assert.Equal("2,4,3,1", (await stoa.ReadAsync("Observations")).Ids());
        Assert.Equal("2,4,3,1", (await stoa.ReadAsync("Datastreams(1)/Observations")).Ids());
        Assert.Equal("1,2", (await stoa.ReadAsync("Things")).Ids());
    }

    [Theory]
    [Requirement(Requirements.OrderBy)]
    [InlineData("Things?$orderby=colour", "unknown-query-name")]
    [InlineData("Things?$orderby=name up", "malformed-query")]
    [InlineData("Things?$orderby=", "malformed-query")]
    [InlineData("Things?$orderby=name,", "malformed-query")]
    [InlineData("Things?$orderby=Datastreams/name", "query-not-possible")]
    [InlineData("Locations?$orderby=location", "query-kind-mismatch")]
    [InlineData("Things?$orderby=id,id,id,id,id,id,id,id,id,id,id", "query-limit")]
    public async Task Refuses_what_has_no_order(string path, string problem)
    {
        var answer = await Stoa.ReadAsync(path);

        answer.ShouldBeProblem(400, problem);
    }
}
