using Npgsql;

namespace Stoa.Testing;

/// <summary>The machines of a Citus cluster that <c>STOA_TEST_CITUS</c> names, for a run of the tests on it.</summary>
/// <remarks>
/// <para>The variable holds <c>HOST:PORT</c> of the coordinator as its workers reach it, then of each worker as the coordinator and this
/// program reach them, with spaces between; <c>tests/citus.sh</c> sets it from what the cluster says of itself. A database of Citus is one on
/// every machine, with the extension and the list of machines in it. It cannot be copied from a template: its shards lie elsewhere.</para>
/// <para>The user of <c>STOA_TEST_DATABASE</c> must be able to make databases and extensions on all of them, and the machines to reach each
/// other as that user (<c>citus.node_conninfo</c>, <c>pg_hba.conf</c>).</para>
/// </remarks>
internal sealed class CitusCluster
{
    /// <summary>The environment variable that names the machines.</summary>
    internal const string Variable = "STOA_TEST_CITUS";

    // Enough to have several on each machine; every database of a test has as many tables for each partition.
    private const int Shards = 4;

    private readonly string _server;
    private readonly (string Host, int Port) _coordinator;
    private readonly (string Host, int Port)[] _workers;

    private CitusCluster(string server, (string Host, int Port) coordinator, (string Host, int Port)[] workers)
    {
        _server = server;
        _coordinator = coordinator;
        _workers = workers;
    }

    /// <summary>The cluster that the environment names; null when it names none.</summary>
    /// <param name="server">Connection string to the coordinator.</param>
    internal static CitusCluster? OfEnvironment(string server) => Parse(server, Environment.GetEnvironmentVariable(Variable));

    internal static CitusCluster? Parse(string server, string? machines)
    {
        if (machines is not { Length: > 0 }) return null;
        var nodes = machines.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(machine =>
        {
            var colon = machine.LastIndexOf(':');
            return colon > 0 && int.TryParse(machine[(colon + 1)..], out var port)
                ? (machine[..colon], port)
                : throw new InvalidOperationException($"{Variable}: {machine} is not HOST:PORT.");
        }).ToArray();
        return new(server, nodes[0], nodes[1..]);
    }

    /// <summary>Makes an empty database on every machine, and tells the one of the coordinator of all others.</summary>
    internal void Create(string database)
    {
        foreach (var (host, port) in _workers)
        {
            Execute(At(host, port, "postgres"), $"CREATE DATABASE {database}");
            Execute(At(host, port, database), "CREATE EXTENSION citus");
        }

        Execute(AtCoordinator("postgres"), $"CREATE DATABASE {database}", $"ALTER DATABASE {database} SET citus.shard_count = {Shards}");
        Execute(AtCoordinator(database),
        [
            "CREATE EXTENSION citus",
            $"SELECT citus_set_coordinator_host('{_coordinator.Host}', {_coordinator.Port})",
            .. _workers.Select(worker => $"SELECT citus_add_node('{worker.Host}', {worker.Port})"),
        ]);
    }

    /// <summary>Removes it everywhere, whoever uses it. The coordinator first: it keeps connections to the others.</summary>
    internal void Drop(string database)
    {
        Execute(AtCoordinator("postgres"), $"DROP DATABASE IF EXISTS {database} WITH (FORCE)");
        foreach (var (host, port) in _workers) Execute(At(host, port, "postgres"), $"DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    }

    private string AtCoordinator(string database) => new NpgsqlConnectionStringBuilder(_server) { Database = database }.ConnectionString;

    private string At(string host, int port, string database) =>
        new NpgsqlConnectionStringBuilder(_server) { Host = host, Port = port, Database = database }.ConnectionString;

    private static void Execute(string address, params string[] statements)
    {
        // No pool: a connection that stays open would keep its database from being removed.
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(address) { Pooling = false }.ConnectionString);
        connection.Open();
        foreach (var statement in statements)
        {
            using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 120 };
            command.ExecuteNonQuery();
        }
    }
}
