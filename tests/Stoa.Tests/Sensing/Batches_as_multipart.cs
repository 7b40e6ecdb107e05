using System.Globalization;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>POST $batch as multipart/mixed (OGC 18-088, 11).</summary>
[Requirement(Requirements.BatchRequest)]
public class Batches_as_multipart
{
    private const string Thing = """{"name":"T","description":"d"}""";
    private const string Sensor = """{"name":"S","description":"d","encodingType":"application/pdf","metadata":"m"}""";
    private const string Property = """{"name":"P","definition":"https://example.org/p","description":"d"}""";

    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"));
        return stoa;
    }

    [Fact]
    public async Task Does_what_the_example_of_the_standard_does()
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.SendBatchAsync(
            "GET Things(1)?$select=name\nHost: localhost\n",
            BatchText.ChangeSet(
                $"1: POST Things\nContent-Type: application/json\nContent-Length: {Thing.Length}\n\n{Thing}",
                "2: PATCH Things(1)\nContent-Type: application/json\nPrefer: return=minimal\n\n{\"name\":\"Patched\"}"),
            "GET Things(3)\nHost: localhost\n");

        Assert.Equal(
            """
            200 {"name":"Station"}
            [1 201 Things(2) | 2 200]
            404 not-found
            """,
            answer.Parts(), ignoreLineEndingDifferences: true);
        (await stoa.ReadAsync("Things(1)?$select=name")).ShouldBeJson(200, """{"name":"Patched"}""");
    }

    [Fact]
    public async Task A_change_set_refers_to_what_it_has_created()
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.SendBatchAsync(BatchText.ChangeSet(
            $"sensor1: POST Sensors\n\n{Sensor}",
            $"any string/at all!: POST ObservedProperties\n\n{Property}".Replace("any string/at all!", "what/ever", StringComparison.Ordinal),
            "stream: POST Things(1)/Datastreams\n\n" +
            SensorThings.Datastream("made").Replace("\"Sensor\": {\"@iot.id\": 1}", "\"Sensor\": {\"@iot.id\": \"$sensor1\"}", StringComparison.Ordinal)
                .Replace("\"ObservedProperty\": {\"@iot.id\": 1}", "\"ObservedProperty\": {\"@iot.id\": \"$what/ever\"}", StringComparison.Ordinal),
            "POST $stream/Observations\n\n{\"result\":7}",
            "POST CreateObservations\n\n[{\"Datastream\":{\"@iot.id\":\"$stream\"},\"components\":[\"result\"],\"dataArray\":[[8],[9]]}]",
            "PATCH $what/ever\n\n{\"name\":\"Patched\"}"));

        Assert.Equal(
            "[sensor1 201 Sensors(2) | what/ever 201 ObservedProperties(2) | stream 201 Datastreams(2) | 201 Observations(2) | " +
            $"201 [\"{stoa.Address}sensorthings/v1.1/Observations(3)\",\"{stoa.Address}sensorthings/v1.1/Observations(4)\"] | 200]", answer.Parts());
        Assert.Equal("7,8,9", (await stoa.ReadAsync("Datastreams(2)/Observations?$orderby=id")).Column("result"));
        (await stoa.ReadAsync("Datastreams(2)?$select=id&$expand=Sensor($select=id),ObservedProperty($select=id,name)")).ShouldBeJson(200,
            """
            {"@iot.id":2,"@iot.selfLink":"{base}/sensorthings/v1.1/Datastreams(2)",
             "Sensor":{"@iot.id":2,"@iot.selfLink":"{base}/sensorthings/v1.1/Sensors(2)"},
             "ObservedProperty":{"@iot.id":2,"@iot.selfLink":"{base}/sensorthings/v1.1/ObservedProperties(2)","name":"Patched"}}
            """);
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [InlineData("POST Observations\n\n{\"result\":1}", "400 missing-property")]
    [InlineData("PATCH Things(99)\n\n{}", "404 not-found")]
    [InlineData("POST Things\n\n{", "400 invalid-json")]
    [InlineData("PATCH Things(1)\nIf-Match: \"old\"\n\n{}", "412 changed-meanwhile")]
    [InlineData("POST $none/Datastreams\n\n{}", "400 unknown-reference")]
    [InlineData("OPTIONS Things\n", "405 method-not-allowed")]
    [InlineData("POST https://example.org/Things\n\n{}", "400 foreign-address")]
    [InlineData("POST $batch\n\n{}", "400 invalid-batch")]
    public async Task A_change_set_is_done_whole_or_not_at_all(string failing, string expected)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.SendBatchAsync(
            BatchText.ChangeSet(
                $"a: POST Things\n\n{Thing}", "b: POST Datastreams(1)/Observations\n\n{\"phenomenonTime\":\"2026-02-01T00:00:00Z\",\"result\":2}",
                "c: DELETE Observations(1)", "bad: " + failing, "d: POST Datastreams(1)/Observations\n\n{\"result\":3}"),
            "GET Things/$ref?$count=true&$top=0");

        Assert.Equal($$"""
            bad {{expected}}
            200 {"@iot.count":1,"value":[]}
            """, answer.Parts(), ignoreLineEndingDifferences: true);
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    public async Task One_failing_request_does_not_stop_the_others()
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.SendBatchAsync(
            "DELETE Things(99)", BatchText.ChangeSet("PATCH Things(98)\n\n{}"), $"POST Things\n\n{Thing}", "GET Things(2)/name/$value");

        Assert.Equal("404 not-found\n404 not-found\n201 Things(2)\n200 T", answer.Parts());
    }

    [Theory]
    [InlineData("odata.continue-on-error=false", "201 Things(2)\n404 not-found")]
    [InlineData("respond-async, continue-on-error=false", "201 Things(2)\n404 not-found")]
    [InlineData("odata.continue-on-error", "201 Things(2)\n404 not-found\n201 Things(3)")]
    [InlineData("continue-on-error=true", "201 Things(2)\n404 not-found\n201 Things(3)")]
    public async Task Stops_at_the_first_failure_when_the_client_prefers_that(string prefer, string expected)
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.SendAsync("POST", "$batch",
            BatchText.Batch($"POST Things\n\n{Thing}", "DELETE Things(99)", $"POST Things\n\n{Thing}"), BatchText.ContentType, "Prefer: " + prefer);

        Assert.Equal(expected, answer.Parts());
    }

    [Fact]
    public async Task Each_request_sees_what_those_before_it_have_done_and_answers_stay_in_order()
    {
        await using var stoa = await StationAsync();
        var parts = new List<string>();
        var expected = new List<string>();
        for (var i = 2; i < 42; i++)
        {
            parts.Add($$"""o{{i}}: POST Datastreams(1)/Observations{{"\n\n"}}{"phenomenonTime":"2026-02-01T00:{{i:00}}:00Z","result":{{i}}}""");
            expected.Add(string.Create(CultureInfo.InvariantCulture, $"o{i} 201 Observations({i})"));
            if (i % 10 != 1) continue;
            parts.Add("GET Datastreams(1)/Observations?$count=true&$top=0");
            expected.Add($$"""200 {"@iot.count":{{i}},"value":[]}""");
            parts.Add($$"""PATCH Observations({{i}}){{"\n\n"}}{"result":{{-i}}}""");
            expected.Add("200");
            parts.Add($"GET Observations({i})/result");
            expected.Add($$"""200 {"result":{{-i}}}""");
        }

        var answer = await stoa.SendBatchAsync([.. parts]);

        Assert.Equal(string.Join('\n', expected), answer.Parts());
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task Later_requests_refer_to_earlier_ones_outside_of_change_sets_too()
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.SendBatchAsync(
            $"t: POST Things\n\n{Thing}",
            "GET $t/name",
            BatchText.ChangeSet("l: POST $t/Locations\n\n" + SensorThings.Location("L", 1, 2)),
            "found: GET Locations?$filter=name eq 'L'&$select=id".Replace(" eq 'L'", "%20eq%20'L'", StringComparison.Ordinal),
            "PATCH $l\n\n{\"Things\":[{\"@iot.id\":1}]}",
            "POST Things\n\n{\"name\":\"by search\",\"description\":\"d\",\"Locations\":[{\"@iot.id\":\"$found/value/0/@iot.id\"}]}",
            "gone: DELETE Things(99)",
            "GET $gone/name");

        var shown = answer.Parts().Split('\n');
        Assert.Equal("t 201 Things(2)", shown[0]);
        Assert.Equal("""200 {"name":"T"}""", shown[1]);
        Assert.Equal("[l 201 Locations(2)]", shown[2]);
        Assert.Equal("200", shown[4]);
        Assert.Equal("201 Things(3)", shown[5]);
        Assert.Equal("424 dependency-failed", shown[7]);
        Assert.Equal("2", (await stoa.ReadAsync("Things(3)/Locations")).Ids());
    }

    [Fact]
    public async Task Takes_relative_addresses_absolute_paths_and_its_own_absolute_addresses()
    {
        await using var stoa = await StationAsync();
        await stoa.GivenDatasetAsync("other", SpectrumClass.Open);

        var answer = await stoa.SendBatchAsync(
            "GET Things(1)/name/$value", "GET /sensorthings/v1.1/Things(1)/name/$value",
            $"GET {stoa.Address}sensorthings/v1.1/Things(1)/name/$value", "GET /datasets/other/sensorthings/v1.1/Things",
            "GET Things(1)/properties/owner/n%61me/$value",
            "GET /api/v1/tokens", "GET https://example.org/sensorthings/v1.1/Things(1)", "GET //example.org/Things", "GET ../v1.1/Things(1)",
            "GET /datasets/other", "GET /sensorthings/v1.0/Things");

        Assert.Equal(
            """
            200 Station
            200 Station
            200 Station
            200 {"value":[]}
            200 City
            400 foreign-address
            400 foreign-address
            400 foreign-address
            400 foreign-address
            400 foreign-address
            400 foreign-address
            """, answer.Parts(), ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task At_the_address_of_a_dataset_what_is_created_belongs_to_it()
    {
        await using var stoa = await StationAsync();
        await stoa.GivenDatasetAsync("other", SpectrumClass.Open);
        var token = await stoa.GivenTokenAsync("other", "read", "write");

        var answer = await stoa.SendAsAsync(token, "POST", "/datasets/other/sensorthings/v1.1/$batch",
            BatchText.Batch($"POST Things\n\n{Thing}", "GET Things(1)", "GET Things(2)/name/$value"), BatchText.ContentType);

        Assert.Equal($"201 {stoa.Address}datasets/other/sensorthings/v1.1/Things(2)\n404 not-found\n200 T", answer.Parts());
    }

    [Fact]
    public async Task Rights_are_those_of_the_credential_for_each_request()
    {
        await using var stoa = await StationAsync();
        await stoa.GivenDatasetAsync("mine", SpectrumClass.Open);
        var token = await stoa.GivenTokenAsync("mine", "read", "write");
        var parts = BatchText.Batch(
            $"POST Things\n\n{Thing}", "PATCH Things(1)\n\n{}", "GET Things(1)", BatchText.ChangeSet("DELETE Things(1)"), "GET Things?$count=true&$top=0");

        var mine = await stoa.SendAsAsync(token, "POST", SensorThings.At("$batch"), parts, BatchText.ContentType);
        var nobody = await stoa.SendAsAsync("", "POST", SensorThings.At("$batch"), parts, BatchText.ContentType);

        Assert.Equal("201 Things(2)\n404 not-found\n404 not-found\n404 not-found\n200 {\"@iot.count\":1,\"value\":[]}", mine.Parts());
        nobody.ShouldBeProblem(401, "credential-required");
        (await stoa.SendAsAsync("stoa_nonsense", "POST", SensorThings.At("$batch"), parts, BatchText.ContentType))
            .ShouldBeProblem(401, "invalid-credential");
    }

    [Fact]
    public async Task A_request_may_prefer_to_see_what_it_made_also_in_a_change_set()
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.SendBatchAsync(
            $"POST Things\nPrefer: return=representation\n\n{Thing}",
            BatchText.ChangeSet($"POST Things\nPrefer: return=representation\n\n{Thing}"));

        Assert.Contains("\"@iot.id\":2", answer.Text, StringComparison.Ordinal);
        Assert.Contains("\"@iot.id\":3", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_lines_that_end_in_LF_alone_a_preamble_and_an_epilogue()
    {
        await using var stoa = await StationAsync();
        var body = "This is for readers of mail.\n" +
            BatchText.Batch("GET Things(1)/name/$value", "GET Things(1)/name/$value").Replace("\r\n", "\n", StringComparison.Ordinal) + "The end.";

        var answer = await stoa.SendAsync("POST", "$batch", body, "multipart/mixed;boundary=\"batch_1\"");

        Assert.Equal("200 Station\n200 Station", answer.Parts());
    }

    [Fact]
    public async Task An_empty_batch_and_an_empty_change_set_are_answered()
    {
        await using var stoa = await StationAsync();

        Assert.Equal("", (await stoa.SendBatchAsync()).Parts());
        Assert.Equal("[]", (await stoa.SendBatchAsync(BatchText.ChangeSet())).Parts());
    }

    [Fact]
    public async Task Takes_as_many_requests_as_the_limit_and_not_one_more()
    {
        await using var stoa = await StationAsync();
        const string observation = "POST Datastreams(1)/Observations\n\n{\"result\":1}";

        var most = await stoa.SendBatchAsync([.. Enumerable.Repeat(observation, 1000)]);
        var tooMany = await stoa.SendBatchAsync([.. Enumerable.Repeat(observation, 1001)]);
        var inChangeSets = await stoa.SendBatchAsync(
            BatchText.ChangeSet([.. Enumerable.Repeat(observation, 500)]), BatchText.ChangeSet([.. Enumerable.Repeat(observation, 501)]));

        Assert.Equal(1000, most.Parts().Split('\n').Length);
        tooMany.ShouldBeProblem(413, "too-large");
        inChangeSets.ShouldBeProblem(413, "too-large");
        Assert.Equal("1001", (await stoa.ReadAsync("Observations?$count=true&$top=0")).Json.GetProperty("@iot.count").GetRawText());
    }

    [Theory]
    [InlineData("text/plain", "", 415, "unsupported-media-type")]
    [InlineData("multipart/mixed", "--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=", "--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\n", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\nContent-Type: application/http\r\n\r\nGET Things HTTP/1.1\r\n\r\n", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\nGET Things HTTP/1.1\r\n--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\n\r\nGET Things HTTP/1.1\r\n--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\nContent-Type: application/http\r\n\r\nGET Things\r\n--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\nContent-Type: application/http\r\n\r\n\r\n--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\nContent-Type: application/http\r\nbad header\r\n\r\nGET Things HTTP/1.1\r\n--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\nContent-Type: application/http\r\n folded\r\n\r\nGET Things HTTP/1.1\r\n--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: base64\r\n\r\nR0VU\r\n--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\nContent-Type: application/http\r\n\r\nPOST Things HTTP/1.1\r\nContent-Length: 100\r\n\r\n{}\r\n--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\nContent-Type: application/http\r\n\r\nPOST Things HTTP/1.1\r\nContent-Length: 1\r\n\r\n{}\r\n--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\nContent-Type: application/http\r\n\r\nPOST Things HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}\r\n--b--", 400, "invalid-batch")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\nContent-Type: application/http\r\n\r\nGET Things HTTP/1.1\r\nAuthorization: Bearer x\r\n\r\n\r\n--b--", 400, "invalid-batch")]
    public async Task Nonsense_is_refused_as_a_whole(string contentType, string body, int status, string type)
    {
        await using var stoa = await StationAsync();

        (await stoa.SendAsync("POST", "$batch", body, contentType)).ShouldBeProblem(status, type);
    }

    [Fact]
    public async Task Change_sets_hold_neither_GET_nor_change_sets_and_ids_are_unique()
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        (await stoa.SendBatchAsync($"POST Things\n\n{Thing}", BatchText.ChangeSet("GET Things"))).ShouldBeProblem(400, "invalid-batch");
        (await stoa.SendBatchAsync(BatchText.ChangeSet(BatchText.ChangeSet("POST Things\n\n{}")))).ShouldBeProblem(400, "invalid-batch");
        (await stoa.SendBatchAsync($"a: POST Things\n\n{Thing}", BatchText.ChangeSet($"a: POST Things\n\n{Thing}")))
            .ShouldBeProblem(400, "invalid-batch");

        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Theory]
    [InlineData("id", 128)]
    [InlineData("address", 8192)]
    [InlineData("headers", 50)]
    [InlineData("header bytes", 16 * 1024)]
    public async Task Limits_of_a_part_hold_exactly(string what, int limit)
    {
        await using var stoa = await StationAsync();
        string Part(int size) => what switch
        {
            "id" => $"{new string('i', size)}: GET Things(1)/name/$value",
            "address" => "GET " + "Things(1)/name/$value?x=".PadRight(size, 'x'),
            "headers" => "GET Things(1)/name/$value\n" + string.Concat(Enumerable.Range(0, size).Select(i => $"x{i}: y\n")),
            // The line break counts too.
            _ => "GET Things(1)/name/$value\nx: ".PadRight(size - 2 + "GET Things(1)/name/$value\n".Length, 'y') + "\n",
        };

        Assert.EndsWith("200 Station", (await stoa.SendBatchAsync(Part(limit))).Parts(), StringComparison.Ordinal);
        var beyond = await stoa.SendBatchAsync(Part(limit + 1));
        Assert.Contains(what switch { "id" => "invalid-batch", "address" => "foreign-address", _ => "too-large" }, beyond.Text, StringComparison.Ordinal);
    }
}
