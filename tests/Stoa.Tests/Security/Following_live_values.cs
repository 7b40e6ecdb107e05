using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>A stream that is open sees what is withdrawn: it is not asked once and then forgotten.</summary>
public class Following_live_values
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<(Exchange Stoa, TestClock Clock)> StartAsync()
    {
        var clock = new TestClock();
        var stoa = await Exchange.StartAsync(time: clock);
        foreach (var (slug, level) in new[] { ("open", SpectrumClass.Open), ("closed", SpectrumClass.Closed) })
        {
            await stoa.GivenDatasetAsync(slug, level);
            var made = await stoa.PostJsonAsync($"/datasets/{slug}/sensorthings/v1.1/Things",
                $$"""
                {"name":"{{slug}}","description":"d","Locations":[{"name":"l","description":"d","encodingType":"application/geo+json",
                 "location":{"type":"Point","coordinates":[1,2]} }],"Datastreams":[{"name":"{{slug}}","description":"d",
                 "unitOfMeasurement":{"name":"n","symbol":"s","definition":"d"},"observationType":"o",
                 "Sensor":{"name":"s","description":"d","encodingType":"application/pdf","metadata":"m"},
                 "ObservedProperty":{"name":"p","definition":"d","description":"d"} }]}
                """);
            made.ShouldBe(201);
        }

        return (stoa, clock);
    }

    // The first Datastream is the open one, the second the closed one.
    private static async Task ObserveAsync(Exchange stoa, string dataset, int result) =>
        (await stoa.PostJsonAsync(
            $"/datasets/{dataset}/sensorthings/v1.1/Datastreams({(dataset == "open" ? 1 : 2)})/Observations",
            $$"""{"result":{{result}}}""")).ShouldBe(201);

    private static async Task<StreamReader> FollowAsync(Exchange stoa, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/live");
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        var response = await stoa.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        Assert.StartsWith("retry:", await reader.ReadLineAsync(Cancellation), StringComparison.Ordinal);
        await reader.ReadLineAsync(Cancellation);
        return reader;
    }

    /// <summary>The next line that says something, moving the clock until it comes; null at the end of the stream.</summary>
    private static async Task<string?> NextAsync(StreamReader reader, TestClock clock)
    {
        while (true)
        {
            var line = reader.ReadLineAsync(Cancellation).AsTask();
            while (!line.IsCompleted)
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                await Task.WhenAny(line, Task.Delay(TimeSpan.FromMilliseconds(5), Cancellation));
            }

            if (await line is not "") return await line;
        }
    }

    [Fact]
    public async Task Hides_what_comes_into_a_closed_dataset_and_how_much()
    {
        var (stoa, clock) = await StartAsync();
        await using var program = stoa;
        using var reader = await FollowAsync(stoa, null);

        await ObserveAsync(stoa, "closed", 1);
        await ObserveAsync(stoa, "open", 2);
        await ObserveAsync(stoa, "closed", 3);

        Assert.Equal("event: observations", await NextAsync(reader, clock));
        var data = await NextAsync(reader, clock);
        Assert.StartsWith("data: {\"n\":1,\"o\":[[1,", data, StringComparison.Ordinal);
        Assert.EndsWith(",2]]}", data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_when_the_token_is_revoked()
    {
        var (stoa, clock) = await StartAsync();
        await using var program = stoa;
        var token = await stoa.GivenTokenAsync("closed", "read");
        using var reader = await FollowAsync(stoa, token);
        await ObserveAsync(stoa, "closed", 1);
        Assert.Equal("event: observations", await NextAsync(reader, clock));
        await NextAsync(reader, clock);

        (await stoa.DeleteAsync("/api/v1/tokens/2")).ShouldBe(204);

        Assert.Null(await NextAsync(reader, clock));
    }

    [Fact]
    public async Task Falls_silent_about_a_dataset_when_the_right_to_it_is_taken()
    {
        var (stoa, clock) = await StartAsync();
        await using var program = stoa;
        var token = await stoa.GivenTokenAsync("closed", "read");
        using var reader = await FollowAsync(stoa, token);
        await ObserveAsync(stoa, "closed", 1);
        Assert.Equal("event: observations", await NextAsync(reader, clock));
        await NextAsync(reader, clock);

        await stoa.Database.WriteAsync(session =>
        {
            session.Execute("UPDATE access_token_scope SET may_read = 0");
            return true;
        }, Cancellation);
        Assert.Equal(": still here", await NextAsync(reader, clock));
        await ObserveAsync(stoa, "closed", 2);

        Assert.Equal(": still here", await NextAsync(reader, clock));
    }

    [Fact]
    public async Task Falls_silent_about_a_dataset_that_is_closed()
    {
        var (stoa, clock) = await StartAsync();
        await using var program = stoa;
        using var reader = await FollowAsync(stoa, null);
        await ObserveAsync(stoa, "open", 1);
        Assert.Equal("event: observations", await NextAsync(reader, clock));
        await NextAsync(reader, clock);

        (await stoa.PatchJsonAsync("/api/v1/datasets/open", """{"spectrum":"closed"}""")).ShouldBe(200);
        await ObserveAsync(stoa, "open", 2);

        Assert.Equal(": still here", await NextAsync(reader, clock));
    }
}
