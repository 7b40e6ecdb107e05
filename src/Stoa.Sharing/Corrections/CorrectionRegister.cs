using System.Text.Json;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Corrections;

/// <summary>Corrections that are proposed and variances that are reported: filed, seen and moved. Whoever writes the data applies them.</summary>
/// <remarks>Seen by who filed it, and by owner, primary publisher and officers. To everybody else there is nothing.</remarks>
internal sealed class CorrectionRegister(Governing governing)
{
    /// <summary>Days within which the owner answers.</summary>
    public const int AnswerDays = 30;

    /// <summary>Most open ones of one party about one dataset.</summary>
    public const int OpenMax = 100;

    /// <summary>Most that one party files about one dataset within a day, those that it withdrew among them.</summary>
    public const int FiledPerDayMax = 120;

    public Governing Governing => governing;

    /// <summary>For which parties the requester may file what about a dataset; none where one of them owns it, because the owner writes.</summary>
    public IReadOnlyList<(PartyId Party, CorrectionKind Kind)> MayFile(Session session, Requester requester, GovernedPlace place)
    {
        var now = governing.Now;
        var parties = Acting.Candidates(session, requester);
        if (parties.Any(party => place.RolesOf(party, now).Contains(DataRole.Owner))) return [];
        return [.. parties.Select(party => (Party: party, Kind: KindOf(requester, place, party, now)))
            .Where(one => one.Kind is not null).Select(one => (one.Party, one.Kind!.Value))]; // Not null: filtered on the line above.
    }

    /// <summary>The corrections of a dataset that the requester may know of, newest first.</summary>
    /// <returns>404 when it governs nothing here, has filed nothing and may file nothing.</returns>
    public async Task<Result<(IReadOnlyList<CorrectionView> Entries, long Total)>> OfDatasetAsync(
        Requester requester, string slug, CorrectionState? state, Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        if (governing.Find(read, requester, slug) is not { } place) return Problem.NotFound();
        var now = governing.Now;
        if (reader.Governs(place, now))
        {
            var query = new RecordQuery(Dataset: place.Id, State: (int?)state);
            return (
                [.. GovernedRecords.List(read, Corrections.Type, query, page).Select(record => View(read, reader, place, record, now, false))],
                GovernedRecords.Count(read, Corrections.Type, query));
        }

        var own = reader.Parties.SelectMany(party => GovernedRecords.Every(read, Corrections.Type, new(Dataset: place.Id, Party: party, State: (int?)state)))
            .OrderByDescending(record => record.Id).ToList();
        if (own.Count == 0 && !reader.Parties.Any(party => KindOf(requester, place, party, now) is not null)) return Problem.NotFound();
        return ([.. own.Skip(page.Skip).Take(page.Limit).Select(record => View(read, reader, place, record, now, false))], own.Count);
    }

