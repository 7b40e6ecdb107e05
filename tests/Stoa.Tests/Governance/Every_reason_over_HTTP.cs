using System.Text.Json;
using Stoa.Sharing.Policy;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>Each reason of each gate, as it is told over HTTP with what to do next, in English and German, to who asks why and to who asks
/// for the data; and nothing of it to outsiders.</summary>
public class Every_reason_over_HTTP(ReasonsCity shared) : IClassFixture<ReasonsCity>
{
    private static readonly string[] Languages = ["en", "de"];

    /// <summary>Those that have a test of their own, here and in <see cref="Reasons_of_a_shaken_policy"/>, and the one that nothing gives:
    /// what was used is counted before it is decided.</summary>
    private static readonly ReasonCode[] Elsewhere =
    [
        ReasonCode.S1PolicyNotLoaded, ReasonCode.S2ClockUnsound, ReasonCode.S3PolicyStale, ReasonCode.I4CredentialExpired,
        ReasonCode.S4DatasetUnknown, ReasonCode.I1NotIdentified, ReasonCode.I2PartyUnknown, ReasonCode.I3PartyNotActive,
        ReasonCode.B2PartySuspended, ReasonCode.NotAvailable, ReasonCode.Q5UsageNotEstablished,
    ];

    public static TheoryData<string> Refusals => [.. ReasonRows.Refusals.Keys.Select(code => ReasonCodes.Of(code).Word)];

    public static TheoryData<string> Notes => [.. ReasonRows.Notes.Keys.Select(code => ReasonCodes.Of(code).Word)];

    [Fact]
    public void Has_a_row() => Assert.Equal(
        ReasonCodes.All.Select(meaning => meaning.Code).Order(),
        ReasonRows.Refusals.Keys.Concat(ReasonRows.Notes.Keys).Concat(Elsewhere).Order());

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Is_given_to_whoever_may_know(string word)
    {
        var meaning = MeaningOf(word);
        var row = ReasonRows.Refusals[meaning.Code];
        var scene = await shared.SceneAsync(word.ToLowerInvariant(), row);
        var isCounted = meaning.Code is ReasonCode.Q1Rate or ReasonCode.Q2Volume;

        foreach (var language in Languages)
        {
            var explained = await scene.ExplainAsync(row, language);
            // What is used up is counted where data leave: asking why uses nothing.
            if (isCounted) Assert.Equal("permit", explained.GetProperty("outcome").GetString());
            else ShouldRefuse(explained, meaning, language);
            if (row.Action == "see") ShouldTell(await RefusedAsync(scene, row, language, isCounted), meaning, language, isCounted);
        }

        if (row.IsListed) return;
        Assert.Equal(
            (await scene.ExplainAsync(row, "en", shared.Stranger, slug: "absent")).GetProperty("reasons").GetRawText(),
            (await scene.ExplainAsync(row, "en", shared.Stranger)).GetProperty("reasons").GetRawText());
        (await scene.City.SeeAsync(scene.Slug, shared.Stranger)).ShouldBe(404);
        (await scene.City.SeeAsync(scene.Slug, null)).ShouldBe(404);
    }

    [Theory]
    [MemberData(nameof(Notes))]
    public async Task Is_noted_on_a_permit(string word)
    {
        var meaning = MeaningOf(word);
        var row = ReasonRows.Notes[meaning.Code];
        var scene = await shared.SceneAsync(word.ToLowerInvariant(), row);

        (await scene.SeeAsync(row, "en")).ShouldBe(200);
        foreach (var language in Languages)
        {
            var explained = await scene.ExplainAsync(row, language);

            Assert.Equal("permit", explained.GetProperty("outcome").GetString());
            var reason = Assert.Single(explained.GetProperty("reasons").EnumerateArray(), one => one.GetProperty("code").GetString() == word);
            ShouldSay(reason, meaning, language);
        }
    }

    /// <summary>Who may not act is refused before any gate; who governs the dataset is told which gate it would be.</summary>
    [Theory]
    [InlineData("suspended", "B2-PARTY-SUSPENDED")]
    [InlineData("left", "I3-PARTY-NOT-ACTIVE")]
    public async Task Is_given_about_parties_that_may_not_act(string status, string word)
    {
        var row = new ReasonRow();
        var scene = await shared.SceneAsync(status, row);
        (await scene.SeeAsync(row, "en")).ShouldBe(200);
        await scene.City.StatusAsync(scene.Consumer, status);

        (await scene.SeeAsync(row, "en")).ShouldBeProblem(401, "invalid-credential");
        foreach (var language in Languages)
            ShouldRefuse(await scene.ExplainAsync(row, language, shared.OwnerToken, $",\"party\":{scene.Consumer.Value}"),
                MeaningOf(word), language);
    }

    [Fact]
    public async Task Is_given_about_parties_that_are_not_known()
    {
        var row = new ReasonRow();
        var scene = await shared.SceneAsync("unknown", row);

        foreach (var language in Languages)
        {
            ShouldRefuse(await scene.ExplainAsync(row, language, shared.OwnerToken, ",\"party\":999999"),
                ReasonCodes.Of(ReasonCode.I2PartyUnknown), language);
            ShouldRefuse(await scene.ExplainAsync(row, language, scene.City.Stoa.AdminToken, $",\"party\":{scene.Consumer.Value}", "absent"),
                ReasonCodes.Of(ReasonCode.S4DatasetUnknown), language);
        }
    }

