using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>Where on the spectrum datasets lie (ISO 37156, 5.5): drafted, submitted by one, approved by another, in force.</summary>
/// <remarks>
/// Toward open takes the owner and the primary publisher, a harm assessment and a legal checklist; toward closed acts at once. What takes
/// effect takes the place of what was in force, and is followed by the dataset's described level and by what was derived from it, in
/// the same transaction.
/// </remarks>
internal sealed class SpectrumDecisions(Governing governing, SharingOptions options) : IRecordClock
{
    private const Actor Deciders = Classifications.Deciders;

    public RecordKind Kind => RecordKind.Classification;

    /// <summary>The classification in force. Whoever may see the dataset learns the level and what it asks for.</summary>
    public async Task<Result<ClassificationView>> InForceAsync(Requester requester, string slug, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        var now = governing.Now;
        // Before the dataset is looked for, so that absent and hidden take as long.
        var isKnown = Reader.Of(read, requester).TryGet(out var reader, out _);
        if (governing.Find(read, requester, slug) is not { } place) return Problem.NotFound();
        var governs = isKnown && Sees(read, reader!, place, now); // Not null: found on this line.
        if (!governs && !governing.Policy.DatasetForRead(requester, slug).IsValue) return Problem.NotFound();
        if (place.InForce(read) is not { Content: var one }) return Problem.NotFound();
        return governs ? View(read, reader!, place, one, now, false) : ClassificationView.Of(one, slug);
    }

    /// <summary>Every classification of a dataset, newest first, for those who govern it.</summary>
    public async Task<Result<(IReadOnlyList<ClassificationView> Entries, long Total)>> OfDatasetAsync(
        Requester requester, string slug, Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        var now = governing.Now;
        if (governing.Find(read, requester, slug) is not { } place || !Sees(read, reader, place, now)) return Problem.NotFound();
        var query = new RecordQuery(Dataset: place.Id);
        return (
            [.. GovernedRecords.List(read, RecordTypes.Classification, query, page)
                .Select(record => View(read, reader, place, record.Content, now, false))],
            GovernedRecords.Count(read, RecordTypes.Classification, query));
    }

