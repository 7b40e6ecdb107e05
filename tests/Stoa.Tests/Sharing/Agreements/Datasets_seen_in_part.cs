using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>The page of a dataset, for whoever may see a part of it or not without counting.</summary>
public class Datasets_seen_in_part
{
    private const string Page = "/datasets/counters";
    private const string Ask = "Ask for access";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Say_under_which_agreement_what_may_be_used_and_give_its_downloads()
    {
        await using var sides = await TwoSides.StartAsync();
        using var consumer = await sides.MemberAsync("university");
        using var stranger = await sides.MemberAsync("grocer");

        Assert.Contains(Ask, (await consumer.GetAsync(Page)).ShouldBe(200).Text, StringComparison.Ordinal);
        var id = await sides.AgreeAsync(
            ""","terms":{"granularity":{"timeSeconds":3600},"limits":{"requestsPerMinute":10},"purposes":["AcademicResearch","NonCommercialResearch"]}""");
        var shown = (await consumer.GetAsync(Page)).ShouldBe(200).Text;

        Assert.Contains("What you may use of it", shown, StringComparison.Ordinal);
        Assert.Contains($"href=\"/agreements/{id}\"", shown, StringComparison.Ordinal);
        Assert.Contains("steps of 3600 s", shown, StringComparison.Ordinal);
        Assert.Contains("10 requests a minute", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(Ask, shown, StringComparison.Ordinal);
        foreach (var purpose in new[] { "AcademicResearch", "NonCommercialResearch" })
        {
            var data = $"/agreements/{id}/data/counters/observations.csv?purpose={purpose}";
            Assert.Contains($"href=\"{data}\"", shown, StringComparison.Ordinal);
            (await consumer.GetAsync(data)).ShouldBe(200);
        }

        var others = (await stranger.GetAsync(Page)).ShouldBe(200).Text;
        Assert.Contains(Ask, others, StringComparison.Ordinal);
        Assert.DoesNotContain("/agreements/", others, StringComparison.Ordinal);
        (await sides.MoveAsync("agreements", id, "suspend", sides.OwnersToken)).ShouldBe(200);
        Assert.Contains(Ask, (await consumer.GetAsync(Page)).ShouldBe(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Say_what_a_role_leaves()
    {
        await using var sides = await TwoSides.StartAsync();
        await sides.Stoa.Database.WriteAsync(session => GovernedRecords.Insert(session, RecordTypes.Rule, new()
        {
            Name = "By the hour", Layer = PolicyLayer.City, Datasets = [SharedDatasets.Find(session, "counters")!.Id],
            Restriction = new() { Granularity = new(0, 3600, 0) },
        }, new("enter", null, null, default), Instant.From(sides.Clock.GetUtcNow())).IsValue, Now);
        await sides.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
        using var owner = await sides.MemberAsync("traffic");

        var shown = (await owner.GetAsync(Page)).ShouldBe(200).Text;

        Assert.Contains("Without an agreement: all fields; Not finer than steps of 3600 s", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(Ask, shown, StringComparison.Ordinal);
        Assert.DoesNotContain("not open to you", shown, StringComparison.Ordinal);
    }
}
