using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Lags;
using Stoa.Ledger.Writing;
using Stoa.Storage;

namespace Stoa.Ledger.Witnesses;

/// <summary>Puts this capability together.</summary>
public static class WitnessServices
{
    /// <summary>Adds the witness for the logs of others, and the asking of our own. Needs a <see cref="Database"/>, and the logs for the second.</summary>
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
        services.AddSingleton(provider => new ConfirmationLags(provider.GetRequiredService<Database>()));
        if (options.PolicyFile is not null) AddCosigning(services, PolicyFile.Read("ledger.policy", options.PolicyFile));
        services.AddSingleton(provider => new LagWatch(
            provider.GetRequiredService<ConfirmationLags>(), provider.GetServices<AskedConfirmation>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<ILogger<LagWatch>>()));
        services.AddHostedService(provider => provider.GetRequiredService<LagWatch>());
        return services;
    }

    private static void AddCosigning(IServiceCollection services, WitnessPolicy policy)
    {
        services.AddSingleton(provider => new CosigningRound(
            policy, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IMeterFactory>()));
        services.AddSingleton(provider => new WitnessMonitor(
            provider.GetRequiredService<CosigningRound>(), policy, provider.GetRequiredService<LogPublisher>(), provider.GetRequiredService<SplitViews>(),
            provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<WitnessMonitor>>()));
        services.AddHostedService(provider => provider.GetRequiredService<WitnessMonitor>());
        // Who asks nobody shows every checkpoint at once, and may still watch what witnesses show.
        if (policy.AsksNobody) return;
        services.AddSingleton(new AskedConfirmation(LagKind.Witnessing));
        services.AddSingleton(provider => new CosignedCheckpoints(provider.GetRequiredService<Database>()));
        services.AddHostedService(provider => new Cosigning(
            provider.GetRequiredService<CosigningRound>(), provider.GetRequiredService<LogPublisher>(), provider.GetRequiredService<LogReader>(),
            provider.GetRequiredService<CosignedCheckpoints>(), provider.GetRequiredService<ConfirmationLags>(), provider.GetRequiredService<Database>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Cosigning>>()));
    }
}
