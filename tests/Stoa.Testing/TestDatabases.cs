using System.Diagnostics;
using Npgsql;
using Stoa.Storage;
using Stoa.Storage.Moving;
using Stoa.Storage.Dialects;

namespace Stoa.Testing;

/// <summary>Where the data of tests is kept: SQLite in the data folder, or, when <c>STOA_TEST_DATABASE</c> names a
/// PostgreSQL server, a database of its own there for every data folder.</summary>
/// <remarks>The variable holds a connection string without a database, such as <c>Host=127.0.0.1;Port=5433;Username=stoa</c>;
/// <c>scripts/postgres.sh</c> sets it. A folder keeps its database until it is removed, so that a server started again on
/// it finds its data.</remarks>
public static class TestDatabases
{
    /// <summary>The environment variable that names the server.</summary>
    public const string Variable = "STOA_TEST_DATABASE";

    private static readonly Lazy<PostgresServer>? Server =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } server ? new(() => new PostgresServer(server)) : null;

    /// <summary>The engine of this run.</summary>
    public static StorageEngine Engine => Server is null ? StorageEngine.Sqlite : StorageEngine.Postgres;

    /// <summary>How that engine writes its statements.</summary>
    public static SqlDialect Dialect => Server is null ? SqlDialect.Sqlite : SqlDialect.Postgres;

    /// <summary>How the data folder's database is reached; null on SQLite. Makes the database when it is first asked for.</summary>
    public static string? ConnectionStringOf(string folder) => Server?.Value.ConnectionStringOf(folder);

    /// <summary>Gives a process of the program the database of the data folder that it is started on (<c>--data</c>), and
    /// nothing of the settings that this process was started with.</summary>
    public static void Prepare(ProcessStartInfo start)
    {
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToArray()) start.Environment.Remove(name);
        var option = start.ArgumentList.IndexOf("--data");
        if (option < 0) return;
        var folder = Path.Combine(Path.GetFullPath(start.WorkingDirectory is "" ? "." : start.WorkingDirectory), start.ArgumentList[option + 1]);
        if (ConnectionStringOf(folder) is { } database) start.Environment["STOA_DATABASE"] = database;
    }

    /// <summary>Opens the database of the options' folder on the engine of this run, or the one that the options name.</summary>
    public static async Task<Database> OpenAsync(DatabaseOptions options, CancellationToken cancellation)
    {
        var database = await Database.OpenAsync(
            options with { ConnectionString = options.ConnectionString ?? ConnectionStringOf(options.Folder) }, cancellation);
        await RequireEngineAsync(database, cancellation);
        return database;
    }

    /// <summary>Opens a place that the test names, whatever the engine of this run.</summary>
    public static Task<Database> OpenPlaceAsync(DataPlace place, CancellationToken cancellation) => Database.OpenAsync(
        new() { Folder = place.Folder ?? Path.GetTempPath(), ConnectionString = place.ConnectionString }, cancellation);

    /// <summary>Throws when the database is not on the engine of this run: else a run on PostgreSQL could pass on SQLite.</summary>
    public static async Task RequireEngineAsync(Database database, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        if (read.Engine != Engine) throw new InvalidOperationException($"{read.Engine} was opened instead of {Engine}.");
    }

    /// <summary>Gives a data folder a PostgreSQL database in which nothing was made yet.</summary>
    /// <param name="folder">It is removed with the folder.</param>
    /// <param name="properties">As CREATE DATABASE takes them.</param>
    /// <param name="hasOrdinaryOwner">It belongs to a role that is no superuser, and is reached as that role.</param>
    /// <returns>How it is reached.</returns>
    public static string MakeEmpty(string folder, string properties = "", bool hasOrdinaryOwner = false) =>
        (Server ?? throw new InvalidOperationException("There is no PostgreSQL server in this run.")).Value
            .MakeEmpty(folder, properties, hasOrdinaryOwner);

    /// <summary>Runs statements as the server's administrator in the PostgreSQL database of a folder.</summary>
    public static async Task ExecuteAsync(string folder, string sql, CancellationToken cancellation)
    {
        await using var server = NpgsqlDataSource.Create(
            ConnectionStringOf(folder) ?? throw new InvalidOperationException("There is no PostgreSQL server in this run."));
        await using var command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Removes the databases of this folder and of those below it, whoever still uses them.</summary>
    public static void Remove(string folder)
    {
        if (Server is { IsValueCreated: true }) Server.Value.Remove(folder);
    }

    private static bool IsSetting(string variable) => variable.StartsWith("STOA_", StringComparison.Ordinal);
}
