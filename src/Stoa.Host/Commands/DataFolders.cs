using Stoa.Host.Settings;
using Stoa.Storage;

namespace Stoa.Host.Commands;

/// <summary>Opens the data beside the server that may be using it.</summary>
internal static class DataFolders
{
    /// <summary>The database of the folder, or the one on PostgreSQL, for one short piece of work.</summary>
    /// <exception cref="StorageException">There is none, or it cannot be used.</exception>
    public static Task<Database> OpenBesideServerAsync(StoaSettings settings, CancellationToken cancellation)
    {
        // Opening would make an empty database in any folder that is named by mistake.
        if (!HasData(settings))
            throw new StorageException(StorageFailure.Access,
                $"{settings.Data} holds no data of Stoa. Name the server's folder with --data, or start one: stoa serve --data DIR");
        return Database.OpenAsync(new DatabaseOptions
        {
            Folder = settings.Data, ConnectionString = settings.Database, Serves = false, ReadConnections = 2,
        }, cancellation);
    }

    /// <summary>The same for work beside which no server may run; one on SQLite is found out.</summary>
    /// <exception cref="StorageException">There is none, it cannot be used, or a server uses it.</exception>
    public static Task<Database> OpenAloneAsync(StoaSettings settings, CancellationToken cancellation) => HasData(settings)
        ? Database.OpenAsync(new DatabaseOptions { Folder = settings.Data, ConnectionString = settings.Database, ReadConnections = 2 }, cancellation)
        : OpenBesideServerAsync(settings, cancellation);

    /// <summary>Whether a server was started there before; a database on PostgreSQL says so itself.</summary>
    public static bool HasData(StoaSettings settings) =>
        settings.Database is not null || File.Exists(Path.Combine(settings.Data, Database.FileName));
}
