using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stoa.Host.Commands;
using Stoa.Identity.Credentials;
using Stoa.Identity.SignIn;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Verification;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Erasure;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Tests.Architecture;
using Stoa.Tests.Connectors;
using Stoa.Tests.Governance;
using Stoa.Tests.Ledger;
using Stoa.Tests.Operations;
using Stoa.Tests.Sensing;
using Stoa.Tests.Sharing.Agreements;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Identity;

/// <summary>A person is erased: nothing of them is found anywhere, and what was proven stays proven.</summary>
public sealed partial class Erasing_people
{
    private const string Name = "Brunhilde Xantener";
    private const string Login = "b.xantener@dornroeschen.example";
    private const string Source = "203.0.113.77";

    // What is hers alone: parts of her name and address, what she called things, and what she wrote.
    private static readonly string[] Words =
        ["Brunhilde", "Xantener", Login, "dornroeschen", "Quittenallee", "Holunderweg", "Schlehdorn", "Zitronenfalter"];

    // Columns that one of the engines alone has.
    private static readonly string[] OfPostgres = ["mqtt_session.node", "dataset_words.words", "location.shape", "feature_of_interest.shape"];
    private static readonly string[] OfSqlite = ["location.geometry", "feature_of_interest.geometry"];

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Leaves_nothing_of_them_and_every_log_verifies()
    {
        await using var sides = await TwoSides.StartAsync(("log.level", "debug"), ("trustedProxies", "127.0.0.1"));
        var stoa = sides.Stoa;
        using var log = new CapturedLog();
        stoa.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        using var ada = await Visitor.AdministratorAsync(stoa);
        var (her, id) = await JoinAsync(sides, "administrator", "data-officer");
        var token = await LeaveTracesAsync(sides, ada, her, id);
        var agreement = await GovernAsync(sides, her, id);
        await stoa.Services.GetRequiredService<DecisionJournal>().StoreAsync(Now);
        await PublishedAsync(stoa);
        using var folder = new TemporaryFolder();
        var older = Path.Combine(folder.Path, "older");
        await File.WriteAllBytesAsync(older, await stoa.Http.GetByteArrayAsync("/log/audit/checkpoint", Now), Now);
        var pack = await PackAsync(stoa);
        var traces = new Traces(Words);
        // Else the search would find nothing because it looks at nothing.
        var before = await traces.InAsync(stoa.Database);
        string[] expected =
        [
            "party", "account", "one_time_link", "access_token", "governed_event", "governed_record", "passkey", "external_login", "mqtt_session",
            "idempotent_request", "policy_snapshot",
        ];
        Assert.Empty(expected.Except(before.Select(found => found.Split('.')[0])));
        var opening = (await LogContents.ChangesAsync(stoa.Database)).Count(one => one.Salt is not null);

        (await stoa.DeleteAsync($"/api/v1/parties/{id}")).ShouldBe(204);
        (await stoa.DeleteAsync($"/api/v1/parties/{id}")).ShouldBe(204);

        (await her.GetAsync("/account")).ShouldBe(303);
        (await stoa.GetAsync("/api/v1/datasets", token)).ShouldBe(401);
        Assert.Empty(await traces.InAsync(stoa.Database));
        Assert.Empty(traces.InFiles(stoa.Folder));
        Assert.Empty(traces.In(log.Text));
        Assert.Contains("is erased", log.Text, StringComparison.Ordinal);

        // What was there is there, without her: the entries fit, and the commitments that are left open.
        var entries = await LogContents.CheckAsync(stoa.Database, Words);
        var left = (await LogContents.ChangesAsync(stoa.Database)).Count(one => one.Salt is not null);
        var entry = Assert.Single(entries, one => one.Type == "person.erased");
        Assert.True(left > 0);
        Assert.Equal(opening - left, entry.Json.GetProperty("count").GetInt64());
        Assert.Equal(["count", "salt", "time", "type", "v"], entry.Json.EnumerateObject().Select(member => member.Name));
        var kept = await sides.AgreementAsync(agreement, sides.OwnersToken);
        Assert.Equal("active", kept.GetProperty("state").GetString());
        var signature = kept.GetProperty("signatures").EnumerateArray().Single(one => one.GetProperty("party").GetInt64() == sides.Consumer);
        Assert.Equal(sides.Consumer, signature.GetProperty("person").GetInt64());
        Assert.Equal(kept.GetProperty("hash").GetString(), signature.GetProperty("termsHash").GetString());
        Assert.Contains(entries, one => one.Record == agreement && one.Member("digest") == "sha256:" + kept.GetProperty("hash").GetString());

        await PublishedAsync(stoa);
        foreach (var name in Enum.GetValues<LogName>())
        {
            var path = name.ToPath();
            var key = (await stoa.Http.GetStringAsync($"/log/{path}/vkey", Now)).Trim();
            string[] since = name == LogName.Audit ? ["--older", older] : [];
            var verified = await StoaProgram.RunAsync(["verify", $"{stoa.Address}log/{path}", "--key", key.Split('\n')[0], .. since]);
            Assert.True(verified.ExitCode == 0, verified.Output + verified.Errors);
        }

        using var files = EvidenceZip.Of(new MemoryStream(pack));
        var report = await new PackVerifier(await stoa.Services.GetRequiredService<LogReader>().KeysAsync(LogName.Audit, Now), null, null).VerifyFilesAsync(files, Now);
        Assert.True(report.Holds, string.Join('\n', report.Findings));
        // What was agreed can be proven as before.
        using var agreed = EvidenceZip.Of(new MemoryStream((await stoa.GetAsync($"/api/v1/agreements/{agreement}/evidence.zip", sides.OwnersToken)).ShouldBe(200).Bytes));
        Assert.Contains("terms-1.json", agreed.Names);
        report = await new PackVerifier(await stoa.Services.GetRequiredService<LogReader>().KeysAsync(LogName.Audit, Now), null, null).VerifyFilesAsync(agreed, Now);
        Assert.True(report.Holds, string.Join('\n', report.Findings));
        her.Dispose();
    }

