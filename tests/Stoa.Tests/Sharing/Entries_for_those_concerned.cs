using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Catalogue.Datasets;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Events;
using Stoa.Ledger.Verification;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Logs;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Tests.Ledger;
using Stoa.Tests.Sharing.Agreements;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Entries of the log of audit are for those whom they concern, and for the office; those of public logs for everybody.</summary>
public sealed class Entries_for_those_concerned
{
    private const string Audit = "/api/v1/log/audit/entries";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_listed_and_given_to_the_same_people_and_are_absent_for_all_others()
    {
        await using var sides = await TwoSides.StartAsync();
        var stoa = sides.Stoa;
        var agreement = await sides.AgreeAsync(""","terms":{"retention":{"start":"endOfAgreement","days":90,"then":"delete"}}""");
        await stoa.GivenDatasetAsync("vault", SpectrumClass.Closed);
        var narrow = await stoa.GivenTokenAsync("counters", "read");
        var size = await PublishedAsync(stoa);
        var counters = $"urn:stoa:dataset:{await DatasetAsync(stoa, "counters")}";

        var office = await AllAsync(stoa, Audit, stoa.AdminToken);
        var owner = await AllAsync(stoa, Audit, sides.OwnersToken);
        var consumer = await AllAsync(stoa, Audit, sides.ConsumersToken);
        var stranger = await AllAsync(stoa, Audit, sides.StrangersToken);

        Assert.Equal(Enumerable.Range(0, (int)size).Select(i => (long)i).Reverse(), office.Keys);
        // The owner sees all of its dataset; both sides the agreement and the request; who has no part in it only what is said of itself.
        Assert.All(office.Where(entry => entry.Value.Contains(counters, StringComparison.Ordinal)), entry => Assert.Contains(entry.Key, owner.Keys));
        foreach (var seen in new[] { owner, consumer })
        {
            Assert.Equal(
                office.Where(entry => entry.Value.Contains($"urn:stoa:agreement:{agreement}\"", StringComparison.Ordinal)).Select(entry => entry.Key),
                seen.Where(entry => entry.Value.Contains("\"agreement.changed\"", StringComparison.Ordinal)).Select(entry => entry.Key));
            Assert.Contains(seen.Values, entry => entry.Contains("\"access-request.changed\"", StringComparison.Ordinal));
            Assert.Equal(
                office.Values.Count(entry => entry.Contains("\"obligation.changed\"", StringComparison.Ordinal)),
                seen.Values.Count(entry => entry.Contains("\"obligation.changed\"", StringComparison.Ordinal)));
        }

        Assert.DoesNotContain(consumer.Values, entry => entry.Contains("\"dataset.created\"", StringComparison.Ordinal));
        Assert.NotEmpty(stranger);
        Assert.All(stranger.Values, entry => Assert.DoesNotContain("dataset", entry, StringComparison.Ordinal));
        Assert.All(stranger.Values, entry => Assert.DoesNotContain("agreement", entry, StringComparison.Ordinal));
        Assert.Empty(await AllAsync(stoa, Audit, narrow));
        (await stoa.GetAsync(Audit)).ShouldBe(401);

        // What is not in the list is not there, in any form, and looks like what is in no log.
        foreach (var (token, seen) in new[] { (sides.OwnersToken, owner), (sides.ConsumersToken, consumer), (sides.StrangersToken, stranger), (narrow, []) })
            foreach (var end in new[] { "", ".tlog-proof" })
            {
                var absent = await stoa.GetAsync($"{Audit}/{size + 1000}{end}", token);
                for (var i = 0L; i < size; i++)
                {
                    var answer = await stoa.GetAsync($"{Audit}/{i}{end}", token);
                    if (seen.TryGetValue(i, out var entry))
                    {
                        Assert.Equal("no-store, private", answer.ShouldBe(200).Header("Cache-Control"));
                        if (end.Length == 0) Assert.Equal(entry, answer.Text);
                    }
                    else AreAlike(absent, answer);
                }
            }

        AreAlike(await stoa.GetAsync($"{Audit}/{size + 1000}"), await stoa.GetAsync($"{Audit}/0"));
    }

