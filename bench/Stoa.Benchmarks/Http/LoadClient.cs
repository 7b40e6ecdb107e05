using System.Diagnostics;
using System.Net.Sockets;

namespace Stoa.Benchmarks.Http;

/// <summary>Writes the next request into a buffer, head and body; called by one connection at a time.</summary>
internal delegate int WriteRequest(Span<byte> buffer, long number);

/// <summary>What a stretch of load brought.</summary>
/// <param name="Requests">Answered.</param>
/// <param name="Errors">Those of them that were refused.</param>
/// <param name="Time">How long it took.</param>
/// <param name="CpuMilliseconds">Processor time of the server, a request.</param>
/// <param name="DatabaseMilliseconds">The same of the database server behind it.</param>
/// <param name="Latencies">Of each request, milliseconds.</param>
internal sealed record LoadResult(
    long Requests, long Errors, TimeSpan Time, double CpuMilliseconds, double DatabaseMilliseconds, List<double> Latencies)
{
    public double PerSecond => Requests / Time.TotalSeconds;

    /// <summary>Processor time of both, a request.</summary>
    public double AllMilliseconds => CpuMilliseconds + DatabaseMilliseconds;

    /// <summary>Several stretches as one.</summary>
    public static LoadResult Of(IReadOnlyList<LoadResult> parts)
    {
        var requests = parts.Sum(part => part.Requests);
        return new(requests, parts.Sum(part => part.Errors), TimeSpan.FromTicks(parts.Sum(part => part.Time.Ticks)),
            parts.Sum(part => part.CpuMilliseconds * part.Requests) / Math.Max(1, requests),
            parts.Sum(part => part.DatabaseMilliseconds * part.Requests) / Math.Max(1, requests), [.. parts.SelectMany(part => part.Latencies)]);
    }

    public double P50 => Machine.Percentile(Latencies, 0.50);

    public double P95 => Machine.Percentile(Latencies, 0.95);

    public double P99 => Machine.Percentile(Latencies, 0.99);
}

/// <summary>A closed loop over kept-alive sockets: each connection sends, reads the whole answer, sends again.</summary>
/// <remarks>It shares the machine with the server, so it does as little as it can: no headers are looked at but the length.</remarks>
internal sealed class LoadClient(Uri address, int connections) : IDisposable
{
    private readonly LoadConnection[] _connections =
        [.. Enumerable.Range(0, connections).Select(_ => new LoadConnection(address))];

    private long _number;

    /// <param name="time">How long.</param>
    /// <param name="write">Writes requests.</param>
    /// <param name="server">Whose processor time counts.</param>
    /// <param name="after">How long the server's work still counts for this stretch: what it does later than its answers.</param>
    public async Task<LoadResult> RunAsync(TimeSpan time, WriteRequest write, Servers.ServerProcess server, TimeSpan after = default)
    {
        var (cpu, database) = (server.CpuTime, server.DatabaseCpuTime);
        var clock = Stopwatch.StartNew();
        var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var results = await Task.WhenAll(_connections.Select(connection =>
            Task.Run(() => connection.RunAsync(end, () => Interlocked.Increment(ref _number), write))));
        var elapsed = clock.Elapsed;
        if (after > TimeSpan.Zero) await Task.Delay(after);
        var requests = results.Sum(result => result.Requests);
        return new LoadResult(requests, results.Sum(result => result.Errors), elapsed,
            (server.CpuTime - cpu).TotalMilliseconds / Math.Max(1, requests),
            (server.DatabaseCpuTime - database).TotalMilliseconds / Math.Max(1, requests), [.. results.SelectMany(result => result.Latencies)]);
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
    }
}

/// <summary>One kept-alive connection.</summary>
internal sealed class LoadConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _out = new byte[64 << 10];
    private byte[] _in = new byte[64 << 10];

    public LoadConnection(Uri address) => _socket.Connect(address.Host, address.Port);

    public async Task<(long Requests, long Errors, List<double> Latencies)> RunAsync(long end, Func<long> next, WriteRequest write)
    {
        long requests = 0, errors = 0;
        var latencies = new List<double>();
        while (Stopwatch.GetTimestamp() < end)
        {
            var length = write(_out, next());
            var started = Stopwatch.GetTimestamp();
            var status = await ExchangeAsync(length);
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            requests++;
            if (status is < 200 or > 299) errors++;
        }

        return (requests, errors, latencies);
    }

    /// <summary>One request and its answer.</summary>
    /// <returns>The status of the answer.</returns>
    public ValueTask<int> OneAsync(long number, WriteRequest write) => ExchangeAsync(write(_out, number));

    private async ValueTask<int> ExchangeAsync(int length)
    {
        await _socket.SendAsync(_out.AsMemory(0, length));
        var received = 0;
        while (true)
        {
            if (received == _in.Length) Array.Resize(ref _in, _in.Length * 2);
            var count = await _socket.ReceiveAsync(_in.AsMemory(received));
            if (count == 0) throw new IOException("The server closed the connection.");
            received += count;
            if (HttpAnswer.IsComplete(_in.AsSpan(0, received), out var status)) return status;
        }
    }

    public void Dispose() => _socket.Dispose();
}

/// <summary>Just enough of HTTP/1.1 (RFC 9112) to know where an answer ends.</summary>
internal static class HttpAnswer
{
    public static bool IsComplete(ReadOnlySpan<byte> answer, out int status)
    {
        status = 0;
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return false;
        status = ((answer[9] - '0') * 100) + ((answer[10] - '0') * 10) + (answer[11] - '0');
        var headers = answer[..head];
        var body = answer[(head + 4)..];
        var length = headers.IndexOf("Content-Length: "u8);
        if (length < 0)
            return headers.IndexOf("Transfer-Encoding: chunked"u8) < 0 || body.EndsWith("0\r\n\r\n"u8);
        var bytes = 0;
        foreach (var digit in headers[(length + 16)..])
        {
            if (digit is < (byte)'0' or > (byte)'9') break;
            bytes = (bytes * 10) + (digit - '0');
        }

        return body.Length >= bytes;
    }
}
