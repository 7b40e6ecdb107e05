using System.Globalization;
using System.Text.Json.Nodes;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// The access scope inside the SQL costs at most 5 %: the same questions to one server, by a caller who sees everything
/// and by one who sees only some datasets, alternating.
/// </summary>
/// <remarks>Arguments: rounds (9), seconds a round (1), how the names of the questions begin (all).</remarks>
internal static class Policy
{
    private const double CostBar = 0.05;
    private const int Connections = 4;

    // Code that is compiled anew while it is used would count for whom it is used last.
    private const int WarmUp = 5;

    public static async Task RunAsync(Arguments arguments)
    {
        await using var engines = await BenchEngines.OpenAsync(arguments);
        foreach (var engine in engines.All)
        {
            await RunAsync(engine, arguments.Number(0, 9), TimeSpan.FromSeconds(arguments.Number(1, 1)), arguments.Texts.ElementAtOrDefault(2) ?? "");
            await NarrowedScopes.RunAsync(engine, engines.Folder, arguments.Number(0, 9));
        }
    }

    private static async Task RunAsync(BenchEngine engine, int rounds, TimeSpan time, string only)
    {
        Console.WriteLine($"\n{engine.Name}");
        await using var stoa = await engine.StartAsync();
        var datastreams = await stoa.CreateDatastreamsAsync(1000);
        await Fill.ToAsync(stoa, datastreams, 200_000);
        await engine.SettleAsync();
        // Datasets that the second caller does not see, so that its scope is a real choice.
        for (var hidden = 0; hidden < 20; hidden++)
            await stoa.PostAsync("/api/v1/datasets", new JsonObject
            {
                ["slug"] = $"hidden-{hidden}",
                ["title"] = $"Hidden {hidden}",
                ["description"] = "Closed.",
                ["spectrum"] = "closed",
            });
        var reader = await stoa.CreateReaderTokenAsync(StoaServer.Slug, "hidden-0", "hidden-1");
        const string Root = "/sensorthings/v1.1";
        var questions = new (string Name, Func<long, string> Target)[]
        {
            ("page of 100", n => $"{Root}/Datastreams({datastreams[n * 7919 % 1000]})/Observations?$top=100&$orderby=phenomenonTime%20desc"),
            ("latest", n => $"{Root}/Datastreams({datastreams[n * 7919 % 1000]})/Observations?$top=1&$orderby=phenomenonTime%20desc"),
            ("datastreams", _ => $"{Root}/Datastreams?$top=100"),
            ("newest of all", _ => $"{Root}/Observations?$top=100&$orderby=phenomenonTime%20desc"),
        };
        using var client = new LoadClient(stoa.Process.Address, Connections);
        foreach (var (name, target) in questions.Where(one => one.Name.StartsWith(only, StringComparison.Ordinal)))
        {
            var (open, scoped) = (new List<LoadResult>(), new List<LoadResult>());
            for (var round = -WarmUp; round < rounds; round++)
            {
                // Who comes first takes turns too, so that a machine that grows busier favours neither.
                var first = await RunAsync(round % 2 == 0 ? stoa.Token : reader);
                var second = await RunAsync(round % 2 == 0 ? reader : stoa.Token);
                var (all, some) = round % 2 == 0 ? (first, second) : (second, first);
                if (all.Errors + some.Errors > 0) throw new InvalidOperationException($"{name}: refused.");
                if (round < 0) continue;
                open.Add(all);
                scoped.Add(some);
            }

            Task<LoadResult> RunAsync(string token) =>
                client.RunAsync(time, (buffer, number) => Requests.WriteGet(buffer, target(number), token), stoa.Process);

            // Processor time decides: it moves far less than requests/s on a machine that does other things too.
            var cost = Machine.Median(scoped.Zip(open, (some, all) => some.AllMilliseconds / all.AllMilliseconds)) - 1;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-14} everything {Machine.Median(open.Select(r => r.PerSecond)),8:N0}/s {Machine.Median(open.Select(r => r.AllMilliseconds)):N3} ms CPU, " +
                $"scoped {Machine.Median(scoped.Select(r => r.PerSecond)),8:N0}/s {Machine.Median(scoped.Select(r => r.AllMilliseconds)):N3} ms CPU"));
            Verdict.Print(cost <= CostBar, string.Create(CultureInfo.InvariantCulture, $"{cost:+0.0%;-0.0%} processor time, bar +{CostBar:P0}"));
        }
    }
}
