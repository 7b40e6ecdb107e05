using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.SignIn;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Tests.Identity;
using Stoa.Tests.Mqtt;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>A condition that leaves out one way by which data leave refuses that one, and no other.</summary>
public class Ways_out
{
    private const string Root = "/datasets/counts/sensorthings/v1.1/";
    private const string Things = Root + "Things";
    private const string Topic = "datasets/counts/topics/a";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("api")]
    [InlineData("portal")]
    [InlineData("export")]
    [InlineData("subscription")]
    public async Task Are_refused_one_by_one(string leftOut)
    {
        var refused = Enum.GetValues<Channel>().Single(one => one.ToString().Equals(leftOut, StringComparison.OrdinalIgnoreCase));
        await using var city = await GovernedCity.StartAsync(null, MqttExchange.Listen);
        var owner = await city.OrganizationAsync("owner");
        var consumer = await city.OrganizationAsync("consumer");
        var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
        await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer);
        await city.AgreeAsync(owner, consumer, [dataset], purposes: GovernedCity.Research);
        var token = await city.ServiceTokenAsync(consumer);
        await city.RecordAsync(RecordTypes.Rule, new()
        {
            Name = "not so", Layer = PolicyLayer.City, Datasets = [dataset],
            Restriction = new() { Channels = [.. Enum.GetValues<Channel>().Where(one => one != refused)] },
        });

        foreach (var query in new[] { "Things", "Observations?$resultFormat=dataArray", "Things?$filter=name ne 'csv'&$resultFormat=json" })
            await IsAsync(Channel.Api, Root + query);
        foreach (var query in new[] { "?$resultFormat=CSV", "?%24resultFormat=cs%76" }) await IsAsync(Channel.Export, Things + query);
        await IsAsync(Channel.Export, Things, "text/csv");
        await IsAsync(Channel.Export, Root + "Observations/$aggregate?interval=P1D", "text/csv;q=0.1,application/json");
        await IsAsync(Channel.Api, Root + "Observations/$aggregate?interval=P1D", "text/event-stream");
        await IsStreamAsync();
        // At the root of all what is left out is not among the rest.
        var root = (await city.Stoa.GetAsync("/sensorthings/v1.1/Things?$resultFormat=CSV", token)).ShouldBe(200).Text;
        Assert.Equal(refused != Channel.Export, root.Contains("Thing of counts", StringComparison.Ordinal));
        var batch = await city.Stoa.PostJsonAsync("/sensorthings/v1.1/$batch", """
            {"requests":[{"id":"a","method":"get","url":"Things?$resultFormat=CSV"},{"id":"b","method":"get","url":"Things","headers":{"Accept":"text/event-stream"}}]}
            """, token);
        Assert.Equal(refused switch { Channel.Export or Channel.Api => 1, _ => 2 },
            batch.Text.Split("Thing of counts", StringSplitOptions.None).Length - 1);
        // Who holds a token is no visitor of the portal, whatever the address.
        Assert.Equal(refused != Channel.Api, Tells(await city.Stoa.GetAsync("/datasets/counts", token)));
        (await city.Stoa.PostJsonAsync(Root + "Things(1)/Locations",
            """{"name":"l","description":"d","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[8.5,50]}}""")).ShouldBe(201);
        const string map = "/map/things.geojson?dataset=counts";
        Assert.Equal(refused != Channel.Export, Tells(await city.Stoa.GetAsync(map, token)));
        using var visitor = await SignedInAsync();
        foreach (var path in (string[])["/datasets/counts", map]) Assert.Equal(refused != Channel.Portal, Tells(await visitor.GetAsync(path)));
        await IsDeliveredAsync();

        static bool Tells(Answer answer) => answer.Text.Contains("Thing of counts", StringComparison.Ordinal);

        async Task<Visitor> SignedInAsync()
        {
            var invited = await city.Stoa.Services.GetRequiredService<OneTimeLinks>().InviteAsync(
                consumer, "carla@city.example", ["data-officer"], null, Now);
            Assert.True(invited.TryGet(out var link, out var problem), problem?.Detail);
            var browser = new Visitor(city.Stoa);
            (await browser.JoinAsync(link.Path, "Carla", "carla@city.example")).ShouldBe(303);
            await city.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
            return browser;
        }

        async Task IsAsync(Channel channel, string path, string? accept = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = new("Bearer", token);
            if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
            using var answer = await city.Stoa.Http.SendAsync(request, Now);
            var body = await answer.Content.ReadAsStringAsync(Now);
            Assert.True((channel == refused ? 403 : 200) == (int)answer.StatusCode, $"{channel} {path} {accept}: {(int)answer.StatusCode} {body}");
            if (channel == refused) Assert.Contains("Q6-CHANNEL", body, StringComparison.Ordinal);
        }

        async Task IsStreamAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Things);
            request.Headers.Authorization = new("Bearer", token);
            request.Headers.Accept.Add(new("text/event-stream"));
            using var answer = await city.Stoa.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Now);
            Assert.Equal(refused == Channel.Subscription ? 403 : 200, (int)answer.StatusCode);
        }

        async Task IsDeliveredAsync()
        {
            await city.DatasetAsync("open", SpectrumClass.Open);
            await using var reader = await MqttPeer.ConnectAsync(city.Stoa, token);
            await using var publisher = await MqttPeer.ConnectAsync(city.Stoa, city.Stoa.AdminToken);
            await reader.SubscribeAsync((Topic, 0), ("datasets/open/topics/a", 0));
            await publisher.PublishAsync(Topic, "closed", id: 1);
            await publisher.PublishAsync("datasets/open/topics/a", "open", id: 2);
            var first = await reader.ReadMessageAsync();
            Assert.Equal(refused == Channel.Subscription ? "open" : "closed", first.Text);
        }
    }
}
