using System.Text.Json;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>Why something may be done or not, gate by gate, to whom it may be told.</summary>
/// <remarks>Each reason of each gate: <see cref="Every_reason_over_HTTP"/>.</remarks>
public class Explained_decisions
{
    /// <summary>One dataset, one owner, one consumer, one agreement.</summary>
    private sealed record Shared(GovernedCity City, PartyId Owner, PartyId Consumer, DatasetId Dataset, string Token) : IAsyncDisposable
    {
        public static async Task<Shared> StartAsync(SpectrumClass level = SpectrumClass.SharedSpecific)
        {
            var city = await GovernedCity.StartAsync();
            var owner = await city.OrganizationAsync("owner");
            var consumer = await city.OrganizationAsync("consumer");
            var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
            await city.ClassifyAsync(dataset, level, level == SpectrumClass.SharedSpecific ? [consumer] : []);
            await city.AgreeAsync(owner, consumer, [dataset]);
            return new(city, owner, consumer, dataset, await city.ServiceTokenAsync(consumer));
        }

        public async Task<JsonElement> ExplainAsync(string? token = null, string also = "", string dataset = "counts") =>
            (await AskAsync(token ?? Token, also, dataset)).ShouldBe(200).Json;

        public Task<Answer> AskAsync(string token, string also = "", string dataset = "counts") =>
            City.Stoa.PostJsonAsync("/api/v1/decisions/explain", $$"""{"dataset":"{{dataset}}"{{also}}}""", token);

        public ValueTask DisposeAsync() => City.DisposeAsync();
    }

    private static string FirstReason(JsonElement explained) => explained.GetProperty("reasons")[0].GetProperty("code").GetString()!;

    private static string Gates(JsonElement explained) => string.Join(' ', explained.GetProperty("gates").EnumerateArray()
        .Select(gate => gate.TryGetProperty("holds", out var holds) ? holds.GetBoolean() ? "+" : "-" : "?"));

    [Fact]
    public async Task Tell_what_may_be_reached_and_until_when()
    {
        await using var shared = await Shared.StartAsync();

        var explained = await shared.ExplainAsync();

        Assert.Equal("permit", explained.GetProperty("outcome").GetString());
        Assert.Equal("+ + + + + + + + + + + +", Gates(explained));
        Assert.Equal("ScientificResearch", explained.GetProperty("grant").GetProperty("purpose").GetString());
    }

    [Fact]
    public async Task Are_told_about_others_to_those_who_may_grant()
    {
        await using var shared = await Shared.StartAsync();
        var stranger = await shared.City.OrganizationAsync("stranger");
        var owner = await shared.City.ServiceTokenAsync(shared.Owner);
        var about = $",\"party\":{stranger.Value}";

        Assert.Equal("L3-NOT-NAMED", FirstReason(await shared.ExplainAsync(owner, about)));
        Assert.Equal("L3-NOT-NAMED", FirstReason(await shared.ExplainAsync(shared.City.Stoa.AdminToken, about)));
        (await shared.AskAsync(shared.Token, about)).ShouldBeProblem(403, "not-about-others");
        Assert.Equal((await shared.AskAsync(shared.Token, about)).Text, (await shared.AskAsync(shared.Token, about, "absent")).Text);
        (await shared.AskAsync("", about)).ShouldBeProblem(401, "credential-required");
    }

    [Fact]
    public async Task Speak_german_and_english()
    {
        await using var shared = await Shared.StartAsync(level: SpectrumClass.Closed);

        foreach (var (language, word) in new[] { ("de-AT", "Der Datensatz"), ("fr, en", "The dataset"), ("fr", "The dataset") })
        {
            var answer = await shared.City.SeeAsync("counts", shared.Token, null, language: language);

            Assert.StartsWith(word, answer.ShouldBe(403).Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"dataset":"counts","action":"burn"}""")]
    [InlineData("""{"dataset":"counts","more":1}""")]
    [InlineData("""{"dataset":"-"}""")]
    [InlineData("""{"dataset":"counts","party":"x"}""")]
    public async Task Refuse_nonsense(string body)
    {
        await using var shared = await Shared.StartAsync();

        var answer = await shared.City.Stoa.PostJsonAsync("/api/v1/decisions/explain", body, shared.Token);

        Assert.Equal(400, answer.Status);
    }
}
