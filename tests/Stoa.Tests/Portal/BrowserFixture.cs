using System.Text.Json;
using Microsoft.Playwright;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>Debian's chromium and the town, started once for all tests that look at pages as people do.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";

    // A browser's first page has taken more than half a minute while others used both processors.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal PortalSite Site { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Site = await PortalSite.StartTownAsync(TestContext.Current.CancellationToken);
        if (!File.Exists(Chromium)) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await LaunchAsync(_playwright);
    }

    /// <summary>Debian's chromium; null where it is not installed.</summary>
    internal static async Task<IBrowser?> LaunchAsync(IPlaywright playwright)
    {
        // The machine may have other work.
        Assertions.SetDefaultExpectTimeout(30_000);
        return !File.Exists(Chromium) ? null : await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
    }

    /// <summary>Ends the test that needs a browser where there is none.</summary>
    internal static void Refuse()
    {
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"{Chromium} is missing on the build server.");
        Assert.Skip($"{Chromium} is not installed: apt install chromium.");
    }

    /// <summary>A fresh visitor's page, with what it says and asks for being written down.</summary>
    /// <param name="address">Which page.</param>
    /// <param name="options">What browser it is.</param>
    /// <param name="home">Of which server, without a slash at the end; null: of the town's.</param>
    internal async Task<VisitedPage> OpenAsync(string address, BrowserNewContextOptions options, string? home = null)
    {
        if (_browser is null) Refuse();
        options.Locale ??= "en-GB";
        options.TimezoneId ??= "Europe/Berlin";
        var context = await _browser!.NewContextAsync(options); // Refused on a line above.
        context.SetDefaultTimeout((float)Patience.TotalMilliseconds);
        var visited = new VisitedPage(context, await context.NewPageAsync(), home ?? Site.Address);
        await visited.Page.GotoAsync((home ?? Site.Address) + address);
        return visited;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        await Site.DisposeAsync();
    }
}

/// <summary>A page with its complaints and the addresses it asked for.</summary>
internal sealed class VisitedPage : IAsyncDisposable
{
    private static readonly Lazy<string> Axe = new(() => File.ReadAllText(
        Path.Combine(Repository(), "node_modules", "axe-core", "axe.min.js")));

    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];
    private readonly List<string> _elsewhere = [];

    internal VisitedPage(IBrowserContext context, IPage page, string home)
    {
        _context = context;
        Page = page;
        page.PageError += (_, error) => _complaints.Add(error);
        page.Console += (_, message) =>
        {
            // The software renderer of a machine without a graphics card warns about itself.
            if (message.Type == "error") _complaints.Add(message.Text);
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(home, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                _elsewhere.Add(request.Url);
        };
    }

    internal IPage Page { get; }

    /// <summary>Waits until every map is drawn and every chart in view is.</summary>
    internal async Task SettleAsync()
    {
        await Page.WaitForFunctionAsync("() => [...document.querySelectorAll('[data-map]')].every(map => map.dataset.ready)");
        await Page.WaitForFunctionAsync(
            "() => [...document.querySelectorAll('[data-chart]')].every(chart => chart.dataset.ready || chart.getBoundingClientRect().top > innerHeight + 250)");
    }

    /// <summary>Nothing went wrong, and nothing was asked of another server.</summary>
    internal void ShouldBeQuiet()
    {
        Assert.Empty(_complaints);
        Assert.Empty(_elsewhere);
    }

    /// <summary>axe finds nothing to complain about (WCAG 2.2 AA and its good practices).</summary>
    internal async Task ShouldBeAccessibleAsync()
    {
        await Page.EvaluateAsync(Axe.Value);
        var found = await Page.EvaluateAsync<string>(
            """
            async () => {
              const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
              const { violations } = await axe.run(document, { runOnly: tags });
              return JSON.stringify(violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ') + ' | ' + n.failureSummary).slice(0, 4).join(' ; ')}`));
            }
            """);
        Assert.Equal("", string.Join('\n', JsonSerializer.Deserialize<string[]>(found)!));
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Stoa.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
