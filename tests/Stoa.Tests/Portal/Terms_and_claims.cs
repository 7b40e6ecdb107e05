using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.SignIn;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>What levels rest on, on pages: terms are published, claims verified, a secondary publisher decides within its bounds.</summary>
public class Terms_and_claims
{
    private const string Page = "/datasets/counts/governance";

    private static string Body(Answer answer) => WebUtility.HtmlDecode(answer.ShouldBe(200).Text);

    private static string Done(Answer answer) => answer.ShouldBe(303).Header("Location");

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    [Fact]
    public async Task Lead_from_terms_to_a_public_dataset()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        using var sam = await Governance_pages.OfficerAsync(city, city.Shop, "sam");
        using var anybody = new Visitor(city.Stoa);
        (string, string)[] terms =
        [
            ("for", city.City.Id.ToString()), ("name", "city-terms"), ("title", "Terms of the city"), ("text", "Be **kind**.\r\nÄrgere niemanden."),
        ];
        Assert.Contains("None are published yet", Body(await anybody.GetAsync("/terms")), StringComparison.Ordinal);
        Assert.DoesNotContain("Publish a version", Body(await anybody.GetAsync("/terms")), StringComparison.Ordinal);
        Assert.DoesNotContain("Publish a version", Body(await sam.GetAsync("/terms")), StringComparison.Ordinal);
        (await sam.SubmitAsync("/terms", "/terms", [("for", city.Shop.Id.ToString()), .. terms[1..]])).ShouldBe(400);

        Assert.Equal("/terms/city-terms/1", Done(await carla.SubmitAsync("/terms", "/terms", terms)));
        Assert.Equal("/terms/city-terms/2", Done(await carla.SubmitAsync("/terms", "/terms", terms)));
        var refused = (await carla.SubmitAsync("/terms", "/terms", [.. terms[..1], ("name", "City terms"), .. terms[2..]])).ShouldBe(400).Text;

        Assert.Contains("Be **kind**.", refused, StringComparison.Ordinal);
        Assert.Contains("name-wrong", refused, StringComparison.Ordinal);
        Assert.Contains("Terms of the city, version 2", Body(await anybody.GetAsync("/terms")), StringComparison.Ordinal);
        Assert.Contains("Be <strong>kind</strong>", Body(await anybody.GetAsync("/terms/city-terms/2")), StringComparison.Ordinal);
        Assert.Contains("city-terms, version 2", Body(await carla.GetAsync(Page)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60_000, 303)]
    [InlineData(60_001, 400)]
    public async Task Take_a_text_of_terms_as_long_as_the_limit(int length, int status)
    {
        await using var city = await CityOfRoles.StartAsync();
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");

        // Each of these letters takes six bytes of a form.
        (await carla.SubmitAsync("/terms", "/terms",
            ("for", city.City.Id.ToString()), ("name", "long"), ("title", "Long"), ("text", new string('ß', length)))).ShouldBe(status);
    }

    [Fact]
    public async Task Let_the_office_verify_a_claim_and_its_party_take_it_back()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var lena = await Governance_pages.OfficerAsync(city, city.Lab, "lena");
        using var ada = await Visitor.AdministratorAsync(city.Stoa);
        var group = await city.SubmittedAsync(
            "counts", CityOfRoles.Toward("group", ",\"criteria\":[{\"claimType\":\"member-of\",\"values\":[\"club\"]}]"));
        (await city.MoveAsync($"/api/v1/classifications/{group}", "approve", city.Office.Token)).ShouldBe(200);
        Assert.Equal("/access?done=claim", Done(await lena.SubmitAsync("/access", "/access/claims",
            ("for", city.Lab.Id.ToString()), ("type", "member-of"), ("value", "club"))));
        Assert.Equal("/access#claims", Done(await lena.GetAsync("/claims")));

        Assert.Equal("L5-CLAIM-NOT-VERIFIED", await FirstReasonAsync());
        var waiting = Body(await ada.GetAsync("/claims"));
        Assert.Contains("<strong>member-of: club</strong>, of Name of lab", waiting, StringComparison.Ordinal);
        var action = Regex.Match(waiting, "action=\"(/claims/[0-9]+)\"").Groups[1].Value;
        (await lena.SubmitAsync("/access", action, ("move", "verify"))).ShouldBe(403);
        Assert.Equal("/claims?done=yes", Done(await ada.SubmitAsync("/claims", action, ("from", "office"), ("move", "verify"), ("reason", "The list of the club"))));

        Assert.Contains("Nothing waits.", Body(await ada.GetAsync("/claims")), StringComparison.Ordinal);
        Assert.Contains("member-of: club", Body(await ada.GetAsync("/claims?state=verified")), StringComparison.Ordinal);
        // One of the group, who lacks an agreement alone.
        Assert.StartsWith("G", await FirstReasonAsync(), StringComparison.Ordinal);
        Assert.Contains("Take back", Body(await lena.GetAsync("/access")), StringComparison.Ordinal);
        Assert.Equal("/access?done=role#claims", Done(await lena.SubmitAsync("/access", action, ("move", "revoke"))));
        Assert.DoesNotContain("Take back", Body(await lena.GetAsync("/access")), StringComparison.Ordinal);
        Assert.StartsWith("L", await FirstReasonAsync(), StringComparison.Ordinal);
        (await ada.SubmitAsync("/access", action, ("from", "office"), ("move", "verify"))).ShouldBe(409);

