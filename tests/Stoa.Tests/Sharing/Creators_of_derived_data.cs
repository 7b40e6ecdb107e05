using System.Text.Json;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>The creator of derived data is who owns the process (ISO 37156, 9.2 a): it comes and goes with the lineage.</summary>
public class Creators_of_derived_data
{
    private static async Task<CityOfRoles> StartAsync()
    {
        var city = await CityOfRoles.StartAsync();
        await city.DatasetAsync("monthly");
        return city;
    }

    private static Task<Answer> FactsAsync(CityOfRoles city, string token, CityParty? owner, string from = "\"counts\"") =>
        city.Stoa.PutJsonAsync("/api/v1/datasets/monthly/facts",
            $$"""{"derivedFrom":[{{from}}],"process":"sums of a month"{{(owner is null ? "" : $",\"processOwner\":{owner.Id}")}}}""", token);

    private static async Task<List<(long Party, string State)>> CreatorsAsync(CityOfRoles city) =>
    [
        .. (await RolesAsync(city)).Where(role => role.GetProperty("role").GetString() == "creator")
            .Select(role => (role.GetProperty("party").GetInt64(), role.GetProperty("state").GetString()!)),
    ];

    private static async Task<IEnumerable<JsonElement>> RolesAsync(CityOfRoles city) =>
        (await city.Stoa.GetAsync("/api/v1/datasets/monthly/roles", city.City.Token)).ShouldBe(200).Json.GetProperty("value").EnumerateArray();

    private static async Task<int> AddAsync(CityOfRoles city, CityParty party) => (await city.Stoa.PostJsonAsync(
        "/datasets/monthly/sensorthings/v1.1/Things", """{"name":"n","description":"d"}""", party.Token)).Status;

    [Fact]
    public async Task Come_and_go_with_the_lineage()
    {
        await using var city = await StartAsync();
        Assert.Equal(404, await AddAsync(city, city.Lab));

        var facts = (await FactsAsync(city, city.City.Token, city.Lab)).ShouldBe(200).Json;

        Assert.Equal(city.Lab.Id.Value, facts.GetProperty("processOwner").GetInt64());
        Assert.Equal([(city.Lab.Id.Value, "active")], await CreatorsAsync(city));
        Assert.Equal(201, await AddAsync(city, city.Lab));
        var role = (await RolesAsync(city)).Single(one => one.GetProperty("role").GetString() == "creator");
        Assert.True(role.GetProperty("lineage").GetInt64() > 0);
        var told = (await city.Stoa.GetAsync($"/api/v1/roles/{role.GetProperty("id")}", city.Lab.Token)).ShouldBe(200).Json;
        Assert.Equal(["propose", "derive", "activate"], told.GetProperty("history").EnumerateArray().Select(one => one.GetProperty("move").GetString()));

        // The same again changes nothing; another owner of the process takes the place of the first.
        (await FactsAsync(city, city.City.Token, city.Lab)).ShouldBe(200);
        Assert.Equal([(city.Lab.Id.Value, "active")], await CreatorsAsync(city));
        (await FactsAsync(city, city.City.Token, city.Shop)).ShouldBe(200);
        Assert.Equal([(city.Shop.Id.Value, "active"), (city.Lab.Id.Value, "ended")], await CreatorsAsync(city));
        Assert.Equal(404, await AddAsync(city, city.Lab));
        (await FactsAsync(city, city.City.Token, city.Lab)).ShouldBe(200);
        Assert.Equal(201, await AddAsync(city, city.Lab));

        // An officer takes the lineage back.
        (await FactsAsync(city, city.City.Token, null, "")).ShouldBeProblem(403, "not-in-this-capacity");
        (await FactsAsync(city, city.Stoa.AdminToken, null, "")).ShouldBe(200);
        Assert.All(await CreatorsAsync(city), one => Assert.Equal("ended", one.State));
        Assert.Equal(404, await AddAsync(city, city.Lab));
    }

