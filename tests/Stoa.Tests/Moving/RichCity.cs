using System.Text.Json;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Tests.Connectors;
using Stoa.Tests.Governance;
using Stoa.Tests.Identity;
using Stoa.Tests.Mqtt;
using Stoa.Tests.Sensing;
using Xunit;

namespace Stoa.Tests.Moving;

/// <summary>A city with something of everything that is stored, and the questions by which two of them are compared.</summary>
internal static class RichCity
{
    /// <summary>Every kind of character that a text may hold.</summary>
    private const string Odd = "Grüße \\\"quoted\\\" \\\\ / \\b\\f\\n\\r\\t ☃ 😀 \\u0001\\u007f ' ; DROP -- %_*?$1 @name é e\\u0301 \\u2028 ﷽ ẞß ſ İı";

    // No two of them have the same nearest double and another order than their ids: on PostgreSQL such numbers are equal to $orderby.
    // Whole numbers to the ends of 64 bits and beyond, numbers to the ends of doubles and beyond, and everything that is no number.
    private static readonly string[] Results =
    [
        "0", "-0", "-0.0", "1", "3.0", "-2.5", "0.1", "0.30000000000000004", "1e15", "1e16", "123456789012345678", "9007199254740991", "9007199254740992",
        "9007199254740993", "-9007199254740992", "-9007199254740995", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "18446744073709551616", "100000000000000000000000000000001", "1e100", "1e400", "5e-324", "1.7976931348623157e308",
        "3.14159265358979323846264338327950288", "true", "false", "null", "\"\"", "\"" + Odd + "\"", "\"12\"", "{}", "[]", "{\"a\":{\"b\":[1,2.50,\"" + Odd + "\"]}}", "[1e400]",
    ];

    /// <summary>Fills an empty exchange on which the clock stands still.</summary>
    public static async Task<Memory> BuildAsync(Exchange stoa)
    {
        await DatasetsAsync(stoa);
        var reader = await stoa.GivenTokenAsync("air", "read");
        await stoa.GivenTokenAsync("air", "read", "write");
        await EntitiesAsync(stoa);
        var deltaLinks = new List<string>();
        foreach (var set in new[] { "Things", "Observations", "Datastreams(1)/Observations" })
            deltaLinks.Add(new Uri((await Following_changes_by_links.TrackAsync(stoa, SensorThings.At(set) + "?$top=1000")).ShouldBe(200)
                .Json.GetProperty("@iot.deltaLink").GetString()!).PathAndQuery);
        await ChangesAsync(stoa);
        await ConnectorAsync(stoa);
        await RepeatAsync(stoa);
        await MqttAsync(stoa);
        return new(stoa.AdminToken, reader, deltaLinks);
    }

    private static async Task DatasetsAsync(Exchange stoa)
    {
        (await stoa.PostJsonAsync("/api/v1/organizations", $$"""{"slug":"traffic","name":"{{Odd.Replace("\\u0001\\u007f", "", StringComparison.Ordinal).Replace("\\b\\f\\n\\r\\t", "", StringComparison.Ordinal)}}"}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/parties", """{"kind":"unit","name":"Counters ☃","parent":1,"category":"city-organization","jurisdiction":"DE-NW"}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/parties", """{"kind":"device","name":"Gateway","parent":2}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/parties", """{"kind":"person","name":"Grace"}""")).ShouldBe(201);
        (await stoa.PutJsonAsync("/api/v1/parties/3/status", """{"status":"suspended"}""")).ShouldBe(200);
        (await stoa.PostJsonAsync("/api/v1/parties/4/memberships", """{"organization":1,"roles":["member","administrator"],"to":"2030-01-01T00:00:00Z"}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/tokens", """{"name":"held","administrator":true,"party":3}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/tokens/2/rotate", """{"overlapSeconds":60}""")).ShouldBe(200);
        (await stoa.PostJsonAsync("/api/v1/invitations", """{"organization":1,"login":"tom@city.example","roles":["member"]}""")).ShouldBe(201);
        using (var ada = await Visitor.AdministratorAsync(stoa))
        {
            (await ada.SubmitAsync("/account", "/account/second-step")).ShouldBe(303);
        }

        (await stoa.PostJsonAsync("/api/v1/datasets",
            """{"slug":"air","title":"Luftgüte","description":"Every **hour** of Zürich's größte Straße.","sector":"ict","spectrum":"open","licence":"cc-by-4.0","owner":"traffic","keywords":["Fahrrad","Zählung"]}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/datasets",
            """{"slug":"secret","title":"Hidden","description":"Closed.","sector":"energy","spectrum":"closed"}""")).ShouldBe(201);
    }

