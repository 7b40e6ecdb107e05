using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Sensing.Mqtt.Packets;

namespace Stoa.Sensing.Mqtt.Bridges;

/// <summary>The file that <c>mqtt.bridges</c> names: <c>{"bridges": [ … ]}</c>.</summary>
internal sealed record BridgeFile(IReadOnlyList<BridgeDraft> Bridges);

/// <summary>One outside broker as an operator writes it down.</summary>
/// <remarks>Members with a default can be set: generated readers forget the defaults of those that are init
/// alone.</remarks>
internal sealed record BridgeDraft
{
    /// <summary>For logs and metrics, and the default client identifier.</summary>
    public string? Name { get; init; }

    /// <summary><c>mqtt://HOST:PORT</c> or <c>mqtts://HOST:PORT</c>.</summary>
    public Uri? Address { get; init; }

    /// <summary>4 for MQTT 3.1.1, 5 for MQTT 5.</summary>
    public int Version { get; set; } = 5;

    public string? ClientId { get; init; }

    public string? User { get; init; }

    /// <summary>File that holds the password for the outside broker.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>PEM file of the authorities to trust instead of the system's.</summary>
    public string? AuthoritiesFile { get; init; }

    /// <summary>File that holds the access token of this exchange with whose rights the bridge acts.</summary>
    public string? TokenFile { get; init; }

    public IReadOnlyList<BridgeRoute> In { get; set; } = [];

    public IReadOnlyList<BridgeRoute> Out { get; set; } = [];
}

/// <summary>What goes through a bridge in one direction.</summary>
internal sealed record BridgeRoute
{
    /// <summary>What is followed: outside for <c>in</c>, here for <c>out</c>.</summary>
    public string? Filter { get; init; }

    /// <summary>Where it goes: with a slash at the end the topic is appended, without it is the topic.</summary>
    public string? To { get; init; }

    /// <summary>Taken away from the beginning of the topic before it is appended.</summary>
    public string Remove { get; set; } = "";

    /// <summary>QoS 0 or 1.</summary>
    public int Qos { get; set; } = 1;

    /// <summary>Whether the other side shall keep the last message.</summary>
    public bool Retain { get; init; }

    /// <summary>The topic on the other side.</summary>
    internal string TopicFor(string topic)
    {
        if (!To!.EndsWith('/')) return To;
        var rest = topic.StartsWith(Remove, StringComparison.Ordinal) ? topic[Remove.Length..] : topic;
        return To + rest;
    }
}

/// <summary>A bridge with everything read and checked.</summary>
internal sealed record Bridge(string Name, BrokerAddress Address, string Token, BridgeDraft Draft);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
[JsonSerializable(typeof(BridgeFile))]
internal sealed partial class BridgeJson : JsonSerializerContext;

/// <summary>Reads the file of bridges; what cannot be used keeps the server from starting.</summary>
internal static class BridgeReader
{
    private const ushort KeepAliveSeconds = 30;

    /// <exception cref="InvalidDataException">The message says which bridge and what is expected.</exception>
    internal static IReadOnlyList<Bridge> Read(string file)
    {
        BridgeFile? read;
        try
        {
            read = JsonSerializer.Deserialize(File.ReadAllBytes(file), BridgeJson.Default.BridgeFile);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{file}: {error.Message}", error);
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? "";
        return [.. (read?.Bridges ?? []).Select((draft, at) => Check(draft, $"{file}: bridge {draft.Name ?? $"{at + 1}"}", folder))];
    }

    private static Bridge Check(BridgeDraft draft, string where, string folder)
    {
        if (string.IsNullOrEmpty(draft.Name)) throw new InvalidDataException($"{where} needs a name.");
        if (draft.Address is not { IsAbsoluteUri: true, Scheme: "mqtt" or "mqtts", Host.Length: > 0 } address)
            throw new InvalidDataException($"{where}: address must be mqtt://HOST:PORT or mqtts://HOST:PORT.");
        if (draft.Version is not (4 or 5)) throw new InvalidDataException($"{where}: version must be 4 (MQTT 3.1.1) or 5.");
        if (draft.TokenFile is null) throw new InvalidDataException($"{where} needs a tokenFile: the bridge acts with its rights.");
        foreach (var route in draft.In.Concat(draft.Out))
        {
            if (route.Filter is null || !Topics.IsFilter(route.Filter) || string.IsNullOrEmpty(route.To) || Topics.HasWildcards(route.To) ||
                route.Qos is not (0 or 1))
            {
                throw new InvalidDataException(
                    $"{where}: a route needs filter (a topic filter) and to (a topic, or its beginning with / at the end); qos is 0 or 1.");
            }
        }

        var isTls = address.Scheme == "mqtts";
        var connect = new ConnectPacket((ProtocolVersion)draft.Version, draft.ClientId ?? "stoa-" + draft.Name)
        {
            // A 3.1.1 session that is kept is the only one in which the outside broker repeats what was not
            // acknowledged.
            IsCleanStart = false, KeepAliveSeconds = KeepAliveSeconds, UserName = draft.User,
            Password = draft.PasswordFile is { } password ? Secret(password, where, folder) : null,
            SessionSeconds = uint.MaxValue,
        };
        return new(draft.Name, new(address.Host, address.Port > 0 ? address.Port : isTls ? 8883 : 1883, connect)
        {
            IsTls = isTls, Authorities = draft.AuthoritiesFile is { } pem ? Authorities(pem, where, folder) : null,
        }, Secret(draft.TokenFile, where, folder), draft);
    }

    private static string Secret(string file, string where, string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file)).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{where}: {error.Message}", error);
        }
    }

    private static X509Certificate2Collection Authorities(string file, string where, string folder)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(Path.Combine(folder, file));
            return all;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new InvalidDataException($"{where}: {error.Message}", error);
        }
    }
}
