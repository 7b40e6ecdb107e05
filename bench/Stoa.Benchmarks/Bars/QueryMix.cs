using System.Globalization;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// The weighted questions of a SensorThings client over 16 connections: at least 2,500 a second, at most 0.8 ms of processor time;
/// half of that on PostgreSQL, where the database's processes count too. The engines take turns.
/// </summary>
/// <remarks>Arguments: rounds (3), seconds a round (4), Things (500), observations (500,000).</remarks>
internal static class QueryMix
{
    private const int Connections = 16;
    private const double PerSecondBar = 2500;
    private const double CpuMillisecondsBar = 0.8;

    public static async Task RunAsync(Arguments arguments)
    {
        var rounds = arguments.Number(0, 3);
        var time = TimeSpan.FromSeconds(arguments.Number(1, 4));
        await using var engines = await BenchEngines.OpenAsync(arguments);
        var sides = new List<Side>();
        try
        {
            foreach (var engine in engines.All)
                sides.Add(await Side.StartAsync(engine, arguments.Number(2, 500), arguments.Number(3, 500_000)));
            await MeasureAsync("all kinds", sides, questions => questions.WriteAny, rounds, time, bars: true);
            foreach (var kind in Questions.Kinds)
                await MeasureAsync(kind.Name, sides, questions => (buffer, number) => questions.Write(buffer, kind, number),
                    1, TimeSpan.FromSeconds(1.5), bars: false);
        }
        finally
        {
            foreach (var side in sides) await side.DisposeAsync();
        }
    }

    private static async Task MeasureAsync(
        string name, List<Side> sides, Func<Questions, WriteRequest> write, int rounds, TimeSpan time, bool bars)
    {
        var results = sides.Select(_ => new List<LoadResult>()).ToArray();
        for (var round = -1; round < rounds; round++)
            for (var side = 0; side < sides.Count; side++)
            {
                var result = await sides[side].RunAsync(round < 0 ? TimeSpan.FromSeconds(2) : time, write);
                if (result.Errors > 0) throw new InvalidOperationException($"{name}: {result.Errors} errors on {sides[side].Engine.Name}.");
                if (round >= 0) results[side].Add(result);
            }

        for (var side = 0; side < sides.Count; side++) Print(name, sides[side].Engine, results[side], bars);
    }

    private static void Print(string name, BenchEngine engine, List<LoadResult> results, bool bars)
    {
        var perSecond = Median(r => r.PerSecond);
        var cpu = Median(r => r.AllMilliseconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-10} {engine.Name,-10} {perSecond,8:N0} requests/s  p50 {Median(r => r.P50),6:N2}  p95 {Median(r => r.P95),6:N2}  " +
            $"p99 {Median(r => r.P99),6:N2} ms  CPU {Median(r => r.CpuMilliseconds):N3} + {Median(r => r.DatabaseMilliseconds):N3} ms  " +
            $"(load average {Machine.LoadAverage()})"));
        if (!bars) return;
        Verdict.Print(perSecond >= PerSecondBar / engine.Allowance, string.Create(CultureInfo.InvariantCulture,
            $"{perSecond:N0} requests/s, bar {PerSecondBar / engine.Allowance:N0}"));
        Verdict.Print(cpu <= CpuMillisecondsBar * engine.Allowance, string.Create(CultureInfo.InvariantCulture,
            $"{cpu:N3} ms CPU a request, bar {CpuMillisecondsBar * engine.Allowance}"));

        double Median(Func<LoadResult, double> value) => Machine.Median(results.Select(value));
    }

    /// <summary>A server with its data and the load on it.</summary>
    private sealed record Side(BenchEngine Engine, StoaServer Stoa, Questions Questions, LoadClient Client) : IAsyncDisposable
    {
        public static async Task<Side> StartAsync(BenchEngine engine, int things, int observations)
        {
            var stoa = await engine.StartAsync();
            var datastreams = await stoa.CreateDatastreamsAsync(things, perThing: 1);
            await Fill.ToAsync(stoa, datastreams, observations);
            await engine.SettleAsync();
            var questions = new Questions(datastreams, await stoa.ReadIdsAsync("Things"), observations / datastreams.Length);
            return new(engine, stoa, questions, new LoadClient(stoa.Process.Address, Connections));
        }

        public Task<LoadResult> RunAsync(TimeSpan time, Func<Questions, WriteRequest> write) =>
            Client.RunAsync(time, write(Questions), Stoa.Process);

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Stoa.DisposeAsync();
        }
    }
}

/// <summary>One kind of question with its weight in the mix.</summary>
internal sealed record QuestionKind(string Name, int Weight);

/// <summary>Makes the questions; the choice depends on the number of the request alone.</summary>
/// <param name="datastreams">Ids of Datastreams that take turns.</param>
/// <param name="things">Ids of Things that take turns.</param>
/// <param name="rowsEach">Minutes that every Datastream has.</param>
/// <param name="tokens">Tokens that take turns; none to ask as anybody.</param>
internal sealed class Questions(long[] datastreams, long[] things, int rowsEach, params string[] tokens)
{
    public static readonly QuestionKind[] Kinds =
    [
        new("entity", 20), new("latest", 30), new("range", 15), new("expand", 15), new("geo", 10), new("result", 5), new("count", 5),
    ];

    private static readonly int TotalWeight = Kinds.Sum(kind => kind.Weight);

    public int WriteAny(Span<byte> buffer, long number)
    {
        var left = (int)(number * 7919 % TotalWeight);
        foreach (var kind in Kinds)
            if ((left -= kind.Weight) < 0)
                return Write(buffer, kind, number);
        throw new InvalidOperationException("The weights do not add up.");
    }

    public int Write(Span<byte> buffer, QuestionKind kind, long number) =>
        Requests.WriteGet(buffer, StoaServer.Path + Target(kind.Name, number), tokens.Length == 0 ? null : tokens[number % tokens.Length]);

    private string Target(string kind, long number)
    {
        var datastream = datastreams[number * 104_729 % datastreams.Length];
        var thing = things[number * 104_729 % things.Length];
        return kind switch
        {
            "entity" => $"/Things({thing})",
            "latest" => $"/Datastreams({datastream})/Observations?$top=1&$orderby=phenomenonTime%20desc",
            "range" => $"/Datastreams({datastream})/Observations?$top=100&$orderby=phenomenonTime%20asc&$filter={Range(number)}",
            "expand" => $"/Things({thing})?$expand=Locations,Datastreams($expand=Observations($top=1;$orderby=phenomenonTime%20desc))",
            "geo" => $"/Locations?$top=100&$filter=st_within(location,geography'{Box(number)}')",
            "result" => "/Observations?$top=100&$orderby=phenomenonTime%20desc&$filter=result%20gt%2098.5",
            "count" => $"/Datastreams({datastream})/Observations?$count=true&$top=1",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of question."),
        };
    }

    private string Range(long number)
    {
        var first = number * 31 % Math.Max(1, rowsEach - 100);
        return $"phenomenonTime%20ge%20{Requests.TimeOfMinute(first)}%20and%20phenomenonTime%20lt%20{Requests.TimeOfMinute(first + 100)}";
    }

    private static string Box(long number)
    {
        var (x, y) = (7.5 + (number % 75 * 0.002), 51.89 + (number % 5 * 0.002));
        return string.Create(CultureInfo.InvariantCulture,
            $"POLYGON(({x:F4}%20{y:F4},{x + 0.05:F4}%20{y:F4},{x + 0.05:F4}%20{y + 0.02:F4},{x:F4}%20{y + 0.02:F4},{x:F4}%20{y:F4}))");
    }
}
