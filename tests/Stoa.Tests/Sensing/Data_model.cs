using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Encoding types, observation types, several Locations, and what is derived (OGC 18-088, 8.2).</summary>
public class Data_model
{
    private const string Base = "http://www.opengis.net/def/observationType/OGC-OM/2.0/";

    [Theory]
    [Requirement(Requirements.LocationProperties)]
    [Requirement(Requirements.FeatureOfInterestProperties)]
    [InlineData("application/geo+json", true)]
    [InlineData("application/vnd.geo+json", true)]
    [InlineData("text/plain", false)]
    [InlineData("http://example.org/own", false)]
    public async Task Takes_places_in_every_encoding_and_knows_GeoJSON_by_both_of_its_names(string encoding, bool isGeometry)
    {
        await using var stoa = await Exchange.StartAsync();
        foreach (var (set, property) in new[] { ("Locations", "location"), ("FeaturesOfInterest", "feature") })
        {
            var body = $$"""{"name":"n","description":"d","encodingType":"{{encoding}}","{{property}}":""";
            await stoa.CreateAsync(set, body + """{"type":"Point","coordinates":[7.5,51.9]}}""");
            (await stoa.PostJsonAsync(SensorThings.At(set), body + "\"Town hall\"}")).ShouldBe(isGeometry ? 400 : 201);

            Assert.Equal(encoding, (await stoa.ReadAsync($"{set}(1)/encodingType/$value")).Text);
            (await stoa.ReadAsync($"{set}(1)/{property}")).ShouldBeJson(200,
                $$$"""{"{{{property}}}":{"type":"Point","coordinates":[7.5,51.9]}}""");
            var near = await stoa.ReadAsync($"{set}?$filter=st_within({property},geography'POLYGON ((7 51,8 51,8 52,7 52,7 51))')");
            Assert.Equal(isGeometry ? "1" : "", near.Ids());
        }
    }

    [Theory]
    [Requirement(Requirements.SensorProperties)]
    [InlineData("application/pdf", "\"https://example.org/probe.pdf\"")]
    [InlineData("http://www.opengis.net/doc/IS/SensorML/2.0", "\"<sml:PhysicalSystem/>\"")]
    [InlineData("text/html", "\"<p>Probe</p>\"")]
    [InlineData("application/json", """{"range":[-30,50],"unit":null}""")]
    public async Task Takes_metadata_of_Sensors_as_address_or_content_in_any_encoding(string encoding, string metadata)
    {
        await using var stoa = await Exchange.StartAsync();

        await stoa.CreateAsync("Sensors", $$"""{"name":"n","description":"d","encodingType":"{{encoding}}","metadata":{{metadata}}}""");

        (await stoa.ReadAsync("Sensors(1)?$select=encodingType,metadata")).ShouldBeJson(200,
            $$"""{"encodingType":"{{encoding}}","metadata":{{metadata}}}""");
    }

