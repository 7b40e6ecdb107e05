using System.Collections.Concurrent;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>
/// What SensorThings answers is the same, byte by byte, whether a closed dataset exists or not: no page, count, order,
/// expansion, link or error shows that there is something else.
/// </summary>
public class Reading_SensorThings(TwinExchanges twins)
{
    private static readonly string[] Roots =
        ["/sensorthings/v1.1", "/datasets/open/sensorthings/v1.1", "/datasets/closed/sensorthings/v1.1"];

    private async Task<List<string>> DifferencesAsync(
        string root, string? tokenWith, string? tokenWithout, ConcurrentDictionary<int, int>? statuses = null)
    {
        var different = new List<string>();
        foreach (var path in SensorThingsAddresses.All(twins.OpenIds, twins.ClosedIds))
        {
            var address = $"{root}/{path}".Replace(" ", "%20", StringComparison.Ordinal);
            var with = await twins.With.GetAsync(address, tokenWith);
            var without = await twins.Without.GetAsync(address, tokenWithout);
            statuses?.AddOrUpdate(with.Status, 1, (_, count) => count + 1);
            var isSame = TwinExchanges.Comparable(with) == TwinExchanges.Comparable(without);
            // An address that was asked for may be repeated in a link; the secret may then stand there and nowhere else.
            var hasSecret = !path.Contains(TwinExchanges.Secret, StringComparison.Ordinal) &&
                with.Text.Contains(TwinExchanges.Secret, StringComparison.Ordinal);
            if (!isSame || hasSecret) different.Add($"{address}\n  with:    {with}\n  without: {without}");
        }

        return different;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Shows_nothing_of_a_closed_dataset_to_anonymous_callers(int root)
    {
        await twins.StartedAsync();

        TwinExchanges.ShouldBeNone(await DifferencesAsync(Roots[root], null, null));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Shows_nothing_of_a_closed_dataset_to_a_token_for_another(int root)
    {
        await twins.StartedAsync();

        TwinExchanges.ShouldBeNone(await DifferencesAsync(Roots[root], twins.Stranger.With, twins.Stranger.Without));
    }

    /// <summary>The bait: to those who may see it the closed dataset shows at most of these addresses.</summary>
    [Fact]
    public async Task Shows_the_closed_dataset_to_administrators_at_most_of_the_same_addresses()
    {
        await twins.StartedAsync();
        var statuses = new ConcurrentDictionary<int, int>();

        var different = await DifferencesAsync(Roots[0], twins.With.AdminToken, twins.Without.AdminToken, statuses);

        var asked = statuses.Values.Sum();
        Assert.True(different.Count > asked / 2, $"Only {different.Count} of {asked} addresses show it.");
        Assert.True(statuses[200] > asked * 8 / 10, $"Of {asked} addresses {string.Join(", ", statuses)}.");
    }

    [Fact]
    public async Task Turns_all_pages_without_a_gap_where_hidden_rows_lie()
    {
        await twins.StartedAsync();
        foreach (var set in SensorThingsAddresses.Sets)
        {
            Assert.Equal(await PagesAsync(twins.Without, set), await PagesAsync(twins.With, set));
        }
    }

    private static async Task<string> PagesAsync(Exchange stoa, string set)
    {
        var pages = new List<string>();
        string? next = $"/sensorthings/v1.1/{set}?$top=2&$select=id";
        while (next is not null)
        {
            var answer = (await stoa.GetAsync(next)).ShouldBe(200);
            pages.Add(TwinExchanges.Comparable(answer));
            next = answer.Json.TryGetProperty("@iot.nextLink", out var link) ? link.GetString() : null;
        }

        Assert.InRange(pages.Count, 2, 20);
        return string.Join('\n', pages);
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    public async Task Answers_other_reading_methods_alike(string method)
    {
        await twins.StartedAsync();
        foreach (var path in new[] { $"Things({twins.ClosedIds["Things"]})", "Things", "Observations?$count=true" })
        {
            foreach (var root in Roots)
            {
                var with = await twins.With.SendAsync(new HttpMethod(method), $"{root}/{path}", null, null);
                var without = await twins.Without.SendAsync(new HttpMethod(method), $"{root}/{path}", null, null);

                Assert.Equal(TwinExchanges.Comparable(without), TwinExchanges.Comparable(with));
            }
        }
    }
}
