using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Lags;
using Stoa.Ledger.Writing;
using Stoa.Storage;

namespace Stoa.Ledger.Anchoring;

/// <summary>Puts this capability together.</summary>
public static class AnchoringServices
{
    /// <summary>Adds time stamps and anchors; null: none. Needs the logs.</summary>
    /// <exception cref="InvalidDataException">A file that the options name cannot be used.</exception>
    public static IServiceCollection AddAnchoring(this IServiceCollection services, TimestampOptions? timestamps, AnchorOptions? anchors)
    {
        // A file that cannot be read is found at the start.
        var authority = timestamps is null ? null : new TimestampAuthority(timestamps, TimeProvider.System);
        services.AddSingleton(provider => new Stamps(authority, provider.GetRequiredService<Database>()));
        services.AddSingleton(provider => new Anchors(anchors, provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>()));
        if (timestamps is not null) services.Add<Stamps>(LagKind.Stamping, timestamps.Period);
        if (anchors is not null) services.Add<Anchors>(LagKind.Anchoring, anchors.Period);
        return services;
    }

    // Not AddHostedService, which takes one of a type.
    private static void Add<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(
        this IServiceCollection services, LagKind kind, TimeSpan period)
        where T : class, IConfirmation
    {
        services.AddSingleton(new AskedConfirmation(kind));
        services.AddSingleton<IHostedService>(provider => new Confirming(
            kind, period, provider.GetRequiredService<T>(), provider.GetRequiredService<LogReader>(), provider.GetRequiredService<ConfirmationLags>(),
            provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Confirming>>()));
    }
}
