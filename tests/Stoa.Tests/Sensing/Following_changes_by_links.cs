using System.Globalization;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>A set that is read with track-changes, and the links to what has changed since.</summary>
public class Following_changes_by_links
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static async Task<Exchange> StartAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        return stoa;
    }

    internal static async Task<Answer> TrackAsync(Exchange stoa, string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", token ?? stoa.AdminToken);
        request.Headers.TryAddWithoutValidation("Prefer", "odata.track-changes");
        return await stoa.SendAsync(request);
    }

    private static async Task<string> BeginAsync(Exchange stoa, string path) =>
        DeltaLink((await TrackAsync(stoa, SensorThings.At(path))).ShouldBe(200));

    private static string DeltaLink(Answer answer) => answer.Json.GetProperty("@iot.deltaLink").GetString()!;

    private static async Task<Answer> FollowAsync(Exchange stoa, string link) => await stoa.GetAsync(link, stoa.AdminToken);

    /// <summary>The changes as <c>+id</c> and <c>-id reason</c>, in order.</summary>
    private static string Told(Answer answer) => string.Join(" ", answer.ShouldBe(200).Json.GetProperty("value").EnumerateArray().Select(change =>
        change.TryGetProperty("@iot.removed", out var removed)
            ? $"-{change.GetProperty("@iot.id")} {removed.GetProperty("reason")}"
            : $"+{change.GetProperty("@iot.id")}"));

    [Fact]
    public async Task Tell_what_was_created_changed_and_removed_as_it_is_now()
    {
        await using var stoa = await StartAsync();
        var begun = (await TrackAsync(stoa, SensorThings.At("Things"))).ShouldBe(200);
        Assert.Equal("odata.track-changes", begun.Header("Preference-Applied"));
        Assert.Equal("1", begun.Ids());

        var none = await FollowAsync(stoa, DeltaLink(begun));
        Assert.Equal("", Told(none));

        await stoa.CreateAsync("Things", """{"name":"a","description":"d"}""");
        await stoa.CreateAsync("Things", """{"name":"b","description":"d"}""");
        (await stoa.PatchJsonAsync(SensorThings.At("Things(2)"), """{"name":"c"}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"d"}""")).ShouldBe(200);
        (await stoa.DeleteAsync(SensorThings.At("Things(3)"))).ShouldBe(200);
        var some = await FollowAsync(stoa, DeltaLink(none));

        Assert.Equal("+2 -3 deleted +1", Told(some));
        Assert.Equal((await stoa.ReadAsync("Things(2)")).Json.GetRawText(), some.Json.GetProperty("value")[0].GetRawText());
        Assert.Equal("""{"@iot.id":3,"@iot.removed":{"reason":"deleted"}}""", some.Json.GetProperty("value")[1].GetRawText());
        // The old link still holds, and the new one holds nothing.
        Assert.Equal("+2 -3 deleted +1", Told(await FollowAsync(stoa, DeltaLink(begun))));
        Assert.Equal("", Told(await FollowAsync(stoa, DeltaLink(some))));
    }

    [Fact]
    public async Task Tell_new_changed_and_removed_observations()
    {
        await using var stoa = await StartAsync();
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"), ("2026-01-02T00:00:00Z", "2"), ("2026-01-03T00:00:00Z", "3"));
        var link = await BeginAsync(stoa, "Observations");

        await stoa.GivenObservationsAsync(("2026-01-04T00:00:00Z", "4"), ("2025-01-01T00:00:00Z", "5"));
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(5)"), """{"result":6}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(1)"), """{"result":7}""")).ShouldBe(200);
        (await stoa.DeleteAsync(SensorThings.At("Observations(2)"))).ShouldBe(200);
        (await stoa.DeleteAsync(SensorThings.At("Observations(4)"))).ShouldBe(200);

        var changes = await FollowAsync(stoa, link);
        Assert.Equal("+1 -2 deleted +5", Told(changes));
        Assert.Equal(6, changes.Json.GetProperty("value")[2].GetProperty("result").GetInt32());
        (await stoa.DeleteAsync(SensorThings.At("Things(1)"))).ShouldBe(200);
        Assert.Equal("-5 deleted -1 deleted -3 deleted", Told(await FollowAsync(stoa, DeltaLink(changes))));
    }

    [Fact]
    public async Task Follow_a_condition_and_always_tell_the_id()
    {
        await using var stoa = await StartAsync();
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"), ("2026-01-02T00:00:00Z", "5"));
        var begun = await TrackAsync(stoa, SensorThings.At("Observations?$filter=result gt 3&$select=result&$count=true"));
        Assert.Equal("""{"@iot.count":1,"value":[{"@iot.id":2,"@iot.selfLink":"{base}/sensorthings/v1.1/Observations(2)","result":5}]""",
            begun.Text[..begun.Text.IndexOf(",\"@iot.deltaLink\"", StringComparison.Ordinal)].Replace(
                stoa.Address.ToString().TrimEnd('/'), "{base}", StringComparison.Ordinal));

        (await stoa.PatchJsonAsync(SensorThings.At("Observations(1)"), """{"result":6}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(2)"), """{"result":2}""")).ShouldBe(200);
        await stoa.GivenObservationsAsync(("2026-01-03T00:00:00Z", "1"), ("2026-01-04T00:00:00Z", "8"));

        Assert.Equal("+1 -2 changed +4", Told(await FollowAsync(stoa, DeltaLink(begun))));
    }

    [Fact]
    public async Task Tell_Datastreams_whose_derived_values_have_changed()
    {
        await using var stoa = await StartAsync();
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));
        await stoa.CreateAsync("MultiDatastreams", Following_topics.MultiDatastream);
        var all = await BeginAsync(stoa, "Datastreams");
        var multi = await BeginAsync(stoa, "MultiDatastreams");
        var names = await BeginAsync(stoa, "Datastreams?$select=name");
        var late = await BeginAsync(stoa, "Datastreams?$filter=phenomenonTime lt 2026-01-01T00:00:00Z&$select=name");

        await stoa.CreateAsync("MultiDatastreams(1)/Observations", """{"result":[1,2]}""");
        await stoa.CreateAsync("Datastreams(2)/Observations", """{"result":1,"phenomenonTime":"2025-01-01T00:00:00Z"}""");
        var changed = await FollowAsync(stoa, all);
        Assert.Equal("+2", Told(changed));
        Assert.Equal((await stoa.ReadAsync("Datastreams(2)")).Json.GetRawText(), changed.Json.GetProperty("value")[0].GetRawText());
        Assert.Equal("+1", Told(await FollowAsync(stoa, multi)));
        Assert.Equal("", Told(await FollowAsync(stoa, names)));
        var met = await FollowAsync(stoa, late);
        Assert.Equal("+2", Told(met));

        await stoa.CreateAsync("Datastreams(2)/Observations", """{"result":1,"phenomenonTime":"2026-01-02T00:00:00Z"}""");
        Assert.Equal("-2 changed", Told(await FollowAsync(stoa, DeltaLink(met))));
        (await stoa.DeleteAsync(SensorThings.At("Observations(3)"))).ShouldBe(200);
        Assert.Equal("+2", Told(await FollowAsync(stoa, DeltaLink(changed))));
    }

    [Fact]
    public async Task Follow_the_relations_of_one_entity()
    {
        await using var stoa = await StartAsync();
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));
        await stoa.CreateAsync("Things", """{"name":"b","description":"d"}""");
        var streams = await BeginAsync(stoa, "Things(2)/Datastreams");
        var places = await BeginAsync(stoa, "Things(1)/Locations");
        var values = await BeginAsync(stoa, "Datastreams(1)/Observations");

        (await stoa.PatchJsonAsync(SensorThings.At("Datastreams(2)"), """{"Thing":{"@iot.id":2}}""")).ShouldBe(200);
        await stoa.CreateAsync("Things(1)/Locations", SensorThings.Location("l", 1, 2));
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        await stoa.CreateAsync("Things(2)/Locations", SensorThings.Location("m", 1, 2));
        await stoa.CreateAsync("Datastreams(2)/Observations", """{"result":2}""");
        var some = await FollowAsync(stoa, streams);
        Assert.Equal("+2", Told(some));
        // A Location that was not linked to this Thing before is told as removed; it never was in sight.
        Assert.Equal("+2 -1 changed -3 changed", Told(await FollowAsync(stoa, places)));
        var one = await FollowAsync(stoa, values);
        Assert.Equal("+1", Told(one));

        (await stoa.PatchJsonAsync(SensorThings.At("Observations(1)"), """{"Datastream":{"@iot.id":2}}""")).ShouldBe(200);
        (await stoa.DeleteAsync(SensorThings.At("Observations(2)"))).ShouldBe(200);
        Assert.Equal("-1 changed", Told(await FollowAsync(stoa, DeltaLink(one))));
        (await stoa.DeleteAsync(SensorThings.At("Things(2)"))).ShouldBe(200);
        (await FollowAsync(stoa, DeltaLink(some))).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    public async Task Pages_miss_nothing_that_changes_while_they_are_read()
    {
        await using var stoa = await StartAsync();
        for (var i = 0; i < 5; i++) await stoa.GivenObservationsAsync(($"2026-01-0{i + 1}T00:00:00Z", "1"));
        var first = await TrackAsync(stoa, SensorThings.At("Observations?$top=2"));
        Assert.Equal("1,2", first.Ids());

        // One row leaves the part that is not read yet, one the part that is; a new one comes in front.
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(4)"), """{"phenomenonTime":"2025-01-01T00:00:00Z"}""")).ShouldBe(200);
        (await stoa.DeleteAsync(SensorThings.At("Observations(2)"))).ShouldBe(200);
        await stoa.GivenObservationsAsync(("2024-01-01T00:00:00Z", "1"));
        var second = await FollowAsync(stoa, first.Json.GetProperty("@iot.nextLink").GetString()!);

        Assert.Equal("3,5", second.Ids());
        var changes = await FollowAsync(stoa, DeltaLink(second));
        Assert.Equal("+4 -2 deleted", Told(changes));
        Assert.Equal("+6", Told(await FollowAsync(stoa, changes.Json.GetProperty("@iot.nextLink").GetString()!)));
    }

    [Fact]
    public async Task Come_in_pages_that_end_in_a_new_link()
    {
        await using var stoa = await StartAsync();
        var link = await BeginAsync(stoa, "Things?$top=2");
        for (var i = 0; i < 5; i++) await stoa.CreateAsync("Things", """{"name":"n","description":"d"}""");

        var told = new List<string>();
        for (var answer = await FollowAsync(stoa, link); ; answer = await FollowAsync(stoa, link))
        {
            told.Add(Told(answer));
            if (!answer.Json.TryGetProperty("@iot.nextLink", out var next)) break;
            link = next.GetString()!;
        }

        Assert.Equal(["+2 +3", "+4 +5", "+6"], told);
    }

    [Fact]
    public async Task Hold_over_restarts()
    {
        await using var stoa = await StartAsync();
        var link = await BeginAsync(stoa, "Things");
        await stoa.CreateAsync("Things", """{"name":"n","description":"d"}""");
        var path = new Uri(link).PathAndQuery;

        await stoa.RestartAsync();
        await stoa.CreateAsync("Things", """{"name":"n","description":"d"}""");

        Assert.Equal("+2 +3", Told(await FollowAsync(stoa, path)));
    }

    [Theory]
    [InlineData("Things(1)")]
    [InlineData("Things(1)/name")]
    [InlineData("Things/$ref")]
    [InlineData("Datastreams(1)/Thing/Locations")]
    [InlineData("Things?$expand=Datastreams")]
    [InlineData("Things?$skip=1")]
    [InlineData("Things?$orderby=name")]
    [InlineData("Things?$filter=Datastreams/name eq 'x'")]
    [InlineData("Datastreams?$filter=Thing/name eq 'x' or name eq 'y'")]
    [InlineData("Observations?$filter=phenomenonTime gt now() sub duration'PT1H'")]
    [InlineData("Observations?$resultFormat=dataArray")]
    public async Task Are_refused_where_changes_cannot_be_known(string path)
    {
        await using var stoa = await StartAsync();

        (await TrackAsync(stoa, SensorThings.At(path))).ShouldBeProblem(400, "changes-not-followed");
    }

    [Fact]
    public async Task Places_that_were_not_given_out_here_are_refused()
    {
        await using var stoa = await StartAsync();
        var link = await BeginAsync(stoa, "Things?$filter=name eq 'Station'");
        var token = link[(link.LastIndexOf('=') + 1)..];

        (await FollowAsync(stoa, SensorThings.At("Things?$deltatoken=nonsense"))).ShouldBeProblem(400, "malformed-query");
        (await FollowAsync(stoa, SensorThings.At("Things?$deltatoken="))).ShouldBeProblem(400, "malformed-query");
        (await FollowAsync(stoa, link[..^5] + (link[^5] == 'A' ? 'B' : 'A') + link[^4..])).ShouldBeProblem(410, "changes-expired");
        (await FollowAsync(stoa, SensorThings.At("Things?$deltatoken=" + token))).ShouldBeProblem(410, "changes-expired");
        (await FollowAsync(stoa, SensorThings.At("Sensors?$filter=name eq 'Station'&$deltatoken=" + token))).ShouldBeProblem(410, "changes-expired");
        (await FollowAsync(stoa, SensorThings.At("Things(1)?$deltatoken=" + token))).ShouldBeProblem(400, "changes-not-followed");
        (await FollowAsync(stoa, SensorThings.At("Things?$skiptoken=AgAAAAAAAAAB&$deltatoken=" + token))).ShouldBeProblem(410, "changes-expired");
    }

    [Fact]
    public async Task Begin_anew_when_other_things_are_in_sight()
    {
        await using var stoa = await StartAsync();
        await stoa.GivenDatasetAsync("one", SpectrumClass.Open);
        var token = await stoa.GivenTokenAsync("one", "read");
        var link = DeltaLink(await TrackAsync(stoa, SensorThings.At("Things"), token));
        var scoped = DeltaLink(await TrackAsync(stoa, "/datasets/one/sensorthings/v1.1/Things", token));
        Assert.Equal("", Told(await stoa.GetAsync(link, token)));

        (await stoa.GetAsync(link, stoa.AdminToken)).ShouldBeProblem(410, "changes-expired");
        // Open data is seen by all alike, so the place is good for all.
        Assert.Equal("", Told(await stoa.GetAsync(link)));
        await stoa.GivenDatasetAsync("two", SpectrumClass.Open);

        (await stoa.GetAsync(link, token)).ShouldBeProblem(410, "changes-expired");
        Assert.Equal("", Told(await stoa.GetAsync(scoped, token)));
    }

    [Fact]
    public async Task Look_at_a_bounded_part_of_many_changes_at_once()
    {
        await using var stoa = await StartAsync();
        var link = await BeginAsync(stoa, "Things");
        await stoa.Database.WriteAsync(
            session =>
            {
                session.Execute(
                    """
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
                    INSERT INTO entity_change (dataset_id, entity_set, entity_id, kind) SELECT 1, 'Sensors', 1, 2 FROM n
                    """);
                return true;
            },
            Now);
        await stoa.CreateAsync("Things", """{"name":"n","description":"d"}""");

        var first = await FollowAsync(stoa, link);
        Assert.Equal("", Told(first));
        Assert.Equal("+2", Told(await FollowAsync(stoa, first.Json.GetProperty("@iot.nextLink").GetString()!)));
    }
}