    public async Task<Result<ClassificationView>> FindAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        return GovernedRecords.Find(read, RecordTypes.Classification, id) is { Content: var one } &&
            GovernedPlace.Find(read, one.Dataset) is { } place && Sees(read, reader, place, governing.Now)
            ? View(read, reader, place, one, governing.Now, true)
            : Problem.NotFound();
    }

    /// <summary>Drafts a classification, and submits or closes at once where the draft says so.</summary>
    public Task<Result<ClassificationView>> DraftAsync(
        Requester requester, string slug, ClassificationDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<ClassificationView>((session, now) =>
        {
            if (draft.Move is not (null or "submit" or "close"))
                return StrictJson.InvalidProperty("move", "'move' takes submit or close, or is left out.");
            if (!Acting.Of(session, requester, PartyOf(draft.For)).TryGet(out var who, out var refusal)) return refusal;
            if (governing.Find(session, requester, slug) is not { } place) return Problem.NotFound();
            var capacity = place.CapacityOf(who, now);
            if ((capacity & (Deciders | Actor.Officer)) == 0 && !SecondaryPublishing.IsSecondary(place, who.Party, now)) return Problem.NotFound();
            if (!draft.ToClassification(place.Id, Purposes(session), who.Party, now).TryGet(out var one, out var unfit)) return unfit;
            capacity |= SecondaryPublishing.CapacityOf(session, place, who.Party, one.Level, now);
            if ((capacity & (Deciders | Actor.Officer)) == 0) return OutOfBounds;
            if (CheckReferences(session, one) is { } unknown) return unknown;
            var act = new RecordAct("draft", who.Party, who.Person, capacity | Actor.Proposer, one.Reason);
            if (!GovernedRecords.Insert(session, RecordTypes.Classification, one, act, now).TryGet(out var made, out var problem)) return problem;
            if (draft.Move is { } move &&
                !Move(session, made, place, move, who, capacity | Actor.Proposer, "", now).TryGet(out made, out var refused)) return refused;
            return View(session, ReaderOf(session, requester), place, made.Content, now, true);
        }, cancellation);

    /// <summary>Writes a draft anew, as long as it is one.</summary>
    public Task<Result<ClassificationView>> RewriteAsync(
        Requester requester, long id, ClassificationDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<ClassificationView>((session, now) =>
        {
            if (draft.Move is not null) return StrictJson.InvalidProperty("move", "Send the move to /moves of the classification.");
            if (!Acting.Of(session, requester, PartyOf(draft.For)).TryGet(out var who, out var refusal)) return refusal;
            if (GovernedRecords.Find(session, RecordTypes.Classification, id) is not { } record ||
                GovernedPlace.Find(session, record.Content.Dataset) is not { } place) return Problem.NotFound();
            var capacity = place.CapacityOf(who, now);
            if ((capacity & (Deciders | Actor.Officer)) == 0 && !SecondaryPublishing.IsSecondary(place, who.Party, now)) return Problem.NotFound();
            if (!draft.ToClassification(place.Id, Purposes(session), who.Party, now).TryGet(out var one, out var unfit)) return unfit;
            capacity |= SecondaryPublishing.CapacityOf(session, place, who.Party, one.Level, now);
            if ((capacity & (Deciders | Actor.Officer)) == 0) return OutOfBounds;
            if (CheckReferences(session, one) is { } unknown) return unknown;
            if (record.Content.State != ClassificationState.Draft)
                return GovernedRecords.Refusal(new Move<ClassificationState>(
                    record.Content.State, RefusedMove.NoSuchMove, null, "Only a draft can be written anew: return it first."));
            var outcome = GovernedRecords.Update(session, RecordTypes.Classification, record, one with { Id = record.Content.Id },
                new("rewrite", who.Party, who.Person, capacity, one.Reason), now);
            return outcome.TryGet(out var changed, out var problem)
                ? View(session, ReaderOf(session, requester), place, changed.Content, now, true)
                : problem;
        }, cancellation);

    /// <summary>Submits, approves, returns, withdraws, closes, puts in force, freezes or releases.</summary>
    public Task<Result<ClassificationView>> MoveAsync(Requester requester, long id, MoveDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<ClassificationView>((session, now) =>
        {
            if (draft.Check() is { } unfit) return unfit;
            if (!Acting.Of(session, requester, PartyOf(draft.For)).TryGet(out var who, out var refusal)) return refusal;
            if (GovernedRecords.Find(session, RecordTypes.Classification, id) is not { } record ||
                GovernedPlace.Find(session, record.Content.Dataset) is not { } place) return Problem.NotFound();
            var capacity = CapacityOf(session, place, who, record.Content, now);
            if (capacity == Actor.None && !SecondaryPublishing.HasSay(session, place, who.Party, now)) return Problem.NotFound();
            return Move(session, record, place, draft.Move!, who, capacity, draft.Reason ?? "", now).TryGet(out var moved, out var problem)
                ? View(session, ReaderOf(session, requester), place, moved.Content, now, true)
                : problem;
        }, cancellation);

    /// <summary>What was approved takes effect.</summary>
    public void Move(WriteSession session, long id, Instant now)
    {
        if (GovernedRecords.Find(session, RecordTypes.Classification, id) is { } record &&
            GovernedPlace.Find(session, record.Content.Dataset) is { } place)
            _ = Move(session, record, place, "takeEffect", null, Actor.Clock, "", now);
    }

    /// <inheritdoc/>
    public Instant? DueOf(WriteSession session, long id) => GovernedRecords.DueOf(session, RecordTypes.Classification, id);

    private Result<GovernedRecord<Classification>> Move(
        WriteSession session, GovernedRecord<Classification> record, GovernedPlace place, string name, Acting? who, Actor capacity,
        string reason, Instant now)
    {
        var one = record.Content;
        // Who submits and who approves have a hand in the decision, each in its own capacity.
        if (who is not null && name is "submit" or "approve" or "close")
            one = one with { DecidedBy = [.. one.DecidedBy, new(who!.Party, who.Person, capacity & (Deciders | Actor.Officer), now)] };
        if (name == "return") one = one with { DecidedBy = [] };
        var answered = AnsweredBy(session, one, name);
        var facts = FactsOf(session, place, one, now);
        var move = Governing.Go(Classifications.Machine, one.State, name, who, capacity, answered, facts);
        if (!move.TryGet(out var state, out var refusal)) return WithFault(session, place, one, refusal);
        if (state == ClassificationState.Effective && one.Level != SpectrumClass.Closed &&
            place.InForce(session) is { Content.State: ClassificationState.Frozen } frozen && frozen.Id != record.Id)
            return GovernedRecords.Refusal(new Move<ClassificationState>(one.State, RefusedMove.GuardFails, "frozen",
                "The dataset is frozen: an officer releases it first. It can be closed."));
        if (state == ClassificationState.Effective && one.State != ClassificationState.Frozen) Supersede(session, place, record.Id, now);
        var act = new RecordAct(name, who?.Party, who?.Person, capacity, reason);
        var outcome = GovernedRecords.Update(session, RecordTypes.Classification, record, one with { State = state }, act, now);
        if (!outcome.TryGet(out var moved, out var problem)) return problem;
        if (state is ClassificationState.Effective or ClassificationState.Frozen) DatasetLevels.Follow(session, place.Id, now);
        return state == ClassificationState.Approved &&
            Move(session, moved, place, "takeEffect", null, Actor.Clock, "", now).TryGet(out var effective, out _) ? effective : moved;
    }

    private void Supersede(WriteSession session, GovernedPlace place, long successor, Instant now)
    {
        if (place.InForce(session) is not { } former || former.Id == successor) return;
        var facts = FactsOf(session, place, former.Content, now) with { HasSuccessor = true };
        var move = Classifications.Machine.Go(former.Content.State, "supersede", Act.OfClock, facts);
        if (move.IsMade)
            _ = GovernedRecords.Update(session, RecordTypes.Classification, former, former.Content with { State = move.State },
                RecordAct.OfClock("supersede"), now);
    }

    internal ClassificationFacts FactsOf(Session session, GovernedPlace place, Classification one, Instant now)
    {
        var dataset = place.Facts(session)?.Content ?? new GovernedDataset { Id = place.Id };
        var current = place.InForce(session)?.Content;
        // Only a described level open lets anybody in without more; where it is in force, less is toward closed.
        if (current is { IsProvisional: true, State: ClassificationState.Effective, Level: not SpectrumClass.Open }) current = null;
        if (current is null && place.InForce(session) is null && place.Described == SpectrumClass.Open)
            current = new()
            {
                Id = default, Dataset = place.Id, Level = SpectrumClass.Open, State = ClassificationState.Effective, Licence = place.Licence,
            };
        return ClassificationFacts.Of(
            one, current, dataset, Licences.FindOpen(one.Licence) is not null, AppetiteOf(session, place), now,
            areNamedMembers: current is not null && GroupMembership.AreMembers(session, one.Named, current.Criteria, now), zone: options.TimeZone) with
            {
                IsWithinOnward = OnwardClauses.Fault(session, place, one.Level, one.Named) is null,
            };
    }

    private int AppetiteOf(Session session, GovernedPlace place)
    {
        var city = options.RiskAppetite;
        PartyId? owner = place.Assignments.FirstOrDefault(
            role => role is { Role: DataRole.Owner, State: RoleAssignmentState.Active })?.Party;
        var own = owner is { } party
            ? GovernedRecords.FindBySeat(session, RecordTypes.PartyFacts, $"party {party}")?.Content.RiskAppetite : null;
        return Math.Min(city, own ?? city);
    }

    // What the level lacks says more than that something is lacking.
    private static Problem WithFault(Session session, GovernedPlace place, Classification one, Problem refusal)
    {
        if (refusal.Members.Any(member => member.Value is "onward-sharing") &&
            OnwardClauses.Fault(session, place, one.Level, one.Named) is { } clause)
            return (refusal with { Detail = clause.Advice }).With("agreement", clause.Agreement.Value).With("clause", "onward");
        if (!refusal.Members.Any(member => member.Value is "incomplete")) return refusal;
        var dataset = place.Facts(session)?.Content;
        var isPersonal = dataset is not null && (dataset.IsSpecial || dataset.Fields.Any(field => field.Personal != Personal.None));
        return one.Fault(Licences.FindOpen(one.Licence) is not null, isPersonal) is { } fault ? refusal with { Detail = fault } : refusal;
    }

    private static Problem? CheckReferences(Session session, Classification one)
    {
        foreach (var party in one.Named)
            if (!DatasetRoles.IsParty(session, party))
                return StrictJson.InvalidProperty("named", "A party in 'named' does not take part.");
        return one.Terms is not { } terms || TermsOfUse.Find(session, terms.Terms, terms.Version) is not null
            ? null
            : StrictJson.InvalidProperty("terms", "There are no terms of that name and version. Publish them at /api/v1/terms.");
    }

    private static Answered AnsweredBy(Session session, Classification one, string move) => move is not ("approve" or "release")
        ? default
        : Answered.Of(GovernedRecords.Events(session, RecordTypes.Classification, one.Id.Value), move == "approve" ? "submit" : "freeze");

    private static Actor CapacityOf(Session session, GovernedPlace place, Acting who, Classification one, Instant now)
    {
        var capacity = place.CapacityOf(who, now) | SecondaryPublishing.CapacityOf(session, place, who.Party, one.Level, now);
        return Answered.Of(GovernedRecords.Events(session, RecordTypes.Classification, one.Id.Value), "draft").Party == who.Party
            ? capacity | Actor.Proposer
            : capacity;
    }

    private ClassificationView View(
        Session session, Reader reader, GovernedPlace place, Classification one, Instant now, bool withHistory)
    {
        var events = GovernedRecords.Events(session, RecordTypes.Classification, one.Id.Value);
        return ClassificationView.Of(one, place.Slug, Offered(session, reader, place, one, now), withHistory
            ? MoveView.Of(events, at => Words<ClassificationState>.Of(at.State))
            : null);
    }

    // An approval is judged with the hand of the one who would give it.
    internal IReadOnlyList<string> Offered(Session session, Reader reader, GovernedPlace place, Classification one, Instant now)
    {
        if (one.State == ClassificationState.Superseded) return [];
        var moves = new List<string>();
        foreach (var who in reader.ActingParties)
        {
            var capacity = CapacityOf(session, place, who, one, now);
            var decided = one with { DecidedBy = [.. one.DecidedBy, new(who.Party, who.Person, capacity & Deciders, now)] };
            foreach (var name in Classifications.Machine.Transitions.Where(row => row.From == one.State).Select(row => row.Name))
                if (Classifications.Machine.Go(one.State, name, new(who.Party, capacity, AnsweredBy(session, one, name).Party),
                        FactsOf(session, place, name == "approve" ? decided : one, now)).IsMade) moves.Add(name);
        }

        return [.. moves.Distinct()];
    }

    private static bool Sees(Session session, Reader reader, GovernedPlace place, Instant now) =>
        reader.Governs(place, now) || reader.Parties.Any(party => SecondaryPublishing.HasSay(session, place, party, now));

    private static Problem OutOfBounds { get; } = GovernedRecords.Refusal(new Move<ClassificationState>(
        ClassificationState.Draft, RefusedMove.NotByThisActor, null, "A secondary publisher decides about derived data, as far as their " +
            "inputs allow, and about what the primary publisher has delegated to it, as far as the delegation reaches."));

    private static Reader ReaderOf(Session session, Requester requester) => new(Acting.Candidates(session, requester), requester.IsAdministrator);

    private static PartyId? PartyOf(long? number) => number is { } id ? new PartyId(id) : null;

    private static PurposeTree Purposes(Session session) =>
        PurposeTree.Standard.With([.. GovernedRecords.All(session, RecordTypes.Purpose).Select(one => one.Content)]) ?? PurposeTree.Standard;
}
