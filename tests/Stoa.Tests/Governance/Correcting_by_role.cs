using System.Globalization;
using System.Text;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Tests.Connectors;
using Stoa.Tests.Mqtt;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;
using ReasonCode = Stoa.Sensing.Mqtt.ReasonCode;

namespace Stoa.Tests.Governance;

/// <summary>Who adds and who changes (ISO 37156, 9.2): every cell of two rows of the table of roles, by each way by which data come in.</summary>
public class Correcting_by_role
{
    private const string Root = "/datasets/counts/sensorthings/v1.1";
    private const string Whole = "/sensorthings/v1.1";
    private const string At = "2026-01-01T00:00:00Z";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private sealed record Town(GovernedCity City, DatasetId Dataset, long Thing, long Datastream, long Once) : IAsyncDisposable
    {
        public Exchange Stoa => City.Stoa;

        public ValueTask DisposeAsync() => City.DisposeAsync();

        // One of its own to change and remove, so that no attempt depends on the one before.
        public async Task<long> ObservationAsync()
        {
            var made = await Stoa.PostJsonAsync($"{Root}/Datastreams({Datastream})/Observations", $$"""{"phenomenonTime":"{{At}}","result":1}""");
            return Id(made.ShouldBe(201).Header("Location")!);
        }

        public async Task<double> OnceAsync() => (await Stoa.GetAsync($"{Root}/Datastreams({Once})/Observations", Stoa.AdminToken))
            .Json.GetProperty("value")[0].GetProperty("result").GetDouble();
    }

    private static long Id(string location) =>
        long.Parse(location[(location.LastIndexOf('(') + 1)..^1], CultureInfo.InvariantCulture);

    private static string Series(string name, string more = "") =>
        $$$"""
        {"name":"{{{name}}}","description":"d","observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
         "unitOfMeasurement":{"name":"one","symbol":"1","definition":"https://example.org/one"},
         "ObservedProperty":{"name":"count","definition":"https://example.org/count","description":"d"},
         "Sensor":{"name":"loop","description":"d","encodingType":"text/plain","metadata":"m"}{{{more}}}}
        """;

    private static string Bridge(string series) =>
        $$$"""
        {"name":"Bridge","description":"d","Locations":[{"name":"l","description":"d","encodingType":"application/geo+json",
          "location":{"type":"Point","coordinates":[10,50]}}],"Datastreams":[{{{series}}}]}
        """;

