using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// A closed dataset and one that does not exist take the same time to be refused: the same addresses with two slugs of the same length,
/// request by request in turn, by nobody, by a token for another dataset, and by a service of an organization that has nothing to do with it.
/// </summary>
/// <remarks>Arguments: rounds (9), pairs of requests a round (400), observations in the closed dataset (200,000).</remarks>
internal static class Alike
{
    // Medians of requests of a tenth of a millisecond differ by a hundredth between two rounds of the same.
    private const double TimeBar = 0.05;

    private const string Closed = StoaServer.Slug;

    // As long, so that the same bytes are sent.
    private const string Absent = "nulls";

    private static readonly (string Name, string Target, string? Body)[] Questions =
    [
        ("data", "/datasets/{0}/sensorthings/v1.1/Observations?$top=100", null),
        ("count", "/datasets/{0}/sensorthings/v1.1/Observations?$count=true&$top=0", null),
        ("one entity", "/datasets/{0}/sensorthings/v1.1/Things(1)", null),
        ("description", "/api/v1/datasets/{0}", null),
        ("statistics", "/api/v1/datasets/{0}/statistics", null),
        ("level", "/api/v1/datasets/{0}/classification", null),
        ("page", "/datasets/{0}", null),
        ("governance page", "/datasets/{0}/governance", null),
        ("why not", "/why/{0}", null),
        ("roles", "/api/v1/datasets/{0}/roles", null),
    ];

    // Sent by the service, with the dataset in the address or in the body.
    private static readonly (string Name, string Target, string? Body)[] Sent =
    [
        ("role proposed", "/api/v1/datasets/{0}/roles", "{\"party\":1,\"role\":\"user\"}"),
        ("access request", "/api/v1/access-requests", "{\"dataset\":\"{0}\",\"purpose\":\"AcademicResearch\",\"statement\":\"A study.\"}"),
        ("agreement", "/api/v1/agreements",
            "{\"terms\":{\"consumer\":1,\"datasets\":[\"{0}\"],\"purposes\":[\"AcademicResearch\"]}}"),
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
        var (reader, service) = await PrepareAsync(stoa, rows);
        await engine.SettleAsync();
        using var connection = new LoadConnection(stoa.Process.Address);
        var ratios = new List<double>();
        foreach (var (caller, token) in new[] { ("nobody", null), ("a reader of others", reader), ("a service of others", service) })
            foreach (var (name, target, body) in token == service ? [.. Questions, .. Sent] : Questions)
            {
                var measured = new List<(double Closed, double Absent)>();
                for (var round = -1; round < rounds; round++)
                {
                    var medians = await RoundAsync(connection, target, body, token, pairs);
                    if (round >= 0) measured.Add(medians);
                }

                var ratio = Machine.Median(measured.Select(one => one.Closed / one.Absent));
                ratios.Add(ratio);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{caller,-19} {name,-15} closed {Machine.Median(measured.Select(one => one.Closed)):N3} ms, " +
                    $"absent {Machine.Median(measured.Select(one => one.Absent)):N3} ms, ratio {ratio:N3} " +
                    $"({measured.Min(one => one.Closed / one.Absent):N3} to {measured.Max(one => one.Closed / one.Absent):N3})"));
            }

        Verdict.Print(ratios.TrueForAll(ratio => Math.Abs(ratio - 1) <= TimeBar), string.Create(CultureInfo.InvariantCulture,
            $"closed takes {ratios.Min():N3} to {ratios.Max():N3} of the time of absent, median {Machine.Median(ratios):N3}; bar 1 ± {TimeBar:N2}"));
    }

    /// <summary>Fills a dataset, closes it, gives it an owner, and makes a token for another one and one of a service of another organization.</summary>
    private static async Task<(string Reader, string Service)> PrepareAsync(StoaServer stoa, int rows)
    {
        var datastreams = await stoa.CreateDatastreamsAsync(100);
        await Fill.ToAsync(stoa, datastreams, rows);
        foreach (var slug in new[] { "owner", "stranger" })
            await stoa.PostAsync("/api/v1/organizations", new JsonObject { ["slug"] = slug, ["name"] = slug });
        await stoa.PatchAsync($"/api/v1/datasets/{Closed}", new JsonObject { ["spectrum"] = "closed", ["owner"] = "owner" });
        await stoa.PostAsync("/api/v1/datasets", new JsonObject
        {
            ["slug"] = "other", ["title"] = "Other", ["description"] = "Closed too.", ["spectrum"] = "closed",
        });
        return (await stoa.CreateReaderTokenAsync("other"), await stoa.CreateServiceTokenAsync("stranger"));
    }

    private static async Task<(double Closed, double Absent)> RoundAsync(
        LoadConnection connection, string target, string? body, string? token, int pairs)
    {
        var (closed, absent) = (new List<double>(pairs), new List<double>(pairs));
        for (var pair = 0; pair < pairs; pair++)
        {
            // Who comes first takes turns: the second finds warm what the first has fetched.
            var isClosedFirst = pair % 2 == 0;
            var first = await OneAsync(isClosedFirst ? Closed : Absent);
            var second = await OneAsync(isClosedFirst ? Absent : Closed);
            if (first.Status != second.Status || first.Status is < 200 or 201 or >= 500)
                throw new InvalidOperationException($"{target}: {first.Status} and {second.Status}");
            closed.Add(isClosedFirst ? first.Time : second.Time);
            absent.Add(isClosedFirst ? second.Time : first.Time);
        }

        return (Machine.Median(closed), Machine.Median(absent));

        async Task<(double Time, int Status)> OneAsync(string slug)
        {
            var (path, text) = (target.Replace("{0}", slug, StringComparison.Ordinal), body?.Replace("{0}", slug, StringComparison.Ordinal));
            var started = Stopwatch.GetTimestamp();
            var status = await connection.OneAsync(0, (buffer, _) =>
                text is null ? Requests.WriteGet(buffer, path, token) : Requests.WriteBody(buffer, "POST", path, token, text));
            return (Stopwatch.GetElapsedTime(started).TotalMilliseconds, status);
        }
    }
}
