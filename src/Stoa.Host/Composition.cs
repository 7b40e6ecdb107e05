using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Stoa.Catalogue;
using Stoa.Catalogue.Datasets;
using Stoa.Host.Operations;
using Stoa.Host.Operations.ApiDescription;
using Stoa.Host.Operations.Health;
using Stoa.Host.Operations.Metrics;
using Stoa.Host.Operations.Pages;
using Stoa.Host.Settings;
using Stoa.Identity;
using Stoa.Identity.Credentials;
using Stoa.Identity.Organizations;
using Stoa.Identity.Parties;
using Stoa.Identity.SignIn;
using Stoa.Ledger;
using Stoa.Ledger.Anchoring;
using Stoa.Ledger.Http;
using Stoa.Ledger.Witnesses;
using Stoa.Portal;
using Stoa.Portal.Pages;
using Stoa.Query;
using Stoa.Sensing;
using Stoa.Sensing.Connectors;
using Stoa.Sensing.Corrections;
using Stoa.Sensing.Http;
using Stoa.Sensing.Import;
using Stoa.Sensing.Mqtt;
using Stoa.Sharing;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Logs;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;

namespace Stoa.Host;

/// <summary>The program's parts, listed: one Add and one Map for each capability, lowest rank first.</summary>
internal static class Composition
{
    /// <summary>Registers every capability with the part of the settings that is its own.</summary>
    public static void Add(WebApplicationBuilder builder, StoaSettings settings, Uri baseAddress, MqttOptions mqtt)
    {
        var services = builder.Services;
        AddFoundation(builder, settings);
        services.AddWitness(new WitnessOptions(baseAddress, Path.Combine(settings.Data, "ledger")) 
        {
            LogsFile = settings.Ledger.WitnessLogs, PolicyFile = settings.Ledger.Policy,
        });
        services.AddLedger(new(baseAddress, Path.Combine(settings.Data, "ledger")));
        services.AddAnchoring(settings.Ledger.Timestamp, settings.Ledger.Anchor);
        services.AddIdentity(new SignInOptions(baseAddress) { OpenId = settings.OpenId, TrustedProxies = settings.TrustedProxies });
        services.AddSharing(new SharingOptions(baseAddress)
        {
            TimeZone = settings.Sharing.TimeZone,
            ReviewGraceDays = settings.Sharing.ReviewGraceDays,
            RiskAppetite = settings.Sharing.RiskAppetite,
            HomeJurisdictions = settings.Sharing.HomeJurisdictions,
            ExchangesKept = settings.ExchangesKept,
            StopAfter = settings.Ledger.StopAfter,
            StopLevels = settings.Ledger.StopLevels,
        });
        services.AddSensing(new SensingOptions
        {
            BaseAddress = baseAddress,
            BodyBytesMax = settings.Limits.BodyBytes,
            DownloadRowsMax = settings.Limits.DownloadRows,
            ChangesKept = settings.ChangesKept,
            ObservationsKept = settings.ObservationsKept,
            SealPeriod = settings.SealPeriod,
            ConnectorFolder = settings.ConnectorFolder,
            Query = QueryLimits.Default with
            {
                TopDefault = settings.Limits.TopDefault, TopMax = settings.Limits.TopMax,
            },
        });
        services.AddMqtt(mqtt);
        services.AddCatalogue();
        services.AddPortal(new PortalOptions(baseAddress) { SiteName = settings.PortalName });
        services.AddOperations(settings, baseAddress);
    }

    /// <summary>Puts the steps of every request in order, then the addresses of every capability.</summary>
    public static void Map(WebApplication app)
    {
        app.UseSecurityHeaders();
        app.Use(app.Services.GetRequiredService<Draining>().ServeAsync);
        app.Use(app.Services.GetRequiredService<UnexpectedErrors>().CatchAsync);
        app.UseProblemsForBareRefusals();
        app.UsePreflight();
        app.UseHeadAsGet();
        app.UseWebSockets();
        app.UseRouting();
        app.UseExchangeRecords();
        GovernedRequests.Use(app);
        app.MapWitness();
        app.MapConfirmations();
        app.MapTokens();
        app.MapOrganizations();
        app.MapParties();
        app.MapInvitations();
        app.MapAccounts();
        app.MapRolesAndSpectrum();
        app.MapExchanges();
        app.MapDecisions();
        app.MapDecisionJournal();
        app.MapTokenExchange();
        app.MapLogs();
        app.MapSensorThings();
        app.MapImports();
        app.MapMqtt();
        app.MapConnectors();
        app.MapCorrections();
        app.MapWebhooks();
        app.MapDatasets();
        app.MapAgreements();
        app.MapPortal();
        app.MapOperations();
    }

    private static void AddFoundation(WebApplicationBuilder builder, StoaSettings settings)
    {
        var services = builder.Services;
        services.AddRouting();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Limits.StopTime);
        // Signals belong to the command line, so that several servers can live in one process.
        services.RemoveAll<IHostLifetime>();
        services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Logging.SetMinimumLevel(settings.Log.Level).AddFilter("Microsoft", LogLevel.Warning);
        if (settings.Log.Format == LogFormat.Json)
            builder.Logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
                console.IncludeScopes = false;
            });
        else
            builder.Logging.AddSimpleConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss'Z' ";
                console.SingleLine = true;
                console.ColorBehavior = LoggerColorBehavior.Default;
            });
    }

    private static void AddOperations(this IServiceCollection services, StoaSettings settings, Uri baseAddress)
    {
        ApiDocument.Add(services, baseAddress);
        services.AddSingleton(settings);
        services.AddSingleton<UnexpectedErrors>();
        services.AddSingleton<MetricsCollector>();
        services.AddSingleton<Draining>();
        services.AddSingleton<HealthChecks>();
        services.AddSingleton<ProblemPages>();
    }

    private static void MapOperations(this WebApplication app)
    {
        var metrics = app.Services.GetRequiredService<MetricsCollector>();
        app.Services.GetRequiredService<HealthChecks>().Map(app);
        var frame = app.Services.GetRequiredService<ReferencePages>();
        app.Services.GetRequiredService<ApiDocument>().Map(app, frame);
        app.Services.GetRequiredService<ProblemPages>().Map(app, frame);
        new CityOutlines(app.Services.GetRequiredService<StoaSettings>().Data).Map(app);
        app.MapGet("/metrics", () => Results.Text(metrics.Scrape(), MetricsText.ContentType)).ExcludeFromDescription();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
