using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sensing.Observations;
using Stoa.Sharing.Agreements;
using Stoa.Tests.Sensing;
using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>What an agreement promises of quality is measured: what came of what was expected, and how old the newest values are.</summary>
public class Floors_of_quality
{
    private const string Terms =
        ""","terms":{"quality":[{"measure":"completeness","percentMin":90,"days":7,"everySeconds":3600},{"measure":"timeliness","percentMin":50},{"measure":"completeness","percentMin":70},{"measure":"validity","percentMin":90}]}""";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static Task<int> MeasureAsync(TwoSides sides) => sides.Stoa.Services.GetRequiredService<QualityMeasuring>().MeasureAsync(Now);

    private static async Task ObserveAsync(TwoSides sides, int series, DateTimeOffset from, params int[] hours)
    {
        foreach (var hour in hours)
            await sides.Stoa.CreateAsync($"Datastreams({series})/Observations",
                $$"""{"phenomenonTime":"{{from.AddHours(hour).ToString("O", CultureInfo.InvariantCulture)}}","result":1}""");
    }

    private static async Task<JsonElement[]> FloorsAsync(TwoSides sides, long agreement, string token) =>
        [.. (await sides.Stoa.GetAsync($"/api/v1/agreements/{agreement}/quality", token)).ShouldBe(200).Json.GetProperty("value").EnumerateArray()];

    private static string Told(JsonElement floor)
    {
        string Of(string name) => floor.TryGetProperty(name, out var value) ? value.ToString() : "-";
        return $"{Of("measure")} {Of("percentMin")}: {Of("percent")} {Of("isMet")} {Of("unmetSince")}";
    }

    private static async Task<string[]> InboxAsync(TwoSides sides, string token) =>
        [.. (await sides.Stoa.GetAsync("/api/v1/inbox", token)).ShouldBe(200).Json.GetProperty("value").EnumerateArray()
            .Where(one => one.GetProperty("kind").GetString() == "quality")
            .Select(one => $"{one.GetProperty("about").GetString()}, {one.GetProperty("state").GetString()}, {one.GetProperty("party").GetString()}")];

