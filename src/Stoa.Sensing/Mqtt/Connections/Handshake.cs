using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sensing.Mqtt.Sessions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.Connections;

/// <summary>From the first byte to CONNACK: who is it, and which session is it.</summary>
internal sealed partial class Handshake(
    MqttBroker broker, CredentialCheck credentials, ILogger<Handshake> log, ILogger<Connection> connectionLog)
{
    // A random identifier that nobody guesses, so that a session is its client's.
    private const int AssignedIdBytes = 12;

    private readonly ILogger _log = log;

    /// <summary>The connection, with CONNACK sent; null when the client was refused or went away.</summary>
    internal async Task<Connection?> MeetAsync(IDuplexPipe transport, PacketSource source, bool isFull)
    {
        if (await ReadConnectAsync(transport, source) is not { } connect) return null;
        if (isFull)
        {
            await RefuseAsync(transport, connect, ReasonCode.ServerBusy,
                $"The server takes {broker.Options.ConnectionsMax} connections. Come back later.");
            return null;
        }

        var (requester, expires, refusal) = await AuthenticateAsync(connect);
        if ((refusal ?? Check(connect)) is { } fault)
        {
            await RefuseAsync(transport, connect, fault.Reason, fault.Text);
            return null;
        }

        try
        {
            return await OpenAsync(transport, source, connect, requester, expires);
        }
        catch (StorageException error)
        {
            LogNoSession(error.Failure);
            await RefuseAsync(transport, connect, ReasonCode.ServerUnavailable, "The server cannot store now. Come back later.");
            return null;
        }
    }

    private async Task<ConnectPacket?> ReadConnectAsync(IDuplexPipe transport, PacketSource source)
    {
        using var timeout = new CancellationTokenSource(MqttLimits.ConnectTime, broker.Time);
        bool isThere;
        Frame frame;
        try
        {
            (isThere, frame) = await source.NextAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            broker.Metrics.Refused("connect", ReasonCode.MaximumConnectTime);
            return null;
        }

        // Whoever does not begin with CONNECT gets no answer (3.1.0-1): it is no MQTT client.
        if (!isThere || frame.Type != PacketType.Connect)
        {
            broker.Metrics.Refused("connect", ReasonCode.ProtocolError);
            return null;
        }

        var connect = Decode(frame, out var fault);
        if (connect is not null) return connect;
        broker.Metrics.Refused("connect", fault.Reason);
        // The old form is understood by every version where the version is the trouble (3.1.2.2).
        if (fault.Reason == ReasonCode.UnsupportedProtocolVersion)
            await WriteAsync(transport, PacketEncoder.Refused(ProtocolVersion.V311, fault.Reason, ""));
        return null;
    }

    private static ConnectPacket? Decode(in Frame frame, out PacketFault fault)
    {
        var reader = new PacketReader(frame.Body.Span);
        var connect = PacketDecoder.Connect(ref reader);
        fault = reader.Fault ?? default;
        return connect;
    }

    private async ValueTask<(Requester Requester, Instant? Expires, PacketFault? Refusal)> AuthenticateAsync(
        ConnectPacket connect)
    {
        if (connect.Properties.AuthenticationMethod is not null)
        {
            return (Requester.Anonymous, null, new(
                ReasonCode.BadAuthenticationMethod, "Send an access token as the password; there is no other method."));
        }

        if (connect.Password is not { } password) return (Requester.Anonymous, null, null);
        var refusal = new PacketFault(ReasonCode.BadUserNameOrPassword,
            "The password must be a valid access token of this exchange (stoa_…). Without user name and password you may read what is open.");
        var outcome = await credentials.AuthenticateAsync(password.AsMemory(), CancellationToken.None);
        if (!outcome.TryGet(out var requester, out _) || requester.Token is not { } token)
            return (Requester.Anonymous, null, refusal);
        // What the check remembers may be a second old; a connection stays, so it begins with what holds now.
        if (await credentials.RecallAsync(token, CancellationToken.None) is not { } now)
            return (Requester.Anonymous, null, refusal);
        return (requester.IsSameAs(now.Requester) ? requester : now.Requester, now.Expires, null);
    }

    private static PacketFault? Check(ConnectPacket connect)
    {
        if (Encoding.UTF8.GetByteCount(connect.ClientId) > MqttLimits.ClientIdBytesMax)
            return new(ReasonCode.ClientIdentifierNotValid, $"A client identifier has at most {MqttLimits.ClientIdBytesMax} bytes.");
        if (connect.ClientId.Length == 0 && connect.Version == ProtocolVersion.V311 && !connect.IsCleanStart)
            return new(ReasonCode.ClientIdentifierNotValid, "A session that shall be continued needs a client identifier.");
        return connect.ClientId.AsSpan().ContainsAnyInRange('\u0000', '\u001f')
            ? new(ReasonCode.ClientIdentifierNotValid, "A client identifier has no control characters.")
            : null;
    }

    private async Task<Connection?> OpenAsync(
        IDuplexPipe transport, PacketSource source, ConnectPacket connect, Requester requester, Instant? expires)
    {
        var isAssigned = connect.ClientId.Length == 0;
        var clientId = isAssigned ? "stoa-" + RandomNumberGenerator.GetHexString(2 * AssignedIdBytes, lowercase: true)
            : connect.ClientId;
        var isPresent = false;
        var opened = await broker.Sessions.OpenAsync(connect, clientId, requester, (session, wasThere) =>
        {
            isPresent = wasThere;
            return new Connection(broker, transport, source, connect, session, connect.KeepAliveSeconds, connectionLog)
            {
                TokenExpires = expires,
            };
        }, CancellationToken.None);
        if (!opened.TryGet(out var connection, out var problem))
        {
            await RefuseAsync(transport, connect, ReasonCode.QuotaExceeded, problem.Detail);
            return null;
        }

        broker.Add(connection);
        source.PacketBytesMax = (uint)broker.Options.PacketBytesMax;
        var kept = (uint)connection.Session.Expiry.TotalSeconds;
        var answer = PacketEncoder.Connected(connect.Version, new(isPresent)
        {
            SessionExpirySeconds = kept == connect.SessionExpirySeconds ? null : kept,
            AssignedClientId = isAssigned ? clientId : null,
            ReceiveMaximum = MqttLimits.ReceiveMaximum,
            TopicAliasMaximum = MqttLimits.TopicAliasesMax,
            MaximumPacketBytes = (uint)broker.Options.PacketBytesMax,
            IsSharedAvailable = !requester.IsAnonymous,
        });
        connection.Greet(answer);
        LogConnected(clientId, connect.Version, requester.Token?.Value ?? 0, isPresent);
        return connection;
    }

    private async Task RefuseAsync(IDuplexPipe transport, ConnectPacket connect, ReasonCode reason, string text)
    {
        broker.Metrics.Refused("connect", reason);
        LogRefused(Shown(connect.ClientId), reason);
        await WriteAsync(transport, PacketEncoder.Refused(connect.Version, reason, text));
    }

    // What anybody may send must not break the log's lines.
    private static string Shown(string clientId) => string.Concat(clientId.Where(letter => !char.IsControl(letter)).Take(64));

    private static async Task WriteAsync(IDuplexPipe transport, byte[] packet)
    {
        await transport.Output.WriteAsync(packet);
        await transport.Output.CompleteAsync();
    }

    [LoggerMessage(3331, LogLevel.Debug, "MQTT client {Client} connected, {Version}, token {Token}, session present: {IsPresent}.")]
    private partial void LogConnected(string client, ProtocolVersion version, long token, bool isPresent);

    [LoggerMessage(3332, LogLevel.Information, "MQTT client {Client} refused: {Reason}.")]
    private partial void LogRefused(string client, ReasonCode reason);

    [LoggerMessage(3333, LogLevel.Error, "An MQTT session could not be stored ({Failure}).")]
    private partial void LogNoSession(StorageFailure failure);
}
