using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>What a PostgreSQL database must have is said by whom and how it is given, and nothing is made before.</summary>
[Trait("Engine", "Postgres")]
public class Databases_that_cannot_serve
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_refused_when_PostGIS_is_missing_and_the_role_may_not_install_it()
    {
        using var folder = new TemporaryFolder();
        var database = TestDatabases.MakeEmpty(folder.Path, hasOrdinaryOwner: true);

        var error = await RefusalAsync(folder, database);

        Assert.Equal(StorageFailure.Access, error.Failure);
        Assert.Contains("has no PostGIS", error.Message, StringComparison.Ordinal);
        Assert.Contains("CREATE EXTENSION postgis", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_an_ordinary_role_once_PostGIS_is_there()
    {
        using var folder = new TemporaryFolder();
        var database = TestDatabases.MakeEmpty(folder.Path, hasOrdinaryOwner: true);
        await TestDatabases.ExecuteAsync(folder.Path, "CREATE EXTENSION postgis", Now);

        await using var opened = await TestDatabases.OpenAsync(new() { Folder = folder.Path, ConnectionString = database }, Now);

        using var read = await opened.ReadAsync(Now);
        using var inbox = read.Prepare("SELECT slug FROM dataset");
        Assert.True(inbox.Step());
        Assert.Equal("inbox", inbox.Text(0));
    }

    [Fact]
    public async Task Are_refused_when_the_role_may_not_make_tables()
    {
        using var folder = new TemporaryFolder();
        var database = TestDatabases.MakeEmpty(folder.Path, hasOrdinaryOwner: true);
        await TestDatabases.ExecuteAsync(
            folder.Path, "ALTER SCHEMA public OWNER TO CURRENT_USER; REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC", Now);

        var error = await RefusalAsync(folder, database);

        Assert.Equal(StorageFailure.Access, error.Failure);
        Assert.Contains("may not make tables", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Are_refused_in_another_encoding()
    {
        using var folder = new TemporaryFolder();
        var database = TestDatabases.MakeEmpty(
            folder.Path, "ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0");

        var error = await RefusalAsync(folder, database);

        Assert.Contains("LATIN1", error.Message, StringComparison.Ordinal);
        Assert.Contains("ENCODING 'UTF8'", error.Message, StringComparison.Ordinal);
    }

    private static Task<StorageException> RefusalAsync(TemporaryFolder folder, string database) =>
        Assert.ThrowsAsync<StorageException>(
            () => TestDatabases.OpenAsync(new() { Folder = folder.Path, ConnectionString = database }, Now));
}
