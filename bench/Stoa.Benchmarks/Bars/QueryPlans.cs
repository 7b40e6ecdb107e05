using System.Globalization;
using System.Text;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>What people ask of a large store, one question at a time: none of them may read it whole.</summary>
/// <remarks>
/// Arguments: observations (10,000,000), datastreams (10,000), rounds (7), a folder to keep and use again (none). Beside the
/// datastreams of a minute there is one of 15 seconds over a month: 172,800 rows. One connection; the median of the rounds.
/// </remarks>
internal static class QueryPlans
{
    private const double LatestOfAllBar = 150, HourlyBar = 100;
    private const int StepSeconds = 15;
    private static readonly DateTimeOffset Month = new(2031, 3, 1, 0, 0, 0, TimeSpan.Zero);

    public static async Task RunAsync(Arguments arguments)
    {
        var observations = arguments.Number(0, 10_000_000);
        var count = arguments.Number(1, 10_000);
        await using var engines = await BenchEngines.OpenAsync(arguments, arguments.Texts.Count > 3 ? arguments.Texts[3] : null);
        var servers = new List<(BenchEngine Engine, StoaServer Stoa)>();
        try
        {
            foreach (var engine in engines.All)
            {
                var isFilled = engine.HasData;
                servers.Add((engine, await engine.StartAsync()));
                if (isFilled) continue;
                await FillAsync(servers[^1].Stoa, observations, count);
                await engine.SettleAsync();
            }

            await MeasureAsync(servers, observations / count, arguments.Number(2, 7));
        }
        finally
        {
            foreach (var (_, stoa) in servers) await stoa.DisposeAsync();
        }
    }

    private static async Task MeasureAsync(List<(BenchEngine Engine, StoaServer Stoa)> servers, int minutes, int rounds)
    {
        var questions = new List<(string Name, string Target, double? Bar)[]>();
        foreach (var (_, stoa) in servers) questions.Add([.. Questions(await stoa.ReadIdsAsync("Datastreams"), minutes)]);
        for (var question = 0; question < questions[0].Length; question++)
            for (var server = 0; server < servers.Count; server++)
                await MeasureAsync(servers[server].Engine, servers[server].Stoa, questions[server][question], rounds);
    }

    private static async Task FillAsync(StoaServer stoa, long observations, int count)
    {
        var datastreams = await stoa.CreateDatastreamsAsync(count);
        await Fill.ToAsync(stoa, datastreams, observations);
        var extra = await stoa.CreateDatastreamsAsync(1, perThing: 1);
        for (var first = 0; first < 172_800; first += 10_000)
        {
            var body = new StringBuilder($"[{{\"Datastream\":{{\"@iot.id\":{extra[^1]}}},\"components\":[\"phenomenonTime\",\"result\"],\"dataArray\":[");
            for (var row = first; row < Math.Min(172_800, first + 10_000); row++)
                body.Append(CultureInfo.InvariantCulture,
                    $"{(row > first ? "," : "")}[\"{Month.AddSeconds(row * (long)StepSeconds):yyyy-MM-ddTHH:mm:ssZ}\",{row * 104_729L % 10_000 / 100.0}]");
            using var answer = await stoa.Http.PostAsync(
                new Uri($"{StoaServer.Path}/CreateObservations", UriKind.Relative),
                new StringContent(body.Append("]}]").ToString(), Encoding.UTF8, "application/json"));
            answer.EnsureSuccessStatusCode();
        }
    }

