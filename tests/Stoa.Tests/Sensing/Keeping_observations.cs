using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Stoa.Tests.Ledger;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>What becomes of observations that are older than <c>observations.keepDays</c>, and of what is derived from them.</summary>
public class Keeping_observations
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    // At the end of January 2026: sixty days go back into December, so what is older than December goes.
    // The service's own looks are stopped: the test says when.
    private static async Task<Exchange> StartAsync(TestClock? clock = null, string days = "60")
    {
        var stoa = await Exchange.StartAsync(time: clock ?? new TestClock(), settings: ("observations.keepDays", days));
        await RetentionOf(stoa).StopAsync(Now);
        return stoa;
    }

    private static ObservationRetention RetentionOf(Exchange stoa) =>
        stoa.Services.GetServices<IHostedService>().OfType<ObservationRetention>().Single();

    private static Task<long> KeepAsync(Exchange stoa) => RetentionOf(stoa).KeepAsync(Now);

    private static Task<long> GivenAsync(Exchange stoa, long datastream, string time, string more = "") =>
        stoa.CreateAsync(
            $"Datastreams({datastream})/Observations", $$"""{"phenomenonTime":"{{time}}","result":1{{more}} }""");

    private static string Feature(string name, int x) =>
        $$"""
        {"name":"{{name}}","description":"d","encodingType":"application/geo+json","feature":{"type":"Point","coordinates":[{{x}},50] } }
        """;

    private static async Task GivenDatastreamsAsync(Exchange stoa, int count)
    {
        await stoa.CreateAsync("Things", SensorThings.Station);
        for (var i = 2; i <= count; i++) await stoa.CreateAsync("Datastreams", SensorThings.Datastream($"d{i}"));
    }

    private static async Task<string> ReadAsync(Exchange stoa, string path, string member) =>
        (await stoa.ReadAsync(path)).Column(member);

    [Fact]
    public async Task Removes_whole_months_that_are_old_enough_and_derives_what_hangs_on_them()
    {
        await using var stoa = await StartAsync();
        await GivenDatastreamsAsync(stoa, 4);
        var near = await stoa.CreateAsync("FeaturesOfInterest", Feature("near", 8));
        var far = await stoa.CreateAsync("FeaturesOfInterest", Feature("far", 9));
        await GivenAsync(stoa, 1, "1969-07-20T20:17:40Z");
        await GivenAsync(stoa, 1, "2024-02-29T00:00:00Z", ""","resultTime":"2024-03-01T00:00:00Z" """);
        await GivenAsync(stoa, 1, "2025-11-30T23:59:59.999999Z", $$""","FeatureOfInterest":{"@iot.id":{{far}}} """);
        await GivenAsync(stoa, 1, "2025-12-01T00:00:00Z", $$""","resultTime":"2026-01-05T00:00:00Z","FeatureOfInterest":{"@iot.id":{{near}}} """);
        await GivenAsync(stoa, 1, "2026-01-04T00:00:00Z", $$""","resultTime":"2026-01-04T00:00:00Z","FeatureOfInterest":{"@iot.id":{{near}}} """);
        await GivenAsync(stoa, 2, "2025-10-01T00:00:00Z");
        await GivenAsync(stoa, 3, "2025-10-01T00:00:00Z/2027-01-01T00:00:00Z");
        await GivenAsync(stoa, 3, "2026-01-04T00:00:00Z");
        await GivenAsync(stoa, 4, "2026-01-04T00:00:00Z");
        await stoa.ShouldBeConsistentAsync();

        var removed = await KeepAsync(stoa);

        Assert.Equal(5, removed);
        Assert.Equal("\"2025-12-01T00:00:00Z\",\"2026-01-04T00:00:00Z\"",
            await ReadAsync(stoa, "Datastreams(1)/Observations?$orderby=phenomenonTime", "phenomenonTime"));
        var datastreams = (await stoa.ReadAsync("Datastreams?$orderby=id")).Json.GetProperty("value");
        Assert.Equal("2025-12-01T00:00:00Z/2026-01-04T00:00:00Z", datastreams[0].GetProperty("phenomenonTime").GetString());
        Assert.Equal("2026-01-04T00:00:00Z/2026-01-05T00:00:00Z", datastreams[0].GetProperty("resultTime").GetString());
        Assert.False(datastreams[1].TryGetProperty("phenomenonTime", out _));
        Assert.Equal("2026-01-04T00:00:00Z/2026-01-04T00:00:00Z", datastreams[2].GetProperty("phenomenonTime").GetString());
        Assert.Equal("", await ReadAsync(stoa, $"FeaturesOfInterest({far})/Observations", "@iot.id"));
        Assert.Equal(4, (await stoa.ReadAsync("Observations?$count=true&$top=0")).Json.GetProperty("@iot.count").GetInt64());
        await stoa.ShouldBeConsistentAsync();
        Assert.Equal(0, await KeepAsync(stoa));
        var entry = Assert.Single(await LogContents.CheckAsync(stoa.Database), one => one.Type == "data.deleted");
        Assert.Equal(("keep-days", "observations", "5", null), (entry.Member("by"), entry.Member("set"), entry.Member("count"), entry.Member("subject")));
        Assert.Empty(entry.Keys);
    }

    [Fact]
    public async Task Keeps_all_unless_it_is_told_otherwise()
    {
        await using var stoa = await StartAsync(days: "0");
        await GivenDatastreamsAsync(stoa, 1);
        await GivenAsync(stoa, 1, "1969-07-20T20:17:40Z");

        Assert.Equal(0, await KeepAsync(stoa));

        Assert.Equal("1", await ReadAsync(stoa, "Observations", "@iot.id"));
    }

    [Fact]
    public async Task Goes_on_month_by_month_and_takes_new_observations_of_any_time()
    {
        var clock = new TestClock();
        await using var stoa = await StartAsync(clock);
        await GivenDatastreamsAsync(stoa, 1);
        await GivenAsync(stoa, 1, "2025-11-15T00:00:00Z");
        await GivenAsync(stoa, 1, "2025-12-15T00:00:00Z");
        await GivenAsync(stoa, 1, "2026-01-15T00:00:00Z");
        Assert.Equal(1, await KeepAsync(stoa));

        clock.Advance(TimeSpan.FromDays(31)); // 2026-03-03: back to 2026-01-02
        Assert.Equal(1, await KeepAsync(stoa));
        await GivenAsync(stoa, 1, "2025-11-16T00:00:00Z");
        await GivenAsync(stoa, 1, "1950-01-01T00:00:00Z");
        await stoa.ShouldBeConsistentAsync();

        Assert.Equal(2, await KeepAsync(stoa));
        Assert.Equal("3", await ReadAsync(stoa, "Observations", "@iot.id"));
        await stoa.ShouldBeConsistentAsync();
        // The place of what was before 1990 is there again.
        await GivenAsync(stoa, 1, "1950-01-01T00:00:00Z");
    }

    [Fact]
    public async Task Tells_followers_that_the_datastreams_have_changed()
    {
        await using var stoa = await StartAsync();
        await GivenDatastreamsAsync(stoa, 3);
        await GivenAsync(stoa, 1, "2025-11-15T00:00:00Z");
        await GivenAsync(stoa, 2, "2025-11-15T00:00:00Z");
        await GivenAsync(stoa, 2, "2025-12-15T00:00:00Z");
        await GivenAsync(stoa, 3, "2025-12-15T00:00:00Z");
        var begun = new Uri((await Following_changes_by_links.TrackAsync(stoa, SensorThings.At("Datastreams"))).ShouldBe(200)
            .Json.GetProperty("@iot.deltaLink").GetString()!).PathAndQuery;

        await KeepAsync(stoa);

        Assert.Equal("1,2", string.Join(',', (await stoa.GetAsync(begun, stoa.AdminToken)).Ids().Split(',').Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Does_justice_to_what_is_written_meanwhile()
    {
        await using var stoa = await StartAsync();
        await GivenDatastreamsAsync(stoa, 6);
        var feature = await stoa.CreateAsync("FeaturesOfInterest", Feature("moving", 8));
        var ids = new List<long>();
        for (var datastream = 1; datastream <= 6; datastream++)
        {
            var of = datastream == 6 ? $$""","FeatureOfInterest":{"@iot.id":{{feature}}} """ : "";
            ids.Add(await GivenAsync(stoa, datastream, "2025-10-15T00:00:00Z", ""","resultTime":"2025-10-16T00:00:00Z" """ + of));
            ids.Add(await GivenAsync(stoa, datastream, "2025-11-15T00:00:00Z/2026-03-01T00:00:00Z", of));
            if (datastream != 4) ids.Add(await GivenAsync(stoa, datastream, "2025-12-15T00:00:00Z", ""","resultTime":"2025-12-16T00:00:00Z" """));
        }

        using var running = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        var blocked = stoa.Database.WriteAsync(_ => { running.Set(); gate.Wait(Now); return true; }, Now);
        running.Wait(Now);
        // Straight to the partitions where there are any: the service would wait behind the work that holds the turn.
        var kept = stoa.Database.Engine == StorageEngine.Postgres
            ? stoa.Database.DropObservationsAsync(Instant.From(new DateTimeOffset(2025, 12, 1, 0, 0, 0, TimeSpan.Zero)).UnixMicroseconds, Now)
            : KeepAsync(stoa);
        await WaitForTurnAsync(stoa, kept);
        Task[] meanwhile =
        [
            GivenAsync(stoa, 1, "2025-11-20T00:00:00Z", ""","resultTime":"2025-11-20T00:00:00Z" """),
            GivenAsync(stoa, 2, "2025-12-10T00:00:00Z/2025-12-31T00:00:00Z", ""","resultTime":"2025-12-01T00:00:00Z" """),
            stoa.SendAsync("DELETE", $"Observations({ids[6]})"),
            stoa.SendAsync("PATCH", $"Observations({ids[^3]})", """{"resultTime":"2030-01-01T00:00:00Z"}"""),
            GivenAsync(stoa, 4, "2026-01-01T00:00:00Z"),
            stoa.SendAsync("DELETE", "Datastreams(5)"),
            GivenAsync(stoa, 6, "2026-01-01T00:00:00Z", $$""","FeatureOfInterest":{"@iot.id":{{feature}}} """),
        ];
        while (stoa.Database.WriteQueueLength < meanwhile.Length && !Array.Exists(meanwhile, one => one.IsCompleted)) await Task.Delay(10, Now);
        gate.Set();
        await blocked;
        await Task.WhenAll(meanwhile);
        await kept;

        await stoa.ShouldBeConsistentAsync();
        Assert.Equal(7, (await stoa.ReadAsync("Observations?$count=true&$top=0")).Json.GetProperty("@iot.count").GetInt64());
        // What the writer remembers was forgotten: the next observations fit too.
        for (var datastream = 1; datastream <= 4; datastream++) await GivenAsync(stoa, datastream, "2026-01-20T00:00:00Z");
        await stoa.ShouldBeConsistentAsync();
    }

    /// <summary>Waits until everything was looked at and only the writer's turn is missing; on SQLite until it waits in the queue.</summary>
    private static async Task WaitForTurnAsync(Exchange stoa, Task kept)
    {
        while (!kept.IsCompleted)
        {
            if (stoa.Database.Engine == StorageEngine.Sqlite) break;
            using var read = await stoa.Database.ReadAsync(Now);
            using var waiting = read.Prepare(
                """
                SELECT count(*)
                FROM   pg_locks l
                JOIN   pg_database d ON d.oid = l.database
                WHERE  l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()
                """);
            if (waiting.Step() && waiting.Int64(0) > 0) break;
            await Task.Delay(20, Now);
        }
    }
}
