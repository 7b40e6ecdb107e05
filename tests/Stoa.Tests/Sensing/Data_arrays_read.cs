using System.Globalization;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>$resultFormat=dataArray (OGC 18-088, 13.1).</summary>
[Requirement(Requirements.DataArray)]
public class Data_arrays_read(SeriesExchange series) : IClassFixture<SeriesExchange>
{
    private Exchange Stoa => series.Stoa;

    [Fact]
    public async Task Hold_rows_with_components_count_and_the_link_of_their_Datastream()
    {
        (await Stoa.ReadAsync("Observations?$resultFormat=dataArray&$filter=result le 2 and result ge 1&$orderby=id")).ShouldBeJson(200,
            """
            {"value": [{
              "Datastream@iot.navigationLink": "{base}/sensorthings/v1.1/Datastreams(1)",
              "components": ["id", "phenomenonTime", "result", "resultTime", "resultQuality", "validTime", "parameters"],
              "dataArray@iot.count": 2,
              "dataArray": [
                [1, "2026-01-01T00:00:00Z", 1, null, null, null, {"i": 1}],
                [2, "2026-01-01T01:00:00Z", 2, "2026-01-01T01:30:00.5Z", null, null, {"i": 2}]
              ]
            }]}
            """);
    }

    [Fact]
    public async Task Keep_the_count_the_order_the_selection_and_the_next_page()
    {
        var answer = await Stoa.ReadAsync(
            "Datastreams(1)/Observations?$resultFormat=dataArray&$select=result,id&$count=true&$top=2&$skip=1&$orderby=phenomenonTime desc" +
            "&$filter=result lt 12");

        answer.ShouldBe(200);
        Assert.Equal(11, answer.Json.GetProperty("@iot.count").GetInt64());
        var group = answer.Json.GetProperty("value")[0];
        Assert.Equal("""["id","result"]""", group.GetProperty("components").GetRawText());
        Assert.Equal("[[10,10],[9,9]]", group.GetProperty("dataArray").GetRawText());
        var next = await Stoa.GetAsync(answer.Json.GetProperty("@iot.nextLink").GetString()!, Stoa.AdminToken);
        Assert.Equal("[[8,8],[7,7]]", next.ShouldBe(200).Json.GetProperty("value")[0].GetProperty("dataArray").GetRawText());
    }

    [Fact]
    public async Task Have_one_group_for_each_Datastream_of_a_page_however_its_rows_are_mixed()
    {
        var answer = await Stoa.ReadAsync("Observations?$resultFormat=dataArray&$orderby=result&$select=result");

        var groups = answer.ShouldBe(200).Json.GetProperty("value").EnumerateArray().ToList();
        Assert.Equal(2, groups.Count);
        Assert.Equal(18, groups.Sum(group => group.GetProperty("dataArray@iot.count").GetInt32()));
        Assert.All(groups, group =>
            Assert.Equal(group.GetProperty("dataArray@iot.count").GetInt32(), group.GetProperty("dataArray").GetArrayLength()));
    }

    [Fact]
    public async Task Hold_the_same_as_JSON_does_for_every_kind_of_result()
    {
        var json = (await Stoa.ReadAsync("Datastreams(2)/Observations?$select=id,result")).Json.GetProperty("value").EnumerateArray();
        var rows = (await Stoa.ReadAsync("Datastreams(2)/Observations?$select=id,result&$resultFormat=dataArray"))
            .Json.GetProperty("value")[0].GetProperty("dataArray").EnumerateArray();

        Assert.Equal(
            json.Select(row => row.GetProperty("@iot.id").GetRawText() + row.GetProperty("result").GetRawText()),
            rows.Select(row => row[0].GetRawText() + row[1].GetRawText()));
    }

    [Fact]
    public async Task Show_the_link_of_the_feature_when_it_is_selected()
    {
        var answer = await Stoa.ReadAsync("Observations?$top=1&$select=id,FeatureOfInterest,Datastream&$resultFormat=dataArray");

        var group = answer.ShouldBe(200).Json.GetProperty("value")[0];
        Assert.Equal("""["id","FeatureOfInterest@iot.navigationLink"]""", group.GetProperty("components").GetRawText());
        Assert.EndsWith("/Observations(1)/FeatureOfInterest", group.GetProperty("dataArray")[0][1].GetString());
    }

