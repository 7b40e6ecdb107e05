using System.Globalization;

namespace Stoa.Ledger.Writing;

/// <summary>What the logs of an exchange are made with.</summary>
/// <param name="BaseAddress">Address of the exchange; the origin of a log that has no key yet is made of it.</param>
/// <param name="Folder">Where keys, last signed checkpoints and, on SQLite, tiles are kept; not in the database, and not with its backups.</param>
public sealed record LedgerOptions(Uri BaseAddress, string Folder)
{
    /// <summary>Entries are gathered for so long before they are put under a new checkpoint.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The origin of a log that is begun: <c>city.example/log/audit</c>. One that has a key keeps the name of its key.</summary>
    public string OriginOf(LogName log) => $"{BaseAddress.Authority}{BaseAddress.AbsolutePath.TrimEnd('/')}/log/{log.ToPath()}";

    /// <summary>The file of a log's secret keys.</summary>
    public string KeyFileOf(LogName log) => Path.Combine(Folder, log.ToPath() + ".key");

    /// <summary>The file of the checkpoint that was signed last.</summary>
    public string SignedFileOf(LogName log) => Path.Combine(Folder, log.ToPath() + ".signed");

    /// <summary>The folder of a log's tiles, on SQLite.</summary>
    public string TilesOf(LogName log) => Path.Combine(Folder, log.ToPath());

    /// <summary>Puts files of a log that has ended into a folder of their own.</summary>
    /// <returns>The folder.</returns>
    internal string MoveEnded(LogName log, params ReadOnlySpan<string> files)
    {
        var number = 1;
        string folder;
        while (Directory.Exists(folder = Path.Combine(Folder, "ended", string.Create(CultureInfo.InvariantCulture, $"{log.ToPath()}-{number}")))) number++;
        Directory.CreateDirectory(folder);
        foreach (var file in files)
            if (File.Exists(file)) File.Move(file, Path.Combine(folder, Path.GetFileName(file)));
        return folder;
    }
}
