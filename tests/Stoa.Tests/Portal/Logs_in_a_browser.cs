using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stoa.Catalogue.Datasets;
using Stoa.Ledger.Writing;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Stoa.Tests.Sharing.Agreements;
using Stoa.Vocabulary;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Portal;

/// <summary>Entries of logs in a browser, which verifies them by itself: green for what was recorded, red for anything else.</summary>
public class Logs_in_a_browser(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private int _looks;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("light", 390)]
    [InlineData("dark", 1280)]
    public async Task Are_read_and_verified_by_a_member(string scheme, int width)
    {
        await using var sides = await TwoSides.StartAsync();
        var agreement = await sides.AgreeAsync();
        await Entries_for_those_concerned.PublishedAsync(sides.Stoa);
        using var member = await sides.MemberAsync("university");
        await using var visit = await OpenAsync(sides.Stoa, scheme, width);
        var page = visit.Page;
        await page.Context.AddCookiesAsync(member.Cookies.Select(cookie => new Cookie
        {
            Name = cookie.Name, Value = cookie.Value, Url = sides.Stoa.Address.ToString(),
        }));
        var address = sides.Stoa.Address.ToString().TrimEnd('/');

        await page.GotoAsync(address + "/transparency");
        await LookAsync(visit);
        await page.GetByRole(AriaRole.Link, new() { Name = "All logs, their keys, and who confirmed them" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "What is recorded provably" })).ToBeVisibleAsync();
        await LookAsync(visit);
        await page.GotoAsync(address + "/log/audit/entries");
        await page.GetByText("Narrow the list").ClickAsync();
        await LookAsync(visit);
        await Expect(page.Locator("#organizations option").First).ToBeAttachedAsync();
        await page.GetByLabel("Organization, by its name").FillAsync(await page.Locator("#organizations option").First.GetAttributeAsync("value") ?? "");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Navigation, new() { Name = "What is shown" }).GetByRole(AriaRole.Link)).ToHaveCountAsync(1);
        await page.GotoAsync(address + "/log/audit/entries");
        await page.GetByText("Narrow the list").ClickAsync();
        await page.GetByLabel("Agreement, by its number").FillAsync(agreement.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await page.GetByLabel("What happened").SelectOptionAsync("agreement.changed");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await LookAsync(visit);
        await page.GetByRole(AriaRole.Link, new() { Name = $"Agreement {agreement} was activated; it is active." }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Verify in your browser" }).ClickAsync();

        await Expect(page.Locator("[data-result]")).ToHaveAttributeAsync("data-verdict", "proven");
        await Expect(page.Locator("[data-result] .yes")).ToHaveCountAsync(3);
        await Expect(page.GetByText("no witness signed this checkpoint")).ToBeVisibleAsync();
        await LookAsync(visit);
        visit.ShouldBeQuiet();
    }

    // What the server answers is changed on its way: in the proof a byte of the entry, a hash, the signature; in the page the entry itself.
    [Theory]
    [InlineData("entry", "another entry than the one on this page")]
    [InlineData("hash", "does not lead to the root")]
    [InlineData("index", "does not lead to the root")]
    [InlineData("signature", "is not signed with the key")]
    [InlineData("size", "does not lead to the root")]
    [InlineData("page", "another entry than the one on this page")]
    [InlineData("key", "is not signed with the key")]
    public async Task Turn_red_when_something_was_changed(string what, string says)
    {
        await using var stoa = await Exchange.StartAsync();
        foreach (var slug in (string[])["air", "noise", "water", "roads", "trees"]) await stoa.GivenDatasetAsync(slug, SpectrumClass.Open);
        await stoa.Services.GetRequiredService<PublishedDescriptions>().PublishAsync(Now);
        await Entries_for_those_concerned.PublishedAsync(stoa, LogName.Catalog);
        var address = stoa.Address.ToString().TrimEnd('/');
        await using var visit = await OpenAsync(stoa, "light", 1280);
        var page = visit.Page;
        await page.RouteAsync("**/*.tlog-proof", async route =>
        {
            var answer = await route.FetchAsync();
            await route.FulfillAsync(new() { Response = answer, Body = Changed(what, await answer.TextAsync()) });
        });
        if (what == "key")
        {
            // The key of another log in the name of this one: what somebody would answer who signs other things.
            var other = (await stoa.GetAsync("/log/audit/vkey")).ShouldBe(200).Text;
            await page.RouteAsync("**/vkey", route => route.FulfillAsync(new() { Status = 200, ContentType = "text/plain", Body = other }));
        }

        await page.GotoAsync(address + "/log/catalog/entries/2");
        if (what == "page") await page.EvaluateAsync("() => { const pre = document.querySelector('[data-entry]'); pre.textContent = pre.textContent.replace('open', 'closed'); }");
        await page.GetByRole(AriaRole.Button, new() { Name = "Verify in your browser" }).ClickAsync();

        await Expect(page.Locator("[data-result]")).ToHaveAttributeAsync("data-verdict", "wrong");
        await Expect(page.Locator("[data-result]")).ToContainTextAsync(says);
        await Expect(page.Locator("[data-result]")).Not.ToContainTextAsync("Verified");
        if (what == "signature") await LookAsync(visit);
    }

    [Fact]
    public async Task Say_plainly_that_a_browser_cannot_check_signatures()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("air", SpectrumClass.Open);
        await stoa.Services.GetRequiredService<PublishedDescriptions>().PublishAsync(Now);
        await Entries_for_those_concerned.PublishedAsync(stoa, LogName.Catalog);
        await using var visit = await OpenAsync(stoa, "light", 390);
        await visit.Page.AddInitScriptAsync("crypto.subtle.verify = () => Promise.reject(new DOMException('', 'NotSupportedError'));");

        await visit.Page.GotoAsync(stoa.Address + "log/catalog/entries/0");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Verify in your browser" }).ClickAsync();

        await Expect(visit.Page.Locator("[data-result]")).ToHaveAttributeAsync("data-verdict", "open");
        await Expect(visit.Page.Locator("[data-result]")).ToContainTextAsync("cannot check Ed25519");
        await Expect(visit.Page.GetByText("stoa verify catalog-0.tlog-proof")).ToBeVisibleAsync();
        await LookAsync(visit);
    }

    private static string Changed(string what, string proof)
    {
        var lines = proof.Split('\n');
        switch (what)
        {
            case "entry": lines[1] = "extra " + Convert.ToBase64String("""{"type":"dataset.published"}"""u8); break;
            case "index": lines[2] = "index 1"; break;
            case "hash": lines[3] = Convert.ToBase64String(new byte[32]); break;
            case "size": lines[Array.IndexOf(lines, "") + 2] = "4"; break;
            case "signature":
                var last = lines[^2].Split(' ');
                var bytes = Convert.FromBase64String(last[2]);
                bytes[^1] ^= 1;
                lines[^2] = $"{last[0]} {last[1]} {Convert.ToBase64String(bytes)}";
                break;
        }

        return string.Join('\n', lines);
    }

    private Task<VisitedPage> OpenAsync(Exchange stoa, string scheme, int width) => browser.OpenAsync("/about", new()
    {
        ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light, ViewportSize = new() { Width = width, Height = 900 },
    }, stoa.Address.ToString().TrimEnd('/'));

    private async Task LookAsync(VisitedPage visit)
    {
        if (Environment.GetEnvironmentVariable("STOA_SCREENSHOTS") is { Length: > 0 } folder)
            await visit.Page.ScreenshotAsync(new()
            {
                Path = Path.Combine(folder, $"logs-{visit.Page.ViewportSize!.Width}-{await visit.Page.EvaluateAsync<string>("() => matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")}-{++_looks:00}.png"),
                FullPage = true,
            });
        await visit.ShouldBeAccessibleAsync();
        Assert.InRange(await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth"), int.MinValue, 0);
    }
}
