using Stoa.Storage.Sqlite;
using static Stoa.Storage.Sqlite.NativeMethods;

namespace Stoa.Storage.Backup;

/// <summary>Copies the database page by page out of one snapshot, while the program goes on reading and writing.</summary>
/// <remarks>SQLite's backup interface. The open read transaction keeps the copy from starting again at every commit.</remarks>
internal static class OnlineBackup
{
    // 16 MB a step: often enough to report and to stop, seldom enough not to cost.
    private const int PagesAStep = (16 << 20) / Database.PageBytes;

    internal static void Copy(
        string source, string target, IProgress<(long Done, long Total)>? progress, CancellationToken cancellation)
    {
        if (File.Exists(target))
            throw new StorageException(StorageFailure.Access, $"{target} exists already; a backup never overwrites.");
        var unfinished = target + ".unfinished";
        File.Delete(unfinished);
        try
        {
            using (var from = SqliteConnection.Open(source, SqliteConnection.OpenReadWrite))
            using (var to = SqliteConnection.Open(unfinished, SqliteConnection.OpenReadWrite | SqliteConnection.OpenCreate))
            {
                from.SetBudget(TimeSpan.Zero, CancellationToken.None);
                to.SetBudget(TimeSpan.Zero, CancellationToken.None);
                from.Execute("BEGIN; SELECT count(*) FROM sqlite_schema;");
                CopyPages(from, to, progress, cancellation);
                Check(to);
            }

            Flush(unfinished);
            File.Move(unfinished, target);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    private static void CopyPages(
        SqliteConnection from, SqliteConnection to, IProgress<(long Done, long Total)>? progress, CancellationToken cancellation)
    {
        var backup = sqlite3_backup_init(to.Handle, "main", from.Handle, "main");
        if (backup == 0) throw to.Error(1);
        int code;
        try
        {
            do
            {
                cancellation.ThrowIfCancellationRequested();
                code = sqlite3_backup_step(backup, PagesAStep);
                long total = sqlite3_backup_pagecount(backup);
                progress?.Report((total - sqlite3_backup_remaining(backup), total));
            }
            while (code == 0);
        }
        finally
        {
            sqlite3_backup_finish(backup);
        }

        if (code != SqliteConnection.Done) throw to.Error(code);
    }

    /// <summary>Throws when the file is damaged.</summary>
    internal static void Check(SqliteConnection connection)
    {
        using var check = connection.Prepare("PRAGMA integrity_check(1)");
        if (check.Step() && check.Text(0) is var answer && answer != "ok")
            throw new StorageException(StorageFailure.Corrupt, $"The database is damaged: {answer}");
    }

    private static void Flush(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
    }
}
