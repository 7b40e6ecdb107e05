using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Creating, linking, changing and removing MultiDatastreams and their Observations (OGC 18-088, 10 and 12).</summary>
public class Writing_MultiDatastreams
{
    private const string Number = "[\"" + SensorThings.Measurement + "\"]";
    private const string OneUnit = """[{"name":"n","symbol":"s","definition":"d"}]""";
    private const string Property = """{"name":"Pressure","definition":"urn:p","description":"d"}""";

    private static string Body(string units, string types, string properties) =>
        $$$"""
        {"name":"x","description":"d","unitOfMeasurements":{{{units}}},"multiObservationDataTypes":{{{types}}},
         "Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},"ObservedProperties":{{{properties}}}}
        """;

    [Fact]
    [Requirement(Requirements.LinkToExisting)]
    [Requirement(Requirements.MultiDatastreamRelations)]
    public async Task Links_them_to_what_is_there_and_makes_what_is_not()
    {
        await using var stoa = await Wind.StartAsync();

        var id = await stoa.CreateAsync("MultiDatastreams", Body(
            $$"""[{"name":"n","symbol":"s","definition":"d"},{"name":null,"symbol":null,"definition":null}]""",
            $"[\"{SensorThings.Measurement}\",\"urn:own\"]", $$"""[{{Property}},{"@iot.id":1}]"""));

        Assert.Equal("4,1", (await stoa.ReadAsync($"MultiDatastreams({id})/ObservedProperties")).Ids());
        Assert.Equal("1,2", (await stoa.ReadAsync("Things(1)/MultiDatastreams")).Ids());
        Assert.Equal(Wind.Complex, (await stoa.ReadAsync($"MultiDatastreams({id})/observationType/$value")).Text);
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [Requirement(Requirements.DeepInsert)]
    [Requirement(Requirements.MultiDatastreamRelations)]
    [InlineData("Things", """{"name":"t","description":"d","Locations":[{"@iot.id":1}],"MultiDatastreams":[{BODY,"Sensor":{"@iot.id":1},"ObservedProperties":[{"@iot.id":1}],"Observations":[{"result":[1]},{"result":[null]}]}]}""")]
    [InlineData("Things(1)/MultiDatastreams", """{BODY,"Sensor":{"@iot.id":1},"ObservedProperties":[{"@iot.id":1}],"Observations":[{"result":[1]},{"result":[null]}]}""")]
    [InlineData("Sensors", """{"name":"s","description":"d","encodingType":"e","metadata":"m","MultiDatastreams":[{BODY,"Thing":{"@iot.id":1},"ObservedProperties":[{"@iot.id":1}],"Observations":[{"result":[1]},{"result":[null]}]}]}""")]
    [InlineData("Sensors(1)/MultiDatastreams", """{BODY,"Thing":{"@iot.id":1},"ObservedProperties":[{"@iot.id":1}],"Observations":[{"result":[1]},{"result":[null]}]}""")]
    [InlineData("ObservedProperties", """{"name":"o","description":"d","definition":"x","MultiDatastreams":[{BODY,"Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},"Observations":[{"result":[1]},{"result":[null]}]}]}""")]
    [InlineData("ObservedProperties(1)/MultiDatastreams", """{BODY,"Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},"Observations":[{"result":[1]},{"result":[null]}]}""")]
    [InlineData("ObservedProperties(1)/MultiDatastreams", """{BODY,"Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},"ObservedProperties":[{"@iot.id":1}],"Observations":[{"result":[1]},{"result":[null]}]}""")]
    [InlineData("Observations", """{"result":[1],"MultiDatastream":{BODY,"Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},"ObservedProperties":[{"@iot.id":1}],"Observations":[{"result":[1]}]}}""")]
    [InlineData("FeaturesOfInterest", """{"name":"f","description":"d","encodingType":"e","feature":"x","Observations":[{"result":[null],"MultiDatastream":{BODY,"Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},"ObservedProperties":[{"@iot.id":1}],"Observations":[{"result":[1]}]}}]}""")]
    public async Task Makes_them_inside_of_others_and_others_inside_of_them(string path, string json)
    {
        await using var stoa = await Wind.StartAsync();

        await stoa.CreateAsync(path, json.Replace(
            "BODY", $"\"name\":\"x\",\"description\":\"d\",\"unitOfMeasurements\":{OneUnit},\"multiObservationDataTypes\":{Number}",
            StringComparison.Ordinal));

        Assert.Equal("4,5", (await stoa.ReadAsync("MultiDatastreams(2)/Observations?$orderby=id")).Ids());
        Assert.Single((await stoa.ReadAsync("MultiDatastreams(2)/ObservedProperties")).Json.GetProperty("value").EnumerateArray());
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.DeepInsert)]
    public async Task Puts_the_ObservedProperty_of_the_address_first_unless_the_list_names_it()
    {
        await using var stoa = await Wind.StartAsync();
        const string two = $$"""{"name":"x","description":"d","unitOfMeasurements":[{"name":"n","symbol":"s","definition":"d"},{"name":"n","symbol":"s","definition":"d"}],"multiObservationDataTypes":["a","b"],"Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},""";

        await stoa.CreateAsync("ObservedProperties(2)/MultiDatastreams", two + """ "ObservedProperties":[{"@iot.id":1}]}""");
        await stoa.CreateAsync("ObservedProperties(2)/MultiDatastreams", two + """ "ObservedProperties":[{"@iot.id":1},{"@iot.id":2}]}""");

        Assert.Equal("2,1", (await stoa.ReadAsync("MultiDatastreams(2)/ObservedProperties")).Ids());
        Assert.Equal("1,2", (await stoa.ReadAsync("MultiDatastreams(3)/ObservedProperties")).Ids());
    }

