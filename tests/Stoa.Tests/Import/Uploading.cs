using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Import;

public class Uploading
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    private const string Mapping =
        """
        stations: { key: id }
        time: { column: when, formats: [iso], zone: UTC }
        thing: { key: '{station}', name: '{station.label}' }
        datastreams:
          - { column: level, key: '{station}/level', sensor: { key: gauge }, observedProperty: { key: level } }
        """;

    private static MultipartFormDataContent Form(params (string Part, string Name, string Text)[] parts)
    {
        var form = new MultipartFormDataContent();
        foreach (var (part, name, text) in parts) form.Add(new ByteArrayContent(Encoding.UTF8.GetBytes(text)), part,
            name);
        return form;
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(Exchange stoa, string path,
        HttpContent content, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await stoa.Http.SendAsync(request, Now);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Now));
        return (answer.StatusCode, body.RootElement.Clone());
    }

    [Fact]
    public async Task Imports_a_table_with_mapping_and_stations_and_answers_what_it_did()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("water", SpectrumClass.Open);
        var token = await stoa.GivenTokenAsync("water", "read", "write");

        var (status, body) = await SendAsync(stoa, "/api/v1/datasets/water/imports",
            Form(("mapping", "m.yaml", Mapping), ("stations", "s.csv", "id,label\nA,Gauge A\n"),
                ("file", "a.csv", "when,station,level\n2025-01-01,A,1.5\nx,A,2\n")), token);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            """{"files":[{"name":"a.csv","rows":2,"observationsAdded":1,"observationsSkipped":0,"missingValues":0,"droppedByStatus":0,"ignoredRows":0,"rejectedRows":1,"rejections":[{"line":3,"reason":"\u0027x\u0027 is not a time in the form iso"}]}],"things":1,"datastreams":1,"dryRun":false,"rows":2,"observationsAdded":1,"observationsSkipped":0,"missingValues":0,"droppedByStatus":0,"ignoredRows":0,"rejectedRows":1}""",
            body.GetRawText());
        var answer = await stoa.GetAsync(
            "/datasets/water/sensorthings/v1.1/Observations?$select=result,phenomenonTime");
        Assert.Contains("\"result\":1.5", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Imports_features_from_the_body_itself()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("wells", SpectrumClass.Open);
        var content = new StringContent("""{"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[500000,5761038.212467]},"properties":{"n":"W"}}""");
        content.Headers.ContentType = new("application/geo+json");

        var (status, body) = await SendAsync(stoa,
            "/api/v1/datasets/wells/imports?crs=EPSG:25832&name={n}&key=w{feature.id}", content, stoa.AdminToken);

        Assert.Equal((HttpStatusCode.OK, 1), (status, body.GetProperty("things").GetInt32()));
        var things = await stoa.GetAsync(
            "/datasets/wells/sensorthings/v1.1/Things?$select=name&$expand=Locations($select=location)");
        Assert.Contains("""{"type":"Point","coordinates":[9,52]}""", things.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Needs_the_right_to_write_and_hides_what_may_not_be_seen()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var reader = await stoa.GivenTokenAsync("open", "read");

        HttpContent Body() => Form(("mapping", "m.yaml", Mapping), ("file", "a.csv", "when\n"));
        var anonymous = await SendAsync(stoa, "/api/v1/datasets/open/imports", Body(), null);
        var readOnly = await SendAsync(stoa, "/api/v1/datasets/open/imports", Body(), reader);
        var hidden = await SendAsync(stoa, "/api/v1/datasets/closed/imports", Body(), reader);
        var absent = await SendAsync(stoa, "/api/v1/datasets/absent/imports", Body(), reader);

        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.NotFound],
            new[] { anonymous.Status, readOnly.Status, hidden.Status, absent.Status });
        Assert.Equal(absent.Body.GetRawText(), hidden.Body.GetRawText());
    }

    [Fact]
    public async Task Refuses_what_it_cannot_read_and_says_what_to_send()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("water", SpectrumClass.Open);
        const string path = "/api/v1/datasets/water/imports";
        (string Type, HttpContent Content, string Query)[] uploads =
        [
            ("unsupported-media-type", new StringContent("when,level\n", Encoding.UTF8, "text/csv"), ""),
            ("missing-mapping", Form(("file", "a.csv", "when\n")), ""),
            ("missing-file", Form(("mapping", "m.yaml", Mapping)), ""),
            ("missing-stations", Form(("mapping", "m.yaml", Mapping), ("file", "a.csv", "when\n")), ""),
            ("invalid-mapping", Form(("mapping", "m.yaml", "thing: 1"), ("file", "a.csv", "when\n")), ""),
            ("malformed-upload", Form(("data", "a.csv", "when\n")), ""),
            ("malformed-upload", new ByteArrayContent(
                "--b\r\nbroken"u8.ToArray()) { Headers =
                    { ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b") } }, ""),
            ("mixed-import", Form(("file", "a.csv", "when\n"), ("file", "a.geojson", "{}")), ""),
            ("invalid-geojson", Form(("file", "a.geojson", "{}")), ""),
            ("unsupported-crs", Form(("file", "a.geojson", "{}")), "?crs=EPSG:31467"),
            ("invalid-parameter", Form(("file", "a.geojson", "{}")), "?maxRejects=many"),
            ("invalid-parameter", Form(("file", "a.geojson", "{}")), "?dryRun=perhaps"),
        ];

        foreach (var (type, content, query) in uploads)
        {
            var (status, body) = await SendAsync(stoa, path + query, content, stoa.AdminToken);

            Assert.Equal("/problems/" + type, body.GetProperty("type").GetString());
            Assert.InRange((int)status, 400, 499);
        }
    }

    [Fact]
    public async Task Refuses_a_body_beyond_the_limit_of_the_server()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("limits.bodyBytes", "64 KiB"));
        await stoa.GivenDatasetAsync("water", SpectrumClass.Open);

        var (status, _) = await SendAsync(stoa, "/api/v1/datasets/water/imports",
            Form(("mapping", "m.yaml", Mapping), ("file", "a.csv", new string('x', 100_000))), stoa.AdminToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
    }
}
