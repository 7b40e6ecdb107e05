using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stoa.Identity.SignIn;
using Stoa.Sensing.Observations;
using Stoa.Tests.Identity;
using Stoa.Tests.Portal;
using Stoa.Tests.Sensing;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>Quality below what was promised, on pages: in both schemes, on a phone and a desk.</summary>
public class Floors_of_quality_in_a_browser(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lead_from_the_inbox_to_what_was_measured()
    {
        await using var sides = await TwoSides.StartAsync();
        (await sides.Stoa.PostJsonAsync("/datasets/counters/sensorthings/v1.1/Things", SensorThings.Station)).ShouldBe(201);
        await sides.AgreeAsync(
            ""","terms":{"quality":[{"measure":"completeness","percentMin":95,"days":7,"everySeconds":3600},{"measure":"timeliness","percentMin":0,"everySeconds":3600}]}""");
        await sides.PassAsync(TimeSpan.FromHours(10));
        await sides.Stoa.Services.GetRequiredService<QualityMeasuring>().MeasureAsync(Now);
        var invited = await sides.Stoa.Services.GetRequiredService<OneTimeLinks>()
            .InviteAsync(new(sides.Consumer), "carl@university.example", ["data-officer"], null, Now);
        Assert.True(invited.TryGet(out var link, out _));
        var address = sides.Stoa.Address.ToString().TrimEnd('/');
        await using var visit = await browser.OpenAsync("/about", new());
        var page = visit.Page;
        await page.GotoAsync(address + link.Path);
        await page.GetByLabel("Your name").FillAsync("Carl");
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await sides.Stoa.Services.GetRequiredService<global::Stoa.Sharing.Policy.PolicyRefresh>().ReloadAsync(Now);

        foreach (var (scheme, width) in new[] { (ColorScheme.Light, 390), (ColorScheme.Dark, 390), (ColorScheme.Light, 1280), (ColorScheme.Dark, 1280) })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await page.SetViewportSizeAsync(width, 900);
            await page.GotoAsync(address + "/inbox");
            await LookAsync(visit, $"inbox-{scheme}-{width}");
            await page.Locator("section[aria-labelledby=quality]").GetByRole(AriaRole.Link, new() { Name = "Bicycle counters" }).ClickAsync();
            await Expect(page.GetByText("Below it since 2026-01-31 22:00 UTC")).ToBeVisibleAsync();
            await LookAsync(visit, $"agreement-{scheme}-{width}");
        }
    }

    private static async Task LookAsync(VisitedPage visit, string name)
    {
        if (Environment.GetEnvironmentVariable("STOA_SCREENSHOTS") is { Length: > 0 } folder)
            await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"quality-{name}.png"), FullPage = true });
        await visit.ShouldBeAccessibleAsync();
        Assert.InRange(await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth"), int.MinValue, 0);
    }
}
