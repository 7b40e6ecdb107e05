using Stoa.Storage;
using Stoa.Storage.Postgres;
using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>Which spans of time partitions have; no database is asked.</summary>
public class Spans_of_partitions
{
    private static readonly DateTimeOffset Today = At("2026-11-20");

    private static DateTimeOffset At(string day) => DateTimeOffset.Parse(day + "T00:00Z", null);

    private static long Micros(string day) => (At(day) - DateTimeOffset.UnixEpoch).Ticks / 10;

    private static string Shown(PartitionSpan span) => $"{span.Table} {Shown(span.From)} {Shown(span.To)}";

    private static string Shown(long bound) =>
        bound is long.MinValue or long.MaxValue ? "open" : $"{DateTimeOffset.UnixEpoch.AddTicks(bound * 10):yyyy-MM-dd}";

    [Theory]
    [InlineData("2026-11-20", "observation_20261101 2026-11-01 2026-12-01")]
    [InlineData("2026-12-31", "observation_20261201 2026-12-01 2027-01-01")]
    [InlineData("2025-01-01", "observation_20250101 2025-01-01 2025-02-01")]
    [InlineData("2027-12-31", "observation_20271201 2027-12-01 2028-01-01")]
    [InlineData("2024-12-31", "observation_20240101 2024-01-01 2025-01-01")]
    [InlineData("2028-02-29", "observation_20280101 2028-01-01 2029-01-01")]
    [InlineData("1989-12-31", "observation_early open 1990-01-01")]
    [InlineData("1990-01-01", "observation_19900101 1990-01-01 1991-01-01")]
    [InlineData("2099-12-31", "observation_20990101 2099-01-01 2100-01-01")]
    [InlineData("2100-01-01", "observation_late 2100-01-01 open")]
    public void Are_months_around_this_year_and_years_beyond(string day, string span) =>
        Assert.Equal(span, Shown(PartitionSpan.For(Micros(day), Today, [])));

    [Theory]
    [InlineData("2024-06-15", "observation_20240401 2024-04-01 2024-09-01")]
    [InlineData("2024-12-15", "observation_20241001 2024-10-01 2025-01-01")]
    [InlineData("2024-01-15", "observation_20240101 2024-01-01 2024-03-01")]
    public void Fill_what_is_free_of_a_year_whose_months_were_made_when_it_was_young(string day, string span)
    {
        PartitionSpan[] known =
        [
            new(Micros("2024-03-01"), Micros("2024-04-01")),
            new(Micros("2024-09-01"), Micros("2024-10-01")),
            new(Micros("2025-01-01"), Micros("2025-02-01")),
        ];

        Assert.Equal(span, Shown(PartitionSpan.For(Micros(day), Today, known)));
    }

    [Fact]
    public void Stay_few_whatever_times_senders_write()
    {
        var known = new List<PartitionSpan>();

        for (var day = At("1980-01-01"); day.Year < 2110; day = day.AddDays(1))
        {
            var start = (day - DateTimeOffset.UnixEpoch).Ticks / 10;
            if (!known.Exists(span => span.Holds(start))) known.Add(PartitionSpan.For(start, Today, known));
        }

        Assert.Equal(2 + 3 * 12 + 107, known.Count);
        Assert.True(PartitionSpan.For(long.MinValue, Today, []).Holds(long.MinValue));
        Assert.True(PartitionSpan.For(long.MaxValue, Today, []).Holds(long.MaxValue));
    }
}

