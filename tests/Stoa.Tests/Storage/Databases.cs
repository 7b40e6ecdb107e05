using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Storage;

public class Opening_a_data_folder
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Makes_the_folder_and_the_inbox_on_the_first_start()
    {
        using var folder = new TemporaryFolder();

        await using var database = await Open(Path.Combine(folder.Path, "new"));

        using var read = await database.ReadAsync(Now);
        using var inbox = read.Prepare("SELECT slug, spectrum FROM dataset");
        Assert.True(inbox.Step());
        Assert.Equal("inbox", inbox.Text(0));
        Assert.Equal((long)SpectrumClass.Closed, inbox.Int64(1));
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Refuses_a_second_server_on_the_same_folder()
    {
        using var folder = new TemporaryFolder();
        await using var first = await Open(folder.Path);

        var error = await Assert.ThrowsAsync<StorageException>(() => Open(folder.Path));

        Assert.Equal(StorageFailure.InUse, error.Failure);
        Assert.Contains("Another Stoa", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lets_a_command_work_beside_a_running_server()
    {
        using var folder = new TemporaryFolder();
        await using var server = await Open(folder.Path);

        await using var command = await TestDatabases.OpenAsync(new() { Folder = folder.Path, Serves = false }, Now);
        await command.WriteAsync(
            session =>
            {
                session.Execute("INSERT INTO organization (slug, name, created) VALUES ('beside', 'Beside', 0)");
                return true;
            },
            Now);

        Assert.Equal(1, await Count(server, "SELECT count(*) FROM organization WHERE slug = 'beside'"));
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Refuses_a_file_that_is_not_a_database_and_leaves_it_alone()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, Database.FileName);
        await File.WriteAllTextAsync(file, "these are holiday pictures, not a database", Now);

        var error = await Assert.ThrowsAsync<StorageException>(() => Open(folder.Path));

        Assert.Equal(StorageFailure.Corrupt, error.Failure);
        Assert.Equal("these are holiday pictures, not a database", await File.ReadAllTextAsync(file, Now));
        Assert.Equal([Database.FileName, "stoa.lock"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Refuses_a_schema_of_a_newer_program_and_leaves_it_alone()
    {
        using var folder = new TemporaryFolder();
        await using (var database = await Open(folder.Path))
            await database.WriteAsync(
                session =>
                {
                    session.Execute("INSERT INTO schema_migration VALUES (9999, 'from the future', 'x', 0)");
                    return true;
                },
                Now);
        var before = await File.ReadAllBytesAsync(Path.Combine(folder.Path, Database.FileName), Now);

        var error = await Assert.ThrowsAsync<StorageException>(() => Open(folder.Path));

        Assert.Equal(StorageFailure.NewerSchema, error.Failure);
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(folder.Path, Database.FileName), Now));
    }

    [Fact, Trait("Engine", "Postgres")]
    public async Task Refuses_a_database_of_a_newer_program_and_leaves_it_alone()
    {
        using var folder = new TemporaryFolder();
        await using var database = await Open(folder.Path);
        await database.WriteAsync(
            session =>
            {
                session.Execute("INSERT INTO schema_migration VALUES (9999, 'from the future', 'x', 0)");
                return true;
            },
            Now);

        var error = await Assert.ThrowsAsync<StorageException>(() => Open(folder.Path));

        Assert.Equal(StorageFailure.NewerSchema, error.Failure);
        Assert.Equal(1, await Count(database, "SELECT count(*) FROM schema_migration WHERE applied = 0"));
    }

    private static Task<Database> Open(string folder) => TestDatabases.OpenAsync(new() { Folder = folder }, Now);

    private static async Task<long> Count(Database database, string sql)
    {
        using var read = await database.ReadAsync(Now);
        using var count = read.Prepare(sql);
        Assert.True(count.Step());
        return count.Int64(0);
    }
}

public class Writing
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_what_succeeded_and_undoes_what_was_refused_in_the_same_group()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);

        var kept = database.WriteAsync(session => Insert(session, "kept"), Now);
        var refused = database.TryWriteAsync<bool>(
            session =>
            {
                Insert(session, "refused");
                return Problem.NotFound();
            },
            Now);
        var failed = database.WriteAsync<bool>(
            session =>
            {
                Insert(session, "failed");
                throw new InvalidOperationException("broken on purpose");
            },
            Now);
        var later = database.WriteAsync(session => Insert(session, "later"), Now);

        Assert.True(await kept);
        Assert.False((await refused).IsValue);
        await Assert.ThrowsAsync<InvalidOperationException>(() => failed);
        Assert.True(await later);
        Assert.Equal(["kept", "later"], await Slugs(database));
    }

    [Fact]
    public async Task Runs_the_others_again_when_work_that_holds_sums_fails()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        var sum = 0;
        bool Add(WriteSession session, string slug)
        {
            session.HoldsSums = true;
            sum++;
            session.AfterRollback(() => sum = 0);
            session.AfterCommit(() => sum = 0);
            session.BeforeCommit(own => own.Execute($"UPDATE organization SET name = '{sum}' WHERE slug = '{slug}'"));
            return Insert(session, slug);
        }

        var gate = new ManualResetEventSlim();
        var first = database.WriteAsync(_ => { gate.Wait(Now); return true; }, Now);
        var kept = database.WriteAsync(session => Add(session, "kept"), Now);
        var refused = database.TryWriteAsync<bool>(session => { Add(session, "refused"); return Problem.NotFound(); }, Now);
        gate.Set();

        Assert.True(await first);
        Assert.True(await kept);
        Assert.False((await refused).IsValue);
        Assert.Equal(["kept"], await Slugs(database));
        using var read = await database.ReadAsync(Now);
        using var name = read.Prepare("SELECT name FROM organization WHERE slug = 'kept'");
        Assert.True(name.Step());
        Assert.Equal("1", name.Text(0));
    }

    [Fact]
    public async Task Tells_the_caller_what_the_last_run_of_its_work_did()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        using var gate = new ManualResetEventSlim();
        var runs = 0;

        var first = database.WriteAsync(_ => { gate.Wait(Now); return true; }, Now);
        var twice = database.WriteAsync(
            session => ++runs == 1 ? throw new InvalidOperationException("broken once") : Insert(session, "twice"), Now);
        var undoing = database.TryWriteAsync<bool>(session => { session.HoldsSums = true; return Problem.NotFound(); }, Now);
        gate.Set();

        Assert.True(await first);
        Assert.True(await twice);
        Assert.False((await undoing).IsValue);
        Assert.Equal(2, runs);
        Assert.Equal(["twice"], await Slugs(database));
    }

    [Fact]
    public async Task Refuses_work_when_the_queue_is_full()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path, WriteQueueLength = 2 }, Now);
        using var running = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        var blocked = database.WriteAsync(_ => { running.Set(); gate.Wait(Now); return true; }, Now);
        running.Wait(Now);

        var waiting = new[] { database.WriteAsync(_ => true, Now), database.WriteAsync(_ => true, Now) };
        var error = await Assert.ThrowsAsync<StorageException>(() => database.WriteAsync(_ => true, Now));

        gate.Set();
        Assert.Equal(StorageFailure.Busy, error.Failure);
        Assert.True(await blocked);
        Assert.All(await Task.WhenAll(waiting), Assert.True);
    }

    [Fact]
    public async Task Reads_a_snapshot_that_later_commits_do_not_change()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        using var read = await database.ReadAsync(Now);
        using (var first = read.Prepare("SELECT count(*) FROM organization")) Assert.True(first.Step());

        await database.WriteAsync(session => Insert(session, "new"), Now);

        using var again = read.Prepare("SELECT count(*) FROM organization");
        Assert.True(again.Step());
        Assert.Equal(0, again.Int64(0));
    }

    [Fact]
    public async Task Stops_a_statement_that_runs_too_long()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(
            new() { Folder = folder.Path, StatementTimeout = TimeSpan.FromMilliseconds(50) }, Now);
        using var read = await database.ReadAsync(Now);
        using var endless = read.Prepare(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n");

        var error = Assert.Throws<StorageException>(() => endless.Step());

        Assert.Equal(StorageFailure.Timeout, error.Failure);
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Copies_a_consistent_backup_while_writing_goes_on()
    {
        using var folder = new TemporaryFolder();
        var copy = Path.Combine(folder.Path, "copy");
        Directory.CreateDirectory(copy);
        await using (var database = await TestDatabases.OpenAsync(new() { Folder = Path.Combine(folder.Path, "live") }, Now))
        {
            using var stop = new CancellationTokenSource();
            var writing = Task.Run(
                async () =>
                {
                    for (var i = 0; !stop.IsCancellationRequested || i < 20; i++)
                        await database.WriteAsync(session => Insert(session, $"row-{i}"), Now);
                },
                Now);

            await database.BackupAsync(Path.Combine(copy, Database.FileName), null, Now);

            await stop.CancelAsync();
            await writing;
        }

        await using var restored = await TestDatabases.OpenAsync(new() { Folder = copy }, Now);
        var slugs = await Slugs(restored);
        Assert.Equal(Enumerable.Range(0, slugs.Count).Select(i => $"row-{i}").Order(StringComparer.Ordinal), slugs);
    }

    private static bool Insert(WriteSession session, string slug)
    {
        using var insert = session.Prepare("INSERT INTO organization (slug, name, created) VALUES (@slug, @slug, 0)");
        insert.Bind("@slug", slug).Execute();
        return true;
    }

    private static async Task<List<string>> Slugs(Database database)
    {
        using var read = await database.ReadAsync(Now);
        using var select = read.Prepare("SELECT slug FROM organization ORDER BY slug");
        var slugs = new List<string>();
        while (select.Step()) slugs.Add(select.Text(0));
        return slugs;
    }
}