    /// <summary>One correction with what happened to it.</summary>
    public async Task<Result<CorrectionView>> FindAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        return Visible(read, reader, id) is var (record, place) ? View(read, reader, place, record, governing.Now, true) : Problem.NotFound();
    }

    /// <summary>Files a correction or a report, in the transaction of the caller.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="requester">Who files it.</param>
    /// <param name="slug">The dataset.</param>
    /// <param name="draft">What is filed; checked.</param>
    /// <param name="read">Looks up what it names, once the requester is known to be one who may file: the draft with the value that is stored.</param>
    /// <returns>404 for a dataset that is absent or hidden, 403 for what the requester's roles do not let it file.</returns>
    public Result<CorrectionView> File(
        WriteSession session, Requester requester, string slug, CorrectionDraft draft, Func<Result<CorrectionDraft>> read)
    {
        var now = governing.Now;
        if (governing.Find(session, requester, slug) is not { } place) return Problem.NotFound();
        var reader = new Reader(Acting.Candidates(session, requester), requester.IsAdministrator);
        if (!reader.Governs(place, now) && !reader.Parties.Any(party => KindOf(requester, place, party, now) is not null)) return Problem.NotFound();
        if (!Acting.Of(session, requester, draft.For is { } id ? new PartyId(id) : null).TryGet(out var who, out var refusal)) return refusal;
        var capacity = place.CapacityOf(who, now);
        if (capacity.HasFlag(Actor.Owner)) return OwnersWrite;
        if (who.Party == Acting.Exchange || KindOf(requester, place, who.Party, now) is not { } most) return NotToFile;
        var kind = Words<CorrectionKind>.TryParse(draft.Kind, out var asked) ? asked : most;
        if (kind == CorrectionKind.Correction && most != CorrectionKind.Correction) return OnlyReports;
        if (kind == CorrectionKind.Correction && draft.Proposed is null)
            return StrictJson.InvalidProperty("proposed", "A correction says which value would be right: name entity, property and value.");
        var open = new[] { CorrectionState.Proposed, CorrectionState.Reported }.Sum(state => GovernedRecords.Count(
            session, Corrections.Type, new(Dataset: place.Id, Party: who.Party, State: (int)state)));
        if (open >= OpenMax) return TooManyOpen;
        if (HasFiledEnough(session, place.Id, who.Party, now)) return TooManyToday;
        if (!read().TryGet(out var found, out var unfit)) return unfit;
        var one = new Correction
        {
            Id = 0,
            Kind = kind,
            Dataset = place.Id,
            Party = who.Party,
            State = kind == CorrectionKind.Correction ? CorrectionState.Proposed : CorrectionState.Reported,
            Entity = found.Entity,
            Field = found.Field,
            Present = found.Present?.GetRawText(),
            IsPresentSaid = draft.Present is not null,
            Proposed = found.Proposed?.GetRawText(),
            Reason = draft.Reason!.Trim(), // Checked by the draft itself.
            Evidence = draft.Evidence is { Length: > 0 } evidence ? evidence : null,
            DueAt = Instant.From(now.ToDateTimeOffset().AddDays(AnswerDays)),
        };
        var act = new RecordAct(Filing, who.Party, who.Person, capacity | Actor.Proposer, one.Reason);
        return GovernedRecords.Insert(session, Corrections.Type, one, act, now).TryGet(out var made, out var problem)
            ? View(session, reader, place, made, now, true)
            : problem;
    }

    /// <summary>Makes a move in the transaction of the caller, who makes the change of the data in the same one.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="requester">Who moves it.</param>
    /// <param name="id">Which.</param>
    /// <param name="draft">The move; checked.</param>
    /// <param name="isUnchanged">Whether the value that is stored is the one it speaks of; asked for an approval alone.</param>
    public Result<CorrectionView> Move(
        WriteSession session, Requester requester, long id, MoveDraft draft, Func<Correction, bool> isUnchanged)
    {
        var now = governing.Now;
        var reader = new Reader(Acting.Candidates(session, requester), requester.IsAdministrator);
        if (Visible(session, reader, id) is not var (record, place)) return Problem.NotFound();
        var acting = draft.For is { } named
            ? Acting.Of(session, requester, new PartyId(named))
            : Acting.OfSides(session, requester, null, [.. SidesOf(place, record.Content)]);
        if (!acting.TryGet(out var who, out var refusal)) return refusal;
        var name = draft.Move!; // Checked by the draft itself.
        var capacity = CapacityOf(place, who, record.Content, now);
        var answered = name == "withdraw" ? default : Answered.Of(GovernedRecords.Events(session, Corrections.Type, id), Filing);
        var facts = new CorrectionFacts(
            record.Content.IsApplicable, name == "approve" && isUnchanged(record.Content), !string.IsNullOrWhiteSpace(draft.Reason));
        var move = Governing.Go(Corrections.Machine, record.Content.State, name, who, capacity, answered, facts);
        if (!move.TryGet(out var state, out refusal)) return refusal;
        var act = new RecordAct(name, who.Party, who.Person, capacity, draft.Reason ?? "");
        return GovernedRecords.Update(session, Corrections.Type, record, record.Content with { State = state, DueAt = null }, act, now)
            .TryGet(out var moved, out var problem)
            ? View(session, reader, place, moved, now, true)
            : problem;
    }

    /// <summary>A correction that the requester may know of, with where it lies.</summary>
    public static (GovernedRecord<Correction> Record, GovernedPlace Place)? Visible(Session session, Requester requester, long id, Instant now) =>
        Visible(session, new Reader(Acting.Candidates(session, requester), requester.IsAdministrator), id, now);

    /// <summary>Those that one of these parties, as owner, has to answer; what is due first comes first.</summary>
    public static IReadOnlyList<(GovernedRecord<Correction> Record, GovernedPlace Place)> ToAnswer(
        Session session, IReadOnlyList<PartyId> parties, Instant now) =>
    [
        .. parties.SelectMany(party => SharedDatasets.OwnedBy(session, party).Select(dataset => (Party: party, Dataset: dataset)))
            .Select(one => (one.Party, Place: GovernedPlace.Find(session, one.Dataset)))
            .Where(one => one.Place is not null && one.Place.CapacityOf(new(one.Party, one.Party, false), now).HasFlag(Actor.Owner))
            .Select(one => one.Place!).DistinctBy(place => place.Id) // Not null: filtered on the line above.
            .SelectMany(place => Open(session, new(Dataset: place.Id)).Select(record => (record, place)))
            .OrderBy(one => (one.record.Content.DueAt ?? Instant.Max).UnixMicroseconds).ThenBy(one => one.record.Id),
    ];

    /// <summary>Those that these parties filed and that are not answered yet.</summary>
    public static IEnumerable<GovernedRecord<Correction>> Own(Session session, IReadOnlyList<PartyId> parties) =>
        parties.SelectMany(party => Open(session, new(Party: party)));

    private const string Filing = "file";

    private (GovernedRecord<Correction> Record, GovernedPlace Place)? Visible(Session session, Reader reader, long id) =>
        Visible(session, reader, id, governing.Now);

    /// <summary>What was reported or proposed, for who did and those who govern the dataset.</summary>
    internal static (GovernedRecord<Correction> Record, GovernedPlace Place)? Visible(Session session, Reader reader, long id, Instant now) =>
        GovernedRecords.Find(session, Corrections.Type, id) is { } record && GovernedPlace.Find(session, record.Content.Dataset) is { } place &&
        reader.MayRead(place, now, record.Content.Party)
            ? (record, place)
            : null;

    // Newest first: when the last that is admitted was filed within the day, all before it were.
    private static bool HasFiledEnough(Session session, DatasetId dataset, PartyId party, Instant now) =>
        GovernedRecords.List(session, Corrections.Type, new(Dataset: dataset, Party: party), new(1, FiledPerDayMax - 1)) is [var last] &&
        last.Created.CompareTo(Instant.From(now.ToDateTimeOffset().AddDays(-1))) > 0;

    private static IEnumerable<GovernedRecord<Correction>> Open(Session session, RecordQuery query) =>
        GovernedRecords.Every(session, Corrections.Type, query with { State = (int)CorrectionState.Proposed })
            .Concat(GovernedRecords.Every(session, Corrections.Type, query with { State = (int)CorrectionState.Reported }));

    // Those who may decide come first: a party that both owns and filed would act as the owner.
    private static IEnumerable<PartyId> SidesOf(GovernedPlace place, Correction one) =>
        place.Assignments.Where(role => role is { Role: DataRole.Owner, State: RoleAssignmentState.Active }).Select(role => role.Party)
            .Append(one.Party).Distinct();

    private static Actor CapacityOf(GovernedPlace place, Acting who, Correction one, Instant now)
    {
        var capacity = place.CapacityOf(who, now);
        return who.Party == one.Party ? capacity | Actor.Proposer : capacity;
    }

    // By the table of roles; whoever may see the data uses them.
    private CorrectionKind? KindOf(Requester requester, GovernedPlace place, PartyId party, Instant now)
    {
        CorrectionKind? kind = null;
        foreach (var role in place.RolesOf(party, now))
            switch (RoleTable.Of(DataAction.Correct, role))
            {
                case Allowance.Propose:
                    return CorrectionKind.Correction;
                case Allowance.ReportVariance or Allowance.Report:
                    kind = CorrectionKind.Variance;
                    break;
                case Allowance.Approve:
                    return null; // The owner writes.
            }

        return kind ?? (governing.Policy.DatasetForRead(requester, place.Slug).IsValue ? CorrectionKind.Variance : null);
    }

    private static CorrectionView View(
        Session session, Reader reader, GovernedPlace place, GovernedRecord<Correction> record, Instant now, bool withHistory)
    {
        var one = record.Content;
        var events = GovernedRecords.Events(session, Corrections.Type, record.Id);
        var filed = Answered.Of(events, Filing);
        var facts = new CorrectionFacts(one.IsApplicable, true, true);
        IReadOnlyList<string> moves = one.IsOpen
            ? [.. reader.ActingParties.SelectMany(who => Corrections.Machine.Offered(
                one.State, new(who.Party, CapacityOf(place, who, one, now), filed.Party), facts)).Distinct()]
            : [];
        // What is stored is data: who does not govern them reads them where that is counted.
        var present = one.IsPresentSaid || reader.Governs(place, now) ? one.Present : null;
        var answer = one.IsOpen || one.State == CorrectionState.Withdrawn ? null : events[^1].Act.Reason;
        return new(
            record.Id, Words<CorrectionKind>.Of(one.Kind), place.Slug, one.Party.Value, SharedDatasets.NameOf(session, one.Party),
            Words<CorrectionState>.Of(one.State), one.Entity, one.Field, JsonOf(present), JsonOf(one.Proposed), one.Reason, one.Evidence,
            answer is { Length: > 0 } ? answer : null, one.DueAt, moves,
            withHistory ? MoveView.Of(events, at => Words<CorrectionState>.Of(at.State)) : null, record.Created);
    }

    private static JsonElement? JsonOf(string? text)
    {
        if (text is null) return null;
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private static Problem OwnersWrite { get; } = new(409, "owner-corrects", "The owner corrects by writing",
        "You act for the owner of these data: change them, and the change feed shows it. Proposals are what others make.");

    private static Problem OnlyReports { get; } = GovernedRecords.Refusal(new Move<CorrectionState>(
        CorrectionState.Proposed, RefusedMove.NotByThisActor, null,
        "Creator, custodian and primary publisher propose corrections; who uses the data reports a variance, which may name a value too."));

    private static Problem NotToFile { get; } = GovernedRecords.Refusal(new Move<CorrectionState>(
        CorrectionState.Proposed, RefusedMove.NotByThisActor, null, "The party for which you act has no part in these data."));

    private static Problem TooManyToday { get; } = new Problem(409, "too-many-filed", "Too many were filed today",
        $"A party files at most {FiledPerDayMax} proposals and reports about one dataset within a day. Go on tomorrow.")
        .With("limit", FiledPerDayMax);

    private static Problem TooManyOpen { get; } = new Problem(409, "too-many-open", "Too many are open",
        $"A party has at most {OpenMax} unanswered proposals and reports about one dataset. Withdraw some, or wait for answers.")
        .With("limit", OpenMax);
}
