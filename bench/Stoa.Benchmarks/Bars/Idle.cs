using System.Globalization;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>A server that has nothing to do: memory, processor, and how soon it is ready on an existing folder.</summary>
/// <remarks>Arguments: observations in the folder (1,000,000), seconds of watching (10).</remarks>
internal static class Idle
{
    private const double ResidentMegabytesBar = 200;
    private const double CpuShareBar = 0.01;
    private const double ReadySecondsBar = 1;

    public static async Task RunAsync(Arguments arguments)
    {
        await using var engines = await BenchEngines.OpenAsync(arguments);
        foreach (var engine in engines.All) await RunAsync(engine, arguments.Number(0, 1_000_000), arguments.Number(1, 10));
    }

    private static async Task RunAsync(BenchEngine engine, int observations, int seconds)
    {
        Console.WriteLine($"\n{engine.Name}");
        await using (var stoa = await engine.StartAsync())
            await Fill.ToAsync(stoa, await stoa.CreateDatastreamsAsync(1000), observations);

        var (ready, used) = (new List<double>(), new List<double>());
        for (var start = 0; start < 5; start++)
            await using (var stoa = await engine.StartAsync())
            {
                ready.Add(stoa.Process.ReadyAfter.TotalSeconds);
                used.Add(stoa.Process.CpuWhenReady.TotalSeconds);
            }

        Console.WriteLine("ready after " + string.Join(", ", ready.Select(s => s.ToString("N2", CultureInfo.InvariantCulture))) +
            " s, having used " + string.Join(", ", used.Select(s => s.ToString("N2", CultureInfo.InvariantCulture))) +
            $" s of processor time (load average {Machine.LoadAverage()})");
        Verdict.Print(Machine.Median(ready) <= ReadySecondsBar,
            string.Create(CultureInfo.InvariantCulture, $"ready {Machine.Median(ready):N2} s after the start, bar {ReadySecondsBar}"));

        await using var idle = await engine.StartAsync();
        // By then has been compiled again in the background what ran at the start, and what runs once a second: after 30 and 60 calls.
        await Task.Delay(TimeSpan.FromSeconds(75));
        var (cpu, database) = (idle.Process.CpuTime, idle.Process.DatabaseCpuTime);
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var share = (idle.Process.CpuTime - cpu).TotalSeconds / seconds;
        var megabytes = idle.Process.ResidentBytes / 1048576.0;
        Verdict.Print(megabytes <= ResidentMegabytesBar, string.Create(CultureInfo.InvariantCulture, $"{megabytes:N0} MB resident, bar {ResidentMegabytesBar}"));
        Verdict.Print(share < CpuShareBar, string.Create(CultureInfo.InvariantCulture, $"{share:P2} of a core, bar {CpuShareBar:P0}"));
        if (engine.Cluster is null) return;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  the database's processes: {(idle.Process.DatabaseCpuTime - database).TotalSeconds / seconds:P2} of a core"));
    }
}
