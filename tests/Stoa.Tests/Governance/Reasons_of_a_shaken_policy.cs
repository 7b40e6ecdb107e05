using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>What is told when the clock was set back, when what is governed contradicts itself, and when a credential has expired.</summary>
public class Reasons_of_a_shaken_policy
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_told_until_it_is_sound_again()
    {
        await using var shared = new ReasonsCity();
        var row = new ReasonRow();
        var scene = await shared.SceneAsync("counts", row);
        var stoa = scene.City.Stoa;
        var clock = (TestClock)stoa.Services.GetRequiredService<TimeProvider>();
        (await scene.SeeAsync(row, "en")).ShouldBe(200);

        clock.Advance(TimeSpan.FromMinutes(-5));
        await ShouldBeToldAsync(scene, ReasonCode.S2ClockUnsound);
        clock.Advance(TimeSpan.FromMinutes(5));
        (await scene.SeeAsync(row, "en")).ShouldBe(200);

        // A purpose below one that is not known: what a newer program or a hand in the database may leave.
        var contradiction = await scene.City.RecordAsync(
            RecordTypes.Purpose, new(new("https://city.example/own"), [new("NoSuchPurpose")], "Own", "Eigen"));
        (await scene.SeeAsync(row, "en")).ShouldBe(200);
        stoa.Services.GetRequiredService<AccessPolicy>().DoubtAfter(TimeSpan.Zero);
        await ShouldBeToldAsync(scene, ReasonCode.S3PolicyStale);

        // Ids of what is recorded begin with the time.
        clock.Advance(TimeSpan.FromSeconds(1));
        // Nothing can be read at all: nobody knows which datasets there are.
        await stoa.RestartAsync(("sharing.homeJurisdictions", "DE"));
        foreach (var language in new[] { "en", "de" })
            ShouldSay((await scene.ExplainAsync(row, language)).GetProperty("reasons")[0], ReasonCode.S1PolicyNotLoaded, language);
        (await scene.SeeAsync(row, "en")).ShouldBeProblem(404, "not-found");
        (await scene.City.SeeAsync("absent", scene.Token)).ShouldBeProblem(404, "not-found");

        await scene.City.ChangeAsync(RecordTypes.Purpose, contradiction, contradiction.Content with { Parents = [new("ScientificResearch")] });
        (await scene.SeeAsync(row, "en")).ShouldBe(200);
    }

    /// <summary>An expired credential is refused before any gate is asked.</summary>
    [Fact]
    public async Task Are_not_reached_with_an_expired_credential()
    {
        await using var shared = new ReasonsCity();
        var row = new ReasonRow();
        var scene = await shared.SceneAsync("counts", row);
        var stoa = scene.City.Stoa;
        var clock = (TestClock)stoa.Services.GetRequiredService<TimeProvider>();
        var ends = Instant.From(clock.GetUtcNow().AddMinutes(10));
        var service = await scene.City.PartyAsync("service", scene.Consumer);
        var token = (await stoa.PostJsonAsync("/api/v1/tokens", $$"""{"name":"short","party":{{service.Value}},"expires":"{{ends}}"}"""))
            .ShouldBe(201).Json.GetProperty("token").GetString()!;
        (await scene.City.SeeAsync("counts", token)).ShouldBe(200);

        clock.Advance(TimeSpan.FromMinutes(10));

        (await scene.City.SeeAsync("counts", token)).ShouldBeProblem(401, "invalid-credential");
        (await stoa.PostJsonAsync("/api/v1/decisions/explain", """{"dataset":"counts"}""", token)).ShouldBeProblem(401, "invalid-credential");
        (await scene.SeeAsync(row, "en")).ShouldBe(200);
    }

    private static async Task ShouldBeToldAsync(ReasonScene scene, ReasonCode code)
    {
        var row = new ReasonRow();
        foreach (var language in new[] { "en", "de" })
        {
            var explained = await scene.ExplainAsync(row, language);
            var refused = (await scene.SeeAsync(row, language)).ShouldBeProblem(403, "access-refused").Json;

            Assert.Equal("indeterminate", explained.GetProperty("outcome").GetString());
            ShouldSay(explained.GetProperty("reasons")[0], code, language);
            Assert.Equal(ReasonCodes.Of(code).Word, refused.GetProperty("reason").GetString());
            ShouldSay(refused.GetProperty("reasons")[0], code, language);
        }

        (await scene.City.SeeAsync("counts", scene.Shared.Stranger)).ShouldBe(404);
        (await scene.City.SeeAsync("counts", scene.City.Stoa.AdminToken)).ShouldBe(200);
        // Neither at the root of all.
        var all = (await scene.City.Stoa.GetAsync("/sensorthings/v1.1/Things?$count=true", scene.Token)).ShouldBe(200);
        Assert.Equal(0, all.Json.GetProperty("@iot.count").GetInt32());
    }

    private static void ShouldSay(System.Text.Json.JsonElement reason, ReasonCode code, string language)
    {
        var meaning = ReasonCodes.Of(code);
        Assert.Equal(meaning.Word, reason.GetProperty("code").GetString());
        Assert.Equal(meaning.In(language), new(reason.GetProperty("text").GetString()!, reason.GetProperty("remedy").GetString()!));
    }
}
