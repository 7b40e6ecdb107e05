using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Portal;

public class Portal_in_a_browser(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private static readonly string[] Addresses =
    [
        "/", "/?sector=water", "/datasets", "/datasets?q=air", "/datasets?q=nothingfits", "/datasets/air-quality", "/things",
        "/things?q=nothingfits", "/things/1", "/things/1?span=all", "/about", "/datasets/absent",
        "/governance", "/transparency", "/datasets/air-quality/governance", "/why/absent", "/why/L6-TERMS-NOT-ACCEPTED",
        "/policy/purposes",
    ];

    public static TheoryData<string, string, int> Views()
    {
        var views = new TheoryData<string, string, int>();
        foreach (var address in Addresses)
        {
            views.Add(address, "dark", 1440);
            views.Add(address, "light", 390);
        }

        return views;
    }

    [Theory]
    [MemberData(nameof(Views))]
    public async Task Every_page_is_accessible_stays_at_home_and_fits_the_screen(string address, string scheme, int width)
    {
        await using var visit = await browser.OpenAsync(address, new()
        {
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = new() { Width = width, Height = 900 },
        });
        await visit.SettleAsync();

        await visit.ShouldBeAccessibleAsync();
        var overflow = await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth");
        Assert.InRange(overflow, int.MinValue, 0);
        if (address != "/datasets/absent") visit.ShouldBeQuiet();
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/datasets/air-quality")]
    [InlineData("/things/1")]
    public async Task Pages_say_the_same_without_script(string address)
    {
        await using var visit = await browser.OpenAsync(address, new() { JavaScriptEnabled = false });

        await Expect(visit.Page.GetByText("Without JavaScript it stays empty").First).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText(new Regex("Station |Cabinet ")).First).ToBeVisibleAsync();
        visit.ShouldBeQuiet();
    }

    [Fact]
    public async Task A_map_that_cannot_be_drawn_says_so_and_points_to_the_list()
    {
        await using var visit = await browser.OpenAsync("/about", new());
        await visit.Page.AddInitScriptAsync("HTMLCanvasElement.prototype.getContext = () => null;");

        await visit.Page.GotoAsync(browser.Site.Address + "/");

        await Expect(visit.Page.GetByText("The map cannot be drawn here.")).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "The list of places" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "48 places" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task An_empty_exchange_says_what_to_do_next()
    {
        await using var site = await PortalSite.StartAsync(
            TimeProvider.System, _ => Task.CompletedTask, 0, TestContext.Current.CancellationToken);
        await using var visit = await browser.OpenAsync("/about", new());

        await visit.Page.GotoAsync(site.Address + "/");

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Nothing to see yet" })).ToBeVisibleAsync();
        await visit.ShouldBeAccessibleAsync();
    }

    [Fact]
    public async Task The_appearance_is_chosen_with_the_keyboard_and_remembered()
    {
        await using var visit = await browser.OpenAsync("/datasets", new() { ColorScheme = ColorScheme.Light });
        var page = visit.Page;

        await page.GetByLabel("Appearance").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark" }).PressAsync("Enter");

        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await page.GotoAsync(browser.Site.Address + "/about");
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        var ground = await page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
        Assert.Equal("rgb(11, 17, 28)", ground);
    }

    [Fact]
    public async Task The_first_stop_of_the_keyboard_skips_to_the_content()
    {
        await using var visit = await browser.OpenAsync("/datasets", new());

        await visit.Page.Keyboard.PressAsync("Tab");
        await Expect(visit.Page.GetByText("Skip to content")).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Enter");

        await Expect(visit.Page.Locator("main")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_place_is_opened_on_the_map_with_the_keyboard_and_closed_again()
    {
        await using var visit = await browser.OpenAsync("/", new());
        await visit.SettleAsync();
        var page = visit.Page;

        await page.Locator(".maplibregl-canvas").FocusAsync();
        await page.Keyboard.PressAsync("Enter");

        var popup = page.Locator(".maplibregl-popup .pop");
        await Expect(popup).ToBeVisibleAsync();
        await Expect(popup.GetByRole(AriaRole.Link, new() { Name = "Open place" })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(popup).ToBeHiddenAsync();
        await Expect(page.Locator(".maplibregl-canvas")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task The_legend_narrows_the_map_without_a_new_page_and_keeps_the_address()
    {
        await using var visit = await browser.OpenAsync("/", new());
        await visit.SettleAsync();
        var page = visit.Page;
        await page.EvaluateAsync("() => { window.same = true; }");

        await page.Locator("[data-legend]").GetByText("Water").ClickAsync();

        await Expect(page.Locator("[data-legend] [aria-current]")).ToContainTextAsync("Water");
        Assert.EndsWith("/?sector=water", page.Url, StringComparison.Ordinal);
        Assert.True(await page.EvaluateAsync<bool>("() => window.same"));
    }

    [Fact]
    public async Task A_value_that_arrives_is_shown_without_loading_the_page_again_and_can_be_paused()
    {
        Town? town = null;
        await using var site = await PortalSite.StartAsync(TimeProvider.System, async built =>
        {
            town = built;
            await built.BuildAsync(PortalSite.End);
        }, 0, TestContext.Current.CancellationToken);
        await using var visit = await browser.OpenAsync("/about", new());
        var page = visit.Page;
        var following = page.WaitForRequestAsync(site.Address + "/live");
        await page.GotoAsync(site.Address + "/");
        await visit.SettleAsync();
        await following;

        await AddUntilAsync(site, town!.Datastreams["river-levels Water level 0"], 4321, page.Locator("[data-arrivals]").GetByText("4,321"));

        await page.GetByRole(AriaRole.Button, new() { Name = "Pause live values" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Pause live values" })).ToHaveAttributeAsync("aria-pressed", "true");
    }

    [Fact]
    public async Task A_chart_replaces_the_drawing_and_tells_the_value_under_the_pointer()
    {
        await using var visit = await browser.OpenAsync("/things/1", new());
        await visit.SettleAsync();
        var chart = visit.Page.Locator("[data-chart]").First;

        await chart.Locator(".u-over").HoverAsync();

        await Expect(chart.Locator(".chart-tip")).ToContainTextAsync("µg/m³");
        await Expect(chart.Locator(".spark")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_call_is_copied()
    {
        await using var visit = await browser.OpenAsync("/datasets/air-quality", new() { Permissions = ["clipboard-read", "clipboard-write"] });

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Copy" }).First.ClickAsync();

        await Expect(visit.Page.GetByText("Copied")).ToBeVisibleAsync();
        var copied = await visit.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");
        Assert.Equal("https://data.town.example/datasets/air-quality/sensorthings/v1.1", copied);
    }

    // The page may still be joining the stream when the first value is stored, so values are added until one is seen.
    private static async Task AddUntilAsync(PortalSite site, DatastreamId datastream, double value, ILocator seen)
    {
        for (var i = 0; i < 20; i++)
        {
            BulkObservation[] rows = [new(Instant.From(TimeProvider.System.GetUtcNow()), null, ResultValue.Number(value))];
            await site.Bulk.AppendAsync(datastream, rows, BulkMode.Append, TestContext.Current.CancellationToken);
            try
            {
                await Expect(seen.First).ToBeVisibleAsync(new() { Timeout = 2000 });
                return;
            }
            catch (PlaywrightException)
            {
                // Not yet.
            }
        }

        Assert.Fail("The value never reached the page.");
    }
}
