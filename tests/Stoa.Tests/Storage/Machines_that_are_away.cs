using Stoa.Identity.Http;
using Stoa.Storage;
using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>
/// One of several machines with observations is away: a coordinator of Citus says so in errors of statements, while the connection to
/// it stays. Here a trigger says the same.
/// </summary>
[Trait("Engine", "Postgres")]
public class Machines_that_are_away
{
    private const string Refused =
        "connection to the remote node stoa@127.0.0.1:9701 failed with the following error: connection to server at \"127.0.0.1\", port 9701 failed: Connection refused";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refuse_what_is_for_their_datastreams_and_take_all_else()
    {
        await using var stoa = await Exchange.StartAsync();
        var (here, away) = await GivenTwoDatastreamsAsync(stoa);
        var before = await PidAsync(stoa.Database);
        await LoseAsync(stoa.Database, away);

        (await PostAsync(stoa, here, 1)).ShouldBe(201);
        var refused = (await PostAsync(stoa, away, 2)).ShouldBe(503);
        (await PostAsync(stoa, here, 3)).ShouldBe(201);

        Assert.NotEqual("", refused.Header("Retry-After"));
        Assert.DoesNotContain("9701", refused.Text, StringComparison.Ordinal);
        (await stoa.GetAsync("/health/ready")).ShouldBe(200);
        Assert.Equal(before, await PidAsync(stoa.Database));
        Assert.Equal(2, await CountAsync(stoa, here));
        Assert.Equal(0, await CountAsync(stoa, away));
    }

    [Fact]
    public async Task Fail_no_other_work_of_the_same_group()
    {
        await using var stoa = await Exchange.StartAsync();
        var (here, away) = await GivenTwoDatastreamsAsync(stoa);
        await LoseAsync(stoa.Database, away);
        using var go = new ManualResetEventSlim();
        var held = stoa.Database.WriteAsync(_ => go.Wait(TimeSpan.FromSeconds(30)), Now);

        Task<Answer>[] posts = [PostAsync(stoa, here, 1), PostAsync(stoa, away, 2), PostAsync(stoa, here, 3), PostAsync(stoa, away, 4), PostAsync(stoa, here, 5)];
        while (stoa.Database.WriteQueueLength < posts.Length) await Task.Yield();
        go.Set();
        var answers = await Task.WhenAll(posts);
        await held;

        Assert.Equal([201, 503, 201, 503, 201], answers.Select(answer => answer.Status));
        Assert.Equal(3, await CountAsync(stoa, here));
    }

    [Fact]
    public async Task Take_writes_again_as_soon_as_they_are_back()
    {
        await using var stoa = await Exchange.StartAsync();
        var (_, away) = await GivenTwoDatastreamsAsync(stoa);
        await LoseAsync(stoa.Database, away);
        (await PostAsync(stoa, away, 1)).ShouldBe(503);

        await stoa.Database.WriteAsync(
            session =>
            {
                session.Execute("DROP TRIGGER lose ON observation");
                return 0;
            },
            Now);

        (await PostAsync(stoa, away, 2)).ShouldBe(201);
    }

    [Theory]
    [InlineData("08006", Refused, StorageFailure.Unavailable, true)]
    [InlineData("57P01", "terminating connection due to administrator command", StorageFailure.Unavailable, true)]
    [InlineData("57P03", "the database system is shutting down", StorageFailure.Unavailable, true)]
    [InlineData("XX000", "failure on connection marked as essential: 127.0.0.1:9701", StorageFailure.Unavailable, true)]
    [InlineData("XX000", "could not establish any connections to the node 127.0.0.1:9701 after 2000 ms", StorageFailure.Unavailable, true)]
    [InlineData("XX000", "something else that must not be", StorageFailure.Engine, false)]
    [InlineData("0A000", "correlated subqueries are not supported when the FROM clause contains a reference table", StorageFailure.NotDistributable, false)]
    public async Task Are_told_from_other_failures_by_code_and_text(string code, string text, StorageFailure expected, bool isOfWorker)
    {
        await using var stoa = await Exchange.StartAsync();
        using var read = await stoa.Database.ReadAsync(Now);
        using var question = read.Prepare("SELECT stoa_test_fail(@code, @text)");
        await stoa.Database.WriteAsync(
            session =>
            {
                session.Execute("""
                    CREATE FUNCTION stoa_test_fail(code text, words text) RETURNS bigint LANGUAGE plpgsql AS $$
                    BEGIN RAISE EXCEPTION '%', words USING ERRCODE = code; END $$
                    """);
                return 0;
            },
            Now);

        var error = Assert.Throws<StorageException>(() => question.Bind("@code", code).Bind("@text", text).Step());

        Assert.Equal(expected, error.Failure);
        Assert.Equal(isOfWorker, error.IsOfWorker);
        var status = StorageRefusals.For(error, isReading: true)?.Status;
        Assert.Equal(expected switch { StorageFailure.Unavailable => 503, StorageFailure.NotDistributable => 400, _ => (int?)null }, status);
    }

