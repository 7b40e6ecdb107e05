using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>POST CreateObservations (OGC 18-088, 13.2).</summary>
[Requirement(Requirements.DataArray)]
public class Data_arrays
{
    private static readonly string Path = SensorThings.At("CreateObservations");

    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));
        return stoa;
    }

    [Fact]
    public async Task Store_rows_of_several_Datastreams_and_answer_their_addresses_in_order()
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.PostJsonAsync(Path,
            """
            [
              {"Datastream": {"@iot.id": 1}, "components": ["phenomenonTime", "result"], "dataArray@iot.count": 2,
               "dataArray": [["2026-01-01T00:00:00Z", 1], ["2026-01-01T01:00:00Z", 2]]},
              {"dataArray": [["2026-01-02T00:00:00Z/2026-01-03T00:00:00Z", "text", "2026-01-03T00:00:01Z",
                              "2026-01-02T00:00:00Z/2026-02-01T00:00:00Z", {"a": 1}, "good", 1]],
               "components": ["phenomenonTime", "result", "resultTime", "validTime", "parameters", "resultQuality", "FeatureOfInterest/id"],
               "Datastream": {"@iot.id": 2}}
            ]
            """);

        answer.ShouldBeJson(201,
            """
            ["{base}/sensorthings/v1.1/Observations(1)", "{base}/sensorthings/v1.1/Observations(2)", "{base}/sensorthings/v1.1/Observations(3)"]
            """);
        (await stoa.ReadAsync("Datastreams(1)/Observations?$select=phenomenonTime,result")).ShouldBeJson(200,
            """
            {"value": [{"phenomenonTime": "2026-01-01T00:00:00Z", "result": 1}, {"phenomenonTime": "2026-01-01T01:00:00Z", "result": 2}]}
            """);
        (await stoa.ReadAsync("Observations(3)")).ShouldBeJson(200,
            """
            {
              "@iot.id": 3,
              "@iot.selfLink": "{base}/sensorthings/v1.1/Observations(3)",
              "Datastream@iot.navigationLink": "{base}/sensorthings/v1.1/Observations(3)/Datastream",
              "FeatureOfInterest@iot.navigationLink": "{base}/sensorthings/v1.1/Observations(3)/FeatureOfInterest",
              "phenomenonTime": "2026-01-02T00:00:00Z/2026-01-03T00:00:00Z",
              "resultTime": "2026-01-03T00:00:01Z",
              "result": "text",
              "resultQuality": "good",
              "validTime": "2026-01-02T00:00:00Z/2026-02-01T00:00:00Z",
              "parameters": {"a": 1}
            }
            """);
        Assert.Equal("1", (await stoa.ReadAsync("FeaturesOfInterest")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task Store_what_is_right_and_answer_error_in_place_of_what_is_not()
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.PostJsonAsync(Path,
            """
            [
              {"Datastream": {"@iot.id": 1}, "components": ["phenomenonTime", "result", "FeatureOfInterest/id"], "dataArray": [
                ["2026-01-01T00:00:00Z", 1, null],
                ["yesterday", 2, null],
                ["2026-01-01T00:00:00Z", 3, 99],
                ["2026-01-01T00:00:00Z", 4],
                ["2026-01-01T00:00:00Z", 5, null, 6],
                [17, 6, null],
                ["2026-01-01T00:00:00Z", 7, "one"],
                ["2026-01-02T00:00:00Z/2026-01-01T00:00:00Z", 8, null],
                [],
                [null, 9, null]
              ]},
              {"Datastream": {"@iot.id": 99}, "components": ["result"], "dataArray": [[1], [2]]},
              {"Datastream": {"@iot.id": 2}, "components": ["result"], "dataArray": [[10]]}
            ]
            """);

        answer.ShouldBeJson(201,
            """
            [
              "{base}/sensorthings/v1.1/Observations(1)", "error", "error", "error", "error", "error", "error", "error", "error",
              "{base}/sensorthings/v1.1/Observations(2)", "error", "error", "{base}/sensorthings/v1.1/Observations(3)"
            ]
            """);
        (await stoa.ReadAsync("Observations?$select=phenomenonTime,result&$orderby=id")).ShouldBeJson(200,
            """
            {"value": [
              {"phenomenonTime": "2026-01-01T00:00:00Z", "result": 1},
              {"phenomenonTime": "2026-01-31T12:00:00Z", "result": 9},
              {"phenomenonTime": "2026-01-31T12:00:00Z", "result": 10}
            ]}
            """);
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [InlineData("[]", "[]")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[]}]""", "[]")]
    public async Task May_be_empty(string json, string expected)
    {
        await using var stoa = await StationAsync();

        (await stoa.PostJsonAsync(Path, json)).ShouldBeJson(201, expected);
    }

    [Fact]
    public async Task Refuse_every_row_where_no_feature_can_be_derived()
    {
        await using var stoa = await StationAsync();
        await stoa.DeleteAsync(SensorThings.At("Locations(1)"));
        var before = await stoa.SnapshotAsync();

        (await stoa.PostJsonAsync(Path, """[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1],[2]]}]"""))
            .ShouldBeJson(201, """["error","error"]""");

        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Theory]
    [InlineData("{}", "invalid-body")]
    [InlineData("[1]", "invalid-body")]
    [InlineData("[{}]", "missing-property")]
    [InlineData("""[{"components":["result"],"dataArray":[]}]""", "missing-property")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"dataArray":[]}]""", "missing-property")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":["result"]}]""", "missing-property")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":["phenomenonTime"],"dataArray":[]}]""", "invalid-property")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":["result","result"],"dataArray":[]}]""", "invalid-property")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":["result","colour"],"dataArray":[]}]""", "invalid-property")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":["result",1],"dataArray":[]}]""", "invalid-property")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":"result","dataArray":[]}]""", "invalid-property")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":{}}]""", "invalid-property")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[1]}]""", "invalid-property")]
    [InlineData("""[{"Datastream":{"@iot.id":"1"},"components":["result"],"dataArray":[]}]""", "invalid-property")]
    [InlineData("""[{"Datastream":1,"components":["result"],"dataArray":[]}]""", "invalid-property")]
    [InlineData("""[{"Datastream":{},"components":["result"],"dataArray":[]}]""", "invalid-property")]
    [InlineData("""[{"MultiDatastream":{"@iot.id":1},"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[]}]""", "invalid-body")]
    [InlineData("""[{"MultiDatastream":{"@iot.id":"1"},"components":["result"],"dataArray":[]}]""", "invalid-property")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"colour":1,"components":["result"],"dataArray":[]}]""", "unknown-property")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1]]}""", "invalid-json")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1]]}] []""", "invalid-json")]
    [InlineData("""[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1],[2]]},{"Datastream":{"@iot.id":1}}]""", "missing-property")]
    public async Task With_a_wrong_frame_are_refused_whole(string json, string problem)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.PostJsonAsync(Path, json);

        answer.ShouldBeProblem(400, problem);
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    public async Task Reach_only_the_dataset_of_the_address_and_of_the_token()
    {
        await using var stoa = await StationAsync();
        await stoa.GivenDatasetAsync("other", Stoa.Vocabulary.SpectrumClass.Open);
        var token = await stoa.GivenTokenAsync("other", "read", "write");
        const string json = """[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1]]}]""";

        (await stoa.PostJsonAsync("/datasets/other/sensorthings/v1.1/CreateObservations", json)).ShouldBeJson(201, """["error"]""");
        (await stoa.PostJsonAsync(Path, json, token)).ShouldBeJson(201, """["error"]""");
        (await stoa.PostJsonAsync("/datasets/inbox/sensorthings/v1.1/CreateObservations", json))
            .ShouldBeJson(201, """["{base}/datasets/inbox/sensorthings/v1.1/Observations(1)"]""");
        (await stoa.PostJsonAsync("/datasets/inbox/sensorthings/v1.1/CreateObservations", json, token)).ShouldBeProblem(404, "not-found");
    }
}
