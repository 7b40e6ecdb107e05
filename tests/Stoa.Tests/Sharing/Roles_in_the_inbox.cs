using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>A role that waits for its holder's word, and a delegation, stand in the inbox; and disputes in that of the office.</summary>
public class Roles_in_the_inbox
{
    private static async Task<List<(string Kind, string State, string? Due)>> InboxAsync(CityOfRoles city, string? token) =>
    [
        .. (await city.Stoa.GetAsync("/api/v1/inbox", token)).ShouldBe(200).Json.GetProperty("value").EnumerateArray().Select(one => (
            one.GetProperty("kind").GetString()!, one.GetProperty("state").GetString()!,
            one.TryGetProperty("due", out var due) ? due.GetString()![..10] : null)),
    ];

    [Fact]
    public async Task Wait_for_those_who_accept_them()
    {
        await using var city = await CityOfRoles.StartAsync();
        var begins = city.Clock.GetUtcNow().AddDays(3).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

        var later = (await city.Stoa.PostJsonAsync("/api/v1/datasets/counts/roles",
            $$"""{"role":"user","party":{{city.Lab.Id}},"from":"{{begins}}T00:00:00Z"}""", city.City.Token)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        var now = (await city.Stoa.PostJsonAsync("/api/v1/datasets/counts/roles",
            $$"""{"role":"secondaryPublisher","party":{{city.Lab.Id}}}""", city.City.Token)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await city.Stoa.PostJsonAsync("/api/v1/datasets/counts/delegations",
            $$"""{"to":{{city.Lab.Id}},"action":"grant","levelMax":"open","until":"2099-01-31T00:00:00Z"}""", city.City.Token)).ShouldBe(201);

        (await city.Stoa.GetAsync("/api/v1/inbox")).ShouldBe(401);
        Assert.Empty(await InboxAsync(city, city.Shop.Token));
        Assert.Equal([("role", "proposed", begins), ("delegation", "offered", "2099-01-31"), ("role", "proposed", null)],
            await InboxAsync(city, city.Lab.Token));
        (await city.MoveAsync($"/api/v1/roles/{now}", "accept", city.Lab.Token)).ShouldBe(200);
        (await city.MoveAsync($"/api/v1/roles/{later}", "dispute", city.Lab.Token)).ShouldBe(200);
        Assert.Equal([("delegation", "offered", "2099-01-31")], await InboxAsync(city, city.Lab.Token));
        Assert.Equal([("role", "disputed", begins)], await InboxAsync(city, city.Stoa.AdminToken));
    }
}
