using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stoa.Identity.SignIn;
using Stoa.Tests.Identity;
using Stoa.Tests.Portal;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>The office's pages of templates: used by labels alone, looked at by axe in both schemes on a phone and a desk.</summary>
public class Templates_in_a_browser(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lead_from_an_agreement_to_a_template_a_new_version_and_its_end()
    {
        await using var sides = await TwoSides.StartAsync();
        var agreement = await sides.AgreeAsync(
            ""","template":"service","terms":{"limits":{"requestsPerMinute":60},"quality":[{"measure":"timeliness","percentMin":90}]}""");
        var link = await sides.Stoa.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(Now);
        var address = sides.Stoa.Address.ToString().TrimEnd('/');
        await using var visit = await browser.OpenAsync("/about", new());
        var page = visit.Page;
        await page.GotoAsync(address + link.Path);
        await page.GetByLabel("Your name").FillAsync("Ada");
        if (await page.GetByLabel("E-mail").CountAsync() > 0) await page.GetByLabel("E-mail").FillAsync("ada@city.example");
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Ada" })).ToBeVisibleAsync();

        await page.GotoAsync($"{address}/agreements/{agreement}");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "service, version 1" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Make a template of these clauses" }).ClickAsync();
        await Expect(page.GetByLabel("Requests a minute")).ToHaveValueAsync("60");
        await Expect(page.GetByLabel("Further clauses, as JSON")).ToHaveValueAsync(new Regex("attribute"));
        await page.GetByLabel("Short name").FillAsync("Not one");
        await page.GetByLabel("Title").FillAsync("Service with counters");
        await page.GetByLabel("When it fits").FillAsync("Apps that show how many people cycle.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the template" }).ClickAsync();
        await Expect(page.GetByText("“Short name” takes 1 to 63 small letters")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Short name")).ToBeFocusedAsync();
        await LookAsync(visit, "form");
        await page.GetByLabel("Short name").FillAsync("counters");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the template" }).ClickAsync();
        await Expect(page.GetByText("The template is offered.")).ToBeVisibleAsync();
        await Expect(page.GetByText("60 requests a minute.")).ToBeVisibleAsync();
        await Expect(page.GetByText("Timeliness of at least 90 %")).ToBeVisibleAsync();

        await page.GetByText("Make a new version").ClickAsync();
        await page.GetByLabel("Requests a minute").FillAsync("30");
        await page.GetByLabel("Why (may be left out)").FillAsync("The counters are slow.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Offer this version" }).ClickAsync();
        await Expect(page.GetByText("30 requests a minute.")).ToBeVisibleAsync();
        await LookAsync(visit, "template");
        await page.GetByRole(AriaRole.Link, new() { Name = "Version 1" }).ClickAsync();
        await Expect(page.GetByText("This is an older version.")).ToBeVisibleAsync();
        await Expect(page.GetByText("60 requests a minute.")).ToBeVisibleAsync();

        await page.GotoAsync($"{address}/agreement-templates/counters");
        await page.GetByText("Retire it").ClickAsync();
        await page.GetByLabel("Why", new() { Exact = true }).FillAsync("Nobody uses it.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Retire the template" }).ClickAsync();
        await Expect(page.GetByText("The template is retired.")).ToBeVisibleAsync();
        await LookAsync(visit, "retired");
        await page.GetByRole(AriaRole.Link, new() { Name = "Templates", Exact = true }).ClickAsync();
        await page.GetByText("Retired (1)").ClickAsync();
        await LookAsync(visit, "list");
    }

    private static async Task LookAsync(VisitedPage visit, string name)
    {
        foreach (var (scheme, width) in new[] { (ColorScheme.Light, 390), (ColorScheme.Dark, 1280) })
        {
            await visit.Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await visit.Page.SetViewportSizeAsync(width, 900);
            if (Environment.GetEnvironmentVariable("STOA_SCREENSHOTS") is { Length: > 0 } folder)
                await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"template-{name}-{width}-{scheme}.png".ToLowerInvariant()), FullPage = true });
            await visit.ShouldBeAccessibleAsync();
            Assert.InRange(await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth"), int.MinValue, 0);
        }
    }
}
