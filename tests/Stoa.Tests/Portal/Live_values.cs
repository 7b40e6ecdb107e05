using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Observations;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Portal;

public class Live_values
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Arrive_as_events_and_hold_nothing_that_is_hidden()
    {
        Town? town = null;
        await using var site = await StartAsync(built => town = built);
        using var stream = await OpenAsync(site, "/live", null);

        await AddAsync(site, town!.Datastreams[Town.ClosedSlug + " " + Town.ClosedWord + " load 0"], 99.25);
        await AddAsync(site, town.Datastreams["air-quality PM10 0"], 12.5);
        var row = await NextEventAsync(stream);

        Assert.Contains(",12.5]", row, StringComparison.Ordinal);
        Assert.DoesNotContain("99.25", row, StringComparison.Ordinal);
        Assert.StartsWith("data: {\"n\":1,", row, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_one_dataset_leave_others_out()
    {
        Town? town = null;
        await using var site = await StartAsync(built => town = built);
        using var stream = await OpenAsync(site, "/live?dataset=car-parks", null);

        await AddAsync(site, town!.Datastreams["air-quality PM10 0"], 12.5);
        await AddAsync(site, town.Datastreams["car-parks Free spaces 0"], 77);
        var row = await NextEventAsync(stream);

        Assert.Contains(",77]", row, StringComparison.Ordinal);
        Assert.DoesNotContain("12.5", row, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reach_a_token_that_may_read_the_closed_dataset()
    {
        Town? town = null;
        await using var site = await StartAsync(built => town = built);
        using var stream = await OpenAsync(site, "/live", await site.TokenAsync(Town.ClosedSlug, Now));

        await AddAsync(site, town!.Datastreams[Town.ClosedSlug + " " + Town.ClosedWord + " load 0"], 99.25);

        Assert.Contains("99.25", await NextEventAsync(stream), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_when_the_dataset_is_closed_while_the_page_is_open()
    {
        Town? town = null;
        await using var site = await StartAsync(built => town = built);
        using var stream = await OpenAsync(site, "/live", null);
        await AddAsync(site, town!.Datastreams["air-quality PM10 0"], 12.5);
        await NextEventAsync(stream);

        await CloseAsync(site, "air-quality");
        await AddAsync(site, town.Datastreams["air-quality PM10 0"], 13.75);
        await AddAsync(site, town.Datastreams["car-parks Free spaces 0"], 77);
        var row = await NextEventAsync(stream);

        Assert.Contains(",77]", row, StringComparison.Ordinal);
        Assert.DoesNotContain("13.75", row, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Do_not_keep_the_server_from_stopping()
    {
        var site = await StartAsync(_ => { });
        using var stream = await OpenAsync(site, "/live", null);
        var clock = Stopwatch.StartNew();

        await site.DisposeAsync();

        // Without an end of its own the stream would hold the server for its whole time to stop.
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Are_given_to_a_bounded_number_of_pages()
    {
        await using var site = await StartAsync(_ => { });
        var open = new List<StreamReader>();
        try
        {
            for (var i = 0; i < Stoa.Portal.Map.LiveValues.StreamsMax; i++) open.Add(await OpenAsync(site, "/live", null));

            using var answer = await site.Client.GetAsync("/live", HttpCompletionOption.ResponseHeadersRead, Now);

            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Equal("30", answer.Headers.NonValidated["Retry-After"].ToString());
        }
        finally
        {
            foreach (var stream in open) stream.Dispose();
        }
    }

    private static Task<PortalSite> StartAsync(Action<Town> built) => PortalSite.StartAsync(TimeProvider.System, async town =>
    {
        await town.BuildAsync(PortalSite.End);
        built(town);
    }, 0, Now);

    private static async Task<StreamReader> OpenAsync(PortalSite site, string address, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var answer = await site.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Now);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Now));
        // The first line is sent when the subscription stands.
        Assert.Equal("retry: 5000", await reader.ReadLineAsync(Now));
        return reader;
    }

    private static async Task<string> NextEventAsync(StreamReader stream)
    {
        while (await stream.ReadLineAsync(Now) is { } line)
            if (line.StartsWith("data: ", StringComparison.Ordinal)) return line;
        throw new InvalidOperationException("The stream ended.");
    }

    private static async Task AddAsync(PortalSite site, DatastreamId datastream, double value)
    {
        BulkObservation[] rows = [new(Instant.From(TimeProvider.System.GetUtcNow()), null, ResultValue.Number(value))];
        var outcome = await site.Bulk.AppendAsync(datastream, rows, BulkMode.Append, Now);
        Assert.True(outcome.IsValue);
    }

    private static async Task CloseAsync(PortalSite site, string slug)
    {
        await site.Services.GetRequiredService<Database>().WriteAsync(session =>
        {
            using var update = session.Prepare("UPDATE dataset SET spectrum = 0 WHERE slug = @slug").Bind("@slug", slug);
            return update.Execute();
        }, Now);
        await site.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
    }
}
