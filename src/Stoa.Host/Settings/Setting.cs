using System.Globalization;
using System.Net;
using System.Text;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Ledger.Anchoring;
using Stoa.Sharing;
using Stoa.Vocabulary;

namespace Stoa.Host.Settings;

/// <summary>What a setting's text must look like.</summary>
internal enum SettingKind
{
    Text,
    Folder,
    Addresses,
    Address,
    Listener,
    Provider,
    Networks,
    File,
    Word,
    Count,
    Bytes,
    Seconds,
    TimeZone,
    Countries,
    Link,
    ChainAddress,
    Levels,
}

/// <summary>One thing an operator may set: its name in every source, its default, its limits and what it is
/// for.</summary>
/// <param name="Key">Name in the settings file, members of nested objects joined by a dot:
/// <c>limits.bodyBytes</c>.</param>
/// <param name="Kind">The form of its text.</param>
/// <param name="Default">Text taken when no source names it; empty means unset.</param>
/// <param name="Summary">What it does, one sentence, for the reference.</param>
internal sealed record Setting(string Key, SettingKind Kind, string Default, string Summary)
{
    /// <summary>Least value taken, for kinds that are numbers.</summary>
    public long Min { get; init; }

    /// <summary>Greatest value taken, for kinds that are numbers.</summary>
    public long Max { get; init; } = long.MaxValue;

    /// <summary>Words taken, for <see cref="SettingKind.Word"/>.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Option of <c>stoa serve</c> that sets it; null: only through <c>--set</c>.</summary>
    public string? Option { get; init; }

    /// <summary>Name of its environment variable: <c>STOA_LIMITS_BODY_BYTES</c>.</summary>
    public string Variable
    {
        get
        {
            var name = new StringBuilder("STOA_");
            foreach (var letter in Key)
            {
                if (char.IsUpper(letter)) name.Append('_');
                name.Append(letter == '.' ? '_' : char.ToUpperInvariant(letter));
            }

            return name.ToString();
        }
    }

    /// <summary>Null when the text is taken, else what is expected instead, as the end of a sentence.</summary>
    public string? Refuse(string text) => Kind switch
    {
        SettingKind.Text => null,
        SettingKind.Folder => text.Length > 0 ? null : "must name a folder",
        SettingKind.Address => text.Length == 0 || IsAddress(text)
            ? null : "must be an http or https address without path, such as https://data.example.org",
        SettingKind.Addresses => text.Length > 0 && Split(text).All(IsListenAddress)
            ? null
            : "must be one or more of http://HOST:PORT, separated by semicolons, where HOST is an IP address, localhost or *",
        SettingKind.Listener => text.Length == 0 || ListenAddress.TryParseListener(text, out _)
            ? null : "must be HOST:PORT, where HOST is an IP address, localhost or *, or empty for none",
        SettingKind.Provider => text.Length == 0 || OpenIdOptions.IsAllowed(text)
            ? null : "must be an https address, such as https://login.example.org/realms/city, or an http address on this machine",
        SettingKind.Networks => Split(text).All(part => TryNetwork(part, out _))
            ? null : "must be IP addresses or networks such as 192.0.2.0/24, separated by semicolons",
        SettingKind.File => null,
        SettingKind.TimeZone => TryTimeZone(text, out _)
            ? null : "must be a time zone of the IANA database, such as Europe/Berlin, or UTC",
        SettingKind.Countries => Split(text) is { Length: <= SharingOptions.JurisdictionsMax } codes && codes.All(SharingOptions.IsCountry)
            ? null : "must be ISO 3166 codes of two capital letters, such as DE;AT, separated by semicolons, or empty for all",
        SettingKind.Link => text.Length == 0 || IsLink(text) ? null : "must be an http or https address, such as https://tsa.example.org/tsr",
        SettingKind.ChainAddress => text.Length == 0 || AnchorOptions.IsChainAddress(text) ? null : "must be an address on a chain, 0x and 40 hexadecimal digits",
        SettingKind.Levels => Split(text).All(part => SpectrumClasses.TryParse(part, out _))
            ? null : "must be levels of the data spectrum, closed, specific, group, public or open, separated by semicolons",
        SettingKind.Word => Words.Contains(text) ? null : "must be one of " + string.Join(", ", Words),
        SettingKind.Count or SettingKind.Seconds => RefuseNumber(
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number : null, "number"),
        SettingKind.Bytes => RefuseNumber(
            TryBytes(text, out var bytes) ? bytes : null, "number of bytes, such as 16 MiB"),
        _ => throw new InvalidOperationException($"Unknown kind of setting: {Kind}."),
    };