    [Theory]
    [Requirement(Requirements.MultiDatastreamConstraints)]
    [Requirement(Requirements.MultiDatastreamProperties)]
    [InlineData("""{"unitOfMeasurements":[UNIT,UNIT]}""", "components-differ")]
    [InlineData("""{"multiObservationDataTypes":["a","b"]}""", "components-differ")]
    [InlineData("""{"ObservedProperties":[{"@iot.id":1},{"@iot.id":2}]}""", "components-differ")]
    [InlineData("""{"ObservedProperties":[]}""", "missing-property")]
    [InlineData("""{"ObservedProperties":null}""", "invalid-property")]
    [InlineData("""{"ObservedProperties":[{"@iot.id":99}]}""", "unknown-link")]
    [InlineData("""{"ObservedProperties":[{"name":"o"}]}""", "missing-property")]
    [InlineData("""{"unitOfMeasurements":[]}""", "invalid-property")]
    [InlineData("""{"unitOfMeasurements":UNIT}""", "invalid-property")]
    [InlineData("""{"unitOfMeasurements":[null]}""", "invalid-property")]
    [InlineData("""{"unitOfMeasurements":[{"name":"n"}]}""", "invalid-property")]
    [InlineData("""{"unitOfMeasurements":null}""", "invalid-property")]
    [InlineData("""{"multiObservationDataTypes":[1]}""", "invalid-property")]
    [InlineData("""{"multiObservationDataTypes":"a"}""", "invalid-property")]
    [InlineData("""{"multiObservationDataTypes":null}""", "invalid-property")]
    [InlineData("""{"observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"}""", "invalid-property")]
    [InlineData("""{"observationType":7}""", "invalid-property")]
    [InlineData("""{"unitOfMeasurement":{"name":null,"symbol":null,"definition":null}}""", "unknown-property")]
    [InlineData("""{"ObservedProperty":{"@iot.id":1}}""", "unknown-property")]
    [InlineData("""{"Thing":{"@iot.id":99}}""", "unknown-link")]
    [InlineData("""{"name":null}""", "invalid-property")]
    public async Task Refuses_components_that_do_not_fit_and_leaves_nothing(string change, string problem)
    {
        await using var stoa = await Wind.StartAsync();
        var body = System.Text.Json.Nodes.JsonNode.Parse(Body(OneUnit, Number, """[{"@iot.id":1}]"""))!.AsObject();
        var changes = System.Text.Json.Nodes.JsonNode.Parse(change.Replace(
            "UNIT", """{"name":"n","symbol":"s","definition":"d"}""", StringComparison.Ordinal))!.AsObject();
        foreach (var (name, value) in changes) body[name] = value?.DeepClone();
        var before = await stoa.SnapshotAsync();

        (await stoa.PostJsonAsync(SensorThings.At("MultiDatastreams"), body.ToJsonString())).ShouldBeProblem(400, problem);

        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Theory]
    [Requirement(Requirements.MultiDatastreamProperties)]
    [InlineData("name")]
    [InlineData("description")]
    [InlineData("unitOfMeasurements")]
    [InlineData("multiObservationDataTypes")]
    [InlineData("Thing")]
    [InlineData("Sensor")]
    [InlineData("ObservedProperties")]
    public async Task Refuses_one_without_what_is_mandatory(string name)
    {
        await using var stoa = await Wind.StartAsync();
        var body = System.Text.Json.Nodes.JsonNode.Parse(Body(OneUnit, Number, """[{"@iot.id":1}]"""))!.AsObject();
        body.Remove(name);

        var answer = await stoa.PostJsonAsync(SensorThings.At("MultiDatastreams"), body.ToJsonString());

        answer.ShouldBeProblem(400, "missing-property");
        Assert.Equal(name, answer.Json.GetProperty("property").GetString());
    }

