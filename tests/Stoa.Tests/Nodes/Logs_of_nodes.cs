using System.Net;
using Stoa.Host;
using Stoa.Ledger.Checkpoints;
using Stoa.Tests.Sensing;
using Stoa.Tests.Sharing;
using Xunit;

namespace Stoa.Tests.Nodes;

/// <summary>Two nodes with a data folder each, one of them without secret keys: both show the logs, and both notice a database that is older.</summary>
[Trait("Engine", "Postgres")]
public class Logs_of_nodes
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_node_shows_the_keys_and_refuses_a_database_that_is_older_than_what_it_saw()
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        var signed = Path.Combine(other.Path, "ledger", "audit.signed");
        await using (var first = await Exchange.StartAsync(folder.Path, null, ("baseAddress", "http://city.example")))
        {
            await using var second = await StartOtherAsync(folder, other);
            Assert.False(second.Database.Nodes.IsLeader);
            Assert.Empty(Directory.EnumerateFiles(other.Path, "*.key", SearchOption.AllDirectories));
            var key = await second.Http.GetStringAsync("/log/audit/vkey", Now);
            Assert.Equal(await first.Http.GetStringAsync("/log/audit/vkey", Now), key);
            Assert.True(VerifierKey.TryParse(key.TrimEnd('\n'), out var read));
            await TwoNodes.UntilAsync(() => File.Exists(signed));
            Assert.True(SignedNote.TryParse(await File.ReadAllBytesAsync(signed, Now), out var seen));
            Assert.True(seen!.IsSignedBy(read!)); // Read on the lines above.
            Assert.Equal(HttpStatusCode.OK, (await second.Http.GetAsync("/log/audit/checkpoint", Now)).StatusCode);
            await first.CreateAsync("Things", SensorThings.Station);
            (await first.GetAsync(SensorThings.Root + "/Things", first.AdminToken)).ShouldBe(200);
            string? access = null;
            await TwoNodes.UntilAsync(async () => (access = await AccessAsync(first)) is not null);

            // Somebody puts the database back while both run.
            await TestDatabases.ExecuteAsync(folder.Path, "UPDATE ledger_log SET size = 0 WHERE id = 1", Now);
            await TwoNodes.UntilAsync(async () => (await second.Http.GetAsync("/log/audit/checkpoint", Now)).StatusCode == HttpStatusCode.ServiceUnavailable);
            // What is there and cannot be shown is not absent; whose entry is asked for makes no difference.
            foreach (var address in (string[])["/log/audit/checkpoint", "/log/audit/tile/0/000.p/1", "/api/v1/log/audit/proof/inclusion?index=0", "/api/v1/log/audit/proof/consistency?old=0",
                "/api/v1/log/audit/entries", "/api/v1/log/audit/entries/0", "/api/v1/log/audit/entries/70000", "/api/v1/log/audit/entries/0.tlog-proof",
                "/datasets/inbox/datastreams/1/evidence.zip", $"/api/v1/exchanges/{access}/evidence.zip"])
                Assert.Equal("60", (await second.GetAsync(address, second.AdminToken)).ShouldBeProblem(503, "log-withheld").Header("Retry-After"));
            (await second.GetAsync("/api/v1/log/audit/entries")).ShouldBeProblem(401, "credential-required");
            (await second.GetAsync("/log/nolog/checkpoint")).ShouldBeProblem(404, "not-found");
            Assert.Equal(HttpStatusCode.OK, (await second.Http.GetAsync("/log/catalog/checkpoint", Now)).StatusCode);
            Assert.Equal(key, await second.Http.GetStringAsync("/log/audit/vkey", Now));
        }

        await TestDatabases.ExecuteAsync(folder.Path, "UPDATE ledger_log SET size = 0 WHERE id = 1", Now);
        var refused = await Assert.ThrowsAsync<StartException>(() => StartOtherAsync(folder, other));
        Assert.Contains("older than the log audit", refused.Message, StringComparison.Ordinal);
        Assert.Contains(signed, refused.Message, StringComparison.Ordinal);
    }

    // Which node leads does not matter: the logs are signed by one that has their keys, and it is told when there is none.
    [Fact]
    public async Task A_node_with_the_keys_signs_whichever_leads_and_its_end_is_told()
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        var keys = Path.Combine(folder.Path, "ledger");
        await using (await Exchange.StartAsync(folder.Path, null, ("baseAddress", "http://city.example")))
        {
        }

        await using var without = await StartOtherAsync(folder, other);
        await TwoNodes.UntilAsync(() => without.Database.Nodes.IsLeader);
        await TwoNodes.UntilAsync(async () => await FindingAsync(without) is not null);
        Assert.Equal("audit, catalog, kpi, cards, registry: no new checkpoints, the log of the program says why", await FindingAsync(without));
        Assert.Contains("\"halted\":true", await without.Http.GetStringAsync("/api/v1/log", Now), StringComparison.Ordinal);
        var before = await SizeAsync(without);

        await using (await Exchange.StartAsync(folder.Path, null, ("baseAddress", "http://city.example")))
        {
            await Entries_for_those_concerned.PublishedAsync(without);
            Assert.True(await SizeAsync(without) > before);
            Assert.True(without.Database.Nodes.IsLeader);
            await TwoNodes.UntilAsync(async () => await FindingAsync(without) is null);
            Assert.DoesNotContain("\"halted\":true", await without.Http.GetStringAsync("/api/v1/log", Now), StringComparison.Ordinal);
        }

        await TwoNodes.UntilAsync(async () => await FindingAsync(without) is not null);
        before = await SizeAsync(without);
        foreach (var key in Directory.EnumerateFiles(keys, "*.key")) File.Copy(key, Path.Combine(other.Path, "ledger", Path.GetFileName(key)));
        (await without.PostJsonAsync("/api/v1/datasets", """{"slug":"pipes","title":"Pipes","description":"Of water.","sector":"water"}""")).ShouldBe(201);
        await Entries_for_those_concerned.PublishedAsync(without);
        Assert.True(await SizeAsync(without) > before);
        await TwoNodes.UntilAsync(async () => await FindingAsync(without) is null);
    }

    private static async Task<string?> AccessAsync(Exchange stoa) =>
        (await stoa.GetAsync("/api/v1/exchanges", stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value").EnumerateArray().Select(one => one.GetProperty("id").GetString()).FirstOrDefault();

    private static async Task<string?> FindingAsync(Exchange stoa) =>
        (await stoa.GetAsync("/health/ready")).ShouldBe(200).Json.GetProperty("checks").TryGetProperty("logs", out var logs) ? logs.GetString() : null;

    private static async Task<long> SizeAsync(Exchange stoa) =>
        (await stoa.GetAsync("/api/v1/log")).ShouldBe(200).Json.GetProperty("value")[0].GetProperty("size").GetInt64();

    // On the database of the first, with a data folder of its own.
    private static Task<Exchange> StartOtherAsync(TemporaryFolder folder, TemporaryFolder other) =>
        Exchange.StartAsync(folder.Path, null, ("baseAddress", "http://city.example"), ("data", other.Path));
}
