using System.Net;
using System.Text.RegularExpressions;
using Stoa.Tests.Sharing;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>Who acts in place of another, on pages: offered, accepted or declined, and ended.</summary>
public class Delegation_pages
{
    private const string Page = "/datasets/counts/governance";

    private static string Body(Answer answer) => WebUtility.HtmlDecode(answer.ShouldBe(200).Text);

    private static string Done(Answer answer) => answer.ShouldBe(303).Header("Location");

    private static string ActionOn(string page, string before) => Regex.Match(page, $"action=\"({before}/delegations/[0-9]+)\"").Groups[1].Value;

    [Fact]
    public async Task Lead_from_an_offer_to_one_that_is_declined_and_one_that_runs_until_it_is_ended()
    {
        await using var city = await CityOfRoles.StartAsync();
        await city.RoleAsync("counts", "secondaryPublisher", city.Lab);
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        using var lena = await Governance_pages.OfficerAsync(city, city.Lab, "lena");
        using var sam = await Governance_pages.OfficerAsync(city, city.Shop, "sam");
        (string, string)[] offer =
        [
            ("for", city.City.Id.ToString()), ("to", city.Lab.Id.ToString()), ("action", "grant"), ("levelMax", "group"),
            ("until", "2026-05-31"), ("reason", "They know who needs it."),
        ];

        var refused = (await carla.SubmitAsync(Page, Page + "/delegations", [.. offer[..4], ("until", "soon"), offer[5]])).ShouldBe(400);
        Assert.Contains("value=\"They know who needs it.\"", refused.Text, StringComparison.Ordinal);
        Assert.Contains("<option value=\"group\" selected", refused.Text, StringComparison.Ordinal);
        (await carla.SubmitAsync(Page, Page + "/delegations", [.. offer[..4], ("until", "2025-05-31")])).ShouldBe(400);
        (await carla.SubmitAsync(Page, Page + "/delegations", [.. offer[..2], ("action", "add"), .. offer[3..]])).ShouldBe(400);
        (await carla.SubmitAsync(Page, Page + "/delegations", [offer[0], ("to", city.City.Id.ToString()), .. offer[2..]])).ShouldBe(400);
        // The owner approves what is published, and does not publish.
        (await carla.SubmitAsync(Page, Page + "/delegations", [.. offer[..2], ("action", "publish"), .. offer[3..]])).ShouldBe(403);
        (await carla.PostAsync(Page + "/delegations", offer)).ShouldBe(400);
        Assert.Contains("Nobody.", Body(await carla.GetAsync(Page)), StringComparison.Ordinal);
        Assert.Equal(Page + "?done=yes#delegations", Done(await carla.SubmitAsync(Page, Page + "/delegations", offer)));

        Assert.Contains($"href=\"{Page}#delegations\"", Body(await lena.GetAsync("/inbox")), StringComparison.Ordinal);
        var access = Body(await lena.GetAsync("/access"));
        Assert.Contains("grants access up to “Groups” in place of <strong>Name of city</strong>", access, StringComparison.Ordinal);
        Assert.Contains("offered, waits to be accepted, until 31 May 2026", access, StringComparison.Ordinal);
        var first = ActionOn(access, "/access");
        // The page of each organization says what it gave and took, and nothing to others.
        var given = Body(await carla.GetAsync("/organizations/city/datasets"));
        Assert.Matches("Given: who may act for Name of city.*<strong>Name of lab</strong> grants access.*waits to be accepted, until 31 May 2026", given.ReplaceLineEndings(" "));
        Assert.Contains($"href=\"{Page}#delegations\"", given, StringComparison.Ordinal);
        Assert.DoesNotContain("Taken:", given, StringComparison.Ordinal);
        Assert.Contains("Taken: for whom Name of lab may act", Body(await lena.GetAsync("/organizations/lab/datasets")), StringComparison.Ordinal);
        Assert.DoesNotContain("In place of another", Body(await sam.GetAsync("/organizations/shop/datasets")), StringComparison.Ordinal);
        (await sam.GetAsync("/organizations/city/datasets")).ShouldBe(404);
        (await sam.SubmitAsync("/access", first, ("move", "accept"))).ShouldBe(404);
        (await carla.SubmitAsync(Page, Page + first["/access".Length..], ("move", "accept"))).ShouldBe(403);
        Assert.Equal("/access?done=role#delegations", Done(await lena.SubmitAsync("/access", first, ("move", "decline"))));
        Assert.DoesNotContain("#delegations", Body(await lena.GetAsync("/inbox")), StringComparison.Ordinal);
        Assert.Contains("declined, until 31 May 2026", Body(await carla.GetAsync(Page)), StringComparison.Ordinal);
        (await lena.SubmitAsync("/access", first, ("move", "accept"))).ShouldBe(409);

        Assert.Equal(Page + "?done=yes#delegations", Done(await carla.SubmitAsync(Page, Page + "/delegations", offer)));
        var page = Body(await lena.GetAsync(Page));
        Assert.DoesNotContain("Let another act in your place", page, StringComparison.Ordinal);
        Assert.Equal(Page + "?done=yes#delegations", Done(await lena.SubmitAsync(Page, ActionOn(page, Page), ("move", "accept"))));
        page = Body(await carla.GetAsync(Page));
        Assert.Contains(
            "Secondary publisher, grants access up to “Groups” in place of Name of city until 31 May 2026", page, StringComparison.Ordinal);
        Assert.Equal(Page + "?done=yes#delegations", Done(await carla.SubmitAsync(Page, ActionOn(page, Page), ("move", "revoke"))));
        Assert.DoesNotContain("in place of Name of city until", Body(await carla.GetAsync(Page)), StringComparison.Ordinal);
        (await sam.GetAsync(Page)).ShouldBe(404);
        (await sam.SubmitAsync("/access", Page + "/delegations", offer)).ShouldBe(404);
    }
}
