namespace Stoa.Storage;

/// <summary>Where the data is kept.</summary>
public enum StorageEngine
{
    /// <summary>One file in the data folder, in this process.</summary>
    Sqlite,

    /// <summary>A PostgreSQL server with PostGIS, shared by any number of nodes.</summary>
    Postgres,
}
