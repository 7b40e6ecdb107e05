using System.Globalization;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>The weighted questions of a SensorThings client over 16 connections: at least 2,500 a second, at most 0.8 ms CPU.</summary>
/// <remarks>Arguments: rounds (3), seconds a round (4), Things (500), observations (500,000).</remarks>
internal static class QueryMix
{
    private const int Connections = 16;
    private const double PerSecondBar = 2500;
    private const double CpuMillisecondsBar = 0.8;

    public static async Task RunAsync(string[] args)
    {
        var rounds = Arguments.Number(args, 0, 3);
        var time = TimeSpan.FromSeconds(Arguments.Number(args, 1, 4));
        using var folder = new BenchFolder();
        await using var stoa = await StoaServer.StartAsync(Path.Combine(folder.Path, "stoa"));
        var datastreams = await stoa.CreateDatastreamsAsync(Arguments.Number(args, 2, 500), perThing: 1);
        await Fill.ToAsync(stoa, datastreams, Arguments.Number(args, 3, 500_000));
        var questions = new Questions(datastreams, await stoa.ReadIdsAsync("Things"), Arguments.Number(args, 3, 500_000) / datastreams.Length);
        using var client = new LoadClient(stoa.Process.Address, Connections);

        await MeasureAsync("all kinds", questions.WriteAny, bars: true);
        foreach (var kind in Questions.Kinds)
            await MeasureAsync(kind.Name, (buffer, number) => questions.Write(buffer, kind, number), bars: false);

        async Task MeasureAsync(string name, WriteRequest write, bool bars)
        {
            await client.RunAsync(TimeSpan.FromSeconds(2), write, stoa.Process);
            var results = new List<LoadResult>();
            for (var round = 0; round < (bars ? rounds : 1); round++)
                results.Add(await client.RunAsync(bars ? time : TimeSpan.FromSeconds(1.5), write, stoa.Process));
            if (results.Sum(result => result.Errors) is > 0 and var errors) throw new InvalidOperationException($"{name}: {errors} errors.");
            var perSecond = Machine.Median(results.Select(result => result.PerSecond));
            var cpu = Machine.Median(results.Select(result => result.CpuMilliseconds));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-12} {perSecond,10:N0} requests/s  p50 {Machine.Median(results.Select(r => r.P50)),7:N2}  " +
                $"p95 {Machine.Median(results.Select(r => r.P95)),7:N2}  p99 {Machine.Median(results.Select(r => r.P99)),7:N2} ms  " +
                $"server CPU {cpu:N3} ms  (load average {Machine.LoadAverage()})"));
            if (!bars) return;
            Verdict.Print(perSecond >= PerSecondBar, string.Create(CultureInfo.InvariantCulture, $"{perSecond:N0} requests/s, bar {PerSecondBar:N0}"));
            Verdict.Print(cpu <= CpuMillisecondsBar, string.Create(CultureInfo.InvariantCulture, $"{cpu:N3} ms CPU a request, bar {CpuMillisecondsBar}"));
        }
    }
}

/// <summary>One kind of question with its weight in the mix.</summary>
internal sealed record QuestionKind(string Name, int Weight);

/// <summary>Makes the questions; the choice depends on the number of the request alone.</summary>
/// <param name="datastreams">Ids of Datastreams that take turns.</param>
/// <param name="things">Ids of Things that take turns.</param>
/// <param name="rowsEach">Minutes that every Datastream has.</param>
internal sealed class Questions(long[] datastreams, long[] things, int rowsEach)
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
        Requests.WriteGet(buffer, StoaServer.Path + Target(kind.Name, number), null);

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
