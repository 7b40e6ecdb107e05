using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>The FeatureOfInterest of observations that name none (OGC 18-088, 10.2).</summary>
public class Features_from_locations
{
    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        return stoa;
    }

    private static async Task<string> FeatureOfNextObservationAsync(Exchange stoa)
    {
        var id = await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        await stoa.ShouldBeConsistentAsync();
        return (await stoa.ReadAsync($"Observations({id})/FeatureOfInterest/id/$value")).ShouldBe(200).Text;
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task Are_made_once_for_a_place()
    {
        await using var stoa = await StationAsync();

        Assert.Equal("1", await FeatureOfNextObservationAsync(stoa));
        Assert.Equal("1", await FeatureOfNextObservationAsync(stoa));
        await stoa.RestartAsync();
        Assert.Equal("1", await FeatureOfNextObservationAsync(stoa));
        Assert.Equal("1", (await stoa.ReadAsync("FeaturesOfInterest")).Ids());
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task Are_shared_by_the_Datastreams_of_a_Thing()
    {
        await using var stoa = await StationAsync();
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));
        await FeatureOfNextObservationAsync(stoa);

        await stoa.CreateAsync("Datastreams(2)/Observations", """{"result":1}""");

        Assert.Equal("1", (await stoa.ReadAsync("FeaturesOfInterest")).Ids());
        Assert.Equal(2, (await stoa.ReadAsync("FeaturesOfInterest(1)/Observations?$count=true")).Json.GetProperty("@iot.count").GetInt32());
    }

    [Theory]
    [Requirement(Requirements.CreateEntity)]
    [InlineData("POST", "Things(1)/Locations", """{"name":"New","description":"d","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[8,50]}}""")]
    [InlineData("PATCH", "Things(1)", """{"Locations":[{"@iot.id":2}]}""")]
    [InlineData("PATCH", "Locations(2)", """{"Things":[{"@iot.id":1}]}""")]
    [InlineData("PATCH", "Locations(1)", """{"location":{"type":"Point","coordinates":[8,50]}}""")]
    [InlineData("PUT", "Locations(1)", """{"name":"New","description":"d","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[8,50]}}""")]
    [InlineData("POST", "HistoricalLocations", """{"time":"2026-02-01T00:00:00Z","Thing":{"@iot.id":1},"Locations":[{"@iot.id":2}]}""")]
    public async Task Are_made_anew_when_the_Thing_moved_and_the_old_ones_stay(string method, string path, string json)
    {
        await using var stoa = await StationAsync();
        await stoa.CreateAsync("Locations", SensorThings.Location("New", 8, 50));
        Assert.Equal("1", await FeatureOfNextObservationAsync(stoa));

        var moved = await stoa.SendAsync(new HttpMethod(method), SensorThings.At(path), json, stoa.AdminToken);

        Assert.True(moved.Status is 200 or 201, moved.ToString());
        Assert.Equal("2", await FeatureOfNextObservationAsync(stoa));
        Assert.Equal("2", await FeatureOfNextObservationAsync(stoa));
        (await stoa.ReadAsync("FeaturesOfInterest?$select=feature")).ShouldBeJson(200,
            """
            {"value": [
              {"feature": {"type": "Point", "coordinates": [7.5, 51.9]}},
              {"feature": {"type": "Point", "coordinates": [8, 50]}}
            ]}
            """);
        (await stoa.ReadAsync("Datastreams(1)/observedArea")).ShouldBeJson(200,
            """{"observedArea":{"type":"Polygon","coordinates":[[[7.5,50],[8,50],[8,51.9],[7.5,51.9],[7.5,50]]]}}""");
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task Are_those_of_the_place_to_which_a_Thing_comes_back()
    {
        await using var stoa = await StationAsync();
        await FeatureOfNextObservationAsync(stoa);
        await stoa.CreateAsync("Things(1)/Locations", SensorThings.Location("New", 8, 50));
        await FeatureOfNextObservationAsync(stoa);

        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"Locations":[{"@iot.id":1}]}""")).ShouldBe(200);

        Assert.Equal("1", await FeatureOfNextObservationAsync(stoa));
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task Are_made_anew_when_they_were_deleted()
    {
        await using var stoa = await StationAsync();
        Assert.Equal("1", await FeatureOfNextObservationAsync(stoa));

        (await stoa.DeleteAsync(SensorThings.At("FeaturesOfInterest(1)"))).ShouldBe(200);

        Assert.Equal("2", await FeatureOfNextObservationAsync(stoa));
        Assert.Equal("2", (await stoa.ReadAsync("Observations")).Ids());
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task Need_a_place()
    {
        await using var stoa = await StationAsync();
        await FeatureOfNextObservationAsync(stoa);
        await stoa.DeleteAsync(SensorThings.At("Locations(1)"));
        var before = await stoa.SnapshotAsync();

        (await stoa.PostJsonAsync(SensorThings.At("Datastreams(1)/Observations"), """{"result":1}"""))
            .ShouldBeProblem(400, "no-feature-of-interest");

        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task Are_of_the_encoding_that_has_a_geometry()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things",
            $$$"""
            {"name":"T","description":"d","Locations":[
              {{{SensorThings.Location("as GeoJSON", 1, 2)}}},
              {"name":"in words","description":"d","encodingType":"text/plain","location":"there"}],
             "Datastreams":[{"name":"D","description":"d","observationType":"o",
              "unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
              "Sensor":{"name":"S","description":"d","encodingType":"e","metadata":"m"},
              "ObservedProperty":{"name":"P","description":"d","definition":"x"}}]}
            """);

        await FeatureOfNextObservationAsync(stoa);
        await stoa.RestartAsync();
        Assert.Equal("1", await FeatureOfNextObservationAsync(stoa));

        (await stoa.ReadAsync("FeaturesOfInterest?$select=name,encodingType,feature")).ShouldBeJson(200,
            """
            {"value": [{"name": "as GeoJSON", "encodingType": "application/geo+json", "feature": {"type": "Point", "coordinates": [1, 2]}}]}
            """);
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task Follow_the_Thing_to_which_a_Datastream_was_given()
    {
        await using var stoa = await StationAsync();
        Assert.Equal("1", await FeatureOfNextObservationAsync(stoa));
        await stoa.CreateAsync("Things", $$"""{"name":"T","description":"d","Locations":[{{SensorThings.Location("L", 1, 2)}}]}""");

        (await stoa.PatchJsonAsync(SensorThings.At("Datastreams(1)"), """{"Thing":{"@iot.id":2}}""")).ShouldBe(200);

        Assert.Equal("2", await FeatureOfNextObservationAsync(stoa));
    }
}
