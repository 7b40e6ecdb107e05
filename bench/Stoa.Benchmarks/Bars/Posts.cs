using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;
using Stoa.Storage;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// Single observations over 64 connections and data arrays of 100 rows over 8, durable, against the bare endpoint on the same
/// engine, and on PostgreSQL against COPY alone too: all in processes of their own, rounds alternating.
/// </summary>
/// <remarks>Arguments: rounds (default 5), seconds a round (default 3), datastreams (default 10,000).</remarks>
internal static class Posts
{
    private const double SingleBar = 0.60;
    private const double ArrayBar = 0.50;
    private const int SingleConnections = 64;
    private const int ArrayConnections = 8;

    public static async Task RunAsync(Arguments arguments)
    {
        var rounds = arguments.Number(0, 5);
        var time = TimeSpan.FromSeconds(arguments.Number(1, 3));
        await using var engines = await BenchEngines.OpenAsync(arguments);
        var sides = new List<EngineSides>();
        try
        {
            foreach (var engine in engines.All)
                sides.Add(await EngineSides.StartAsync(engine, engines.Folder, arguments.Number(2, 10_000)));
            Console.WriteLine($"{rounds} rounds of {time.TotalSeconds} s");
            await CompareAsync("data array of 100, 8 connections",
                [.. sides.SelectMany(side => side.Arrays(ArrayConnections))], rounds, time, ArrayBar);
            await CompareAsync("single observation, 64 connections",
                [.. sides.SelectMany(side => side.Singles(SingleConnections))], rounds, time, SingleBar);
            foreach (var side in sides) await side.VerifyAsync();
        }
        finally
        {
            foreach (var side in sides) await side.DisposeAsync();
        }
    }

    private static async Task CompareAsync(string name, Side[] sides, int rounds, TimeSpan time, double bar)
    {
        var results = sides.Select(_ => new List<LoadResult>()).ToArray();
        // The first round is not counted: the programs are still being compiled.
        for (var round = -1; round < rounds; round++)
            for (var side = 0; side < sides.Length; side++)
            {
                var result = await sides[side].RunAsync(time);
                if (result.Errors > 0) throw new InvalidOperationException($"{sides[side].Name}: {result.Errors} of {result.Requests} refused.");
                sides[side].Count(result.Requests * sides[side].Rows);
                if (round >= 0) results[side].Add(result);
            }

        Console.WriteLine($"\n{name} (load average {Machine.LoadAverage()})");
        for (var side = 0; side < sides.Length; side++) Print(sides[side], results[side]);
        for (var side = 0; side < sides.Length; side++)
        {
            sides[side].Dispose();
            if (sides[side].IsCeiling) continue;
            for (var ceiling = 0; ceiling < sides.Length; ceiling++)
            {
                if (!sides[ceiling].IsCeiling || sides[ceiling].Engine != sides[side].Engine) continue;
                var ratio = Machine.Median(results[side].Zip(results[ceiling], (stoa, most) =>
                    stoa.PerSecond * sides[side].Rows / (most.PerSecond * sides[ceiling].Rows)));
                Verdict.Print(ratio >= bar, string.Create(CultureInfo.InvariantCulture,
                    $"{sides[side].Name} {ratio:P0} of {sides[ceiling].Name}, bar {bar:P0}"));
            }
        }
    }

