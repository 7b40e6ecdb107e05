using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Stoa.Catalogue.Search;
using Stoa.Portal.Pages;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>The town is built once for all tests that only read it.</summary>
public sealed class TownFixture : IAsyncLifetime
{
    internal PortalSite Site { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Site = await PortalSite.StartTownAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => Site.DisposeAsync();
}

public partial class Portal_pages(TownFixture town) : IClassFixture<TownFixture>
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Home_shows_the_key_figures_of_what_is_open()
    {
        var page = await GetAsync("/");

        Assert.Contains("<dt>Datasets</dt><dd>7</dd>", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Places</dt><dd>48</dd>", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Datastreams</dt><dd>60</dd>", page, StringComparison.Ordinal);
        Assert.Contains("data-observations=\"20160\"", page, StringComparison.Ordinal);
        Assert.Contains("60 s ago", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dataset_is_downloaded_as_a_table_and_as_a_map()
    {
        var page = await GetAsync("/datasets/air-quality");

        var links = Regex.Matches(page, "href=\"(/datasets/air-quality/sensorthings/[^\"]*)\" download=\"([^\"]*)\"")
            .Select(match => (Address: WebUtility.HtmlDecode(match.Groups[1].Value), Name: match.Groups[2].Value)).ToList();
        Assert.Equal(["air-quality-observations.csv", "air-quality-latest.csv", "air-quality.geojson"], links.Select(link => link.Name));
        var answers = new List<string>();
        foreach (var (address, _) in links) answers.Add(await town.Site.Client.GetStringAsync(address, Now));
        // 18 datastreams of a fortnight by the hour.
        Assert.Equal(1 + (18 * 336), answers[0].Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.StartsWith(
            "id,name,unitOfMeasurement/name,unitOfMeasurement/symbol,unitOfMeasurement/definition,Thing/name,Observations/phenomenonTime,Observations/result\r\n",
            answers[1], StringComparison.Ordinal);
        Assert.Equal(6, Regex.Count(answers[2], "\"type\":\"Point\""));
    }

    [Theory]
    [InlineData("nitrogen", "Air quality")]
    [InlineData("PARKING", "Car parks")]
    [InlineData("bicyc", "Bicycle counts")]
    [InlineData("town works glass", "Bottle banks")]
    [InlineData("wi-fi", "Public Wi-Fi")]
    public async Task Datasets_are_found_by_the_beginning_of_words_anywhere_in_their_description(string words, string title)
    {
        var page = await GetAsync("/datasets?q=" + Uri.EscapeDataString(words));

        Assert.Contains(">" + title + "</a></h3>", page, StringComparison.Ordinal);
        Assert.Contains("1 dataset for", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_word_in_the_title_ranks_above_the_same_word_in_the_description()
    {
        var page = await GetAsync("/datasets?q=public");

        var titled = page.IndexOf(">Public Wi-Fi</a>", StringComparison.Ordinal);
        var described = page.IndexOf(">Car parks</a>", StringComparison.Ordinal);
        Assert.InRange(titled, 1, described);
    }

    [Theory]
    [InlineData("\"")]
    [InlineData("AND")]
    [InlineData("title:air")]
    [InlineData("a* OR b NEAR(")]
    [InlineData("'; DROP TABLE dataset; --")]
    public async Task Nothing_that_is_typed_into_the_search_is_an_operator(string words)
    {
        using var answer = await town.Site.Client.GetAsync("/datasets?q=" + Uri.EscapeDataString(words), Now);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Datasets_are_narrowed_by_sector_and_publisher_with_counts_beside_each_choice()
    {
        var page = await GetAsync("/datasets?sector=transport&publisher=mobility-department");

        Assert.Contains("2 datasets", page, StringComparison.Ordinal);
        Assert.Contains(">Car parks</a>", page, StringComparison.Ordinal);
        Assert.DoesNotContain(">Air quality</a>", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/datasets?sector=transport\"", page, StringComparison.Ordinal);
        Assert.Contains("<span>Mobility Department</span><span class=\"facet-count\">2</span>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dataset_page_says_what_whose_and_how_open()
    {
        var page = await GetAsync("/datasets/air-quality");

        Assert.Contains("<h1>Air quality</h1>", page, StringComparison.Ordinal);
        Assert.Contains("Environment Office", page, StringComparison.Ordinal);
        Assert.Contains("CC BY 4.0", page, StringComparison.Ordinal);
        Assert.Contains("Anyone may use it, without login and without key.", page, StringComparison.Ordinal);
        Assert.Contains("28 February 2026 – 14 March 2026", page, StringComparison.Ordinal);
        Assert.Contains("https://data.town.example/datasets/air-quality/sensorthings/v1.1", page, StringComparison.Ordinal);
        Assert.Contains("<path class=\"spark-line\"", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/datasets/air-quality", 4)]
    [InlineData("/things/1", 3)]
    public async Task Every_call_offered_for_copying_works_as_it_stands(string address, int calls)
    {
        var page = WebUtility.HtmlDecode(await GetAsync(address));
        var texts = Code().Matches(page).Select(match => match.Groups[1].Value).ToList();

        Assert.Equal(calls, texts.Count);
        foreach (var text in texts)
        {
            var query = Parameter().Matches(text)
                .Select(match => $"{match.Groups[1].Value}={Uri.EscapeDataString(match.Groups[2].Value)}");
            var path = Address().Match(text).Groups[1].Value;
            var answer = await town.Site.Client.GetStringAsync($"{path}?{string.Join('&', query)}", Now);
            Assert.StartsWith("{", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Html_in_a_description_stays_text()
    {
        var page = await GetAsync("/datasets/air-quality");

        Assert.Contains("&lt;script&gt;alert(", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.Contains("<li>hourly means</li>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("24h", "25 observations")]
    [InlineData("7d", "169 observations")]
    [InlineData("all", "336 observations")]
    public async Task A_place_shows_its_datastreams_over_the_chosen_span(string span, string count)
    {
        var page = await GetAsync("/things/1?span=" + span);

        Assert.Contains("<h1>Station Bridge Street</h1>", page, StringComparison.Ordinal);
        Assert.Contains("Nitrogen dioxide", page, StringComparison.Ordinal);
        Assert.Contains(count, page, StringComparison.Ordinal);
        Assert.Contains("<dt>height · value</dt><dd>3.5</dd>", page, StringComparison.Ordinal);
        Assert.Contains($"href=\"/things/1?span={span}\" aria-current=\"true\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Places_are_listed_by_name_and_narrowed_by_dataset()
    {
        var page = await GetAsync("/things?dataset=car-parks");

        Assert.Contains("7 places", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Counter ", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_exist_is_a_page_for_browsers()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/no/such/page");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));

        using var answer = await town.Site.Client.SendAsync(request, Now);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("Nothing to be found here", await answer.Content.ReadAsStringAsync(Now), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/datasets")]
    [InlineData("/datasets/air-quality")]
    [InlineData("/things")]
    [InlineData("/things/1")]
    [InlineData("/about")]
    [InlineData("/datasets/absent")]
    public async Task Pages_allow_nothing_from_elsewhere_and_nothing_inline(string address)
    {
        using var answer = await town.Site.Client.GetAsync(address, Now);

        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var page = await answer.Content.ReadAsStringAsync(Now);
        Assert.DoesNotContain(" style=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<style", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" onclick", page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_appearance_is_remembered_without_script_and_returns_to_the_page()
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = town.Site.Client.BaseAddress };

        using var answer = await client.GetAsync("/appearance?theme=dark&back=%2Fdatasets%3Fq%3Dair", Now);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal("/datasets?q=air", answer.Headers.Location?.OriginalString);
        Assert.Contains("data-theme=\"dark\"", await client.GetStringAsync("/", Now), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/datasets", true)]
    [InlineData("//evil.example", false)]
    [InlineData("/\\evil.example", false)]
    [InlineData("https://evil.example", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("/x\r\nSet-Cookie: a=b", false)]
    public void Only_addresses_of_this_server_are_returned_to(string? address, bool isLocal) =>
        Assert.Equal(isLocal, PageEndpoints.IsLocal(address));

    [Fact]
    public async Task Browser_files_are_kept_for_ever_and_travel_compressed()
    {
        var page = await GetAsync("/");
        var start = page.IndexOf("/assets/", StringComparison.Ordinal);
        var address = page[start..page.IndexOf('"', start)];
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.AcceptEncoding.ParseAdd("br");

        using var answer = await town.Site.Client.SendAsync(request, Now);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("br", answer.Content.Headers.ContentEncoding.Single());
        var cache = answer.Headers.NonValidated["Cache-Control"].ToString();
        Assert.Equal("public, max-age=31536000, immutable", cache);
        using var again = new HttpRequestMessage(HttpMethod.Get, address);
        again.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
        using var unchanged = await town.Site.Client.SendAsync(again, Now);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Browser_files_of_another_build_lead_to_those_of_this_one()
    {
        using var old = await town.Site.Client.GetAsync("/assets/000000000000/css/stoa.css", Now);
        using var absent = await town.Site.Client.GetAsync("/assets/000000000000/css/../secret.txt", Now);

        Assert.Equal(HttpStatusCode.OK, old.StatusCode);
        Assert.DoesNotContain("000000000000", old.RequestMessage!.RequestUri!.AbsolutePath, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
    }

    [Theory]
    [InlineData("Bearer nonsense")]
    [InlineData("Basic dXNlcjpwYXNz")]
    public async Task A_bad_credential_is_refused_and_never_taken_for_none(string credential)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/datasets");
        request.Headers.TryAddWithoutValidation("Authorization", credential);

        using var answer = await town.Site.Client.SendAsync(request, Now);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("air", "\"air\"*", "air")]
    [InlineData("Straße 12", "\"Straße\"* AND \"12\"*", "Straße 12")]
    [InlineData("  \"' ; -- ", null, null)]
    [InlineData("", null, null)]
    public void Search_words_are_quoted(string words, string? sqlite, string? postgres)
    {
        Assert.Equal(sqlite, SearchWords.Parse(words)?.All(StorageEngine.Sqlite));
        Assert.Equal(postgres, SearchWords.Parse(words)?.All(StorageEngine.Postgres));
    }

    private async Task<string> GetAsync(string address)
    {
        using var answer = await town.Site.Client.GetAsync(address, Now);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        // Letters beyond ASCII leave as references; what HTML means by itself stays escaped.
        return Beyond().Replace(await answer.Content.ReadAsStringAsync(Now), match => WebUtility.HtmlDecode(match.Value));
    }

    [GeneratedRegex("<code>([^<]*)</code>")]
    private static partial Regex Code();

    [GeneratedRegex("https://data.town.example([^']*)")]
    private static partial Regex Address();

    [GeneratedRegex("--data-urlencode '([^=]*)=([^']*)'")]
    private static partial Regex Parameter();

    [GeneratedRegex("&#x[0-9A-F]{2,5};")]
    private static partial Regex Beyond();
}
