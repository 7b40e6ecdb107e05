using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>What is closed leaves through no page and no endpoint; absent and hidden look the same.</summary>
public class Hidden_data_in_the_portal(TownFixture town) : IClassFixture<TownFixture>
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/?sector=ict")]
    [InlineData("/datasets")]
    [InlineData("/datasets?q=secret")]
    [InlineData("/datasets?sector=ict")]
    [InlineData("/datasets?openness=closed")]
    [InlineData("/datasets?publisher=town-works")]
    [InlineData("/things")]
    [InlineData("/things?sector=ict")]
    [InlineData("/map/things.geojson")]
    [InlineData("/map/things.geojson?dataset=public-wifi")]
    public async Task Is_named_on_no_page_and_in_no_answer(string address)
    {
        var body = await town.Site.Client.GetStringAsync(address, Now);

        Assert.DoesNotContain(Town.ClosedWord, body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Town.ClosedSlug, body, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("/datasets?q=", Town.ClosedWord, "Quagmire00")]
    [InlineData("/things?q=", Town.ClosedWord, "Quagmire00")]
    [InlineData("/things?dataset=", Town.ClosedSlug, "emergency-audio")]
    [InlineData("/map/things.geojson?dataset=", Town.ClosedSlug, "emergency-audio")]
    [InlineData("/datasets/", Town.ClosedSlug, "emergency-audio")]
    public async Task Answers_exactly_as_if_it_were_absent(string address, string hidden, string absent)
    {
        var (hiddenStatus, hiddenBody) = await GetAsync(address + hidden);
        var (absentStatus, absentBody) = await GetAsync(address + absent);

        Assert.Equal(absentStatus, hiddenStatus);
        Assert.Equal(absentBody, hiddenBody.Replace(hidden, absent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Has_no_page_chart_or_pop_up_by_number_either()
    {
        var (things, datastreams) = await ClosedAsync();

        foreach (var address in things.SelectMany(id => new[] { $"/things/{id}", $"/map/things/{id}" })
            .Concat(datastreams.Select(id => $"/charts/datastreams/{id}")))
        {
            var (status, body) = await GetAsync(address);
            var (absentStatus, absentBody) = await GetAsync(address[..address.LastIndexOf('/')] + "/987654321");
            Assert.Equal(HttpStatusCode.NotFound, status);
            Assert.Equal(absentStatus, status);
            Assert.Equal(absentBody, body.Replace(address[address.LastIndexOf('/')..], "/987654321", StringComparison.Ordinal));
        }

        var map = await town.Site.Client.GetStringAsync($"/map/things.geojson?thing={things[0]}", Now);
        Assert.Equal("""{"type":"FeatureCollection","features":[]}""", map);
    }

    [Fact]
    public async Task Is_shown_to_a_token_that_may_read_it()
    {
        var token = await town.Site.TokenAsync(Town.ClosedSlug, Now);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/datasets/" + Town.ClosedSlug);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

        using var answer = await town.Site.Client.SendAsync(request, Now);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var page = await answer.Content.ReadAsStringAsync(Now);
        Assert.Contains("Only the parties that hold a role for the dataset may use it.", page, StringComparison.Ordinal);
        Assert.Contains(Town.ClosedWord + " mast", page, StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, string Body)> GetAsync(string address)
    {
        using var answer = await town.Site.Client.GetAsync(address, Now);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Now));
    }

    private async Task<(List<string> Things, List<string> Datastreams)> ClosedAsync()
    {
        var database = (Database)town.Site.Services.GetService(typeof(Database))!;
        using var read = await database.ReadAsync(Now);
        return (Ids(read, "SELECT t.id FROM thing t JOIN dataset d ON d.id = t.dataset_id WHERE d.slug = @slug"),
            Ids(read, "SELECT s.id FROM datastream s JOIN dataset d ON d.id = s.dataset_id WHERE d.slug = @slug"));
    }

    private static List<string> Ids(ReadSession read, string sql)
    {
        using var select = read.Prepare(sql).Bind("@slug", Town.ClosedSlug);
        var ids = new List<string>();
        while (select.Step()) ids.Add(select.Int64(0).ToString(CultureInfo.InvariantCulture));
        Assert.NotEmpty(ids);
        return ids;
    }
}