    /// <summary>The parts of a text that holds several.</summary>
    public static string[] Split(string text) =>
        text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Finds a time zone by its IANA name.</summary>
    public static bool TryTimeZone(string text, out TimeZoneInfo zone)
    {
        zone = TimeZoneInfo.Utc;
        if (text == "UTC") return true;
        if (!text.Contains('/', StringComparison.Ordinal) || !TimeZoneInfo.TryFindSystemTimeZoneById(text, out var found)) return false;
        zone = found;
        return true;
    }

    /// <summary>Reads an IP address or a network.</summary>
    public static bool TryNetwork(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network)) return true;
        if (!IPAddress.TryParse(text, out var address)) return false;
        network = new(address, address.GetAddressBytes().Length * 8);
        return true;
    }

    /// <summary>Reads a size: a whole number, bytes or with KiB, MiB or GiB after it.</summary>
    public static bool TryBytes(string text, out long bytes)
    {
        var (digits, unit) = text.TrimEnd() switch
        {
            var t when t.EndsWith("KiB", StringComparison.Ordinal) => (t[..^3], 1L << 10),
            var t when t.EndsWith("MiB", StringComparison.Ordinal) => (t[..^3], 1L << 20),
            var t when t.EndsWith("GiB", StringComparison.Ordinal) => (t[..^3], 1L << 30),
            var t => (t, 1L),
        };
        var isNumber = long.TryParse(digits.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out bytes);
        if (!isNumber || bytes > long.MaxValue / unit) return false;
        bytes *= unit;
        return true;
    }

    private string? RefuseNumber(long? number, string what) =>
        number >= Min && number <= Max ? null : $"must be a {what} from {Show(Min)} to {Show(Max)}";

    /// <summary>A number in the unit of this setting, as people write it.</summary>
    public string Show(long number) => Kind switch
    {
        SettingKind.Bytes when number >= 1 << 30 && number % (1 << 30) == 0 => $"{number >> 30} GiB",
        SettingKind.Bytes when number >= 1 << 20 && number % (1 << 20) == 0 => $"{number >> 20} MiB",
        SettingKind.Bytes when number >= 1 << 10 && number % (1 << 10) == 0 => $"{number >> 10} KiB",
        _ => number.ToString(CultureInfo.InvariantCulture),
    };

    private static bool IsLink(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0;

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" &&
        uri is { AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" };

    private static bool IsListenAddress(string text) => ListenAddress.TryParse(text, out _);
}

/// <summary>An address that the server listens on.</summary>
/// <param name="Host">As written: an IP address, <c>localhost</c> or <c>*</c>.</param>
/// <param name="Endpoint">Where the socket is bound; port 0 takes any free port.</param>
internal sealed record ListenAddress(string Host, IPEndPoint Endpoint)
{
    private const string Scheme = "http://";

    /// <summary>Reads <c>http://HOST:PORT</c>. TLS belongs to the proxy in front.</summary>
    public static bool TryParse(string text, out ListenAddress address)
    {
        address = new("localhost", new IPEndPoint(IPAddress.Loopback, 0));
        return text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) &&
            TryParseListener(text[Scheme.Length..].TrimEnd('/'), out address);
    }

    /// <summary>Reads <c>HOST:PORT</c>.</summary>
    public static bool TryParseListener(string rest, out ListenAddress address)
    {
        address = new("localhost", new IPEndPoint(IPAddress.Loopback, 0));
        var colon = rest.LastIndexOf(':');
        if (colon <= 0) return false;
        var host = rest[..colon];
        var isPort = ushort.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port);
        if (!isPort) return false;
        var ip = host switch
        {
            "localhost" => IPAddress.Loopback,
            "*" or "+" => IPAddress.IPv6Any,
            _ => IPAddress.TryParse(host.Trim('[', ']'), out var parsed) ? parsed : null,
        };
        if (ip is null) return false;
        address = new(host, new IPEndPoint(ip, port));
        return true;
    }

    /// <summary>The address by which a person at this machine reaches the server.</summary>
    public Uri ToUri(int port)
    {
        var isAny = Endpoint.Address.Equals(IPAddress.Any) || Endpoint.Address.Equals(IPAddress.IPv6Any);
        return new($"http://{(isAny ? "localhost" : Host)}:{port.ToString(CultureInfo.InvariantCulture)}/");
    }
}
