using Stoa.Storage;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>Every test runs once on each engine: no run is on the other one without anybody noticing.</summary>
public class Engines_of_the_tests(SharedExchange shared)
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_the_ones_that_the_run_was_started_for()
    {
        // What ./test.sh leaves out of its second run; "Engine=Postgres" out of its first.
        var isSecond = Environment.GetCommandLineArgs().Contains("Engine=SQLite");
        var isFirst = Environment.GetCommandLineArgs().Contains("Engine=Postgres");
        var stoa = await shared.StartedAsync();

        using var read = await stoa.Database.ReadAsync(Now);

        if (isSecond) Assert.Equal(StorageEngine.Postgres, read.Engine);
        if (isFirst) Assert.Equal(StorageEngine.Sqlite, read.Engine);
        Assert.Equal(TestDatabases.Engine, read.Engine);
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Are_SQLite_in_the_first_run()
    {
        var stoa = await shared.StartedAsync();

        using var read = await stoa.Database.ReadAsync(Now);

        Assert.Equal(StorageEngine.Sqlite, read.Engine);
        Assert.Null(Environment.GetEnvironmentVariable(TestDatabases.Variable));
        Assert.True(File.Exists(Path.Combine(stoa.Folder, Database.FileName)));
    }

    [Fact, Trait("Engine", "Postgres")]
    public async Task Are_PostgreSQL_in_the_second_run()
    {
        var stoa = await shared.StartedAsync();

        using var read = await stoa.Database.ReadAsync(Now);

        Assert.Equal(StorageEngine.Postgres, read.Engine);
        using var server = read.Prepare("SELECT current_setting('server_version_num')::bigint, postgis_version()");
        Assert.True(server.Step());
        Assert.InRange(server.Int64(0), 150_000, long.MaxValue);
        Assert.False(File.Exists(Path.Combine(stoa.Folder, Database.FileName)));
    }

    [Fact, Trait("Engine", "Postgres")]
    public async Task Are_reached_by_processes_too()
    {
        using var folder = new TemporaryFolder();

        var lines = await Operations.StoaProgram.LinesUntilStoppedAsync(
            "serve", "--data", folder.Path, "--urls", "http://127.0.0.1:0");

        Assert.Contains(lines, line => line.Contains("is ready at", StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(folder.Path, Database.FileName)));
    }

    [Fact, Trait("Engine", "Postgres")]
    public async Task Give_a_folder_the_same_database_until_it_is_removed()
    {
        using var folder = new TemporaryFolder();
        var options = new DatabaseOptions { Folder = Path.Combine(folder.Path, "data") };
        await using (var first = await TestDatabases.OpenAsync(options, Now)) await first.WriteAsync(Insert, Now);

        await using (var again = await TestDatabases.OpenAsync(options, Now)) Assert.Equal(1, await CountAsync(again));
        TestDatabases.Remove(folder.Path);
        await using var anew = await TestDatabases.OpenAsync(options, Now);
        Assert.Equal(0, await CountAsync(anew));

        static bool Insert(WriteSession session)
        {
            session.Execute("INSERT INTO organization (slug, name, created) VALUES ('kept', 'Kept', 0)");
            return true;
        }
    }

    [Fact]
    public void Are_chosen_in_one_place()
    {
        var files = RepositoryFiles.CSharp("tests").ToArray();

        Assert.Contains(files, file => Opens(file.Text) && file.Path == "tests/Stoa.Testing/TestDatabases.cs");
        Assert.Empty(files.Where(file => Opens(file.Text) &&
            !file.Path.StartsWith("tests/Stoa.Testing/", StringComparison.Ordinal)).Select(file => file.Path));
    }

    // Split, or this file would be found too.
    private static bool Opens(string text) =>
        text.Replace("Test" + "Databases.OpenAsync(", "", StringComparison.Ordinal).Contains("Database" + ".OpenAsync(", StringComparison.Ordinal);

    private static async Task<long> CountAsync(Database database)
    {
        using var read = await database.ReadAsync(Now);
        using var count = read.Prepare("SELECT count(*) FROM organization");
        Assert.True(count.Step());
        return count.Int64(0);
    }
}
