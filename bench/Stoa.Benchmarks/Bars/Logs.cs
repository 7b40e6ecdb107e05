using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Writing;
using Stoa.Storage;

namespace Stoa.Benchmarks.Bars;

/// <summary>How many durable entries a log takes, how soon they are under a checkpoint, and what a proof costs.</summary>
/// <remarks>
/// In process, on SQLite in a folder of its own: each entry of 300 bytes is written in a piece of work of its own and answered after the commit is durable; tiles and checkpoints
/// follow meanwhile. Arguments: rounds (5), seconds of each (3), writers at once (256), and http for that part alone.
/// </remarks>
internal static class Logs
{
    private const int EntryBytes = 300, WarmUp = 3, Proofs = 2_000, Looks = 50;
    private const double EntriesBar = 20_000, HttpBar = 5_000, LatencyBar = 50, ProofBar = 2, CheckpointBar = 1_000;

    // Connections of those who change descriptions over HTTP, each that of a dataset of its own.
    private const int Connections = 64;

    internal static async Task RunAsync(Arguments arguments)
    {
        var (rounds, seconds, writers) = (arguments.Number(0, 5), arguments.Number(1, 3), arguments.Number(2, 256));
        if (arguments.Texts.ElementAtOrDefault(3) != "http") await MeasureHereAsync(rounds, TimeSpan.FromSeconds(seconds), writers);
        await MeasureHttpAsync(rounds, TimeSpan.FromSeconds(seconds));
    }

    private static async Task MeasureHereAsync(int rounds, TimeSpan time, int writers)
    {
        using var folder = new BenchFolder();
        await using var database = await Database.OpenAsync(new DatabaseOptions { Folder = folder.Path }, CancellationToken.None);
        using var publisher = new LogPublisher(
            database, new(new Uri("http://city.example/"), Path.Combine(folder.Path, "ledger")), TimeProvider.System, NullLogger<LogPublisher>.Instance);
        await publisher.CheckAsync(CancellationToken.None);
        await publisher.StartAsync(CancellationToken.None);
        await MeasureEntriesAsync(database, rounds, time, writers);
        await MeasureCheckpointsAsync(database, publisher);
        await MeasureProofsAsync(publisher);
        await publisher.StopAsync(CancellationToken.None);
    }

    // Each request changes the description of a dataset, which leaves an entry in the same transaction.
    private static async Task MeasureHttpAsync(int rounds, TimeSpan time)
    {
        using var folder = new BenchFolder();
        await using var engine = await BenchEngine.OpenAsync(StorageEngine.Sqlite, folder.Path, isKept: false);
        await using var stoa = await engine.StartAsync();
        for (var i = 0; i < Connections; i++)
            (await stoa.PostAsync("/api/v1/datasets", new() { ["slug"] = $"d{i}", ["title"] = "Dataset", ["description"] = "One of many.", ["spectrum"] = "closed" })).Dispose();
        using var client = new LoadClient(stoa.Process.Address, Connections);
        var before = await SizeAsync(stoa);
        var results = new List<LoadResult>();
        // Code that is compiled anew while it is used would count for entries.
        for (var round = -WarmUp; round < rounds; round++)
        {
            var result = await client.RunAsync(
                time, (buffer, number) => Requests.WriteBody(buffer, "PATCH", $"/api/v1/datasets/d{number % Connections}", stoa.Token, $"{{\"description\":\"Said for the {number}th time.\"}}"), stoa.Process);
            if (result.Errors > 0) throw new InvalidOperationException($"{result.Errors} of {result.Requests} refused.");
            results.Add(result);
        }

        var changes = results.Sum(result => result.Requests);
        while (await SizeAsync(stoa) - before < changes) await Task.Delay(100);
        var perSecond = Machine.Median(results.Skip(WarmUp).Select(result => result.PerSecond));
        Verdict.Print(perSecond >= HttpBar, string.Create(CultureInfo.InvariantCulture,
            $"{perSecond:N0} changes of descriptions a second over HTTP, each with its entry (median of {rounds}; p99 {Machine.Median(results.Skip(WarmUp).Select(result => result.P99)):N1} ms, " +
            $"{Machine.Median(results.Skip(WarmUp).Select(result => result.CpuMilliseconds)):N3} ms CPU), bar {HttpBar:N0}"));
    }

