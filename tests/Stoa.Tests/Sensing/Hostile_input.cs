using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Whatever is sent is answered with 4xx and advice, and leaves nothing behind.</summary>
public class Hostile_input
{
    private static readonly string[] Addresses =
    [
        "POST Things", "POST Locations", "POST HistoricalLocations", "POST Datastreams", "POST Sensors", "POST ObservedProperties",
        "POST Observations", "POST FeaturesOfInterest", "POST Datastreams(1)/Observations", "POST Things(1)/Datastreams",
        "POST CreateObservations", "PATCH Things(1)", "PATCH Observations(1)", "PATCH Datastreams(1)", "PUT Things(1)",
        "PUT Observations(1)", "PATCH Locations(1)", "PUT FeaturesOfInterest(1)",
    ];

    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"));
        return stoa;
    }

    private static async Task<Answer> SendAsync(Exchange stoa, string method, string path, byte[] body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), SensorThings.At(path)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.Add("Authorization", "Bearer " + stoa.AdminToken);
        return await stoa.SendAsync(request);
    }

    private static string? Complaint(Answer answer)
    {
        if (answer.Status is < 400 or >= 500) return "not refused";
        if (answer.MediaType != "application/problem+json") return "no problem document";
        if (string.IsNullOrWhiteSpace(answer.Json.GetProperty("detail").GetString())) return "no advice";
        return answer.Text.Contains("   at ", StringComparison.Ordinal) || answer.Text.Contains("SQL", StringComparison.Ordinal)
            ? "something internal shows" : null;
    }

    // Bytes that are no JSON, whatever the address.
    private static IEnumerable<(string Name, byte[] Bytes)> NoJson()
    {
        string[] texts =
        [
            "", " ", "{", "[", "}", "{]", "nul", "tru", "'a'", "{\"name\":}", "{\"name\":\"a\",}", "{'name':'a'}", "{\"name\" \"a\"}",
            "\0", "\u0001", "NaN", "Infinity", "-", "{\"result\":NaN}", "{\"result\":01}", "{\"result\":+1}", "{\"result\":.5}",
            "{\"result\":1.}", "{\"result\":1e}", "{\"name\":\"\t\"}", "{\"name\":\"\\x\"}", "{\"name\":\"\\u12\"}", "{}{}", "{} x",
            "// comment\n{}", "{/**/}", "\"", "{\"a\":\"", "<Thing/>", "name=a&description=b",
        ];
        foreach (var text in texts) yield return (text, Encoding.UTF8.GetBytes(text));
        yield return ("100,000 brackets", Encoding.UTF8.GetBytes(new string('[', 100_000)));
        yield return ("100,000 objects", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"properties\":", 100_000))));
        yield return ("closed brackets", Encoding.UTF8.GetBytes(new string('[', 5_000) + new string(']', 5_000)));
        yield return ("UTF-16", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("{}")).ToArray());
        yield return ("zip", [0x50, 0x4B, 3, 4, 20, 0, 0, 0]);
    }

    [Fact]
    public async Task That_is_no_JSON_is_refused_everywhere()
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();
        var wrong = new List<string>();

        foreach (var address in Addresses)
            foreach (var (name, bytes) in NoJson())
            {
                var answer = await SendAsync(stoa, address.Split(' ')[0], address.Split(' ')[1], bytes);
                if (Complaint(answer) is { } complaint) wrong.Add($"{address} {name}: {complaint}: {answer}");
            }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Theory]
    [InlineData("POST Things", """{"name":"@","description":"d"}""")]
    [InlineData("POST Things", """{"name":"n","description":"d","@":1}""")]
    [InlineData("POST Things", """{"name":"n","description":"d","properties":{"a":"@"}}""")]
    [InlineData("POST Things", """{"name":"n","description":"d","properties":{"@":1}}""")]
    [InlineData("POST Things", """{"name":"n","description":"d","properties":{"a":[[{"b":"@"}]]}}""")]
    [InlineData("PATCH Things(1)", """{"properties":{"a":"@"}}""")]
    [InlineData("POST Locations", """{"name":"n","description":"d","encodingType":"@","location":"x"}""")]
    [InlineData("POST Locations", """{"name":"n","description":"d","encodingType":"e","location":"@"}""")]
    [InlineData("POST Locations", """{"name":"n","description":"d","encodingType":"application/geo+json","location":{"type":"@"}}""")]
    [InlineData("POST Sensors", """{"name":"n","description":"d","encodingType":"e","metadata":{"a":{"@":[]}}}""")]
    [InlineData("POST HistoricalLocations", """{"time":"@","Thing":{"@iot.id":1},"Locations":[{"@iot.id":1}]}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":"@"}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":{"a":"@"}}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":["@"]}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":1,"@":1}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":1,"phenomenonTime":"@"}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":1,"parameters":{"@":1}}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":1,"parameters":{"a":"@"}}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":1,"resultQuality":"@"}""")]
    [InlineData("PATCH Observations(1)", """{"result":"@"}""")]
    [InlineData("PATCH Observations(1)", """{"parameters":{"a":"@"}}""")]
    [InlineData("POST Observations", """
        {"result":1,"Datastream":{"name":"@","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
         "Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},"ObservedProperty":{"@iot.id":1}}}
        """)]
    [InlineData("POST Datastreams(1)/Observations", """
        {"result":1,"FeatureOfInterest":{"name":"n","description":"d","encodingType":"e","feature":{"@":1}}}
        """)]
    [InlineData("POST Things(1)/Datastreams", """
        {"name":"n","description":"d","observationType":"o","unitOfMeasurement":{"name":"@","symbol":null,"definition":null},
         "Sensor":{"@iot.id":1},"ObservedProperty":{"@iot.id":1},"Observations":[{"result":1}]}
        """)]
    [InlineData("POST Things(1)/Datastreams", """
        {"name":"n","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
         "Sensor":{"@iot.id":1},"ObservedProperty":{"@iot.id":1},"Observations":[{"result":{"a":"@"}}]}
        """)]
    [InlineData("POST CreateObservations", """[{"Datastream":{"@iot.id":1},"components":["@"],"dataArray":[[1]]}]""")]
    [InlineData("POST CreateObservations", """[{"Datastream":{"@iot.id":1},"@":1,"components":["result"],"dataArray":[[1]]}]""")]
    [InlineData("POST CreateObservations", """[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[["@"]]}]""")]
    [InlineData("POST CreateObservations", """[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[{"a":"@"}]]}]""")]
    [InlineData("POST CreateObservations", """[{"Datastream":{"@iot.id":1},"components":["result","phenomenonTime"],"dataArray":[[1,"@"]]}]""")]
    public async Task With_text_that_is_no_Unicode_is_refused(string address, string json)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();
        var wrong = new List<string>();
        byte[][] texts =
        [
            [0xFF], [0xC3], [0xC0, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            "\\ud800"u8.ToArray(), "\\udc00x"u8.ToArray(), "\\ud800\\u0041"u8.ToArray(),
        ];

        foreach (var text in texts)
        {
            var at = json.LastIndexOf("\"@\"", StringComparison.Ordinal) + 1;
            byte[] body = [.. Encoding.UTF8.GetBytes(json[..at]), .. text, .. Encoding.UTF8.GetBytes(json[(at + 1)..])];
            var answer = await SendAsync(stoa, address.Split(' ')[0], address.Split(' ')[1], body);
            // A row that is wrong is answered as such, in place.
            if (answer.Status == 201 && address.EndsWith("CreateObservations", StringComparison.Ordinal) && answer.Text == "[\"error\"]") continue;
            if (Complaint(answer) is { } complaint) wrong.Add($"{Convert.ToHexString(text)}: {complaint}: {answer}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Theory]
    [InlineData("POST Things", """{"name":"a","description":"d","name":"b"}""")]
    [InlineData("POST Things", """{"name":"a","description":"d","properties":{"x":1,"x":2}}""")]
    [InlineData("POST Things", """{"name":"a","description":"d","n\u0061me":"b"}""")]
    [InlineData("PATCH Things(1)", """{"name":"a","name":"b"}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":1,"result":2}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":{"x":1,"x":2}}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":1,"parameters":{"x":1,"x":2}}""")]
    [InlineData("POST Observations", """{"result":1,"Datastream":{"@iot.id":1},"Datastream":{"@iot.id":1}}""")]
    [InlineData("POST Observations", """{"result":1,"Datastream":{"@iot.id":1,"@iot.id":1}}""")]
    [InlineData("PATCH Observations(1)", """{"result":1,"resultTime":null,"result":2}""")]
    [InlineData("POST Datastreams(1)/Observations", """{"result":1,"FeatureOfInterest":{"name":"a","name":"b","description":"d","encodingType":"e","feature":1}}""")]
    [InlineData("POST CreateObservations", """[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1]],"dataArray":[[2]]}]""")]
    [InlineData("POST CreateObservations", """[{"Datastream":{"@iot.id":1},"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1]]}]""")]
    public async Task That_names_a_member_twice_is_refused(string address, string json)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        var answer = await SendAsync(stoa, address.Split(' ')[0], address.Split(' ')[1], Encoding.UTF8.GetBytes(json));

        Assert.Null(Complaint(answer));
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    // A valid body for each set, and for each property the kinds of JSON value that it takes.
    private static readonly (string Set, string Body, string Takes)[] Kinds =
    [
        ("Things", """{"name":"n","description":"d","properties":{}}""",
            "name text; description text; properties object null; Locations array; Datastreams array; HistoricalLocations array"),
        ("Locations", """{"name":"n","description":"d","encodingType":"e","location":"x"}""",
            "name text; description text; encodingType text; location text number boolean array object; properties object null; Things array; HistoricalLocations array"),
        ("HistoricalLocations", """{"time":"2020-01-01T00:00:00Z","Thing":{"@iot.id":1},"Locations":[{"@iot.id":1}]}""",
            "time ; Thing "),
        ("Datastreams", """
            {"name":"n","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
             "Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},"ObservedProperty":{"@iot.id":1}}
            """,
            "name text; description text; observationType text; unitOfMeasurement ; properties object null; Thing ; Sensor ; ObservedProperty ; Observations array"),
        ("Sensors", """{"name":"n","description":"d","encodingType":"e","metadata":"m"}""",
            "name text; description text; encodingType text; metadata text number boolean array object; properties object null; Datastreams array"),
        ("ObservedProperties", """{"name":"n","description":"d","definition":"x"}""",
            "name text; description text; definition text; properties object null; Datastreams array"),
        ("Observations", """{"result":1,"Datastream":{"@iot.id":1}}""",
            "result text number boolean array object null; phenomenonTime null; resultTime null; validTime null; parameters object null; " +
            "resultQuality text number boolean array object null; Datastream ; FeatureOfInterest "),
        ("FeaturesOfInterest", """{"name":"n","description":"d","encodingType":"e","feature":"x"}""",
            "name text; description text; encodingType text; feature text number boolean array object; properties object null; Observations array"),
    ];

    private static readonly (string Kind, string Json)[] Values =
    [
        ("null", "null"), ("boolean", "true"), ("boolean", "false"), ("number", "0"), ("number", "-1.5"), ("number", "1e999"),
        ("text", "\"x\""), ("text", "\"\""), ("array", "[]"), ("object", "{}"),
        ("never array", "[1]"), ("never array", "[[]]"), ("never array", "[null]"),
    ];

    [Fact]
    public async Task With_a_value_of_the_wrong_kind_is_refused_for_every_property_of_every_entity()
    {
        await using var stoa = await StationAsync();
        var wrong = new List<string>();
        foreach (var (set, body, takes) in Kinds)
            foreach (var property in takes.Split(';', StringSplitOptions.TrimEntries))
            {
                var words = property.Split(' ');
                foreach (var (kind, json) in Values)
                {
                    var isTaken = words.Skip(1).Contains(kind) || (kind == "never array" && words.Skip(1).Contains("number"));
                    var draft = JsonNode.Parse(body)!.AsObject();
                    draft[words[0]] = JsonNode.Parse(json);
                    // An empty list of links says nothing, and an empty entity lacks what is mandatory.
                    var before = isTaken ? "" : await stoa.SnapshotAsync();
                    foreach (var method in new[] { "POST", "PATCH" })
                    {
                        var answer = await SendAsync(stoa, method, method == "POST" ? set : set + "(1)", Encoding.UTF8.GetBytes(draft.ToJsonString()));
                        var complaint = isTaken ? (answer.Status is 200 or 201 ? null : "refused") : Complaint(answer);
                        if (complaint is not null) wrong.Add($"{method} {set} {words[0]}={json}: {complaint}: {answer}");
                    }

                    if (!isTaken && before != await stoa.SnapshotAsync()) wrong.Add($"{set} {words[0]}={json}: something was written");
                }
            }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        await stoa.ShouldBeConsistentAsync();
    }

    [Theory]
    [InlineData("99999999999999999999")]
    [InlineData("-99999999999999999999")]
    [InlineData("1.5")]
    [InlineData("1e2")]
    [InlineData("\"1\"")]
    [InlineData("\"abc\"")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("9223372036854775807")]
    public async Task With_an_id_that_is_none_is_refused_in_every_relation(string id)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();
        (string Path, string Json)[] requests =
        [
            ("Things", """{"name":"n","description":"d","Locations":[{"@iot.id":@}]}"""),
            ("Things", """{"name":"n","description":"d","Datastreams":[{"@iot.id":@}]}"""),
            ("Locations", """{"name":"n","description":"d","encodingType":"e","location":"x","Things":[{"@iot.id":@}]}"""),
            ("HistoricalLocations", """{"time":"2020-01-01T00:00:00Z","Thing":{"@iot.id":@},"Locations":[{"@iot.id":1}]}"""),
            ("Observations", """{"result":1,"Datastream":{"@iot.id":@}}"""),
            ("Datastreams(1)/Observations", """{"result":1,"FeatureOfInterest":{"@iot.id":@}}"""),
            ("FeaturesOfInterest", """{"name":"n","description":"d","encodingType":"e","feature":"x","Observations":[{"@iot.id":@}]}"""),
        ];

        foreach (var (path, json) in requests)
        {
            var answer = await stoa.PostJsonAsync(SensorThings.At(path), json.Replace(":@", ":" + id, StringComparison.Ordinal));
            Assert.True(Complaint(answer) is null, $"{path}: {answer}");
        }

        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    public async Task Nested_more_deeply_than_anybody_needs_is_refused()
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();
        var thing = """{"name":"n","description":"d"}""";
        for (var i = 0; i < 30; i++)
            thing = i % 2 == 0
                ? $$"""{"name":"n","description":"d","encodingType":"e","location":"x","Things":[{{thing}}]}"""
                : $$"""{"name":"n","description":"d","Locations":[{{thing}}]}""";

        Assert.Null(Complaint(await stoa.PostJsonAsync(SensorThings.At("Things"), thing)));
        foreach (var depth in new[] { 62, 63, 64, 65, 1_000 })
        {
            var deep = string.Concat(Enumerable.Repeat("[", depth)) + string.Concat(Enumerable.Repeat("]", depth));
            foreach (var (path, json) in new[]
            {
                ("Things", $$$"""{"name":"n","properties":{"a":{{{deep}}}}}"""), ("Datastreams(1)/Observations", $$"""{"result":{{deep}},"x":1}"""),
            })
                Assert.Null(Complaint(await stoa.PostJsonAsync(SensorThings.At(path), json)));
        }

        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    public async Task Longer_than_allowed_is_refused_at_the_limit_and_not_before()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("limits.bodyBytes", "65536"));
        const string frame = """{"name":"","description":"d"}""";
        string Body(int bytes) => frame.Replace("\"\"", $"\"{new string('x', bytes - frame.Length)}\"", StringComparison.Ordinal);

        (await stoa.PostJsonAsync(SensorThings.At("Things"), Body(65536))).ShouldBe(201);
        Assert.Null(Complaint(await stoa.PostJsonAsync(SensorThings.At("Things"), Body(65537))));

        Assert.Equal("1", (await stoa.ReadAsync("Things")).Ids());
    }

    // On the wire, since the client would mend them.
    [Theory]
    [InlineData("Things%")]
    [InlineData("Things(1)%2")]
    [InlineData("Things%zz")]
    [InlineData("Things%00")]
    [InlineData("%FF%FE")]
    [InlineData("Things(1)/properties/%C0%AF")]
    [InlineData("Things(1)/properties/%ED%A0%80")]
    [InlineData("Things(1)/../../../../etc/passwd")]
    [InlineData("Things(1)/%2e%2e/%2e%2e/x")]
    [InlineData("Things(1)%2Fname")]
    [InlineData("Things(1)\\name")]
    [InlineData("Things(1)/name;x=1")]
    [InlineData("Things(%31;DROP)")]
    [InlineData("Things(1'--)")]
    [InlineData("Things?$filter=%")]
    [InlineData("Things?$filter=%zz")]
    [InlineData("Things?$filter=name%20eq%20'%FF'%20%00")]
    [InlineData("Things?$filter=name%20eq%20'%ED%A0%80")]
    [InlineData("Things?%24top=%2B1")]
    [InlineData("Things?$top=%00")]
    [InlineData("Things?$filter")]
    [InlineData("Things?$orderby=%00")]
    [InlineData("Things?$select=%F0%9F%9A%B2")]
    [InlineData("Things?$filter=name%20eq%20'a';DROP%20TABLE%20thing")]
    public async Task In_an_address_is_refused(string target)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        var (status, body) = await RawAsync(stoa, SensorThings.Root + "/" + target);

        Assert.True(status is >= 400 and < 500, $"{status} {body}");
        // What the server refuses before it is a request has no body.
        if (body.Length > 0) Assert.NotEmpty(JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString()!);
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    private static async Task<(int Status, string Body)> RawAsync(Exchange stoa, string target)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var client = new TcpClient();
        await client.ConnectAsync(stoa.Address.Host, stoa.Address.Port, cancellation);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(
            $"GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {stoa.AdminToken}\r\nConnection: close\r\n\r\n"), cancellation);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync(cancellation);
        var head = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var body = answer[(head + 4)..];
        if (answer[..head].Contains("chunked", StringComparison.OrdinalIgnoreCase))
            body = body[(body.IndexOf("\r\n", StringComparison.Ordinal) + 2)..].Split("\r\n")[0];
        return (int.Parse(answer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), body);
    }

    [Fact]
    public async Task As_a_very_long_address_is_refused()
    {
        await using var stoa = await StationAsync();

        Assert.Null(Complaint(await stoa.ReadAsync("Things(1)/" + string.Join('/', Enumerable.Repeat("Datastreams(1)/Thing", 300)))));
        Assert.Null(Complaint(await stoa.ReadAsync("Things(1)/properties/" + string.Join('/', Enumerable.Repeat("a", 3_000)))));
        Assert.Null(Complaint(await stoa.ReadAsync("Things(" + new string('1', 6_000) + ")")));
        Assert.Null(Complaint(await stoa.ReadAsync(new string('T', 6_000))));
        Assert.True((await RawAsync(stoa, SensorThings.Root + "/" + new string('T', 200_000))).Status is >= 400 and < 500);
    }

    public static TheoryData<string> Queries =>
    [
        "$filter=" + new string('(', 5_000), "$filter=" + string.Concat(Enumerable.Repeat("not ", 1_000)) + "true",
        "$filter=" + string.Join(" and ", Enumerable.Repeat("id eq 1", 800)), "$filter=" + new string('-', 3_000) + "1 eq 1",
        "$expand=" + string.Join(',', Enumerable.Repeat("Datastreams", 200)),
        "$expand=Datastreams($expand=Observations($expand=Datastream($expand=Observations($expand=Datastream($expand=Thing)))))",
        "$orderby=" + string.Join(',', Enumerable.Repeat("name", 50)), "$select=" + string.Join(',', Enumerable.Repeat("name", 500)),
        "$filter=id in (" + string.Join(',', Enumerable.Range(0, 1_500)) + ")",
        "$filter=st_intersects(name,geography'POINT (1 1)')", "$filter=geo.distance(Locations/location,geography'POINT (a b)') lt 1",
        "$filter=st_within(Locations/location,geography'POLYGON((0 0,1 1))')", "$filter=st_within(Locations/location,geography'POINT')",
        "$filter=st_relate(Locations/location,geography'POINT (1 1)','x')", "$filter=year('abc') eq 1", "$filter=date(name) eq 1",
        "$filter=substring(name) eq 'a'", "$filter=length() eq 1", "$filter=concat('a') eq 'a'", "$filter=nofunction(1) eq 1",
        "$filter=name eq 'unterminated", "$filter=name eq \"a\"", "$filter=name lt", "$filter=eq eq eq", "$filter=id eq 1 2",
        "$filter=properties/ eq 1", "$filter=/name eq 1", "$filter=Datastreams/ eq 1", "$filter=Datastreams eq 1", "$filter=2026-13-01T00:00:00Z lt now()",
        "$filter=duration'PX' eq 1", "$skiptoken=AAAA", "$skiptoken=" + new string('A', 1_000), "$orderby=Datastreams/id", "$orderby=name name",
        "$top=1;DROP TABLE thing", "$count='true'", "$resultFormat=xml", "$filter=name eq 'a'&$filter=name eq 'b'",
    ];

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task In_a_query_is_refused(string query)
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.ReadAsync("Things?" + query);

        Assert.True(Complaint(answer) is null || answer.Status == 501, answer.ToString());
    }

    [Theory]
    [InlineData("id mul 9223372036854775807 mul 9223372036854775807 gt 0")]
    [InlineData("id sub -9223372036854775808 gt 0")]
    [InlineData("-(-9223372036854775807 sub 1) gt 0")]
    [InlineData("id div 0 eq 1")]
    [InlineData("id mod 0 eq 1")]
    [InlineData("-9223372036854775808 div -1 eq 1")]
    [InlineData("-9223372036854775808 mod -1 eq 0")]
    [InlineData("1e308 mul 1e308 gt 1")]
    [InlineData("round(1e308 mul 10) gt 1")]
    [InlineData("floor(-1e308 mul 10) lt 1")]
    [InlineData("99999999999999999999999999999999 gt id")]
    [InlineData("substring(name,-1) eq name")]
    [InlineData("substring(name,9223372036854775807) eq ''")]
    [InlineData("substring(name,1,9223372036854775807) eq ''")]
    [InlineData("substring(name,1,-9223372036854775808) eq ''")]
    [InlineData("substring(name,1.5) eq ''")]
    [InlineData("indexof(name,'') eq 0")]
    [InlineData("now() add duration'P9999999D' gt now()")]
    [InlineData("now() sub maxdatetime() lt duration'PT0S'")]
    [InlineData("year(maxdatetime()) eq 9999")]
    [InlineData("properties/height mul 'a' gt 1")]
    [InlineData("length(properties) gt 1")]
    [InlineData("toupper(properties/height) eq '3'")]
    [InlineData("Locations/location/coordinates/0 gt 1e309")]
    [InlineData("geo.distance(Locations/location,geography'POINT (1e308 -1e308)') gt 1")]
    [InlineData("geo.length(geography'LINESTRING (0 0, 0 0)') eq 0")]
    [InlineData("st_contains(geography'POLYGON ((0 0,1 1,0 1,1 0,0 0))',Locations/location)")]
    [InlineData("name eq 'O''Neil -- ; DROP TABLE thing'")]
    [InlineData("name eq '%_\\'")]
    public async Task In_a_calculation_never_breaks_the_server(string filter)
    {
        await using var stoa = await StationAsync();

        foreach (var path in new[] { "Things?$filter=", "Things?$orderby=" })
        {
            var answer = await stoa.ReadAsync(path + Uri.EscapeDataString(filter));

            Assert.True(answer.Status == 200 || Complaint(answer) is null, answer.ToString());
        }
    }

    [Fact]
    public async Task Of_a_random_kind_never_breaks_the_server()
    {
        const int seed = 20260131;
        await using var stoa = await StationAsync();
        var random = new Random(seed);
        byte[][] bodies =
        [
            Encoding.UTF8.GetBytes(SensorThings.Station), Encoding.UTF8.GetBytes(SensorThings.Datastream("d")),
            """{"phenomenonTime":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z","result":{"a":[1,2.5e3]},"parameters":{"b":"\u00fc"},"Datastream":{"@iot.id":1}}"""u8.ToArray(),
            """[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],"dataArray":[["2026-01-01T00:00:00Z",1],["x",{}]]}]"""u8.ToArray(),
        ];
        string[] paths = ["Things", "Datastreams", "Observations", "CreateObservations"];

        for (var round = 0; round < 400; round++)
        {
            var at = random.Next(bodies.Length);
            var body = bodies[at].ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
                body[random.Next(body.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : "{}[]\",:0e-\\"u8[random.Next(11)]);
            var answer = await SendAsync(stoa, "POST", paths[at], body);
            Assert.True(answer.Status is 201 || Complaint(answer) is null, $"Seed {seed}, round {round}: {Encoding.UTF8.GetString(body)}\n{answer}");
        }

        await stoa.ShouldBeConsistentAsync();
    }
}
