using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stoa.Sensing.Mqtt.Bridges;
using Stoa.Sensing.Mqtt.Connections;
using Stoa.Sensing.Mqtt.Sessions;
using Stoa.Sensing.Mqtt.Spaces;

namespace Stoa.Sensing.Mqtt;

/// <summary>Puts the MQTT server together.</summary>
public static class MqttServices
{
    /// <summary>Adds the broker and its topic spaces; the host decides where it listens.</summary>
    /// <exception cref="InvalidDataException">The file of bridges cannot be used; the message says why.</exception>
    public static IServiceCollection AddMqtt(this IServiceCollection services, MqttOptions options)
    {
        services.AddMetrics();
        services.AddSingleton(options);
        services.AddSingleton<MqttMetrics>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<RetainedMessages>();
        services.AddSingleton<SystemTopics>();
        services.AddSingleton<DeclaredTopics>();
        services.AddSingleton<DatasetTopics>();
        services.AddSingleton<ITopicSpace>(provider => provider.GetRequiredService<DatasetTopics>());
        services.AddSingleton<ITopicSpace>(provider => provider.GetRequiredService<SystemTopics>());
        services.AddSingleton<ITopicSpace>(provider => provider.GetRequiredService<DeclaredTopics>());
        services.AddSingleton<MqttBroker>();
        services.AddSingleton<Handshake>();
        services.AddSingleton(provider => new MqttServer(
            provider.GetRequiredService<MqttBroker>(), provider.GetRequiredService<Handshake>(),
            provider.GetRequiredService<ILogger<MqttServer>>()));
        // Before the retained messages are loaded, so that none is missed in between.
        services.AddHostedService<MessagesOfNodes>();
        services.AddHostedService<MqttWatch>();
        if (options.BridgesFile.Length == 0) return services;
        services.AddSingleton(BridgeReader.Read(options.BridgesFile));
        services.AddHostedService<Bridges.Bridges>();
        return services;
    }
}
