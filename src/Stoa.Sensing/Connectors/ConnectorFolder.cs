using Microsoft.Extensions.Logging;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>Declarations in files: read at every start, one connector a file.</summary>
/// <remarks>
/// Who may write into the folder runs the server, so a file switches its connector on without a test; a sample in it is
/// tried all the same. One file that cannot be used keeps nothing else from starting.
/// </remarks>
internal sealed partial class ConnectorFolder(
    Connectors connectors, AccessPolicy policy, SensingOptions options, ILogger<ConnectorFolder> log)
{
    /// <summary>Files that are read.</summary>
    internal const int FilesMax = 1_000;

    /// <summary>Brings the connectors that are declared in files up to date.</summary>
    internal async Task ReadAsync(CancellationToken cancellation)
    {
        var declared = new HashSet<(DatasetId, string)>();
        foreach (var file in Files())
        {
            var outcome = await DeclareAsync(file, cancellation);
            if (outcome.TryGet(out var entry, out var problem)) declared.Add((entry.Dataset, entry.Name));
            else LogNotTaken(Path.GetFileName(file), problem.Detail);
        }

        foreach (var gone in await connectors.ListAsync(null, cancellation))
        {
            if (gone.File is null || declared.Contains((gone.Dataset, gone.Name))) continue;
            await connectors.ReleaseAsync(gone, cancellation);
            LogReleased(gone.Name, gone.File);
        }
    }

    private IEnumerable<string> Files()
    {
        if (options.ConnectorFolder is not { } folder || !Directory.Exists(folder)) return [];
        var files = Directory.EnumerateFiles(folder)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml")
            .Order(StringComparer.Ordinal).Take(FilesMax + 1).ToArray();
        if (files.Length > FilesMax) LogTooMany(FilesMax);
        return files.Take(FilesMax);
    }

    private async Task<Result<ConnectorEntry>> DeclareAsync(string file, CancellationToken cancellation)
    {
        byte[] yaml;
        try
        {
            yaml = await File.ReadAllBytesAsync(file, cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Problem.BadRequest("invalid-connector", "The declaration of the connector cannot be used", exception.Message);
        }

        if (!ConnectorReader.Read(yaml, null).TryGet(out var rules, out var problem)) return problem;
        if (rules.Dataset is not { } slug || !policy.TryFindDataset(slug, out var dataset))
            return Problem.BadRequest("invalid-connector", "The declaration of the connector cannot be used",
                rules.Dataset is null
                    ? "It names no dataset: write 'dataset: SLUG'."
                    : $"There is no dataset '{rules.Dataset}'. Enter it first (POST /api/v1/datasets) and start the server again.");
        var outcome = await connectors.DeclareAsync(
            dataset.Id, rules.Name, yaml, Path.GetFileName(file), rules.IsEnabled, isForced: true, ifThere: null, cancellation);
        return outcome.TryGet(out var made, out problem) ? made.Entry : problem;
    }

    [LoggerMessage(4102, LogLevel.Error, "The connector in {File} is not taken: {Reason}")]
    private partial void LogNotTaken(string file, string reason);

    [LoggerMessage(4103, LogLevel.Warning, "Connector {Name} is switched off: {File}, which declared it, cannot be used or is gone.")]
    private partial void LogReleased(string name, string file);

    [LoggerMessage(4104, LogLevel.Error, "The folder of connectors holds more than {Limit} files; the others are not read.")]
    private partial void LogTooMany(int limit);
}