    [Fact]
    public async Task Come_with_proofs_that_the_verifier_of_others_takes()
    {
        await using var sides = await TwoSides.StartAsync();
        var agreement = await sides.AgreeAsync();
        await PublishedAsync(sides.Stoa);
        var seen = await AllAsync(sides.Stoa, $"{Audit}?agreement={agreement}&type=agreement.changed", sides.ConsumersToken);
        var verifier = new LogVerifier(await KeysAsync(sides.Stoa, "audit"), null, null);

        Assert.NotEmpty(seen);
        foreach (var (index, entry) in seen)
        {
            var proof = (await sides.Stoa.GetAsync($"{Audit}/{index}.tlog-proof", sides.ConsumersToken)).ShouldBe(200);
            var report = verifier.VerifyProof(proof.Bytes, null);
            Assert.True(report.Holds, string.Join('\n', report.Findings));
            Assert.True(LogProof.TryParse(proof.Bytes, out var read));
            Assert.Equal((index, entry), (read!.Index, Encoding.UTF8.GetString(read.Extra!)));
            Assert.False(verifier.VerifyProof(proof.Bytes, Encoding.UTF8.GetBytes(entry.Replace("agreement.changed", "agreement.Changed", StringComparison.Ordinal))).Holds);
        }
    }

    [Fact]
    public async Task Of_a_public_log_are_for_everybody()
    {
        await using var stoa = await Exchange.StartAsync();
        (await stoa.PostJsonAsync("/api/v1/datasets", """{"slug":"air","title":"Air","sector":"environment","spectrum":"open","licence":"cc-by-4.0"}""")).ShouldBe(201);
        (await stoa.PostJsonAsync("/api/v1/datasets", """{"slug":"vault","title":"Vault","sector":"energy"}""")).ShouldBe(201);
        await stoa.Services.GetRequiredService<PublishedDescriptions>().PublishAsync(Now);
        await PublishedAsync(stoa, LogName.Catalog);

        var list = await AllAsync(stoa, "/api/v1/log/catalog/entries?dataset=air");

        var (index, entry) = Assert.Single(list);
        Assert.Contains("urn:stoa:catalogue:air", entry, StringComparison.Ordinal);
        Assert.Equal(entry, (await stoa.GetAsync($"/api/v1/log/catalog/entries/{index}")).ShouldBe(200).Text);
        var proof = (await stoa.GetAsync($"/api/v1/log/catalog/entries/{index}.tlog-proof")).ShouldBe(200);
        Assert.True(new LogVerifier(await KeysAsync(stoa, "catalog"), null, null).VerifyProof(proof.Bytes, null).Holds);
        Assert.Empty(await AllAsync(stoa, "/api/v1/log/catalog/entries?dataset=vault"));
        await AreAlikeAsync(stoa, "/api/v1/log/catalog/entries?dataset=vault", "/api/v1/log/catalog/entries?dataset=nothing");
        (await stoa.GetAsync("/api/v1/log/catalog/entries/7000")).ShouldBeProblem(404, "not-found");
        (await stoa.GetAsync("/api/v1/log/catalog/entries/x")).ShouldBeProblem(404, "not-found");
        (await stoa.GetAsync("/api/v1/log/nolog/entries")).ShouldBeProblem(404, "not-found");
        foreach (var bad in (string[])["before=-1", "before=x", "agreement=1.5", "type=nothing.known"])
            (await stoa.GetAsync($"/api/v1/log/catalog/entries?{bad}")).ShouldBeProblem(400, "invalid-parameter");
    }

