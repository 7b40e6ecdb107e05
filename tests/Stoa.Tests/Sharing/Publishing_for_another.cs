using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>The publisher's word about a level, given by a secondary publisher: of derived data, or by delegation.</summary>
public class Publishing_for_another
{
    private const string ToGroup = ",\"criteria\":[{\"claimType\":\"member-of\",\"values\":[\"club\"]}]";

    private static string State(Answer answer) => answer.ShouldBe(200).Json.GetProperty("state").GetString()!;

    private static async Task<long> DelegatedAsync(CityOfRoles city, string levelMax, CityParty from, CityParty to, string until = "2026-06-01T00:00:00Z")
    {
        var offered = await city.Stoa.PostJsonAsync("/api/v1/datasets/counts/delegations",
            $$"""{"to":{{to.Id}},"action":"publish","levelMax":"{{levelMax}}","until":"{{until}}"}""", from.Token);
        var id = offered.ShouldBe(201).Json.GetProperty("id").GetInt64();
        Assert.Equal("active", State(await city.MoveAsync($"/api/v1/delegations/{id}", "accept", to.Token)));
        return id;
    }

    [Fact]
    public async Task Counts_as_far_as_the_delegation_reaches_and_no_longer_than_it_runs()
    {
        await using var city = await CityOfRoles.StartAsync();
        await city.RoleAsync("counts", "secondaryPublisher", city.Lab);
        var group = await city.SubmittedAsync("counts", CityOfRoles.Toward("group", ToGroup));
        Task<Answer> ApproveAsync(long id, CityParty by) => city.MoveAsync($"/api/v1/classifications/{id}", "approve", by.Token);

        // The role alone gives no say in what is not derived.
        (await ApproveAsync(group, city.Lab)).ShouldBeProblem(404, "not-found");
        (await city.Stoa.GetAsync("/api/v1/datasets/counts/classifications", city.Lab.Token)).ShouldBeProblem(404, "not-found");
        (await city.Stoa.PostJsonAsync("/api/v1/datasets/counts/classifications", CityOfRoles.Toward("group", ToGroup), city.Lab.Token))
            .ShouldBeProblem(403, "not-in-this-capacity");
        var delegation = await DelegatedAsync(city, "group", city.Office, city.Lab);
        var open = await city.SubmittedAsync("counts", CityOfRoles.Toward("open", ",\"licence\":\"CC0-1.0\""));

        Assert.Equal(2, (await city.Stoa.GetAsync("/api/v1/datasets/counts/classifications", city.Lab.Token)).ShouldBe(200).Json.GetProperty("count").GetInt64());
        var seen = (await city.Stoa.GetAsync($"/api/v1/classifications/{group}", city.Lab.Token)).ShouldBe(200).Json;
        Assert.Contains("approve", seen.GetProperty("moves").EnumerateArray().Select(move => move.GetString()));
        (await ApproveAsync(open, city.Lab)).ShouldBeProblem(403, "not-in-this-capacity");
        Assert.Equal("effective", State(await ApproveAsync(group, city.Lab)));
        Assert.Equal("group", await city.LevelAsync("counts"));
        var history = (await city.Stoa.GetAsync($"/api/v1/classifications/{group}", city.City.Token)).Json.GetProperty("history").EnumerateArray()
            .Single(one => one.GetProperty("move").GetString() == "approve");
        Assert.Equal(["secondaryPublisher"], history.GetProperty("capacity").EnumerateArray().Select(one => one.GetString()));

        // What was delegated goes no further; and it ends when it is revoked, or when its giver has the right no more.
        await city.RoleAsync("counts", "secondaryPublisher", city.Shop);
        (await city.Stoa.PostJsonAsync("/api/v1/datasets/counts/delegations",
            $$"""{"to":{{city.Shop.Id}},"action":"publish","levelMax":"group","until":"2026-06-01T00:00:00Z"}""", city.Lab.Token))
            .ShouldBeProblem(403, "not-in-this-capacity");
        Assert.Equal("revoked", State(await city.MoveAsync($"/api/v1/delegations/{delegation}", "revoke", city.Office.Token)));
        const string closed = """{"level":"closed","reason":"A fault was found.","move":"close"}""";
        Task<Answer> CloseAsync() => city.Stoa.PostJsonAsync("/api/v1/datasets/counts/classifications", closed, city.Lab.Token);
        (await CloseAsync()).ShouldBeProblem(403, "not-in-this-capacity");
        // Without the clock that moves it: its date alone ends it.
        await DelegatedAsync(city, "group", city.Office, city.Lab, "2026-02-01T00:00:00Z");
        city.Clock.Advance(TimeSpan.FromDays(1));
        (await CloseAsync()).ShouldBeProblem(403, "not-in-this-capacity");
        await DelegatedAsync(city, "group", city.Office, city.Lab);
        Assert.Equal("effective", (await CloseAsync()).ShouldBe(201).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Counts_for_derived_data_within_what_their_inputs_allow()
    {
        await using var city = await CityOfRoles.StartAsync();
        await city.DatasetAsync("monthly");
        await city.RoleAsync("monthly", "secondaryPublisher", city.Lab);
        var group = await city.SubmittedAsync("counts", CityOfRoles.Toward("group", ToGroup));
        Assert.Equal("effective", State(await city.MoveAsync($"/api/v1/classifications/{group}", "approve", city.Office.Token)));
        Task<Answer> DraftAsync(string json, CityParty by) => city.Stoa.PostJsonAsync("/api/v1/datasets/monthly/classifications", json, by.Token);
        (await DraftAsync(CityOfRoles.Toward("group", ToGroup), city.Lab)).ShouldBeProblem(403, "not-in-this-capacity");

        (await city.Stoa.PutJsonAsync("/api/v1/datasets/monthly/facts", """{"derivedFrom":["counts"],"process":"sums of a month"}""", city.City.Token)).ShouldBe(200);

        (await DraftAsync(CityOfRoles.Toward("open", ",\"licence\":\"CC0-1.0\""), city.Lab)).ShouldBeProblem(403, "not-in-this-capacity");
        (await DraftAsync(CityOfRoles.Toward("group", ToGroup), city.Shop)).ShouldBeProblem(404, "not-found");
        var made = (await DraftAsync(CityOfRoles.Toward("group", ToGroup), city.Lab)).ShouldBe(201).Json;
        Assert.Equal("inReview", made.GetProperty("state").GetString());
        var id = made.GetProperty("id").GetInt64();
        // Its word stands for the publisher's; the owner's is asked for as ever.
        (await city.MoveAsync($"/api/v1/classifications/{id}", "approve", city.Lab.Token)).ShouldBeProblem(403, "who-asks-does-not-decide");
        Assert.Equal("effective", State(await city.MoveAsync($"/api/v1/classifications/{id}", "approve", city.City.Token)));
        Assert.Equal("group", await city.LevelAsync("monthly"));
    }
}
