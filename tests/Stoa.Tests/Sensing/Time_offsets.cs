using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Times answered in UTC, and the offset as written given back by totaloffsetminutes (OGC 18-088, Table 23).</summary>
[Requirement(Requirements.QueryFunctions)]
public class Time_offsets
{
    private const string Times =
        """
        "phenomenonTime":"2026-01-01T01:30:00+02:00","resultTime":"2025-12-31T18:30:00-05:00",
        "validTime":"2026-01-01T05:00:00+05:30/2026-01-02T00:00:00Z"
        """;

    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"phenomenonTime":"2026-01-05T00:00:00Z","result":0}""");
        return stoa;
    }

    private static async Task ShouldHaveOffsetsAsync(Exchange stoa, long id, string phenomenon, string result, string valid)
    {
        foreach (var (property, minutes) in new[] { ("phenomenonTime", phenomenon), ("resultTime", result), ("validTime", valid) })
            Assert.Equal(id.ToString(System.Globalization.CultureInfo.InvariantCulture),
                (await stoa.ReadAsync($"Observations?$filter=id eq {id} and totaloffsetminutes({property}) eq {minutes}")).Ids());
    }

    [Fact]
    public async Task Are_kept_for_every_time_of_an_Observation_however_it_comes()
    {
        await using var stoa = await StationAsync();
        await stoa.CreateAsync("Datastreams(1)/Observations", $$"""{{{Times}},"result":1}""");
        (await stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
            """
            [{"Datastream":{"@iot.id":1},"components":["phenomenonTime","resultTime","validTime","result"],"dataArray":[
              ["2026-01-01T01:30:00+02:00","2025-12-31T18:30:00-05:00","2026-01-01T05:00:00+05:30/2026-01-02T00:00:00Z",1]]}]
            """)).ShouldBe(201);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(1)"), $$"""{{{Times}}}""")).ShouldBe(200);

        for (var id = 1; id <= 3; id++)
        {
            await ShouldHaveOffsetsAsync(stoa, id, "120", "-300", "330");
            (await stoa.ReadAsync($"Observations({id})?$select=phenomenonTime,resultTime,validTime")).ShouldBeJson(200,
                """
                {"phenomenonTime":"2025-12-31T23:30:00Z","resultTime":"2025-12-31T23:30:00Z",
                 "validTime":"2025-12-31T23:30:00Z/2026-01-02T00:00:00Z"}
                """);
        }

        (await stoa.PatchJsonAsync(SensorThings.At("Observations(2)"), """{"resultTime":"2026-01-01T00:00:00Z"}""")).ShouldBe(200);
        await ShouldHaveOffsetsAsync(stoa, 2, "120", "0", "330");
        (await stoa.PutJsonAsync(SensorThings.At("Observations(3)"), """{"phenomenonTime":"2026-01-01T00:00:00+01:00","result":1}""")).ShouldBe(200);
        await ShouldHaveOffsetsAsync(stoa, 3, "60", "null", "null");
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task Are_kept_for_HistoricalLocations()
    {
        await using var stoa = await StationAsync();
        const string links = """ "Thing":{"@iot.id":1},"Locations":[{"@iot.id":1}]""";
        await stoa.CreateAsync("HistoricalLocations", $$"""{"time":"2020-01-01T01:00:00+01:00",{{links}}}""");
        await stoa.CreateAsync("HistoricalLocations", $$"""{"time":"2020-01-01T00:00:00Z",{{links}}}""");

        (await stoa.PatchJsonAsync(SensorThings.At("HistoricalLocations(3)"), """{"time":"2019-12-31T20:00:00-04:00"}""")).ShouldBe(200);

        Assert.Equal("3,1,2", (await stoa.ReadAsync("HistoricalLocations?$orderby=totaloffsetminutes(time)")).Ids());
        Assert.Equal("2", (await stoa.ReadAsync("HistoricalLocations?$filter=totaloffsetminutes(time) eq 60")).Ids());
        Assert.Equal("2,3", (await stoa.ReadAsync("HistoricalLocations?$filter=time eq 2020-01-01T00:00:00Z")).Ids());
    }

    [Theory]
    [InlineData("totaloffsetminutes(2026-01-01T00:00:00-03:30) eq -210", "1,2")]
    [InlineData("totaloffsetminutes(parameters/at) eq 540", "2")]
    [InlineData("totaloffsetminutes(parameters/note) eq 0", "")]
    [InlineData("totaloffsetminutes(resultTime) eq null", "1")]
    [InlineData("totaloffsetminutes(Datastream/phenomenonTime) eq 0", "1,2")]
    [InlineData("totaloffsetminutes(now()) eq 0", "1,2")]
    [InlineData("hour(phenomenonTime) eq 23 and minute(phenomenonTime) eq 30", "2")]
    [InlineData("day(resultTime) eq 31 and month(resultTime) eq 12 and year(resultTime) eq 2025", "2")]
    [InlineData("date(phenomenonTime) eq 2025-12-31 and time(phenomenonTime) eq 23:30:00", "2")]
    [InlineData("hour(phenomenonTime add duration'PT2H') eq 1", "2")]
    [InlineData("phenomenonTime eq 2026-01-01T08:30:00%2B09:00", "2")]
    [InlineData("phenomenonTime eq resultTime", "2")]
    public async Task Count_in_no_comparison_and_in_no_part_of_a_time(string filter, string ids)
    {
        await using var stoa = await StationAsync();
        await stoa.CreateAsync("Datastreams(1)/Observations",
            $$$"""{{{{Times}}},"result":1,"parameters":{"at":"2026-01-01T00:00:00+09:00","note":"x"}}""");

        Assert.Equal(ids, (await stoa.ReadAsync("Observations?$orderby=id&$filter=" + filter)).Ids());
    }
}
