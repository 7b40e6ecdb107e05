using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;
using ChangeStream = Stoa.Tests.Sensing.Following_changes_as_a_stream.Stream;

namespace Stoa.Tests.Security;

/// <summary>What is closed does not leave by the change feed: not its entities, not their ids, not that they have gone.</summary>
public class Following_closed_changes
{
    private const string Secret = "zq9secret";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static readonly string[] Sets =
    [
        "Things", "Locations", "HistoricalLocations", "Datastreams", "MultiDatastreams", "Sensors", "ObservedProperties", "Observations",
        "FeaturesOfInterest", "Things(1)/Datastreams", "Things(1)/Locations", "Sensors(1)/Datastreams", "Observations?$filter=result ge 0",
        "Datastreams?$filter=phenomenonTime lt 2030-01-01T00:00:00Z",
    ];

    private static async Task<Exchange> StartAsync()
    {
        var stoa = await Exchange.StartAsync();
        foreach (var (slug, level) in new[] { ("open", SpectrumClass.Open), ("closed", SpectrumClass.Closed) })
        {
            await stoa.GivenDatasetAsync(slug, level);
            (await stoa.PostJsonAsync($"/datasets/{slug}/sensorthings/v1.1/Things",
                SensorThings.Station.Replace("Station", slug == "open" ? "Station" : Secret, StringComparison.Ordinal))).ShouldBe(201);
        }

        // The feature of the open place is there already: it is as open as the place, whoever observes it first.
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":0}""");
        return stoa;
    }

    /// <summary>Everything that can happen to closed entities, with open ones beside them.</summary>
    private static async Task ChangeClosedAsync(Exchange stoa)
    {
        await stoa.CreateAsync("Datastreams(2)/Observations", """{"result":1}""");
        await stoa.CreateAsync("Datastreams(2)/Observations", """{"result":2}""");
        (await stoa.PostJsonAsync(
            "/datasets/closed/sensorthings/v1.1/Datastreams", SensorThings.Datastream(Secret, 1, 1, 1))).ShouldBe(201);
        await stoa.CreateAsync("Datastreams(3)/Observations", """{"result":3}""");
        foreach (var set in new[] { "Things", "Locations", "Datastreams", "Sensors", "ObservedProperties" })
            (await stoa.PatchJsonAsync(SensorThings.At(set + "(2)"), $$"""{"description":"{{Secret}}"}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(2)"), """{"result":4}""")).ShouldBe(200);
        await stoa.CreateAsync("Things(2)/Locations", SensorThings.Location(Secret, 3, 4));
        (await stoa.DeleteAsync(SensorThings.At("Observations(3)"))).ShouldBe(200);
        (await stoa.DeleteAsync(SensorThings.At("Datastreams(3)"))).ShouldBe(200);
        (await stoa.DeleteAsync(SensorThings.At("Things(2)"))).ShouldBe(200);
    }

    [Fact]
    public async Task Links_tell_a_stranger_nothing_of_closed_changes()
    {
        await using var stoa = await StartAsync();
        var token = await stoa.GivenTokenAsync("open", "read", "write");
        var links = new List<(string Link, string? Token)>();
        foreach (var who in new[] { token, null })
            foreach (var set in Sets)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, SensorThings.At(set));
                if (who is not null) request.Headers.Authorization = new("Bearer", who);
                request.Headers.TryAddWithoutValidation("Prefer", "track-changes");
                links.Add(((await stoa.SendAsync(request)).ShouldBe(200).Json.GetProperty("@iot.deltaLink").GetString()!, who));
            }

        await ChangeClosedAsync(stoa);

        foreach (var (link, who) in links)
            Assert.Equal("[]", (await stoa.GetAsync(link, who)).ShouldBe(200).Json.GetProperty("value").GetRawText());
        (await Following_changes_by_links.TrackAsync(stoa, SensorThings.At("Things(2)/Datastreams"), token)).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    public async Task Streams_tell_a_stranger_nothing_of_closed_changes()
    {
        await using var stoa = await StartAsync();
        using var things = await ChangeStream.OpenAsync(stoa, SensorThings.At("Things"), null);
        using var values = await ChangeStream.OpenAsync(stoa, SensorThings.At("Observations"), null);

        await ChangeClosedAsync(stoa);
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"Last"}""")).ShouldBe(200);
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":9}""");

        Assert.Equal("+1", await things.NextTextAsync());
        Assert.Equal("+5", await values.NextTextAsync());
    }

    [Fact]
    public async Task An_observation_that_leaves_for_a_closed_dataset_is_told_as_gone()
    {
        await using var stoa = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, SensorThings.At("Observations"));
        request.Headers.TryAddWithoutValidation("Prefer", "odata.track-changes");
        var link = (await stoa.SendAsync(request)).Json.GetProperty("@iot.deltaLink").GetString()!;

        (await stoa.PatchJsonAsync(SensorThings.At("Observations(1)"), """{"result":2,"Datastream":{"@iot.id":2}}""")).ShouldBe(200);

        Assert.Equal(
            """[{"@iot.id":1,"@iot.removed":{"reason":"deleted"}}]""",
            (await stoa.GetAsync(link)).ShouldBe(200).Json.GetProperty("value").GetRawText());
    }

    [Fact]
    public async Task A_stream_ends_when_a_token_is_revoked_and_when_other_things_come_in_sight()
    {
        await using var stoa = await StartAsync();
        var token = await stoa.GivenTokenAsync("closed", "read");
        using var own = await ChangeStream.OpenAsync(stoa, SensorThings.At("Observations"), token);
        using var open = await ChangeStream.OpenAsync(stoa, SensorThings.At("Observations"), null);
        using var admin = await ChangeStream.OpenAsync(stoa, SensorThings.At("Observations"), stoa.AdminToken);
        await stoa.CreateAsync("Datastreams(2)/Observations", """{"result":1}""");
        Assert.Equal("+2", await own.NextTextAsync());
        Assert.Equal("+2", await admin.NextTextAsync());

        (await stoa.DeleteAsync("/api/v1/tokens/2")).ShouldBe(204);
        Assert.Equal("end", await own.NextTextAsync());
        (await stoa.PatchJsonAsync("/api/v1/datasets/open", """{"spectrum":"closed"}""")).ShouldBe(200);
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":2}""");
        Assert.Equal("end", await open.NextTextAsync());
        Assert.Equal("+3", await admin.NextTextAsync());

        using var again = await ChangeStream.SendAsync(stoa, SensorThings.At("Observations"), null, admin.Id);
        Assert.Equal(410, (int)again.StatusCode);
    }
}
