using System.Globalization;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;
using Stoa.Storage;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// What sealing costs those who write: data arrays of 100 rows over 8 connections and single observations over 64, into a program that seals what it stored and into one that never does,
/// rounds alternating. Whichever is not asked is stopped meanwhile, so that what one catches up does not slow the other.
/// </summary>
/// <remarks>Arguments: rounds (default 9), seconds a round (default 3), datastreams (default 1,000).</remarks>
internal static class Sealing
{
    private const double Bar = 0.05;

    public static async Task RunAsync(Arguments arguments)
    {
        var (rounds, time) = (arguments.Number(0, 9), TimeSpan.FromSeconds(arguments.Number(1, 3)));
        foreach (var kind in arguments.Engines)
        {
            using var folder = new BenchFolder();
            await using var sealing = await SideAsync(kind, Path.Combine(folder.Path, "sealing"), "600", arguments.Number(2, 1_000));
            await using var plain = await SideAsync(kind, Path.Combine(folder.Path, "plain"), "0", arguments.Number(2, 1_000));
            Console.WriteLine($"\n{sealing.Engine.Name}: {rounds} rounds of {time.TotalSeconds} s");
            await CompareAsync("data array of 100, 8 connections", sealing, plain, 8, Requests.RowsPerArray, requests => requests.WriteArray, rounds, time);
            await CompareAsync("single observation, 64 connections", sealing, plain, 64, 1, requests => requests.WriteSingle, rounds, time);
        }
    }

    private static async Task<Side> SideAsync(StorageEngine kind, string folder, string seconds, int datastreams)
    {
        var engine = await BenchEngine.OpenAsync(kind, folder, isKept: false);
        var stoa = await engine.StartAsync(("STOA_OBSERVATIONS_SEAL_SECONDS", seconds));
        return new(engine, stoa, await stoa.CreateDatastreamsAsync(datastreams));
    }

    private static async Task CompareAsync(
        string name, Side sealing, Side plain, int connections, int rows, Func<Requests, WriteRequest> write, int rounds, TimeSpan time)
    {
        var results = new Dictionary<Side, List<LoadResult>> { [sealing] = [], [plain] = [] };
        using var toSealing = new LoadClient(sealing.Stoa.Process.Address, connections);
        using var toPlain = new LoadClient(plain.Stoa.Process.Address, connections);
        // The first round is not counted: the programs are still being compiled.
        for (var round = -1; round < rounds; round++)
            foreach (var side in round % 2 == 0 ? new[] { sealing, plain } : [plain, sealing])
            {
                var other = side == sealing ? plain : sealing;
                other.Stoa.Process.Stop();
                var result = await (side == sealing ? toSealing : toPlain).RunAsync(
                    time, write(new(StoaServer.Path, side.Stoa.Token, side.Datastreams)), side.Stoa.Process);
                other.Stoa.Process.Continue();
                if (result.Errors > 0) throw new InvalidOperationException($"{result.Errors} of {result.Requests} refused.");
                if (round >= 0) results[side].Add(result);
            }

        var pairs = results[sealing].Zip(results[plain], (some, none) => 1 - (some.PerSecond / none.PerSecond)).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: sealing {Median(sealing, r => r.PerSecond * rows):N0}/s {Median(sealing, r => r.AllMilliseconds):N4} ms CPU, " +
            $"not {Median(plain, r => r.PerSecond * rows):N0}/s {Median(plain, r => r.AllMilliseconds):N4} ms CPU"));
        Verdict.Print(Machine.Median(pairs) <= Bar, string.Create(CultureInfo.InvariantCulture,
            $"sealing takes {Machine.Median(pairs):P1} of throughput (half of the pairs {Machine.Percentile(pairs, 0.25):P1} to {Machine.Percentile(pairs, 0.75):P1}), bar {Bar:P0}"));

        double Median(Side side, Func<LoadResult, double> value) => Machine.Median(results[side].Select(value));
    }

    /// <summary>A program with its data.</summary>
    private sealed record Side(BenchEngine Engine, StoaServer Stoa, long[] Datastreams) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Stoa.DisposeAsync();
            await Engine.DisposeAsync();
        }
    }
}
