using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
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
