using Stoa.Identity.Http;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Tests.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Governed records: what is kept of them, and what is refused.</summary>
public sealed class Records_of_governance : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly Instant At = new(1_000_000);
    private static readonly RecordAct Proposal = new("propose", new(1), new(2), Actor.Proposer, "because");

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private static RoleAssignment Owner(long party, RoleAssignmentState state, long dataset = 7) => new()
    {
        Id = default,
        Dataset = new(dataset),
        Role = DataRole.Owner,
        Party = new(party),
        State = state,
        From = At,
    };

    [Fact]
    public async Task Are_found_as_they_were_made_by_dataset_party_and_state()
    {
        await using var database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path }, Now);
        var before = await VersionAsync(database);

        var made = await InsertAsync(database, Owner(5, RoleAssignmentState.Proposed));
        await InsertAsync(database, Owner(6, RoleAssignmentState.Proposed, 8));

        using var read = await database.ReadAsync(Now);
        Assert.Equal(made, GovernedRecords.Find(read, RecordTypes.Role, made.Id));
        Assert.Equal((made.Id, 1), (made.Content.Id.Value, made.Revision));
        Assert.Null(GovernedRecords.Find(read, RecordTypes.Delegation, made.Id));
        Assert.Equal(2, GovernedRecords.All(read, RecordTypes.Role).Count);
        Assert.Equal([made], GovernedRecords.List(read, RecordTypes.Role, new(Dataset: new(7)), Page.First));
        Assert.Equal([made], GovernedRecords.List(read, RecordTypes.Role, new(Party: new(5), State: 0), Page.First));
        Assert.Empty(GovernedRecords.List(read, RecordTypes.Role, new(Party: new(5), State: 1), Page.First));
        Assert.Equal(2, GovernedRecords.Count(read, RecordTypes.Role, default));
        Assert.True(await VersionAsync(database) > before);
    }

    [Fact]
    public async Task Keep_every_revision_with_who_made_it_and_why()
    {
        await using var database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path }, Now);
        var made = await InsertAsync(database, Owner(5, RoleAssignmentState.Proposed));
        var accepted = made.Content with { State = RoleAssignmentState.Accepted };

        var second = await UpdateAsync(database, made, accepted, new("accept", new(5), new(9), Actor.Concerned));

        Assert.True(second.TryGet(out var now, out _));
        Assert.Equal(2, now.Revision);
        using var read = await database.ReadAsync(Now);
        var events = GovernedRecords.Events(read, RecordTypes.Role, made.Id);
        Assert.Equal([Proposal, new("accept", new(5), new(9), Actor.Concerned)], events.Select(one => one.Act));
        Assert.Equal([made.Content, accepted], events.Select(one => one.Content));
    }

    [Fact]
    public async Task Refuse_a_change_of_what_was_changed_meanwhile()
    {
        await using var database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path }, Now);
        var made = await InsertAsync(database, Owner(5, RoleAssignmentState.Proposed));
        Assert.True((await UpdateAsync(database, made, made.Content with { State = RoleAssignmentState.Accepted })).IsValue);

        var late = await UpdateAsync(database, made, made.Content with { State = RoleAssignmentState.Ended });

        Assert.False(late.TryGet(out _, out var problem));
        Assert.Equal((409, "revision-outdated"), (problem.Status, problem.Type));
        using var read = await database.ReadAsync(Now);
        Assert.Equal(RoleAssignmentState.Accepted, GovernedRecords.Find(read, RecordTypes.Role, made.Id)!.Content.State);
    }

    [Fact]
    public async Task Have_one_active_owner_of_a_dataset()
    {
        await using var database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path }, Now);
        var first = await InsertAsync(database, Owner(5, RoleAssignmentState.Active));

        var second = await TryInsertAsync(database, Owner(6, RoleAssignmentState.Active));
        var elsewhere = await TryInsertAsync(database, Owner(6, RoleAssignmentState.Active, 8));
        Assert.True((await UpdateAsync(database, first, first.Content with { State = RoleAssignmentState.Ended })).IsValue);
        var after = await TryInsertAsync(database, Owner(6, RoleAssignmentState.Active));

        Assert.False(second.TryGet(out _, out var problem));
        Assert.Equal((409, "seat-taken"), (problem.Status, problem.Type));
        Assert.True(elsewhere.IsValue && after.IsValue);
    }

    [Fact]
    public async Task Are_looked_at_when_their_date_has_come_and_later_again()
    {
        await using var database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path }, Now);
        var role = await InsertAsync(database, Owner(5, RoleAssignmentState.Accepted));
        await InsertAsync(database, Owner(6, RoleAssignmentState.Proposed));
        var version = await VersionAsync(database);

        Assert.Equal([], await DueAsync(database, new(At.UnixMicroseconds - 1)));
        Assert.Equal([(role.Id, RecordKind.Role)], await DueAsync(database, At));
        await database.TryWriteAsync<bool>(session =>
        {
            GovernedRecords.PostponeDue(session, role.Id, At, new(At.UnixMicroseconds + 10));
            return true;
        }, Now);
        Assert.Equal([], await DueAsync(database, new(At.UnixMicroseconds + 9)));
        Assert.Equal([(role.Id, RecordKind.Role)], await DueAsync(database, new(At.UnixMicroseconds + 10)));
        Assert.Equal(version, await VersionAsync(database));
    }

    [Fact]
    public async Task Raise_the_version_with_every_transaction_whatever_was_undone_in_it()
    {
        await using var database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path }, Now);
        List<long> versions = [await VersionAsync(database)];

        await TouchAsync(database, Insert, Insert);
        versions.Add(await VersionAsync(database));
        await TouchAsync(database, "SAVEPOINT part", Insert, "ROLLBACK TO SAVEPOINT part", Insert);
        versions.Add(await VersionAsync(database));
        await TouchAsync(database, Insert, "SAVEPOINT part", Insert, "ROLLBACK TO SAVEPOINT part");
        versions.Add(await VersionAsync(database));
        await TouchAsync(database, "SAVEPOINT part", Insert, "ROLLBACK TO SAVEPOINT part");
        versions.Add(await VersionAsync(database));

        Assert.True(versions[1] > versions[0]);
        Assert.True(versions[2] > versions[1]);
        Assert.True(versions[3] > versions[2]);
        Assert.Equal(versions[3], versions[4]);
    }

    // With the trigger alone, and nothing that the program adds.
    private const string Insert =
        """
        INSERT INTO governed_record (kind, state, content, revision, created, modified)
        VALUES (1, 0, '{}', 1, 0, 0)
        """;

    private static Task<bool> TouchAsync(Database database, params string[] statements) => database.WriteAsync(session =>
    {
        foreach (var statement in statements)
        {
            using var one = session.Prepare(statement);
            one.Execute();
        }

        return true;
    }, Now);

    private static async Task<GovernedRecord<RoleAssignment>> InsertAsync(Database database, RoleAssignment role)
    {
        var outcome = await TryInsertAsync(database, role);
        return outcome.TryGet(out var made, out var problem) ? made : throw new InvalidOperationException(problem.Detail);
    }

    private static Task<Result<GovernedRecord<RoleAssignment>>> TryInsertAsync(Database database, RoleAssignment role) =>
        database.TryWriteAsync(session => GovernedRecords.Insert(session, RecordTypes.Role, role, Proposal, At), Now);

    private static Task<Result<GovernedRecord<RoleAssignment>>> UpdateAsync(
        Database database, GovernedRecord<RoleAssignment> seen, RoleAssignment content, RecordAct? act = null) =>
        database.TryWriteAsync(
            session => GovernedRecords.Update(session, RecordTypes.Role, seen, content, act ?? Proposal, At), Now);

    private static async Task<List<(long Id, RecordKind Kind)>> DueAsync(Database database, Instant now)
    {
        using var read = await database.ReadAsync(Now);
        return GovernedRecords.Due(read, now, 10);
    }

    private static async Task<long> VersionAsync(Database database)
    {
        using var read = await database.ReadAsync(Now);
        using var select = read.Prepare("SELECT version FROM governance_state");
        select.Step();
        return select.Int64(0);
    }
}
