using System.Net;
using System.Text;
using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>$resultFormat=CSV: entities as tables (RFC 4180).</summary>
public class Csv_answers(SeriesExchange series) : IClassFixture<SeriesExchange>
{
    private Exchange Stoa => series.Stoa;

    private static string Lines(params string[] lines) => string.Concat(lines.Select(line => line + "\r\n"));

    [Fact]
    public async Task Have_a_header_and_a_line_for_each_entity()
    {
        var answer = (await Stoa.ReadAsync("Datastreams(1)/Observations?$resultFormat=CSV&$filter=result le 2")).ShouldBe(200);

        Assert.Equal("text/csv; charset=utf-8; header=present", answer.Header("Content-Type"));
        Assert.Equal("attachment; filename=\"Observations.csv\"", answer.Header("Content-Disposition"));
        Assert.Equal(
            Lines("id,phenomenonTime,result,resultTime,resultQuality,validTime,parameters",
                "1,2026-01-01T00:00:00Z,1,,,,\"{\"\"i\"\":1}\"",
                "2,2026-01-01T01:00:00Z,2,2026-01-01T01:30:00.5Z,,,\"{\"\"i\"\":2}\""),
            answer.Text);
    }

    [Fact]
    public async Task Name_columns_of_expanded_entities_by_their_path_and_split_the_unit()
    {
        var answer = await Stoa.ReadAsync(
            "Observations?$resultFormat=CSV&$select=result&$filter=result eq 3&$expand=Datastream($select=name,unitOfMeasurement;" +
            "$expand=Thing($select=id,name)),FeatureOfInterest($select=name)");

        Assert.Equal(
            Lines("result,Datastream/name,Datastream/unitOfMeasurement/name,Datastream/unitOfMeasurement/symbol," +
                "Datastream/unitOfMeasurement/definition,Datastream/Thing/id,Datastream/Thing/name,FeatureOfInterest/name",
                "3,numbers,,,,1,Alpha,at Alpha"),
            answer.ShouldBe(200).Text);
    }

    [Fact]
    public async Task Show_the_latest_value_of_every_Datastream_in_one_table()
    {
        var answer = await Stoa.ReadAsync(
            "Datastreams?$resultFormat=CSV&$select=name&$expand=Observations($select=result;$orderby=phenomenonTime desc;$top=1)");

        Assert.Equal(
            Lines("name,Observations/result", "numbers,12", "kinds,\"\"", "nothing,"),
            answer.ShouldBe(200).Text);
    }

    [Fact]
    public async Task Come_for_single_entities_and_empty_sets_too()
    {
        Assert.Equal(Lines("name", "beta"), (await Stoa.ReadAsync("Things(2)?$resultFormat=csv&$select=name")).ShouldBe(200).Text);
        Assert.Equal(Lines("id,name"), (await Stoa.ReadAsync("Things?$resultFormat=CSV&$filter=id eq 77&$select=id,name")).ShouldBe(200).Text);
        Assert.Equal(Lines("id,name"), (await Stoa.ReadAsync("Things?$resultFormat=CSV&$top=0&$select=id,name")).ShouldBe(200).Text);
        (await Stoa.ReadAsync("Things(77)?$resultFormat=CSV")).ShouldBeProblem(404, "not-found");
        (await Stoa.ReadAsync("Things(77)/Datastreams?$resultFormat=CSV&$top=1")).ShouldBeProblem(404, "not-found");
    }

    [Theory]
    [InlineData("text/csv", "text/csv")]
    [InlineData("text/csv;q=0.9, application/json;q=0.5", "text/csv")]
    [InlineData("application/json, text/csv", "application/json")]
    [InlineData("text/csv;q=0.1, */*", "application/json")]
    [InlineData("application/geo+json, */*;q=0.1", "application/geo+json")]
    [InlineData("text/csv;q=0, ,;;,csv", "application/json")]
    [InlineData("text/html,*/*;q=0.8", "application/json")]
    public async Task Come_by_the_Accept_header(string accept, string media)
    {
        var answer = (await Stoa.GetAsync(SensorThings.At("Things"), Stoa.AdminToken, accept)).ShouldBe(200);

        Assert.Equal(media, answer.MediaType);
        Assert.Equal("Authorization, Accept", answer.Header("Vary"));
    }

