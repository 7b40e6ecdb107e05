using System.Text.Json;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Http;
using Stoa.Ledger.Events;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.Parties;

/// <summary>The parties of the exchange and the memberships of people in organizations.</summary>
/// <remarks>Names of people are personal data: lists of parties are for administrators, and nothing of a party but its id is logged.</remarks>
public sealed partial class Parties
{
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly ILogger<Parties> _log;

    /// <summary>The parties of a database.</summary>
    public Parties(Database database, TimeProvider time, ILogger<Parties> log)
    {
        _database = database;
        _time = time;
        _log = log;
    }

    private Instant Now => Instant.From(_time.GetUtcNow());

    /// <summary>Enters a unit, person, service or device; 400 when it is not described acceptably.</summary>
    public async Task<Result<Party>> CreateAsync(PartyDraft draft, CancellationToken cancellation)
    {
        if (draft.Check() is { } problem) return problem;
        if (draft.Kind == "organization")
            return StrictJson.InvalidProperty("kind", "Enter an organization at /api/v1/organizations: it needs a slug.");
        var now = Now;
        var outcome = await _database.TryWriteAsync<Party>(session =>
        {
            if (draft.Parent is { } parent && CheckParent(session, new(parent)) is { } refusal) return refusal;
            return Insert(session, draft, now);
        }, cancellation);
        if (outcome.TryGet(out var party, out _)) LogEntered(party.Id.Value, party.PartyKind);
        return outcome;
    }

    /// <summary>One party, or 404.</summary>
    public async Task<Result<Party>> FindAsync(PartyId id, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        return Find(read, id) is { } party ? party : Problem.NotFound();
    }

    /// <summary>One page by id, and how many there are in all; null asks for any.</summary>
    public async Task<(IReadOnlyList<Party> Entries, long Total)> ListAsync(
        PartyKind? kind, PartyStatus? status, PartyId? parent, Page page, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        Statement Ask(string sql) => read.Prepare(sql)
            .Bind("@kind", kind is { } k ? (long)k : -1L).Bind("@status", status is { } s ? (long)s : -1L)
            .Bind("@parent", parent?.Value ?? -1L);
        using var count = Ask(SelectCount);
        count.Step();
        using var select = Ask(SelectPage).Bind("@limit", page.Limit).Bind("@skip", page.Skip);
        var entries = new List<Party>();
        while (select.Step()) entries.Add(From(select));
        return (entries, count.Int64(0));
    }

    /// <summary>Changes name, category or jurisdiction by a JSON merge patch; kind, parent and status stay.</summary>
    public Task<Result<Party>> PatchAsync(PartyId id, JsonElement patch, CancellationToken cancellation)
    {
        var now = Now;
        return _database.TryWriteAsync<Party>(session =>
        {
            if (Find(session, id) is not { } old) return Problem.NotFound();
            if (ErasedPeople.IsErased(session, id))
                return StrictJson.InvalidProperty("name", "This person was erased: nothing is kept of them any more.");
            var current = new PartyDraft
            {
                Kind = old.Kind, Name = old.Name, Category = old.Category, Jurisdiction = old.Jurisdiction, Parent = old.ParentNumber,
            };
            var merged = StrictJson.Merge(current, patch, IdentityJson.Wire.PartyDraft);
            if (!merged.TryGet(out var draft, out var problem)) return problem;
            if (draft.Kind != current.Kind) return StrictJson.InvalidProperty("kind", "The kind of a party never changes.");
            if (draft.Parent != current.Parent) return StrictJson.InvalidProperty("parent", "The parent of a party never changes.");
            if (draft.Status is not null)
                return StrictJson.InvalidProperty("status", "Change the status at /api/v1/parties/{id}/status.");
            if (draft.Check() is { } refusal) return refusal;
            if (old.PartyKind == PartyKind.Organization && draft.Name != old.Name)
                return StrictJson.InvalidProperty("name", "Change the name of an organization at /api/v1/organizations.");
            UserGroup? group = PartyWords.TryGroup(draft.Category, out var parsed) ? parsed : null;
            using var update = session.Prepare(Update)
                .Bind("@id", id.Value).Bind("@name", draft.Name).Bind("@category", (long?)group)
                .Bind("@jurisdiction", draft.Jurisdiction).Bind("@now", now.UnixMicroseconds);
            update.Execute();
            return old with { Name = draft.Name!, Group = group, Jurisdiction = draft.Jurisdiction, Modified = now };
        }, cancellation);
    }

