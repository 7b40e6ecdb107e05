using Microsoft.Extensions.DependencyInjection;
using Stoa.Ledger.Writing;

namespace Stoa.Ledger;

/// <summary>Registers the logs.</summary>
public static class LedgerServices
{
    /// <summary>Adds the logs of an exchange: their entries, tiles and checkpoints.</summary>
    public static IServiceCollection AddLedger(this IServiceCollection services, LedgerOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<LogPublisher>();
        services.AddSingleton<LogReader>();
        services.AddHostedService(provider => provider.GetRequiredService<LogPublisher>());
        return services;
    }
}
