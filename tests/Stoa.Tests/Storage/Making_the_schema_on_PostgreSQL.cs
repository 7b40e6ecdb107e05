using Npgsql;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>What the program asks of a database before it makes its tables there, and what it advises when that is not so.</summary>
[Trait("Engine", "Postgres")]
public class Making_the_schema_on_PostgreSQL
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Needs_no_more_than_an_empty_database_that_has_PostGIS_and_belongs_to_the_role()
    {
        using var folder = new TemporaryFolder();
        var address = TestDatabases.MakeEmpty(folder.Path, hasOrdinaryOwner: true);
        await TestDatabases.ExecuteAsync(folder.Path, "CREATE EXTENSION postgis", Now);

        await using var database = await OpenAsync(folder, address);

        using var read = await database.ReadAsync(Now);
        using var inbox = read.Prepare("SELECT slug FROM dataset");
        Assert.True(inbox.Step());
        Assert.Equal("inbox", inbox.Text(0));
    }

    [Fact]
    public async Task Says_how_PostGIS_is_installed_when_the_role_may_not()
    {
        using var folder = new TemporaryFolder();
        var address = TestDatabases.MakeEmpty(folder.Path, hasOrdinaryOwner: true);

        var error = await RefusedAsync(folder, address);

        Assert.Equal(StorageFailure.Access, error.Failure);
        Assert.Contains($"psql -d {NamesIn(address).Database} -c 'CREATE EXTENSION postgis'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_the_role_must_own_the_database_when_it_may_not_make_tables()
    {
        using var folder = new TemporaryFolder();
        var address = TestDatabases.MakeEmpty(folder.Path, hasOrdinaryOwner: true);
        var (database, role) = NamesIn(address);
        await TestDatabases.ExecuteAsync(folder.Path, $"CREATE EXTENSION postgis; ALTER DATABASE {database} OWNER TO CURRENT_USER", Now);

        var error = await RefusedAsync(folder, address);

        Assert.Equal(StorageFailure.Access, error.Failure);
        Assert.Contains($"ALTER DATABASE {database} OWNER TO {role}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_another_encoding()
    {
        using var folder = new TemporaryFolder();
        var address = TestDatabases.MakeEmpty(folder.Path, "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0");

        var error = await RefusedAsync(folder, address);

        Assert.Equal(StorageFailure.Library, error.Failure);
        Assert.Contains("ENCODING 'UTF8'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_done_once_by_nodes_that_start_together()
    {
        using var folder = new TemporaryFolder();
        var address = TestDatabases.MakeEmpty(folder.Path);

        var nodes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => OpenAsync(folder, address)));

        using (var read = await nodes[0].ReadAsync(Now))
        {
            using var steps = read.Prepare("SELECT count(*), count(DISTINCT number) FROM schema_migration");
            Assert.True(steps.Step());
            Assert.InRange(steps.Int64(0), 10, 1000);
            Assert.Equal(steps.Int64(0), steps.Int64(1));
        }

        foreach (var node in nodes) await node.DisposeAsync();
    }

    [Fact]
    public async Task Gives_rows_without_an_id_one_that_no_row_has()
    {
        using var folder = new TemporaryFolder();
        await using var database = await OpenAsync(folder, TestDatabases.MakeEmpty(folder.Path));

        var id = await database.WriteAsync(
            session =>
            {
                using var insert = session.Prepare(
                    """
                    INSERT INTO dataset (slug, title, description, sector, spectrum, created, modified)
                    VALUES ('first', '', '', 1, 1, 0, 0)
                    RETURNING id
                    """);
                Assert.True(insert.Step());
                return insert.Int64(0);
            },
            Now);

        Assert.Equal(2, id); // the inbox is the first
    }

    [Fact]
    public async Task Makes_shapes_when_a_dump_is_restored()
    {
        using var folder = new TemporaryFolder();
        await using var database = await OpenAsync(folder, TestDatabases.MakeEmpty(folder.Path));
        await TestDatabases.ExecuteAsync(folder.Path,
            """
            INSERT INTO location (dataset_id, name, description, encoding_type, location, geometry)
            VALUES (1, '', '', '', '', ST_AsBinary('POINT (7 52)'::geometry)), (1, '', '', '', '', 'no geometry');
            """, Now);

        // As pg_restore does it: names are not looked for in any schema.
        await TestDatabases.ExecuteAsync(folder.Path,
            """
            SET search_path = '';
            CREATE TABLE public.copy (LIKE public.location INCLUDING ALL);
            INSERT INTO public.copy (dataset_id, name, description, encoding_type, location, geometry)
            SELECT dataset_id, name, description, encoding_type, location, geometry FROM public.location ORDER BY id;
            """, Now);

        using var read = await database.ReadAsync(Now);
        using var shapes = read.Prepare("SELECT count(*), count(shape), max(ST_AsText(shape)) FROM copy");
        Assert.True(shapes.Step());
        Assert.Equal((2, 1, "POINT(7 52)"), (shapes.Int64(0), shapes.Int64(1), shapes.Text(2)));
    }

    private static Task<Database> OpenAsync(TemporaryFolder folder, string address) =>
        TestDatabases.OpenAsync(new() { Folder = folder.Path, ConnectionString = address }, Now);

    private static Task<StorageException> RefusedAsync(TemporaryFolder folder, string address) =>
        Assert.ThrowsAsync<StorageException>(() => OpenAsync(folder, address));

    private static (string Database, string Role) NamesIn(string address)
    {
        var parts = new NpgsqlConnectionStringBuilder(address);
        return (parts.Database!, parts.Username!); // MakeEmpty writes both.
    }
}
