using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Xunit;

namespace Stoa.Simulation;

/// <summary>Two nodes on one PostgreSQL database behind nginx, under load.</summary>
[Trait("Engine", "Postgres")]
public class Nodes_behind_a_proxy
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    // As fail_timeout in the configuration: until then nginx leaves a node alone that was stopped.
    private static readonly TimeSpan FailTime = TimeSpan.FromSeconds(5.5);

    private static readonly string[] Options = ["--set", "limits.drainSeconds=2", "--base-address", "http://city.example"];

    [Fact]
    public async Task Each_is_started_again_in_turn_and_no_request_fails()
    {
        using var folder = new TemporaryFolder();
        await using var nodes = await Pair.StartAsync(folder.Path);

        var load = await LoadWhileRestartedAsync(nodes, gently: true);

        Assert.True(load.Failures.IsEmpty, string.Join('\n', load.Failures.Take(20)) + "\n" + Proxy.ErrorsIn(nodes.ProxyFolder));
        await load.CompareAsync(everyPostIsAcknowledged: true);
    }

    [Fact]
    public async Task Kill_of_one_loses_and_doubles_nothing_acknowledged_and_reading_goes_on()
    {
        using var folder = new TemporaryFolder();
        await using var nodes = await Pair.StartAsync(folder.Path);

        var load = await LoadWhileRestartedAsync(nodes, gently: false);

        // Only a POST without a key may fail: nobody can know whether the node that was killed had stored it.
        Assert.DoesNotContain(load.Failures, failure => !failure.StartsWith("POST without", StringComparison.Ordinal));
        Assert.InRange(load.Failures.Count, 0, 2 * ProxyLoad.Writers);
        await load.CompareAsync(everyPostIsAcknowledged: false);
    }

    private static async Task<ProxyLoad> LoadWhileRestartedAsync(Pair nodes, bool gently)
    {
        var load = new ProxyLoad(nodes);
        using var stop = new CancellationTokenSource();
        var running = load.RunAsync(stop.Token);
        for (var round = 0; round < 2; round++)
        {
            await Task.Delay(FailTime, Now);
            await nodes.RestartAsync(round, gently);
        }

        await Task.Delay(FailTime, Now);
        await stop.CancelAsync();
        await running;
        await load.ReportAsync();
        return load;
    }

    /// <summary>The nodes and the proxy.</summary>
    private sealed class Pair : IAsyncDisposable
    {
        private readonly StoaProcess[] _nodes = new StoaProcess[2];
        private readonly string _folder;
        private Proxy? _proxy;

        private Pair(string folder) => _folder = folder;

        public Uri Address => _proxy!.Address; // Set by StartAsync.

        public string ProxyFolder => Path.Combine(_folder, "proxy");

        public string Token { get; private set; } = "";

        public long Datastream { get; private set; }

        public static async Task<Pair> StartAsync(string folder)
        {
            var pair = new Pair(folder);
            for (var i = 0; i < 2; i++)
                pair._nodes[i] = await StoaProcess.StartNodeAsync(
                    folder, new($"http://127.0.0.1:{StoaProcess.FreePort()}"), Now, Options);
            pair.Token = await StoaProcess.CreateTokenAsync(folder, Now);
            using (var http = pair._nodes[0].CreateClient(pair.Token)) pair.Datastream = (await City.BuildAsync(http, Now)).FirstDatastream;
            Directory.CreateDirectory(pair.ProxyFolder);
            pair._proxy = await Proxy.StartAsync(pair.ProxyFolder, pair._nodes[0].Address, pair._nodes[1].Address, Now);
            return pair;
        }

        public async Task RestartAsync(int index, bool gently)
        {
            var node = _nodes[index];
            if (gently) await node.TerminateAsync(Now);
            else await node.KillAsync(Now);
            if (gently) Assert.True(node.ExitCode == 0, node.Output);
            await node.DisposeAsync();
            _nodes[index] = await StoaProcess.StartNodeAsync(_folder, node.Address, Now, Options);
        }

        public async ValueTask DisposeAsync()
        {
            if (_proxy is not null) await _proxy.DisposeAsync();
            foreach (var node in _nodes)
                if (node is not null) await node.DisposeAsync();
        }
    }

    /// <summary>Readers, and writers with and without Idempotency-Key; every answer but success is a failure.</summary>
    private sealed class ProxyLoad(Pair nodes)
    {
        public const int Writers = 4;

        private readonly ConcurrentDictionary<int, bool> _sent = new();
        private readonly ConcurrentDictionary<int, bool> _acknowledged = new();
        private int _next;
        private int _reads;

        public ConcurrentQueue<string> Failures { get; } = new();

        private string Observations => $"{City.Path}/Datastreams({nodes.Datastream})/Observations";

        public Task RunAsync(CancellationToken stop) => Task.WhenAll(
            Enumerable.Range(0, Writers).Select(writer => WriteAsync(writer % 2 == 0, stop))
                .Concat(Enumerable.Range(0, 4).Select(_ => ReadAsync(stop))));

        private HttpClient Client()
        {
            var http = new HttpClient { BaseAddress = nodes.Address, Timeout = TimeSpan.FromSeconds(30) };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", nodes.Token);
            return http;
        }

        private async Task ReadAsync(CancellationToken stop)
        {
            using var http = Client();
            while (!stop.IsCancellationRequested)
            {
                await TryAsync("GET", () => http.GetAsync(new Uri(Observations + "?$top=5&$orderby=id%20desc", UriKind.Relative), Now));
                Interlocked.Increment(ref _reads);
            }
        }

        private async Task WriteAsync(bool hasKey, CancellationToken stop)
        {
            using var http = Client();
            while (!stop.IsCancellationRequested)
            {
                var result = Interlocked.Increment(ref _next);
                _sent[result] = hasKey;
                using var request = new HttpRequestMessage(HttpMethod.Post, Observations)
                {
                    Content = new StringContent(
                        string.Create(CultureInfo.InvariantCulture, $$"""{"result":{{result}}}"""), Encoding.UTF8, "application/json"),
                };
                if (hasKey) request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
                if (await TryAsync(hasKey ? "POST with key" : "POST without key", () => http.SendAsync(request, Now)))
                    _acknowledged[result] = hasKey;
            }
        }

        private async Task<bool> TryAsync(string what, Func<Task<HttpResponseMessage>> send)
        {
            try
            {
                using var answer = await send();
                if (answer.IsSuccessStatusCode) return true;
                Failures.Enqueue($"{what}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Now)}");
            }
            catch (HttpRequestException error)
            {
                Failures.Enqueue($"{what}: {error.Message} {error.InnerException?.Message}");
            }

            return false;
        }

        public async Task ReportAsync() => await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{_reads:N0} reads, {_acknowledged.Count:N0} of {_sent.Count:N0} writes acknowledged, {Failures.Count} failures: " +
            $"{string.Join("; ", Failures.GroupBy(failure => failure[..Math.Min(40, failure.Length)]).Select(group => $"{group.Key} x {group.Count()}"))}"));

        /// <summary>Everything acknowledged is there once; what was not is there once or not at all.</summary>
        public async Task CompareAsync(bool everyPostIsAcknowledged)
        {
            using var http = Client();
            var stored = await City.ResultsAsync(http, Observations, Now);
            var known = stored.ToHashSet();
            Assert.Equal(known.Count, stored.Count);
            Assert.All(_acknowledged.Keys, result => Assert.True(known.Contains(result), $"{result} was acknowledged and is lost."));
            Assert.All(known, result => Assert.True(_sent.ContainsKey(result)));
            if (everyPostIsAcknowledged) Assert.Equal(_sent.Count, _acknowledged.Count);
            Assert.InRange(_acknowledged.Count, 100, int.MaxValue);
        }
    }
}
