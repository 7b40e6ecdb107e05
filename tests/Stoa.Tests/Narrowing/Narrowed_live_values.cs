using System.Net;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>Values as they come of a dataset of which agreements leave parts.</summary>
public class Narrowed_live_values(ConsumersOfParts site) : IClassFixture<ConsumersOfParts>
{
    [Fact]
    public async Task Sends_values_as_they_come_where_times_and_results_are_whole()
    {
        using var followed = await OpenAsync("fields");
        using var coarse = await OpenAsync("coarse");
        using var window = await OpenAsync("window");
        var whole = DateTimeOffset.UtcNow;
        // Reaches all; the one before it must reach nobody but who may see it.
        await ObserveAsync("narrow", 2, "661.5", whole);
        var values = await UntilAsync(followed, "661.5");
        Assert.DoesNotContain("parmz", values, StringComparison.Ordinal);
        await ObserveAsync("whole", 1, "42.25", whole);

        foreach (var stream in new[] { coarse, window })
            Assert.DoesNotContain("661.5", await UntilAsync(stream, "42.25"), StringComparison.Ordinal);
        await ObserveAsync("narrow", 2, "662.5", new(2026, 3, 5, 8, 0, 0, TimeSpan.Zero));
        Assert.Contains("662.5", await UntilAsync(window, "662.5"), StringComparison.Ordinal);
    }

    private async Task ObserveAsync(string slug, int datastream, string result, DateTimeOffset time)
    {
        await site.Town.CreateAsync(slug, $"Datastreams({datastream})/Observations",
            $$$"""{"phenomenonTime":"{{{time:O}}}","result":{{{result}}},"parameters":{"run":"parmz"},"FeatureOfInterest":{"@iot.id":{{{datastream}}}}}""");
    }

    private async Task<StreamReader> OpenAsync(string consumer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/live");
        request.Headers.Authorization = new("Bearer", site.Tokens[consumer]);
        var answer = await site.Town.Exchange.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        // The first line is sent when the subscription stands.
        Assert.Equal("retry: 5000", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        return reader;
    }

    private static async Task<string> UntilAsync(StreamReader stream, string value)
    {
        var all = "";
        while (await stream.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            all += line;
            if (line.Contains(value, StringComparison.Ordinal)) return all;
        }

        throw new InvalidOperationException("The stream ended.");
    }
}