    /// <summary>Moves a party to another status: with it everything below it begins or ceases to act, tokens and sessions included.</summary>
    /// <returns>404 when there is none, 409 when that status may not follow.</returns>
    /// <remarks>Acts at once on the <see cref="Credentials.CredentialCheck"/> of this process when done through it, elsewhere within a second.</remarks>
    public async Task<Result<Party>> ChangeStatusAsync(PartyId id, PartyStatus status, CancellationToken cancellation)
    {
        var now = Now;
        var outcome = await _database.TryWriteAsync<Party>(session =>
        {
            if (Find(session, id) is not { } old) return Problem.NotFound();
            if (!PartyTransitions.May(old.PartyStatus, status)) return TransitionRefused(old.PartyStatus, status);
            using var update = session.Prepare(UpdateStatus)
                .Bind("@id", id.Value).Bind("@status", (long)status).Bind("@now", now.UnixMicroseconds);
            update.Execute();
            using var below = session.Prepare(UpdateMayAct).Bind("@id", id.Value);
            below.Execute();
            var moved = Find(session, id)!; // Found above.
            PartyEvents.Enter(session, EventTypes.PartyMoved, moved, now);
            return moved;
        }, cancellation);
        if (outcome.IsValue) LogStatus(id.Value, status);
        return outcome;
    }

    /// <summary>Makes a person belong to an organization.</summary>
    public Task<Result<Membership>> JoinAsync(PartyId person, MembershipDraft draft, CancellationToken cancellation)
    {
        var now = Now;
        return _database.TryWriteAsync(session => Join(session, person, draft, now), cancellation);
    }

    /// <summary>Every membership of a person, newest first; 404 when there is no such person.</summary>
    public async Task<Result<IReadOnlyList<Membership>>> MembershipsAsync(PartyId person, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        return Find(read, person) is { PartyKind: PartyKind.Person }
            ? Result<IReadOnlyList<Membership>>.Of(Memberships(read, person))
            : Problem.NotFound();
    }

