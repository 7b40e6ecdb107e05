using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Purposes of the city's own, exemptions, compatibility tests and what parties say of themselves, over the REST API.</summary>
public class What_the_office_governs
{
    private const string Purposes = "/api/v1/policy/purposes";
    private const string Exempt = "/api/v1/policy/exemptions";
    private const string Tests = "/api/v1/policy/compatibility-tests";

    private sealed record Ruled(
        GovernedCity City, PartyId Owner, PartyId Consumer, DatasetId Dataset, string OwnerToken, string ConsumerToken, string OtherToken,
        long Agreement) : IAsyncDisposable
    {
        public static async Task<Ruled> StartAsync(params (string Key, string Value)[] settings)
        {
            var city = await GovernedCity.StartAsync(settings: settings);
            var owner = await city.OrganizationAsync("owner");
            var consumer = await city.OrganizationAsync("consumer");
            var other = await city.OrganizationAsync("other");
            var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
            await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer);
            var agreement = await city.AgreeAsync(owner, consumer, [dataset], purposes: GovernedCity.Research);
            return new(city, owner, consumer, dataset, await city.ServiceTokenAsync(owner), await city.ServiceTokenAsync(consumer),
                await city.ServiceTokenAsync(other), agreement.Id);
        }

        public Task<Answer> PostAsync(string path, string json, string? token = null) => City.Stoa.PostJsonAsync(path, json, token);

        public Task<Answer> GetAsync(string path, string token) => City.Stoa.GetAsync(path, token);

        public Task<Answer> SeeAsync(string? purpose = null) => City.SeeAsync("counts", ConsumerToken, purpose);

        public string Test(string purpose = "CommercialResearch", string more = "") =>
            $$"""
            {"agreement":{{Agreement}},"purpose":"{{purpose}}","isCompatible":true,"link":"close","context":"contract","nature":"counts",
             "consequences":"none","safeguards":"coarse","grounds":"All five speak for it."{{more}}}
            """;

