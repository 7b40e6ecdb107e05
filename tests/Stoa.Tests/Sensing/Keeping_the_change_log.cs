using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stoa.Sensing.Feed;
using Stoa.Storage;
using Stoa.Storage.Backup;
using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>How long changes are kept, and what becomes of places in the feed that are too old or from another life.</summary>
public class Keeping_the_change_log
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static async Task<string> BeginAsync(Exchange stoa) => new Uri(
        (await Following_changes_by_links.TrackAsync(stoa, SensorThings.At("Things"))).ShouldBe(200)
        .Json.GetProperty("@iot.deltaLink").GetString()!).PathAndQuery;

    private static Task CutAsync(Exchange stoa) =>
        stoa.Services.GetServices<IHostedService>().OfType<ChangeRetention>().Single().CutAsync(Now);

    private static async Task<long> RowsAsync(Exchange stoa)
    {
        using var read = await stoa.Database.ReadAsync(Now);
        using var rows = read.Prepare("SELECT count(*) FROM entity_change");
        return rows.Step() ? rows.Int64(0) : -1;
    }

    [Fact]
    public async Task Drops_what_is_older_than_the_setting_says_and_says_so()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock, settings: ("changes.keepDays", "2"));
        var old = await BeginAsync(stoa);
        await stoa.CreateAsync("Things", SensorThings.Station);
        await CutAsync(stoa);
        var kept = await BeginAsync(stoa);
        clock.Advance(TimeSpan.FromDays(2) - TimeSpan.FromHours(1));
        await CutAsync(stoa);
        await stoa.CreateAsync("Things", """{"name":"late","description":"d"}""");
        (await stoa.GetAsync(old, stoa.AdminToken)).ShouldBe(200);

        clock.Advance(TimeSpan.FromHours(1));
        await CutAsync(stoa);

        Assert.Equal(1, await RowsAsync(stoa));
        (await stoa.GetAsync(old, stoa.AdminToken)).ShouldBeProblem(410, "changes-expired");
        Assert.Equal("2", (await stoa.GetAsync(kept, stoa.AdminToken)).Ids());
        // The numbers go on where they were, also when nothing is left.
        clock.Advance(TimeSpan.FromDays(3));
        await CutAsync(stoa);
        clock.Advance(TimeSpan.FromDays(3));
        await CutAsync(stoa);
        Assert.Equal(0, await RowsAsync(stoa));
        (await stoa.GetAsync(kept, stoa.AdminToken)).ShouldBeProblem(410, "changes-expired");
        var now = await BeginAsync(stoa);
        await stoa.CreateAsync("Things", """{"name":"new","description":"d"}""");
        Assert.Equal("3", (await stoa.GetAsync(now, stoa.AdminToken)).Ids());
    }

    [Fact]
    public async Task Drops_many_in_small_pieces()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock, settings: ("changes.keepDays", "1"));
        await stoa.Database.WriteAsync(
            session =>
            {
                session.Execute(
                    """
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25001)
                    INSERT INTO entity_change (dataset_id, entity_set, entity_id, kind) SELECT 1, 'Sensors', 1, 2 FROM n
                    """);
                return true;
            },
            Now);
        await CutAsync(stoa);
        clock.Advance(TimeSpan.FromDays(1));

        await CutAsync(stoa);

        Assert.Equal(0, await RowsAsync(stoa));
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Gives_a_restored_backup_another_key()
    {
        using var folder = new TemporaryFolder();
        var (backup, restored) = (Path.Combine(folder.Path, "backup"), Path.Combine(folder.Path, "restored"));
        string link;
        await using (var stoa = await Exchange.StartAsync())
        {
            await stoa.Database.BackupAsync(backup, null, Now);
            await stoa.CreateAsync("Things", """{"name":"lost","description":"d"}""");
            link = await BeginAsync(stoa);
        }

        await Restoring.RestoreAsync(backup, restored, null, Now);
        await using var again = await Exchange.StartAsync(restored);
        await again.CreateAsync("Things", """{"name":"another","description":"d"}""");

        (await again.GetAsync(link, again.AdminToken)).ShouldBeProblem(410, "changes-expired");
    }
}
