using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Claims, terms, blocks and emergencies over the REST API.</summary>
public class Claims_and_terms
{
    [Fact]
    public async Task Claims_are_asserted_by_the_party_and_verified_by_an_officer()
    {
        await using var city = await CityOfRoles.StartAsync(withPublisher: false);
        var path = $"/api/v1/parties/{city.Lab.Id}/claims";
        const string claim = """{"type":"member-of","value":"mobility-lab","expiresAt":"2027-01-01T00:00:00Z"}""";

        var made = (await city.Stoa.PostJsonAsync(path, claim, city.Lab.Token)).ShouldBe(201).Json;
        var id = made.GetProperty("id").GetInt64();
        Assert.Equal(("asserted", 1), (made.GetProperty("status").GetString(), made.GetProperty("moves").GetArrayLength()));
        (await city.Stoa.PostJsonAsync(path, claim, city.Shop.Token)).ShouldBeProblem(404, "not-found");
        (await city.Stoa.PostJsonAsync(path, """{"type":"category","value":"academia"}""", city.Lab.Token)).ShouldBeProblem(400, "invalid-property");
        (await city.MoveAsync($"/api/v1/claims/{id}", "verify", city.Lab.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        (await city.MoveAsync($"/api/v1/claims/{id}", "verify", city.Shop.Token)).ShouldBeProblem(404, "not-found");
        (await city.MoveAsync($"/api/v1/claims/{id}", "verify", city.Stoa.AdminToken)).ShouldBeJson(200,
            $$"""
            {"id":{{id}},"party":{{city.Lab.Id}},"type":"member-of","value":"mobility-lab","status":"verified","issuer":0,
             "expiresAt":"2027-01-01T00:00:00Z","moves":["revoke"]}
            """);
        (await city.MoveAsync($"/api/v1/claims/{id}", "revoke", city.Lab.Token)).ShouldBe(200);
        (await city.MoveAsync($"/api/v1/claims/{id}", "verify", city.Stoa.AdminToken)).ShouldBeProblem(409, "move-not-possible");
        Assert.Equal(1, (await city.Stoa.GetAsync(path, city.Lab.Token)).ShouldBe(200).Json.GetProperty("count").GetInt64());
        (await city.Stoa.GetAsync(path, city.Shop.Token)).ShouldBeProblem(404, "not-found");
        // Who asserts does not verify, be it an officer.
        var own = (await city.Stoa.PostJsonAsync(path, claim)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await city.MoveAsync($"/api/v1/claims/{own}", "verify", city.Stoa.AdminToken)).ShouldBeProblem(403, "who-asks-does-not-decide");
    }

    [Fact]
    public async Task Terms_are_published_in_versions_and_accepted_with_a_receipt()
    {
        await using var city = await CityOfRoles.StartAsync(withPublisher: false);
        Task<Answer> PublishAsync(string text, string token) =>
            city.Stoa.PostJsonAsync("/api/v1/terms", $$"""{"name":"city-terms","title":"Terms of the city","text":"{{text}}"}""", token);

        (await PublishAsync("Be kind.", city.City.Token)).ShouldBe(201);
        var second = await PublishAsync("Be kind, and name the source.", city.City.Token);
        second.ShouldBeJson(201,
            $$"""
            {"name":"city-terms","version":2,"provider":{{city.City.Id}},"title":"Terms of the city","text":"Be kind, and name the source.",
             "textHash":"3b5b2f7d","published":"2026-01-31T12:00:00Z"}
            """.Replace("3b5b2f7d", second.Json.GetProperty("textHash").GetString(), StringComparison.Ordinal));
        Assert.Equal("/api/v1/terms/city-terms/versions/2", second.Header("Location"));
        (await PublishAsync("Mine.", city.Shop.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        (await PublishAsync("Of the exchange.", city.Stoa.AdminToken)).ShouldBeProblem(400, "invalid-property");
        (await city.Stoa.GetAsync("/api/v1/terms")).ShouldBe(200);
        (await city.Stoa.GetAsync("/api/v1/terms/city-terms/versions/1")).ShouldBe(200);
        (await city.Stoa.GetAsync("/api/v1/terms/city-terms/versions/3")).ShouldBeProblem(404, "not-found");

        const string path = "/api/v1/terms/city-terms/versions/2/acceptances";
        (await city.Stoa.PostJsonAsync(path, "{}", "")).ShouldBeProblem(401, "credential-required");
        (await city.Stoa.PostJsonAsync(path, "{}")).ShouldBeProblem(400, "invalid-property");
        (await city.Stoa.PostJsonAsync(path, """{"textHash":"00"}""", city.Lab.Token)).ShouldBeProblem(400, "invalid-property");
        var receipt = await city.Stoa.PostJsonAsync(path, "{}", city.Lab.Token);
        city.Clock.Advance(TimeSpan.FromDays(1));
        var again = await city.Stoa.PostJsonAsync(path, "{}", city.Lab.Token);
        Assert.Equal(receipt.ShouldBe(201).Text, again.ShouldBe(201).Text);
        Assert.Equal(second.Json.GetProperty("textHash").GetString(), receipt.Json.GetProperty("textHash").GetString());
        var receipts = await city.Stoa.GetAsync($"/api/v1/parties/{city.Lab.Id}/acceptances", city.Lab.Token);
        Assert.Equal(1, receipts.ShouldBe(200).Json.GetProperty("count").GetInt64());
        (await city.Stoa.GetAsync($"/api/v1/parties/{city.Lab.Id}/acceptances", city.Shop.Token)).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    public async Task Blocks_and_emergencies_are_for_officers()
    {
        await using var city = await CityOfRoles.StartAsync(withPublisher: false);
        const string block = """{"kind":"incident","dataset":"counts","reason":"A leak is looked into."}""";

        (await city.Stoa.PostJsonAsync("/api/v1/blocks", block, city.City.Token)).ShouldBeProblem(403, "administrator-required");
        (await city.Stoa.PostJsonAsync("/api/v1/blocks", """{"kind":"incident","dataset":"nowhere","reason":"r"}""")).ShouldBeProblem(400, "invalid-property");
        var id = (await city.Stoa.PostJsonAsync("/api/v1/blocks", block)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await city.MoveAsync($"/api/v1/blocks/{id}", "melt", city.Stoa.AdminToken)).ShouldBeProblem(400, "invalid-property");
        (await city.MoveAsync($"/api/v1/blocks/{id}", "lift", city.Stoa.AdminToken)).ShouldBe(200);
        (await city.Stoa.GetAsync("/api/v1/blocks", city.Stoa.AdminToken)).ShouldBeJson(200,
            $$"""
            {"value":[{"id":{{id}},"kind":"incident","dataset":"counts","since":"2026-01-31T12:00:00Z","liftedAt":"2026-01-31T12:00:00Z"}],"count":1}
            """);
        string Emergency(string until) =>
            $$"""{"datasets":["counts"],"parties":[{{city.Lab.Id}}],"until":"{{until}}","legalReference":"BHKG NRW § 26"}""";
        (await city.Stoa.PostJsonAsync("/api/v1/emergencies", Emergency("2026-02-10T00:00:00Z"))).ShouldBe(201);
        Assert.Equal(1, (await city.Stoa.GetAsync("/api/v1/emergencies", city.Stoa.AdminToken)).ShouldBe(200).Json.GetProperty("count").GetInt64());
        (await city.Stoa.GetAsync("/api/v1/emergencies", city.City.Token)).ShouldBeProblem(403, "administrator-required");
        (await city.Stoa.PostJsonAsync("/api/v1/emergencies", Emergency("2026-12-10T00:00:00Z"))).ShouldBeProblem(400, "invalid-property");
        (await city.Stoa.PostJsonAsync("/api/v1/emergencies", Emergency("2026-02-10T00:00:00Z"), city.City.Token)).ShouldBeProblem(403, "administrator-required");
    }
}
