using System.Diagnostics;
using System.Globalization;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>An answer of 1,000,000 rows: the first byte leaves with the first rows, and memory does not grow with the answer.</summary>
/// <remarks>Arguments: rows (1,000,000).</remarks>
internal static class Streaming
{
    private const double GrowthMegabytesBar = 50;
    private const double FirstByteMillisecondsBar = 50;

    public static async Task RunAsync(Arguments arguments)
    {
        await using var engines = await BenchEngines.OpenAsync(arguments);
        foreach (var engine in engines.All) await RunAsync(engine, arguments.Number(0, 1_000_000));
    }

    private static async Task RunAsync(BenchEngine engine, int rows)
    {
        Console.WriteLine($"\n{engine.Name}");
        (string, string) pages = ("STOA_LIMITS_TOP_MAX", "1000000");
        long datastream;
        await using (var stoa = await engine.StartAsync(pages))
        {
            var datastreams = await stoa.CreateDatastreamsAsync(1, perThing: 1);
            datastream = datastreams[0];
            await Fill.ToAsync(stoa, datastreams, rows);
        }

        // A new process: what loading had left in memory would hide what reading takes.
        await using var server = await engine.StartAsync(pages);
        var path = $"{StoaServer.Path}/Datastreams({datastream})/Observations?$orderby=phenomenonTime&$top=";
        for (var warm = 0; warm < 200; warm++) await ReadAsync(server, path + "100");
        var idle = server.Process.ResidentBytes;
        for (var round = 0; round < 3; round++)
        {
            var (first, total, bytes, peak) = await ReadAsync(server, path + rows);
            var growth = (peak - idle) / 1048576.0;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{rows:N0} rows, {bytes >> 20} MB in {total.TotalSeconds:N2} s ({rows / total.TotalSeconds:N0} rows/s), load average {Machine.LoadAverage()}"));
            Verdict.Print(first.TotalMilliseconds <= FirstByteMillisecondsBar, string.Create(CultureInfo.InvariantCulture,
                $"first byte after {first.TotalMilliseconds:N1} ms, bar {FirstByteMillisecondsBar}"));
            Verdict.Print(growth <= GrowthMegabytesBar, string.Create(CultureInfo.InvariantCulture,
                $"{growth:N0} MB over the {idle >> 20} MB of before, bar {GrowthMegabytesBar}"));
        }
    }

    private static async Task<(TimeSpan First, TimeSpan Total, long Bytes, long Peak)> ReadAsync(StoaServer stoa, string path)
    {
        var buffer = new byte[64 << 10];
        var clock = Stopwatch.StartNew();
        using var answer = await stoa.Http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync();
        long bytes = await body.ReadAsync(buffer), peak = 0;
        var first = clock.Elapsed;
        for (int read, reads = 0; (read = await body.ReadAsync(buffer)) > 0; bytes += read, reads++)
            if (reads % 64 == 0) peak = Math.Max(peak, stoa.Process.ResidentBytes);
        return (first, clock.Elapsed, bytes, Math.Max(peak, stoa.Process.ResidentBytes));
    }
}
