using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Roles;

/// <summary>A delegation, as a caller offers it.</summary>
internal sealed record DelegationDraft
{
    [Description("Id of the party that may act in one's place once it has accepted.")]
    public long? To { get; init; }

    [Description("grant or publish.")]
    public string? Action { get; init; }

    [Description("The most open level of the dataset at which it counts: closed, specific, group, public or open.")]
    public string? LevelMax { get; init; }

    [Description("Until when, not included.")]
    [JsonConverter(typeof(InstantJson))]
    public Instant? Until { get; init; }

    [Description("Why, in words.")]
    public string? Reason { get; init; }

    [Description("Id of the party that offers; may be left out when it can only be one.")]
    public long? For { get; init; }

    public Result<Delegation> ToDelegation(DatasetId dataset, PartyId from, Instant now)
    {
        if (To is not { } to) return TextRules.Missing("to");
        if (!Words<DataAction>.TryParse(Action, out var action)) return RoleDraft.NotAWord<DataAction>("action");
        if (!SpectrumClasses.TryParse(LevelMax, out var level))
            return StrictJson.InvalidProperty("levelMax", "'levelMax' takes one of closed, specific, group, public, open.");
        if (Until is not { } until) return TextRules.Missing("until");
        if (until.CompareTo(now) <= 0) return StrictJson.InvalidProperty("until", "'until' must lie ahead.");
        if (Governing.CheckReason(Reason) is { } problem) return problem;
        var delegation = new Delegation
        {
            Id = default,
            Dataset = dataset,
            From = from,
            To = new(to),
            Action = action,
            LevelMax = level,
            Until = new(until.UnixMicroseconds),
            State = DelegationState.Offered,
        };
        return delegation.Fault is { } fault ? StrictJson.InvalidProperty(delegation.To == from ? "to" : "action", fault) : delegation;
    }
}

/// <summary>A delegation on the wire.</summary>
internal sealed record DelegationView(
    long Id, string Dataset, long From, long To, string Action, string LevelMax,
    [property: JsonConverter(typeof(InstantJson))] Instant Until, string State, IReadOnlyList<string> Moves, IReadOnlyList<MoveView>? History);

/// <summary>One page of delegations, newest first.</summary>
internal sealed record DelegationPage(IReadOnlyList<DelegationView> Value, long Count, string? NextLink);

/// <summary>Who may act in place of another (ISO 37156, 9.2 e): of depth one, offered by who holds the right by a role of its own.</summary>
internal sealed class DatasetDelegations(Governing governing) : IRecordClock
{
    public RecordKind Kind => RecordKind.Delegation;

    /// <summary>Whether an active delegation lets the party do it at that level, from somebody who holds it by a role.</summary>
    public static bool IsDelegated(
        Session session, GovernedPlace place, PartyId to, DataAction action, SpectrumClass level, Instant now) =>
        GovernedRecords.List(session, RecordTypes.Delegation, new(Dataset: place.Id, Party: to, State: (int)DelegationState.Active),
                new(Page.LimitMax, 0))
            .Any(record => record.Content is var one && one.Action == action && one.LevelMax >= level && one.Until.CompareTo(now) > 0 &&
                IsHeld(session, place, one.From, action, now));

    public async Task<Result<(IReadOnlyList<DelegationView> Entries, long Total)>> OfDatasetAsync(
        Requester requester, string slug, Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        var now = governing.Now;
        if (governing.Find(read, requester, slug) is not { } place) return Problem.NotFound();
        var query = new RecordQuery(Dataset: place.Id);
        if (reader.Governs(place, now))
            return (
                [.. GovernedRecords.List(read, RecordTypes.Delegation, query, page)
                    .Select(record => View(read, reader, place, record.Content, now, false))],
                GovernedRecords.Count(read, RecordTypes.Delegation, query));
        var own = GovernedRecords.List(read, RecordTypes.Delegation, query, new(Page.LimitMax, 0))
            .Where(record => reader.MayRead(null, now, record.Content.From, record.Content.To)).ToList();
        if (own.Count == 0) return Problem.NotFound();
        return (
            [.. own.Skip(page.Skip).Take(page.Limit).Select(record => View(read, reader, place, record.Content, now, false))], own.Count);
    }

