using Stoa.Benchmarks.Bars;
using Stoa.Storage;

namespace Stoa.Benchmarks.Servers;

/// <summary>What servers store on: SQLite files in a folder, or a PostgreSQL server that is started with it.</summary>
internal sealed class BenchEngine : IAsyncDisposable
{
    private readonly string _folder;

    private BenchEngine(StorageEngine kind, string folder, PostgresCluster? cluster) =>
        (Kind, _folder, Cluster) = (kind, folder, cluster);

    public StorageEngine Kind { get; }

    /// <summary>The PostgreSQL server; null for SQLite.</summary>
    public PostgresCluster? Cluster { get; }

    public string Name => Kind == StorageEngine.Sqlite ? "SQLite" : "PostgreSQL";

    /// <summary>What PostgreSQL may need of what SQLite does: it is held to half of SQLite's bars.</summary>
    public double Allowance => Kind == StorageEngine.Sqlite ? 1 : 2;

    /// <param name="kind">Which.</param>
    /// <param name="folder">Where the servers' data folders stand.</param>
    /// <param name="isKept">Keeps what PostgreSQL stores in that folder too, for another run.</param>
    public static async Task<BenchEngine> OpenAsync(StorageEngine kind, string folder, bool isKept = false)
    {
        var place = Path.Combine(folder, kind.ToString().ToLowerInvariant());
        var cluster = kind == StorageEngine.Postgres ? await PostgresCluster.StartAsync(isKept ? place + "-server" : null) : null;
        return new(kind, place, cluster);
    }

    /// <summary>A server on data of this name, made when there is none.</summary>
    public async Task<StoaServer> StartAsync(string name = "stoa", params (string Name, string Value)[] environment)
    {
        var folder = Path.Combine(_folder, name);
        Directory.CreateDirectory(folder);
        if (Cluster is not null) environment = [.. environment, ("STOA_DATABASE", await Cluster.DatabaseAsync(name))];
        return await StoaServer.StartAsync(folder, Cluster, environment);
    }

    /// <summary>Does now what PostgreSQL does by itself within minutes.</summary>
    public Task SettleAsync(string name = "stoa") => Cluster?.SettleAsync(name) ?? Task.CompletedTask;

    public bool Has(string name) => Directory.Exists(Path.Combine(_folder, name));

    public ValueTask DisposeAsync() => Cluster?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>The engines of one run, in a folder of its own.</summary>
internal sealed class BenchEngines : IAsyncDisposable
{
    private readonly BenchFolder _folder = new();
    private readonly List<BenchEngine> _engines = [];

    public string Folder => _folder.Path;

    public IReadOnlyList<BenchEngine> All => _engines;

    public static async Task<BenchEngines> OpenAsync(Arguments arguments, string? keptIn = null)
    {
        var engines = new BenchEngines();
        foreach (var kind in arguments.Engines)
            engines._engines.Add(await BenchEngine.OpenAsync(kind, keptIn ?? engines._folder.Path, keptIn is not null));
        return engines;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines) await engine.DisposeAsync();
        _folder.Dispose();
    }
}
