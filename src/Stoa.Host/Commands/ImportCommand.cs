using System.CommandLine;
using System.Globalization;
using Stoa.Host.Settings;
using Stoa.Sensing.Import;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Host.Commands;

/// <summary><c>stoa import csv</c> and <c>stoa import geojson</c>.</summary>
internal sealed class ImportCommand
{
    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = "Files to import, one after the other; for a run again only what is new is added.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _dataset = new("--dataset")
        { Description = "Dataset that takes it, by slug.", HelpName = "SLUG", Required = true };

    private readonly Option<bool> _create = new("--create")
        { Description = "Enter the dataset when there is none, as the section 'dataset' of the mapping says, else " +
            "closed." };

    private readonly Option<string?> _mapping = new("--mapping")
        { Description = "How columns become Datastreams, as docs/import.md describes.", HelpName = "FILE.yaml" };

    private readonly Option<string?> _stations = new("--stations")
        { Description = "Stations file; without it the one that the mapping names, beside the mapping or the data.",
            HelpName = "FILE" };

    private readonly Option<string?> _rejects = new("--rejects")
        { Description = "Folder for rejected rows. [default: beside each file, else the current folder]",
            HelpName = "DIR" };

    private readonly Option<long?> _maxRejects = new("--max-rejects")
        { Description = "End when more rows of a file than this are rejected. [default: no limit]", HelpName = "N" };

    private readonly Option<bool> _dryRun =
        new("--dry-run") { Description = "Read and check everything, store nothing." };

    private readonly Option<string?> _crs = new("--crs")
        { Description = "Coordinate reference system of the file, such as EPSG:25832.", HelpName = "EPSG:CODE" };

    private readonly Option<string?> _key = new("--key")
        { Description = "Template for keys, such as '{feature.id}' or '{OBJECTID}'.", HelpName = "TEMPLATE" };

    private readonly Option<string?> _name = new("--name")
        { Description = "Template for names, such as '{name} {city}'.", HelpName = "TEMPLATE" };

    /// <summary>Both commands.</summary>
    public static Command Build() => new("import", "Bring tables and GeoJSON files into a dataset.")
    {
        new ImportCommand().BuildTables(), new ImportCommand().BuildFeatures(),
    };

    private Command BuildTables()
    {
        var command = new Command("csv", "Import tables: Things, Datastreams and Observations, by a mapping.");
        _mapping.Required = true;
        command.Arguments.Add(_files);
        foreach (var option in new Option[] { _mapping, _dataset, _create, _stations, _rejects, _maxRejects,
            _dryRun }) command.Options.Add(option);
        var settings = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction((parsed, cancellation) => RunAsync(parsed, settings, ImportTablesAsync, cancellation));
        return command;
    }

    private Command BuildFeatures()
    {
        var command = new Command("geojson", "Import features as Things with their geometry and properties.");
        command.Arguments.Add(_files);
        foreach (var option in new Option[] { _dataset, _create, _mapping, _crs, _key, _name, _rejects, _maxRejects,
            _dryRun }) command.Options.Add(option);
        var settings = SettingsOptions.AddTo(command, "data", "database");
        command.SetAction((parsed, cancellation) => RunAsync(parsed, settings, ImportFeaturesAsync, cancellation));
        return command;
    }

    private delegate Task<Result<ImportSummary>> Work(
        ParseResult parsed, Imports imports, DatasetId dataset, IReadOnlyList<ImportSource> files,
            ReadOnlyMemory<byte> mapping,
        IProgress<ImportProgress> progress, CancellationToken cancellation);

    private async Task<int> RunAsync(ParseResult parsed, SettingsOptions settingsOptions, Work work,
        CancellationToken cancellation)
    {
        if (!settingsOptions.TryRead(parsed, [], out var settings)) return ExitCode.Usage;
        if (!TryReadFiles(parsed, out var files, out var mapping, out var complaint)) return await RefuseAsync(
            complaint, ExitCode.Usage);
        var isCreating = parsed.GetValue(_create);
        if (!isCreating && !DataFolders.HasData(settings))
            throw new StorageException(StorageFailure.Access,
                $"{settings.Data} holds no data of Stoa. Name the folder with --data, or let this command begin it " +
                    $"with --create.");
        await using var target = await ImportTarget.OpenAsync(settings, cancellation);
        var found = await target.DatasetAsync(parsed.GetValue(_dataset)!, isCreating, mapping, cancellation);
        if (!found.TryGet(out var dataset, out var problem)) return await RefuseAsync(problem.Detail, ExitCode.Usage);
        var progress = new ImportProgressLine();
        var outcome = await work(parsed, target.Imports, dataset, files, mapping, progress, cancellation);
        progress.End();
        if (!outcome.TryGet(out var summary, out problem))
            return await RefuseAsync(problem.Detail,
                problem.Type == "invalid-mapping" ? ExitCode.Usage : ExitCode.Failed);
        await WriteAsync(summary, progress.Elapsed);
        return summary.Rejected == 0 ? ExitCode.Done : ExitCode.Finding;
    }

