using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Policy;
using Stoa.Storage;

namespace Stoa.Catalogue;

/// <summary>Puts this capability together.</summary>
public static class CatalogueServices
{
    /// <summary>Adds the datasets. Needs a <see cref="Database"/>, identity and sharing.</summary>
    public static IServiceCollection AddCatalogue(this IServiceCollection services) =>
        services.AddSingleton(provider => new Datasets.Datasets(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<PolicyRefresh>(),
            provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<Datasets.PublishedDescriptions>()
            .AddHostedService(provider => provider.GetRequiredService<Datasets.PublishedDescriptions>());
}
