using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Tests.Ledger;
using Stoa.Tests.Sharing.Agreements;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Whatever is decided about sharing stands in the log, without what is personal about it.</summary>
public class Governance_in_the_log
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    // A kind that is added has to get its word, its type and its states.
    [Fact]
    public void Has_a_type_of_event_for_every_kind_of_record()
    {
        var words = Enum.GetValues<RecordKind>().Select(RecordChange.WordOf).ToList();

        Assert.Equal(words.Count, words.Distinct().Count());
        Assert.All(words, word => Assert.True(EventTypes.Of(word).IsPrivate));
        Assert.Equal(
            words.Select(word => word + ".changed").Order(),
            EventTypes.All.Where(type => type.Members.Any(member => member.Name == "revision")).Select(type => type.Name).Order());
        Assert.All(Enum.GetValues<RecordKind>(), kind => Assert.NotEmpty(RecordChange.StateOf(kind, 0)));
    }

    [Fact]
    public async Task Is_entered_with_each_move_of_an_agreement()
    {
        await using var sides = await TwoSides.StartAsync();
        var id = await sides.AgreeAsync();

        var entries = await LogContents.CheckAsync(sides.Stoa.Database, "Name of", "Bicycle");

        var ofAgreement = entries.Where(entry => entry.Record == id && entry.Type == "agreement.changed").ToList();
        Assert.Equal("draft", ofAgreement[0].Member("move"));
        Assert.Equal("active", ofAgreement[^1].Member("state"));
        // Each names the one before it, so that the whole life of a record is found from its last entry.
        Assert.Null(ofAgreement[0].Member("prev"));
        Assert.Equal(ofAgreement.SkipLast(1).Select(entry => entry.Index), ofAgreement.Skip(1).Select(entry => entry.Json.GetProperty("prev").GetInt64()));
        Assert.All(ofAgreement, entry =>
        {
            Assert.Equal($"urn:stoa:agreement:{id}", entry.Member("subject"));
            Assert.Equal(($"urn:stoa:party:{sides.Consumer}", $"urn:stoa:party:{sides.Owner}"), (entry.Member("party"), entry.Member("counterparty")));
            Assert.Equal(new[] { sides.Consumer, sides.Owner }.Order(), entry.NumbersOf(EntryKeyKind.Party));
        });
        var answer = (await sides.Stoa.GetAsync($"/api/v1/agreements/{id}", sides.OwnersToken)).ShouldBe(200).Json;
        Assert.Equal("sha256:" + answer.GetProperty("signatures")[0].GetProperty("termsHash").GetString(), ofAgreement[^1].Member("digest"));
        Assert.Contains(ofAgreement, entry => entry.Member("actor") == $"urn:stoa:party:{sides.Owner}");
        Assert.Contains("\"datasets\":[\"urn:stoa:dataset:", ofAgreement[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_there_when_the_change_is_undone_and_opens_for_nothing_that_was_changed_since()
    {
        await using var sides = await TwoSides.StartAsync();
        var before = (await LogContents.EntriesAsync(sides.Stoa.Database)).Count;
        var at = Instant.From(sides.Clock.GetUtcNow());
        var delegation = new Delegation
        {
            Id = default, Dataset = new(1), Action = DataAction.Grant, From = new(sides.Owner), To = new(sides.Consumer),
            LevelMax = SpectrumClass.SharedSpecific, Until = Instant.Max, State = DelegationState.Offered,
        };

        await Assert.ThrowsAsync<InvalidOperationException>(() => sides.Stoa.Database.WriteAsync<bool>(session =>
        {
            Assert.True(GovernedRecords.Insert(session, RecordTypes.Delegation, delegation, new("offer", new(sides.Owner), null, default, "She asked."), at).IsValue);
            throw new InvalidOperationException("on purpose");
        }, Now));

        Assert.Equal(before, (await LogContents.EntriesAsync(sides.Stoa.Database)).Count);
        await sides.Stoa.Database.WriteAsync(session => GovernedRecords.Insert(
            session, RecordTypes.Delegation, delegation, new("offer", new(sides.Owner), null, default, "She asked."), at).IsValue, Now);
        var entry = (await LogContents.CheckAsync(sides.Stoa.Database, "She asked")).Single(one => one.Type == "delegation.changed");
        var (change, salt) = (await LogContents.ChangesAsync(sides.Stoa.Database))[^1];
        var commit = entry.Member("commit")!;
        Assert.True(change.Opens(commit, salt!));
        Assert.False((change with { Act = change.Act with { Reason = "He asked." } }).Opens(commit, salt!));
        Assert.False((change with { Content = change.Content.Replace("offered", "active", StringComparison.Ordinal) }).Opens(commit, salt!));
        Assert.False((change with { At = new(change.At.UnixMicroseconds + 1) }).Opens(commit, salt!));
    }

    // What a person does or is about is there as the capacity alone.
    [Fact]
    public async Task Names_organizations_and_no_person()
    {
        await using var stoa = await Exchange.StartAsync();
        (await stoa.PostJsonAsync("/api/v1/organizations", """{"slug":"library","name":"Library"}""")).ShouldBe(201);
        var person = (await stoa.PostJsonAsync("/api/v1/parties", """{"kind":"person","name":"Ada Lovelace"}""")).ShouldBe(201).Json.GetProperty("id").GetInt64();
        var role = new RoleAssignment
        {
            Id = default, Dataset = new(1), Role = DataRole.User, Party = new(person), State = RoleAssignmentState.Proposed, From = Instant.Min,
        };

        await stoa.Database.WriteAsync(session => GovernedRecords.Insert(session, RecordTypes.Role, role,
            new("propose", new(person), new(person), global::Stoa.Sharing.Transitions.Actor.Proposer), new(0)).IsValue, Now);

        var entry = (await LogContents.CheckAsync(stoa.Database, "Lovelace", $"urn:stoa:party:{person}")).Single(one => one.Type == "role.changed");
        Assert.Empty(entry.NumbersOf(EntryKeyKind.Party));
        Assert.Null(entry.Member("party"));
        Assert.Null(entry.Member("actor"));
        Assert.Equal("""["proposer"]""", entry.Member("capacity"));
    }
}
