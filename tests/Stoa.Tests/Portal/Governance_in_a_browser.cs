using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stoa.Identity.SignIn;
using Stoa.Sharing.Policy;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Portal;

/// <summary>The pages of governance in a browser: looked at by axe in both schemes on a phone and a desk, used by labels alone.</summary>
public class Governance_in_a_browser(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    // With STOA_SCREENSHOTS naming a folder, what the pages look like is kept there.
    private int _looks;

    private async Task LookAsync(VisitedPage visit)
    {
        if (Environment.GetEnvironmentVariable("STOA_SCREENSHOTS") is { Length: > 0 } folder)
            await visit.Page.ScreenshotAsync(new()
            {
                Path = Path.Combine(folder, $"governance-{visit.Page.ViewportSize!.Width}-{++_looks:00}.png"), FullPage = true,
            });
        await visit.ShouldBeAccessibleAsync();
        Assert.InRange(await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth"), int.MinValue, 0);
    }

    [Theory]
    [InlineData("light", 390)]
    [InlineData("dark", 1280)]
    public async Task Lead_from_a_draft_to_a_level_in_force_and_fit_the_screen(string scheme, int width)
    {
        await using var city = await CityOfRoles.StartAsync();
        var links = city.Stoa.Services.GetRequiredService<OneTimeLinks>();
        var invited = await links.InviteAsync(city.City.Id, "carla@city.example", ["data-officer"], null, Now);
        Assert.True(invited.TryGet(out var link, out _));
        var address = city.Stoa.Address.ToString().TrimEnd('/');
        await using var visit = await browser.OpenAsync("/about", new()
        {
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light, ViewportSize = new() { Width = width, Height = 900 },
        });
        var page = visit.Page;
        await page.GotoAsync(address + link.Path);
        await page.GetByLabel("Your name").FillAsync("Carla");
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();

        // The clock of the test does not move: what was entered is read when it is asked for.
        await city.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);

        await page.GetByRole(AriaRole.Link, new() { Name = "Governance" }).First.ClickAsync();
        await LookAsync(visit);
        await page.GotoAsync(address + "/terms");
        await LookAsync(visit);
        await page.GetByLabel("Short name").FillAsync("city-terms");
        await page.GetByLabel("Title").FillAsync("Terms of the city");
        await page.GetByLabel("What is accepted").FillAsync("Be **kind**.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish the version" }).ClickAsync();
        await Expect(page.GetByText("Version 1")).ToBeVisibleAsync();
        await page.GotoAsync(address + "/datasets/counts/governance");
        await LookAsync(visit);
        await page.GetByText("Let another act in your place").ClickAsync();
        await page.GetByLabel("Who acts", new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Label = "Name of lab" });
        await page.GetByLabel("Up to which level").SelectOptionAsync("group");
        await page.GetByLabel("Last day of the delegation").FillAsync("2026-05-31");
        await LookAsync(visit);
        await page.GetByRole(AriaRole.Button, new() { Name = "Offer the delegation" }).ClickAsync();
        await Expect(page.GetByText("offered, waits to be accepted")).ToBeVisibleAsync();
        await page.GetByText("Propose a role").ClickAsync();
        await page.GetByText("Propose a level").ClickAsync();
        await LookAsync(visit);
        await page.GetByLabel("Level", new() { Exact = true }).SelectOptionAsync("public");
        await page.Locator("#level-reason").FillAsync("Useful for many.");
        await page.GetByLabel("Last day of the review").FillAsync("2027-01-31");
        await page.GetByLabel("To persons").SelectOptionAsync("none");
        foreach (var line in new[] { "Data protection", "Rights of others, contracts, secrets of business", "Security and critical infrastructure", "Duties to publish, duties to keep secret" })
            await page.GetByLabel(line, new() { Exact = true }).SelectOptionAsync("satisfied");
        await page.GetByRole(AriaRole.Button, new() { Name = "Submit for approval" }).ClickAsync();
        await Expect(page.GetByText("The level public needs terms.")).ToBeVisibleAsync();
        await LookAsync(visit);
        await page.GetByLabel("Public: the terms to accept").SelectOptionAsync("city-terms 1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Submit for approval" }).ClickAsync();
        await Expect(page.GetByText("waits for the other side")).ToBeVisibleAsync();

        var id = (await city.Stoa.GetAsync("/api/v1/datasets/counts/classifications", city.Office.Token)).Json.GetProperty("value")[0].GetProperty("id").GetInt64();
        (await city.MoveAsync($"/api/v1/classifications/{id}", "approve", city.Office.Token)).ShouldBe(200);
        await page.GotoAsync(address + "/datasets/counts/governance");
        await Expect(page.GetByText("Public, in force")).ToBeVisibleAsync();
        await LookAsync(visit);
        await page.GotoAsync(address + "/access");
        await LookAsync(visit);
        await page.GetByRole(AriaRole.Link, new() { Name = "Read Terms of the city" }).ClickAsync();
        await LookAsync(visit);
        await page.GetByLabel("For whom").SelectOptionAsync(new SelectOptionValue { Label = "Name of city" });
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept these terms" }).ClickAsync();
        await Expect(page.GetByText("The terms are accepted.")).ToBeVisibleAsync();
        await page.GetByLabel("Type").FillAsync("member-of");
        await page.GetByLabel("Value").FillAsync("club");
        await page.GetByRole(AriaRole.Button, new() { Name = "Assert" }).ClickAsync();
        await Expect(page.GetByText("The claim is asserted.")).ToBeVisibleAsync();
        await LookAsync(visit);
        foreach (var other in new[] { "/transparency", "/why/counts", "/terms", "/datasets/counts/facts" })
        {
            await page.GotoAsync(address + other);
            await LookAsync(visit);
        }

        await page.Context.ClearCookiesAsync();
        await page.GotoAsync(address + (await links.ForAdministratorAsync(Now)).Path);
        await page.GetByLabel("Your name").FillAsync("Ada");
        await page.GetByLabel("E-mail address").FillAsync("ada@city.example");
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await page.GotoAsync(address + "/blocks");
        await page.GetByLabel("Dataset, by its short name").FillAsync("counts");
        await page.GetByLabel("Why").FillAsync("A leak is looked into.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop it now" }).ClickAsync();
        await page.GetByText("Lift", new() { Exact = true }).ClickAsync();
        await LookAsync(visit);
        await page.GotoAsync(address + "/claims");
        await page.GetByText("Decide").ClickAsync();
        await LookAsync(visit);
        await page.GetByRole(AriaRole.Button, new() { Name = "Verify it" }).ClickAsync();
        await Expect(page.GetByText("Nothing waits.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Verified" }).ClickAsync();
        await LookAsync(visit);
    }
}
