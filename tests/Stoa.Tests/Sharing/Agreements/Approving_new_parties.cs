using Stoa.Tests.Identity;
using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>An agreement by which a party gets what it never had is approved by the office too, where the dataset asks for it (ISO 37156, 7.4.1).</summary>
public class Approving_new_parties
{
    private static async Task<TwoSides> StartAsync()
    {
        var sides = await TwoSides.StartAsync();
        var facts = await sides.Stoa.PutJsonAsync("/api/v1/datasets/counters/facts", """{"listed":true,"approveNewParties":true}""", sides.OwnersToken);
        Assert.True(facts.ShouldBe(200).Json.GetProperty("approveNewParties").GetBoolean());
        return sides;
    }

    private static async Task<string?> StateAsync(TwoSides sides, long id) => (await sides.AgreementAsync(id)).GetProperty("state").GetString();

    private static async Task<int> SeeAsync(TwoSides sides) =>
        (await sides.Stoa.GetAsync("/datasets/counters/sensorthings/v1.1/Things", sides.ConsumersToken)).Status;

    private static async Task<(string[] For, bool IsApproved)> ToldAsync(TwoSides sides, long id, string token)
    {
        var told = (await sides.Stoa.GetAsync($"/api/v1/agreements/{id}/diff", token)).ShouldBe(200).Json;
        return ([.. told.GetProperty("approvalFor").EnumerateArray().Select(slug => slug.GetString()!)], told.GetProperty("isApproved").GetBoolean());
    }

    [Fact]
    public async Task Keeps_an_agreement_from_beginning_until_the_office_has()
    {
        await using var sides = await StartAsync();
        var offered = (await sides.OfferAsync(await sides.AskAsync())).GetProperty("agreement").GetInt64();
        // Told before anybody is bound.
        var told = await ToldAsync(sides, offered, sides.ConsumersToken);
        Assert.Equal(["counters"], told.For);
        Assert.False(told.IsApproved);
        (await sides.MoveAsync("agreements", offered, "approve", sides.Stoa.AdminToken)).ShouldBeProblem(409, "move-not-possible");

        (await sides.SignAsync(offered, sides.ConsumersToken)).ShouldBe(200);

        Assert.Equal(("verified", 403), (await StateAsync(sides, offered), await SeeAsync(sides)));
        var early = await sides.MoveAsync("agreements", offered, "activate", sides.OwnersToken);
        Assert.Equal("gain-not-approved", early.ShouldBeProblem(409, "move-not-possible").Json.GetProperty("condition").GetString());
        foreach (var side in new[] { sides.OwnersToken, sides.ConsumersToken })
            (await sides.MoveAsync("agreements", offered, "approve", side)).ShouldBeProblem(403, "not-in-this-capacity");
        (await sides.MoveAsync("agreements", offered, "approve", sides.StrangersToken)).ShouldBe(404);
        await sides.PassAsync(TimeSpan.FromDays(1));
        Assert.Equal("verified", await StateAsync(sides, offered));

        (await sides.MoveAsync("agreements", offered, "approve", sides.Stoa.AdminToken, ",\"reason\":\"looked at\"")).ShouldBe(200);

        Assert.Equal(("active", 200), (await StateAsync(sides, offered), await SeeAsync(sides)));
        Assert.True((await ToldAsync(sides, offered, sides.OwnersToken)).IsApproved);
        (await sides.MoveAsync("agreements", offered, "approve", sides.Stoa.AdminToken)).ShouldBeProblem(409, "move-not-possible");

        // Who had it gains nothing by the next one.
        (await sides.MoveAsync("agreements", offered, "terminate", sides.OwnersToken, ",\"reason\":\"r\"")).ShouldBe(200);
        Assert.Equal("active", await StateAsync(sides, await sides.AgreeAsync()));
    }

    [Fact]
    public async Task Is_not_for_an_officer_of_a_side()
    {
        await using var sides = await StartAsync();
        var id = await sides.AgreeAsync();
        foreach (var side in new[] { sides.Owner, sides.Consumer })
        {
            var service = (await sides.Stoa.PostJsonAsync("/api/v1/parties", $$"""{"kind":"service","name":"Both","parent":{{side}}}""")).ShouldBe(201)
                .Json.GetProperty("id").GetInt64();
            var officer = (await sides.Stoa.PostJsonAsync("/api/v1/tokens", $$"""{"name":"both","administrator":true,"party":{{service}}}""")).ShouldBe(201)
                .Json.GetProperty("token").GetString()!;
            foreach (var party in new[] { "", ",\"for\":0" })
                (await sides.MoveAsync("agreements", id, "approve", officer, party)).ShouldBeProblem(403, "who-asks-does-not-decide");
        }

        Assert.Equal("verified", await StateAsync(sides, id));
    }

    [Fact]
    public async Task Is_said_and_given_on_the_page_and_taken_back_by_the_office_alone()
    {
        await using var sides = await StartAsync();
        const string without = """{"listed":true,"approveNewParties":false}""";
        (await sides.Stoa.PutJsonAsync("/api/v1/datasets/counters/facts", without, sides.OwnersToken)).ShouldBeProblem(403, "not-in-this-capacity");
        var kept = await sides.Stoa.PutJsonAsync("/api/v1/datasets/counters/facts", """{"listed":true}""", sides.OwnersToken);
        Assert.True(kept.ShouldBe(200).Json.GetProperty("approveNewParties").GetBoolean());
        var id = await sides.AgreeAsync();
        using var ada = await Visitor.AdministratorAsync(sides.Stoa);
        Assert.Contains("It begins when the office has.", (await ada.GetAsync($"/agreements/{id}")).ShouldBe(200).Text, StringComparison.Ordinal);

        (await ada.SubmitAsync($"/agreements/{id}", $"/agreements/{id}/moves", ("move", "approve"), ("reason", "looked at"))).ShouldBe(303);

        Assert.Equal("active", await StateAsync(sides, id));
        (await sides.Stoa.PutJsonAsync("/api/v1/datasets/counters/facts", without)).ShouldBe(200);
    }
}
