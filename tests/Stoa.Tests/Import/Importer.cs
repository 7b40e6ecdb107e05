using System.Text;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Import;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Import;

/// <summary>The importer on a database and a folder of its own.</summary>
internal sealed class Importer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly LiveFeed _feed;

    private Importer(TemporaryFolder folder, Database database, LiveFeed feed)
    {
        _folder = folder;
        _feed = feed;
        Database = database;
        var observations = new ObservationStore(feed);
        Imports = new(database, new BulkLoader(database, new EntityStore(observations, TimeProvider.System),
            observations), TimeProvider.System);
    }

    public Database Database { get; }

    public Imports Imports { get; }

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static async Task<Importer> StartAsync()
    {
        var folder = new TemporaryFolder();
        var database = await TestDatabases.OpenAsync(new() { Folder = Path.Combine(folder.Path, "data") }, Now);
        return new(folder, database, new LiveFeed());
    }

    public string FileOf(string name) => Path.Combine(_folder.Path, name);

    /// <summary>Writes a file beside the data folder.</summary>
    public ImportSource Given(string name, string text) => Given(name, Encoding.UTF8.GetBytes(text));

    public ImportSource Given(string name, byte[] bytes)
    {
        File.WriteAllBytes(FileOf(name), bytes);
        return ImportSource.OfFile(FileOf(name), FileOf(name) + ".rejects.csv");
    }

    /// <summary>Imports real files by a sample mapping.</summary>
    public Task<Result<ImportSummary>> ImportAsync(string mapping, string[] files, string? stations = null) =>
        ImportAsync(
        RealFiles.Mapping(mapping),
        [.. files.Select(file => ImportSource.OfFile(file, FileOf(Path.GetFileName(file) + ".rejects.csv")))],
        stations);

    public Task<Result<ImportSummary>> ImportAsync(string mapping, params ImportSource[] files) =>
        ImportAsync(Encoding.UTF8.GetBytes(mapping), files, null);

    public Task<Result<ImportSummary>> ImportAsync(
        byte[] mapping, ImportSource[] files, string? stations, long? rejectsMax = null,
            IProgress<ImportProgress>? progress = null,
        CancellationToken? cancellation = null) =>
        Imports.ImportTablesAsync(
            DatasetId.Inbox,
            new()
            {
                Mapping = mapping,
                Files = files,
                Stations = _ => stations is null ? null : ImportSource.OfFile(stations, null),
                RejectsMax = rejectsMax,
            },
            progress,
            cancellation ?? Now);

    public Task<Result<ImportSummary>> ImportFeaturesAsync(byte[]? mapping, ImportSource file, string? crs = null) =>
        Imports.ImportFeaturesAsync(DatasetId.Inbox, new() { Mapping = mapping, Files = [file], Crs = crs }, null, Now);

    public Task<Result<ImportSummary>> ImportFeaturesAsync(string mapping, string file) =>
        ImportFeaturesAsync(RealFiles.Mapping(mapping), ImportSource.OfFile(file, FileOf("rejects.csv")));

    /// <summary>Rows of a query, columns joined with a bar.</summary>
    public async Task<string[]> QueryAsync(string sql)
    {
        using var read = await Database.ReadAsync(Now);
        using var statement = read.Prepare(sql);
        var rows = new List<string>();
        while (statement.Step())
        {
            var row = new StringBuilder();
            for (var i = 0; i < statement.Columns; i++)
            {
                if (i > 0) row.Append('|');
                row.Append(statement.IsNull(i) ? "" : statement.Text(i));
            }

            rows.Add(row.ToString());
        }

        return [.. rows];
    }

    public async Task<long> NumberAsync(string sql)
    {
        using var read = await Database.ReadAsync(Now);
        using var statement = read.Prepare(sql);
        Assert.True(statement.Step());
        return statement.Int64(0);
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _feed.Dispose();
        _folder.Dispose();
    }

    public static ImportSummary Summary(Result<ImportSummary> outcome)
    {
        Assert.True(outcome.TryGet(out var summary, out var problem), problem?.Detail);
        return summary;
    }

    public static Problem Refusal(Result<ImportSummary> outcome)
    {
        Assert.False(outcome.TryGet(out _, out var problem));
        return problem;
    }
}
