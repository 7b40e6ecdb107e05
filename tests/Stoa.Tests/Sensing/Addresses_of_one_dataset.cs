using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>The same interface below /datasets/{slug}: what is created there belongs to it, and nothing else is seen.</summary>
public class Addresses_of_one_dataset
{
    private const string Air = "/datasets/air/sensorthings/v1.1/";
    private const string Water = "/datasets/water/sensorthings/v1.1/";

    /// <summary>air has station 1, water station 2; both are open.</summary>
    private static async Task<Exchange> StationsAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("air", SpectrumClass.Open);
        await stoa.GivenDatasetAsync("water", SpectrumClass.Open);
        foreach (var root in new[] { Air, Water })
        {
            (await stoa.PostJsonAsync(root + "Things", SensorThings.Station)).ShouldBe(201);
            (await stoa.PostJsonAsync(root + (root == Air ? "Datastreams(1)" : "Datastreams(2)") + "/Observations", """{"result":1}"""))
                .ShouldBe(201);
        }

        return stoa;
    }

    [Theory]
    [Requirement(Requirements.ResourcePath)]
    [InlineData("Things", "1", "2")]
    [InlineData("Locations", "1", "2")]
    [InlineData("HistoricalLocations", "1", "2")]
    [InlineData("Datastreams", "1", "2")]
    [InlineData("Sensors", "1", "2")]
    [InlineData("ObservedProperties", "1", "2")]
    [InlineData("Observations", "1", "2")]
    [InlineData("FeaturesOfInterest", "1", "2")]
    public async Task Show_their_own_entities_and_counts(string set, string air, string water)
    {
        await using var stoa = await StationsAsync();

        foreach (var (root, ids) in new[] { (Air, air), (Water, water), ("/sensorthings/v1.1/", air + "," + water) })
        {
            var answer = await stoa.GetAsync($"{root}{set}?$count=true&$orderby=id");

            Assert.Equal(ids, answer.Ids());
            Assert.Equal(ids.Split(',').Length, answer.Json.GetProperty("@iot.count").GetInt32());
        }

        (await stoa.GetAsync($"{Air}{set}({water})")).ShouldBeProblem(404, "not-found");
        (await stoa.GetAsync($"{Air}{set}({air})")).ShouldBe(200);
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.ControlInformation)]
    public async Task Stand_in_all_of_their_links()
    {
        await using var stoa = await StationsAsync();

        (await stoa.GetAsync(Air + "Things(1)?$select=id,name,Datastreams&$expand=Locations($select=id)")).ShouldBeJson(200,
            """
            {
              "@iot.id": 1,
              "@iot.selfLink": "{base}/datasets/air/sensorthings/v1.1/Things(1)",
              "Datastreams@iot.navigationLink": "{base}/datasets/air/sensorthings/v1.1/Things(1)/Datastreams",
              "name": "Station",
              "Locations": [{"@iot.id": 1, "@iot.selfLink": "{base}/datasets/air/sensorthings/v1.1/Locations(1)"}]
            }
            """);
        var landing = (await stoa.GetAsync(Air.TrimEnd('/'))).ShouldBe(200).Json.GetProperty("value")[0];
        Assert.Equal(stoa.Address + "datasets/air/sensorthings/v1.1/Things", landing.GetProperty("url").GetString());
        var created = await stoa.PostJsonAsync(Air + "Sensors", """{"name":"S","description":"d","encodingType":"e","metadata":"m"}""");
        Assert.Equal(stoa.Address + "datasets/air/sensorthings/v1.1/Sensors(3)", created.ShouldBe(201).Header("Location"));
    }

    [Fact]
    [Requirement(Requirements.Pagination)]
    public async Task Stand_in_next_links()
    {
        await using var stoa = await StationsAsync();
        await stoa.PostJsonAsync(Air + "Things", """{"name":"n","description":"d"}""");

        (await stoa.GetAsync(Air + "Things?$top=1&$select=name")).ShouldBeJson(200,
            """
            {"value": [{"name": "Station"}],
             "@iot.nextLink": "{base}/datasets/air/sensorthings/v1.1/Things?$top=1&$select=name&$skiptoken=AgAAAAAAAAAB"}
            """);
    }

    [Theory]
    [InlineData("PATCH", "Things(2)", """{"name":"x"}""")]
    [InlineData("PUT", "Things(2)", """{"name":"x","description":"d"}""")]
    [InlineData("DELETE", "Things(2)", null)]
    [InlineData("DELETE", "Observations(2)", null)]
    [InlineData("PATCH", "Observations(2)", """{"result":2}""")]
    [InlineData("POST", "Datastreams(2)/Observations", """{"result":2}""")]
    [InlineData("POST", "Things(2)/Locations", """{"name":"n","description":"d","encodingType":"e","location":"x"}""")]
    public async Task Do_not_reach_what_belongs_to_another_dataset(string method, string path, string? json)
    {
        await using var stoa = await StationsAsync();
        var before = await stoa.SnapshotAsync();

        var answer = await stoa.SendAsync(new HttpMethod(method), Air + path, json, stoa.AdminToken);

        answer.ShouldBeProblem(404, "not-found");
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    public async Task Refuse_an_observation_for_a_Datastream_of_another_dataset()
    {
        await using var stoa = await StationsAsync();

        (await stoa.PostJsonAsync(Air + "Observations", """{"result":1,"Datastream":{"@iot.id":2}}""")).ShouldBeProblem(400, "unknown-link");
    }

    [Fact]
    public async Task Give_what_is_created_there_to_their_dataset_links_across_included()
    {
        await using var stoa = await StationsAsync();

        var datastream = await stoa.PostJsonAsync(Air + "Datastreams", SensorThings.Datastream("across", thing: 2, sensor: 2, property: 2));

        datastream.ShouldBe(201);
        Assert.Equal("1,3", (await stoa.GetAsync(Air + "Datastreams?$orderby=id")).Ids());
        Assert.Equal("2,3", (await stoa.GetAsync("/sensorthings/v1.1/Things(2)/Datastreams?$orderby=id")).Ids());
        // Within one dataset a relation ends at its border.
        (await stoa.GetAsync(Air + "Datastreams(3)/Thing")).ShouldBeProblem(404, "not-found");
        Assert.Equal("2", (await stoa.GetAsync(Water + "Things(2)/Datastreams")).Ids());
    }

    [Fact]
    public async Task Of_the_root_follow_the_parent_the_token_or_the_inbox()
    {
        await using var stoa = await StationsAsync();
        var writer = await stoa.GivenTokenAsync("water", "read", "write");
        const string thing = """{"name":"n","description":"d"}""";

        await stoa.PostJsonAsync("/sensorthings/v1.1/Things", thing, writer);
        await stoa.PostJsonAsync("/sensorthings/v1.1/Things", thing);
        await stoa.PostJsonAsync("/sensorthings/v1.1/Datastreams", SensorThings.Datastream("d", thing: 1));
        await stoa.PostJsonAsync("/sensorthings/v1.1/Observations", """{"result":1,"Datastream":{"@iot.id":1}}""");

        Assert.Equal("2,3", (await stoa.GetAsync(Water + "Things")).Ids());
        Assert.Equal("4", (await stoa.GetAsync("/datasets/inbox/sensorthings/v1.1/Things", stoa.AdminToken)).Ids());
        Assert.Equal("1,3", (await stoa.GetAsync(Air + "Datastreams?$orderby=id")).Ids());
        Assert.Equal("1,3", (await stoa.GetAsync(Air + "Observations?$orderby=id")).Ids());
        await stoa.ShouldBeConsistentAsync();
    }
}
