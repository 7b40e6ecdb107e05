using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Stoa.Host.Settings;
using Stoa.Sensing.Mqtt;

namespace Stoa.Host;

/// <summary>The sockets of the MQTT server: bound before anything else is touched, served by the web server.</summary>
internal sealed class MqttListeners
{
    private const int UsualPort = 1883;

    private readonly Socket? _plain;
    private readonly Socket? _tls;
    private readonly CertificateFile? _certificate;

    private MqttListeners(Socket? plain, Socket? tls, CertificateFile? certificate)
    {
        _plain = plain;
        _tls = tls;
        _certificate = certificate;
    }

    /// <summary>Where clients connect without TLS; null when nowhere.</summary>
    public IPEndPoint? Endpoint => (IPEndPoint?)_plain?.LocalEndPoint;

    /// <summary>Where clients connect with TLS; null when nowhere.</summary>
    public IPEndPoint? TlsEndpoint => (IPEndPoint?)_tls?.LocalEndPoint;

    /// <summary>What was bound.</summary>
    public IEnumerable<Socket> Sockets => new[] { _plain, _tls }.OfType<Socket>();

    /// <summary>Binds what the settings name.</summary>
    /// <exception cref="StartException">A port is taken, or the certificate cannot be read; the message says what to
    /// do.</exception>
    public static MqttListeners Bind(MqttSettings settings)
    {
        var certificate = settings.TlsListen is null ? null : Certificate(settings);
        return new(
            settings.Listen is { } plain ? Server.Bind(plain, "--mqtt") : null,
            settings.TlsListen is { } tls ? Server.Bind(tls, "--mqtt-tls") : null,
            certificate);
    }

    /// <summary>The usual port at this machine, or any free one where a broker has it already: a first look at the
    /// sample
    /// city must not fail for that.</summary>
    public static string DemoAddress()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, UsualPort));
            return $"127.0.0.1:{UsualPort}";
        }
        catch (SocketException)
        {
            Console.Error.WriteLine(
                $"Port {UsualPort} is taken by another program: MQTT takes any free one. Choose one with --mqtt HOST:PORT.");
            return "127.0.0.1:0";
        }
    }

    private static CertificateFile Certificate(MqttSettings settings)
    {
        try
        {
            return new(settings.Certificate, settings.Key, TimeProvider.System);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new StartException(
                $"The certificate {settings.Certificate} with the key {settings.Key} cannot be used: {error.Message} " +
                "Both must be PEM files that this program may read, the key without a password.", error);
        }
    }

    /// <summary>Lets the web server take connections on them.</summary>
    public void Listen(KestrelServerOptions kestrel)
    {
        if (_plain is not null) kestrel.Listen(_plain.LocalEndPoint!, listener => listener.UseConnectionHandler<MqttServer>());
        if (_tls is null || _certificate is not { } certificate) return;
        kestrel.Listen(_tls.LocalEndPoint!, listener =>
        {
            listener.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificateSelector = (_, _) => certificate.Current,
                // Kestrel offers HTTP's names alone; clients that name a protocol name this one.
                OnAuthenticate = (_, tls) => tls.ApplicationProtocols = [new SslApplicationProtocol("mqtt")],
            });
            listener.UseConnectionHandler<MqttServer>();
        });
    }

    /// <summary>The server's options, with the addresses that clients are told.</summary>
    public MqttOptions OptionsFor(MqttSettings settings, Uri baseAddress)
    {
        var addresses = new List<Uri>();
        if (Endpoint is { } plain) addresses.Add(new UriBuilder("mqtt", baseAddress.Host, plain.Port).Uri);
        if (TlsEndpoint is { } tls) addresses.Add(new UriBuilder("mqtts", baseAddress.Host, tls.Port).Uri);
        addresses.Add(new UriBuilder(baseAddress)
        {
            Scheme = baseAddress.Scheme == Uri.UriSchemeHttps ? "wss" : "ws", Path = MqttEndpoints.Path,
        }.Uri);
        return new()
        {
            Addresses = addresses,
            BridgesFile = settings.Bridges,
            ConnectionsMax = settings.Connections,
            SessionsMax = settings.Sessions,
            SessionExpiryMax = settings.SessionTime,
            PacketBytesMax = (int)settings.PacketBytes,
            QueueMessagesMax = settings.QueueMessages,
            QueueBytesMax = settings.QueueBytes,
            QueueBytesTotalMax = settings.QueueBytesTotal,
            RetainedMessagesMax = settings.RetainedMessages,
        };
    }
}