    [Fact]
    public async Task Is_done_by_the_person_with_password_and_address_and_the_address_may_come_again()
    {
        await using var sides = await TwoSides.StartAsync();
        using var ada = await Visitor.AdministratorAsync(sides.Stoa);
        var (her, id) = await JoinAsync(sides, "member");
        using var phone = await Visitor.SignedInAsync(sides.Stoa, Login);

        (await her.PostAsync("/account/erase", ("eraser", Visitor.Password), ("erased-login", Login))).ShouldBe(400);
        Assert.Contains("This is not your password", (await her.SubmitAsync("/account", "/account/erase", ("eraser", "wrong"), ("erased-login", Login))).ShouldBe(400).Text, StringComparison.Ordinal);
        var other = (await her.SubmitAsync("/account", "/account/erase", ("eraser", Visitor.Password), ("erased-login", "ada@city.example"))).ShouldBe(400).Text;
        Assert.Contains("id=\"erased-login-wrong\"", other, StringComparison.Ordinal);
        (await her.SubmitAsync("/account", $"/people/{id}/erase", ("eraser", Visitor.Password), ("erased-login", Login))).ShouldBe(404);
        (await phone.GetAsync("/account")).ShouldBe(200);

        Assert.Equal("/sign-in?done=erased", (await her.SubmitAsync("/account", "/account/erase", ("eraser", Visitor.Password), ("erased-login", Login))).ShouldBe(303).Header("Location"));

        (await her.GetAsync("/account")).ShouldBe(303);
        (await phone.GetAsync("/account")).ShouldBe(303);
        (await phone.SignInAsync(Login, Visitor.Password)).ShouldBe(400);
        (await ada.GetAsync($"/people/{id}")).ShouldBe(404);
        var party = (await sides.Stoa.GetAsync($"/api/v1/parties/{id}", sides.Stoa.AdminToken)).ShouldBe(200).Json;
        Assert.Equal(("Erased person", "left"), (party.GetProperty("name").GetString(), party.GetProperty("status").GetString()));
        (await sides.Stoa.PatchJsonAsync($"/api/v1/parties/{id}", """{"name":"Her again"}""")).ShouldBe(400);
        var (again, anew) = await JoinAsync(sides, "member");
        Assert.NotEqual(id, anew);
        (await again.GetAsync("/account")).ShouldBe(200);
        her.Dispose();
        again.Dispose();
    }

