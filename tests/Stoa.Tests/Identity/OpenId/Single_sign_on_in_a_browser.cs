using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stoa.Identity.SignIn;
using Stoa.Tests.Portal;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Identity.OpenId;

/// <summary>The way to the provider and back in a browser that keeps to content policy and to same-site cookies: localhost and
/// 127.0.0.1 are two sites.</summary>
public class Single_sign_on_in_a_browser(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private static async Task LookAsync(VisitedPage visit)
    {
        await visit.ShouldBeAccessibleAsync();
        Assert.InRange(await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth"), int.MinValue, 0);
    }

    [Theory]
    [InlineData("light", 390)]
    [InlineData("dark", 1280)]
    public async Task Leads_from_the_button_to_the_account_on_pages_that_fit(string scheme, int width)
    {
        await using var way = await Wayfarer.StartAsync(("urls", "http://localhost:0"));
        way.Provider.HasPage = true;
        await using var visit = await browser.OpenAsync("/about", new()
        {
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light, ViewportSize = new() { Width = width, Height = 900 },
        });
        var page = visit.Page;
        var home = way.Stoa.Address.ToString().TrimEnd('/');

        await page.GotoAsync(home + "/sign-in");
        await LookAsync(visit);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with City Login" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "It is me" }).ClickAsync();
        await Expect(page.GetByText("You have no account here yet")).ToBeVisibleAsync();
        await LookAsync(visit);

        await page.GotoAsync(home + await way.InviteAsync());
        await LookAsync(visit);
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept with City Login" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "It is me" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Tom Town" })).ToBeVisibleAsync();
        Assert.Equal(["stoa-device", "stoa-form", "stoa-session"], (await page.Context.CookiesAsync()).Select(cookie => cookie.Name).Order());
        await LookAsync(visit);

        await page.GetByRole(AriaRole.Button, new() { Name = "Unlink the login" }).ClickAsync();
        await Expect(page.GetByText("You could not sign in any more")).ToBeVisibleAsync();
        way.Provider.Person["sub"] = "subject-2";
        await page.GetByRole(AriaRole.Button, new() { Name = "Link a login of City Login" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "It is me" }).ClickAsync();
        await Expect(page.GetByText("The login is linked.")).ToBeVisibleAsync();
        await LookAsync(visit);
    }

    [Fact]
    public async Task Has_a_page_on_the_way_for_browsers_that_do_not_go_by_themselves()
    {
        await using var way = await Wayfarer.StartAsync(("urls", "http://localhost:0"));
        await using var visit = await browser.OpenAsync("/about", new() { JavaScriptEnabled = false });
        var page = visit.Page;
        await page.RouteAsync("**/sign-in/openid", async route =>
        {
            var answer = await route.FetchAsync();
            await route.FulfillAsync(new() { Response = answer, Headers = answer.Headers.Where(header => header.Key != "refresh").ToDictionary() });
        });
        var link = await way.Stoa.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(TestContext.Current.CancellationToken);
        using var ada = new Visitor(way.Stoa);
        (await ada.JoinAsync(link.Path, "Ada Admin", Wayfarer.Ada)).ShouldBe(303);
        (await Wayfarer.LinkAsync(ada)).ShouldBe(303);

        await page.GotoAsync(way.Stoa.Address + "sign-in?back=/about");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with City Login" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Continue to 127.0.0.1" }).ClickAsync();

        await Expect(page).ToHaveURLAsync(way.Stoa.Address + "about");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Account" })).ToBeVisibleAsync();
    }
}
