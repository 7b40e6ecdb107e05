using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>POST $batch as JSON (OData JSON Format 4.01, 19; the extension of FROST).</summary>
public class Batches_as_JSON
{
    private const string Thing = """{"name":"T","description":"d"}""";

    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"));
        return stoa;
    }

    private static Task<Answer> SendAsync(Exchange stoa, string requests, params string[] headers) =>
        stoa.SendAsync("POST", "$batch", $$$"""{"requests":[{{{requests}}}]}""", headers: headers);

    /// <summary>Ids and statuses, with the type of a problem.</summary>
    private static string Statuses(Answer answer) => string.Join(' ', answer.ShouldBe(200).Json.GetProperty("responses").EnumerateArray().Select(part =>
        $"{part.GetProperty("id").GetString()}:{part.GetProperty("status").GetInt32()}" +
        (part.GetProperty("status").GetInt32() < 400 ? "" : part.GetProperty("body").GetProperty("type").GetString()!["/problems/".Length..])));

    [Fact]
    public async Task Answers_each_request_with_its_id()
    {
        await using var stoa = await StationAsync();

        var answer = await SendAsync(stoa,
            $$$"""
            {"id": "0", "method": "get", "url": "Things(1)?$select=name"},
            {"id": "1", "atomicityGroup": "group1", "method": "post", "url": "Things", "body": {{{Thing}}} },
            {"id": "2", "atomicityGroup": "group1", "method": "patch", "url": "Things(1)", "body": {"name": "Patched"}},
            {"id": "3", "method": "get", "url": "/sensorthings/v1.1/Things(2)/name"},
            {"id": "4", "method": "get", "url": "Things(1)/name/$value"},
            {"id": "5", "method": "delete", "url": "Things(2)"}
            """);

        var etag = answer.Json.GetProperty("responses")[2].GetProperty("headers").GetProperty("etag").GetString();
        var read = answer.Json.GetProperty("responses")[0].GetProperty("headers").GetProperty("etag").GetString();
        answer.ShouldBeJson(200,
            $$$"""
            {"responses": [
              {"id": "0", "status": 200, "headers": {"etag": {{{System.Text.Json.Nodes.JsonValue.Create(read)!.ToJsonString()}}}, "content-type": "application/json; charset=utf-8"},
               "body": {"name": "Station"}},
              {"id": "1", "status": 201, "headers": {"location": "{base}/sensorthings/v1.1/Things(2)"}, "location": "{base}/sensorthings/v1.1/Things(2)"},
              {"id": "2", "status": 200, "headers": {"etag": {{{System.Text.Json.Nodes.JsonValue.Create(etag)!.ToJsonString()}}} }},
              {"id": "3", "status": 200, "headers": {"content-type": "application/json; charset=utf-8"}, "body": {"name": "T"}},
              {"id": "4", "status": 200, "headers": {"content-type": "text/plain; charset=utf-8"}, "body": "Patched"},
              {"id": "5", "status": 200}]}
            """);
    }

    [Fact]
    public async Task Refers_to_created_entities_and_into_answers()
    {
        await using var stoa = await StationAsync();

        var answer = await SendAsync(stoa,
            """
            {"id": "sensor1", "atomicityGroup": "g", "method": "post", "url": "Sensors",
             "body": {"name": "S", "description": "d", "encodingType": "e", "metadata": "m"}},
            {"id": "2", "atomicityGroup": "g", "method": "post", "url": "Things(1)/Datastreams",
             "body": {"name": "D", "description": "d", "observationType": "o", "unitOfMeasurement": {"name": null, "symbol": null, "definition": null},
                      "ObservedProperty": {"@iot.id": 1}, "Sensor": {"@iot.id": "$sensor1"}}},
            {"id": "o", "method": "post", "url": "$2/Observations", "body": {"result": "$sensor1"}},
            {"id": "r", "method": "get", "url": "$o"},
            {"id": "p", "method": "patch", "url": "$r", "body": {"parameters": {"name": "$o"}}},
            {"id": "all", "method": "get", "url": "Datastreams(2)/Observations"},
            {"id": "m", "method": "patch", "url": "Observations(1)", "body": {"Datastream": {"@iot.id": "$2"}, "FeatureOfInterest": {"@iot.id": "$none"}}},
            {"id": "n", "method": "patch", "url": "Observations(1)", "body": {"Datastream": {"@iot.id": "$2"}}}
            """);

        Assert.Equal("sensor1:201 2:201 o:201 r:200 p:200 all:200 m:400unknown-reference n:200", Statuses(answer));
        // Only ids are references: a text that looks like one stays a text.
        (await stoa.ReadAsync("Observations(2)?$select=result,parameters"))
            .ShouldBeJson(200, """{"result":"$sensor1","parameters":{"name":"$o"}}""");
        Assert.Equal("1,2", (await stoa.ReadAsync("Datastreams(2)/Observations?$orderby=id")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task A_group_that_fails_leaves_nothing_and_says_which_request_was_the_cause()
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        var answer = await SendAsync(stoa,
            $$$"""
            {"id": "a", "atomicityGroup": "g", "method": "post", "url": "Things", "body": {{{Thing}}} },
            {"id": "b", "atomicityGroup": "g", "method": "patch", "url": "Things(99)", "body": {}},
            {"id": "c", "atomicityGroup": "g", "method": "post", "url": "$a/Datastreams", "body": {}},
            {"id": "d", "dependsOn": ["g"], "method": "post", "url": "Things", "body": {{{Thing}}} },
            {"id": "e", "dependsOn": ["a"], "method": "post", "url": "Things", "body": {{{Thing}}} }
            """);

        Assert.Equal("a:424dependency-failed b:404not-found c:424dependency-failed d:424dependency-failed e:424dependency-failed", Statuses(answer));
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    public async Task Does_a_request_only_when_what_it_depends_on_has_succeeded()
    {
        await using var stoa = await StationAsync();

        var answer = await SendAsync(stoa,
            $$$"""
            {"id": "a", "method": "post", "url": "Things", "body": {{{Thing}}} },
            {"id": "b", "dependsOn": ["a"], "method": "patch", "url": "$a", "body": {"name": "B"}},
            {"id": "c", "method": "delete", "url": "Things(99)"},
            {"id": "d", "dependsOn": ["a", "c"], "method": "delete", "url": "$a"},
            {"id": "e", "dependsOn": ["d"], "method": "delete", "url": "$a"},
            {"id": "f", "atomicityGroup": "g", "method": "patch", "url": "$a", "body": {}},
            {"id": "h", "atomicityGroup": "g", "dependsOn": ["f"], "method": "patch", "url": "$a", "body": {}}
            """);

        Assert.Equal("a:201 b:200 c:404not-found d:424dependency-failed e:424dependency-failed f:200 h:200", Statuses(answer));
    }

    [Theory]
    [InlineData("$one/$succeeded", true)]
    [InlineData("not $one/$succeeded", false)]
    [InlineData("$none/$succeeded", false)]
    [InlineData("not $none/$succeeded", true)]
    [InlineData("$none/$status eq 404", true)]
    [InlineData("$none/$status ne 404", false)]
    [InlineData("$many/@iot.count eq 1", true)]
    [InlineData("$many/@iot.count gt 1", false)]
    [InlineData("$many/value/0/name eq 'Station'", true)]
    [InlineData("$many/value/0/name ne 'Station'", false)]
    [InlineData("$many/value/0/name lt 'T'", true)]
    [InlineData("$many/value/0/properties/height ge 3.0", true)]
    [InlineData("$many/value/0/properties/height eq 3.0", true)]
    [InlineData("$many/value/7/name eq null", true)]
    [InlineData("$many/value/0/name gt 3", false)]
    public async Task Does_a_request_only_if_its_condition_holds(string condition, bool holds)
    {
        await using var stoa = await StationAsync();

        var answer = await SendAsync(stoa,
            $$$"""
            {"id": "one", "method": "get", "url": "Things(1)"},
            {"id": "none", "method": "get", "url": "Things(99)"},
            {"id": "many", "method": "get", "url": "Things?$count=true"},
            {"id": "then", "if": "{{{condition}}}", "method": "post", "url": "Things", "body": {{{Thing}}} }
            """);

        Assert.Equal($"one:200 none:404not-found many:200 then:{(holds ? "201" : "424dependency-failed")}", Statuses(answer));
    }

    [Fact]
    public async Task Stops_at_the_first_failure_when_the_client_prefers_that()
    {
        await using var stoa = await StationAsync();

        var answer = await SendAsync(stoa,
            """{"id":"a","method":"delete","url":"Things(99)"},{"id":"b","method":"delete","url":"Things(1)"}""", "Prefer: odata.continue-on-error=false");

        Assert.Equal("a:404not-found", Statuses(answer));
        (await stoa.ReadAsync("Things(1)")).ShouldBe(200);
    }

    [Fact]
    public async Task Headers_of_a_request_count()
    {
        await using var stoa = await StationAsync();

        var answer = await SendAsync(stoa,
            $$$"""
            {"id":"a","method":"patch","url":"Things(1)","headers":{"If-Match":"\"x\""},"body":{"name":"N"}},
            {"id":"b","method":"patch","url":"Things(1)","headers":{"content-type":"application/json-patch+json"},
             "body":[{"op":"replace","path":"/name","value":"By patch"}]},
            {"id":"c","method":"post","url":"Things","headers":{"prefer":"return=representation"},"body":{{{Thing}}} }
            """);

        Assert.Equal("a:412changed-meanwhile b:200 c:201", Statuses(answer));
        Assert.Equal(2, answer.Json.GetProperty("responses")[2].GetProperty("body").GetProperty("@iot.id").GetInt64());
    }

    [Theory]
    [InlineData("", "invalid-json")]
    [InlineData("[]", "invalid-batch")]
    [InlineData("{}", "invalid-batch")]
    [InlineData("""{"requests":{}}""", "invalid-batch")]
    [InlineData("""{"requests":[1]}""", "invalid-batch")]
    [InlineData("""{"requests":[{}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":1,"method":"get","url":"Things"}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"","method":"get","url":"Things"}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get"}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get","url":"Things","other":1}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get","url":"Things"},{"id":"a","method":"get","url":"Things"}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get","url":"Things","dependsOn":["b"]},{"id":"b","method":"get","url":"Things","dependsOn":["a"]}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get","url":"Things","dependsOn":["a"]}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get","url":"Things","atomicityGroup":"g"}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"post","url":"Things","atomicityGroup":"g"},{"id":"b","method":"post","url":"Things"},{"id":"c","method":"post","url":"Things","atomicityGroup":"g"}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"g","method":"post","url":"Things"},{"id":"c","method":"post","url":"Things","atomicityGroup":"g"}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get","url":"Things","if":"true"}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get","url":"Things","if":"not not $a/$succeeded"}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get","url":"Things","if":"$a/b eq x"}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get","url":"Things","headers":{"a":1}}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get","url":"Things","headers":{"a":"b\r\nc: d"}}]}""", "invalid-batch")]
    [InlineData("""{"requests":[{"id":"a","method":"get","url":"Things","headers":{"authorization":"Bearer x"}}]}""", "invalid-batch")]
    [InlineData("""{"requests":[],"requests":[]}""", "invalid-body")]
    public async Task Nonsense_is_refused_as_a_whole(string body, string type)
    {
        await using var stoa = await StationAsync();

        (await stoa.SendAsync("POST", "$batch", body)).ShouldBeProblem(400, type);
    }

    [Fact]
    public async Task References_that_lead_nowhere_or_to_themselves_are_refused()
    {
        await using var stoa = await StationAsync();

        var answer = await SendAsync(stoa,
            """
            {"id":"a","method":"get","url":"$a"},
            {"id":"b","method":"get","url":"$c/Things"},
            {"id":"c","method":"get","url":"$"},
            {"id":"d","method":"post","url":"Things","body":{"name":"n","description":"d","Locations":[{"@iot.id":"$d"}]}},
            {"id":"e","method":"get","url":"$batch"},
            {"id":"f","method":"get","url":"Things/$ref"},
            {"id":"g","method":"get","url":"$f"},
            {"id":"h","method":"get","url":"$f/value"},
            {"id":"i","if":"$zzz/$succeeded","method":"get","url":"Things"},
            {"id":"j","if":"$zzz/a eq 1","method":"get","url":"Things"}
            """);

        Assert.Equal(
            "a:400unknown-reference b:400unknown-reference c:400unknown-reference d:400unknown-reference e:400invalid-batch f:200 " +
            "g:400unknown-reference h:400unknown-reference i:400unknown-reference j:400unknown-reference", Statuses(answer));
    }

    [Fact]
    public async Task Takes_as_many_requests_as_the_limit_and_not_one_more()
    {
        await using var stoa = await StationAsync();
        static string Requests(int count) => string.Join(',', Enumerable.Range(0, count).Select(i =>
            $$$"""{"id":"{{{i}}}","method":"post","url":"Datastreams(1)/Observations","body":{"result":{{{i}}}} }"""));

        Assert.Equal(1000, (await SendAsync(stoa, Requests(1000))).ShouldBe(200).Json.GetProperty("responses").GetArrayLength());
        (await SendAsync(stoa, Requests(1001))).ShouldBeProblem(413, "too-large");
    }

    [Fact]
    public async Task An_answer_that_is_too_large_for_a_part_says_so_in_its_place()
    {
        await using var stoa = await StationAsync();
        for (var i = 0; i < 9; i++)
            await stoa.CreateAsync("Things", $$$"""{"name":"large","description":"{{{new string('x', 1 << 20)}}}"}""");

        var answer = await SendAsync(stoa,
            """{"id":"a","method":"get","url":"Things"},{"id":"b","method":"get","url":"Things?$top=1&$select=name"}""");

        Assert.Equal("a:413too-large b:200", Statuses(answer));
    }

    [Theory]
    [InlineData(1024, 200)]
    [InlineData(1025, 400)]
    public async Task A_condition_has_at_most_1024_characters(int length, int status)
    {
        await using var stoa = await StationAsync();
        var condition = "$a/$succeeded".PadLeft(length);

        (await SendAsync(stoa,
            $$$"""{"id":"a","method":"get","url":"Things"},{"id":"b","if":"{{{condition}}}","method":"get","url":"Things"}""")).ShouldBe(status);
    }
}