    [Theory]
    [InlineData(256, 201)]
    [InlineData(257, 400)]
    public async Task Takes_a_limited_number_of_components(int count, int status)
    {
        await using var stoa = await Wind.StartAsync();
        string List(string item) => $"[{string.Join(',', Enumerable.Repeat(item, count))}]";

        var answer = await stoa.PostJsonAsync(SensorThings.At("MultiDatastreams"), Body(
            List("""{"name":null,"symbol":null,"definition":null}"""), List("\"a\""), List("""{"@iot.id":1}""")));

        answer.ShouldBe(status);
    }

    // observations --------------------------------------------------------------------------------------------------------

    [Theory]
    [Requirement(Requirements.MultiDatastreamConstraints)]
    [InlineData("[1, 2, true]", 201)]
    [InlineData("[null, null, null]", 201)]
    [InlineData("[1e400, -0.5, false]", 201)]
    [InlineData("[1, 2]", 400)]
    [InlineData("[1, 2, true, 4]", 400)]
    [InlineData("[]", 400)]
    [InlineData("[\"1\", 2, true]", 400)]
    [InlineData("[1, 2, 3]", 400)]
    [InlineData("[[1], 2, true]", 400)]
    [InlineData("7", 400)]
    [InlineData("null", 400)]
    [InlineData("{\"0\": 1}", 400)]
    [InlineData("\"[1,2,true]\"", 400)]
    public async Task Takes_results_that_are_arrays_of_the_right_length_and_types(string result, int status)
    {
        await using var stoa = await Wind.StartAsync();
        var before = await stoa.SnapshotAsync();

        foreach (var (path, body) in new[]
        {
            ("MultiDatastreams(1)/Observations", $$"""{"result": {{result}}}"""),
            ("Observations", $$$"""{"result": {{{result}}}, "MultiDatastream": {"@iot.id": 1}}"""),
            ("FeaturesOfInterest(1)/Observations", $$$"""{"result": {{{result}}}, "MultiDatastream": {"@iot.id": 1}}"""),
        })
        {
            var answer = await stoa.PostJsonAsync(SensorThings.At(path), body);

            if (status == 400) answer.ShouldBeProblem(400, "invalid-property");
            else answer.ShouldBe(status);
        }

        if (status == 400) Assert.Equal(before, await stoa.SnapshotAsync());
        else Assert.Equal(6, (await stoa.ReadAsync("MultiDatastreams(1)/Observations")).Json.GetProperty("value").GetArrayLength());
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [Requirement(Requirements.MultiDatastreamConstraints)]
    [InlineData("OM_CountObservation", "3", "3.0", "-7", "1e3", "null")]
    [InlineData("OM_Measurement", "3", "2.5", "1e400", "null")]
    [InlineData("OM_CategoryObservation", "\"urn:a\"", "null")]
    [InlineData("OM_TruthObservation", "true", "false", "null")]
    [InlineData("OM_Observation", "3", "\"a\"", "true", "{\"a\":[1]}", "null")]
    public async Task Takes_elements_of_each_type(string type, params string[] elements)
    {
        await using var stoa = await Wind.StartAsync();
        await stoa.CreateAsync("MultiDatastreams", Body(
            OneUnit, $"[\"http://www.opengis.net/def/observationType/OGC-OM/2.0/{type}\"]", """[{"@iot.id":1}]"""));
        foreach (var element in elements)
            await stoa.CreateAsync("MultiDatastreams(2)/Observations", $$"""{"result": [{{element}}]}""");

        foreach (var element in new[] { "3.5", "\"a\"", "true", "{}", "[1]" }.Except(elements))
        {
            var isTaken = type == "OM_Observation" || (type == "OM_Measurement" && element == "3.5") ||
                (type == "OM_CategoryObservation" && element == "\"a\"");
            (await stoa.PostJsonAsync(SensorThings.At("MultiDatastreams(2)/Observations"), $$"""{"result": [{{element}}]}"""))
                .ShouldBe(isTaken ? 201 : 400);
        }
    }

    [Theory]
    [Requirement(Requirements.ObservationRelations)]
    [InlineData("Observations", """{"result":[1,2,true],"MultiDatastream":{"@iot.id":1},"Datastream":{"@iot.id":1}}""", "invalid-body")]
    [InlineData("Observations", """{"result":[1,2,true],"Datastream":{"@iot.id":1},"MultiDatastream":{"@iot.id":1}}""", "invalid-body")]
    [InlineData("Observations", """{"result":[1,2,true],"MultiDatastream":{"@iot.id":1},"MultiDatastream":{"@iot.id":1}}""", "invalid-body")]
    [InlineData("Observations", """{"result":[1,2,true]}""", "missing-property")]
    [InlineData("Observations", """{"result":[1,2,true],"MultiDatastream":{"@iot.id":9}}""", "unknown-link")]
    [InlineData("Observations", """{"result":[1,2,true],"MultiDatastream":{"@iot.id":-1}}""", "unknown-link")]
    [InlineData("Observations", """{"result":[1,2,true],"Datastream":{"@iot.id":-1}}""", "unknown-link")]
    [InlineData("Observations", """{"result":1,"Datastream":{"@iot.id":0}}""", "unknown-link")]
    [InlineData("MultiDatastreams(1)/Observations", """{"result":[1,2,true],"Datastream":{"@iot.id":1}}""", "invalid-body")]
    [InlineData("MultiDatastreams(1)/Observations", """{"result":[1,2,true],"MultiDatastream":{"@iot.id":2}}""", "invalid-body")]
    [InlineData("Datastreams(1)/Observations", """{"result":1,"MultiDatastream":{"@iot.id":1}}""", "invalid-body")]
    public async Task Takes_an_Observation_of_one_of_both_kinds(string path, string json, string problem)
    {
        await using var stoa = await Wind.StartAsync();
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("Temperature"));
        await stoa.CreateAsync("MultiDatastreams", Wind.Single("other"));

        (await stoa.PostJsonAsync(SensorThings.At(path), json)).ShouldBeProblem(400, problem);
    }

