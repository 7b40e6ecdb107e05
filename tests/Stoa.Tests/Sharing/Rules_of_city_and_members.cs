using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Rules are made and revoked over the REST API, and decide at once.</summary>
public class Rules_of_city_and_members
{
    private const string Rules = "/api/v1/policy/rules";

    private sealed record Ruled(
        GovernedCity City, PartyId Owner, PartyId Consumer, string OwnerToken, string ConsumerToken, string OtherToken) : IAsyncDisposable
    {
        public static async Task<Ruled> StartAsync()
        {
            var city = await GovernedCity.StartAsync();
            var owner = await city.OrganizationAsync("owner");
            var consumer = await city.OrganizationAsync("consumer");
            var other = await city.OrganizationAsync("other");
            var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
            await city.DatasetAsync("others", SpectrumClass.Closed, "other");
            (await city.Stoa.PatchJsonAsync("/api/v1/datasets/others", """{"spectrum":"open","licence":"CC0-1.0"}""")).ShouldBe(200);
            await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer);
            await city.AgreeAsync(owner, consumer, [dataset], purposes: GovernedCity.Research);
            return new(city, owner, consumer, await city.ServiceTokenAsync(owner), await city.ServiceTokenAsync(consumer),
                await city.ServiceTokenAsync(other));
        }

        public Task<Answer> MakeAsync(string rule, string? token = null) => City.Stoa.PostJsonAsync(Rules, rule, token);

        public Task<Answer> RevokeAsync(long id, string? token = null) => City.Stoa.PostJsonAsync(
            $"{Rules}/{id}/moves", """{"move":"revoke","reason":"No longer needed."}""", token);

        public Task<Answer> SeeAsync() => City.SeeAsync("counts", ConsumerToken);

