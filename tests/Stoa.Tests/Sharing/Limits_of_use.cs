using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>An agreement may limit how much is used.</summary>
public class Limits_of_use
{
    private sealed record Limited(GovernedCity City, TestClock Clock, string Token, string Colleague) : IAsyncDisposable
    {
        public static async Task<Limited> StartAsync(RateLimits limits)
        {
            var clock = new TestClock();
            var city = await GovernedCity.StartAsync(clock);
            var owner = await city.OrganizationAsync("owner");
            var consumer = await city.OrganizationAsync("consumer");
            var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
            await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer);
            var agreement = await city.AgreeAsync(owner, consumer, [dataset], purposes: GovernedCity.Research);
            await city.ChangeAsync(RecordTypes.Agreement, agreement, World.Sign(agreement.Content with
            {
                Terms = agreement.Content.Terms with { Limits = limits },
            }));
            return new(city, clock, await city.ServiceTokenAsync(consumer), await city.ServiceTokenAsync(consumer));
        }

        public ValueTask DisposeAsync() => City.DisposeAsync();
    }

    [Fact]
    public async Task Lets_through_as_many_requests_a_minute_as_are_agreed_by_all_together()
    {
        await using var limited = await Limited.StartAsync(new(3, 0));

        foreach (var token in new[] { limited.Token, limited.Colleague, limited.Token })
            (await limited.City.SeeAsync("counts", token)).ShouldBe(200);
        var refused = await limited.City.SeeAsync("counts", limited.Colleague);

        Assert.Equal("Q1-RATE", refused.ShouldBeProblem(429, "limit-reached").Json.GetProperty("reason").GetString());
        Assert.InRange(int.Parse(refused.Header("Retry-After"), null), 1, 60);
        limited.Clock.Advance(TimeSpan.FromMinutes(1));
        (await limited.City.SeeAsync("counts", limited.Token)).ShouldBe(200);
    }

    [Fact]
    public async Task Lets_no_more_through_when_all_ask_at_once()
    {
        await using var limited = await Limited.StartAsync(new(3, 0));

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => limited.City.SeeAsync("counts", limited.Token)));

        Assert.Equal(3, answers.Count(one => one.Status == 200));
        Assert.Equal(9, answers.Count(one => one.Status == 429));
        var limits = limited.City.Stoa.Services.GetRequiredService<UsageLimits>();
        var key = new UsageKey(new(77), null, new(77));
        var taken = 0;
        Parallel.For(0, 1000, _ =>
        {
            if (limits.TryTakeRequest(key, 5)) Interlocked.Increment(ref taken);
        });
        Assert.Equal(5, taken);
        // What was used before is not known yet.
        Assert.False(limits.TryTakeRows(key, 1, 100));
        await limits.OfAsync(key, TestContext.Current.CancellationToken);
        Assert.True(limits.TryTakeRows(key, 1, 100));
    }

    [Fact]
    public async Task Are_not_used_up_by_answers_without_rows()
    {
        await using var limited = await Limited.StartAsync(new(0, 2));
        const string Thing = "/datasets/counts/sensorthings/v1.1/Things(1)";
        var tag = (await limited.City.Stoa.GetAsync(Thing, limited.Token)).ShouldBe(200).Header("ETag");

        for (var i = 0; i < 3; i++)
        {
            (await SendAsync(HttpMethod.Get, tag)).ShouldBe(304);
            (await SendAsync(HttpMethod.Head)).ShouldBe(200);
        }

        (await SendAsync(HttpMethod.Get)).ShouldBe(200);
        (await SendAsync(HttpMethod.Get)).ShouldBeProblem(429, "limit-reached");

        Task<Answer> SendAsync(HttpMethod method, string? known = null)
        {
            var request = new HttpRequestMessage(method, Thing);
            request.Headers.Authorization = new("Bearer", limited.Token);
            if (known is not null) request.Headers.TryAddWithoutValidation("If-None-Match", known);
            return limited.City.Stoa.SendAsync(request);
        }
    }

    [Fact]
    public async Task Are_no_reason_against_access_where_it_is_explained()
    {
        await using var limited = await Limited.StartAsync(new(3, 100));
        var agreement = Assert.Single(limited.City.Snapshot.Content.Agreements);
        var dataset = Assert.Single(agreement.Terms.Datasets);

        var cases = WhoMayRead.Of(limited.City.Snapshot, dataset, Instant.From(limited.Clock.GetUtcNow()));
        var policy = limited.City.Stoa.Services.GetRequiredService<AccessPolicy>();
        var requester = Requester.ForToken(new(1), "n", false, [], [], agreement.Terms.Consumer);

        Assert.True(cases.Single(one => one.Party == agreement.Terms.Consumer).MayRead);
        Assert.True(policy.Decide(requester, dataset, DataAction.See, explain: true).IsPermitted);
    }

    [Fact]
    public async Task Lets_through_as_many_rows_a_day_as_are_agreed_also_after_a_start()
    {
        await using var limited = await Limited.StartAsync(new(0, 2));

        // A row each: the second reaches what is agreed.
        (await limited.City.SeeAsync("counts", limited.Token)).ShouldBe(200);
        (await limited.City.SeeAsync("counts", limited.Token)).ShouldBe(200);
        await UntilRefusedAsync(limited);
        await limited.City.Stoa.RestartAsync();
        var again = await limited.City.SeeAsync("counts", limited.Token);

        Assert.Equal("Q2-VOLUME", again.ShouldBeProblem(429, "limit-reached").Json.GetProperty("reason").GetString());
        limited.Clock.Advance(TimeSpan.FromDays(1));
        (await limited.City.SeeAsync("counts", limited.Token)).ShouldBe(200);
    }

    /// <summary>What is asked is whether there is access, not how much of it was used.</summary>
    [Fact]
    public async Task Are_shown_as_access_before_signing_and_to_the_owner()
    {
        await using var limited = await Limited.StartAsync(new(3, 100));
        var agreement = limited.City.Snapshot.Agreements.Values.Single();
        var at = Instant.From(limited.Clock.GetUtcNow());

        var difference = (await limited.City.Stoa.GetAsync($"/api/v1/agreements/{agreement.Terms.Id}/diff", limited.Token)).ShouldBe(200).Json;
        var cases = WhoMayRead.Of(limited.City.Snapshot, agreement.Terms.Datasets[0], at);

        Assert.Equal("gained", Assert.Single(difference.GetProperty("access").EnumerateArray()).GetProperty("change").GetString());
        Assert.True(Assert.Single(cases, one => one.Party == agreement.Terms.Consumer).MayRead);
    }

    [Fact]
    public async Task Are_kept_by_showing_the_dataset_only_where_its_use_is_counted()
    {
        await using var limited = await Limited.StartAsync(new(100, 0));

        var all = await limited.City.Stoa.GetAsync("/sensorthings/v1.1/Things?$count=true", limited.Token);
        var described = await limited.City.Stoa.GetAsync("/api/v1/datasets/counts", limited.Token);

        Assert.Equal(0, all.ShouldBe(200).Json.GetProperty("@iot.count").GetInt32());
        described.ShouldBe(200);
        (await limited.City.SeeAsync("counts", limited.Token)).ShouldBe(200);
        (await limited.City.SeeAsync("counts", null)).ShouldBe(404);
        foreach (var root in new[] { "/sensorthings/v1.1", "/datasets/counts/sensorthings/v1.1" })
        {
            var batch = await limited.City.Stoa.PostJsonAsync(root + "/$batch",
                """{"requests":[{"id":"a","method":"get","url":"/datasets/counts/sensorthings/v1.1/Things"},{"id":"b","method":"get","url":"Things"}]}""",
                limited.Token);
            Assert.DoesNotContain("Thing of counts", batch.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Are_not_evaded_by_reporting_what_may_be_wrong()
    {
        await using var limited = await Limited.StartAsync(new(100, 2));
        Task<Answer> ReportAsync(string entity) => limited.City.Stoa.PostJsonAsync("/api/v1/datasets/counts/corrections",
            $$"""{"kind":"variance","reason":"It looks odd."{{entity}}}""", limited.Token);

        var there = await ReportAsync(",\"entity\":\"Things(1)\",\"field\":\"name\"");
        var notThere = await ReportAsync(",\"entity\":\"Things(999)\",\"field\":\"name\"");

        Assert.Equal(notThere.ShouldBeProblem(400, "invalid-property").Text, there.ShouldBeProblem(400, "invalid-property").Text);
        (await ReportAsync("")).ShouldBe(201);
    }

    [Fact]
    public async Task Lets_no_answer_leave_that_has_more_rows_than_are_left()
    {
        await using var limited = await Limited.StartAsync(new(0, 5));
        var stoa = limited.City.Stoa;
        const string Root = "/datasets/counts/sensorthings/v1.1/";
        for (var i = 0; i < 5; i++) (await stoa.PostJsonAsync(Root + "Things", """{"name":"n","description":"d"}""")).ShouldBe(201);

        foreach (var query in new[] { "Things", "Things?$resultFormat=CSV", "Things/$ref" })
            (await stoa.GetAsync(Root + query, limited.Token)).ShouldBeProblem(429, "limit-reached");
        // Nothing had left, and nothing was counted.
        (await stoa.GetAsync(Root + "Things?$top=4", limited.Token)).ShouldBe(200);
        (await stoa.GetAsync(Root + "Things?$top=2", limited.Token)).ShouldBeProblem(429, "limit-reached");
        (await stoa.GetAsync(Root + "Things(1)", limited.Token)).ShouldBe(200);
        (await stoa.GetAsync(Root + "Things(1)", limited.Token)).ShouldBeProblem(429, "limit-reached");
    }

    [Theory]
    [InlineData("?$resultFormat=CSV")]
    [InlineData("?$top=1000")]
    public async Task Break_off_a_download_that_would_give_more(string query)
    {
        const int Most = 500;
        await using var limited = await Limited.StartAsync(new(0, Most));
        var stoa = limited.City.Stoa;
        const string Root = "/datasets/counts/sensorthings/v1.1/";
        (await stoa.PostJsonAsync(Root + "Things", """
            {"name":"n","description":"x","Locations":[{"name":"l","description":"x","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[1,2]}}],
             "Datastreams":[{"name":"d","description":"x","observationType":"x","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
              "Sensor":{"name":"s","description":"x","encodingType":"x","metadata":"x"},
              "ObservedProperty":{"name":"p","definition":"http://x.example/p","description":"x"}}]}
            """)).ShouldBe(201);
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var rows = string.Join(',', Enumerable.Range(0, 900).Select(i => $"[\"{start.AddMinutes(i):yyyy-MM-ddTHH:mm:ssZ}\",{i}]"));
        (await stoa.PostJsonAsync(Root + "CreateObservations",
            $$"""[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],"dataArray":[{{rows}}]}]""")).ShouldBe(201);

        using var request = new HttpRequestMessage(HttpMethod.Get, Root + "Observations" + query);
        request.Headers.Authorization = new("Bearer", limited.Token);
        // Seen when the answer is read, or, where the connection was quicker, before.
        await Assert.ThrowsAnyAsync<Exception>(() => stoa.Http.SendAsync(request, TestContext.Current.CancellationToken));
        var log = stoa.Services.GetRequiredService<ExchangeLog>();
        for (var attempt = 0; ; attempt++)
        {
            await log.DrainAsync(TestContext.Current.CancellationToken);
            var record = (await stoa.GetAsync("/api/v1/exchanges?dataset=counts", stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value")
                .EnumerateArray().SingleOrDefault();
            if (record.ValueKind == System.Text.Json.JsonValueKind.Undefined && attempt < 600)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
                continue;
            }

            Assert.InRange(record.GetProperty("rows").GetInt64(), 1, Most);
            Assert.True(record.GetProperty("bytes").GetInt64() > 0);
            break;
        }
    }

    // Rows are counted when the answer has left.
    private static async Task UntilRefusedAsync(Limited limited)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            if ((await limited.City.SeeAsync("counts", limited.Token)).Status == 429) return;
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Fail("Nothing was refused.");
    }
}
