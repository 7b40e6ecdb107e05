using System.Text.Json;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>Pages, charts, map and live values of a dataset of which agreements leave parts: what is left is there, and no more.</summary>
public class Narrowed_in_the_portal(ConsumersOfParts site) : IClassFixture<ConsumersOfParts>
{
    private const string HourInSeconds = "1772694000";

    public static TheoryData<string> Consumers => [.. ConsumersOfParts.Agreed.Keys];

    private async Task<string> GetAsync(string path, string consumer) =>
        (await site.Town.Exchange.GetAsync(path, site.Tokens[consumer])).ShouldBe(200).Text;

    [Theory]
    [MemberData(nameof(Consumers))]
    public async Task Never_shows_what_is_hidden_at_any_address_that_answers_a_get(string consumer)
    {
        var addresses = site.Addresses();

        foreach (var address in addresses)
        {
            var answer = await site.Town.Exchange.GetAsync(address, site.Tokens[consumer]);
            Assert.True(answer.Status < 500, $"{address}: {answer.Status} {answer.Text}");
            foreach (var (field, sentinel) in ConsumersOfParts.HiddenFrom(consumer))
                Assert.False(answer.Text.Contains(sentinel, StringComparison.Ordinal), Shown(address, field, consumer, answer, sentinel));
        }
    }

    [Fact]
    public async Task Never_shows_anything_to_outsiders()
    {
        foreach (var address in site.Addresses())
            foreach (var token in new[] { null, site.Tokens["stranger"] })
            {
                var answer = await site.Town.Exchange.GetAsync(address, token);
                Assert.True(answer.Status < 500, $"{address}: {answer.Status} {answer.Text}");
                foreach (var (field, sentinel) in SentinelTown.Fields)
                    Assert.False(answer.Text.Contains(sentinel, StringComparison.Ordinal), Shown(address, field, "outsiders", answer, sentinel));
            }

        foreach (var address in new[] { "/things/2", "/map/things/2", "/charts/datastreams/2", "/datasets/narrow" })
            (await site.Town.Exchange.GetAsync(address, site.Tokens["stranger"])).ShouldBe(404);
    }

    [Fact]
    public void Asks_every_address_of_the_portal_that_shows_data()
    {
        var addresses = site.Addresses();

        foreach (var address in new[]
        {
            "/", "/datasets", "/datasets/narrow", "/things", "/things/2", "/map/things.geojson", "/map/things/2", "/charts/datastreams/2",
            "/datasets/narrow/governance", "/datasets/narrow/corrections", "/transparency", "/register",
        })
            Assert.Contains(address, addresses);
    }

