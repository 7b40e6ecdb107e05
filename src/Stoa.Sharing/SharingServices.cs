using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage;

namespace Stoa.Sharing;

/// <summary>Puts this capability together.</summary>
public static class SharingServices
{
    /// <summary>Adds the access policy and what keeps it up to date. Needs a <see cref="Database"/> and identity.</summary>
    public static IServiceCollection AddSharing(this IServiceCollection services)
    {
        services.AddSingleton<AccessPolicy>();
        services.AddSingleton(provider => new PolicyRefresh(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<AccessPolicy>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PolicyRefresh>>()));
        services.AddHostedService(provider => provider.GetRequiredService<PolicyRefresh>());
        services.AddSingleton<GovernanceClock>();
        services.AddHostedService(provider => provider.GetRequiredService<GovernanceClock>());
        return services;
    }
}
