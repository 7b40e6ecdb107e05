using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>A running exchange with a city that owns the dataset <c>counts</c>, an office, a laboratory and a business, each with a token.</summary>
internal sealed class CityOfRoles : IAsyncDisposable
{
    private CityOfRoles(Exchange stoa, TestClock clock)
    {
        Stoa = stoa;
        Clock = clock;
    }

    public Exchange Stoa { get; }

    public TestClock Clock { get; }

    public CityParty City { get; private set; } = null!;

    public CityParty Office { get; private set; } = null!;

    public CityParty Lab { get; private set; } = null!;

    public CityParty Shop { get; private set; } = null!;

    /// <summary>Starts; the office publishes, unless it shall not.</summary>
    public static async Task<CityOfRoles> StartAsync(bool withPublisher = true)
    {
        var clock = new TestClock();
        var city = new CityOfRoles(await Exchange.StartAsync(time: clock), clock);
        city.City = await city.PartyAsync("city");
        city.Office = await city.PartyAsync("office");
        city.Lab = await city.PartyAsync("lab");
        city.Shop = await city.PartyAsync("shop");
        await city.DatasetAsync("counts");
        if (withPublisher) await city.RoleAsync("counts", "primaryPublisher", city.Office);
        return city;
    }

    /// <summary>A closed dataset that the city was described to own.</summary>
    public async Task DatasetAsync(string slug) => (await Stoa.PostJsonAsync("/api/v1/datasets",
        $$"""{"slug":"{{slug}}","title":"Title of {{slug}}","owner":"city"}""")).ShouldBe(201);

    /// <summary>An active role, proposed by the city and accepted by the party.</summary>
    public async Task<long> RoleAsync(string dataset, string role, CityParty party)
    {
        var proposed = await Stoa.PostJsonAsync($"/api/v1/datasets/{dataset}/roles",
            $$"""{"role":"{{role}}","party":{{party.Id}}}""", City.Token);
        var id = proposed.ShouldBe(201).Json.GetProperty("id").GetInt64();
        var accepted = await MoveAsync($"/api/v1/roles/{id}", "accept", party.Token);
        Assert.Equal("active", accepted.ShouldBe(200).Json.GetProperty("state").GetString());
        return id;
    }

    public Task<Answer> MoveAsync(string path, string move, string token) =>
        Stoa.PostJsonAsync(path + "/moves", $$"""{"move":"{{move}}","reason":"as agreed"}""", token);

    /// <summary>A classification on its way: drafted and submitted by the city.</summary>
    public async Task<long> SubmittedAsync(string dataset, string json)
    {
        var made = await Stoa.PostJsonAsync($"/api/v1/datasets/{dataset}/classifications", json, City.Token);
        Assert.Equal("inReview", made.ShouldBe(201).Json.GetProperty("state").GetString());
        return made.Json.GetProperty("id").GetInt64();
    }

    /// <summary>What a classification toward open has to hold, with what the level asks for.</summary>
    public static string Toward(string level, string more = "", string move = "submit") =>
        $$$"""
        {"level":"{{{level}}}","reason":"Useful for many.","reviewBy":"2027-01-31","move":"{{{move}}}",
         "harm":{"person":"none","asset":"low","city":"none"},
         "checklist":[{"name":"Data protection","state":"satisfied","reference":"No data about people"}]{{{more}}}}
        """;

    public async Task<string> LevelAsync(string dataset) =>
        (await Stoa.GetAsync("/api/v1/datasets/" + dataset, Stoa.AdminToken)).ShouldBe(200).Json.GetProperty("spectrum").GetString()!;

    public ValueTask DisposeAsync() => Stoa.DisposeAsync();

    private async Task<CityParty> PartyAsync(string slug)
    {
        (await Stoa.PostJsonAsync("/api/v1/organizations", $$"""{"slug":"{{slug}}","name":"Name of {{slug}}"}""")).ShouldBe(201);
        var found = (await Stoa.GetAsync("/api/v1/parties?kind=organization&limit=1000", Stoa.AdminToken)).Json.GetProperty("value")
            .EnumerateArray().Single(party => party.GetProperty("name").GetString() == "Name of " + slug);
        var id = found.GetProperty("id").GetInt64();
        var service = (await Stoa.PostJsonAsync("/api/v1/parties", $$"""{"kind":"service","name":"Desk of {{slug}}","parent":{{id}}}"""))
            .ShouldBe(201).Json.GetProperty("id").GetInt64();
        var token = await Stoa.PostJsonAsync("/api/v1/tokens",
            $$"""{"name":"{{slug}}","party":{{service}}}""");
        return new(new(id), token.ShouldBe(201).Json.GetProperty("token").GetString()!);
    }
}

/// <summary>An organization, and the token of a service that acts for it.</summary>
internal sealed record CityParty(PartyId Id, string Token);
