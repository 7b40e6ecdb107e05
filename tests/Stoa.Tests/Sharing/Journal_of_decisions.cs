using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Decisions are kept with the state of the world by which they were made: they are made again, also under another policy.</summary>
public class Journal_of_decisions
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private sealed record Shared(GovernedCity City, PartyId Consumer, string Token, GovernedRecord<Agreement> Agreement) : IAsyncDisposable
    {
        public static async Task<Shared> StartAsync()
        {
            var city = await GovernedCity.StartAsync(null);
            var owner = await city.OrganizationAsync("owner");
            var consumer = await city.OrganizationAsync("consumer");
            var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
            await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer);
            var agreement = await city.AgreeAsync(owner, consumer, [dataset], purposes: GovernedCity.Research);
            return new(city, consumer, await city.ServiceTokenAsync(consumer), agreement);
        }

        public Task<Answer> AsAdministratorAsync(string path) => City.Stoa.GetAsync(path, City.Stoa.AdminToken);

        public ValueTask DisposeAsync() => City.DisposeAsync();
    }

    [Fact]
    public async Task Names_a_decision_once_as_long_as_it_holds_and_keeps_it()
    {
        await using var shared = await Shared.StartAsync();

        var first = (await shared.City.SeeAsync("counts", shared.Token)).ShouldBe(200).Header("Decision-Id");
        var second = (await shared.City.SeeAsync("counts", shared.Token)).ShouldBe(200).Header("Decision-Id");

        Assert.Equal(first, second);
        var listed = Assert.Single((await shared.AsAdministratorAsync("/api/v1/decisions?dataset=counts")).ShouldBe(200).Json
            .GetProperty("value").EnumerateArray().ToArray());
        Assert.Equal((first, "permit", "counts"), (listed.GetProperty("decisionId").GetString(), listed.GetProperty("outcome").GetString(),
            listed.GetProperty("dataset").GetString()));
        Assert.Equal(shared.Agreement.Id, listed.GetProperty("agreement").GetInt64());
    }

    [Fact]
    public async Task Makes_a_decision_again_byte_for_byte_also_when_governance_has_changed_and_the_program_was_stopped()
    {
        await using var shared = await Shared.StartAsync();
        var id = (await shared.City.SeeAsync("counts", shared.Token)).ShouldBe(200).Header("Decision-Id");

        await shared.City.ChangeAsync(RecordTypes.Agreement, shared.Agreement,
            shared.Agreement.Content with { State = AgreementState.Suspended });
        (await shared.City.SeeAsync("counts", shared.Token)).ShouldBe(403);
        await shared.City.Stoa.RestartAsync();
        var replay = await shared.City.Stoa.PostJsonAsync($"/api/v1/decisions/{id}/replay", "");
        var record = await shared.AsAdministratorAsync($"/api/v1/decisions/{id}");

        Assert.True(replay.ShouldBe(200).Json.GetProperty("isSame").GetBoolean());
        Assert.Equal(replay.Json.GetProperty("snapshotDigest").GetString(), record.ShouldBe(200).Json.GetProperty("snapshotDigest").GetString());
        Assert.Equal("permit", record.Json.GetProperty("decision").GetProperty("outcome").GetString());
        Assert.Equal(2, (await shared.AsAdministratorAsync("/api/v1/decisions?dataset=counts")).ShouldBe(200).Json
            .GetProperty("value").GetArrayLength());
    }

    [Fact]
    public async Task Notices_a_record_that_was_changed()
    {
        await using var shared = await Shared.StartAsync();
        var id = (await shared.City.SeeAsync("counts", shared.Token)).ShouldBe(200).Header("Decision-Id");
        await shared.City.Stoa.Services.GetRequiredService<DecisionJournal>().StoreAsync(Now);
        await shared.City.Stoa.Database.WriteAsync(
            session =>
            {
                using var forge = session.Prepare("UPDATE decision SET content = replace(content, '\"outcome\":\"permit\"', '\"outcome\":\"deny\"')");
                return forge.Execute();
            }, Now);

        var replay = await shared.City.Stoa.PostJsonAsync($"/api/v1/decisions/{id}/replay", "");

        Assert.False(replay.ShouldBe(200).Json.GetProperty("isSame").GetBoolean());
    }

    [Fact]
    public async Task Says_what_a_changed_policy_would_have_decided()
    {
        await using var shared = await Shared.StartAsync();
        (await shared.City.SeeAsync("counts", shared.Token)).ShouldBe(200);
        string[] changes =
        [
            $$"""{"withoutAgreements":[{{shared.Agreement.Id}}]}""",
            """{"closed":["counts"]}""",
            """{"rules":[{"name":"no research","layer":"city","restriction":{"purposesLeftOut":["ScientificResearch"]}}]}""",
        ];
        string[] reasons = ["G1-NO-AGREEMENT", "L1-CLOSED", "P6-PURPOSE-PROHIBITED"];

        for (var i = 0; i < changes.Length; i++)
        {
            var answer = (await shared.City.Stoa.PostJsonAsync("/api/v1/decisions/what-if", changes[i])).ShouldBe(200).Json;

            Assert.Equal(1, answer.GetProperty("requests").GetInt32());
            var difference = Assert.Single(answer.GetProperty("differences").EnumerateArray().ToArray());
            Assert.Equal(("deny", reasons[i], true), (difference.GetProperty("after").GetString(),
                difference.GetProperty("reason").GetString(), difference.GetProperty("isNarrowed").GetBoolean()));
        }

        var same = await shared.City.Stoa.PostJsonAsync("/api/v1/decisions/what-if", """{"withoutAgreements":[]}""");
        Assert.Equal(0, same.ShouldBe(200).Json.GetProperty("differences").GetArrayLength());
        // Nothing was changed by asking.
        (await shared.City.SeeAsync("counts", shared.Token)).ShouldBe(200);
    }

    /// <summary>More than ten thousand were made: the last ten thousand are made again, one comparison at a time.</summary>
    [Fact]
    public async Task Says_it_of_the_last_ten_thousand()
    {
        await using var shared = await Shared.StartAsync();
        var journal = shared.City.Stoa.Services.GetRequiredService<DecisionJournal>();
        var (snapshot, at) = (shared.City.Snapshot, Instant.From(DateTimeOffset.UtcNow));
        var dataset = snapshot.Content.Datasets.Max(one => one.Id.Value);
        // The first fifty are others: they are too old to be made again.
        for (var number = 0; number < WhatIf.RequestsMax + 50; number++)
        {
            journal.Decide(new()
            {
                Party = number < 50 ? null : shared.Consumer, Dataset = new(dataset), At = new(at.UnixMicroseconds + number), Purpose = GovernedCity.Research,
                Fields = [number.ToString(System.Globalization.CultureInfo.InvariantCulture)],
            }, snapshot, isKept: true);
            if (number % 5_000 == 0) await journal.StoreAsync(Now);
        }

        var answer = (await shared.City.Stoa.PostJsonAsync("/api/v1/decisions/what-if", """{"closed":["counts"]}""")).ShouldBe(200).Json;

        Assert.Equal(WhatIf.RequestsMax, answer.GetProperty("requests").GetInt32());
        Assert.All(answer.GetProperty("differences").EnumerateArray(), one => Assert.Equal(shared.Consumer.Value, one.GetProperty("party").GetInt64()));
        Assert.Equal(WhatIf.RequestsMax, answer.GetProperty("differences").EnumerateArray().Sum(one => one.GetProperty("requests").GetInt32()));

        var places = shared.City.Stoa.Services.GetRequiredService<WhatIfPlaces>();
        await places.Comparisons.WaitAsync(Now);
        var refused = (await shared.City.Stoa.PostJsonAsync("/api/v1/decisions/what-if", """{"closed":["counts"]}""")).ShouldBeProblem(429, "too-many-requests");
        Assert.Equal(WhatIfPlaces.RetryAfterSeconds, int.Parse(refused.Header("Retry-After"), null));
        places.Comparisons.Release(WhatIfPlaces.ComparisonsMax);
        (await shared.City.Stoa.PostJsonAsync("/api/v1/decisions/what-if", """{"withoutAgreements":[]}""")).ShouldBe(200);
    }

    [Fact]
    public async Task Is_for_administrators_and_for_whom_it_is_about()
    {
        await using var shared = await Shared.StartAsync();
        var stranger = await shared.City.ServiceTokenAsync(await shared.City.OrganizationAsync("stranger"));
        var id = (await shared.City.SeeAsync("counts", shared.Token)).ShouldBe(200).Header("Decision-Id");

        (await shared.City.Stoa.GetAsync($"/api/v1/decisions/{id}", shared.Token)).ShouldBe(200);
        (await shared.City.Stoa.GetAsync($"/api/v1/decisions/{id}", stranger)).ShouldBe(404);
        (await shared.City.Stoa.GetAsync($"/api/v1/decisions/{id}")).ShouldBe(401);
        (await shared.City.Stoa.GetAsync("/api/v1/decisions", shared.Token)).ShouldBe(403);
        (await shared.City.Stoa.PostJsonAsync("/api/v1/decisions/what-if", "{}", shared.Token)).ShouldBe(403);
        (await shared.City.Stoa.PostJsonAsync("/api/v1/decisions/what-if", "{}")).ShouldBeProblem(400, "invalid-property");
        (await shared.City.Stoa.PostJsonAsync("/api/v1/decisions/what-if", """{"rules":[{"name":"x","layer":"member"}]}""")).ShouldBe(400);
        (await shared.City.Stoa.PostJsonAsync("/api/v1/decisions/what-if", """{"rules":[{"layer":"city"}]}""")).ShouldBe(400);
    }

    [Fact]
    public async Task Is_not_for_tokens_that_are_good_for_less_than_their_party()
    {
        await using var shared = await Shared.StartAsync();
        var bound = (await shared.City.ExchangeAsync(shared.Token, shared.Agreement.Id)).ShouldBe(200).Json
            .GetProperty("access_token").GetString()!;

        // It reads under its agreement, and governs nothing.
        (await shared.City.SeeAsync("counts", bound)).ShouldBe(200);
        (await shared.City.Stoa.GetAsync($"/api/v1/agreements/{shared.Agreement.Id}", shared.Token)).ShouldBe(200);
        (await shared.City.Stoa.GetAsync($"/api/v1/agreements/{shared.Agreement.Id}", bound)).ShouldBe(404);
        (await shared.City.Stoa.PostJsonAsync($"/api/v1/agreements/{shared.Agreement.Id}/moves", """{"move":"terminate","reason":"x"}""", bound))
            .ShouldBe(404);
        (await shared.City.Stoa.PostJsonAsync("/api/v1/access-requests",
            """{"dataset":"counts","purpose":"ScientificResearch","legalBasis":"notPersonal","statement":"x","submit":true}""", bound)).ShouldBe(403);
    }
}
