using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Catalogue.Datasets;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Witnesses;
using Stoa.Ledger.Writing;
using Stoa.Tests.Identity;
using Stoa.Tests.Sharing;
using Stoa.Tests.Sharing.Agreements;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>The logs as pages: for everybody what they are, for those concerned what they say.</summary>
public class Logs_in_the_portal
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static string Body(Answer answer) => WebUtility.HtmlDecode(answer.ShouldBe(200).Text);

    [Fact]
    public async Task Show_each_log_its_checkpoint_keys_and_contradictions()
    {
        await using var stoa = await Exchange.StartAsync();
        await Entries_for_those_concerned.PublishedAsync(stoa);
        using var anybody = new Visitor(stoa);
        Assert.True(SignedNote.TryParse(await stoa.Http.GetByteArrayAsync("/log/audit/checkpoint", Now), out var note));
        Assert.True(Checkpoint.TryParse(note!.Text, out var checkpoint));

        var page = Body(await anybody.GetAsync("/log"));
        foreach (var log in LogNames.All) Assert.Contains($"id=\"log-{log.ToPath()}\"", page, StringComparison.Ordinal);
        Assert.Contains((await stoa.Http.GetStringAsync("/log/audit/vkey", Now)).Trim(), page, StringComparison.Ordinal);
        Assert.Contains(checkpoint!.Origin, page, StringComparison.Ordinal);
        Assert.Contains("cosigned by nobody yet", Body(await anybody.GetAsync("/transparency")), StringComparison.Ordinal);
        Assert.Contains("href=\"/log\"", Body(await anybody.GetAsync("/transparency")), StringComparison.Ordinal);
        Assert.Contains("No contradiction was found", page, StringComparison.Ordinal);

        var other = MerkleTree.Leaf("another past"u8);
        await stoa.Services.GetRequiredService<SplitViews>().KeepAsync(new(
            checkpoint.Origin, checkpoint.Size, checkpoint.Root, note.ToBytes(), other, note.ToBytes(), "https://water.example/witness", new(0)), Now);
        var found = Body(await anybody.GetAsync("/log"));
        Assert.Contains("A log showed two pasts", found, StringComparison.Ordinal);
        Assert.Contains("https://water.example/witness", found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tell_those_concerned_in_words_and_look_absent_to_all_others()
    {
        await using var sides = await TwoSides.StartAsync();
        var agreement = await sides.AgreeAsync();
        var size = await Entries_for_those_concerned.PublishedAsync(sides.Stoa);
        using var owner = await sides.MemberAsync("traffic");
        using var consumer = await sides.MemberAsync("university");
        using var stranger = await sides.MemberAsync("grocer");
        using var anybody = new Visitor(sides.Stoa);
        var address = $"/log/audit/entries?agreement={agreement}";

        foreach (var visitor in new[] { owner, consumer })
        {
            var list = Body(await visitor.GetAsync(address));
            Assert.Contains($"Agreement {agreement} was activated; it is active.", list, StringComparison.Ordinal);
            Assert.Contains("Name of university", list, StringComparison.Ordinal);
            Assert.Contains("Bicycle counters", list, StringComparison.Ordinal);
            var entry = Regex.Match(list, "href=\"(/log/audit/entries/([0-9]+))\"");
            var page = Body(await visitor.GetAsync(entry.Groups[1].Value));
            var written = Regex.Match(page, "<pre[^>]*data-entry[^>]*>([^<]*)</pre>").Groups[1].Value;
            var proof = await visitor.GetAsync(entry.Groups[1].Value + ".tlog-proof");
            Assert.True(LogProof.TryParse(proof.ShouldBe(200).Bytes, out var read));
            Assert.Equal(written, Encoding.UTF8.GetString(read!.Extra!));
            Assert.Contains($"href=\"{address}\"", Body(await visitor.GetAsync($"/agreements/{agreement}")), StringComparison.Ordinal);
        }

        Assert.Contains("There is no such entry that you may see.", Body(await stranger.GetAsync(address)), StringComparison.Ordinal);
        Assert.DoesNotContain("Bicycle", Body(await stranger.GetAsync("/log/audit/entries")), StringComparison.Ordinal);
        Assert.StartsWith("/sign-in?back=", (await anybody.GetAsync(address)).ShouldBe(303).Header("Location"), StringComparison.Ordinal);
        var absent = await stranger.GetAsync($"/log/audit/entries/{size + 1000}");
        foreach (var end in new[] { "", ".tlog-proof" })
        {
            var hidden = await stranger.GetAsync($"/log/audit/entries/1{end}");
            Assert.Equal((404, Normal(absent)), (hidden.Status, Normal(hidden)));
        }

        (await anybody.GetAsync("/log/nolog/entries")).ShouldBe(404);
        (await owner.GetAsync("/log/audit/entries?type=nothing")).ShouldBe(400);
    }

    // Who does not belong to an organization any more reads its entries no more.
    [Fact]
    public async Task Are_for_members_as_long_as_they_are_members()
    {
        await using var sides = await TwoSides.StartAsync();
        var agreement = await sides.AgreeAsync();
        await Entries_for_those_concerned.PublishedAsync(sides.Stoa);
        using var member = await sides.MemberAsync("university");
        var address = $"/log/audit/entries?agreement={agreement}";
        Assert.Contains($"Agreement {agreement}", Body(await member.GetAsync(address)), StringComparison.Ordinal);

        var people = (await sides.Stoa.GetAsync("/api/v1/parties?kind=person&limit=100", sides.Stoa.AdminToken)).ShouldBe(200).Json;
        var person = people.GetProperty("value").EnumerateArray().Single(one => one.GetProperty("name").GetString() == "Member of university").GetProperty("id").GetInt64();
        var memberships = (await sides.Stoa.GetAsync($"/api/v1/parties/{person}/memberships", sides.Stoa.AdminToken)).ShouldBe(200).Json;
        var membership = memberships.GetProperty("value")[0].GetProperty("id").GetInt64();
        (await sides.Stoa.DeleteAsync($"/api/v1/memberships/{membership}")).ShouldBe(200);
        await sides.PassAsync(TimeSpan.FromMinutes(1));

        var answer = await member.GetAsync(address);
        Assert.DoesNotContain($"Agreement {agreement} was", answer.Text, StringComparison.Ordinal);
        Assert.NotEqual(200, (await member.GetAsync(address.Replace("?", "/1?", StringComparison.Ordinal))).Status);
    }

    [Fact]
    public async Task Show_the_public_log_to_everybody()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("air", SpectrumClass.Open);
        await stoa.Services.GetRequiredService<PublishedDescriptions>().PublishAsync(Now);
        await Entries_for_those_concerned.PublishedAsync(stoa, LogName.Catalog);
        using var anybody = new Visitor(stoa);

        Assert.Contains("/log/catalog/entries?dataset=air", Body(await anybody.GetAsync("/datasets/air")), StringComparison.Ordinal);
        var list = Body(await anybody.GetAsync("/log/catalog/entries?dataset=air"));
        Assert.Contains("dataset air was published, at the level open.", list, StringComparison.Ordinal);
        var entry = Regex.Match(list, "href=\"(/log/catalog/entries/[0-9]+)\"").Groups[1].Value;
        Assert.Contains("urn:stoa:catalogue:air", Body(await anybody.GetAsync(entry)), StringComparison.Ordinal);
        (await anybody.GetAsync(entry + ".tlog-proof")).ShouldBe(200);
        (await anybody.GetAsync("/log/catalog/entries/99999")).ShouldBe(404);
    }

    // Pages say their own address, and carry what proves that their forms are ours.
    private static string Normal(Answer answer) => Regex.Replace(answer.Text, "name=\"back\" value=\"[^\"]*\"|name=\"form\" value=\"[^\"]*\"", "");
}