    // Entries name all datasets of an agreement: whoever owns one of them learns of the others only what it may know anyway.
    [Fact]
    public async Task Of_an_agreement_on_several_datasets_are_found_by_each_and_tell_nothing_of_hidden_ones()
    {
        await using var city = await GovernedCity.StartAsync();
        var (water, roads, lab) = (await city.OrganizationAsync("water"), await city.OrganizationAsync("roads"), await city.OrganizationAsync("lab"));
        var pipes = await city.DatasetAsync("pipes", SpectrumClass.Closed, "water");
        var streets = await city.DatasetAsync("streets", SpectrumClass.Closed, "roads");
        var bridges = await city.DatasetAsync("bridges", SpectrumClass.Closed, "roads");
        var hidden = await city.AgreeAsync(water, lab, [pipes, streets]);
        var shown = await city.AgreeAsync(water, lab, [streets, bridges]);
        await PublishedAsync(city.Stoa);
        var token = await city.ServiceTokenAsync(roads);

        foreach (var dataset in (string[])["pipes", "streets"])
            Assert.Contains(
                (await AllAsync(city.Stoa, $"{Audit}?dataset={dataset}&agreement={hidden.Id}", city.Stoa.AdminToken)).Values,
                entry => entry.Contains($"urn:stoa:dataset:{pipes}", StringComparison.Ordinal) && entry.Contains($"urn:stoa:dataset:{streets}", StringComparison.Ordinal));
        var seen = await AllAsync(city.Stoa, Audit, token);
        Assert.DoesNotContain(seen.Values, entry => entry.Contains($"urn:stoa:dataset:{pipes}\"", StringComparison.Ordinal));
        Assert.Contains(seen.Values, entry => entry.Contains($"urn:stoa:agreement:{shown.Id}\"", StringComparison.Ordinal));
        Assert.Empty(await AllAsync(city.Stoa, $"{Audit}?agreement={hidden.Id}", token));
        await AreAlikeAsync(city.Stoa, $"{Audit}?dataset=pipes", $"{Audit}?dataset=nothing", token);
    }

    // What an organization has to act for it is its own, and nobody else's.
    [Fact]
    public async Task Of_units_services_and_devices_are_for_their_organization()
    {
        await using var city = await GovernedCity.StartAsync();
        var (water, lab) = (await city.OrganizationAsync("water"), await city.OrganizationAsync("lab"));
        var unit = await city.PartyAsync("unit", water);
        PartyId[] own = [unit, await city.PartyAsync("service", unit), await city.PartyAsync("device", unit)];
        var device = await city.TokenAsync(own[2]);
        var (token, labs) = (await city.ServiceTokenAsync(water), await city.ServiceTokenAsync(lab));
        var size = await PublishedAsync(city.Stoa);
        var absent = await city.Stoa.GetAsync($"{Audit}/{size + 1000}", labs);

        var office = await AllAsync(city.Stoa, Audit, city.Stoa.AdminToken);
        var seen = await AllAsync(city.Stoa, Audit, token);

        foreach (var party in own)
        {
            var about = office.Where(entry => entry.Value.Contains($"urn:stoa:party:{party.Value}\"", StringComparison.Ordinal)).ToDictionary();
            Assert.NotEmpty(about);
            Assert.Equal(about, await AllAsync(city.Stoa, $"{Audit}?party={party.Value}", token));
            Assert.All(about, entry => Assert.Equal(entry.Value, seen[entry.Key]));
            await AreAlikeAsync(city.Stoa, $"{Audit}?party=987654", $"{Audit}?party={party.Value}", labs);
            foreach (var index in about.Keys) AreAlike(absent, await city.Stoa.GetAsync($"{Audit}/{index}", labs));
        }

        Assert.Contains(office.Values, entry => entry.Contains($"urn:stoa:party:{lab.Value}\"", StringComparison.Ordinal));
        Assert.DoesNotContain(seen.Values, entry => entry.Contains($"urn:stoa:party:{lab.Value}\"", StringComparison.Ordinal));
        Assert.Empty(await AllAsync(city.Stoa, Audit, device));
    }

