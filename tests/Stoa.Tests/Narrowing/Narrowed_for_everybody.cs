using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Tests.Sharing;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>An open dataset of which a rule of the city leaves a part: without any credential, on pages, in charts and on the map.</summary>
public class Narrowed_for_everybody
{
    [Fact]
    public async Task Shows_open_data_as_coarse_as_a_rule_of_the_city_asks()
    {
        await using var town = await SentinelTown.StartAsync(time: TimeProvider.System);
        await GovernedCity.Of(town.Exchange).RecordAsync(RecordTypes.Rule, new()
        {
            Name = "No exact places", Layer = PolicyLayer.City, Datasets = [town.Narrow], Restriction = new() { Granularity = new(1000, 3600, 0) },
        });

        var page = (await town.Exchange.GetAsync("/datasets/narrow")).ShouldBe(200).Text;
        Assert.Contains("Without an agreement: all fields; Not finer than cells of 1000 m, steps of 3600 s", page, StringComparison.Ordinal);
        Assert.Contains("771.1", page, StringComparison.Ordinal);
        Assert.Contains("[13.38267,52.519763]", (await town.Exchange.GetAsync("/map/things.geojson")).ShouldBe(200).Text, StringComparison.Ordinal);
        var chart = (await town.Exchange.GetAsync("/charts/datastreams/2")).ShouldBe(200).Json;
        Assert.Equal("[1772694000,1772755200]", chart.GetProperty("t").GetRawText());
        var whole = (await town.Exchange.GetAsync("/charts/datastreams/1")).ShouldBe(200).Json;
        Assert.Equal("[1772704800,1772755200]", whole.GetProperty("t").GetRawText());
        foreach (var address in new[] { "/", "/datasets", "/datasets/narrow", "/things", "/things/2?span=all", "/map/things.geojson", "/map/things/2" })
        {
            var text = (await town.Exchange.GetAsync(address)).ShouldBe(200).Text;
            foreach (var exact in new[] { "07:11", "13.37777", ConsumersOfParts.MomentInSeconds })
                Assert.DoesNotContain(exact, text, StringComparison.Ordinal);
        }
    }
}
