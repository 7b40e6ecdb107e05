using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>A batch is one more door to everything: what is hidden is answered as if it were absent, by itself, in a change set, by
/// reference and by condition.</summary>
public partial class Batches_across_datasets(TwinExchanges twins)
{
    private const string Root = "/sensorthings/v1.1/";
    private const string ScopedRoot = "/datasets/open/sensorthings/v1.1/";
    private const string ClosedRoot = "/datasets/closed/sensorthings/v1.1/";

    // Fewer than the limit of a batch.
    private const int PartsOfBatch = 500;

    private static async Task<string> SendAsync(Exchange stoa, string root, IEnumerable<string> requests, string token)
    {
        var answer = await stoa.SendAsync(HttpMethod.Post, root + "$batch", $$"""{"requests":[{{string.Join(',', requests)}}]}""", token);
        // The second part of an entity tag is a hash of a body that holds the address of the server.
        return ShownPart().Replace(TwinExchanges.Comparable(answer), "");
    }

    private static string Request(int number, string method, string url, string? body, string more = "") =>
        $$"""{"id":"{{number}}","method":"{{method}}","url":{{JsonSerializer.Serialize(url)}}{{(body is null ? "" : ",\"body\":" + body)}}{{more}}}""";

    private IEnumerable<string> Writes(bool isGrouped) => Writing_SensorThings.Attempts.Select((attempt, number) => Request(
        number, attempt.Method, Writing_SensorThings.Fill(twins, attempt.Path),
        attempt.Body is null ? null : Writing_SensorThings.Fill(twins, attempt.Body),
        isGrouped ? $$""","atomicityGroup":"g{{number}}" """ : ""));

    private IEnumerable<string> Reads(string root) => SensorThingsAddresses.All(twins.OpenIds, twins.ClosedIds)
        .Where(path => !path.Contains(TwinExchanges.Secret, StringComparison.Ordinal))
        .Select((path, number) => Request(number, "GET", (number % 2 == 0 ? "" : root) + path.Replace(" ", "%20", StringComparison.Ordinal), null));

    [Theory]
    [InlineData(Root)]
    [InlineData(ScopedRoot)]
    [InlineData(ClosedRoot)]
    public async Task Read_nothing_that_is_hidden(string root)
    {
        await twins.StartedAsync();

        foreach (var requests in Reads(root).Chunk(PartsOfBatch))
        {
            var with = await SendAsync(twins.With, root, requests, twins.Stranger.With);
            var without = await SendAsync(twins.Without, root, requests, twins.Stranger.Without);

            Assert.Equal(without, with);
            Assert.DoesNotContain(TwinExchanges.Secret, with, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Root, false)]
    [InlineData(Root, true)]
    [InlineData(ScopedRoot, false)]
    [InlineData(ScopedRoot, true)]
    [InlineData(ClosedRoot, false)]
    public async Task Write_nothing_that_is_hidden(string root, bool isGrouped)
    {
        await twins.StartedAsync();

        var with = await SendAsync(twins.With, root, Writes(isGrouped), twins.Stranger.With);
        var without = await SendAsync(twins.Without, root, Writes(isGrouped), twins.Stranger.Without);

        Assert.Equal(without, with);
    }

    [Fact]
    public async Task Refer_to_nothing_that_is_hidden()
    {
        await twins.StartedAsync();
        var thing = $"Things({twins.ClosedIds["Things"]})";
        string[] requests =
        [
            Request(0, "GET", thing, null), Request(1, "GET", "$0/name", null), Request(2, "GET", "Things?$count=true", null),
            Request(3, "GET", "Things", null, ""","if":"$2/@iot.count gt 2" """), Request(4, "GET", "Things", null, ""","if":"$0/$succeeded" """),
            Request(5, "GET", ClosedRoot + "Things", null), Request(6, "POST", "Things", """{"name":"n","description":"d","Locations":[{"@iot.id":"$0"}]}"""),
        ];

        Assert.Equal(
            await SendAsync(twins.Without, Root, requests, twins.Stranger.Without), await SendAsync(twins.With, Root, requests, twins.Stranger.With));
    }

    /// <summary>The bait: an administrator's batch does show it.</summary>
    [Fact]
    public async Task Show_administrators_what_is_closed()
    {
        await twins.StartedAsync();
        string[] requests = [Request(0, "GET", $"Things({twins.ClosedIds["Things"]})", null)];

        Assert.Contains(TwinExchanges.Secret, await SendAsync(twins.With, Root, requests, twins.With.AdminToken), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"(?<=""etag"":""\\""[\w-]{16})\.[\w-]{16}")]
    private static partial Regex ShownPart();
}
