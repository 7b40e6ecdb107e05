using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Stoa.Ledger.Canonical;
using Stoa.Ledger.Merkle;
using Stoa.Sharing.Batches;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Tests.Governance;
using Stoa.Tests.Ledger;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Decisions stand in the log in batches as they are kept, and each can be shown to be in its batch; what was not kept is told.</summary>
public class Decisions_in_the_log
{
    private static readonly Instant At = new(1_700_000_000_000_000);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_proven_one_by_one_as_long_as_they_are_kept_whatever_becomes_of_their_neighbours()
    {
        await using var stoa = await Exchange.StartAsync();
        var dataset = await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var person = (await stoa.PostJsonAsync("/api/v1/parties", """{"kind":"person","name":"Brunhilde"}""")).ShouldBe(201).Json.GetProperty("id").GetInt64();
        var journal = stoa.Services.GetRequiredService<DecisionJournal>();
        var snapshot = stoa.Services.GetRequiredService<AccessPolicy>().Snapshot;
        string Decide(long party) => journal.Decide(Asked(dataset, party), snapshot, isKept: true).Name;
        // The second batch has one.
        var (first, hers, last) = (Decide(900), Decide(person), Decide(901));
        await journal.StoreAsync(Now);
        var alone = Decide(902);
        await journal.StoreAsync(Now);
        await journal.StoreAsync(Now);

        var batches = await LogContents.EntriesAsync(stoa.Database, "decision.batch");
        await LogContents.CheckAsync(stoa.Database, "Brunhilde", "urn:stoa:party");
        Assert.Equal([3, 1], batches.Select(entry => entry.Json.GetProperty("count").GetInt64()));
        foreach (var name in new[] { first, hers, last, alone }) Assert.True(await IsProvenAsync(stoa, name, batches), $"{name} is not proven.");

        // Whom it is about is erased: what is left says nothing of it, and the others are proven as before.
        (await stoa.DeleteAsync($"/api/v1/parties/{person}")).ShouldBe(204);
        Assert.Null(await journal.FindAsync(hers, Now));
        foreach (var name in new[] { first, last, alone }) Assert.True(await IsProvenAsync(stoa, name, batches), $"{name} is not proven any more.");
        Assert.Equal([(0L, 3L), (2, 3), (0, 1)], await PlacesAsync(stoa));

        // What was changed is not what was entered, and what was kept before there were batches has no proof.
        await ChangeAsync(stoa, "UPDATE decision SET content = content || ' ' WHERE name = @name", first);
        await ChangeAsync(stoa, "UPDATE decision SET batch_idx = NULL, place = NULL, salt = NULL WHERE name = @name", last);
        Assert.False(await IsProvenAsync(stoa, first, batches));
        Assert.Null(await ProofAsync(stoa, last));
        Assert.True(await IsProvenAsync(stoa, alone, batches));
    }

    [Fact]
    public async Task Are_entered_a_thousand_at_once_and_forgotten_by_the_batch()
    {
        await using var stoa = await Exchange.StartAsync();
        var dataset = await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var journal = stoa.Services.GetRequiredService<DecisionJournal>();
        var snapshot = stoa.Services.GetRequiredService<AccessPolicy>().Snapshot;
        using var own = Journal(stoa, TimeProvider.System);
        var names = Enumerable.Range(1, 2_500).Select(party => own.Decide(Asked(dataset, party), snapshot, isKept: true).Name).ToList();

        await own.StoreAsync(Now);

        var batches = await LogContents.EntriesAsync(stoa.Database, "decision.batch");
        Assert.Equal([1_000, 1_000, 500], batches.Select(entry => entry.Json.GetProperty("count").GetInt64()));
        foreach (var name in new[] { names[0], names[999], names[1_000], names[^1] }) Assert.True(await IsProvenAsync(stoa, name, batches), $"{name} is not proven.");
        // As if so many had been kept since that those of the first batch and some of the second had gone.
        await ChangeAsync(stoa, "DELETE FROM decision WHERE id <= (SELECT id FROM decision WHERE name = @name)", names[1_200], 1_201);
        await stoa.Database.WriteAsync(session => session.Prepare(DecisionJournal.DropBatches).Execute(), Now);
        using (var read = await stoa.Database.ReadAsync(Now))
        {
            using var count = read.Prepare("SELECT COUNT(*) FROM decision_batch");
            Assert.True(count.Step());
            Assert.Equal(2, count.Int64(0));
        }

        Assert.True(await IsProvenAsync(stoa, names[1_201], batches));
        Assert.Null(await journal.FindAsync(names[1_000], Now));
    }

