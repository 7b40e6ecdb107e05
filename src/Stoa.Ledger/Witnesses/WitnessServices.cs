using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stoa.Storage;

namespace Stoa.Ledger.Witnesses;

/// <summary>Puts this capability together.</summary>
public static class WitnessServices
{
    /// <summary>Adds the witness for the logs of others. Needs a <see cref="Database"/>.</summary>
    /// <exception cref="InvalidDataException">A file that the options name cannot be used.</exception>
    public static IServiceCollection AddWitness(this IServiceCollection services, WitnessOptions options)
    {
        // A file that cannot be read is found at the start, and not by the first log that asks.
        var logs = options.ReadLogs();
        var keys = logs.Count > 0 ? options.ReadKeys() : [];
        services.AddSingleton(provider => new SplitViews(provider.GetRequiredService<Database>()));
        services.AddSingleton(provider => new Witness(
            logs, keys, provider.GetRequiredService<Database>(), provider.GetRequiredService<SplitViews>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<Witness>>()));
        return services;
    }
}