        public ValueTask DisposeAsync() => City.DisposeAsync();
    }

    private static string Purpose(string id, string parent = "ScientificResearch", string more = "") =>
        $$"""{"id":"{{id}}","parent":"{{parent}}","english":"Street works","german":"Straßenbau","reason":"Asked for."{{more}}}""";

    private static string Exemption(string check, string more = "") =>
        $$"""
        {"check":"{{check}}","dataset":"counts","until":"{{DateTimeOffset.UtcNow.AddDays(30):yyyy-MM-ddTHH:mm:ssZ}}","reference":"LDSG § 9",
         "reason":"The assessment is under way."{{more}}}
        """;

    [Fact]
    public async Task Purposes_are_added_below_known_ones_used_and_retired()
    {
        await using var ruled = await Ruled.StartAsync();
        (await ruled.PostAsync(Purposes, Purpose("street-works"), ruled.OwnerToken)).ShouldBeProblem(403, "administrator-required");
        var made = (await ruled.PostAsync(Purposes, Purpose("street-works", more: ",\"description\":\"Digging.\""))).ShouldBe(201);
        var iri = made.Json.GetProperty("purpose").GetString()!;
        Assert.EndsWith("/policy/purposes#purpose-street-works", iri, StringComparison.Ordinal);
        // It lies within what was agreed.
        (await ruled.SeeAsync(iri)).ShouldBe(200);
        (await ruled.PostAsync(Purposes, Purpose("street-works"))).ShouldBeProblem(409, "seat-taken");
        var below = (await ruled.PostAsync(Purposes, Purpose("https://city.example/dig", iri))).ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await ruled.SeeAsync("https://city.example/dig")).ShouldBe(200);

        var id = made.Json.GetProperty("id").GetInt64();
        const string retire = """{"move":"retire","reason":"Never used."}""";
        (await ruled.PostAsync($"{Purposes}/{id}/moves", retire)).ShouldBeProblem(409, "move-not-possible");
        (await ruled.PostAsync($"{Purposes}/{below}/moves", retire, ruled.OwnerToken)).ShouldBeProblem(403, "administrator-required");
        (await ruled.PostAsync($"{Purposes}/{below}/moves", retire)).ShouldBe(200);
        Assert.True((await ruled.PostAsync($"{Purposes}/{id}/moves", retire)).ShouldBe(200).Json.TryGetProperty("retiredAt", out _));
        (await ruled.PostAsync($"{Purposes}/{id}/moves", retire)).ShouldBeProblem(409, "move-not-possible");
        // What was agreed runs on; nothing new names it.
        (await ruled.SeeAsync(iri)).ShouldBe(200);
        (await ruled.PostAsync("/api/v1/access-requests",
            $$"""{"dataset":"counts","purpose":"{{iri}}","statement":"s","legalBasis":"notPersonal"}""", ruled.ConsumerToken))
            .ShouldBeProblem(400, "invalid-property");
        (await ruled.PostAsync("/api/v1/policy/rules", $$"""{"name":"n","restriction":{"purposes":["{{iri}}"]},"reason":"r"}"""))
            .ShouldBeProblem(400, "clause-not-evaluable");
        var all = (await ruled.GetAsync("/api/v1/purposes", ruled.OwnerToken)).ShouldBe(200).Json.GetProperty("value").EnumerateArray();
        Assert.True(all.Single(one => one.GetProperty("name").GetString() == iri).GetProperty("isRetired").GetBoolean());
        Assert.Equal(2, (await ruled.GetAsync(Purposes, ruled.OtherToken)).ShouldBe(200).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Exemptions_lift_one_check_for_a_while()
    {
        await using var ruled = await Ruled.StartAsync();
        await ruled.City.RecordAsync(RecordTypes.Rule, new()
        {
            Name = "At home", Layer = PolicyLayer.City, Restriction = new() { Jurisdictions = ["DE"] },
        });
        await ruled.City.JurisdictionAsync(ruled.Consumer, "FR");
        Assert.Equal("W6-PLACE-NOT-ALLOWED", (await ruled.SeeAsync()).ShouldBe(403).Json.GetProperty("reason").GetString());

        (await ruled.PostAsync(Exempt, Exemption("W6-PLACE-NOT-ALLOWED"), ruled.OwnerToken)).ShouldBeProblem(403, "administrator-required");
        var made = (await ruled.PostAsync(Exempt, Exemption("W6-PLACE-NOT-ALLOWED"))).ShouldBe(201);
        (await ruled.SeeAsync()).ShouldBe(200);
        var id = made.Json.GetProperty("id").GetInt64();
        (await ruled.GetAsync($"{Exempt}/{id}", ruled.OwnerToken)).ShouldBe(200);
        (await ruled.GetAsync($"{Exempt}/{id}", ruled.ConsumerToken)).ShouldBeProblem(404, "not-found");
        Assert.Equal(1, (await ruled.GetAsync(Exempt, ruled.OwnerToken)).Json.GetProperty("count").GetInt32());
        Assert.Equal(0, (await ruled.GetAsync(Exempt, ruled.OtherToken)).Json.GetProperty("count").GetInt32());
        const string revoke = """{"move":"revoke","reason":"Settled."}""";
        (await ruled.PostAsync($"{Exempt}/{id}/moves", revoke, ruled.OwnerToken)).ShouldBeProblem(403, "administrator-required");
        (await ruled.PostAsync($"{Exempt}/{id}/moves", revoke)).ShouldBe(200);
        (await ruled.PostAsync($"{Exempt}/{id}/moves", revoke)).ShouldBeProblem(409, "move-not-possible");
        (await ruled.SeeAsync()).ShouldBe(403);
    }

    [Fact]
    public async Task Compatibility_tests_let_the_provider_add_a_purpose_that_fits()
    {
        await using var ruled = await Ruled.StartAsync();
        (await ruled.SeeAsync("CommercialResearch")).ShouldBe(403);
        (await ruled.PostAsync(Tests, ruled.Test(), ruled.ConsumerToken)).ShouldBeProblem(403, "not-in-this-capacity");
        (await ruled.PostAsync(Tests, ruled.Test(), ruled.OtherToken)).ShouldBeProblem(400, "invalid-property");
        (await ruled.PostAsync(Tests, ruled.Test())).ShouldBeProblem(403, "not-in-this-capacity");

        var made = (await ruled.PostAsync(Tests, ruled.Test(), ruled.OwnerToken)).ShouldBe(201);
        (await ruled.SeeAsync("CommercialResearch")).ShouldBe(200);
        (await ruled.PostAsync(Tests, ruled.Test(), ruled.OwnerToken)).ShouldBeProblem(409, "seat-taken");
        (await ruled.PostAsync(Tests, ruled.Test("ScientificResearch"), ruled.OwnerToken)).ShouldBeProblem(400, "invalid-property");
        var id = made.Json.GetProperty("id").GetInt64();
        Assert.Equal("counts", made.Json.GetProperty("factors").GetProperty("nature").GetString());
        (await ruled.GetAsync($"{Tests}/{id}", ruled.ConsumerToken)).ShouldBe(200);
        (await ruled.GetAsync($"{Tests}/{id}", ruled.OtherToken)).ShouldBeProblem(404, "not-found");
        Assert.Equal(1, (await ruled.GetAsync($"{Tests}?agreement={ruled.Agreement}", ruled.ConsumerToken)).Json.GetProperty("count").GetInt32());
        Assert.Equal(0, (await ruled.GetAsync(Tests, ruled.OtherToken)).Json.GetProperty("count").GetInt32());
        const string revoke = """{"move":"revoke","reason":"A factor changed."}""";
        (await ruled.PostAsync($"{Tests}/{id}/moves", revoke, ruled.ConsumerToken)).ShouldBeProblem(403, "not-in-this-capacity");
        (await ruled.PostAsync($"{Tests}/{id}/moves", revoke, ruled.OwnerToken)).ShouldBe(200);
        (await ruled.SeeAsync("CommercialResearch")).ShouldBe(403);
    }

    [Fact]
    public async Task Compatibility_tests_tell_nothing_of_drafts()
    {
        await using var ruled = await Ruled.StartAsync();
        var terms = new AgreementTerms
        {
            Id = default, Version = 1, Provider = ruled.Owner, Consumer = ruled.Consumer, Datasets = [ruled.Dataset], Purposes = [GovernedCity.Research],
            ValidFrom = new(0), ValidTo = Instant.Max,
        };
        var hidden = await ruled.City.RecordAsync(RecordTypes.Agreement, new() { Terms = terms, State = AgreementState.Draft });
        var own = (await ruled.PostAsync("/api/v1/agreements",
            $$"""{"template":"plain","terms":{"consumer":{{ruled.Consumer}},"datasets":["counts"],"purposes":["ScientificResearch"]} }""",
            ruled.OwnerToken)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        Task<Answer> TestAsync(long agreement, string token) => ruled.PostAsync(Tests, Last(ruled.Test(more: $",\"agreement\":{agreement}")), token);

        foreach (var token in (string[])[ruled.OwnerToken, ruled.ConsumerToken])
            Assert.Equal((await TestAsync(999_999, token)).ShouldBeProblem(400, "invalid-property").Text, (await TestAsync(hidden.Id, token)).Text);
        (await TestAsync(own, ruled.OwnerToken)).ShouldBeProblem(409, "move-not-possible");
        (await TestAsync(own, ruled.ConsumerToken)).ShouldBeProblem(400, "invalid-property");
        // What was recorded on one is told to nobody who does not see it.
        var kept = await ruled.City.RecordAsync(RecordTypes.CompatibilityTest,
            new(hidden.Content.Terms.Id, new("CommercialResearch"), true, ruled.Owner, "g"));
        (await ruled.GetAsync($"{Tests}/{kept.Id}", ruled.ConsumerToken)).ShouldBeProblem(404, "not-found");
        Assert.Equal(0, (await ruled.GetAsync(Tests, ruled.ConsumerToken)).ShouldBe(200).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Parties_say_for_themselves_which_risk_they_take()
    {
        await using var ruled = await Ruled.StartAsync(("sharing.riskAppetite", "20"));
        var path = $"/api/v1/parties/{ruled.Consumer}/facts";
        await ruled.City.RecordAsync(RecordTypes.Dataset, new() { Id = ruled.Dataset, ResidualRisk = 12 });
        (await ruled.SeeAsync()).ShouldBe(200);

        (await ruled.City.Stoa.PutJsonAsync(path, """{"riskAppetite":5,"reason":"Our policy."}""", ruled.OwnerToken)).ShouldBeProblem(404, "not-found");
        var put = (await ruled.City.Stoa.PutJsonAsync(path, """{"riskAppetite":5,"reason":"Our policy."}""", ruled.ConsumerToken)).ShouldBe(200).Json;
        Assert.Equal((5, 20, 1), (put.GetProperty("riskAppetite").GetInt32(), put.GetProperty("cityRiskAppetite").GetInt32(),
            put.GetProperty("history").GetArrayLength()));
        Assert.Equal("R1-RISK-NOT-ACCEPTED", (await ruled.SeeAsync()).ShouldBe(403).Json.GetProperty("reason").GetString());
        (await ruled.GetAsync(path, ruled.OwnerToken)).ShouldBeProblem(404, "not-found");
        (await ruled.City.Stoa.PutJsonAsync(path, """{"reason":"As the city."}""")).ShouldBe(200);
        (await ruled.SeeAsync()).ShouldBe(200);
    }

    [Fact]
    public async Task What_does_not_fit_is_refused()
    {
        await using var ruled = await Ruled.StartAsync();
        (string Path, string Json)[] table =
        [
            (Purposes, "{}"),
            (Purposes, Purpose("Street Works")),
            (Purposes, Purpose("ftp://city.example/x")),
            (Purposes, Purpose("https://w3id.org/dpv#Mine")),
            (Purposes, Purpose("x", "NoSuchPurpose")),
            (Purposes, Purpose("x", more: ",\"english\":\"\"")),
            (Purposes, """{"id":"x","parent":"Purpose","english":"e","german":"g"}"""),
            (Purposes, Purpose(new string('x', 600))),
            (Exempt, "{}"),
            (Exempt, Exemption("B5-CITY-PROHIBITS")),
            (Exempt, Exemption("W6-PLACE-NOT-ALLOWED", ",\"dataset\":\"nowhere\"")),
            (Exempt, Exemption("W6-PLACE-NOT-ALLOWED", ",\"until\":\"2000-01-01T00:00:00Z\"")),
            (Exempt, Exemption("W6-PLACE-NOT-ALLOWED", ",\"until\":\"2999-01-01T00:00:00Z\"")),
            (Exempt, Exemption("W6-PLACE-NOT-ALLOWED", ",\"reference\":\" \"")),
            (Exempt, Exemption("W6-PLACE-NOT-ALLOWED", ",\"reason\":\" \"")),
            (Tests, "{}"),
            (Tests, ruled.Test(more: ",\"agreement\":999999")),
            (Tests, ruled.Test("NoSuchPurpose")),
            (Tests, ruled.Test(more: ",\"nature\":\" \"")),
            (Tests, ruled.Test(more: $",\"grounds\":\"{new string('g', 2001)}\"")),
        ];
        foreach (var (path, json) in table)
        {
            var answer = await ruled.PostAsync(path, Last(json), path == Tests ? ruled.OwnerToken : null);
            Assert.True(answer.Status == 400 && answer.MediaType == "application/problem+json", $"{json} gives {answer.Status} {answer.Text}");
        }

        foreach (var json in (string[])["""{"riskAppetite":0,"reason":"r"}""", """{"riskAppetite":26,"reason":"r"}""", """{"riskAppetite":5}"""])
            (await ruled.City.Stoa.PutJsonAsync($"/api/v1/parties/{ruled.Owner}/facts", json)).ShouldBeProblem(400, "invalid-property");
        foreach (var path in (string[])[Purposes, Exempt, Tests])
            (await ruled.PostAsync(path + "/999999/moves", """{"move":"revoke","reason":"r"}""")).ShouldBeProblem(404, "not-found");
    }

    /// <summary>Days are those of the exchange's zone: for Kiritimati a day is over fourteen hours before it is in UTC.</summary>
    [Fact]
    public async Task Days_and_appetite_are_those_of_the_settings()
    {
        await using var ruled = await Ruled.StartAsync(
            ("sharing.timeZone", "Pacific/Kiritimati"), ("sharing.reviewGraceDays", "7"), ("sharing.riskAppetite", "9"),
            ("sharing.homeJurisdictions", "DE;AT"));
        var content = ruled.City.Snapshot.Content;
        Assert.Equal(("Pacific/Kiritimati", 7, 9), (content.TimeZone, content.ReviewGraceDays, content.RiskAppetite));
        Assert.Equal(["DE", "AT"], content.HomeJurisdictions.AsEnumerable());

        var day = new DateOnly(2026, 3, 1);
        await ruled.City.RecordAsync(RecordTypes.Classification, new()
        {
            Id = default, Dataset = new(77), Level = SpectrumClass.SharedSpecific, State = ClassificationState.Effective, Reason = "r", ReviewBy = day,
        });
        using var read = await ruled.City.Stoa.Database.ReadAsync(TestContext.Current.CancellationToken);
        var evening = Instant.From(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        Assert.False(SharedDatasets.IsReviewOverdue(read, new(77), new(evening, TimeZoneInfo.Utc)));
        Assert.True(SharedDatasets.IsReviewOverdue(read, new(77), new(evening, ruled.City.Snapshot.Zone)));
    }

    // A member that is written twice counts once, as its last.
    private static string Last(string json)
    {
        var whole = new System.Text.Json.Nodes.JsonObject();
        foreach (var member in System.Text.Json.JsonDocument.Parse(json).RootElement.EnumerateObject())
            whole[member.Name] = System.Text.Json.Nodes.JsonNode.Parse(member.Value.GetRawText());
        return whole.ToJsonString();
    }
}
