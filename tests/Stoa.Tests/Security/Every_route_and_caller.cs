using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.SignIn;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Records;
using Stoa.Tests.Architecture;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>Every address of the program and six callers, about one dataset of the level specific: who gets which status, in full, in
/// <c>Every_route_and_caller.txt</c>. A new address without a row fails.</summary>
/// <remarks>A row is not a wish: look at what is written before keeping it. What only two may see is looked for in every
/// answer besides, whatever the table says.</remarks>
public partial class Every_route_and_caller
{
    // A name that occurs nowhere else.
    private const string Secret = "Zirbenholz 4711";
    private const string Columns = "anonymous, another organization, reader, expired agreement, signed in of another organization, signed in under an agreement";

    // What is sent with those whose empty body would be refused before anybody is asked who he is.
    private static readonly Dictionary<string, string> Bodies = new(StringComparer.Ordinal)
    {
        ["/api/v1/access-requests"] = """{"dataset":"counts","purpose":"ScientificResearch","legalBasis":"notPersonal","statement":"x","submit":true}""",
        ["/api/v1/agreements"] = """{"template":"plain","terms":{"consumer":3,"datasets":["counts"],"purposes":["ScientificResearch"]},"offer":true}""",
        ["/api/v1/claims/1/moves"] = """{"move":"revoke"}""",
        ["/api/v1/classifications/1/moves"] = """{"move":"freeze","reason":"x"}""",
        ["/api/v1/corrections/1/moves"] = """{"move":"approve","reason":"x"}""",
        ["/api/v1/datasets/counts/corrections"] = """{"kind":"variance","reason":"x"}""",
        ["/api/v1/datasets/counts/roles"] = """{"role":"user","party":3}""",
        ["/api/v1/decisions/explain"] = """{"dataset":"counts"}""",
        ["/api/v1/delegations/1/moves"] = """{"move":"accept"}""",
        ["/api/v1/obligations/1/moves"] = """{"move":"fulfil","evidenceNote":"x"}""",
        ["/api/v1/policy/compatibility-tests"] =
            """
            {"agreement":1,"purpose":"AcademicResearch","isCompatible":true,"link":"x","context":"x","nature":"x","consequences":"x","safeguards":"x",
             "grounds":"x"}
            """,
        ["/api/v1/roles/1/moves"] = """{"move":"accept"}""",
        ["/api/v1/terms"] = """{"name":"terms-of-others","title":"x","text":"x"}""",
        ["/datasets/counts/sensorthings/v1.1/$batch"] = """{"requests":[{"id":"1","method":"get","url":"Things"}]}""",
        ["/datasets/counts/sensorthings/v1.1/Things"] = """{"name":"n","description":"d"}""",
        ["/sensorthings/v1.1/$batch"] = """{"requests":[{"id":"1","method":"get","url":"Things"}]}""",
        ["/sensorthings/v1.1/Things"] = """{"name":"n","description":"d"}""",
    };

    /// <summary>Somebody who asks, with a token or in a browser.</summary>
    /// <param name="Name">As the column is called.</param>
    /// <param name="Token">His token.</param>
    /// <param name="Session">His cookies, and what proves that his forms are ours.</param>
    /// <param name="Other">Another session of his, for what ends sessions.</param>
    private sealed record Someone(string Name, string? Token, Browser? Session = null, Browser? Other = null)
    {
        public bool MaySee => Name is "reader" or "signed in under an agreement";
    }

    private sealed record Browser(string Cookies, string Form);

    private static readonly string Table = RepositoryFiles.PathOf("tests", "Stoa.Tests", "Security", "Every_route_and_caller.txt");

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_what_the_table_says()
    {
        await using var city = await GovernedCity.StartAsync();
        var callers = await CallersAsync(city);
        var rows = new List<string>();
        var leaks = new List<string>();
        var seen = new Dictionary<string, int>();
        foreach (var (method, path) in Routes(city.Stoa))
        {
            var row = new StringBuilder($"{method,-6} {path} ");
            foreach (var caller in callers)
            {
                var (status, text) = await AskAsync(city.Stoa, method, path, caller);
                row.Append(' ').Append(status);
                var hasSecret = text.Contains(Secret, StringComparison.Ordinal);
                if (hasSecret && caller.MaySee) seen[caller.Name] = seen.GetValueOrDefault(caller.Name) + 1;
                else if (hasSecret) leaks.Add($"{method} {path} tells {caller.Name}");
                if (status >= 500) leaks.Add($"{method} {path} answers {caller.Name} with {status}");
            }

            rows.Add(row.ToString());
        }

        Assert.Empty(leaks);
        // The bait: who may see it sees what is looked for, at more than one address.
        foreach (var caller in callers.Where(caller => caller.MaySee)) Assert.InRange(seen.GetValueOrDefault(caller.Name), 2, int.MaxValue);
        var written = $"Statuses for: {Columns}. Written by the test with STOA_WRITE_DOCS=1.\n" + string.Join('\n', rows) + '\n';
        if (Environment.GetEnvironmentVariable("STOA_WRITE_DOCS") == "1") await File.WriteAllTextAsync(Table, written, Now);
        var kept = (await File.ReadAllTextAsync(Table, Now)).Split('\n');
        var now = written.Split('\n');
        var different = now.Except(kept).Select(line => "+ " + line).Concat(kept.Except(now).Select(line => "- " + line)).ToArray();
        Assert.True(different.Length == 0,
            "The table of routes and callers is not what the program does. Look at each line, and run this test with STOA_WRITE_DOCS=1:\n" +
            string.Join('\n', different));
    }