    private Task<Result<ImportSummary>> ImportTablesAsync(
        ParseResult parsed, Imports imports, DatasetId dataset, IReadOnlyList<ImportSource> files,
            ReadOnlyMemory<byte> mapping,
        IProgress<ImportProgress> progress, CancellationToken cancellation)
    {
        var import = new TableImport
        {
            Mapping = mapping,
            Files = files,
            Stations = name => FindStations(parsed, name, files),
            RejectsMax = parsed.GetValue(_maxRejects),
            IsDryRun = parsed.GetValue(_dryRun),
        };
        return imports.ImportTablesAsync(dataset, import, progress, cancellation);
    }

    private Task<Result<ImportSummary>> ImportFeaturesAsync(
        ParseResult parsed, Imports imports, DatasetId dataset, IReadOnlyList<ImportSource> files,
            ReadOnlyMemory<byte> mapping,
        IProgress<ImportProgress> progress, CancellationToken cancellation)
    {
        var import = new FeatureImport
        {
            Mapping = mapping,
            Files = files,
            Crs = parsed.GetValue(_crs),
            Key = parsed.GetValue(_key),
            Name = parsed.GetValue(_name),
            RejectsMax = parsed.GetValue(_maxRejects),
            IsDryRun = parsed.GetValue(_dryRun),
        };
        return imports.ImportFeaturesAsync(dataset, import, progress, cancellation);
    }

    private bool TryReadFiles(
        ParseResult parsed, out IReadOnlyList<ImportSource> files, out ReadOnlyMemory<byte> mapping,
            out string complaint)
    {
        files = [];
        mapping = default;
        complaint = "";
        if (parsed.GetValue(_mapping) is { } mappingFile)
        {
            if (!File.Exists(mappingFile)) complaint = $"There is no mapping {mappingFile}.";
            else mapping = File.ReadAllBytes(mappingFile);
        }

        var paths = parsed.GetValue(_files) ?? [];
        if (paths.FirstOrDefault(path => !File.Exists(path)) is { } missing) complaint = $"There is no file {missing}.";
        if (parsed.GetValue(_stations) is { } stations && !File.Exists(stations)) complaint =
            $"There is no stations file {stations}.";
        if (complaint.Length > 0) return false;
        var folder = parsed.GetValue(_rejects);
        if (folder is not null) Directory.CreateDirectory(folder);
        files = [.. paths.Select(path => ImportSource.OfFile(path, RejectFile(path, folder)))];
        return true;
    }

    // Files of one name in different folders must not share a reject file, hence the folder's name in front.
    private static string RejectFile(string path, string? folder)
    {
        var full = Path.GetFullPath(path);
        var parent = Path.GetDirectoryName(full) ?? ".";
        if (folder is null && IsWritable(parent)) return full + ".rejects.csv";
        return Path.Combine(folder ?? Environment.CurrentDirectory,
            $"{Path.GetFileName(parent)}-{Path.GetFileName(full)}.rejects.csv");
    }

    private static bool IsWritable(string folder)
    {
        try
        {
            using var probe = new FileStream(
                Path.Combine(folder, $".stoa-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None,
                    1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private ImportSource? FindStations(ParseResult parsed, string? name, IReadOnlyList<ImportSource> files)
    {
        if (parsed.GetValue(_stations) is { } given) return ImportSource.OfFile(given, null);
        if (name is null) return null;
        var mappingFolder = Path.GetDirectoryName(Path.GetFullPath(parsed.GetValue(_mapping)!)) ?? ".";
        var dataFolder = Path.GetDirectoryName(Path.GetFullPath(files[0].Name)) ?? ".";
        foreach (var folder in new[] { dataFolder, Path.GetDirectoryName(dataFolder) ?? dataFolder, mappingFolder })
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path)) return ImportSource.OfFile(path, null);
        }

        return null;
    }

    private static async Task WriteAsync(ImportSummary summary, TimeSpan elapsed)
    {
        var seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        string[] lines =
        [
            Line("Rows read", summary.Rows),
            Line("Things", summary.Things),
            Line("Datastreams", summary.Datastreams),
            Line("Observations added", summary.Added),
            Line("Observations there already", summary.Skipped),
            Line("Values missing", summary.Missing),
            Line("Values dropped by status", summary.DroppedByStatus),
            Line("Rows ignored", summary.Ignored),
            Line("Rows rejected", summary.Rejected),
            string.Create(CultureInfo.InvariantCulture,
                $"Took {seconds:0.0} s, {(summary.Added + summary.Skipped) / seconds:0} observations a second"),
        ];
        foreach (var line in lines) await Console.Out.WriteLineAsync(line);
        if (summary.IsDryRun) await Console.Out.WriteLineAsync("Nothing was stored: this was a dry run.");
        foreach (var file in summary.Files.Where(file => file.Rejected > 0))
        {
            await Console.Error.WriteLineAsync(
                $"{file.Name}: {file.Rejected} rejected" + (file.RejectFile is null ? "" : $", see {file.RejectFile}"));
            foreach (var (line, reason) in file.Rejections.Take(3)) await Console.Error.WriteLineAsync(
                $"  line {line}: {reason}");
        }
    }

    private static string Line(string what, long count) =>
        string.Create(CultureInfo.InvariantCulture, $"{what + ":",-28}{count,14:N0}");

    private static async Task<int> RefuseAsync(string message, int exitCode)
    {
        await Console.Error.WriteLineAsync("stoa: " + message);
        return exitCode;
    }
}