    [Fact]
    public async Task Shows_the_fields_of_the_agreement_on_all_pages()
    {
        var page = await GetAsync("/datasets/narrow", "fields");
        Assert.Contains("What you may use of it", page, StringComparison.Ordinal);
        Assert.Contains("771.1", page, StringComparison.Ordinal);
        Assert.Contains("dsnmz", page, StringComparison.Ordinal);
        Assert.Contains("Place 2", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Values are not shown as they come", page, StringComparison.Ordinal);
        var thing = await GetAsync("/things/2?span=all", "fields");
        Assert.Contains("Place 2", thing, StringComparison.Ordinal);
        Assert.Contains("thhez", thing, StringComparison.Ordinal);
        Assert.Contains("dsnmz", thing, StringComparison.Ordinal);
        Assert.Contains("771.1", thing, StringComparison.Ordinal);
        Assert.Contains("52.51666, 13.37777", thing, StringComparison.Ordinal);
        Assert.Contains("<h3>MultiDatastream 2</h3>", thing, StringComparison.Ordinal);
        Assert.Contains("Component 1", thing, StringComparison.Ordinal);
        Assert.Contains("Place 2", await GetAsync("/things?dataset=narrow", "fields"), StringComparison.Ordinal);
        Assert.Contains("Dataset narrow", await GetAsync("/datasets", "fields"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Draws_and_maps_the_fields_of_the_agreement()
    {
        var chart = JsonDocument.Parse(await GetAsync("/charts/datastreams/2", "fields")).RootElement;
        Assert.Equal("dsnmz", chart.GetProperty("name").GetString());
        Assert.Equal("", chart.GetProperty("unit").GetString());
        Assert.Equal(2, chart.GetProperty("count").GetInt64());
        Assert.Equal(771.125, chart.GetProperty("mean")[0].GetDouble());
        Assert.Equal(ConsumersOfParts.MomentInSeconds, chart.GetProperty("t")[0].GetRawText());
        var map = JsonDocument.Parse(await GetAsync("/map/things.geojson?thing=2", "fields")).RootElement.GetProperty("features")[0];
        Assert.Equal("[13.377771,52.516661]", map.GetProperty("geometry").GetProperty("coordinates").GetRawText());
        Assert.Equal("Place 2", map.GetProperty("properties").GetProperty("name").GetString());
        Assert.Equal(1, map.GetProperty("properties").GetProperty("streams")[0].GetProperty("result").GetDouble());
    }

    [Fact]
    public async Task Gives_times_and_places_as_coarse_as_agreed()
    {
        var chart = JsonDocument.Parse(await GetAsync("/charts/datastreams/2", "coarse")).RootElement;
        Assert.Equal($"[{HourInSeconds},1772755200]", chart.GetProperty("t").GetRawText());
        Assert.Equal("[771.125,1]", chart.GetProperty("mean").GetRawText());
        var none = JsonDocument.Parse(
            await GetAsync("/charts/datastreams/2?from=2026-03-05T07:00:01Z&to=2026-03-05T07:59:59Z", "coarse")).RootElement;
        Assert.Equal(0, none.GetProperty("count").GetInt64());
        var one = JsonDocument.Parse(
            await GetAsync("/charts/datastreams/2?from=2026-03-05T07:00:00Z&to=2026-03-05T07:00:00Z", "coarse")).RootElement;
        Assert.Equal(1, one.GetProperty("count").GetInt64());
        var map = await GetAsync("/map/things.geojson", "coarse");
        Assert.Contains("[13.38267,52.519763]", map, StringComparison.Ordinal);
        Assert.Contains("52.51976, 13.38267", await GetAsync("/things/2", "coarse"), StringComparison.Ordinal);
        Assert.Contains("Values are not shown as they come", await GetAsync("/datasets/narrow", "coarse"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_and_shows_what_lies_in_the_agreed_time()
    {
        var page = await GetAsync("/datasets/narrow", "window");
        Assert.Contains("<dt>Observations</dt><dd>1</dd>", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Observations</dt><dd>2</dd>", await GetAsync("/datasets/narrow", "fields"), StringComparison.Ordinal);
        var chart = JsonDocument.Parse(await GetAsync("/charts/datastreams/2", "window")).RootElement;
        Assert.Equal(1, chart.GetProperty("count").GetInt64());
        var place = JsonDocument.Parse(await GetAsync("/map/things/2", "window")).RootElement;
        Assert.Equal(771.125, place.GetProperty("streams")[0].GetProperty("result").GetDouble());
        Assert.DoesNotContain("06 00:00", page + await GetAsync("/things/2?span=all", "window"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_no_latest_values_without_times_and_no_place_without_location()
    {
        var place = JsonDocument.Parse(await GetAsync("/map/things/2", "results alone")).RootElement;
        Assert.Equal(JsonValueKind.Null, place.GetProperty("streams")[0].GetProperty("result").ValueKind);
        Assert.Equal("""{"type":"FeatureCollection","features":[]}""", await GetAsync("/map/things.geojson?thing=2", "results alone"));
        var chart = JsonDocument.Parse(await GetAsync("/charts/datastreams/2", "results alone")).RootElement;
        Assert.Equal(0, chart.GetProperty("count").GetInt64());
        Assert.Contains("No observations to show", await GetAsync("/datasets/narrow", "results alone"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_out_what_lies_outside_of_the_agreed_area()
    {
        (await site.Town.Exchange.GetAsync("/things/2", site.Tokens["elsewhere"])).ShouldBe(404);
        (await site.Town.Exchange.GetAsync("/charts/datastreams/2", site.Tokens["elsewhere"])).ShouldBe(404);
        (await site.Town.Exchange.GetAsync("/map/things/2", site.Tokens["elsewhere"])).ShouldBe(404);
        Assert.Contains("<dt>Places</dt><dd>0</dd>", await GetAsync("/datasets/narrow", "elsewhere"), StringComparison.Ordinal);
        Assert.Contains("<dt>Observations</dt><dd class=\"text\">not counted</dd>", await GetAsync("/datasets/narrow", "elsewhere"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_and_orders_by_nothing_that_is_hidden()
    {
        Assert.Contains("/things/2\"", await GetAsync("/things?q=thnmz", "coarse"), StringComparison.Ordinal);
        Assert.DoesNotContain("/things/2\"", await GetAsync("/things?q=thnmz", "fields"), StringComparison.Ordinal);
    }

    private static string Shown(string address, string field, string consumer, Answer answer, string sentinel)
    {
        var at = answer.Text.IndexOf(sentinel, StringComparison.Ordinal);
        return at < 0 ? "" : $"{address} shows {field} to {consumer}: … {answer.Text[Math.Max(0, at - 200)..Math.Min(answer.Text.Length, at + 100)]} …";
    }
}