    [Fact]
    public async Task Are_measured_and_told_to_both_sides()
    {
        await using var sides = await TwoSides.StartAsync();
        var began = sides.Clock.GetUtcNow();
        (await sides.Stoa.PostJsonAsync("/datasets/counters/sensorthings/v1.1/Things", SensorThings.Station)).ShouldBe(201);
        (await sides.Stoa.PostJsonAsync("/datasets/counters/sensorthings/v1.1/Datastreams", SensorThings.Datastream("second"))).ShouldBe(201);
        // What was observed before the agreement began is not promised.
        await ObserveAsync(sides, 1, began, -30, -20);
        var agreement = await sides.AgreeAsync(Terms);
        await ObserveAsync(sides, 1, began, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        await ObserveAsync(sides, 2, began, 0, 1, 2, 3, 4);
        await sides.PassAsync(TimeSpan.FromHours(10));
        using var consumer = await sides.MemberAsync("university");

        Assert.Equal(1, await MeasureAsync(sides));

        string[] told =
        [
            "completeness 90: 75 False 2026-01-31T22:00:00Z", "timeliness 50: 50 True -", "completeness 70: 75 True -", "validity 90: - - -",
        ];
        var toOwner = await FloorsAsync(sides, agreement, sides.OwnersToken);
        var toConsumer = await FloorsAsync(sides, agreement, sides.ConsumersToken);
        Assert.Equal(told, toOwner.Select(Told));
        Assert.Equal(told, toConsumer.Select(Told));
        Assert.Equal([7, 30], toOwner.Where(one => one.TryGetProperty("days", out _)).Select(one => one.GetProperty("days").GetInt32()));
        Assert.Equal("2026-01-31T21:00:00Z", toOwner[1].GetProperty("newest").GetString());
        Assert.DoesNotContain(toConsumer, one => one.TryGetProperty("newest", out _));
        (await sides.Stoa.GetAsync($"/api/v1/agreements/{agreement}/quality", sides.StrangersToken)).ShouldBeProblem(404, "not-found");
        (await sides.Stoa.GetAsync($"/api/v1/agreements/{agreement}/quality")).ShouldBeProblem(401, "credential-required");
        Assert.Equal(["Bicycle counters, completeness, Name of university"], await InboxAsync(sides, sides.OwnersToken));
        Assert.Equal(["Bicycle counters, completeness, Name of traffic"], await InboxAsync(sides, sides.ConsumersToken));
        Assert.Empty(await InboxAsync(sides, sides.StrangersToken));
        var page = WebUtility.HtmlDecode((await consumer.GetAsync($"/agreements/{agreement}")).ShouldBe(200).Text);
        Assert.Contains("Completeness of at least 90 % over 7 days, with a value every 3,600 seconds", page, StringComparison.Ordinal);
        Assert.Contains("75 %, measured at 2026-01-31 22:00 UTC.", page, StringComparison.Ordinal);
        Assert.Contains("Below it since 2026-01-31 22:00 UTC", page, StringComparison.Ordinal);
        Assert.Contains("Not measured by this exchange.", page, StringComparison.Ordinal);
        Assert.Contains("Completeness below 90 %", WebUtility.HtmlDecode((await consumer.GetAsync("/inbox")).ShouldBe(200).Text), StringComparison.Ordinal);

        // Still below it an hour later, since the same moment; and kept when what was missing has come.
        await sides.PassAsync(TimeSpan.FromHours(1));
        await MeasureAsync(sides);
        Assert.Equal("completeness 90: 68.18 False 2026-01-31T22:00:00Z", Told((await FloorsAsync(sides, agreement, sides.OwnersToken))[0]));
        await ObserveAsync(sides, 1, began, 10);
        await ObserveAsync(sides, 2, began, 5, 6, 7, 8, 9);
        await MeasureAsync(sides);
        Assert.Equal("completeness 90: 95.45 True -", Told((await FloorsAsync(sides, agreement, sides.OwnersToken))[0]));
        Assert.Empty(await InboxAsync(sides, sides.ConsumersToken));

        // Of a closed dataset nothing is told, though it was measured before, and nothing is measured.
        (await sides.Stoa.PostJsonAsync("/api/v1/datasets/counters/classifications",
            """{"level":"closed","reason":"A fault was found.","move":"close"}""", sides.OwnersToken)).ShouldBe(201);
        Assert.Equal("completeness 90: - - -", Told((await FloorsAsync(sides, agreement, sides.ConsumersToken))[0]));
        await MeasureAsync(sides);
        Assert.DoesNotContain("measured at", (await consumer.GetAsync($"/agreements/{agreement}")).ShouldBe(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_days_and_a_cadence_within_limits()
    {
        await using var sides = await TwoSides.StartAsync();
        var request = (await sides.AskAsync()).GetProperty("id").GetInt64();
        Task<Answer> OfferAsync(string floor) => sides.Stoa.PostJsonAsync(
            $"/api/v1/access-requests/{request}/offer", $$$"""{"sign":true,"terms":{"quality":[{{{floor}}}]}}""", sides.OwnersToken);

        foreach (var refused in new[]
            {
                """{"measure":"completeness","percentMin":90,"days":367}""", """{"measure":"completeness","percentMin":90,"days":0}""",
                """{"measure":"timeliness","percentMin":90,"everySeconds":2678401}""", """{"measure":"timeliness","percentMin":90,"hours":1}""",
            })
            (await OfferAsync(refused)).ShouldBeProblem(400, "clause-not-evaluable");
        (await OfferAsync("""{"measure":"completeness","percentMin":90,"days":366,"everySeconds":2678400}""")).ShouldBe(200);
    }

    [Fact]
    public async Task Are_not_measured_of_what_an_agreement_does_not_give()
    {
        await using var sides = await TwoSides.StartAsync();
        var began = sides.Clock.GetUtcNow();
        (await sides.Stoa.PostJsonAsync("/datasets/counters/sensorthings/v1.1/Things", SensorThings.Station)).ShouldBe(201);
        const string floor = ""","quality":[{"measure":"completeness","percentMin":90,"everySeconds":3600}]}""";
        var ofAnArea = await sides.AgreeAsync(""","terms":{"area":{"west":7,"south":51,"east":8,"north":52}""" + floor);
        var ofTheFirstHours = await sides.AgreeAsync(""","terms":{"dataUntil":"2026-01-31T16:00:00Z" """ + floor);
        await ObserveAsync(sides, 1, began, 0, 1, 2, 3);
        await sides.PassAsync(TimeSpan.FromHours(10));

        await MeasureAsync(sides);

        Assert.Equal("completeness 90: - - -", Told((await FloorsAsync(sides, ofAnArea, sides.ConsumersToken))[0]));
        Assert.Equal("completeness 90: 100 True -", Told((await FloorsAsync(sides, ofTheFirstHours, sides.ConsumersToken))[0]));
    }

    [Fact]
    public async Task Have_fields_in_the_form_of_clauses()
    {
        await using var sides = await TwoSides.StartAsync();
        using var owner = await sides.MemberAsync("traffic");
        using var consumer = await sides.MemberAsync("university");
        var request = $"/requests/{(await sides.AskAsync()).GetProperty("id").GetInt64()}";
        (string, string)[] plain = [("template", "plain"), ("until", "2026-12-31"), ("sign", "yes")];

        var tooMuch = (await owner.SubmitAsync(request, request + "/offer", [.. plain, ("completeness", "101"), ("completenessDays", "7")])).ShouldBe(400).Text;
        Assert.Contains("A floor of quality is 0 to 100 percent.", tooMuch, StringComparison.Ordinal);
        Assert.Matches("name=\"completeness\" value=\"101\"", tooMuch);
        Assert.Matches("name=\"completenessDays\" value=\"7\"", tooMuch);
        (await owner.SubmitAsync(request, request + "/offer", [.. plain, ("timelinessEvery", "60")])).ShouldBe(400);
        (await owner.SubmitAsync(request, request + "/offer", [.. plain, ("completeness", "95"), ("completenessDays", "367")])).ShouldBe(400);
        var offered = (await owner.SubmitAsync(request, request + "/offer",
            [.. plain, ("completeness", "95"), ("completenessDays", "7"), ("completenessEvery", "3600"), ("timeliness", "90")])).ShouldBe(303).Header("Location");

        var page = WebUtility.HtmlDecode((await consumer.GetAsync(offered)).ShouldBe(200).Text);
        Assert.Contains("Completeness of at least 95 % over 7 days, with a value every 3,600 seconds; Timeliness of at least 90 %. A duty of the provider.", page, StringComparison.Ordinal);
        foreach (var (name, value) in new[] { ("completeness", "95"), ("completenessDays", "7"), ("completenessEvery", "3600"), ("timeliness", "90"), ("timelinessEvery", "") })
            Assert.Matches($"name=\"{name}\" value=\"{value}\"", page);

        // An emptied field takes its floor away; one of a measure without fields stays.
        var id = (await sides.OfferAsync(await sides.AskAsync(),
            ""","terms":{"quality":[{"measure":"timeliness","percentMin":90},{"measure":"validity","percentMin":80},{"measure":"completeness","percentMin":95}]}"""))
            .GetProperty("agreement").GetInt64();
        (await consumer.SubmitAsync($"/agreements/{id}", $"/agreements/{id}/moves", ("move", "counter"), ("legalBasis", "notPersonal"), ("onward", "none"),
            ("retentionDays", "30"), ("retentionStart", "endOfAgreement"), ("retentionThen", "delete"), ("completeness", "97"))).ShouldBe(303);
        Assert.Equal("""[{"measure":"completeness","percentMin":97},{"measure":"validity","percentMin":80}]""",
            (await sides.AgreementAsync(id)).GetProperty("terms").GetProperty("quality").GetRawText());
    }

    [Fact]
    public async Task Leave_no_measurements_long_after_the_agreement_ended()
    {
        await using var sides = await TwoSides.StartAsync();
        (await sides.Stoa.PostJsonAsync("/datasets/counters/sensorthings/v1.1/Things", SensorThings.Station)).ShouldBe(201);
        var ending = await sides.AgreeAsync(Terms);
        var running = await sides.AgreeAsync(""","terms":{"validTo":"2030-01-01T00:00:00Z","quality":[{"measure":"timeliness","percentMin":50}]}""");
        await sides.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(2, await MeasureAsync(sides));
        Assert.Equal([ending, running], await KeptAsync(sides));

        (await sides.MoveAsync("agreements", ending, "terminate", sides.OwnersToken)).ShouldBe(200);
        await sides.PassAsync(TimeSpan.FromDays(QualityFindings.KeptDays));
        await MeasureAsync(sides);
        Assert.Equal([ending, running], await KeptAsync(sides));
        await sides.PassAsync(TimeSpan.FromHours(1));
        await MeasureAsync(sides);

        Assert.Equal([running], await KeptAsync(sides));
    }

    private static async Task<long[]> KeptAsync(TwoSides sides)
    {
        using var session = await sides.Stoa.Services.GetRequiredService<global::Stoa.Storage.Database>().ReadAsync(Now);
        using var select = session.Prepare("SELECT DISTINCT agreement_id FROM quality_finding ORDER BY agreement_id");
        var kept = new List<long>();
        while (select.Step()) kept.Add(select.Int64(0));
        return [.. kept];
    }
}