    [Fact]
    public async Task Are_whom_the_data_belong_to_where_nobody_is_named()
    {
        await using var city = await StartAsync();

        (await FactsAsync(city, city.Stoa.AdminToken, null)).ShouldBe(200);

        Assert.Equal([(city.City.Id.Value, "active")], await CreatorsAsync(city));
    }

    [Fact]
    public async Task Who_creates_already_is_named_once()
    {
        await using var city = await StartAsync();
        var proposed = (await city.Stoa.PostJsonAsync("/api/v1/datasets/monthly/roles",
            $$"""{"role":"creator","mode":"reactive","party":{{city.Lab.Id}}}""", city.City.Token)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await city.MoveAsync($"/api/v1/roles/{proposed}", "accept", city.Lab.Token)).ShouldBe(200);

        var facts = (await FactsAsync(city, city.City.Token, null)).ShouldBe(200).Json;

        Assert.Equal(city.Lab.Id.Value, facts.GetProperty("processOwner").GetInt64());
        Assert.Equal([(city.Lab.Id.Value, "active")], await CreatorsAsync(city));
        // What was accepted by the party itself does not end with a lineage.
        (await FactsAsync(city, city.Stoa.AdminToken, null, "")).ShouldBe(200);
        Assert.Equal([(city.Lab.Id.Value, "active")], await CreatorsAsync(city));
    }

    [Fact]
    public async Task Who_has_ended_it_is_not_named_again_by_the_same_lineage()
    {
        await using var city = await StartAsync();
        (await FactsAsync(city, city.City.Token, city.Lab)).ShouldBe(200);
        var role = (await RolesAsync(city)).Single(one => one.GetProperty("role").GetString() == "creator").GetProperty("id").GetInt64();
        foreach (var move in new[] { "derive", "cease" })
            Assert.NotEqual(200, (await city.MoveAsync($"/api/v1/roles/{role}", move, city.City.Token)).Status);
        (await city.MoveAsync($"/api/v1/roles/{role}", "end", city.Lab.Token)).ShouldBe(200);

        (await FactsAsync(city, city.City.Token, city.Lab)).ShouldBe(200);

        Assert.Equal([(city.Lab.Id.Value, "ended")], await CreatorsAsync(city));
    }

    /// <summary>An officer records lineages, and gives no role to those for whom it acts.</summary>
    [Fact]
    public async Task Name_nobody_who_is_not_there_and_no_officer_himself()
    {
        await using var city = await StartAsync();
        var unknown = await city.Stoa.PutJsonAsync("/api/v1/datasets/monthly/facts", """{"derivedFrom":["counts"],"processOwner":999999}""", city.City.Token);
        unknown.ShouldBeProblem(400, "invalid-property");
        var service = (await city.Stoa.PostJsonAsync("/api/v1/parties", $$"""{"kind":"service","name":"Office","parent":{{city.Office.Id}}}"""))
            .ShouldBe(201).Json.GetProperty("id").GetInt64();
        var officer = (await city.Stoa.PostJsonAsync("/api/v1/tokens", $$"""{"name":"officer","administrator":true,"party":{{service}}}"""))
            .ShouldBe(201).Json.GetProperty("token").GetString()!;

        (await city.Stoa.PutJsonAsync("/api/v1/datasets/monthly/facts",
            $$"""{"derivedFrom":["counts"],"processOwner":{{city.Office.Id}},"for":0}""", officer)).ShouldBeProblem(403, "who-asks-does-not-decide");

        Assert.Empty(await CreatorsAsync(city));
        (await city.Stoa.PutJsonAsync("/api/v1/datasets/monthly/facts",
            $$"""{"derivedFrom":["counts"],"processOwner":{{city.Lab.Id}},"for":0}""", officer)).ShouldBe(200);
        Assert.Equal([(city.Lab.Id.Value, "active")], await CreatorsAsync(city));
    }
}
