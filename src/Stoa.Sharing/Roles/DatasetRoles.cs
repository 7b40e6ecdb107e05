using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Roles;

/// <summary>Who holds which role towards which dataset (ISO 37156, 9.2): proposed by one side, accepted by the party itself.</summary>
/// <remarks>
/// Whoever may not know of a role gets 404. What was accepted becomes active at once when its time has begun. The owner of a
/// dataset is decided by one active assignment; where there is none, by the organization that was described as its owner.
/// </remarks>
internal sealed partial class DatasetRoles(Governing governing) : IRecordClock
{
    public RecordKind Kind => RecordKind.Role;

    /// <summary>The roles of a dataset that the requester may know of, newest first.</summary>
    public async Task<Result<(IReadOnlyList<RoleView> Entries, long Total)>> OfDatasetAsync(
        Requester requester, string slug, Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        var now = governing.Now;
        if (governing.Find(read, requester, slug) is not { } place) return Problem.NotFound();
        // The described owner is listed too: it is the one who decides.
        var roles = place.Roles.Select(record => record.Content)
            .Concat(place.Assignments.Where(role => role.Id == default))
            .Where(role => reader.MayRead(place, now, role.Party)).ToList();
        if (roles.Count == 0 && !reader.Governs(place, now)) return Problem.NotFound();
        return (
            [.. roles.Skip(page.Skip).Take(page.Limit).Select(role => RoleView.Of(role, slug, Offered(read, reader, place, role, now)))],
            roles.Count);
    }

    /// <summary>The roles that a party holds, held or was proposed for, newest first; for the party and officers.</summary>
    public async Task<Result<(IReadOnlyList<RoleView> Entries, long Total)>> OfPartyAsync(
        Requester requester, PartyId party, Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        if (!reader.IsOfficer && !reader.Is(party)) return Problem.NotFound();
        var now = governing.Now;
        var query = new RecordQuery(Party: party);
        var entries = new List<RoleView>();
        foreach (var record in GovernedRecords.List(read, RecordTypes.Role, query, page))
            if (GovernedPlace.Find(read, record.Content.Dataset) is { } place)
                entries.Add(RoleView.Of(record.Content, place.Slug, Offered(read, reader, place, record.Content, now)));
        return (entries, GovernedRecords.Count(read, RecordTypes.Role, query));
    }

