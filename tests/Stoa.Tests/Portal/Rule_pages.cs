using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Policy;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>The pages on which the office and organizations make rules, purposes, exemptions and compatibility tests.</summary>
public class Rule_pages
{
    private static string Body(Answer answer) => WebUtility.HtmlDecode(answer.ShouldBe(200).Text);

    private static string Done(Answer answer) => answer.ShouldBe(303).Header("Location");

    [Fact]
    public async Task Show_what_a_rule_changes_put_it_in_force_and_revoke_it()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var ada = await Visitor.AdministratorAsync(city.Stoa);
        const string page = "/policy/rules/new";
        (string, string)[] rule = [("for", "0"), ("name", "Nothing leaves"), ("datasets", "counts"), ("prohibits", "yes"), ("reason", "An audit.")];
        Assert.Contains("No rule holds.", Body(await ada.GetAsync("/policy")), StringComparison.Ordinal);

        var shown = Body(await ada.SubmitAsync(page, "/policy/rules", [.. rule, ("step", "preview")]));
        Assert.Contains("It reaches 1 dataset.", shown, StringComparison.Ordinal);
        Assert.Matches("<td>Name of city</td><td>counts</td><td class=\"nowrap\"><strong>Loses access</strong></td>", shown);
        Assert.Contains("value=\"Nothing leaves\"", shown, StringComparison.Ordinal);
        Assert.Contains("An audit.</textarea>", shown, StringComparison.Ordinal);
        // Without its button nothing is put in force.
        await ada.SubmitAsync(page, "/policy/rules", rule);
        Assert.Contains("No rule holds.", Body(await ada.GetAsync("/policy")), StringComparison.Ordinal);

        var made = Done(await ada.SubmitAsync(page, "/policy/rules", [.. rule, ("step", "make")]));
        Assert.Matches("^/policy/rules/[0-9]+\\?done=made$", made);
        var path = made[..made.IndexOf('?', StringComparison.Ordinal)];
        var one = Body(await ada.GetAsync(made));
        Assert.Contains("The rule is in force.", one, StringComparison.Ordinal);
        // Worked out when it is asked for.
        Assert.DoesNotContain("Gains access", one, StringComparison.Ordinal);
        Assert.Contains("Gains access", Body(await ada.SubmitAsync(path, path + "/what-if")), StringComparison.Ordinal);
        Assert.Contains("Nothing leaves, whatever levels", Body(await ada.GetAsync("/policy")), StringComparison.Ordinal);
        Assert.Equal(path + "?done=revoked", Done(await ada.SubmitAsync(path, path + "/revoke", ("reason", "Done."))));
        Assert.Contains("Nothing leaves", Body(await ada.GetAsync("/policy?state=revoked")), StringComparison.Ordinal);

