using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Catalogue.Datasets;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Ledger.Canonical;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Tests.Connectors;
using Stoa.Tests.Identity;
using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>What is done to datasets, data, tokens and parties stands in the logs, and in the public one what everybody may see.</summary>
public sealed class What_enters_the_logs
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_each_start_of_the_program_with_its_version()
    {
        using var folder = new TemporaryFolder();
        await using (var first = await Exchange.StartAsync(folder.Path))
        {
            var entry = (await LogContents.CheckAsync(first.Database)).Single(one => one.Type == "program.started");
            Assert.Equal(Stoa.Host.ProductVersion.Text, entry.Member("release"));
        }
    }

    [Fact]
    public async Task Are_tokens_without_their_names_and_secrets()
    {
        await using var stoa = await Exchange.StartAsync();
        var dataset = await stoa.GivenDatasetAsync("counters", SpectrumClass.Closed);
        (await stoa.PostJsonAsync("/api/v1/organizations", """{"slug":"traffic","name":"Traffic"}""")).ShouldBe(201);
        var service = (await stoa.PostJsonAsync("/api/v1/parties", """{"kind":"service","name":"Counting service","parent":1}""")).ShouldBe(201).Json.GetProperty("id").GetInt64();
        var person = (await stoa.PostJsonAsync("/api/v1/parties", """{"kind":"person","name":"Ada Lovelace"}""")).ShouldBe(201).Json.GetProperty("id").GetInt64();
        var before = (await LogContents.EntriesAsync(stoa.Database)).Count(entry => entry.Type.StartsWith("token.", StringComparison.Ordinal));

        var made = (await stoa.PostJsonAsync("/api/v1/tokens",
            $$"""{"name":"Gateway of Lovelace","party":{{service}},"datasets":[{"dataset":"counters","can":["read","write"]}]}""")).ShouldBe(201).Json;
        var id = made.GetProperty("details").GetProperty("id").GetInt64();
        (await stoa.PostJsonAsync($"/api/v1/tokens/{id}/rotate", """{"overlapSeconds":60}""")).ShouldBe(200);
        (await stoa.DeleteAsync($"/api/v1/tokens/{id}")).ShouldBe(204);
        (await stoa.DeleteAsync($"/api/v1/tokens/{id}")).ShouldBe(204);
        var own = (await stoa.PostJsonAsync("/api/v1/tokens", $$"""{"name":"hers alone","administrator":true,"party":{{person}}}""")).ShouldBe(201).Json.GetProperty("details").GetProperty("id").GetInt64();

        var entries = (await LogContents.CheckAsync(stoa.Database, "Lovelace", "Gateway", "hers alone", made.GetProperty("token").GetString()![..8]))
            .Where(entry => entry.Type.StartsWith("token.", StringComparison.Ordinal)).Skip(before).ToList();
        Assert.Equal(["token.created", "token.rotated", "token.revoked", "token.created"], entries.Select(entry => entry.Type));
        Assert.All(entries[..3], entry =>
        {
            Assert.Equal([new(EntryKeyKind.Dataset, dataset.Value), new(EntryKeyKind.Party, service)], entry.Keys.OrderBy(key => key.Kind));
            Assert.Equal($"urn:stoa:token:{id} urn:stoa:party:{service} [\"urn:stoa:dataset:{dataset}\"] [\"read\",\"write\"]",
                $"{entry.Member("subject")} {entry.Member("party")} {entry.Member("datasets")} {entry.Member("capacity")}");
        });
        Assert.Equal($"urn:stoa:token:{own}  [\"administrator\"]", $"{entries[3].Member("subject")} {entries[3].Member("party")} {entries[3].Member("capacity")}");
        Assert.Empty(entries[3].Keys);
    }

    [Fact]
    public async Task Are_organizations_and_what_belongs_to_them_and_no_people()
    {
        await using var stoa = await Exchange.StartAsync();
        (await stoa.PostJsonAsync("/api/v1/organizations", """{"slug":"traffic","name":"Traffic department"}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/parties", """{"kind":"device","name":"Gateway","parent":1,"status":"proposed"}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/parties", """{"kind":"person","name":"Grace Hopper"}""")).ShouldBe(201);
        (await stoa.PutJsonAsync("/api/v1/parties/1/status", """{"status":"suspended"}""")).ShouldBe(200);
        (await stoa.PutJsonAsync("/api/v1/parties/3/status", """{"status":"suspended"}""")).ShouldBe(200);

        var entries = (await LogContents.CheckAsync(stoa.Database, "Traffic", "Gateway", "Hopper"))
            .Where(entry => entry.Type.StartsWith("party.", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            ["party.entered urn:stoa:party:1 organization active", "party.entered urn:stoa:party:2 device proposed", "party.moved urn:stoa:party:1 organization suspended"],
            entries.Select(entry => $"{entry.Type} {entry.Member("subject")} {entry.Member("kind")} {entry.Member("state")}"));
    }

    [Fact]
    public async Task Are_descriptions_of_datasets_in_the_public_log_only_while_everybody_may_see_them()
    {
        await using var stoa = await Exchange.StartAsync();
        var published = stoa.Services.GetRequiredService<PublishedDescriptions>();
        async Task<List<StoredEntry>> PublicAsync()
        {
            await published.PublishAsync(Now);
            return [.. (await LogContents.CheckAsync(stoa.Database)).Where(entry => entry.Log == LogName.Catalog)];
        }

        (await stoa.PostJsonAsync("/api/v1/organizations", """{"slug":"traffic","name":"Traffic"}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/datasets",
            """{"slug":"air","title":"Luftgüte","sector":"environment","spectrum":"open","licence":"cc-by-4.0","owner":"traffic","keywords":["Luft"]}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/datasets", """{"slug":"vault","title":"Hidden","sector":"energy"}""")).ShouldBe(201);
        var first = Assert.Single(await PublicAsync());
        await HasDigestOfAnswerAsync(stoa, first, "air");
        Assert.Equal(("urn:stoa:catalogue:air", "open"), (first.Member("subject"), first.Member("level")));

        // Nothing new, nothing entered; a title, and it is; while it is hidden, no more.
        Assert.Single(await PublicAsync());
        (await stoa.PatchJsonAsync("/api/v1/datasets/air", """{"title":"Luft"}""")).ShouldBe(200);
        var second = (await PublicAsync())[1];
        await HasDigestOfAnswerAsync(stoa, second, "air");
        (await stoa.PatchJsonAsync("/api/v1/datasets/air", """{"spectrum":"closed"}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync("/api/v1/datasets/air", """{"title":"Secret air"}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync("/api/v1/datasets/vault", """{"title":"More hidden"}""")).ShouldBe(200);
        Assert.Equal(2, (await PublicAsync()).Count);
        (await stoa.PatchJsonAsync("/api/v1/datasets/air", """{"spectrum":"open"}""")).ShouldBe(200);
        var all = await PublicAsync();
        Assert.Equal(3, all.Count);
        await HasDigestOfAnswerAsync(stoa, all[2], "air");
        Assert.All(all, entry => Assert.DoesNotContain("vault", entry.Text, StringComparison.Ordinal));

        // In the log of audit stands everything, of both.
        var audited = (await LogContents.EntriesAsync(stoa.Database)).Where(entry => entry.Type.StartsWith("dataset.c", StringComparison.Ordinal)).ToList();
        Assert.Equal("created created changed changed changed changed changed", string.Join(' ', audited.Select(entry => entry.Type["dataset.".Length..])));
        Assert.Equal(all[2].Member("digest"), audited[^1].Member("digest"));
        Assert.Equal((LogName.Audit, $"urn:stoa:dataset:{audited[0].NumbersOf(EntryKeyKind.Dataset)[0]}", "urn:stoa:party:1", "urn:stoa:party:0"),
            (audited[0].Log, audited[0].Member("subject"), audited[0].Member("owner"), audited[0].Member("actor")));
    }

    [Fact]
    public async Task Are_imports_with_the_digest_of_the_file_and_removals_of_data()
    {
        await using var stoa = await Exchange.StartAsync();
        var dataset = await stoa.GivenDatasetAsync("air", SpectrumClass.Open);
        var file = """{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"a"},"geometry":{"type":"Point","coordinates":[7,51]}},{"type":"Feature","properties":{"name":"b"},"geometry":{"type":"Point","coordinates":[8,51]}}]}""";
        (await stoa.SendBytesAsync(HttpMethod.Post, "/api/v1/datasets/air/imports", Encoding.UTF8.GetBytes(file), "application/geo+json", stoa.AdminToken)).ShouldBe(200);
        (await stoa.PostJsonAsync("/datasets/air" + SensorThings.Root + "/Things", SensorThings.Station)).ShouldBe(201);
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"phenomenonTime":"2026-01-20T00:00:00Z","result":5}""");
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"phenomenonTime":"2026-01-21T00:00:00Z","result":6}""");
        var before = (await LogContents.EntriesAsync(stoa.Database)).Count(entry => entry.Type == "data.deleted");

        var address = SensorThings.At("Observations") + "?$filter=result%20gt%205";
        var dry = (await stoa.DeleteAsync(address + "&$dryRun=true")).ShouldBe(200).Json.GetProperty("confirmation").GetString();
        (await stoa.DeleteAsync(address + "&$confirm=" + Uri.EscapeDataString(dry!))).ShouldBe(200);
        (await stoa.DeleteAsync(SensorThings.At("Observations(1)"))).ShouldBe(200);
        (await stoa.DeleteAsync(SensorThings.At("Datastreams(1)"))).ShouldBe(200);

        var entries = await LogContents.CheckAsync(stoa.Database);
        var imported = entries.Single(entry => entry.Type == "data.imported");
        Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file))), imported.Member("digest"));
        Assert.Equal(($"urn:stoa:dataset:{dataset}", dataset.Value), (imported.Member("subject"), imported.NumbersOf(EntryKeyKind.Dataset).Single()));
        Assert.Equal(0, before);
        Assert.Equal(["observations 1", "datastreams 1"],
            entries.Where(entry => entry.Type == "data.deleted").Select(entry => $"{entry.Member("set")} {entry.Member("count")}"));
    }

    // Who it is stands nowhere, and what he signs in with neither.
    [Fact]
    public async Task Are_memberships_and_keys_to_sign_in_without_whose_they_are()
    {
        await using var stoa = await Exchange.StartAsync();
        (await stoa.PostJsonAsync("/api/v1/organizations", """{"slug":"traffic","name":"Traffic department"}""")).ShouldBe(201);
        var invited = (await stoa.PostJsonAsync("/api/v1/invitations",
            """{"organization":1,"login":"grace@example.org","roles":["member","data-officer"]}""")).ShouldBe(201).Json.GetProperty("link").GetString()!;
        using (var visitor = new Visitor(stoa)) (await visitor.JoinAsync(new Uri(invited).AbsolutePath, "Grace Hopper", "grace@example.org")).ShouldBe(303);
        var people = (await stoa.GetAsync("/api/v1/parties?kind=person", stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value").EnumerateArray();
        var person = people.Single(one => one.GetProperty("name").GetString() == "Grace Hopper").GetProperty("id").GetInt64();
        var membership = (await stoa.GetAsync($"/api/v1/parties/{person}/memberships", stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value")[0].GetProperty("id").GetInt64();
        for (var i = 0; i < 2; i++) (await stoa.DeleteAsync($"/api/v1/memberships/{membership}")).ShouldBe(200);
        (await stoa.DeleteAsync("/api/v1/memberships/4711")).ShouldBe(404);
        var logins = stoa.Services.GetRequiredService<ExternalLogins>();
        Assert.True((await logins.LinkAsync(new("https://login.example", "hopper-4711", "Grace Hopper", null, true), new(person), Now)).IsValue);
        var login = (await logins.ListAsync(new(person), Now))[0].Id;
        for (var i = 0; i < 2; i++) Assert.True((await logins.UnlinkAsync(new(person), login, Now)).IsValue);

        var entries = (await LogContents.CheckAsync(stoa.Database, "Hopper", $"urn:stoa:party:{person}\"", "login.example"))
            .Where(entry => entry.Type.StartsWith("membership.", StringComparison.Ordinal) || entry.Type.StartsWith("signin-key.", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            [
                """membership.given urn:stoa:party:1 ["data-officer","member"] """, """membership.ended urn:stoa:party:1 ["data-officer","member"] """,
                "signin-key.made   external-login", "signin-key.removed   external-login",
            ],
            entries.Select(entry => $"{entry.Type} {entry.Member("party")} {entry.Member("capacity")} {entry.Member("kind")}"));
        Assert.All(entries[..2], entry => Assert.Equal([new(EntryKeyKind.Party, 1)], entry.Keys));
        Assert.All(entries[2..], entry => Assert.Empty(entry.Keys));
    }

    // Whoever holds the public log and asks for the description computes the same digest.
    private static async Task HasDigestOfAnswerAsync(Exchange stoa, StoredEntry entry, string slug)
    {
        var answer = JsonNode.Parse((await stoa.GetAsync("/api/v1/datasets/" + slug)).ShouldBe(200).Text)!.AsObject();
        answer.Remove("created");
        answer.Remove("modified");
        using var document = JsonDocument.Parse(answer.ToJsonString());
        Assert.Equal(LogEvent.DigestOf(CanonicalJson.Bytes(document.RootElement)), entry.Member("digest"));
    }
}
