using System.Diagnostics;
using System.Globalization;
using Stoa.Tests.Sensing;
using Xunit;

namespace Stoa.Tests.Nodes;

/// <summary>What one node alone must do is done by one, and soon by another when that one is gone.</summary>
[Trait("Engine", "Postgres")]
public class Leading
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_node_leads_and_the_second_takes_over_when_it_stops()
    {
        await using var nodes = await TwoNodes.StartAsync();
        var second = nodes.Second.Database.Nodes;
        Assert.True(nodes.First.Database.Nodes.IsLeader);
        Assert.False(second.IsLeader);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Now);
        var began = new TaskCompletionSource();
        var work = second.LeadAsync(
            async stop =>
            {
                began.SetResult();
                await Task.Delay(Timeout.Infinite, stop);
            },
            end.Token);

        await nodes.First.DisposeAsync();
        var clock = Stopwatch.StartNew();
        await TwoNodes.UntilAsync(() => second.IsLeader);

        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"took the lead after {clock.Elapsed.TotalSeconds:N2} s"));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        await began.Task.WaitAsync(TimeSpan.FromSeconds(5), Now);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
    }

    [Fact]
    public async Task Never_two_nodes_lead_when_their_connections_are_cut_again_and_again()
    {
        await using var nodes = await TwoNodes.StartAsync();
        var both = 0;
        using var done = new CancellationTokenSource();
        var watching = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                if (nodes.First.Database.Nodes.IsLeader && nodes.Second.Database.Nodes.IsLeader) both++;
                Thread.Sleep(1);
            }
        }, Now);

        for (var i = 0; i < 4; i++)
        {
            await nodes.NumberAsync(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'stoa speaking'");
            await TwoNodes.UntilAsync(() => nodes.First.Database.Nodes.IsLeader || nodes.Second.Database.Nodes.IsLeader);
            await Task.Delay(200, Now);
        }

        await done.CancelAsync();
        await watching;
        Assert.Equal(0, both);
        await TwoNodes.UntilAsync(() => nodes.First.Database.Nodes.IsLeader ^ nodes.Second.Database.Nodes.IsLeader);
    }

    [Fact]
    public async Task Connections_that_were_cut_come_back_by_themselves()
    {
        await using var nodes = await TwoNodes.StartWithStationAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.InRange(await nodes.CutAsync(), 1, 100);
            await nodes.First.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
            (await nodes.Second.ReadAsync("Datastreams(1)/Observations?$count=true&$top=0"))
                .ShouldBeJson(200, $$"""{"@iot.count":{{i + 1}},"value":[]}""");
            await nodes.Second.CreateAsync("Things", """{"name":"n","description":"d"}""");
        }
    }

    [Fact]
    public async Task A_confirmation_and_an_idempotency_key_are_good_at_every_node()
    {
        await using var nodes = await TwoNodes.StartWithStationAsync();
        await nodes.First.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        var path = SensorThings.At("Observations?$filter=result eq 1");
        var seen = (await nodes.First.DeleteAsync(path + "&$dryRun=true")).ShouldBe(200).Json.GetProperty("confirmation").GetString();
        (await nodes.Second.DeleteAsync(path + "&$confirm=" + seen, nodes.First.AdminToken)).ShouldBe(200);

        var once = await nodes.First.SendAsAsync(nodes.First.AdminToken, "POST", SensorThings.At("Datastreams(1)/Observations"),
            """{"result":2}""", "application/json", "Idempotency-Key: k");
        var again = await nodes.Second.SendAsAsync(nodes.First.AdminToken, "POST", SensorThings.At("Datastreams(1)/Observations"),
            """{"result":2}""", "application/json", "Idempotency-Key: k");
        Assert.Equal(once.Header("Location"), again.Header("Location"));
    }
}
