using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>PATCH and PUT (OGC 18-088, 10.3).</summary>
public class Updating_entities
{
    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Datastreams(1)/Observations",
            """{"phenomenonTime":"2026-01-01T00:00:00Z","resultTime":"2026-01-01T00:01:00Z","result":1,"parameters":{"a":1}}""");
        await stoa.GivenObservationsAsync(("2026-01-02T00:00:00Z", "2"));
        return stoa;
    }

    [Theory]
    [Requirement(Requirements.UpdateEntity)]
    [InlineData("Things(1)", """{"name":"New"}""", "name,description,properties",
        """{"name":"New","description":"A station","properties":{"owner":{"name":"City"},"height":3}}""")]
    [InlineData("Things(1)", """{"properties":{"a":1}}""", "name,description,properties",
        """{"name":"Station","description":"A station","properties":{"a":1}}""")]
    [InlineData("Things(1)", """{"properties":null}""", "name,properties", """{"name":"Station","properties":null}""")]
    [InlineData("Things(1)", "{}", "name", """{"name":"Station"}""")]
    [InlineData("Things(1)", """{"@iot.id":7,"id":8,"@iot.selfLink":"x","name":"Same"}""", "id,name",
        """{"@iot.id":1,"@iot.selfLink":"{base}/sensorthings/v1.1/Things(1)","name":"Same"}""")]
    [InlineData("Locations(1)", """{"location":{"type":"Point","coordinates":[8,50]}}""", "name,location",
        """{"name":"Square","location":{"type":"Point","coordinates":[8,50]}}""")]
    [InlineData("HistoricalLocations(1)", """{"time":"2026-01-30T00:00:00+01:00"}""", "time", """{"time":"2026-01-29T23:00:00Z"}""")]
    [InlineData("Datastreams(1)", """{"unitOfMeasurement":{"name":"K","symbol":"K","definition":"ucum:K"}}""", "name,unitOfMeasurement",
        """{"name":"Temperature","unitOfMeasurement":{"name":"K","symbol":"K","definition":"ucum:K"}}""")]
    [InlineData("Datastreams(1)", """{"phenomenonTime":"2000-01-01T00:00:00Z/2001-01-01T00:00:00Z"}""", "phenomenonTime",
        """{"phenomenonTime":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"}""")]
    [InlineData("Sensors(1)", """{"metadata":{"x":1}}""", "name,metadata", """{"name":"Probe","metadata":{"x":1}}""")]
    [InlineData("ObservedProperties(1)", """{"definition":"https://example.org/q"}""", "definition", """{"definition":"https://example.org/q"}""")]
    [InlineData("FeaturesOfInterest(1)", """{"description":"New"}""", "name,description", """{"name":"Square","description":"New"}""")]
    [InlineData("Observations(1)", """{"result":"text"}""", "result,phenomenonTime,parameters",
        """{"result":"text","phenomenonTime":"2026-01-01T00:00:00Z","parameters":{"a":1}}""")]
    [InlineData("Observations(1)", """{"parameters":{"b":2}}""", "result,parameters", """{"result":1,"parameters":{"b":2}}""")]
    [InlineData("Observations(1)", """{"resultTime":null}""", "result,resultTime", """{"result":1,"resultTime":null}""")]
    [InlineData("Observations(1)", """{"validTime":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"}""", "validTime",
        """{"validTime":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"}""")]
    [InlineData("Things(1)/Datastreams(1)/Observations(1)/Datastream", """{"name":"By path"}""", "name", """{"name":"By path"}""")]
    public async Task PATCH_changes_what_was_sent_and_nothing_else(string path, string json, string select, string expected)
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.PatchJsonAsync(SensorThings.At(path), json);

        answer.ShouldBe(200);
        (await stoa.ReadAsync($"{path}?$select={select}")).ShouldBeJson(200, expected);
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.UpdateEntity)]
    [Requirement(Requirements.DatastreamProperties)]
    public async Task PATCH_of_observations_changes_what_is_derived_for_their_Datastream()
    {
        await using var stoa = await StationAsync();

        (await stoa.PatchJsonAsync(SensorThings.At("Observations(2)"),
            """{"phenomenonTime":"2026-01-05T00:00:00Z/2026-01-06T00:00:00Z","resultTime":"2026-01-07T00:00:00Z"}""")).ShouldBe(200);

        (await stoa.ReadAsync("Datastreams(1)?$select=phenomenonTime,resultTime")).ShouldBeJson(200,
            """
            {
              "phenomenonTime": "2026-01-01T00:00:00Z/2026-01-06T00:00:00Z",
              "resultTime": "2026-01-01T00:01:00Z/2026-01-07T00:00:00Z"
            }
            """);
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.UpdateEntity)]
    [Requirement(Requirements.DatastreamProperties)]
    public async Task PATCH_of_a_feature_changes_the_observed_area()
    {
        await using var stoa = await StationAsync();

        (await stoa.PatchJsonAsync(SensorThings.At("FeaturesOfInterest(1)"),
            """{"feature":{"type":"LineString","coordinates":[[1,2],[3,5]]}}""")).ShouldBe(200);

        (await stoa.ReadAsync("Datastreams(1)/observedArea")).ShouldBeJson(200,
            """{"observedArea":{"type":"Polygon","coordinates":[[[1,2],[3,2],[3,5],[1,5],[1,2]]]}}""");
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.UpdateEntity)]
    public async Task PATCH_replaces_a_single_relation()
    {
        await using var stoa = await StationAsync();
        await stoa.CreateAsync("Things", """{"name":"T","description":"d"}""");
        await stoa.CreateAsync("Sensors", """{"name":"S","description":"d","encodingType":"e","metadata":"m"}""");
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));

        (await stoa.PatchJsonAsync(SensorThings.At("Datastreams(1)"),
            """{"Thing":{"@iot.id":2},"Sensor":{"@iot.id":2}}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(2)"), """{"Datastream":{"@iot.id":2}}""")).ShouldBe(200);

        Assert.Equal("1", (await stoa.ReadAsync("Things(2)/Datastreams")).Ids());
        Assert.Equal("1", (await stoa.ReadAsync("Sensors(2)/Datastreams")).Ids());
        Assert.Equal("1", (await stoa.ReadAsync("Datastreams(1)/Observations")).Ids());
        Assert.Equal("2", (await stoa.ReadAsync("Datastreams(2)/Observations")).Ids());
        (await stoa.ReadAsync("Datastreams(2)/phenomenonTime"))
            .ShouldBeJson(200, """{"phenomenonTime":"2026-01-02T00:00:00Z/2026-01-02T00:00:00Z"}""");
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.UpdateEntity)]
    public async Task PATCH_adds_to_a_relation_to_many()
    {
        await using var stoa = await StationAsync();
        await stoa.CreateAsync("Things", """{"name":"T","description":"d"}""");
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));
        await stoa.CreateAsync("Locations", SensorThings.Location("L", 1, 2));

        (await stoa.PatchJsonAsync(SensorThings.At("Things(2)"), """{"Datastreams":[{"@iot.id":2}]}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Datastreams(2)"), """{"Observations":[{"@iot.id":1}]}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("HistoricalLocations(1)"), """{"Locations":[{"@iot.id":2}]}""")).ShouldBe(200);

        Assert.Equal("1", (await stoa.ReadAsync("Things(1)/Datastreams")).Ids());
        Assert.Equal("2", (await stoa.ReadAsync("Things(2)/Datastreams")).Ids());
        Assert.Equal("1", (await stoa.ReadAsync("Datastreams(2)/Observations")).Ids());
        Assert.Equal("1,2", (await stoa.ReadAsync("HistoricalLocations(1)/Locations")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [Requirement(Requirements.UpdateEntity)]
    [InlineData("Things(1)", """{"Locations":[{"name":"L","description":"d","encodingType":"e","location":"x"}]}""")]
    [InlineData("Things(1)", """{"Datastreams":[{"name":"inline"}]}""")]
    [InlineData("Datastreams(1)", """{"Thing":{"name":"T","description":"d"}}""")]
    [InlineData("Datastreams(1)", """{"Sensor":{"name":"S","description":"d","encodingType":"e","metadata":"m"}}""")]
    [InlineData("Datastreams(1)", """{"Observations":[{"result":1}]}""")]
    [InlineData("Observations(1)", """{"FeatureOfInterest":{"name":"F","description":"d","encodingType":"e","feature":"x"}}""")]
    [InlineData("Observations(1)", """{"Datastream":{"name":"inline"}}""")]
    public async Task PATCH_with_a_whole_entity_inside_is_refused(string path, string json)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.PatchJsonAsync(SensorThings.At(path), json);

        answer.ShouldBeProblem(400, "invalid-body");
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Theory]
    [Requirement(Requirements.UpdateEntity)]
    [InlineData("Things(1)", """{"name":null}""", "invalid-property")]
    [InlineData("Things(1)", """{"name":"New","colour":"red"}""", "unknown-property")]
    [InlineData("Things(1)", """{"name":"New","Datastreams":[{"@iot.id":9}]}""", "unknown-link")]
    [InlineData("Datastreams(1)", """{"name":"New","Thing":{"@iot.id":9}}""", "unknown-link")]
    [InlineData("Observations(1)", """{"result":5,"Datastream":{"@iot.id":9}}""", "unknown-link")]
    [InlineData("Observations(1)", """{"result":5,"FeatureOfInterest":{"@iot.id":9}}""", "unknown-link")]
    [InlineData("Locations(1)", """{"name":"New","location":{"type":"Point","coordinates":[999,0]}}""", "invalid-property")]
    public async Task PATCH_that_is_wrong_in_one_member_changes_nothing(string path, string json, string problem)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.PatchJsonAsync(SensorThings.At(path), json);

        answer.ShouldBeProblem(400, problem);
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Theory]
    [Requirement(Requirements.UpdateEntity)]
    [Requirement(Requirements.StatusCode)]
    [InlineData("Things(9)")]
    [InlineData("Observations(9)")]
    [InlineData("Things(1)/Datastreams(9)")]
    [InlineData("Things(9)/Datastreams(1)")]
    [InlineData("Things(9223372036854775807)")]
    public async Task What_does_not_exist_cannot_be_changed(string path)
    {
        await using var stoa = await StationAsync();

        (await stoa.PatchJsonAsync(SensorThings.At(path), "{}")).ShouldBeProblem(404, "not-found");
        var whole = path.StartsWith("Obs", StringComparison.Ordinal) ? """{"result":1}"""
            : path.Contains("Datastreams", StringComparison.Ordinal) ? SensorThings.Datastream("n")
            : """{"name":"n","description":"d"}""";
        (await stoa.PutJsonAsync(SensorThings.At(path), whole)).ShouldBeProblem(404, "not-found");
        (await stoa.DeleteAsync(SensorThings.At(path))).ShouldBeProblem(404, "not-found");
    }

    [Theory]
    [Requirement(Requirements.UpdateEntityPut)]
    [InlineData("Things(1)", """{"name":"New","description":"e"}""", "name,description,properties",
        """{"name":"New","description":"e","properties":null}""")]
    [InlineData("Locations(1)", """{"name":"L","description":"e","encodingType":"text/plain","location":"x"}""",
        "name,encodingType,location,properties", """{"name":"L","encodingType":"text/plain","location":"x","properties":null}""")]
    [InlineData("HistoricalLocations(1)", """{"time":"2020-01-01T00:00:00Z"}""", "time", """{"time":"2020-01-01T00:00:00Z"}""")]
    [InlineData("Datastreams(1)", """
        {"name":"D","description":"e","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null}}
        """, "name,properties,phenomenonTime", """{"name":"D","properties":null,"phenomenonTime":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"}""")]
    [InlineData("Sensors(1)", """{"name":"S","description":"e","encodingType":"e","metadata":[]}""", "metadata,properties",
        """{"metadata":[],"properties":null}""")]
    [InlineData("ObservedProperties(1)", """{"name":"P","description":"e","definition":"x"}""", "definition,properties",
        """{"definition":"x","properties":null}""")]
    [InlineData("FeaturesOfInterest(1)", """{"name":"F","description":"e","encodingType":"text/plain","feature":"x"}""", "feature,properties",
        """{"feature":"x","properties":null}""")]
    [InlineData("Observations(1)", """{"phenomenonTime":"2026-01-03T00:00:00Z","result":9}""",
        "phenomenonTime,resultTime,result,parameters",
        """{"phenomenonTime":"2026-01-03T00:00:00Z","resultTime":null,"result":9,"parameters":null}""")]
    public async Task PUT_replaces_all_properties_and_keeps_relations(string path, string json, string select, string expected)
    {
        await using var stoa = await StationAsync();
        var links = (await stoa.ReadAsync("Things(1)/Datastreams(1)/Observations")).Column("@iot.id").Split(',').Order();

        (await stoa.PutJsonAsync(SensorThings.At(path), json)).ShouldBe(200);

        (await stoa.ReadAsync($"{path}?$select={select}")).ShouldBeJson(200, expected);
        Assert.Equal(links, (await stoa.ReadAsync("Things(1)/Datastreams(1)/Observations")).Column("@iot.id").Split(',').Order());
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [Requirement(Requirements.UpdateEntityPut)]
    [InlineData("Things(1)", """{"name":"New"}""")]
    [InlineData("Locations(1)", """{"name":"L","description":"e","encodingType":"text/plain"}""")]
    [InlineData("HistoricalLocations(1)", "{}")]
    [InlineData("Datastreams(1)", """{"name":"D","description":"e","observationType":"o"}""")]
    [InlineData("Sensors(1)", """{"name":"S","description":"e","encodingType":"e"}""")]
    [InlineData("ObservedProperties(1)", """{"name":"P","description":"e"}""")]
    [InlineData("FeaturesOfInterest(1)", """{"name":"F","description":"e","encodingType":"e"}""")]
    [InlineData("Observations(1)", """{"phenomenonTime":"2026-01-03T00:00:00Z"}""")]
    public async Task PUT_without_what_is_mandatory_is_refused(string path, string json)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.PutJsonAsync(SensorThings.At(path), json);

        answer.ShouldBeProblem(400, "missing-property");
        Assert.Equal(before, await stoa.SnapshotAsync());
    }
}
