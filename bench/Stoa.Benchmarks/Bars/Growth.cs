using System.Globalization;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// What must not grow with the number of observations: latest value and last day of a datastream, and counting a set.
/// </summary>
/// <remarks>Arguments: largest size (default 10,000,000), datastreams (10,000). One connection, so that nothing queues.</remarks>
internal static class Growth
{
    private const double GrowthBar = 1.5;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(string[] args)
    {
        var largest = Arguments.Number(args, 0, 10_000_000);
        using var folder = new BenchFolder();
        await using var stoa = await StoaServer.StartAsync(Path.Combine(folder.Path, "stoa"));
        var datastreams = await stoa.CreateDatastreamsAsync(Arguments.Number(args, 1, 10_000));
        // Ten values each to begin with, so that the smallest size answers the same questions with as many rows.
        var requests = new Requests(StoaServer.Path, stoa.Token, datastreams);
        var questions = new (string Name, Func<long, string> Target)[]
        {
            ("latest", n => $"/Datastreams({datastreams[n * 104_729 % datastreams.Length]})/Observations?$top=1&$orderby=phenomenonTime%20desc"),
            ("last ten", n => $"/Datastreams({datastreams[n * 104_729 % datastreams.Length]})/Observations?$top=10&$orderby=phenomenonTime%20desc"),
            ("count of all", _ => "/Observations?$count=true&$top=1"),
            ("count of one", n => $"/Datastreams({datastreams[n * 104_729 % datastreams.Length]})/Observations?$count=true&$top=1"),
        };
        var first = new Dictionary<string, double>();
        var before = 0L;
        for (long size = 1_000_000; size <= largest; before = size, size *= 10)
        {
            await Fill.ToAsync(stoa, datastreams, size, before);
            foreach (var (name, target) in questions)
            {
                using var client = new LoadClient(stoa.Process.Address, 1);
                WriteRequest write = (buffer, number) => Requests.WriteGet(buffer, StoaServer.Path + target(number), null);
                await client.RunAsync(Time, write, stoa.Process);
                var result = await client.RunAsync(Time, write, stoa.Process);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{size,12:N0} {name,-14} p50 {result.P50:N3} p95 {result.P95:N3} ms, server CPU {result.CpuMilliseconds:N3} ms"));
                if (first.TryAdd(name, result.P95)) continue;
                Verdict.Print(result.P95 <= first[name] * GrowthBar, string.Create(CultureInfo.InvariantCulture,
                    $"p95 {result.P95 / first[name]:N2} times that of the smallest size, bar {GrowthBar}"));
            }
        }
    }
}
