using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stoa.Storage.Postgres;

namespace Stoa.Storage.Migrations;

/// <summary>Brings the schema up to date: numbered SQL files, forward only, each in one transaction.</summary>
internal static class Migrator
{
    // Nodes that start together wait for the first of them. A step waits for the writer's lock too, so that what it writes stands in
    // the one order of commits.
    internal static readonly string BeginOnPostgres = string.Create(CultureInfo.InvariantCulture,
        $"BEGIN; SELECT pg_advisory_xact_lock({AdvisoryLocks.Schema}); SELECT pg_advisory_xact_lock({AdvisoryLocks.Writer})");

    // Statements that wait for a table keep all others waiting behind them: rather give way and try again.
    private const string LockTimeout = "SET LOCAL lock_timeout = '2s'";
    private const int TriesMax = 20;

    internal static void Run(EngineConnection connection, TimeProvider time)
    {
        var migrations = Load(connection.Engine);
        var done = ReadDone(connection);
        Check(migrations, done);
        foreach (var migration in migrations.Where(migration => !done.ContainsKey(migration.Number)))
            for (var tries = 1; !TryRun(connection, migration, time, tries == TriesMax); tries++)
                Thread.Sleep(TimeSpan.FromMilliseconds(100 * tries));
    }

    /// <summary>False: a table was in use for longer than others may be kept waiting.</summary>
    private static bool TryRun(EngineConnection connection, Migration migration, TimeProvider time, bool isLast)
    {
        try
        {
            connection.Execute(connection.Engine == StorageEngine.Sqlite ? "BEGIN IMMEDIATE" : BeginOnPostgres);
            if (connection.Engine == StorageEngine.Postgres) connection.Execute(LockTimeout);
            // Another process may have been quicker while this one waited for the lock.
            if (!ReadDone(connection).ContainsKey(migration.Number)) Apply(connection, migration, time);
            connection.Execute("COMMIT");
            return true;
        }
        catch (StorageException error) when (error.Failure == StorageFailure.Busy && connection.Engine == StorageEngine.Postgres && !isLast)
        {
            connection.Rollback();
            return false;
        }
        catch
        {
            connection.Rollback();
            throw;
        }
    }

    /// <summary>Refuses a database that this program did not write, or a newer one did; changes nothing.</summary>
    internal static void CheckVersion(EngineConnection connection)
    {
        var done = ReadDone(connection);
        if (done.Count == 0)
            throw new StorageException(StorageFailure.Corrupt, "The file is a database, but not one of this program.");
        Check(Load(connection.Engine), done);
    }

    private static void Apply(EngineConnection connection, Migration migration, TimeProvider time)
    {
        connection.Execute(connection.Engine == StorageEngine.Sqlite
            ? """
              CREATE TABLE IF NOT EXISTS schema_migration (
                  number   INTEGER PRIMARY KEY,
                  name     TEXT    NOT NULL,
                  sha256   TEXT    NOT NULL,
                  applied  INTEGER NOT NULL
              ) STRICT
              """
            : """
              CREATE TABLE IF NOT EXISTS schema_migration (
                  number  bigint PRIMARY KEY,
                  name    text   NOT NULL,
                  sha256  text   NOT NULL,
                  applied bigint NOT NULL
              )
              """);
        connection.Execute(migration.Sql);
        using var record = connection.Prepare(
            "INSERT INTO schema_migration (number, name, sha256, applied) VALUES (@number, @name, @sha256, @applied)");
        record.Bind("@number", migration.Number).Bind("@name", migration.Name).Bind("@sha256", migration.Sha256)
            .Bind("@applied", Vocabulary.Instant.From(time.GetUtcNow()).UnixMicroseconds).Execute();
    }

    private static void Check(List<Migration> migrations, Dictionary<long, string> done)
    {
        var newest = migrations[^1].Number;
        if (done.Count > 0 && done.Keys.Max() > newest)
            throw new StorageException(StorageFailure.NewerSchema,
                $"The data was written by a newer Stoa (schema {done.Keys.Max()}, this program knows {newest}). " +
                "Nothing was changed. Start the newer program, or restore a backup of this version.");
        foreach (var migration in migrations)
            if (done.TryGetValue(migration.Number, out var sha256) && sha256 != migration.Sha256)
                throw new StorageException(StorageFailure.Corrupt,
                    $"Schema step {migration.Number} of the data is not the one this program knows. Nothing was changed.");
    }

    private static Dictionary<long, string> ReadDone(EngineConnection connection)
    {
        var done = new Dictionary<long, string>();
        if (!connection.HasTable("schema_migration")) return done;
        using var read = connection.Prepare("SELECT number, sha256 FROM schema_migration ORDER BY number");
        while (read.Step()) done.Add(read.Int64(0), read.Text(1));
        return done;
    }

    private static List<Migration> Load(StorageEngine engine)
    {
        var prefix = $"Stoa.Storage.Migrations.{engine}.";
        var assembly = typeof(Migrator).Assembly;
        var migrations = new List<Migration>();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            var file = name[prefix.Length..];
            migrations.Add(new Migration(
                long.Parse(file[..4], CultureInfo.InvariantCulture), Path.GetFileNameWithoutExtension(file),
                Encoding.UTF8.GetString(bytes.ToArray()), Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()))));
        }

        // Of two steps with one number only one would be taken: two changes were brought together without renumbering.
        if (migrations.DistinctBy(migration => migration.Number).Count() != migrations.Count)
            throw new InvalidOperationException("Two schema steps have the same number.");
        return [.. migrations.OrderBy(migration => migration.Number)];
    }

    private sealed record Migration(long Number, string Name, string Sql, string Sha256);
}
