using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Xunit;

namespace Stoa.Simulation;

/// <summary>PostgreSQL is killed, halted and started again under load.</summary>
[Trait("Engine", "Postgres")]
public class Database_away
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;
    private static readonly TimeSpan NotReadyMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BackMax = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Is_said_soon_and_healed_soon_and_nothing_acknowledged_is_lost(bool isHalted)
    {
        await using var cluster = await PostgresCluster.StartAsync(Now);
        using var folder = new TemporaryFolder();
        var address = new Uri($"http://127.0.0.1:{StoaProcess.FreePort()}");
        await using var stoa = await StoaProcess.StartNodeAsync(folder.Path, address, Now, "--database", cluster.ConnectionString);
        var token = await StoaProcess.CreateTokenAsync(folder.Path, Now, cluster.ConnectionString);
        using var http = stoa.CreateClient(token);
        var datastream = (await City.BuildAsync(http, Now)).FirstDatastream;
        var path = $"{City.Path}/Datastreams({datastream})/Observations";
        ConcurrentBag<int> acknowledged = [];
        ConcurrentQueue<string> wrong = [];
        using var stop = new CancellationTokenSource();
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(writer => WriteAsync(http, path, writer, acknowledged, wrong, stop.Token)));

        for (var round = 0; round < 2; round++)
        {
            await Task.Delay(1000, Now);
            if (isHalted) await cluster.HaltAsync(true, Now);
            else await cluster.CrashAsync(Now);
            var notReady = await UntilAsync(stoa, HttpStatusCode.ServiceUnavailable);
            // What was asked before the silence was noticed waits for the database; what is asked now does not.
            if (isHalted) await Task.Delay(3000, Now);
            using (var refused = await http.GetAsync(new Uri(path + "?$top=1", UriKind.Relative), Now))
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
                Assert.NotNull(refused.Headers.RetryAfter);
            }

            using var process = Process.GetProcessById(stoa.Id);
            var before = process.TotalProcessorTime;
            await Task.Delay(1000, Now);
            process.Refresh();
            var busy = process.TotalProcessorTime - before;
            if (isHalted) await cluster.HaltAsync(false, Now);
            else await cluster.ResumeAsync(Now);
            var ready = await UntilAsync(stoa, HttpStatusCode.OK);
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{(isHalted ? "halted" : "crashed")}: not ready after {notReady.TotalSeconds:N1} s, back after {ready.TotalSeconds:N1} s, {busy.TotalMilliseconds:N0} ms CPU in a second between"));
            Assert.InRange(notReady, TimeSpan.Zero, NotReadyMax);
            Assert.InRange(ready, TimeSpan.Zero, BackMax);
        }

        await Task.Delay(1000, Now);
        await stop.CancelAsync();
        await writing;
        Assert.Empty(wrong);
        var stored = await City.ResultsAsync(http, path, Now);
        Assert.Equal(stored.Count, stored.Distinct().Count());
        Assert.Empty(acknowledged.Except(stored));
        Assert.InRange(acknowledged.Count, 50, int.MaxValue);
        Assert.DoesNotContain("UnexpectedErrors", stoa.Output, StringComparison.Ordinal);
    }

    private static async Task<TimeSpan> UntilAsync(StoaProcess stoa, HttpStatusCode status)
    {
        var clock = Stopwatch.StartNew();
        using var http = stoa.CreateClient(null);
        while (clock.Elapsed < TimeSpan.FromSeconds(40))
        {
            using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), Now);
            if (answer.StatusCode == status) break;
            await Task.Delay(50, Now);
        }

        return clock.Elapsed;
    }

    // A client waits for an answer as long as it takes; what is refused is 503 and told so.
    private static async Task WriteAsync(
        HttpClient http, string path, int writer, ConcurrentBag<int> acknowledged, ConcurrentQueue<string> wrong, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var result = writer * 1_000_000 + i;
            using var body = new StringContent(string.Create(CultureInfo.InvariantCulture, $$"""{"result":{{result}}}"""), Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), body, Now);
            if (answer.StatusCode == HttpStatusCode.Created) acknowledged.Add(result);
            else if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || answer.Headers.RetryAfter is null) wrong.Enqueue(answer.ToString());
            else await Task.Delay(20, CancellationToken.None);
        }
    }
}
