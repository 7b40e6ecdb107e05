using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Catalogue.Datasets;
using Stoa.Identity.Credentials;
using Stoa.Identity.Parties;
using Stoa.Portal.Participants;
using Stoa.Sharing.Policy;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>The pages on which organizations are admitted and enter their datasets.</summary>
public class Organization_pages
{
    private const string Datasets = "/organizations/city/datasets";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static string Body(Answer answer, int status = 200) => WebUtility.HtmlDecode(answer.ShouldBe(status).Text);

    [Fact]
    public async Task Admit_organizations_for_the_office_alone()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var ada = await Visitor.AdministratorAsync(city.Stoa);
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        using var anybody = new Visitor(city.Stoa);

        Assert.Contains("Name of lab", Body(await ada.GetAsync("/organizations")), StringComparison.Ordinal);
        Assert.Equal("/organizations/amt-fuer-strassen/members",
            (await ada.SubmitAsync("/organizations", "/organizations", ("name", "Amt für Straßen"))).ShouldBe(303).Header("Location"));
        var taken = Body(await ada.SubmitAsync("/organizations", "/organizations", ("name", "Amt für – Straßen")), 409);
        Assert.Contains("Choose a name that tells them apart.", taken, StringComparison.Ordinal);
        Assert.Contains("value=\"Amt für – Straßen\"", taken, StringComparison.Ordinal);
        Body(await ada.SubmitAsync("/organizations", "/organizations", ("name", "–")), 400);
        (await carla.GetAsync("/organizations")).ShouldBe(404);
        (await carla.SubmitAsync(Datasets, "/organizations", ("name", "Mine"))).ShouldBe(404);
        Assert.StartsWith("/sign-in?back=", (await anybody.GetAsync("/organizations")).ShouldBe(303).Header("Location"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Let_those_who_answer_for_an_organization_enter_its_datasets()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        using var otto = await Governance_pages.OfficerAsync(city, city.Office, "otto");
        using var anybody = new Visitor(city.Stoa);
        // The clock of the test does not move: what was entered is read when it is asked for.
        await city.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);

        Assert.Contains(Datasets, Body(await carla.GetAsync("/account")), StringComparison.Ordinal);
        Assert.Contains("Title of counts", Body(await carla.GetAsync(Datasets)), StringComparison.Ordinal);
        Assert.Equal("/datasets/city-bicycle-counters/governance", (await carla.SubmitAsync(Datasets, Datasets,
            ("title", "Bicycle counters"), ("description", "Counts."), ("sector", "transport"), ("listed", "yes"))).ShouldBe(303).Header("Location"));
        Assert.Equal("/datasets/city-secret-counters/governance", (await carla.SubmitAsync(Datasets, Datasets,
            ("title", "Secret counters"), ("sector", "other"))).ShouldBe(303).Header("Location"));
        Body(await carla.SubmitAsync(Datasets, Datasets, ("title", "Bicycle counters"), ("sector", "transport")), 409);
        Body(await carla.SubmitAsync(Datasets, Datasets, ("title", "Other"), ("sector", "moon")), 400);

        // Both are closed; that one exists may be known.
        Assert.Equal("closed", await city.LevelAsync("city-bicycle-counters"));
        Assert.Equal("closed", await city.LevelAsync("city-secret-counters"));
        Body(await otto.GetAsync("/datasets/city-bicycle-counters"));
        (await otto.GetAsync("/datasets/city-secret-counters")).ShouldBe(404);
        (await otto.GetAsync(Datasets)).ShouldBe(404);
        (await otto.SubmitAsync("/organizations/office/datasets", Datasets, ("title", "Foreign"), ("sector", "other"))).ShouldBe(404);
        (await anybody.GetAsync(Datasets)).ShouldBe(303);
    }