    [Fact]
    public async Task Are_empty_where_there_is_nothing()
    {
        (await Stoa.ReadAsync("Datastreams(3)/Observations?$resultFormat=dataArray")).ShouldBeJson(200, """{"value": []}""");
        (await Stoa.ReadAsync("Datastreams(99)/Observations?$resultFormat=dataArray")).ShouldBeProblem(404, "not-found");
    }

    [Theory]
    [InlineData("Observations?$resultFormat=dataArray&$expand=Datastream")]
    [InlineData("Datastreams?$resultFormat=dataArray")]
    [InlineData("Things?$resultFormat=dataArray&$expand=Datastreams")]
    [InlineData("Observations(1)?$resultFormat=dataArray")]
    [InlineData("Observations/$ref?$resultFormat=dataArray")]
    [InlineData("Observations(1)/result?$resultFormat=dataArray")]
    public async Task Are_refused_where_they_do_not_fit(string path)
    {
        var answer = (await Stoa.ReadAsync(path)).ShouldBeProblem(400, "query-not-possible");

        Assert.Equal("$resultFormat", answer.Json.GetProperty("option").GetString());
    }

    [Fact]
    public async Task Group_observations_of_MultiDatastreams_by_those()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "7"));
        await stoa.CreateAsync("MultiDatastreams",
            """
            {"name":"m","description":"d",
             "observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation",
             "multiObservationDataTypes":["http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
                                          "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"],
             "unitOfMeasurements":[{"name":"a","symbol":"a","definition":"a"},{"name":"b","symbol":"b","definition":"b"}],
             "Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},
             "ObservedProperties":[{"@iot.id":1},{"name":"two","definition":"https://example.org/two","description":"d"}]}
            """);
        await stoa.CreateAsync("MultiDatastreams(1)/Observations", """{"phenomenonTime":"2026-01-01T00:00:01Z","result":[1,2.5]}""");

        (await stoa.ReadAsync("Observations?$resultFormat=dataArray&$select=result")).ShouldBeJson(200,
            """
            {"value":[
              {"Datastream@iot.navigationLink":"{base}/sensorthings/v1.1/Datastreams(1)",
               "components":["result"],"dataArray@iot.count":1,"dataArray":[[7]]},
              {"MultiDatastream@iot.navigationLink":"{base}/sensorthings/v1.1/MultiDatastreams(1)",
               "components":["result"],"dataArray@iot.count":1,"dataArray":[[[1,2.5]]]}]}
            """);
        Assert.Equal("id,result\r\n2,\"[1,2.5]\"\r\n", (await stoa.ReadAsync("MultiDatastreams(1)/Observations?$resultFormat=CSV&$select=id,result")).Text);
        Assert.Contains("[7.5,51.9]", (await stoa.ReadAsync("MultiDatastreams?$resultFormat=GeoJSON")).ShouldBe(200).Text
            .Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>What is held of a page is bounded: a page beyond it has several groups of one Datastream, and no row is lost.</summary>
    [Fact]
    public async Task Begin_a_further_group_when_a_page_outgrows_what_is_held()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        var body = new StringBuilder(
            """[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result","parameters"],"dataArray":[""");
        for (var i = 0; i < 1500; i++)
            body.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? "," : "")}[\"2026-01-01T00:{i / 60:00}:{i % 60:00}Z\",{i},{{\"text\":\"{new string('x', 1000)}\"}}]");
        (await stoa.PostJsonAsync(SensorThings.At("CreateObservations"), body.Append("]}]").ToString())).ShouldBe(201);

        var answer = await stoa.ReadAsync("Observations?$resultFormat=dataArray&$top=1500");

        var groups = answer.ShouldBe(200).Json.GetProperty("value").EnumerateArray().ToList();
        Assert.Equal(2, groups.Count);
        Assert.Equal(
            Enumerable.Range(0, 1500),
            groups.SelectMany(group => group.GetProperty("dataArray").EnumerateArray()).Select(row => row[2].GetInt32()));
    }
}
