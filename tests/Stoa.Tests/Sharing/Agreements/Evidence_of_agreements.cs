using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Host.Commands;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Verification;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Tests.Identity;
using Stoa.Tests.Ledger;
using Stoa.Tests.Operations;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>A side of an agreement takes a file away with which a stranger proves, offline, what was agreed, what happened since and what was given.</summary>
public sealed class Evidence_of_agreements : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TwoSides? _sides;

    private TwoSides Sides => _sides ?? throw new InvalidOperationException("It is away.");

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _sides = await TwoSides.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Is_verified_by_a_stranger_when_the_exchange_is_gone()
    {
        var id = await Sides.AgreeAsync(""","template":"service" """);
        await PublishedAsync();
        var older = await FileAsync("older", await Sides.Stoa.Http.GetByteArrayAsync("/log/audit/checkpoint", Now));
        (await Sides.MoveAsync("agreements", id, "suspend", Sides.OwnersToken, ""","reason":"The counters are repaired." """)).ShouldBe(200);
        await PublishedAsync();
        var hash = (await Sides.AgreementAsync(id)).GetProperty("hash").GetString();
        var key = await FileAsync("key", await Sides.Stoa.Http.GetByteArrayAsync("/log/audit/vkey", Now));
        var size = (await File.ReadAllTextAsync(older, Now)).Split('\n')[1];

        var answer = (await Sides.Stoa.GetAsync($"/api/v1/agreements/{id}/evidence.zip?older={size}", Sides.ConsumersToken)).ShouldBe(200);

        Assert.Equal("application/zip", answer.Header("Content-Type"));
        Assert.Contains("no-store", answer.Header("Cache-Control"), StringComparison.Ordinal);
        var pack = await FileAsync("pack.zip", answer.Bytes);
        await StopAsync();
        var proven = await StoaProgram.RunAsync("verify", pack, "--key", key, "--older", older);
        Assert.True(proven.ExitCode == ExitCode.Done, proven.Output + proven.Errors);
        Assert.Contains($"begins with the {size} entries of the older checkpoint", proven.Output, StringComparison.Ordinal);
        var files = PackSample.Unpack(answer.Bytes);
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(files["terms-1.json"])));
        Assert.Contains("terms-1.json is the file whose digest", proven.Output, StringComparison.Ordinal);
        var last = files.Where(file => file.Key.StartsWith($"changes/agreement-{id}-", StringComparison.Ordinal))
            .Select(file => JsonDocument.Parse(file.Value).RootElement).MaxBy(change => change.GetProperty("revision").GetInt64());
        Assert.Equal(("suspend", "The counters are repaired."), (last.GetProperty("move").GetString(), last.GetProperty("reason").GetString()));
        Assert.Contains("We study how people cycle.", string.Concat(files.Where(file => file.Key.StartsWith("changes/access-request-", StringComparison.Ordinal))
            .Select(file => Encoding.UTF8.GetString(file.Value))), StringComparison.Ordinal);
        Assert.Contains(files.Keys, name => name.StartsWith("changes/obligation-", StringComparison.Ordinal));
        Assert.Contains("Name of university", Encoding.UTF8.GetString(files["agreement.txt"]), StringComparison.Ordinal);
        await ShouldFindAnyChangeAsync(files, key, "agreement.txt");
    }

    [Fact]
    public async Task Is_for_the_sides_and_for_nobody_else()
    {
        var id = await Sides.AgreeAsync();
        await PublishedAsync();
        var (address, page) = ($"/api/v1/agreements/{id}/evidence.zip", $"/agreements/{id}/evidence.zip");

        foreach (var token in new[] { Sides.OwnersToken, Sides.ConsumersToken, Sides.Stoa.AdminToken }) (await Sides.Stoa.GetAsync(address, token)).ShouldBe(200);
        foreach (var token in new[] { Sides.StrangersToken, await Sides.Stoa.GivenTokenAsync("counters", "read"), null })
        {
            var hidden = await Sides.Stoa.GetAsync(address, token);
            var absent = await Sides.Stoa.GetAsync("/api/v1/agreements/99999/evidence.zip", token);
            Assert.Equal((absent.Status, absent.Text), (hidden.Status, hidden.Text));
            hidden.ShouldBe(token is null ? 401 : 404);
        }

        using var nobody = new Visitor(Sides.Stoa);
        using var stranger = await Sides.MemberAsync("grocer");
        using var consumer = await Sides.MemberAsync("university");
        (await nobody.GetAsync(page)).ShouldBe(303);
        (await stranger.GetAsync(page)).ShouldBe(404);
        Assert.Contains($"href=\"{page}\"", (await consumer.GetAsync($"/agreements/{id}")).ShouldBe(200).Text, StringComparison.Ordinal);
        (await consumer.GetAsync(page)).ShouldBe(200);
        await EndMembershipAsync("Member of university");
        (await consumer.GetAsync(page)).ShouldBe(404);
        (await Sides.Stoa.GetAsync(address + "?older=-1", Sides.OwnersToken)).ShouldBeProblem(400, "invalid-parameter");
        (await Sides.Stoa.GetAsync(address + "?older=999999", Sides.OwnersToken)).ShouldBeProblem(400, "invalid-parameter");
    }

    // Who gave access and owns the dataset no more is told no more of who asked; how a level came about is told to those who govern the dataset.
    [Fact]
    public async Task Says_to_nobody_what_the_interface_would_not_tell_him()
    {
        var id = await Sides.AgreeAsync();
        await PublishedAsync();
        var ofOwner = await NamesAsync(id, Sides.OwnersToken);
        var ofConsumer = await NamesAsync(id, Sides.ConsumersToken);
        Assert.Contains(ofOwner.Names, name => name.StartsWith("changes/access-request-", StringComparison.Ordinal));
        Assert.Contains("The level that is in force of the dataset counters", ofOwner.Manifest, StringComparison.Ordinal);
        Assert.DoesNotContain("The level that is in force", ofConsumer.Manifest, StringComparison.Ordinal);

        (await Sides.Stoa.PatchJsonAsync("/api/v1/datasets/counters", """{"owner":"grocer"}""")).ShouldBe(200);
        await PublishedAsync();

        var after = await NamesAsync(id, Sides.OwnersToken);
        Assert.DoesNotContain(after.Names, name => name.StartsWith("changes/access-request-", StringComparison.Ordinal));
        Assert.DoesNotContain("The level that is in force", after.Manifest, StringComparison.Ordinal);
        Assert.Contains(after.Names, name => name.StartsWith($"changes/agreement-{id}-", StringComparison.Ordinal));
        Assert.Contains((await NamesAsync(id, Sides.ConsumersToken)).Names, name => name.StartsWith("changes/access-request-", StringComparison.Ordinal));
    }

    // When what was said of a change is deleted with its salt, the entry is all that is left of it.
    [Fact]
    public async Task Tells_of_what_is_not_kept_any_more_that_it_was()
    {
        var id = await Sides.AgreeAsync();
        await PublishedAsync();
        await Sides.Stoa.Database.WriteAsync(session =>
        {
            using var forget = session.Prepare("UPDATE governed_event SET salt = NULL, content = '{}', reason = '' WHERE record_id = @id").Bind("@id", id);
            return forget.Execute();
        }, Now);

        var key = await FileAsync("key", await Sides.Stoa.Http.GetByteArrayAsync("/log/audit/vkey", Now));
        var pack = await FileAsync("pack.zip", (await Sides.Stoa.GetAsync($"/api/v1/agreements/{id}/evidence.zip", Sides.OwnersToken)).ShouldBe(200).Bytes);

        Assert.Equal(ExitCode.Done, (await StoaProgram.RunAsync("verify", pack, "--key", key)).ExitCode);
        var (names, manifest) = await NamesAsync(id, Sides.OwnersToken);
        Assert.DoesNotContain(names, name => name.StartsWith("changes/agreement-", StringComparison.Ordinal));
        Assert.Contains("(what was said is not kept)", manifest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Proves_of_a_file_that_somebody_holds_that_it_is_the_answer_that_was_given()
    {
        await Downloads_of_agreements.GiveDataAsync(Sides, 3);
        var agreement = await Sides.AgreeAsync();
        var (given, id) = await ReadAsync();
        await Sides.Stoa.Services.GetRequiredService<DecisionJournal>().StoreAsync(Now);
        await PublishedAsync();
        var key = await FileAsync("key", await Sides.Stoa.Http.GetByteArrayAsync("/log/audit/vkey", Now));
        var address = $"/api/v1/exchanges/{id}/evidence.zip";
        var ofConsumer = (await Sides.Stoa.GetAsync(address, Sides.ConsumersToken)).ShouldBe(200);
        var ofOwner = PackSample.Unpack((await Sides.Stoa.GetAsync(address, Sides.OwnersToken)).ShouldBe(200).Bytes);
        using var officer = await Sides.MemberAsync("traffic");
        Assert.Contains($"href=\"/usage/{id}/evidence.zip\"", (await officer.GetAsync($"/usage?agreement={agreement}")).ShouldBe(200).Text, StringComparison.Ordinal);
        (await officer.GetAsync($"/usage/{id}/evidence.zip")).ShouldBe(200);
        await StopAsync();

        var files = PackSample.Unpack(ofConsumer.Bytes);
        var pack = await FileAsync("pack.zip", ofConsumer.Bytes);
        var held = await FileAsync("answer.json", given);
        var proven = await StoaProgram.RunAsync("verify", pack, "--key", key, "--answer", held);

        Assert.True(proven.ExitCode == ExitCode.Done, proven.Output + proven.Errors);
        Assert.Contains("is the answer of which accesses.jsonl, line 1, was recorded", proven.Output, StringComparison.Ordinal);
        Assert.Contains("record.json is the file whose digest stands in accesses.jsonl", proven.Output, StringComparison.Ordinal);
        using var record = JsonDocument.Parse(files["record.json"]);
        Assert.Equal((agreement, "AcademicResearch"), (record.RootElement.GetProperty("agreement").GetInt64(), record.RootElement.GetProperty("purpose").GetString()));
        Assert.Contains("terms-1.json", files.Keys);
        Assert.Contains("\"outcome\":\"permit\"", Encoding.UTF8.GetString(files["decision.json"]), StringComparison.OrdinalIgnoreCase);
        Assert.Contains(record.RootElement.GetProperty("decision").GetString()!, Encoding.UTF8.GetString(files["decision.txt"]), StringComparison.Ordinal);
        Assert.Contains("decision.json is the file whose digest stands in decisions.jsonl, line 1, as 'sha256'", proven.Output, StringComparison.Ordinal);
        using var decided = JsonDocument.Parse(files["decisions.jsonl"]);
        Assert.Equal(record.RootElement.GetProperty("decision").GetString(), decided.RootElement.GetProperty("decision").GetString());
        // What was decided is no answer that was given.
        Assert.Equal(ExitCode.Finding, (await StoaProgram.RunAsync("verify", pack, "--key", key, "--answer", await FileAsync("decision.json", files["decision.json"]))).ExitCode);
        // The decision is for who asked; the record, the agreement and the answer's digest for the other side too.
        Assert.DoesNotContain(ofOwner.Keys, name => name.StartsWith("decision", StringComparison.Ordinal));
        Assert.Contains("The decision that the record names is not here", Encoding.UTF8.GetString(ofOwner["evidence.json"]), StringComparison.Ordinal);
        Assert.DoesNotContain("is not here", Encoding.UTF8.GetString(files["evidence.json"]), StringComparison.Ordinal);
        Assert.Contains("terms-1.json", ofOwner.Keys);
        given[^2] ^= 1;
        Assert.Equal(ExitCode.Finding, (await StoaProgram.RunAsync("verify", pack, "--key", key, "--answer", await FileAsync("other.json", given))).ExitCode);
        await ShouldFindAnyChangeAsync(files, key, "agreement.txt", "decision.txt");
    }

    [Fact]
    public async Task Of_an_access_is_for_whom_its_record_is()
    {
        await Downloads_of_agreements.GiveDataAsync(Sides, 1);
        await Sides.AgreeAsync();
        var (_, id) = await ReadAsync();
        await PublishedAsync();

        (await Sides.Stoa.GetAsync($"/api/v1/exchanges/{id}/evidence.zip", Sides.Stoa.AdminToken)).ShouldBe(200);
        foreach (var token in new[] { Sides.StrangersToken, await Sides.Stoa.GivenTokenAsync("counters", "read"), null })
        {
            var hidden = await Sides.Stoa.GetAsync($"/api/v1/exchanges/{id}/evidence.zip", token);
            var absent = await Sides.Stoa.GetAsync("/api/v1/exchanges/4711/evidence.zip", token);
            Assert.Equal((absent.Status, absent.Text), (hidden.Status, hidden.Text));
            hidden.ShouldBe(token is null ? 401 : 404);
        }

        using var stranger = await Sides.MemberAsync("grocer");
        (await stranger.GetAsync($"/usage/{id}/evidence.zip")).ShouldBe(404);
        using var consumer = await Sides.MemberAsync("university");
        (await consumer.GetAsync($"/usage/{id}/evidence.zip")).ShouldBe(200);
        await EndMembershipAsync("Member of university");
        (await consumer.GetAsync($"/usage/{id}/evidence.zip")).ShouldBe(404);
    }

    // The leaf has a digest of all datasets of a record: who may know of one of them could guess the others.
    [Fact]
    public async Task Of_an_access_to_several_datasets_is_for_those_who_may_know_of_all()
    {
        var other = await Sides.Stoa.GivenDatasetAsync("other", SpectrumClass.Closed);
        Assert.True(Sides.Stoa.Services.GetRequiredService<AccessPolicy>().TryFindDataset("counters", out var counters));
        var id = ExchangeId.From(Instant.From(Sides.Clock.GetUtcNow()));
        var log = Sides.Stoa.Services.GetRequiredService<ExchangeLog>();
        log.Add(new()
        {
            Id = id, Token = 1, Datasets = [counters.Id, other], DatasetCount = 2, Channel = Channel.Api, Method = "GET", Route = "/", Query = "",
            Status = 200, Rows = 1, Bytes = 1, Digest = BodyDigest.OfNothing, Version = 1,
        });
        await log.DrainAsync(Now);
        await PublishedAsync();
        var address = $"/api/v1/exchanges/{id}/evidence.zip";

        (await Sides.Stoa.GetAsync(address, Sides.OwnersToken)).ShouldBeProblem(403, "proof-needs-the-whole");
        (await Sides.Stoa.GetAsync(address, Sides.Stoa.AdminToken)).ShouldBe(200);
        (await Sides.Stoa.GetAsync(address, Sides.ConsumersToken)).ShouldBe(404);
        await Sides.Stoa.Database.WriteAsync(session =>
        {
            using var forget = session.Prepare("DELETE FROM exchange_batch");
            return forget.Execute();
        }, Now);
        (await Sides.Stoa.GetAsync(address, Sides.Stoa.AdminToken)).ShouldBeProblem(409, "no-proof");
    }

    // What the consumer reads under the agreement, and the id of its record, which is made when the answer has left.
    private async Task<(byte[] Body, string Id)> ReadAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/datasets/counters/sensorthings/v1.1/Observations");
        request.Headers.Authorization = new("Bearer", Sides.ConsumersToken);
        request.Headers.TryAddWithoutValidation("Purpose", "AcademicResearch");
        var answer = (await Sides.Stoa.SendAsync(request)).ShouldBe(200);
        while (true)
        {
            await Sides.Stoa.Services.GetRequiredService<ExchangeLog>().DrainAsync(Now);
            var records = (await Sides.Stoa.GetAsync($"/api/v1/exchanges?party={Sides.Consumer}", Sides.ConsumersToken)).ShouldBe(200).Json.GetProperty("value");
            if (records.GetArrayLength() > 0) return (answer.Bytes, records[0].GetProperty("id").GetString()!);
            await Task.Yield();
        }
    }

    private async Task EndMembershipAsync(string name)
    {
        var people = (await Sides.Stoa.GetAsync("/api/v1/parties?kind=person", Sides.Stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value");
        var person = people.EnumerateArray().Single(one => one.GetProperty("name").GetString() == name).GetProperty("id").GetInt64();
        var memberships = (await Sides.Stoa.GetAsync($"/api/v1/parties/{person}/memberships", Sides.Stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value");
        (await Sides.Stoa.DeleteAsync($"/api/v1/memberships/{memberships[0].GetProperty("id").GetInt64()}", Sides.Stoa.AdminToken)).ShouldBe(200);
        // It began in the moment in which the clock of the test stands.
        Sides.Clock.Advance(TimeSpan.FromMinutes(1));
        await Sides.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
    }

    private async Task<(string[] Names, string Manifest)> NamesAsync(long id, string token)
    {
        var files = PackSample.Unpack((await Sides.Stoa.GetAsync($"/api/v1/agreements/{id}/evidence.zip", token)).ShouldBe(200).Bytes);
        return ([.. files.Keys], Encoding.UTF8.GetString(files["evidence.json"]));
    }

    // Of each file the first bytes, the last, and some between; what is for people alone left out.
    private static async Task ShouldFindAnyChangeAsync(Dictionary<string, byte[]> files, string key, params string[] unproven)
    {
        Assert.True(VerifierKey.TryParse((await File.ReadAllTextAsync(key, Now)).Trim(), out var verifier));
        var random = new Random(5);
        async Task<bool> HoldsAsync(Dictionary<string, byte[]> some) =>
            (await new PackVerifier([verifier!], null, null).VerifyFilesAsync(new MemoryFiles(some), Now)).Holds; // Read on the first line.
        Assert.True(await HoldsAsync(files));
        var tried = 0;
        foreach (var (name, whole) in files)
        {
            if (unproven.Contains(name) || name is "evidence.json" or "README.txt" or "verify.html" || name.EndsWith(".consistency", StringComparison.Ordinal)) continue;
            foreach (var at in new[] { 0, 1, whole.Length - 1, random.Next(whole.Length), random.Next(whole.Length) })
            {
                byte[] changed = [.. whole];
                changed[at] ^= 1;
                Assert.False(await HoldsAsync(new(files) { [name] = changed }), string.Create(CultureInfo.InvariantCulture, $"{name}, byte {at}"));
                tried++;
            }

            var removed = files.Where(file => file.Key != name).ToDictionary();
            Assert.False(await HoldsAsync(removed), $"{name} removed");
        }

        Assert.InRange(tried, 15, int.MaxValue);
    }

    private async Task PublishedAsync()
    {
        var entries = await Entries_of_a_log.EntriesAsync(Sides.Stoa.Database, LogName.Audit);
        await Sides.Stoa.Services.GetRequiredService<LogPublisher>().WhenPublishedAsync(LogName.Audit, entries.Count - 1, Now);
    }

    private async Task<string> FileAsync(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder.Path, name);
        await File.WriteAllBytesAsync(path, bytes, Now);
        return path;
    }

    private async Task StopAsync()
    {
        if (_sides is not null) await _sides.DisposeAsync();
        _sides = null;
    }
}
