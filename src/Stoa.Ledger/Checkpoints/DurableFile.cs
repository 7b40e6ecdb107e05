using System.Runtime.InteropServices;

namespace Stoa.Ledger.Checkpoints;

/// <summary>Files that are there as a whole or not at all, after a power loss too.</summary>
internal static partial class DurableFile
{
    // POSIX: open for reading, which is what a folder can be opened for.
    private const int ReadOnly = 0;

    /// <summary>Writes a file beside its place, makes it durable, and puts it there.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode? mode = null)
    {
        var folder = Path.GetDirectoryName(path)!; // Files here have one.
        MakeFolder(folder);
        Place(path, bytes, mode);
        Sync(folder);
    }

    /// <summary>Writes files, and then makes their folders durable: cheaper than one by one.</summary>
    public static void WriteAll(IEnumerable<(string Path, byte[] Bytes)> files)
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, bytes) in files)
        {
            var folder = Path.GetDirectoryName(path)!; // Files here have one.
            if (folders.Add(folder)) MakeFolder(folder);
            Place(path, bytes, null);
        }

        foreach (var folder in folders) Sync(folder);
    }

    private static void Place(string path, ReadOnlySpan<byte> bytes, UnixFileMode? mode)
    {
        var unfinished = path + ".unfinished";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 };
        if (mode is not null && !OperatingSystem.IsWindows())
        {
            // What is left of an earlier try keeps its rights.
            File.Delete(unfinished);
            options.UnixCreateMode = mode;
        }

        using (var stream = new FileStream(unfinished, options))
        {
            stream.Write(bytes);
            stream.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path, overwrite: true);
    }

    private static void MakeFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        if (Path.GetDirectoryName(folder) is { Length: > 0 } above)
        {
            MakeFolder(above);
            Directory.CreateDirectory(folder);
            Sync(above);
        }
    }

    // A renamed file is there after a power loss only when its folder is.
    private static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var handle = OpenFolder(folder, ReadOnly);
        if (handle < 0) throw new IOException($"{folder} cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        try
        {
            if (SyncFolder(handle) != 0) throw new IOException($"{folder} cannot be made durable (error {Marshal.GetLastPInvokeError()}).");
        }
        finally
        {
            _ = CloseFolder(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFolder(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseFolder(int handle);
}
