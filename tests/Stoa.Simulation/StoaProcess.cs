using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Stoa.Simulation;

/// <summary>The real program as a process of its own on the loopback address.</summary>
internal sealed class StoaProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private StoaProcess(Process process, Uri address, int mqttPort)
    {
        _process = process;
        Address = address;
        MqttPort = mqttPort;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    /// <summary>Where MQTT answers on the loopback address.</summary>
    public int MqttPort { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>The program built in the same configuration as these tests.</summary>
    private static string Program { get; } = FindProgram();

    /// <summary>Starts the server and does not wait for it.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="fileBytesLimit">Largest file that the process may write (RLIMIT_FSIZE), or null.</param>
    public static StoaProcess Launch(string folder, long? fileBytesLimit = null) =>
        Launch(folder, new($"http://127.0.0.1:{FreePort()}"), [], fileBytesLimit);

    private static StoaProcess Launch(string folder, Uri address, string[] options, long? fileBytesLimit = null)
    {
        var mqttPort = FreePort();
        string[] arguments =
            ["serve", "--data", folder, "--urls", address.ToString().TrimEnd('/'), "--mqtt", $"127.0.0.1:{mqttPort}", .. options];
        // The signal is ignored, as a service manager would set it up, so that the write fails instead of the process.
        return fileBytesLimit is { } limit
            ? new StoaProcess(
                Start("/bin/sh", ["-c", $"trap '' XFSZ; ulimit -f {limit / 512}; exec \"$0\" \"$@\"", Program, .. arguments]), address, mqttPort)
            : new StoaProcess(Start(Program, arguments), address, mqttPort);
    }

    /// <summary>Starts one of several nodes on the database of a folder, at an address of its own.</summary>
    public static Task<StoaProcess> StartNodeAsync(string folder, Uri address, CancellationToken cancellation, params string[] options) =>
        WaitUntilReadyAsync(Launch(folder, address, options), cancellation);

    /// <summary>Starts the server and waits until it says that it is ready.</summary>
    public static Task<StoaProcess> StartAsync(string folder, CancellationToken cancellation, long? fileBytesLimit = null) =>
        WaitUntilReadyAsync(Launch(folder, fileBytesLimit), cancellation);

    private static async Task<StoaProcess> WaitUntilReadyAsync(StoaProcess stoa, CancellationToken cancellation)
    {
        try
        {
            await stoa.WaitUntilReadyAsync(cancellation);
            return stoa;
        }
        catch
        {
            await stoa.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a token that may do everything.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="database">Another database than that of the folder.</param>
    public static async Task<string> CreateTokenAsync(string folder, CancellationToken cancellation, string? database = null)
    {
        string[] options = database is null ? [] : ["--database", database];
        using var command = Start(Program, ["token", "create", "--data", folder, "--name", "simulation", "--admin", .. options]);
        var output = await command.StandardOutput.ReadToEndAsync(cancellation);
        var errors = await command.StandardError.ReadToEndAsync(cancellation);
        await command.WaitForExitAsync(cancellation);
        var token = output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
        return command.ExitCode == 0 && token is not null ? token : throw new InvalidOperationException(output + errors);
    }

    /// <returns>The time from now until the first 200 of the ready address.</returns>
    public async Task<TimeSpan> WaitUntilReadyAsync(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using var http = new HttpClient { BaseAddress = Address };
        while (true)
        {
            if (_process.HasExited) throw new InvalidOperationException($"Stoa ended with {_process.ExitCode}: {Output}");
            if (clock.Elapsed > TimeSpan.FromSeconds(60)) throw new TimeoutException($"Stoa was not ready in time: {Output}");
            try
            {
                using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancellation);
                if (answer.IsSuccessStatusCode) return clock.Elapsed;
            }
            catch (HttpRequestException)
            {
                // Nobody listens yet; there is no event to wait for across processes.
            }

            await Task.Delay(10, cancellation);
        }
    }

    /// <summary>A client that opens its own connections and never repeats a request by itself.</summary>
    public HttpClient CreateClient(string? token)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }, disposeHandler: true)
        {
            BaseAddress = Address,
            Timeout = TimeSpan.FromSeconds(30),
        };
        if (token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    /// <summary>SIGKILL: nothing of the program runs after this.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellation);
    }

    /// <summary>SIGTERM, as a service manager sends it.</summary>
    /// <returns>The time until the process had ended.</returns>
    public async Task<TimeSpan> TerminateAsync(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(cancellation);
        await WaitForExitAsync(cancellation);
        return clock.Elapsed;
    }

    public Task WaitForExitAsync(CancellationToken cancellation) => _process.WaitForExitAsync(cancellation);

    private static Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        TestDatabases.Prepare(start);
        // The small disks of these tests are below the space that a server wants before it says that it is ready.
        start.Environment["STOA_STORAGE_FREE_BYTES_MIN"] = "0";
        // Else the runtime maps its code from a file larger than any limit that a test may set.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return Process.Start(start)!;
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output) _output.AppendLine(line.Data);
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string FindProgram()
    {
        // …/tests/Stoa.Simulation/bin/<configuration>/net10.0/
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        for (var folder = output; folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Stoa.slnx")))
                return Path.Combine(folder.FullName, "src", "Stoa.Host", "bin", output.Parent!.Name, output.Name, "stoa");
        throw new DirectoryNotFoundException("These tests run from inside the repository.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
