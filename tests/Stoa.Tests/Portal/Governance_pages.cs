using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.SignIn;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>The pages by which people see and decide who may use which data.</summary>
public class Governance_pages
{
    private const string Page = "/datasets/counts/governance";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>Somebody who answers for the data of an organization, signed in.</summary>
    internal static async Task<Visitor> OfficerAsync(CityOfRoles city, CityParty party, string name, string role = "data-officer")
    {
        var links = city.Stoa.Services.GetRequiredService<OneTimeLinks>();
        var invited = await links.InviteAsync(party.Id, name + "@city.example", [role], null, Now);
        Assert.True(invited.TryGet(out var link, out var problem), problem?.Detail);
        var visitor = new Visitor(city.Stoa);
        (await visitor.JoinAsync(link.Path, name, name + "@city.example")).ShouldBe(303);
        return visitor;
    }

    private static string Body(Answer answer) => WebUtility.HtmlDecode(answer.ShouldBe(200).Text);

    private static string Done(Answer answer) => answer.ShouldBe(303).Header("Location");

    [Fact]
    public async Task Tell_the_holder_of_a_role_its_last_day_and_who_ended_it()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var lena = await OfficerAsync(city, city.Lab, "lena");
        var role = (await city.Stoa.PostJsonAsync("/api/v1/datasets/counts/roles",
            $$"""{"role":"secondaryPublisher","party":{{city.Lab.Id}},"to":"2027-01-01T00:00:00Z"}""", city.City.Token)).ShouldBe(201).Json.GetProperty("id");
        (await city.MoveAsync($"/api/v1/roles/{role}", "accept", city.Lab.Token)).ShouldBe(200);
        Assert.Contains("active, until 31 December 2026", Body(await lena.GetAsync("/access")), StringComparison.Ordinal);

        (await city.MoveAsync($"/api/v1/roles/{role}", "end", city.City.Token)).ShouldBe(200);

