using Microsoft.Extensions.DependencyInjection;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Observations;
using Stoa.Storage;

namespace Stoa.Sensing;

/// <summary>What Sensing brings into the program.</summary>
public static class SensingServices
{
    /// <summary>Adds the stores, the live feed and the bulk loader; needs <see cref="Database"/> and TimeProvider.</summary>
    public static IServiceCollection AddSensing(this IServiceCollection services)
    {
        services.AddSingleton<LiveFeed>();
        services.AddSingleton<ObservationStore>();
        services.AddSingleton<EntityStore>();
        services.AddSingleton(provider => new BulkLoader(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<EntityStore>(),
            provider.GetRequiredService<ObservationStore>()));
        return services;
    }
}