    private static void Print(Side side, List<LoadResult> results)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {side.Name}: {Median(r => r.PerSecond * side.Rows):N0} observations/s " +
            $"({results.Min(r => r.PerSecond * side.Rows):N0}-{results.Max(r => r.PerSecond * side.Rows):N0}), " +
            $"p50 {Median(r => r.P50):N2} p95 {Median(r => r.P95):N2} p99 {Median(r => r.P99):N2} ms, " +
            $"CPU of the server {Median(r => r.CpuMilliseconds):N3}, of the database {Median(r => r.DatabaseMilliseconds):N3} ms a request"));

        double Median(Func<LoadResult, double> value) => Machine.Median(results.Select(value));
    }

    /// <summary>Who takes part in a round.</summary>
    private sealed record Side(
        string Name, StorageEngine Engine, bool IsCeiling, int Rows, Func<TimeSpan, Task<LoadResult>> RunAsync, Action<long> Count, Action Dispose);

    /// <summary>Stoa and its ceilings on one engine.</summary>
    private sealed class EngineSides : IAsyncDisposable
    {
        // Eight connections cannot have more than this in one commit.
        private const int RawRowsPerCommit = ArrayConnections * Requests.RowsPerArray;

        private readonly BenchEngine _engine;
        private readonly StoaServer _stoa;
        private readonly ServerProcess _bare;
        private readonly RawLoop? _raw;
        private readonly long[] _datastreams;
        private long _acknowledged;

        private EngineSides(BenchEngine engine, StoaServer stoa, ServerProcess bare, RawLoop? raw, long[] datastreams) =>
            (_engine, _stoa, _bare, _raw, _datastreams) = (engine, stoa, bare, raw, datastreams);

        public static async Task<EngineSides> StartAsync(BenchEngine engine, string folder, int datastreams)
        {
            var place = engine.Cluster is null ? Path.Combine(folder, "bare.db") : await engine.Cluster.DatabaseAsync("bare");
            var bare = await ServerProcess.StartAsync(Environment.ProcessPath!,
                address => ["bare-server", engine.Kind.ToString(), place, address.ToString().TrimEnd('/')], "/", engine.Cluster);
            var stoa = await engine.StartAsync();
            var ids = await stoa.CreateDatastreamsAsync(datastreams);
            var raw = engine.Cluster is null ? null : new RawLoop(await engine.Cluster.DatabaseAsync("raw"), ids, engine.Cluster);
            Console.WriteLine($"{engine.Name}: {ids.Length} datastreams");
            return new(engine, stoa, bare, raw, ids);
        }

        public Side[] Arrays(int connections) =>
        [
            .. Http(connections, Requests.RowsPerArray, requests => requests.WriteArray),
            .. _raw is null ? Array.Empty<Side>() :
                [new Side($"{_engine.Name} COPY", _engine.Kind, true, RawRowsPerCommit, _raw.RunAsync, _ => { }, () => { })],
        ];

        public Side[] Singles(int connections) => Http(connections, 1, requests => requests.WriteSingle);

        private Side[] Http(int connections, int rows, Func<Requests, WriteRequest> write)
        {
            var (bare, stoa) = (new LoadClient(_bare.Address, connections), new LoadClient(_stoa.Process.Address, connections));
            var toBare = write(new("/sensorthings/v1.1", null, _datastreams));
            var toStoa = write(new(StoaServer.Path, _stoa.Token, _datastreams));
            return
            [
                new($"{_engine.Name} bare", _engine.Kind, true, rows, time => bare.RunAsync(time, toBare, _bare), _ => { }, bare.Dispose),
                new($"{_engine.Name} stoa", _engine.Kind, false, rows, time => stoa.RunAsync(time, toStoa, _stoa.Process),
                    count => _acknowledged += count, stoa.Dispose),
            ];
        }

        // What was acknowledged is there: speed without it would mean nothing.
        public async Task VerifyAsync()
        {
            var page = await _stoa.Http.GetFromJsonAsync<JsonElement>(
                new Uri($"{StoaServer.Path}/Observations?$count=true&$top=1", UriKind.Relative));
            var stored = page.GetProperty("@iot.count").GetInt64();
            Verdict.Print(stored == _acknowledged, string.Create(CultureInfo.InvariantCulture,
                $"{_engine.Name}: {_acknowledged:N0} observations acknowledged, {stored:N0} stored"));
        }

        public async ValueTask DisposeAsync()
        {
            _raw?.Dispose();
            await _bare.DisposeAsync();
            await _stoa.DisposeAsync();
        }
    }

    /// <summary>The rows of the arrays by COPY from a loop: no HTTP, no JSON, one connection, a commit for each group.</summary>
    private sealed class RawLoop(string connectionString, long[] datastreams, PostgresCluster cluster) : IDisposable
    {
        private readonly ObservationCopy _copy = ObservationCopy.Open(connectionString);
        private readonly Requests _requests = new("", null, datastreams);
        private long _number;
        private long _id;

        public Task<LoadResult> RunAsync(TimeSpan time) => Task.Run(() =>
        {
            var clock = Stopwatch.StartNew();
            var database = cluster.CpuTime;
            var latencies = new List<double>();
            while (clock.Elapsed < time)
            {
                var started = clock.Elapsed;
                for (var array = 0; array < ArrayConnections; array++, _number++)
                    for (var row = 0; row < Requests.RowsPerArray; row++) _copy.Add(++_id, _requests.RowOf(_number, row));
                _copy.Copy();
                latencies.Add((clock.Elapsed - started).TotalMilliseconds);
            }

            var commits = latencies.Count;
            return new LoadResult(commits, 0, clock.Elapsed, 0, (cluster.CpuTime - database).TotalMilliseconds / commits, latencies);
        });

        public void Dispose() => _copy.Dispose();
    }
}