    [Theory]
    [InlineData("Datastreams(-1)/Observations")]
    [InlineData("Datastreams(1)/Observations")]
    [InlineData("MultiDatastreams(-1)/Observations")]
    [InlineData("MultiDatastreams(2)/Observations")]
    public async Task Finds_no_kind_through_the_other(string path)
    {
        await using var stoa = await Wind.StartAsync();

        (await stoa.PostJsonAsync(SensorThings.At(path), """{"result":[1,2,true]}""")).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    [Requirement(Requirements.MultiDatastreamConstraints)]
    [Requirement(Requirements.DataArray)]
    public async Task Takes_data_arrays_and_answers_error_for_rows_that_do_not_fit()
    {
        await using var stoa = await Wind.StartAsync();
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("Temperature"));

        (await stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
            """
            [
              {"MultiDatastream": {"@iot.id": 1}, "components": ["phenomenonTime", "result"], "dataArray": [
                ["2026-01-02T00:00:00Z", [1, 2, true]], ["2026-01-02T01:00:00Z", [1, 2]], ["2026-01-02T02:00:00Z", 3],
                ["2026-01-02T03:00:00Z", ["x", 2, true]], ["2026-01-02T04:00:00Z", [null, null, null]]]},
              {"components": ["result"], "dataArray": [[5]], "Datastream": {"@iot.id": 1}},
              {"MultiDatastream": {"@iot.id": 7}, "components": ["result"], "dataArray": [[[1, 2, true]]]},
              {"MultiDatastream": {"@iot.id": -1}, "components": ["result"], "dataArray": [[5]]}
            ]
            """)).ShouldBeJson(201,
            """
            ["{base}/sensorthings/v1.1/Observations(4)", "error", "error", "error", "{base}/sensorthings/v1.1/Observations(5)",
             "{base}/sensorthings/v1.1/Observations(6)", "error", "error"]
            """);

