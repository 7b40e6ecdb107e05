using Microsoft.Extensions.DependencyInjection;
using Stoa.Storage;

namespace Stoa.Sensing.Connectors;

/// <summary>What connectors bring into the program.</summary>
internal static class ConnectorServices
{
    internal static void AddConnectors(this IServiceCollection services)
    {
        services.AddSingleton(provider => new Connectors(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ConnectorCounts>();
        services.AddSingleton<ConnectorStore>();
        services.AddSingleton<DeadLetters>();
        services.AddSingleton<ConnectorInbox>();
        services.AddSingleton<ConnectorTopics>();
        services.AddSingleton<ConnectorFolder>();
        services.AddHostedService<ConnectorRefresh>();
    }
}
