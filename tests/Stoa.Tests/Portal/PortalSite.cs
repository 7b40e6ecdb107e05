using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Catalogue;
using Stoa.Identity;
using Stoa.Identity.Credentials;
using Stoa.Ledger;
using Stoa.Ledger.Anchoring;
using Stoa.Ledger.Witnesses;
using Stoa.Portal;
using Stoa.Sensing;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Http;
using Stoa.Sensing.Mqtt;
using Stoa.Sharing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Tests.Portal;

/// <summary>The portal over a real data folder with a small town in it, on a free port of 127.0.0.1.</summary>
internal sealed class PortalSite : IAsyncDisposable
{
    /// <summary>The last value of every datastream of the town stands here.</summary>
    internal static readonly DateTimeOffset End = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder;
    private readonly WebApplication _app;

    private PortalSite(TemporaryFolder folder, WebApplication app)
    {
        _folder = folder;
        _app = app;
        Address = app.Urls.Single();
        Client = new HttpClient { BaseAddress = new Uri(Address) };
    }

    internal string Address { get; }

    internal HttpClient Client { get; }

    internal IServiceProvider Services => _app.Services;

    internal BulkLoader Bulk => Services.GetRequiredService<BulkLoader>();

    /// <summary>Starts with an empty data folder.</summary>
    internal static async Task<PortalSite> StartAsync(
        TimeProvider time, Func<Town, Task> build, int port, CancellationToken cancellation)
    {
        var folder = new TemporaryFolder();
        var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, cancellation);
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddRouting();
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(_ => database);
        builder.Services.AddLedger(new(new Uri("https://data.town.example/"), Path.Combine(folder.Path, "ledger")));
        builder.Services.AddWitness(new(new Uri("https://data.town.example/"), Path.Combine(folder.Path, "ledger"))).AddAnchoring(null, null);
        builder.Services.AddIdentity().AddSharing().AddCatalogue().AddSensing(new SensingOptions { BaseAddress = new Uri("https://data.town.example/") });
        builder.Services.AddMqtt(new MqttOptions());
        builder.Services.AddPortal(new PortalOptions(new Uri("https://data.town.example/")) { SiteName = "Stoa" });
        var app = builder.Build();
        await build(new Town(database, app.Services.GetRequiredService<BulkLoader>(), cancellation));
        app.MapSensorThings();
        app.MapPortal();
        app.MapGet("/map/city.geojson", () => Results.Text(Town.Outline, "application/geo+json"));
        await app.StartAsync(cancellation);
        return new PortalSite(folder, app);
    }

    /// <summary>Starts with the small town, its clock standing a minute after the last values.</summary>
    internal static Task<PortalSite> StartTownAsync(CancellationToken cancellation) =>
        StartAsync(new StandingClock(End.AddMinutes(1)), town => town.BuildAsync(End), 0, cancellation);

    /// <summary>A token that may read one dataset.</summary>
    internal async Task<string> TokenAsync(string dataset, CancellationToken cancellation)
    {
        var draft = new TokenDraft { Name = "reader", Datasets = [new() { Dataset = dataset, Can = ["read"] }] };
        var outcome = await Services.GetRequiredService<Tokens>().CreateAsync(draft, cancellation);
        return outcome.TryGet(out var created, out var problem) ? created.Text : throw new InvalidOperationException(problem.Detail);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>A clock that does not move; timers run on real time.</summary>
internal sealed class StandingClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
