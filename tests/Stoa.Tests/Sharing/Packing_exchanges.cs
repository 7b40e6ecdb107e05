using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Stoa.Sharing;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Stoa.Tests.Ledger;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Accesses that are alike are stored together, and each is still found by itself.</summary>
public class Packing_exchanges
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_each_access_its_order_and_the_sums()
    {
        // They are of 1970.
        await using var stoa = await Exchange.StartAsync(settings: ("exchanges.keepDays", "0"));
        await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        await stoa.GivenDatasetAsync("vault", SpectrumClass.Closed);
        var policy = stoa.Services.GetRequiredService<AccessPolicy>();
        Assert.True(policy.TryFindDataset("closed", out var closed));
        Assert.True(policy.TryFindDataset("vault", out var vault));
        var log = stoa.Services.GetRequiredService<ExchangeLog>();
        var random = new Random(7);
        var records = new List<ExchangeRecord>();
        // Many in one second, among them more than go into one row, then few in many seconds over midnight.
        for (var i = 0; i < 3_000; i++)
            records.Add(Made(i < 2_700 ? 86_390_000_000 + (i * 300L) : 86_392_000_000 + ((i - 2_700) * 100_000L), random));

        foreach (var record in records) log.Add(record);
        await log.DrainAsync(Now);

        var expected = records.OrderByDescending(record => record.Id.Value).ToList();
        await IsListedAsync("", expected);
        await IsListedAsync("&dataset=closed", [.. expected.Where(record => record.Datasets.Contains(closed.Id))]);
        await IsListedAsync("&dataset=vault", [.. expected.Where(record => record.Datasets.Contains(vault.Id))]);
        await IsListedAsync("&agreement=5", [.. expected.Where(record => record.Agreement == 5)]);
        await IsListedAsync("&from=1970-01-01T23:59:50.1005Z&until=1970-01-01T23:59:50.7Z", [.. expected.Where(record =>
            record.Id.At.UnixMicroseconds is >= 86_390_100_500 and < 86_390_700_000)]);
        var usage = (await stoa.GetAsync("/api/v1/exchanges/usage", stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value");
        Assert.Equal(
            expected.GroupBy(record => (record.Id.At.ToString()[..10], record.Agreement)).Select(group =>
                (group.Key, (long)group.Count(), group.Sum(record => record.Rows), group.Sum(record => record.Bytes))).ToHashSet(),
            usage.EnumerateArray().Select(row => (
                (row.GetProperty("day").GetString()!, row.TryGetProperty("agreement", out var agreement) ? agreement.GetInt64() : (long?)null),
                row.GetProperty("accesses").GetInt64(), row.GetProperty("rows").GetInt64(), row.GetProperty("bytes").GetInt64())).ToHashSet());
        var table = (await stoa.GetAsync("/api/v1/exchanges/table", stoa.AdminToken)).ShouldBe(200).Text.Split("\r\n");
        Assert.Equal(expected.Select(record => record.Id.ToString()), table[1..^1].Select(line => line.Split(',')[0]));

        ExchangeRecord Made(long at, Random of)
        {
            var isBoth = of.Next(4) == 0;
            return new()
            {
                Id = ExchangeId.From(new(at)),
                Token = 1,
                Agreement = of.Next(3) == 0 ? 5 : null,
                Datasets = isBoth ? [closed.Id, vault.Id] : [closed.Id],
                DatasetCount = isBoth ? 2 : 1,
                Channel = Channel.Api,
                Method = "GET",
                Route = "/" + of.Next(2).ToString(CultureInfo.InvariantCulture),
                Query = "",
                Status = 200,
                Rows = of.Next(3) == 0 ? of.NextInt64(1L << 40) : of.Next(200),
                Bytes = of.Next(100_000),
                Digest = BodyDigest.Of(BitConverter.GetBytes(at)),
                Version = 1,
            };
        }

        async Task IsListedAsync(string parameters, List<ExchangeRecord> wanted)
        {
            var found = new List<JsonElement>();
            string? next = "/api/v1/exchanges?limit=700" + parameters;
            while (next is not null)
            {
                var page = (await stoa.GetAsync(next, stoa.AdminToken)).ShouldBe(200).Json;
                found.AddRange(page.GetProperty("value").EnumerateArray());
                next = page.TryGetProperty("nextLink", out var link) ? link.GetString() : null;
            }

            Assert.Equal(
                wanted.Select(record => (record.Id.ToString(), record.Rows, record.Bytes, record.Digest.ToString(), record.Agreement)),
                found.Select(record => (
                    record.GetProperty("id").GetString()!, record.GetProperty("rows").GetInt64(), record.GetProperty("bytes").GetInt64(),
                    record.GetProperty("sha256").GetString()!,
                    record.TryGetProperty("agreement", out var agreement) ? agreement.GetInt64() : (long?)null)));
        }
    }

    [Fact]
    public async Task Are_removed_when_they_are_old_enough()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("exchanges.keepDays", "10"));
        var dataset = await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var other = await stoa.GivenDatasetAsync("vault", SpectrumClass.Closed);
        var log = stoa.Services.GetRequiredService<ExchangeLog>();
        var now = DateTimeOffset.UtcNow;
        foreach (var days in new[] { 11.0, 10.1, 9.9, 1 })
            log.Add(new()
            {
                Id = ExchangeId.From(Instant.From(now.AddDays(-days))),
                Token = 1,
                Datasets = [dataset, other],
                DatasetCount = 2,
                Channel = Channel.Api,
                Method = "GET",
                Route = "/",
                Query = "",
                Status = 200,
                Rows = (long)days,
                Bytes = 1,
                Digest = BodyDigest.OfNothing,
                Version = 1,
            });
        await log.DrainAsync(Now);

        var removed = await stoa.Services.GetRequiredService<ExchangeRetention>().KeepAsync(Now);

        Assert.Equal(2, removed);
        foreach (var query in new[] { "", "?dataset=vault" })
            Assert.Equal([1, 9], (await stoa.GetAsync("/api/v1/exchanges" + query, stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value")
                .EnumerateArray().Select(record => record.GetProperty("rows").GetInt64()));
    }

    /// <summary>What comes while others are stored waits for its turn: a busy hour is a few commits a second and few rows, not a commit a millisecond.</summary>
    [Fact]
    public async Task Are_gathered_while_they_keep_coming()
    {
        await using var stoa = await Exchange.StartAsync();
        var dataset = await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var log = stoa.Services.GetRequiredService<ExchangeLog>();
        var begun = TimeProvider.System.GetTimestamp();

        // Until there have been several batches; always one more comes before the last is stored.
        for (var count = 0; count < 60 || TimeProvider.System.GetElapsedTime(begun) < 4 * ExchangeLog.QuietPeriod; count++)
        {
            log.Add(new()
            {
                Id = log.NextId(Instant.From(DateTimeOffset.UtcNow)), Token = 1, Datasets = [dataset], DatasetCount = 1, Channel = Channel.Api,
                Method = "GET", Route = "/", Query = "", Status = 200, Rows = 1, Bytes = 1, Digest = BodyDigest.OfNothing, Version = 1,
            });
            await Task.Delay(1, Now);
        }

        await log.DrainAsync(Now);
        var batches = (int)(TimeProvider.System.GetElapsedTime(begun) / ExchangeLog.QuietPeriod) + 1;

        using var read = await stoa.Database.ReadAsync(Now);
        using var rows = read.Prepare("SELECT COUNT(*) FROM exchange");
        Assert.True(rows.Step());
        // A batch may reach over the end of a second.
        Assert.InRange(rows.Int64(0), 1, 2 * batches);
    }

    /// <summary>A clock that stands years ahead, or a first start with old records, takes no more than a month of them at a time.</summary>
    [Fact]
    public async Task Are_not_all_removed_at_once_when_the_clock_is_years_ahead()
    {
        await using var stoa = await Exchange.StartAsync();
        var now = DateTimeOffset.UtcNow;
        var dataset = await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var log = stoa.Services.GetRequiredService<ExchangeLog>();
        foreach (var days in new[] { 190.0, 161, 159, 131, 129, 100 })
            log.Add(new()
            {
                Id = ExchangeId.From(Instant.From(now.AddDays(-days))), Token = 1, Datasets = [dataset], DatasetCount = 1, Channel = Channel.Api,
                Method = "GET", Route = "/", Query = "", Status = 200, Rows = (long)days, Bytes = 1, Digest = BodyDigest.OfNothing, Version = 1,
            });
        await log.DrainAsync(Now);
        // The program's own keeps these; this one stands for it with a clock, or a setting, by which all of them are too old.
        using var retention = new ExchangeRetention(
            stoa.Database, stoa.Services.GetRequiredService<SharingOptions>() with { ExchangesKept = TimeSpan.FromDays(10) }, TimeProvider.System,
            NullLogger<ExchangeRetention>.Instance);

        var removed = new List<long>();
        for (var look = 0; look < 4; look++) removed.Add(await retention.KeepAsync(Now));

        // From the oldest on a month; then from the oldest that is left. Each look that took some stands in the log.
        Assert.Equal([2, 2, 2, 0], removed);
        var entries = await LogContents.EntriesAsync(stoa.Database, "data.deleted");
        Assert.All(entries, entry => Assert.Equal("keep-days exchanges 2", $"{entry.Member("by")} {entry.Member("set")} {entry.Member("count")}"));
        Assert.Equal(3, entries.Count);
    }

    [Fact]
    public async Task Name_the_declared_purpose_of_a_batch_under_several_agreements()
    {
        await using var city = await GovernedCity.StartAsync();
        var owner = await city.OrganizationAsync("owner");
        var consumer = await city.OrganizationAsync("consumer");
        foreach (var slug in new[] { "counts", "more" })
        {
            var dataset = await city.DatasetAsync(slug, SpectrumClass.Closed, "owner");
            await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer);
            await city.AgreeAsync(owner, consumer, [dataset], purposes: GovernedCity.Research);
        }

        using var batch = new HttpRequestMessage(HttpMethod.Post, "/sensorthings/v1.1/$batch")
        {
            Content = new StringContent(
                """
                {"requests":[{"id":"1","method":"get","url":"/datasets/counts/sensorthings/v1.1/Things"},
                 {"id":"2","method":"get","url":"/datasets/more/sensorthings/v1.1/Things"}]}
                """, System.Text.Encoding.UTF8, "application/json"),
        };
        batch.Headers.Authorization = new("Bearer", await city.ServiceTokenAsync(consumer));
        batch.Headers.TryAddWithoutValidation("Purpose", GovernedCity.Research.Value);
        var answers = (await city.Stoa.SendAsync(batch)).ShouldBe(200).Json.GetProperty("responses").EnumerateArray();
        Assert.All(answers, answer => Assert.Equal(200, answer.GetProperty("status").GetInt32()));

        var log = city.Stoa.Services.GetRequiredService<ExchangeLog>();
        List<JsonElement> records;
        for (var attempt = 0; ; attempt++)
        {
            await log.DrainAsync(Now);
            records = [.. (await city.Stoa.GetAsync("/api/v1/exchanges?dataset=more", city.Stoa.AdminToken)).ShouldBe(200).Json
                .GetProperty("value").EnumerateArray()];
            if (records.Count > 0 || attempt == 600) break;
            await Task.Delay(50, Now);
        }

        var record = Assert.Single(records);
        Assert.Equal(["counts", "more"], record.GetProperty("datasets").EnumerateArray().Select(slug => slug.GetString()));
        Assert.False(record.TryGetProperty("agreement", out _));
        Assert.Equal(GovernedCity.Research.Value, record.GetProperty("purpose").GetString());
    }

    [Fact]
    public async Task Name_at_the_root_the_one_agreement_that_carries_everything()
    {
        await using var city = await GovernedCity.StartAsync();
        var owner = await city.OrganizationAsync("owner");
        var consumer = await city.OrganizationAsync("consumer");
        var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
        await city.DatasetAsync("open", SpectrumClass.Open);
        await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer);
        var agreement = await city.AgreeAsync(owner, consumer, [dataset], purposes: GovernedCity.Research);
        var token = await city.ServiceTokenAsync(consumer);

        (await city.Stoa.GetAsync("/sensorthings/v1.1/Things", token)).ShouldBe(200);
        var second = await city.DatasetAsync("more", SpectrumClass.Closed, "owner");
        await city.ClassifyAsync(second, SpectrumClass.SharedSpecific, consumer);
        await city.AgreeAsync(owner, consumer, [second], purposes: GovernedCity.Research);
        (await city.Stoa.GetAsync("/sensorthings/v1.1/Things?$top=5", token)).ShouldBe(200);

        var log = city.Stoa.Services.GetRequiredService<ExchangeLog>();
        List<JsonElement> records;
        for (var attempt = 0; ; attempt++)
        {
            await log.DrainAsync(Now);
            records = [.. (await city.Stoa.GetAsync("/api/v1/exchanges?dataset=counts", city.Stoa.AdminToken)).ShouldBe(200).Json
                .GetProperty("value").EnumerateArray()];
            if (records.Count == 2 || attempt == 600) break;
            await Task.Delay(50, Now);
        }

        Assert.Equal(2, records.Count);
        Assert.False(records[0].TryGetProperty("agreement", out _));
        Assert.Equal(["counts", "more"], records[0].GetProperty("datasets").EnumerateArray().Select(slug => slug.GetString()));
        Assert.Equal((agreement.Id, GovernedCity.Research.Value),
            (records[1].GetProperty("agreement").GetInt64(), records[1].GetProperty("purpose").GetString()));
    }
}