        Assert.Equal("1,2,3,4,5", (await stoa.ReadAsync("MultiDatastreams(1)/Observations")).Ids());
        Assert.Equal("6", (await stoa.ReadAsync("Datastreams(1)/Observations")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.UpdateEntity)]
    [Requirement(Requirements.MultiDatastreamConstraints)]
    public async Task Keeps_changed_Observations_to_the_components()
    {
        await using var stoa = await Wind.StartAsync();
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("Temperature"));
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result": 4}""");
        await stoa.CreateAsync("MultiDatastreams", Wind.Single("one"));

        (await stoa.PatchJsonAsync(SensorThings.At("Observations(1)"), """{"result": [1]}""")).ShouldBeProblem(400, "invalid-property");
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(1)"), """{"MultiDatastream": {"@iot.id": 2}}"""))
            .ShouldBeProblem(400, "invalid-property");
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(4)"), """{"MultiDatastream": {"@iot.id": 2}}"""))
            .ShouldBeProblem(400, "invalid-property");
        (await stoa.PatchJsonAsync(SensorThings.At("MultiDatastreams(2)"), """{"Observations": [{"@iot.id": 4}]}"""))
            .ShouldBeProblem(400, "invalid-property");
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(1)"), """{"result": [9, 9, null]}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(2)"), """{"MultiDatastream": {"@iot.id": 2}, "result": [5]}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(3)"), """{"Datastream": {"@iot.id": 1}}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(4)"), """{"MultiDatastream": {"@iot.id": 2}, "result": [6]}""")).ShouldBe(200);

        Assert.Equal("[9,9,null]", (await stoa.ReadAsync("MultiDatastreams(1)/Observations")).Column("result"));
        Assert.Equal("[5],[6]", (await stoa.ReadAsync("MultiDatastreams(2)/Observations?$orderby=id")).Column("result"));
        Assert.Equal("[null,4,false]", (await stoa.ReadAsync("Datastreams(1)/Observations")).Column("result"));
        await stoa.ShouldBeConsistentAsync();
    }

    // changing and removing -----------------------------------------------------------------------------------------------

    [Fact]
    [Requirement(Requirements.UpdateEntity)]
    [Requirement(Requirements.UpdateEntityPut)]
    [Requirement(Requirements.MultiDatastreamConstraints)]
    public async Task Changes_components_together()
    {
        await using var stoa = await Wind.StartAsync();
        await stoa.CreateAsync("MultiDatastreams", Wind.Single("one"));
        const string path = "MultiDatastreams(2)";

        (await stoa.PatchJsonAsync(SensorThings.At(path), """{"ObservedProperties":[{"@iot.id":1},{"@iot.id":2}]}"""))
            .ShouldBeProblem(400, "components-differ");
        (await stoa.PatchJsonAsync(SensorThings.At(path), """{"multiObservationDataTypes":["a","b"]}"""))
            .ShouldBeProblem(400, "components-differ");
        (await stoa.PatchJsonAsync(SensorThings.At(path), $$"""
            {"name":"two","multiObservationDataTypes":["a","b"],"ObservedProperties":[{"@iot.id":3},{"@iot.id":2}],
             "unitOfMeasurements":[{"name":"n","symbol":"s","definition":"d"},{"name":null,"symbol":null,"definition":null}]}
            """)).ShouldBe(200);
        await stoa.CreateAsync(path + "/Observations", """{"result":["x",2]}""");
        (await stoa.PatchJsonAsync(SensorThings.At(path), $$"""
            {"multiObservationDataTypes":["a"],"ObservedProperties":[{"@iot.id":3}],"unitOfMeasurements":{{OneUnit}}}
            """)).ShouldBeProblem(409, "conflict");
        (await stoa.PutJsonAsync(SensorThings.At(path), $$"""
            {"name":"three","description":"d","multiObservationDataTypes":["b","a"],
             "unitOfMeasurements":[{"name":null,"symbol":null,"definition":null},{"name":null,"symbol":null,"definition":null}]}
            """)).ShouldBe(200);
        (await stoa.PutJsonAsync(SensorThings.At(path), """{"name":"four","description":"d"}""")).ShouldBeProblem(400, "missing-property");

        Assert.Equal("3,2", (await stoa.ReadAsync(path + "/ObservedProperties")).Ids());
        Assert.Equal("""["b","a"]""", (await stoa.ReadAsync(path + "/multiObservationDataTypes/$value")).Text);
        Assert.Equal("three", (await stoa.ReadAsync(path + "/name/$value")).Text);
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [Requirement(Requirements.UpdateEntity)]
    [InlineData("PATCH", "ObservedProperties(1)", """{"MultiDatastreams":[{"@iot.id":1}]}""")]
    [InlineData("POST", "ObservedProperties", """{"name":"o","description":"d","definition":"x","MultiDatastreams":[{"@iot.id":1}]}""")]
    [InlineData("POST", "MultiDatastreams(1)/ObservedProperties", """{"name":"o","description":"d","definition":"x"}""")]
    public async Task Refuses_a_component_without_its_unit(string method, string path, string json)
    {
        await using var stoa = await Wind.StartAsync();
        var before = await stoa.SnapshotAsync();

        (await stoa.SendAsync(new HttpMethod(method), SensorThings.At(path), json, stoa.AdminToken)).ShouldBeProblem(400, "invalid-body");

        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    [Requirement(Requirements.UpdateEntity)]
    [Requirement(Requirements.LinkToExisting)]
    public async Task Moves_them_to_another_Thing_and_Sensor_from_either_side()
    {
        await using var stoa = await Wind.StartAsync();
        await stoa.CreateAsync("Things", $$"""{"name":"Other","description":"d","Locations":[{{SensorThings.Location("Dale", 8, 52)}}]}""");
        await stoa.CreateAsync("Sensors", """{"name":"s","description":"d","encodingType":"e","metadata":"m"}""");

        (await stoa.PatchJsonAsync(SensorThings.At("Things(2)"), """{"MultiDatastreams":[{"@iot.id":1}]}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("MultiDatastreams(1)"), """{"Sensor":{"@iot.id":2}}""")).ShouldBe(200);
        await stoa.CreateAsync("MultiDatastreams(1)/Observations", Wind.Observation("2026-01-03T00:00:00Z", "[1,2,true]"));

        Assert.Equal("Dale", (await stoa.ReadAsync("Observations(4)/FeatureOfInterest/name/$value")).Text);
        Assert.Equal("1", (await stoa.ReadAsync("Sensors(2)/MultiDatastreams")).Ids());
        Assert.Equal("Polygon", (await stoa.ReadAsync("MultiDatastreams(1)/observedArea/type/$value")).Text);
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [Requirement(Requirements.DeleteEntity)]
    [InlineData("MultiDatastreams(1)", "2", "4", "1")]
    [InlineData("Things(1)", "2", "4", "")]
    [InlineData("Sensors(1)", "", "", "1")]
    [InlineData("ObservedProperties(2)", "2", "4", "1")]
    [InlineData("ObservedProperties(1)", "", "", "1")]
    [InlineData("FeaturesOfInterest(1)", "1,2", "", "1")]
    [InlineData("Locations(1)", "1,2", "1,2,3,4", "1")]
    [InlineData("Observations(1)", "1,2", "2,3,4", "1")]
    public async Task Goes_as_with_Datastreams_when_something_is_removed(string path, string left, string observations, string things)
    {
        await using var stoa = await Wind.StartAsync();
        await stoa.CreateAsync("Things", $$"""{"name":"Other","description":"d","Locations":[{"@iot.id":1}]}""");
        await stoa.CreateAsync("MultiDatastreams", Wind.Single("second", thing: 2));
        await stoa.CreateAsync("MultiDatastreams(2)/Observations", Wind.Observation("2026-01-09T00:00:00Z", "[1]"));

        (await stoa.DeleteAsync(SensorThings.At(path))).ShouldBe(200);

        Assert.Equal(left, (await stoa.ReadAsync("MultiDatastreams")).Ids());
        Assert.Equal(observations, (await stoa.ReadAsync("Observations")).Ids());
        Assert.Equal(things, (await stoa.ReadAsync("Things?$filter=id eq 1")).Ids());
        (await stoa.ReadAsync(path)).ShouldBeProblem(404, "not-found");
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.DatastreamProperties)]
    public async Task Follows_its_Observations_in_what_is_derived()
    {
        await using var stoa = await Wind.StartAsync();
        await stoa.PatchJsonAsync(SensorThings.At("Observations(3)"), """{"phenomenonTime":"2026-02-01T00:00:00Z","resultTime":"2026-02-02T00:00:00Z"}""");
        await stoa.DeleteAsync(SensorThings.At("Observations(1)"));

        (await stoa.ReadAsync("MultiDatastreams?$select=phenomenonTime,resultTime")).ShouldBeJson(200,
            """
            {"value": [{"phenomenonTime": "2026-01-01T01:00:00Z/2026-02-01T00:00:00Z",
                        "resultTime": "2026-02-02T00:00:00Z/2026-02-02T00:00:00Z"}]}
            """);
        await stoa.DeleteAsync(SensorThings.At("Observations(2)"));
        await stoa.DeleteAsync(SensorThings.At("Observations(3)"));
        (await stoa.ReadAsync("MultiDatastreams?$select=phenomenonTime,observedArea")).ShouldBeJson(200,
            """{"value": [{"phenomenonTime": null, "observedArea": null}]}""");
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task Keeps_Observations_over_a_restart()
    {
        await using var stoa = await Wind.StartAsync();
        await stoa.RestartAsync();
        await stoa.CreateAsync("MultiDatastreams(1)/Observations", Wind.Observation("2026-01-01T03:00:00Z", "[1,1,true]"));
        (await stoa.PostJsonAsync(SensorThings.At("MultiDatastreams(1)/Observations"), """{"result":[1]}""")).ShouldBeProblem(400, "invalid-property");

        Assert.Equal("1,2,3,4", (await stoa.ReadAsync("MultiDatastreams(1)/Observations")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }
}