    private static async Task EntitiesAsync(Exchange stoa)
    {
        const string air = "/datasets/air" + SensorThings.Root;
        (await stoa.PostJsonAsync(air + "/Things", SensorThings.Station)).ShouldBe(201);
        (await stoa.PostJsonAsync(air + "/Things", Wind.Mast)).ShouldBe(201);
        (await stoa.PostJsonAsync("/datasets/secret" + SensorThings.Root + "/Things", SensorThings.Station)).ShouldBe(201);
        (await stoa.PostJsonAsync(air + "/Things", $$"""{"name":"{{Odd}}","description":"{{Odd}}","properties":{"odd":"{{Odd}}","n":1.50,"big":9007199254740993} }""")).ShouldBe(201);
        string[] shapes =
        [
            """{"type":"Point","coordinates":[7.123456789,51.987654321,12]}""",
            """{"type":"LineString","coordinates":[[7,51],[8,52.5]]}""",
            """{"type":"Polygon","coordinates":[[[7,51],[8,51],[8,52],[7,51]]]}""",
            """{"type":"MultiPolygon","coordinates":[[[[7,51],[8,51],[8,52],[7,51]]],[[[9,51],[10,51],[10,52],[9,51]]]]}""",
            """{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"MultiPoint","coordinates":[[3,4],[5,6]]}]}""",
            """{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[-180,90]}}""",
            """{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}""",
        ];
        foreach (var shape in shapes)
        {
            (await stoa.PostJsonAsync(air + "/Things(1)/Locations", $$"""{"name":"{{Odd}}","description":"d","encodingType":"application/geo+json","location":{{shape}} }""")).ShouldBe(201);
            (await stoa.PostJsonAsync(air + "/FeaturesOfInterest", $$"""{"name":"f","description":"d","encodingType":"application/geo+json","feature":{{shape}} }""")).ShouldBe(201);
        }

        (await stoa.PostJsonAsync(air + "/FeaturesOfInterest", """{"name":"text","description":"d","encodingType":"text/plain","feature":"behind the church"}""")).ShouldBe(201);
        foreach (var (result, i) in Results.Select((result, i) => (result, i)))
            (await stoa.PostJsonAsync(air + "/Datastreams(1)/Observations", $$"""
                {"phenomenonTime":"2026-01-{{1 + i % 28:00}}T{{i % 24:00}}:30:00.123456+01:00","result":{{result}},"resultTime":"2026-01-31T10:00:00-05:30",
                 "validTime":"2026-01-01T00:00:00+02:00/2026-02-01T00:00:00Z","resultQuality":{"q":{{i}} },"parameters":{"i":{{i}},"t":"{{Odd}}"},
                 "FeatureOfInterest":{"@iot.id":{{2 + i % 5}} } }
                """)).ShouldBe(201);
        foreach (var time in new[] { "1816-05-01T00:00:00Z", "1989-12-31T23:59:59.999999Z", "2150-01-01T00:00:00Z", "2026-01-05T00:00:00Z/2026-01-06T00:00:00+01:00" })
            (await stoa.PostJsonAsync(air + "/Datastreams(1)/Observations", $$"""{"phenomenonTime":"{{time}}","result":7,"resultTime":null}""")).ShouldBe(201);
        (await stoa.PostJsonAsync(air + "/MultiDatastreams(1)/Observations", """{"phenomenonTime":"2026-01-05T00:00:00Z","result":[4.5,9007199254740993,true]}""")).ShouldBe(201);
        (await stoa.PostJsonAsync(air + "/MultiDatastreams(1)/Observations", """{"phenomenonTime":"2026-01-06T00:00:00Z","result":[4.50,null,false]}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/datasets/secret" + SensorThings.Root + "/Datastreams(2)/Observations", """{"phenomenonTime":"2026-01-06T00:00:00Z","result":42}""")).ShouldBe(201);
        (await stoa.PostJsonAsync(air + "/Things(1)/HistoricalLocations", """{"time":"2025-06-01T00:00:00+02:00","Locations":[{"@iot.id":1}]}""")).ShouldBe(201);
    }

    private static async Task ChangesAsync(Exchange stoa)
    {
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"Renamed"}""")).ShouldBe(200);
        (await stoa.DeleteAsync(SensorThings.At("Observations(3)"))).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(4)"), """{"result":9007199254740995}""")).ShouldBe(200);
        await stoa.CreateAsync("Things", """{"name":"of the inbox","description":"d"}""");
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"phenomenonTime":"2026-01-20T00:00:00Z","result":5}""");
    }

    private static async Task ConnectorAsync(Exchange stoa)
    {
        var token = await stoa.GivenConnectorAsync("air", "levels", "device: '{$.id}'\ntime: { value: '{$.at}' }\nvalues: [{ path: $.level, quantity: level }]");
        const string hook = "/datasets/air/connectors/levels";
        (await stoa.PostPayloadAsync(hook, """{"id":"a","at":"2026-01-14T08:00:00Z","level":1.5}""", token)).ShouldBe(200);
        (await stoa.PostPayloadAsync(hook, """{"id":"a","at":"yesterday","level":2}""", token)).ShouldBe(202);
        (await stoa.SendBytesAsync(HttpMethod.Post, hook, [0xff, 0x00, 0x01], "application/octet-stream", token)).ShouldBe(202);
    }

    /// <summary>A write that is done once under its key: sent again, it is answered and not done again.</summary>
    private static async Task<string> RepeatAsync(Exchange stoa)
    {
        var answer = await stoa.SendAsync("POST", "Things", """{"name":"once","description":"d"}""", headers: "Idempotency-Key: one");
        return $"{answer.Status} {answer.Header("Location")} {answer.Text}";
    }

    private static async Task MqttAsync(Exchange stoa)
    {
        await using var peer = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken, ProtocolVersion.V311, AsMe);
        await peer.SubscribeAsync(("datasets/air/topics/other/#", 1), ("v1.1/Datastreams(1)/Observations", 2));
        await peer.PublishAsync("datasets/air/topics/kept", "{\"odd\":\"" + Odd + "\"}", retain: true);
        await peer.DisconnectAsync();
    }

    private static ConnectPacket AsMe(ConnectPacket connect) => connect with { ClientId = "me", IsCleanStart = false };

    /// <summary>The session is known, and the retained message comes with a new subscription.</summary>
    private static async Task<string> MqttAnswersAsync(Exchange stoa)
    {
        await using var peer = await MqttPeer.DialAsync(stoa);
        var answer = await peer.GreetAsync(stoa.AdminToken, ProtocolVersion.V311, AsMe);
        var known = answer.IsSessionPresent;
        await using var other = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken);
        await other.SubscribeAsync(("datasets/air/topics/#", 0));
        var message = await other.ReadMessageAsync();
        await peer.DisconnectAsync();
        return $"{known} {message.Topic} {message.Retain} {message.Text}";
    }

    /// <summary>What is asked before and after.</summary>
    private static IEnumerable<string> Questions()
    {
        foreach (var set in new[]
        {
            "Things", "Locations", "HistoricalLocations", "Datastreams", "MultiDatastreams", "Sensors", "ObservedProperties", "Observations", "FeaturesOfInterest",
        })
        {
            yield return SensorThings.At($"{set}?$count=true&$top=1000&$orderby=id");
            yield return SensorThings.At($"{set}?$top=3&$orderby=id desc&$skip=1");
            yield return SensorThings.At($"{set}(1)");
            yield return SensorThings.At($"{set}?$filter=id gt 2&$count=true&$resultFormat=CSV&$top=1000");
        }

        string[] paths =
        [
            "Things?$expand=Locations,Datastreams($expand=Observations($orderby=phenomenonTime desc;$top=3;$count=true),Sensor,ObservedProperty),HistoricalLocations,MultiDatastreams&$orderby=id",
            "Datastreams?$expand=Observations($top=1;$orderby=phenomenonTime desc),Thing($select=name)&$orderby=name desc",
            "Observations?$orderby=result&$top=1000", "Observations?$orderby=phenomenonTime desc&$top=1000", "Observations?$orderby=phenomenonTime&$top=5",
            "Observations?$filter=result gt 2&$orderby=id", "Observations?$filter=result eq 0&$orderby=id", "Observations?$filter=result lt 0&$orderby=result desc",
            "Observations?$filter=result eq true&$orderby=id", "Observations?$filter=result eq '12'&$orderby=id", "Observations?$filter=result eq null&$orderby=id",
            "Observations?$filter=phenomenonTime ge 2026-01-10T00:00:00Z and phenomenonTime lt 2026-01-12T00:00:00Z&$count=true",
            "Observations?$filter=parameters/i eq 4", "Observations?$filter=Datastream/Thing/name eq 'Renamed'&$count=true&$top=2", "Observations?$resultFormat=dataArray&$top=1000&$orderby=id",
            "Observations?$resultFormat=GeoJSON&$top=1000&$orderby=id", "Locations?$filter=st_within(location,geography'POLYGON((6 50,9 50,9 53,6 53,6 50))')&$orderby=id",
            "Locations?$filter=geo.distance(location,geography'POINT(7.5 51.9)') lt 1&$orderby=id", "FeaturesOfInterest?$filter=st_intersects(feature,geography'POLYGON((6 50,9 50,9 53,6 53,6 50))')&$orderby=id",
            "Things?$filter=startswith(name,'R') or substringof('☃',name)&$orderby=id", "Things?$orderby=name", "Things?$filter=properties/n eq 1.5", "Things(3)/Locations", "Things(1)/HistoricalLocations?$expand=Locations&$orderby=id",
            "Datastreams(1)/Observations/$aggregate?interval=P1D&functions=avg,min,max,sum,count,first,last,p50", "Observations/$aggregate?interval=P1M&functions=count,sum&groupBy=Thing&$resultFormat=CSV",
            "MultiDatastreams(1)/Observations?$orderby=id", "MultiDatastreams(1)/ObservedProperties", "Observations(1)/result/$value", "Datastreams(1)/observedArea",
        ];
        foreach (var path in paths) yield return SensorThings.At(path);
        for (var i = 1; i <= Results.Length; i++) yield return SensorThings.At($"Observations({i})");
        string[] others =
        [
            "/", "/datasets", "/datasets/air", "/datasets?q=strasse+fahrrad", "/things", "/things/1", "/things/2", "/map/things.geojson", "/map/things/1", "/charts/datastreams/1?from=2026-01-01&to=2026-01-31",
            "/api/v1/datasets", "/api/v1/datasets/secret", "/api/v1/organizations", "/api/v1/tokens", "/api/v1/parties", "/api/v1/parties/4/memberships", "/api/v1/datasets/air/connectors", "/api/v1/datasets/air/connectors/levels",
            "/api/v1/datasets/air/connectors/levels/dead-letters", "/api/v1/datasets/air/connectors/levels/dead-letters/1", "/api/v1/datasets/air/connectors/levels/dead-letters/2",
            "/datasets/air" + SensorThings.Root + "/Observations?$count=true&$top=2", "/datasets/secret" + SensorThings.Root + "/Observations?$count=true",
        ];
        foreach (var path in others) yield return path;
    }

    /// <summary>Every answer, as the administrator, with a token that may read one dataset, and without any.</summary>
    public static async Task<SortedDictionary<string, string>> AnswersAsync(Exchange stoa, Memory memory)
    {
        var answers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Questions().Concat(memory.DeltaLinks).Distinct(StringComparer.Ordinal))
            foreach (var (who, token) in new[] { ("admin", memory.Admin), ("reader", memory.Reader), ("nobody", null) })
                answers.Add($"{path} ({who})", await AnswerAsync(stoa, path, token));

        answers.Add("MQTT", await MqttAnswersAsync(stoa));
        answers.Add("repeated", await RepeatAsync(stoa));
        return answers;
    }

    /// <summary>What of an answer must stay the same.</summary>
    public static async Task<string> AnswerAsync(Exchange stoa, string path, string? token)
    {
        var answer = await stoa.GetAsync(path, token);
        return $"{answer.Status} {answer.Header("Content-Type")} {answer.Header("ETag")}\n{answer.Text}";
    }

    /// <summary>What the builder of a city keeps.</summary>
    public sealed record Memory(string Admin, string Reader, IReadOnlyList<string> DeltaLinks);

    /// <summary>Fails with the first answers that differ, around where they do.</summary>
    public static void ShouldBeEqual(SortedDictionary<string, string> before, SortedDictionary<string, string> after)
    {
        var differing = before.Where(answer => after[answer.Key] != answer.Value).ToArray();
        Assert.True(differing.Length == 0, $"{differing.Length} of {before.Count} answers differ:\n" + string.Join("\n\n",
            differing.Take(12).Select(answer => $"{answer.Key}\n{Difference(answer.Value, after[answer.Key])}")));
    }

    private static string Difference(string before, string after)
    {
        const int around = 150;
        var at = Math.Max(0, before.AsSpan().CommonPrefixLength(after) - around);
        return $"  before {before.AsSpan(at, Math.Min(2 * around, before.Length - at))}\n  after  {after.AsSpan(at, Math.Min(2 * around, after.Length - at))}";
    }
}
