using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>What is put off to save round trips is seen by whoever asks, and goes with the work it belongs to.</summary>
public class Rows_that_wait
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_seen_by_the_next_statement_of_their_transaction()
    {
        using var folder = new TemporaryFolder();
        await using var database = await WithProbe(folder);

        var seen = await database.WriteAsync(session =>
        {
            Insert(session, 1, "one");
            Add(session, 5);
            var first = (Count(session), Sum(session));
            Insert(session, 2, null);
            Add(session, 7);
            return (first, second: (Count(session), Sum(session)));
        }, Now);

        Assert.Equal(((1, 5), (2, 12)), seen);
    }

    [Fact]
    public async Task Keep_every_kind_of_value()
    {
        using var folder = new TemporaryFolder();
        await using var database = await WithProbe(folder);

        await database.WriteAsync(session =>
        {
            using var insert = session.PrepareInsert("probe", "id, note, number, bytes");
            insert.Bind(1, long.MinValue).Bind(2, "ä€𝄞\"'\\\t").Bind(3, double.Epsilon).BindBlob(4, [0, 1, 255]).Execute();
            insert.Bind(1, long.MaxValue).Bind(2, "").BindNull(3).BindBlob(4, []).Execute();
            return true;
        }, Now);

        using var read = await database.ReadAsync(Now);
        using var rows = read.Prepare("SELECT id, note, number, bytes FROM probe ORDER BY id");
        Assert.True(rows.Step());
        Assert.Equal((long.MinValue, "ä€𝄞\"'\\\t", double.Epsilon), (rows.Int64(0), rows.Text(1), rows.Double(2)));
        Assert.Equal([0, 1, 255], rows.Blob(3).ToArray());
        Assert.True(rows.Step());
        Assert.Equal((long.MaxValue, "", true, false), (rows.Int64(0), rows.Text(1), rows.IsNull(2), rows.IsNull(3)));
        Assert.False(rows.Step());
    }

    // Many pieces of work in one group, each with rows and sums that wait, questions in between, and any end: what is
    // kept is exactly what the kept ones did.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Go_with_their_work_however_it_ends(int seed)
    {
        using var folder = new TemporaryFolder();
        await using var database = await WithProbe(folder);
        var random = new Random(seed);
        using var gate = new ManualResetEventSlim();
        using var isRunning = new ManualResetEventSlim();
        var blocked = database.WriteAsync(_ => { isRunning.Set(); gate.Wait(Now); return true; }, Now);
        isRunning.Wait(Now);
        var works = Enumerable.Range(0, 60).Select(number => Work.Of(random, number)).ToArray();
        var running = works.Select(work => work.RunAsync(database)).ToArray();
        gate.Set();
        await blocked;
        await Task.WhenAll(running);

        var kept = works.Where(work => work.IsKept).ToArray();
        Assert.NotEmpty(kept);
        Assert.True(kept.Length < works.Length);
        using var read = await database.ReadAsync(Now);
        Assert.Equal(kept.SelectMany(work => work.Rows).Order(), Ids(read));
        Assert.Equal(kept.Sum(work => work.Sum), Sum(read));
        Assert.All(works, work => Assert.Null(work.Surprise));
    }

    private enum End { Kept, Refused, Thrown, Constraint }

    private sealed class Work
    {
        private readonly List<int> _steps = [];
        private readonly int _number;
        private readonly End _end;

        private Work(int number, End end) => (_number, _end) = (number, end);

        internal bool IsKept => _end == End.Kept;

        internal List<long> Rows { get; } = [];

        internal long Sum { get; private set; }

        internal string? Surprise { get; private set; }

        internal static Work Of(Random random, int number)
        {
            var work = new Work(number, random.Next(2) == 0 ? End.Kept : (End)random.Next(4));
            for (var i = random.Next(6); i >= 0; i--) work._steps.Add(random.Next(4));
            return work;
        }

        internal async Task RunAsync(Database database)
        {
            try
            {
                await database.TryWriteAsync(Run, Now);
            }
            catch (Exception error) when (error is StorageException or ArithmeticException && !IsKept)
            {
                // As it was meant to end.
            }
        }

        private Result<bool> Run(WriteSession session)
        {
            // May run a second time.
            Rows.Clear();
            Sum = 0;
            foreach (var step in _steps)
                switch (step)
                {
                    case 0:
                        Insert(session, (_number * 100) + Rows.Count, "row");
                        Rows.Add((_number * 100) + Rows.Count);
                        break;
                    case 1:
                        Add(session, _number + 1);
                        Sum += _number + 1;
                        break;
                    case 2:
                        if (OwnRows(session) is var own && own != Rows.Count)
                            Surprise = $"Work {_number} sees {own} rows of its {Rows.Count}.";
                        break;
                    default:
                        Insert(session, (_number * 100) + Rows.Count, null);
                        Rows.Add((_number * 100) + Rows.Count);
                        break;
                }

            switch (_end)
            {
                case End.Refused: return Problem.NotFound();
                case End.Thrown: throw new ArithmeticException("As it was meant to end.");
                case End.Constraint:
                    using (var twice = session.Prepare("INSERT INTO only_one (id) VALUES (1)")) twice.Execute();
                    return true;
                default: return true;
            }
        }

        private long OwnRows(WriteSession session)
        {
            using var count = session.Prepare("SELECT count(*) FROM probe WHERE id >= @from AND id < @to");
            return count.Bind("@from", _number * 100L).Bind("@to", (_number + 1) * 100L).Step() ? count.Int64(0) : -1;
        }
    }

    [Fact]
    public async Task Long_results_are_read_piece_by_piece_beside_other_statements()
    {
        using var folder = new TemporaryFolder();
        await using var database = await WithProbe(folder);
        await database.WriteAsync(session =>
        {
            for (var id = 0; id < 5001; id++) Insert(session, id, "row");
            return true;
        }, Now);

        using var read = await database.ReadAsync(Now);
        using var all = read.PrepareStream("SELECT id FROM probe WHERE id >= @from ORDER BY id");
        using var one = read.Prepare("SELECT note FROM probe WHERE id = @id");
        all.Bind("@from", 1);
        for (var id = 1; id < 5001; id++)
        {
            Assert.True(all.Step());
            Assert.Equal(id, all.Int64(0));
            one.Reset();
            Assert.True(id % 500 != 0 || (one.Bind("@id", id).Step() && one.Text(0) == "row"));
        }

        Assert.False(all.Step());
        all.Reset();
        Assert.True(all.Bind("@from", 5000).Step());
        Assert.Equal(5000, all.Int64(0));
        Assert.False(all.Step());
    }

    [Fact]
    public async Task A_statement_given_up_for_its_time_leaves_the_snapshot_usable()
    {
        using var folder = new TemporaryFolder();
        await using var database = await WithProbe(folder);
        using var read = await database.ReadAsync(Now);
        using (var before = read.Prepare("SELECT count(*) FROM probe")) Assert.True(before.Step());
        using (var endless = read.PrepareStream("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 3 - i FROM n) SELECT max(i) FROM n"))
        {
            read.LimitTime(TimeSpan.FromMilliseconds(50));
            var error = Assert.Throws<StorageException>(() => endless.Step());
            Assert.Equal(StorageFailure.Timeout, error.Failure);
        }

        read.ExtendTime();
        await database.WriteAsync(session => { Insert(session, 1, "later"); return true; }, Now);
        using var after = read.Prepare("SELECT count(*) FROM probe");
        Assert.True(after.Step());
        Assert.Equal(0, after.Int64(0));
    }

    [Fact]
    public async Task A_caller_who_leaves_stops_the_statement()
    {
        using var folder = new TemporaryFolder();
        await using var database = await WithProbe(folder);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Now);
        using var read = await database.ReadAsync(leaving.Token);
        using var endless = read.Prepare("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 3 - i FROM n) SELECT max(i) FROM n");
        leaving.CancelAfter(100);

        Assert.Throws<OperationCanceledException>(() => endless.Step());
    }

    [Fact]
    public async Task Results_for_values_that_were_announced_are_those_of_each_value()
    {
        using var folder = new TemporaryFolder();
        await using var database = await WithProbe(folder);
        await database.WriteAsync(session =>
        {
            for (var id = 0; id < 600; id++) Insert(session, id, $"row {id}");
            return true;
        }, Now);

        using var read = await database.ReadAsync(Now);
        using var parents = read.Prepare("SELECT id FROM probe WHERE id % 3 = 0 AND id >= @from ORDER BY id");
        using var children = read.Prepare("SELECT id, note FROM probe WHERE id > @parent AND id <= @parent + @width ORDER BY id");
        parents.WhenTaken(ids => children.Expect(1, ids));
        children.Bind("@width", 2);
        parents.Bind("@from", 30);
        var seen = 0;
        while (parents.Step())
        {
            var parent = parents.Int64(0);
            children.Reset();
            // One value in between that nobody announced.
            children.Bind("@parent", seen == 70 ? 5 : parent);
            var expected = seen == 70 ? 5 : parent;
            for (var next = expected + 1; next <= Math.Min(expected + 2, 599); next++)
            {
                Assert.True(children.Step());
                Assert.Equal((next, $"row {next}"), (children.Int64(0), children.Text(1)));
            }

            Assert.False(children.Step());
            seen++;
        }

        Assert.Equal(190, seen);
    }

    // The connection is the same each time, and prepares what comes again: its columns are another statement's then.
    [Fact]
    public async Task Long_results_of_other_columns_follow_each_other_on_one_connection()
    {
        using var folder = new TemporaryFolder();
        await using var database = await WithProbe(folder);
        await database.WriteAsync(session =>
        {
            for (var id = 0; id < 300; id++) Insert(session, id, $"row {id}");
            return true;
        }, Now);

        for (var round = 0; round < 5; round++)
            foreach (var columns in new[] { "id", "note, id", "bytes, id, note" })
            {
                using var read = await database.ReadAsync(Now);
                using var all = read.PrepareStream($"SELECT {columns} FROM probe ORDER BY id");
                var rows = 0;
                while (all.Step()) rows++;
                Assert.Equal(300, rows);
            }
    }

    private static async Task<Database> WithProbe(TemporaryFolder folder)
    {
        var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        var (whole, real, bytes) = database.Engine == StorageEngine.Sqlite ? ("INTEGER", "REAL", "BLOB") : ("bigint", "double precision", "bytea");
        await database.WriteAsync(session =>
        {
            session.Execute($"""
                CREATE TABLE probe (id {whole}, note TEXT, number {real}, bytes {bytes});
                CREATE TABLE probe_sum (one {whole} PRIMARY KEY, total {whole});
                CREATE TABLE only_one (id {whole} PRIMARY KEY);
                INSERT INTO only_one (id) VALUES (1);
                INSERT INTO probe_sum (one, total) VALUES (1, 0);
                """);
            return true;
        }, Now);
        return database;
    }

    private static void Insert(WriteSession session, long id, string? note)
    {
        using var insert = session.PrepareInsert("probe", "id, note");
        insert.Bind(1, id).Bind(2, note).Execute();
    }

    private static void Add(WriteSession session, long amount)
    {
        using var add = session.PrepareDeferred("UPDATE probe_sum SET total = total + @amount");
        add.Bind("@amount", amount).Execute();
    }

    private static long Count(Session session)
    {
        using var count = session.Prepare("SELECT count(*) FROM probe");
        return count.Step() ? count.Int64(0) : -1;
    }

    private static long Sum(Session session)
    {
        using var sum = session.Prepare("SELECT total FROM probe_sum");
        return sum.Step() ? sum.Int64(0) : -1;
    }

    private static List<long> Ids(Session session)
    {
        var ids = new List<long>();
        using var rows = session.Prepare("SELECT id FROM probe ORDER BY id");
        while (rows.Step()) ids.Add(rows.Int64(0));
        return ids;
    }
}
