using System.Buffers;
using Stoa.Storage.Migrations;
using Stoa.Storage.Sqlite;

namespace Stoa.Storage.Backup;

/// <summary>Brings a backup back as the database of a data folder that has none.</summary>
public static class Restoring
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Copies a backup into a folder, checks every page and table of the copy, then puts it in its place.</summary>
    /// <param name="backup">File made by <see cref="Database.BackupAsync"/>.</param>
    /// <param name="folder">Data folder; made when absent. It must hold no database.</param>
    /// <param name="progress">Bytes copied and bytes in all.</param>
    /// <param name="cancellation">Stops the copy and removes what was copied.</param>
    /// <exception cref="StorageException">The folder holds a database, the backup is damaged or of a newer program, or
    /// there is no room. The folder is then as before.</exception>
    public static async Task RestoreAsync(
        string backup, string folder, IProgress<(long Done, long Total)>? progress, CancellationToken cancellation)
    {
        NativeMethods.EnsureLoaded();
        if (!File.Exists(backup)) throw new StorageException(StorageFailure.Access, $"There is no file {backup}.");
        DataFolder.CheckHeader(backup);
        var target = Path.Combine(folder, Database.FileName);
        using var folderLock = DataFolder.Prepare(new DatabaseOptions { Folder = folder });
        if (File.Exists(target))
            throw new StorageException(StorageFailure.Access,
                $"{folder} holds a database already; a restore never overwrites. Name an empty folder with --data.");
        var unfinished = target + ".unfinished";
        try
        {
            await CopyAsync(backup, unfinished, progress, cancellation);
            await Task.Run(() => Check(unfinished), cancellation);
            File.Move(unfinished, target);
        }
        catch (StorageException error) when (error.Failure is StorageFailure.Corrupt)
        {
            Remove(unfinished);
            throw new StorageException(StorageFailure.Corrupt,
                $"The backup {backup} is damaged and was not restored: {error.Message}", error);
        }
        catch
        {
            Remove(unfinished);
            throw;
        }
    }

    private static void Remove(string unfinished)
    {
        foreach (var suffix in new[] { "", "-wal", "-shm" }) File.Delete(unfinished + suffix);
    }

    private static async Task CopyAsync(
        string from, string to, IProgress<(long Done, long Total)>? progress, CancellationToken cancellation)
    {
        await using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.Read, 0, useAsync: true);
        await using var target = new FileStream(to, FileMode.Create, FileAccess.Write, FileShare.None, 0, useAsync: true);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long done = 0;
            int read;
            while ((read = await source.ReadAsync(buffer, cancellation)) > 0)
            {
                await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
                progress?.Report((done += read, source.Length));
            }

            target.Flush(flushToDisk: true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Check(string file)
    {
        using var connection = SqliteConnection.Open(file, SqliteConnection.OpenReadWrite);
        connection.SetBudget(TimeSpan.Zero, CancellationToken.None);
        OnlineBackup.Check(connection);
        Migrator.CheckVersion(connection);
        RenewChangeKey(connection);
    }

    // Places in the change feed that were given out after the backup was made would mean other changes now.
    private static void RenewChangeKey(SqliteConnection connection)
    {
        using (var exists = connection.Prepare("SELECT 1 FROM sqlite_schema WHERE name = 'change_log_state'"))
            if (!exists.Step())
                return;
        connection.Execute("UPDATE change_log_state SET key = randomblob(32)");
    }
}
