using Stoa.Storage;

namespace Stoa.Testing;

/// <summary>Pieces of SQL by which tests look at what is stored, as the engine of this run writes them.</summary>
public static class TestSql
{
    private static bool IsPostgres => TestDatabases.Engine == StorageEngine.Postgres;

    /// <summary>What there is to do on SQLite alone; nothing on PostgreSQL.</summary>
    public static string OnSqlite(string sql) => IsPostgres ? "" : sql;

    /// <summary>Names of all tables that hold rows of their own, in order.</summary>
    public static string Tables => IsPostgres
        ? """
          SELECT   c.relname::text
          FROM     pg_class c
          WHERE    c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
            AND    c.relname <> 'spatial_ref_sys'
          ORDER BY c.relname
          """
        : """
          SELECT   name
          FROM     sqlite_schema
          WHERE    type = 'table'
            AND    name NOT LIKE '%\_words\_%' ESCAPE '\'
            AND    name NOT LIKE '%\_box\_%' ESCAPE '\'
          ORDER BY name
          """;

    /// <summary>All that a table holds.</summary>
    public static string Rows(string table) =>
        IsPostgres ? $"SELECT t::text FROM \"{table}\" AS t" : $"SELECT * FROM \"{table}\"";

    /// <summary>Rows that refer to one that is not there; PostgreSQL refuses to have any.</summary>
    public static string BrokenReferences =>
        IsPostgres ? "SELECT 0 WHERE false" : """SELECT "table" || ' ' || rowid || ' ' || parent FROM pragma_foreign_key_check""";

    /// <summary>Microseconds as <c>2025-01-31 12:00:00</c>, in UTC.</summary>
    public static string Moment(string micros) => IsPostgres
        ? $"to_char(to_timestamp({micros} / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
        : $"datetime({micros} / 1000000, 'unixepoch')";

    /// <summary>A member of a JSON object, as text.</summary>
    public static string Member(string json, string name) =>
        IsPostgres ? $"({json}::jsonb ->> '{name}')" : $"CAST(json_extract({json}, '$.{name}') AS TEXT)";

    /// <summary>Number of items of a JSON array; null for null.</summary>
    public static string Items(string json) => IsPostgres ? $"jsonb_array_length({json}::jsonb)" : $"json_array_length({json})";

    /// <summary>The greater of two numbers that are not null.</summary>
    public static string Greater(string left, string right) =>
        IsPostgres ? $"greatest({left}, {right})" : $"max({left}, {right})";

    /// <summary>Bytes as hexadecimal digits.</summary>
    public static string Hex(string bytes) => IsPostgres ? $"upper(encode({bytes}, 'hex'))" : $"hex({bytes})";
}
