using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Ledger.Merkle;
using Stoa.Sensing.Sealing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>An observation can be proven to be the one that was sealed, by who has nothing but hashes.</summary>
public sealed class Sealing_observations : IAsyncLifetime
{
    private Exchange _stoa = null!; // Started before each test.
    private DatasetId _dataset;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _stoa = await Exchange.StartAsync(settings: ("observations.sealSeconds", "0"));
        await _stoa.CreateAsync("Things", SensorThings.Station);
        await _stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));
        using var read = await _stoa.Database.ReadAsync(Now);
        using var row = read.Prepare("SELECT dataset_id FROM datastream WHERE id = 1");
        _dataset = row.Step() ? new(row.Int64(0)) : default;
    }

    public ValueTask DisposeAsync() => _stoa.DisposeAsync();

    [Fact]
    public async Task Gives_each_a_proof_that_leads_to_the_entry_of_the_log()
    {
        var chance = new Random(9162);
        var all = new List<long>();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 40; i++)
            {
                var id = await AddAsync(i, chance.Next(3) == 0 ? 2 : 1, chance.NextDouble() * 100 - 50);
                all.Add(id);
            }

            Assert.Equal(40, await SealAsync());
        }

        var answer = await ProveAsync([.. all]);

        Assert.Equal(all, answer.Select(one => one.Id));
        Assert.All(answer, one => Assert.Equal(SealOutcome.Proven, one.Outcome));
        Assert.Equal(3, answer.Select(one => one.Entry).Distinct().Count());
        foreach (var one in answer) await HoldsAsync(one);
        Assert.Equal(0, await SealAsync());
    }

    // The hashes stand in the log for good; with the secret nobody can try any more what they were of.
    [Fact]
    public async Task Loses_its_secret_with_the_last_observation_of_its_block()
    {
        for (var i = 0; i < 50; i++) await AddAsync(i, i % 2 + 1, i);
        await SealAsync();
        var later = await AddAsync(50, 2, 1);
        await SealAsync();
        var secrets = _stoa.Services.GetRequiredService<SealedSecrets>();
        async Task<(long, long)> KeptAsync()
        {
            using var read = await _stoa.Database.ReadAsync(Now);
            using var row = read.Prepare("SELECT (SELECT COUNT(*) FROM sealed_block), (SELECT COUNT(*) FROM sealed_group)");
            return row.Step() ? (row.Int64(0), row.Int64(1)) : default;
        }

        (await _stoa.DeleteAsync(SensorThings.At("Datastreams(1)"))).ShouldBe(200);
        Assert.Equal(0, await secrets.ForgetAsync(Now));
        Assert.Equal((2, 3), await KeptAsync());
        (await _stoa.DeleteAsync(SensorThings.At($"Observations({later})"))).ShouldBe(200);
        Assert.Equal(1, await secrets.ForgetAsync(Now));
        Assert.Equal((1, 2), await KeptAsync());
        (await _stoa.DeleteAsync(SensorThings.At("Datastreams(2)"))).ShouldBe(200);
        Assert.Equal(1, await secrets.ForgetAsync(Now));
        Assert.Equal((0, 0), await KeptAsync());
    }

    [Theory]
    [InlineData("21.5", "\"result\":21.5")]
    [InlineData("-0.00002", "\"result\":-0.00002")]
    [InlineData("1e-7", "\"result\":1e-7")]
    [InlineData("1e21", "\"result\":1e+21")]
    [InlineData("5.0", "\"result\":5")]
    [InlineData("9007199254740993", "\"resultJson\":\"9007199254740993\"")]
    [InlineData("true", "\"result\":true")]
    [InlineData("null", "\"result\":null")]
    [InlineData("\"\\u00e4 \\\"b\\\"\\n\"", "\"result\":\"ä \\\"b\\\"\\n\"")]
    [InlineData("{\"b\":1,\"a\":2.50}", "\"resultJson\":\"{")]
    public async Task Has_a_text_that_is_canonical_and_says_what_was_measured(string result, string text)
    {
        var id = await _stoa.CreateAsync("Datastreams(1)/Observations",
            $$"""{"phenomenonTime":"2026-03-01T12:00:00.25+02:00/2026-03-01T13:00:00+02:00","resultTime":"2026-03-01T14:00:00Z","result":{{result}} }""");
        await SealAsync();

        var one = Assert.Single((await ProveAsync(id)));

        var written = Encoding.UTF8.GetString(one.Text!);
        Assert.Contains(text, written, StringComparison.Ordinal);
        Assert.StartsWith($"{{\"Datastream\":1,\"FeatureOfInterest\":1,\"id\":{id},\"phenomenonTime\":\"2026-03-01T10:00:00.25Z/2026-03-01T11:00:00Z\",", written,
            StringComparison.Ordinal);
        Assert.Matches(",\"resultTime\":\"2026-03-01T14:00:00Z\",\"salt\":\"[A-Za-z0-9_-]{22}\"}$", written);
        using var document = JsonDocument.Parse(one.Text);
        Assert.Equal(written, Encoding.UTF8.GetString(Stoa.Ledger.Canonical.CanonicalJson.Bytes(document.RootElement, takesFractions: true)));
    }

    [Fact]
    public async Task Is_not_proven_before_it_is_sealed()
    {
        var sealedOne = await AddAsync(0, 1, 1);
        await SealAsync();
        var young = await AddAsync(1, 1, 2);

        var answer = await ProveAsync(sealedOne, young);

        Assert.Equal([SealOutcome.Proven, SealOutcome.NotSealedYet], answer.Select(one => one.Outcome));
    }

    [Fact]
    public async Task Is_not_proven_when_it_was_changed_since_and_others_still_are()
    {
        var ids = new List<long>();
        for (var i = 0; i < 9; i++) ids.Add(await AddAsync(i, 1, i));
        await SealAsync();
        (await _stoa.SendAsync("PATCH", $"Observations({ids[3]})", """{"result":99}""")).ShouldBe(200);
        (await _stoa.SendAsync("PATCH", $"Observations({ids[4]})", """{"Datastream":{"@iot.id":2} }""")).ShouldBe(200);
        (await _stoa.SendAsync("PATCH", $"Observations({ids[5]})", """{"phenomenonTime":"2020-01-01T00:00:00Z"}""")).ShouldBe(200);
        (await _stoa.SendAsync("DELETE", $"Observations({ids[6]})")).ShouldBe(200);

        var answer = await ProveAsync([.. ids]);

        Assert.Equal("PPPCCCCPP", string.Concat(answer.Select(one => one.Outcome.ToString()[0])));
        foreach (var one in answer.Where(one => one.Outcome == SealOutcome.Proven)) await HoldsAsync(one);
    }

    [Fact]
    public async Task Is_sealed_as_it_is_then_when_it_was_changed_before()
    {
        var id = await AddAsync(0, 1, 1);
        (await _stoa.SendAsync("PATCH", $"Observations({id})", """{"result":2}""")).ShouldBe(200);
        var removed = await AddAsync(1, 1, 1);
        (await _stoa.SendAsync("DELETE", $"Observations({removed})")).ShouldBe(200);
        await SealAsync();

        var answer = await ProveAsync(id);

        await HoldsAsync(Assert.Single(answer));
        Assert.Contains("\"result\":2", Encoding.UTF8.GetString(answer[0].Text!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gives_no_proof_when_the_store_was_changed_behind_its_back()
    {
        var ids = new List<long>();
        for (var i = 0; i < 5; i++) ids.Add(await AddAsync(i, 1, i));
        await SealAsync();
        await _stoa.Database.WriteAsync(session =>
        {
            session.Execute("UPDATE observation SET result_number = 1000 WHERE id = 2");
            return true;
        }, Now);

        var answer = await ProveAsync([.. ids]);

        Assert.All(answer, one => Assert.Equal(SealOutcome.OthersMissing, one.Outcome));
    }

    [Fact]
    public async Task Goes_on_when_a_whole_series_is_removed()
    {
        var kept = await AddAsync(0, 2, 1);
        await AddAsync(1, 1, 1);
        await SealAsync();
        await AddAsync(2, 1, 1);
        (await _stoa.SendAsync("DELETE", "Datastreams(1)")).ShouldBe(200);
        await SealAsync();

        Assert.Equal(SealOutcome.OthersMissing, Assert.Single(await ProveAsync(kept)).Outcome);
        Assert.Equal(1, await AddAndSealAsync(2));
    }

    [Fact]
    public async Task Waits_until_the_first_is_old_enough_and_needs_nobody()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("observations.sealSeconds", "1"));
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.GivenObservationsAsync(("\"2026-01-01T00:00:00Z\"".Trim('"'), "1"));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            using (var read = await stoa.Database.ReadAsync(Now))
            using (var entries = read.Prepare("SELECT body FROM ledger_entry WHERE type = 'observations.sealed'"))
                if (entries.Step())
                {
                    Assert.Contains("\"count\":1", Encoding.UTF8.GetString(entries.Blob(0)), StringComparison.Ordinal);
                    return;
                }

            await Task.Delay(50, patience.Token);
        }
    }

    private Task<long> AddAsync(int minute, int datastream, double result) => _stoa.CreateAsync(
        $"Datastreams({datastream})/Observations",
        $$"""{"phenomenonTime":"2026-01-01T00:{{minute:D2}}:00Z","result":{{result.ToString("R", CultureInfo.InvariantCulture)}} }""");

    private async Task<int> AddAndSealAsync(int datastream)
    {
        var id = await AddAsync(30, datastream, 1);
        await SealAsync();
        var answer = await ProveAsync(id);
        await HoldsAsync(Assert.Single(answer));
        return answer.Count;
    }

    private Task<long> SealAsync() => _stoa.Services.GetRequiredService<ObservationSealing>().SealNowAsync(Now);

    private async Task<IReadOnlyList<ProvenObservation>> ProveAsync(params long[] ids)
    {
        var made = await _stoa.Services.GetRequiredService<SealedProofs>().ProveAsync(_dataset, ids, Now);
        Assert.True(made.TryGet(out var answer, out var problem), problem?.Detail);
        return answer;
    }

    // As a stranger would: from the text of the observation up to the entry, with nothing of the program but hashing.
    private async Task HoldsAsync(ProvenObservation one)
    {
        Assert.Equal(SealOutcome.Proven, one.Outcome);
        using var read = await _stoa.Database.ReadAsync(Now);
        using var row = read.Prepare("SELECT body FROM ledger_entry WHERE log = 1 AND idx = ?1");
        Assert.True(row.Bind(1, one.Entry).Step());
        using var entry = JsonDocument.Parse(row.Blob(0).ToArray());
        var root = entry.RootElement;
        Assert.Equal("observations.sealed", root.GetProperty("type").GetString());
        Assert.Equal($"urn:stoa:dataset:{_dataset.Value}", root.GetProperty("subject").GetString());
        Assert.InRange(one.Id, root.GetProperty("first").GetInt64(), root.GetProperty("last").GetInt64());
        var hash = new MerkleHash(Convert.FromHexString(root.GetProperty("root").GetString()!["sha256:".Length..]));
        Assert.True(Proofs.IsIncluded(MerkleTree.Leaf(one.Text), one.Index, root.GetProperty("count").GetInt64(), one.Proof, hash));
        Assert.False(Proofs.IsIncluded(MerkleTree.Leaf([.. one.Text!, 32]), one.Index, root.GetProperty("count").GetInt64(), one.Proof, hash));
    }
}
