using System.Net;
using System.Text.Json;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Changes of a set as server-sent events.</summary>
public class Following_changes_as_a_stream
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static async Task<Exchange> StartAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        return stoa;
    }

    /// <summary>An open stream.</summary>
    internal sealed class Stream(HttpResponseMessage response, StreamReader reader) : IDisposable
    {
        public static async Task<Stream> OpenAsync(Exchange stoa, string path, string? token, string? lastId = null)
        {
            var response = await SendAsync(stoa, path, token, lastId);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
            var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Now));
            Assert.Equal("retry: 5000", await reader.ReadLineAsync(Now));
            Assert.Equal("", await reader.ReadLineAsync(Now));
            return new(response, reader);
        }

        public static Task<HttpResponseMessage> SendAsync(Exchange stoa, string path, string? token, string? lastId = null)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (token is not null) request.Headers.Authorization = new("Bearer", token);
            request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
            if (lastId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastId);
            return stoa.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Now);
        }

        /// <summary>Of the last event read.</summary>
        public string Id { get; private set; } = "";

        /// <summary>The next event: its name and data; null at the end of the stream.</summary>
        public async Task<(string Name, JsonElement Data)?> NextAsync()
        {
            var (name, data) = ("", new List<string>());
            while (await reader.ReadLineAsync(Now).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Now) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
                else if (line.StartsWith("id: ", StringComparison.Ordinal)) Id = line[4..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal)) data.Add(line[6..]);
                else if (line.Length == 0 && data.Count > 0) return (name, JsonDocument.Parse(string.Join('\n', data)).RootElement);
            }

            return null;
        }

        /// <summary>The next event as <c>+id</c> or <c>-id</c>.</summary>
        public async Task<string> NextTextAsync() => await NextAsync() is var (name, data)
            ? $"{(name == "changed" ? "+" : "-")}{data.GetProperty("@iot.id")}"
            : "end";

        public void Dispose()
        {
            reader.Dispose();
            response.Dispose();
        }
    }

    [Fact]
    public async Task Tells_what_is_created_changed_and_removed()
    {
        await using var stoa = await StartAsync();
        using var stream = await Stream.OpenAsync(stoa, SensorThings.At("Observations"), stoa.AdminToken);

        await stoa.CreateAsync("Datastreams(1)/Observations", "{\"result\":1,\"parameters\":{\"a\":\n\r\n1}}");
        Assert.Equal(("changed", (await stoa.ReadAsync("Observations(1)")).Text), await stream.NextAsync() is var (name, data)
            ? (name, data.GetRawText().Replace("\n\n1", "\n\r\n1", StringComparison.Ordinal))
            : default);
        (await stoa.PatchJsonAsync(SensorThings.At("Observations(1)"), """{"result":2}""")).ShouldBe(200);
        Assert.Equal("+1", await stream.NextTextAsync());
        (await stoa.DeleteAsync(SensorThings.At("Observations(1)"))).ShouldBe(200);
        Assert.Equal("-1", await stream.NextTextAsync());
    }

    [Fact]
    public async Task Goes_on_behind_the_last_event_received_also_after_a_restart()
    {
        await using var stoa = await StartAsync();
        string first;
        using (var stream = await Stream.OpenAsync(stoa, SensorThings.At("Observations?$filter=result gt 0"), stoa.AdminToken))
        {
            await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
            Assert.Equal("+1", await stream.NextTextAsync());
            first = stream.Id;
        }

        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":0}""");
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":3}""");
        (await stoa.DeleteAsync(SensorThings.At("Observations(1)"))).ShouldBe(200);
        await stoa.RestartAsync();

        using var again = await Stream.OpenAsync(stoa, SensorThings.At("Observations?$filter=result gt 0"), stoa.AdminToken, first);
        Assert.Equal("-1", await again.NextTextAsync());
        using var between = await Stream.OpenAsync(stoa, SensorThings.At("Observations?$filter=result gt 0"), stoa.AdminToken, again.Id);
        Assert.Equal("+3", await again.NextTextAsync());
        Assert.Equal("+3", await between.NextTextAsync());
    }

    [Fact]
    public async Task Begins_at_a_delta_link_so_that_nothing_falls_between()
    {
        await using var stoa = await StartAsync();
        var read = await Following_changes_by_links.TrackAsync(stoa, SensorThings.At("Things"));
        await stoa.CreateAsync("Things", """{"name":"n","description":"d"}""");

        using var stream = await Stream.OpenAsync(stoa, read.Json.GetProperty("@iot.deltaLink").GetString()!, stoa.AdminToken);

        Assert.Equal("+2", await stream.NextTextAsync());
        await stoa.CreateAsync("Things", """{"name":"n","description":"d"}""");
        Assert.Equal("+3", await stream.NextTextAsync());
    }

    [Fact]
    public async Task Tells_more_than_one_read_takes()
    {
        await using var stoa = await StartAsync();
        using var stream = await Stream.OpenAsync(stoa, SensorThings.At("Datastreams(1)/Observations?$select=id"), stoa.AdminToken);
        var rows = string.Join(',', Enumerable.Range(0, 1200).Select(i => $"[\"2026-01-01T00:00:00Z\",{i}]"));

        (await stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
            $$"""[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],"dataArray":[{{rows}}]}]""")).ShouldBe(201);

        for (var i = 1; i <= 1200; i++) Assert.Equal($"+{i}", await stream.NextTextAsync());
    }

    [Theory]
    [InlineData("Things(1)", 400, "changes-not-followed")]
    [InlineData("Things?$expand=Locations", 400, "changes-not-followed")]
    [InlineData("Things(9)/Datastreams", 404, "not-found")]
    [InlineData("Things?$deltatoken=x", 400, "malformed-query")]
    public async Task Is_refused_before_it_begins(string path, int status, string type)
    {
        await using var stoa = await StartAsync();

        using var response = await Stream.SendAsync(stoa, SensorThings.At(path), stoa.AdminToken);

        Assert.Equal(status, (int)response.StatusCode);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Now)).RootElement;
        Assert.Equal("/problems/" + type, problem.GetProperty("type").GetString());
    }

    [Fact]
    public async Task Is_never_a_part_of_a_batch()
    {
        await using var stoa = await StartAsync();

        var answer = await stoa.PostJsonAsync(SensorThings.At("$batch"),
            """{"requests":[{"id":"1","method":"GET","url":"Things?$select=id","headers":{"Accept":"text/event-stream"}}]}""");

        answer.ShouldBe(200);
        Assert.Equal(200, answer.Json.GetProperty("responses")[0].GetProperty("status").GetInt32());
        Assert.Equal(1, answer.Json.GetProperty("responses")[0].GetProperty("body").GetProperty("value").GetArrayLength());
    }

    [Fact]
    public async Task Opens_so_many_times_and_not_once_more()
    {
        await using var stoa = await StartAsync();
        var open = new List<Stream>();
        for (var i = 0; i < 500; i++) open.Add(await Stream.OpenAsync(stoa, SensorThings.At("Things"), stoa.AdminToken));

        using (var refused = await Stream.SendAsync(stoa, SensorThings.At("Things"), stoa.AdminToken))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);

        await stoa.CreateAsync("Things", """{"name":"n","description":"d"}""");
        foreach (var stream in open) Assert.Equal("+2", await stream.NextTextAsync());
        foreach (var stream in open) stream.Dispose();
    }
}
