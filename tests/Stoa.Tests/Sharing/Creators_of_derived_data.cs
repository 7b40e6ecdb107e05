using System.Text.Json;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>The creator of derived data is who owns the process (ISO 37156, 9.2 a): it comes and goes with the lineage, and is accepted by the
/// party unless that owns the data.</summary>
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

    /// <summary>The party takes the role that its lineage proposes.</summary>
    private static async Task AcceptAsync(CityOfRoles city, CityParty party)
    {
        var role = (await RolesAsync(city)).Single(one => one.GetProperty("role").GetString() == "creator" &&
            one.GetProperty("state").GetString() == "proposed").GetProperty("id").GetInt64();
        (await city.MoveAsync($"/api/v1/roles/{role}", "accept", city.City.Token)).ShouldBeProblem(403, "not-in-this-capacity");
        var inbox = (await city.Stoa.GetAsync("/api/v1/inbox", party.Token)).ShouldBe(200).Json;
        Assert.Contains(inbox.GetProperty("value").EnumerateArray(),
            one => (one.GetProperty("kind").GetString(), one.GetProperty("id").GetInt64()) == ("role", role));
        Assert.Equal("active", (await city.MoveAsync($"/api/v1/roles/{role}", "accept", party.Token)).ShouldBe(200).Json.GetProperty("state").GetString());
    }

    private static async Task<int> AddAsync(CityOfRoles city, CityParty party) => (await city.Stoa.PostJsonAsync(
        "/datasets/monthly/sensorthings/v1.1/Things", """{"name":"n","description":"d"}""", party.Token)).Status;

    [Fact]
    public async Task Come_and_go_with_the_lineage()
    {
        await using var city = await StartAsync();
        Assert.Equal(404, await AddAsync(city, city.Lab));

        var facts = (await FactsAsync(city, city.City.Token, city.Lab)).ShouldBe(200).Json;

        Assert.Equal(city.Lab.Id.Value, facts.GetProperty("processOwner").GetInt64());
        // Named is not yet let in: the laboratory is asked, as for any role.
        Assert.Equal([(city.Lab.Id.Value, "proposed")], await CreatorsAsync(city));
        Assert.Equal(404, await AddAsync(city, city.Lab));
        await AcceptAsync(city, city.Lab);
        Assert.Equal([(city.Lab.Id.Value, "active")], await CreatorsAsync(city));
        Assert.Equal(201, await AddAsync(city, city.Lab));
        var role = (await RolesAsync(city)).Single(one => one.GetProperty("role").GetString() == "creator");
        Assert.True(role.GetProperty("lineage").GetInt64() > 0);
        var told = (await city.Stoa.GetAsync($"/api/v1/roles/{role.GetProperty("id")}", city.Lab.Token)).ShouldBe(200).Json;
        Assert.Equal(["propose", "accept", "activate"], told.GetProperty("history").EnumerateArray().Select(one => one.GetProperty("move").GetString()));

        // The same again changes nothing; another owner of the process, whom an officer names, takes the place of the first.
        (await FactsAsync(city, city.City.Token, city.Lab)).ShouldBe(200);
        (await FactsAsync(city, city.City.Token, null)).ShouldBe(200);
        Assert.Equal([(city.Lab.Id.Value, "active")], await CreatorsAsync(city));
        (await FactsAsync(city, city.City.Token, city.Shop)).ShouldBeProblem(403, "not-in-this-capacity");
        (await FactsAsync(city, city.Stoa.AdminToken, city.Shop)).ShouldBe(200);
        Assert.Equal([(city.Shop.Id.Value, "proposed"), (city.Lab.Id.Value, "ended")], await CreatorsAsync(city));
        Assert.Equal(404, await AddAsync(city, city.Lab));
        // What was asked for ends with the lineage too.
        (await FactsAsync(city, city.Stoa.AdminToken, city.Lab)).ShouldBe(200);
        Assert.Equal([(city.Lab.Id.Value, "proposed"), (city.Shop.Id.Value, "ended"), (city.Lab.Id.Value, "ended")], await CreatorsAsync(city));
        await AcceptAsync(city, city.Lab);
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
        await AcceptAsync(city, city.Lab);
        var role = (await RolesAsync(city)).Single(one => one.GetProperty("role").GetString() == "creator").GetProperty("id").GetInt64();
        foreach (var move in new[] { "derive", "cease" })
            Assert.NotEqual(200, (await city.MoveAsync($"/api/v1/roles/{role}", move, city.City.Token)).Status);
        (await city.MoveAsync($"/api/v1/roles/{role}", "end", city.Lab.Token)).ShouldBe(200);

        (await FactsAsync(city, city.City.Token, city.Lab)).ShouldBe(200);

        Assert.Equal([(city.Lab.Id.Value, "ended")], await CreatorsAsync(city));
    }

    [Fact]
    public async Task Who_declines_is_not_asked_again_by_the_same_lineage_and_stays_named()
    {
        await using var city = await StartAsync();
        (await FactsAsync(city, city.City.Token, city.Lab)).ShouldBe(200);
        var role = (await RolesAsync(city)).Single(one => one.GetProperty("role").GetString() == "creator").GetProperty("id").GetInt64();
        (await city.MoveAsync($"/api/v1/roles/{role}", "decline", city.Lab.Token)).ShouldBe(200);

        var facts = (await FactsAsync(city, city.City.Token, null)).ShouldBe(200).Json;

        Assert.Equal(city.Lab.Id.Value, facts.GetProperty("processOwner").GetInt64());
        Assert.Equal([(city.Lab.Id.Value, "ended")], await CreatorsAsync(city));
    }

    /// <summary>An officer records lineages, and gives no role to those for whom it acts, nor to what it belongs to.</summary>
    [Fact]
    public async Task Name_nobody_who_is_not_there_and_no_officer_himself()
    {
        await using var city = await StartAsync();
        var unknown = await city.Stoa.PutJsonAsync("/api/v1/datasets/monthly/facts", """{"derivedFrom":["counts"],"processOwner":999999}""", city.City.Token);
        unknown.ShouldBeProblem(400, "invalid-property");
        async Task<long> PartyAsync(string json) => (await city.Stoa.PostJsonAsync("/api/v1/parties", json)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        async Task<string> OfficerAsync(long party) => (await city.Stoa.PostJsonAsync("/api/v1/tokens",
            $$"""{"name":"officer","administrator":true,"party":{{party}}}""")).ShouldBe(201).Json.GetProperty("token").GetString()!;
        var officer = await OfficerAsync(await PartyAsync($$"""{"kind":"service","name":"Office","parent":{{city.Office.Id}}}"""));
        var unit = await PartyAsync($$"""{"kind":"unit","name":"Statistics","parent":{{city.Office.Id}}}""");
        var inUnit = await PartyAsync($$"""{"kind":"service","name":"Sums","parent":{{unit}}}""");
        Task<Answer> NameAsync(string token, long? party, string dataset = "monthly") => city.Stoa.PutJsonAsync($"/api/v1/datasets/{dataset}/facts",
            $$"""{"derivedFrom":["counts"],"for":0{{(party is null ? "" : $",\"processOwner\":{party}")}}}""", token);

        foreach (var own in new[] { city.Office.Id.Value, unit, inUnit })
        {
            (await NameAsync(officer, own)).ShouldBeProblem(403, "who-asks-does-not-decide");
            // Whose unit it is stands above it, and beside it.
            if (own != inUnit) (await NameAsync(await OfficerAsync(inUnit), own)).ShouldBeProblem(403, "who-asks-does-not-decide");
        }

        // Nor by leaving it out, where the data are described to belong to that organization.
        (await city.Stoa.PostJsonAsync("/api/v1/datasets", """{"slug":"yearly","title":"Sums of a year","owner":"office"}""")).ShouldBe(201);
        (await NameAsync(officer, null, "yearly")).ShouldBeProblem(403, "who-asks-does-not-decide");
        Assert.Empty(await CreatorsAsync(city));
        (await NameAsync(officer, city.Lab.Id.Value)).ShouldBe(200);
        Assert.Equal([(city.Lab.Id.Value, "proposed")], await CreatorsAsync(city));
        (await NameAsync(officer, null)).ShouldBe(200);
    }

    /// <summary>Whoever is a plain member of an organization does not act for it, and does not let it in either.</summary>
    [Fact]
    public async Task Name_no_organization_of_which_the_officer_is_a_plain_member()
    {
        await using var city = await StartAsync();
        var person = (await city.Stoa.PostJsonAsync("/api/v1/parties", """{"kind":"person","name":"Olga"}""")).ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await city.Stoa.PostJsonAsync($"/api/v1/parties/{person}/memberships", $$"""{"organization":{{city.Lab.Id}},"roles":["member"]}""")).ShouldBe(201);
        var olga = (await city.Stoa.PostJsonAsync("/api/v1/tokens", $$"""{"name":"olga","administrator":true,"party":{{person}}}"""))
            .ShouldBe(201).Json.GetProperty("token").GetString()!;

        (await city.Stoa.PutJsonAsync("/api/v1/datasets/monthly/facts",
            $$"""{"derivedFrom":["counts"],"processOwner":{{city.Lab.Id}},"for":0}""", olga)).ShouldBeProblem(403, "who-asks-does-not-decide");

        Assert.Empty(await CreatorsAsync(city));
    }

    /// <summary>The clause on onward sharing binds by who made the data: its owner cannot name another maker, nor forget this one.</summary>
    [Fact]
    public async Task Stay_bound_by_what_they_agreed_to_until_an_officer_names_another()
    {
        await using var city = await GovernedCity.StartAsync();
        var (source, user, keeper) = (await city.OrganizationAsync("source"), await city.OrganizationAsync("user"), await city.OrganizationAsync("keeper"));
        var shop = await city.OrganizationAsync("shop");
        var input = await city.DatasetAsync("input", SpectrumClass.Closed, "source");
        var made = await city.DatasetAsync("made", SpectrumClass.Closed, "keeper");
        await city.AssignAsync(input, DataRole.PrimaryPublisher, keeper);
        var agreement = await city.AgreeAsync(source, user, [input], terms => terms with { Onward = OnwardSharing.None });
        var token = await city.ServiceTokenAsync(keeper);
        Task<Answer> FactsAsync(string more, string? by = null) => city.Stoa.PutJsonAsync("/api/v1/datasets/made/facts", $$"""{{{more}}}""", by ?? token);
        async Task<long?> FaultAsync()
        {
            using var read = await city.Stoa.Database.ReadAsync(TestContext.Current.CancellationToken);
            var place = GovernedPlace.Find(read, made);
            Assert.NotNull(place);
            return OnwardClauses.Fault(read, place, SpectrumClass.SharedSpecific, [shop])?.Agreement.Value;
        }

        (await FactsAsync($"\"derivedFrom\":[\"input\"],\"processOwner\":{user}")).ShouldBe(200);
        Assert.Equal(agreement.Id, await FaultAsync());

        // By naming itself; by leaving it out, as the page does; by saying the same again.
        (await FactsAsync($"\"derivedFrom\":[\"input\"],\"processOwner\":{keeper}")).ShouldBeProblem(403, "not-in-this-capacity");
        Assert.Equal(agreement.Id, await FaultAsync());
        foreach (var more in new[] { "", $",\"processOwner\":{user}" })
        {
            var facts = (await FactsAsync($"\"listed\":true,\"derivedFrom\":[\"input\"]{more}")).ShouldBe(200).Json;
            Assert.Equal(user.Value, facts.GetProperty("processOwner").GetInt64());
            Assert.Equal(agreement.Id, await FaultAsync());
        }

        (await FactsAsync($"\"derivedFrom\":[\"input\"],\"processOwner\":{keeper}", city.Stoa.AdminToken)).ShouldBe(200);
        Assert.Null(await FaultAsync());
    }
}
