using System.Text.Json;
using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>Requests for access, agreements and obligations over the interface for programs.</summary>
public class From_a_request_to_the_end
{
    [Fact]
    public async Task Three_steps_make_an_agreement_that_opens_the_data()
    {
        await using var sides = await TwoSides.StartAsync();
        var stoa = sides.Stoa;
        (await stoa.GetAsync("/datasets/counters/sensorthings/v1.1/Things", sides.ConsumersToken)).ShouldBeProblem(403, "access-refused");

        var request = await sides.AskAsync();
        var offered = await sides.OfferAsync(request);
        var signed = (await sides.SignAsync(offered.GetProperty("agreement").GetInt64(), sides.ConsumersToken)).ShouldBe(200).Json;

        Assert.Equal(("submitted", "agreed", "active"), (StateOf(request), StateOf(offered), StateOf(signed)));
        Assert.Equal(2, signed.GetProperty("signatures").GetArrayLength());
        (await stoa.GetAsync("/datasets/counters/sensorthings/v1.1/Things", sides.StrangersToken)).ShouldBeProblem(403, "access-refused");
        (await stoa.GetAsync("/datasets/counters/sensorthings/v1.1/Things", sides.ConsumersToken)).ShouldBe(200);
        var events = (await stoa.GetAsync($"/api/v1/agreements/{signed.GetProperty("id")}/events", sides.ConsumersToken)).ShouldBe(200).Json;
        Assert.Equal(["activate", "verify", "sign", "signature", "accept", "signature", "offer", "draft"],
            events.GetProperty("value").EnumerateArray().Select(one => one.GetProperty("move").GetString()));
    }

    [Fact]
    public async Task A_signature_under_other_terms_is_refused()
    {
        await using var sides = await TwoSides.StartAsync();
        var id = (await sides.OfferAsync(await sides.AskAsync())).GetProperty("agreement").GetInt64();

        var wrong = await sides.Stoa.PostJsonAsync(
            $"/api/v1/agreements/{id}/signatures", $$"""{"hash":"{{new string('0', 64)}}"}""", sides.ConsumersToken);

        wrong.ShouldBeProblem(409, "other-terms");
        Assert.Single((await sides.AgreementAsync(id)).GetProperty("signatures").EnumerateArray());
    }

    [Fact]
    public async Task What_is_countered_is_signed_anew()
    {
        await using var sides = await TwoSides.StartAsync();
        var id = (await sides.OfferAsync(await sides.AskAsync())).GetProperty("agreement").GetInt64();
        var before = await sides.AgreementAsync(id);

        var countered = (await sides.MoveAsync("agreements", id, "counter", sides.ConsumersToken,
            ""","terms":{"retention":{"start":"endOfAgreement","days":90,"then":"delete"}}""")).ShouldBe(200).Json;
        var late = await sides.Stoa.PostJsonAsync($"/api/v1/agreements/{id}/signatures",
            $$"""{"hash":"{{before.GetProperty("hash").GetString()}}"}""", sides.OwnersToken);
        var own = await sides.MoveAsync("agreements", id, "accept", sides.ConsumersToken);

        Assert.Equal(("countered", 2, 0),
            (StateOf(countered), countered.GetProperty("version").GetInt32(), countered.GetProperty("signatures").GetArrayLength()));
        late.ShouldBeProblem(409, "other-terms");
        own.ShouldBeProblem(403, "who-asks-does-not-decide");
        var difference = (await sides.Stoa.GetAsync($"/api/v1/agreements/{id}/diff", sides.OwnersToken)).ShouldBe(200).Json;
        Assert.Equal(["retention"], difference.GetProperty("clauses").EnumerateArray().Select(one => one.GetProperty("clause").GetString()));
        (await sides.SignAsync(id, sides.OwnersToken)).ShouldBe(200);
        Assert.Equal("active", StateOf((await sides.SignAsync(id, sides.ConsumersToken)).ShouldBe(200).Json));
    }

    [Fact]
    public async Task It_is_told_before_who_gains_access_to_what()
    {
        await using var sides = await TwoSides.StartAsync();
        var id = (await sides.OfferAsync(await sides.AskAsync())).GetProperty("agreement").GetInt64();

        var difference = (await sides.Stoa.GetAsync($"/api/v1/agreements/{id}/diff", sides.ConsumersToken)).ShouldBe(200).Json;

        var change = Assert.Single(difference.GetProperty("access").EnumerateArray());
        Assert.Equal(("counters", "AcademicResearch", "gained", "all fields"), (
            change.GetProperty("dataset").GetString(), change.GetProperty("purpose").GetString(),
            change.GetProperty("change").GetString(), change.GetProperty("after").GetString()));
        Assert.False(change.TryGetProperty("before", out _));
    }

