using System.Security.Cryptography;

namespace Stoa.Sensing.Import;

/// <summary>A file to import.</summary>
/// <param name="Name">Its path as given; parts of it may become keys.</param>
/// <param name="Length">In bytes; null when it is not known.</param>
/// <param name="Open">Opens it; called once or, for GeoJSON, twice.</param>
/// <param name="RejectFile">Where rejected rows are written; null: only the first are kept, for the summary.</param>
/// <param name="IsLasting">Whether the same file can be given again, so that its progress is worth keeping.</param>
public sealed record ImportSource(string Name, long? Length, Func<Stream> Open, string? RejectFile, bool IsLasting)
{
    /// <summary>A file of this machine.</summary>
    public static ImportSource OfFile(string path, string? rejectFile) =>
        new(path, new FileInfo(path).Length, () => OpenFile(path), rejectFile, IsLasting: true);

    /// <summary>Opens a file for one pass from its beginning to its end.</summary>
    public static Stream OpenFile(string path) =>
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);

    internal async Task<byte[]> HashAsync(CancellationToken cancellation)
    {
        await using var stream = Open();
        return await SHA256.HashDataAsync(stream, cancellation);
    }
}

/// <summary>What to import from tables.</summary>
public sealed record TableImport
{
    /// <summary>The mapping, YAML in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Mapping { get; init; }

    /// <summary>Tables, imported one after the other.</summary>
    public required IReadOnlyList<ImportSource> Files { get; init; }

    /// <summary>Finds the stations file that the mapping names; null is returned when there is none.</summary>
    public required Func<string?, ImportSource?> Stations { get; init; }

    /// <summary>The import ends when more rows of a file are rejected; null: never.</summary>
    public long? RejectsMax { get; init; }

    /// <summary>Everything is read and checked, nothing is stored.</summary>
    public bool IsDryRun { get; init; }
}

/// <summary>What to import from GeoJSON.</summary>
public sealed record FeatureImport
{
    /// <summary>The mapping, YAML in UTF-8; empty: keys, names and properties as they come.</summary>
    public ReadOnlyMemory<byte> Mapping { get; init; }

    /// <summary>Files, imported one after the other.</summary>
    public required IReadOnlyList<ImportSource> Files { get; init; }

    /// <summary>Wins over the mapping: the coordinate reference system, for example EPSG:25832.</summary>
    public string? Crs { get; init; }

    /// <summary>Wins over the mapping: template for keys.</summary>
    public string? Key { get; init; }

    /// <summary>Wins over the mapping: template for names.</summary>
    public string? Name { get; init; }

    /// <inheritdoc cref="TableImport.RejectsMax"/>
    public long? RejectsMax { get; init; }

    /// <inheritdoc cref="TableImport.IsDryRun"/>
    public bool IsDryRun { get; init; }
}

/// <summary>Where an import stands.</summary>
/// <param name="File">Being read.</param>
/// <param name="FileNumber">From 1.</param>
/// <param name="FileCount">In all.</param>
/// <param name="BytesDone">Of all files.</param>
/// <param name="BytesTotal">Of all files; null when not known.</param>
/// <param name="Rows">Read so far.</param>
/// <param name="Observations">Added or found so far.</param>
/// <param name="ResumedRows">Rows of this file that an earlier, interrupted run had stored already.</param>
public readonly record struct ImportProgress(
    string File, int FileNumber, int FileCount, long BytesDone, long? BytesTotal, long Rows, long Observations,
        long ResumedRows);

/// <summary>What a mapping says of the dataset it is made for; used when an import enters the dataset itself.</summary>
public sealed record DatasetDescription
{
    /// <summary>Name for people.</summary>
    public string? Title { get; init; }

    /// <summary>What it holds, in Markdown.</summary>
    public string? Description { get; init; }

    /// <summary>Word of the infrastructure sector.</summary>
    public string? Sector { get; init; }

    /// <summary>Word of the level of openness.</summary>
    public string? Spectrum { get; init; }

    /// <summary>SPDX identifier or address.</summary>
    public string? Licence { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string> Keywords { get; init; } = [];
}