    [Fact]
    public async Task That_were_not_kept_are_told_with_their_number_once_a_minute_and_at_the_end()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync();
        var dataset = await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var snapshot = stoa.Services.GetRequiredService<AccessPolicy>().Snapshot;
        using var journal = Journal(stoa, clock);
        var asked = 0;
        async Task DropAsync(int count)
        {
            for (var i = 0; i < DecisionJournal.WaitingMax + count; i++) journal.Decide(Asked(dataset, ++asked), snapshot, isKept: true);
            await journal.StoreAsync(Now);
        }

        await DropAsync(3);
        Assert.Equal([3], await ToldAsync());
        await DropAsync(2);
        Assert.Equal([3], await ToldAsync());
        clock.Advance(DecisionJournal.DroppedPeriod);
        await journal.StoreAsync(Now);
        await journal.StoreAsync(Now);
        Assert.Equal([3, 2], await ToldAsync());
        await DropAsync(1);
        await journal.StopAsync(Now);
        Assert.Equal([3, 2, 1], await ToldAsync());
        await LogContents.CheckAsync(stoa.Database);

        async Task<IEnumerable<long>> ToldAsync() =>
            (await LogContents.EntriesAsync(stoa.Database, "decisions.dropped")).Select(entry => entry.Json.GetProperty("count").GetInt64());
    }

    [Fact]
    public void Have_leaves_of_exactly_these_bytes()
    {
        var (id, text) = (new ExchangeId(3_481_600_000_000_000_000), "{}"u8.ToArray());

        var leaf = DecisionBatch.LeafOf(id, "0123456789abcdef0123456789abcdef", text, [.. Enumerable.Range(0, 16).Select(i => (byte)i)]);

        // The digest was computed by sha256sum over the same bytes.
        Assert.Equal(
            """{"decision":"0123456789abcdef0123456789abcdef","id":"urn:stoa:decision:3481600000000000000","salt":"AAECAwQFBgcICQoLDA0ODw","sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}""",
            Encoding.UTF8.GetString(leaf));
        using var json = System.Text.Json.JsonDocument.Parse(leaf);
        Assert.Equal(leaf, CanonicalJson.Bytes(json.RootElement));
    }

    private static DecisionJournal Journal(Exchange stoa, TimeProvider time) =>
        new(stoa.Database, new(), time, stoa.Services.GetRequiredService<IMeterFactory>(), NullLogger<DecisionJournal>.Instance);

    private static DecisionRequest Asked(DatasetId dataset, long party) => new()
    {
        Party = new(party), Dataset = dataset, Action = DataAction.See, Strength = Strength.Token, Channel = Channel.Api, At = At,
    };

    private static async Task<bool> IsProvenAsync(Exchange stoa, string name, List<StoredEntry> batches)
    {
        if (await ProofAsync(stoa, name) is not { } proof) return false;
        var kept = (await stoa.Services.GetRequiredService<DecisionJournal>().FindAsync(name, Now))!; // It has a proof.
        using var leaf = System.Text.Json.JsonDocument.Parse(proof.Leaf);
        Assert.Equal(
            (name, Convert.ToHexStringLower(SHA256.HashData(kept.Text))),
            (leaf.RootElement.GetProperty("decision").GetString(), leaf.RootElement.GetProperty("sha256").GetString()));
        var entry = batches.Single(entry => entry.Index == proof.Index);
        return Proofs.IsIncluded(MerkleTree.Leaf(proof.Leaf), proof.Position, entry.Json.GetProperty("count").GetInt64(), [.. proof.Path],
            new(Convert.FromHexString(entry.Member("root")!["sha256:".Length..])));
    }

    private static async Task<BatchProof?> ProofAsync(Exchange stoa, string name)
    {
        if (await stoa.Services.GetRequiredService<DecisionJournal>().FindAsync(name, Now) is not { } kept) return null;
        using var read = await stoa.Database.ReadAsync(Now);
        return DecisionBatch.Find(read, kept);
    }

    // Of each decision that is kept with its salt, its place and the number of hashes beside it.
    private static async Task<List<(long, long)>> PlacesAsync(Exchange stoa)
    {
        using var read = await stoa.Database.ReadAsync(Now);
        using var select = read.Prepare(
            """
            SELECT   d.place, LENGTH(b.hashes) / 32
            FROM     decision d
            JOIN     decision_batch b ON b.idx = d.batch_idx
            WHERE    LENGTH(d.salt) = 16
            ORDER BY d.id
            """);
        var places = new List<(long, long)>();
        while (select.Step()) places.Add((select.Int64(0), select.Int64(1)));
        return places;
    }

    private static Task<bool> ChangeAsync(Exchange stoa, string sql, string name, int rows = 1) => stoa.Database.WriteAsync(session =>
    {
        using var change = session.Prepare(sql).Bind("@name", name);
        Assert.Equal(rows, change.Execute());
        return true;
    }, Now);
}