    [Fact]
    public async Task Are_found_by_the_name_of_an_organization()
    {
        await using var city = await GovernedCity.StartAsync();
        var water = await city.OrganizationAsync("water");
        await city.OrganizationAsync("lab");
        var token = await city.ServiceTokenAsync(water);
        await PublishedAsync(city.Stoa);
        var byNumber = await AllAsync(city.Stoa, $"{Audit}?party={water.Value}", token);

        Assert.NotEmpty(byNumber);
        foreach (var called in (string[])["water", "Name%20of%20water"]) Assert.Equal(byNumber, await AllAsync(city.Stoa, $"{Audit}?party={called}", token));
        await AreAlikeAsync(city.Stoa, $"{Audit}?party=nobody", $"{Audit}?party=lab", token);
    }

    [Fact]
    public async Task Of_what_was_never_offered_are_its_makers_alone()
    {
        await using var sides = await TwoSides.StartAsync();
        var drafted = (await sides.Stoa.PostJsonAsync("/api/v1/agreements",
            $$$"""{"terms":{"consumer":{{{sides.Consumer}}},"datasets":["counters"],"purposes":["AcademicResearch"]}}""",
            sides.OwnersToken)).ShouldBe(201).Json;
        var id = drafted.GetProperty("id").GetInt64();
        await PublishedAsync(sides.Stoa);
        var address = $"{Audit}?agreement={id}";

        Assert.Single(await AllAsync(sides.Stoa, address, sides.OwnersToken));
        Assert.Empty(await AllAsync(sides.Stoa, address, sides.ConsumersToken));
        Assert.DoesNotContain((await AllAsync(sides.Stoa, Audit, sides.ConsumersToken)).Values, entry => entry.Contains("agreement", StringComparison.Ordinal));

        (await sides.MoveAsync("agreements", id, "offer", sides.OwnersToken)).ShouldBe(200);
        await PublishedAsync(sides.Stoa);
        Assert.Equal(await AllAsync(sides.Stoa, address, sides.OwnersToken), await AllAsync(sides.Stoa, address, sides.ConsumersToken));
        Assert.Empty(await AllAsync(sides.Stoa, address, sides.StrangersToken));
    }

    // Pages of what is seen have no gaps; what others have made is passed over, and where it lies is not told.
    [Fact]
    public async Task Are_paged_without_gaps_and_past_many_that_are_not_seen_yet()
    {
        await using var city = await GovernedCity.StartAsync();
        var (water, lab) = (await city.OrganizationAsync("water"), await city.OrganizationAsync("lab"));
        var pipes = await city.DatasetAsync("pipes", SpectrumClass.Closed, "water");
        var agreed = await city.AgreeAsync(water, lab, [pipes]);
        var draft = agreed.Content with { State = AgreementState.Draft, Signatures = [] };
        await city.Stoa.Database.WriteAsync(session =>
        {
            for (var i = 0; i < LoggedEntries.LookedAtMax + 400; i++)
                Assert.True(GovernedRecords.Insert(session, RecordTypes.Agreement, draft with { Terms = draft.Terms with { Id = default } },
                    new("draft", water, water, global::Stoa.Sharing.Transitions.Actor.Owner), new(0)).IsValue);
            return true;
        }, Now);
        // Tokens are entered too: made before, so that nothing comes while pages are compared.
        var (token, waters) = (await city.ServiceTokenAsync(lab), await city.ServiceTokenAsync(water));
        await PublishedAsync(city.Stoa);

        var seen = await AllAsync(city.Stoa, Audit, token, before => Assert.Equal(0, before % 256));
        var made = await AllAsync(city.Stoa, $"{Audit}?dataset=pipes", waters);

        Assert.Equal(2, seen.Values.Count(entry => entry.Contains($"urn:stoa:agreement:{agreed.Id}\"", StringComparison.Ordinal)));
        Assert.DoesNotContain(seen.Values, entry => entry.Contains("\"draft\"", StringComparison.Ordinal) && !entry.Contains($":{agreed.Id}\"", StringComparison.Ordinal));
        Assert.True(made.Count > LoggedEntries.LookedAtMax + 400);
        // What is asked for beside it moves no end of a page: hidden entries have it, and none has it.
        var hidden = (await city.Stoa.GetAsync($"{Audit}?dataset=pipes", token)).ShouldBe(200).Text;
        Assert.Contains("nextLink", hidden, StringComparison.Ordinal);
        Assert.Equal(hidden, (await city.Stoa.GetAsync($"{Audit}?dataset=nothing", token)).ShouldBe(200).Text.Replace("dataset=nothing", "dataset=pipes", StringComparison.Ordinal));
        Assert.Equal(
            seen.Where(entry => entry.Value.Contains($"urn:stoa:agreement:{agreed.Id}\"", StringComparison.Ordinal)).Select(entry => entry.Key),
            (await AllAsync(city.Stoa, $"{Audit}?dataset=pipes&type=agreement.changed", token)).Keys);
        Assert.Equal(
            (await AllAsync(city.Stoa, $"{Audit}?dataset=pipes&type=agreement.changed&party={lab.Value}", city.Stoa.AdminToken)).Keys,
            made.Where(entry => entry.Value.Contains("\"agreement.changed\"", StringComparison.Ordinal)).Select(entry => entry.Key));
    }

