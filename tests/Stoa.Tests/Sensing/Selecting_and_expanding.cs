using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>$select and $expand (OGC 18-088, 9.3.2).</summary>
public class Selecting_and_expanding(SeriesExchange series) : IClassFixture<SeriesExchange>
{
    private Exchange Stoa => series.Stoa;

    [Theory]
    [Requirement(Requirements.Select)]
    [InlineData("Things(1)?$select=name", """{"name": "Alpha"}""")]
    [InlineData("Things(4)?$select=name,properties", """{"name": "Ωmega", "properties": null}""")]
    [InlineData("Things(1)?$select=id,name",
        """{"@iot.id": 1, "@iot.selfLink": "{base}/sensorthings/v1.1/Things(1)", "name": "Alpha"}""")]
    [InlineData("Things(1)?$select=@iot.id", """{"@iot.id": 1, "@iot.selfLink": "{base}/sensorthings/v1.1/Things(1)"}""")]
    [InlineData("Things(1)?$select=Datastreams,description", """
        {"Datastreams@iot.navigationLink": "{base}/sensorthings/v1.1/Things(1)/Datastreams", "description": "Thing Alpha"}
        """)]
    [InlineData("Observations?$select=result&$top=2&$filter=result gt 0&$orderby=result", """
        {"value": [{"result": 1}, {"result": 2}],
         "@iot.nextLink": "{base}/sensorthings/v1.1/Observations?$select=result&$top=2&$filter=result%20gt%200&$orderby=result&$skip=2"}
        """)]
    [InlineData("Observations(2)?$select=resultTime,result", """{"resultTime": "2026-01-01T01:30:00.5Z", "result": 2}""")]
    public async Task Select_what_is_shown(string path, string json)
    {
        var answer = await Stoa.ReadAsync(path);

        answer.ShouldBeJson(200, json);
    }

    [Fact]
    [Requirement(Requirements.Expand)]
    public async Task Expand_a_set_and_a_single_entity_in_place_of_their_links()
    {
        var answer = await Stoa.ReadAsync("Datastreams(1)?$expand=Thing,Observations($top=1)&$select=name");

        answer.ShouldBeJson(200,
            """
            {
              "name": "numbers",
              "Thing": {
                "@iot.id": 1,
                "@iot.selfLink": "{base}/sensorthings/v1.1/Things(1)",
                "Locations@iot.navigationLink": "{base}/sensorthings/v1.1/Things(1)/Locations",
                "HistoricalLocations@iot.navigationLink": "{base}/sensorthings/v1.1/Things(1)/HistoricalLocations",
                "Datastreams@iot.navigationLink": "{base}/sensorthings/v1.1/Things(1)/Datastreams",
                "MultiDatastreams@iot.navigationLink": "{base}/sensorthings/v1.1/Things(1)/MultiDatastreams",
                "name": "Alpha",
                "description": "Thing Alpha",
                "properties": {"height": 3, "open": true, "tags": ["a", "b"], "built": "2001-05-06T07:08:09Z", "note": "7"}
              },
              "Observations": [{
                "@iot.id": 1,
                "@iot.selfLink": "{base}/sensorthings/v1.1/Observations(1)",
                "Datastream@iot.navigationLink": "{base}/sensorthings/v1.1/Observations(1)/Datastream",
                "FeatureOfInterest@iot.navigationLink": "{base}/sensorthings/v1.1/Observations(1)/FeatureOfInterest",
                "phenomenonTime": "2026-01-01T00:00:00Z",
                "resultTime": null,
                "result": 1,
                "parameters": {"i": 1}
              }],
              "Observations@iot.nextLink": "{base}/sensorthings/v1.1/Datastreams(1)/Observations?$top=1&$skiptoken=AgAGR0hGIEAAAAAAAAAAAAE"
            }
            """);
    }

    [Fact]
    [Requirement(Requirements.Expand)]
    public async Task Expand_several_levels_with_slashes_and_with_options_alike()
    {
        var slashes = await Stoa.ReadAsync("Things?$expand=Datastreams/Observations/FeatureOfInterest");
        var options = await Stoa.ReadAsync("Things?$expand=Datastreams($expand=Observations($expand=FeatureOfInterest))");

        Assert.Equal(slashes.ShouldBe(200).Text, options.ShouldBe(200).Text);
        Assert.Equal(12, slashes.Json.GetProperty("value")[0].GetProperty("Datastreams")[0].GetProperty("Observations").GetArrayLength());
    }