    /// <summary>A token that no party holds, and none at all.</summary>
    [Fact]
    public async Task Is_given_to_nobody_in_particular()
    {
        var row = new ReasonRow();
        var scene = await shared.SceneAsync("nobody", row);
        var nobodys = await scene.City.Stoa.GivenTokenAsync("other", "read");

        foreach (var language in Languages)
        {
            var explained = await scene.ExplainAsync(row, language, nobodys);
            ShouldSay(explained.GetProperty("reasons")[0], ReasonCodes.Of(ReasonCode.I1NotIdentified), language);
            Assert.Equal(explained.GetProperty("reasons").GetRawText(),
                (await scene.ExplainAsync(row, language, nobodys, slug: "absent")).GetProperty("reasons").GetRawText());
            ShouldSay((await scene.ExplainAsync(row, language, shared.Stranger)).GetProperty("reasons")[0],
                ReasonCodes.Of(ReasonCode.NotAvailable), language);
        }

        (await scene.City.SeeAsync(scene.Slug, nobodys)).ShouldBeProblem(404, "not-found");
        (await scene.City.SeeAsync(scene.Slug, null)).ShouldBeProblem(404, "not-found");
        (await scene.City.Stoa.PostJsonAsync("/api/v1/decisions/explain", $$"""{"dataset":"{{scene.Slug}}"}""", ""))
            .ShouldBeProblem(401, "credential-required");
    }

    /// <summary>Where the data are to be changed, the address says so in its own words to who may read them.</summary>
    [Fact]
    public async Task Is_given_to_whoever_may_not_write()
    {
        var readers = await shared.SceneAsync("reader", new());
        var closed = await shared.SceneAsync("no-reader", new() { Level = SpectrumClass.Closed });

        (await readers.City.AddAsync(readers.Slug, readers.Token)).ShouldBeProblem(403, "not-writable");
        var refused = await closed.City.AddAsync(closed.Slug, closed.Token);

        Assert.Equal("L9-ROLE-MISSING", refused.ShouldBeProblem(403, "access-refused").Json.GetProperty("reason").GetString());
        (await closed.City.AddAsync(closed.Slug, shared.Stranger)).ShouldBe(404);
    }

    private static ReasonMeaning MeaningOf(string word) => ReasonCodes.All.Single(meaning => meaning.Word == word);

    // Rows are counted when the answer has left, which is after the client has it.
    private static async Task<Answer> RefusedAsync(ReasonScene scene, ReasonRow row, string language, bool isCounted)
    {
        var answer = await scene.SeeAsync(row, language);
        for (var attempt = 0; isCounted && answer.Status == 200 && attempt < 300; attempt++)
        {
            await Task.Delay(attempt == 0 ? 1 : 100, TestContext.Current.CancellationToken);
            answer = await scene.SeeAsync(row, language);
        }

        return answer;
    }

    private static void ShouldRefuse(JsonElement explained, ReasonMeaning meaning, string language)
    {
        Assert.Equal(meaning.Kind switch
        {
            ReasonKind.Indeterminate => "indeterminate", ReasonKind.NotApplicable => "notApplicable", _ => "deny",
        }, explained.GetProperty("outcome").GetString());
        ShouldSay(explained.GetProperty("reasons")[0], meaning, language);
        // An agreement made while the review was overdue is refused by its own gate.
        var gate = meaning.Code == ReasonCode.L8ReviewOverdue ? Gate.Agreement : meaning.Gate;
        Assert.Equal(JsonNamingPolicy.CamelCase.ConvertName(gate.ToString()), explained.GetProperty("gate").GetString());
        Assert.False(explained.GetProperty("gates")[(int)gate].GetProperty("holds").GetBoolean());
    }

    private static void ShouldTell(Answer answer, ReasonMeaning meaning, string language, bool isCounted)
    {
        var problem = (isCounted ? answer.ShouldBeProblem(429, "limit-reached") : answer.ShouldBeProblem(403, "access-refused")).Json;
        var (text, remedy) = meaning.In(language);
        Assert.Equal(meaning.Word, problem.GetProperty("reason").GetString());
        Assert.Equal($"{text} {remedy}", problem.GetProperty("detail").GetString());
        Assert.Equal(meaning.Clause, problem.GetProperty("clause").GetString());
        ShouldSay(problem.GetProperty("reasons")[0], meaning, language);
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("decisionId").GetString()));
    }

    private static void ShouldSay(JsonElement reason, ReasonMeaning meaning, string language)
    {
        Assert.Equal(meaning.Word, reason.GetProperty("code").GetString());
        Assert.Equal(meaning.In(language), new(reason.GetProperty("text").GetString()!, reason.GetProperty("remedy").GetString()!));
        Assert.NotEqual(meaning.English.Remedy, meaning.German.Remedy);
    }
}