    [Fact]
    public async Task Follow_what_the_address_says_rather_than_the_Accept_header()
    {
        var answer = await Stoa.GetAsync(SensorThings.At("Things?$resultFormat=GeoJSON"), Stoa.AdminToken, "text/csv");

        Assert.Equal("application/geo+json", answer.ShouldBe(200).MediaType);
    }

    [Theory]
    [InlineData("Things?$resultFormat=CSV&$expand=Datastreams")]
    [InlineData("Things?$resultFormat=CSV&$expand=Datastreams($top=2)")]
    [InlineData("Observations?$resultFormat=CSV&$expand=Datastream($expand=Thing/Locations)")]
    public async Task Are_refused_for_relations_to_many(string path) =>
        (await Stoa.ReadAsync(path)).ShouldBeProblem(400, "query-not-possible");

    [Theory]
    [InlineData("$resultFormat=xml")]
    [InlineData("$resultFormat=")]
    [InlineData("$resultFormat=CSV%00")]
    public async Task Unknown_formats_are_not_implemented(string option) =>
        (await Stoa.ReadAsync("Things?" + option)).ShouldBeProblem(501, "unsupported-format");

    [Fact]
    public async Task Hold_the_whole_set_unless_a_page_is_asked_for()
    {
        await using var stoa = await GivenThingsAsync(7, ("limits.topDefault", "2"), ("limits.topMax", "3"));

        var all = (await stoa.ReadAsync("Things?$resultFormat=CSV&$select=id")).ShouldBe(200);
        var page = (await stoa.ReadAsync("Things?$resultFormat=CSV&$select=id&$top=3")).ShouldBe(200);
        var ordered = (await stoa.ReadAsync("Things?$resultFormat=CSV&$select=id&$orderby=name desc")).ShouldBe(200);

        Assert.Equal(Lines("id", "1", "2", "3", "4", "5", "6", "7"), all.Text);
        Assert.Equal("", all.Header("Link"));
        Assert.Equal(Lines("id", "1", "2", "3"), page.Text);
        Assert.Equal(Lines("id", "7", "6", "5"), ordered.Text);
        Assert.Contains("$skip=3", ordered.Header("Link"), StringComparison.Ordinal);
        var rest = new StringBuilder();
        for (var link = page.Header("Link"); link != "";)
        {
            Assert.EndsWith(">; rel=\"next\"", link, StringComparison.Ordinal);
            var next = (await stoa.GetAsync(link[1..link.IndexOf('>', StringComparison.Ordinal)], stoa.AdminToken)).ShouldBe(200);
            rest.Append(next.Text);
            link = next.Header("Link");
        }

        Assert.Equal(Lines("id", "4", "5", "6") + Lines("id", "7"), rest.ToString());
    }

