using System.Globalization;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Many clients at once share commits: a request that fails takes nobody else's along, and nothing kept goes wrong.</summary>
public class Writes_at_the_same_time
{
    private const int Clients = 12;
    private const int RequestsOfOne = 40;

    private static async Task<(int Stored, int Failed)> ClientAsync(Exchange stoa, int client)
    {
        var (stored, failed) = (0, 0);
        for (var i = 0; i < RequestsOfOne; i++)
        {
            var time = string.Create(CultureInfo.InvariantCulture, $"2026-01-{1 + client:00}T{i % 24:00}:00:00Z");
            var (path, json, rows) = ((i + client) % 6) switch
            {
                0 => ("Datastreams(1)/Observations", $$"""{"phenomenonTime":"{{time}}","result":{{i}}}""", 1),
                1 => ("Observations", $$$"""{"phenomenonTime":"{{{time}}}","result":{{{i}}},"Datastream":{"@iot.id":2}}""", 1),
                2 => ("CreateObservations",
                    $$"""[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],"dataArray":[["{{time}}",1],["x",2],["{{time}}",3]]}]""", 2),
                // Fails after the observation before it was stored and its feature made.
                3 => ("Things(1)/Datastreams", FailingDatastream(time), 0),
                4 => ("Datastreams(1)/Observations", """{"result":1,"FeatureOfInterest":{"@iot.id":999}}""", 0),
                _ => ("Datastreams(2)/Observations", FailingFeature, 0),
            };
            var answer = await stoa.PostJsonAsync(SensorThings.At(path), json);
            Assert.Equal(rows == 0 ? 400 : 201, answer.Status);
            stored += rows;
            if (rows == 0) failed++;
        }

        return (stored, failed);
    }

    private static string FailingDatastream(string time) =>
        $$"""
        {"name":"f","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
         "Sensor":{"name":"S","description":"d","encodingType":"e","metadata":"m"},"ObservedProperty":{"@iot.id":1},
         "Observations":[{"result":1,"phenomenonTime":"{{time}}"},{"result":2,"phenomenonTime":"yesterday"}]}
        """;

    private const string FailingFeature =
        """
        {"result":1,"FeatureOfInterest":{"name":"f","description":"d","encodingType":"application/geo+json","feature":{"type":"Point"}}}
        """;

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    [Requirement(Requirements.DeepInsert)]
    public async Task Keep_what_was_acknowledged_and_nothing_else()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));

        var sums = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => ClientAsync(stoa, client)));

        // Half of all requests must fail, else the test says nothing.
        Assert.Equal(Clients * RequestsOfOne / 2.0, sums.Sum(sum => sum.Failed), 20.0);
        var ids = await stoa.AllIdsAsync("Observations?$top=1000");
        Assert.Equal(sums.Sum(sum => sum.Stored), ids.Count);
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal("1,2", (await stoa.ReadAsync("Datastreams")).Ids());
        // One each; on PostgreSQL an id that was undone is not given again.
        Assert.Matches("^[0-9]+$", (await stoa.ReadAsync("Sensors")).Ids());
        Assert.Matches("^[0-9]+$", (await stoa.ReadAsync("FeaturesOfInterest")).Ids());
        await stoa.ShouldBeConsistentAsync();
        await stoa.RestartAsync();
        await stoa.ShouldBeConsistentAsync();
    }
}