        var restricted = Done(await ada.SubmitAsync(page, "/policy/rules", ("for", "0"), ("name", "Less"), ("sectors", "energy"), ("sectors", "water"),
            ("levelMax", "group"), ("onlyFor", "ScientificResearch"), ("timeSeconds", "3600"), ("fromTime", "08:00"), ("untilTime", "18:30"),
            ("jurisdictions", "DE, AT"), ("requests", "60"), ("reason", "r"), ("step", "make")));
        var effect = Body(await ada.GetAsync(restricted));
        foreach (var sentence in new[]
            {
                "Every dataset, of the sectors energy, water.", "No more open than “groups”.", "Not finer than steps of 3,600 s.",
                "Only from 08:00 to 18:30 each day.", "Only where data are worked on in DE, AT.", "At most 60 requests a minute.",
            })
            Assert.Contains(sentence, effect, StringComparison.Ordinal);
        var wrong = await ada.SubmitAsync(page, "/policy/rules", ("for", "0"), ("name", "Wrong"), ("timeSeconds", "soon"), ("reason", "r"), ("step", "make"));
        Assert.Contains("A clause cannot be evaluated", wrong.ShouldBe(400).Text, StringComparison.Ordinal);
        Assert.Contains("value=\"soon\"", wrong.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Let_organizations_rule_over_their_own_data_alone()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        using var sam = await Governance_pages.OfficerAsync(city, city.Shop, "sam");
        using var anybody = new Visitor(city.Stoa);
        (string, string)[] rule = [("for", city.City.Id.ToString()), ("name", "Ours"), ("levelMax", "specific"), ("reason", "r"), ("step", "make")];

        Assert.StartsWith("/sign-in", Done(await anybody.GetAsync("/policy")), StringComparison.Ordinal);
        Assert.Contains("Rules are made by the data office", Body(await sam.GetAsync("/policy/rules/new")), StringComparison.Ordinal);
        (await sam.SubmitAsync("/policy", "/policy/rules", rule)).ShouldBe(403);
        (await carla.PostAsync("/policy/rules", rule)).ShouldBe(400);
        (await carla.SubmitAsync("/policy", "/policy/rules", [("for", "0"), .. rule[1..]])).ShouldBe(403);

        var made = Done(await carla.SubmitAsync("/policy/rules/new", "/policy/rules", rule));
        (await sam.GetAsync(made)).ShouldBe(404);
        (await sam.SubmitAsync("/policy", made[..made.IndexOf('?', StringComparison.Ordinal)] + "/what-if")).ShouldBe(404);
        Assert.Contains("Every dataset that Name of city owns.", Body(await carla.GetAsync(made)), StringComparison.Ordinal);
        var facts = $"/policy/parties/{city.City.Id}/facts";
        Assert.Equal("/policy?done=facts", Done(await carla.SubmitAsync("/policy", facts, ("appetite", "5"), ("reason", "r"))));
        (await carla.SubmitAsync("/policy", facts, ("appetite", "26"), ("reason", "r"))).ShouldBe(400);
        (await sam.SubmitAsync("/policy", facts, ("appetite", "5"), ("reason", "r"))).ShouldBe(404);
        Assert.Contains("Name of city: up to 5", Body(await carla.GetAsync("/policy")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keep_purposes_and_exemptions_of_the_office()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var ada = await Visitor.AdministratorAsync(city.Stoa);
        using var anybody = new Visitor(city.Stoa);
        const string below = "/policy/purposes?below=ScientificResearch";
        Assert.Contains("ScientificResearch", Body(await anybody.GetAsync("/policy/purposes")), StringComparison.Ordinal);
        Assert.DoesNotContain("Add below", Body(await anybody.GetAsync(below)), StringComparison.Ordinal);
        (string, string)[] purpose =
        [
            ("parent", "ScientificResearch"), ("id", "street-works"), ("english", "Street works"), ("german", "Straßenbau"),
            ("description", "Digging."), ("reason", "Asked for."),
        ];

        Assert.Equal("/policy/purposes?done=added", Done(await ada.SubmitAsync(below, "/policy/purposes", purpose)));
        Assert.Contains("There is one already", (await ada.SubmitAsync(below, "/policy/purposes", purpose)).ShouldBe(409).Text, StringComparison.Ordinal);
        var tree = Body(await ada.GetAsync("/policy/purposes"));
        Assert.Contains("id=\"purpose-street-works\"", tree, StringComparison.Ordinal);
        var retire = Regex.Match(tree, "action=\"(/policy/purposes/[0-9]+/retire)\"").Groups[1].Value;
        Assert.Equal("/policy/purposes?done=retired", Done(await ada.SubmitAsync("/policy/purposes", retire, ("reason", "r"))));
        Assert.Contains("Retired: nothing new", Body(await anybody.GetAsync("/policy/purposes")), StringComparison.Ordinal);

        (string, string)[] exemption =
        [
            ("check", "W4-ASSESSMENT-OPEN"), ("dataset", "counts"), ("until", "2026-06-30"), ("reference", "LDSG § 9"), ("reason", "Under way."),
        ];
        Assert.Equal("/policy/exemptions?done=granted", Done(await ada.SubmitAsync("/policy/exemptions", "/policy/exemptions", exemption)));
        var shown = Body(await ada.GetAsync("/policy/exemptions"));
        Assert.Contains("LDSG § 9", shown, StringComparison.Ordinal);
        var revoke = Regex.Match(shown, "action=\"(/policy/exemptions/[0-9]+/revoke)\"").Groups[1].Value;
        Assert.Equal("/policy/exemptions?done=revoked", Done(await ada.SubmitAsync("/policy/exemptions", revoke, ("reason", "r"))));
        (await ada.SubmitAsync("/policy/exemptions", "/policy/exemptions", [.. exemption[..2], ("until", "2999-06-30"), .. exemption[3..]])).ShouldBe(400);
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        Assert.Contains("LDSG § 9", Body(await carla.GetAsync("/policy/exemptions")), StringComparison.Ordinal);
        Assert.DoesNotContain("Grant an exemption", Body(await carla.GetAsync("/policy/exemptions")), StringComparison.Ordinal);
        using var sam = await Governance_pages.OfficerAsync(city, city.Shop, "sam");
        Assert.DoesNotContain("LDSG § 9", Body(await sam.GetAsync("/policy/exemptions")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_whether_a_further_purpose_is_compatible()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        using var lena = await Governance_pages.OfficerAsync(city, city.Lab, "lena");
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"specific"}""")).ShouldBe(200);
        var drafted = await city.Stoa.PostJsonAsync("/api/v1/agreements",
            $$"""{"template":"plain","offer":true,"terms":{"consumer":{{city.Lab.Id}},"datasets":["counts"],"purposes":["ScientificResearch"]} }""",
            city.City.Token);
        var id = drafted.ShouldBe(201).Json.GetProperty("id").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture);
        (string, string)[] test =
        [
            ("agreement", id), ("purpose", "CommercialResearch"), ("link", "l"), ("context", "c"), ("nature", "n"), ("consequences", "few"),
            ("safeguards", "s"), ("grounds", "It fits."), ("isCompatible", "yes"),
        ];

        Assert.Equal("/policy/tests?done=recorded", Done(await carla.SubmitAsync("/policy/tests", "/policy/tests", test)));
        (await carla.SubmitAsync("/policy/tests", "/policy/tests", test[..^1])).ShouldBe(400);
        var shown = Body(await lena.GetAsync("/policy/tests"));
        Assert.Contains("It fits.", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("/revoke", shown, StringComparison.Ordinal);
        var revoke = Regex.Match(Body(await carla.GetAsync("/policy/tests")), "action=\"(/policy/tests/[0-9]+/revoke)\"").Groups[1].Value;
        (await lena.SubmitAsync("/policy", revoke, ("reason", "r"))).ShouldBe(403);
        Assert.Equal("/policy/tests?done=revoked", Done(await carla.SubmitAsync("/policy/tests", revoke, ("reason", "r"))));
    }
}
