using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Where Things have been (OGC 18-088, 8.2.3): noted by the server, or told by a client.</summary>
public class Historical_locations
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static async Task<(Exchange Stoa, TestClock Clock)> StationAsync()
    {
        var clock = new TestClock();
        var stoa = await Exchange.StartAsync(time: clock);
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Locations", SensorThings.Location("Second", 8, 50));
        return (stoa, clock);
    }

    private const string History = "Things(1)/HistoricalLocations?$orderby=time&$select=time&$expand=Locations($select=name)";

    [Theory]
    [Requirement(Requirements.HistoricalLocationAutoCreation)]
    [InlineData("POST", "Things(1)/Locations", """{"name":"Second","description":"d","encodingType":"e","location":"x"}""")]
    [InlineData("PATCH", "Things(1)", """{"Locations":[{"@iot.id":2}]}""")]
    [InlineData("PATCH", "Locations(2)", """{"Things":[{"@iot.id":1}]}""")]
    public async Task Are_made_whenever_a_Thing_gets_a_new_place(string method, string path, string json)
    {
        var (stoa, clock) = await StationAsync();
        await using var _ = stoa;
        clock.Advance(Hour);

        await stoa.SendAsync(new HttpMethod(method), SensorThings.At(path), json, stoa.AdminToken);

        (await stoa.ReadAsync(History)).ShouldBeJson(200,
            """
            {"value": [
              {"time": "2026-01-31T12:00:00Z", "Locations": [{"name": "Square"}]},
              {"time": "2026-01-31T13:00:00Z", "Locations": [{"name": "Second"}]}
            ]}
            """);
        Assert.Equal("\"Second\"", (await stoa.ReadAsync("Things(1)/Locations")).Column("name"));
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.HistoricalLocationAutoCreation)]
    public async Task Hold_all_encodings_of_a_place_together()
    {
        await using var stoa = await Exchange.StartAsync();

        await stoa.CreateAsync("Things",
            $$"""
            {"name":"T","description":"d","Locations":[{{SensorThings.Location("a", 1, 2)}},
              {"name":"b","description":"d","encodingType":"text/plain","location":"there"}]}
            """);

        Assert.Equal("1,2", (await stoa.ReadAsync("Things(1)/Locations")).Ids());
        Assert.Equal("1", (await stoa.ReadAsync("Things(1)/HistoricalLocations")).Ids());
        Assert.Equal("1,2", (await stoa.ReadAsync("HistoricalLocations(1)/Locations")).Ids());
    }

    [Theory]
    [Requirement(Requirements.HistoricalLocationManualCreation)]
    [InlineData("2026-01-31T11:59:59Z", "Square")]
    [InlineData("2026-01-31T12:00:00Z", "Square")]
    [InlineData("2026-01-31T12:00:00.000001Z", "Second")]
    [InlineData("2026-01-31T14:00:00+01:00", "Second")]
    [InlineData("2026-01-31T13:00:00+01:00", "Square")]
    public async Task Told_by_a_client_move_the_Thing_when_they_are_the_latest(string time, string place)
    {
        var (stoa, _) = await StationAsync();
        await using var running = stoa;

        await stoa.CreateAsync("Things(1)/HistoricalLocations", $$"""{"time":"{{time}}","Locations":[{"@iot.id":2}]}""");

        Assert.Equal($"\"{place}\"", (await stoa.ReadAsync("Things(1)/Locations")).Column("name"));
        // No other entry is made for it.
        Assert.Equal(2, (await stoa.ReadAsync("Things(1)/HistoricalLocations?$count=true")).Json.GetProperty("@iot.count").GetInt32());
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.HistoricalLocationManualCreation)]
    public async Task Told_with_a_new_place_make_it()
    {
        var (stoa, _) = await StationAsync();
        await using var running = stoa;

        await stoa.CreateAsync("HistoricalLocations",
            $$"""{"time":"2026-02-01T00:00:00Z","Thing":{"@iot.id":1},"Locations":[{{SensorThings.Location("Third", 1, 2)}}]}""");

        Assert.Equal("\"Third\"", (await stoa.ReadAsync("Things(1)/Locations")).Column("name"));
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.DeleteEntity)]
    public async Task Go_with_their_Location_while_the_Thing_stays()
    {
        var (stoa, clock) = await StationAsync();
        await using var running = stoa;
        clock.Advance(Hour);
        await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"Locations":[{"@iot.id":2}]}""");

        (await stoa.DeleteAsync(SensorThings.At("Locations(2)"))).ShouldBe(200);

        Assert.Equal("1", (await stoa.ReadAsync("Things(1)/HistoricalLocations")).Ids());
        Assert.Equal("", (await stoa.ReadAsync("Things(1)/Locations")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }
}
