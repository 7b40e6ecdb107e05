using Stoa.Tests.Connectors;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>U+0000 cannot be kept in a text of PostgreSQL. Both engines refuse it where it comes in; in JSON it stays an escape.</summary>
public class Texts_with_a_zero
{
    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "\"fair\""));
        return stoa;
    }

    [Theory]
    [InlineData("POST", "Things", """{"name":"a\u0000","description":"b"}""", "name")]
    [InlineData("POST", "Things", """{"name":"a","description":"\u0000"}""", "description")]
    [InlineData("POST", "Things", """{"name":"a","description":"b","@iot.externalKey":"k\u0000"}""", "@iot.externalKey")]
    [InlineData("POST", "Sensors", """{"name":"a","description":"b","encodingType":"c\u0000","metadata":"d"}""", "encodingType")]
    [InlineData("POST", "ObservedProperties", """{"name":"a","description":"b","definition":"\u0000c"}""", "definition")]
    [InlineData("PATCH", "Things(1)", """{"name":"a\u0000b"}""", "name")]
    [InlineData("PUT", "Things(1)", """{"name":"a","description":"b\u0000"}""", "description")]
    [InlineData("POST", "Datastreams(1)/Observations", """{"result":"a\u0000"}""", "result")]
    [InlineData("PATCH", "Observations(1)", """{"result":"\u0000"}""", "result")]
    [InlineData("PUT", "Observations(1)", """{"result":"\u0000"}""", "result")]
    public async Task Are_refused_by_the_name_of_the_property(string method, string path, string body, string property)
    {
        await using var stoa = await StationAsync();

        var answer = (await stoa.SendAsync(method, path, body)).ShouldBeProblem(400, "invalid-property");

        Assert.Equal(property, answer.Json.GetProperty("property").GetString());
        Assert.Equal("1", (await stoa.ReadAsync("Things")).Ids());
        Assert.Equal("fair", (await stoa.ReadAsync("Observations(1)/result/$value")).Text);
        Assert.Equal("1", (await stoa.ReadAsync("Observations")).Ids());
    }

    [Fact]
    public async Task Are_the_key_of_nothing()
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.PostJsonAsync(SensorThings.At("HistoricalLocations"),
            """{"time":"2026-01-01T00:00:00Z","Thing":{"@iot.externalKey":"\u0000"},"Locations":[{"@iot.id":1}]}""");

        Assert.Equal(400, answer.Status);
    }

    [Fact]
    public async Task Are_refused_rows_of_a_data_array()
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
            """[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[["a\u0000"],["b"]]}]""");

        answer.ShouldBeJson(201, """["error","{base}/sensorthings/v1.1/Observations(2)"]""");
    }

    [Theory]
    [InlineData("properties/deep/0 eq 'x'", "")]
    [InlineData("startswith(properties/text,'a')", "1")]
    [InlineData("properties/other eq 'y'", "1")]
    [InlineData("properties/text ne null", "1")]
    public async Task Come_back_in_JSON_and_are_no_harm_to_conditions(string filter, string ids)
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things",
            """{"name":"a","description":"b","properties":{"text":"a\u0000b","deep":["\u0000"],"\u0000":1,"other":"y"}}""");

        var found = await stoa.ReadAsync("Things?$filter=" + Uri.EscapeDataString(filter));

        Assert.Equal(ids, found.ShouldBe(200).Ids());
        (await stoa.ReadAsync("Things(1)?$select=properties")).ShouldBeJson(200,
            """{"properties":{"text":"a\u0000b","deep":["\u0000"],"\u0000":1,"other":"y"}}""");
    }

    [Theory]
    [InlineData("""{"id":"a","level":"x\u0000"}""", "level: the text has the character U+0000")]
    [InlineData("""{"id":"a\u0000","level":1}""", "the key of the Thing has control characters")]
    [InlineData("""{"id":"a","at":"now\u0000","level":1}""", "'now\uFFFD' is not a time in the form iso")]
    public async Task Of_devices_are_dead_letters(string payload, string reason)
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels",
            """
            device: '{$.id}'
            time: { value: '{$.at}' }
            values: [{ path: $.level, quantity: level }]
            """);

        (await stoa.PostPayloadAsync("/datasets/water/connectors/levels", payload, token)).ShouldBe(202);

        var letter = (await stoa.GetAsync("/api/v1/datasets/water/connectors/levels/dead-letters/1", token)).ShouldBe(200).Json;
        Assert.Equal(reason, letter.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Are_in_no_topic_and_in_no_declaration()
    {
        await using var stoa = await Exchange.StartAsync();
        const string rules = "device: d\nvalues: [{ path: $.level, quantity: level }]\n";
        var token = await stoa.GivenConnectorAsync("water", "levels", rules);

        (await stoa.PostPayloadAsync("/datasets/water/connectors/levels?topic=a%00", """{"level":1}""", token))
            .ShouldBeProblem(400, "invalid-parameter");
        (await stoa.PutYamlAsync("/api/v1/datasets/water/connectors/other", rules + "# \0", token)).ShouldBeProblem(400, "invalid-connector");
    }

    [Theory]
    [InlineData("/api/v1/datasets?owner=%00", 400)]
    [InlineData("/api/v1/datasets?q=%00", 200)]
    [InlineData("/datasets?q=%00", 200)]
    [InlineData("/datasets?q=a%00b&publisher=%00&sector=%00", 200)]
    [InlineData("/things?q=%00", 200)]
    [InlineData("/things?q=a%00b&dataset=%00", 200)]
    [InlineData("/sensorthings/v1.1/Things('%00')", 400)]
    [InlineData("/sensorthings/v1.1/Things?$filter=name%20eq%20'%00'", 400)]
    [InlineData("/sensorthings/v1.1/Things?$skiptoken=%00", 400)]
    [InlineData("/sensorthings/v1.1/Things?$deltatoken=%00", 400)]
    public async Task In_an_address_never_reach_the_database(string address, int status)
    {
        await using var stoa = await Exchange.StartAsync();

        var answer = await stoa.GetAsync(address);

        Assert.Equal(status, answer.Status);
    }
}