    /// <summary>One role with what happened to it.</summary>
    public async Task<Result<RoleView>> FindAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        if (GovernedRecords.Find(read, RecordTypes.Role, id) is not { Content: var role } ||
            GovernedPlace.Find(read, role.Dataset) is not { } place || !MayKnow(read, reader, place, role, governing.Now))
            return Problem.NotFound();
        return View(read, reader, place, role, governing.Now);
    }

    /// <summary>Proposes a role to a party.</summary>
    /// <returns>403 when the requester may not grant it, or would propose itself.</returns>
    public Task<Result<RoleView>> ProposeAsync(Requester requester, string slug, RoleDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<RoleView>((session, now) =>
        {
            if (!Acting.Of(session, requester, PartyOf(draft.For)).TryGet(out var who, out var refusal)) return refusal;
            if (governing.Find(session, requester, slug) is not { } place) return Problem.NotFound();
            var capacity = place.CapacityOf(who, now);
            if (capacity == Actor.None && !place.RolesOf(who.Party, now).Any()) return Problem.NotFound();
            if (!draft.ToAssignment(place.Id, Purposes(session), now).TryGet(out var role, out var unfit)) return unfit;
            if (!IsParty(session, role.Party)) return UnknownParty;
            if (!MayGrant(session, place, who, capacity, role.Role, now)) return NotGranted(role.Role);
            if (role.Party == who.Party && !capacity.HasFlag(Actor.Owner)) return Governing.SamePerson(role.State);
            if (place.Roles.Count >= GovernedPlace.RolesMax) return TooManyRoles;
            var act = new RecordAct("propose", who.Party, who.Person, capacity | Actor.Proposer, draft.Reason ?? "");
            if (!GovernedRecords.Insert(session, RecordTypes.Role, role, act, now).TryGet(out var made, out var problem)) return problem;
            return View(session, ReaderOf(session, requester), place, made.Content, now);
        }, cancellation);

    /// <summary>Accepts, declines, withdraws, disputes, confirms or ends a role.</summary>
    public Task<Result<RoleView>> MoveAsync(Requester requester, long id, MoveDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<RoleView>((session, now) =>
        {
            if (draft.Check() is { } unfit) return unfit;
            if (!Acting.Of(session, requester, PartyOf(draft.For)).TryGet(out var who, out var refusal)) return refusal;
            if (GovernedRecords.Find(session, RecordTypes.Role, id) is not { } record ||
                GovernedPlace.Find(session, record.Content.Dataset) is not { } place) return Problem.NotFound();
            var events = GovernedRecords.Events(session, RecordTypes.Role, id);
            var capacity = CapacityOf(place, who, record.Content, events, now);
            if (capacity == Actor.None) return Problem.NotFound();
            var outcome = Move(session, record, place, draft.Move!, who, capacity, events, draft.Reason ?? "", now);
            if (!outcome.TryGet(out var moved, out var problem)) return problem;
            return View(session, ReaderOf(session, requester), GovernedPlace.Find(session, place.Id)!, moved.Content, now);
        }, cancellation);

    /// <summary>A role begins or ends by its dates.</summary>
    public void Move(WriteSession session, long id, Instant now)
    {
        if (GovernedRecords.Find(session, RecordTypes.Role, id) is not { } record ||
            GovernedPlace.Find(session, record.Content.Dataset) is not { } place) return;
        // What can begin no more ends, whether it was accepted, disputed, or never answered.
        var isOver = record.Content.To is { } to && to.CompareTo(now) <= 0;
        var name = isOver || record.Content.State != RoleAssignmentState.Accepted ? "expire" : "activate";
        _ = Move(session, record, place, name, null, Actor.Clock, [], "", now);
    }

    /// <inheritdoc/>
    public Instant? DueOf(WriteSession session, long id) => GovernedRecords.DueOf(session, RecordTypes.Role, id);

    /// <summary>Makes one move of a role, with what follows of it.</summary>
    internal static Result<GovernedRecord<RoleAssignment>> Move(
        WriteSession session, GovernedRecord<RoleAssignment> record, GovernedPlace place, string name, Acting? who, Actor capacity,
        List<RecordEvent<RoleAssignment>> events, string reason, Instant now)
    {
        var role = record.Content;
        var facts = RoleAssignmentFacts.Of(role, place.Roles.Select(other => other.Content), now);
        var answered = Answered.Of(events, role.State == RoleAssignmentState.Disputed ? "dispute" : "propose");
        var move = Governing.Go(RoleAssignments.Machine, role.State, name, who, capacity, answered, facts);
        if (!move.TryGet(out var state, out var refusal)) return refusal;
        // Whoever proposed it for another party does not accept it for this one.
        if (name == "accept" && who is not null && who.Person == answered.Person && role.Party != answered.Party)
            return Governing.SamePerson(role.State);
        var act = new RecordAct(name, who?.Party, who?.Person, capacity, reason);
        var outcome = GovernedRecords.Update(session, RecordTypes.Role, record, role with { State = state }, act, now);
        if (!outcome.TryGet(out var moved, out var problem)) return problem;
        if (role.Role == DataRole.Owner) Follow(session, place.Id, role, state, now);
        if (role.Role == DataRole.Custodian && state == RoleAssignmentState.Ended && HasHeld(session, record.Id))
            ObligationMoves.BeginReturn(session, role, now);
        return state == RoleAssignmentState.Accepted ? Activated(session, moved, now) : moved;
    }

    // A role that never began leaves nothing to give back.
    private static bool HasHeld(Session session, long id) =>
        GovernedRecords.Acts(session, id).Exists(one => one.Act.Move is "activate" or "confirm");

    // What was accepted begins at once, when its time has come and the seat is free; else the clock sees to it.
    private static GovernedRecord<RoleAssignment> Activated(WriteSession session, GovernedRecord<RoleAssignment> accepted, Instant now)
    {
        var place = GovernedPlace.Find(session, accepted.Content.Dataset);
        return place is not null && Move(session, accepted, place, "activate", null, Actor.Clock, [], "", now)
            .TryGet(out var active, out _) ? active : accepted;
    }

    // The described owner follows the assignment, so that nobody who is not the owner any more decides by it.
    private static void Follow(WriteSession session, DatasetId dataset, RoleAssignment role, RoleAssignmentState state, Instant now)
    {
        var wasActive = role.State == RoleAssignmentState.Active;
        if (state == RoleAssignmentState.Active) DescribeOwner(session, dataset, role.Party, now);
        if (!wasActive || state == RoleAssignmentState.Active) return;
        ForgetOwner(session, dataset, role.Party, now);
        // Who was accepted as the next one and waited for the seat.
        var next = GovernedPlace.Find(session, dataset)?.Roles.LastOrDefault(
            other => other.Content is { Role: DataRole.Owner, State: RoleAssignmentState.Accepted });
        if (next is not null) Activated(session, next, now);
    }

    private static bool MayGrant(
        Session session, GovernedPlace place, Acting who, Actor capacity, DataRole role, Instant now)
    {
        if ((capacity & (Actor.Officer | Actor.Owner)) != 0) return true;
        // Who owns, keeps, makes and publishes the data is the owner's to say.
        if (role is not (DataRole.User or DataRole.SecondaryPublisher)) return false;
        var level = place.InForce(session)?.Content.Level ?? place.Described;
        var facts = new RoleFacts(
            false, false, false, DatasetDelegations.IsDelegated(session, place, who.Party, DataAction.Grant, level, now),
            level > SpectrumClass.Closed);
        return place.RolesOf(who.Party, now).Any(held => RoleTable.MayAct(DataAction.Grant, held, facts));
    }

    private static Actor CapacityOf(
        GovernedPlace place, Acting who, RoleAssignment role, List<RecordEvent<RoleAssignment>> events, Instant now)
    {
        var capacity = place.CapacityOf(who, now);
        if (role.Party == who.Party) capacity |= Actor.Concerned;
        if (Answered.Of(events, "propose").Party == who.Party) capacity |= Actor.Proposer;
        return capacity;
    }

    private static bool MayKnow(Session session, Reader reader, GovernedPlace place, RoleAssignment role, Instant now) =>
        reader.MayRead(place, now, role.Party) || reader.Parties.Any(
            party => Answered.Of(GovernedRecords.Events(session, RecordTypes.Role, role.Id.Value), "propose").Party == party);

    private static RoleView View(Session session, Reader reader, GovernedPlace place, RoleAssignment role, Instant now) =>
        RoleView.Of(role, place.Slug, Offered(session, reader, place, role, now), MoveView.Of(
            GovernedRecords.Events(session, RecordTypes.Role, role.Id.Value), one => Recording.Words<RoleAssignmentState>.Of(one.State)));

    private static IReadOnlyList<string> Offered(Session session, Reader reader, GovernedPlace place, RoleAssignment role, Instant now)
    {
        if (role.Id == default || role.State == RoleAssignmentState.Ended) return [];
        var events = GovernedRecords.Events(session, RecordTypes.Role, role.Id.Value);
        var requested = Answered.Of(events, role.State == RoleAssignmentState.Disputed ? "dispute" : "propose").Party;
        var facts = RoleAssignmentFacts.Of(role, place.Roles.Select(other => other.Content), now);
        return
        [
            .. reader.ActingParties.SelectMany(who => RoleAssignments.Machine.Offered(
                role.State, new(who.Party, CapacityOf(place, who, role, events, now), requested), facts)).Distinct(),
        ];
    }

    private static Reader ReaderOf(Session session, Requester requester) => new(Acting.Candidates(session, requester), requester.IsAdministrator);

    private static PartyId? PartyOf(long? number) => number is { } id ? new PartyId(id) : null;

    private static PurposeTree Purposes(Session session) =>
        PurposeTree.Standard.With([.. GovernedRecords.All(session, RecordTypes.Purpose).Select(one => one.Content)]) ?? PurposeTree.Standard;

    private static Problem UnknownParty { get; } = StrictJson.InvalidProperty("party", "There is no such party that takes part.");

    private static Problem NotGranted(DataRole role) => GovernedRecords.Refusal(new Move<RoleAssignmentState>(
        RoleAssignmentState.Proposed, RefusedMove.NotByThisActor, null, role is DataRole.User or DataRole.SecondaryPublisher
            ? "This role is granted by the owner, by the primary publisher within the owner's level, or by delegation."
            : "This role is granted by the owner or by the exchange's officer."));

    internal static Problem TooManyRoles { get; } = new Problem(
        409, "too-many-roles", "There are too many roles", $"A dataset takes at most {GovernedPlace.RolesMax} assignments, ended ones included.")
        .With("limit", GovernedPlace.RolesMax);
}
