using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stoa.Identity.SignIn;
using Stoa.Sharing.Policy;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Portal;

/// <summary>The pages of rules in a browser: looked at by axe in both schemes on a phone and a desk, used by labels alone.</summary>
public class Rules_in_a_browser(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("light", 390)]
    [InlineData("dark", 1280)]
    public async Task Lead_from_a_preview_to_a_rule_and_fit_the_screen(string scheme, int width)
    {
        await using var city = await CityOfRoles.StartAsync();
        var link = await city.Stoa.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(Now);
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"specific"}""")).ShouldBe(200);
        await city.Stoa.PostJsonAsync("/api/v1/agreements",
            $$"""{"template":"plain","offer":true,"terms":{"consumer":{{city.Lab.Id}},"datasets":["counts"],"purposes":["ScientificResearch"]} }""",
            city.City.Token);
        var address = city.Stoa.Address.ToString().TrimEnd('/');
        await using var visit = await browser.OpenAsync("/about", new()
        {
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light, ViewportSize = new() { Width = width, Height = 900 },
        });
        var page = visit.Page;
        async Task LookAsync(string name)
        {
            if (Environment.GetEnvironmentVariable("STOA_SHOTS") is { } folder)
                await page.ScreenshotAsync(new() { Path = $"{folder}/{name}-{scheme}-{width}.png", FullPage = true });
            await visit.ShouldBeAccessibleAsync();
            Assert.InRange(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth"), int.MinValue, 0);
        }

        await page.GotoAsync(address + link.Path);
        await page.GetByLabel("Your name").FillAsync("Ada");
        if (await page.GetByLabel("E-mail").CountAsync() > 0) await page.GetByLabel("E-mail").FillAsync("ada@city.example");
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await city.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);

        await page.GotoAsync(address + "/governance");
        await page.GetByRole(AriaRole.Link, new() { Name = "Rules", Exact = true }).ClickAsync();
        await LookAsync("rules-none");
        await page.GetByRole(AriaRole.Link, new() { Name = "Make a rule" }).ClickAsync();
        await page.GetByText("Less of the data, less often").ClickAsync();
        await LookAsync("rule-form");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Nothing leaves during the audit");
        await page.GetByLabel("Nothing leaves").CheckAsync();
        await page.GetByLabel("Why").FillAsync("An audit.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what would change" }).ClickAsync();
        await Expect(page.GetByText("Loses access").First).ToBeVisibleAsync();
        await LookAsync("rule-preview");
        await page.GetByRole(AriaRole.Button, new() { Name = "Put the rule in force" }).ClickAsync();
        await Expect(page.GetByText("The rule is in force.")).ToBeVisibleAsync();
        await LookAsync("rule");
        await page.GotoAsync(address + "/policy");
        await LookAsync("rules");
        await page.GotoAsync(address + "/policy/purposes");
        await LookAsync("purposes");
        await page.GotoAsync(address + "/policy/purposes?below=ScientificResearch");
        await page.GetByLabel("Short name").FillAsync("street-works");
        await page.GetByLabel("In English").FillAsync("Street works");
        await page.GetByLabel("In German").FillAsync("Straßenbau");
        await page.GetByLabel("What is meant").FillAsync("Digging, and closing lanes for it.");
        await page.GetByLabel("Why it is needed").FillAsync("The office asks for it.");
        await LookAsync("purpose-form");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add the purpose" }).ClickAsync();
        await Expect(page.GetByText("The purpose is added.")).ToBeVisibleAsync();
        await LookAsync("purposes-own");
        await page.GotoAsync(address + "/policy/exemptions");
        await page.GetByLabel("Dataset, by its short name").FillAsync("counts");
        await page.GetByLabel("Last day").FillAsync("2026-06-30");
        await page.GetByLabel("Legal basis").FillAsync("LDSG § 9");
        await page.GetByLabel("Why, and what is done instead").FillAsync("The assessment is under way; counts of whole streets meanwhile.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Grant it" }).ClickAsync();
        await Expect(page.GetByText("The exemption is in force.")).ToBeVisibleAsync();
        await LookAsync("exemptions");
        await page.GotoAsync(address + "/policy/tests");
        await LookAsync("tests");
    }

    [Fact]
    public async Task Let_a_provider_record_a_test()
    {
        await using var city = await CityOfRoles.StartAsync();
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"spectrum":"specific"}""")).ShouldBe(200);
        await city.Stoa.PostJsonAsync("/api/v1/agreements",
            $$"""{"template":"plain","offer":true,"terms":{"consumer":{{city.Lab.Id}},"datasets":["counts"],"purposes":["ScientificResearch"]} }""",
            city.City.Token);
        var invited = await city.Stoa.Services.GetRequiredService<OneTimeLinks>().InviteAsync(city.City.Id, "carla@city.example", ["data-officer"], null, Now);
        Assert.True(invited.TryGet(out var link, out _));
        var address = city.Stoa.Address.ToString().TrimEnd('/');
        await using var visit = await browser.OpenAsync("/about", new() { ViewportSize = new() { Width = 390, Height = 900 } });
        var page = visit.Page;
        await page.GotoAsync(address + link.Path);
        await page.GetByLabel("Your name").FillAsync("Carla");
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await page.GotoAsync(address + "/policy/tests");
        await visit.ShouldBeAccessibleAsync();
        await page.GetByLabel("The further purpose").SelectOptionAsync("CommercialResearch");
        foreach (var label in new[] { "Link between", "Context in which", "Nature of the data", "What the further use", "Safeguards", "Conclusion" })
            await page.GetByLabel(label).FillAsync("As the records say.");
        await page.GetByLabel("Compatible: the agreement").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Record the test" }).ClickAsync();
        await Expect(page.GetByText("The test is recorded.")).ToBeVisibleAsync();
        if (Environment.GetEnvironmentVariable("STOA_SHOTS") is { } folder)
            await page.ScreenshotAsync(new() { Path = $"{folder}/tests-one-light-390.png", FullPage = true });
        await visit.ShouldBeAccessibleAsync();
        await page.GotoAsync(address + "/policy");
        await visit.ShouldBeAccessibleAsync();
    }
}