    [Fact]
    public async Task Who_asks_does_not_approve_and_who_decided_does_not_decide_the_appeal()
    {
        await using var sides = await TwoSides.StartAsync();
        var request = await sides.AskAsync();
        var id = request.GetProperty("id").GetInt64();

        (await sides.MoveAsync("access-requests", id, "assess", sides.ConsumersToken)).ShouldBeProblem(403, "not-in-this-capacity");
        (await sides.Stoa.PostJsonAsync($"/api/v1/access-requests/{id}/offer", "{}", sides.ConsumersToken))
            .ShouldBeProblem(403, "not-in-this-capacity");
        (await sides.MoveAsync("access-requests", id, "assess", sides.OwnersToken)).ShouldBe(200);
        (await sides.MoveAsync("access-requests", id, "refuse", sides.OwnersToken)).ShouldBeProblem(409, "move-not-possible");
        (await sides.MoveAsync("access-requests", id, "refuse", sides.OwnersToken, ",\"reason\":\"Not yet.\"")).ShouldBe(200);
        (await sides.MoveAsync("access-requests", id, "appeal", sides.ConsumersToken)).ShouldBe(200);
        (await sides.MoveAsync("access-requests", id, "approve", sides.OwnersToken)).ShouldBeProblem(403, "not-in-this-capacity");
        var decided = (await sides.MoveAsync("access-requests", id, "approve", sides.Stoa.AdminToken)).ShouldBe(200).Json;

        Assert.Equal(("approved", "Not yet."), (StateOf(decided), decided.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task What_is_incomplete_is_not_submitted()
    {
        await using var sides = await TwoSides.StartAsync();
        var stoa = sides.Stoa;

        var draft = await stoa.PostJsonAsync("/api/v1/access-requests",
            """{"dataset":"counters","purpose":"AcademicResearch"}""", sides.ConsumersToken);
        var id = draft.ShouldBe(201).Json.GetProperty("id").GetInt64();

        (await sides.MoveAsync("access-requests", id, "submit", sides.ConsumersToken)).ShouldBeProblem(409, "move-not-possible");
        (await stoa.GetAsync($"/api/v1/access-requests/{id}", sides.OwnersToken)).ShouldBe(404);
        (await stoa.PostJsonAsync("/api/v1/access-requests", """{"dataset":"counters","purpose":"Fun"}""", sides.ConsumersToken))
            .ShouldBeProblem(400, "invalid-property");
        (await stoa.PostJsonAsync("/api/v1/access-requests", """{"dataset":"counters","purpose":"AcademicResearch"}""", sides.OwnersToken))
            .ShouldBeProblem(409, "owner-asks-himself");
        (await stoa.PostJsonAsync("/api/v1/access-requests", """{"dataset":"counters","purpose":"AcademicResearch"}""", ""))
            .ShouldBeProblem(401, "credential-required");
    }

    [Fact]
    public async Task What_may_not_be_known_cannot_be_asked_for()
    {
        await using var sides = await TwoSides.StartAsync();
        var stoa = sides.Stoa;
        (await stoa.PostJsonAsync("/api/v1/datasets", """{"slug":"vault","title":"Vault","spectrum":"closed","owner":"traffic"}""")).ShouldBe(201);

        var hidden = await stoa.PostJsonAsync("/api/v1/access-requests",
            """{"dataset":"vault","purpose":"AcademicResearch"}""", sides.ConsumersToken);
        var absent = await stoa.PostJsonAsync("/api/v1/access-requests",
            """{"dataset":"nowhere","purpose":"AcademicResearch"}""", sides.ConsumersToken);
        var drafted = await stoa.PostJsonAsync("/api/v1/agreements",
            $$$"""{"terms":{"provider":{{{sides.Owner}}},"datasets":["vault"],"purposes":["AcademicResearch"]}}""", sides.ConsumersToken);
        var invented = await stoa.PostJsonAsync("/api/v1/agreements",
            $$$"""{"terms":{"provider":{{{sides.Owner}}},"datasets":["nowhere"],"purposes":["AcademicResearch"]}}""", sides.ConsumersToken);

        Assert.Equal(absent.ShouldBeProblem(400, "invalid-property").Text, hidden.ShouldBeProblem(400, "invalid-property").Text);
        Assert.Equal(invented.ShouldBeProblem(400, "clause-not-evaluable").Text, drafted.ShouldBeProblem(400, "clause-not-evaluable").Text);
    }

    [Fact]
    public async Task Others_see_nothing_of_it()
    {
        await using var sides = await TwoSides.StartAsync();
        var stoa = sides.Stoa;
        var request = (await sides.AskAsync()).GetProperty("id").GetInt64();
        var id = await sides.AgreeAsync(""","template":"operations" """);
        var owed = (await stoa.GetAsync($"/api/v1/obligations?agreement={id}", sides.OwnersToken)).ShouldBe(200).Json
            .GetProperty("value")[0].GetProperty("id").GetInt64();
        var none = (await stoa.GetAsync("/api/v1/agreements/99999", sides.StrangersToken)).ShouldBeProblem(404, "not-found");
        string[] addresses =
        [
            $"/api/v1/agreements/{id}", $"/api/v1/agreements/{id}/events", $"/api/v1/agreements/{id}/diff", $"/api/v1/agreements/{id}/text",
            $"/api/v1/agreements/{id}/odrl", $"/api/v1/access-requests/{request}", $"/api/v1/access-requests/{request}/events",
            $"/api/v1/obligations/{owed}", $"/api/v1/obligations/{owed}/events", $"/api/v1/obligations?agreement={id}",
        ];

        foreach (var address in addresses)
        {
            Assert.Equal(none.Text, (await stoa.GetAsync(address, sides.StrangersToken)).ShouldBe(404).Text);
            (await stoa.GetAsync(address)).ShouldBeProblem(401, "credential-required");
            (await stoa.GetAsync(address, sides.OwnersToken)).ShouldBe(200);
            (await stoa.GetAsync(address, stoa.AdminToken)).ShouldBe(200);
        }

        (await sides.MoveAsync("agreements", id, "terminate", sides.StrangersToken)).ShouldBe(404);
        (await sides.MoveAsync("obligations", owed, "waive", sides.StrangersToken)).ShouldBe(404);
        (await sides.MoveAsync("access-requests", request, "assess", sides.StrangersToken)).ShouldBe(404);
        foreach (var list in (string[])["agreements", "access-requests", "obligations"])
        {
            Assert.Equal(0, (await stoa.GetAsync("/api/v1/" + list, sides.StrangersToken)).ShouldBe(200).Json.GetProperty("count").GetInt64());
            Assert.NotEqual(0, (await stoa.GetAsync("/api/v1/" + list, sides.ConsumersToken)).ShouldBe(200).Json.GetProperty("count").GetInt64());
        }
    }

    [Fact]
    public async Task The_text_and_its_hash_and_ODRL_are_given()
    {
        await using var sides = await TwoSides.StartAsync();
        var id = await sides.AgreeAsync();

        var text = (await sides.Stoa.GetAsync($"/api/v1/agreements/{id}/text", sides.ConsumersToken)).ShouldBe(200);
        var odrl = (await sides.Stoa.GetAsync($"/api/v1/agreements/{id}/odrl", sides.ConsumersToken)).ShouldBe(200);

        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(text.Bytes));
        Assert.Equal((await sides.AgreementAsync(id)).GetProperty("hash").GetString(), hash);
        Assert.Equal($"\"{hash}\"", text.Header("ETag"));
        Assert.Equal(("application/ld+json", "Agreement"), (odrl.MediaType, odrl.Json.GetProperty("@type").GetString()));
    }

    [Fact]
    public async Task An_overdue_obligation_suspends_until_it_is_fulfilled()
    {
        await using var sides = await TwoSides.StartAsync();
        var stoa = sides.Stoa;
        var id = await sides.AgreeAsync(""","template":"service" """);
        var owed = (await stoa.GetAsync($"/api/v1/obligations?agreement={id}", sides.ConsumersToken)).ShouldBe(200).Json.GetProperty("value")[0];
        var obligation = owed.GetProperty("id").GetInt64();

        await sides.PassAsync(TimeSpan.FromDays(31));

        Assert.Equal(("due", "suspended"), (StateOf(owed), StateOf(await sides.AgreementAsync(id))));
        (await stoa.GetAsync("/datasets/counters/sensorthings/v1.1/Things", sides.ConsumersToken)).ShouldBeProblem(403, "access-refused");
        (await sides.MoveAsync("obligations", obligation, "waive", sides.ConsumersToken)).ShouldBeProblem(403, "not-in-this-capacity");
        (await sides.MoveAsync("obligations", obligation, "fulfil", sides.ConsumersToken)).ShouldBeProblem(409, "move-not-possible");
        (await sides.MoveAsync("agreements", id, "resume", sides.OwnersToken)).ShouldBeProblem(409, "move-not-possible");
        var fulfilled = (await sides.MoveAsync("obligations", obligation, "fulfil", sides.ConsumersToken,
            ",\"evidenceNote\":\"See the imprint of our site.\"")).ShouldBe(200).Json;
        (await sides.MoveAsync("agreements", id, "resume", sides.ConsumersToken)).ShouldBeProblem(403, "not-in-this-capacity");
        (await sides.MoveAsync("agreements", id, "resume", sides.OwnersToken)).ShouldBe(200);
        Assert.Equal("fulfilled", StateOf(fulfilled));
        Assert.Equal(64, fulfilled.GetProperty("evidenceHash").GetString()!.Length);
        (await stoa.GetAsync("/datasets/counters/sensorthings/v1.1/Things", sides.ConsumersToken)).ShouldBe(200);
    }

    [Fact]
    public async Task It_expires_and_closes_when_nothing_is_owed_any_more()
    {
        await using var sides = await TwoSides.StartAsync();
        var stoa = sides.Stoa;
        var id = await sides.AgreeAsync();

        await sides.PassAsync(TimeSpan.FromDays(366));

        Assert.Equal("closing", StateOf(await sides.AgreementAsync(id)));
        (await stoa.GetAsync("/datasets/counters/sensorthings/v1.1/Things", sides.ConsumersToken)).ShouldBeProblem(403, "access-refused");
        var owed = Assert.Single((await stoa.GetAsync($"/api/v1/obligations?agreement={id}", sides.ConsumersToken)).Json
            .GetProperty("value").EnumerateArray());
        Assert.Equal(("delete", "due"), (owed.GetProperty("kind").GetString(), StateOf(owed)));
        (await sides.MoveAsync("obligations", owed.GetProperty("id").GetInt64(), "fulfil", sides.ConsumersToken,
            ",\"evidenceNote\":\"Deleted on all machines.\"")).ShouldBe(200);
        Assert.Equal("closed", StateOf(await sides.AgreementAsync(id)));
    }

    [Fact]
    public async Task It_begins_when_its_day_has_come_and_every_undertaking_is_given()
    {
        await using var sides = await TwoSides.StartAsync();
        var id = await sides.AgreeAsync(
            ""","terms":{"validFrom":"2026-02-10T00:00:00Z","validTo":"2026-12-31T00:00:00Z","undertakings":["secrecy"]}""");
        Assert.Equal("verified", StateOf(await sides.AgreementAsync(id)));

        await sides.PassAsync(TimeSpan.FromDays(20));
        Assert.Equal("verified", StateOf(await sides.AgreementAsync(id)));
        var given = $$"""{"name":"secrecy","documentHash":"{{new string('a', 64)}}","validUntil":"2026-06-30T00:00:00Z"}""";
        (await sides.Stoa.PostJsonAsync($"/api/v1/agreements/{id}/undertakings", given, sides.OwnersToken))
            .ShouldBeProblem(403, "not-in-this-capacity");
        var active = (await sides.Stoa.PostJsonAsync($"/api/v1/agreements/{id}/undertakings", given, sides.ConsumersToken)).ShouldBe(200).Json;
        Assert.Equal("active", StateOf(active));

        await sides.PassAsync(TimeSpan.FromDays(150));
        Assert.Equal("suspended", StateOf(await sides.AgreementAsync(id)));
    }

    [Fact]
    public async Task Only_who_may_grant_gives_access()
    {
        await using var sides = await TwoSides.StartAsync();
        var stoa = sides.Stoa;
        var strangers = await stoa.PostJsonAsync("/api/v1/agreements",
            $$$"""{"terms":{"consumer":{{{sides.Consumer}}},"datasets":["counters"],"purposes":["AcademicResearch"]}}""", sides.StrangersToken);
        var others = await stoa.PostJsonAsync("/api/v1/agreements",
            $$$"""
            {"terms":{"provider":{{{sides.Owner}}},"consumer":{{{sides.Consumer}}},"datasets":["counters"],"purposes":["AcademicResearch"]}}
            """, sides.StrangersToken);
        var unknown = await stoa.PostJsonAsync("/api/v1/agreements",
            $$$"""{"terms":{"consumer":{{{sides.Consumer}}},"datasets":["counters"],"purposes":["AcademicResearch"],"magic":1}}""",
            sides.OwnersToken);
        var own = await stoa.PostJsonAsync("/api/v1/agreements",
            $$$"""{"template":"research","offer":true,"terms":{"consumer":{{{sides.Consumer}}},"datasets":["counters"],"purposes":["AcademicResearch"]}}""",
            sides.OwnersToken);

        strangers.ShouldBeProblem(400, "clause-not-evaluable");
        others.ShouldBeProblem(400, "clause-not-evaluable");
        unknown.ShouldBeProblem(400, "clause-not-evaluable");
        Assert.Equal("offered", StateOf(own.ShouldBe(201).Json));
        Assert.Equal($"/api/v1/agreements/{own.Json.GetProperty("id")}", own.Header("Location"));
    }

    private static string? StateOf(JsonElement record) => record.GetProperty("state").GetString();
}
