using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// What a record of every access to data that are not open costs: the same questions with the same tokens, while the dataset is open and nothing is
/// recorded, and while it is closed and everything is; taking turns. Processor time decides: it moves far less than requests a second on a machine that
/// does other things too. Of the throughput of the query mix it may be so much. A single kind of answer is held to microseconds and time a byte besides SHA-256 of
/// the same bytes, which is measured in the same run (decision 0027); its share of throughput is printed.
/// </summary>
/// <remarks>Arguments: rounds (9), seconds a round (2), how the names of the questions begin (all).</remarks>
internal static class Records
{
    private const double ShareOfThroughput = 0.05;
    private const double AnswerMicroseconds = 10, ByteNanoseconds = 0.2;
    private const int WarmUp = 10;
    private const int Connections = 8;
    private const int Readers = 20;
    private const int Datastreams = 500, RowsEach = 1_000;
    private const string Mix = "query mix";

    // Longer than records wait to be stored.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(1_300);

    public static async Task RunAsync(Arguments arguments)
    {
        await using var engines = await BenchEngines.OpenAsync(arguments);
        foreach (var engine in engines.All)
            await RunAsync(engine, arguments.Number(0, 9), TimeSpan.FromSeconds(arguments.Number(1, 2)), arguments.Texts.ElementAtOrDefault(2) ?? "");
    }

    private static async Task RunAsync(BenchEngine engine, int rounds, TimeSpan time, string only)
    {
        Console.WriteLine($"\n{engine.Name}");
        // Threads that spin while they wait for work use more time than a short answer, and more of it on a busy machine.
        await using var stoa = await engine.StartAsync(("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0"));
        var datastreams = await stoa.CreateDatastreamsAsync(Datastreams, perThing: 1);
        await Fill.ToAsync(stoa, datastreams, Datastreams * RowsEach);
        await engine.SettleAsync();
        // Accesses of one token are stored together: there are several.
        var readers = new string[Readers];
        for (var i = 0; i < Readers; i++) readers[i] = await stoa.CreateReaderTokenAsync(StoaServer.Slug);
        var root = StoaServer.Path;
        var mix = new Questions(datastreams, await stoa.ReadIdsAsync("Things"), RowsEach, readers);
        var questions = new (string Name, Func<long, string>? Target)[]
        {
            (Mix, null),
            ("latest", n => $"{root}/Datastreams({Datastream(n)})/Observations?$top=1&$orderby=phenomenonTime%20desc"),
            ("page of 10", n => $"{root}/Datastreams({Datastream(n)})/Observations?$top=10&$orderby=phenomenonTime%20desc"),
            ("page of 100", n => $"{root}/Datastreams({Datastream(n)})/Observations?$top=100&$orderby=phenomenonTime%20desc"),
            ("100 datastreams", _ => $"{root}/Datastreams?$top=100"),
            ("filter, 500", n => $"{root}/Observations?$top=500&$filter=Datastream/id%20eq%20{Datastream(n)}"),
            ("CSV of 500", n => $"{root}/Datastreams({Datastream(n)})/Observations?$top=500&$resultFormat=CSV"),
        };
        using var client = new LoadClient(stoa.Process.Address, Connections);
        foreach (var (name, target) in questions.Where(question => question.Name.StartsWith(only, StringComparison.Ordinal)))
        {
            var body = target is null ? [] : await stoa.Http.GetByteArrayAsync(new Uri(target(0), UriKind.Relative));
            WriteRequest write = target is null
                ? mix.WriteAny
                : (buffer, number) => Requests.WriteGet(buffer, target(number), readers[number % Readers]);
            var hashing = new List<double>();
            var (open, recorded) = (new List<LoadResult>(), new List<LoadResult>());
            // Code that is compiled anew while it is used would count for records.
            for (var round = -WarmUp; round < rounds; round++)
                foreach (var isOpen in round % 2 == 0 ? new[] { true, false } : [false, true])
                {
                    await stoa.PatchAsync($"/api/v1/datasets/{StoaServer.Slug}", new JsonObject { ["spectrum"] = isOpen ? "open" : "closed" });
                    var result = await client.RunAsync(time, write, stoa.Process, Gathering);
                    if (result.Errors > 0) throw new InvalidOperationException($"{name}: refused.");
                    if (round >= 0) (isOpen ? open : recorded).Add(result);
                    if (body.Length > 0) hashing.Add(MillisecondsToHash(body));
                }

            Print(name, body.Length, open, recorded, hashing);
        }

        long Datastream(long number) => datastreams[number * 7919 % Datastreams];
    }

    private static void Print(string name, int length, List<LoadResult> open, List<LoadResult> recorded, List<double> hashing)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-16} open {Machine.Median(open.Select(r => r.PerSecond)),8:N0}/s {Machine.Median(open.Select(r => r.AllMilliseconds)):N3} ms CPU, " +
            $"recorded {Machine.Median(recorded.Select(r => r.PerSecond)),8:N0}/s {Machine.Median(recorded.Select(r => r.AllMilliseconds)):N3} ms CPU"));
        var slower = 1 - Machine.Median(recorded.Zip(open, (some, none) => some.PerSecond / none.PerSecond));
        // As a share of what one can be answered in the same time.
        var shares = recorded.Zip(open, (some, none) => 1 - (none.AllMilliseconds / some.AllMilliseconds)).ToArray();
        var all = 1 - (Together(open) / Together(recorded));
        var share = string.Create(CultureInfo.InvariantCulture,
            $"{Machine.Median(shares):0.0%} of throughput by its processor time ({Machine.Percentile(shares, 0.25):0.0%} to {Machine.Percentile(shares, 0.75):0.0%}; all turns together {all:0.0%}), {slower:0.0%} fewer answers");
        if (hashing.Count == 0)
        {
            Verdict.Print(Machine.Median(shares) <= ShareOfThroughput, string.Create(CultureInfo.InvariantCulture, $"{share}, bar {ShareOfThroughput:0%}"));
            return;
        }

        var hash = Machine.Median(hashing);
        var micros = recorded.Zip(open, (some, none) => 1_000 * (some.AllMilliseconds - none.AllMilliseconds - hash)).ToArray();
        var (besides, bar) = (Machine.Median(micros), AnswerMicroseconds + (ByteNanoseconds * length / 1_000));
        Verdict.Print(besides <= bar, string.Create(CultureInfo.InvariantCulture,
            $"{besides:N1} us a record ({Machine.Percentile(micros, 0.25):N1} to {Machine.Percentile(micros, 0.75):N1}) besides {1_000 * hash:N1} us for SHA-256 of {length:N0} bytes, bar {bar:N1}; together {share}"));
    }

    // Milliseconds an answer.
    private static double Together(List<LoadResult> turns) => turns.Sum(turn => turn.AllMilliseconds * turn.PerSecond) / turns.Sum(turn => turn.PerSecond);

    // In the thread's own time, as the servers' is measured.
    private static double MillisecondsToHash(byte[] body)
    {
        const int Times = 200;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        var before = ProcessTimes.OfThread();
        for (var i = 0; i < Times; i++) SHA256.HashData(body, digest);
        return (ProcessTimes.OfThread() - before).TotalMilliseconds / Times;
    }
}
