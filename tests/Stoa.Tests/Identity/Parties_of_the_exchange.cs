using System.Globalization;
using Stoa.Identity.Credentials;
using Stoa.Identity.Parties;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Identity;

/// <summary>Organizations, units, people, services and devices in one space of ids.</summary>
public class Parties_of_the_exchange
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static async Task<long> EnterAsync(Exchange stoa, string json) =>
        (await stoa.PostJsonAsync("/api/v1/parties", json)).ShouldBe(201).Json.GetProperty("id").GetInt64();

    private static async Task<long> OrganizationAsync(Exchange stoa, string slug = "traffic")
    {
        (await stoa.PostJsonAsync("/api/v1/organizations", $$"""{"slug":"{{slug}}","name":"Name of {{slug}}"}""")).ShouldBe(201);
        var parties = (await stoa.GetAsync("/api/v1/parties?kind=organization", stoa.AdminToken)).ShouldBe(200).Json;
        return parties.GetProperty("value").EnumerateArray()
            .Last(party => party.GetProperty("name").GetString() == "Name of " + slug).GetProperty("id").GetInt64();
    }

    private static Task<Answer> StatusAsync(Exchange stoa, long id, string status) =>
        stoa.PutJsonAsync($"/api/v1/parties/{id}/status", $$"""{"status":"{{status}}"}""");

    private static async Task<(long Id, string Text)> TokenOfAsync(Exchange stoa, long party)
    {
        var made = await stoa.PostJsonAsync("/api/v1/tokens", $$"""{"name":"held","administrator":true,"party":{{party}}}""");
        var json = made.ShouldBe(201).Json;
        Assert.Equal(party, json.GetProperty("details").GetProperty("party").GetInt64());
        return (json.GetProperty("details").GetProperty("id").GetInt64(), json.GetProperty("token").GetString()!);
    }

    private static async Task<int> TriedAsync(Exchange stoa, string token) => (await stoa.GetAsync("/api/v1/tokens", token)).Status;

    [Fact]
    public async Task Have_one_sequence_of_ids_and_what_was_said_of_them()
    {
        await using var stoa = await Exchange.StartAsync(time: new TestClock());
        var organization = await OrganizationAsync(stoa);
        var unit = await EnterAsync(stoa, $$"""{"kind":"unit","name":"Counters","parent":{{organization}}}""");

        var person = await stoa.PostJsonAsync("/api/v1/parties",
            """{"kind":"person","name":"Grace","category":"citizen","jurisdiction":"DE-NW"}""");
        var device = await EnterAsync(stoa, $$"""{"kind":"device","name":"Gateway 7","parent":{{unit}}}""");

        Assert.Equal(["1", "2", "4"], new[] { organization, unit, device }.Select(id => id.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal("/api/v1/parties/3", person.Header("Location"));
        (await stoa.GetAsync("/api/v1/parties/3", stoa.AdminToken)).ShouldBeJson(200,
            """
            {"id":3,"kind":"person","status":"active","name":"Grace","jurisdiction":"DE-NW","mayAct":true,"category":"citizen",
             "created":"2026-01-31T12:00:00Z","modified":"2026-01-31T12:00:00Z"}
            """);
        var below = (await stoa.GetAsync($"/api/v1/parties?parent={organization}", stoa.AdminToken)).Json;
        Assert.Equal(unit, Assert.Single(below.GetProperty("value").EnumerateArray()).GetProperty("id").GetInt64());
    }

    [Fact]
    public async Task Keep_ids_and_names_of_organizations()
    {
        await using var stoa = await Exchange.StartAsync();
        var id = await OrganizationAsync(stoa);

        (await stoa.PatchJsonAsync("/api/v1/organizations/traffic", """{"name":"Office of traffic"}""")).ShouldBe(200);

        var party = (await stoa.GetAsync($"/api/v1/parties/{id}", stoa.AdminToken)).ShouldBe(200).Json;
        Assert.Equal(("organization", "Office of traffic"),
            (party.GetProperty("kind").GetString(), party.GetProperty("name").GetString()));
        (await stoa.PatchJsonAsync($"/api/v1/parties/{id}", """{"name":"Another"}""")).ShouldBeProblem(400, "invalid-property");
        (await stoa.PatchJsonAsync($"/api/v1/parties/{id}", """{"category":"city-organization"}""")).ShouldBe(200);
    }

    [Theory]
    [InlineData("""{"kind":"robot","name":"x"}""", "kind")]
    [InlineData("""{"kind":"organization","name":"x"}""", "kind")]
    [InlineData("""{"kind":"person"}""", "name")]
    [InlineData("""{"kind":"person","name":"x","parent":1}""", "parent")]
    [InlineData("""{"kind":"device","name":"x"}""", "parent")]
    [InlineData("""{"kind":"device","name":"x","parent":77}""", "parent")]
    [InlineData("""{"kind":"person","name":"x","category":"friend"}""", "category")]
    [InlineData("""{"kind":"person","name":"x","jurisdiction":"Germany"}""", "jurisdiction")]
    [InlineData("""{"kind":"person","name":"x","status":"suspended"}""", "status")]
    public async Task Are_refused_with_the_property_that_is_wrong(string body, string property)
    {
        await using var stoa = await Exchange.StartAsync();

        var answer = await stoa.PostJsonAsync("/api/v1/parties", body);

        Assert.Equal(property, answer.ShouldBeProblem(400, "invalid-property").Json.GetProperty("property").GetString());
    }

    [Fact]
    public async Task Are_nested_so_deep_and_no_deeper()
    {
        await using var stoa = await Exchange.StartAsync();
        var parent = await OrganizationAsync(stoa);
        for (var depth = 0; depth <= PartyDraft.DepthMax; depth++)
            parent = await EnterAsync(stoa, $$"""{"kind":"unit","name":"u","parent":{{parent}}}""");

        var deeper = await stoa.PostJsonAsync("/api/v1/parties", $$"""{"kind":"unit","name":"u","parent":{{parent}}}""");

        deeper.ShouldBeProblem(400, "invalid-property");
    }

    /// <summary>The whole table: what is not listed is refused.</summary>
    [Fact]
    public void Go_from_status_to_status_in_these_ways_alone()
    {
        (PartyStatus, PartyStatus)[] ways =
        [
            (PartyStatus.Proposed, PartyStatus.Verified), (PartyStatus.Proposed, PartyStatus.Left), (PartyStatus.Verified, PartyStatus.Active),
            (PartyStatus.Verified, PartyStatus.Left), (PartyStatus.Active, PartyStatus.Suspended), (PartyStatus.Active, PartyStatus.Left),
            (PartyStatus.Suspended, PartyStatus.Active), (PartyStatus.Suspended, PartyStatus.Left),
        ];

        var allowed = from one in Enum.GetValues<PartyStatus>()
                      from other in Enum.GetValues<PartyStatus>()
                      where PartyTransitions.May(one, other)
                      select (one, other);

        Assert.Equal(ways.Order(), allowed.Order());
    }

    [Fact]
    public async Task Lose_their_tokens_with_the_next_request_when_what_they_belong_to_is_suspended()
    {
        await using var stoa = await Exchange.StartAsync(time: new TestClock());
        var organization = await OrganizationAsync(stoa);
        var unit = await EnterAsync(stoa, $$"""{"kind":"unit","name":"u","parent":{{organization}}}""");
        var service = await EnterAsync(stoa, $$"""{"kind":"service","name":"s","parent":{{unit}}}""");
        var (_, token) = await TokenOfAsync(stoa, service);
        Assert.Equal(200, await TriedAsync(stoa, token));

        (await StatusAsync(stoa, organization, "suspended")).ShouldBe(200);
        var stopped = await stoa.GetAsync("/api/v1/tokens", token);
        (await StatusAsync(stoa, organization, "active")).ShouldBe(200);

        stopped.ShouldBeProblem(401, "invalid-credential");
        Assert.Equal(200, await TriedAsync(stoa, token));
        (await StatusAsync(stoa, unit, "left")).ShouldBe(200);
        Assert.Equal(401, await TriedAsync(stoa, token));
        (await StatusAsync(stoa, unit, "active")).ShouldBeProblem(409, "status-not-possible");
    }

    [Fact]
    public async Task Stay_stopped_by_themselves_when_what_is_above_goes_on()
    {
        await using var stoa = await Exchange.StartAsync();
        var organization = await OrganizationAsync(stoa);
        var device = await EnterAsync(stoa, $$"""{"kind":"device","name":"d","parent":{{organization}}}""");
        var (_, token) = await TokenOfAsync(stoa, device);
        (await StatusAsync(stoa, device, "suspended")).ShouldBe(200);

        (await StatusAsync(stoa, organization, "suspended")).ShouldBe(200);
        (await StatusAsync(stoa, organization, "active")).ShouldBe(200);

        Assert.Equal(401, await TriedAsync(stoa, token));
    }

    [Fact]
    public async Task Act_once_they_are_active_and_not_before()
    {
        await using var stoa = await Exchange.StartAsync();
        var organization = await OrganizationAsync(stoa);
        var device = await EnterAsync(stoa, $$"""{"kind":"device","name":"d","parent":{{organization}},"status":"proposed"}""");
        var (_, token) = await TokenOfAsync(stoa, device);

        Assert.Equal(401, await TriedAsync(stoa, token));
        (await StatusAsync(stoa, device, "verified")).ShouldBe(200);
        Assert.Equal(401, await TriedAsync(stoa, token));
        (await StatusAsync(stoa, device, "active")).ShouldBe(200);
        Assert.Equal(200, await TriedAsync(stoa, token));
    }

    [Fact]
    public async Task Are_seen_to_be_suspended_elsewhere_within_a_second()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        var organization = await OrganizationAsync(stoa);
        var device = await EnterAsync(stoa, $$"""{"kind":"device","name":"d","parent":{{organization}}}""");
        var (_, token) = await TokenOfAsync(stoa, device);
        Assert.Equal(200, await TriedAsync(stoa, token));
        var before = await VersionAsync(stoa);

        await stoa.Database.WriteAsync(session =>
        {
            session.Execute($"UPDATE party SET status = 3, may_act = 0 WHERE id = {device}");
            return true;
        }, Now);
        clock.Advance(CredentialCheck.Remembered);

        Assert.Equal(401, await TriedAsync(stoa, token));
        Assert.True(await VersionAsync(stoa) > before);
    }

    private static async Task<long> VersionAsync(Exchange stoa)
    {
        using var read = await stoa.Database.ReadAsync(Now);
        using var select = read.Prepare("SELECT version FROM governance_state");
        select.Step();
        return select.Int64(0);
    }

    [Fact]
    public async Task Hold_tokens_that_are_listed_by_holder()
    {
        await using var stoa = await Exchange.StartAsync();
        var organization = await OrganizationAsync(stoa);
        var device = await EnterAsync(stoa, $$"""{"kind":"device","name":"d","parent":{{organization}}}""");
        await TokenOfAsync(stoa, device);

        var held = (await stoa.GetAsync($"/api/v1/tokens?party={device}", stoa.AdminToken)).ShouldBe(200).Json;

        Assert.Equal(1, held.GetProperty("count").GetInt64());
        (await stoa.GetAsync("/api/v1/tokens?party=x", stoa.AdminToken)).ShouldBeProblem(400, "invalid-parameter");
        (await stoa.PostJsonAsync("/api/v1/tokens", $$"""{"name":"x","administrator":true,"party":{{organization}}}"""))
            .ShouldBeProblem(400, "invalid-property");
        (await stoa.PostJsonAsync("/api/v1/tokens", """{"name":"x","administrator":true,"party":99}"""))
            .ShouldBeProblem(400, "invalid-property");
    }

    [Fact]
    public async Task Get_a_new_secret_while_the_one_before_is_taken_for_a_while()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        var organization = await OrganizationAsync(stoa);
        var (id, first) = await TokenOfAsync(stoa, await EnterAsync(stoa, $$"""{"kind":"service","name":"s","parent":{{organization}}}"""));

        var rotated = (await stoa.PostJsonAsync($"/api/v1/tokens/{id}/rotate", """{"overlapSeconds":60}""")).ShouldBe(200).Json;
        var second = rotated.GetProperty("token").GetString()!;

        Assert.Equal(first[..18], second[..18]);
        Assert.NotEqual(first, second);
        Assert.Equal("2026-01-31T12:01:00Z", rotated.GetProperty("details").GetProperty("previousUntil").GetString());
        clock.Advance(TimeSpan.FromSeconds(59.5));
        Assert.Equal((200, 200), (await TriedAsync(stoa, first), await TriedAsync(stoa, second)));
        clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal((401, 200), (await TriedAsync(stoa, first), await TriedAsync(stoa, second)));
    }

    [Fact]
    public async Task Get_a_new_secret_at_once_when_the_old_one_is_lost()
    {
        await using var stoa = await Exchange.StartAsync();
        var organization = await OrganizationAsync(stoa);
        var (id, first) = await TokenOfAsync(stoa, await EnterAsync(stoa, $$"""{"kind":"service","name":"s","parent":{{organization}}}"""));

        (await stoa.PostJsonAsync($"/api/v1/tokens/{id}/rotate", "{}")).ShouldBe(200);

        Assert.Equal(401, await TriedAsync(stoa, first));
        (await stoa.PostJsonAsync($"/api/v1/tokens/{id}/rotate", $$"""{"overlapSeconds":{{TokenRotation.OverlapSecondsMax}}}""")).ShouldBe(200);
        (await stoa.PostJsonAsync($"/api/v1/tokens/{id}/rotate", $$"""{"overlapSeconds":{{TokenRotation.OverlapSecondsMax + 1}}}"""))
            .ShouldBeProblem(400, "invalid-property");
        (await stoa.DeleteAsync($"/api/v1/tokens/{id}")).ShouldBe(204);
        (await stoa.PostJsonAsync($"/api/v1/tokens/{id}/rotate", "{}")).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    public async Task Belong_to_organizations_for_a_time()
    {
        await using var stoa = await Exchange.StartAsync(time: new TestClock());
        var organization = await OrganizationAsync(stoa);
        var person = await EnterAsync(stoa, """{"kind":"person","name":"Grace"}""");
        var path = $"/api/v1/parties/{person}/memberships";

        var joined = await stoa.PostJsonAsync(path, $$"""{"organization":{{organization}},"roles":["member","data-officer"]}""");

        joined.ShouldBeJson(201, $$"""
            {"id":1,"person":{{person}},"organization":{{organization}},"personName":"Grace","organizationName":"Name of traffic",
             "from":"2026-01-31T12:00:00Z","roles":["member","data-officer"]}
            """);
        (await stoa.PostJsonAsync(path, $$"""{"organization":{{organization}},"roles":["member"]}""")).ShouldBeProblem(409, "member-already");
        Assert.Equal("2026-01-31T12:00:00Z", (await stoa.DeleteAsync("/api/v1/memberships/1")).ShouldBe(200).Json.GetProperty("to").GetString());
        (await stoa.PostJsonAsync(path, $$"""{"organization":{{organization}},"roles":["administrator"],"to":"2027-01-01T00:00:00Z"}""")).ShouldBe(201);
        Assert.Equal(2, (await stoa.GetAsync(path, stoa.AdminToken)).Json.GetProperty("value").GetArrayLength());
        (await stoa.PostJsonAsync(path, """{"organization":77,"roles":["member"]}""")).ShouldBeProblem(400, "invalid-property");
        (await stoa.PostJsonAsync(path, $$"""{"organization":{{organization}},"roles":["king"]}""")).ShouldBeProblem(400, "invalid-property");
        (await stoa.PostJsonAsync($"/api/v1/parties/{organization}/memberships", $$"""{"organization":{{organization}},"roles":["member"]}"""))
            .ShouldBeProblem(404, "not-found");
        (await stoa.DeleteAsync("/api/v1/memberships/77")).ShouldBeProblem(404, "not-found");
    }

    [Fact]
    public async Task Are_shown_to_administrators_alone()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("bikes", SpectrumClass.Open);
        var device = await stoa.GivenTokenAsync("bikes", "read", "write");
        await EnterAsync(stoa, """{"kind":"person","name":"Grace"}""");

        foreach (var path in new[] { "/api/v1/parties", "/api/v1/parties/1", "/api/v1/parties/1/memberships" })
        {
            (await stoa.GetAsync(path)).ShouldBeProblem(401, "credential-required");
            (await stoa.GetAsync(path, device)).ShouldBeProblem(403, "administrator-required");
            Assert.Equal("no-store", (await stoa.GetAsync(path, stoa.AdminToken)).ShouldBe(200).Header("Cache-Control"));
        }
    }
}
