using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// Single observations over 64 connections and data arrays of 100 rows over 8, durable, against the bare endpoint:
/// both servers in processes of their own, rounds alternating.
/// </summary>
/// <remarks>Arguments: rounds (default 5), seconds a round (default 3), datastreams (default 10,000).</remarks>
internal static class Posts
{
    private const double SingleBar = 0.60;
    private const double ArrayBar = 0.50;
    private const int SingleConnections = 64;
    private const int ArrayConnections = 8;

    public static async Task RunAsync(string[] args)
    {
        var rounds = Arguments.Number(args, 0, 5);
        var time = TimeSpan.FromSeconds(Arguments.Number(args, 1, 3));
        using var folder = new BenchFolder();
        await using var bare = await ServerProcess.StartAsync(Environment.ProcessPath!,
            address => ["bare-server", Path.Combine(folder.Path, "bare.db"), address.ToString().TrimEnd('/')], "/");
        await using var stoa = await StoaServer.StartAsync(Path.Combine(folder.Path, "stoa"));
        var datastreams = await stoa.CreateDatastreamsAsync(Arguments.Number(args, 2, 10_000));
        Console.WriteLine($"{datastreams.Length} datastreams, {rounds} rounds of {time.TotalSeconds} s");

        var sides = new[]
        {
            new Side("bare", bare, new Requests("/sensorthings/v1.1", null, datastreams)),
            new Side("stoa", stoa.Process, new Requests(StoaServer.Path, stoa.Token, datastreams)),
        };
        await CompareAsync("data array of 100, 8 connections", sides, ArrayConnections, rounds, time, ArrayBar, Requests.RowsPerArray,
            side => side.Requests.WriteArray);
        await CompareAsync("single observation, 64 connections", sides, SingleConnections, rounds, time, SingleBar, 1,
            side => side.Requests.WriteSingle);
        await VerifyAsync(stoa, sides[1]);
    }

    // What was acknowledged is there: speed without it would mean nothing.
    private static async Task VerifyAsync(StoaServer stoa, Side side)
    {
        var page = await stoa.Http.GetFromJsonAsync<JsonElement>(
            new Uri($"{StoaServer.Path}/Observations?$count=true&$top=1", UriKind.Relative));
        var stored = page.GetProperty("@iot.count").GetInt64();
        Verdict.Print(stored == side.Observations, string.Create(CultureInfo.InvariantCulture,
            $"{side.Observations:N0} observations acknowledged, {stored:N0} stored"));
    }

    private static async Task CompareAsync(
        string name, Side[] sides, int connections, int rounds, TimeSpan time, double bar, int rows, Func<Side, WriteRequest> write)
    {
        var clients = sides.Select(side => new LoadClient(side.Server.Address, connections)).ToArray();
        var results = sides.Select(_ => new List<LoadResult>()).ToArray();
        // The first round is not counted: the programs are still being compiled.
        for (var round = -1; round < rounds; round++)
            for (var side = 0; side < sides.Length; side++)
            {
                var result = await clients[side].RunAsync(time, write(sides[side]), sides[side].Server);
                if (result.Errors > 0) throw new InvalidOperationException($"{sides[side].Name}: {result.Errors} of {result.Requests} refused.");
                sides[side].Observations += result.Requests * rows;
                if (round >= 0) results[side].Add(result);
            }

        foreach (var client in clients) client.Dispose();
        Console.WriteLine($"\n{name} (load average {Machine.LoadAverage()})");
        for (var side = 0; side < sides.Length; side++)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {sides[side].Name}: {Median(side, r => r.PerSecond * rows):N0} observations/s " +
                $"({results[side].Min(r => r.PerSecond * rows):N0}-{results[side].Max(r => r.PerSecond * rows):N0}), " +
                $"p50 {Median(side, r => r.P50):N2} p95 {Median(side, r => r.P95):N2} p99 {Median(side, r => r.P99):N2} ms, " +
                $"server CPU {Median(side, r => r.CpuMilliseconds):N3} ms a request"));
        var ratio = Machine.Median(results[1].Zip(results[0], (stoa, bare) => stoa.PerSecond / bare.PerSecond));
        Verdict.Print(ratio >= bar, string.Create(CultureInfo.InvariantCulture, $"{ratio:P0} of the bare endpoint, bar {bar:P0}"));

        double Median(int side, Func<LoadResult, double> value) => Machine.Median(results[side].Select(value));
    }

    private sealed record Side(string Name, ServerProcess Server, Requests Requests)
    {
        public long Observations { get; set; }
    }
}
