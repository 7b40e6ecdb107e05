using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Stoa.Benchmarks.Servers;

/// <summary>A PostgreSQL server of its own on the loopback address, as durable as one in production.</summary>
/// <remarks>
/// fsync, full_page_writes and synchronous_commit are on and wal_level is replica, as they are by default; what is set beside is
/// what every operator sets (<see cref="Settings"/>). Its files stand on the disk of the SQLite files.
/// </remarks>
internal sealed class PostgresCluster : IAsyncDisposable
{
    private const string Installed = "/usr/lib/postgresql";
    private const int OldestVersion = 15;

    private const string Settings =
        """
        listen_addresses = '127.0.0.1'
        unix_socket_directories = ''
        max_connections = 100
        shared_buffers = 2GB
        effective_cache_size = 8GB
        random_page_cost = 1.1
        max_wal_size = 8GB
        """;

    private readonly string _folder;
    private readonly bool _isKept;
    private readonly int _port;
    private readonly int _id;
    private bool _isStopped;

    private PostgresCluster(string folder, bool isKept, int port, int id)
    {
        (_folder, _isKept, _port, _id) = (folder, isKept, port, id);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Stop();
    }

    /// <summary>Whether PostgreSQL's programs are on this machine.</summary>
    public static bool IsInstalled => Programs is not null;

    private static string? Programs { get; } = !Directory.Exists(Installed) ? null : (
        from folder in Directory.GetDirectories(Installed)
        let version = int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var number) ? number : 0
        where version >= OldestVersion && File.Exists(Path.Combine(folder, "bin", "postgres"))
        orderby version descending
        select Path.Combine(folder, "bin")).FirstOrDefault();

    /// <summary>Processor time used so far by all processes of the server.</summary>
    public TimeSpan CpuTime => ProcessTimes.OfFamily(_id);

    /// <param name="folder">Keeps the server's files for another run; null: a new folder that goes with the server.</param>
    public static async Task<PostgresCluster> StartAsync(string? folder)
    {
        var place = folder ?? Directory.CreateTempSubdirectory("stoa-bench-postgres-").FullName;
        Directory.CreateDirectory(place);
        var data = Path.Combine(place, "data");
        if (IsRoot) Run("chown", ["postgres", place]);
        if (!Directory.Exists(data)) await MakeAsync(place, data);
        var port = ServerProcess.FreePort();
        RunAsServer("pg_ctl", place, ["-D", data, "-l", Path.Combine(place, "log"), "-o", $"-p {port}", "-w", "-t", "120", "start"]);
        var id = int.Parse(File.ReadLines(Path.Combine(data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        return new(place, folder is not null, port, id);
    }

    private static async Task MakeAsync(string place, string data)
    {
        RunAsServer("initdb", place, ["-D", data, "-U", "stoa", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
        await File.AppendAllTextAsync(Path.Combine(data, "postgresql.conf"), Settings + "\n");
    }

    /// <summary>A connection string to a database of this name, which is made when there is none.</summary>
    public async Task<string> DatabaseAsync(string name)
    {
        await using var connection = new NpgsqlConnection(ConnectionStringTo("postgres"));
        await connection.OpenAsync();
        await using var find = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection);
        find.Parameters.AddWithValue(name);
        if (await find.ExecuteScalarAsync() is null)
        {
            // The name is one of this program's own.
            await using var create = new NpgsqlCommand($"CREATE DATABASE \"{name}\"", connection);
            await create.ExecuteNonQueryAsync();
        }

        return ConnectionStringTo(name);
    }

    /// <summary>Does now what autovacuum does within minutes: statistics, and which pages are visible to all.</summary>
    public async Task SettleAsync(string name)
    {
        await using var connection = new NpgsqlConnection(ConnectionStringTo(name));
        await connection.OpenAsync();
        await using var vacuum = new NpgsqlCommand("VACUUM ANALYZE", connection) { CommandTimeout = 600 };
        await vacuum.ExecuteNonQueryAsync();
    }

    private string ConnectionStringTo(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = _port,
        Username = "stoa",
        Database = database,
        Pooling = false,
    }.ConnectionString;

    private static bool IsRoot => Environment.UserName == "root";

    // PostgreSQL refuses to run as root.
    private static void RunAsServer(string program, string folder, string[] arguments)
    {
        var path = Path.Combine(Programs!, program); // Installed: no one starts it otherwise.
        if (IsRoot) Run("runuser", ["-u", "postgres", "--", path, .. arguments], folder);
        else Run(path, arguments, folder);
    }

    private static void Run(string program, string[] arguments, string folder = "/")
    {
        // The server outlives pg_ctl and keeps what it inherits, so no pipe may be handed down.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" </dev/null >/dev/null 2>&1", "sh", program, .. arguments])
        {
            WorkingDirectory = folder,
        };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    private void Stop()
    {
        if (_isStopped) return;
        _isStopped = true;
        RunAsServer("pg_ctl", _folder, ["-D", Path.Combine(_folder, "data"), "-m", _isKept ? "fast" : "immediate", "-w", "-t", "300", "stop"]);
        if (!_isKept) Directory.Delete(_folder, recursive: true);
    }

    public ValueTask DisposeAsync()
    {
        Stop();
        return ValueTask.CompletedTask;
    }
}
