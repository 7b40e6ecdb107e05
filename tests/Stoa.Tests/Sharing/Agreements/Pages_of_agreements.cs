using Stoa.Tests.Identity;
using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>The pages of requests and agreements: for whom they are, and what they refuse.</summary>
public class Pages_of_agreements
{
    [Fact]
    public async Task Are_for_those_who_signed_in_and_for_the_two_sides()
    {
        await using var sides = await TwoSides.StartAsync();
        var id = await sides.AgreeAsync(""","template":"service" """);
        var request = await sides.AskAsync();
        string[] addresses =
        [
            $"/agreements/{id}", $"/agreements/{id}/text.json", $"/agreements/{id}/odrl.jsonld", $"/requests/{request.GetProperty("id")}",
        ];
        using var nobody = new Visitor(sides.Stoa);
        using var stranger = await sides.MemberAsync("grocer");
        using var consumer = await sides.MemberAsync("university");

        foreach (var address in addresses)
        {
            var sent = await nobody.GetAsync(address);
            Assert.StartsWith("/sign-in?back=", sent.ShouldBe(303).Header("Location"), StringComparison.Ordinal);
            (await stranger.GetAsync(address)).ShouldBe(404);
            (await consumer.GetAsync(address)).ShouldBe(200);
        }

        Assert.Contains("no-store", (await consumer.GetAsync($"/agreements/{id}")).Header("Cache-Control"), StringComparison.Ordinal);
        (await consumer.GetAsync($"/agreements/{id}/data/counters/observations.csv?purpose=AcademicResearch")).ShouldBe(200);
        (await consumer.GetAsync($"/agreements/{id}/data/counters/everything.zip")).ShouldBe(404);
        Assert.True((await consumer.GetAsync($"/agreements/{id}/data/counters/observations.csv?purpose=SellProducts")).Status >= 400);
        (await stranger.GetAsync($"/agreements/{id}/data/counters/observations.csv?purpose=AcademicResearch")).ShouldBe(404);
    }

