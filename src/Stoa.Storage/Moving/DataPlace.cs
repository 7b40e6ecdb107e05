using Stoa.Storage.Postgres;

namespace Stoa.Storage.Moving;

/// <summary>Where data stands or shall stand: a data folder, or a PostgreSQL database.</summary>
public sealed class DataPlace
{
    private DataPlace(string? folder, string? connectionString)
    {
        Folder = folder;
        ConnectionString = connectionString;
    }

    /// <summary>The data folder; null for PostgreSQL.</summary>
    public string? Folder { get; }

    /// <summary>How the PostgreSQL database is reached; null for a folder.</summary>
    public string? ConnectionString { get; }

    /// <summary>The engine.</summary>
    public StorageEngine Engine => Folder is null ? StorageEngine.Postgres : StorageEngine.Sqlite;

    /// <summary>A data folder.</summary>
    public static DataPlace OfFolder(string folder) => new(Path.GetFullPath(folder), null);

    /// <summary>A PostgreSQL database, as <see cref="DatabaseOptions.ConnectionString"/>.</summary>
    public static DataPlace OfConnection(string text) => new(null, text);

    /// <summary>
    /// Reads what a person has written: <c>postgres://…</c> and <c>Host=…;…</c> name a database, everything else, and whatever is
    /// there as a folder, a folder.
    /// </summary>
    public static DataPlace Parse(string text) =>
        PostgresAddress.IsUri(text) || (text.Contains('=', StringComparison.Ordinal) && !Directory.Exists(text))
            ? OfConnection(text)
            : OfFolder(text);
}