    [Theory]
    [Requirement(Requirements.Expand)]
    [InlineData("Things(2)?$select=name&$expand=Datastreams($select=name;$expand=Observations($count=true;$top=0))", """
        {"name": "beta", "Datastreams": [{"name": "kinds", "Observations@iot.count": 6, "Observations": []}]}
        """)]
    [InlineData("Datastreams(1)?$select=name&$expand=Observations($filter=result gt 10;$select=result;$orderby=result desc;$count=true)", """
        {"name": "numbers", "Observations@iot.count": 2, "Observations": [{"result": 12}, {"result": 11}]}
        """)]
    [InlineData("Datastreams(1)?$select=name&$expand=Observations($skip=10;$top=1;$select=result)", """
        {"name": "numbers", "Observations": [{"result": 11}],
         "Observations@iot.nextLink": "{base}/sensorthings/v1.1/Datastreams(1)/Observations?$top=1&$select=result&$skiptoken=AgAGR1Cn5KgAAAAAAAAAAAs"}
        """)]
    [InlineData("Observations(3)?$select=result&$expand=Datastream/Thing($select=name)", """
        {"result": 3, "Datastream": {
          "@iot.id": 1,
          "@iot.selfLink": "{base}/sensorthings/v1.1/Datastreams(1)",
          "Sensor@iot.navigationLink": "{base}/sensorthings/v1.1/Datastreams(1)/Sensor",
          "ObservedProperty@iot.navigationLink": "{base}/sensorthings/v1.1/Datastreams(1)/ObservedProperty",
          "Observations@iot.navigationLink": "{base}/sensorthings/v1.1/Datastreams(1)/Observations",
          "name": "numbers", "description": "d",
          "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
          "unitOfMeasurement": {"name": null, "symbol": null, "definition": null},
          "observedArea": {"type": "Point", "coordinates": [7, 51]},
          "phenomenonTime": "2026-01-01T00:00:00Z/2026-01-01T11:00:00Z",
          "resultTime": "2026-01-01T01:30:00.5Z/2026-01-01T11:30:00.5Z",
          "Thing": {"name": "Alpha"}
        }}
        """)]
    [InlineData("Things(1)?$select=name&$expand=Datastreams($select=name),Locations($select=name)", """
        {"name": "Alpha", "Datastreams": [{"name": "numbers"}], "Locations": [{"name": "at Alpha"}]}
        """)]
    [InlineData("Things(1)?$select=name&$expand=Datastreams/Sensor,Datastreams/ObservedProperty&$expand=", null)]
    [InlineData("Things?$select=name&$expand=Datastreams($select=name)&$top=1&$skip=3", """
        {"value": [{"name": "Ωmega", "Datastreams": []}]}
        """)]
    public async Task Expand_with_options(string path, string? json)
    {
        var answer = await Stoa.ReadAsync(path);

        if (json is null) answer.ShouldBeProblem(400, "malformed-query");
        else answer.ShouldBeJson(200, json);
    }

    [Fact]
    [Requirement(Requirements.Expand)]
    [Requirement(Requirements.Pagination)]
    public async Task Follow_the_next_link_of_an_expanded_set_with_all_of_its_options()
    {
        var first = await Stoa.ReadAsync(
            "Datastreams(1)?$expand=Observations($filter=result gt 2 and result ne 5;$top=4;$select=result;$orderby=result desc)");
        var results = new List<string> { string.Join(',', Results(first.ShouldBe(200).Json, "Observations")) };
        var next = first.Json.GetProperty("Observations@iot.nextLink").GetString();
        while (next is not null)
        {
            var page = (await Stoa.GetAsync(next, Stoa.AdminToken)).ShouldBe(200).Json;
            results.Add(string.Join(',', Results(page, "value")));
            next = page.TryGetProperty("@iot.nextLink", out var more) ? more.GetString() : null;
        }

        Assert.Equal(["12,11,10,9", "8,7,6,4", "3"], results);
    }

    private static IEnumerable<string> Results(System.Text.Json.JsonElement page, string member) =>
        page.GetProperty(member).EnumerateArray().Select(row => row.GetProperty("result").GetRawText());

    [Theory]
    [Requirement(Requirements.Expand)]
    [InlineData("Things?$select=colour", "unknown-query-name")]
    [InlineData("Things?$select=", "malformed-query")]
    [InlineData("Things?$select=name,", "malformed-query")]
    [InlineData("Things?$expand=Sensors", "unknown-query-name")]
    [InlineData("Things?$expand=name", "unknown-query-name")]
    [InlineData("Things?$expand=Datastreams($top=-1)", "malformed-query")]
    [InlineData("Things?$expand=Datastreams($color=1)", "malformed-query")]
    [InlineData("Things?$expand=Datastreams(", "malformed-query")]
    [InlineData("Things?$expand=Datastreams($select=colour)", "unknown-query-name")]
    [InlineData("Things?$expand=Datastreams/Thing/Datastreams/Thing/Datastreams/Thing", "query-limit")]
    public async Task Refuse_what_is_not_there(string path, string problem)
    {
        var answer = await Stoa.ReadAsync(path);

        answer.ShouldBeProblem(400, problem);
    }
}
