using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Stoa.Benchmarks.Servers;
using Stoa.Vocabulary;

namespace Stoa.Benchmarks.Http;

/// <summary>Makes the requests of the load: the same bytes for every server but path and credential.</summary>
/// <param name="path">Path in front of the entity sets.</param>
/// <param name="token">Bearer token, or null.</param>
/// <param name="datastreams">The Datastreams that take turns.</param>
internal sealed class Requests(string path, string? token, long[] datastreams)
{
    public const int RowsPerArray = 100;
    private const long MinuteMicroseconds = 60_000_000;

    // 2025-01-01; arrays fill the years after it, single observations begin ten years later.
    private const long Beginning = 1_735_689_600_000_000;
    private const long Live = Beginning + (3650L * 1440 * MinuteMicroseconds);

    private readonly byte[] _single = Head("POST", $"{path}/Observations", token);
    private readonly byte[] _array = Head("POST", $"{path}/CreateObservations", token);

    /// <summary>Observations as they come from live sensors: one clock, every datastream once a minute.</summary>
    public int WriteSingle(Span<byte> buffer, long number)
    {
        Span<byte> body = stackalloc byte[256];
        var time = new Instant(Live + (number * MinuteMicroseconds / datastreams.Length));
        Utf8.TryWrite(body, CultureInfo.InvariantCulture,
            $"{{\"phenomenonTime\":\"{time}\",\"resultTime\":\"{time}\",\"result\":{ResultOf(number)},\"Datastream\":{{\"@iot.id\":{DatastreamOf(number)}}}}}",
            out var length);
        return WriteRequest(buffer, _single, body[..length]);
    }

    /// <summary>Arrays of 100 minutes of one datastream; the datastreams take turns.</summary>
    public int WriteArray(Span<byte> buffer, long number)
    {
        Span<byte> body = stackalloc byte[RowsPerArray * 64];
        var first = Beginning + (number / datastreams.Length * RowsPerArray * MinuteMicroseconds);
        Utf8.TryWrite(body, CultureInfo.InvariantCulture,
            $"[{{\"Datastream\":{{\"@iot.id\":{DatastreamOf(number)}}},\"components\":[\"phenomenonTime\",\"result\"],\"dataArray@iot.count\":100,\"dataArray\":[",
            out var length);
        for (var row = 0; row < RowsPerArray; row++)
        {
            if (row > 0) body[length++] = (byte)',';
            Utf8.TryWrite(body[length..], CultureInfo.InvariantCulture,
                $"[\"{new Instant(first + (row * MinuteMicroseconds))}\",{ResultOf(number + row)}]", out var written);
            length += written;
        }

        "]}]"u8.CopyTo(body[length..]);
        return WriteRequest(buffer, _array, body[..(length + 3)]);
    }

    /// <summary>A row of that array.</summary>
    public BareRow RowOf(long number, int row) => new(
        DatastreamOf(number), Beginning + (((number / datastreams.Length * RowsPerArray) + row) * MinuteMicroseconds), ResultOf(number + row));

    public static int WriteGet(Span<byte> buffer, string target, string? token)
    {
        Utf8.TryWrite(buffer, $"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n", out var length);
        if (token is not null)
        {
            Utf8.TryWrite(buffer[length..], $"Authorization: Bearer {token}\r\n", out var more);
            length += more;
        }

        "\r\n"u8.CopyTo(buffer[length..]);
        return length + 2;
    }

    public static int WriteBody(Span<byte> buffer, string method, string target, string? token, string body) =>
        WriteRequest(buffer, Head(method, target, token), Encoding.UTF8.GetBytes(body));

    /// <summary>The time of the n-th row of every datastream that arrays have filled.</summary>
    public static string TimeOfMinute(long minute) => new Instant(Beginning + (minute * MinuteMicroseconds)).ToString();

    /// <summary>The datastream of a request. A multiplier without a common factor visits each once in a scattered order.</summary>
    public long DatastreamOf(long number) => datastreams[number * 7919 % datastreams.Length];

    private static double ResultOf(long number) => number * 104_729 % 10_000 / 100.0;

    private static byte[] Head(string method, string target, string? token) => Encoding.ASCII.GetBytes(
        $"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" +
        (token is null ? "" : $"Authorization: Bearer {token}\r\n") + "Content-Length: ");

    private static int WriteRequest(Span<byte> buffer, byte[] head, ReadOnlySpan<byte> body)
    {
        head.CopyTo(buffer);
        var length = head.Length;
        body.Length.TryFormat(buffer[length..], out var digits, provider: CultureInfo.InvariantCulture);
        length += digits;
        "\r\n\r\n"u8.CopyTo(buffer[length..]);
        length += 4;
        body.CopyTo(buffer[length..]);
        return length + body.Length;
    }
}
