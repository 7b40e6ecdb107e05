using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.Credentials;
using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>What is closed does not leave over SensorThings topics: not at first, and not after a right was withdrawn.</summary>
/// <remarks>
/// Station 1 lies in the open dataset, station 2 in the closed one. Datastream 3 is open and hangs on the closed Thing 2,
/// Datastream 4 is closed and hangs on the open Thing 1.
/// </remarks>
public class Following_closed_topics
{
    private const string Secret = "zq9secret";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static async Task<Exchange> StartAsync()
    {
        var stoa = await Exchange.StartAsync();
        foreach (var (slug, level) in new[] { ("open", SpectrumClass.Open), ("closed", SpectrumClass.Closed) })
        {
            await stoa.GivenDatasetAsync(slug, level);
            var body = slug == "open" ? SensorThings.Station : SensorThings.Station.Replace("Station", Secret, StringComparison.Ordinal);
            (await stoa.PostJsonAsync($"/datasets/{slug}/sensorthings/v1.1/Things", body)).ShouldBe(201);
        }

        (await stoa.PostJsonAsync("/datasets/open/sensorthings/v1.1/Datastreams", SensorThings.Datastream("d3", 2))).ShouldBe(201);
        (await stoa.PostJsonAsync(
            "/datasets/closed/sensorthings/v1.1/Datastreams", SensorThings.Datastream(Secret, 1, 2, 2))).ShouldBe(201);
        return stoa;
    }

    private static async Task ObserveAsync(Exchange stoa, int datastream, int result) =>
        await stoa.CreateAsync($"Datastreams({datastream})/Observations", $$"""{"result":{{result}}}""");

    private static async Task<TopicFollower> StrangerAsync(Exchange stoa, params string[] topics)
    {
        var stranger = new TopicFollower(stoa, Requester.Anonymous);
        foreach (var topic in topics) Assert.Null(await stranger.SubscribeAsync(topic));
        return stranger;
    }

    private static async Task<Requester> ReaderAsync(Exchange stoa, string dataset)
    {
        var token = await stoa.GivenTokenAsync(dataset, "read");
        var check = stoa.Services.GetRequiredService<CredentialCheck>();
        Assert.True((await check.AuthenticateAsync(token.AsMemory(), Now)).TryGet(out var requester, out _));
        return requester;
    }

    public static TheoryData<string> Closed =>
    [
        "v1.1/Things(2)", "v1.1/Things(2)/name", "v1.1/Things(2)/Datastreams", "v1.1/Datastreams(2)/Observations",
        "v1.1/Datastreams(2)/observedArea", "v1.1/Datastreams(3)/Thing", "v1.1/Datastreams(3)/Thing/name",
        "v1.1/Things(2)/Datastreams(3)/Observations", "v1.1/Datastreams(3)/Thing/Locations", "v1.1/Datastreams(3)/Thing/Datastreams",
        "v1.1/Things(1)/Datastreams(4)/Observations", "v1.1/Observations(2)/Datastream", "datasets/closed/v1.1/Things",
        "datasets/closed/sensorthings/v1.1/Observations", "datasets/open/v1.1/Things(2)", "v1.1/Locations(2)/Things",
    ];

    [Theory]
    [MemberData(nameof(Closed))]
    public async Task Hidden_and_absent_are_refused_alike(string topic)
    {
        await using var stoa = await StartAsync();
        await ObserveAsync(stoa, 1, 1);
        await ObserveAsync(stoa, 2, 1);
        using var stranger = await StrangerAsync(stoa);

        var hidden = await stranger.SubscribeAsync(topic);
        var absent = await stranger.SubscribeAsync("v1.1/Things(99)");

        Assert.Equal(absent, hidden);
    }