        async Task<string> FirstReasonAsync() => (await city.Stoa.PostJsonAsync("/api/v1/decisions/explain",
            $$"""{"dataset":"counts","party":{{city.Lab.Id}}}""")).ShouldBe(200).Json.GetProperty("reasons")[0].GetProperty("code").GetString()!;
    }

    [Fact]
    public async Task Are_not_verified_by_who_belongs_to_the_party()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var ada = await Visitor.AdministratorAsync(city.Stoa);
        var links = city.Stoa.Services.GetRequiredService<OneTimeLinks>();
        var invited = await links.InviteAsync(city.Lab.Id, "ada@city.example", ["data-officer"], null, TestContext.Current.CancellationToken);
        Assert.True(invited.TryGet(out var link, out var problem), problem?.Detail);
        await ada.SubmitAsync(link.Path, link.Path);
        (await city.Stoa.PostJsonAsync($"/api/v1/parties/{city.Lab.Id}/claims", """{"type":"member-of","value":"club"}""", city.Lab.Token)).ShouldBe(201);

        var page = Body(await ada.GetAsync("/claims"));
        var action = Regex.Match(page, "action=\"(/claims/[0-9]+)\"").Groups[1].Value;
        Assert.DoesNotContain("value=\"verify\"", page, StringComparison.Ordinal);
        (await ada.SubmitAsync("/claims", action, ("from", "office"), ("move", "verify"))).ShouldBe(403);
    }

    [Fact]
    public async Task List_the_claims_of_all_for_officers_alone()
    {
        await using var city = await CityOfRoles.StartAsync();
        (await city.Stoa.PostJsonAsync($"/api/v1/parties/{city.Lab.Id}/claims", """{"type":"member-of","value":"club"}""", city.Lab.Token)).ShouldBe(201);

        Assert.Equal(1, (await city.Stoa.GetAsync("/api/v1/claims?status=asserted", city.Stoa.AdminToken)).ShouldBe(200).Json.GetProperty("count").GetInt64());
        Assert.Equal(0, (await city.Stoa.GetAsync("/api/v1/claims?status=verified", city.Stoa.AdminToken)).ShouldBe(200).Json.GetProperty("count").GetInt64());
        (await city.Stoa.GetAsync("/api/v1/claims?status=lost", city.Stoa.AdminToken)).ShouldBeProblem(400, "invalid-parameter");
        (await city.Stoa.GetAsync("/api/v1/claims", city.Lab.Token)).ShouldBeProblem(403, "administrator-required");
        (await city.Stoa.GetAsync("/api/v1/claims")).ShouldBeProblem(401, "credential-required");
    }

    [Fact]
    public async Task Let_a_secondary_publisher_propose_a_level_within_its_bounds()
    {
        await using var city = await CityOfRoles.StartAsync();
        await city.RoleAsync("counts", "secondaryPublisher", city.Lab);
        using var lena = await Governance_pages.OfficerAsync(city, city.Lab, "lena");
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        Assert.DoesNotContain("Propose a level", Body(await lena.GetAsync(Page)), StringComparison.Ordinal);
        var offered = await city.Stoa.PostJsonAsync("/api/v1/datasets/counts/delegations",
            $$"""{"to":{{city.Lab.Id}},"action":"publish","levelMax":"specific","until":"2026-06-01T00:00:00Z"}""", city.Office.Token);
        (await city.MoveAsync($"/api/v1/delegations/{offered.ShouldBe(201).Json.GetProperty("id")}", "accept", city.Lab.Token)).ShouldBe(200);

        (string, string)[] level =
        [
            ("for", city.Lab.Id.ToString()), ("level", "specific"), ("named", city.Shop.Id.ToString()), ("reason", "They count with us."),
            ("review", "2027-01-31"), ("harm-person", "none"), ("harm-asset", "low"), ("harm-city", "none"), ("data-protection", "satisfied"),
            ("rights", "satisfied"), ("security", "satisfied"), ("publication", "exempted"), ("move", "submit"),
        ];
        var page = Body(await lena.GetAsync(Page));
        Assert.Contains("Propose a level", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Propose a role", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Who is concerned", page, StringComparison.Ordinal);
        (await lena.SubmitAsync(Page, Page + "/levels", [.. level[..1], ("level", "open"), ("licence", "CC0-1.0"), .. level[3..]])).ShouldBe(403);
        Assert.Equal(Page + "?done=yes#levels", Done(await lena.SubmitAsync(Page, Page + "/levels", level)));

        var move = Regex.Match(Body(await carla.GetAsync(Page)), $"action=\"({Page}/levels/[0-9]+)\"").Groups[1].Value;
        Assert.Equal(Page + "?done=yes#levels", Done(await carla.SubmitAsync(Page, move, ("move", "approve"))));
        Assert.Equal("specific", await city.LevelAsync("counts"));
    }

    [Fact]
    public async Task Take_clauses_in_fields_and_keep_those_that_have_none()
    {
        await using var sides = await Stoa.Tests.Sharing.Agreements.TwoSides.StartAsync();
        var request = (await sides.AskAsync()).GetProperty("id").GetInt64();
        using var owner = await sides.MemberAsync("traffic");
        using var consumer = await sides.MemberAsync("university");
        var page = "/requests/" + Text(request);
        (string, string)[] clauses =
        [
            ("template", "plain"), ("until", "2027-01-31"), ("spaceMetres", "100"), ("timeSeconds", "3600"), ("retentionDays", "30"), ("retentionStart", "receipt"),
            ("retentionThen", "delete"), ("onward", "none"), ("requests", "60"), ("rows", "10000"), ("jurisdictions", "DE, AT"),
            ("fee", "none"), ("terms", """{"quality":[{"measure":"validity","percentMin":95},{"measure":"completeness","percentMin":90}]}"""),
        ];

        foreach (var broken in new[] { """{"\ud800":1}""", """{"validFrom":"\ud800"}""", """{"datasets":["\ud800"]}""", """{"fee":"\udc00"}""", "[]", "{" })
        {
            (await owner.SubmitAsync(page, page + "/offer", [.. clauses[..^1], ("terms", broken)])).ShouldBe(400);
            (await sides.Stoa.PostJsonAsync($"/api/v1/access-requests/{Text(request)}/offer", $$"""{"template":"plain","terms":{{broken}}}""", sides.OwnersToken)).ShouldBe(400);
        }

        var refused = (await owner.SubmitAsync(page, page + "/offer", [.. clauses.Where(one => one.Item1 != "timeSeconds"), ("timeSeconds", "hourly")])).ShouldBe(400).Text;
        Assert.Contains("value=\"hourly\"", refused, StringComparison.Ordinal);
        var offered = Done(await owner.SubmitAsync(page, page + "/offer", clauses)).Replace("?done=offered", "", StringComparison.Ordinal);
        var id = long.Parse(offered.Split('/')[^1], CultureInfo.InvariantCulture);
        var terms = (await sides.AgreementAsync(id)).GetProperty("terms");
        Assert.Equal(3600, terms.GetProperty("granularity").GetProperty("timeSeconds").GetInt32());
        Assert.Equal(100, terms.GetProperty("granularity").GetProperty("spaceMetres").GetInt32());
        Assert.Equal("""["DE","AT"]""", terms.GetProperty("jurisdictions").GetRawText());
        Assert.Equal(10_000, terms.GetProperty("limits").GetProperty("rowsPerDay").GetInt64());
        Assert.Equal(30, terms.GetProperty("retention").GetProperty("days").GetInt32());
        Assert.Equal(2, terms.GetProperty("quality").GetArrayLength());

        // Every field as the page has it, but for what is proposed otherwise.
        var shown = (await consumer.GetAsync(offered)).ShouldBe(200).Text;
        Assert.Contains("value=\"3600\"", shown, StringComparison.Ordinal);
        Assert.Equal(offered + "?done=moved", Done(await consumer.SubmitAsync(offered, offered + "/moves",
            ("move", "counter"), ("until", "2027-01-31"), ("legalBasis", terms.GetProperty("legalBasis").GetString()!), ("spaceMetres", "100"), ("timeSeconds", "900"),
            ("retentionDays", "30"), ("retentionStart", "receipt"), ("retentionThen", "delete"), ("onward", "none"), ("requests", "60"),
            ("rows", "10000"), ("jurisdictions", ""), ("undertakings", ""), ("fee", "none"), ("fields", ""), ("completeness", "80"), ("completenessDays", "7"), ("completenessEvery", ""), ("timeliness", "99"), ("timelinessEvery", ""),
            ("reason", "Quarters are needed."))));
        var countered = (await sides.AgreementAsync(id)).GetProperty("terms");
        Assert.Equal(900, countered.GetProperty("granularity").GetProperty("timeSeconds").GetInt32());
        Assert.Equal(100, countered.GetProperty("granularity").GetProperty("spaceMetres").GetInt32());
        Assert.False(countered.TryGetProperty("jurisdictions", out var places) && places.GetArrayLength() > 0);
        Assert.Equal(["completeness 80 7", "timeliness 99 ", "validity 95 "], countered.GetProperty("quality").EnumerateArray()
            .Select(floor => $"{Of(floor, "measure")} {Of(floor, "percentMin")} {Of(floor, "days")}"));

        static string Of(System.Text.Json.JsonElement floor, string name) => floor.TryGetProperty(name, out var value) ? value.ToString() : "";
    }
}
