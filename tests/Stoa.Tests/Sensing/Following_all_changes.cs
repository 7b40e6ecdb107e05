using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>What the live feed tells and the change log keeps: everything that was committed, nothing that was undone.</summary>
public class Following_all_changes
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>Everything told so far, as text, in order: observations as <c>Observations 1 Created</c> too.</summary>
    private static List<string> Told(LiveFeed.Follower follower)
    {
        var told = new List<string>();
        while (follower.Groups.TryRead(out var group))
        {
            var next = 0;
            foreach (var change in group.Changes)
            {
                for (; next < change.ObservationsBefore; next++) told.Add($"Observations {group.Observations[next].Id} Created");
                told.Add($"{change.Set} {change.Id} {change.Kind}");
            }

            for (; next < group.Observations.Length; next++) told.Add($"Observations {group.Observations[next].Id} Created");
        }

        return told;
    }

    /// <summary>The change log without its numbers.</summary>
    private static async Task<List<string>> LoggedAsync(Exchange stoa)
    {
        using var read = await stoa.Database.ReadAsync(Now);
        using var rows = read.Prepare("SELECT entity_set, entity_id, kind FROM entity_change ORDER BY number");
        var logged = new List<string>();
        while (rows.Step()) logged.Add($"{rows.Text(0)} {rows.Int64(1)} {(ChangeKind)rows.Int64(2)}");
        return logged;
    }

    private static LiveFeed.Follower Follow(Exchange stoa) => stoa.Services.GetRequiredService<LiveFeed>().Follow();

    [Fact]
    public async Task Tells_every_entity_of_a_deep_insert_and_what_the_server_makes_itself()
    {
        await using var stoa = await Exchange.StartAsync();
        using var follower = Follow(stoa);

        await stoa.CreateAsync("Things", SensorThings.Station);
        Assert.Equal(
            [
                "Things 1 Created", "Locations 1 Created", "HistoricalLocations 1 Created",
                "Sensors 1 Created", "ObservedProperties 1 Created", "Datastreams 1 Created",
            ],
            Told(follower));

        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        Assert.Equal(
            ["FeaturesOfInterest 1 Created", "Observations 1 Created", "Datastreams 1 Derived"], Told(follower));
    }

    [Fact]
    public async Task Tells_changes_links_and_removals()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        using var follower = Follow(stoa);

        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"n"}""")).ShouldBe(200);
        Assert.Equal(["Things 1 Updated"], Told(follower));

        await stoa.CreateAsync("Things(1)/Locations", SensorThings.Location("l", 1, 2));
        Assert.Equal(
            ["Locations 2 Created", "Things 1 Linked", "Locations 1 Linked", "HistoricalLocations 2 Created"], Told(follower));

        (await stoa.PatchJsonAsync(SensorThings.At("Observations(1)"), """{"phenomenonTime":"2026-01-01T00:00:00Z"}""")).ShouldBe(200);
        Assert.Equal(["Observations 1 Updated", "Datastreams 1 Derived"], Told(follower));

        (await stoa.DeleteAsync(SensorThings.At("Things(1)"))).ShouldBe(200);
        Assert.Equal(
            ["Datastreams 1 Deleted", "HistoricalLocations 1 Deleted", "HistoricalLocations 2 Deleted", "Things 1 Deleted"],
            Told(follower));
        Assert.Contains("Observations 1 Deleted", await LoggedAsync(stoa));
    }

    [Fact]
    public async Task Tells_an_observation_whole()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        using var follower = Follow(stoa);

        await stoa.CreateAsync("Datastreams(1)/Observations",
            """
            {"phenomenonTime":"2026-01-01T01:00:00+01:00","resultTime":"2026-01-01T02:00:00Z","result":"r","resultQuality":[1],
             "validTime":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z","parameters":{"a":1}}
            """);

        Assert.True(follower.Groups.TryRead(out var group));
        var told = Assert.Single(group.Observations);
        Assert.Equal(60, told.PhenomenonTime.Start.OffsetMinutes);
        Assert.Equal(
            "2026-01-01T00:00:00Z 2026-01-01T02:00:00Z r [1] 2026-01-01T00:00:00Z/2026-01-02T00:00:00Z {\"a\":1} Datastreams(1) 1 1 1",
            $"{told.PhenomenonTime} {told.ResultTime} {told.Result} {told.ResultQuality} {told.ValidTime} {told.Parameters} " +
            $"{told.Series} {told.Feature} {told.Dataset} {told.FeatureDataset}");
    }

    [Fact]
    public async Task Tells_data_arrays_and_bulk_loads()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        using var follower = Follow(stoa);

        (await stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
            """[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],"dataArray":[["2026-01-01T00:00:00Z",1],["x",2],["2026-01-01T00:00:00Z",3]]}]"""))
            .ShouldBe(201);
        Assert.Equal(["Observations 2 Created", "Observations 3 Created", "Datastreams 1 Derived"], Told(follower));

        var rows = Enumerable.Range(0, 3).Select(i => new BulkObservation(new(i), null, ResultValue.Integer(i))).ToArray();
        var loaded = await stoa.Services.GetRequiredService<BulkLoader>().AppendAsync(new(1), rows, BulkMode.Append, Now);
        Assert.True(loaded.TryGet(out _, out _));
        Assert.Equal(
            ["Observations 4 Created", "Observations 5 Created", "Observations 6 Created", "Datastreams 1 Derived"], Told(follower));
    }

    [Fact]
    public async Task Is_silent_about_what_was_undone()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        using var follower = Follow(stoa);
        var before = await LoggedAsync(stoa);

        // Fails after the Thing and its Location were made, without an observation: undone by a savepoint.
        (await stoa.PostJsonAsync(SensorThings.At("Things"),
            """{"name":"f","description":"d","Locations":[{"@iot.id":1}],"Datastreams":[{"name":"d","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},"Sensor":{"@iot.id":9},"ObservedProperty":{"@iot.id":1}}]}"""))
            .ShouldBe(400);

        Assert.Empty(Told(follower));
        Assert.Equal(before, await LoggedAsync(stoa));
    }

    /// <summary>Half of the requests fail, in all the ways: between savepoints, with the whole group, before any change.</summary>
    [Fact]
    public async Task Agrees_with_the_log_and_the_store_when_many_write_and_half_of_them_fail()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        using var follower = Follow(stoa);
        var start = (await LoggedAsync(stoa)).Count;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(client => ClientAsync(stoa, client)));

        var told = Told(follower).FindAll(change => !change.EndsWith("Derived", StringComparison.Ordinal));
        var logged = (await LoggedAsync(stoa)).Skip(start).ToList();
        Assert.Equal(logged, told.FindAll(change => !change.StartsWith("Observations", StringComparison.Ordinal)));
        foreach (var set in new[] { "Things", "Datastreams", "Sensors", "Observations", "FeaturesOfInterest" })
        {
            var stored = await stoa.AllIdsAsync($"{set}?$select=id&$top=1000&$orderby=id");
            var made = told.FindAll(change => change.StartsWith(set + " ", StringComparison.Ordinal))
                .ConvertAll(change => long.Parse(change.Split(' ')[1], CultureInfo.InvariantCulture));
            Assert.Equal(stored.Skip(set is "Observations" or "FeaturesOfInterest" ? 0 : 1), made);
        }
    }

    private static async Task ClientAsync(Exchange stoa, int client)
    {
        for (var i = 0; i < 30; i++)
        {
            var (path, json) = ((i + client) % 6) switch
            {
                0 => ("Datastreams(1)/Observations", """{"result":1}"""),
                1 => ("Things", """{"name":"t","description":"d"}"""),
                2 => ("Things(1)/Datastreams", Datastream("""{"result":1}""")),
                // The same again, failing after its Sensor; after its observation; before anything.
                3 => ("Things(1)/Datastreams", Datastream("""{"result":1},{"nonsense":1}""")),
                4 => ("Things", """{"name":"t","description":"d","Locations":[{"@iot.id":99}]}"""),
                _ => ("Datastreams(9999)/Observations", """{"result":1}"""),
            };
            var answer = await stoa.PostJsonAsync(SensorThings.At(path), json);
            Assert.Equal((i + client) % 6 < 3 ? 201 : (i + client) % 6 == 5 ? 404 : 400, answer.Status);
        }
    }

    private static string Datastream(string observations) =>
        $$"""
        {"name":"d","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
         "Sensor":{"name":"S","description":"d","encodingType":"e","metadata":"m"},"ObservedProperty":{"@iot.id":1},
         "Observations":[{{observations}}]}
        """;
}
