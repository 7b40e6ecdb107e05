using System.Globalization;
using System.Text.Json;

namespace Stoa.Conformance.Mqtt;

/// <summary>Where a server speaks MQTT over TCP.</summary>
/// <param name="Host">Host name or address.</param>
/// <param name="Port">Port.</param>
/// <param name="IsEncrypted">Whether TLS is spoken.</param>
internal sealed record MqttAddress(string Host, int Port, bool IsEncrypted)
{
    private const int PlainPort = 1883;
    private const int EncryptedPort = 8883;

    /// <summary>HOST, HOST:PORT, or a URL with the scheme mqtt, tcp, mqtts or ssl.</summary>
    /// <exception cref="CannotRun">It is none of these.</exception>
    public static MqttAddress Parse(string text) =>
        TryParse(text, out var address) ? address
            : throw new CannotRun($"'{text}' is not an address of MQTT: HOST:PORT.");

    /// <summary>The first address over TCP that the landing page names for the requirement (OGC 18-088, 14).</summary>
    /// <exception cref="CannotRun">There is none.</exception>
    public static MqttAddress OfLandingPage(JsonElement landing, string requirement)
    {
        var settings = landing.Known("serverSettings") is { ValueKind: JsonValueKind.Object } known
            ? known.EnumerateObject().Where(member => Requirements.PathOf(member.Name) == requirement).Select(member =>
                member.Value)
            : [];
        foreach (var endpoint in settings.Where(setting =>
            setting.Known("endpoints") is { ValueKind: JsonValueKind.Array })
            .SelectMany(setting => setting.Items("endpoints")))
            if (endpoint.ValueKind == JsonValueKind.String &&
                TryParse(endpoint.GetString()!, out var address)) return address;
        throw new CannotRun("The landing page names no MQTT address over TCP; name it with --mqtt HOST:PORT.");
    }

    private static bool TryParse(string text, out MqttAddress address)
    {
        address = new("", 0, false);
        var at = text.IndexOf("://", StringComparison.Ordinal);
        var scheme = at < 0 ? "MQTT" : text[..at].ToUpperInvariant();
        if (scheme is not ("MQTT" or "TCP" or "MQTTS" or "SSL")) return false;
        var rest = (at < 0 ? text : text[(at + 3)..]).TrimEnd('/');
        var isEncrypted = scheme is "MQTTS" or "SSL";
        var port = isEncrypted ? EncryptedPort : PlainPort;
        var colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf(']'))
        {
            if (!int.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture,
                out port)) return false;
            rest = rest[..colon];
        }

        address = new(rest.Trim('[', ']'), port, isEncrypted);
        return rest.Length > 0 && port is > 0 and < 65536;
    }
}
