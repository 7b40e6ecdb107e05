using System.Text.Json;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>What the public executable test suite looks at without the standard saying so.</summary>
public class Test_suite_traps
{
    private static readonly string[] Sets =
    [
        "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties", "Observations",
        "FeaturesOfInterest",
    ];

    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"), ("2026-01-02T00:00:00Z", "2"));
        return stoa;
    }

    [Fact]
    [Requirement(Requirements.ControlInformation)]
    public async Task Ids_are_whole_numbers_in_JSON()
    {
        await using var stoa = await StationAsync();

        foreach (var set in Sets)
            Assert.True((await stoa.ReadAsync(set)).Json.GetProperty("value")[0].GetProperty("@iot.id").TryGetInt64(out _), set);
    }

    [Fact]
    [Requirement(Requirements.StatusCode)]
    public async Task The_largest_id_is_not_found_rather_than_wrong()
    {
        await using var stoa = await StationAsync();

        foreach (var set in Sets)
        {
            (await stoa.ReadAsync(set + "(9223372036854775807)")).ShouldBe(404);
            (await stoa.DeleteAsync(SensorThings.At(set + "(9223372036854775807)"))).ShouldBe(404);
        }
    }

    [Fact]
    [Requirement(Requirements.ResourcePath)]
    public async Task A_property_stands_alone_and_only_objects_have_braces_as_raw_values()
    {
        await using var stoa = await StationAsync();
        foreach (var set in Sets)
        {
            var entity = (await stoa.ReadAsync(set + "(1)")).Json;
            foreach (var member in entity.EnumerateObject().Where(member => !member.Name.Contains('@', StringComparison.Ordinal)))
            {
                if (member.Value.ValueKind == JsonValueKind.Null) continue;

                var property = (await stoa.ReadAsync($"{set}(1)/{member.Name}")).ShouldBe(200).Json;
                var raw = (await stoa.ReadAsync($"{set}(1)/{member.Name}/$value")).ShouldBe(200).Text;

                Assert.Equal([member.Name], property.EnumerateObject().Select(only => only.Name));
                Assert.Equal(member.Value.ValueKind == JsonValueKind.Object, raw.Contains('{', StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    [Requirement(Requirements.ResourcePath)]
    public async Task References_have_one_member_each()
    {
        await using var stoa = await StationAsync();
        string[] many = ["Things(1)/Datastreams", "Datastreams(1)/Observations", "Locations(1)/Things"];
        string[] single = ["Datastreams(1)/Sensor", "Observations(1)/FeatureOfInterest"];

        foreach (var path in many)
            Assert.All((await stoa.ReadAsync(path + "/$ref")).Json.GetProperty("value").EnumerateArray(),
                link => Assert.Equal(["@iot.selfLink"], link.EnumerateObject().Select(member => member.Name)));
        foreach (var path in single)
            Assert.Equal(["@iot.selfLink"], (await stoa.ReadAsync(path + "/$ref")).Json.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    [Requirement(Requirements.UpdateEntity)]
    [Requirement(Requirements.DeleteEntity)]
    public async Task Status_codes_are_201_200_and_200()
    {
        await using var stoa = await StationAsync();

        (await stoa.PostJsonAsync(SensorThings.At("Things"), """{"name":"n","description":"d"}""")).ShouldBe(201);
        (await stoa.PatchJsonAsync(SensorThings.At("Things(2)"), """{"name":"m"}""")).ShouldBe(200);
        (await stoa.PutJsonAsync(SensorThings.At("Things(2)"), """{"name":"m","description":"d"}""")).ShouldBe(200);
        (await stoa.DeleteAsync(SensorThings.At("Things(2)"))).ShouldBe(200);
    }

    [Fact]
    [Requirement(Requirements.Filter)]
    public async Task A_time_in_quotes_is_compared_as_a_time()
    {
        await using var stoa = await StationAsync();

        Assert.Equal("1", (await stoa.ReadAsync("Observations?$filter=phenomenonTime lt '2026-01-01T23:00:00-01:00'")).Ids());
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    public async Task The_old_GeoJSON_type_is_taken_as_GeoJSON()
    {
        await using var stoa = await StationAsync();

        await stoa.CreateAsync("Locations",
            """{"name":"L","description":"d","encodingType":"application/vnd.geo+json","location":{"type":"Point","coordinates":[1,2]}}""");

        Assert.Equal("2", (await stoa.ReadAsync("Locations?$filter=st_within(location,geography'POLYGON((0 0,3 0,3 3,0 3,0 0))')")).Ids());
    }
}
