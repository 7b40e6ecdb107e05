using System.Net;
using Stoa.Host;
using Stoa.Ledger.Checkpoints;
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

            // Somebody puts the database back while both run.
            await TestDatabases.ExecuteAsync(folder.Path, "UPDATE ledger_log SET size = 0 WHERE id = 1", Now);
            await TwoNodes.UntilAsync(async () => (await second.Http.GetAsync("/log/audit/checkpoint", Now)).StatusCode == HttpStatusCode.NotFound);
            Assert.Equal(HttpStatusCode.NotFound, (await second.Http.GetAsync("/log/audit/tile/0/000.p/1", Now)).StatusCode);
            Assert.Equal(key, await second.Http.GetStringAsync("/log/audit/vkey", Now));
        }

        await TestDatabases.ExecuteAsync(folder.Path, "UPDATE ledger_log SET size = 0 WHERE id = 1", Now);
        var refused = await Assert.ThrowsAsync<StartException>(() => StartOtherAsync(folder, other));
        Assert.Contains("older than the log audit", refused.Message, StringComparison.Ordinal);
        Assert.Contains(signed, refused.Message, StringComparison.Ordinal);
    }

    // On the database of the first, with a data folder of its own.
    private static Task<Exchange> StartOtherAsync(TemporaryFolder folder, TemporaryFolder other) =>
        Exchange.StartAsync(folder.Path, null, ("baseAddress", "http://city.example"), ("data", other.Path));
}
