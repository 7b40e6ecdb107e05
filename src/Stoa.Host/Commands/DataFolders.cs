using Stoa.Storage;

namespace Stoa.Host.Commands;

/// <summary>Opens a data folder beside the server that may be using it.</summary>
internal static class DataFolders
{
    /// <summary>The folder's database, for one short piece of work.</summary>
    /// <exception cref="StorageException">There is none, or it cannot be used.</exception>
    public static Task<Database> OpenBesideServerAsync(string folder, CancellationToken cancellation)
    {
        // Opening would make an empty database in any folder that is named by mistake.
        if (!File.Exists(Path.Combine(folder, Database.FileName)))
            throw new StorageException(StorageFailure.Access,
                $"{folder} holds no data of Stoa. Name the server's folder with --data, or start one: stoa serve --data DIR");
        return Database.OpenAsync(
            new DatabaseOptions { Folder = folder, Serves = false, ReadConnections = 2 }, cancellation);
    }
}
