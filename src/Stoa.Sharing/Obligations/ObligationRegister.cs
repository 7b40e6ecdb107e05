using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Obligations;

/// <summary>What is owed under agreements: seen and moved by the two sides, and by the office.</summary>
internal sealed class ObligationRegister(Database database, PolicyRefresh refresh, SharingOptions options, TimeProvider time)
{
    private ExchangeTime Now => options.At(Instant.From(time.GetUtcNow()));

    /// <summary>Makes a move, with evidence where something is fulfilled.</summary>
    public async Task<Result<ObligationAnswer>> MoveAsync(
        Requester requester, long id, ObligationMoveDraft draft, CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        if (FaultOf(draft) is { } fault) return fault;
        var outcome = await database.TryWriteAsync<ObligationAnswer>(session =>
        {
            var now = Now;
            if (Visible(session, requester, id) is not var (record, sides)) return Problem.NotFound();
            PartyId? named = draft.For is { } party ? new(party) : null;
            var acting = Acting.OfSides(session, requester, named, [.. sides.Creditors, sides.Debtor]);
            if (!acting.TryGet(out var by, out var refusal)) return refusal;
            var moved = ObligationMoves.Go(session, record, draft.Move!, by, draft.Reason ?? "", EvidenceOf(draft), now,
                Instant.TryParse(draft.Until, out var until) ? new Instant(until.UnixMicroseconds) : null);
            return moved.TryGet(out var kept, out refusal) ? AnswerOf(session, kept, sides, by, now) : refusal;
        }, cancellation);
        await refresh.ReloadAsync(CancellationToken.None);
        return outcome;
    }

