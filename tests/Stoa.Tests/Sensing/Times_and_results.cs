using System.Text;
using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Times in every form that clients write, and results that come back as they were sent.</summary>
public class Times_and_results
{
    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        return stoa;
    }

    [Fact]
    [Requirement(Requirements.ObservationProperties)]
    public async Task Times_of_every_form_mean_the_moment_they_say()
    {
        await using var stoa = await StationAsync();
        (string Sent, string Read)[] times =
        [
            ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"),
            ("2026-03-01T12:00:00", "2026-03-01T12:00:00Z"),
            ("2026-03-01T12:00", "2026-03-01T12:00:00Z"),
            ("2026-03-01", "2026-03-01T00:00:00Z"),
            ("2026-03-01T12:00:00+01", "2026-03-01T11:00:00Z"),
            ("2026-03-01T12:00:00-0600", "2026-03-01T18:00:00Z"),
            ("2026-03-01T12:00:00+05:45", "2026-03-01T06:15:00Z"),
            ("2026-03-01T00:30:00+14:00", "2026-02-28T10:30:00Z"),
            ("2026-03-01T12:00:00.5Z", "2026-03-01T12:00:00.5Z"),
            ("2026-03-01T12:00:00.123456Z", "2026-03-01T12:00:00.123456Z"),
            ("2026-03-01T12:00:00.1234569Z", "2026-03-01T12:00:00.123456Z"),
            ("2026-03-01T12:00:00,25Z", "2026-03-01T12:00:00.25Z"),
            ("2026-03-01 12:00:00Z", "2026-03-01T12:00:00Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
            ("2026-03-01T12:00:00Z/2026-03-01T13:00:00Z", "2026-03-01T12:00:00Z/2026-03-01T13:00:00Z"),
            ("2026-03-01T12:00:00+01:00/2026-03-01T13:00:00+02:00", "2026-03-01T11:00:00Z/2026-03-01T11:00:00Z"),
        ];

        foreach (var (sent, read) in times)
        {
            var id = await stoa.CreateAsync("Datastreams(1)/Observations", $$"""{"phenomenonTime":"{{sent}}","result":1}""");

            (await stoa.ReadAsync($"Observations({id})/phenomenonTime")).ShouldBeJson(200, $$"""{"phenomenonTime":"{{read}}"}""");
        }

        (await stoa.ReadAsync("Datastreams(1)/phenomenonTime"))
            .ShouldBeJson(200, """{"phenomenonTime":"0001-01-01T00:00:00Z/9999-12-31T23:59:59.999999Z"}""");
    }

    [Theory]
    [Requirement(Requirements.ObservationProperties)]
    [InlineData("phenomenonTime", "\"\"")]
    [InlineData("phenomenonTime", "\"now\"")]
    [InlineData("phenomenonTime", "\"2026-02-30T00:00:00Z\"")]
    [InlineData("phenomenonTime", "\"2026-01-01T24:00:00Z\"")]
    [InlineData("phenomenonTime", "\"2026-01-01T00:00:00+25:00\"")]
    [InlineData("phenomenonTime", "\"2026-01-01T00:00:00ZZ\"")]
    [InlineData("phenomenonTime", "\"2026-1-1\"")]
    [InlineData("phenomenonTime", "\"0000-01-01T00:00:00Z\"")]
    [InlineData("phenomenonTime", "\"9999-12-31T23:59:59-01:00\"")]
    [InlineData("phenomenonTime", "\"2026-01-01T00:00:00Z/\"")]
    [InlineData("phenomenonTime", "\"/2026-01-01T00:00:00Z\"")]
    [InlineData("phenomenonTime", "\"2026-01-02T00:00:00Z/2026-01-01T00:00:00Z\"")]
    [InlineData("phenomenonTime", "\"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z/2026-01-03T00:00:00Z\"")]
    [InlineData("phenomenonTime", "\"２０２６-01-01T00:00:00Z\"")]
    [InlineData("phenomenonTime", "1767225600")]
    [InlineData("resultTime", "\"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z\"")]
    [InlineData("validTime", "\"2026-01-01T00:00:00Z\"")]
    public async Task Times_that_mean_nothing_are_refused(string property, string value)
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.PostJsonAsync(SensorThings.At("Datastreams(1)/Observations"), $$"""{"result":1,"{{property}}":{{value}}}""");

        answer.ShouldBeProblem(400, "invalid-property");
        Assert.Equal(property, answer.Json.GetProperty("property").GetString());
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task A_phenomenon_time_that_is_not_sent_is_the_time_of_the_server_and_a_result_time_stays_null()
    {
        await using var stoa = await StationAsync();

        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1,"phenomenonTime":null,"resultTime":null}""");

        (await stoa.ReadAsync("Observations?$select=phenomenonTime,resultTime")).ShouldBeJson(200,
            """
            {"value": [
              {"phenomenonTime": "2026-01-31T12:00:00Z", "resultTime": null},
              {"phenomenonTime": "2026-01-31T12:00:00Z", "resultTime": null}
            ]}
            """);
    }

    /// <summary>Results whose JSON text comes back byte for byte.</summary>
    public static TheoryData<string> Results =>
    [
        "0", "1", "-1", "9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808",
        "9223372036854775808", "123456789012345678901234567890", "0.5", "-2.25", "3.141592653589793238462643",
        "1E+300", "1e400", "-1e400", "\"\"", "\"text\"", "\"3\"", "\"null\"", "\"true\"", "true", "false", "null", "[]", "{}",
        "[1,[2,[3,{\"a\":null}]]]", "{\"z\":1,\"a\":{\"b\":[true,false]},\"\":\"\"}", "\"üñí © 漢字 🚲 \\u0001 \\t\"",
        "\"<script>&'\\\"\\\\/\"",
    ];

    [Theory]
    [Requirement(Requirements.ObservationProperties)]
    [MemberData(nameof(Results))]
    public async Task Results_come_back_in_the_type_in_which_they_were_sent(string result)
    {
        await using var stoa = await StationAsync();
        await stoa.CreateAsync("Datastreams(1)/Observations", $$"""{"result":{{result}}}""");
        (await stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
            $$"""[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[{{result}}]]}]""")).ShouldBe(201);
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":"to be replaced"}""");
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(3)"), $$"""{"result":{{result}}}""")).ShouldBe(200);

        var answer = await stoa.ReadAsync("Observations?$select=result");

        Assert.Equal(string.Join(",", Enumerable.Repeat(result, 3)), Plain(answer.Column("result")));
        var alone = await stoa.ReadAsync("Observations(1)/result");
        if (result == "null") alone.ShouldBe(204);
        else Assert.Equal($$"""{"result":{{result}}}""", Plain(alone.ShouldBe(200).Text));
    }

    // How a character is escaped is not part of the value.
    private static string Plain(string json) => json.Replace("\\uD83D\\uDEB2", "🚲", StringComparison.OrdinalIgnoreCase);

    [Fact]
    [Requirement(Requirements.ObservationProperties)]
    public async Task A_result_as_large_as_a_document_comes_back_whole()
    {
        await using var stoa = await StationAsync();
        var text = new StringBuilder().Append('x', 2_000_000).ToString();

        await stoa.CreateAsync("Datastreams(1)/Observations", $$"""{"result":"{{text}}"}""");

        Assert.Equal(text, (await stoa.ReadAsync("Observations(1)/result/$value")).ShouldBe(200).Text);
    }

    [Theory]
    [InlineData("""{"name":"Ω 🚲 \" \\ \u0001","description":"","properties":{"deep":{"ω":[1,2.50,null,"\n\u0000"]}}}""")]
    [InlineData("""{"name":"<b>","description":"\r\n\t","properties":{}}""")]
    public async Task Texts_and_properties_come_back_as_they_were_sent(string json)
    {
        await using var stoa = await Exchange.StartAsync();

        await stoa.CreateAsync("Things", json);

        (await stoa.ReadAsync("Things(1)?$select=name,description,properties")).ShouldBeJson(200, json);
    }
}
