using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Requests that no client of good will sends, byte by byte: each is answered within a second, and never as a
/// failure
/// of the server.</summary>
public class Hostile_requests(SharedExchange shared)
{
    // A second, and as much again for a machine that is busy with other tests.
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(2);

    /// <summary>Name, request, and the status codes that are right; HOST, ROOT and TOKEN are filled in.</summary>
    private static readonly (string Name, string Request, int[] Statuses)[] Requests =
    [
        // Query options
        Get("enormous top", "Things?$top=9223372036854775807", 200, 400),
            Get("top beyond any number", "Things?$top=99999999999999999999999", 400),
        Get("enormous skip", "Things?$skip=9223372036854775807", 200, 400),
            Get("negative top", "Things?$top=-0", 200, 400),
        Get("top in other digits", "Things?$top=%D9%A3", 400), Get("top with a space", "Things?$top=%201", 200, 400),
        Get("options twice", "Things?$top=1&$top=1", 400),
            Get("options twice in percent", "Things?$top=1&%24top=1", 400),
        Get("options in capitals", "Things?$FILTER=true", 400, 501),
            Get("option without a dollar", "Things?filter=true", 400),
        Get("option that is none", "Things?$=1", 501, 400), Get("only marks", "Things?&&&&", 200),
            Get("only equals", "Things?====", 200, 400),
        Get("skiptoken of nobody", "Things?$skiptoken=%FF%FE%00", 400),
            Get("format that is none", "Things?$resultFormat=../../etc/passwd", 400, 501),
        Get("expand fan-out", "Things?$expand=" +
            string.Join(',', Enumerable.Repeat("Datastreams/Observations/FeatureOfInterest", 40)), 400),
        Get("expand beyond depth",
            "Things?$expand=Datastreams($expand=Thing($expand=Datastreams($expand=Thing($expand=Datastreams($expand=Thing)))))", 400),
        Get("expand of itself",
            "Things?$expand=Datastreams/Thing/Datastreams/Thing/Datastreams/Thing/Datastreams/Thing", 400),
        Get("parentheses", "Things?$filter=" + new string('(', 7000), 400),
            Get("brackets that fit", "Things?$filter=" + new string('(', 300) + "true" + new string(')', 300), 400),
        Get("negations", "Things?$filter=" + string.Concat(Enumerable.Repeat("not%20", 1200)) + "true", 400),
        Get("sums", "Things?$filter=id%20eq%201" + string.Concat(Enumerable.Repeat("%20add%201", 700)), 400),
        Get("list", "Things?$filter=id%20in%20(" + string.Join(',', Enumerable.Range(1, 1500)) + ")", 200, 400),
        Get("order by much", "Things?$orderby=" + string.Join(',', Enumerable.Repeat("name", 500)), 400),
        Get("polygon without end", "Locations?$filter=st_within(location,geography'POLYGON((" +
            string.Join(',', Enumerable.Repeat("0%200", 1100)), 400),
        Get("collections in collections", "Locations?$filter=st_within(location,geography'" +
            string.Concat(Enumerable.Repeat("GEOMETRYCOLLECTION(", 300)), 400),
        Get("year of nobody", "Observations?$filter=phenomenonTime%20gt%2099999-01-01T00:00:00Z", 400),
        Get("relation of length", "Locations?$filter=st_relate(location,geography'POINT(1%201)','" +
            new string('T', 5000) + "')", 400),
        // Encoding
        Get("NUL in a query", "Things?$filter=name%20eq%20'%00'", 200, 400),
            Get("NUL in a path", "Things(1)%00", 400, 404),
        Get("overlong slash", "Things(1)%C0%AFname", 400, 404),
            Get("overlong quote in a query", "Things?$filter=name%20eq%20%C0%A7", 400),
        Get("half a surrogate", "Things?$filter=name%20eq%20'%ED%A0%80'", 200, 400),
            Get("percent of nothing", "Things?$filter=%", 400),
        Get("percent u", "Things?$filter=%u0041", 400), Get("percent twice", "Things%2528%2531%2529", 404),
            Get("dots", "%2e%2e/%2e%2e/etc/passwd", 400, 404),
        Get("slash in percent", "Things(1)%2fname", 400, 404), Get("backslash", "Things(1)\\name", 400, 404),
            Get("semicolon", "Things;jsessionid=1", 404),
        Get("right to left", "Things(%E2%80%AE1)", 400, 404), Get("bytes beyond ASCII", "Things(\u00e9)", 400, 404),
            Get("fragment", "Things#x", 200, 400, 404),
        Get("endless path", string.Join('/', Enumerable.Repeat("Things(1)", 700)), 400, 404),
            Get("slashes", new string('/', 3000), 200, 404),
        Get("line too long", "Things?$filter=" + new string('a', 300_000), 414, 400),
            Get("id of many digits", "Things(" + new string('9', 5000) + ")", 400, 404),
        // Headers
        With("two lengths", "POST", "Things", "Content-Length: 2\r\nContent-Length: 3", "{}", 400),
        With("length and chunks", "POST", "Things", "Content-Length: 2\r\nTransfer-Encoding: chunked", "0\r\n\r\n",
            400),
        With("length below nothing", "POST", "Things", "Content-Length: -1", "{}", 400),
            With("length that is none", "POST", "Things", "Content-Length: x", "{}", 400),
        With("length beyond any number", "POST", "Things", "Content-Length: 99999999999999999999999", "{}", 400, 413),
        With("length beyond the limit", "POST", "Things", "Content-Length: 9999999999", "{}", 413),
        With("no length", "POST", "Things", "X: y", "", 400, 411),
            With("unknown coding", "POST", "Things", "Transfer-Encoding: gzip", "{}", 400, 411, 501),
        With("chunk beyond any number", "POST", "Things", "Transfer-Encoding: chunked",
            "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n", 400, 413),
        With("chunk that is none", "POST", "Things", "Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n", 400),
        With("compressed body", "POST", "Things", "Content-Encoding: gzip\r\nContent-Length: 2", "{}", 400, 415),
        With("body of another kind", "POST", "Things", "Content-Type: text/xml\r\nContent-Length: 9", "<Thing />", 400,
            415),
        With("kind that is none", "POST", "Things", "Content-Type: ;;;=\r\nContent-Length: 2", "{}", 400, 415),
        With("two tokens", "GET", "Things", "Authorization: Bearer x", "", 400, 401),
            With("names with a space", "GET", "Things", "X : y", "", 400),
        With("header with NUL", "GET", "Things", "X: a\0b", "", 400),
            With("folded header", "GET", "Things", "X: a\r\n b", "", 200, 400),
        With("second host", "GET", "Things", "Host: example.org", "", 200, 400),
            With("many headers", "GET", "Things", Headers(200), "", 200, 400, 431),
        With("large header", "GET", "Things", "X: " + new string('x', 100_000), "", 400, 431),
        With("condition that is none", "PATCH", "Things(1)", "If-Match: \"\r\nContent-Length: 2", "{}", 400, 404, 412),
        With("range", "GET", "Things", "Range: bytes=0-0,-1,99999999999999999999-", "", 200, 206, 400, 416),
        With("accept", "GET", "Things", "Accept: " + string.Join(',', Enumerable.Repeat("*/*;q=0.1", 1000)), "", 200,
            400, 406),
        With("other method in a header", "GET", "Things", "X-HTTP-Method-Override: DELETE", "", 200),
        With("preference", "POST", "Things", "Prefer: " + new string(',', 1000) + "\r\nContent-Length: 2", "{}", 400),
        With("key of nobody", "POST", "Things", "Idempotency-Key: " + new string('x', 20_000) +
            "\r\nContent-Length: 2", "{}", 400),
        With("batch without a boundary", "POST", "$batch", "Content-Type: multipart/mixed\r\nContent-Length: 2", "{}",
            400, 415),
        With("batch with an endless boundary", "POST", "$batch",
            $"Content-Type: multipart/mixed; boundary={new string('b', 5000)}\r\nContent-Length: 2", "--", 400, 415),
        // Request lines
        ("method that is none", "BREW ROOT/Things HTTP/1.1\r\nHost: HOST\r\n\r\n", [404, 405, 501]),
            ("method in small letters", "get ROOT/Things HTTP/1.1\r\nHost: HOST\r\n\r\n", [200, 405, 501]),
        ("other version", "GET ROOT/Things HTTP/9.9\r\nHost: HOST\r\n\r\n", [400, 505]),
            ("no version", "GET ROOT/Things\r\n\r\n", [400]),
        ("no host", "GET ROOT/Things HTTP/1.1\r\n\r\n", [400]),
            ("host that is none", "GET ROOT/Things HTTP/1.1\r\nHost: a b\r\n\r\n", [400]),
        ("whole address", "GET http://example.org/ROOT/Things HTTP/1.1\r\nHost: HOST\r\n\r\n", [200, 400, 404]),
        ("asterisk", "OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n", [200, 204, 400, 404, 405]),
            ("tunnel", "CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n\r\n", [400, 404, 405, 501]),
        ("bare line ends", "GET ROOT/Things HTTP/1.1\nHost: HOST\n\n", [200, 400]),
            ("noise", "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n", [400]),
    ];

