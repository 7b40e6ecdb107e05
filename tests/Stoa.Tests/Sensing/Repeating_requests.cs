using Stoa.Sensing.Http;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Idempotency-Key: a request that is sent again is answered again and not done again.</summary>
public class Repeating_requests
{
    private const string Thing = """{"name":"T","description":"d"}""";
    private const string Rows = """[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1],[2],["x",3]]}]""";

    private static async Task<Exchange> StationAsync(TimeProvider? time = null)
    {
        var stoa = await Exchange.StartAsync(time: time);
        await stoa.CreateAsync("Things", SensorThings.Station);
        return stoa;
    }

    private static Task<Answer> PostAsync(Exchange stoa, string path, string body, string key, string? token = null) =>
        stoa.SendAsAsync(token ?? stoa.AdminToken, "POST", SensorThings.At(path), body,
            path == "$batch" && !body.StartsWith('{') ? BatchText.ContentType : "application/json", "Idempotency-Key: " + key);

    private static string Shown(Answer answer) => $"{answer.Status} {answer.Header("Location")} {answer.Text}";

    [Theory]
    [InlineData("Things", Thing)]
    [InlineData("Things", SensorThings.Station)]
    [InlineData("Observations", """{"result":1,"Datastream":{"@iot.id":1}}""")]
    [InlineData("Datastreams(1)/Observations", """{"result":1}""")]
    [InlineData("CreateObservations", Rows)]
    [InlineData("$batch", """{"requests":[{"id":"a","method":"post","url":"Things","body":{"name":"T","description":"d"}},{"id":"b","method":"post","url":"$a/Locations","body":{"name":"L","description":"d","encodingType":"e","location":"x"}},{"id":"c","method":"delete","url":"Sensors(1)"}]}""")]
    public async Task Gives_the_same_answer_and_writes_nothing_more(string path, string body)
    {
        await using var stoa = await StationAsync();

        var first = await PostAsync(stoa, path, body, "key-1");
        var before = await stoa.SnapshotAsync();
        var second = await PostAsync(stoa, path, body, "key-1");
        var after = await stoa.SnapshotAsync();
        await stoa.RestartAsync();
        var third = await stoa.SendAsAsync(stoa.AdminToken, "POST", SensorThings.At(path), body, headers: "Idempotency-Key: \"key-1\"");

        Assert.InRange(first.Status, 200, 201);
        Assert.Equal(Shown(first), Shown(second));
        Assert.Equal(before, after);
        // The port has changed with the start.
        Assert.Equal(
            Shown(first).Replace(first.Address.ToString(), "", StringComparison.Ordinal),
            Shown(third).Replace(third.Address.ToString(), "", StringComparison.Ordinal));
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    public async Task Another_key_and_no_key_are_other_requests()
    {
        await using var stoa = await StationAsync();

        Assert.Equal(2, SensorThings.IdIn((await PostAsync(stoa, "Things", Thing, "a")).Header("Location")));
        Assert.Equal(3, SensorThings.IdIn((await PostAsync(stoa, "Things", Thing, "b")).Header("Location")));
        Assert.Equal(4, await stoa.CreateAsync("Things", Thing));
        Assert.Equal(5, await stoa.CreateAsync("Things", Thing));
    }

    [Theory]
    [InlineData("Things", """{"name":"T","description":"d" }""")]
    [InlineData("Things?x=1", Thing)]
    [InlineData("Things(1)/HistoricalLocations", """{"time":"2026-01-01T00:00:00Z","Locations":[{"@iot.id":1}]}""")]
    [InlineData("$batch", """{"requests":[]}""")]
    public async Task The_key_of_another_request_is_refused(string path, string body)
    {
        await using var stoa = await StationAsync();
        (await PostAsync(stoa, "Things", Thing, "a")).ShouldBe(201);
        var before = await stoa.SnapshotAsync();

        (await PostAsync(stoa, path, body, "a")).ShouldBeProblem(422, "idempotency-key-reused");

        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    public async Task Keys_of_different_credentials_never_meet()
    {
        await using var stoa = await StationAsync();
        await stoa.GivenDatasetAsync("other", SpectrumClass.Closed);
        var other = await stoa.GivenTokenAsync("other", "read", "write");

        var mine = await PostAsync(stoa, "Things", Thing, "a");
        var theirs = await PostAsync(stoa, "Things", """{"name":"theirs","description":"d"}""", "a", other);

        Assert.NotEqual(mine.ShouldBe(201).Header("Location"), theirs.ShouldBe(201).Header("Location"));
    }

    [Fact]
    public async Task A_refused_request_may_come_again_with_its_key()
    {
        await using var stoa = await StationAsync();
        const string observation = """{"result":1,"Datastream":{"@iot.id":2}}""";

        (await PostAsync(stoa, "Observations", observation, "a")).ShouldBeProblem(400, "unknown-link");
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));

        (await PostAsync(stoa, "Observations", observation, "a")).ShouldBe(201);
    }