    [Fact]
    public async Task Is_done_from_the_command_line_after_a_run_that_undoes_everything()
    {
        await using var sides = await TwoSides.StartAsync();
        var stoa = sides.Stoa;
        using var ada = await Visitor.AdministratorAsync(stoa);
        var (her, id) = await JoinAsync(sides, "member");
        var number = id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var traces = new Traces(Words);
        var before = await traces.InAsync(stoa.Database);

        var tried = await EraseAsync("--dry-run");
        Assert.Equal(ExitCode.Done, tried.ExitCode);
        Assert.Contains($"{Name}, {Login}", tried.Errors, StringComparison.Ordinal);
        foreach (var args in (string[][])[[], ["--dry-run", "--confirm", Login], ["--confirm", "ada@city.example"], ["--confirm", Name]])
        {
            var refused = await EraseAsync(args);
            Assert.Equal((ExitCode.Usage, ""), (refused.ExitCode, refused.Output));
        }

        Assert.Equal(before, await traces.InAsync(stoa.Database));
        Assert.DoesNotContain(await LogContents.EntriesAsync(stoa.Database), entry => entry.Type == "person.erased");
        (await her.GetAsync("/account")).ShouldBe(200);

        var done = await EraseAsync("--confirm", Login.ToUpperInvariant());
        Assert.Equal(ExitCode.Done, done.ExitCode);
        foreach (var output in (string[])[tried.Output, done.Output])
        {
            Assert.Contains("1\taccounts\n", output, StringComparison.Ordinal);
            Assert.Contains("1\tmemberships\n", output, StringComparison.Ordinal);
        }

        var again = await EraseAsync("--dry-run");
        Assert.Equal((ExitCode.Done, ""), (again.ExitCode, again.Output));

        Assert.Empty(await traces.InAsync(stoa.Database));
        Assert.Single(await LogContents.EntriesAsync(stoa.Database), entry => entry.Type == "person.erased");
        // What it remembers for a second; the clock of this test stands still.
        stoa.Services.GetRequiredService<CredentialCheck>().Forget();
        (await her.GetAsync("/account")).ShouldBe(303);
        her.Dispose();

        Task<(int ExitCode, string Output, string Errors)> EraseAsync(params string[] args) => StoaProgram.RunAsync(["party", "erase", number, "--data", stoa.Folder, .. args]);
    }

    [Fact]
    public async Task Is_refused_for_the_last_administrator_and_to_everybody_else()
    {
        await using var sides = await TwoSides.StartAsync();
        using var ada = await Visitor.AdministratorAsync(sides.Stoa);
        var (her, id) = await JoinAsync(sides, "member");
        var adas = await IdOfAsync(sides, "Ada Admin");

        (await sides.Stoa.DeleteAsync($"/api/v1/parties/{adas}")).ShouldBe(409);
        Assert.Contains("Nobody else governs", (await ada.SubmitAsync("/account", "/account/erase", ("eraser", Visitor.Password), ("erased-login", "ada@city.example"))).ShouldBe(409).Text, StringComparison.Ordinal);
        Assert.Contains("Nobody else governs", (await ada.SubmitAsync($"/people/{adas}", $"/people/{adas}/erase", ("eraser", Visitor.Password), ("erased-login", "ada@city.example"))).ShouldBe(409).Text, StringComparison.Ordinal);
        (await ada.GetAsync("/account")).ShouldBe(200);
        (await sides.Stoa.DeleteAsync($"/api/v1/parties/{sides.Owner}")).ShouldBe(404);
        (await sides.Stoa.DeleteAsync("/api/v1/parties/4711")).ShouldBe(404);
        (await sides.Stoa.DeleteAsync($"/api/v1/parties/{id}", "")).ShouldBe(401);
        (await sides.Stoa.DeleteAsync($"/api/v1/parties/{id}", sides.OwnersToken)).ShouldBe(403);
        (await her.GetAsync("/account")).ShouldBe(200);

        Assert.Equal("/people?done=erased", (await ada.SubmitAsync($"/people/{id}", $"/people/{id}/erase", ("eraser", Visitor.Password), ("erased-login", Login.ToUpperInvariant()))).ShouldBe(303).Header("Location"));
        (await her.GetAsync("/account")).ShouldBe(303);
        her.Dispose();
    }

