using System.Globalization;
using Stoa.Storage;
using Xunit;

namespace Stoa.Simulation;

/// <summary>kill -9 at random moments under load: what was acknowledged is there afterwards, once and whole.</summary>
public class Killing_the_server
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    // A server that was killed must serve again within this time (a folder of a few hundred thousand rows).
    private static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(5);

    /// <remarks>SIMULATION_ROUNDS sets the number of rounds (20), SIMULATION_SEED repeats the choices of a run.</remarks>
    [Fact]
    public async Task Loses_nothing_acknowledged_doubles_nothing_and_leaves_no_half_array()
    {
        var rounds = Setting("SIMULATION_ROUNDS", 20);
        var seed = Setting("SIMULATION_SEED", Random.Shared.Next());
        await Console.Out.WriteLineAsync($"Crash test: {rounds} rounds, SIMULATION_SEED={seed}");
        var random = new Random(seed);
        var ledger = new Ledger();
        using var folder = new TemporaryFolder();
        var (token, city) = await PrepareAsync(folder.Path);
        var slowest = TimeSpan.Zero;
        long acknowledged = 0;

        for (var round = 0; round < rounds; round++)
        {
            // Now and then the server is killed while it starts, which is when it recovers.
            if (random.Next(8) == 0) await KillWhileStartingAsync(folder.Path, TimeSpan.FromMilliseconds(random.Next(20, 500)));
            await using var stoa = StoaProcess.Launch(folder.Path);
            var ready = await stoa.WaitUntilReadyAsync(Now);
            Assert.True(ready <= ReadyMax, $"Ready after {ready.TotalSeconds:N1} s.");
            if (ready > slowest) slowest = ready;
            await StoredState.CompareAsync(folder.Path, ledger, Now);

            using (var http = stoa.CreateClient(token))
            {
                var load = new Load(ledger, city, random.Next()).RunAsync(http, CancellationToken.None);
                await Task.Delay(random.Next(50, 450), Now);
                Assert.False(stoa.HasExited, stoa.Output);
                await stoa.KillAsync(Now);
                await load;
            }
        }

        await using (var last = await StoaProcess.StartAsync(folder.Path, Now)) await last.TerminateAsync(Now);
        await StoredState.CompareAsync(folder.Path, ledger, Now);
        Assert.Contains(ledger.Observations, request => request is { IsAcknowledged: true, Kind: RequestKind.ChangeSet });
        acknowledged = ledger.Observations.Where(request => request.IsAcknowledged).Sum(request => (long)request.Results.Length);
        Assert.True(acknowledged > rounds, "The load was not worth killing for.");
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{acknowledged:N0} observations acknowledged ({ledger.Observations.Count(request => request is { IsAcknowledged: true, Kind: RequestKind.ChangeSet }):N0} change " +
            $"sets, {ledger.Repeated:N0} requests sent again after a kill) and {ledger.Things.Count(thing => thing.IsAcknowledged):N0} Things, " +
            $"none lost; slowest start {slowest.TotalSeconds:N2} s"));
    }

    internal static async Task<(string Token, City City)> PrepareAsync(string folder)
    {
        await using var stoa = await StoaProcess.StartAsync(folder, Now);
        var token = await StoaProcess.CreateTokenAsync(folder, Now);
        using var http = stoa.CreateClient(token);
        var city = await City.BuildAsync(http, Now);
        await stoa.TerminateAsync(Now);
        return (token, city);
    }

    private static async Task KillWhileStartingAsync(string folder, TimeSpan after)
    {
        await using var stoa = StoaProcess.Launch(folder);
        await Task.Delay(after, Now);
        await stoa.KillAsync(Now);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}

/// <summary>The comparison finds what a crash could do; else the test above would prove nothing.</summary>
public class Comparing_with_the_ledger
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("DELETE FROM observation WHERE id = 1", "lost")]
    [InlineData("DELETE FROM observation WHERE id = 3", "of one array")]
    [InlineData("UPDATE observation SET result_number = 2 WHERE id = 1", "stored twice")]
    [InlineData("UPDATE entity_count SET entities = entities + 1 WHERE entity_set = 'Observations'", "kept 5 counted 4")]
    [InlineData("UPDATE datastream_state SET latest_id = 1", "kept 4 counted 4")]
    [InlineData("DELETE FROM thing_location", "(2, 0)")]
    public async Task Finds_damage(string damage, string finding)
    {
        using var folder = new TemporaryFolder();
        var ledger = new Ledger();
        var (token, city) = await Killing_the_server.PrepareAsync(folder.Path);
        await using (var stoa = await StoaProcess.StartAsync(folder.Path, Now))
        {
            using var http = stoa.CreateClient(token);
            var load = new Load(ledger, city, 0);
            await load.PostSingleAsync(http, city.FirstDatastream);
            await load.PostArrayAsync(http, city.FirstDatastream, 3);
            await stoa.TerminateAsync(Now);
        }

        await StoredState.CompareAsync(folder.Path, ledger, Now);
        await using (var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now))
            await database.WriteAsync(
                session =>
                {
                    session.Execute(damage);
                    return true;
                },
                Now);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => StoredState.CompareAsync(folder.Path, ledger, Now));

        Assert.Contains(finding, error.Message, StringComparison.Ordinal);
    }
}

/// <summary>SIGTERM under load: requests in flight are finished, the rest is refused or never answered.</summary>
public class Stopping_the_server
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Ends_in_time_under_load_and_loses_nothing_acknowledged()
    {
        using var folder = new TemporaryFolder();
        var ledger = new Ledger();
        var (token, city) = await Killing_the_server.PrepareAsync(folder.Path);

        for (var round = 0; round < 3; round++)
        {
            await using var stoa = await StoaProcess.StartAsync(folder.Path, Now);
            using var http = stoa.CreateClient(token);
            using var stop = new CancellationTokenSource();
            var load = new Load(ledger, city, round).RunAsync(http, stop.Token);
            await Task.Delay(500, Now);

            var took = await stoa.TerminateAsync(Now);

            await stop.CancelAsync();
            await load;
            Assert.True(took <= StopMax, $"Stopped after {took.TotalSeconds:N1} s.");
            Assert.Equal(0, stoa.ExitCode);
            Assert.Contains(ledger.Observations, request => request.IsAcknowledged);
            await StoredState.CompareAsync(folder.Path, ledger, Now);
        }
    }
}