    private static IEnumerable<(string Method, string Path)> Routes(Exchange stoa) =>
        RouteTable.Of(stoa, parameter => parameter switch
            {
                "slug" or "dataset" => "counts",
                "path" or "rest" or "resource" => "Things",
                _ => "1",
            })
            .Where(route => route.Method != "HEAD").Distinct()
            .OrderBy(route => route.Path, StringComparer.Ordinal).ThenBy(route => route.Method, StringComparer.Ordinal);

    private static async Task<Someone[]> CallersAsync(GovernedCity city)
    {
        var owner = await city.OrganizationAsync("owner");
        var consumer = await city.OrganizationAsync("consumer");
        var other = await city.OrganizationAsync("other");
        var partner = await city.OrganizationAsync("partner");
        var dataset = await city.Stoa.GivenDatasetAsync("counts", SpectrumClass.Closed);
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"owner":"owner"}""")).ShouldBe(200);
        (await city.Stoa.PostJsonAsync("/datasets/counts/sensorthings/v1.1/Things",
            $$"""{"name":"{{Secret}}","description":"d"}""")).ShouldBe(201);
        await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer, partner);
        var agreement = await city.AgreeAsync(owner, consumer, [dataset]);
        await city.ChangeAsync(RecordTypes.Agreement, agreement, World.Sign(agreement.Content with
        {
            Terms = agreement.Content.Terms with { ValidTo = new(1) }, State = AgreementState.Active,
        }));
        await city.AgreeAsync(owner, partner, [dataset]);
        return
        [
            new("anonymous", null),
            new("another organization", await city.ServiceTokenAsync(other)),
            new("reader", await city.Stoa.GivenTokenAsync("counts", "read")),
            new("expired agreement", await city.ServiceTokenAsync(consumer)),
            await PersonAsync(city.Stoa, "signed in of another organization", other),
            await PersonAsync(city.Stoa, "signed in under an agreement", partner),
        ];
    }

    // A member who answers for nothing.
    private static async Task<Someone> PersonAsync(Exchange stoa, string name, PartyId organization)
    {
        var login = $"member{organization}@city.example";
        var invited = await stoa.Services.GetRequiredService<OneTimeLinks>().InviteAsync(organization, login, ["member"], null, Now);
        Assert.True(invited.TryGet(out var link, out var problem), problem?.Detail);
        using (var joining = new Visitor(stoa)) (await joining.JoinAsync(link.Path, "A member", login)).ShouldBe(303);
        return new(name, null, await BrowserAsync(stoa, login), await BrowserAsync(stoa, login));
    }

    private static async Task<Browser> BrowserAsync(Exchange stoa, string login)
    {
        using var visitor = await Visitor.SignedInAsync(stoa, login);
        var page = (await visitor.GetAsync("/account")).ShouldBe(200).Text;
        return new(string.Join("; ", visitor.Cookies.Select(cookie => $"{cookie.Name}={cookie.Value}")), FormToken().Match(page).Groups[1].Value);
    }

    // What ends sessions, or could, is done with one that is there for it.
    private static Browser? BrowserFor(Someone caller, string path) =>
        path.StartsWith("/account", StringComparison.Ordinal) || path.StartsWith("/sign-", StringComparison.Ordinal) ? caller.Other : caller.Session;

    private static async Task<(int Status, string Text)> AskAsync(Exchange stoa, string method, string path, Someone caller)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (caller.Token is { } token) request.Headers.Authorization = new("Bearer", token);
        var browser = BrowserFor(caller, path);
        if (browser is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", browser.Cookies);
            request.Headers.TryAddWithoutValidation("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0");
        }

        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/html;q=0.9, */*;q=0.8");
        if (method is not "GET") request.Content = ContentOf(path, browser);
        using var response = await stoa.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Now);
        // A stream has no end; what flows in it is tested for itself.
        var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        return ((int)response.StatusCode, isStream ? "" : await response.Content.ReadAsStringAsync(Now));
    }

    // Pages take forms of their own, the interface takes JSON, and one address of it a form.
    private static HttpContent ContentOf(string path, Browser? browser)
    {
        if (path == "/api/v1/token-exchange")
            return new FormUrlEncodedContent([new("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), new("agreement", "1")]);
        var isPage = !path.StartsWith("/api/", StringComparison.Ordinal) && !path.Contains("/sensorthings/", StringComparison.Ordinal) &&
            !path.Contains("/connectors/", StringComparison.Ordinal);
        return isPage && browser is not null
            ? new FormUrlEncodedContent([new("form", browser.Form)])
            : new StringContent(Bodies.GetValueOrDefault(path, "{}"), Encoding.UTF8, "application/json");
    }

    [GeneratedRegex("name=\"form\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();
}