    private static (string Name, string Target, double? Bar)[] Questions(long[] datastreams, int minutes)
    {
        const string Latest = "Observations($orderby=phenomenonTime%20desc;$top=1;$select=phenomenonTime,result)";
        var (some, fast) = (datastreams[datastreams.Length / 3], datastreams[^1]);
        // A week where there is more than one, else ten hours.
        var span = minutes > 7 * 24 * 60 ? 7 * 24 * 60 : 600;
        var (from, to) = (Requests.TimeOfMinute(Math.Max(0, minutes - span)), Requests.TimeOfMinute(minutes));
        var hour = Requests.TimeOfMinute(Math.Max(0, minutes - 60));
        const string Box = "geography'POLYGON((7.55%2051.895,7.57%2051.895,7.57%2051.915,7.55%2051.915,7.55%2051.895))'";
        var within = $"phenomenonTime%20ge%20{from}%20and%20phenomenonTime%20lt%20{to}";
        return
        [
            ("latest of all", $"/Datastreams?$top=10000&$select=id,name&$expand={Latest}", LatestOfAllBar),
            ("latest of all, whole entities", "/Datastreams?$top=10000&$expand=Observations($orderby=phenomenonTime%20desc;$top=1)", null),
            ("latest of all as CSV", $"/Datastreams?$top=10000&$select=id,name&$expand={Latest}&$resultFormat=CSV", null),
            ("Things, Datastreams, latest", $"/Things?$top=100&$expand=Datastreams($expand={Latest})", null),
            ("one day of one", $"/Datastreams({fast})/Observations?$top=5760&$filter=phenomenonTime%20ge%202031-03-10T00:00:00Z%20and%20" +
                "phenomenonTime%20lt%202031-03-11T00:00:00Z", null),
            ("above a value over a span", $"/Observations?$top=100&$filter=result%20gt%2099%20and%20{within}", null),
            ("above a value, newest first", $"/Observations?$top=100&$orderby=phenomenonTime%20desc&$filter=result%20gt%2099%20and%20{within}", null),
            ("of one above a value", $"/Datastreams({fast})/Observations?$top=100&$filter=result%20gt%2099.9%20and%20phenomenonTime%20ge%20" +
                "2031-03-10T00:00:00Z%20and%20phenomenonTime%20lt%202031-03-17T00:00:00Z", null),
            ("box and last hour", $"/Observations?$top=1000&$filter=st_within(FeatureOfInterest/feature,{Box})%20and%20phenomenonTime%20ge%20{hour}", null),
            ("box and last hour, by Things", $"/Observations?$top=1000&$filter=st_within(Datastream/Thing/Locations/location,{Box})%20and%20phenomenonTime%20ge%20{hour}", null),
            ("hourly averages of a month", $"/Datastreams({fast})/Observations/$aggregate?interval=PT1H&zone=Europe/Berlin", HourlyBar),
            ("hourly p95 of a month", $"/Datastreams({fast})/Observations/$aggregate?interval=PT1H&zone=Europe/Berlin&functions=p50,p95", null),
            ("daily averages of a box", $"/Observations/$aggregate?interval=P1D&groupBy=Thing&$filter=st_within(Datastream/Thing/Locations/location,{Box})", null),
            ("hour of all, together", $"/Observations/$aggregate?interval=PT10M&groupBy=none&$filter=phenomenonTime%20ge%20{hour}", null),
            ("count of all", "/Observations?$count=true&$top=0", null),
            ("count above a value", "/Observations?$count=true&$top=0&$filter=result%20gt%2099", null),
            ("count in a span", $"/Observations?$count=true&$top=0&$filter={within}", null),
            ("count of what is not there", "/Observations?$count=true&$top=0&$filter=result%20gt%2050%20and%20result%20lt%2050", null),
            ("count of one above a value", $"/Datastreams({some})/Observations?$count=true&$top=0&$filter=result%20gt%2099", null),
            ("one datastream as CSV", $"/Datastreams({fast})/Observations?$resultFormat=CSV", null),
            ("one datastream as data array", $"/Datastreams({fast})/Observations?$resultFormat=dataArray&$top=10000", null),
        ];
    }

    private static async Task MeasureAsync(
        BenchEngine engine, StoaServer stoa, (string Name, string Target, double? Bar) question, int rounds)
    {
        var times = new List<double>();
        var (cpu, database) = (TimeSpan.Zero, TimeSpan.Zero);
        using var connection = new LoadConnection(stoa.Process.Address);
        for (var round = -1; round < rounds; round++)
        {
            if (round == 0) (cpu, database) = (stoa.Process.CpuTime, stoa.Process.DatabaseCpuTime);
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            var status = await connection.OneAsync(round, (buffer, _) => Requests.WriteGet(buffer, StoaServer.Path + question.Target, null));
            if (status != 200) throw new InvalidOperationException($"{question.Name}: {status}");
            if (round >= 0) times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        var median = Machine.Median(times);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{question.Name,-32} {engine.Name,-10} {median,10:N2} ms, CPU {(stoa.Process.CpuTime - cpu).TotalMilliseconds / rounds:N1} + " +
            $"{(stoa.Process.DatabaseCpuTime - database).TotalMilliseconds / rounds:N1} ms"));
        if (question.Bar * engine.Allowance is { } most)
            Verdict.Print(median <= most, string.Create(CultureInfo.InvariantCulture, $"{median:N1} ms, bar {most} ms"));
    }
}
