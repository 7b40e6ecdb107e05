using System.Globalization;
using System.Text;

namespace Stoa.Storage;

/// <summary>Checks on the data folder before anything in it is touched.</summary>
internal static class DataFolder
{
    internal static FolderLock? Prepare(DatabaseOptions options)
    {
        if (!options.Serves && !Directory.Exists(options.Folder))
            throw new StorageException(StorageFailure.Access, $"There is no data folder {options.Folder}.");
        return Make(options);
    }

    /// <summary>Makes the folder for its owner alone when it is absent, and takes its lock when it is to be served.</summary>
    internal static FolderLock? Make(DatabaseOptions options)
    {
        try
        {
            if (!Directory.Exists(options.Folder))
            {
                Directory.CreateDirectory(options.Folder);
                if (!OperatingSystem.IsWindows())
                    System.IO.File.SetUnixFileMode(options.Folder,
                        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            return options is { Serves: true, ConnectionString: null } ? FolderLock.Take(options.Folder) : null;
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new StorageException(StorageFailure.Access,
                $"The data folder {options.Folder} cannot be written. Check its owner and rights, and that the disk is not " +
                "mounted read-only.", error);
        }
    }

    /// <summary>Refuses a file that is not an SQLite database before SQLite could write beside it.</summary>
    internal static void CheckHeader(string file)
    {
        if (!System.IO.File.Exists(file)) return;
        Span<byte> header = stackalloc byte[16];
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var read = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (read == 0 || header.SequenceEqual("SQLite format 3\0"u8)) return;
        throw new StorageException(StorageFailure.Corrupt,
            $"{file} is not a database of this program, or its beginning is damaged. It was left as it is. Restore a " +
            "backup into an empty folder (stoa restore), or name another folder with --data.");
    }
}

/// <summary>Held while a program serves a data folder, so that a second one finds out.</summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _stream;

    private FolderLock(FileStream stream) => _stream = stream;

    internal static FolderLock Take(string folder)
    {
        var path = Path.Combine(folder, "stoa.lock");
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (System.IO.File.Exists(path))
        {
            throw new StorageException(StorageFailure.InUse,
                $"Another Stoa serves the data folder {folder}. Stop it first, or name another folder with --data.", error);
        }

        stream.SetLength(0);
        stream.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        stream.Flush();
        return new FolderLock(stream);
    }

    public void Dispose() => _stream.Dispose();
}
