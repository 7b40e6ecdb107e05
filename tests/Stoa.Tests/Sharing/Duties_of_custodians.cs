using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Records;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Who held data for a purpose gives them back or deletes them when the role has ended, and shows that it did.</summary>
public class Duties_of_custodians
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static async Task<long> CustodyAsync(CityOfRoles city, bool accepts = true)
    {
        var until = city.Clock.GetUtcNow().AddDays(10).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var id = (await city.Stoa.PostJsonAsync("/api/v1/datasets/counts/roles",
            $$"""{"role":"custodian","party":{{city.Lab.Id}},"purpose":"ScientificResearch","to":"{{until}}T00:00:00Z"}""", city.City.Token))
            .ShouldBe(201).Json.GetProperty("id").GetInt64();
        if (accepts) (await city.MoveAsync($"/api/v1/roles/{id}", "accept", city.Lab.Token)).ShouldBe(200);
        return id;
    }

    private static async Task PassAsync(CityOfRoles city, int days)
    {
        city.Clock.Advance(TimeSpan.FromDays(days));
        var clock = city.Stoa.Services.GetRequiredService<GovernanceClock>();
        while (await clock.MoveDueAsync(Now) > 0) { }
    }

    private static Task<Answer> MoveAsync(CityOfRoles city, long id, string move, string token, string more = "") =>
        city.Stoa.PostJsonAsync($"/api/v1/obligations/{id}/moves", $$"""{"move":"{{move}}"{{more}}}""", token);

    [Fact]
    public async Task Begin_when_the_role_ends_and_are_fulfilled_with_evidence()
    {
        await using var city = await CityOfRoles.StartAsync();
        var role = await CustodyAsync(city);
        await CustodyAsync(city, accepts: false);
        Assert.Equal(0, (await city.Stoa.GetAsync("/api/v1/obligations", city.Lab.Token)).ShouldBe(200).Json.GetProperty("count").GetInt64());

        await PassAsync(city, 11);

        var owed = Assert.Single((await city.Stoa.GetAsync("/api/v1/obligations", city.Lab.Token)).ShouldBe(200).Json.GetProperty("value").EnumerateArray());
        Assert.Equal(("return", "due", role, "counts", city.Lab.Id.Value), (owed.GetProperty("kind").GetString(), owed.GetProperty("state").GetString(),
            owed.GetProperty("role").GetInt64(), owed.GetProperty("dataset").GetString(), owed.GetProperty("debtor").GetInt64()));
        Assert.False(owed.TryGetProperty("agreement", out _));
        var id = owed.GetProperty("id").GetInt64();
        foreach (var token in new[] { city.City.Token, city.Stoa.AdminToken })
            Assert.Equal(1, (await city.Stoa.GetAsync("/api/v1/obligations", token)).ShouldBe(200).Json.GetProperty("count").GetInt64());
        var none = (await city.Stoa.GetAsync("/api/v1/obligations/999999", city.Shop.Token)).ShouldBe(404);
        Assert.Equal(none.Text, (await city.Stoa.GetAsync($"/api/v1/obligations/{id}", city.Shop.Token)).ShouldBe(404).Text);
        Assert.Equal(none.Text, (await MoveAsync(city, id, "waive", city.Shop.Token)).ShouldBe(404).Text);
        var waits = (await city.Stoa.GetAsync("/api/v1/inbox", city.Lab.Token)).ShouldBe(200).Json.GetProperty("value");
        Assert.Contains(waits.EnumerateArray(), one => one.GetProperty("kind").GetString() == "obligation" && one.GetProperty("id").GetInt64() == id);
        (await MoveAsync(city, id, "fulfil", city.City.Token, ",\"evidenceNote\":\"n\"")).ShouldBeProblem(403, "not-in-this-capacity");
        (await MoveAsync(city, id, "fulfil", city.Lab.Token)).ShouldBeProblem(409, "move-not-possible");
        Assert.Equal("fulfilled", (await MoveAsync(city, id, "fulfil", city.Lab.Token, ",\"evidenceNote\":\"Deleted, protocol 4.\"")).ShouldBe(200)
            .Json.GetProperty("state").GetString());
        Assert.Equal(["fulfil", "trigger", "owe"], (await city.Stoa.GetAsync($"/api/v1/obligations/{id}/events", city.City.Token)).ShouldBe(200).Json
            .GetProperty("value").EnumerateArray().Select(one => one.GetProperty("move").GetString()));
    }

    [Fact]
    public async Task Are_breached_and_settled_as_those_of_agreements_when_the_owner_ends_the_role()
    {
        await using var city = await CityOfRoles.StartAsync();
        var role = await CustodyAsync(city);
        (await city.MoveAsync($"/api/v1/roles/{role}", "end", city.City.Token)).ShouldBe(200);
        var id = (await city.Stoa.GetAsync("/api/v1/obligations", city.City.Token)).ShouldBe(200).Json.GetProperty("value")[0].GetProperty("id").GetInt64();

        await PassAsync(city, 31);
        (await MoveAsync(city, id, "declareBreach", city.Lab.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        (await MoveAsync(city, id, "declareBreach", city.City.Token)).ShouldBe(200);
        (await MoveAsync(city, id, "present", city.Lab.Token, ",\"evidenceNote\":\"Deleted.\"")).ShouldBe(200);

        Assert.Equal("fulfilled", (await MoveAsync(city, id, "acceptLate", city.City.Token)).ShouldBe(200).Json.GetProperty("state").GetString());
    }
}
