using System.Diagnostics;
using System.Globalization;

namespace Stoa.Simulation;

/// <summary>A PostgreSQL server of one test's own, which it may stop, kill and halt. What is committed is on the disk.</summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    private readonly string _folder;
    private readonly int _port = StoaProcess.FreePort();

    private PostgresCluster(string folder) => _folder = folder;

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=stoa;Database=postgres");

    public static async Task<PostgresCluster> StartAsync(CancellationToken cancellation)
    {
        // Directly under /tmp: others cannot enter the folders of root, whom PostgreSQL refuses.
        var folder = Directory.CreateTempSubdirectory("stoa-cluster-").FullName;
        var cluster = new PostgresCluster(folder);
        if (Environment.IsPrivilegedProcess) await RunAsync("chown", ["postgres", folder], cancellation);
        await RunAsUserAsync("initdb", ["-D", cluster.Data, "-U", "stoa", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"], cancellation);
        await cluster.ResumeAsync(cancellation);
        return cluster;
    }

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Starts the server again.</summary>
    public Task ResumeAsync(CancellationToken cancellation) => RunAsUserAsync("pg_ctl",
        ["-D", Data, "-l", Path.Combine(_folder, "log"), "-w", "-t", "60", "start", "-o",
            string.Create(CultureInfo.InvariantCulture, $"-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''")], cancellation);

    /// <summary>Ends the server as a crash would.</summary>
    public Task CrashAsync(CancellationToken cancellation) => RunAsUserAsync("pg_ctl", ["-D", Data, "-m", "immediate", "-w", "stop"], cancellation);

    /// <summary>Halts the server with all that serve connections, or lets them go on: it takes connections and says nothing.</summary>
    public async Task HaltAsync(bool isHalted, CancellationToken cancellation)
    {
        var master = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid"), cancellation))[0];
        await RunAsync("sh", ["-c", $"kill -{(isHalted ? "STOP" : "CONT")} {master} $(pgrep -P {master})"], cancellation);
    }

    private static Task RunAsUserAsync(string program, string[] arguments, CancellationToken cancellation)
    {
        var bin = Environment.GetEnvironmentVariable("STOA_POSTGRES_BIN") ??
            Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))
                .Select(folder => Path.Combine(folder, "bin")).First(folder => File.Exists(Path.Combine(folder, "initdb")));
        var file = Path.Combine(bin, program);
        return Environment.IsPrivilegedProcess
            ? RunAsync("runuser", ["-u", "postgres", "--", file, .. arguments], cancellation)
            : RunAsync(file, arguments, cancellation);
    }

    // Its output goes nowhere: the server that it leaves behind would hold a pipe open.
    private static async Task RunAsync(string file, string[] arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("sh", ["-c", "exec \"$0\" \"$@\" >/dev/null 2>&1 </dev/null", file, .. arguments]) { WorkingDirectory = "/" };
        using var process = Process.Start(start)!; // It throws where it cannot start.
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0) throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await HaltAsync(false, CancellationToken.None);
            await CrashAsync(CancellationToken.None);
        }
        catch (Exception error) when (error is InvalidOperationException or IOException)
        {
            // It does not run.
        }

        Directory.Delete(_folder, recursive: true);
    }
}
