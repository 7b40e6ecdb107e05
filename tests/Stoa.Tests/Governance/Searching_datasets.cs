using System.Text.Json;
using Stoa.Catalogue.Datasets;
using Stoa.Catalogue.Search;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>Search by word.</summary>
public class Searching_datasets
{
    private static async Task<string> SlugsAsync(GovernedExchange exchange, string query, string? token = null)
    {
        var answer = await exchange.SendAsync("GET", "/api/v1/datasets?" + query, token);
        Assert.Equal(200, answer.Status);
        using var document = JsonDocument.Parse(answer.Body);
        var slugs = document.RootElement.GetProperty("value").EnumerateArray()
            .Select(entry => entry.GetProperty("slug").GetString());
        return string.Join(' ', slugs) + " of " + document.RootElement.GetProperty("count").GetInt64();
    }

    private static async Task<GovernedExchange> WithDatasetsAsync()
    {
        var exchange = await GovernedExchange.StartAsync();
        await exchange.SendAsync("POST", "/api/v1/organizations", exchange.AdministratorToken,
            """{"slug":"works","name":"Stadtwerke Musterstadt"}""");
        await exchange.GivenDatasetAsync("noise", "open",
            new() { Title = "Noise", Description = "Sound levels at bicycle counters.", Sector = "environment" });
        await exchange.GivenDatasetAsync("bikes", "open",
            new() { Title = "Bicycle counters", Keywords = ["Fahrrad", "Zählung"], Sector = "transport" });
        await exchange.GivenDatasetAsync("heat", "open",
            new() { Title = "District heat", Owner = "works", Sector = "energy", Keywords = ["bicycle"] });
        return exchange;
    }

    [Theory]
    [InlineData("bicycle", "bikes heat noise of 3")]
    [InlineData("BICYCLE%20counters", "bikes noise of 2")]
    [InlineData("bicy", "bikes heat noise of 3")]
    [InlineData("zahlung", "bikes of 1")]
    [InlineData("Z%C3%A4hlung", "bikes of 1")]
    [InlineData("stadtwerke", "heat of 1")]
    [InlineData("nothing-of-the-kind", " of 0")]
    [InlineData("!!!", " of 0")]
    [InlineData("", "bikes heat noise of 3")]
    public async Task Finds_words_and_their_beginnings_best_hits_first(string text, string expected)
    {
        await using var exchange = await WithDatasetsAsync();

        Assert.Equal(expected, await SlugsAsync(exchange, "q=" + text));
    }

    [Theory]
    [InlineData("title:bicycle")]
    [InlineData("bicycle OR heat")]
    [InlineData("NOT bicycle")]
    [InlineData("NEAR(bicycle counters)")]
    [InlineData("\"")]
    [InlineData("\"bicycle")]
    [InlineData("bicycle*")]
    [InlineData("^bicycle")]
    [InlineData("-title : x")]
    [InlineData("{title} : bicycle")]
    [InlineData("a AND (b")]
    [InlineData("'; DROP TABLE dataset; --")]
    [InlineData("\0")]
    [InlineData("हिन्दी ²³ Ⅷ 🚲")]
    public async Task Never_reads_what_a_person_types_as_query_syntax(string text)
    {
        await using var exchange = await WithDatasetsAsync();

        var answer = await exchange.SendAsync("GET", "/api/v1/datasets?q=" + Uri.EscapeDataString(text));

        Assert.Equal(200, answer.Status);
        Assert.Equal("bikes heat noise of 3", await SlugsAsync(exchange, ""));
    }

    [Fact]
    public async Task Takes_operators_as_words()
    {
        await using var exchange = await WithDatasetsAsync();
        await exchange.GivenDatasetAsync("or", "open", new() { Title = "Either or neither, bicycle" });

        Assert.Equal("or of 1", await SlugsAsync(exchange, "q=bicycle%20OR%20neither"));
    }

    [Fact]
    public async Task Narrows_by_sector_spectrum_and_owner()
    {
        await using var exchange = await WithDatasetsAsync();

        Assert.Equal("bikes of 1", await SlugsAsync(exchange, "q=bicycle&sector=transport"));
        Assert.Equal("heat of 1", await SlugsAsync(exchange, "owner=works"));
        Assert.Equal(" of 0", await SlugsAsync(exchange, "spectrum=closed"));
        Assert.Equal("inbox of 1", await SlugsAsync(exchange, "spectrum=closed", exchange.AdministratorToken));
    }

    [Fact]
    public async Task Follows_every_change_of_the_description_and_of_the_owners_name()
    {
        await using var exchange = await WithDatasetsAsync();

        await exchange.SendAsync("PATCH", "/api/v1/datasets/heat", exchange.AdministratorToken,
            """{"title":"Steam","keywords":[]}""");
        await exchange.SendAsync("PATCH", "/api/v1/organizations/works", exchange.AdministratorToken,
            """{"name":"Energiewerk"}""");

        Assert.Equal(" of 0", await SlugsAsync(exchange, "q=district"));
        Assert.Equal("heat of 1", await SlugsAsync(exchange, "q=steam"));
        Assert.Equal(" of 0", await SlugsAsync(exchange, "q=stadtwerke"));
        Assert.Equal("heat of 1", await SlugsAsync(exchange, "q=energiewerk"));
    }

    [Fact]
    public async Task Finds_closed_datasets_only_for_those_who_may_read_them()
    {
        await using var exchange = await WithDatasetsAsync();
        await exchange.GivenDatasetAsync("secret", "closed", new() { Title = "Bicycle thefts" });
        var reader = await exchange.GivenTokenAsync("secret", "read");
        var writer = await exchange.GivenTokenAsync("secret", "write");

        Assert.Equal("bikes heat noise of 3", await SlugsAsync(exchange, "q=bicycle"));
        Assert.Equal("bikes secret heat noise of 4", await SlugsAsync(exchange, "q=bicycle", reader));
        Assert.Equal("bikes heat noise of 3", await SlugsAsync(exchange, "q=bicycle", writer));
        Assert.Equal(" of 0", await SlugsAsync(exchange, "q=thefts"));
    }

    [Fact]
    public async Task Orders_what_may_be_seen_without_regard_to_what_may_not()
    {
        await using var exchange = await WithDatasetsAsync();
        var before = await exchange.SendAsync("GET", "/api/v1/datasets?q=bicycle");

        // Corpus-weighted ranks such as bm25 would now count "bicycle" as common and long texts as usual.
        for (var i = 0; i < 20; i++)
            await exchange.GivenDatasetAsync($"hidden-{i}", "closed",
                new() { Title = "Bicycle", Description = string.Join(' ', Enumerable.Repeat("bicycle counters", 200)) });

        Assert.Equal(before, await exchange.SendAsync("GET", "/api/v1/datasets?q=bicycle"));
    }

    [Fact]
    public async Task Takes_a_text_as_long_as_allowed_and_no_longer()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        var longest = new string('a', SearchWords.TextLengthMax);

        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/datasets?q=" + longest)).Status);
        (await exchange.SendAsync("GET", "/api/v1/datasets?q=" + longest + "a")).ShouldRefuse(400, "invalid-parameter");
    }

    [Fact]
    public void Counts_as_many_words_as_allowed_and_leaves_out_the_rest()
    {
        var words = SearchWords.Parse(string.Join(' ', Enumerable.Range(1, SearchWords.WordsMax + 1)));

        Assert.Equal("16", words?.Words[^1]);
    }
}
