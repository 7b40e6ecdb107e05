using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Ledger.Canonical;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Verification;
using Stoa.Sharing.Batches;
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
        Assert.Equal(records.Count, entries.Sum(entry => entry.Json.GetProperty("accesses").GetInt64()));
        Assert.True(entries.Sum(entry => entry.Json.GetProperty("count").GetInt64()) < records.Count / 2, "Accesses that have the rest in common are leaves of their own.");
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

    // What was entered when each access was a leaf is proven as it was.
    [Fact]
    public async Task Are_proven_from_batches_of_before_rows_were_leaves()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("exchanges.keepDays", "0"));
        var closed = await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var log = stoa.Services.GetRequiredService<ExchangeLog>();
        var random = new Random(12);
        var records = Enumerable.Range(0, 50).Select(i => Made(1_700_000_000_000_000 + (i * 450L), closed, closed, random) with { Datasets = [closed], DatasetCount = 1 }).ToList();
        foreach (var record in records) log.Add(record);
        await log.DrainAsync(Now);
        var (index, salt) = await stoa.Database.WriteAsync(session =>
        {
            using var select = session.Prepare("SELECT idx, salt FROM exchange_batch");
            Assert.True(select.Step());
            return (select.Int64(0), select.Blob(1).ToArray());
        }, Now);
        await ChangeAsync(stoa, "UPDATE exchange_batch SET form = 0 WHERE last_id >= @id", records[0].Id);
        var root = ExchangeBatch.Of(ExchangeGroup.Of(records).Select(group => group.Accesses), salt, BatchForm.Accesses).Root();

        foreach (var record in records)
        {
            var proof = await FindAsync(stoa, record.Id);
            Assert.Equal(index, proof!.Index);
            Assert.Contains($"\"id\":\"urn:stoa:exchange:{record.Id}\"", Encoding.UTF8.GetString(proof.Leaf), StringComparison.Ordinal);
            Assert.True(Proofs.IsIncluded(MerkleTree.Leaf(proof.Leaf), proof.Position, records.Count, [.. proof.Path], root));
        }
    }

    [Theory]
    [InlineData(0, """{"bytes":345,"common":"sha256:49eb795bcd1170fe2d1e732f73d7f9176cfa4effa97a1a8d887b89522a8569ad","id":"urn:stoa:exchange:3481600000000000000","rows":12,"salt":"qrPYkTqLjQVxZCMV5P19OA","sha256":"27dadfa6edc0f950031cd3f91fd38437b361f764aa2945f252781c05b15af738"}""")]
    [InlineData(1, """{"accesses":[{"bytes":345,"id":"urn:stoa:exchange:3481600000000000000","rows":12,"sha256":"27dadfa6edc0f950031cd3f91fd38437b361f764aa2945f252781c05b15af738"},{"bytes":0,"id":"urn:stoa:exchange:3481600000000008192","rows":1,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}],"common":"sha256:49eb795bcd1170fe2d1e732f73d7f9176cfa4effa97a1a8d887b89522a8569ad","salt":"qrPYkTqLjQVxZCMV5P19OA"}""")]
    public void Have_leaves_of_exactly_these_bytes(int form, string expected)
    {
        var record = Made(1_700_000_000_000_000, new(7), new(8), new Random(1)) with
        {
            Party = new(3), Agreement = 5, Purpose = "dpv:ResearchAndDevelopment", Query = "$filter=name eq ?\"ü", Rows = 12, Bytes = 345, Organization = new(2),
            Datasets = [new(8), new(7)], DatasetCount = 2, Decision = "d1", Route = "/r",
        };
        var second = record with { Id = record.Id.After(4), Bytes = 0, Rows = 1, Digest = BodyDigest.OfNothing };

        var batch = ExchangeBatch.Of([form == 0 ? [record] : [record, second]], new byte[BatchLeaf.BatchSaltLength], (BatchForm)form);

        var (leaf, position, path) = batch.Prove(record.Id)!.Value;
        Assert.Equal((0, 0), (position, path.Length));
        Assert.Equal(MerkleTree.Leaf(leaf), batch.Root());
        using var json = System.Text.Json.JsonDocument.Parse(leaf);
        Assert.Equal(leaf, CanonicalJson.Bytes(json.RootElement));
        // Digest and salt of what they have in common were computed by another program.
        Assert.Equal(expected, Encoding.UTF8.GetString(leaf));
    }

    // As they are stored, so that a batch is made again from its rows.
    [Fact]
    public void Have_whole_letters_alone()
    {
        var record = Made(1_700_000_000_000_000, new(7), new(8), new Random(1)) with { Route = "/\ud83d", Query = "\ud83d\ude00\"" };

        using var json = System.Text.Json.JsonDocument.Parse(ExchangeBatch.Common(record));

        Assert.Equal("/\ufffd", json.RootElement.GetProperty("route").GetString());
        Assert.Equal("\ud83d\ude00\"", json.RootElement.GetProperty("query").GetString());
        Assert.Equal(ExchangeBatch.Common(record), CanonicalJson.Bytes(json.RootElement));
    }

    [Fact]
    public void Are_found_by_the_answer_that_was_given_wherever_they_stand_in_their_leaf()
    {
        var first = Made(1_700_000_000_000_000, new(7), new(8), new Random(1));
        var second = first with { Id = first.Id.After(4), Digest = BodyDigest.Of("another answer"u8) };
        var (leaf, _, _) = ExchangeBatch.Of([[first, second]], new byte[BatchLeaf.BatchSaltLength], BatchForm.Rows).Prove(first.Id)!.Value;
        var answers = new[] { first, second }.Select(access => new SoughtDigest(null, "sha256", access.Digest.ToString())).ToList();
        // What a leaf names itself is not named by one of its accesses.
        var detail = new SoughtDigest("accesses.jsonl", "sha256", second.Digest.ToString());
        var elsewhere = new SoughtDigest(null, "sha256", BodyDigest.OfNothing.ToString());
        var sought = new SoughtLines([.. answers, detail, elsewhere]);

        sought.Take("accesses.jsonl", 3, leaf, isAccess: true);

        Assert.All(answers, answer => Assert.Equal(("accesses.jsonl", 3), sought.PlaceOf(answer)));
        Assert.Null(sought.PlaceOf(detail));
        Assert.Null(sought.PlaceOf(elsewhere));
    }

    [Fact]
    public void Name_their_rows_in_few_bytes()
    {
        var random = new Random(3);
        var ids = Enumerable.Range(0, 1000).Select(_ => random.NextInt64()).Append(long.MaxValue).Append(0).Order().Distinct().ToList();

        Assert.Equal(ids, ExchangeBatch.Unpack(ExchangeBatch.Pack(ids)).Order());
        Assert.Empty(ExchangeBatch.Unpack(ExchangeBatch.Pack([])));
    }

    private static bool IsProven(List<StoredEntry> entries, ExchangeId id, BatchProof? proof)
    {
        if (proof is null) return false;
        var entry = entries.Single(entry => entry.Index == proof.Index);
        Assert.Contains($"\"urn:stoa:exchange:{id}\"", Encoding.UTF8.GetString(proof.Leaf), StringComparison.Ordinal);
        var root = new MerkleHash(Convert.FromHexString(entry.Member("digest")!["sha256:".Length..]));
        return Proofs.IsIncluded(MerkleTree.Leaf(proof.Leaf), proof.Position, entry.Json.GetProperty("count").GetInt64(), [.. proof.Path], root);
    }

    private static async Task<BatchProof?> FindAsync(Exchange stoa, ExchangeId id)
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
