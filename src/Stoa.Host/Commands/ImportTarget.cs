using Microsoft.Extensions.Logging.Abstractions;
using Stoa.Catalogue;
using Stoa.Catalogue.Datasets;
using Stoa.Host.Settings;
using Stoa.Identity;
using Stoa.Query;
using Stoa.Sensing;
using Stoa.Sensing.Import;
using Stoa.Sharing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Host.Commands;

/// <summary>A data folder opened for an import: served by nobody else meanwhile, since what is derived from
/// observations
/// is kept in the memory of the one program that writes.</summary>
internal sealed class ImportTarget : IAsyncDisposable
{
    private readonly Database _database;
    private readonly ServiceProvider _services;

    private ImportTarget(Database database, ServiceProvider services)
    {
        _database = database;
        _services = services;
        Imports = services.GetRequiredService<Imports>();
    }

    public Imports Imports { get; }

    /// <exception cref="StorageException">The folder is served by a running server, or cannot be used.</exception>
    public static async Task<ImportTarget> OpenAsync(StoaSettings settings, CancellationToken cancellation)
    {
        Database database;
        try
        {
            database = await Database.OpenAsync(
                new DatabaseOptions { Folder = settings.Data, ConnectionString = settings.Database }, cancellation);
        }
        catch (StorageException error) when (error.Failure == StorageFailure.InUse)
        {
            throw new StorageException(StorageFailure.InUse,
                $"A server runs on {settings.Data}. Stop it first, or send the files to it: " +
                "POST /api/v1/datasets/SLUG/imports (docs/import.md).", error);
        }

        var services = new ServiceCollection();
        services.AddSingleton(database);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddIdentity();
        services.AddSharing();
        services.AddSensing(new SensingOptions
        {
            BaseAddress = new Uri("http://localhost/"),
            BodyBytesMax = settings.Limits.BodyBytes,
            Query = QueryLimits.Default,
        });
        services.AddCatalogue();
        return new(database, services.BuildServiceProvider());
    }

    /// <summary>The dataset with this slug; entered when there is none and that is wanted.</summary>
    public async Task<Result<DatasetId>> DatasetAsync(
        string slug, bool isCreating, ReadOnlyMemory<byte> mapping, CancellationToken cancellation)
    {
        var datasets = _services.GetRequiredService<Datasets>();
        var outcome = await datasets.FindAsync(slug, AccessScope.Everything, cancellation);
        if (outcome.TryGet(out var found, out _)) return found.Dataset.Id;
        if (!isCreating)
            return Problem.BadRequest("unknown-dataset", "There is no such dataset",
                $"There is no dataset '{slug}'. Enter it first (POST /api/v1/datasets), or let this command do it " +
                    $"with --create.");
        var described = Imports.DescribeDataset(mapping);
        if (!described.TryGet(out var description, out var problem)) return problem;
        var draft = new DatasetDraft
        {
            Slug = slug,
            Title = description.Title ?? slug,
            Description = description.Description ?? $"Imported as {slug}.",
            Sector = description.Sector ?? "other",
            Spectrum = description.Spectrum ?? "closed",
            Licence = description.Licence,
            Keywords = description.Keywords,
        };
        var created = await datasets.CreateAsync(draft, cancellation);
        if (!created.TryGet(out var dataset, out problem)) return problem;
        return dataset.Id;
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _services.DisposeAsync();
    }
}
