using System.Collections.Concurrent;
using Npgsql;
using Stoa.Storage;

namespace Stoa.Testing;

/// <summary>Databases of one run of the tests, copied from one that was brought up to date once.</summary>
/// <remarks>
/// They are called <c>stoa_test_RUN_NUMBER</c>. The run holds a lock of that name as long as it lives, so that a later run
/// recognizes what a killed one left behind and removes it.
/// </remarks>
internal sealed class PostgresServer
{
    private const string Prefix = "stoa_test_";

    private readonly ConcurrentDictionary<string, Lazy<string>> _databases = new(StringComparer.Ordinal);
    private readonly string _server;
    private readonly CitusCluster? _cluster;
    private readonly string _run = Prefix + Guid.NewGuid().ToString("N")[..12];
    private readonly NpgsqlDataSource _commands;
    private readonly NpgsqlConnection _lock;
    private readonly Lazy<string> _template;
    private readonly Lazy<string> _role;
    private int _made;

    public PostgresServer(string server)
    {
        _server = server;
        _cluster = CitusCluster.OfEnvironment(server);
        _commands = NpgsqlDataSource.Create(ConnectionStringTo("postgres"));
        _lock = _commands.OpenConnection();
        if (!TryLock(_lock, _run)) throw new InvalidOperationException($"The lock {_run} is taken.");
        RemoveLeftOver();
        _template = new(MakeTemplate);
        _role = new(MakeRole);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => RemoveAll();
    }

    public string ConnectionStringOf(string folder) =>
        ConnectionStringTo(_databases.GetOrAdd(Path.GetFullPath(folder), _ => new(Copy)).Value);

    /// <summary>A database without a schema in place of the folder's.</summary>
    public string MakeEmpty(string folder, string properties, bool hasOrdinaryOwner)
    {
        Remove(folder);
        var name = NextName();
        Execute($"CREATE DATABASE {name} {properties}");
        _databases[Path.GetFullPath(folder)] = new(name);
        if (!hasOrdinaryOwner) return ConnectionStringTo(name);
        Execute($"ALTER DATABASE {name} OWNER TO {_role.Value}");
        return new NpgsqlConnectionStringBuilder(ConnectionStringTo(name)) { Username = _role.Value }.ConnectionString;
    }

    public void Remove(string folder)
    {
        var path = Path.GetFullPath(folder);
        foreach (var known in _databases.Keys)
            if ((known == path || known.StartsWith(path + Path.DirectorySeparatorChar, StringComparison.Ordinal)) &&
                _databases.TryRemove(known, out var database))
                Drop(database.Value);
    }

    private string ConnectionStringTo(string database) =>
        new NpgsqlConnectionStringBuilder(_server) { Database = database }.ConnectionString;

    // The program itself makes the schema; its connections must have ended before the copies are made.
    private string MakeTemplate()
    {
        var name = _run + "_template";
        Execute($"CREATE DATABASE {name}");
        var folder = Directory.CreateTempSubdirectory("stoa-template-");
        var options = new DatabaseOptions { Folder = folder.FullName, ConnectionString = ConnectionStringTo(name) };
        Task.Run(async () => await (await Database.OpenAsync(options, CancellationToken.None)).DisposeAsync()).GetAwaiter().GetResult();
        folder.Delete(recursive: true);
        return name;
    }

    // A copy of files: quicker than one through the write-ahead log, since nothing is written through to a disk (fsync is off).
    private string Copy()
    {
        var name = NextName();
        if (_cluster is not null)
        {
            _cluster.Create(name);
            return name;
        }

        Execute($"CREATE DATABASE {name} TEMPLATE {_template.Value} STRATEGY file_copy");
        return name;
    }

    private string NextName() => $"{_run}_{Interlocked.Increment(ref _made)}";

    // May do what it likes in its own databases, and nothing that concerns the server.
    private string MakeRole()
    {
        Execute($"CREATE ROLE {_run}_role LOGIN");
        return _run + "_role";
    }

    private void Drop(string database)
    {
        if (_cluster is not null) _cluster.Drop(database);
        else Execute($"DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    }

    private void Execute(string sql)
    {
        using var command = _commands.CreateCommand(sql);
        command.CommandTimeout = 60;
        command.ExecuteNonQuery();
    }

    private void RemoveLeftOver()
    {
        var left = new List<string>();
        using (var list = _commands.CreateCommand($"SELECT datname FROM pg_database WHERE starts_with(datname, '{Prefix}')"))
        using (var rows = list.ExecuteReader())
            while (rows.Read()) left.Add(rows.GetString(0));
        using var connection = _commands.OpenConnection();
        foreach (var run in left.GroupBy(name => name[..name.LastIndexOf('_')]))
        {
            if (!TryLock(connection, run.Key)) continue;
            foreach (var database in run) Drop(database);
            Execute($"DROP ROLE IF EXISTS {run.Key}_role");
        }
    }

    private static bool TryLock(NpgsqlConnection connection, string run)
    {
        using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", connection);
        command.Parameters.AddWithValue(run);
        return command.ExecuteScalar() is true;
    }

    private void RemoveAll()
    {
        foreach (var database in _databases.Values) Drop(database.Value);
        if (_template.IsValueCreated) Drop(_template.Value);
        if (_role.IsValueCreated) Execute($"DROP ROLE {_role.Value}");
        _lock.Dispose();
        _commands.Dispose();
    }
}
