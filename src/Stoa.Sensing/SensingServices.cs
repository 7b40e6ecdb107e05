using Microsoft.Extensions.DependencyInjection;
using Stoa.Sensing.Aggregation;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Connectors;
using Stoa.Sensing.Corrections;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Http;
using Stoa.Sensing.Import;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.SensorThings;
using Stoa.Sensing.Schema;
using Stoa.Sensing.Sealing;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Storage.Translation;

namespace Stoa.Sensing;

/// <summary>What Sensing brings into the program.</summary>
public static class SensingServices
{
    /// <summary>Adds the stores, the live feed, the bulk loader and the HTTP interface.</summary>
    /// <param name="services">Must have <see cref="Database"/>, TimeProvider, Identity and Sharing.</param>
    /// <param name="options">What the operator decided.</param>
    public static IServiceCollection AddSensing(this IServiceCollection services, SensingOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(provider => new QueryTranslator(SensorThingsMapping.Mapping, provider.GetRequiredService<Database>().Dialect));
        services.AddSingleton(provider => new KnownGroups(
            SensorThingsMapping.Mapping, provider.GetRequiredService<Database>().Dialect, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<EntityReads>();
        services.AddSingleton<AggregationReads>();
        services.AddSingleton<IdempotentRequests>();
        services.AddSingleton<EntityWrites>();
        services.AddSingleton<ConfirmationToken>();
        services.AddSingleton<FilteredDelete>();
        services.AddSingleton<LiveFeed>();
        services.AddSingleton<ObservationStore>();
        services.AddSingleton<EntityStore>();
        services.AddSingleton<SealedSecrets>();
        services.AddHostedService<ObservationRetention>();
        services.AddSingleton<QualityMeasuring>();
        services.AddHostedService(provider => provider.GetRequiredService<QualityMeasuring>());
        services.AddSingleton<ObservationSealing>();
        services.AddHostedService(provider => provider.GetRequiredService<ObservationSealing>());
        services.AddSingleton<SealedProofs>();
        services.AddSingleton<ObservationEvidence>();
        services.AddSingleton(provider => new BulkLoader(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<EntityStore>(),
            provider.GetRequiredService<ObservationStore>()));
        services.AddSingleton<Imports>();
        services.AddSingleton<SensorThingsHandler>();
        services.AddSingleton<CorrectionWrites>();
        AddChanges(services);
        AddTopics(services);
        services.AddConnectors();
        return services;
    }

    private static void AddChanges(IServiceCollection services)
    {
        services.AddSingleton<ChangeTokens>();
        services.AddSingleton<ChangeReader>();
        services.AddSingleton<ChangeReads>();
        services.AddSingleton<ChangeSources>();
        services.AddSingleton<ChangeStreams>();
        services.AddSingleton<FeedOfOtherNodes>();
        services.AddHostedService(provider => provider.GetRequiredService<FeedOfOtherNodes>());
        services.AddHostedService<ChangeRetention>();
    }

    private static void AddTopics(IServiceCollection services)
    {
        // One for each thread that writes.
        services.AddTransient<TopicText>();
        services.AddSingleton<TopicIndex>();
        services.AddSingleton<ObservationTopics>();
        services.AddSingleton<TopicReads>();
        services.AddSingleton<TopicFollowing>();
        services.AddHostedService(provider => provider.GetRequiredService<TopicFollowing>());
        services.AddSingleton<ITopicSpace, SensorThingsTopics>();
    }
}
