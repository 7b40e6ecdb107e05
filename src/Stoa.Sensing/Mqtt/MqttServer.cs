using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using Stoa.Sensing.Mqtt.Connections;
using Stoa.Sensing.Mqtt.Packets;

namespace Stoa.Sensing.Mqtt;

/// <summary>Takes MQTT connections from Kestrel: TCP, and TLS where the listener has it.</summary>
public sealed partial class MqttServer : ConnectionHandler
{
    private static readonly TimeSpan LastWordsTime = TimeSpan.FromSeconds(1);

    private readonly MqttBroker _broker;
    private readonly Handshake _handshake;
    private readonly ILogger<MqttServer> _log;

    internal MqttServer(MqttBroker broker, Handshake handshake, ILogger<MqttServer> log)
    {
        _broker = broker;
        _handshake = handshake;
        _log = log;
    }

    /// <inheritdoc/>
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        // A client that set no keep-alive and vanished is noticed by the operating system.
        if (connection.Features.Get<IConnectionSocketFeature>() is { } feature)
            feature.Socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        await ServeAsync(connection.Transport);
        // The last words go out, then the socket is closed; on a line that does not move it is cut.
        await connection.Transport.Output.CompleteAsync();
        await Task.Delay(LastWordsTime, connection.ConnectionClosed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        connection.Abort();
    }

    /// <summary>Serves one client on any stream of bytes; returns when its connection has ended.</summary>
    internal async Task ServeAsync(IDuplexPipe transport)
    {
        var count = _broker.Metrics.Connected();
        var source = new PacketSource(transport.Input)
        {
            PacketBytesMax = (uint)Math.Min(MqttLimits.ConnectBytesMax, _broker.Options.PacketBytesMax),
        };
        try
        {
            var connection = await _handshake.MeetAsync(transport, source, isFull: count > _broker.Options.ConnectionsMax);
            if (connection is not null) await connection.RunAsync();
        }
        catch (Exception error) when (IsOfTheTransport(error))
        {
            // The client has gone.
        }
        catch (Exception error)
        {
            // The outermost loop of a connection: one client's misfortune is nobody else's.
            _broker.Metrics.Failed();
            LogFailed(error);
        }
        finally
        {
            _broker.Metrics.Left();
        }
    }

    private static bool IsOfTheTransport(Exception error) =>
        error is IOException or OperationCanceledException or ConnectionAbortedException;

    [LoggerMessage(3321, LogLevel.Error, "An MQTT connection ended with an unexpected error.")]
    private partial void LogFailed(Exception error);
}
