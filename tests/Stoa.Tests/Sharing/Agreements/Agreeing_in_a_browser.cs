using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stoa.Identity.SignIn;
using Stoa.Sharing.Exchanges;
using Stoa.Tests.Identity;
using Stoa.Tests.Portal;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>Two organizations come from nothing to data under an agreement, as people do it.</summary>
public class Agreeing_in_a_browser(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    // What "within minutes" means to those for whom it is made.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_nothing_to_a_download_under_a_signed_agreement()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("portal.name", "City data exchange"));
        var home = stoa.Address.ToString().TrimEnd('/');
        var first = await stoa.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(Now);
        var desk = new BrowserNewContextOptions { ViewportSize = new() { Width = 1280, Height = 900 } };
        await using var office = await browser.OpenAsync("/about", desk);
        await using var owners = await browser.OpenAsync("/about", desk);
        await using var consumers = await browser.OpenAsync("/about",
            new() { ViewportSize = new() { Width = 390, Height = 844 }, ColorScheme = ColorScheme.Dark, AcceptDownloads = true });
        var watch = Stopwatch.StartNew();

        // The office governs the exchange and publishes; it admits two organizations, and their people come in.
        await JoinAsync(office.Page, home + first.Path, "Amina Administrator", "amina@city.example");
        await AdmitAsync(office, home, "City data office");
        var desks = await InviteAsync(office.Page, "amina@city.example");
        await office.Page.GotoAsync(desks);
        await office.Page.GetByRole(AriaRole.Button, new() { Name = "Join City data office" }).ClickAsync();
        await AdmitAsync(office, home, "Department of Traffic");
        var owner = await InviteAsync(office.Page, "olga@traffic.example", alsoAdministrator: true);
        await AdmitAsync(office, home, "University of Applied Sciences");
        var consumer = await InviteAsync(office.Page, "carl@university.example");
        await JoinAsync(owners.Page, owner, "Olga Owner");
        await JoinAsync(consumers.Page, consumer, "Carl Consumer");

        // The owner enters a dataset, names who publishes it, and both put it at a level.
        await owners.Page.GetByRole(AriaRole.Link, new() { Name = "Datasets of Department of Traffic" }).ClickAsync();
        await Expect(owners.Page.GetByRole(AriaRole.Heading, new() { Name = "Datasets of Department of Traffic" })).ToBeVisibleAsync();
        await owners.ShouldBeAccessibleAsync();
        await owners.Page.GetByLabel("Title").FillAsync("Bicycle counters");
        await owners.Page.GetByLabel("What it holds").FillAsync("Every quarter of an hour, how many bicycles passed each of the city's counters.");
        await owners.Page.GetByLabel("Infrastructure that it comes from").SelectOptionAsync("transport");
        await ShotAsync(owners.Page, "enter");
        await owners.Page.GetByRole(AriaRole.Button, new() { Name = "Enter the dataset" }).ClickAsync();
        await owners.Page.GetByText("Propose a role").ClickAsync();
        await owners.Page.GetByLabel("Role", new() { Exact = true }).SelectOptionAsync("primaryPublisher");
        await owners.Page.GetByLabel("Organization", new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Label = "City data office" });
        await owners.Page.GetByRole(AriaRole.Button, new() { Name = "Propose the role" }).ClickAsync();
        await office.Page.GotoAsync(home + "/access");
        await office.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Accept: Primary publisher") }).ClickAsync();
        await Expect(office.Page.GetByText("Done.")).ToBeVisibleAsync();
        await ProposeLevelAsync(owners.Page, home);
        await office.Page.GotoAsync(home + "/datasets/department-of-traffic-bicycle-counters/governance");
        await office.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Approve") }).ClickAsync();
        await Expect(office.Page.GetByText("Named parties, in force")).ToBeVisibleAsync();
        await ShotAsync(office.Page, "level");

        // A device of the owner's delivers, with a token of its own.
        await owners.Page.GotoAsync(home + "/organizations/department-of-traffic/tokens");
        await owners.Page.GetByLabel("Name").FillAsync("Counter at the bridge");
        await owners.Page.GetByRole(AriaRole.Checkbox, new() { Name = "Bicycle counters" }).CheckAsync();
        await owners.Page.GetByRole(AriaRole.Button, new() { Name = "Make the token" }).ClickAsync();
        var token = await owners.Page.Locator("p.call code").InnerTextAsync();
        await owners.ShouldBeAccessibleAsync();
        await ShotAsync(owners.Page, "token");
        await DeliverAsync(stoa, token);

        // One asks.
        await consumers.Page.GotoAsync(home + "/datasets/department-of-traffic-bicycle-counters");
        await consumers.ShouldBeAccessibleAsync();
        await consumers.Page.GetByRole(AriaRole.Link, new() { Name = "Ask for access" }).ClickAsync();
        await Expect(consumers.Page.GetByRole(AriaRole.Heading, new() { Name = "Ask for access" })).ToBeVisibleAsync();
        await consumers.ShouldBeAccessibleAsync();
        await ShotAsync(consumers.Page, "ask");
        await consumers.Page.GetByLabel("What will the data be used for?").SelectOptionAsync("AcademicResearch");
        await consumers.Page.GetByLabel("Why, in your words").FillAsync("We study how people cycle through the city over the year.");
        await consumers.Page.GetByRole(AriaRole.Button, new() { Name = "Send the request" }).ClickAsync();
        await Expect(consumers.Page.GetByText("The request is sent.")).ToBeVisibleAsync();
        await consumers.ShouldBeAccessibleAsync();

        // The other answers.
        await owners.Page.GotoAsync(home + "/inbox");
        await owners.ShouldBeAccessibleAsync();
        await ShotAsync(owners.Page, "inbox");
        await owners.Page.GetByRole(AriaRole.Link, new() { Name = "Bicycle counters" }).ClickAsync();
        await Expect(owners.Page.GetByRole(AriaRole.Heading, new() { NameRegex = new("asks for Bicycle counters$") })).ToBeVisibleAsync();
        await owners.ShouldBeAccessibleAsync();
        await owners.Page.GetByText("Other clauses than the template's").ClickAsync();
        await owners.Page.GetByLabel("Rows a day").FillAsync("100000");
        await owners.ShouldBeAccessibleAsync();
        await ShotAsync(owners.Page, "request");
        await owners.Page.GetByRole(AriaRole.Button, new() { Name = "Approve and offer" }).ClickAsync();
        await Expect(owners.Page.GetByText("The agreement is offered to the other side.")).ToBeVisibleAsync();
        await owners.ShouldBeAccessibleAsync();

        // Both have signed.
        await consumers.Page.GotoAsync(home + "/inbox");
        await consumers.ShouldBeAccessibleAsync();
        await consumers.Page.Locator("[aria-labelledby=to-sign]").GetByRole(AriaRole.Link, new() { Name = "Bicycle counters" }).ClickAsync();
        await Expect(consumers.Page.GetByText("gains sight")).ToBeVisibleAsync();
        await consumers.ShouldBeAccessibleAsync();
        await consumers.Page.GetByText("Propose other clauses").ClickAsync();
        await Expect(consumers.Page.GetByLabel("Rows a day")).ToHaveValueAsync("100000");
        await consumers.ShouldBeAccessibleAsync();
        await ShotAsync(consumers.Page, "sign");
        await consumers.Page.GetByLabel("I have read the clauses").CheckAsync();
        await consumers.Page.GetByRole(AriaRole.Button, new() { Name = "Sign", Exact = true }).ClickAsync();
        await Expect(consumers.Page.GetByText("It is in force.")).ToBeVisibleAsync();
        await consumers.ShouldBeAccessibleAsync();

        // And the data come.
        var download = await consumers.Page.RunAndWaitForDownloadAsync(() =>
            consumers.Page.GetByRole(AriaRole.Link, new() { Name = "Observations, CSV: Bicycle counters" }).ClickAsync());
        watch.Stop();
        var csv = await File.ReadAllTextAsync(await download.PathAsync(), Now);
        TestContext.Current.SendDiagnosticMessage("From nothing to the file: {0:0.0} s", watch.Elapsed.TotalSeconds);
        Assert.Equal("department-of-traffic-bicycle-counters-observations.csv", download.SuggestedFilename);
        Assert.Contains("4711", csv, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < Longest, $"It took {watch.Elapsed}.");
        await owners.Page.GotoAsync(home + "/register");
        await owners.ShouldBeAccessibleAsync();
        await ShotAsync(owners.Page, "register");
        await owners.Page.GetByRole(AriaRole.Link, new() { NameRegex = new("^[0-9]+$") }).ClickAsync();
        await Expect(owners.Page.GetByRole(AriaRole.Heading, new() { Name = "Signatures" })).ToBeVisibleAsync();
        await owners.ShouldBeAccessibleAsync();
        await ShotAsync(owners.Page, "agreement");
        await PrintAsync(owners.Page);

        // Both take away what proves it: the agreement, and what was given under it.
        var proof = await owners.Page.RunAndWaitForDownloadAsync(() =>
            owners.Page.GetByRole(AriaRole.Link, new() { Name = "Evidence", Exact = true }).ClickAsync());
        Assert.Matches("^agreement-[0-9]+-evidence.zip$", proof.SuggestedFilename);
        var usage = home + "/usage?agreement=" + proof.SuggestedFilename.Split('-')[1];
        foreach (var side in new[] { owners, consumers })
        {
            // A record is made when the answer has left, which is after the browser has it.
            do
            {
                await stoa.Services.GetRequiredService<ExchangeLog>().DrainAsync(Now);
                await side.Page.GotoAsync(usage);
            }
            while (await side.Page.GetByRole(AriaRole.Heading, new() { Name = "The last accesses" }).CountAsync() == 0);
            await side.ShouldBeAccessibleAsync();
            await ShotAsync(side.Page, side == owners ? "usage" : "usage-phone");
            Assert.InRange(await side.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth"), int.MinValue, 0);
            var access = await side.Page.RunAndWaitForDownloadAsync(() => side.Page.GetByRole(AriaRole.Link, new() { Name = "Evidence of the access" }).First.ClickAsync());
            Assert.Matches("^exchange-[0-9]+-evidence.zip$", access.SuggestedFilename);
        }
    }

    private static async Task AdmitAsync(VisitedPage visit, string home, string name)
    {
        await visit.Page.GotoAsync(home + "/organizations");
        await visit.ShouldBeAccessibleAsync();
        await ShotAsync(visit.Page, "organizations");
        await visit.Page.GetByLabel("Name").FillAsync(name);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Admit the organization" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = name })).ToBeVisibleAsync();
    }

    private static async Task<string> InviteAsync(IPage page, string login, bool alsoAdministrator = false)
    {
        await page.GetByLabel("E-mail address").FillAsync(login);
        await page.GetByLabel("Data officer: answers for its data").CheckAsync();
        if (alsoAdministrator) await page.GetByLabel("Administrator: governs this page").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the link" }).ClickAsync();
        return await page.Locator("p.call code").InnerTextAsync();
    }

    private static async Task ProposeLevelAsync(IPage page, string home)
    {
        await page.GotoAsync(home + "/datasets/department-of-traffic-bicycle-counters/governance");
        await page.GetByText("Propose a level").ClickAsync();
        await page.GetByLabel("Level", new() { Exact = true }).SelectOptionAsync("specific");
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "City data office" }).CheckAsync();
        await page.Locator("#level-reason").FillAsync("Those who plan and study traffic need it.");
        await page.GetByLabel("Last day of the review").FillAsync(DateTime.UtcNow.AddYears(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        await page.GetByLabel("To persons").SelectOptionAsync("none");
        foreach (var line in new[] { "Data protection", "Rights of others, contracts, secrets of business", "Security and critical infrastructure", "Duties to publish, duties to keep secret" })
            await page.GetByLabel(line, new() { Exact = true }).SelectOptionAsync("satisfied");
        await page.GetByRole(AriaRole.Button, new() { Name = "Submit for approval" }).ClickAsync();
        await Expect(page.GetByText("waits for the other side")).ToBeVisibleAsync();
    }

    private static async Task DeliverAsync(Exchange stoa, string token) =>
        (await stoa.PostJsonAsync("/datasets/department-of-traffic-bicycle-counters/sensorthings/v1.1/Things",
            """
            {"name":"Counter at the bridge","description":"Counts.","Locations":[{"name":"Bridge","description":"","encodingType":"application/geo+json",
             "location":{"type":"Point","coordinates":[10.1,54.3]}}],
             "Datastreams":[{"name":"Bicycles","description":"","observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
              "unitOfMeasurement":{"name":"bicycles","symbol":"","definition":"https://example.org/bicycles"},
              "Sensor":{"name":"Loop","description":"","encodingType":"text/html","metadata":""},
              "ObservedProperty":{"name":"Bicycles","definition":"https://example.org/bicycles","description":""},
              "Observations":[{"phenomenonTime":"2026-01-01T00:00:00Z","result":4711}]}]}
            """, token)).ShouldBe(201);

    private static async Task JoinAsync(IPage page, string address, string name, string? login = null)
    {
        await page.GotoAsync(address);
        await page.GetByLabel("Your name").FillAsync(name);
        if (login is not null) await page.GetByLabel("E-mail address").FillAsync(login);
        await page.GetByLabel("Password").FillAsync(Visitor.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = name })).ToBeVisibleAsync();
    }

    // With STOA_SCREENSHOTS naming a folder, what the pages look like is kept there.
    private static async Task ShotAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("STOA_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"agreements-{name}.png"), FullPage = true });
    }

    private static async Task PrintAsync(IPage page)
    {
        var pdf = await page.PdfAsync(new() { Format = "A4" });
        Assert.Equal("%PDF"u8, pdf.AsSpan(0, 4));
        Assert.True(pdf.Length > 4096, $"The printed agreement has {pdf.Length} bytes.");
        if (Environment.GetEnvironmentVariable("STOA_SCREENSHOTS") is { Length: > 0 } folder)
            await File.WriteAllBytesAsync(Path.Combine(folder, "agreements-printed.pdf"), pdf, Now);
    }
}
