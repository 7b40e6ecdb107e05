using System.IO.Pipelines;
using System.Net.WebSockets;

namespace Stoa.Sensing.Mqtt.Connections;

/// <summary>A WebSocket as the stream of bytes that MQTT sees: binary messages, whose bounds mean nothing (MQTT 5,
/// 6).</summary>
internal sealed class WebSocketPipe : IDuplexPipe
{
    private const int ReceiveBytes = 4096;

    // As much as a socket of Kestrel holds before it stops reading.
    private const int HeldBytesMax = 64 * 1024;

    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(1);

    private readonly WebSocket _socket;
    private readonly Pipe _in = new(new(pauseWriterThreshold: HeldBytesMax, resumeWriterThreshold: HeldBytesMax / 2,
        useSynchronizationContext: false));

    private readonly Pipe _out = new(new(pauseWriterThreshold: HeldBytesMax, resumeWriterThreshold: HeldBytesMax / 2,
        useSynchronizationContext: false));

    internal WebSocketPipe(WebSocket socket) => _socket = socket;

    /// <inheritdoc/>
    public PipeReader Input => _in.Reader;

    /// <inheritdoc/>
    public PipeWriter Output => _out.Writer;

    /// <summary>Moves bytes both ways while <paramref name="serve"/> runs, then closes the WebSocket.</summary>
    internal async Task RunAsync(Func<IDuplexPipe, Task> serve, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var receiving = ReceiveAsync(end.Token);
        var sending = SendAsync(end.Token);
        await serve(this);
        await _out.Writer.CompleteAsync();
        await _in.Reader.CompleteAsync();
        // What was written last still goes out, unless the line does not move.
        end.CancelAfter(CloseTime);
        await sending;
        await CloseAsync(end.Token);
        await end.CancelAsync();
        await receiving;
    }

    private async Task ReceiveAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(_in.Writer.GetMemory(ReceiveBytes), cancellation);
                // Text is not MQTT: the standard wants the connection closed (6.0.0-1).
                if (received.MessageType != WebSocketMessageType.Binary) break;
                _in.Writer.Advance(received.Count);
                if ((await _in.Writer.FlushAsync(cancellation)).IsCompleted) break;
            }
        }
        catch (Exception error) when (IsOfTheTransport(error))
        {
            // The client has gone.
        }

        await _in.Writer.CompleteAsync();
    }

    private async Task SendAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var read = await _out.Reader.ReadAsync(cancellation);
                foreach (var part in read.Buffer)
                    await _socket.SendAsync(part, WebSocketMessageType.Binary, endOfMessage: true, cancellation);
                _out.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) break;
            }
        }
        catch (Exception error) when (IsOfTheTransport(error))
        {
            // The client has gone.
        }

        await _out.Reader.CompleteAsync();
    }

    private async Task CloseAsync(CancellationToken cancellation)
    {
        try
        {
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellation);
        }
        catch (Exception error) when (IsOfTheTransport(error))
        {
            // The client has gone.
        }
    }

    private static bool IsOfTheTransport(Exception error) =>
        error is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException;
}
