using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stoa.Identity.Http;
using Stoa.Sensing.Mqtt.Connections;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt;

/// <summary>MQTT inside WebSockets, at an address of the web server.</summary>
public static class MqttEndpoints
{
    /// <summary>Where browsers connect.</summary>
    public const string Path = "/mqtt";

    private const string Subprotocol = "mqtt";

    /// <summary>Maps <c>/mqtt</c> (MQTT 5, 6).</summary>
    public static void MapMqtt(this WebApplication app)
    {
        var server = app.Services.GetRequiredService<MqttServer>();
        var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        app.MapGet(Path, (HttpContext context) => ServeAsync(server, context, lifetime.ApplicationStopped))
            .ExcludeFromDescription();
    }

    private static Problem WebSocketRequired { get; } = new(
        426, "websocket-required", "MQTT is spoken here",
        "Connect an MQTT client with the WebSocket subprotocol 'mqtt' to this address, or use the MQTT port.");

    private static async Task ServeAsync(MqttServer server, HttpContext context, CancellationToken stopped)
    {
        if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains(Subprotocol))
        {
            context.Response.Headers.Upgrade = "websocket";
            await WebSocketRequired.WriteAsync(context);
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(Subprotocol);
        await new WebSocketPipe(socket).RunAsync(server.ServeAsync, stopped);
    }
}
