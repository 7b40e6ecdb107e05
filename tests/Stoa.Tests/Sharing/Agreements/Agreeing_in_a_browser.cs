using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Tests.Identity;
using Stoa.Tests.Portal;
using Stoa.Vocabulary;
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
    public async Task From_an_invitation_to_a_download_under_a_signed_agreement()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("portal.name", "City data exchange"));
        await GivenDataAsync(stoa);
        var home = stoa.Address.ToString().TrimEnd('/');
        var (owner, consumer) = (
            await InviteAsync(stoa, "Department of Traffic", "olga@traffic.example"),
            await InviteAsync(stoa, "University of Applied Sciences", "carl@university.example"));
        await using var owners = await browser.OpenAsync("/about", new() { ViewportSize = new() { Width = 1280, Height = 900 } });
        await using var consumers = await browser.OpenAsync("/about",
            new() { ViewportSize = new() { Width = 390, Height = 844 }, ColorScheme = ColorScheme.Dark, AcceptDownloads = true });
        var watch = Stopwatch.StartNew();

        // Both come in.
        await JoinAsync(owners.Page, home + owner, "Olga Owner");
        await JoinAsync(consumers.Page, home + consumer, "Carl Consumer");

        // One asks.
        await consumers.Page.GotoAsync(home + "/datasets/counters");
        await consumers.ShouldBeAccessibleAsync();
        await consumers.Page.GetByRole(AriaRole.Link, new() { Name = "Ask for access" }).ClickAsync();
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
        TestContext.Current.SendDiagnosticMessage("From the invitation to the file: {0:0.0} s", watch.Elapsed.TotalSeconds);
        Assert.Equal("counters-observations.csv", download.SuggestedFilename);
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
    }

    private static async Task GivenDataAsync(Exchange stoa)
    {
        foreach (var (slug, name) in new[] { ("traffic", "Department of Traffic"), ("university", "University of Applied Sciences") })
            (await stoa.PostJsonAsync("/api/v1/organizations", $$"""{"slug":"{{slug}}","name":"{{name}}"}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/datasets",
            """
            {"slug":"counters","title":"Bicycle counters","sector":"transport","spectrum":"specific","owner":"traffic",
             "description":"Every quarter of an hour, how many bicycles passed each of the city's counters."}
            """)).ShouldBe(201);
        (await stoa.PostJsonAsync("/datasets/counters/sensorthings/v1.1/Things",
            """
            {"name":"Counter at the bridge","description":"Counts.","Locations":[{"name":"Bridge","description":"","encodingType":"application/geo+json",
             "location":{"type":"Point","coordinates":[10.1,54.3]}}],
             "Datastreams":[{"name":"Bicycles","description":"","observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
              "unitOfMeasurement":{"name":"bicycles","symbol":"","definition":"https://example.org/bicycles"},
              "Sensor":{"name":"Loop","description":"","encodingType":"text/html","metadata":""},
              "ObservedProperty":{"name":"Bicycles","definition":"https://example.org/bicycles","description":""},
              "Observations":[{"phenomenonTime":"2026-01-01T00:00:00Z","result":4711}]}]}
            """)).ShouldBe(201);
        await stoa.Services.GetRequiredService<Database>().WriteAsync(session =>
        {
            var id = SharedDatasets.Find(session, "counters")!.Id;
            var record = GovernedRecords.FindBySeat(session, RecordTypes.Dataset, $"dataset {id}");
            var facts = (record?.Content ?? new GovernedDataset { Id = id }) with { IsListed = true };
            var at = Instant.From(DateTimeOffset.UtcNow);
            return (record is null
                ? GovernedRecords.Insert(session, RecordTypes.Dataset, facts, RecordAct.OfClock("list"), at)
                : GovernedRecords.Update(session, RecordTypes.Dataset, record, facts, RecordAct.OfClock("list"), at)).IsValue;
        }, Now);
        await stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
    }

    private static async Task<string> InviteAsync(Exchange stoa, string organization, string login)
    {
        var parties = (await stoa.GetAsync("/api/v1/parties?kind=organization", stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value");
        var id = parties.EnumerateArray().Single(one => one.GetProperty("name").GetString() == organization).GetProperty("id").GetInt64();
        var made = await stoa.PostJsonAsync("/api/v1/invitations", $$"""{"organization":{{id}},"login":"{{login}}","roles":["data-officer"]}""");
        return new Uri(made.ShouldBe(201).Json.GetProperty("link").GetString()!).AbsolutePath;
    }

    private static async Task JoinAsync(IPage page, string address, string name)
    {
        await page.GotoAsync(address);
        await page.GetByLabel("Your name").FillAsync(name);
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
        if (Environment.GetEnvironmentVariable("STOA_SCREENSHOTS") is { Length: > 0 } folder)
            await page.PdfAsync(new() { Path = Path.Combine(folder, "agreements-printed.pdf"), Format = "A4" });
    }
}
