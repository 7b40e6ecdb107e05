using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Ledger.Canonical;
using Stoa.Ledger.Merkle;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Tests.Ledger;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Accesses stand in the log in batches, and each can be shown to be in its batch.</summary>
public class Exchanges_in_the_log
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_proven_one_by_one_from_what_is_stored_and_no_more_when_it_was_changed()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("exchanges.keepDays", "0"));
        var closed = await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var vault = await stoa.GivenDatasetAsync("vault", SpectrumClass.Closed);
        var log = stoa.Services.GetRequiredService<ExchangeLog>();
        var random = new Random(11);
        var records = Enumerable.Range(0, 7_000).Select(i => Made(1_700_000_000_000_000 + (i * 450L), closed, vault, random)).ToList();
        // Answers end in another order than their ids.
        foreach (var record in records.OrderBy(record => record.Id.Value + (random.NextInt64(3_000) << ExchangeId.RunBits))) log.Add(record);
        await log.DrainAsync(Now);

        var entries = await LogContents.EntriesAsync(stoa.Database, "exchange.batch");
        await LogContents.CheckAsync(stoa.Database);
        Assert.Equal(records.Count, entries.Sum(entry => entry.Json.GetProperty("count").GetInt64()));
        foreach (var record in records.Where((_, i) => i % 350 == 0))
            Assert.True(IsProven(entries, record.Id, await FindAsync(stoa, record.Id)), $"{record.Id} is not proven.");
        Assert.Null(await FindAsync(stoa, records[5].Id.After(7)));

        // One byte more in one row: nothing of its batch is proven any more. One row less: there is no proof.
        var (one, other) = (records[10].Id, records[6_900].Id);
        await ChangeAsync(stoa, "UPDATE exchange SET token_id = token_id + 1 WHERE id = (SELECT MAX(id) FROM exchange WHERE id <= @id)", one);
        await ChangeAsync(stoa, "DELETE FROM exchange WHERE id = (SELECT MAX(id) FROM exchange WHERE id <= @id)", other);
        Assert.False(IsProven(entries, one, await FindAsync(stoa, one)));
        Assert.Null(await FindAsync(stoa, other));
    }

    [Fact]
    public void Have_leaves_of_exactly_these_bytes()
    {
        var record = Made(1_700_000_000_000_000, new(7), new(8), new Random(1)) with
        {
            Party = new(3), Agreement = 5, Purpose = "dpv:ResearchAndDevelopment", Query = "$filter=name eq ?\"ü", Rows = 12, Bytes = 345, Organization = new(2),
            Datasets = [new(8), new(7)], DatasetCount = 2, Decision = "d1", Route = "/r",
        };

        var batch = ExchangeBatch.Of([[record]], new byte[ExchangeBatch.SaltLength]);

        var (leaf, position, path) = batch.Prove(record.Id)!.Value;
        Assert.Equal((0, 0), (position, path.Length));
        Assert.Equal(MerkleTree.Leaf(leaf), batch.Root());
        using var json = System.Text.Json.JsonDocument.Parse(leaf);
        Assert.Equal(leaf, CanonicalJson.Bytes(json.RootElement));
        // Computed by another program.
        Assert.Equal(
            """{"bytes":345,"common":"sha256:49eb795bcd1170fe2d1e732f73d7f9176cfa4effa97a1a8d887b89522a8569ad","id":"urn:stoa:exchange:3481600000000000000","rows":12,"salt":"qrPYkTqLjQVxZCMV5P19OA","sha256":"27dadfa6edc0f950031cd3f91fd38437b361f764aa2945f252781c05b15af738"}""",
            Encoding.UTF8.GetString(leaf));
    }

    [Fact]
    public void Name_their_rows_in_few_bytes()
    {
        var random = new Random(3);
        var ids = Enumerable.Range(0, 1000).Select(_ => random.NextInt64()).Append(long.MaxValue).Append(0).Order().Distinct().ToList();

        Assert.Equal(ids, ExchangeBatch.Unpack(ExchangeBatch.Pack(ids)).Order());
        Assert.Empty(ExchangeBatch.Unpack(ExchangeBatch.Pack([])));
    }

    private static bool IsProven(List<StoredEntry> entries, ExchangeId id, ExchangeProof? proof)
    {
        if (proof is null) return false;
        var entry = entries.Single(entry => entry.Index == proof.Index);
        Assert.Contains($"\"urn:stoa:exchange:{id}\"", Encoding.UTF8.GetString(proof.Leaf), StringComparison.Ordinal);
        Assert.Equal(proof.Count, entry.Json.GetProperty("count").GetInt32());
        var root = new MerkleHash(Convert.FromHexString(entry.Member("digest")!["sha256:".Length..]));
        return Proofs.IsIncluded(MerkleTree.Leaf(proof.Leaf), proof.Position, proof.Count, [.. proof.Path], root);
    }

    private static async Task<ExchangeProof?> FindAsync(Exchange stoa, ExchangeId id)
    {
        using var read = await stoa.Database.ReadAsync(Now);
        return ExchangeProofs.Find(read, id);
    }

    private static Task<bool> ChangeAsync(Exchange stoa, string sql, ExchangeId id) => stoa.Database.WriteAsync(session =>
    {
        using var change = session.Prepare(sql).Bind("@id", id.Value);
        Assert.Equal(1, change.Execute());
        return true;
    }, Now);

    private static ExchangeRecord Made(long at, DatasetId one, DatasetId other, Random of)
    {
        var isBoth = of.Next(4) == 0;
        return new()
        {
            Id = ExchangeId.From(new(at)),
            Token = 1,
            Agreement = of.Next(3) == 0 ? 5 : null,
            Datasets = isBoth ? [one, other] : [one],
            DatasetCount = isBoth ? 2 : 1,
            Channel = Channel.Api,
            Method = "GET",
            Route = "/" + of.Next(2).ToString(CultureInfo.InvariantCulture),
            Query = "",
            Status = 200,
            Rows = of.Next(200),
            Bytes = of.Next(100_000),
            Digest = BodyDigest.Of(BitConverter.GetBytes(at)),
            Version = 1,
        };
    }
}