    private static (string, string, int[]) Get(string name, string path, params int[] statuses) =>
        (name, $"GET ROOT/{path} HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer TOKEN\r\n\r\n", statuses);

    private static (string, string, int[]) With(string name, string method, string path, string headers, string body,
        params int[] statuses) =>
        (name, $"{method} ROOT/{path} HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer TOKEN\r\n{headers}\r\n\r\n{body}", statuses);

    private static string Headers(int count) => string.Join("\r\n",
        Enumerable.Range(0, count).Select(i => $"X-{i}: y"));

    public static TheoryData<string> Names => [.. Requests.Select(request => request.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Are_refused_or_answered_and_never_break_the_server(string name)
    {
        var stoa = await shared.StartedAsync();
        var (_, request, statuses) = Requests.Single(one => one.Name == name);
        var clock = Stopwatch.StartNew();

        var (status, body) = await SendAsync(stoa, request);

        Assert.True(statuses.Contains(status), $"{status} {body}");
        Assert.True(clock.Elapsed < TimeMax, $"{clock.Elapsed}");
        // What the web server refuses before it is a request has no body: it is not HTTP that asks.
        if (status >= 400 &&
            body.Length > 0) Assert.NotEmpty(JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString()!);
        Assert.DoesNotContain("   at ", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Have_names_of_their_own() => Assert.Equal(Requests.Length,
        Requests.Select(request => request.Name).Distinct().Count());

    private static async Task<(int Status, string Body)> SendAsync(Exchange stoa, string request)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var client = new TcpClient();
        await client.ConnectAsync(stoa.Address.Host, stoa.Address.Port, cancellation);
        await using var stream = client.GetStream();
        var text = request.Replace("HOST", $"{stoa.Address.Host}:{stoa.Address.Port}", StringComparison.Ordinal)
            .Replace("ROOT", SensorThings.Root, StringComparison.Ordinal).Replace("TOKEN", stoa.AdminToken,
                StringComparison.Ordinal);
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text), cancellation);
        }
        catch (IOException)
        {
            // The server had seen enough.
        }

        return await ReadAsync(stream, cancellation);
    }

