using System.Text.Json;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Sharing.Spectrum;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>Why something may be done or not, gate by gate, to whom it may be told.</summary>
public class Explained_decisions
{
    /// <summary>One dataset, one owner, one consumer; each row changes one thing, and its gate refuses.</summary>
    private sealed record Shared(GovernedCity City, PartyId Owner, PartyId Consumer, DatasetId Dataset, string Token) : IAsyncDisposable
    {
        public static async Task<Shared> StartAsync(
            Func<AgreementTerms, AgreementTerms>? clauses = null, SpectrumClass level = SpectrumClass.SharedSpecific, bool isNamed = true)
        {
            var city = await GovernedCity.StartAsync();
            var owner = await city.OrganizationAsync("owner");
            var consumer = await city.OrganizationAsync("consumer");
            var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
            await city.ClassifyAsync(dataset, level, level == SpectrumClass.SharedSpecific && isNamed ? [consumer] : []);
            await city.AgreeAsync(owner, consumer, [dataset], clauses);
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

    /// <summary>Each gate's refusal, as it is told over HTTP both to who asks why and to who asks for the data.</summary>
    [Theory]
    [InlineData("block", "B1-DATASET-FROZEN")]
    [InlineData("city", "B5-CITY-PROHIBITS")]
    [InlineData("incident", "B3-INCIDENT")]
    [InlineData("closed", "L1-CLOSED")]
    [InlineData("not named", "L3-NOT-NAMED")]
    [InlineData("criterion", "L4-CRITERION-NOT-MET")]
    [InlineData("terms", "L6-TERMS-NOT-ACCEPTED")]
    [InlineData("expired", "G3-OUT-OF-TIME")]
    [InlineData("not begun", "G3-OUT-OF-TIME")]
    [InlineData("undertaking", "G6-UNDERTAKING-MISSING")]
    [InlineData("obligation", "G7-OBLIGATION-OVERDUE")]
    [InlineData("purpose prohibited", "P6-PURPOSE-PROHIBITED")]
    [InlineData("jurisdiction", "W5-PLACE-NOT-ESTABLISHED")]
    [InlineData("window", "M3-WINDOW-EMPTY")]
    [InlineData("cells", "A1-AGGREGATION-NOT-AVAILABLE")]
    [InlineData("channel", "Q6-CHANNEL")]
    [InlineData("risk", "R1-RISK-NOT-ACCEPTED")]
    public async Task Name_the_gate_that_refuses(string change, string reason)
    {
        var past = new Instant(1_000_000);
        await using var shared = await Shared.StartAsync(
            change switch
            {
                "expired" => terms => terms with { ValidTo = past },
                "not begun" => terms => terms with { ValidFrom = new(Instant.Max.UnixMicroseconds - 1) },
                "undertaking" => terms => terms with { Undertakings = ["secrecy"] },
                "jurisdiction" => terms => terms with { Jurisdictions = ["DE"] },
                "window" => terms => terms with { DataFrom = new(2), DataUntil = new(2) },
                "cells" => terms => terms with { Granularity = new(0, 0, 5) },
                _ => null,
            },
            change switch
            {
                "closed" => SpectrumClass.Closed, "criterion" => SpectrumClass.SharedGroup, "terms" => SpectrumClass.SharedPublic,
                _ => SpectrumClass.SharedSpecific,
            },
            isNamed: change != "not named");
        await ChangeAsync(shared, change, past);

        var explained = await shared.ExplainAsync();
        var refused = await shared.City.SeeAsync("counts", shared.Token);

        Assert.NotEqual("permit", explained.GetProperty("outcome").GetString());
        Assert.Equal(reason, FirstReason(explained));
        Assert.Equal(reason, refused.ShouldBeProblem(403, "access-refused").Json.GetProperty("reason").GetString());
        // To outsiders nothing of it is told.
        var stranger = await shared.City.ServiceTokenAsync(await shared.City.OrganizationAsync("stranger"));
        if (change == "terms") return;
        Assert.Equal((await shared.ExplainAsync(stranger, dataset: "absent")).GetProperty("reasons").GetRawText(),
            (await shared.ExplainAsync(stranger)).GetProperty("reasons").GetRawText());
        (await shared.City.SeeAsync("counts", stranger)).ShouldBe(404);
    }

    private static async Task ChangeAsync(Shared shared, string change, Instant past)
    {
        var rule = new PolicyRule { Name = "rule", Layer = PolicyLayer.City };
        switch (change)
        {
            case "block":
                var kept = await shared.City.Stoa.Database.ReadAsync(TestContext.Current.CancellationToken);
                GovernedRecord<Classification> record;
                using (kept) record = GovernedRecords.FindBySeat(kept, RecordTypes.Classification, $"level {shared.Dataset}")!;
                await shared.City.ChangeAsync(RecordTypes.Classification, record, record.Content with { State = ClassificationState.Frozen });
                break;
            case "city":
                await shared.City.RecordAsync(RecordTypes.Rule, rule with { Prohibits = true });
                break;
            case "incident":
                await shared.City.RecordAsync(RecordTypes.Block, new(BlockKind.Incident, shared.Dataset, null));
                break;
            case "obligation":
                await shared.City.RecordAsync(RecordTypes.Obligation, new(
                    default, new(AgreementOf(shared)), ObligationKind.Report, ObligationState.Due, past, Suspends: true));
                break;
            case "purpose prohibited":
                await shared.City.RecordAsync(RecordTypes.Rule, rule with { Restriction = new() { PurposesLeftOut = [GovernedCity.Research] } });
                break;
            case "channel":
                await shared.City.RecordAsync(RecordTypes.Rule, rule with { Restriction = new() { Channels = [Channel.Portal] } });
                break;
            case "risk":
                await shared.City.RecordAsync(RecordTypes.Dataset, new() { Id = shared.Dataset, ResidualRisk = 10 });
                await shared.City.RecordAsync(RecordTypes.PartyFacts, new(shared.Owner, 5));
                break;
            default:
                break;
        }
    }

    private static long AgreementOf(Shared shared) =>
        ((AccessPolicy)shared.City.Stoa.Services.GetService(typeof(AccessPolicy))!).Snapshot.Agreements.Keys.Single(); // Registered by AddSharing.

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