    [Fact]
    public async Task Keeps_the_grounds_of_an_organization_without_the_name_in_them()
    {
        await using var sides = await TwoSides.StartAsync();
        var (her, id) = await JoinAsync(sides, "data-officer");
        await AskAsync(sides, her, sides.Consumer, $"The faculty studies traffic; ask {Name} for more.");
        await AskAsync(sides, her, id, "My own curiosity about the Holunderweg.");

        (await sides.Stoa.DeleteAsync($"/api/v1/parties/{id}")).ShouldBe(204);

        var changes = (await LogContents.ChangesAsync(sides.Stoa.Database)).Where(one => one.Change.Kind == RecordKind.AccessRequest).ToList();
        Assert.All(changes, one => Assert.Null(one.Salt));
        Assert.Contains(changes, one => one.Change.Content.Contains("\"statement\":\"The faculty studies traffic; ask [erased] for more.\"", StringComparison.Ordinal));
        Assert.Contains(changes, one => one.Change.Content.Contains("\"statement\":\"[erased]\"", StringComparison.Ordinal));
        Assert.All(changes.Where(one => one.Change.Act.Party?.Value == sides.Consumer), one => Assert.Equal(sides.Consumer, one.Change.Act.Person!.Value.Value));
        // They are still read as what they are.
        var listed = (await sides.Stoa.GetAsync("/api/v1/access-requests", sides.OwnersToken)).ShouldBe(200).Json.GetProperty("value").EnumerateArray().ToList();
        Assert.Equal(2, listed.Count);
        Assert.Contains(listed, one => one.GetProperty("requesterName").GetString() == "Erased person");
        her.Dispose();
    }

    // What is decided by a state of the world that was read before is stored after it.
    [Fact]
    public async Task Is_not_undone_by_a_decision_that_waits_to_be_stored()
    {
        await using var sides = await TwoSides.StartAsync();
        var (her, id) = await JoinAsync(sides, "data-officer");
        (await her.SubmitAsync("/access", "/access/claims", ("type", "profession"), ("value", "Gardener of the Quittenallee"), ("for", $"{id}"))).ShouldBe(303);
        await sides.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
        var snapshot = sides.Stoa.Services.GetRequiredService<AccessPolicy>().Snapshot;
        var journal = sides.Stoa.Services.GetRequiredService<DecisionJournal>();
        journal.Decide(new() { Party = new(sides.Owner), Dataset = new(1), At = Instant.From(sides.Clock.GetUtcNow()) }, snapshot, true);

        (await sides.Stoa.DeleteAsync($"/api/v1/parties/{id}")).ShouldBe(204);
        await journal.StoreAsync(Now);

        Assert.Empty(await new Traces("Quittenallee").InAsync(sides.Stoa.Database));
        her.Dispose();
    }