    [Fact]
    public async Task Take_only_forms_of_their_own()
    {
        await using var sides = await TwoSides.StartAsync();
        var id = (await sides.OfferAsync(await sides.AskAsync())).GetProperty("agreement").GetInt64();
        var hash = (await sides.AgreementAsync(id)).GetProperty("hash").GetString()!;
        using var consumer = await sides.MemberAsync("university");

        var foreign = await consumer.PostAsync($"/agreements/{id}/sign", ("hash", hash));
        var other = await consumer.SubmitAsync($"/agreements/{id}", $"/agreements/{id}/sign", ("hash", new string('0', 64)));
        var own = await consumer.SubmitAsync($"/agreements/{id}", $"/agreements/{id}/sign", ("hash", hash));

        Assert.Contains("The form is not valid any more", foreign.ShouldBe(400).Text, StringComparison.Ordinal);
        Assert.Contains("These are not the terms as they stand", other.ShouldBe(409).Text, StringComparison.Ordinal);
        Assert.Equal($"/agreements/{id}?done=signed", own.ShouldBe(303).Header("Location"));
        Assert.Equal("active", (await sides.AgreementAsync(id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Show_of_a_listed_dataset_its_name_and_the_way_to_ask()
    {
        await using var sides = await TwoSides.StartAsync();
        (await sides.Stoa.PostJsonAsync("/api/v1/datasets", """{"slug":"vault","title":"Vault","spectrum":"closed","owner":"traffic"}""")).ShouldBe(201);
        using var nobody = new Visitor(sides.Stoa);
        using var consumer = await sides.MemberAsync("university");

        var listed = await nobody.GetAsync("/datasets/counters");

        Assert.Contains("/datasets/counters/access", listed.ShouldBe(200).Text, StringComparison.Ordinal);
        (await nobody.GetAsync("/datasets/vault")).ShouldBe(404);
        (await consumer.GetAsync("/datasets/vault")).ShouldBe(404);
        (await consumer.GetAsync("/datasets/vault/access")).ShouldBe(404);
        (await consumer.SubmitAsync("/datasets/counters/access", "/datasets/counters/access", ("purpose", "AcademicResearch"), ("statement", " "),
            ("for", sides.Consumer.ToString(System.Globalization.CultureInfo.InvariantCulture)))).ShouldBe(409);
    }

    [Fact]
    public async Task Hold_what_waits_with_its_date()
    {
        await using var sides = await TwoSides.StartAsync();
        var asked = (await sides.AskAsync()).GetProperty("id").GetInt64();
        using var owner = await sides.MemberAsync("traffic");
        using var office = await Visitor.AdministratorAsync(sides.Stoa);

        var waiting = (await owner.GetAsync("/inbox")).ShouldBe(200).Text;
        Assert.Contains($"/requests/{asked}", waiting, StringComparison.Ordinal);
        Assert.Contains("2 March 2026", waiting, StringComparison.Ordinal);
        Assert.DoesNotContain($"/requests/{asked}", (await office.GetAsync("/inbox")).ShouldBe(200).Text, StringComparison.Ordinal);

        (await owner.SubmitAsync($"/requests/{asked}", $"/requests/{asked}/moves", ("move", "refuse"), ("reason", "Not yet."))).ShouldBe(303);
        (await sides.MoveAsync("access-requests", asked, "appeal", sides.ConsumersToken)).ShouldBe(200);

        Assert.Contains($"/requests/{asked}", (await office.GetAsync("/inbox")).ShouldBe(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_corrections_are_for_those_with_a_right()
    {
        await using var sides = await TwoSides.StartAsync();
        await sides.AgreeAsync();
        (await sides.Stoa.PostJsonAsync("/api/v1/datasets/counters/corrections", """{"reason":"The bridge was closed in May."}""", sides.ConsumersToken)).ShouldBe(201);
        using var nobody = new Visitor(sides.Stoa);
        using var stranger = await sides.MemberAsync("grocer");
        using var consumer = await sides.MemberAsync("university");
        using var owner = await sides.MemberAsync("traffic");
        const string page = "/datasets/counters/corrections";

        (await nobody.GetAsync(page)).ShouldBe(303);
        var hidden = (await stranger.GetAsync(page)).ShouldBe(404).Text;
        Assert.Equal((await stranger.GetAsync("/datasets/nowhere/corrections")).ShouldBe(404).Text, hidden.Replace("counters", "nowhere", StringComparison.Ordinal));
        Assert.Contains("Report what seems wrong", (await consumer.GetAsync(page)).ShouldBe(200).Text, StringComparison.Ordinal);
        var shown = (await owner.GetAsync(page)).ShouldBe(200).Text;
        Assert.Contains("The bridge was closed in May.", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Propose a correction", shown, StringComparison.Ordinal);
        Assert.Contains("Variance: Bicycle counters", (await owner.GetAsync("/inbox")).ShouldBe(200).Text, StringComparison.Ordinal);
        var id = (await sides.Stoa.GetAsync("/api/v1/datasets/counters/corrections", sides.OwnersToken)).Json.GetProperty("value")[0].GetProperty("id").GetInt64();
        (await stranger.PostAsync($"/corrections/{id}/moves", ("move", "refuse"))).ShouldBe(404);
        (await owner.PostAsync($"/corrections/{id}/moves", ("move", "refuse"))).ShouldBe(400);
        (await owner.SubmitAsync(page, $"/corrections/{id}/moves", ("move", "answer"))).ShouldBe(409);
        (await owner.SubmitAsync(page, $"/corrections/{id}/moves", ("move", "answer"), ("reason", "Yes, it was."))).ShouldBe(303);
        Assert.Contains("The owner: Yes, it was.", (await consumer.GetAsync(page)).ShouldBe(200).Text, StringComparison.Ordinal);
    }
}
