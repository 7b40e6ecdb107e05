using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>An agreement on a closed dataset would grant nothing: it is not made, and told so.</summary>
public class Agreements_on_closed_datasets
{
    [Fact]
    public async Task Are_not_offered()
    {
        await using var sides = await TwoSides.StartAsync();
        var request = await sides.AskAsync();
        var number = request.GetProperty("id").GetInt64();
        await LevelAsync(sides, "closed");
        using var owner = await sides.MemberAsync("traffic");

        foreach (var offer in new[] { """{"sign":true}""", "{}" })
            ShouldBeClosed(await sides.Stoa.PostJsonAsync($"/api/v1/access-requests/{number}/offer", offer, sides.OwnersToken));
        var warned = (await owner.GetAsync($"/requests/{number}")).ShouldBe(200).Text;
        var refused = await owner.SubmitAsync($"/requests/{number}", $"/requests/{number}/offer", ("template", "service"), ("until", "2027-01-31"));

        Assert.Contains("The dataset is closed", warned, StringComparison.Ordinal);
        Assert.Contains("/datasets/counters/governance#propose-level", warned, StringComparison.Ordinal);
        Assert.Contains("would grant nothing", refused.ShouldBe(409).Text, StringComparison.Ordinal);
        Assert.Contains("Propose a level", refused.Text, StringComparison.Ordinal);
        Assert.Contains("id=\"propose-level\"", (await owner.GetAsync("/datasets/counters/governance")).ShouldBe(200).Text, StringComparison.Ordinal);
        await LevelAsync(sides, "specific");
        Assert.DoesNotContain("The dataset is closed", (await owner.GetAsync($"/requests/{number}")).ShouldBe(200).Text, StringComparison.Ordinal);
        await sides.OfferAsync(request);
    }

    [Fact]
    public async Task Are_not_accepted_and_do_not_begin()
    {
        await using var sides = await TwoSides.StartAsync();
        var begins = sides.Clock.GetUtcNow().AddDays(2);
        var id = (await sides.OfferAsync(await sides.AskAsync(),
            $$$""","terms":{"validFrom":"{{{begins:yyyy-MM-ddTHH:mm:ssZ}}}"}""")).GetProperty("agreement").GetInt64();
        await LevelAsync(sides, "closed");
        using var consumer = await sides.MemberAsync("university");

        ShouldBeClosed(await sides.SignAsync(id, sides.ConsumersToken));
        Assert.Contains("is closed, so that this cannot be agreed on", (await consumer.GetAsync($"/agreements/{id}")).ShouldBe(200).Text, StringComparison.Ordinal);
        await LevelAsync(sides, "specific");
        (await sides.SignAsync(id, sides.ConsumersToken)).ShouldBe(200);
        await LevelAsync(sides, "closed");
        await sides.PassAsync(TimeSpan.FromDays(3));

        Assert.Equal("verified", (await sides.AgreementAsync(id)).GetProperty("state").GetString());
        ShouldBeClosed(await sides.MoveAsync("agreements", id, "activate", sides.OwnersToken));
        await LevelAsync(sides, "specific");
        (await sides.MoveAsync("agreements", id, "activate", sides.OwnersToken)).ShouldBe(200);
        Assert.Equal("active", (await sides.AgreementAsync(id)).GetProperty("state").GetString());
    }

    private static void ShouldBeClosed(Answer answer)
    {
        var problem = answer.ShouldBeProblem(409, "move-not-possible").Json;
        Assert.Equal("dataset-closed", problem.GetProperty("condition").GetString());
        Assert.Contains("/datasets/counters/governance", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static async Task LevelAsync(TwoSides sides, string level) =>
        (await sides.Stoa.PatchJsonAsync("/api/v1/datasets/counters", $$"""{"spectrum":"{{level}}"}""")).ShouldBe(200);
}