[Trait("Engine", "Postgres")]
public class Partitions_of_observations
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    private static long Micros(string time) => (DateTimeOffset.Parse(time, null) - DateTimeOffset.UnixEpoch).Ticks / 10;

    private static Task<Database> Open(string folder) =>
        TestDatabases.OpenAsync(new() { Folder = folder, Time = new TestClock() }, Now);

    private static bool Add(WriteSession session, long id, string time)
    {
        using var insert = session.PrepareInsert(
            "observation", "datastream_id, phenomenon_start, id, result_number, feature_of_interest_id");
        insert.Bind(1, 7).Bind(2, Micros(time)).Bind(3, id).Bind(4, 1.5).Bind(5, 1).Execute();
        return true;
    }

    private static async Task<string[]> ReadAsync(Database database, string sql)
    {
        using var read = await database.ReadAsync(Now);
        using var rows = read.Prepare(sql);
        var texts = new List<string>();
        while (rows.Step()) texts.Add(rows.Text(0));
        return [.. texts];
    }

    private static Task<string[]> TablesAsync(Database database) => ReadAsync(database,
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'observation'::regclass ORDER BY 1");

    [Fact]
    public async Task Are_made_for_rows_that_need_them()
    {
        using var folder = new TemporaryFolder();
        await using var database = await Open(folder.Path);

        await database.WriteAsync(session => Add(session, 1, "2025-03-04T00:00Z") && Add(session, 2, "2025-03-31T23:59Z") &&
            Add(session, 3, "2025-04-01T00:00Z") && Add(session, 4, "2001-09-09T01:46:40Z") && Add(session, 5, "0001-01-01T00:00Z") &&
            Add(session, 6, "9999-12-31T00:00Z"), Now);

        Assert.Equal(
            ["observation_20010101", "observation_20250301", "observation_20250401", "observation_early", "observation_late"],
            await TablesAsync(database));
        Assert.Equal(
            ["1 observation_20250301", "2 observation_20250301", "3 observation_20250401", "4 observation_20010101",
                "5 observation_early", "6 observation_late"],
            await ReadAsync(database, "SELECT id || ' ' || tableoid::regclass FROM observation ORDER BY id"));
        Assert.Empty(await ReadAsync(database,
            """
            SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE  NOT i.indisvalid
            """));
    }

    [Fact]
    public async Task Stay_when_what_needed_them_is_undone()
    {
        using var folder = new TemporaryFolder();
        await using var database = await Open(folder.Path);

        await Assert.ThrowsAsync<InvalidOperationException>(() => database.WriteAsync<bool>(
            session =>
            {
                Add(session, 1, "2025-03-04T00:00Z");
                session.Execute("SELECT count(*) FROM observation"); // sends the rows
                throw new InvalidOperationException("broken on purpose");
            },
            Now));
        await database.WriteAsync(session => Add(session, 1, "2025-03-05T00:00Z"), Now);

        Assert.Equal(["observation_20250301", "observation_early", "observation_late"], await TablesAsync(database));
        Assert.Equal(["1"], await ReadAsync(database, "SELECT id::text FROM observation"));
    }

    [Fact]
    public async Task Fail_no_other_work_of_the_group_when_one_cannot_be_made()
    {
        using var folder = new TemporaryFolder();
        await using var database = await Open(folder.Path);
        await database.WriteAsync(
            session =>
            {
                session.Execute("CREATE TABLE observation_20250301 (in_the_way bigint)");
                return true;
            },
            Now);
        using var gate = new ManualResetEventSlim();
        var held = database.WriteAsync(_ => gate.Wait(TimeSpan.FromSeconds(30)), Now);
        var runs = 0;

        var kept = database.WriteAsync(
            session =>
            {
                runs++;
                using var later = session.PrepareDeferred("INSERT INTO organization (slug, name, created) VALUES ('kept', '', 0)");
                return later.Execute();
            },
            Now);
        var failed = database.WriteAsync(
            session =>
            {
                session.MakeRoom(Micros("2025-03-04T00:00Z"));
                return true;
            },
            Now);
        gate.Set();

        await held;
        await kept;
        await Assert.ThrowsAsync<StorageException>(() => failed);
        Assert.Equal(1, runs);
        Assert.Equal(["kept"], await ReadAsync(database, "SELECT slug FROM organization"));
    }

    [Fact]
    public async Task Are_made_while_others_read()
    {
        using var folder = new TemporaryFolder();
        await using var database = await Open(folder.Path);
        using var read = await database.ReadAsync(Now);
        using var count = read.Prepare("SELECT count(*) FROM observation");
        Assert.True(count.Step());
        count.Reset();

        await database.WriteAsync(session => Add(session, 1, "2025-03-04T00:00Z"), Now).WaitAsync(TimeSpan.FromSeconds(5), Now);

        Assert.True(count.Step());
        Assert.Equal(0, count.Int64(0)); // the snapshot is older
    }

    [Fact]
    public async Task Are_looked_for_again_when_another_node_wrote()
    {
        using var folder = new TemporaryFolder();
        await using var one = await Open(folder.Path);
        await using var other = await Open(folder.Path);
        await one.WriteAsync(session => Add(session, 1, "2025-03-04T00:00Z"), Now);

        await other.WriteAsync(session => Add(session, 2, "2025-03-05T00:00Z"), Now);
        await other.WriteAsync(
            session =>
            {
                session.Execute("DROP TABLE observation_20250301");
                return true;
            },
            Now);
        await one.WriteAsync(session => Add(session, 3, "2025-03-06T00:00Z"), Now);

        Assert.Equal(["3"], await ReadAsync(one, "SELECT id::text FROM observation"));
    }

    [Fact]
    public async Task Make_room_for_an_observation_that_gets_another_time()
    {
        using var folder = new TemporaryFolder();
        await using var database = await Open(folder.Path);
        await database.WriteAsync(session => Add(session, 1, "2025-03-04T00:00Z"), Now);

        await database.WriteAsync(
            session =>
            {
                session.MakeRoom(Micros("2003-01-01T00:00Z"));
                using var move = session.Prepare("UPDATE observation SET phenomenon_start = @start WHERE id = 1");
                return move.Bind("@start", Micros("2003-01-01T00:00Z")).Execute();
            },
            Now);

        Assert.Equal(["observation_20030101"], await ReadAsync(database, "SELECT tableoid::regclass::text FROM observation"));
    }
}