    /// <summary>Every text of every kind of record is either somebody's words, or kept for a reason.</summary>
    [Fact]
    public void Knows_every_text_of_a_record()
    {
        var unknown = RecordShapes.Texts().Where(one => !Knows(RecordTexts.Written, one) && !Knows(RecordTexts.Kept, one)).ToList();
        var gone = RecordTexts.Written.Concat(RecordTexts.Kept).SelectMany(one => one.Value.Select(path => (one.Key, path)))
            .Where(one => !RecordShapes.Texts().Any(text => text.Kind == one.Key && (text.Path == one.path || text.Path.StartsWith(one.path.TrimEnd('*'), StringComparison.Ordinal)))).ToList();

        Assert.Empty(unknown);
        Assert.Empty(gone);

        static bool Knows(IReadOnlyDictionary<RecordKind, string[]> list, (RecordKind Kind, string Path) text) =>
            list.TryGetValue(text.Kind, out var paths) &&
            paths.Any(path => path == text.Path || (path == "terms.*" && text.Path.StartsWith("terms.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Is_described_for_every_column_that_could_hold_something_of_a_person()
    {
        await using var stoa = await Exchange.StartAsync();
        var page = await File.ReadAllTextAsync(RepositoryFiles.PathOf("docs", "operating", "erasure.md"), Now);
        var described = Row().Matches(page).ToDictionary(
            row => row.Groups[1].Value, row => row.Groups[2].Value.Split(", ").ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        using var read = await stoa.Database.ReadAsync(Now);
        var missing = (
            from table in Traces.TablesOf(read)
            from column in Traces.ColumnsOf(read, table)
            where IsOfPeople(column) && !(described.TryGetValue(table, out var columns) && columns.Contains(column.Name))
            select $"{table}.{column.Name}").ToList();
        var unknown = described.Where(row => Traces.TablesOf(read).Contains(row.Key))
            .SelectMany(row => row.Value.Except(Traces.ColumnsOf(read, row.Key).Select(column => column.Name)).Select(column => $"{row.Key}.{column}"))
            .Except(read.Engine == Stoa.Storage.StorageEngine.Sqlite ? OfPostgres : OfSqlite).ToList();

        Assert.True(missing.Count == 0, "Not in docs/operating/erasure.md: " + string.Join(", ", missing));
        Assert.Empty(unknown);

        // Text, bytes, and what names a party or a token.
        static bool IsOfPeople((string Name, string Type) column) =>
            column.Type is not ("integer" or "bigint" or "real" or "double precision" or "smallint" or "boolean") ||
            column.Name.EndsWith("person_id", StringComparison.Ordinal) || column.Name.EndsWith("party_id", StringComparison.Ordinal) ||
            column.Name is "created_by" or "token_id" or "credential";
    }

    // She comes ----------------------------------------------------------------------------------------------------------

    private static async Task<(Visitor Her, long Id)> JoinAsync(TwoSides sides, params string[] roles)
    {
        var invited = await sides.Stoa.PostJsonAsync("/api/v1/invitations",
            $$"""{"organization":{{sides.Consumer}},"login":"{{Login}}","roles":[{{string.Join(",", roles.Select(role => $"\"{role}\""))}}]}""");
        var her = new Visitor(sides.Stoa, Source);
        (await her.JoinAsync(new Uri(invited.ShouldBe(201).Json.GetProperty("link").GetString()!).AbsolutePath, Name, Login)).ShouldBe(303);
        await sides.Stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
        return (her, await IdOfAsync(sides, Name));
    }

    private static async Task<long> IdOfAsync(TwoSides sides, string name) =>
        (await sides.Stoa.GetAsync("/api/v1/parties?kind=person&limit=1000", sides.Stoa.AdminToken)).ShouldBe(200).Json.GetProperty("value").EnumerateArray()
            .Single(one => one.GetProperty("name").GetString() == name).GetProperty("id").GetInt64();

    /// <summary>Second step, lock-out, links, tokens and what hangs on them, other ways to sign in.</summary>
    private static async Task<string> LeaveTracesAsync(TwoSides sides, Visitor ada, Visitor her, long id)
    {
        var stoa = sides.Stoa;
        (await her.SubmitAsync("/account", "/account/second-step")).ShouldBe(303);
        var offered = (await stoa.Services.GetRequiredService<Accounts>().OfferedCodesAsync(new(id), Now))!;
        (await her.SubmitAsync("/account", "/account/second-step/confirm", ("code", Totp.CodeAt(offered, Totp.StepAt(sides.Clock.GetUtcNow()))))).ShouldBe(200);
        using var other = new Visitor(stoa, Source);
        (await other.SignInAsync(Login, "not the password")).ShouldBe(400);
        (await ada.SubmitAsync($"/people/{id}", $"/people/{id}/password-link", ("again", Visitor.Password))).ShouldBe(200);
        (await stoa.PostJsonAsync("/api/v1/invitations", $$"""{"organization":{{sides.Owner}},"login":"{{Login}}","roles":["member"]}""")).ShouldBe(201);
        (await her.SubmitAsync("/organizations/university/members", "/organizations/university/members/invite", ("login", "friend@example.org"), ("roles", "member"))).ShouldBe(200);
        var made = (await stoa.PostJsonAsync("/api/v1/tokens",
            $$"""{"name":"Laptop of Brunhilde","party":{{id}},"datasets":[{"dataset":"counters","can":["read","write"]}]}""")).ShouldBe(201).Json;
        var token = made.GetProperty("token").GetString()!;
        using var idempotent = new HttpRequestMessage(HttpMethod.Post, "/datasets/counters" + SensorThings.Root + "/Things")
        {
            Content = new StringContent("""{"name":"Counter","description":"At the bridge"}""", null, "application/json"),
        };
        idempotent.Headers.Authorization = new("Bearer", token);
        idempotent.Headers.Add("Idempotency-Key", "schlehdorn-1");
        (await stoa.SendAsync(idempotent)).ShouldBe(201);
        const string file = """{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"a"},"geometry":{"type":"Point","coordinates":[7,51]}}]}""";
        (await stoa.SendBytesAsync(HttpMethod.Post, "/api/v1/datasets/counters/imports", System.Text.Encoding.UTF8.GetBytes(file), "application/geo+json", token)).ShouldBe(200);
        await stoa.Database.WriteAsync(session =>
        {
            void Insert(string sql)
            {
                using var insert = session.Prepare(sql);
                insert.Bind("@person", id).Execute();
            }

            Insert("INSERT INTO mqtt_session (token_id, client_id, expiry_seconds) SELECT id, 'schlehdorn-phone', 600 FROM access_token WHERE party_id = @person");
            Insert("INSERT INTO external_login (person_id, issuer, subject, created) VALUES (@person, 'https://login.example', 'zitronenfalter', 1)");
            using var passkey = session.Prepare(
                "INSERT INTO passkey (person_id, credential, public_key, sign_count, device, created, last_challenge) VALUES (@person, @bytes, @bytes, 0, 'Firefox', 1, 1)");
            passkey.Bind("@person", id).BindBlob("@bytes", "zitronenfalter"u8).Execute();
            return true;
        }, Now);
        return token;
    }

    /// <summary>She asks, signs, refuses, claims, accepts, corrects and decides; for herself and for two organizations.</summary>
    private static async Task<long> GovernAsync(TwoSides sides, Visitor her, long id)
    {
        var stoa = sides.Stoa;
        (await her.SubmitAsync("/access", "/access/claims", ("type", "profession"), ("value", "Gardener of the Holunderweg"), ("for", $"{id}"))).ShouldBe(303);
        (await stoa.PostJsonAsync($"/api/v1/parties/{id}/claims", """{"type":"residence","value":"Holunderweg 7"}""")).ShouldBe(201);
        var request = await AskAsync(sides, her, sides.Consumer, $"For the study of {Name}.");
        await AskAsync(sides, her, id, "I live in the Quittenallee.");
        var offered = (await stoa.PostJsonAsync($"/api/v1/access-requests/{request}/offer", """{"sign":true}""", sides.OwnersToken)).ShouldBe(200).Json;
        var agreement = offered.GetProperty("agreement").GetInt64();
        var hash = (await sides.AgreementAsync(agreement)).GetProperty("hash").GetString()!;
        (await her.SubmitAsync($"/agreements/{agreement}", $"/agreements/{agreement}/sign", ("hash", hash))).ShouldBe(303);
        (await her.GetAsync($"/agreements/{agreement}/data/counters/observations.csv?purpose=AcademicResearch")).ShouldBe(200);

        (await her.SubmitAsync("/datasets/counters/corrections", "/datasets/counters/corrections",
            ("for", $"{sides.Consumer}"), ("kind", "variance"), ("reason", $"Seen by {Name}."), ("evidence", $"Letter of {Login}"))).ShouldBe(303);
        // Then she changes sides. What is remembered of her session for a second does not know of it.
        (await stoa.PostJsonAsync($"/api/v1/parties/{id}/memberships", $$"""{"organization":{{sides.Owner}},"roles":["data-officer"]}""")).ShouldBe(201);
        sides.Clock.Advance(TimeSpan.FromSeconds(2));
        await stoa.Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
        var asked = (await stoa.PostJsonAsync("/api/v1/access-requests", """{"dataset":"counters","purpose":"AcademicResearch","statement":"We sell bicycles.","submit":true}""", sides.StrangersToken))
            .ShouldBe(201).Json.GetProperty("id").GetInt64();
        (await her.SubmitAsync($"/requests/{asked}", $"/requests/{asked}/moves", ("move", "refuse"), ("reason", $"Call {Name}, or write to {Login}."))).ShouldBe(303);

        (await stoa.PostJsonAsync("/api/v1/terms", """{"name":"terms","title":"Terms","text":"Be kind."}""", sides.OwnersToken)).ShouldBe(201);
        var text = (await stoa.GetAsync("/api/v1/terms/terms/versions/1")).ShouldBe(200).Json.GetProperty("textHash").GetString()!;
        foreach (var party in new[] { id, sides.Consumer })
            (await her.SubmitAsync("/terms/terms/1", "/terms/terms/1/accept", ("for", $"{party}"), ("text", text))).ShouldBe(303);
        (await her.SubmitAsync("/datasets/counters/governance", "/datasets/counters/governance/levels",
            ("for", $"{sides.Owner}"), ("level", "open"), ("reason", $"{Name} has looked at it."), ("review", "2027-01-31"), ("licence", "DL-DE-ZERO-2.0"),
            ("harm-person", "none"), ("harm-asset", "low"), ("harm-city", "none"), ("data-protection", "satisfied"), ("rights", "satisfied"),
            ("security", "satisfied"), ("publication", "exempted"), ("move", "submit"))).ShouldBe(303);
        return agreement;
    }

    private static async Task<long> AskAsync(TwoSides sides, Visitor her, long party, string statement)
    {
        (await her.SubmitAsync("/datasets/counters/access", "/datasets/counters/access", ("purpose", "AcademicResearch"), ("statement", statement), ("for", $"{party}"))).ShouldBe(303);
        return (await LogContents.EntriesAsync(sides.Stoa.Database, "access-request.changed"))[^1].Record!.Value;
    }

    private static async Task PublishedAsync(Exchange stoa)
    {
        var last = (await LogContents.EntriesAsync(stoa.Database)).Where(entry => entry.Log == LogName.Audit).Max(entry => entry.Index);
        await stoa.Services.GetRequiredService<LogPublisher>().WhenPublishedAsync(LogName.Audit, last, Now);
    }

    private static async Task<byte[]> PackAsync(Exchange stoa)
    {
        var log = await EvidenceLog.NowAsync(stoa.Services.GetRequiredService<LogReader>(), LogName.Audit, Now);
        using var bytes = new MemoryStream();
        await using (var pack = await EvidencePackWriter.BeginAsync(bytes, "What was decided", DateTimeOffset.UnixEpoch, Now))
        {
            await pack.AddEntryAsync("The last entry", (await log!.ProofAsync(log.Size - 1, Now))!, Now);
            await pack.EndAsync(Now);
        }

        return bytes.ToArray();
    }

    [GeneratedRegex(@"^\| `([a-z_]+)` \| `([a-z0-9_, ]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
