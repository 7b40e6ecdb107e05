using System.Globalization;
using Stoa.Sensing.Http;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>DELETE of a set with $filter: counted first, then confirmed (urn:stoa:sensorthings:filtered-delete).</summary>
public class Deleting_by_filter
{
    private static async Task<Exchange> StationAsync(TimeProvider? time = null, int observations = 10)
    {
        var stoa = await Exchange.StartAsync(time: time);
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));
        var rows = string.Join(',', Enumerable.Range(0, observations).Select(i => string.Create(CultureInfo.InvariantCulture,
            $"""["{new DateTime(2026, 1, 1).AddMinutes(i):yyyy-MM-ddTHH:mm:ssZ}",{i}]""")));
        foreach (var datastream in new[] { 1, 2 })
            (await stoa.PostJsonAsync(SensorThings.At("CreateObservations"), $$$"""
                [{"Datastream":{"@iot.id":{{{datastream}}}},"components":["phenomenonTime","result"],"dataArray":[{{{rows}}}]}]
                """)).ShouldBe(201);
        return stoa;
    }

    private static Task<Answer> DryAsync(Exchange stoa, string path, string? token = null) =>
        stoa.DeleteAsync(SensorThings.At(path) + "&$dryRun=true", token);

    private static Task<Answer> ConfirmAsync(Exchange stoa, string path, Answer dry, string? token = null) =>
        stoa.DeleteAsync(SensorThings.At(path) + "&$confirm=" + dry.Json.GetProperty("confirmation").GetString(), token);

    private static string Would(Answer dry) => dry.ShouldBe(200).Json.GetProperty("wouldDelete").GetRawText();

    [Theory]
    [InlineData("Observations?$filter=result gt 5", """{"Observations":8}""", "6,6")]
    [InlineData("Observations?$filter=result le 5", """{"Observations":12}""", "4,4")]
    [InlineData("Observations?$filter=result ge 0", """{"Observations":20}""", "0,0")]
    [InlineData("Observations?$filter=result gt 3 and result lt 6", """{"Observations":4}""", "8,8")]
    [InlineData("Observations?$filter=result gt 100", "{}", "10,10")]
    [InlineData("Datastreams(2)/Observations?$filter=phenomenonTime lt 2026-01-01T00:03:00Z", """{"Observations":3}""", "10,7")]
    [InlineData("Observations?$filter=Datastream/name eq 'second'", """{"Observations":10}""", "10,0")]
    [InlineData("Datastreams?$filter=name eq 'second'", """{"Datastreams":1,"Observations":10}""", "10,0")]
    [InlineData("Things?$filter=name eq 'Station'", """{"Datastreams":2,"HistoricalLocations":1,"Observations":20,"Things":1}""", "0,0")]
    [InlineData("Sensors?$filter=id eq 1", """{"Datastreams":2,"Observations":20,"Sensors":1}""", "0,0")]
    [InlineData("ObservedProperties?$filter=id eq 1", """{"Datastreams":2,"Observations":20,"ObservedProperties":1}""", "0,0")]
    [InlineData("FeaturesOfInterest?$filter=id eq 1", """{"FeaturesOfInterest":1,"Observations":20}""", "0,0")]
    [InlineData("Locations?$filter=id eq 1", """{"HistoricalLocations":1,"Locations":1}""", "10,10")]
    [InlineData("HistoricalLocations?$filter=id eq 1", """{"HistoricalLocations":1}""", "10,10")]
    public async Task Says_what_would_vanish_and_then_removes_exactly_that(string path, string expected, string left)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        var dry = await DryAsync(stoa, path);
        Assert.Equal(expected, Would(dry));
        Assert.Equal(before, await stoa.SnapshotAsync());
        var done = await ConfirmAsync(stoa, path, dry);

        Assert.Equal(expected, done.ShouldBe(200).Json.GetProperty("deleted").GetRawText());
        Assert.Equal(left, $"{await CountAsync(stoa, "Datastream/id eq 1")},{await CountAsync(stoa, "Datastream/id eq 2")}");
        Assert.Equal("{}", Would(await DryAsync(stoa, path)));
        await stoa.ShouldBeConsistentAsync();
    }

    private static async Task<long> CountAsync(Exchange stoa, string filter) =>
        (await stoa.ReadAsync($"Observations?$filter={filter}&$count=true&$top=0")).ShouldBe(200).Json.GetProperty("@iot.count").GetInt64();

    [Theory]
    [InlineData("Things", 405, "method-not-allowed")]
    [InlineData("Things?x=1", 405, "method-not-allowed")]
    [InlineData("Things?$filter=id eq 1", 400, "dry-run-needed")]
    [InlineData("Things?$dryRun=true", 400, "dry-run-needed")]
    [InlineData("Things?$filter=id eq 1&$dryRun=false", 400, "dry-run-needed")]
    [InlineData("Things?$filter=id eq 1&$dryRun=true&$confirm=x", 400, "dry-run-needed")]
    [InlineData("Things?$filter=id eq 1&$dryRun=true&$top=1", 400, "dry-run-needed")]
    [InlineData("Things?$filter=id eq 1&$dryRun=true&$expand=Datastreams", 400, "dry-run-needed")]
    [InlineData("Things(1)?$dryRun=true", 400, "dry-run-needed")]
    [InlineData("Things(1)?$filter=id eq 1&$dryRun=true", 400, "dry-run-needed")]
    [InlineData("Things?$filter=id eq&$dryRun=true", 400, "malformed-query")]
    [InlineData("Things?$filter=none eq 1&$dryRun=true", 400, "unknown-query-name")]
    [InlineData("Things?$filter=id eq 1&$dryRun=true&$other=1", 501, "unsupported-query-option")]
    [InlineData("Things(99)/Datastreams?$filter=id eq 1&$dryRun=true", 404, "not-found")]
    [InlineData("Things?$filter=id eq 1&$confirm=x", 412, "not-confirmed")]
    [InlineData("Things?$filter=id eq 1&$confirm=eHh4.eHh4", 412, "not-confirmed")]
    [InlineData("Things?$filter=id eq 1&$confirm=.", 412, "not-confirmed")]
    public async Task Removes_nothing_without_a_dry_run(string path, int status, string type)
    {
        await using var stoa = await StationAsync();
        var before = await stoa.SnapshotAsync();

        (await stoa.DeleteAsync(SensorThings.At(path))).ShouldBeProblem(status, type);

        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    public async Task A_confirmation_is_good_for_one_filter_address_and_token_and_for_five_minutes()
    {
        var clock = new TestClock();
        await using var stoa = await StationAsync(clock);
        await stoa.GivenDatasetAsync("other", SpectrumClass.Open);
        var other = await stoa.GivenTokenAsync("other", "read", "write");
        var dry = await DryAsync(stoa, "Observations?$filter=result gt 5");

        (await ConfirmAsync(stoa, "Observations?$filter=result gt 4", dry)).ShouldBeProblem(412, "not-confirmed");
        (await ConfirmAsync(stoa, "Datastreams(1)/Observations?$filter=result gt 5", dry)).ShouldBeProblem(412, "not-confirmed");
        (await ConfirmAsync(stoa, "Observations?$filter=result gt 5", dry, other)).ShouldBeProblem(412, "not-confirmed");
        clock.Advance(ConfirmationToken.ValidFor);
        (await ConfirmAsync(stoa, "Observations?$filter=result gt 5", dry)).ShouldBeProblem(412, "not-confirmed");
        Assert.Equal(8, await CountAsync(stoa, "result gt 5"));
    }

    [Theory]
    [InlineData("Observations?$filter=result gt 5")]
    [InlineData("Things?$filter=id eq 1")]
    public async Task Refuses_when_the_number_has_changed(string path)
    {
        await using var stoa = await StationAsync();
        var dry = await DryAsync(stoa, path);
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":7}""");

        (await ConfirmAsync(stoa, path, dry)).ShouldBeProblem(409, "count-changed");

        Assert.Equal(21, await CountAsync(stoa, "id gt 0"));
    }

    [Fact]
    public async Task Finds_what_GET_shows_and_removes_only_what_may_be_written()
    {
        await using var stoa = await StationAsync();
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        await stoa.GivenDatasetAsync("mine", SpectrumClass.Closed);
        var mine = await stoa.GivenTokenAsync("mine", "read", "write");
        var writer = await stoa.GivenTokenAsync("mine", "write");
        await stoa.PostJsonAsync("/datasets/open/sensorthings/v1.1/Things", """{"name":"Station","description":"d"}""");
        await stoa.PostJsonAsync("/datasets/mine/sensorthings/v1.1/Things", """{"name":"Station","description":"d"}""");

        var both = await DryAsync(stoa, "Things?$filter=name eq 'Station'", mine);
        var scoped = await stoa.DeleteAsync("/datasets/mine/sensorthings/v1.1/Things?$filter=name%20eq%20'Station'&$dryRun=true", mine);
        var blind = await stoa.DeleteAsync("/datasets/mine/sensorthings/v1.1/Things?$filter=name%20eq%20'Station'&$dryRun=true", writer);
        var nobody = await DryAsync(stoa, "Things?$filter=name eq 'Station'", "");

        both.ShouldBeProblem(403, "may-not-write");
        Assert.Equal("""{"Things":1}""", Would(scoped));
        Assert.Equal("{}", Would(blind));
        nobody.ShouldBeProblem(401, "credential-required");
    }

    [Fact]
    public async Task Does_not_count_what_belongs_to_others_but_refuses()
    {
        await using var stoa = await StationAsync();
        await stoa.GivenDatasetAsync("shared", SpectrumClass.Open);
        var shared = await stoa.GivenTokenAsync("shared", "read", "write");
        await stoa.PostJsonAsync("/datasets/shared/sensorthings/v1.1/Sensors",
            """{"name":"S","description":"d","encodingType":"e","metadata":"m"}""");
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("user", sensor: 2));

        const string sensors = "/datasets/shared/sensorthings/v1.1/Sensors?$filter=id%20eq%202";
        var dry = await stoa.DeleteAsync(sensors + "&$dryRun=true", shared);
        Assert.Equal("""{"Sensors":1}""", Would(dry));
        (await stoa.DeleteAsync($"{sensors}&$confirm={dry.Json.GetProperty("confirmation").GetString()}", shared)).ShouldBeProblem(409, "conflict");
    }

    [Theory]
    [InlineData("ObservedProperties", FilteredDelete.EntitiesMax,
        "INSERT INTO observed_property (id, dataset_id, name, definition, description) SELECT i, 1, 'n', 'd', 'd' FROM n WHERE i > 1")]
    [InlineData("Observations", FilteredDelete.ObservationsMax,
        "INSERT INTO observation (datastream_id, phenomenon_start, id, feature_of_interest_id) SELECT 1, i, i, 1 FROM n WHERE i > 2")]
    public async Task Takes_as_many_as_the_limit_and_not_one_more(string set, int limit, string insert)
    {
        await using var stoa = await StationAsync(observations: 1);
        await stoa.Database.WriteAsync(
            session =>
            {
                session.Execute($"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= {limit}) {insert}");
                return true;
            },
            TestContext.Current.CancellationToken);

        Assert.Contains($"\"{set}\":{limit}", Would(await DryAsync(stoa, $"{set}?$filter=id le {limit}")), StringComparison.Ordinal);
        (await DryAsync(stoa, $"{set}?$filter=id gt 0")).ShouldBeProblem(413, "too-large");
    }

    [Fact]
    public async Task Is_no_part_of_a_batch()
    {
        await using var stoa = await StationAsync();

        var answer = await stoa.SendBatchAsync("DELETE Things?$filter=id%20eq%201", "DELETE Things(1)?$dryRun=true");

        Assert.Equal("400 dry-run-needed\n400 dry-run-needed", answer.Parts());
    }

    [Fact]
    public async Task Lets_others_write_while_it_removes_many()
    {
        await using var stoa = await StationAsync(observations: 20_000);
        var dry = await DryAsync(stoa, "Observations?$filter=result lt 15000");

        var removal = ConfirmAsync(stoa, "Observations?$filter=result lt 15000", dry);
        var posted = 0;
        while (!removal.IsCompleted)
        {
            await stoa.CreateAsync("Datastreams(1)/Observations", """{"phenomenonTime":"2026-03-01T00:00:00Z","result":99999}""");
            posted++;
        }

        Assert.Equal(30_000, (await removal).ShouldBe(200).Json.GetProperty("deleted").GetProperty("Observations").GetInt64());
        Assert.True(posted > 3, $"Only {posted} others were written meanwhile.");
        Assert.Equal(10_000 + posted, await CountAsync(stoa, "id gt 0"));
        await stoa.ShouldBeConsistentAsync();
    }
}