    [Fact]
    public async Task Of_many_at_the_same_time_one_is_done()
    {
        await using var stoa = await StationAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ =>
            PostAsync(stoa, "Datastreams(1)/Observations", """{"result":1}""", "same")));

        Assert.Single(answers.Select(answer => answer.ShouldBe(201).Header("Location")).Distinct());
        Assert.Equal("1", (await stoa.ReadAsync("Observations")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task A_repeated_batch_does_what_the_first_did_not_come_to()
    {
        await using var stoa = await StationAsync();
        var batch = BatchText.Batch(
            "POST Datastreams(1)/Observations\n\n{\"result\":1}",
            BatchText.ChangeSet("POST Datastreams(2)/Observations\n\n{\"result\":2}", $"t: POST Things\n\n{Thing}"),
            "POST Datastreams(1)/Observations\n\n{\"result\":3}");

        var first = await PostAsync(stoa, "$batch", batch, "a");
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));
        var second = await PostAsync(stoa, "$batch", batch, "a");
        var third = await PostAsync(stoa, "$batch", batch, "a");

        Assert.Equal("201 Observations(1)\n404 not-found\n201 Observations(2)", first.Parts());
        Assert.Equal("201 Observations(1)\n[201 Observations(3) | t 201 Things(2)]\n201 Observations(2)", second.Parts());
        Assert.Equal(second.Parts(), third.Parts());
        Assert.Equal("1,3,2", (await stoa.ReadAsync("Observations?$orderby=id")).Column("result"));
    }

    [Fact]
    public async Task A_key_is_kept_for_a_day_and_then_free()
    {
        var clock = new TestClock();
        await using var stoa = await StationAsync(clock);
        var first = await PostAsync(stoa, "Things", Thing, "a");

        clock.Advance(IdempotentRequests.KeptFor - TimeSpan.FromSeconds(1));
        var within = await PostAsync(stoa, "Things", Thing, "a");
        clock.Advance(TimeSpan.FromSeconds(1));
        var after = await PostAsync(stoa, "Things", """{"name":"another","description":"d"}""", "a");

        Assert.Equal(first.Header("Location"), within.ShouldBe(201).Header("Location"));
        Assert.NotEqual(first.Header("Location"), after.ShouldBe(201).Header("Location"));
        Assert.Equal(1, await CountAsync(stoa));
    }

    [Fact]
    public async Task As_many_are_kept_as_the_limit_and_the_oldest_go_first()
    {
        await using var stoa = await StationAsync();
        (await PostAsync(stoa, "Things", Thing, "oldest")).ShouldBe(201);
        await stoa.Database.WriteAsync(
            session =>
            {
                session.Execute(
                    $"""
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {IdempotentRequests.KeptMax - 2})
                    INSERT INTO idempotent_request (credential, key, part, fingerprint, status, created)
                    SELECT credential, 'k' || i, 0, fingerprint, 201, created + i FROM idempotent_request, n
                    """);
                return true;
            },
            TestContext.Current.CancellationToken);
        await stoa.RestartAsync();

        (await PostAsync(stoa, "Things", Thing, "fits")).ShouldBe(201);
        Assert.Equal(IdempotentRequests.KeptMax, await CountAsync(stoa));
        (await PostAsync(stoa, "Things", Thing, "one-more")).ShouldBe(201);

        Assert.InRange(await CountAsync(stoa), 1, IdempotentRequests.KeptMax);
        Assert.Equal(4, SensorThings.IdIn((await PostAsync(stoa, "Things", Thing, "one-more")).Header("Location")));
        Assert.Equal(5, SensorThings.IdIn((await PostAsync(stoa, "Things", Thing, "oldest")).Header("Location")));
    }

    private static async Task<long> CountAsync(Exchange stoa)
    {
        using var read = await stoa.Database.ReadAsync(TestContext.Current.CancellationToken);
        using var count = read.Prepare("SELECT count(*) FROM idempotent_request");
        return count.Step() ? count.Int64(0) : 0;
    }

    [Theory]
    [InlineData("a", 201)]
    [InlineData("\"8e03978e-40d5-43e8-bc93-6894a57f9324\"", 201)]
    [InlineData("", 400)]
    [InlineData("\"\"", 400)]
    [InlineData("two words", 400)]
    public async Task A_key_is_visible_ASCII(string key, int status)
    {
        await using var stoa = await StationAsync();

        (await PostAsync(stoa, "Things", Thing, key)).ShouldBe(status);
    }

    [Fact]
    public async Task A_key_has_at_most_255_characters()
    {
        await using var stoa = await StationAsync();

        (await PostAsync(stoa, "Things", Thing, new string('k', 255))).ShouldBe(201);
        (await PostAsync(stoa, "Things", Thing, new string('k', 256))).ShouldBeProblem(400, "invalid-header");
    }

    [Fact]
    public async Task Rights_are_asked_again()
    {
        await using var stoa = await StationAsync();
        await stoa.GivenDatasetAsync("mine", SpectrumClass.Closed);
        var reader = await stoa.GivenTokenAsync("mine", "read");

        (await PostAsync(stoa, "Things", Thing, "a", reader)).ShouldBe(403);
        (await PostAsync(stoa, "Things", Thing, "a", reader)).ShouldBe(403);
    }
}
