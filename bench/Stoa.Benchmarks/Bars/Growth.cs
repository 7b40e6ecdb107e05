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
    private const int Rounds = 3;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(Arguments arguments)
    {
        await using var engines = await BenchEngines.OpenAsync(arguments);
        foreach (var engine in engines.All)
            await RunAsync(engine, arguments.Number(0, 10_000_000), arguments.Number(1, 10_000));
    }

    private static async Task RunAsync(BenchEngine engine, long largest, int count)
    {
        Console.WriteLine($"\n{engine.Name}");
        await using var stoa = await engine.StartAsync();
        var datastreams = await stoa.CreateDatastreamsAsync(count);
        var requests = new Requests(StoaServer.Path, stoa.Token, datastreams);
        var smallest = new Dictionary<string, (double P95, double Cpu)>();
        var before = 0L;
        for (long size = 100_000; size <= largest; before = size, size *= 10)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            await Fill.ToAsync(stoa, datastreams, size, before);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{size,12:N0} filled with {(size - before) / clock.Elapsed.TotalSeconds:N0} observations/s (load average {Machine.LoadAverage()})"));
            await engine.SettleAsync();
            // Only datastreams that have values: 100 each at the smallest size, so the answers have as many rows at every size.
            var filled = Math.Min(size / Requests.RowsPerArray, datastreams.Length);
            foreach (var (name, target) in Questions(n => requests.DatastreamOf(n * 31 % filled)))
                await MeasureAsync(stoa, size, name, target, smallest);
        }
    }

    private static (string Name, Func<long, string> Target)[] Questions(Func<long, long> datastream) =>
    [
        ("latest", n => $"/Datastreams({datastream(n)})/Observations?$top=1&$orderby=phenomenonTime%20desc"),
        ("last hundred", n => $"/Datastreams({datastream(n)})/Observations?$top=100&$orderby=phenomenonTime%20desc"),
        ("count of one", n => $"/Datastreams({datastream(n)})/Observations?$count=true&$top=1"),
        ("count of all", n => $"/Observations?$count=true&$top=0&$skip={n % 2}"),
        ("newest of all", _ => "/Observations?$top=100&$orderby=phenomenonTime%20desc"),
        ("newest above", _ => "/Observations?$top=100&$orderby=phenomenonTime%20desc&$filter=result%20gt%2098"),
    ];

    private static async Task MeasureAsync(
        StoaServer stoa, long size, string name, Func<long, string> target, Dictionary<string, (double P95, double Cpu)> smallest)
    {
        using var client = new LoadClient(stoa.Process.Address, 1);
        WriteRequest write = (buffer, number) => Requests.WriteGet(buffer, StoaServer.Path + target(number), null);
        await client.RunAsync(Time, write, stoa.Process);
        var results = new List<LoadResult>();
        for (var round = 0; round < Rounds; round++) results.Add(await client.RunAsync(Time, write, stoa.Process));
        if (results.Sum(result => result.Errors) > 0) throw new InvalidOperationException($"{name} was refused.");
        var (p95, cpu) = (Machine.Median(results.Select(r => r.P95)), Machine.Median(results.Select(r => r.AllMilliseconds)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{size,12:N0} {name,-14} p50 {Machine.Median(results.Select(r => r.P50)):N3} p95 {p95:N3} ms, CPU {cpu:N3} ms"));
        if (smallest.TryAdd(name, (p95, cpu)) || !name.StartsWith('l')) return;
        Verdict.Print(Math.Min(p95 / smallest[name].P95, cpu / smallest[name].Cpu) <= GrowthBar, string.Create(CultureInfo.InvariantCulture,
            $"p95 {p95 / smallest[name].P95:N2} and processor time {cpu / smallest[name].Cpu:N2} times those of the smallest size, bar {GrowthBar}"));
    }
}
