using System.Globalization;
using Stoa.Tests.Sensing;
using Xunit;

namespace Stoa.Tests.Nodes;

/// <summary>Nodes that write at the same time: what one goes on with is given up when the other has written.</summary>
[Trait("Engine", "Postgres")]
public class Writing_by_turns
{
    private const int ClientsOfNode = 32;
    private const int Rounds = 15;

    [Fact]
    public async Task Keeps_what_was_acknowledged_once_however_nodes_take_turns()
    {
        await using var nodes = await TwoNodes.StartWithStationAsync();

        var created = await Task.WhenAll(new[] { nodes.First, nodes.Second }.SelectMany(node =>
            Enumerable.Range(0, ClientsOfNode).Select(client => WriteAsync(node, client))));

        var stored = await nodes.First.AllIdsAsync("Observations?$select=id&$orderby=id&$top=10000");
        Assert.Equal(created.SelectMany(ids => ids).Order(), stored);
        Assert.Equal(2 * ClientsOfNode * Rounds, stored.Count);
        await nodes.First.ShouldBeConsistentAsync();
        await nodes.Second.ShouldBeConsistentAsync();
    }

    /// <summary>A node that has just committed a large group supposes that it was the last to write, and is wrong.</summary>
    [Fact]
    public async Task Runs_a_group_anew_that_went_on_in_vain()
    {
        await using var nodes = await TwoNodes.StartAsync();
        var (before, lost) = (await nodes.NumberAsync(Version), await LostTurnsAsync(nodes.First));
        var added = 0L;

        // It goes on within 20 ms alone: a machine that is busy elsewhere may need a few rounds.
        for (var round = 0; round < 200 && await LostTurnsAsync(nodes.First) == lost; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => AddAsync(nodes.First)));
            await AddAsync(nodes.Second);
            await AddAsync(nodes.First);
            added += 42;
        }

        Assert.True(await LostTurnsAsync(nodes.First) > lost, "No group went on in vain.");
        Assert.Equal(before + added, await nodes.NumberAsync(Version));
    }

    private const string Version = "SELECT version FROM governance_state";

    private static Task<long> AddAsync(Exchange node) => node.Database.WriteAsync(
        session =>
        {
            using var add = session.Prepare("UPDATE governance_state SET version = version + 1");
            return add.Execute();
        },
        TestContext.Current.CancellationToken);

    private static async Task<List<long>> WriteAsync(Exchange node, int client)
    {
        var ids = new List<long>();
        for (var round = 0; round < Rounds; round++)
        {
            var answer = await node.PostJsonAsync(
                SensorThings.At("Datastreams(1)/Observations"), $$"""{"result":{{(client * 100) + round}}}""");
            var location = answer.ShouldBe(201).Header("Location")!;
            ids.Add(long.Parse(location[(location.LastIndexOf('(') + 1)..^1], CultureInfo.InvariantCulture));
            // Undone by itself, within a group that stands.
            if (round % 3 == 0)
                (await node.PostJsonAsync(SensorThings.At("Observations"), """{"result":1,"Datastream":{"@iot.id":99}}""")).ShouldBe(400);
        }

        return ids;
    }

    private static async Task<double> LostTurnsAsync(Exchange node)
    {
        var line = (await node.GetAsync("/metrics")).ShouldBe(200).Text.Split('\n')
            .FirstOrDefault(line => line.StartsWith("stoa_storage_turns_lost_total", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }
}