    // One answer: its head, then as many bytes as it says.
    private static async Task<(int Status, string Body)> ReadAsync(NetworkStream stream, CancellationToken cancellation)
    {
        var bytes = new List<byte>();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var text = Encoding.UTF8.GetString([.. bytes]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0 && Body(text[..end], text[(end + 4)..]) is { } body)
                return (int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), body);
            var read = await stream.ReadAsync(buffer, cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(10),
                cancellation);
            if (read == 0) throw new IOException("The connection ended within the answer: " + text);
            bytes.AddRange(buffer.AsSpan(0, read));
        }
    }

    private static string? Body(string head, string rest)
    {
        if (head.Contains("chunked", StringComparison.OrdinalIgnoreCase))
        {
            if (!rest.EndsWith("0\r\n\r\n", StringComparison.Ordinal)) return null;
            var body = new StringBuilder();
            for (var at = 0; ;)
            {
                var line = rest.IndexOf("\r\n", at, StringComparison.Ordinal);
                var length = int.Parse(rest.AsSpan(at, line - at), NumberStyles.HexNumber,
                    CultureInfo.InvariantCulture);
                if (length == 0) return body.ToString();
                body.Append(rest, line + 2, length);
                at = line + 2 + length + 2;
            }
        }

        var mark = head.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
        if (mark < 0) return "";
        var bytes = int.Parse(head[(mark + 16)..].Split('\r')[0], CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetByteCount(rest) >= bytes ? rest : null;
    }
}