        public ValueTask DisposeAsync() => City.DisposeAsync();
    }

    [Fact]
    public async Task Of_the_city_prohibit_at_once_and_let_through_again_when_revoked()
    {
        await using var ruled = await Ruled.StartAsync();
        var before = (await ruled.SeeAsync()).ShouldBe(200).Header("Decision-Id");

        var made = (await ruled.MakeAsync("""{"name":"Nothing leaves","prohibits":true,"reason":"An audit."}""")).ShouldBe(201);
        var id = made.Json.GetProperty("id").GetInt64();
        Assert.Equal($"{Rules}/{id}", made.Header("Location"));
        Assert.Equal("B5-CITY-PROHIBITS", (await ruled.SeeAsync()).ShouldBeProblem(403, "access-refused").Json.GetProperty("reason").GetString());
        (await ruled.City.SeeAsync("others", null)).ShouldBe(404);
        (await ruled.City.AddAsync("counts", ruled.OwnerToken)).ShouldBe(201);

        var revoked = (await ruled.RevokeAsync(id)).ShouldBe(200).Json;
        (await ruled.SeeAsync()).ShouldBe(200);
        Assert.True(revoked.TryGetProperty("revokedAt", out _));
        Assert.Equal(
            [("make", "inForce", "An audit."), ("revoke", "revoked", "No longer needed.")],
            revoked.GetProperty("history").EnumerateArray().Select(one => (
                one.GetProperty("move").GetString()!, one.GetProperty("state").GetString()!, one.GetProperty("reason").GetString()!)));
        (await ruled.RevokeAsync(id)).ShouldBeProblem(409, "move-not-possible");
        // The name is free again.
        (await ruled.MakeAsync("""{"name":"Nothing leaves","levelMax":"public","reason":"Less."}""")).ShouldBe(201);

        var replay = await ruled.City.Stoa.PostJsonAsync($"/api/v1/decisions/{before}/replay", "");
        Assert.True(replay.ShouldBe(200).Json.GetProperty("isSame").GetBoolean());
    }

    /// <summary>Another process makes the rule: this one hears of it by itself.</summary>
    [Fact]
    public async Task Of_another_process_act_within_a_second()
    {
        await using var ruled = await Ruled.StartAsync();
        (await ruled.SeeAsync()).ShouldBe(200);
        var rule = new PolicyRule { Name = "n", Layer = PolicyLayer.City, Prohibits = true };
        var act = new RecordAct("make", Acting.Exchange, Acting.Exchange, Actor.Officer, "r");
        var made = await ruled.City.Stoa.Database.TryWriteAsync(
            session => GovernedRecords.Insert(session, RecordTypes.Rule, rule, act, Instant.From(DateTimeOffset.UtcNow)),
            TestContext.Current.CancellationToken);
        Assert.True(made.IsValue);

        var start = TimeProvider.System.GetTimestamp();
        while ((await ruled.SeeAsync()).Status == 200)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.True(PolicyRefresh.Period < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Of_a_member_reach_what_it_owns_and_nothing_else()
    {
        await using var ruled = await Ruled.StartAsync();
        var rule = $$"""{"name":"Ours stay here","member":{{ruled.Owner}},"prohibits":true,"reason":"A dispute."}""";

        (await ruled.MakeAsync(rule, ruled.OtherToken)).ShouldBeProblem(403, "not-acting-for");
        (await ruled.MakeAsync(rule)).ShouldBeProblem(403, "not-acting-for");
        (await ruled.MakeAsync("""{"name":"All","prohibits":true,"reason":"Mine."}""", ruled.OwnerToken))
            .ShouldBeProblem(403, "administrator-required");
        (await ruled.MakeAsync($$"""{"name":"Yours","member":{{ruled.Owner}},"datasets":["others"],"prohibits":true,"reason":"r"}""", ruled.OwnerToken))
            .ShouldBeProblem(400, "invalid-property");
        (await ruled.MakeAsync($$"""{"name":"None","member":{{ruled.Consumer}},"prohibits":true,"reason":"r"}""", ruled.ConsumerToken))
            .ShouldBeProblem(403, "not-in-this-capacity");

        var id = (await ruled.MakeAsync(rule, ruled.OwnerToken)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        Assert.Equal("B6-MEMBER-PROHIBITS", (await ruled.SeeAsync()).ShouldBe(403).Json.GetProperty("reason").GetString());
        (await ruled.City.SeeAsync("others", null)).ShouldBe(200);
        (await ruled.RevokeAsync(id, ruled.OtherToken)).ShouldBeProblem(404, "not-found");
        (await ruled.RevokeAsync(id)).ShouldBeProblem(403, "not-acting-for");
        (await ruled.MakeAsync(rule, ruled.OwnerToken)).ShouldBeProblem(409, "seat-taken");
        // Names of one member are its own.
        (await ruled.MakeAsync("""{"name":"Ours stay here","levelMax":"public","reason":"r"}""")).ShouldBe(201);
        (await ruled.RevokeAsync(id, ruled.OwnerToken)).ShouldBe(200);
        (await ruled.SeeAsync()).ShouldBe(200);
    }

    [Fact]
    public async Task Cap_the_level_and_restrict_what_is_left()
    {
        await using var ruled = await Ruled.StartAsync();
        (await ruled.City.SeeAsync("others", null)).ShouldBe(200);

        (await ruled.MakeAsync("""{"name":"Named alone","datasets":["others"],"levelMax":"specific","reason":"r"}""")).ShouldBe(201);
        // It is not listed any more: an outsider learns nothing.
        (await ruled.City.SeeAsync("others", null)).ShouldBe(404);
        (await ruled.City.SeeAsync("others", ruled.OtherToken)).ShouldBe(200);
        (await ruled.MakeAsync("""{"name":"No research","restriction":{"purposesLeftOut":["ResearchAndDevelopment"]},"reason":"r"}""")).ShouldBe(201);
        var without = await ruled.SeeAsync();
        Assert.Equal("P6-PURPOSE-PROHIBITED", without.ShouldBe(403).Json.GetProperty("reason").GetString());
        (await ruled.RevokeAsync((await ruled.City.Stoa.GetAsync(Rules, ruled.City.Stoa.AdminToken)).Json.GetProperty("value")[0].GetProperty("id").GetInt64()))
            .ShouldBe(200);
        (await ruled.MakeAsync("""{"name":"Pages alone","restriction":{"channels":["portal"]},"reason":"r"}""")).ShouldBe(201);
        Assert.Equal("Q6-CHANNEL", (await ruled.SeeAsync()).ShouldBe(403).Json.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Tell_what_they_would_change_before_they_are_in_force()
    {
        await using var ruled = await Ruled.StartAsync();
        (await ruled.SeeAsync()).ShouldBe(200);
        const string rule = """{"name":"Nothing leaves","datasets":["counts"],"prohibits":true,"reason":"An audit."}""";

        var preview = (await ruled.City.Stoa.PostJsonAsync(Rules + "/what-if", rule)).ShouldBe(200).Json;
        (await ruled.SeeAsync()).ShouldBe(200);
        var lost = preview.GetProperty("access").EnumerateArray().ToArray();
        Assert.Contains(lost, one => Is(one, ruled.Consumer, "lost") && one.GetProperty("reason").GetString() == "B5-CITY-PROHIBITS");
        Assert.Contains(lost, one => Is(one, ruled.Owner, "lost"));
        Assert.DoesNotContain(lost, one => one.TryGetProperty("group", out _));
        var differing = Assert.Single(preview.GetProperty("differences").EnumerateArray().ToArray());
        Assert.Equal(("counts", "permit", "deny", 1), (differing.GetProperty("dataset").GetString(), differing.GetProperty("before").GetString(),
            differing.GetProperty("after").GetString(), differing.GetProperty("requests").GetInt32()));
        Assert.Equal(1, preview.GetProperty("datasets").GetInt32());

        // A limit takes access from nobody.
        const string fewer = """{"name":"Fewer","datasets":["counts"],"restriction":{"limits":{"rowsPerDay":5}},"reason":"r"}""";
        var limited = (await ruled.City.Stoa.PostJsonAsync(Rules + "/what-if", fewer)).ShouldBe(200).Json.GetProperty("access").EnumerateArray();
        Assert.Contains(limited, one => Is(one, ruled.Consumer, "narrowed"));
        Assert.DoesNotContain(limited, one => one.GetProperty("change").GetString() == "lost");

        // Names of people are told to themselves and to officers alone.
        var person = await ruled.City.PartyAsync("person");
        var other = await ruled.City.PartyAsync("person");
        var held = await ruled.City.DatasetAsync("held", SpectrumClass.Closed, "owner");
        await ruled.City.AssignAsync(held, DataRole.PrimaryPublisher, person);
        await ruled.City.AssignAsync(held, DataRole.PrimaryPublisher, other);
        foreach (var one in (PartyId[])[person, other]) (await ruled.City.SeeAsync("held", await ruled.City.TokenAsync(one))).ShouldBe(200);
        var own = $$"""{"name":"n","member":{{ruled.Owner}},"datasets":["held"],"prohibits":true,"reason":"r"}""";
        var told = (await ruled.City.Stoa.PostJsonAsync(Rules + "/what-if", own, ruled.OwnerToken)).ShouldBe(200);
        var people = Assert.Single(told.Json.GetProperty("access").EnumerateArray(), one => one.TryGetProperty("people", out _));
        Assert.Equal((2, "lost", false), (people.GetProperty("people").GetInt32(), people.GetProperty("change").GetString(),
            people.TryGetProperty("party", out _) || people.TryGetProperty("partyName", out _)));
        Assert.DoesNotContain("A person", told.Text, StringComparison.Ordinal);
        var asked = Assert.Single(told.Json.GetProperty("differences").EnumerateArray());
        Assert.Equal((2, false), (asked.GetProperty("requests").GetInt32(), asked.TryGetProperty("party", out _)));
        var all = (await ruled.City.Stoa.PostJsonAsync(Rules + "/what-if",
            """{"name":"n","datasets":["held"],"prohibits":true,"reason":"r"}""")).ShouldBe(200).Json;
        Assert.Contains(all.GetProperty("access").EnumerateArray(), one => Is(one, person, "lost"));
        Assert.Equal(2, all.GetProperty("differences").GetArrayLength());

        var id = (await ruled.MakeAsync(rule)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        var back = (await ruled.City.Stoa.GetAsync($"{Rules}/{id}/what-if", ruled.City.Stoa.AdminToken)).ShouldBe(200).Json;
        Assert.Contains(back.GetProperty("access").EnumerateArray(), one => Is(one, ruled.Consumer, "gained"));
        (await ruled.City.Stoa.GetAsync($"{Rules}/{id}/what-if", ruled.OwnerToken)).ShouldBeProblem(403, "administrator-required");
        (await ruled.City.Stoa.PostJsonAsync(Rules + "/what-if", rule, ruled.OwnerToken)).ShouldBeProblem(403, "administrator-required");
    }

    [Fact]
    public async Task Are_told_to_those_whom_they_reach_without_what_is_hidden_from_them()
    {
        await using var ruled = await Ruled.StartAsync();
        (await ruled.MakeAsync("""{"name":"Both","datasets":["counts","others"],"levelMax":"public","reason":"r"}""")).ShouldBe(201);
        (await ruled.MakeAsync("""{"name":"Everywhere","sectors":["energy"],"levelMax":"public","reason":"r"}""")).ShouldBe(201);
        var own = (await ruled.MakeAsync(
            $$"""{"name":"Ours","member":{{ruled.Owner}},"levelMax":"group","reason":"r"}""", ruled.OwnerToken)).ShouldBe(201);
        var id = own.Json.GetProperty("id").GetInt64();

        Assert.Equal(["Ours", "Everywhere", "Both"], await NamesAsync(ruled, ruled.City.Stoa.AdminToken));
        Assert.Equal(["Ours", "Everywhere", "Both"], await NamesAsync(ruled, ruled.OwnerToken));
        Assert.Equal(["Everywhere", "Both"], await NamesAsync(ruled, ruled.OtherToken));
        Assert.Equal(["Everywhere"], await NamesAsync(ruled, ruled.ConsumerToken));
        Assert.Empty(await NamesAsync(ruled, await ruled.City.Stoa.GivenTokenAsync("counts", "read")));
        Assert.Equal(["Ours"], await NamesAsync(ruled, ruled.City.Stoa.AdminToken, "?layer=member"));
        Assert.Empty(await NamesAsync(ruled, ruled.City.Stoa.AdminToken, "?state=revoked"));
        var both = (await ruled.City.Stoa.GetAsync(Rules, ruled.OtherToken)).Json.GetProperty("value")[1];
        Assert.Equal(["others"], both.GetProperty("datasets").EnumerateArray().Select(slug => slug.GetString()!));
        (await ruled.City.Stoa.GetAsync($"{Rules}/{id}", ruled.OtherToken)).ShouldBeProblem(404, "not-found");
        (await ruled.City.Stoa.GetAsync($"{Rules}/{id}", ruled.OwnerToken)).ShouldBe(200);
        var german = (await ruled.City.GetAsync($"{Rules}/{id}", ruled.OwnerToken, null, language: "de")).ShouldBe(200).Json;
        Assert.Equal(["Jeder Datensatz, der Name of owner gehört.", "Nicht offener als „Gruppen“."],
            german.GetProperty("effect").EnumerateArray().Select(sentence => sentence.GetString()!));
    }

    [Fact]
    public async Task Are_listed_page_by_page()
    {
        await using var ruled = await Ruled.StartAsync();
        string Owners(string name) => $$"""{"name":"{{name}}","member":{{ruled.Owner}},"levelMax":"group","reason":"r"}""";
        foreach (var name in (string[])["a", "b", "c"])
        {
            (await ruled.MakeAsync(Owners(name), ruled.OwnerToken)).ShouldBe(201);
            (await ruled.MakeAsync($$"""{"name":"city {{name}}","levelMax":"public","reason":"r"}""")).ShouldBe(201);
        }

        var first = (await ruled.City.Stoa.GetAsync(Rules, ruled.City.Stoa.AdminToken)).Json.GetProperty("value")[4].GetProperty("id").GetInt64();
        (await ruled.RevokeAsync(first)).ShouldBe(200);
        string[] all = ["city c", "c", "city b", "b", "city a", "a"];
        foreach (var token in (string[])[ruled.City.Stoa.AdminToken, ruled.OwnerToken])
        {
            Assert.Equal(all, await NamesAsync(ruled, token));
            Assert.Equal(all[2..4], await NamesAsync(ruled, token, "?limit=2&skip=2"));
            Assert.Equal(["city c", "city b", "city a"], await NamesAsync(ruled, token, "?layer=city"));
            Assert.Equal(["c", "b", "a"], await NamesAsync(ruled, token, $"?layer=member&member={ruled.Owner}"));
            Assert.Equal(["city a"], await NamesAsync(ruled, token, "?state=revoked"));
            Assert.Equal(["city c", "city b"], await NamesAsync(ruled, token, "?layer=city&state=inForce"));
            Assert.Equal(6, (await ruled.City.Stoa.GetAsync(Rules + "?limit=1", token)).Json.GetProperty("count").GetInt32());
            Assert.Empty(await NamesAsync(ruled, token, $"?layer=city&member={ruled.Owner}"));
        }

        Assert.Empty(await NamesAsync(ruled, ruled.ConsumerToken, $"?member={ruled.Owner}"));
    }

    [Fact]
    public async Task Are_previewed_one_at_a_time()
    {
        await using var ruled = await Ruled.StartAsync();
        const string rule = """{"name":"n","prohibits":true,"reason":"r"}""";

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => ruled.City.Stoa.PostJsonAsync(Rules + "/what-if", rule)));

        Assert.Contains(answers, one => one.Status == 200);
        foreach (var one in answers.Where(one => one.Status != 200))
            Assert.True(int.Parse(one.ShouldBeProblem(429, "too-many-requests").Header("Retry-After"), null) > 0);
        // While the place is taken nobody else gets one, and afterwards somebody does.
        var places = ruled.City.Stoa.Services.GetRequiredService<WhatIfPlaces>();
        await places.Previews.WaitAsync(TestContext.Current.CancellationToken);
        var refused = (await ruled.City.Stoa.PostJsonAsync(Rules + "/what-if", rule)).ShouldBeProblem(429, "too-many-requests");
        Assert.Equal(WhatIfPlaces.RetryAfterSeconds, int.Parse(refused.Header("Retry-After"), null));
        places.Previews.Release(WhatIfPlaces.PreviewsMax);
        (await ruled.City.Stoa.PostJsonAsync(Rules + "/what-if", rule)).ShouldBe(200);
    }

    [Fact]
    public async Task Are_refused_where_they_cannot_be_evaluated()
    {
        await using var ruled = await Ruled.StartAsync();
        (string Rule, string Type)[] table =
        [
            ("{}", "invalid-property"),
            ("""{"name":"n","prohibits":true}""", "invalid-property"),
            ("""{"name":"n","prohibits":true,"reason":"  "}""", "invalid-property"),
            ("""{"name":"a\nb","prohibits":true,"reason":"r"}""", "invalid-property"),
            ($$"""{"name":"{{new string('n', 121)}}","prohibits":true,"reason":"r"}""", "invalid-property"),
            ($$"""{"name":"n","prohibits":true,"reason":"{{new string('r', 2001)}}"}""", "invalid-property"),
            ("""{"name":"n","reason":"r"}""", "invalid-property"),
            ("""{"name":"n","restriction":{},"reason":"r"}""", "invalid-property"),
            ("""{"name":"n","levelMax":"open","reason":"r"}""", "invalid-property"),
            ("""{"name":"n","levelMax":"secret","reason":"r"}""", "invalid-property"),
            ("""{"name":"n","prohibits":true,"sectors":["moon"],"reason":"r"}""", "invalid-property"),
            ("""{"name":"n","prohibits":true,"datasets":["nowhere"],"reason":"r"}""", "invalid-property"),
            ("""{"name":"n","prohibits":true,"datasets":[null],"reason":"r"}""", "invalid-property"),
            ($$"""{"name":"n","prohibits":true,"datasets":[{{string.Join(',', Enumerable.Repeat("\"counts\"", 1001))}}],"reason":"r"}""", "invalid-property"),
            ("""{"name":"n","prohibits":true,"member":0,"reason":"r"}""", "invalid-property"),
            ("""{"name":"n","prohibits":true,"member":999999,"reason":"r"}""", "not-acting-for"),
            ("""{"name":"n","prohibits":"yes","reason":"r"}""", "invalid-property"),
            ("""{"name":"n","colour":"red","reason":"r"}""", "unknown-property"),
            (Restricted("[]"), "clause-not-evaluable"),
            (Restricted("""{"moonPhase":"full"}"""), "clause-not-evaluable"),
            (Restricted("""{"fields":[]}"""), "clause-not-evaluable"),
            (Restricted("""{"fields":[null]}"""), "clause-not-evaluable"),
            (Restricted("""{"purposes":["NoSuchPurpose"]}"""), "clause-not-evaluable"),
            (Restricted("""{"jurisdictions":["Germany"]}"""), "clause-not-evaluable"),
            (Restricted("""{"categories":["wizard"]}"""), "clause-not-evaluable"),
            (Restricted("""{"channels":["pigeon"]}"""), "clause-not-evaluable"),
            (Restricted("""{"granularity":{"spaceMetres":-1}}"""), "clause-not-evaluable"),
            (Restricted("""{"granularity":{"cellMinimum":5}}"""), "clause-not-evaluable"),
            (Restricted("""{"limits":{"rowsPerDay":-1}}"""), "clause-not-evaluable"),
            (Restricted("""{"limits":{"requestsPerMinute":1.5}}"""), "clause-not-evaluable"),
            (Restricted("""{"hours":{"fromMinute":0,"untilMinute":1441}}"""), "clause-not-evaluable"),
            (Restricted("""{"hours":{"fromMinute":60,"untilMinute":60}}"""), "clause-not-evaluable"),
            (Restricted("""{"area":{"west":10,"south":0,"east":0,"north":10}}"""), "clause-not-evaluable"),
            (Restricted("""{"from":"2026-02-01T00:00:00Z","until":"2026-01-01T00:00:00Z"}"""), "clause-not-evaluable"),
            (Restricted("""{"from":"yesterday"}"""), "clause-not-evaluable"),
            (Restricted($$"""{"fields":["{{new string('f', 17_000)}}"]}"""), "clause-not-evaluable"),
        ];

        foreach (var path in (string[])[Rules, Rules + "/what-if"])
            foreach (var (rule, type) in table)
            {
                var answer = await ruled.City.Stoa.PostJsonAsync(path, rule);
                Assert.True(answer.Status is 400 or 403 && answer.Text.Contains($"/problems/{type}\"", StringComparison.Ordinal),
                    $"{rule[..Math.Min(rule.Length, 200)]} gives {answer.Status} {answer.Text}");
            }

        (await ruled.City.Stoa.GetAsync(Rules + "?state=gone", ruled.City.Stoa.AdminToken)).ShouldBeProblem(400, "invalid-parameter");
        (await ruled.City.Stoa.GetAsync(Rules + "?layer=moon", ruled.City.Stoa.AdminToken)).ShouldBeProblem(400, "invalid-parameter");
        Assert.Empty(await NamesAsync(ruled, ruled.City.Stoa.AdminToken));
        var id = (await ruled.MakeAsync("""{"name":"n","prohibits":true,"reason":"r"}""")).ShouldBe(201).Json.GetProperty("id").GetInt64();
        foreach (var move in (string[])["""{"move":"revoke"}""", """{"move":"end","reason":"r"}""", """{"reason":"r"}"""])
            (await ruled.City.Stoa.PostJsonAsync($"{Rules}/{id}/moves", move)).ShouldBeProblem(400, "invalid-property");
        (await ruled.City.Stoa.PostJsonAsync($"{Rules}/{id + 1}/moves", """{"move":"revoke","reason":"r"}""")).ShouldBeProblem(404, "not-found");
    }

    private static string Restricted(string restriction) => $$"""{"name":"n","restriction":{{restriction}},"reason":"r"}""";

    private static bool Is(JsonElement effect, PartyId party, string change) =>
        effect.TryGetProperty("party", out var id) && id.GetInt64() == party.Value && effect.GetProperty("change").GetString() == change;

    private static async Task<string[]> NamesAsync(Ruled ruled, string token, string query = "") =>
        [.. (await ruled.City.Stoa.GetAsync(Rules + query, token)).ShouldBe(200).Json.GetProperty("value").EnumerateArray()
            .Select(rule => rule.GetProperty("name").GetString()!)];
}