    // What a database of the version before holds is looked up like what is written now.
    [Fact]
    public async Task Are_found_after_the_schema_is_brought_up_to_date()
    {
        await using var city = await GovernedCity.StartAsync();
        var (water, lab) = (await city.OrganizationAsync("water"), await city.OrganizationAsync("lab"));
        var (pipes, wells) = (await city.DatasetAsync("pipes", SpectrumClass.Closed, "water"), await city.DatasetAsync("wells", SpectrumClass.Closed, "water"));
        var agreed = await city.AgreeAsync(water, lab, [pipes, wells]);
        await city.RecordAsync(RecordTypes.CompatibilityTest, new(new(agreed.Id), GovernedCity.Research, true, water, "Tested."));
        await city.ServiceTokenAsync(lab);
        await city.Stoa.GivenDatasetAsync("air", SpectrumClass.Open);
        await city.Stoa.Services.GetRequiredService<PublishedDescriptions>().PublishAsync(Now);
        var before = await LogContents.EntriesAsync(city.Stoa.Database);

        await city.Stoa.Database.WriteAsync(session =>
        {
            session.Execute(AsBefore);
            return true;
        }, Now);
        await city.Stoa.RestartAsync();

        var after = (await LogContents.EntriesAsync(city.Stoa.Database)).Where(entry => before.Exists(one => one.Log == entry.Log && one.Index == entry.Index)).ToList();
        static string Lines(List<StoredEntry> entries) => string.Join('\n', entries.OrderBy(entry => (entry.Log, entry.Index)).Select(entry =>
            $"{entry.Text} {string.Join(' ', entry.Keys.OrderBy(key => (key.Kind, key.Number)))}"));
        Assert.Equal(Lines(before), Lines(after));
    }

    private const string AsBefore =
        """
        DROP INDEX ledger_entry_type;
        ALTER TABLE ledger_entry ADD COLUMN dataset_id INTEGER;
        ALTER TABLE ledger_entry ADD COLUMN record_id INTEGER;
        ALTER TABLE ledger_entry ADD COLUMN party_id INTEGER;
        ALTER TABLE ledger_entry ADD COLUMN counterparty_id INTEGER;
        CREATE INDEX ledger_entry_dataset ON ledger_entry (dataset_id);
        CREATE INDEX ledger_entry_record ON ledger_entry (record_id);
        CREATE INDEX ledger_entry_party ON ledger_entry (party_id);
        CREATE INDEX ledger_entry_counterparty ON ledger_entry (counterparty_id);
        UPDATE ledger_entry SET dataset_id = (SELECT MIN(number) FROM ledger_key k WHERE k.kind = 1 AND k.log = ledger_entry.log AND k.idx = ledger_entry.idx)
        WHERE (SELECT COUNT(*) FROM ledger_key k WHERE k.kind = 1 AND k.log = ledger_entry.log AND k.idx = ledger_entry.idx) = 1;
        UPDATE ledger_entry SET record_id = (SELECT MAX(number) FROM ledger_key k WHERE k.kind IN (2, 4) AND k.log = ledger_entry.log AND k.idx = ledger_entry.idx);
        UPDATE ledger_entry SET party_id = (SELECT MIN(number) FROM ledger_key k WHERE k.kind = 3 AND k.log = ledger_entry.log AND k.idx = ledger_entry.idx),
            counterparty_id = (SELECT MAX(number) FROM ledger_key k WHERE k.kind = 3 AND k.log = ledger_entry.log AND k.idx = ledger_entry.idx)
        WHERE type <> 'compatibility-test.changed';
        DROP TABLE ledger_key;
        DELETE FROM schema_migration WHERE number = 33;
        """;