    /// <summary>Who belongs to an organization now or will, by name.</summary>
    public async Task<IReadOnlyList<Membership>> MembersAsync(PartyId organization, int limit, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectMembers)
            .Bind("@organization", organization.Value).Bind("@now", Now.UnixMicroseconds).Bind("@limit", limit);
        var members = new List<Membership>();
        while (select.Step()) members.Add(MembershipFrom(select));
        return members;
    }

    /// <summary>One membership, or 404.</summary>
    public async Task<Result<Membership>> FindMembershipAsync(MembershipId id, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectMembership).Bind("@id", id.Value);
        return select.Step() ? MembershipFrom(select) : Problem.NotFound();
    }

    /// <summary>Ends a membership now; what was over stays as it was. 404 when there is none.</summary>
    public Task<Result<Membership>> EndMembershipAsync(MembershipId id, CancellationToken cancellation)
    {
        var now = Now;
        return _database.TryWriteAsync<Membership>(session =>
        {
            using var end = session.Prepare(EndMembership).Bind("@id", id.Value).Bind("@now", now.UnixMicroseconds);
            var isEnded = end.Execute() == 1;
            using var select = session.Prepare(SelectMembership).Bind("@id", id.Value);
            if (!select.Step()) return Problem.NotFound();
            var membership = MembershipFrom(select);
            if (isEnded) PartyEvents.Enter(session, EventTypes.MembershipEnded, membership, now);
            return membership;
        }, cancellation);
    }

    internal static Party Insert(WriteSession session, PartyDraft draft, Instant now)
    {
        PartyWords.TryKind(draft.Kind, out var kind);
        var status = draft.Status is null ? PartyStatus.Active : StatusOf(draft.Status);
        UserGroup? group = PartyWords.TryGroup(draft.Category, out var parsed) ? parsed : null;
        PartyId? parent = draft.Parent is { } number ? new(number) : null;
        var mayAct = status == PartyStatus.Active && (parent is not { } above || Find(session, above)!.MayAct);
        using var insert = session.Prepare(InsertParty)
            .Bind("@kind", (long)kind).Bind("@status", (long)status).Bind("@name", draft.Name)
            .Bind("@category", (long?)group).Bind("@jurisdiction", draft.Jurisdiction).Bind("@parent", draft.Parent)
            .Bind("@may_act", mayAct).Bind("@now", now.UnixMicroseconds);
        insert.Step();
        var party = new Party(new(insert.Int64(0)), kind, status, draft.Name!, group, draft.Jurisdiction, parent, mayAct, now, now);
        PartyEvents.Enter(session, EventTypes.PartyEntered, party, now);
        return party;
    }

    internal static Party? Find(Session session, PartyId id)
    {
        using var select = session.Prepare(SelectById).Bind("@id", id.Value);
        return select.Step() ? From(select) : null;
    }

    internal static List<Membership> Memberships(Session session, PartyId person)
    {
        using var select = session.Prepare(SelectMemberships).Bind("@person", person.Value);
        var memberships = new List<Membership>();
        while (select.Step()) memberships.Add(MembershipFrom(select));
        return memberships;
    }

    internal static Result<Membership> Join(WriteSession session, PartyId person, MembershipDraft draft, Instant now)
    {
        if (draft.Check(now) is { } problem) return problem;
        if (Find(session, person) is not { PartyKind: PartyKind.Person } who) return Problem.NotFound();
        if (Find(session, new(draft.Organization!.Value)) is not { PartyKind: PartyKind.Organization } organization)
            return StrictJson.InvalidProperty("organization", $"There is no organization with the id {draft.Organization}.");
        var before = Memberships(session, person);
        if (before.Count >= MembershipDraft.OfPersonMax)
            return StrictJson.InvalidProperty("organization", $"A person has at most {MembershipDraft.OfPersonMax} memberships.")
                .With("limit", MembershipDraft.OfPersonMax);
        var from = draft.From ?? now;
        if (before.Any(other => other.Organization == organization.Id && Overlap(other, from, draft.To))) return MemberAlready;
        MembershipWords.TryRoles(draft.Roles, out var roles);
        using var insert = session.Prepare(InsertMembership)
            .Bind("@person", person.Value).Bind("@organization", organization.Id.Value).Bind("@roles", (long)roles)
            .Bind("@from", from.UnixMicroseconds).Bind("@to", draft.To?.UnixMicroseconds).Bind("@now", now.UnixMicroseconds);
        insert.Step();
        var made = new Membership(new(insert.Int64(0)), person, who.Name, organization.Id, organization.Name, roles, from, draft.To);
        PartyEvents.Enter(session, EventTypes.MembershipGiven, made, now);
        return made;
    }

    private static bool Overlap(Membership one, Instant from, Instant? to) =>
        (to is not { } end || one.From.CompareTo(end) < 0) && (one.To is not { } over || from.CompareTo(over) < 0);

    private static PartyStatus StatusOf(string word) => PartyWords.TryStatus(word, out var status) ? status : PartyStatus.Proposed;

    /// <summary>Null when something may belong to it: an organization or a unit that is not too deep.</summary>
    private static Problem? CheckParent(Session session, PartyId id)
    {
        PartyId? next = id;
        for (var depth = 0; next is { } at; depth++)
        {
            if (Find(session, at) is not { PartyKind: PartyKind.Organization or PartyKind.Unit } above)
                return StrictJson.InvalidProperty("parent", $"There is no organization or unit with the id {id}.");
            if (above.PartyStatus == PartyStatus.Left)
                return StrictJson.InvalidProperty("parent", "What has left takes nothing new.");
            if (depth > PartyDraft.DepthMax)
                return StrictJson.InvalidProperty("parent", $"Units are nested at most {PartyDraft.DepthMax} deep.")
                    .With("limit", PartyDraft.DepthMax);
            next = above.Parent;
        }

        return null;
    }

    private static Party From(Statement row) => new(
        new(row.Int64(0)), (PartyKind)row.Int64(1), (PartyStatus)row.Int64(2), row.Text(3), (UserGroup?)row.Int64OrNull(4),
        row.TextOrNull(5), row.Int64OrNull(6) is { } parent ? new PartyId(parent) : null, row.Boolean(7),
        new(row.Int64(8)), new(row.Int64(9)));

    private static Membership MembershipFrom(Statement row) => new(
        new(row.Int64(0)), new(row.Int64(1)), row.Text(2), new(row.Int64(3)), row.Text(4), (MembershipRoles)row.Int64(5),
        new(row.Int64(6)), row.Int64OrNull(7) is { } to ? new Instant(to) : null);

    private static Problem TransitionRefused(PartyStatus from, PartyStatus to) => new Problem(
        409, "status-not-possible", "This status may not follow",
        $"A party that is {from.ToWord()} cannot become {to.ToWord()}. The way is proposed, verified, active; active and suspended to and " +
        "fro; left, for good, from each of them.").With("from", from.ToWord()).With("to", to.ToWord());

    private static Problem MemberAlready { get; } = new(
        409, "member-already", "The person belongs there already",
        "A membership of the same person in the same organization covers some of this time. End it first, or begin when it is over.");

    [LoggerMessage(2011, LogLevel.Information, "Party {Id} entered: {Kind}.")]
    private partial void LogEntered(long id, PartyKind kind);

    [LoggerMessage(2012, LogLevel.Information, "Party {Id} is now {Status}.")]
    private partial void LogStatus(long id, PartyStatus status);
}
