using System.Net;
using System.Text.RegularExpressions;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>What a page says when it refuses a form: in the words of its labels and at the field, not by names of the API.</summary>
public class Refused_forms
{
    private const string Governance = "/datasets/counts/governance";

    [Fact]
    public async Task Say_what_is_wrong_in_the_words_of_the_page()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var ada = await Visitor.AdministratorAsync(city.Stoa);
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");

        await ada.SubmitAsync("/agreement-templates", "/agreement-templates", ("name", "Not one"), ("title", "T"), ("days", "9"))
            .ShouldMarkAsync("name", "“Short name” takes 1 to 63 small letters a-z, digits and hyphens, with no hyphen at either end.");
        await ada.SubmitAsync("/agreement-templates", "/agreement-templates", ("name", "one"), ("title", " "), ("days", "9"))
            .ShouldMarkAsync("title", "“Title” is required and must not be empty.");
        (await ada.SubmitAsync("/agreement-templates", "/agreement-templates", ("name", "one"), ("title", "One"), ("days", "9"))).ShouldBe(303);
        await ada.SubmitAsync("/agreement-templates/one", "/agreement-templates/one", ("title", "One"), ("days", "0"), ("version", "1"))
            .ShouldMarkAsync("days", "1 to");
        await ada.SubmitAsync("/agreement-templates/one", "/agreement-templates/one/retire", ("reason", " "))
            .ShouldMarkAsync("retire-reason", "“Why” is required and must not be empty.");

        await ada.SubmitAsync("/policy/purposes?below=ScientificResearch", "/policy/purposes", ("parent", "ScientificResearch"), ("id", "a"), ("english", "A"), ("german", " "), ("reason", "r"))
            .ShouldMarkAsync("german", "“In German” is required and must not be empty.");
        await ada.SubmitAsync("/policy/exemptions", "/policy/exemptions", ("check", "W4-ASSESSMENT-OPEN"), ("dataset", "counts"), ("until", "2999-06-30"), ("reference", "r"), ("reason", "r"))
            .ShouldMarkAsync("until", "“Last day” lies ahead, at most 366 days.");
        await ada.SubmitAsync("/blocks", "/blocks", ("kind", "incident"), ("dataset", "counts"), ("reason", " "))
            .ShouldMarkAsync("reason", "“Why” is required and must not be empty.");
        await ada.SubmitAsync("/policy/rules/new", "/policy/rules", ("for", "0"), ("name", "R"), ("datasets", "nowhere"), ("reason", "r"), ("step", "make"))
            .ShouldMarkAsync("datasets", "A dataset in “Datasets” does not exist.");

        await carla.SubmitAsync(Governance, "/datasets/counts/facts", ("for", city.City.Id.ToString()), ("impact", "notRequired"), ("risk", "99"), ("reason", "r"))
            .ShouldMarkAsync("risk", "“From 0 to 25” takes 0 to 25.");
        await carla.SubmitAsync(Governance, Governance + "/roles", ("for", city.City.Id.ToString()), ("role", "custodian"), ("party", city.Lab.Id.ToString()), ("purpose", "Fun"))
            .ShouldMarkAsync("purpose", "“Of a custodian: what the data are held for” takes the name of a purpose that is known here.");
        await carla.SubmitAsync(Governance, Governance + "/levels", ("for", city.City.Id.ToString()), ("level", "open"), ("reason", "r"), ("licence", "none at all"))
            .ShouldMarkAsync("licence", "“Open: the licence” takes an SPDX identifier such as CC-BY-4.0, or a web address.");
        await carla.SubmitAsync("/access", "/access/claims", ("for", city.City.Id.ToString()), ("type", "member-of"), ("value", "a club"), ("expires", "2001-01-01"))
            .ShouldMarkAsync("expires", "“Counts until” must lie ahead.");
    }

    [Fact]
    public async Task Say_so_above_the_forms_where_a_page_has_several_fields_of_that_name()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");

        var refused = await carla.SubmitAsync("/policy", $"/policy/parties/{city.City.Id}/facts", ("appetite", "99"), ("reason", "r"));

        Assert.Contains("<p>“Highest residual risk, 1 to 25” takes a whole number", WebUtility.HtmlDecode(refused.ShouldBe(400).Text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Say_what_is_wrong_with_a_request_for_access()
    {
        await using var sides = await Sharing.Agreements.TwoSides.StartAsync();
        using var ada = await Visitor.AdministratorAsync(sides.Stoa);

        await ada.SubmitAsync("/datasets/counters/access", "/datasets/counters/access", ("purpose", ""), ("statement", "Because."))
            .ShouldMarkAsync("purpose", "Say what the data are for.");
    }
}

/// <summary>What is seen of a refusal at its field.</summary>
internal static partial class RefusedForms
{
    /// <summary>The field is marked, says why, and nothing else does.</summary>
    public static async Task ShouldMarkAsync(this Task<Answer> sent, string id, string text)
    {
        var page = WebUtility.HtmlDecode((await sent).ShouldBe(400).Text);
        var said = Assert.Single(Said().Matches(page));
        Assert.Equal(id, said.Groups[1].Value);
        Assert.StartsWith(text, said.Groups[2].Value, StringComparison.Ordinal);
        var marked = Assert.Single(Marked().Matches(page)).Value;
        Assert.Contains($" id=\"{id}\"", marked, StringComparison.Ordinal);
        Assert.Contains($"{id}-wrong\"", marked, StringComparison.Ordinal);
        Assert.DoesNotContain("role=\"alert\"", page, StringComparison.Ordinal);
    }

    [GeneratedRegex("""<p class="wrong" id="([^"]+)-wrong">.*?</svg> ([^<]+)</p>""", RegexOptions.Singleline)]
    private static partial Regex Said();

    [GeneratedRegex("""<(input|select|textarea)[^>]* aria-invalid="true"[^>]*>""")]
    private static partial Regex Marked();
}
