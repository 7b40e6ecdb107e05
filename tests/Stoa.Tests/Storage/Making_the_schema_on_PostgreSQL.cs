using Npgsql;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>What the program asks of a database before it makes its tables there, and what it advises when that is not so.</summary>
[Trait("Engine", "Postgres")]
public class Making_the_schema_on_PostgreSQL
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    /// <summary>An empty database, and a role of its own that may nothing, for one test.</summary>
    private sealed class Place : IDisposable
    {
        private readonly string _server = Environment.GetEnvironmentVariable(TestDatabases.Variable)!;
        private readonly TemporaryFolder _folder = new();

        public string Name { get; } = "stoa_own_" + Guid.NewGuid().ToString("N")[..12];

        public Place(string options = "")
        {
            Run("postgres", $"CREATE DATABASE {Name} {options}");
            Run("postgres", $"CREATE ROLE {Name} LOGIN");
        }

        public string ConnectionString(string? role = null)
        {
            var builder = new NpgsqlConnectionStringBuilder(_server) { Database = Name, Pooling = false };
            if (role is not null) builder.Username = role;
            return builder.ConnectionString;
        }

        public void Run(string database, string sql)
        {
            using var connection = new NpgsqlConnection(
                new NpgsqlConnectionStringBuilder(_server) { Database = database, Pooling = false }.ConnectionString);
            connection.Open();
            using var command = new NpgsqlCommand(sql, connection);
            command.ExecuteNonQuery();
        }

        public Task<Database> OpenAsync(string? role = null) =>
            TestDatabases.OpenAsync(new() { Folder = _folder.Path, ConnectionString = ConnectionString(role) }, Now);

        public async Task<StorageException> RefusedAsync(string? role = null) =>
            await Assert.ThrowsAsync<StorageException>(async () => await (await OpenAsync(role)).DisposeAsync());

        public void Dispose()
        {
            Run("postgres", $"DROP DATABASE {Name} WITH (FORCE)");
            Run("postgres", $"DROP ROLE {Name}");
            _folder.Dispose();
        }
    }

    [Fact]
    public async Task Needs_no_more_than_an_empty_database_that_has_PostGIS_and_belongs_to_the_role()
    {
        using var place = new Place();
        place.Run(place.Name, "CREATE EXTENSION postgis");
        place.Run("postgres", $"ALTER DATABASE {place.Name} OWNER TO {place.Name}");

        await using var database = await place.OpenAsync(place.Name);

        using var read = await database.ReadAsync(Now);
        using var inbox = read.Prepare("SELECT slug FROM dataset");
        Assert.True(inbox.Step());
        Assert.Equal("inbox", inbox.Text(0));
    }

    [Fact]
    public async Task Says_how_PostGIS_is_installed_when_the_role_may_not()
    {
        using var place = new Place();
        place.Run("postgres", $"ALTER DATABASE {place.Name} OWNER TO {place.Name}");

        var error = await place.RefusedAsync(place.Name);

        Assert.Equal(StorageFailure.Access, error.Failure);
        Assert.Contains($"psql -d {place.Name} -c 'CREATE EXTENSION postgis'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_the_role_must_own_the_database_when_it_may_not_make_tables()
    {
        using var place = new Place();
        place.Run(place.Name, "CREATE EXTENSION postgis");

        var error = await place.RefusedAsync(place.Name);

        Assert.Equal(StorageFailure.Access, error.Failure);
        Assert.Contains($"ALTER DATABASE {place.Name} OWNER TO {place.Name}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_another_encoding()
    {
        using var place = new Place("ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0");

        var error = await place.RefusedAsync();

        Assert.Equal(StorageFailure.Library, error.Failure);
        Assert.Contains("ENCODING 'UTF8'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_done_once_by_nodes_that_start_together()
    {
        using var place = new Place();

        var nodes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => place.OpenAsync()));

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
    public async Task Refuses_the_schema_of_a_newer_program_and_leaves_it_alone()
    {
        using var place = new Place();
        await (await place.OpenAsync()).DisposeAsync();
        place.Run(place.Name, "INSERT INTO schema_migration VALUES (9999, 'from the future', 'x', 0)");

        var error = await place.RefusedAsync();

        Assert.Equal(StorageFailure.NewerSchema, error.Failure);
    }

    [Fact]
    public async Task Gives_rows_without_an_id_one_that_no_row_has()
    {
        using var place = new Place();
        await using var database = await place.OpenAsync();

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
        using var place = new Place();
        await (await place.OpenAsync()).DisposeAsync();
        place.Run(place.Name,
            """
            INSERT INTO location (dataset_id, name, description, encoding_type, location, geometry)
            VALUES (1, '', '', '', '', ST_AsBinary('POINT (7 52)'::geometry)), (1, '', '', '', '', 'no geometry');
            """);

        // As pg_restore does it: names are not looked for in any schema.
        place.Run(place.Name,
            """
            SET search_path = '';
            CREATE TABLE public.copy (LIKE public.location INCLUDING ALL);
            INSERT INTO public.copy (dataset_id, name, description, encoding_type, location, geometry)
            SELECT dataset_id, name, description, encoding_type, location, geometry FROM public.location ORDER BY id;
            """);

        await using var database = await place.OpenAsync();
        using var read = await database.ReadAsync(Now);
        using var shapes = read.Prepare("SELECT count(*), count(shape), max(ST_AsText(shape)) FROM copy");
        Assert.True(shapes.Step());
        Assert.Equal((2, 1, "POINT(7 52)"), (shapes.Int64(0), shapes.Int64(1), shapes.Text(2)));
    }
}
