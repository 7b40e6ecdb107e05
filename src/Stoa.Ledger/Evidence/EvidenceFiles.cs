namespace Stoa.Ledger.Evidence;

/// <summary>The files of a pack, wherever it came from: names are checked, sizes are known and bounded before anything is read.</summary>
/// <remarks>Not safe for several threads at once; several files may be open.</remarks>
public abstract class EvidenceFiles : IDisposable
{
    private readonly Dictionary<string, long> _lengths = new(StringComparer.Ordinal);
    private readonly HashSet<string> _folded = new(StringComparer.OrdinalIgnoreCase);
    private long _bytes;

    /// <summary>Names of the files, in the order of the pack.</summary>
    public IReadOnlyCollection<string> Names => _lengths.Keys;

    /// <summary>Opens a pack: a zip, or a folder into which one was unpacked.</summary>
    /// <exception cref="InvalidDataException">It is none; the message says why, as the end of a sentence.</exception>
    public static EvidenceFiles Open(string path) =>
        Directory.Exists(path) ? new EvidenceFolder(path) : EvidenceZip.Of(File.OpenRead(path));

    /// <summary>Whether a path is that of a zip, or of a folder into which a pack was unpacked.</summary>
    public static bool IsPack(string path)
    {
        if (File.Exists(Path.Combine(path, EvidencePack.ManifestName))) return true;
        if (!File.Exists(path)) return false;
        Span<byte> begin = stackalloc byte[2];
        using var file = File.OpenRead(path);
        return path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) || file.Read(begin) == 2 && begin.SequenceEqual("PK"u8);
    }

    /// <summary>The length of a file, in bytes; null when there is none.</summary>
    public long? LengthOf(string name) => _lengths.TryGetValue(name, out var length) ? length : null;

    /// <summary>Reads a file from its beginning; it gives as many bytes as its length says, or ends with an <see cref="InvalidDataException"/>.</summary>
    public abstract Stream OpenFile(string name);

    /// <summary>A whole file; null when there is none, or it is longer.</summary>
    public async Task<byte[]?> ReadAsync(string name, long bytesMax, CancellationToken cancellation)
    {
        if (LengthOf(name) is not { } length || length > bytesMax) return null;
        var bytes = new byte[length];
        await using var stream = OpenFile(name);
        try
        {
            await stream.ReadExactlyAsync(bytes, cancellation);
            if (await stream.ReadAsync(new byte[1], cancellation) == 0) return bytes;
        }
        catch (EndOfStreamException)
        {
        }

        throw new InvalidDataException($"{name} is not as long as it says");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what was opened.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Takes a file in, if a pack may have it.</summary>
    private protected void Take(string name, long length)
    {
        if (!EvidencePack.IsName(name)) throw new InvalidDataException($"it has a file '{Printable(name)}', which no file may be called");
        // Where capitals make no difference, one of the two would be in the place of the other.
        if (!_folded.Add(name)) throw new InvalidDataException($"it has two files {name}");
        if (_lengths.Count == EvidencePack.FilesMax) throw new InvalidDataException($"it has more than {EvidencePack.FilesMax} files");
        _bytes += length;
        if (length > EvidencePack.FileBytesMax || _bytes > EvidencePack.BytesMax)
            throw new InvalidDataException($"it has more bytes than a pack may have ({EvidencePack.FileBytesMax} a file, {EvidencePack.BytesMax} all together)");
        _lengths.Add(name, length);
    }

    /// <summary>A name of somebody else, as it may be shown on a terminal.</summary>
    internal static string Printable(string text) =>
        new([.. (text.Length > 200 ? text[..200] + "…" : text).Select(letter => char.IsControl(letter) ? '?' : letter)]);
}

/// <summary>A folder into which a pack was unpacked. Links are not followed.</summary>
internal sealed class EvidenceFolder : EvidenceFiles
{
    private static readonly EnumerationOptions All = new()
    {
        RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false, MaxRecursionDepth = 8,
    };

    private readonly string _folder;

    public EvidenceFolder(string folder)
    {
        _folder = Path.GetFullPath(folder);
        var count = 0;
        foreach (var info in new DirectoryInfo(_folder).EnumerateFileSystemInfos("*", All))
        {
            if (++count > 2 * EvidencePack.FilesMax) throw new InvalidDataException($"it has more than {EvidencePack.FilesMax} files");
            var name = Path.GetRelativePath(_folder, info.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (info.LinkTarget is not null) throw new InvalidDataException($"'{Printable(name)}' is a link");
            if (info is FileInfo file) Take(name, file.Length);
        }
    }

    public override Stream OpenFile(string name) =>
        LengthOf(name) is null ? throw new FileNotFoundException($"{name} is not there.") : File.OpenRead(Path.Combine(_folder, name));
}