    [Theory]
    [Requirement(Requirements.DatastreamProperties)]
    [Requirement(Requirements.ObservationProperties)]
    [InlineData("OM_CategoryObservation", "\"https://example.org/codes/rain\"")]
    [InlineData("OM_CountObservation", "9007199254740993")]
    [InlineData("OM_Measurement", "-2.25")]
    [InlineData("OM_Observation", """{"a":[1,"x",null]}""")]
    [InlineData("OM_TruthObservation", "true")]
    [InlineData("OM_TruthObservation", "false")]
    public async Task Gives_results_of_each_observation_type_back_in_their_type(string type, string result)
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station.Replace("OM_Measurement", type, StringComparison.Ordinal));

        await stoa.CreateAsync("Datastreams(1)/Observations", $$"""{"result":{{result}}}""");

        Assert.Equal(Base + type, (await stoa.ReadAsync("Datastreams(1)/observationType/$value")).Text);
        Assert.Equal(result, (await stoa.ReadAsync("Observations")).Column("result"));
    }

    // several Locations ---------------------------------------------------------------------------------------------------

    private const string InWords = """{"name":"words","description":"d","encodingType":"text/plain","location":"Town hall"}""";

    [Fact]
    [Requirement(Requirements.ThingRelations)]
    public async Task Has_several_Locations_of_a_Thing_in_different_encodings()
    {
        await using var stoa = await Exchange.StartAsync();

        await stoa.CreateAsync("Things",
            $$"""{"name":"n","description":"d","Locations":[{{InWords}},{{SensorThings.Location("point", 7, 51)}}]}""");

        Assert.Equal("1,2", (await stoa.ReadAsync("Things(1)/Locations")).Ids());
        Assert.Equal("1,2", (await stoa.ReadAsync("HistoricalLocations(1)/Locations")).Ids());
    }

    [Theory]
    [Requirement(Requirements.ThingRelations)]
    [InlineData("POST", "Things", """{"name":"n","description":"d","Locations":[{"@iot.id":1},{"@iot.id":2}]}""")]
    [InlineData("POST", "Things", """{"name":"n","description":"d","Locations":[WORDS,WORDS]}""")]
    [InlineData("PATCH", "Things(1)", """{"Locations":[{"@iot.id":1},{"@iot.id":2}]}""")]
    [InlineData("PATCH", "Locations(3)", """{"encodingType":"application/geo+json","location":{"type":"Point","coordinates":[1,2]}}""")]
    [InlineData("POST", "HistoricalLocations", """{"time":"2999-01-01T00:00:00Z","Thing":{"@iot.id":1},"Locations":[{"@iot.id":1},{"@iot.id":2}]}""")]
    public async Task Refuses_two_Locations_of_a_Thing_in_one_encoding(string method, string path, string json)
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Locations", SensorThings.Location("a", 1, 2));
        await stoa.CreateAsync("Locations", SensorThings.Location("b", 3, 4));
        await stoa.CreateAsync("Locations", InWords);
        await stoa.CreateAsync("Things", """{"name":"n","description":"d","Locations":[{"@iot.id":1},{"@iot.id":3}]}""");
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.SendAsync(new HttpMethod(method), SensorThings.At(path),
            json.Replace("WORDS", InWords, StringComparison.Ordinal), stoa.AdminToken);

        answer.ShouldBeProblem(400, "same-encoding");
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    [Requirement(Requirements.ThingRelations)]
    public async Task Takes_the_same_Location_named_twice_as_one()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Locations", SensorThings.Location("a", 1, 2));

        await stoa.CreateAsync("Things", """{"name":"n","description":"d","Locations":[{"@iot.id":1},{"@iot.id":1}]}""");

        Assert.Equal("1", (await stoa.ReadAsync("Things(1)/Locations")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }

    // derived values ------------------------------------------------------------------------------------------------------

    [Fact]
    [Requirement(Requirements.DatastreamProperties)]
    public async Task Derives_area_and_times_of_a_Datastream_after_every_change_of_its_Observations()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        async Task ShouldBeAsync(string? time, string? resultTime, string? area)
        {
            static string Text(string? value) => value is null ? "null" : $"\"{value}\"";
            (await stoa.ReadAsync("Datastreams(1)?$select=phenomenonTime,resultTime,observedArea")).ShouldBeJson(200,
                $$"""{"phenomenonTime":{{Text(time)}},"resultTime":{{Text(resultTime)}},"observedArea":{{area ?? "null"}}}""");
            await stoa.ShouldBeConsistentAsync();
        }

        await ShouldBeAsync(null, null, null);
        await stoa.CreateAsync("Datastreams(1)/Observations",
            """{"phenomenonTime":"2026-01-02T00:00:00Z","resultTime":"2026-01-02T01:00:00Z","result":1}""");
        await ShouldBeAsync("2026-01-02T00:00:00Z/2026-01-02T00:00:00Z", "2026-01-02T01:00:00Z/2026-01-02T01:00:00Z",
            """{"type":"Point","coordinates":[7.5,51.9]}""");

        await stoa.CreateAsync("Datastreams(1)/Observations",
            """
            {"phenomenonTime":"2026-01-01T00:00:00Z/2026-01-05T00:00:00Z","result":2,
             "FeatureOfInterest":{"name":"f","description":"d","encodingType":"application/geo+json","feature":{"type":"Point","coordinates":[8,52]}}}
            """);
        await ShouldBeAsync("2026-01-01T00:00:00Z/2026-01-05T00:00:00Z", "2026-01-02T01:00:00Z/2026-01-02T01:00:00Z",
            """{"type":"Polygon","coordinates":[[[7.5,51.9],[8,51.9],[8,52],[7.5,52],[7.5,51.9]]]}""");

        await stoa.PatchJsonAsync(SensorThings.At("Observations(2)"), """{"phenomenonTime":"2026-01-03T00:00:00Z","FeatureOfInterest":{"@iot.id":1}}""");
        await ShouldBeAsync("2026-01-02T00:00:00Z/2026-01-03T00:00:00Z", "2026-01-02T01:00:00Z/2026-01-02T01:00:00Z",
            """{"type":"Point","coordinates":[7.5,51.9]}""");

        await stoa.DeleteAsync(SensorThings.At("Observations(1)"));
        await ShouldBeAsync("2026-01-03T00:00:00Z/2026-01-03T00:00:00Z", null, """{"type":"Point","coordinates":[7.5,51.9]}""");

        await stoa.DeleteAsync(SensorThings.At("Observations(2)"));
        await ShouldBeAsync(null, null, null);
    }

    [Fact]
    [Requirement(Requirements.DatastreamProperties)]
    public async Task Takes_a_Datastream_without_a_unit()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);

        (await stoa.PatchJsonAsync(SensorThings.At("Datastreams(1)"),
            """{"unitOfMeasurement":{"name":null,"symbol":null,"definition":null}}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Datastreams(1)"), """{"unitOfMeasurement":null}""")).ShouldBeProblem(400, "invalid-property");

        (await stoa.ReadAsync("Datastreams(1)/unitOfMeasurement")).ShouldBeJson(200,
            """{"unitOfMeasurement":{"name":null,"symbol":null,"definition":null}}""");
    }
}
