using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Stoa.Benchmarks.Servers;

/// <summary>A server in a process of its own on the loopback address, with what it uses of the machine.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly PostgresCluster? _database;

    private ServerProcess(Process process, Uri address, PostgresCluster? database)
    {
        _process = process;
        _database = database;
        Address = address;
    }

    public Uri Address { get; }

    public int Id => _process.Id;

    /// <summary>Time from the start of the process to the first 200 of the ready address.</summary>
    public TimeSpan ReadyAfter { get; private init; }

    /// <summary>Processor time it had used then.</summary>
    public TimeSpan CpuWhenReady { get; private set; }

    /// <summary>Processor time used so far by all its threads, user and system.</summary>
    public TimeSpan CpuTime => ProcessTimes.Of(_process.Id);

    /// <summary>The same of the database server behind it; nothing when there is none.</summary>
    public TimeSpan DatabaseCpuTime => _database?.CpuTime ?? TimeSpan.Zero;

    public long ResidentBytes => StatusKilobytes("VmRSS:") << 10;

    public long PeakResidentBytes => StatusKilobytes("VmHWM:") << 10;

    public static async Task<ServerProcess> StartAsync(
        string program, Func<Uri, IEnumerable<string>> arguments, string readyPath, PostgresCluster? database,
        params (string Name, string Value)[] environment)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo(program, arguments(address)) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var clock = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        using var http = new HttpClient { BaseAddress = address };
        while (true)
        {
            if (process.HasExited) throw new InvalidOperationException($"{program} ended with {process.ExitCode} before it was ready.");
            if (clock.Elapsed > TimeSpan.FromSeconds(60))
            {
                process.Kill();
                throw new TimeoutException($"{program} was not ready in time.");
            }

            try
            {
                using var answer = await http.GetAsync(new Uri(readyPath, UriKind.Relative));
                if (answer.IsSuccessStatusCode) break;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(5);
        }

        var server = new ServerProcess(process, address, database) { ReadyAfter = clock.Elapsed };
        server.CpuWhenReady = server.CpuTime;
        return server;
    }

    /// <summary>A port of the loopback address on which nobody listens now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private long StatusKilobytes(string name)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    /// <summary>Lets it do nothing until <see cref="Continue"/>.</summary>
    public void Stop() => Signal("-STOP");

    /// <summary>Lets it go on.</summary>
    public void Continue() => Signal("-CONT");

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Signal("-TERM");
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }
}
