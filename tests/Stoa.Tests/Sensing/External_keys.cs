using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Entities by the key they have elsewhere (urn:stoa:sensorthings:external-keys).</summary>
public class External_keys
{
    private const string Thing = """{"name":"T","description":"d"}""";
    private const string Key = "Things(externalKey='abc')";

    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        return stoa;
    }

    private static Task<Answer> PutAsync(Exchange stoa, string path, string body, params string[] headers) =>
        stoa.SendAsync("PUT", path, body, headers: headers);

    [Fact]
    public async Task PUT_creates_once_and_replaces_from_then_on()
    {
        await using var stoa = await StationAsync();

        var created = await PutAsync(stoa, Key, """{"name":"A","description":"d","properties":{"a":1}}""");
        var replaced = await PutAsync(stoa, Key, """{"name":"B","description":"d"}""");

        Assert.Equal($"{stoa.Address}sensorthings/v1.1/Things(2)", created.ShouldBe(201).Header("Location"));
        replaced.ShouldBe(200);
        (await stoa.ReadAsync(Key + "?$select=id,name,properties")).ShouldBeJson(200,
            """{"@iot.id":2,"@iot.selfLink":"{base}/sensorthings/v1.1/Things(2)","name":"B","properties":null}""");
        Assert.Equal("1,2", (await stoa.ReadAsync("Things")).Ids());
    }

    [Fact]
    public async Task Of_many_at_the_same_time_one_creates()
    {
        await using var stoa = await StationAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => PutAsync(stoa, Key, Thing)));

        Assert.Single(answers, answer => answer.Status == 201);
        Assert.Equal(15, answers.Count(answer => answer.Status == 200));
    }

    [Fact]
    public async Task A_key_leads_to_everything_below_the_entity()
    {
        await using var stoa = await StationAsync();
        await PutAsync(stoa, Key, Thing);

        var stream = await stoa.PutJsonAsync(SensorThings.At("Datastreams(externalKey='t/1 ''x''')".Replace("/", "%2F", StringComparison.Ordinal)),
            SensorThings.Datastream("D").Replace("\"Thing\": {\"@iot.id\": 1}", "\"Thing\": {\"@iot.externalKey\": \"abc\"}", StringComparison.Ordinal));
        (await stoa.PostJsonAsync(SensorThings.At(Key + "/Locations"), SensorThings.Location("L", 1, 2))).ShouldBe(201);
        var one = await stoa.PostJsonAsync(SensorThings.At("Observations"), """{"result":1,"Datastream":{"@iot.externalKey":"t/1 'x'"}}""");
        var array = await stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
            """[{"Datastream":{"@iot.externalKey":"t/1 'x'"},"components":["result"],"dataArray":[[2],[3]]}]""");
        var batch = await stoa.SendBatchAsync(
            "PATCH Things(externalKey='abc')\n\n{\"name\":\"patched\"}", "GET Things(externalKey='abc')/name/$value",
            "POST Observations\n\n{\"result\":4,\"Datastream\":{\"@iot.externalKey\":\"t/1 'x'\"}}");

        stream.ShouldBe(201);
        one.ShouldBe(201);
        array.ShouldBe(201);
        Assert.Equal("200\n200 patched\n201 Observations(4)", batch.Parts());
        Assert.Equal("1,2,3,4", (await stoa.ReadAsync(Key + "/Datastreams(2)/Observations?$orderby=id")).Ids());
        (await stoa.DeleteAsync(SensorThings.At(Key))).ShouldBe(200);
        (await stoa.ReadAsync(Key)).ShouldBeProblem(404, "not-found");
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task POST_and_deep_inserts_give_keys_and_a_key_is_given_once()
    {
        await using var stoa = await StationAsync();
        const string body =
            """
            {"@iot.externalKey":"t","name":"T","description":"d","Locations":[
              {"@iot.externalKey":"l","name":"L","description":"d","encodingType":"e","location":{"Thing":{"@iot.externalKey":"not a link"}}}]}
            """;

        await stoa.CreateAsync("Things", body);
        var before = await stoa.SnapshotAsync();
        (await stoa.PostJsonAsync(SensorThings.At("Things"), body)).ShouldBeProblem(409, "conflict");
        (await stoa.PostJsonAsync(SensorThings.At("Things"), body.Replace("\"t\"", "\"u\"", StringComparison.Ordinal))).ShouldBeProblem(409, "conflict");

        Assert.Equal(before, await stoa.SnapshotAsync());
        (await stoa.ReadAsync("Locations(externalKey='l')?$select=location"))
            .ShouldBeJson(200, """{"location":{"Thing":{"@iot.externalKey":"not a link"}}}""");
    }

    [Theory]
    [InlineData("PUT", "Things(externalKey='abc')", """{"name":"N"}""", 400, "missing-property")]
    [InlineData("PUT", "Things(externalKey='abc')", """{"@iot.externalKey":"other","name":"N","description":"d"}""", 400, "invalid-body")]
    [InlineData("PUT", "Things(externalKey='')", Thing, 400, "invalid-property")]
    [InlineData("PUT", "Observations(externalKey='abc')", """{"result":1}""", 404, "not-found")]
    [InlineData("PUT", "HistoricalLocations(externalKey='abc')", "{}", 404, "not-found")]
    [InlineData("PUT", "Nothing(externalKey='abc')", "{}", 404, "not-found")]
    [InlineData("PATCH", "Things(externalKey='none')", "{}", 404, "not-found")]
    [InlineData("DELETE", "Things(externalKey='none')", null, 404, "not-found")]
    [InlineData("POST", "Things(externalKey='none')/Locations", "{\"name\":\"L\",\"description\":\"d\",\"encodingType\":\"e\",\"location\":\"x\"}", 404, "not-found")]
    [InlineData("POST", "Things(externalKey='abc')", Thing, 405, "method-not-allowed")]
    [InlineData("POST", "Observations", """{"result":1,"Datastream":{"@iot.externalKey":"none"}}""", 400, "unknown-link")]
    [InlineData("POST", "Things", """{"@iot.externalKey":5,"name":"N","description":"d"}""", 400, "invalid-property")]
    [InlineData("POST", "HistoricalLocations", """{"@iot.externalKey":"h","time":"2026-01-01T00:00:00Z","Thing":{"@iot.id":1},"Locations":[{"@iot.id":1}]}""", 400, "unknown-property")]
    public async Task Refusals(string method, string path, string? body, int status, string type)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        (await stoa.SendAsync(method, path, body)).ShouldBeProblem(status, type);

        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    public async Task A_key_has_at_most_255_characters()
    {
        await using var stoa = await StationAsync();

        (await PutAsync(stoa, $"Things(externalKey='{new string('k', 255)}')", Thing)).ShouldBe(201);
        (await PutAsync(stoa, $"Things(externalKey='{new string('k', 256)}')", Thing)).ShouldBeProblem(400, "invalid-property");
    }

    [Fact]
    public async Task Preconditions_and_repeats_hold_for_keys_too()
    {
        await using var stoa = await StationAsync();

        (await PutAsync(stoa, Key, Thing, "If-Match: *")).ShouldBeProblem(412, "changed-meanwhile");
        (await PutAsync(stoa, Key, Thing, "If-None-Match: *", "Idempotency-Key: a")).ShouldBe(201);
        (await PutAsync(stoa, Key, Thing, "If-None-Match: *", "Idempotency-Key: a")).ShouldBe(201);
        (await PutAsync(stoa, Key, Thing, "If-None-Match: *")).ShouldBeProblem(412, "exists-already");
        (await PutAsync(stoa, Key, Thing, "If-Match: *")).ShouldBe(200);
    }

    [Fact]
    public async Task Whole_entities_inside_are_created_with_it_and_refused_later()
    {
        await using var stoa = await StationAsync();
        const string deep = """{"name":"T","description":"d","Locations":[{"name":"L","description":"d","encodingType":"e","location":"x"}]}""";

        (await PutAsync(stoa, Key, deep)).ShouldBe(201);
        (await PutAsync(stoa, Key, deep)).ShouldBeProblem(400, "invalid-body");
        Assert.Equal("2", (await stoa.ReadAsync("Things(2)/Locations")).Ids());
    }

    [Fact]
    public async Task A_key_of_another_dataset_is_as_if_it_were_not_there()
    {
        await using var stoa = await StationAsync();
        await stoa.GivenDatasetAsync("mine", SpectrumClass.Open);
        await stoa.GivenDatasetAsync("other", SpectrumClass.Open);
        await stoa.GivenDatasetAsync("third", SpectrumClass.Open);
        var mine = await stoa.GivenTokenAsync("mine", "read", "write");
        const string scoped = "/datasets/mine/sensorthings/v1.1/";
        (await stoa.PutJsonAsync("/datasets/other/sensorthings/v1.1/" + Key, Thing)).ShouldBe(201);
        (await PutAsync(stoa, Key, Thing)).ShouldBe(201);

        foreach (var root in new[] { scoped, SensorThings.Root + "/" })
        {
            (await stoa.GetAsync(root + Key, mine)).ShouldBeProblem(404, "not-found");
            (await stoa.PatchJsonAsync(root + Key, "{}", mine)).ShouldBeProblem(404, "not-found");
            (await stoa.PostJsonAsync(root + "Things", """{"name":"T","description":"d","Datastreams":[{"@iot.externalKey":"abc"}]}""", mine))
                .ShouldBeProblem(400, "unknown-link");
        }

        (await stoa.PutJsonAsync(SensorThings.At(Key), Thing, mine)).ShouldBe(201);
        (await stoa.GetAsync(scoped + Key)).ShouldBe(200);
        (await stoa.GetAsync(SensorThings.At(Key))).ShouldBeProblem(404, "not-found");
        (await stoa.PutJsonAsync("/datasets/third/sensorthings/v1.1/" + Key, Thing, mine)).ShouldBeProblem(403, "not-writable");
    }
}
