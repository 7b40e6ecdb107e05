using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Stoa.Sharing.Policy;
using Stoa.Tests.Sensing;
using Xunit;

namespace Stoa.Tests.Nodes;

/// <summary>The program twice on one PostgreSQL database.</summary>
internal sealed class TwoNodes : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _database;

    private TwoNodes() => _database = TestDatabases.ConnectionStringOf(_folder.Path) ?? throw new InvalidOperationException("Needs PostgreSQL.");

    /// <summary>The node started first: it leads.</summary>
    public Exchange First { get; private set; } = null!; // Set by StartAsync, the only way to one.

    public Exchange Second { get; private set; } = null!; // Likewise.

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static async Task<TwoNodes> StartAsync(TimeProvider? time = null, params (string Key, string Value)[] settings)
    {
        var nodes = new TwoNodes();
        // One address in front of both, as a proxy has.
        settings = [("baseAddress", "http://city.example"), .. settings];
        nodes.First = await Exchange.StartAsync(nodes._folder.Path, time, settings);
        nodes.Second = await nodes.StartAnotherAsync(settings);
        await UntilAsync(() => nodes.First.Database.Nodes.Others == 1 && nodes.Second.Database.Nodes.Others == 1);
        return nodes;
    }

    /// <summary>One more node on the same database.</summary>
    public Task<Exchange> StartAnotherAsync(params (string Key, string Value)[] settings) =>
        Exchange.StartAsync(_folder.Path, null, settings);

    /// <summary>Two nodes with a Thing and a Datastream, both with id 1.</summary>
    public static async Task<TwoNodes> StartWithStationAsync(params (string Key, string Value)[] settings)
    {
        var nodes = await StartAsync(null, settings);
        await nodes.First.CreateAsync("Things", SensorThings.Station);
        return nodes;
    }

    /// <summary>Reads one number from the database beside the program.</summary>
    public async Task<long> NumberAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync(Now);
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(Now), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Ends the connections over which nodes hear each other; how many there were.</summary>
    public Task<long> MakeDeafAsync() => NumberAsync(
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'stoa hearing'
        """);

    /// <summary>Ends all connections of the program.</summary>
    public Task<long> CutAsync() => NumberAsync(
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'stoa%'
        """);

    public static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (!await condition()) await Task.Delay(20, patience.Token);
    }

    /// <summary>A node learns what was decided about access at another.</summary>
    public static Task LearnAsync(Exchange node) => node.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);

    public async ValueTask DisposeAsync()
    {
        if (Second is not null) await Second.DisposeAsync();
        if (First is not null) await First.DisposeAsync();
        _folder.Dispose();
    }
}
