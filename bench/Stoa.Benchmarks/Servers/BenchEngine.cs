using Stoa.Benchmarks.Bars;
using Stoa.Storage;

namespace Stoa.Benchmarks.Servers;

/// <summary>What servers store on: SQLite files in a folder, or a PostgreSQL server that is started with it.</summary>
internal sealed class BenchEngine : IAsyncDisposable
{
    private const string DataName = "stoa";

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
    /// <param name="folder">Where the servers' data folder stands.</param>
    /// <param name="isKept">Keeps what PostgreSQL stores in that folder too, for another run.</param>
    public static async Task<BenchEngine> OpenAsync(StorageEngine kind, string folder, bool isKept)
    {
        var place = Path.Combine(folder, kind.ToString().ToLowerInvariant());
        var cluster = kind == StorageEngine.Postgres ? await PostgresCluster.StartAsync(isKept ? place + "-server" : null) : null;
        return new(kind, Path.Combine(place, DataName), cluster);
    }

    /// <summary>Whether a server has begun data here, in this run or in one that kept it.</summary>
    public bool HasData => Directory.Exists(_folder);

    /// <summary>A server on the data, which is begun when there is none.</summary>
    public async Task<StoaServer> StartAsync(params (string Name, string Value)[] environment)
    {
        Directory.CreateDirectory(_folder);
        if (Cluster is not null) environment = [.. environment, ("STOA_DATABASE", await Cluster.DatabaseAsync(DataName))];
        return await StoaServer.StartAsync(_folder, Cluster, environment);
    }

    /// <summary>Puts something into the data before a server is started on it.</summary>
    public async Task PrepareAsync(Func<WriteSession, bool> fill)
    {
        Directory.CreateDirectory(_folder);
        await using var database = await Database.OpenAsync(
            new() { Folder = _folder, ConnectionString = Cluster is null ? null : await Cluster.DatabaseAsync(DataName) }, CancellationToken.None);
        await database.WriteAsync(fill, CancellationToken.None);
    }

    /// <summary>Does now what PostgreSQL does by itself within minutes.</summary>
    public Task SettleAsync() => Cluster?.SettleAsync(DataName) ?? Task.CompletedTask;

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