    /// <summary>One obligation, for a side of its agreement or the office.</summary>
    public async Task<Result<ObligationAnswer>> FindAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        if (Visible(session, requester, id) is not var (record, sides)) return Problem.NotFound();
        return AnswerOf(session, record, sides,
            Acting.OfSides(session, requester, null, [.. sides.Creditors, sides.Debtor]).TryGet(out var by, out _) ? by : null, Now);
    }

    /// <summary>What happened to it, newest first.</summary>
    public async Task<Result<(IReadOnlyList<ActAnswer> Entries, long Total)>> ActsAsync(
        Requester requester, long id, Page page, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        return Visible(session, requester, id) is var (record, _) ? AgreementRegister.ActsOf(session, record, page) : Problem.NotFound();
    }

    /// <summary>What is owed under one agreement, or under all of the requester's; what is due first comes first.</summary>
    /// <returns>404 for an agreement that the requester may not see.</returns>
    public async Task<Result<(IReadOnlyList<ObligationAnswer> Entries, long Total)>> ListAsync(
        Requester requester, long? agreement, ObligationState? state, Page page, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        if (agreement is { } id)
        {
            if (AgreementRegister.Visible(session, requester, id) is not { } record) return Problem.NotFound();
            var sides = ObligationSides.Of(record.Content.Terms);
            return Paged(session, [.. ObligationMoves.Of(session, new(id)).Select(one => (one, sides))], state, page);
        }

        return Paged(session, [.. requester.IsAdministrator ? All(session, state) : Own(session, Acting.Candidates(session, requester))], state, page);
    }

    // Read at once, not one by one: there may be many.
    private static IEnumerable<(GovernedRecord<Obligation> Record, ObligationSides Sides)> All(Session session, ObligationState? state)
    {
        var terms = GovernedRecords.All(session, RecordTypes.Agreement).ToDictionary(one => one.Id, one => one.Content.Terms);
        foreach (var record in GovernedRecords.Every(session, RecordTypes.Obligation, new(State: (int?)state)))
            if (terms.TryGetValue(record.Content.Agreement.Value, out var agreed)) yield return (record, ObligationSides.Of(agreed));
            else if (ObligationSides.Of(session, record.Content) is { } sides) yield return (record, sides);
    }

    private static IEnumerable<(GovernedRecord<Obligation> Record, ObligationSides Sides)> Own(
        Session session, IReadOnlyList<PartyId> parties)
    {
        foreach (var agreement in AgreementRegister.OfParties(session, parties, null))
            foreach (var record in ObligationMoves.Of(session, new(agreement.Id)))
                yield return (record, ObligationSides.Of(agreement.Content.Terms));
        foreach (var custody in OfCustody(session, parties)) yield return custody;
    }

    /// <summary>What is owed after custodies by one of these parties, or to it as the owner.</summary>
    internal static IReadOnlyList<(GovernedRecord<Obligation> Record, ObligationSides Sides)> OfCustody(
        Session session, IReadOnlyList<PartyId> parties) =>
    [
        .. parties.SelectMany(party => GovernedRecords.Every(session, RecordTypes.Obligation, new(Party: party)))
            .Concat(parties.SelectMany(party => SharedDatasets.OwnedBy(session, party))
                .SelectMany(dataset => GovernedRecords.Every(session, RecordTypes.Obligation, new(Dataset: dataset))))
            .DistinctBy(record => record.Id)
            .Select(record => (record, Sides: ObligationSides.Of(session, record.Content)!)) // Kept for a dataset, which is never deleted.
            .Where(one => parties.Contains(one.Sides.Debtor) || one.Sides.Creditors.Any(parties.Contains)),
    ];

    /// <summary>The obligation in the form in which it is told.</summary>
    internal static ObligationAnswer AnswerOf(
        Session session, GovernedRecord<Obligation> record, ObligationSides sides, Acting? by, Instant now)
    {
        var owed = record.Content;
        return new(
            record.Id, owed.Custody is null ? owed.Agreement.Value : null, owed.Custody?.Role,
            owed.Custody is { } custody ? SharedDatasets.Find(session, custody.Dataset)?.Slug : null, Words.Of(owed.Kind), Words.Of(owed.State),
            sides.Debtor.Value, owed.DueAt, owed.Suspends, sides.EvidenceOf(owed), owed.EvidenceHash, owed.EvidenceNote,
            by is null ? null : [.. ObligationMoves.Offered(owed, sides, by, now)], record.Created, record.Modified);
    }

    /// <summary>The obligation, for a side of it or the office.</summary>
    internal static (GovernedRecord<Obligation> Record, ObligationSides Sides)? Visible(Session session, Requester requester, long id)
    {
        if (GovernedRecords.Find(session, RecordTypes.Obligation, id) is not { } record) return null;
        if (record.Content.Custody is not { } custody)
            return AgreementRegister.Visible(session, requester, record.Content.Agreement.Value) is { } agreement
                ? (record, ObligationSides.Of(agreement.Content.Terms))
                : null;
        if (ObligationSides.Of(session, custody) is not { } sides) return null;
        var parties = Acting.Candidates(session, requester);
        return requester.IsAdministrator || parties.Contains(sides.Debtor) || sides.Creditors.Any(parties.Contains) ? (record, sides) : null;
    }

    private static Result<(IReadOnlyList<ObligationAnswer> Entries, long Total)> Paged(
        Session session, List<(GovernedRecord<Obligation> Record, ObligationSides Sides)> all, ObligationState? state, Page page)
    {
        var found = all.Where(one => state is null || one.Record.Content.State == state)
            .OrderBy(one => (one.Record.Content.DueAt ?? Instant.Max).UnixMicroseconds).ThenBy(one => one.Record.Id).ToList();
        return (
            (IReadOnlyList<ObligationAnswer>)[.. found.Skip(page.Skip).Take(page.Limit).Select(one => AnswerOf(session, one.Record, one.Sides, null, default))],
            (long)found.Count);
    }

    private static Evidence? EvidenceOf(ObligationMoveDraft draft)
    {
        var note = draft.EvidenceNote?.Trim() ?? "";
        if (draft.EvidenceHash is { Length: > 0 } hash) return new(hash.ToLowerInvariant(), note);
        return note.Length > 0 ? new(Hashes.Of(note), note) : null;
    }

    private static Problem? FaultOf(ObligationMoveDraft draft) => draft switch
    {
        { Move: null or "" } => StrictJson.InvalidProperty("move", "Name the move."),
        { EvidenceHash.Length: > 0 } when !Hashes.IsHash(draft.EvidenceHash) =>
            StrictJson.InvalidProperty("evidenceHash", "The SHA-256 of the proof has 64 hexadecimal digits."),
        { EvidenceNote.Length: > AgreementCheck.TextLengthMax } =>
            StrictJson.InvalidProperty("evidenceNote", $"At most {AgreementCheck.TextLengthMax} characters.")
                .With("limit", AgreementCheck.TextLengthMax),
        { Until: { } until } when !Instant.TryParse(until, out _) =>
            StrictJson.InvalidProperty("until", "Name a moment, such as 2027-01-31T00:00:00Z."),
        _ => AgreementRegister.ReasonFault(draft.Reason),
    };
}