    [Fact]
    public async Task Are_not_blamed_when_the_connection_to_the_coordinator_ends()
    {
        await using var stoa = await Exchange.StartAsync();
        using var read = await stoa.Database.ReadAsync(Now);
        using (var first = read.Prepare("SELECT 1")) Assert.True(first.Step());
        using var end = read.Prepare("SELECT pg_terminate_backend(pg_backend_pid())::text");

        var error = Assert.Throws<StorageException>(() => end.Step());

        Assert.Equal((StorageFailure.Unavailable, false), (error.Failure, error.IsOfWorker));
    }

    private static async Task<(long Here, long Away)> GivenTwoDatastreamsAsync(Exchange stoa)
    {
        await stoa.GivenDatasetAsync("air", SpectrumClass.Open);
        return (await GivenDatastreamAsync(stoa, "here"), await GivenDatastreamAsync(stoa, "away"));
    }

    private static async Task<long> GivenDatastreamAsync(Exchange stoa, string name)
    {
        var made = await stoa.PostJsonAsync("/datasets/air/sensorthings/v1.1/Datastreams", $$"""
            {
              "name": "{{name}}", "description": "A datastream",
              "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
              "unitOfMeasurement": { "name": "one", "symbol": "", "definition": "https://example.org/one" },
              "Thing": {
                "name": "{{name}}", "description": "A thing",
                "Locations": [{
                  "name": "Here", "description": "A place", "encodingType": "application/geo+json",
                  "location": { "type": "Point", "coordinates": [7.6, 51.96] }
                }]
              },
              "Sensor": { "name": "Sensor", "description": "A sensor", "encodingType": "text/html", "metadata": "https://example.org" },
              "ObservedProperty": { "name": "Count", "description": "A count", "definition": "https://example.org/count" }
            }
            """);
        made.ShouldBe(201);
        return long.Parse(made.Header("Location").Split('(')[^1].TrimEnd(')'), null);
    }

    private static Task<Answer> PostAsync(Exchange stoa, long datastream, int minute) => stoa.PostJsonAsync(
        "/sensorthings/v1.1/Observations",
        $$"""{ "phenomenonTime": "2026-03-01T00:{{minute:D2}}:00Z", "result": {{minute}}, "Datastream": { "@iot.id": {{datastream}} } }""");

    private static async Task<long> CountAsync(Exchange stoa, long datastream) =>
        (await stoa.GetAsync($"/sensorthings/v1.1/Datastreams({datastream})/Observations?$count=true&$top=0")).ShouldBe(200)
            .Json.GetProperty("@iot.count").GetInt64();

    private static Task<long> PidAsync(Database database) => database.WriteAsync(
        session =>
        {
            using var pid = session.Prepare("SELECT pg_backend_pid()::bigint");
            return pid.Step() ? pid.Int64(0) : 0;
        },
        Now);

    private static Task<int> LoseAsync(Database database, long datastream) => database.WriteAsync(
        session =>
        {
            session.Execute($"""
                CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF new.datastream_id = {datastream} THEN RAISE EXCEPTION '%', '{Refused}' USING ERRCODE = '08006'; END IF;
                    RETURN new;
                END $$
                """);
            session.Execute("CREATE TRIGGER lose BEFORE INSERT ON observation FOR EACH ROW EXECUTE FUNCTION lose()");
            return 0;
        },
        Now);
}
