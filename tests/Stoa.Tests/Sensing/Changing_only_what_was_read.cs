using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Entity tags, If-Match and If-None-Match (RFC 9110, 13.1).</summary>
public class Changing_only_what_was_read
{
    private static async Task<Exchange> StationAsync()
    {
        var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"));
        return stoa;
    }

    private static async Task<string> TagAsync(Exchange stoa, string path) => (await stoa.ReadAsync(path)).ShouldBe(200).Header("ETag");

    [Theory]
    [InlineData("Things(1)", """{"name":"New"}""")]
    [InlineData("Locations(1)", """{"name":"New"}""")]
    [InlineData("HistoricalLocations(1)", """{"time":"2020-01-01T00:00:00Z"}""")]
    [InlineData("Datastreams(1)", """{"name":"New"}""")]
    [InlineData("Sensors(1)", """{"metadata":"New"}""")]
    [InlineData("ObservedProperties(1)", """{"definition":"New"}""")]
    [InlineData("Observations(1)", """{"result":"New"}""")]
    [InlineData("FeaturesOfInterest(1)", """{"properties":{"a":1}}""")]
    public async Task Takes_a_change_with_the_tag_that_was_read_and_refuses_a_second_one(string path, string change)
    {
        await using var stoa = await StationAsync();
        var tag = await TagAsync(stoa, path);

        var first = await stoa.SendAsync("PATCH", path, change, headers: "If-Match: " + tag);
        var second = await stoa.SendAsync("PATCH", path, change, headers: "If-Match: " + tag);
        var third = await stoa.SendAsync("PATCH", path, change, headers: "If-Match: " + first.Header("ETag"));

        first.ShouldBe(200);
        second.ShouldBeProblem(412, "changed-meanwhile");
        third.ShouldBe(200);
        Assert.Equal(first.Header("ETag"), third.Header("ETag"));
    }

