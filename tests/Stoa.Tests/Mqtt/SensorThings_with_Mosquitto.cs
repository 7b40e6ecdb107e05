using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Mqtt;

/// <summary>The standard's topics through the real broker, with clients that others have written.</summary>
public class SensorThings_with_Mosquitto
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static async Task<Exchange> StartAsync()
    {
        var stoa = await MqttExchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        return stoa;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [Requirement(Requirements.MqttCreation)]
    [Requirement(Requirements.MqttUpdates)]
    public async Task What_is_published_is_stored_and_told_to_all(int qos)
    {
        await using var stoa = await StartAsync();
        await using var follower = await Mosquitto.FollowAsync(
            stoa, stoa.AdminToken, "v1.1/Datastreams(1)/Observations", "v1.1/Observations?$select=result&$filter=result gt 3");

        await Mosquitto.PublishAsync(stoa, stoa.AdminToken, "v1.1/Datastreams(1)/Observations", """{"result": 3.5}""", qos);

        string[] told = [await follower.NextAsync(), await follower.NextAsync()];
        var stored = (await stoa.ReadAsync("Observations(1)")).ShouldBe(200).Text;
        Assert.Equal(
            ["v1.1/Datastreams(1)/Observations " + stored, """v1.1/Observations?$select=result&$filter=result gt 3 {"result":3.5}"""],
            told.Order(StringComparer.Ordinal));
    }

    [Fact]
    [Requirement(Requirements.MqttUpdates)]
    public async Task What_is_posted_is_told()
    {
        await using var stoa = await StartAsync();
        await using var follower = await Mosquitto.FollowAsync(
            stoa, stoa.AdminToken, "v1.1/Datastreams(1)", "v1.1/Datastreams(1)/observedArea", "v1.1/FeaturesOfInterest");

        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");

        string[] told = [await follower.NextAsync(), await follower.NextAsync(), await follower.NextAsync()];
        Assert.Equal(
            [
                "v1.1/Datastreams(1) " + (await stoa.ReadAsync("Datastreams(1)")).Text,
                """v1.1/Datastreams(1)/observedArea {"observedArea":{"type":"Point","coordinates":[7.5,51.9]}}""",
                "v1.1/FeaturesOfInterest " + (await stoa.ReadAsync("FeaturesOfInterest(1)")).Text,
            ],
            told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_thousand_are_told_in_their_order()
    {
        await using var stoa = await StartAsync();
        await using var follower = await Mosquitto.FollowAsync(stoa, stoa.AdminToken, "v1.1/Observations?$select=result");

        for (var i = 0; i < 10; i++)
        {
            var rows = string.Join(',', Enumerable.Range(i * 90, 90).Select(n => $"[\"2026-01-01T00:00:00Z\",{n}]"));
            (await stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
                $$"""[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],"dataArray":[{{rows}}]}]""")).ShouldBe(201);
        }

        for (var n = 0; n < 900; n++)
            Assert.Equal($"v1.1/Observations?$select=result {{\"result\":{n}}}", await follower.NextAsync());
    }

    [Fact]
    public async Task A_revoked_token_hears_nothing_within_a_second()
    {
        await using var stoa = await StartAsync();
        var token = await stoa.GivenTokenAsync("inbox", "read");
        await using var follower = await MqttPeer.ConnectAsync(stoa, token);
        await follower.SubscribeAsync(("v1.1/Observations", 0), ("v1.1/Things(1)/name", 0));
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        Assert.Equal("v1.1/Observations", (await follower.ReadMessageAsync()).Topic);

        (await stoa.DeleteAsync("/api/v1/tokens/2")).ShouldBe(204);
        await Task.Delay(1000, Now);
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":2}""");
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"n"}""")).ShouldBe(200);

        await Assert.ThrowsAnyAsync<Exception>(async () => await follower.ReadMessageAsync());
    }

    [Fact]
    public async Task A_dataset_that_is_closed_falls_silent_and_the_rest_goes_on()
    {
        await using var stoa = await MqttExchange.StartAsync();
        foreach (var slug in new[] { "open", "closed" })
            (await stoa.PostJsonAsync($"/datasets/{slug}/sensorthings/v1.1/Things", SensorThings.Station)).ShouldBe(201);
        (await stoa.PatchJsonAsync("/api/v1/datasets/closed", """{"spectrum":"open","licence":"CC0-1.0"}""")).ShouldBe(200);
        await using var follower = await Mosquitto.FollowAsync(
            stoa, null, "v1.1/Observations?$select=result", "v1.1/Datastreams(2)/Observations?$select=result");
        await stoa.CreateAsync("Datastreams(2)/Observations", """{"result":1}""");
        Assert.EndsWith("{\"result\":1}", await follower.NextAsync(), StringComparison.Ordinal);
        Assert.EndsWith("{\"result\":1}", await follower.NextAsync(), StringComparison.Ordinal);

        (await stoa.PatchJsonAsync("/api/v1/datasets/closed", """{"spectrum":"closed"}""")).ShouldBe(200);
        await stoa.CreateAsync("Datastreams(2)/Observations", """{"result":2}""");
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":3}""");

        Assert.Equal("v1.1/Observations?$select=result {\"result\":3}", await follower.NextAsync());
    }
}
