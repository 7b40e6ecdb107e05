using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stoa.Identity.SignIn;
using Stoa.Tests.Ledger;
using Stoa.Tests.Portal;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Identity;

/// <summary>Passkeys with the browser's virtual authenticator, over the DevTools protocol.</summary>
public class Passkeys_in_a_browser(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    [Fact]
    public async Task Are_made_sign_in_and_are_removed()
    {
        // An address by number is no name for which a passkey could be made.
        await using var stoa = await Exchange.StartAsync(settings: ("urls", "http://localhost:0"));
        var link = await stoa.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(TestContext.Current.CancellationToken);
        await using var visit = await browser.OpenAsync("/about", new());
        var page = visit.Page;
        var home = stoa.Address.ToString().TrimEnd('/');
        await AddAuthenticatorAsync(page);
        await page.GotoAsync(home + link.Path);
        await page.GetByLabel("Your name").FillAsync("Ada Admin");
        await page.GetByLabel("E-mail address").FillAsync("ada@city.example");
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();

        await page.GetByLabel("Password, to add a passkey").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" }).ClickAsync();
        await Expect(page.GetByText("The passkey is kept.")).ToBeVisibleAsync();
        await visit.ShouldBeAccessibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GotoAsync(home + "/sign-in");
        await visit.ShouldBeAccessibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Ada Admin" })).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the passkey" }).ClickAsync();
        await Expect(page.GetByText("The passkey is removed.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GotoAsync(home + "/sign-in");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
        await Expect(page.GetByText("The passkey is not accepted")).ToBeVisibleAsync();
        var entries = (await LogContents.CheckAsync(stoa.Database, "Ada Admin", "ada@city")).Where(entry => entry.Type.StartsWith("signin-key.", StringComparison.Ordinal));
        Assert.Equal(["signin-key.made passkey", "signin-key.removed passkey"], entries.Select(entry => $"{entry.Type} {entry.Member("kind")}"));
    }

    private static async Task AddAuthenticatorAsync(IPage page)
    {
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("WebAuthn.enable");
        await session.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2", ["transport"] = "internal", ["hasResidentKey"] = true, ["hasUserVerification"] = true,
                ["isUserVerified"] = true, ["automaticPresenceSimulation"] = true,
            },
        });
    }
}
