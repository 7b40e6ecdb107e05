using System.Diagnostics;
using System.Globalization;
using Stoa.Benchmarks.Servers;
using Stoa.Storage;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// How soon a change is under a checkpoint that a quorum cosigned: four programs on this machine, of which one writes and two of its three witnesses answer; the third is away. Until there is a
/// quorum no checkpoint is shown, so that the time until it is shown is the one that counts.
/// </summary>
/// <remarks>Arguments: changes (50).</remarks>
internal static class Quorums
{
    private const double Bar = 3_000;

    public static async Task RunAsync(Arguments arguments)
    {
        using var folder = new BenchFolder();
        await using var engine = await BenchEngine.OpenAsync(StorageEngine.Sqlite, folder.Path, isKept: false);
        var watched = Path.Combine(folder.Path, "logs");
        await using (var first = await engine.StartAsync()) await File.WriteAllTextAsync(watched, $"log {await KeyAsync(first, "/log/audit/vkey")}\nquorum none\n");
        await using var water = await StartWitnessAsync(Path.Combine(folder.Path, "water"), watched);
        await using var transport = await StartWitnessAsync(Path.Combine(folder.Path, "transport"), watched);
        await using (var third = await StartWitnessAsync(Path.Combine(folder.Path, "third"), watched))
            await File.WriteAllTextAsync(Path.Combine(folder.Path, "policy"), string.Join('\n',
                await WitnessAsync("water", water), await WitnessAsync("transport", transport), await WitnessAsync("third", third),
                "group two-of-three 2 water transport third", "quorum two-of-three", ""));
        await using var city = await engine.StartAsync(("STOA_LEDGER_POLICY", Path.Combine(folder.Path, "policy")));
        await MeasureAsync(city, arguments.Number(0, 50));
    }

    private static async Task MeasureAsync(StoaServer city, int changes)
    {
        var times = new List<double>();
        for (var change = 0; change < changes; change++)
        {
            await Task.Delay(Random.Shared.Next(300));
            var before = await SizeAsync(city);
            await city.PatchAsync($"/api/v1/datasets/{StoaServer.Slug}", new() { ["description"] = $"Said for the {change}th time." });
            var started = Stopwatch.GetTimestamp();
            while (await SizeAsync(city) == before) await Task.Delay(5);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        times.Sort();
        Verdict.Print(times[^1] <= Bar, string.Create(CultureInfo.InvariantCulture,
            $"cosigned by two of three witnesses {times[changes / 2]:N0} ms (median of {changes}; longest {times[^1]:N0}) after the answer, bar {Bar:N0} ms"));
    }

    private static Task<StoaServer> StartWitnessAsync(string folder, string watched)
    {
        Directory.CreateDirectory(folder);
        return StoaServer.StartAsync(folder, null, ("STOA_LEDGER_WITNESS_LOGS", watched));
    }

    private static async Task<string> WitnessAsync(string name, StoaServer witness) =>
        $"witness {name} {await KeyAsync(witness, "/witness/vkey")} {witness.Process.Address}witness";

    private static async Task<string> KeyAsync(StoaServer stoa, string path) =>
        (await stoa.Http.GetStringAsync(new Uri(path, UriKind.Relative))).Split('\n')[0];

    // The second line of a checkpoint; none is shown before the first quorum.
    private static async Task<long> SizeAsync(StoaServer stoa)
    {
        using var answer = await stoa.Http.GetAsync(new Uri("/log/audit/checkpoint", UriKind.Relative));
        if (!answer.IsSuccessStatusCode) return 0;
        return long.Parse((await answer.Content.ReadAsStringAsync()).Split('\n')[1], CultureInfo.InvariantCulture);
    }
}
