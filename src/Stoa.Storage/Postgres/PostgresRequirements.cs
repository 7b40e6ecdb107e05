using System.Globalization;
using Stoa.Storage.Migrations;

namespace Stoa.Storage.Postgres;

/// <summary>What a PostgreSQL database must be and have before a schema is made or used in it.</summary>
/// <remarks>Each refusal says what to run, and as whom; nothing was changed then.</remarks>
internal static class PostgresRequirements
{
    /// <summary>The oldest server, as server_version_num: 14 lacks the expressions that functions of the schema are written in.</summary>
    private const long VersionMin = 150_000;

    private const string Select =
        """
        SELECT current_setting('server_version_num')::bigint,
               current_setting('server_version'),
               current_setting('server_encoding'),
               CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END,
               current_database()::text,
               current_user::text,
               current_schema()::text,
               CASE WHEN has_schema_privilege(current_schema(), 'CREATE') THEN 1 ELSE 0 END,
               (SELECT count(*) FROM pg_collation WHERE collname = 'und-x-icu'),
               (SELECT count(*) FROM pg_extension WHERE extname = 'postgis'),
               (SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis')
        """;

    /// <summary>Throws when something is missing that the program cannot bring itself; installs PostGIS when it is not there yet.</summary>
    /// <exception cref="StorageException">With advice in plain words.</exception>
    internal static void Ensure(EngineConnection connection, string place)
    {
        var needsExtension = Check(connection, place, out var database, out var role);
        if (!needsExtension) return;
        try
        {
            // Two nodes that install it at once would disturb each other; the lock is the migrator's.
            connection.Execute($"{Migrator.BeginOnPostgres}; CREATE EXTENSION IF NOT EXISTS postgis; COMMIT");
        }
        catch (StorageException error)
        {
            connection.Rollback();
            if (error.Failure != StorageFailure.Access) throw;
            throw new StorageException(StorageFailure.Access,
                $"The database {place} has no PostGIS, and the role {role} may not install it. As a superuser run once: " +
                $"psql -d {database} -c 'CREATE EXTENSION postgis'", error);
        }
    }

    private static bool Check(EngineConnection connection, string place, out string database, out string role)
    {
        using var read = connection.Prepare(Select);
        if (!read.Step()) throw new InvalidOperationException("The server did not answer what it is.");
        database = read.Text(4);
        role = read.Text(5);
        if (read.Int64(0) < VersionMin)
            throw Missing($"The server of {place} is PostgreSQL {read.Text(1)}. Stoa needs version 15 or later.");
        if (read.Text(2) != "UTF8")
            throw Missing($"The database {place} has the encoding {read.Text(2)}. Stoa needs UTF8: " +
                $"CREATE DATABASE {database} ENCODING 'UTF8' TEMPLATE template0");
        if (read.Int64(3) == 1)
            throw new StorageException(StorageFailure.Unavailable,
                $"The server of {place} is a standby, which cannot be written. Name the primary server: " +
                "several hosts separated by commas and Target Session Attributes=primary find it.");
        if (read.IsNull(6) || read.Int64(7) == 0)
            throw new StorageException(StorageFailure.Access,
                $"The role {role} may not make tables in the database {place}. As a superuser run once: " +
                $"psql -c 'ALTER DATABASE {database} OWNER TO {role}'");
        if (read.Int64(8) == 0)
            throw Missing($"The server of {place} was built without ICU, which Stoa compares words by. Use a build that has it.");
        if (read.Int64(9) > 0) return false;
        if (read.Int64(10) == 0)
            throw Missing($"The server of {place} has no PostGIS to install. Add the package to its machine first, on Debian: apt install " +
                string.Create(CultureInfo.InvariantCulture, $"postgresql-{read.Int64(0) / 10_000}-postgis-3"));
        return true;
    }

    private static StorageException Missing(string message) => new(StorageFailure.Library, message);
}
