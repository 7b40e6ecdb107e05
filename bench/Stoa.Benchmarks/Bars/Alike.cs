using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// A closed dataset and one that does not exist take the same time to be refused: the same addresses with two slugs of the same length,
/// request by request in turn, by nobody and by a token for another dataset.
/// </summary>
/// <remarks>Arguments: rounds (9), pairs of requests a round (400), observations in the closed dataset (200,000).</remarks>
internal static class Alike
{
    // Medians of requests of a tenth of a millisecond differ by a hundredth between two rounds of the same.
    private const double TimeBar = 0.05;

    private const string Closed = StoaServer.Slug;

    // As long, so that the same bytes are sent.
    private const string Absent = "nulls";

    private static readonly (string Name, string Target)[] Questions =
    [
        ("data", "/datasets/{0}/sensorthings/v1.1/Observations?$top=100"),
        ("count", "/datasets/{0}/sensorthings/v1.1/Observations?$count=true&$top=0"),
        ("one entity", "/datasets/{0}/sensorthings/v1.1/Things(1)"),
        ("description", "/api/v1/datasets/{0}"),
        ("statistics", "/api/v1/datasets/{0}/statistics"),
        ("level", "/api/v1/datasets/{0}/classification"),
        ("page", "/datasets/{0}"),
        ("governance page", "/datasets/{0}/governance"),
    ];

    public static async Task RunAsync(Arguments arguments)
    {
        await using var engines = await BenchEngines.OpenAsync(arguments);
        foreach (var engine in engines.All)
            await RunAsync(engine, arguments.Number(0, 9), arguments.Number(1, 400), arguments.Number(2, 200_000));
    }

    private static async Task RunAsync(BenchEngine engine, int rounds, int pairs, int rows)
    {
        Console.WriteLine($"\n{engine.Name}");
        await using var stoa = await engine.StartAsync();
        var reader = await PrepareAsync(stoa, rows);
        await engine.SettleAsync();
        using var connection = new LoadConnection(stoa.Process.Address);
        var ratios = new List<double>();
        foreach (var (caller, token) in new[] { ("nobody", null), ("a reader of others", reader) })
            foreach (var (name, target) in Questions)
            {
                var measured = new List<(double Closed, double Absent)>();
                for (var round = -1; round < rounds; round++)
                {
                    var medians = await RoundAsync(connection, target, token, pairs);
                    if (round >= 0) measured.Add(medians);
                }

                var ratio = Machine.Median(measured.Select(one => one.Closed / one.Absent));
                ratios.Add(ratio);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{caller,-18} {name,-15} closed {Machine.Median(measured.Select(one => one.Closed)):N3} ms, " +
                    $"absent {Machine.Median(measured.Select(one => one.Absent)):N3} ms, ratio {ratio:N3} " +
                    $"({measured.Min(one => one.Closed / one.Absent):N3} to {measured.Max(one => one.Closed / one.Absent):N3})"));
            }

        Verdict.Print(ratios.TrueForAll(ratio => Math.Abs(ratio - 1) <= TimeBar), string.Create(CultureInfo.InvariantCulture,
            $"closed takes {ratios.Min():N3} to {ratios.Max():N3} of the time of absent, median {Machine.Median(ratios):N3}; bar 1 ± {TimeBar:N2}"));
    }

    /// <summary>Fills a dataset, closes it, and gives a token for another one.</summary>
    private static async Task<string> PrepareAsync(StoaServer stoa, int rows)
    {
        var datastreams = await stoa.CreateDatastreamsAsync(100);
        await Fill.ToAsync(stoa, datastreams, rows);
        await stoa.PatchAsync($"/api/v1/datasets/{Closed}", new JsonObject { ["spectrum"] = "closed" });
        await stoa.PostAsync("/api/v1/datasets", new JsonObject
        {
            ["slug"] = "other", ["title"] = "Other", ["description"] = "Closed too.", ["spectrum"] = "closed",
        });
        return await stoa.CreateReaderTokenAsync("other");
    }

    private static async Task<(double Closed, double Absent)> RoundAsync(LoadConnection connection, string target, string? token, int pairs)
    {
        var (closed, absent) = (new List<double>(pairs), new List<double>(pairs));
        for (var pair = 0; pair < pairs; pair++)
        {
            // Who comes first takes turns: the second finds warm what the first has fetched.
            var isClosedFirst = pair % 2 == 0;
            var first = await OneAsync(isClosedFirst ? Closed : Absent);
            var second = await OneAsync(isClosedFirst ? Absent : Closed);
            closed.Add(isClosedFirst ? first : second);
            absent.Add(isClosedFirst ? second : first);
        }

        return (Machine.Median(closed), Machine.Median(absent));

        async Task<double> OneAsync(string slug)
        {
            var path = string.Format(CultureInfo.InvariantCulture, target, slug);
            var started = Stopwatch.GetTimestamp();
            var status = await connection.OneAsync(0, (buffer, _) => Requests.WriteGet(buffer, path, token));
            var time = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            return status is 401 or 404 ? time : throw new InvalidOperationException($"{path}: {status}");
        }
    }
}
