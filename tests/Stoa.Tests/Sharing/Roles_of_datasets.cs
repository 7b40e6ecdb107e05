using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Records;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Roles and delegations over the REST API: proposed by one side, accepted by the party itself.</summary>
public class Roles_of_datasets
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static string State(Answer answer) => answer.ShouldBe(200).Json.GetProperty("state").GetString()!;

    private static long Id(Answer answer) => answer.ShouldBe(201).Json.GetProperty("id").GetInt64();

    private static string[] Moves(Answer answer) =>
        [.. answer.Json.GetProperty("moves").EnumerateArray().Select(move => move.GetString()!).Order()];

    private static Task<Answer> ProposeAsync(CityOfRoles city, string json, string token) =>
        city.Stoa.PostJsonAsync("/api/v1/datasets/counts/roles", json, token);

    [Fact]
    public async Task Are_proposed_by_the_owner_and_begin_when_the_party_accepts()
    {
        await using var city = await CityOfRoles.StartAsync(withPublisher: false);

        var proposed = await ProposeAsync(city, $$"""{"role":"primaryPublisher","party":{{city.Office.Id}},"reason":"the office publishes"}""", city.City.Token);
        var early = await city.MoveAsync($"/api/v1/roles/{Id(proposed)}", "accept", city.City.Token);
        var seen = await city.Stoa.GetAsync($"/api/v1/roles/{Id(proposed)}", city.Office.Token);
        var accepted = await city.MoveAsync($"/api/v1/roles/{Id(proposed)}", "accept", city.Office.Token);

        proposed.ShouldBeJson(201,
            $$"""
            {"id":{{Id(proposed)}},"dataset":"counts","role":"primaryPublisher","party":{{city.Office.Id}},"state":"proposed","legalRole":"none",
             "from":"2026-01-31T12:00:00Z","moves":["withdraw","dispute"],"history":[
               {"move":"propose","state":"proposed","party":{{city.City.Id}},"capacity":["proposer","owner"],"reason":"the office publishes","at":"2026-01-31T12:00:00Z"}]}
            """);
        Assert.Equal($"/api/v1/roles/{Id(proposed)}", proposed.Header("Location"));
        early.ShouldBeProblem(403, "not-in-this-capacity");
        Assert.Equal(["accept", "decline", "dispute"], Moves(seen));
        Assert.Equal("active", State(accepted));
        Assert.Equal(["propose", "accept", "activate"],
            accepted.Json.GetProperty("history").EnumerateArray().Select(one => one.GetProperty("move").GetString()));
        Assert.Equal(["clock"], accepted.Json.GetProperty("history")[2].GetProperty("capacity").EnumerateArray().Select(one => one.GetString()));
    }

    [Fact]
    public async Task Are_told_to_those_concerned_and_to_who_governs_the_dataset_alone()
    {
        await using var city = await CityOfRoles.StartAsync();
        var role = Id(await ProposeAsync(city, $$"""{"role":"user","party":{{city.Lab.Id}}}""", city.City.Token));

        (await city.Stoa.GetAsync($"/api/v1/roles/{role}", city.Lab.Token)).ShouldBe(200);
        (await city.Stoa.GetAsync($"/api/v1/roles/{role}", city.City.Token)).ShouldBe(200);
        (await city.Stoa.GetAsync($"/api/v1/roles/{role}", city.Stoa.AdminToken)).ShouldBe(200);
        (await city.Stoa.GetAsync($"/api/v1/roles/{role}", city.Shop.Token)).ShouldBeProblem(404, "not-found");
        (await city.Stoa.GetAsync($"/api/v1/roles/{role}")).ShouldBeProblem(401, "credential-required");
        (await city.Stoa.GetAsync("/api/v1/datasets/counts/roles", city.Shop.Token)).ShouldBeProblem(404, "not-found");
        (await city.Stoa.GetAsync("/api/v1/datasets/nowhere/roles", city.Shop.Token)).ShouldBeProblem(404, "not-found");
        Assert.Equal(404, (await city.MoveAsync($"/api/v1/roles/{role}", "accept", city.Shop.Token)).Status);
        var all = (await city.Stoa.GetAsync("/api/v1/datasets/counts/roles", city.City.Token)).ShouldBe(200).Json;
        Assert.Equal(["user", "primaryPublisher", "owner"], all.GetProperty("value").EnumerateArray().Select(one => one.GetProperty("role").GetString()));
        var own = (await city.Stoa.GetAsync("/api/v1/datasets/counts/roles", city.Lab.Token)).ShouldBe(200).Json;
        Assert.Equal(1, own.GetProperty("count").GetInt64());
        var page = (await city.Stoa.GetAsync("/api/v1/datasets/counts/roles?limit=1", city.City.Token)).ShouldBe(200).Json;
        Assert.Equal("/api/v1/datasets/counts/roles?limit=1&skip=1", page.GetProperty("nextLink").GetString());
        Assert.Equal(1, (await city.Stoa.GetAsync($"/api/v1/parties/{city.Lab.Id}/roles", city.Lab.Token)).ShouldBe(200).Json.GetProperty("count").GetInt64());
        (await city.Stoa.GetAsync($"/api/v1/parties/{city.Lab.Id}/roles", city.Shop.Token)).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    public async Task Are_not_given_by_those_who_may_not_nor_to_oneself()
    {
        await using var city = await CityOfRoles.StartAsync();
        var custodian = $$"""{"role":"custodian","party":{{city.Lab.Id}},"purpose":"ScientificResearch","to":"2027-01-01T00:00:00Z"}""";

        // The primary publisher grants within the owner's level: nothing while the dataset is closed.
        (await ProposeAsync(city, $$"""{"role":"user","party":{{city.Lab.Id}}}""", city.Office.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        (await ProposeAsync(city, custodian, city.Office.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        (await ProposeAsync(city, custodian, city.Lab.Token)).ShouldBeProblem(404, "not-found");
        (await ProposeAsync(city, custodian, city.City.Token)).ShouldBe(201);
        (await ProposeAsync(city, $$"""{"role":"owner","party":{{city.Office.Id}}}""", city.Office.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        (await ProposeAsync(city, custodian, "")).ShouldBeProblem(401, "credential-required");
        (await ProposeAsync(city, $$"""{"role":"user","party":{{city.Lab.Id}},"for":{{city.City.Id}}}""", city.Office.Token))
            .ShouldBeProblem(403, "not-acting-for");
    }

    [Theory]
    [InlineData("""{"role":"king","party":3}""", "role")]
    [InlineData("""{"role":"user"}""", "party")]
    [InlineData("""{"role":"user","party":999}""", "party")]
    [InlineData("""{"role":"custodian","party":3,"to":"2027-01-01T00:00:00Z"}""", "purpose")]
    [InlineData("""{"role":"custodian","party":3,"purpose":"ScientificResearch"}""", "to")]
    [InlineData("""{"role":"custodian","party":3,"purpose":"Curiosity","to":"2027-01-01T00:00:00Z"}""", "purpose")]
    [InlineData("""{"role":"creator","party":3}""", "mode")]
    [InlineData("""{"role":"user","party":3,"mode":"passive"}""", "mode")]
    [InlineData("""{"role":"user","party":3,"legalRole":"judge"}""", "legalRole")]
    [InlineData("""{"role":"user","party":3,"from":"2027-01-01T00:00:00Z","to":"2026-06-01T00:00:00Z"}""", "to")]
    public async Task Are_refused_by_the_property_that_does_not_fit(string json, string property)
    {
        await using var city = await CityOfRoles.StartAsync(withPublisher: false);

        var refused = await ProposeAsync(city, json, city.City.Token);

        refused.ShouldBeProblem(400, "invalid-property");
        Assert.Equal(property, refused.Json.GetProperty("property").GetString());
    }

    [Fact]
    public async Task Have_one_owner_whose_successor_begins_when_the_former_ends()
    {
        await using var city = await CityOfRoles.StartAsync(withPublisher: false);
        var owner = Id(await ProposeAsync(city, $$"""{"role":"owner","party":{{city.Office.Id}}}""", city.City.Token));

        // The described owner gives way to the assigned one.
        Assert.Equal("active", State(await city.MoveAsync($"/api/v1/roles/{owner}", "accept", city.Office.Token)));
        (await ProposeAsync(city, $$"""{"role":"user","party":{{city.Shop.Id}}}""", city.City.Token)).ShouldBeProblem(404, "not-found");
        Assert.Equal("office", (await city.Stoa.GetAsync("/api/v1/datasets/counts", city.Stoa.AdminToken)).Json.GetProperty("owner").GetString());
        var next = Id(await ProposeAsync(city, $$"""{"role":"owner","party":{{city.Lab.Id}}}""", city.Office.Token));
        Assert.Equal("accepted", State(await city.MoveAsync($"/api/v1/roles/{next}", "accept", city.Lab.Token)));
        Assert.Equal("ended", State(await city.MoveAsync($"/api/v1/roles/{owner}", "end", city.Office.Token)));

        Assert.Equal("active", State(await city.Stoa.GetAsync($"/api/v1/roles/{next}", city.Lab.Token)));
        Assert.Equal("lab", (await city.Stoa.GetAsync("/api/v1/datasets/counts", city.Stoa.AdminToken)).Json.GetProperty("owner").GetString());
        (await city.MoveAsync($"/api/v1/roles/{owner}", "accept", city.Office.Token)).ShouldBeProblem(409, "move-not-possible");
    }

    [Fact]
    public async Task Are_disputed_by_anybody_concerned_and_confirmed_by_an_officer()
    {
        await using var city = await CityOfRoles.StartAsync();
        var roles = (await city.Stoa.GetAsync("/api/v1/datasets/counts/roles", city.City.Token)).Json.GetProperty("value");
        var role = roles[0].GetProperty("id").GetInt64();

        Assert.Equal("disputed", State(await city.MoveAsync($"/api/v1/roles/{role}", "dispute", city.City.Token)));
        (await city.MoveAsync($"/api/v1/roles/{role}", "confirm", city.City.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        Assert.Equal("active", State(await city.MoveAsync($"/api/v1/roles/{role}", "confirm", city.Stoa.AdminToken)));
        Assert.Equal("disputed", State(await city.MoveAsync($"/api/v1/roles/{role}", "dispute", city.Stoa.AdminToken)));
        (await city.MoveAsync($"/api/v1/roles/{role}", "confirm", city.Stoa.AdminToken)).ShouldBeProblem(403, "who-asks-does-not-decide");
    }

    [Fact]
    public async Task Begin_and_end_by_their_dates()
    {
        await using var city = await CityOfRoles.StartAsync(withPublisher: false);
        var role = Id(await ProposeAsync(city,
            $$"""{"role":"user","party":{{city.Lab.Id}},"from":"2026-02-01T00:00:00Z","to":"2026-03-01T00:00:00Z"}""", city.City.Token));
        Assert.Equal("accepted", State(await city.MoveAsync($"/api/v1/roles/{role}", "accept", city.Lab.Token)));

        city.Clock.Advance(TimeSpan.FromDays(1));
        await city.Stoa.Services.GetRequiredService<GovernanceClock>().MoveDueAsync(Now);
        Assert.Equal("active", State(await city.Stoa.GetAsync($"/api/v1/roles/{role}", city.Lab.Token)));
        city.Clock.Advance(TimeSpan.FromDays(40));
        await city.Stoa.Services.GetRequiredService<GovernanceClock>().MoveDueAsync(Now);
        Assert.Equal("ended", State(await city.Stoa.GetAsync($"/api/v1/roles/{role}", city.Lab.Token)));
    }

    [Fact]
    public async Task Are_delegated_once_and_no_further()
    {
        await using var city = await CityOfRoles.StartAsync();
        await city.RoleAsync("counts", "secondaryPublisher", city.Lab);
        Task<Answer> OfferAsync(string json, string token) => city.Stoa.PostJsonAsync("/api/v1/datasets/counts/delegations", json, token);
        var body = $$"""{"to":{{city.Lab.Id}},"action":"grant","levelMax":"group","until":"2026-06-01T00:00:00Z"}""";

        var offered = Id(await OfferAsync(body, city.City.Token));
        (await city.MoveAsync($"/api/v1/delegations/{offered}", "accept", city.City.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        (await city.Stoa.GetAsync($"/api/v1/delegations/{offered}", city.Shop.Token)).ShouldBeProblem(404, "not-found");
        (await ProposeAsync(city, $$"""{"role":"user","party":{{city.Shop.Id}}}""", city.Lab.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        Assert.Equal("active", State(await city.MoveAsync($"/api/v1/delegations/{offered}", "accept", city.Lab.Token)));
        (await ProposeAsync(city, $$"""{"role":"user","party":{{city.Shop.Id}}}""", city.Lab.Token)).ShouldBe(201);

        var further = body.Replace($"\"to\":{city.Lab.Id}", $"\"to\":{city.Shop.Id}", StringComparison.Ordinal);
        (await OfferAsync(further, city.Lab.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        (await OfferAsync(further.Replace("grant", "see", StringComparison.Ordinal), city.City.Token)).ShouldBeProblem(400, "invalid-property");
        (await OfferAsync(body, city.Shop.Token)).ShouldBeProblem(404, "not-found");
        Assert.Equal("revoked", State(await city.MoveAsync($"/api/v1/delegations/{offered}", "revoke", city.City.Token)));
        (await ProposeAsync(city, $$"""{"role":"user","party":{{city.Shop.Id}}}""", city.Lab.Token)).ShouldBeProblem(403, "not-in-this-capacity");
    }

    [Fact]
    public async Task Have_a_table_of_who_may_do_what()
    {
        await using var city = await CityOfRoles.StartAsync(withPublisher: false);

        var table = (await city.Stoa.GetAsync("/api/v1/roles/table")).ShouldBe(200).Json.GetProperty("value").EnumerateArray().ToList();

        Assert.Equal(36, table.Count);
        Assert.Contains(table, row => row.ToString() is """{"action":"grant","role":"custodian","allowance":"never"}""");
        Assert.All(table, row => Assert.Equal(JsonValueKind.String, row.GetProperty("allowance").ValueKind));
    }
}
