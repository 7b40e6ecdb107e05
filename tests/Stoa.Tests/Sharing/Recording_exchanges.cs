using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Tests.Identity;
using Stoa.Tests.Mqtt;
using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Access to data that are not open leaves a record; nothing else does.</summary>
public class Recording_exchanges
{
    private const string Closed = "/datasets/closed" + SensorThings.Root;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static async Task<(Exchange Stoa, string Reader)> StartAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        foreach (var dataset in new[] { "closed", "open" })
            for (var i = 0; i < 3; i++)
                (await stoa.PostJsonAsync($"/datasets/{dataset}{SensorThings.Root}/Things", $$"""{"name":"{{dataset}} {{i}}","description":"x"}"""))
                    .ShouldBe(201);
        return (stoa, await stoa.GivenTokenAsync("closed", "read"));
    }

    // A record is made when the answer has left, which is after the client has it.
    private static async Task<List<JsonElement>> RecordsAsync(Exchange stoa, int count, string parameters = "?dataset=closed")
    {
        for (var attempt = 0; ; attempt++)
        {
            await Task.Delay(50, Now);
            await stoa.Services.GetRequiredService<ExchangeLog>().DrainAsync(Now);
            var answer = await stoa.GetAsync("/api/v1/exchanges" + parameters, stoa.AdminToken);
            var records = answer.ShouldBe(200).Json.GetProperty("value").EnumerateArray().ToList();
            if (records.Count >= Math.Max(1, count) || attempt == (count == 0 ? 4 : 600)) return records;
        }
    }

    [Fact]
    public async Task Say_who_asked_what_and_what_left()
    {
        var (stoa, reader) = await StartAsync();
        await using var _ = stoa;

        var answer = await stoa.GetAsync(Closed + "/Things?$filter=name ne 'Ada Lovelace' and id gt 0&$top=2", reader);

        answer.ShouldBe(200);
        var record = Assert.Single(await RecordsAsync(stoa, 1));
        Assert.Equal("/datasets/closed/sensorthings/v1.1/Things", record.GetProperty("route").GetString());
        Assert.Equal("$filter=name ne ? and id gt ?&$top=?", record.GetProperty("query").GetString());
        Assert.Equal((2, answer.Bytes.Length), (record.GetProperty("rows").GetInt64(), record.GetProperty("bytes").GetInt64()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(answer.Bytes)), record.GetProperty("sha256").GetString());
        Assert.Equal("closed", Assert.Single(record.GetProperty("datasets").EnumerateArray().ToArray()).GetString());
        Assert.Equal("api", record.GetProperty("channel").GetString());
        Assert.True(record.GetProperty("token").GetInt64() > 0);
    }

    [Fact]
    public async Task Count_every_entity_that_is_written()
    {
        var (stoa, reader) = await StartAsync();
        await using var _ = stoa;
        (await stoa.PostJsonAsync(Closed + "/Things", """
            {"name":"n","description":"x","Locations":[{"name":"l","description":"x","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[1,2]}}]}
            """)).ShouldBe(201);

        (await stoa.GetAsync(Closed + "/Things?$expand=Locations($expand=Things)", reader)).ShouldBe(200);

        // Four Things; the last with a Location, which names its Thing again.
        Assert.Equal(6, Assert.Single(await RecordsAsync(stoa, 1)).GetProperty("rows").GetInt64());
    }

    [Fact]
    public async Task Are_made_for_every_way_of_reading()
    {
        var (stoa, reader) = await StartAsync();
        await using var _ = stoa;
        (await stoa.PostJsonAsync(Closed + "/Things", """
            {"name":"n","description":"x","Locations":[{"name":"l","description":"x","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[1,2]}}]}
            """)).ShouldBe(201);
        string[] paths =
        [
            "/Things", "/Things(1)", "/Things(1)/name", "/Things(1)/name/$value", "/Things/$ref", "/Things?$resultFormat=CSV",
            "/Locations?$resultFormat=GeoJSON", "/Observations/$aggregate?interval=P1D", "/Things?$count=true&$top=0",
        ];

        foreach (var path in paths) (await stoa.GetAsync(Closed + path, reader)).ShouldBe(200);
        (await stoa.PostJsonAsync(SensorThings.Root + "/$batch",
            """{"requests":[{"id":"a","method":"get","url":"Things?$top=1"}]}""", reader)).ShouldBe(200);
        (await stoa.GetAsync(SensorThings.Root + "/Things", reader)).ShouldBe(200);

        var records = await RecordsAsync(stoa, paths.Length + 2);
        Assert.Equal(paths.Length + 2, records.Count);
        Assert.All(records, record => Assert.Equal(1, record.GetProperty("datasetCount").GetInt32()));
    }

    [Fact]
    public async Task Are_not_made_of_open_data_refusals_and_writes()
    {
        var (stoa, reader) = await StartAsync();
        await using var _ = stoa;

        (await stoa.GetAsync("/datasets/open" + SensorThings.Root + "/Things")).ShouldBe(200);
        (await stoa.GetAsync("/datasets/open" + SensorThings.Root + "/Things", reader)).ShouldBe(200);
        (await stoa.GetAsync(Closed + "/Things")).ShouldBe(404);
        (await stoa.GetAsync(Closed + "/Things(999)", reader)).ShouldBe(404);
        (await stoa.PostJsonAsync(Closed + "/Things", """{"name":"n","description":"x"}""", reader)).ShouldBe(403);

        Assert.Empty(await RecordsAsync(stoa, 0, ""));
    }

    [Fact]
    public async Task Name_every_dataset_that_an_administrator_could_reach()
    {
        var (stoa, _) = await StartAsync();
        await using var __ = stoa;

        (await stoa.GetAsync(SensorThings.Root + "/Things", stoa.AdminToken)).ShouldBe(200);

        // The inbox is closed too.
        var record = Assert.Single(await RecordsAsync(stoa, 1));
        Assert.Equal(["inbox", "closed"], record.GetProperty("datasets").EnumerateArray().Select(slug => slug.GetString()));
        Assert.Equal(6, record.GetProperty("rows").GetInt64());
    }

    [Fact]
    public async Task Name_every_dataset_of_a_batch_and_to_the_owner_of_one_only_that_one()
    {
        var (stoa, _) = await StartAsync();
        await using var __ = stoa;
        await stoa.GivenDatasetAsync("vault", SpectrumClass.Closed);
        (await stoa.PostJsonAsync(SensorThings.Root + "/$batch", """
            {"requests":[{"id":"a","method":"get","url":"/datasets/closed/sensorthings/v1.1/Things"},
                         {"id":"b","method":"get","url":"/datasets/vault/sensorthings/v1.1/Things"}]}
            """)).ShouldBe(200);

        var record = Assert.Single(await RecordsAsync(stoa, 1));

        Assert.Equal(["closed", "vault"], record.GetProperty("datasets").EnumerateArray().Select(slug => slug.GetString()));
        Assert.Equal(2, record.GetProperty("datasetCount").GetInt32());
        using var administrator = await Visitor.AdministratorAsync(stoa);
        (await stoa.PostJsonAsync("/api/v1/organizations", """{"slug":"water","name":"Waterworks"}""")).ShouldBe(201);
        (await stoa.PatchJsonAsync("/api/v1/datasets/closed", """{"owner":"water"}""")).ShouldBe(200);
        var organization = (await stoa.GetAsync("/api/v1/parties?kind=organization", stoa.AdminToken)).Json
            .GetProperty("value")[0].GetProperty("id").GetInt64();
        var service = (await stoa.PostJsonAsync("/api/v1/parties", $$"""{"kind":"service","name":"desk","parent":{{organization}}}"""))
            .ShouldBe(201).Json.GetProperty("id").GetInt64();
        var owner = (await stoa.PostJsonAsync("/api/v1/tokens", $$"""{"name":"desk","party":{{service}}}""")).ShouldBe(201).Json
            .GetProperty("token").GetString()!;
        await stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);

        var seen = (await stoa.GetAsync("/api/v1/exchanges?dataset=closed", owner)).ShouldBe(200).Json.GetProperty("value")[0];
        var table = (await stoa.GetAsync("/api/v1/exchanges/table?dataset=closed", owner)).ShouldBe(200).Text;

        Assert.Equal("closed", Assert.Single(seen.GetProperty("datasets").EnumerateArray().ToArray()).GetString());
        Assert.Equal(2, seen.GetProperty("datasetCount").GetInt32());
        Assert.DoesNotContain("vault", table.Replace("/vault/", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Count_what_streams_and_the_map_send()
    {
        var (stoa, reader) = await StartAsync();
        await using var _ = stoa;
        using (var stream = await Following_changes_as_a_stream.Stream.OpenAsync(stoa, Closed + "/Things", reader))
        {
            for (var i = 0; i < 2; i++)
            {
                (await stoa.PostJsonAsync(Closed + "/Things", """
                    {"name":"n","description":"x","Locations":[{"name":"l","description":"x","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[1,2]}}]}
                    """)).ShouldBe(201);
                Assert.Equal("changed", (await stream.NextAsync())?.Name);
            }
        }

        Assert.Equal(2, Assert.Single(await RecordsAsync(stoa, 1)).GetProperty("rows").GetInt64());
        (await stoa.GetAsync("/map/things.geojson?dataset=closed", reader)).ShouldBe(200);
        Assert.Equal(2, (await RecordsAsync(stoa, 2))[0].GetProperty("rows").GetInt64());
        (await stoa.SendAsync(HttpMethod.Head, "/map/things.geojson?dataset=closed", null, reader)).ShouldBe(200);
        Assert.Equal(0, (await RecordsAsync(stoa, 3))[0].GetProperty("rows").GetInt64());
    }

    [Fact]
    public async Task Outlive_a_stop_of_the_program()
    {
        var (stoa, reader) = await StartAsync();
        await using var _ = stoa;

        (await stoa.GetAsync(Closed + "/Things", reader)).ShouldBe(200);
        await stoa.RestartAsync();

        Assert.Single(await RecordsAsync(stoa, 1));
    }

    [Fact]
    public async Task Are_summed_by_day_and_given_as_a_table()
    {
        var (stoa, reader) = await StartAsync();
        await using var _ = stoa;
        for (var i = 0; i < 3; i++) (await stoa.GetAsync(Closed + "/Things?$top=2", reader)).ShouldBe(200);
        Assert.Equal(3, (await RecordsAsync(stoa, 3)).Count);

        var usage = await stoa.GetAsync("/api/v1/exchanges/usage?dataset=closed", stoa.AdminToken);
        var table = await stoa.GetAsync("/api/v1/exchanges/table?dataset=closed", stoa.AdminToken);

        usage.ShouldBe(200);
        using var json = JsonDocument.Parse(usage.Bytes);
        var row = Assert.Single(json.RootElement.GetProperty("value").EnumerateArray().ToArray());
        Assert.Equal((3, 6), (row.GetProperty("accesses").GetInt64(), row.GetProperty("rows").GetInt64()));
        table.ShouldBe(200);
        var lines = table.Text.Split("\r\n");
        Assert.Equal(5, lines.Length);
        Assert.StartsWith("id,at,party", lines[0], StringComparison.Ordinal);
        Assert.Contains(",closed,1,api,GET,/datasets/closed/sensorthings/v1.1/Things,$top=?,200,2,", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Are_for_those_whom_they_concern()
    {
        var (stoa, reader) = await StartAsync();
        await using var _ = stoa;
        (await stoa.GetAsync(Closed + "/Things", reader)).ShouldBe(200);

        foreach (var path in new[] { "", "/usage", "/table" })
        {
            (await stoa.GetAsync($"/api/v1/exchanges{path}?dataset=closed")).ShouldBe(401);
            var hidden = await stoa.GetAsync($"/api/v1/exchanges{path}?dataset=closed", reader);
            var absent = await stoa.GetAsync($"/api/v1/exchanges{path}?dataset=absent", reader);
            Assert.Equal((404, absent.Text), (hidden.Status, hidden.Text));
            (await stoa.GetAsync($"/api/v1/exchanges{path}", reader)).ShouldBe(404);
            (await stoa.GetAsync($"/api/v1/exchanges{path}?agreement=1", reader)).ShouldBe(404);
            (await stoa.GetAsync($"/api/v1/exchanges{path}?party=x", stoa.AdminToken)).ShouldBe(400);
        }
    }

    [Fact]
    public async Task Are_shown_as_usage_to_officers_of_the_owner_and_to_nobody_else()
    {
        var (stoa, reader) = await StartAsync();
        await using var _ = stoa;
        (await stoa.GetAsync(Closed + "/Things", reader)).ShouldBe(200);
        using var administrator = await Visitor.AdministratorAsync(stoa);
        (await stoa.PostJsonAsync("/api/v1/organizations", """{"slug":"water","name":"Waterworks"}""")).ShouldBe(201);
        (await stoa.PatchJsonAsync("/api/v1/datasets/closed", """{"owner":"water"}""")).ShouldBe(200);
        using var officer = await JoinedAsync("officer@water.example", "member", "data-officer");
        using var member = await JoinedAsync("member@water.example", "member");
        Assert.Single(await RecordsAsync(stoa, 1));

        var page = await officer.GetAsync("/usage?dataset=closed");

        page.ShouldBe(200);
        Assert.Contains("Use of the dataset closed", page.Text, StringComparison.Ordinal);
        Assert.Contains("A token that nobody holds", page.Text, StringComparison.Ordinal);
        Assert.StartsWith("id,at,party", (await officer.GetAsync("/usage/table?dataset=closed")).Text, StringComparison.Ordinal);
        (await administrator.GetAsync("/usage")).ShouldBe(200);
        foreach (var path in new[] { "/usage", "/usage/table" })
        {
            var absent = await member.GetAsync(path + "?dataset=absent");
            (await member.GetAsync(path + "?dataset=closed")).ShouldBe(404);
            absent.ShouldBe(404);
            (await officer.GetAsync(path)).ShouldBe(404);
            (await stoa.GetAsync(path + "?dataset=closed")).ShouldBe(404);
        }

        async Task<Visitor> JoinedAsync(string login, params string[] roles)
        {
            var words = string.Join(',', roles.Select(role => $"\"{role}\""));
            var organization = await stoa.GetAsync("/api/v1/parties?kind=organization", stoa.AdminToken);
            var id = organization.Json.GetProperty("value")[0].GetProperty("id").GetInt64();
            var made = await stoa.PostJsonAsync("/api/v1/invitations",
                $$"""{"organization":{{id}},"login":"{{login}}","roles":[{{words}}]}""");
            made.ShouldBe(201);
            var visitor = new Visitor(stoa);
            var link = new Uri(made.Json.GetProperty("link").GetString()!, UriKind.RelativeOrAbsolute);
            (await visitor.JoinAsync(link.IsAbsoluteUri ? link.PathAndQuery : link.OriginalString, "Somebody", login)).ShouldBe(303);
            return visitor;
        }
    }

    [Fact]
    public async Task Are_made_by_the_minute_of_what_subscribers_get()
    {
        await using var stoa = await MqttExchange.StartAsync();
        await using (var reader = await MqttPeer.ConnectAsync(stoa, await stoa.GivenTokenAsync("closed", "read")))
        await using (var visitor = await MqttPeer.ConnectAsync(stoa))
        await using (var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken))
        {
            await reader.SubscribeAsync((MqttExchange.Closed + "#", 0), (MqttExchange.Open + "#", 0));
            await visitor.SubscribeAsync((MqttExchange.Open + "#", 0));
            for (ushort i = 1; i <= 3; i++)
                foreach (var topic in new[] { MqttExchange.Closed, MqttExchange.Open })
                    await publisher.PublishAsync(topic + "a", $"value {i}", id: i);
            for (var i = 0; i < 6; i++) await reader.ReadMessageAsync();
            for (var i = 0; i < 3; i++) await visitor.ReadMessageAsync();
        }

        stoa.Services.GetRequiredService<Deliveries>().Record();

        var record = Assert.Single(await RecordsAsync(stoa, 1, ""));
        Assert.Equal(("subscription", "mqtt", "closed"), (record.GetProperty("channel").GetString(), record.GetProperty("route").GetString(),
            record.GetProperty("datasets")[0].GetString()));
        Assert.Equal((3, 21), (record.GetProperty("rows").GetInt64(), record.GetProperty("bytes").GetInt64()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("value 1value 2value 3"u8)), record.GetProperty("sha256").GetString());
    }

    [Theory]
    [InlineData("?$filter=name eq 'O''Neill'&$top=5", "$filter=name eq ?&$top=?")]
    [InlineData("?$filter=phenomenonTime%20ge%202026-01-01T00:00:00Z", "$filter=phenomenonTime ge ?")]
    [InlineData("?$filter=properties/a1 gt 1.5e3", "$filter=properties/a1 gt ?")]
    [InlineData("?$filter=name eq 'never closed", "$filter=name eq ?")]
    [InlineData("", "")]
    public void Hold_the_shape_of_a_query_and_not_its_values(string query, string shape) =>
        Assert.Equal(shape, QueryShape.OfQuery(query));

    [Theory]
    [InlineData("", "")]
    [InlineData("/datasets/air2/sensorthings/v1.1/Datastreams(17)/Observations", "/datasets/air2/sensorthings/v1.1/Datastreams(0)/Observations")]
    [InlineData("/datasets/2024-air/sensorthings/v1.1/Things(externalKey='it''s')", "/datasets/0/sensorthings/v1.1/Things(externalKey=?)")]
    [InlineData("/a\n(1)(22)", "/a (0)(0)")]
    public void Hold_the_shape_of_a_path(string path, string shape)
    {
        Assert.Equal(shape, QueryShape.OfPath(path));
        Assert.Same(QueryShape.OfPath(path), QueryShape.OfPath(path));
        Assert.Equal(QueryShape.LengthMax, QueryShape.OfPath("/" + new string('x', QueryShape.LengthMax)).Length);
    }
}
