using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stoa.Identity.Organizations;
using Stoa.Identity.SignIn;
using Stoa.Tests.Portal;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Identity;

/// <summary>The pages of people in a browser: looked at by axe in both schemes on a phone and a desk, used by labels alone.</summary>
public class Pages_for_people(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static Task<PortalSite> SiteAsync() => PortalSite.StartAsync(TimeProvider.System, _ => Task.CompletedTask, 0, Now);

    // With STOA_SCREENSHOTS naming a folder, what the pages look like is kept there.
    private int _looks;

    private async Task LookAsync(VisitedPage visit)
    {
        if (Environment.GetEnvironmentVariable("STOA_SCREENSHOTS") is { Length: > 0 } folder)
            await visit.Page.ScreenshotAsync(new()
            {
                Path = Path.Combine(folder, $"people-{visit.Page.ViewportSize!.Width}-{++_looks:00}.png"), FullPage = true,
            });
        await visit.ShouldBeAccessibleAsync();
        Assert.InRange(await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth"), int.MinValue, 0);
    }

    [Theory]
    [InlineData("light", 390)]
    [InlineData("dark", 1280)]
    public async Task Are_accessible_fit_the_screen_and_lead_from_the_link_to_the_members(string scheme, int width)
    {
        await using var site = await SiteAsync();
        var link = await site.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(Now);
        await site.Services.GetRequiredService<Organizations>().CreateAsync(new() { Slug = "traffic", Name = "Office of traffic" }, Now);
        await using var visit = await browser.OpenAsync("/about", new()
        {
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light, ViewportSize = new() { Width = width, Height = 900 },
        });
        var page = visit.Page;
        await page.GotoAsync(site.Address + link.Path);
        await LookAsync(visit);
        await page.GetByLabel("Your name").FillAsync("Ada Admin");
        await page.GetByLabel("E-mail address").FillAsync("ada@city.example");
        await page.GetByLabel("Password").FillAsync("elevenchars");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await Expect(page.GetByText("Choose at least 12 characters")).ToBeVisibleAsync();
        await LookAsync(visit);
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Ada Admin" })).ToBeVisibleAsync();
        await LookAsync(visit);
        await page.GetByRole(AriaRole.Button, new() { Name = "Set it up" }).ClickAsync();
        await LookAsync(visit);
        await page.GotoAsync(site.Address + "/organizations/traffic/members");
        await page.GetByLabel("E-mail address").FillAsync("tom@city.example");
        await page.GetByLabel("Data officer").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the link" }).ClickAsync();
        await Expect(page.GetByText("The invitation is ready")).ToBeVisibleAsync();
        await LookAsync(visit);

        await page.GotoAsync(site.Address + "/account");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await LookAsync(visit);
        await page.GetByLabel("E-mail address").FillAsync("ada@city.example");
        await page.GetByLabel("Password").FillAsync("not the password");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Address and password do not fit")).ToBeVisibleAsync();
        await LookAsync(visit);
    }

    [Theory]
    [InlineData("light", 390)]
    [InlineData("dark", 1280)]
    public async Task Let_somebody_erase_others_and_themselves_and_say_when_the_address_is_another(string scheme, int width)
    {
        await using var site = await SiteAsync();
        var links = site.Services.GetRequiredService<OneTimeLinks>();
        await using var visit = await browser.OpenAsync("/about", new()
        {
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light, ViewportSize = new() { Width = width, Height = 900 },
        });
        var page = visit.Page;
        foreach (var name in new[] { "Eva", "Ada" })
        {
            await page.GotoAsync(site.Address + (await links.ForAdministratorAsync(Now)).Path);
            await page.GetByLabel("Your name").FillAsync(name);
            await page.GetByLabel("E-mail address").FillAsync($"{name}@city.example");
            await page.GetByLabel("Password").FillAsync(Visitor.Password);
            await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        }

        await page.GotoAsync(site.Address + "/sign-in?back=/people");
        await page.GetByLabel("E-mail address").FillAsync("ada@city.example");
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Eva" }).ClickAsync();
        await page.GetByLabel("Your own password, to erase the account").FillAsync(Visitor.Password);
        await page.GetByLabel("The person's e-mail address").FillAsync("ada@city.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Erase the account" }).ClickAsync();
        await Expect(page.GetByText("This is not the e-mail address of the account.")).ToBeVisibleAsync();
        await LookAsync(visit);
        await page.GetByLabel("Your own password, to erase the account").FillAsync(Visitor.Password);
        await page.GetByLabel("The person's e-mail address").FillAsync("eva@city.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Erase the account" }).ClickAsync();
        await Expect(page.GetByText("The person is erased.")).ToBeVisibleAsync();
        await Expect(page.GetByText("eva@city.example")).ToHaveCountAsync(0);
        await LookAsync(visit);

        await page.GotoAsync(site.Address + "/account");
        await page.GetByLabel("Your password, to erase the account").FillAsync(Visitor.Password);
        await page.GetByLabel("Your e-mail address, once more").FillAsync("ada@city.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Erase the account" }).ClickAsync();
        await Expect(page.GetByText("Nobody else governs the exchange")).ToBeVisibleAsync();
        await LookAsync(visit);
    }

    [Theory]
    [InlineData("light", 390)]
    [InlineData("dark", 1280)]
    public async Task Show_who_governs_the_accounts_of_others(string scheme, int width)
    {
        await using var site = await SiteAsync();
        var link = await site.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(Now);
        await using var visit = await browser.OpenAsync("/about", new()
        {
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light, ViewportSize = new() { Width = width, Height = 900 },
        });
        var page = visit.Page;
        await page.GotoAsync(site.Address + link.Path);
        await page.GetByLabel("Your name").FillAsync("Ada Admin");
        await page.GetByLabel("E-mail address").FillAsync("ada@city.example");
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "People with an account" }).ClickAsync();
        await LookAsync(visit);
        await page.GetByRole(AriaRole.Link, new() { Name = "Ada Admin" }).ClickAsync();
        await page.GetByLabel("Your own password, to withdraw it").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Withdraw the right to govern" }).ClickAsync();
        await Expect(page.GetByText("Nobody else governs the exchange")).ToBeVisibleAsync();
        await LookAsync(visit);
        await page.GetByLabel("Your own password, to make the link").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the link" }).ClickAsync();
        await Expect(page.GetByText("The link is ready")).ToBeVisibleAsync();
        await LookAsync(visit);

        var address = new Uri(await page.Locator(".call code").InnerTextAsync());
        await page.GotoAsync(site.Address + address.AbsolutePath);
        await LookAsync(visit);
        await page.GetByLabel("New password").FillAsync("nine slow otters at dawn");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set the password" }).ClickAsync();
        await Expect(page.GetByText("The password is set. Sign in with it.")).ToBeVisibleAsync();
        await LookAsync(visit);
    }

    [Fact]
    public async Task Work_without_script()
    {
        await using var site = await SiteAsync();
        var link = await site.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(Now);
        await using var visit = await browser.OpenAsync("/about", new() { JavaScriptEnabled = false });
        var page = visit.Page;

        await page.GotoAsync(site.Address + link.Path);
        await page.GetByLabel("Your name").FillAsync("Ada Admin");
        await page.GetByLabel("E-mail address").FillAsync("ada@city.example");
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Ada Admin" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }
}
