using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stoa.Sharing.Policy;
using Stoa.Tests.Identity;
using Stoa.Tests.Portal;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>A breach is settled, a correction approved and a role accepted on pages, looked at by axe in both schemes on a phone and a desk.</summary>
public class Settling_in_a_browser(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_correction_is_approved_and_a_breach_has_a_way_out()
    {
        await using var sides = await TwoSides.StartAsync();
        var home = sides.Stoa.Address.ToString().TrimEnd('/');
        (await sides.Stoa.PostJsonAsync("/datasets/counters/sensorthings/v1.1/Things", """{"name":"Counter at the bridge","description":"Under the bridge"}"""))
            .ShouldBe(201);
        var thing = (await sides.Stoa.GetAsync("/datasets/counters/sensorthings/v1.1/Things", sides.OwnersToken)).Json.GetProperty("value")[0].GetProperty("@iot.id");
        var id = await sides.AgreeAsync(""","template":"service" """);
        (await sides.Stoa.PostJsonAsync("/api/v1/datasets/counters/roles",
            $$"""{"role":"custodian","party":{{sides.Consumer}},"purpose":"ScientificResearch","from":"2026-04-01T00:00:00Z","to":"2026-12-31T00:00:00Z"}""",
            sides.OwnersToken)).ShouldBe(201);
        await using var owners = await browser.OpenAsync("/about", new());
        await using var consumers = await browser.OpenAsync("/about", new());
        await JoinAsync(sides, owners.Page, "traffic", sides.Owner);
        await JoinAsync(sides, consumers.Page, "university", sides.Consumer);
        await sides.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);

        // Who uses the data reports.
        await consumers.Page.GotoAsync(home + "/datasets/counters/corrections");
        await LookAsync(consumers, "corrections-none");
        await consumers.Page.GetByLabel("For", new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Label = "Name of university" });
        await consumers.Page.GetByLabel("Entity").FillAsync($"Things({thing})");
        await consumers.Page.GetByLabel("Property").FillAsync("description");
        await consumers.Page.GetByLabel("It should be").FillAsync("On the bridge");
        await consumers.Page.GetByLabel("Why", new() { Exact = true }).FillAsync("We were there and saw it on the bridge.");
        await consumers.Page.GetByLabel("Evidence, if any").FillAsync("https://example.org/photograph");
        await consumers.Page.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        await Expect(consumers.Page.GetByText("It is sent to the owner")).ToBeVisibleAsync();
        await LookAsync(consumers, "corrections-filed");

        // What waits for either side; the owner approves.
        await consumers.Page.GotoAsync(home + "/inbox");
        await Expect(consumers.Page.GetByRole(AriaRole.Link, new() { Name = "Custodian: Bicycle counters" })).ToBeVisibleAsync();
        await Expect(consumers.Page.GetByText("31 March 2026")).ToBeVisibleAsync();
        await LookAsync(consumers, "inbox-roles");
        await owners.Page.GotoAsync(home + "/inbox");
        await owners.Page.GetByRole(AriaRole.Link, new() { Name = "Variance: Bicycle counters" }).ClickAsync();
        await LookAsync(owners, "corrections-owner");
        await owners.Page.GetByRole(AriaRole.Button, new() { Name = "Approve and change" }).ClickAsync();
        await Expect(owners.Page.GetByText("Approved and changed")).ToBeVisibleAsync();
        await LookAsync(owners, "corrections-applied");
        Assert.Equal("On the bridge", (await sides.Stoa.GetAsync($"/datasets/counters/sensorthings/v1.1/Things({thing})", sides.OwnersToken))
            .ShouldBe(200).Json.GetProperty("description").GetString());

        // What is owed is overdue, is breached, and is settled.
        await sides.PassAsync(TimeSpan.FromDays(31));
        var owed = (await sides.Stoa.GetAsync($"/api/v1/obligations?agreement={id}", sides.OwnersToken)).Json.GetProperty("value")[0].GetProperty("id").GetInt64();
        (await sides.MoveAsync("obligations", owed, "declareBreach", sides.OwnersToken)).ShouldBe(200);
        await ComeBackAsync(owners.Page, $"{home}/agreements/{id}", "traffic");
        await Expect(owners.Page.GetByRole(AriaRole.Button, new() { Name = "Give until that day" })).ToBeVisibleAsync();
        await LookAsync(owners, "breach-owner");
        await ComeBackAsync(consumers.Page, $"{home}/agreements/{id}", "university");
        await consumers.Page.GetByLabel("Evidence for").FillAsync("It stands in the imprint since yesterday.");
        await LookAsync(consumers, "breach-consumer");
        await consumers.Page.GetByRole(AriaRole.Button, new() { Name = "Done late" }).ClickAsync();
        await Expect(consumers.Page.GetByText("done late, to be accepted")).ToBeVisibleAsync();
        await owners.Page.ReloadAsync();
        await LookAsync(owners, "breach-presented");
        await owners.Page.GetByRole(AriaRole.Button, new() { Name = "Accept what was done late" }).ClickAsync();
        await Expect(owners.Page.GetByText("It is in force.")).ToBeVisibleAsync();
        await LookAsync(owners, "breach-settled");

        // What was held goes back or is deleted.
        var role = (await sides.Stoa.PostJsonAsync("/api/v1/datasets/counters/roles",
            $$"""{"role":"custodian","party":{{sides.Consumer}},"purpose":"ScientificResearch","to":"2026-12-31T00:00:00Z"}""", sides.OwnersToken))
            .ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await sides.MoveAsync("roles", role, "accept", sides.ConsumersToken)).ShouldBe(200);
        (await sides.MoveAsync("roles", role, "end", sides.OwnersToken)).ShouldBe(200);
        await consumers.Page.GotoAsync(home + "/inbox");
        await LookAsync(consumers, "custody-inbox");
        await consumers.Page.GetByRole(AriaRole.Link, new() { Name = "Give back or delete: Bicycle counters" }).ClickAsync();
        await LookAsync(consumers, "custody");
        await consumers.Page.GetByRole(AriaRole.Button, new() { Name = "Fulfilled" }).ClickAsync();
        await Expect(consumers.Page.GetByText("Add the evidence first.")).ToBeVisibleAsync();
        await consumers.Page.GetByLabel("Evidence for").FillAsync("Deleted, protocol 4.");
        await consumers.Page.GetByRole(AriaRole.Button, new() { Name = "Fulfilled" }).ClickAsync();
        await Expect(consumers.Page.GetByText("Evidence: Deleted, protocol 4.")).ToBeVisibleAsync();
        await LookAsync(consumers, "custody-done");
    }

    private static async Task JoinAsync(TwoSides sides, IPage page, string organization, long id)
    {
        var made = await sides.Stoa.PostJsonAsync("/api/v1/invitations",
            $$"""{"organization":{{id}},"login":"{{organization}}@example.org","roles":["data-officer"]}""");
        await page.GotoAsync(sides.Stoa.Address.ToString().TrimEnd('/') + new Uri(made.ShouldBe(201).Json.GetProperty("link").GetString()!).AbsolutePath);
        await page.GetByLabel("Your name").FillAsync("Member of " + organization);
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Member of " + organization })).ToBeVisibleAsync();
    }

    // A month later the session has ended.
    private static async Task ComeBackAsync(IPage page, string address, string organization)
    {
        await page.GotoAsync(address);
        await page.GetByLabel("E-mail address").FillAsync(organization + "@example.org");
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { NameRegex = new("^Agreement ") })).ToBeVisibleAsync();
    }

    // On a phone and on a desk, in both schemes. With STOA_SCREENSHOTS naming a folder, what the pages look like is kept there.
    private static async Task LookAsync(VisitedPage visit, string name)
    {
        foreach (var (scheme, width) in new[] { (ColorScheme.Light, 390), (ColorScheme.Dark, 390), (ColorScheme.Dark, 1280), (ColorScheme.Light, 1280) })
        {
            await visit.Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await visit.Page.SetViewportSizeAsync(width, 900);
            await visit.ShouldBeAccessibleAsync();
            Assert.InRange(await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth"), int.MinValue, 0);
            if (Environment.GetEnvironmentVariable("STOA_SCREENSHOTS") is { Length: > 0 } folder)
                await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{width}-{scheme}.png".ToLowerInvariant()), FullPage = true });
        }
    }
}