    public async Task<Result<DelegationView>> FindAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        var now = governing.Now;
        return GovernedRecords.Find(read, RecordTypes.Delegation, id) is { Content: var one } &&
            GovernedPlace.Find(read, one.Dataset) is { } place && reader.MayRead(place, now, one.From, one.To)
            ? View(read, reader, place, one, now, true)
            : Problem.NotFound();
    }

    /// <summary>Those that the reader's parties gave or were given, newest first, with what could be done to each.</summary>
    internal static List<DelegationView> OfReader(Session session, Reader reader, Page page, Instant now) =>
    [
        .. reader.Parties.SelectMany(party => GovernedRecords.List(session, RecordTypes.Delegation, new(Party: party), page)
                .Concat(GovernedRecords.List(session, RecordTypes.Delegation, new(Counterparty: party), page)))
            .DistinctBy(record => record.Id).OrderByDescending(record => record.Id).Take(page.Limit)
            .Select(record => (record.Content, Place: GovernedPlace.Find(session, record.Content.Dataset)!)) // A dataset is never deleted.
            .Select(one => View(session, reader, one.Place, one.Content, now, false)),
    ];

    /// <summary>The actions that the party could delegate: it holds them by a role of its own.</summary>
    internal static IEnumerable<DataAction> HeldBy(Session session, GovernedPlace place, PartyId party, Instant now) =>
        new[] { DataAction.Grant, DataAction.Publish }.Where(action => IsHeld(session, place, party, action, now));

    /// <summary>Offers a delegation; 403 when the right is not held by a role of one's own.</summary>
    public Task<Result<DelegationView>> OfferAsync(Requester requester, string slug, DelegationDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<DelegationView>((session, now) =>
        {
            var party = draft.For is { } id ? new PartyId(id) : (PartyId?)null;
            if (!Acting.Of(session, requester, party).TryGet(out var who, out var refusal)) return refusal;
            if (governing.Find(session, requester, slug) is not { } place || !place.RolesOf(who.Party, now).Any()) return Problem.NotFound();
            if (!draft.ToDelegation(place.Id, who.Party, now).TryGet(out var delegation, out var unfit)) return unfit;
            if (!DatasetRoles.IsParty(session, delegation.To))
                return StrictJson.InvalidProperty("to", "There is no such party that takes part.");
            if (!IsHeld(session, place, who.Party, delegation.Action, now)) return NotHeld;
            var act = new RecordAct("offer", who.Party, who.Person, Actor.Proposer | place.CapacityOf(who, now), draft.Reason ?? "");
            return GovernedRecords.Insert(session, RecordTypes.Delegation, delegation, act, now).TryGet(out var made, out var problem)
                ? View(session, ReaderOf(session, requester), place, made.Content, now, true)
                : problem;
        }, cancellation);

    /// <summary>Accepts, declines or revokes.</summary>
    public Task<Result<DelegationView>> MoveAsync(Requester requester, long id, MoveDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<DelegationView>((session, now) =>
        {
            if (draft.Check() is { } unfit) return unfit;
            var party = draft.For is { } number ? new PartyId(number) : (PartyId?)null;
            if (!Acting.Of(session, requester, party).TryGet(out var who, out var refusal)) return refusal;
            if (GovernedRecords.Find(session, RecordTypes.Delegation, id) is not { } record ||
                GovernedPlace.Find(session, record.Content.Dataset) is not { } place) return Problem.NotFound();
            var capacity = CapacityOf(place, who, record.Content, now);
            if (capacity == Actor.None) return Problem.NotFound();
            var answered = Answered.Of(GovernedRecords.Events(session, RecordTypes.Delegation, id), "offer");
            var outcome = Move(session, record, place, draft.Move!, who, capacity, answered, draft.Reason ?? "", now);
            if (!outcome.TryGet(out var moved, out var problem)) return problem;
            if (moved.Content.State == DelegationState.Accepted &&
                Move(session, moved, place, "activate", null, Actor.Clock, default, "", now).TryGet(out var active, out _)) moved = active;
            return View(session, ReaderOf(session, requester), place, moved.Content, now, true);
        }, cancellation);

    /// <summary>A delegation begins, or its end has come.</summary>
    public void Move(WriteSession session, long id, Instant now)
    {
        if (GovernedRecords.Find(session, RecordTypes.Delegation, id) is not { } record ||
            GovernedPlace.Find(session, record.Content.Dataset) is not { } place) return;
        var name = record.Content.Until.CompareTo(now) <= 0 ? "expire" : "activate";
        _ = Move(session, record, place, name, null, Actor.Clock, default, "", now);
    }

    /// <inheritdoc/>
    public Instant? DueOf(WriteSession session, long id) => GovernedRecords.DueOf(session, RecordTypes.Delegation, id);

    private static Result<GovernedRecord<Delegation>> Move(
        WriteSession session, GovernedRecord<Delegation> record, GovernedPlace place, string name, Acting? who, Actor capacity,
        Answered answered, string reason, Instant now)
    {
        var one = record.Content;
        var facts = FactsOf(session, place, one, now);
        var move = Governing.Go(Delegations.Machine, one.State, name, who, capacity, answered, facts);
        return move.TryGet(out var state, out var refusal)
            ? GovernedRecords.Update(session, RecordTypes.Delegation, record, one with { State = state },
                new(name, who?.Party, who?.Person, capacity, reason), now)
            : refusal;
    }

    internal static DelegationFacts FactsOf(Session session, GovernedPlace place, Delegation one, Instant now) =>
        new(one.Until.CompareTo(now) <= 0, IsHeld(session, place, one.From, one.Action, now));

    // By a role of its own and not by delegation: so what is delegated goes no further.
    private static bool IsHeld(Session session, GovernedPlace place, PartyId from, DataAction action, Instant now)
    {
        var level = place.InForce(session)?.Content.Level ?? place.Described;
        var isDerived = place.Facts(session)?.Content.IsDerived ?? false;
        var facts = new RoleFacts(false, isDerived, false, false, level > SpectrumClass.Closed);
        return place.RolesOf(from, now).Any(role => RoleTable.MayAct(action, role, facts));
    }

    private static Actor CapacityOf(GovernedPlace place, Acting who, Delegation one, Instant now)
    {
        var capacity = place.CapacityOf(who, now);
        if (one.To == who.Party) capacity |= Actor.Concerned;
        if (one.From == who.Party) capacity |= Actor.Proposer;
        return capacity;
    }

    private static DelegationView View(Session session, Reader reader, GovernedPlace place, Delegation one, Instant now, bool withHistory)
    {
        var facts = FactsOf(session, place, one, now);
        IReadOnlyList<string> moves =
        [
            .. reader.ActingParties.SelectMany(who => Delegations.Machine.Offered(
                one.State, new(who.Party, CapacityOf(place, who, one, now), one.From), facts)).Distinct(),
        ];
        return new(one.Id.Value, place.Slug, one.From.Value, one.To.Value, Words<DataAction>.Of(one.Action), one.LevelMax.ToWord(), one.Until,
            Words<DelegationState>.Of(one.State), moves, withHistory
                ? MoveView.Of(GovernedRecords.Events(session, RecordTypes.Delegation, one.Id.Value), at => Words<DelegationState>.Of(at.State))
                : null);
    }

    private static Reader ReaderOf(Session session, Requester requester) => new(Acting.Candidates(session, requester), requester.IsAdministrator);

    private static Problem NotHeld { get; } = GovernedRecords.Refusal(new Move<DelegationState>(
        DelegationState.Offered, RefusedMove.NotByThisActor, null, "Only what is held by a role of one's own can be delegated."));
}
