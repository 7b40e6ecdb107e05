using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Records;
using Stoa.Tests.Governance;
using Stoa.Tests.Identity;
using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>An exchange with an owner of data, somebody who wants them, and somebody whom it does not concern; each with a service's token.</summary>
internal sealed class TwoSides : IAsyncDisposable
{
    private TwoSides(Exchange stoa, TestClock clock) => (Stoa, Clock) = (stoa, clock);

    public Exchange Stoa { get; }

    public TestClock Clock { get; }

    public long Owner { get; private set; }

    public long Consumer { get; private set; }

    /// <summary>Tokens of services of the three.</summary>
    public string OwnersToken { get; private set; } = "";

    public string ConsumersToken { get; private set; } = "";

    public string StrangersToken { get; private set; } = "";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static async Task<TwoSides> StartAsync(params (string Key, string Value)[] settings)
    {
        var clock = new TestClock();
        var sides = new TwoSides(await Exchange.StartAsync(null, clock, settings), clock);
        (sides.Owner, sides.OwnersToken) = await sides.EnterAsync("traffic");
        (sides.Consumer, sides.ConsumersToken) = await sides.EnterAsync("university");
        (_, sides.StrangersToken) = await sides.EnterAsync("grocer");
        (await sides.Stoa.PostJsonAsync("/api/v1/datasets",
            """{"slug":"counters","title":"Bicycle counters","sector":"transport","spectrum":"specific","owner":"traffic"}""")).ShouldBe(201);
        // Whoever takes part may know that it is there, and ask for it.
        (await sides.Stoa.Services.GetRequiredService<global::Stoa.Storage.Database>().WriteAsync(session => GovernedRecords.Insert(
            session, RecordTypes.Dataset, new() { Id = SharedDatasets.Find(session, "counters")!.Id, IsListed = true },
            new("list", null, null, default), global::Stoa.Vocabulary.Instant.From(clock.GetUtcNow())).IsValue, Now)).ShouldBeTrue();
        await sides.Stoa.Services.GetRequiredService<global::Stoa.Sharing.Policy.PolicyRefresh>().ReloadAsync(Now);
        return sides;
    }

    public async Task<(long Organization, string Token)> EnterAsync(string slug)
    {
        (await Stoa.PostJsonAsync("/api/v1/organizations", $$"""{"slug":"{{slug}}","name":"Name of {{slug}}"}""")).ShouldBe(201);
        var parties = (await Stoa.GetAsync("/api/v1/parties?kind=organization", Stoa.AdminToken)).ShouldBe(200).Json;
        var organization = parties.GetProperty("value").EnumerateArray()
            .Last(party => party.GetProperty("name").GetString() == "Name of " + slug).GetProperty("id").GetInt64();
        return (organization, await TokenAsync(organization, slug));
    }

    public async Task<string> TokenAsync(long organization, string name)
    {
        var service = (await Stoa.PostJsonAsync("/api/v1/parties",
            $$"""{"kind":"service","name":"Service of {{name}}","parent":{{organization}}}""")).ShouldBe(201).Json.GetProperty("id").GetInt64();
        return (await Stoa.PostJsonAsync("/api/v1/tokens", $$"""{"name":"{{name}}","party":{{service}}}"""))
            .ShouldBe(201).Json.GetProperty("token").GetString()!;
    }

    /// <summary>A data officer of one of the organizations, with a browser.</summary>
    public async Task<Visitor> MemberAsync(string organization)
    {
        var parties = (await Stoa.GetAsync("/api/v1/parties?kind=organization", Stoa.AdminToken)).ShouldBe(200).Json;
        var id = parties.GetProperty("value").EnumerateArray()
            .Single(one => one.GetProperty("name").GetString() == "Name of " + organization).GetProperty("id").GetInt64();
        var made = await Stoa.PostJsonAsync("/api/v1/invitations",
            $$"""{"organization":{{id}},"login":"{{organization}}@example.org","roles":["data-officer"]}""");
        var visitor = new Visitor(Stoa);
        var link = new Uri(made.ShouldBe(201).Json.GetProperty("link").GetString()!).AbsolutePath;
        (await visitor.JoinAsync(link, "Member of " + organization, organization + "@example.org")).ShouldBe(303);
        // The clock of the test stands still, and with it what looks for changes.
        await Stoa.Services.GetRequiredService<global::Stoa.Sharing.Policy.PolicyRefresh>().ReloadAsync(Now);
        return visitor;
    }

    /// <summary>The consumer asks.</summary>
    public async Task<JsonElement> AskAsync(string more = "") => (await Stoa.PostJsonAsync("/api/v1/access-requests",
        $$"""
        {"for":{{Consumer}},"dataset":"counters","purpose":"AcademicResearch","statement":"We study how people cycle.","submit":true{{more}}}
        """, ConsumersToken)).ShouldBe(201).Json;

    /// <summary>The owner approves and offers an agreement, signed.</summary>
    public async Task<JsonElement> OfferAsync(JsonElement request, string more = "") => (await Stoa.PostJsonAsync(
        $"/api/v1/access-requests/{request.GetProperty("id").GetInt64()}/offer", $$"""{"sign":true{{more}}}""", OwnersToken))
        .ShouldBe(200).Json;

    public async Task<JsonElement> AgreementAsync(long id, string? token = null) =>
        (await Stoa.GetAsync($"/api/v1/agreements/{id}", token ?? ConsumersToken)).ShouldBe(200).Json;

    /// <summary>A side signs what it is shown.</summary>
    public async Task<Answer> SignAsync(long id, string token)
    {
        var shown = await AgreementAsync(id, token);
        return await Stoa.PostJsonAsync($"/api/v1/agreements/{id}/signatures",
            $$"""{"hash":"{{shown.GetProperty("hash").GetString()}}"}""", token);
    }

    /// <summary>From nothing to an active agreement, in three steps.</summary>
    public async Task<long> AgreeAsync(string offer = "")
    {
        var offered = await OfferAsync(await AskAsync(), offer);
        var id = offered.GetProperty("agreement").GetInt64();
        (await SignAsync(id, ConsumersToken)).ShouldBe(200);
        return id;
    }

    public Task<Answer> MoveAsync(string of, long id, string move, string token, string more = "") =>
        Stoa.PostJsonAsync($"/api/v1/{of}/{id}/moves", $$"""{"move":"{{move}}"{{more}}}""", token);

    /// <summary>Time passes, and the clock of governance looks what is due.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        Clock.Advance(time);
        var clock = Stoa.Services.GetRequiredService<GovernanceClock>();
        while (await clock.MoveDueAsync(Now) > 0) { }
        await Stoa.Services.GetRequiredService<global::Stoa.Sharing.Policy.PolicyRefresh>().ReloadAsync(Now);
    }

    public ValueTask DisposeAsync() => Stoa.DisposeAsync();
}

internal static class Truth
{
    public static void ShouldBeTrue(this bool what) => Assert.True(what);
}
