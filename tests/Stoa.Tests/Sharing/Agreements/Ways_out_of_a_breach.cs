using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.Credentials;
using Stoa.Identity.Parties;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>An obligation that suspends was breached: late evidence is accepted, it is waived, or made good by a further day. And what else
/// dates bring.</summary>
public class Ways_out_of_a_breach
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static string? StateOf(JsonElement record) => record.GetProperty("state").GetString();

    private static async Task<(long Agreement, long Obligation)> BreachedAsync(TwoSides sides)
    {
        var id = await sides.AgreeAsync(""","template":"service" """);
        var owed = (await sides.Stoa.GetAsync($"/api/v1/obligations?agreement={id}", sides.ConsumersToken)).ShouldBe(200).Json
            .GetProperty("value")[0].GetProperty("id").GetInt64();
        await sides.PassAsync(TimeSpan.FromDays(31));
        var breached = (await sides.MoveAsync("obligations", owed, "declareBreach", sides.OwnersToken)).ShouldBe(200).Json;
        Assert.Equal(("breached", "suspended"), (StateOf(breached), StateOf(await sides.AgreementAsync(id))));
        (await sides.MoveAsync("agreements", id, "resume", sides.OwnersToken)).ShouldBeProblem(409, "move-not-possible");
        return (id, owed);
    }

    private static async Task SeesAsync(TwoSides sides, int status) =>
        (await sides.Stoa.GetAsync("/datasets/counters/sensorthings/v1.1/Things", sides.ConsumersToken)).ShouldBe(status);

    [Fact]
    public async Task Late_evidence_is_presented_by_who_owes_and_accepted_by_the_provider()
    {
        await using var sides = await TwoSides.StartAsync();
        var (id, owed) = await BreachedAsync(sides);
        const string note = ",\"evidenceNote\":\"It was named in May.\"";

        (await sides.MoveAsync("obligations", owed, "present", sides.OwnersToken, note)).ShouldBeProblem(403, "not-in-this-capacity");
        (await sides.MoveAsync("obligations", owed, "present", sides.ConsumersToken)).ShouldBeProblem(409, "move-not-possible");
        Assert.Equal("presented", StateOf((await sides.MoveAsync("obligations", owed, "present", sides.ConsumersToken, note)).ShouldBe(200).Json));
        var waits = (await sides.Stoa.GetAsync("/api/v1/inbox", sides.OwnersToken)).ShouldBe(200).Json.GetProperty("value");
        Assert.Contains(waits.EnumerateArray(), one => one.GetProperty("kind").GetString() == "obligation" &&
            one.GetProperty("id").GetInt64() == owed && StateOf(one) == "presented");
        await SeesAsync(sides, 403);
        (await sides.MoveAsync("obligations", owed, "acceptLate", sides.ConsumersToken)).ShouldBeProblem(403, "not-in-this-capacity");
        (await sides.MoveAsync("obligations", owed, "rejectLate", sides.OwnersToken)).ShouldBeProblem(409, "move-not-possible");
        Assert.Equal("breached", StateOf((await sides.MoveAsync("obligations", owed, "rejectLate", sides.OwnersToken,
            ",\"reason\":\"Not on the page that counts.\"")).ShouldBe(200).Json));
        (await sides.MoveAsync("obligations", owed, "present", sides.ConsumersToken)).ShouldBeProblem(409, "move-not-possible");
        (await sides.MoveAsync("obligations", owed, "present", sides.ConsumersToken, note)).ShouldBe(200);
        Assert.Equal("fulfilled", StateOf((await sides.MoveAsync("obligations", owed, "acceptLate", sides.OwnersToken)).ShouldBe(200).Json));

        Assert.Equal("active", StateOf(await sides.AgreementAsync(id)));
        await SeesAsync(sides, 200);
    }

    /// <summary>A person may act for several: for who owes, and for who decides.</summary>
    [Fact]
    public async Task Nobody_decides_about_what_he_owes_himself()
    {
        await using var sides = await TwoSides.StartAsync();
        var (_, owed) = await BreachedAsync(sides);
        var register = sides.Stoa.Services.GetRequiredService<ObligationRegister>();
        Requester Person(long person, bool isOfficer, params long[] organizations) => Requester.ForPerson(new(person), isOfficer,
            organizations.Select(one => new Membership(new(one), new(person), "p", new(one), "o", MembershipRoles.DataOfficer, new(0), null)), Assurance.TwoFactors);
        async Task<string> GoAsync(Requester who, string move, long party) =>
            (await register.MoveAsync(who, owed, new() { Move = move, For = party, Reason = "so", EvidenceNote = "It was named." }, Now))
            .TryGet(out var answer, out var problem) ? answer.State : problem.Type;
        var (debtorsOfficer, both) = (Person(9001, true, sides.Consumer), Person(9002, false, sides.Owner, sides.Consumer));
        var exchange = Acting.Exchange.Value;

        Assert.Equal("who-asks-does-not-decide", await GoAsync(debtorsOfficer, "waive", exchange));
        Assert.Equal("who-asks-does-not-decide", await GoAsync(both, "waive", sides.Owner));
        Assert.Equal("presented", await GoAsync(both, "present", sides.Consumer));
        Assert.Equal("who-asks-does-not-decide", await GoAsync(both, "acceptLate", sides.Owner));
        Assert.Equal("who-asks-does-not-decide", await GoAsync(debtorsOfficer, "acceptLate", exchange));
        // Nor when he has changed sides since.
        Assert.Equal("who-asks-does-not-decide", await GoAsync(Person(9002, false, sides.Owner), "acceptLate", sides.Owner));
        Assert.True((await register.FindAsync(debtorsOfficer, owed, Now)).TryGet(out var seen, out _));
        Assert.Empty(seen.Moves!); // Told to everybody who acts.
        Assert.Equal("fulfilled", await GoAsync(Person(9003, false, sides.Owner), "acceptLate", sides.Owner));
    }

    [Fact]
    public async Task It_is_waived_with_a_reason()
    {
        await using var sides = await TwoSides.StartAsync();
        var (id, owed) = await BreachedAsync(sides);

        (await sides.MoveAsync("obligations", owed, "waive", sides.ConsumersToken, ",\"reason\":\"We ask.\"")).ShouldBe(403);
        (await sides.MoveAsync("obligations", owed, "waive", sides.OwnersToken)).ShouldBeProblem(409, "move-not-possible");
        Assert.Equal("waived", StateOf((await sides.MoveAsync("obligations", owed, "waive", sides.OwnersToken, ",\"reason\":\"It was our fault.\""))
            .ShouldBe(200).Json));

        Assert.Equal("active", StateOf(await sides.AgreementAsync(id)));
    }

    [Fact]
    public async Task It_is_made_good_by_a_further_day_and_lapses_again_after_it()
    {
        await using var sides = await TwoSides.StartAsync();
        var (id, owed) = await BreachedAsync(sides);
        string Until(int days) => $",\"until\":\"{Instant.From(sides.Clock.GetUtcNow().AddDays(days))}\"";

        foreach (var unfit in new[] { "", Until(-1), Until(367) })
            (await sides.MoveAsync("obligations", owed, "allowCure", sides.OwnersToken, unfit)).ShouldBeProblem(409, "move-not-possible");
        (await sides.MoveAsync("obligations", owed, "allowCure", sides.OwnersToken, ",\"until\":\"soon\"")).ShouldBeProblem(400, "invalid-property");
        Assert.Equal("curing", StateOf((await sides.MoveAsync("obligations", owed, "allowCure", sides.OwnersToken, Until(10))).ShouldBe(200).Json));
        Assert.Equal("active", StateOf(await sides.AgreementAsync(id)));
        await SeesAsync(sides, 200);

        await sides.PassAsync(TimeSpan.FromDays(11));
        Assert.Equal("suspended", StateOf(await sides.AgreementAsync(id)));
        await SeesAsync(sides, 403);
        (await sides.MoveAsync("obligations", owed, "allowCure", sides.OwnersToken, Until(10))).ShouldBe(200);
        Assert.Equal("fulfilled", StateOf((await sides.MoveAsync("obligations", owed, "fulfil", sides.ConsumersToken, ",\"evidenceNote\":\"Done.\""))
            .ShouldBe(200).Json));
        Assert.Equal("active", StateOf(await sides.AgreementAsync(id)));
    }

    [Fact]
    public async Task What_was_suspended_by_word_is_not_resumed_by_it()
    {
        await using var sides = await TwoSides.StartAsync();
        var id = await sides.AgreeAsync(""","template":"service" """);
        (await sides.MoveAsync("agreements", id, "suspend", sides.OwnersToken, ",\"reason\":\"We look into it.\"")).ShouldBe(200);
        await sides.PassAsync(TimeSpan.FromDays(31));
        var owed = (await sides.Stoa.GetAsync($"/api/v1/obligations?agreement={id}", sides.OwnersToken)).Json.GetProperty("value")[0].GetProperty("id").GetInt64();
        (await sides.MoveAsync("obligations", owed, "declareBreach", sides.OwnersToken)).ShouldBe(200);

        (await sides.MoveAsync("obligations", owed, "waive", sides.OwnersToken, ",\"reason\":\"It was our fault.\"")).ShouldBe(200);

        Assert.Equal("suspended", StateOf(await sides.AgreementAsync(id)));
        (await sides.MoveAsync("agreements", id, "resume", sides.OwnersToken)).ShouldBe(200);
    }

    [Fact]
    public async Task Months_are_counted_from_the_first_day()
    {
        await using var sides = await TwoSides.StartAsync();
        var start = new DateTimeOffset(2026, 12, 31, 9, 0, 0, TimeSpan.Zero);
        await sides.PassAsync(start - sides.Clock.GetUtcNow());
        var id = await sides.AgreeAsync(
            ""","terms":{"validTo":"2028-01-31T00:00:00Z","obligations":[{"kind":"report","trigger":"everyMonth","days":0,"suspends":false,"evidence":"a report"}]}""");
        var due = new List<string>();

        for (var month = 0; month < 4; month++)
        {
            var owed = (await sides.Stoa.GetAsync($"/api/v1/obligations?agreement={id}&state=due", sides.ConsumersToken)).ShouldBe(200).Json.GetProperty("value")[0];
            due.Add(owed.GetProperty("dueAt").GetString()![..10]);
            (await sides.MoveAsync("obligations", owed.GetProperty("id").GetInt64(), "fulfil", sides.ConsumersToken, ",\"evidenceNote\":\"Sent.\"")).ShouldBe(200);
        }

        Assert.Equal(["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"], due);
    }

    /// <summary>The office may close what it described for a while, and describe it again.</summary>
    [Fact]
    public async Task An_agreement_that_runs_goes_on_when_the_level_is_described_again()
    {
        await using var sides = await TwoSides.StartAsync();
        async Task DescribeAsync(string level) =>
            (await sides.Stoa.PatchJsonAsync("/api/v1/datasets/counters", $$"""{"spectrum":"{{level}}"}""")).ShouldBe(200);
        foreach (var level in new[] { "closed", "specific" }) await DescribeAsync(level);
        await sides.AgreeAsync();
        await SeesAsync(sides, 200);
        await DescribeAsync("closed");
        await SeesAsync(sides, 403);

        await DescribeAsync("specific");

        await SeesAsync(sides, 200);
        using var read = await sides.Stoa.Database.ReadAsync(Now);
        var dataset = SharedDatasets.Find(read, "counters")!.Id; // Made at the start.
        Assert.Equal([new PartyId(sides.Consumer)], GovernedRecords.FindBySeat(read, RecordTypes.Classification, $"level {dataset}")!.Content.Named);
    }

    [Fact]
    public async Task What_was_never_settled_ends_with_its_time()
    {
        await using var sides = await TwoSides.StartAsync();
        var offered = (await sides.OfferAsync(await sides.AskAsync())).GetProperty("agreement").GetInt64();
        var verified = await sides.AgreeAsync(""","terms":{"undertakings":["secrecy"]}""");
        var draft = (await sides.Stoa.PostJsonAsync("/api/v1/agreements",
            $$$"""{"template":"research","terms":{"consumer":{{{sides.Consumer}}},"datasets":["counters"],"purposes":["AcademicResearch"]}}""",
            sides.OwnersToken)).ShouldBe(201).Json.GetProperty("id").GetInt64();
        Assert.Equal(("offered", "verified"), (StateOf(await sides.AgreementAsync(offered)), StateOf(await sides.AgreementAsync(verified))));

        await sides.PassAsync(TimeSpan.FromDays(1500));

        foreach (var id in new[] { offered, verified, draft })
            Assert.Equal("closed", StateOf(await sides.AgreementAsync(id, sides.OwnersToken)));
        (await sides.Stoa.GetAsync($"/api/v1/agreements/{draft}", sides.ConsumersToken)).ShouldBe(404);
        using var read = await sides.Stoa.Database.ReadAsync(Now);
        Assert.Empty(GovernedRecords.Due(read, Instant.Max, 10));
    }

    /// <summary>Records of a version that gave them no day.</summary>
    [Fact]
    public async Task What_was_written_without_a_day_is_looked_at_once_and_ends_with_its_time()
    {
        await using var sides = await TwoSides.StartAsync();
        var offered = (await sides.OfferAsync(await sides.AskAsync())).GetProperty("agreement").GetInt64();
        using var step = typeof(Stoa.Storage.Database).Assembly.GetManifestResourceStream("Stoa.Storage.Migrations.Sqlite.0024_governed_due.sql");
        Assert.NotNull(step);
        using var text = new StreamReader(step);
        var migration = await text.ReadToEndAsync(Now);
        long endless = 0;
        Assert.True(await sides.Stoa.Database.WriteAsync(session =>
        {
            var role = new RoleAssignment
            {
                Id = default, Dataset = SharedDatasets.Find(session, "counters")!.Id, Role = DataRole.User, // Made at the start.
                Party = new(sides.Consumer), State = RoleAssignmentState.Proposed, From = new(0),
            };
            if (!GovernedRecords.Insert(session, RecordTypes.Role, role, RecordAct.OfClock("propose"), new(0)).TryGet(out var made, out _)) return false;
            endless = made.Id;
            session.Execute("UPDATE governed_record SET due = NULL WHERE kind = 4");
            session.Execute(migration);
            return true;
        }, Now));
        async Task<IReadOnlyList<long>> DueAsync(Instant at)
        {
            using var read = await sides.Stoa.Database.ReadAsync(Now);
            return [.. GovernedRecords.Due(read, at, 10).Select(one => one.Id)];
        }

        Assert.Equivalent(new[] { offered, endless }, await DueAsync(new(0)));
        await sides.PassAsync(TimeSpan.FromHours(1));

        Assert.Equal("offered", StateOf(await sides.AgreementAsync(offered)));
        Assert.Equal([], await DueAsync(Instant.From(sides.Clock.GetUtcNow().AddDays(1))));
        Assert.Equal([offered], await DueAsync(Instant.Max));
        await sides.PassAsync(TimeSpan.FromDays(1500));
        Assert.Equal("closed", StateOf(await sides.AgreementAsync(offered)));
    }

    [Fact]
    public async Task Nothing_owed_is_lost_beyond_a_thousand_and_the_latest_events_come_first()
    {
        await using var sides = await TwoSides.StartAsync();
        var id = await sides.AgreeAsync(""","template":"service" """);
        const int more = 1005;
        var act = new RecordAct("owe", null, null, default);
        var at = Instant.From(sides.Clock.GetUtcNow());
        Assert.True(await sides.Stoa.Database.WriteAsync(session =>
        {
            for (var i = 0; i < more; i++)
                if (!GovernedRecords.Insert(session, RecordTypes.Obligation,
                    new Obligation(default, new(id), ObligationKind.Report, ObligationState.Fulfilled, at, false), act, at).IsValue) return false;
            var record = GovernedRecords.Find(session, RecordTypes.Agreement, id)!; // Made above.
            for (var i = 0; i < more; i++)
                if (!GovernedRecords.Update(session, RecordTypes.Agreement, record, record.Content, new RecordAct(i % 2 == 0 ? "jot" : "note", null, null, default), at)
                    .TryGet(out record, out _)) return false;
            return true;
        }, Now));

        var owed = (await sides.Stoa.GetAsync($"/api/v1/obligations?agreement={id}", sides.ConsumersToken)).ShouldBe(200).Json;
        Assert.Equal(more + 1, owed.GetProperty("count").GetInt64());
        Assert.Equal(more + 1, (await sides.Stoa.GetAsync("/api/v1/obligations", sides.Stoa.AdminToken)).Json.GetProperty("count").GetInt64());
        // The first of them suspends: what was written down since does not hide it.
        await sides.PassAsync(TimeSpan.FromDays(31));
        Assert.Equal("suspended", StateOf(await sides.AgreementAsync(id)));
        await SeesAsync(sides, 403);

        var events = (await sides.Stoa.GetAsync($"/api/v1/agreements/{id}/events?limit=2", sides.ConsumersToken)).ShouldBe(200).Json;
        Assert.Equal(["suspend", "jot"], events.GetProperty("value").EnumerateArray().Select(one => one.GetProperty("move").GetString()));
        var last = events.GetProperty("count").GetInt64() - 1;
        var first = (await sides.Stoa.GetAsync($"/api/v1/agreements/{id}/events?skip={last}", sides.ConsumersToken)).ShouldBe(200).Json;
        Assert.Equal("draft", Assert.Single(first.GetProperty("value").EnumerateArray()).GetProperty("move").GetString());
        (await sides.Stoa.GetAsync($"/api/v1/agreements/{id}/events?limit=0", sides.ConsumersToken)).ShouldBe(400);
        // Who drafted it and who offered it last are still known.
        using var read = await sides.Stoa.Database.ReadAsync(Now);
        var acts = GovernedRecords.Acts(read, id);
        Assert.Equal(("draft", "suspend"), (acts[0].Act.Move, acts[^1].Act.Move));
        var whole = GovernedRecords.Events(read, RecordTypes.Agreement, id);
        Assert.Equal(("draft", "suspend"), (whole[0].Act.Move, whole[^1].Act.Move));
    }
}