    private static async Task<long> SizeAsync(StoaServer stoa)
    {
        var logs = await stoa.Http.GetFromJsonAsync<JsonElement>(new Uri("/api/v1/log", UriKind.Relative));
        return logs.GetProperty("value").EnumerateArray().First(log => log.GetProperty("name").GetString() == "audit").GetProperty("size").GetInt64();
    }

    private static async Task MeasureEntriesAsync(Database database, int rounds, TimeSpan time, int writers)
    {
        var entry = new byte[EntryBytes];
        var perSecond = new List<double>();
        var latencies = new List<long>();
        await WriteAsync(database, entry, TimeSpan.FromSeconds(1), writers, []);
        for (var round = 0; round < rounds; round++)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var started = Stopwatch.GetTimestamp();
            var written = await WriteAsync(database, entry, time, writers, latencies);
            var elapsed = Stopwatch.GetElapsedTime(started);
            perSecond.Add(written / elapsed.TotalSeconds);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"round {round + 1}: {written / elapsed.TotalSeconds:N0} durable entries a second, {(Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / written:N1} us of processor each"));
        }

        latencies.Sort();
        var p99 = Stopwatch.GetElapsedTime(0, latencies[latencies.Count * 99 / 100]).TotalMilliseconds;
        perSecond.Sort();
        Verdict.Print(perSecond[rounds / 2] >= EntriesBar, string.Create(CultureInfo.InvariantCulture,
            $"{perSecond[rounds / 2]:N0} durable entries a second (median of {rounds}), bar {EntriesBar:N0}"));
        Verdict.Print(p99 <= LatencyBar, string.Create(CultureInfo.InvariantCulture, $"p99 {p99:N1} ms until an entry is durable, bar {LatencyBar:N0} ms"));
    }

    private static async Task<long> WriteAsync(Database database, byte[] entry, TimeSpan time, int writers, List<long> latencies)
    {
        var until = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var counts = await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            var own = new List<long>();
            while (Stopwatch.GetTimestamp() is var started && started < until)
            {
                await database.WriteAsync(session => LogEntries.Append(session, LogName.Registry, entry, new("bench")), CancellationToken.None);
                own.Add(Stopwatch.GetTimestamp() - started);
            }

            lock (latencies) latencies.AddRange(own);
            return (long)own.Count;
        })));
        return counts.Sum();
    }

    private static async Task MeasureCheckpointsAsync(Database database, LogPublisher publisher)
    {
        var times = new List<double>();
        for (var look = 0; look < Looks; look++)
        {
            var index = await database.WriteAsync(session => LogEntries.Append(session, LogName.Registry, "one"u8, new("bench")), CancellationToken.None);
            var started = Stopwatch.GetTimestamp();
            await publisher.WhenPublishedAsync(LogName.Registry, index, CancellationToken.None);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await Task.Delay(Random.Shared.Next(300));
        }

        times.Sort();
        Verdict.Print(times[^1] <= CheckpointBar, string.Create(CultureInfo.InvariantCulture,
            $"under a checkpoint {times[Looks / 2]:N1} ms (median; longest {times[^1]:N1}) after the commit, bar {CheckpointBar:N0} ms"));
    }

    private static async Task MeasureProofsAsync(LogPublisher publisher)
    {
        var logs = new LogReader(publisher);
        var size = await logs.SizeAsync(LogName.Registry, CancellationToken.None) ?? 0;
        var chance = new Random(6962);
        var times = new List<double>();
        for (var i = 0; i < Proofs; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var log = await EvidenceLog.NowAsync(logs, LogName.Registry, CancellationToken.None);
            var proof = log is null ? null : await log.ProofAsync(chance.NextInt64(size), CancellationToken.None);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (proof is null || !Checkpoint.TryParse(proof.Note.Text, out _)) throw new InvalidOperationException("No proof.");
        }

        times.Sort();
        Verdict.Print(times[Proofs * 99 / 100] <= ProofBar, string.Create(CultureInfo.InvariantCulture,
            $"a proof out of {size:N0} entries in {times[Proofs / 2]:N3} ms (median; p99 {times[Proofs * 99 / 100]:N3}), bar {ProofBar:N0} ms"));
    }
}