    [Theory]
    [InlineData("PUT", """{"name":"N","description":"d"}""")]
    [InlineData("DELETE", null)]
    [InlineData("PATCH", """{"name":"N"}""")]
    public async Task Holds_for_every_method(string method, string? body)
    {
        await using var stoa = await StationAsync();
        var tag = await TagAsync(stoa, "Things(1)");
        await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"description":"Changed by somebody else"}""");
        var before = await stoa.SnapshotAsync();

        (await stoa.SendAsync(method, "Things(1)", body, headers: "If-Match: " + tag)).ShouldBeProblem(412, "changed-meanwhile");
        Assert.Equal(before, await stoa.SnapshotAsync());
        (await stoa.SendAsync(method, "Things(1)", body, headers: $"If-Match: \"other\", {await TagAsync(stoa, "Things(1)")}")).ShouldBe(200);
    }

    [Fact]
    public async Task Is_not_disturbed_by_observations_that_arrive()
    {
        await using var stoa = await StationAsync();
        var before = (await stoa.ReadAsync("Datastreams(1)")).ShouldBe(200);
        await stoa.GivenObservationsAsync(("2026-01-02T00:00:00Z", "2"));

        var fresh = await stoa.SendAsync("GET", "Datastreams(1)", headers: "If-None-Match: " + before.Header("ETag"));
        var change = await stoa.SendAsync("PATCH", "Datastreams(1)", """{"name":"N"}""", headers: "If-Match: " + before.Header("ETag"));

        // phenomenonTime has changed, so the answer is another; the name has not, so the change is none against another.
        Assert.NotEqual(before.Text, fresh.ShouldBe(200).Text);
        change.ShouldBe(200);
    }

    [Theory]
    [InlineData("Things(1)")]
    [InlineData("Datastreams(1)")]
    [InlineData("Things(1)?$select=name")]
    [InlineData("Things(1)?$expand=Datastreams/Observations")]
    [InlineData("Observations(1)/Datastream")]
    public async Task Answers_304_while_the_answer_is_the_same(string path)
    {
        await using var stoa = await StationAsync();
        var tag = await TagAsync(stoa, path);

        var same = await stoa.SendAsync("GET", path, headers: "If-None-Match: " + tag);
        var weak = await stoa.SendAsync("GET", path, headers: "If-None-Match: \"x\", W/" + tag);
        var head = await stoa.SendAsync("HEAD", path, headers: "If-None-Match: " + tag);
        await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"New"}""");
        await stoa.PatchJsonAsync(SensorThings.At("Datastreams(1)"), """{"name":"New"}""");
        var changed = await stoa.SendAsync("GET", path, headers: "If-None-Match: " + tag);

        Assert.Empty(same.ShouldBe(304).Bytes);
        Assert.Equal(tag, same.Header("ETag"));
        Assert.Equal("Authorization, Accept", same.Header("Vary"));
        weak.ShouldBe(304);
        head.ShouldBe(304);
        Assert.NotEqual(tag, changed.ShouldBe(200).Header("ETag"));
    }

    [Fact]
    public async Task Never_answers_304_when_something_expanded_has_changed()
    {
        await using var stoa = await StationAsync();
        var tag = await TagAsync(stoa, "Things(1)?$expand=Datastreams/Observations");
        await stoa.PatchJsonAsync(SensorThings.At("Observations(1)"), """{"result":2}""");

        var answer = await stoa.SendAsync("GET", "Things(1)?$expand=Datastreams/Observations", headers: "If-None-Match: " + tag);

        Assert.Contains("\"result\":2", answer.ShouldBe(200).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("If-Match: *", 200)]
    [InlineData("If-None-Match: \"x\"", 200)]
    [InlineData("If-None-Match: *", 412)]
    [InlineData("If-Match: \"x\"", 412)]
    [InlineData("If-Match: x", 400)]
    [InlineData("If-Match: \"x", 400)]
    [InlineData("If-None-Match: , ,", 400)]
    public async Task Reads_the_headers_as_RFC_9110_has_them(string header, int status)
    {
        await using var stoa = await StationAsync();

        (await stoa.SendAsync("PATCH", "Things(1)", """{"name":"N"}""", headers: header)).ShouldBe(status);
    }

    [Fact]
    public async Task Weak_tags_do_not_match_for_changes()
    {
        await using var stoa = await StationAsync();
        var tag = await TagAsync(stoa, "Things(1)");

        (await stoa.SendAsync("PATCH", "Things(1)", """{"name":"N"}""", headers: "If-Match: W/" + tag)).ShouldBeProblem(412, "changed-meanwhile");
    }

    [Fact]
    public async Task Of_many_writers_with_one_tag_exactly_one_wins()
    {
        await using var stoa = await StationAsync();
        var tag = await TagAsync(stoa, "Things(1)");

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(writer =>
            stoa.SendAsync("PATCH", "Things(1)", $$"""{"name":"{{writer}}"}""", headers: "If-Match: " + tag)));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.Equal(15, answers.Count(answer => answer.Status == 412));
    }

    [Fact]
    public async Task Tags_tell_nothing_of_what_is_hidden()
    {
        await using var stoa = await StationAsync();
        await stoa.GivenDatasetAsync("hidden", SpectrumClass.Closed);
        await stoa.GivenDatasetAsync("mine", SpectrumClass.Closed);
        var token = await stoa.GivenTokenAsync("mine", "read", "write");
        (await stoa.PostJsonAsync("/datasets/hidden/sensorthings/v1.1/Things", """{"name":"a","description":"d"}""")).ShouldBe(201);

        var absent = await stoa.SendAsAsync(token, "PATCH", SensorThings.At("Things(99)"), "{}", headers: "If-Match: \"x\"");
        var hidden = await stoa.SendAsAsync(token, "PATCH", SensorThings.At("Things(2)"), "{}", headers: "If-Match: \"x\"");

        Assert.Equal(absent.ShouldBe(404).Text, hidden.ShouldBe(404).Text);
    }

    [Fact]
    public async Task The_link_of_a_Datastream_to_a_hidden_Thing_does_not_show_in_its_tag()
    {
        await using var stoa = await StationAsync();
        await stoa.CreateAsync("Things", """{"name":"another","description":"d"}""");
        var before = await TagAsync(stoa, "Datastreams(1)");

        (await stoa.PatchJsonAsync(SensorThings.At("Datastreams(1)"), """{"Thing":{"@iot.id":2}}""")).ShouldBe(200);

        Assert.Equal(before, await TagAsync(stoa, "Datastreams(1)"));
    }
}