        Assert.Contains("Ended by Name of city, 31 January 2026: as agreed", Body(await lena.GetAsync("/access")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lead_from_a_proposed_role_to_an_open_dataset_by_two_people()
    {
        await using var city = await CityOfRoles.StartAsync(withPublisher: false);
        using var carla = await OfficerAsync(city, city.City, "carla");
        using var otto = await OfficerAsync(city, city.Office, "otto");
        var forCity = ("for", city.City.Id.ToString());
        (await otto.GetAsync(Page)).ShouldBe(404);

        Assert.Equal(Page + "?done=yes#roles", Done(await carla.SubmitAsync(Page, Page + "/roles",
            forCity, ("role", "primaryPublisher"), ("party", city.Office.Id.ToString()), ("reason", "the office publishes"))));
        var access = Body(await otto.GetAsync("/access"));
        Assert.Contains("<strong>Primary publisher</strong> of <a href=\"/datasets/counts/governance\">Title of counts</a>", access, StringComparison.Ordinal);
        var role = Regex.Match(access, "action=\"(/access/roles/[0-9]+)\"").Groups[1].Value;
        Assert.Equal("/access?done=role", Done(await otto.SubmitAsync("/access", role, ("move", "accept"))));

        (string, string)[] level =
        [
            forCity, ("level", "open"), ("reason", "Useful for many."), ("review", "2027-01-31"), ("licence", "DL-DE-ZERO-2.0"),
            ("harm-person", "none"), ("harm-asset", "low"), ("harm-city", "none"), ("data-protection", "satisfied"), ("rights", "satisfied"),
            ("security", "satisfied"), ("publication", "exempted"), ("move", "submit"),
        ];
        var refused = await carla.SubmitAsync(Page, Page + "/levels", [.. level.Where(field => field.Item1 != "licence")]);
        Assert.Contains("The level open needs a licence", refused.ShouldBe(409).Text, StringComparison.Ordinal);
        Assert.Contains("Useful for many.</textarea>", refused.Text, StringComparison.Ordinal);
        Assert.Equal(Page + "?done=yes#levels", Done(await carla.SubmitAsync(Page, Page + "/levels", level)));
        Assert.DoesNotContain("value=\"approve\"", Body(await carla.GetAsync(Page)), StringComparison.Ordinal);
        var waiting = Body(await otto.GetAsync(Page));
        Assert.Contains("<strong>Open</strong>, waits for the other side", waiting, StringComparison.Ordinal);
        var move = Regex.Match(waiting, $"action=\"({Page}/levels/[0-9]+)\"").Groups[1].Value;
        (await carla.SubmitAsync(Page, move, ("move", "approve"))).ShouldBe(403);
        Assert.Equal(Page + "?done=yes#levels", Done(await otto.SubmitAsync(Page, move, ("move", "approve"))));

        using var anybody = new Visitor(city.Stoa);
        var shown = Body(await anybody.GetAsync(Page));
        Assert.Contains("You may read it.", shown, StringComparison.Ordinal);
        Assert.Contains("Licence DL-DE-ZERO-2.0", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Propose a level", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Who is concerned", shown, StringComparison.Ordinal);
        Assert.Contains("href=\"/datasets/counts/governance\"", Body(await anybody.GetAsync("/datasets/counts")), StringComparison.Ordinal);
        var transparency = Body(await anybody.GetAsync("/transparency"));
        Assert.Contains("Title of counts", transparency, StringComparison.Ordinal);
        Assert.Contains("Name of city", transparency, StringComparison.Ordinal);
        Assert.DoesNotContain("inbox", transparency, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Say_to_the_owner_who_gets_the_data_and_why_not_others()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var carla = await OfficerAsync(city, city.City, "carla");

        var page = Body(await carla.GetAsync(Page));

        Assert.Matches("Name of office\\s*<br ?/?>\\s*<span class=\"quiet small\">Primary publisher", page);
        Assert.Contains("L14-READ-BY-OFFICE", page, StringComparison.Ordinal);
        Assert.Contains("Everyone, without signing in", page, StringComparison.Ordinal);
        Assert.Contains("A university or institute", page, StringComparison.Ordinal);
        Assert.Contains("<a href=\"/why/L1-CLOSED\">L1-CLOSED</a>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("carla", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_alike_for_what_is_hidden_and_what_is_absent()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var anybody = new Visitor(city.Stoa);
        using var shop = await OfficerAsync(city, city.Shop, "sam");
        static string Alike(Answer answer, string slug) => Regex.Replace(
            answer.Text.Replace(slug, "SLUG", StringComparison.Ordinal), "name=\"form\" value=\"[^\"]+\"", "");

        foreach (var visitor in new[] { anybody, shop })
        {
            Assert.Equal(Alike(await visitor.GetAsync("/why/nowhere"), "nowhere"), Alike(await visitor.GetAsync("/why/counts"), "counts"));
            (await visitor.GetAsync(Page)).ShouldBe(404);
            Assert.Equal(
                Alike(await visitor.GetAsync("/datasets/nowhere/governance"), "nowhere"), Alike(await visitor.GetAsync(Page), "counts"));
            Assert.Contains("href=\"/why/counts\"", (await visitor.GetAsync("/datasets/counts")).ShouldBe(404).Text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("Title of counts", (await shop.GetAsync("/transparency")).Text, StringComparison.Ordinal);
        Assert.Equal(404, (await shop.SubmitAsync("/access", Page + "/roles", ("role", "user"), ("party", "1"))).Status);
        Assert.Equal(404, (await shop.SubmitAsync("/access", Page + "/levels", ("level", "closed"), ("reason", "r"), ("move", "close"))).Status);
    }

    [Fact]
    public async Task Tell_reasons_in_German_to_whoever_reads_it()
    {
        await using var city = await CityOfRoles.StartAsync();
        async Task<Answer> WhyAsync(string what, string language)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/why/" + what);
            request.Headers.TryAddWithoutValidation("Accept-Language", language);
            request.Headers.TryAddWithoutValidation("Accept", "text/html");
            return await city.Stoa.SendAsync(request);
        }

        Assert.Contains("The terms of the dataset are not accepted.", Body(await WhyAsync("L6-TERMS-NOT-ACCEPTED", "en, de;q=0.5")), StringComparison.Ordinal);
        var german = Body(await WhyAsync("L6-TERMS-NOT-ACCEPTED", "de-DE, en;q=0.5"));
        Assert.Contains("lang=\"de\"", german, StringComparison.Ordinal);
        Assert.Contains("ISO 37156, 5.5.3", german, StringComparison.Ordinal);
        Assert.DoesNotContain("The terms of the dataset are not accepted.", german, StringComparison.Ordinal);
        Assert.Equal(404, (await WhyAsync("L6-TERMS-LOST", "en")).Status);
        Assert.Contains("lang=\"de\"", Body(await WhyAsync("nowhere", "de")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Let_terms_be_read_by_anybody_and_accepted_with_a_receipt()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var lena = await OfficerAsync(city, city.Lab, "lena");
        using var anybody = new Visitor(city.Stoa);
        (await city.Stoa.PostJsonAsync("/api/v1/terms",
            """{"name":"city-terms","title":"Terms of the city","text":"Be **kind**. <script>alert(1)</script>"}""", city.City.Token)).ShouldBe(201);
        var id = await city.SubmittedAsync("counts", CityOfRoles.Toward("public", ",\"terms\":{\"name\":\"city-terms\",\"version\":1}"));
        (await city.MoveAsync($"/api/v1/classifications/{id}", "approve", city.Office.Token)).ShouldBe(200);

        var text = (await anybody.GetAsync("/terms/city-terms/1")).ShouldBe(200).Text;
        Assert.Contains("Be <strong>kind</strong>", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", text, StringComparison.Ordinal);
        (await anybody.GetAsync("/terms/city-terms/2")).ShouldBe(404);
        Assert.DoesNotContain("Latest observations", (await lena.GetAsync("/datasets/counts")).Text, StringComparison.Ordinal);
        Assert.Contains("L6-TERMS-NOT-ACCEPTED", Body(await lena.GetAsync("/why/counts")), StringComparison.Ordinal);
        Assert.Contains("1 dataset asks for them", Body(await lena.GetAsync("/access")), StringComparison.Ordinal);
        var hash = (await city.Stoa.GetAsync("/api/v1/terms/city-terms/versions/1")).Json.GetProperty("textHash").GetString()!;
        Assert.Equal("/access?done=terms", Done(await lena.SubmitAsync("/terms/city-terms/1", "/terms/city-terms/1/accept",
            ("for", city.Lab.Id.ToString()), ("text", hash))));
        Assert.Contains("Name of lab", Body(await lena.GetAsync("/access?done=terms")), StringComparison.Ordinal);

        Assert.Contains("You may read this dataset.", Body(await lena.GetAsync("/why/counts")), StringComparison.Ordinal);
        Assert.Contains("Latest observations", (await lena.GetAsync("/datasets/counts")).ShouldBe(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Take_forms_from_our_own_pages_alone_and_ask_to_sign_in()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var carla = await OfficerAsync(city, city.City, "carla");
        using var anybody = new Visitor(city.Stoa);

        foreach (var action in new[] { Page + "/roles", Page + "/roles/1", Page + "/levels", Page + "/levels/1", "/access/claims", "/access/roles/1", "/terms/a/1/accept" })
        {
            (await carla.PostAsync(action, ("form", "made-up"), ("move", "accept"))).ShouldBe(400);
            Assert.StartsWith("/sign-in?back=", Done(await anybody.PostAsync(action, ("form", "made-up"))), StringComparison.Ordinal);
        }

        Assert.Equal("/sign-in?back=%2Faccess", Done(await anybody.GetAsync("/access")));
        Assert.Equal("/access?done=claim", Done(await carla.SubmitAsync("/access", "/access/claims",
            ("for", city.City.Id.ToString()), ("type", "member-of"), ("value", "mobility-lab"), ("expires", "2027-01-01"))));
        Assert.Contains("member-of: mobility-lab", Body(await carla.GetAsync("/access")), StringComparison.Ordinal);
        Assert.Equal(404, (await carla.SubmitAsync("/access", "/access/claims", ("for", city.Shop.Id.ToString()), ("type", "a"), ("value", "b"))).Status);
        Assert.Equal(400, (await carla.SubmitAsync("/access", "/access/claims", ("for", city.City.Id.ToString()), ("type", "category"), ("value", "b"))).Status);
    }
}