    /// <summary>All pages, by index, each entry as the list has it.</summary>
    private static async Task<Dictionary<long, string>> AllAsync(Exchange stoa, string address, string? token = null, Action<long>? next = null)
    {
        var all = new Dictionary<long, string>();
        var last = long.MaxValue;
        for (var page = address; page is not null;)
        {
            var answer = (await stoa.GetAsync(page, token)).ShouldBe(200).Json;
            foreach (var entry in answer.GetProperty("value").EnumerateArray())
            {
                var index = entry.GetProperty("index").GetInt64();
                Assert.True(index < last, "Entries stand twice, or in another order.");
                last = index;
                var text = entry.GetProperty("entry").GetRawText();
                Assert.Null(LogEvent.Refuse(Encoding.UTF8.GetBytes(text)));
                all.Add(index, text);
            }

            page = answer.TryGetProperty("nextLink", out var link) ? link.GetString() : null;
            if (page is not null) next?.Invoke(long.Parse(page[(page.IndexOf("before=", StringComparison.Ordinal) + 7)..], CultureInfo.InvariantCulture));
        }

        return all;
    }

    // Lists say how long the log is, and records of accesses lengthen it by themselves.
    private static async Task AreAlikeAsync(Exchange stoa, string address, string other, string? token = null)
    {
        Answer before, answer, after;
        do (before, answer, after) = (await stoa.GetAsync(address, token), await stoa.GetAsync(other, token), await stoa.GetAsync(address, token));
        while (before.Text != after.Text);
        AreAlike(before, answer);
    }

    private static void AreAlike(Answer expected, Answer answer)
    {
        Assert.Equal(expected.Status, answer.Status);
        Assert.Equal(expected.Text, answer.Text);
        Assert.Equal(Headers(expected), Headers(answer));

        static IEnumerable<string> Headers(Answer one) => one.Headers.Where(header => header.Key is not "Date").Select(header => $"{header.Key}: {header.Value}").Order();
    }

    /// <summary>Returns when all entries are under a checkpoint; how many there are.</summary>
    internal static async Task<long> PublishedAsync(Exchange stoa, LogName log = LogName.Audit)
    {
        long size;
        using (var read = await stoa.Database.ReadAsync(Now))
        using (var select = read.Prepare("SELECT size FROM ledger_log WHERE id = ?1").Bind(1, (long)log))
        {
            Assert.True(select.Step());
            size = select.Int64(0);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        await stoa.Services.GetRequiredService<LogPublisher>().WhenPublishedAsync(log, size - 1, patience.Token);
        return size;
    }

    private static async Task<IReadOnlyList<VerifierKey>> KeysAsync(Exchange stoa, string log)
    {
        var text = (await stoa.GetAsync($"/log/{log}/vkey")).ShouldBe(200).Text;
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => VerifierKey.TryParse(line, out var key) ? key! : throw new InvalidOperationException(line))];
    }

    private static async Task<long> DatasetAsync(Exchange stoa, string slug)
    {
        using var read = await stoa.Database.ReadAsync(Now);
        return SharedDatasets.Find(read, slug)!.Id.Value;
    }
}