    [Fact]
    public async Task Give_services_and_devices_tokens_that_are_renewed_and_revoked()
    {
        await using var city = await CityOfRoles.StartAsync();
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla", "administrator");
        using var otto = await Governance_pages.OfficerAsync(city, city.Office, "otto", "administrator");
        using var nora = await Governance_pages.OfficerAsync(city, city.City, "nora");
        await city.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
        const string Tokens = "/organizations/city/tokens";
        const string Things = "/datasets/counts/sensorthings/v1.1/Things";
        const string Thing = """{"name":"Gate","description":"d"}""";
        static string Secret(string body) => Regex.Match(body, "<code>(stoa_[^<]+)</code> <button").Groups[1].Value;

        var device = Secret(Body(await carla.SubmitAsync(Tokens, Tokens, ("name", "Gate 7"), ("kind", "device"), ("datasets", "counts"))));
        (await city.Stoa.PostJsonAsync(Things, Thing, device)).ShouldBe(201);
        (await city.Stoa.GetAsync("/api/v1/datasets/counts/roles", device)).ShouldBe(404);
        var service = Secret(Body(await carla.SubmitAsync(Tokens, Tokens, ("name", "Desk"), ("kind", "service"), ("datasets", "counts"))));
        (await city.Stoa.GetAsync("/api/v1/datasets/counts/roles", service)).ShouldBe(200);
        Body(await carla.SubmitAsync(Tokens, Tokens, ("name", "Bare"), ("kind", "device")), 400);
        Body(await carla.SubmitAsync(Tokens, Tokens, ("name", ""), ("kind", "service")), 400);
        // Neither another's dataset, nor another's page, nor for members that do not govern.
        (await otto.SubmitAsync("/organizations/office/tokens", "/organizations/office/tokens", ("name", "x"), ("kind", "device"),
            ("datasets", "counts"))).ShouldBe(404);
        (await otto.GetAsync(Tokens)).ShouldBe(404);
        (await nora.GetAsync(Tokens)).ShouldBe(404);

        var page = Body(await carla.GetAsync(Tokens));
        Assert.DoesNotContain(device, page, StringComparison.Ordinal);
        var numbers = Regex.Matches(page, $"action=\"{Tokens}/([0-9]+)/rotate\"").Select(match => match.Groups[1].Value).ToArray();
        Assert.True(numbers.Length >= 2);
        (await otto.SubmitAsync("/organizations/office/tokens", $"/organizations/office/tokens/{numbers[^1]}/revoke")).ShouldBe(404);
        foreach (var number in numbers)
        {
            var renewed = Secret(Body(await carla.SubmitAsync(Tokens, $"{Tokens}/{number}/rotate")));
            Assert.Equal(200, (await city.Stoa.GetAsync("/sensorthings/v1.1/Things", renewed)).Status);
            if (number != numbers[0]) continue;
            (await carla.SubmitAsync(Tokens, $"{Tokens}/{number}/revoke")).ShouldBe(303);
            (await city.Stoa.GetAsync("/sensorthings/v1.1/Things", renewed)).ShouldBe(401);
        }
    }

    [Theory]
    [InlineData("city", "closed", "city-more", 0)]
    [InlineData("city", null, "city-more", 0)]
    [InlineData("city", "open", "city-more", 403)]
    [InlineData("city", null, "more", 400)]
    [InlineData("city", null, "city-works-more", 400)]
    [InlineData("office", null, "office-more", 403)]
    [InlineData("nobody", null, "nobody-more", 400)]
    [InlineData(null, null, "city-more", 403)]
    public async Task Members_enter_closed_datasets_of_their_own(string? owner, string? spectrum, string slug, int status)
    {
        await using var city = await CityOfRoles.StartAsync();
        using var carla = await Governance_pages.OfficerAsync(city, city.City, "carla");
        (await city.Stoa.PostJsonAsync("/api/v1/organizations", """{"slug":"city-works","name":"Works"}""")).ShouldBe(201);
        var datasets = city.Stoa.Services.GetRequiredService<Catalogue.Datasets.Datasets>();
        var parties = city.Stoa.Services.GetRequiredService<Parties>();
        var member = Assert.Single(await parties.MembersAsync(city.City.Id, 10, Now));
        var who = Requester.ForPerson(member.Person, false, [member], Assurance.OneFactor);

        var outcome = await datasets.CreateAsync(
            new DatasetDraft { Slug = slug, Title = "More", Owner = owner, Spectrum = spectrum, Licence = "CC0-1.0" }, who, Now);

        Assert.Equal(status, outcome.TryGet(out _, out var problem) ? 0 : problem.Status);
    }

    [Theory]
    [InlineData("Amt für Straßen & Wege", "amt-fuer-strassen-wege")]
    [InlineData("  -- ", "")]
    [InlineData("A 1", "a-1")]
    public void Names_become_addresses(string name, string slug) => Assert.Equal(slug, OrganizationPages.SlugOf(name));
}