    [Fact]
    public async Task Go_beyond_one_snapshot_without_a_gap()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        var rows = string.Join(',', Enumerable.Range(0, 12_001).Select(i => $"[\"{1900 + (i / 10)}-01-0{1 + (i % 9)}T00:00:00Z\",{i}]"));
        (await stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
            $$"""[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],"dataArray":[{{rows}}]}]""")).ShouldBe(201);

        foreach (var path in new[] { "Datastreams(1)/Observations", "Observations" })
        {
            var lines = (await stoa.ReadAsync(path + "?$resultFormat=CSV&$select=id,phenomenonTime&$skip=1")).ShouldBe(200).Text.Split("\r\n");

            var expected = Enumerable.Range(0, 12_001).OrderBy(i => (i / 10, i % 9, i)).Skip(1).Select(i => i + 1L);
            Assert.Equal(expected, lines[1..^1].Select(line => long.Parse(line.Split(',')[0], null)));
        }
    }

    [Fact]
    public async Task Are_refused_beyond_the_limit_and_broken_off_where_it_was_not_foreseen()
    {
        await using var stoa = await GivenThingsAsync(6, ("limits.downloadRows", "6"));
        Assert.Equal(8, (await stoa.ReadAsync("Things?$resultFormat=CSV&$select=id")).ShouldBe(200).Text.Split("\r\n").Length);
        await stoa.CreateAsync("Things", """{"name":"t","description":"d"}""");

        var refused = (await stoa.ReadAsync("Things?$resultFormat=CSV")).ShouldBeProblem(400, "download-too-large");
        Assert.Equal(6, refused.Json.GetProperty("limit").GetInt64());
        (await stoa.ReadAsync("Things?$resultFormat=CSV&$skip=1")).ShouldBe(200);
        (await stoa.ReadAsync("Things?$resultFormat=CSV&$filter=id gt 1")).ShouldBe(200);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => stoa.ReadAsync("Things?$resultFormat=CSV&$filter=id gt 0"));
        var geo = (await stoa.ReadAsync("Things?$resultFormat=GeoJSON")).ShouldBe(200).Json;
        Assert.Equal(6, geo.GetProperty("features").GetArrayLength());
        var next = (await stoa.GetAsync(geo.GetProperty("@iot.nextLink").GetString()!, stoa.AdminToken)).ShouldBe(200).Json;
        Assert.Equal("[7]", $"[{string.Join(',', next.GetProperty("features").EnumerateArray().Select(row => row.GetProperty("id").GetInt64()))}]");
    }

    /// <summary>Texts come from whoever may write; the file is opened in a spreadsheet by somebody else.</summary>
    [Theory]
    [InlineData("=HYPERLINK(1)", "\"'=HYPERLINK(1)\"")]
    [InlineData("@SUM(A1)", "\"'@SUM(A1)\"")]
    [InlineData("+49 251", "\"'+49 251\"")]
    [InlineData("-cmd", "\"'-cmd\"")]
    [InlineData("-12.5", "-12.5")]
    [InlineData("+5", "+5")]
    [InlineData("\\tx", "\"'\tx\"")]
    [InlineData("a=b", "a=b")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \\\"so\\\"", "\"say \"\"so\"\"\"")]
    [InlineData("two\\nlines", "\"two\nlines\"")]
    [InlineData("Größe ☀", "Größe ☀")]
    public async Task Quote_what_needs_it_and_defuse_formulas(string name, string cell)
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", $$"""{"name":"{{name}}","description":"d"}""");

        Assert.Equal(Lines("name", cell), (await stoa.ReadAsync("Things?$resultFormat=CSV&$select=name")).ShouldBe(200).Text);
    }

    [Fact]
    public async Task Tell_null_from_empty_text_and_leave_no_line_blank()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "null"), ("2026-01-01T00:00:01Z", "\"\""), ("2026-01-01T00:00:02Z", "true"));

        Assert.Equal(
            Lines("id,result", "1,", "2,\"\"", "3,true"),
            (await stoa.ReadAsync("Observations?$resultFormat=CSV&$select=id,result")).ShouldBe(200).Text);
        Assert.Equal(
            Lines("resultTime", "\"\"", "\"\"", "\"\""),
            (await stoa.ReadAsync("Observations?$resultFormat=CSV&$select=resultTime")).ShouldBe(200).Text);
    }

    [Fact]
    public async Task Answer_HEAD_without_reading_everything()
    {
        await using var stoa = await GivenThingsAsync(2, ("limits.downloadRows", "1"));
        var address = SensorThings.At("Things?$resultFormat=CSV&$filter=id gt 0");

        // Whoever reads on comes to where it is broken off.
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => stoa.GetAsync(address, stoa.AdminToken));
        var answer = await stoa.SendAsync(HttpMethod.Head, address, null, stoa.AdminToken);

        Assert.Equal("text/csv", answer.ShouldBe(200).MediaType);
        Assert.Empty(answer.Bytes);
    }

    private static async Task<Exchange> GivenThingsAsync(int count, params (string, string)[] settings)
    {
        var stoa = await Exchange.StartAsync(time: new TestClock(), settings: settings);
        for (var i = 1; i <= count; i++) await stoa.CreateAsync("Things", $$"""{"name":"t{{i}}","description":"d"}""");
        return stoa;
    }
}
