using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>DELETE and what goes along (OGC 18-088, 10.4 and Table 25).</summary>
public class Deleting_entities
{
    /// <summary>
    /// Two stations that share Sensor 1 and ObservedProperty 1: Thing 1 with Datastream 1 (Observations 1, 2) and Datastream 3
    /// (Sensor 2, Property 2, Observation 4), Thing 2 with Datastream 2 (Observation 3). Feature 1 is generated, 2 is named.
    /// </summary>
    private static async Task<Exchange> StationsAsync()
    {
        var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Things",
            $$"""{"name":"Second","description":"d","Locations":[{{SensorThings.Location("L", 8, 50)}}]}""");
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second", thing: 2));
        await stoa.CreateAsync("Sensors", """{"name":"S","description":"d","encodingType":"e","metadata":"m"}""");
        await stoa.CreateAsync("ObservedProperties", """{"name":"P","description":"d","definition":"x"}""");
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("third", thing: 1, sensor: 2, property: 2));
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"));
        await stoa.CreateAsync("Datastreams(1)/Observations",
            """
            {"phenomenonTime":"2026-01-05T00:00:00Z","resultTime":"2026-01-05T00:00:01Z","result":2,
             "FeatureOfInterest":{"name":"F","description":"d","encodingType":"application/geo+json","feature":{"type":"Point","coordinates":[9,53]}}}
            """);
        await stoa.CreateAsync("Observations", """{"result":3,"Datastream":{"@iot.id":2},"FeatureOfInterest":{"@iot.id":2}}""");
        await stoa.CreateAsync("Observations", """{"result":4,"Datastream":{"@iot.id":3}}""");
        return stoa;
    }

    [Theory]
    [Requirement(Requirements.DeleteEntity)]
    [InlineData("Things(1)", "Things 2; Locations 1,2; HistoricalLocations 2; Datastreams 2; Sensors 1,2; ObservedProperties 1,2; Observations 3; FeaturesOfInterest 1,2")]
    [InlineData("Locations(1)", "Things 1,2; Locations 2; HistoricalLocations 2; Datastreams 1,2,3; Sensors 1,2; ObservedProperties 1,2; Observations 1,2,3,4; FeaturesOfInterest 1,2")]
    [InlineData("HistoricalLocations(1)", "Things 1,2; Locations 1,2; HistoricalLocations 2; Datastreams 1,2,3; Sensors 1,2; ObservedProperties 1,2; Observations 1,2,3,4; FeaturesOfInterest 1,2")]
    [InlineData("Datastreams(1)", "Things 1,2; Locations 1,2; HistoricalLocations 1,2; Datastreams 2,3; Sensors 1,2; ObservedProperties 1,2; Observations 3,4; FeaturesOfInterest 1,2")]
    [InlineData("Sensors(1)", "Things 1,2; Locations 1,2; HistoricalLocations 1,2; Datastreams 3; Sensors 2; ObservedProperties 1,2; Observations 4; FeaturesOfInterest 1,2")]
    [InlineData("ObservedProperties(2)", "Things 1,2; Locations 1,2; HistoricalLocations 1,2; Datastreams 1,2; Sensors 1,2; ObservedProperties 1; Observations 1,2,3; FeaturesOfInterest 1,2")]
    [InlineData("FeaturesOfInterest(2)", "Things 1,2; Locations 1,2; HistoricalLocations 1,2; Datastreams 1,2,3; Sensors 1,2; ObservedProperties 1,2; Observations 1,4; FeaturesOfInterest 1")]
    [InlineData("Observations(2)", "Things 1,2; Locations 1,2; HistoricalLocations 1,2; Datastreams 1,2,3; Sensors 1,2; ObservedProperties 1,2; Observations 1,3,4; FeaturesOfInterest 1,2")]
    [InlineData("Things(1)/Datastreams(3)", "Things 1,2; Locations 1,2; HistoricalLocations 1,2; Datastreams 1,2; Sensors 1,2; ObservedProperties 1,2; Observations 1,2,3; FeaturesOfInterest 1,2")]
    public async Task Takes_along_what_cannot_be_without_it_and_nothing_else(string path, string left)
    {
        await using var stoa = await StationsAsync();

        var answer = await stoa.DeleteAsync(SensorThings.At(path));

        Assert.Empty(answer.ShouldBe(200).Bytes);
        var sets = left.Split("; ").Select(part => part.Split(' ')).ToList();
        foreach (var set in sets)
        {
            Assert.Equal(set[0] + " " + set[1], set[0] + " " + (await stoa.ReadAsync(set[0] + "?$orderby=id")).Ids());
            Assert.Equal(set[1].Split(',').Length, (await stoa.ReadAsync(set[0] + "?$count=true&$top=0")).Json.GetProperty("@iot.count").GetInt32());
        }

        (await stoa.ReadAsync(path)).ShouldBe(404);
        (await stoa.DeleteAsync(SensorThings.At(path))).ShouldBeProblem(404, "not-found");
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.DeleteEntity)]
    [Requirement(Requirements.DatastreamProperties)]
    public async Task Derives_the_Datastream_again()
    {
        await using var stoa = await StationsAsync();
        (await stoa.ReadAsync("Datastreams(1)?$select=phenomenonTime,resultTime,observedArea")).ShouldBeJson(200,
            """
            {
              "phenomenonTime": "2026-01-01T00:00:00Z/2026-01-05T00:00:00Z",
              "resultTime": "2026-01-05T00:00:01Z/2026-01-05T00:00:01Z",
              "observedArea": {"type": "Polygon", "coordinates": [[[7.5, 51.9], [9, 51.9], [9, 53], [7.5, 53], [7.5, 51.9]]]}
            }
            """);

        (await stoa.DeleteAsync(SensorThings.At("Observations(2)"))).ShouldBe(200);
        (await stoa.ReadAsync("Datastreams(1)?$select=phenomenonTime,resultTime,observedArea")).ShouldBeJson(200,
            """
            {
              "phenomenonTime": "2026-01-01T00:00:00Z/2026-01-01T00:00:00Z",
              "resultTime": null,
              "observedArea": {"type": "Point", "coordinates": [7.5, 51.9]}
            }
            """);

        (await stoa.DeleteAsync(SensorThings.At("Observations(1)"))).ShouldBe(200);
        (await stoa.ReadAsync("Datastreams(1)?$select=phenomenonTime,resultTime,observedArea")).ShouldBeJson(200,
            """{"phenomenonTime": null, "resultTime": null, "observedArea": null}""");
        (await stoa.ReadAsync("Datastreams(1)/phenomenonTime")).ShouldBe(204);
    }

    [Fact]
    [Requirement(Requirements.DeleteEntity)]
    public async Task Never_gives_an_id_twice()
    {
        await using var stoa = await StationsAsync();
        await stoa.DeleteAsync(SensorThings.At("Observations(4)"));
        await stoa.DeleteAsync(SensorThings.At("Things(2)"));
        await stoa.RestartAsync();

        Assert.Equal(5, await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}"""));
        Assert.Equal(3, await stoa.CreateAsync("Things", """{"name":"n","description":"d"}"""));
    }

    [Theory]
    [InlineData("Things")]
    [InlineData("Things(1)/Datastreams")]
    [InlineData("Things(1)/name")]
    [InlineData("Things(1)/Datastreams/$ref")]
    public async Task Works_on_one_entity_only(string path)
    {
        await using var stoa = await StationsAsync();
        var before = await stoa.SnapshotAsync();

        (await stoa.DeleteAsync(SensorThings.At(path))).ShouldBeProblem(405, "method-not-allowed");

        Assert.Equal(before, await stoa.SnapshotAsync());
    }
}