    [Fact]
    public async Task A_stranger_hears_what_is_open_and_nothing_else()
    {
        await using var stoa = await StartAsync();
        await ObserveAsync(stoa, 1, 0);
        string[] topics =
        [
            "v1.1/Observations", "v1.1/Observations?$select=result", "v1.1/Observations?$filter=result ge 0",
            "v1.1/Observations?$expand=Datastream/Thing,FeatureOfInterest", "v1.1/Datastreams", "v1.1/Datastreams?$expand=Thing,Observations",
            "v1.1/Things", "v1.1/Things?$expand=Datastreams/Observations,Locations", "v1.1/Things(1)?$expand=Datastreams",
            "v1.1/Things(1)/Datastreams", "v1.1/Locations", "v1.1/HistoricalLocations", "v1.1/Sensors", "v1.1/ObservedProperties",
            "v1.1/FeaturesOfInterest", "v1.1/Sensors(1)/Datastreams",
        ];
        using var stranger = await StrangerAsync(stoa, topics);

        // Everything that happens is closed, or open with something closed beside it.
        await ObserveAsync(stoa, 2, 1);
        await ObserveAsync(stoa, 4, 2);
        foreach (var set in new[] { "Things", "Locations", "Datastreams", "Sensors", "ObservedProperties" })
            (await stoa.PatchJsonAsync(SensorThings.At(set + "(2)"), $$"""{"description":"{{Secret}}"}""")).ShouldBe(200);
        (await stoa.PostJsonAsync("/datasets/closed/sensorthings/v1.1/Things", SensorThings.Station)).ShouldBe(201);
        await stoa.CreateAsync("Things(2)/Locations", SensorThings.Location(Secret, 3, 4));
        // The place of the closed Thing is closed, and so is the feature made from it: the observation is not.
        await ObserveAsync(stoa, 3, 3);
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"Last"}""")).ShouldBe(200);

        var heard = new List<string>();
        do heard.Add(await stranger.NextAsync());
        while (!(heard[^1].StartsWith("v1.1/Things(1)?", StringComparison.Ordinal) && heard[^1].Contains("Last", StringComparison.Ordinal)));
        await Task.Delay(1500, Now); // Derived values of sets come within a second.
        Assert.All(heard, message => Assert.DoesNotContain(Secret, message, StringComparison.Ordinal));
        Assert.All(heard, message => Assert.DoesNotContain("\"result\":1", message, StringComparison.Ordinal));
        Assert.All(heard, message => Assert.DoesNotContain("\"result\":2", message, StringComparison.Ordinal));
        Assert.Contains(heard, message => message.StartsWith("v1.1/Observations {", StringComparison.Ordinal));
        Assert.Contains(heard, message => message == "v1.1/Observations?$select=result {\"result\":3}");
        Assert.DoesNotContain(heard, message => message.StartsWith("v1.1/Locations ", StringComparison.Ordinal));
        Assert.DoesNotContain(heard, message => message.StartsWith("v1.1/FeaturesOfInterest ", StringComparison.Ordinal));
        Assert.DoesNotContain(heard, message => message.StartsWith("v1.1/HistoricalLocations ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Conditions_over_closed_relations_hold_for_nothing()
    {
        await using var stoa = await StartAsync();
        const string byThing = $"v1.1/Observations?$filter=Datastream/Thing/name eq '{Secret}'";
        const string byFeature = "v1.1/Observations?$filter=FeatureOfInterest/id gt 0";
        const string byStream = $"v1.1/Things?$filter=Datastreams/name eq '{Secret}'";
        const string open = "v1.1/Observations?$filter=result eq 9";
        using var stranger = await StrangerAsync(stoa, byThing, byFeature, byStream, open);

        await ObserveAsync(stoa, 3, 1);
        await ObserveAsync(stoa, 3, 9);
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"n"}""")).ShouldBe(200);

        Assert.StartsWith(open, await stranger.NextAsync(), StringComparison.Ordinal);
        await Task.Delay(500, Now);
        stranger.ShouldBeSilent();
    }

    [Fact]
    public async Task An_observation_is_not_told_as_one_of_a_feature_that_is_closed_now()
    {
        await using var stoa = await StartAsync();
        await ObserveAsync(stoa, 3, 1);
        using var reader = new TopicFollower(stoa, await ReaderAsync(stoa, "closed"));
        var feature = (await stoa.ReadAsync("Observations(1)/FeatureOfInterest?$select=id")).Json.GetProperty("@iot.id").GetInt64();
        Assert.Null(await reader.SubscribeAsync($"v1.1/FeaturesOfInterest({feature})/Observations"));
        Assert.Null(await reader.SubscribeAsync("v1.1/Datastreams(3)/Observations"));

        reader.Requester = Requester.Anonymous;
        await ObserveAsync(stoa, 3, 2);

        Assert.StartsWith("v1.1/Datastreams(3)/Observations", await reader.NextAsync(), StringComparison.Ordinal);
        reader.ShouldBeSilent();
    }

    [Fact]
    public async Task A_withdrawn_right_ends_what_is_told()
    {
        await using var stoa = await StartAsync();
        await ObserveAsync(stoa, 2, 0);
        using var reader = new TopicFollower(stoa, await ReaderAsync(stoa, "closed"));
        string[] topics =
        [
            "v1.1/Observations", "v1.1/Datastreams(2)/Observations", "v1.1/Observations?$filter=result gt 0", "v1.1/Things(2)",
            "v1.1/Things(2)/name", "v1.1/Things(2)/Datastreams", "datasets/closed/v1.1/Things", "v1.1/Datastreams(3)/Thing",
        ];
        foreach (var topic in topics) Assert.Null(await reader.SubscribeAsync(topic));
        await ObserveAsync(stoa, 2, 1);
        (await stoa.PatchJsonAsync(SensorThings.At("Things(2)"), """{"name":"n"}""")).ShouldBe(200);
        // One for each topic; the relation tells the Datastream because its phenomenonTime has grown.
        Assert.Equal(topics.Order(StringComparer.Ordinal), (await reader.NextAsync(8)).Select(message => message[..message.IndexOf(" {", StringComparison.Ordinal)]));

        // As the broker does within a second of the withdrawal.
        reader.Requester = Requester.Anonymous;
        await ObserveAsync(stoa, 2, 2);
        (await stoa.PatchJsonAsync(SensorThings.At("Things(2)"), """{"name":"m"}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Datastreams(2)"), """{"name":"m"}""")).ShouldBe(200);
        await Task.Delay(1000, Now);

        reader.ShouldBeSilent();
    }

    [Fact]
    public async Task A_dataset_that_is_closed_falls_silent_at_once()
    {
        await using var stoa = await StartAsync();
        using var stranger = await StrangerAsync(
            stoa, "v1.1/Observations", "v1.1/Things(1)", "datasets/open/v1.1/Observations?$filter=result gt 0");
        await ObserveAsync(stoa, 1, 1);
        Assert.Equal(2, (await stranger.NextAsync(2)).Count);

        (await stoa.PatchJsonAsync("/api/v1/datasets/open", """{"spectrum":"closed"}""")).ShouldBe(200);
        await ObserveAsync(stoa, 1, 2);
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"m"}""")).ShouldBe(200);
        await Task.Delay(1000, Now);

        stranger.ShouldBeSilent();
    }
}