    private static async Task<Town> StartAsync(params (string Key, string Value)[] settings)
    {
        var city = await GovernedCity.StartAsync(null, settings);
        var dataset = await city.Stoa.GivenDatasetAsync("counts", SpectrumClass.Closed);
        var made = await city.Stoa.PostJsonAsync($"{Root}/Things",
            Bridge($"{Series("each")},{Series("once", ",\"properties\":{\"stoa.duplicates\":\"replace\"}")}"));
        var thing = Id(made.ShouldBe(201).Header("Location")!);
        var series = (await city.Stoa.GetAsync($"{Root}/Datastreams?$orderby=name", city.Stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value");
        var town = new Town(city, dataset, thing, series[0].GetProperty("@iot.id").GetInt64(), series[1].GetProperty("@iot.id").GetInt64());
        (await city.Stoa.PostJsonAsync($"{Root}/Datastreams({town.Once})/Observations", $$"""{"phenomenonTime":"{{At}}","result":1}""")).ShouldBe(201);
        return town;
    }

    /// <summary>The token of one who holds a role, or another right.</summary>
    private static async Task<string> TokenOfAsync(Town town, string holder)
    {
        var city = town.City;
        if (holder == "administrator") return town.Stoa.AdminToken;
        if (holder is "write" or "read") return await town.Stoa.GivenTokenAsync("counts", holder);
        var party = await city.OrganizationAsync("holder");
        var token = await city.ServiceTokenAsync(party);
        if (holder == "derivedPublisher")
        {
            await town.Stoa.GivenDatasetAsync("source", SpectrumClass.Closed);
            (await town.Stoa.PutJsonAsync("/api/v1/datasets/counts/facts", """{"derivedFrom":["source"],"process":"counted"}""")).ShouldBe(200);
        }

        var role = Enum.TryParse<DataRole>(holder, true, out var named) ? named : DataRole.SecondaryPublisher;
        if (role == DataRole.Custodian)
            await city.RecordAsync(RecordTypes.Role, new()
            {
                Id = default, Dataset = town.Dataset, Role = role, Party = party, State = RoleAssignmentState.Active, From = new(0),
                Purpose = GovernedCity.Research, To = Instant.Max,
            });
        else await city.AssignAsync(town.Dataset, role, party);
        return token;
    }

    private static string Text(HttpMethod method, string url, string body = "") =>
        $$$"""{"requests":[{"id":"1","method":"{{{method}}}","url":"{{{url}}}"{{{(body.Length > 0 ? ",\"body\":" + body : "")}}}}]}""";

    private static async Task<int> InBatchAsync(Town town, string root, string body, string token) =>
        (await town.Stoa.PostJsonAsync(root + "/$batch", body, token)).ShouldBe(200).Json.GetProperty("responses")[0].GetProperty("status").GetInt32();

    /// <summary>Every way to add.</summary>
    private static async Task<IEnumerable<int>> AddAsync(Town town, string token)
    {
        var (stoa, new1) = (town.Stoa, """{"phenomenonTime":"2026-02-02T00:00:00Z","result":2}""");
        var rows = $$"""
            [{"Datastream":{"@iot.id":{{town.Datastream}} },"components":["phenomenonTime","result"],"dataArray":[["2026-02-03T00:00:00Z",3]]}]
            """;
        var array = await stoa.PostJsonAsync($"{Root}/CreateObservations", rows, token);
        return
        [
            (await stoa.PostJsonAsync($"{Root}/Datastreams({town.Datastream})/Observations", new1, token)).Status,
            (await stoa.PostJsonAsync($"{Whole}/Datastreams({town.Datastream})/Observations", new1, token)).Status,
            // With all that lies inside: entities, and an observation that places them.
            (await stoa.PostJsonAsync($"{Root}/Things", Bridge(Series("deep", $",\"Observations\":[{new1}]")), token)).Status,
            // A Thing that has moved: where it was stays known.
            (await stoa.PostJsonAsync($"{Root}/Things({town.Thing})/Locations",
                """{"name":"l","description":"d","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[11,51]}}""", token)).Status,
            array.Status == 201 && array.Text.Contains("error", StringComparison.Ordinal) ? 403 : array.Status,
            await InBatchAsync(town, Whole, Text(HttpMethod.Post, $"Datastreams({town.Datastream})/Observations", new1), token),
        ];
    }

    /// <summary>Every way to change or remove what is there.</summary>
    private static async Task<List<Answer>> CorrectAsync(Town town, string token)
    {
        var stoa = town.Stoa;
        var one = await town.ObservationAsync();
        var thing = $$"""{"name":"{{Guid.NewGuid()}}","description":"d"}""";
        using var patch = new HttpRequestMessage(HttpMethod.Patch, $"{Root}/Things({town.Thing})")
        {
            Content = new StringContent("""[{"op":"replace","path":"/description","value":"e"}]""", Encoding.UTF8, "application/json-patch+json"),
        };
        patch.Headers.Authorization = new("Bearer", token);
        return
        [
            await stoa.PatchJsonAsync($"{Root}/Observations({one})", """{"result":9}""", token),
            await stoa.PatchJsonAsync($"{Whole}/Observations({one})", """{"result":9}""", token),
            await stoa.PutJsonAsync($"{Root}/Observations({one})", """{"result":9}""", token),
            await stoa.PatchJsonAsync($"{Root}/Things({town.Thing})", thing, token),
            await stoa.PutJsonAsync($"{Root}/Things({town.Thing})", thing, token),
            await stoa.SendAsync(patch),
            await stoa.PatchJsonAsync($"{Root}/Datastreams({town.Datastream})", """{"description":"e"}""", token),
            // Adopting is changing; so is a second value for a time that takes one.
            await stoa.PostJsonAsync($"{Root}/Things", $$$"""{"name":"n","description":"d","Datastreams":[{"@iot.id":{{{town.Datastream}}}}]}""", token),
            await stoa.PatchJsonAsync($"{Root}/Datastreams({town.Datastream})", $$$"""{"Thing":{"@iot.id":{{{town.Thing}}}}}""", token),
            await stoa.PostJsonAsync($"{Root}/Datastreams({town.Once})/Observations", $$"""{"phenomenonTime":"{{At}}","result":1}""", token),
            await stoa.DeleteAsync($"{Root}/Observations?$filter=id%20eq%20{one}&$dryRun=true", token),
            await stoa.DeleteAsync($"{Root}/Observations({one})", token),
            await stoa.DeleteAsync($"{Root}/Things({await EmptyThingAsync(stoa)})", token),
        ];
    }

    private static async Task<long> EmptyThingAsync(Exchange stoa) =>
        Id((await stoa.PostJsonAsync($"{Root}/Things", """{"name":"empty","description":"d"}""")).ShouldBe(201).Header("Location")!);

    [Theory]
    [InlineData("creator", 201, 403)]
    [InlineData("owner", 201, 200)]
    [InlineData("custodian", 201, 403)]
    [InlineData("primaryPublisher", 403, 403)]
    [InlineData("secondaryPublisher", 403, 403)]
    [InlineData("derivedPublisher", 201, 403)]
    [InlineData("user", 403, 403)]
    [InlineData("write", 201, 200)]
    [InlineData("read", 403, 403)]
    [InlineData("administrator", 201, 200)]
    public async Task Follows_the_table_and_what_a_token_names(string holder, int add, int correct)
    {
        await using var town = await StartAsync();
        var token = await TokenOfAsync(town, holder);

        var added = (await AddAsync(town, token)).ToList();
        var corrected = await CorrectAsync(town, token);

        // At the root of all who neither reads nor writes finds nothing; who only writes does not test what is stored.
        Assert.All(added, status => Assert.True(status == add || add == 403 && status == 404, string.Join(' ', added)));
        if (correct == 200)
        {
            var refused = corrected.Where(answer => answer.Status is not (200 or 201)).ToList();
            Assert.True(holder == "write" ? refused.All(answer => answer.Status is 403 or 404) && refused.Count <= 2 : refused.Count == 0,
                string.Join('\n', refused.Select(answer => answer.Text)));
            return;
        }

        // Who sees nothing finds nothing to remove.
        Assert.All(corrected, answer => Assert.True(
            answer.Status is 403 || (answer.Status == 404 && add == 403) || answer.Text.StartsWith("{\"wouldDelete\":{},", StringComparison.Ordinal),
            $"{answer.Status} {answer.Text}"));
        Assert.Equal(1, await town.OnceAsync());
        if (holder is "read") return;
        var told = corrected[0].ShouldBeProblem(403, "access-refused").Json;
        Assert.Equal("L10-PROPOSAL-ONLY", told.GetProperty("reason").GetString());
        Assert.Contains("POST /api/v1/datasets/", told.GetProperty("detail").GetString(), StringComparison.Ordinal);
        if (add == 201) Assert.Equal("/api/v1/datasets/counts/corrections", told.GetProperty("corrections").GetString());
    }

    /// <summary>What each role may do instead of changing: propose, report, or, of the owner, change.</summary>
    [Theory]
    [InlineData("creator", 201, 201)]
    [InlineData("owner", 409, 409)]
    [InlineData("custodian", 201, 201)]
    [InlineData("primaryPublisher", 201, 201)]
    [InlineData("secondaryPublisher", 403, 201)]
    [InlineData("derivedPublisher", 403, 201)]
    [InlineData("user", 403, 201)]
    [InlineData("write", 404, 404)]
    public async Task Lets_the_others_propose_or_report_as_the_table_says(string holder, int propose, int report)
    {
        await using var town = await StartAsync();
        var token = await TokenOfAsync(town, holder);
        var one = await town.ObservationAsync();
        Task<Answer> FileAsync(string what) =>
            town.Stoa.PostJsonAsync("/api/v1/datasets/counts/corrections", $$"""{"reason":"A miscount.",{{what}}}""", token);

        var proposed = await FileAsync($"\"kind\":\"correction\",\"entity\":\"Observations({one})\",\"field\":\"result\",\"proposed\":7");
        var reported = await FileAsync("\"kind\":\"variance\"");

        Assert.True((proposed.Status, reported.Status) == (propose, report), $"{proposed.Status} {proposed.Text}\n{reported.Status} {reported.Text}");
        Assert.Equal(1, (await town.Stoa.GetAsync($"{Root}/Observations({one})", town.Stoa.AdminToken)).Json.GetProperty("result").GetDouble());
    }

    /// <summary>What comes in a batch, in a data array or over MQTT goes the same way.</summary>
    [Fact]
    public async Task Holds_in_batches_data_arrays_and_over_MQTT()
    {
        await using var town = await StartAsync(MqttExchange.Listen);
        var creator = await TokenOfAsync(town, "creator");
        var one = await town.ObservationAsync();
        foreach (var root in new[] { Root, Whole })
        {
            Assert.Equal(403, await InBatchAsync(town, root, Text(HttpMethod.Patch, $"Observations({one})", """{"result":9}"""), creator));
            Assert.Equal(403, await InBatchAsync(town, root, Text(HttpMethod.Delete, $"Observations({one})"), creator));
            Assert.Equal(403, await InBatchAsync(town, root, Text(HttpMethod.Put, $"Things({town.Thing})", """{"name":"n","description":"d"}"""), creator));
        }

        var rows = $$"""
            [{"Datastream":{"@iot.id":{{town.Once}} },"components":["phenomenonTime","result"],"dataArray":[["{{At}}",9],["2026-03-01T00:00:00Z",1]]}]
            """;
        var ids = (await town.Stoa.PostJsonAsync($"{Root}/CreateObservations", rows, creator)).ShouldBe(201).Json;
        Assert.Equal("error", ids[0].GetString());
        Assert.NotEqual("error", ids[1].GetString());

        await using (var peer = await MqttPeer.ConnectAsync(town.Stoa, creator))
        {
            var topic = $"{Root.TrimStart('/')}/Datastreams({town.Once})/Observations";
            Assert.Equal(ReasonCode.NotAuthorized, await peer.PublishAsync(topic, $$"""{"phenomenonTime":"{{At}}","result":9}""", 1));
            Assert.Equal(ReasonCode.Success, await peer.PublishAsync(topic, """{"phenomenonTime":"2026-03-02T00:00:00Z","result":1}""", 1));
        }

        Assert.Equal(1, (await town.Stoa.GetAsync($"{Root}/Observations({one})", town.Stoa.AdminToken)).Json.GetProperty("result").GetDouble());
        Assert.All((await town.Stoa.GetAsync($"{Root}/Datastreams({town.Once})/Observations", town.Stoa.AdminToken)).Json.GetProperty("value")
            .EnumerateArray(), observation => Assert.Equal(1, observation.GetProperty("result").GetDouble()));
    }

    /// <summary>A custody is for a purpose: what is declared for another one adds nothing.</summary>
    [Fact]
    public async Task Binds_a_custodian_to_its_purpose()
    {
        await using var town = await StartAsync();
        var custodian = await TokenOfAsync(town, "custodian");
        async Task<int> AddAsync(string purpose)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{Root}/Datastreams({town.Datastream})/Observations")
            {
                Content = new StringContent("""{"result":2}""", Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = new("Bearer", custodian);
            request.Headers.TryAddWithoutValidation("Purpose", purpose);
            return (await town.Stoa.SendAsync(request)).Status;
        }

        Assert.Equal(201, await AddAsync(GovernedCity.Research.Value));
        Assert.Equal(403, await AddAsync("Marketing"));
    }

    /// <summary>Whoever writes one dataset and reads another does not move the other's Things by telling their history.</summary>
    [Fact]
    public async Task Moves_no_Thing_of_a_dataset_that_is_only_read()
    {
        await using var town = await StartAsync();
        await town.Stoa.GivenDatasetAsync("own", SpectrumClass.Closed);
        var made = await town.Stoa.PostJsonAsync("/api/v1/tokens",
            """{"name":"t","datasets":[{"dataset":"own","can":["read","write"]},{"dataset":"counts","can":["read"]}]}""");
        var token = made.ShouldBe(201).Json.GetProperty("token").GetString()!;
        const string Place = """{"name":"elsewhere","description":"d","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[1,1]}}""";
        string History(string more) => $$$"""{"time":"2999-01-01T00:00:00Z","Thing":{"@iot.id":{{{town.Thing}}}},"Locations":[{{{Place}}}]{{{more}}}}""";

        (await town.Stoa.PostJsonAsync("/datasets/own/sensorthings/v1.1/HistoricalLocations", History(""), token)).ShouldBeProblem(403, "may-not-write");

        var history = (await town.Stoa.GetAsync($"{Root}/HistoricalLocations", town.Stoa.AdminToken)).Json.GetProperty("value")[0].GetProperty("@iot.id");
        (await town.Stoa.PostJsonAsync("/datasets/own/sensorthings/v1.1/Locations",
            Place[..^1] + $$$""","HistoricalLocations":[{"@iot.id":{{{history}}}}]}""", token)).ShouldBeProblem(403, "may-not-write");
        var places = (await town.Stoa.GetAsync($"{Root}/Things({town.Thing})/Locations", town.Stoa.AdminToken)).Json.GetProperty("value");
        Assert.Equal("l", Assert.Single(places.EnumerateArray()).GetProperty("name").GetString());
    }

    /// <summary>Replacing is changing: it is refused, told and kept as such. By the key of another system one that is not there is made.</summary>
    [Fact]
    public async Task Decides_and_keeps_a_replacement_as_a_change()
    {
        await using var town = await StartAsync();
        var creator = await TokenOfAsync(town, "creator");
        async Task<List<(string, string)>> KeptAsync() =>
        [
            .. (await town.Stoa.GetAsync("/api/v1/decisions?dataset=counts", town.Stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value")
                .EnumerateArray().Select(one => (one.GetProperty("action").GetString()!, one.GetProperty("outcome").GetString()!)),
        ];
        const string Thing = """{"name":"n","description":"d"}""";

        (await town.Stoa.PutJsonAsync($"{Root}/Things(externalKey='new')", Thing, creator)).ShouldBe(201);
        Assert.Equal([("add", "permit")], await KeptAsync());

        var upsert = (await town.Stoa.PutJsonAsync($"{Root}/Things(externalKey='new')", Thing, creator)).ShouldBeProblem(403, "access-refused").Json;

        Assert.Equal([("correct", "deny"), ("add", "permit")], await KeptAsync());
        var kept = (await town.Stoa.GetAsync($"/api/v1/decisions/{upsert.GetProperty("decisionId").GetString()}", creator)).ShouldBe(200).Json;
        Assert.Equal(("correct", "deny"),
            (kept.GetProperty("request").GetProperty("action").GetString(), kept.GetProperty("decision").GetProperty("outcome").GetString()));
        // The same question at the address of one entity is the same decision.
        var replaced = (await town.Stoa.PutJsonAsync($"{Root}/Things({town.Thing})", Thing, creator)).ShouldBeProblem(403, "access-refused").Json;
        Assert.Equal(upsert.GetProperty("decisionId").GetString(), replaced.GetProperty("decisionId").GetString());
    }

    /// <summary>A connector and its dead letters are what is there: who adds declares new ones, and leaves those that are there to the owner.</summary>
    [Theory]
    [InlineData("creator", false)]
    [InlineData("custodian", false)]
    [InlineData("owner", true)]
    [InlineData("write", true)]
    [InlineData("administrator", true)]
    public async Task Leaves_connectors_to_those_who_change(string holder, bool mayChange)
    {
        await using var town = await StartAsync();
        var (stoa, token) = (town.Stoa, await TokenOfAsync(town, holder));
        const string Api = "/api/v1/datasets/counts/connectors/";
        const string First = "device: a\nvalues: [{ path: $.v, quantity: v }]";
        (await stoa.PutYamlAsync(Api + "there?enable=true&force=true", First, stoa.AdminToken)).ShouldBe(201);
        (await stoa.PostPayloadAsync("/datasets/counts/connectors/there", """{"w":1}""", token)).ShouldBe(202);
        (await stoa.PostPayloadAsync("/datasets/counts/connectors/there", """{"w":2}""", token)).ShouldBe(202);

        // New ones, trials and payloads are added by all of them.
        (await stoa.PutYamlAsync(Api + "new?enable=true&force=true", First, token)).ShouldBe(201);
        (await stoa.PostPayloadAsync(Api + "there/test", """{"v":1}""", token)).ShouldBe(200);
        (await stoa.PostJsonAsync(Api + "there/dead-letters/replay", "", token)).ShouldBe(200);
        (Answer Answer, int Status)[] changes =
        [
            (await stoa.PutYamlAsync(Api + "there?enable=true&force=true", First.Replace("$.v", "$.w", StringComparison.Ordinal), token), 200),
            (await stoa.PostJsonAsync(Api + "there/disable", "", token), 200),
            (await stoa.PostJsonAsync(Api + "there/enable?force=true", "", token), 200),
            (await stoa.DeleteAsync(Api + "there/dead-letters/1", token), 204),
            (await stoa.DeleteAsync(Api + "there/dead-letters", token), 200),
            (await stoa.DeleteAsync(Api + "there", token), 204),
            (await stoa.DeleteAsync(Api + "nowhere", token), 404),
        ];

        if (mayChange)
        {
            Assert.All(changes, one => one.Answer.ShouldBe(one.Status));
            return;
        }

        foreach (var (answer, _) in changes)
            Assert.Equal("L10-PROPOSAL-ONLY", answer.ShouldBeProblem(403, "access-refused").Json.GetProperty("reason").GetString());
        var there = (await stoa.GetAsync(Api + "there", stoa.AdminToken)).ShouldBe(200).Json;
        Assert.Equal((First, true, 2), (there.GetProperty("declaration").GetString(), there.GetProperty("enabled").GetBoolean(),
            there.GetProperty("deadLetters").GetInt32()));
    }
}
