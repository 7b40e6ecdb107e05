using System.Text.Json;
using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>POST (OGC 18-088, 10.2): single entities, links to existing ones, deep inserts that are all or nothing.</summary>
public class Creating_entities
{
    private const string Thing = """{"name":"T","description":"d"}""";
    private const string Sensor = """{"name":"S","description":"d","encodingType":"text/html","metadata":"m"}""";
    private const string Property = """{"name":"P","description":"d","definition":"https://example.org/p"}""";

    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        return stoa;
    }

    [Theory]
    [Requirement(Requirements.CreateEntity)]
    [InlineData("Things", Thing)]
    [InlineData("Locations", """{"name":"L","description":"d","encodingType":"application/vnd.geo+json","location":{"type":"Point","coordinates":[1,2]}}""")]
    [InlineData("Locations", """{"name":"L","description":"d","encodingType":"text/plain","location":"Behind the town hall"}""")]
    [InlineData("Sensors", Sensor)]
    [InlineData("Sensors", """{"name":"S","description":"d","encodingType":"application/json","metadata":{"range":[1,2]}}""")]
    [InlineData("ObservedProperties", Property)]
    [InlineData("FeaturesOfInterest", """{"name":"F","description":"d","encodingType":"application/geo+json","feature":{"type":"Point","coordinates":[1,2]}}""")]
    public async Task Answers_201_with_the_address_of_what_was_made_and_keeps_all_of_it(string set, string json)
    {
        await using var stoa = await Exchange.StartAsync();

        var answer = await stoa.PostJsonAsync(SensorThings.At(set), json);

        Assert.Empty(answer.ShouldBe(201).Bytes);
        Assert.Equal($"{stoa.Address}sensorthings/v1.1/{set}(1)", answer.Header("Location"));
        var stored = (await stoa.GetAsync(answer.Header("Location"), stoa.AdminToken)).ShouldBe(200).Json;
        using var sent = JsonDocument.Parse(json);
        foreach (var member in sent.RootElement.EnumerateObject())
            Assert.True(JsonElement.DeepEquals(member.Value, stored.GetProperty(member.Name)), member.Name);
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task Shows_what_was_made_when_asked_to()
    {
        await using var stoa = await Exchange.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, SensorThings.At("ObservedProperties"))
        {
            Content = new StringContent(Property, System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Authorization", "Bearer " + stoa.AdminToken);
        request.Headers.Add("Prefer", "return=representation");

        var answer = await stoa.SendAsync(request);

        answer.ShouldBeJson(201,
            """
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/sensorthings/v1.1/ObservedProperties(1)",
              "Datastreams@iot.navigationLink": "{base}/sensorthings/v1.1/ObservedProperties(1)/Datastreams",
              "MultiDatastreams@iot.navigationLink": "{base}/sensorthings/v1.1/ObservedProperties(1)/MultiDatastreams",
              "name": "P", "description": "d", "definition": "https://example.org/p"
            }
            """);
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    [Requirement(Requirements.LinkToExisting)]
    public async Task Links_to_what_exists()
    {
        await using var stoa = await StationAsync();
        await stoa.CreateAsync("Things", Thing);

        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second", thing: 2));
        await stoa.CreateAsync("HistoricalLocations",
            """{"time":"2020-01-01T00:00:00Z","Thing":{"@iot.id":2},"Locations":[{"@iot.id":1}]}""");
        await stoa.CreateAsync("Observations",
            """{"phenomenonTime":"2026-01-01T00:00:00Z","result":1,"Datastream":{"@iot.id":1}}""");
        await stoa.CreateAsync("Observations",
            """{"result":2,"Datastream":{"@iot.id":2},"FeatureOfInterest":{"@iot.id":1}}""");
        await stoa.CreateAsync("Things",
            """{"name":"T","description":"d","Locations":[{"@iot.id":1}],"Datastreams":[{"@iot.id":2}]}""");

        Assert.Equal("2", (await stoa.ReadAsync("Things(3)/Datastreams")).Ids());
        Assert.Equal("1", (await stoa.ReadAsync("Things(3)/Locations")).Ids());
        // Thing 2 has no later history, so that entry says where it is.
        Assert.Equal("1,2,3", (await stoa.ReadAsync("Locations(1)/Things?$orderby=id")).Ids());
        Assert.Equal("1,2", (await stoa.ReadAsync("FeaturesOfInterest(1)/Observations")).Ids());
        Assert.Equal("2", (await stoa.ReadAsync("Datastreams(2)/Observations")).Ids());
        Assert.Equal("2", (await stoa.ReadAsync("Things(2)/HistoricalLocations")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [Requirement(Requirements.LinkToExisting)]
    [InlineData("Things(1)/Datastreams", "Datastreams(2)/Thing", "Things(1)", """
        {"name":"n","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
         "Sensor":{"@iot.id":1},"ObservedProperty":{"@iot.id":1}}
        """)]
    [InlineData("Sensors(1)/Datastreams", "Datastreams(2)/Sensor", "Sensors(1)", """
        {"name":"n","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
         "Thing":{"@iot.id":1},"ObservedProperty":{"@iot.id":1}}
        """)]
    [InlineData("Things(1)/Locations", "Locations(2)/Things(1)", "Things(1)",
        """{"name":"L","description":"d","encodingType":"text/plain","location":"there"}""")]
    [InlineData("Locations(1)/Things", "Things(2)/Locations(1)", "Locations(1)", Thing)]
    [InlineData("Things(1)/HistoricalLocations", "HistoricalLocations(2)/Thing", "Things(1)",
        """{"time":"2020-01-01T00:00:00Z","Locations":[{"@iot.id":1}]}""")]
    [InlineData("Locations(1)/HistoricalLocations", "HistoricalLocations(2)/Locations(1)", "Locations(1)",
        """{"time":"2020-01-01T00:00:00Z","Thing":{"@iot.id":1}}""")]
    [InlineData("Datastreams(1)/Observations", "Observations(1)/Datastream", "Datastreams(1)", """{"result":1}""")]
    [InlineData("Things(1)/Datastreams(1)/Observations", "Observations(1)/Datastream", "Datastreams(1)", """{"result":1}""")]
    public async Task Links_to_the_entity_in_the_address(string path, string inverse, string target, string json)
    {
        await using var stoa = await StationAsync();

        await stoa.CreateAsync(path, json);

        Assert.Equal((await stoa.ReadAsync(target)).Text, (await stoa.ReadAsync(inverse)).ShouldBe(200).Text);
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [Requirement(Requirements.LinkToExisting)]
    [InlineData("Things(1)/Datastreams")]
    [InlineData("Datastreams(1)/Observations")]
    [InlineData("FeaturesOfInterest(1)/Observations")]
    public async Task Refuses_links_in_the_body_that_contradict_the_address(string path)
    {
        await using var stoa = await StationAsync();
        await stoa.CreateAsync("Things", Thing);
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second", thing: 2));
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"));
        var json = path.EndsWith("Datastreams", StringComparison.Ordinal)
            ? SensorThings.Datastream("n", thing: 2)
            : """{"result":1,"Datastream":{"@iot.id":2},"FeatureOfInterest":{"@iot.id":9}}""";
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.PostJsonAsync(SensorThings.At(path), json);

        answer.ShouldBeProblem(400, "invalid-body");
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    [Requirement(Requirements.DeepInsert)]
    [Requirement(Requirements.DeepInsertStatusCode)]
    public async Task Makes_everything_inside_at_any_depth()
    {
        await using var stoa = await Exchange.StartAsync(time: new TestClock());

        var answer = await stoa.PostJsonAsync(SensorThings.At("Things"),
            """
            {
              "name": "T", "description": "d",
              "Datastreams": [{
                "name": "D", "description": "d", "observationType": "o",
                "unitOfMeasurement": {"name": null, "symbol": null, "definition": null},
                "Observations": [
                  {"phenomenonTime": "2026-01-01T00:00:00Z", "result": 1},
                  {"phenomenonTime": "2026-01-02T00:00:00Z", "result": 2, "FeatureOfInterest": {
                    "name": "F", "description": "d", "encodingType": "application/geo+json",
                    "feature": {"type": "Point", "coordinates": [10, 20]}}}
                ],
                "Sensor": {"name": "S", "description": "d", "encodingType": "text/html", "metadata": "m", "@iot.id": 77},
                "ObservedProperty": {"name": "P", "description": "d", "definition": "https://example.org/p"}
              }],
              "Locations": [{
                "name": "L", "description": "d", "encodingType": "application/geo+json",
                "location": {"type": "Point", "coordinates": [1, 2]}
              }],
              "@iot.id": 99
            }
            """);

        answer.ShouldBe(201);
        (await stoa.ReadAsync(
            "Things(1)?$select=id,name&$expand=Locations($select=id,name),HistoricalLocations($select=time)," +
            "Datastreams($select=id,observedArea,phenomenonTime;$expand=Sensor($select=id),ObservedProperty($select=id)," +
            "Observations($select=result;$expand=FeatureOfInterest($select=name)))")).ShouldBeJson(200,
            """
            {
              "@iot.id": 1, "@iot.selfLink": "{base}/sensorthings/v1.1/Things(1)", "name": "T",
              "Locations": [{"@iot.id": 1, "@iot.selfLink": "{base}/sensorthings/v1.1/Locations(1)", "name": "L"}],
              "HistoricalLocations": [{"time": "2026-01-31T12:00:00Z"}],
              "Datastreams": [{
                "@iot.id": 1, "@iot.selfLink": "{base}/sensorthings/v1.1/Datastreams(1)",
                "observedArea": {"type": "Polygon", "coordinates": [[[1, 2], [10, 2], [10, 20], [1, 20], [1, 2]]]},
                "phenomenonTime": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z",
                "Sensor": {"@iot.id": 1, "@iot.selfLink": "{base}/sensorthings/v1.1/Sensors(1)"},
                "ObservedProperty": {"@iot.id": 1, "@iot.selfLink": "{base}/sensorthings/v1.1/ObservedProperties(1)"},
                "Observations": [
                  {"result": 1, "FeatureOfInterest": {"name": "L"}},
                  {"result": 2, "FeatureOfInterest": {"name": "F"}}
                ]
              }]
            }
            """);
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.DeepInsert)]
    public async Task Makes_a_whole_station_from_a_Location_downwards_and_from_an_Observation_upwards()
    {
        await using var stoa = await Exchange.StartAsync();

        await stoa.CreateAsync("Locations",
            """
            {
              "name": "L", "description": "d", "encodingType": "application/geo+json",
              "location": {"type": "Point", "coordinates": [1, 2]},
              "Things": [{"name": "T", "description": "d", "Datastreams": [{
                "name": "D", "description": "d", "observationType": "o",
                "unitOfMeasurement": {"name": null, "symbol": null, "definition": null},
                "Sensor": {"name": "S", "description": "d", "encodingType": "text/html", "metadata": "m"},
                "ObservedProperty": {"name": "P", "description": "d", "definition": "https://example.org/p"},
                "Observations": [{"result": 1}]
              }]}]
            }
            """);
        await stoa.CreateAsync("Observations",
            """
            {
              "result": 2,
              "FeatureOfInterest": {"name": "F", "description": "d", "encodingType": "text/plain", "feature": "there"},
              "Datastream": {
                "name": "E", "description": "d", "observationType": "o",
                "unitOfMeasurement": {"name": null, "symbol": null, "definition": null},
                "Thing": {"name": "U", "description": "d"}, "Sensor": {"@iot.id": 1},
                "ObservedProperty": {"name": "Q", "description": "d", "definition": "https://example.org/q"}
              }
            }
            """);

        Assert.Equal("1", (await stoa.ReadAsync("Locations(1)/Things(1)/Datastreams(1)/Observations")).Ids());
        Assert.Equal("2", (await stoa.ReadAsync("Things(2)/Datastreams(2)/Observations")).Ids());
        Assert.Equal("1,2", (await stoa.ReadAsync("Sensors(1)/Datastreams")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [Requirement(Requirements.DeepInsert)]
    [Requirement(Requirements.DeepInsertStatusCode)]
    // The innermost entity is wrong: nothing around it may stay.
    [InlineData("Things", """
        {"name":"T","description":"d","Locations":[{"name":"L","description":"d","encodingType":"text/plain","location":"x"}],
         "Datastreams":[{"name":"D","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
           "Sensor":{"name":"S","description":"d","encodingType":"e","metadata":"m"},
           "ObservedProperty":{"name":"P","description":"d","definition":"x"},
           "Observations":[{"result":1},{"result":2,"phenomenonTime":"yesterday"}]}]}
        """, "invalid-property")]
    [InlineData("Things", """
        {"name":"T","description":"d","Locations":[{"name":"L","description":"d","encodingType":"text/plain","location":"x"}],
         "Datastreams":[{"name":"D","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
           "Sensor":{"@iot.id":99},"ObservedProperty":{"name":"P","description":"d","definition":"x"}}]}
        """, "unknown-link")]
    [InlineData("Things", """
        {"name":"T","description":"d","Datastreams":[{"name":"D","description":"d","observationType":"o",
           "unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
           "Sensor":{"name":"S","description":"d","encodingType":"e","metadata":"m"},
           "ObservedProperty":{"name":"P","description":"d","definition":"x"},"Observations":[{"result":1}]}]}
        """, "no-feature-of-interest")]
    [InlineData("Observations", """
        {"result":1,"Datastream":{"name":"D","description":"d","observationType":"o",
           "unitOfMeasurement":{"name":null,"symbol":null,"definition":null},"Thing":{"name":"T","description":"d"},
           "Sensor":{"name":"S","description":"d","encodingType":"e","metadata":"m"},
           "ObservedProperty":{"name":"P","description":"d","definition":"x"}}}
        """, "no-feature-of-interest")]
    [InlineData("Observations", """
        {"result":1,"Datastream":{"@iot.id":1},
         "FeatureOfInterest":{"name":"F","description":"d","encodingType":"application/geo+json","feature":{"type":"Point","coordinates":[400,0]}}}
        """, "invalid-property")]
    [InlineData("Things(1)/Datastreams", """
        {"name":"D","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
         "Sensor":{"name":"S","description":"d","encodingType":"e","metadata":"m"},
         "ObservedProperty":{"name":"P","description":"d"}}
        """, "missing-property")]
    public async Task Leaves_nothing_behind_when_a_part_fails(string path, string json, string problem)
    {
        await using var stoa = await StationAsync();
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"));
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.PostJsonAsync(SensorThings.At(path), json);

        answer.ShouldBeProblem(400, problem);
        Assert.Equal(before, await stoa.SnapshotAsync());
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":2}""");
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [Requirement(Requirements.CreateEntity)]
    [InlineData("Things", """{"description":"d"}""", "name")]
    [InlineData("Things", """{"name":"n"}""", "description")]
    [InlineData("Locations", """{"name":"n","description":"d","location":{}}""", "encodingType")]
    [InlineData("Locations", """{"name":"n","description":"d","encodingType":"e"}""", "location")]
    [InlineData("Sensors", """{"name":"n","description":"d","encodingType":"e"}""", "metadata")]
    [InlineData("ObservedProperties", """{"name":"n","description":"d"}""", "definition")]
    [InlineData("FeaturesOfInterest", """{"name":"n","description":"d","encodingType":"e"}""", "feature")]
    [InlineData("HistoricalLocations", """{"Thing":{"@iot.id":1},"Locations":[{"@iot.id":1}]}""", "time")]
    [InlineData("HistoricalLocations", """{"time":"2020-01-01T00:00:00Z","Locations":[{"@iot.id":1}]}""", "Thing")]
    [InlineData("HistoricalLocations", """{"time":"2020-01-01T00:00:00Z","Thing":{"@iot.id":1}}""", "Locations")]
    [InlineData("HistoricalLocations", """{"time":"2020-01-01T00:00:00Z","Thing":{"@iot.id":1},"Locations":[]}""", "Locations")]
    [InlineData("Observations", """{"result":1}""", "Datastream")]
    [InlineData("Observations", """{"Datastream":{"@iot.id":1}}""", "result")]
    [InlineData("Datastreams(1)/Observations", "{}", "result")]
    [InlineData("Datastreams", """
        {"name":"n","description":"d","observationType":"o","Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},"ObservedProperty":{"@iot.id":1}}
        """, "unitOfMeasurement")]
    [InlineData("Datastreams", """
        {"name":"n","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
         "Sensor":{"@iot.id":1},"ObservedProperty":{"@iot.id":1}}
        """, "Thing")]
    [InlineData("Datastreams", """
        {"name":"n","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
         "Thing":{"@iot.id":1},"ObservedProperty":{"@iot.id":1}}
        """, "Sensor")]
    [InlineData("Datastreams", """
        {"name":"n","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
         "Thing":{"@iot.id":1},"Sensor":{"@iot.id":1}}
        """, "ObservedProperty")]
    public async Task Names_the_mandatory_property_or_relation_that_is_missing(string path, string json, string property)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.PostJsonAsync(SensorThings.At(path), json);

        answer.ShouldBeProblem(400, "missing-property");
        Assert.Equal(property, answer.Json.GetProperty("property").GetString());
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Theory]
    [Requirement(Requirements.StatusCode)]
    [InlineData("Things(9)/Locations", """{"name":"L","description":"d","encodingType":"e","location":"x"}""")]
    [InlineData("Datastreams(9)/Observations", """{"result":1}""")]
    [InlineData("Things(9)/Datastreams(1)/Observations", """{"result":1}""")]
    [InlineData("FeaturesOfInterest(9)/Observations", """{"result":1,"Datastream":{"@iot.id":1}}""")]
    [InlineData("Things(1)/Sensors", Sensor)]
    public async Task Below_an_entity_that_does_not_exist_is_404(string path, string json)
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.PostJsonAsync(SensorThings.At(path), json);

        answer.ShouldBeProblem(404, "not-found");
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task Takes_back_what_it_once_sent_without_minding_control_information_and_derived_values()
    {
        await using var stoa = await StationAsync();
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"));
        var datastream = System.Text.Json.Nodes.JsonNode.Parse((await stoa.ReadAsync("Datastreams(1)")).Text)!.AsObject();
        datastream["Sensor"] = new System.Text.Json.Nodes.JsonObject { ["@iot.id"] = 1 };
        datastream["ObservedProperty"] = new System.Text.Json.Nodes.JsonObject { ["@iot.id"] = 1 };

        await stoa.CreateAsync("Things(1)/Datastreams", datastream.ToJsonString());

        var copy = (await stoa.ReadAsync("Datastreams(2)")).ShouldBe(200).Json;
        Assert.Equal("Temperature", copy.GetProperty("name").GetString());
        Assert.False(copy.TryGetProperty("phenomenonTime", out _));
        Assert.False(copy.TryGetProperty("observedArea", out _));
    }
}
