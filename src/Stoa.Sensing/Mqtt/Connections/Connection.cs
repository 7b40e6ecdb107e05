using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sensing.Mqtt.Sessions;
using Stoa.Storage;
using Stoa.Vocabulary;
using Session = Stoa.Sensing.Mqtt.Sessions.Session;

namespace Stoa.Sensing.Mqtt.Connections;

/// <summary>One client, from CONNECT to the end of its connection.</summary>
[SuppressMessage("Design", "CA1001", Justification = "EndAsync disposes what it owns, and nothing comes after it.")]
internal sealed partial class Connection
{
    // How long the last words may take on a line that does not move.
    private static readonly TimeSpan LastWordsTime = TimeSpan.FromSeconds(1);

    private readonly MqttBroker _broker;
    private readonly IDuplexPipe _transport;
    private readonly PacketSource _source;
    private readonly ConnectPacket _connect;
    private readonly ConnectionWriter _writer;
    private readonly Pending _pending;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource _detached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly long _quietTicksMax;
    private Dictionary<ushort, string>? _aliases;
    private WillMessage? _will;
    private ReasonCode? _closeReason;
    private string _closeText = "";
    private long _lastHeard;
    private int _refused;

    internal Connection(
        MqttBroker broker, IDuplexPipe transport, PacketSource source, ConnectPacket connect, Session session,
        ushort keepAliveSeconds, ILogger log)
    {
        _broker = broker;
        _transport = transport;
        _source = source;
        _connect = connect;
        _will = connect.Will;
        _log = log;
        Session = session;
        _writer = new(transport.Output, connect, session, broker);
        _pending = new(this);
        _quietTicksMax = (long)(keepAliveSeconds * 1.5 * broker.Time.TimestampFrequency);
        _lastHeard = broker.Time.GetTimestamp();
    }

    /// <summary>What the client's messages belong to.</summary>
    internal Session Session { get; }

    /// <summary>When the token that was shown is over; null for never.</summary>
    internal Instant? TokenExpires { get; set; }

    /// <summary>Ends when the session is free for another connection.</summary>
    internal Task Detached => _detached.Task;

    /// <summary>Whether the client can be told why the server ends the connection.</summary>
    internal bool CanBeTold => Version == ProtocolVersion.V5;

    private ProtocolVersion Version => _connect.Version;

    /// <summary>There is something to send.</summary>
    internal void HasMessages() => _writer.HasMessages();

    /// <summary>Ends the connection from this side, telling an MQTT 5 client why.</summary>
    internal void Close(ReasonCode reason, string text)
    {
        lock (_gate)
        {
            if (_closeReason is not null) return;
            _closeReason = reason;
            _closeText = text;
        }

        _transport.Input.CancelPendingRead();
    }

    /// <summary>Why the server ended it; null while it has not.</summary>
    internal ReasonCode? CloseReason
    {
        get
        {
            lock (_gate) return _closeReason;
        }
    }

    /// <summary>Ends the connection when the client has been silent for longer than it promised (3.1.2.10).</summary>
    internal void CheckKeepAlive(long now)
    {
        if (_quietTicksMax > 0 && now - Volatile.Read(ref _lastHeard) > _quietTicksMax)
            Close(ReasonCode.KeepAliveTimeout, "Nothing was heard for one and a half times the keep-alive time.");
    }

    /// <summary>Puts CONNACK first in the line of what is sent.</summary>
    internal void Greet(byte[] answer) => _writer.Answer(answer);

    /// <summary>Serves the client until the connection ends; CONNACK was sent.</summary>
    internal async Task RunAsync()
    {
        var writing = _writer.RunAsync();
        try
        {
            await ReadAsync();
        }
        finally
        {
            await EndAsync(writing);
        }
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            if (!_source.TryNext(out var frame))
            {
                var (isThere, next) = await _source.NextAsync(CancellationToken.None);
                if (!isThere) break;
                frame = next;
            }

            if (IsClosing) break;
            _lastHeard = _broker.Time.GetTimestamp();
            if (!await TakeAsync(frame)) break;
        }

        if (_source.Fault is { } fault) Close(fault.Reason, fault.Text);
    }

    private bool IsClosing => CloseReason is not null;

    private async Task EndAsync(Task writing)
    {
        _source.Release();
        await _ended.CancelAsync();
        // The session is free only when it is known what of it was stored.
        await _pending.Completion;
        if (_closeReason is { } reason)
        {
            _broker.Metrics.Disconnected(reason);
            LogClosed(Session.ClientId, reason, _closeText);
            var text = _connect.Properties.WantsReasons ? _closeText : "";
            _writer.Answer(PacketEncoder.Disconnected(Version, reason, text));
        }

        _writer.End();
        try
        {
            await writing.WaitAsync(LastWordsTime, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            // The line does not move: the end of the transport ends the writer.
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ConnectionAbortedException)
        {
            // The client has gone without a word.
        }

        await _broker.DetachAsync(this, _will);
        _detached.TrySetResult();
        _ended.Dispose();
    }

    /// <summary>A publication could not be stored: the disk or the queue, not the client.</summary>
    internal void NotStored(StorageFailure failure) => LogNotStored(Session.ClientId, failure);

    /// <summary>A publication met an error of this program.</summary>
    internal void Failed(Exception error)
    {
        _broker.Metrics.Failed();
        LogFailed(error, Session.ClientId);
    }

    [LoggerMessage(3301, LogLevel.Information, "MQTT client {Client}: connection ended by the server: {Reason}. {Text}")]
    private partial void LogClosed(string client, ReasonCode reason, string text);

    [LoggerMessage(3302, LogLevel.Error, "MQTT client {Client}: a publication could not be stored ({Failure}).")]
    private partial void LogNotStored(string client, StorageFailure failure);

    [LoggerMessage(3303, LogLevel.Error, "MQTT client {Client}: a packet met an unexpected error.")]
    private partial void LogFailed(Exception error, string client);

    [LoggerMessage(3304, LogLevel.Warning, "MQTT client {Client}: publication refused: {Reason}. {Text}")]
    private partial void LogRefused(string client, ReasonCode reason, string? text);
}
